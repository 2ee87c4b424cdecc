#!/bin/bash
# What history costs: CPU and WAL of a snapshot, and bytes of a day, on many tables and statements that all changed since the
# snapshot before.
#
# usage: PGHOST=... PGDATABASE=... bench/monitoring/history.sh [TABLES [QUERIES [SNAPSHOTS]]]
# The server runs on this machine, preloads pg_perfkit with pg_perfkit.workload_max above QUERIES, has
# pg_perfkit.history_interval = 1d (the snapshots are asked for), and the extension in that database.  It makes TABLES small
# tables in the schema pk_bench_history, and drops them at the end.
set -euo pipefail
tables=${1:-1000} queries=${2:-5000} snapshots=${3:-10}
psql() { command psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
scratch=$(mktemp -d)
clean_up() {
    rm -rf "$scratch"
    # One after the other: a single transaction would need as many locks.
    psql <<'SQL' || true
SELECT format('DROP TABLE pk_bench_history.%I', relname) FROM pg_class
WHERE relnamespace = 'pk_bench_history'::regnamespace AND relkind = 'r' \gexec
DROP SCHEMA pk_bench_history;
SQL
}
psql -o /dev/null -c 'SELECT pk_workload_reset()' -c 'CREATE SCHEMA pk_bench_history'
trap clean_up EXIT
psql <<SQL
SELECT format('CREATE TABLE pk_bench_history.t%s AS SELECT i AS id, i AS n FROM generate_series(1, 20) i; CREATE INDEX ON pk_bench_history.t%s (id)', i, i)
FROM generate_series(1, $tables) i \gexec
SQL
# Different shapes over the tables: each is a statement of its own, and each table is read and changed.
awk -v tables="$tables" -v queries="$queries" 'BEGIN {
    for (q = 0; q < queries; ++q) {
        t = q % tables + 1; shape = int(q / tables)
        if (shape == 0) printf "UPDATE pk_bench_history.t%d SET n = n + 1 WHERE id = 1;\n", t
        else {
            printf "SELECT count(*) FROM pk_bench_history.t%d WHERE id = 1", t
            for (i = 1; i < shape; ++i) printf " AND n <> %d", i
            print ";"
        }
    }
}' >"$scratch/workload.sql"

# The worker's CPU as the kernel counts it: of all children of the postmaster, as they end.
postmaster=$(psql -c "SELECT pg_read_file('postmaster.pid')" | head -n 1)
ticks=$(getconf CLK_TCK)
children_ms() { awk -v t="$ticks" '{sub(/.*\) /, ""); print ($14 + $15) * 1000 / t}' "/proc/$postmaster/stat"; }
launcher=$(psql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_perfkit history' AND datname IS NULL")
launcher_ms() { awk '{print $1 / 1e6}' "/proc/$launcher/schedstat"; }

psql -o /dev/null -f "$scratch/workload.sql"
psql -o /dev/null -c 'SELECT pk_history_snapshot()'
psql -o /dev/null -f "$scratch/workload.sql"
psql -o /dev/null -c 'SELECT pk_history_snapshot()' -c CHECKPOINT
bytes=$(psql -c 'SELECT bytes FROM pk_history_info()')
cpu=0 wal=0 took=0
coproc session { command psql -XAtq; }
ask() {
    echo "$1;" >&"${session[1]}"
    read -r answer <&"${session[0]}"
}
ask 'SELECT count(*) FROM pk_history_info()'
for _ in $(seq "$snapshots"); do
    psql -o /dev/null -f "$scratch/workload.sql"
    sleep 1  # what the workload's session and the statistics leave to do
    before=$(children_ms)
    ask 'SELECT pg_current_wal_insert_lsn()'
    lsn=$answer
    begin=$(date +%s%N)
    ask 'SELECT pk_history_snapshot()'
    took=$(awk -v a="$took" -v b="$begin" -v e="$(date +%s%N)" 'BEGIN {print a + (e - b) / 1e6}')
    ask "SELECT pg_current_wal_insert_lsn() - '$lsn'"
    wal=$((wal + answer))
    sleep 0.2
    cpu=$(awk -v a="$cpu" -v b="$before" -v e="$(children_ms)" 'BEGIN {print a + e - b}')
done
bytes=$(($(psql -c 'SELECT bytes FROM pk_history_info()') - bytes))
read -r seen_tables seen_queries < <(psql -F ' ' -c "SELECT count(*) FILTER (WHERE kind = 'relations'), count(*) FILTER (WHERE kind = 'queries')
    FROM (SELECT newest FROM pk_history_info()) i, unnest('{relations,queries}'::text[]) kind, pk_history_totals(kind, newest - interval '1 us', newest) WHERE snapshots > 0")
begin=$(launcher_ms)
sleep 10
idle=$(awk -v b="$begin" -v e="$(launcher_ms)" 'BEGIN {print (e - b) / 10}')
awk -v t="$seen_tables" -v q="$seen_queries" -v n="$snapshots" -v c="$cpu" -v w="$wal" -v b="$bytes" -v m="$took" -v i="$idle" 'BEGIN {
    printf "%d tables and indexes, %d statements that changed in each, means of %d snapshots\n", t, q, n
    printf "worker: %.1f ms of CPU, %.1f ms from asking to the end; launcher: %.2f ms of CPU a second\n", c / n, m / n, i
    printf "WAL %.0f bytes, history %.0f bytes\n", w / n, b / n
    printf "at 60 s: %.3f %% of a core, %.0f MB of WAL and %.0f MB of history a day\n", (c / n / 60 + i) / 10, w / n * 1440 / 1e6, b / n * 1440 / 1e6
    printf "at 300 s (the default): %.3f %% of a core, %.0f MB of WAL and %.0f MB of history a day\n", (c / n / 300 + i) / 10, w / n * 288 / 1e6, b / n * 288 / 1e6
}'
