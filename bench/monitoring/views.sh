#!/bin/bash
# What it costs to look: CPU of the backend and time of each view, of pk_health() and of pk_metrics(), in databases of many
# tables; a scrape of postgres_exporter beside them, where it is installed; and the waits that somebody who looks all the
# time adds to a pgbench beside him.
#
# usage: PGHOST=... bench/monitoring/views.sh [TABLES...]     (1000 10000)
# The server runs on this machine, under Linux, and has pg_perfkit installed; the caller is a superuser.  Works in a database
# of its own, pk_bench_views.
#   CALLS    calls of each that count, after a first one (5)
#   SECONDS_EACH  of each of the phases of pgbench (10); 0 for none
#   EXPORTER the command of postgres_exporter (prometheus-postgres-exporter)
#   KEEP=1   leaves the database; KEPT=1 takes the one that was left
set -euo pipefail
calls=${CALLS:-5} seconds=${SECONDS_EACH:-10} exporter=${EXPORTER:-prometheus-postgres-exporter}
[ $# -gt 0 ] || set -- 1000 10000
database=pk_bench_views rounds=3
psql() { command psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
export PGOPTIONS='-c client_min_messages=warning -c max_parallel_workers_per_gather=0 -c synchronous_commit=off -c statement_timeout=300s'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

build() { # TABLES: each of one page, with two indexes and a TOAST table
    psql -d postgres -c "DROP DATABASE IF EXISTS $database" -c "CREATE DATABASE $database"
    psql -d $database -c 'CREATE EXTENSION pg_perfkit' -c 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements'
    # Each a transaction of its own: a single one would need as many locks.
    psql -d $database <<SQL
SELECT format('CREATE TABLE t%1\$s (id int PRIMARY KEY, a int, t text);
    INSERT INTO t%1\$s SELECT i, i %% 7, i FROM generate_series(1, 20) i; CREATE INDEX ON t%1\$s (a)', i)
FROM generate_series(1, $1) i \gexec
VACUUM ANALYZE;
CHECKPOINT;
SQL
}

# One session for all calls, as a dashboard has it.
coproc session { command psql -XAtq -d postgres; }
ask() {
    echo "$1;" >&"${session[1]}"
    read -r answer <&"${session[0]}"
}
measure() { # LABEL STATEMENT
    local cpu before begin all=() took=()
    for _ in $(seq 0 "$calls"); do
        read -r before _ <"/proc/$pid/schedstat"
        begin=$(date +%s%N)
        ask "$2"
        took+=("$((($(date +%s%N) - begin) / 1000))")
        read -r cpu _ <"/proc/$pid/schedstat"
        all+=("$(((cpu - before) / 1000))")
    done
    line "$1" "$answer" "${all[0]}" "${all[*]:1}" "${took[*]:1}"
}
line() { # LABEL ROWS FIRST-US CPU-US... TIME-US...
    local middle=$((calls / 2 + 1)) sorted
    sorted=$(tr ' ' '\n' <<<"$4" | sort -n)
    awk -v l="$1" -v r="$2" -v f="$3" -v m="$(sed -n "${middle}p" <<<"$sorted")" -v a="$(head -n 1 <<<"$sorted")" \
        -v b="$(tail -n 1 <<<"$sorted")" -v t="$(tr ' ' '\n' <<<"$5" | sort -n | sed -n "${middle}p")" \
        'BEGIN {printf "| `%s` | %s | %.1f | %.1f | %.1f to %.1f | %.1f |\n", l, r, f / 1e3, m / 1e3, a / 1e3, b / 1e3, t / 1e3}'
}
views() {
    psql -d $database -c "SELECT c.relname FROM pg_depend d JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
        WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_perfkit')
          AND c.relkind = 'v' AND c.relname NOT LIKE 'pk_workload_imported%' ORDER BY 1"
}

# The backends of postgres_exporter come and go: those that ended are the postmaster's children, with all else that ended.
spent_us() {
    awk -v t="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); printf "%d\n", ($14 + $15) * 1e6 / t}' "/proc/$postmaster/stat"
    local process
    for process in $(psql -d postgres -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'pk_bench_exporter'"); do
        awk '{printf "%d\n", $1 / 1000}' "/proc/$process/schedstat"
    done
}
scrape_exporter() {
    local port=19187 server before after begin all=() took=()
    DATA_SOURCE_NAME="user=${PGUSER:-postgres} host=${PGHOST:-/var/run/postgresql} port=${PGPORT:-5432} dbname=$database sslmode=disable application_name=pk_bench_exporter" \
        "$exporter" --web.listen-address=127.0.0.1:$port >"$scratch/exporter" 2>&1 &
    server=$!
    until curl -so /dev/null "http://127.0.0.1:$port/"; do sleep 0.1; kill -0 $server; done
    for _ in $(seq 0 "$calls"); do
        before=$(spent_us | awk '{s += $1} END {print s}')
        begin=$(date +%s%N)
        # Ten scrapes: the clock of those that ended ticks every 10 ms.
        for _ in 1 2 3 4 5 6 7 8 9 10; do curl -s "http://127.0.0.1:$port/metrics" >"$scratch/scrape"; done
        took+=("$((($(date +%s%N) - begin) / 10000))")
        after=$(spent_us | awk '{s += $1} END {print s}')
        all+=("$(((after - before) / 10))")
    done
    kill $server
    wait $server 2>/dev/null || true
    line 'a scrape of postgres_exporter, as it comes' "$(wc -c <"$scratch/scrape") bytes" "${all[0]}" "${all[*]:1}" "${took[*]:1}"
}

beside() {
    psql -d $database -c 'CREATE UNLOGGED TABLE pk_bench_waits (looking bool, event text)'
    pgbench -i -q -s 5 -d $database >"$scratch/pgbench" 2>&1
    { views | sed 's/.*/SELECT count(v) FROM & v;/'; echo 'SELECT count(v) FROM pk_health() v; SELECT length(pk_metrics());'; } >"$scratch/looks"
    local round looking sampler looker
    for round in $(seq $rounds); do
        for looking in false true; do
            if $looking; then
                (while cat "$scratch/looks"; do :; done 2>/dev/null | PGAPPNAME=pk_bench_looks command psql -XAtq -d $database >/dev/null 2>&1) &
                looker=$!
            fi
            # A row without an event for each time that somebody looked.
            psql -d $database -c "DO \$\$ BEGIN
                WHILE clock_timestamp() < now() + interval '$seconds s' LOOP
                    PERFORM pg_stat_clear_snapshot(), pg_sleep(0.05);
                    INSERT INTO pk_bench_waits SELECT $looking, NULL UNION ALL SELECT $looking, coalesce(wait_event_type || ': ' || wait_event, 'runs')
                    FROM pg_stat_activity WHERE application_name = 'pgbench' AND state = 'active';
                END LOOP; END \$\$" &
            sampler=$!
            PGOPTIONS='' pgbench -n -c 4 -j 1 -R 200 -T "$seconds" -d $database 2>&1 | awk -v l=$looking '/latency average/ {print l, $4}' >>"$scratch/latency"
            wait $sampler
            if $looking; then
                psql -d postgres -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pk_bench_looks'"
                wait $looker || true
            fi
        done
    done
    echo
    echo "4 clients of pgbench at 200 transactions a second, $rounds times $seconds s alone and $rounds times $seconds s beside a session that looks at all of this without a pause:"
    echo
    echo '| clients seen at a time, mean | alone | beside |'
    echo '| --- | ---: | ---: |'
    psql -d $database -F ' | ' -c "WITH looks AS (SELECT looking, count(*) AS n FROM pk_bench_waits WHERE event IS NULL GROUP BY 1)
        SELECT w.event, coalesce(round(sum(1.0 / n) FILTER (WHERE NOT looking), 3), 0), coalesce(round(sum(1.0 / n) FILTER (WHERE looking), 3), 0)
        FROM pk_bench_waits w JOIN looks USING (looking) WHERE w.event IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1" | sed 's/^/| /; s/$/ |/'
    awk '{s[$1] += $2; ++n[$1]} END {printf "| latency of a transaction, mean, ms | %.1f | %.1f |\n", s["false"] / n["false"], s["true"] / n["true"]}' "$scratch/latency"
    rm "$scratch/latency"
    psql -d $database -c 'DROP TABLE pk_bench_waits, pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers'
}

for tables; do
    [ "${KEPT:-}" ] || build "$tables"
    ask "\\c $database
SELECT pg_backend_pid()"
    pid=$answer
    postmaster=$(awk '{sub(/.*\) /, ""); print $2}' "/proc/$pid/stat")
    psql -d $database -c "SELECT format(E'\n%s, %s tables, %s relations; median and range of $calls calls after the first:\n', split_part(version(), ' on ', 1),
        count(*) FILTER (WHERE relkind = 'r' AND relname ~ '^t[0-9]+\$'), count(*)) FROM pg_class"
    echo '| | rows | first call, CPU ms | CPU ms | least to most | time, ms |'
    echo '| --- | ---: | ---: | ---: | ---: | ---: |'
    for view in $(views); do measure "$view" "SELECT count(v) FROM $view v"; done
    measure 'pk_health()' 'SELECT count(v) FROM pk_health() v'
    measure 'pk_metrics()' "SELECT length(pk_metrics()) || ' bytes'"
    measure "pk_metrics(checks => '{}')" "SELECT length(pk_metrics(checks => '{}')) || ' bytes'"
    if command -v "$exporter" >/dev/null; then scrape_exporter; fi
    if [ "$seconds" -gt 0 ]; then beside; fi
    ask "\\c postgres
SELECT 1"
    [ "${KEEP:-}" ] || psql -d postgres -c "DROP DATABASE $database"
done
