#!/bin/bash
# pk_cache_advice() beside the truth: with a small shared_buffers, a workload runs, and the forecast for half, twice and
# four times the size is taken; then the server restarts with each size, and the same workload shows the hit ratio there.
# Makes a server of its own in a directory that it removes, from the installation of pg_config, in which pg_perfkit
# must be installed.  As an ordinary user, or by runuser as postgres.
#
#   bench/cache/run.sh [seconds (20)] [megabytes of shared_buffers (16)] [workload...]
#
# Workloads: uniform, zipf_1.01, zipf_1.3 over a table of 100 MB by its key; cycle_1.5, cycle_3, cycle_6: blocks of a
# table read over and over in order, as many as so many times shared_buffers; scans: uniform, beside sequential scans
# of the whole table, which go through buffers of their own.
set -euo pipefail
seconds=${1:-20} megabytes=${2:-16}
shift $(($# < 2 ? $# : 2))
workloads=("$@")
if [ ${#workloads[@]} = 0 ]; then workloads=(uniform zipf_1.01 zipf_1.3 cycle_1.5 cycle_3 cycle_6 scans); fi
bin=$(${PG_CONFIG:-pg_config} --bindir)
work=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
    as=(runuser -u postgres --)
    chown postgres "$work"
fi
export PGHOST=$work PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
trap '"${as[@]}" "$bin/pg_ctl" -D "$work/data" -s -m immediate stop 2>/dev/null; rm -rf "$work"' EXIT

"${as[@]}" "$bin/initdb" -D "$work/data" -U postgres --auth=trust -E UTF8 --locale=C >"$work/initdb"
start() { # MEGABYTES
    "${as[@]}" "$bin/pg_ctl" -D "$work/data" -s -w -l "$work/data/log" -o "-c listen_addresses='' -c fsync=off -c autovacuum=off \
        -c unix_socket_directories=$work -c shared_preload_libraries=pg_perfkit -c shared_buffers=$1MB -c max_wal_size=4GB" start
}
stop() { "${as[@]}" "$bin/pg_ctl" -D "$work/data" -s -w -m fast stop; }
sql() { "$bin/psql" -XAtq -F ' ' -v ON_ERROR_STOP=1 -c "$1"; }

start "$megabytes"
# Seven rows fill a block.
sql "CREATE EXTENSION pg_perfkit;
     CREATE TABLE t (id int PRIMARY KEY, filler text) WITH (autovacuum_enabled = off);
     ALTER TABLE t ALTER filler SET STORAGE PLAIN;
     INSERT INTO t SELECT i, repeat('x', 1100) FROM generate_series(1, 90000) i"
sql 'VACUUM ANALYZE t'
rows=90000

script() { # WORKLOAD
    case $1 in
        uniform | scans) printf '\\set i random(1, %s)\nSELECT filler FROM t WHERE id = :i;\n' "$rows" ;;
        # Neighbours in rank are not neighbours in the table.
        zipf_*) printf '\\set r random_zipfian(1, %s, %s)\n\\set i 1 + (:r * 7919) %% %s\nSELECT filler FROM t WHERE id = :i;\n' "$rows" "${1#zipf_}" "$rows" ;;
        cycle_*) awk -v size="$megabytes" -v times="${1#cycle_}" 'BEGIN {
                blocks = int(size * 128 * times); step = 100
                for (at = 0; at < blocks; at += step) printf "SELECT count(filler) FROM t WHERE ctid >= '"'(%d,0)'"' AND ctid < '"'(%d,0)'"';\n", at, at + step < blocks ? at + step : blocks }' ;;
    esac
}
# run WORKLOAD SECONDS: prints the hit percentage of its second half.
run() {
    local before after clients=2 files=(-f "$work/script")
    script "$1" >"$work/script"
    case $1 in
        cycle_*) clients=1 ;;
        scans) echo 'SELECT count(*) FROM t;' >"$work/scan"; files=(-f "$work/script@300" -f "$work/scan@1") ;;
    esac
    load() { "$bin/pgbench" -n -M prepared -c "$clients" -T "$1" "${files[@]}" >"$work/pgbench" 2>&1; }
    load $(($2 / 2))
    sql "SELECT pg_stat_force_next_flush()" >"$work/flushed"
    before=$(sql "SELECT blks_hit, blks_read FROM pg_stat_database WHERE datname = 'postgres'")
    load $(($2 / 2))
    sql "SELECT pg_stat_force_next_flush()" >"$work/flushed"
    after=$(sql "SELECT blks_hit, blks_read FROM pg_stat_database WHERE datname = 'postgres'")
    awk -v b="$before" -v a="$after" 'BEGIN { split(b, x, " "); split(a, y, " "); h = y[1] - x[1]; r = y[2] - x[2]; printf "%.1f", 100 * h / (h + r) }'
}
worker_cpu() { # in milliseconds
    local pid
    pid=$(pgrep -P "$(head -n 1 "$work/data/postmaster.pid")" -f 'pg_perfkit cache')
    awk '{ printf "%.1f", $1 / 1e6 }' "/proc/$pid/schedstat"
}

"$bin/postgres" --version
echo "shared_buffers $megabytes MB, table $(sql "SELECT pg_size_pretty(pg_table_size('t'))"), $seconds s each"
echo '| workload | 1: truth | 1/2: forecast | (interval) | truth | error | 2: forecast | (interval) | truth | error | 4: forecast | (interval) | truth | error | status | seen % | CPU of a core % |'
echo '| --- | ---: | ---: | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | --- | ---: | ---: | --- | ---: | ---: |'
for workload in "${workloads[@]}"; do
    stop
    start "$megabytes"
    run "$workload" "$seconds" >/dev/null  # warm, and learnt
    sql 'SELECT pk_cache_advice_reset()' >/dev/null
    sleep 2
    cpu=$(worker_cpu)
    now=$(run "$workload" "$seconds")
    cpu=$(awk -v a="$cpu" -v b="$(worker_cpu)" -v s="$seconds" 'BEGIN { printf "%.2f", (b - a) / 10 / s }')
    sleep 3  # for the last counters
    forecast=$(sql "SELECT string_agg(format('%s %s %s', coalesce(round(hit_percent::numeric, 1), -1), coalesce(round(low_percent::numeric, 1), -1), coalesce(round(high_percent::numeric, 1), -1)), ' ' ORDER BY factor),
                    string_agg(split_part(status, ':', 1), '/' ORDER BY factor), round(max(seen_percent)) FROM pk_cache_advice() WHERE factor <> 1")
    truth=''
    for factor in 0.5 2 4; do
        stop
        start "$(awk -v m="$megabytes" -v f="$factor" 'BEGIN { print int(m * f) }')"
        truth+=" $(run "$workload" "$seconds")"
    done
    awk -v w="$workload" -v n="$now" -v f="$forecast" -v t="$truth" -v cpu="$cpu" 'BEGIN {
        split(f, x, " "); split(t, y, " ")
        printf "| %s | %s |", w, n
        for (i = 1; i <= 3; i++) { f = x[3 * i - 2]; printf " %s | %s to %s | %s | %s |", f, x[3 * i - 1], x[3 * i], y[i], f < 0 ? "" : sprintf("%+.1f", f - y[i]) }
        printf " %s | %s | %s |\n", x[10], x[11], cpu }'
done
