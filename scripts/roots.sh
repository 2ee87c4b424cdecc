# Debian roots: other releases, with other servers and compilers, made once and kept.  Sourced after lib.sh.
# shellcheck shell=bash disable=SC2016 # the inner scripts expand their own variables
#
# A root is a directory with a whole Debian.  It is complete when it has the file "ready", which holds
# the list of the packages that were asked for; until then it is NAME.part, and the next run begins again.
# What runs inside has its own mounts and its own process numbers: both vanish with it, however it ends.

roots=${XDG_CACHE_HOME:-/var/cache}

# root_place ARCH SUITE VERSION: where the root lives.
root_place() { printf '%s/perfkit-%s/%s-%s\n' "$roots" "$1" "$2" "$3"; }

# The mirror this machine's apt is configured with; nothing where it is no Debian, which leaves the
# choice to debootstrap.
root_mirror() {
    if [ -n "${PERFKIT_MIRROR:-}" ]; then echo "$PERFKIT_MIRROR"; return; fi
    grep -qx 'ID=debian' /etc/os-release || return 0
    cat /etc/apt/sources.list /etc/apt/sources.list.d/debian.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        awk '$1 == "URIs:" && !found {print $2; found = 1}
             $1 == "deb" && !found {for (i = 2; i <= NF; i++) if ($i ~ /^[a-z+]+:\/\//) {print $i; found = 1; break}}'
}

# root_run ROOT COMMAND...: inside the root, as root.
root_run() {
    local root=$1
    shift
    unshare --mount --propagation private --pid --fork --kill-child bash -ec '
        root=$1; shift
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "CI=${CI:-}" "$@"' root_run "$root" "$@"
}

# root_debootstrap ARCH SUITE ROOT
root_debootstrap() {
    local arch=$1 suite=$2 root=$3 script=/usr/share/debootstrap/scripts/$2 mirror
    mirror=$(root_mirror)
    # A debootstrap older than the suite has no script of that name; the one for sid fits them all.
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    mkdir -p "$root"
    chmod 755 "$root"
    unshare --mount --propagation private \
        debootstrap --arch="$arch" --variant=minbase "$suite" "$root" ${mirror:+"$mirror" "$script"} || return 1
    cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    echo "127.0.0.1 localhost $(hostname)" >"$root/etc/hosts"
    # Nothing that is installed starts a service or makes a cluster, and nothing waits for the disk.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    mkdir -p "$root/etc/postgresql-common" "$root/etc/dpkg/dpkg.cfg.d"
    echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
    printf 'force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n' \
        >"$root/etc/dpkg/dpkg.cfg.d/perfkit"
}

# root_install ROOT UNPACKED PACKAGE...: installs; UNPACKED ones are only unpacked, without what they depend on.
root_install() {
    local root=$1 unpacked=$2
    shift 2
    root_run "$root" sh -ec '
        unpacked=$1; shift
        dpkg --configure -a
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
        if [ -n "$unpacked" ]; then
            rm -rf /var/tmp/unpack; mkdir /var/tmp/unpack; cd /var/tmp/unpack
            apt-get download -qq -o APT::Sandbox::User=root $unpacked
            for deb in *.deb; do dpkg -x "$deb" /; done
            rm -rf /var/tmp/unpack
        fi
        apt-get clean' root_install "$unpacked" "$@"
}

# root_make ARCH SUITE VERSION UNPACKED PACKAGE...: makes the root, or completes it, or after two weeks
# brings it up to date; prints nothing but errors.
root_make() {
    local arch=$1 suite=$2 version=$3 unpacked=$4 root part log want
    shift 4
    root=$(root_place "$arch" "$suite" "$version") want="$* | $unpacked"
    part=$root.part log=$root.log
    mkdir -p "$(dirname "$root")"
    (
        flock 9 # one maker at a time
        if [ -e "$root/ready" ]; then
            if [ "$(cat "$root/ready")" = "$want" ] && [ -z "$(find "$root/ready" -mtime +14)" ]; then exit 0; fi
            if ! root_install "$root" "$unpacked" "$@" >>"$log" 2>&1 9>&-; then
                [ "$(cat "$root/ready")" = "$want" ] || exit 1
                echo "$root could not be brought up to date, and is used as it is; see $log" >&2
                exit 0
            fi
        else
            rm -rf --one-file-system "$part" "$root"
            { root_debootstrap "$arch" "$suite" "$part" && root_install "$part" "$unpacked" "$@"; } >"$log" 2>&1 9>&- || exit 1
            mv "$part" "$root"
        fi
        printf '%s\n' "$want" >"$root/ready"
    ) 9>"$root.lock" || {
        tail -n 5 "$log" >&2
        die "the Debian root $root could not be made; the whole log is $log"
    }
}

# root_claim ROOT: until the next claim or the end of this script nobody else tests in that root.
root_claim() {
    exec 8>"$1.claim"
    if ! flock --nonblock 8; then
        echo "waiting for another run in $1"
        flock 8
    fi
}

# root_sources ROOT: claims the root, and puts this checkout's sources where root_tests runs them.
root_sources() {
    root_claim "$1"
    copy_sources "$1/srv/pg_perfkit"
    chmod -R a+rX "$1/srv/pg_perfkit"
}

# root_tests ROOT [NAME=VALUE]... [OPTION]...: scripts/test.sh inside.
root_tests() {
    local root=$1 settings=()
    shift
    while [[ ${1:-} == *=* ]]; do settings+=("$1"); shift; done
    root_run "$root" env "${settings[@]}" /srv/pg_perfkit/scripts/test.sh --no-install "$@"
}
