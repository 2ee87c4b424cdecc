#!/usr/bin/env bash
# A database that becomes measurably faster before your eyes: builds pg_perfkit, starts a private PostgreSQL,
# loads the sample registry, runs its workload, builds the indexes that pk_suggest_indexes() advises, runs the
# same workload again, and shows both side by side.
#
# usage: scripts/quickstart.sh [--scale S] [--seconds N]
#        scripts/quickstart.sh --stop | --clean
#   --scale S    size of the sample: 1 is a million training runs, 0.4 GB, and the default
#   --seconds N  how long the workload runs each time (default 45)
#   --stop       ends the private server; what was built and loaded stays for the next run
#   --clean      ends it, and removes all that the quickstart has made
# Takes less than five minutes on two cores once the packages are there.  Called as root, the server runs as
# an unprivileged user in a directory of his.  It has a Unix socket only; no other cluster is touched.
# PG_CONFIG=... chooses the PostgreSQL, otherwise the newest from 15 on, or the distribution's.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

scale=1 seconds=45 action=start
while [ $# -gt 0 ]; do
    case $1 in
        --scale) [ $# -gt 1 ] || die "--scale needs a number, such as 0.1."; scale=$2; shift ;;
        --seconds) [ $# -gt 1 ] || die "--seconds needs a number."; seconds=$2; shift ;;
        --stop) action=stop ;;
        --clean) action=clean ;;
        -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "scripts/quickstart.sh knows no $1; see scripts/quickstart.sh --help" ;;
    esac
    shift
done
[[ $scale =~ ^[0-9]*\.?[0-9]+$ && $scale =~ [1-9] ]] || die "--scale takes a positive number, not '$scale'."
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "--seconds takes a whole number, not '$seconds'."
for name in $(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p'); do unset "$name"; done
export PGUSER=postgres PGPORT=5432 LC_ALL=C

# --- where things are ------------------------------------------------------------------------------

if caller_is_root && ! id "$(server_user)" >/dev/null 2>&1; then
    home='' # the server's package will make the user
else
    home=$(home_of "$(server_user)")
fi
# In a directory that anybody may write to, somebody else may have taken the name.
is_ours_or_new() {
    if [ -e "$1" ] || [ -L "$1" ]; then
        { [ -d "$1" ] && [ ! -L "$1" ] && as_server test -O "$1"; } || die "$1 is there and is not ours; remove it, or say who made it."
    fi
}
places() {
    home=$(home_of "$(server_user)")
    place=$home/.cache/pg_perfkit/quickstart
    # make cannot be told of a path with a space, and some users have no home that is theirs.
    if [[ ! $home =~ ^[A-Za-z0-9/._@+-]+$ ]] || ! as_server test -w "$home"; then
        place=/var/tmp/pg_perfkit.$(id -u "$(server_user)")
        is_ours_or_new "$place"
    fi
    data=$place/data
    sockets=/tmp/pg_perfkit.$(id -u "$(server_user)")
    export PGHOST=$sockets
}

if [ "$action" != start ]; then
    [ -z "$home" ] || {
        places
        server_stop "$data"
        rm -rf "$sockets"
        if [ "$action" = clean ]; then rm -rf "$place"; fi
    }
    echo "The quickstart's server is stopped.$(if [ "$action" = clean ]; then echo ' All that it made is removed.'; fi)"
    exit
fi

began=$SECONDS
step() { printf '\n[%d:%02d] %s\n' $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60)) "$*"; }
server_stays=''
free_megabytes() { df -Pk "$1" | awk 'NR == 2 {print int($4 / 1024)}'; }
finish() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP # what is stopped here must not be left half stopped
    end_job
    if [ -z "$server_stays" ] && [ -n "${data:-}" ]; then
        server_stop "$data"
        rm -rf "$sockets"
        if [ "$status" != 0 ]; then
            if [ -d "$place" ] && [ "$(free_megabytes "$place")" -lt 100 ]; then
                echo "The disk of $place is full; a smaller --scale takes less, and --clean removes what was made." >&2
            fi
            echo "Stopped; the next start goes on from a clean state." >&2
        fi
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- what is needed --------------------------------------------------------------------------------

newest_postgres() { find_postgres | while read -r found; do [ "$(postgres_major "$found")" -ge "$oldest_postgres" ] && echo "$found"; done | tail -n 1; }

step "Packages"
if uses_apt; then
    install_packages "${build_packages[@]}" cmake libpqxx-dev libcli11-dev libcpp-httplib-dev nlohmann-json3-dev
    [ -n "$(newest_postgres)" ] || install_packages postgresql
    original=$(newest_postgres)
    [ -z "$original" ] || has_server_headers "$original" ||
        install_packages "postgresql-server-dev-$(postgres_major "$original")"
else
    original=$(newest_postgres)
fi
[ -n "$original" ] || die "No PostgreSQL from $oldest_postgres on was found; needed: $(explain_packages)"
has_server_headers "$original" || die "The server headers of $original are missing; needed: $(explain_packages)"
[ -e "$("$original" --sharedir)/extension/pg_stat_statements.control" ] ||
    die "pg_stat_statements is missing beside $original; install PostgreSQL's contrib package."
"${original%/*}/postgres" --version

# --- build -----------------------------------------------------------------------------------------
# In a copy of the sources and of the installation, so that nothing on the machine changes.

step "Build"
places
server_stays=1 # until we know that it is ours to stop
as_server mkdir -p "$place" || die "The quickstart needs to write to $place."
if have flock; then
    exec 8<"$place"
    flock -n 8 || die "Another quickstart works in $place; wait for it or interrupt it."
fi
server_stays=''
server_stop "$data"
# A loaded database and its copy with indexes, the write-ahead log of both, and what is built.
needed=$(awk -v scale="$scale" 'BEGIN {print int(1500 + 2500 * scale)}')
free=$(free_megabytes "$place")
if [ ! -e "$data/PG_VERSION" ] && [ "$free" -lt "$needed" ]; then
    die "$place has $free MB of free space and scale $scale takes $needed MB; make room, or choose a smaller --scale."
fi
major=$(postgres_major "$original")
source=$place/source-$major
as_server mkdir -p "$source"
copy_sources "$source"
if caller_is_root; then chown -R "$(server_user)" "$source"; fi
if [ ! -e "$place/pg-$major.complete" ]; then
    as_server rm -rf "$place/pg-$major"
    # shellcheck disable=SC2016 # expanded by the inner shell
    as_server bash -c '. "$1/scripts/lib.sh"; private_copy "$2" "$3"' copy "$source" "$original" "$place/pg-$major" >/dev/null
    as_server touch "$place/pg-$major.complete"
fi
pg_config=$place/pg-$major$("$original" --bindir)/pg_config
bin=${pg_config%/*}
log=$place/build.log
built() { tail -n 15 "$log" >&2; die "The build failed; what it said last is above, all of it in $log."; }
as_server rm -f "$log"
as_server touch "$log"
# Inside the job, so that what an interrupt makes us say is not said to the log.
logged() { as_server "$@" >>"$log" 2>&1; }
run logged cmake -S "$source" -B "$source/build/cmake" -DCMAKE_BUILD_TYPE=Release -DPERFKIT_TESTS=OFF || built
run logged make -C "$source" -s "-j$cores" PG_CONFIG="$pg_config" all install || built
run logged cmake --build "$source/build/cmake" "-j$cores" || built
perfkit() { run as_server "$source/build/cmake/perfkit" "$@"; }
echo "the extension for PostgreSQL $major, and the perfkit tool"

# --- server and data -------------------------------------------------------------------------------

step "Private server"
if [ -e "$data/PG_VERSION" ] && [ "$(cat "$data/PG_VERSION")" != "$major" ]; then as_server rm -rf "$data"; fi
is_ours_or_new "$sockets"
as_server mkdir -p "$sockets"
memory=$(awk '$1 == "MemTotal:" {print int($2 / 1024)}' /proc/meminfo 2>/dev/null || echo 4096)
buffers=$((memory / 4 < 1024 ? memory / 4 : 1024))
server_start "$bin" "$data" "$sockets" "$place/server.log" "shared_preload_libraries='pg_stat_statements,pg_perfkit'" \
    "shared_buffers=${buffers}MB" max_wal_size=4GB pg_perfkit.history_interval=5s 8<&- || die "The server does not start; what it said is above."
echo "running in $data, shared_buffers ${buffers} MB, reached through $sockets"

sql() { as_server "$bin/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
database_there() { [ "$(sql -At -d postgres -c "SELECT count(*) FROM pg_database WHERE datname = '$1'")" = 1 ]; }

step "Sample registry, scale $scale"
# Loaded once into a database that stays as it is; each run works in a copy, so that it begins without indexes.
if ! database_there registry_loaded; then sql -d postgres -c 'CREATE DATABASE registry_loaded'; fi
replace=()
if [ "$(cat "$place/scale" 2>/dev/null)" != "$scale" ]; then replace=(--replace); fi
as_server rm -f "$place/scale"
perfkit registry load -d dbname=registry_loaded --scale "$scale" ${replace[@]+"${replace[@]}"}
echo "$scale" | as_server tee "$place/scale" >/dev/null
sql -d postgres -c 'DROP DATABASE IF EXISTS registry WITH (FORCE)' 2>/dev/null
sql -d postgres -c 'CREATE DATABASE registry TEMPLATE registry_loaded STRATEGY file_copy'
sql -d registry -c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION pg_perfkit' -c 'SELECT pg_stat_statements_reset()' >/dev/null
as_server "$bin/vacuumdb" -q -d registry --analyze

# --- the main job ----------------------------------------------------------------------------------

export PGDATABASE=registry
bench() { perfkit bench --duration "$seconds" --warmup 2 --connections 2 --label "$1" --json "$place/$1.json"; }
snapshot() { sql -At -c 'SELECT pk_history_snapshot()'; }

step "The workload, $seconds seconds, with primary keys only"
before_from=$(snapshot)
bench before
before_to=$(snapshot)

step "SELECT * FROM pk_suggest_indexes()"
sql -c "SELECT rank, ddl, reason, pg_size_pretty(est_size_bytes) AS size, round(saved_ms_per_hour) AS saved_ms_per_hour, queries_helped AS helps FROM pk_suggest_indexes()" -x

step "Applying the advice (perfkit apply)"
perfkit apply --yes

step "The same workload again"
after_from=$(snapshot)
bench after
after_to=$(snapshot)

step "Before and after"
perfkit compare "$place/before.json" "$place/after.json" --svg "$place/before_after.svg"
perfkit report --before-from "$before_from" --before-to "$before_to" --from "$after_from" --to "$after_to" --output "$place/report.html"
echo "All of it on one page, to be opened in a browser: $place/report.html"

server_stays=1
echo
echo "The server stays up until $0 --stop. Look around in the database that was just tuned, for example with"
echo "SELECT * FROM pk_health(); SELECT * FROM pk_table_bloat; SELECT * FROM pk_cache_table;"
prefix=''
if caller_is_root && [ "$(server_user)" != "${SUDO_USER:-}" ]; then prefix="runuser -u $(server_user) -- "; fi
echo "${prefix}$bin/psql -h $sockets -U postgres registry"
