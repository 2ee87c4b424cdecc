#!/usr/bin/env bash
# Tests everything that can be tested on this machine, against private servers; touches no other.
#
# usage: scripts/test.sh [--unit] [--pg NN]... [--no-system] [--no-unit] [--quick] [--no-install] [--installed] [--preloaded]
#   --unit        only the rules of the house and the unit tests, no server
#   --pg NN       only this PostgreSQL, may be repeated; otherwise each from 15 on that is found
#                 (PG_CONFIG=... names one by its path)
#   --no-system   without the system tests (several sessions, crashes, standbys)
#   --no-unit     without the unit tests
#   --quick       without sanitizers, and the module optimised less, which builds in less than half of the time
#   --no-install  install no packages; use what is there
#   --preloaded   the regression tests once, with the library preloaded, instead of also without
#   --installed   build nothing: only the regression tests, of the pg_perfkit that make install put there
# CXX=... chooses the compiler.  With CI=true warnings are errors.
# The last line is "N passed, N failed, N skipped", and the exit status is 0 when nothing failed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/results.sh
. "$checkout/scripts/results.sh"

only_unit='' with_system=1 with_unit=1 sanitized=ON quick='' with_install=1 only_installed='' only_preloaded='' versions=()
while [ $# -gt 0 ]; do
    case $1 in
        --unit) only_unit=1 ;;
        --no-system) with_system='' ;;
        --no-unit) with_unit='' ;;
        --quick) sanitized='' quick=QUICK=1 ;;
        --no-install) with_install='' ;;
        --installed) only_installed=1 with_install='' with_system='' ;;
        --preloaded) only_preloaded=1 ;;
        --pg) versions+=("${2:?--pg needs a version, such as 17}"); shift ;;
        -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "scripts/test.sh knows no $1; see scripts/test.sh --help" ;;
    esac
    shift
done
for name in $(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p'); do unset "$name"; done
export PGUSER=postgres PGPORT=5432 PGDATABASE=postgres LC_ALL=C

# --- where things are ------------------------------------------------------------------------------

servers=()
finish() {
    local status=$? data
    trap - EXIT INT TERM HUP
    end_job
    for data in ${servers[@]+"${servers[@]}"}; do server_stop "$data"; done
    [ -z "${sockets:-}" ] || rm -rf "$sockets"
    # A place of our own in /var/tmp is kept only to look into what failed.
    if [ -n "${borrowed:-}" ]; then
        if [ "$failed" = 0 ]; then rm -rf "$work"; else echo "kept for a look: $work" >&2; fi
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

make_places() {
    # One place per compiler, since make does not see that another one made an object.
    work=$checkout/build/test${CXX:+-${CXX##*[ /]}}
    mkdir -p "$work"
    if caller_is_root; then
        chown "$(server_user)" "$work"
        if ! as_server test -w "$work"; then
            work=$(mktemp -d /var/tmp/pg_perfkit-test.XXXXXX)
            borrowed=1
            chown "$(server_user)" "$work"
        fi
    fi
    # The path of a socket has little room, and the checkout may be deep.
    sockets=$(mktemp -d /tmp/pk.XXXXXX)
    if caller_is_root; then chown "$(server_user)" "$sockets"; fi
    rm -rf "$work/log"
    as_server mkdir "$work/log"
}
# sources_for NAME: a copy of the sources to build in, owned by the server's user.
sources_for() {
    copy_sources "$work/$1"
    if caller_is_root; then chown -R "$(server_user)" "$work/$1"; fi
}

# --- packages --------------------------------------------------------------------------------------

install_all() {
    local version found packages
    if [ -z "$with_install" ]; then return; fi
    if ! uses_apt; then
        echo "no apt here, so nothing is installed; needed: $(explain_packages)"
        return
    fi
    install_packages "${unit_packages[@]}"
    if [ -n "$only_unit" ]; then return; fi
    found=$(compgen -G '/usr/lib/postgresql/*/bin/postgres' | cut -d/ -f5 || true)
    if [ ${#versions[@]} -gt 0 ]; then found="${versions[*]}"; fi
    if [ -z "$found" ]; then
        install_packages postgresql
        found=$(compgen -G '/usr/lib/postgresql/*/bin/postgres' | cut -d/ -f5)
    fi
    for version in $found; do
        if [ "$version" -lt "$oldest_postgres" ]; then continue; fi
        refresh_if_unknown "postgresql-server-dev-$version"
        mapfile -t packages < <(server_packages "$version")
        install_packages "${packages[@]}"
        if package_known "postgresql-$version-pgvector"; then install_packages "postgresql-$version-pgvector"; fi
    done
}
refresh_if_unknown() { package_installed "$1" || package_known "$1" || refresh_packages; }

# --- the tests -------------------------------------------------------------------------------------

make_flags=(-s "-j$cores")
if [ -n "${CXX:-}" ]; then make_flags+=("CXX=$CXX"); fi
if [ "${CI:-}" = true ]; then make_flags+=(WERROR=1); fi

# cmake_build LABEL LOG TARGET [OPTION]...: the tool, for the system tests, and with TARGET all the unit tests.
cmake_build() {
    local label=$1 log=$2 target=$3
    shift 3
    if [ "${CI:-}" = true ]; then set -- "$@" -DPERFKIT_WERROR=ON; fi
    if run as_server cmake -S "$work/unit" -B "$work/cmake" "$@" >"$log" 2>&1 &&
        run as_server cmake --build "$work/cmake" "-j$cores" --target "$target" >>"$log" 2>&1; then
        return 0
    fi
    broken "$label: build" "$log"
    return 1
}
unit_tests() {
    local log=$work/log/unit status=0
    cmake_build "unit tests and perfkit" "$log" all "-DPERFKIT_SANITIZE=${sanitized:-OFF}" || return 0
    run as_server env UBSAN_OPTIONS=print_stacktrace=1 "$work/cmake/perfkit_unit" >"$log" 2>&1 || status=$?
    count_gtest "unit tests${sanitized:+ (ASan, UBSan)}" "$log" "$status"
}

# build NAME PG_CONFIG [MAKE VARIABLE...]: builds in a copy of the sources and installs into PG_CONFIG's.
build() {
    local name=$1 pg_config=$2 log=$work/log/$1-build
    shift 2
    sources_for "$name"
    if run as_server make -C "$work/$name" "${make_flags[@]}" PG_CONFIG="$pg_config" "$@" all probe >"$log" 2>&1 &&
        run as_server make -C "$work/$name" "${make_flags[@]}" PG_CONFIG="$pg_config" "$@" install install-probe >>"$log" 2>&1; then
        return 0
    fi
    broken "$name: build" "$log"
    return 1
}

# regress LABEL NAME PG_CONFIG PRELOAD: a fresh start of the server, and make installcheck.  Autovacuum is on, but does not
# strike: a slow machine would give it the time to change what the tests count.
regress() {
    local label=$1 name=$2 pg_config=$3 preload=$4 log data status=0
    log=$work/log/${label//[^A-Za-z0-9]/_} data=$work/$name-data
    server_stop "$data"
    if ! server_start "${pg_config%/*}" "$data" "$sockets" "$log.server" fsync=off autovacuum_naptime=20d pg_perfkit.history_interval=0 "shared_preload_libraries='$preload'"; then
        broken "$label: the server does not start" "$log.server"
        return
    fi
    run as_server env PGHOST="$sockets" make -C "$work/$name" -s PG_CONFIG="$pg_config" installcheck >"$log" 2>&1 || status=$?
    server_stop "$data"
    count_regress "$label" "$log" "$status" "$work/$name/build/regress/regression.diffs"
    left_out "$label" "$pg_config" "$work/$name"
    check_log "$label" "$log.server"
}

system_tests() {
    local label=$1 name=$2 pg_config=$3 log=$work/log/$2-system status=0 again
    as_server mkdir -p "$work/$name/build/cmake"
    as_server ln -sf "$work/cmake/perfkit" "$work/$name/build/cmake/perfkit"
    prove_system "$name" "$pg_config" "PROVE_FLAGS=-j$cores" >"$log" 2>&1 || status=$?
    again=$(failed_files "$log" | paste -sd' ' -)
    # One or two may have met a loaded machine: they get it for themselves, and the result says so.
    if [ -n "$again" ] && [ "$(wc -w <<<"$again")" -gt 2 ]; then again=; fi
    if [ -n "$again" ] && ! prove_system "$name" "$pg_config" "SYSTEM=$again" >"$log-again" 2>&1; then again=; fi
    count_prove "$label" "$log" "$status" "$again"
}
prove_system() {
    local name=$1 pg_config=$2
    shift 2
    run as_server env TMPDIR="$sockets" make -C "$work/$name" -s PG_CONFIG="$pg_config" systemcheck "$@"
}

# postgres PG_CONFIG SANITIZED
postgres() {
    local original=$1 sanitized=$2 version pg_config
    version=$("$original" --version | awk '{print $2}')
    if [ -z "$only_installed" ] && ! has_server_headers "$original"; then
        failed_check "PostgreSQL $version" "its server headers are missing; install them (Debian: postgresql-server-dev-${version%%.*})"
        return
    fi
    servers+=("$work/$version-data" "$work/$version-ubsan-data")
    as_server rm -rf "$work/pg-$version" "${servers[@]: -2}"
    if [ -n "$only_installed" ]; then
        sources_for "$version"
        both_ways "$version" "$original"
        return
    fi
    as_server mkdir -p "$work/pg-$version"
    # shellcheck disable=SC2016 # expanded by the inner shell
    pg_config=$(as_server bash -c '. "$1/scripts/lib.sh"; private_copy "$2" "$3"' copy "$work/unit" "$original" "$work/pg-$version")
    if build "$version" "$pg_config" $quick; then
        passed_check "PostgreSQL $version: builds"
        symbols "PostgreSQL $version: exported symbols" "$work/$version"/pg_perfkit.*
        both_ways "$version" "$pg_config"
        if [ -n "$with_system" ]; then system_tests "PostgreSQL $version: system tests" "$version" "$pg_config"; fi
    fi
    if [ -n "$sanitized" ]; then
        if build "$version-ubsan" "$pg_config" SANITIZE=1 QUICK=1; then
            regress "PostgreSQL $version: installcheck under UBSan" "$version-ubsan" "$pg_config" pg_stat_statements,pg_perfkit
        fi
    fi
    as_server rm -rf "$work/pg-$version" "${servers[@]: -2}"
}
both_ways() {
    if [ -z "$only_preloaded" ]; then regress "PostgreSQL $1: installcheck" "$1" "$2" ''; fi
    regress "PostgreSQL $1: installcheck, preloaded" "$1" "$2" pg_stat_statements,pg_perfkit
}

all_postgres() {
    local pg_configs=() pg_config version major
    while read -r pg_config; do pg_configs+=("$pg_config"); done < <(find_postgres)
    for version in ${versions[@]+"${versions[@]}"}; do
        case " $(for pg_config in "${pg_configs[@]}"; do postgres_major "$pg_config"; done | tr '\n' ' ')" in
            *" $version "*) ;;
            *) failed_check "PostgreSQL $version" "there is no such server here" ;;
        esac
    done
    local chosen=()
    for pg_config in "${pg_configs[@]}"; do
        major=$(postgres_major "$pg_config")
        if [ ${#versions[@]} -gt 0 ] && [[ " ${versions[*]} " != *" $major "* ]]; then continue; fi
        if [ "$major" -lt "$oldest_postgres" ]; then
            echo "PostgreSQL $major is left out: pg_perfkit needs $oldest_postgres or newer"
            continue
        fi
        chosen+=("$pg_config")
    done
    if [ ${#chosen[@]} = 0 ]; then
        failed_check "PostgreSQL" "no server from $oldest_postgres on was found; install one, or name its pg_config by PG_CONFIG=..."
        return
    fi
    # The newest one also runs the module under the undefined-behaviour sanitizer.
    local newest=${chosen[${#chosen[@]} - 1]}
    for pg_config in "${chosen[@]}"; do
        postgres "$pg_config" "$(if [ "$pg_config" = "$newest" ]; then echo "$sanitized"; fi)"
    done
}

install_all
make_places
if [ -z "$only_installed" ]; then
    house
    sources_for unit
    if [ -n "$with_unit" ]; then
        unit_tests
    elif [ -n "$with_system" ]; then
        cmake_build perfkit "$work/log/perfkit" perfkit -DCMAKE_BUILD_TYPE=Debug || true
    fi
fi
if [ -z "$only_unit" ]; then
    all_postgres
fi
summary
