# What the scripts share.  Sourced by bash, with set -euo pipefail in force.
# shellcheck shell=bash disable=SC2034 # what one script does not use, another does

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cores=$(getconf _NPROCESSORS_ONLN)
oldest_postgres=15

die() {
    printf '%s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null; }
caller_is_root() { [ "$(id -u)" = 0 ]; }

# --- processes -------------------------------------------------------------------------------------
# A long command runs as a job with a process group of its own, so that an interrupt ends all of it at once.

job=
run() {
    local status=0
    set -m
    "$@" </dev/null &
    job=$!
    set +m
    wait "$job" || status=$?
    job=
    return "$status"
}
end_job() {
    [ -n "$job" ] || return 0
    kill -TERM -- "-$job" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 -- "-$job" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL -- "-$job" 2>/dev/null || true
    wait "$job" 2>/dev/null || true
    job=
}

# --- users -----------------------------------------------------------------------------------------
# PostgreSQL refuses to run as root.  Called as root, the scripts build and serve as the user who called
# sudo, or else as postgres, whom the server's package makes.

server_user() {
    if ! caller_is_root; then
        id -un
    elif [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
        echo "$SUDO_USER"
    else
        echo postgres
    fi
}
as_server() {
    local user
    if ! caller_is_root; then
        "$@"
        return
    fi
    user=$(server_user)
    # Its user may not be allowed into the caller's directory.
    if have runuser; then
        (cd / && runuser -u "$user" -- env HOME="$(home_of "$user")" "$@")
    else
        (cd / && sudo -u "$user" -H -- "$@")
    fi
}
home_of() { eval "echo ~$1"; }

# --- packages --------------------------------------------------------------------------------------

as_root() {
    if caller_is_root; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "Packages must be installed, which needs root: install sudo, or run this once as root."
    fi
}
build_packages=(g++ make pkg-config)
unit_packages=("${build_packages[@]}" cmake libpqxx-dev libcli11-dev libcpp-httplib-dev nlohmann-json3-dev
    libgtest-dev)
server_packages() { printf '%s\n' "postgresql-$1" "postgresql-server-dev-$1" perl libipc-run-perl; }
uses_apt() { have apt-get && have dpkg-query; }
package_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
package_known() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }
refresh_packages() {
    [ -z "${packages_fresh:-}" ] || return 0
    as_root apt-get update -qq || echo "apt-get update failed; going on with the lists that are there" >&2
    packages_fresh=1
}

# install_packages PACKAGE...: those that are missing, and nothing where none is.  One script at a time.
install_packages() { (flock 9 && install_missing "$@") 9<"$checkout" || exit 1; }
install_missing() {  # in a shell of its own
    local package missing=() output
    for package; do package_installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing ${missing[*]}"
    refresh_packages
    trap allow_cluster EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    forbid_cluster
    output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" 2>&1 </dev/null) || {
        tail -n 15 <<<"$output" >&2
        die "apt-get could not install ${missing[*]}; what it said is above."
    }
}

# The server's package makes and starts a cluster when it is first installed.  Not on our account: the
# setting stands while we install and goes afterwards, and whoever has made his own choice keeps it.
cluster_choice=/etc/postgresql-common/createcluster.d/pg_perfkit.conf
forbid_cluster() {
    ! grep -qsE '^[[:space:]]*create_main_cluster' /etc/postgresql-common/createcluster.conf \
        /etc/postgresql-common/createcluster.d/*.conf || return 0
    as_root mkdir -p "$(dirname "$cluster_choice")"
    echo 'create_main_cluster = false' | as_root tee "$cluster_choice" >/dev/null
}
allow_cluster() { [ ! -e "$cluster_choice" ] || as_root rm -f "$cluster_choice"; }

explain_packages() {
    if [ "$(uname -s)" = Darwin ]; then
        echo "brew install postgresql@17 cmake pkg-config libpqxx cli11 cpp-httplib nlohmann-json googletest"
    else
        echo "a C++20 compiler, make, cmake, pkg-config, libpqxx, CLI11, cpp-httplib, nlohmann-json, GoogleTest, and PostgreSQL with its server headers"
    fi
}

# --- PostgreSQL installations ----------------------------------------------------------------------

postgres_major() { "$1" --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p'; }

# find_postgres: the pg_config of each installation that has a server, one per line, oldest version
# first.  PG_CONFIG alone, where it is set.
find_postgres() {
    local candidate major places=()
    if [ -n "${PG_CONFIG:-}" ]; then
        places=("$PG_CONFIG")
    else
        places=(/usr/lib/postgresql/*/bin/pg_config /usr/pgsql-*/bin/pg_config)
        if have brew; then places+=("$(brew --prefix)"/opt/postgresql@*/bin/pg_config); fi
        places+=("$(command -v pg_config || true)")
    fi
    for candidate in "${places[@]}"; do
        [ -x "$candidate" ] || continue
        major=$(postgres_major "$candidate")
        # By its own account of where it lives, since Debian's pg_config in PATH is another's shell wrapper.
        candidate=$("$candidate" --bindir)/pg_config
        if [ -n "$major" ] && [ -x "$candidate" ] && [ -x "${candidate%/*}/postgres" ]; then echo "$major $candidate"; fi
    done | sort -n -u | awk '{print $2}'
}

has_server_headers() { [ -e "$("$1" --includedir-server)/postgres.h" ] && [ -e "$("$1" --pgxs)" ]; }

# private_copy PG_CONFIG PLACE: a copy of that installation below PLACE, into which anybody may install.
# PostgreSQL finds its files by their place relative to its programs, pg_config included.
private_copy() {
    local pg_config=$1 place=$2 directory includes
    for directory in "$("$pg_config" --bindir)" "$("$pg_config" --pkglibdir)" "$("$pg_config" --sharedir)"; do
        [ ! -e "$place$directory" ] || continue
        mkdir -p "$place$(dirname "$directory")"
        cp -RL "$directory" "$place$directory"
    done
    mkdir -p "$place$("$pg_config" --libdir)"
    for includes in "$("$pg_config" --includedir)" "$("$pg_config" --includedir-server)"; do
        [ ! -e "$place$includes" ] || continue
        mkdir -p "$place$(dirname "$includes")"
        ln -sfn "$includes" "$place$includes"
    done
    echo "$place$("$pg_config" --bindir)/pg_config"
}

# copy_sources PLACE: this checkout's sources there, over those of last time, objects left for make.
copy_sources() {
    mkdir -p "$1"
    find "$1" -type f ! -name '*.o' ! -name '*.d' ! -path "$1/build/*" -delete
    tar -C "$checkout" --exclude=./build --exclude='./build-*' --exclude=./.git --exclude='*.o' --exclude='*.d' \
        --exclude='*.so' --exclude='*.dylib' -cf - . | tar -C "$1" -xf -
}

# --- a private server ------------------------------------------------------------------------------
# Reached only through a socket in a directory of its own: no TCP, no other cluster met.

# server_start BIN DATA SOCKETS LOG [SETTING...]: as the server's user; makes the cluster at first.
server_start() {
    local bin=$1 data=$2 sockets=$3 log=$4 setting options
    shift 4
    if [ ! -e "$data/PG_VERSION" ]; then
        # Under another name until it is complete: initdb writes PG_VERSION long before its end.
        as_server rm -rf "$data" "$data.new"
        as_server "$bin/initdb" -D "$data.new" -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 >"$log.initdb" 2>&1 </dev/null ||
            as_server "$bin/initdb" -D "$data.new" -U postgres --auth=trust -E UTF8 --locale=C >"$log.initdb" 2>&1 </dev/null ||
            { tail -n 15 "$log.initdb" >&2; return 1; }
        as_server mv "$data.new" "$data"
    fi
    options="-c listen_addresses='' -c unix_socket_directories='$sockets' -c unix_socket_permissions=0700"
    for setting; do options+=" -c $setting"; done
    as_server "$bin/pg_ctl" -D "$data" -l "$log" -o "$options" -w start >/dev/null </dev/null ||
        { tail -n 15 "$log" >&2; return 1; }
}

# server_stop DATA: ends the postmaster that this data directory names, and waits for it.
server_stop() {
    local data=$1 pid
    pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || return 0
    # A file that outlived its server may name another's process by now.
    case $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || ps -o args= -p "$pid" 2>/dev/null) in
        *"$data"*) ;;
        *) return 0 ;;
    esac
    kill -INT "$pid" 2>/dev/null || return 0
    for _ in $(seq 300); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -QUIT "$pid" 2>/dev/null || true
}
