#!/bin/bash
# What a scrape of pk_metrics() costs the server: CPU of the backend (Linux only), in ms; the first call of a session,
# and the median of the following ones.
#
# usage: PGHOST=... PGDATABASE=... bench/metrics/cost.sh [TABLES [CALLS]]
#   TABLES > 0 first makes so many small tables in the schema pk_bench_metrics, and drops them at the end.
# The server must run on this machine.
set -euo pipefail
tables=${1:-0} calls=${2:-21}

coproc session { psql -XAtq; }
ask() {
    echo "$1;" >&"${session[1]}"
    read -r answer <&"${session[0]}"
}
cpu() { read -r cpu _ <"/proc/$pid/schedstat"; }

if [ "$tables" -gt 0 ]; then
    psql -XAtq -v ON_ERROR_STOP=1 <<SQL
CREATE SCHEMA pk_bench_metrics;
SELECT format('CREATE TABLE pk_bench_metrics.t%s (id int PRIMARY KEY, a int, b text); CREATE INDEX ON pk_bench_metrics.t%s (a)', i, i)
FROM generate_series(1, $tables) i \gexec
SQL
    clean_up() { # one after the other: a single transaction would need as many locks
        psql -XAtq <<'SQL' || true
SELECT format('DROP TABLE pk_bench_metrics.%I', relname) FROM pg_class
WHERE relnamespace = 'pk_bench_metrics'::regnamespace AND relkind = 'r' \gexec
DROP SCHEMA pk_bench_metrics;
SQL
    }
    trap clean_up EXIT
fi
ask 'SELECT pg_backend_pid()'
pid=$answer
ask 'SELECT count(*) FROM pg_class'
echo "relations: $answer"
ask 'SELECT coalesce(entries, 0) FROM pk_workload_info()'
echo "statements: $answer"
for call in 'pk_metrics()' "pk_metrics(checks => '{}')" 'pk_metrics(sizes_ms => 0)' 'pk_metrics(top_queries => 0)' 'pk_metrics(checks => NULL)'; do
    list=()
    for _ in $(seq 0 "$calls"); do
        cpu
        before=$cpu
        ask "SELECT length($call)"
        cpu
        list+=("$((cpu - before))")
    done
    median=$(printf '%s\n' "${list[@]:1}" | sort -n | sed -n "$((calls / 2 + 1))p")
    awk -v c="$call" -v f="${list[0]}" -v m="$median" -v b="$answer" 'BEGIN {printf "%-32s first %6.1f ms, then %6.1f ms, %d bytes\n", c, f / 1e6, m / 1e6, b}'
done
