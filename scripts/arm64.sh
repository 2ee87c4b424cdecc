# arm64 on another processor: a Debian root that runs under qemu's user emulation, with a real server.
# A compiler under emulation is slow, so a cross compiler makes the module and the unit tests outside.
# Sourced by matrix.sh after roots.sh.
# shellcheck shell=bash disable=SC2154

arm64_compiler=aarch64-linux-gnu-g++
arm64_emulator=qemu-aarch64-static

arm64_prepare() {
    local root
    if [ "$machine" = arm64 ]; then return; fi
    install_packages make cmake qemu-user-static g++-aarch64-linux-gnu googletest
    arm64_binfmt
    # Headers and pg_regress without the compiler that their package asks for.
    root_make arm64 trixie 17 'postgresql-server-dev-17 libpq-dev' postgresql-17 postgresql-17-pgvector make perl
    root=$(root_place arm64 trixie 17)
    # A flag of the root's newer compiler that an older g++ does not know for C++.
    sed -i 's/-fexcess-precision=standard//g' "$root/usr/lib/postgresql/17/lib/pgxs/src/Makefile.global"
    # The root's pg_config, with paths as they are from outside.
    cat >"$root/pg_config-cross" <<CROSS
#!/bin/sh
chroot $root /usr/lib/postgresql/17/bin/pg_config "\$@" | sed 's#\\(^\\|[ =]\\)/usr#\\1$root/usr#g'
CROSS
    chmod 755 "$root/pg_config-cross"
}

# The kernel hands arm64 programs to the emulator, which is opened now (flag F), so that it is found
# inside a root too.
arm64_binfmt() {
    local binfmt=/proc/sys/fs/binfmt_misc magic mask
    [ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
    if [ -e $binfmt/qemu-aarch64 ]; then return; fi
    magic='\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    printf '%s' ":qemu-aarch64:M::$magic:$mask:$(command -v $arm64_emulator):F" >$binfmt/register
}

arm64_tests() {
    local root sources log
    if [ "$machine" = arm64 ]; then
        line "arm64" "is this machine's own processor: scripts/test.sh tests it"
        return
    fi
    root=$(root_place arm64 trixie 17) sources=$root/srv/pg_perfkit log=$root.build.log
    root_sources "$root"
    arm64_unit "$sources" "$log"
    if run make -C "$sources" -s "-j$cores" PG_CONFIG="$root/pg_config-cross" CXX=$arm64_compiler \
        CC=aarch64-linux-gnu-gcc ${CI:+WERROR=1} QUICK=1 all probe install install-probe >"$log" 2>&1; then
        passed_check "arm64: builds"
        # Once, since the emulator takes fifty times as long.
        part "arm64" root_tests "$root" --installed --preloaded --pg 17
    else
        broken "arm64: build" "$log"
    fi
}

# arm64_unit SOURCES LOG: the core's unit tests, with a GoogleTest of the same compiler.
arm64_unit() {
    local sources=$1 log=$2 gtest=$1/build/gtest cross status=0
    cross=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 "-DCMAKE_CXX_COMPILER=$arm64_compiler"
        "-DCMAKE_CROSSCOMPILING_EMULATOR=$(command -v $arm64_emulator);-L;/usr/aarch64-linux-gnu")
    if [ ! -e "$gtest/installed" ]; then
        rm -rf "$gtest"
        if ! { run cmake -S /usr/src/googletest -B "$gtest/build" "${cross[@]}" -DBUILD_GMOCK=OFF -DCMAKE_INSTALL_PREFIX="$gtest" &&
            run cmake --build "$gtest/build" "-j$cores" --target install; } >"$log" 2>&1; then
            broken "arm64: GoogleTest" "$log"
            return
        fi
        touch "$gtest/installed"
    fi
    if { run cmake -S "$sources" -B "$sources/build/cmake" "${cross[@]}" -DPERFKIT_CLI=OFF -DCMAKE_BUILD_TYPE=Release -DGTest_ROOT="$gtest" \
        ${CI:+-DPERFKIT_WERROR=ON} && run cmake --build "$sources/build/cmake" "-j$cores"; } >"$log" 2>&1; then
        run $arm64_emulator -L /usr/aarch64-linux-gnu "$sources/build/cmake/perfkit_unit" >"$log" 2>&1 || status=$?
        count_gtest "arm64: unit tests" "$log" "$status"
    else
        broken "arm64: unit tests: build" "$log"
    fi
}
