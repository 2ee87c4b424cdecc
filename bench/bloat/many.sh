#!/bin/bash
# What the views cost in a database of many relations: 10,000 tables and 30,000 indexes, 50 of the tables and 150 of the
# indexes large.  CPU time of the backend, pages read, locks and memory; and a table that another session holds in
# ACCESS EXCLUSIVE mode, which must be reported and not waited for.
#
# usage: [PG_CONFIG=...] bench/bloat/many.sh
#
# Needs a running server of this machine, under Linux, with pg_perfkit installed, 3 GB of disk, and a superuser (PGHOST,
# PGPORT, PGUSER).  Works in a database of its own, pk_bench_many.
#   TABLES   number of tables (default 10000), three indexes each
#   KEEP=1   leaves the database; CASES=kept takes the one that was left
set -euo pipefail
cd "$(dirname "$0")"
psql() { command "$("${PG_CONFIG:-pg_config}" --bindir)/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
export PGOPTIONS='-c client_min_messages=warning -c max_parallel_workers_per_gather=0 -c synchronous_commit=off -c pg_perfkit.workload=off'
tables=${TABLES:-10000}
large=50
if [ "${CASES:-}" != kept ]; then
    psql -d postgres -c 'DROP DATABASE IF EXISTS pk_bench_many' -c 'CREATE DATABASE pk_bench_many'
    # Nothing but this script vacuums; most tables have two pages, and every 200th has 3,000.
    psql -d pk_bench_many -c 'CREATE EXTENSION pg_perfkit' -Atc "SELECT format('CREATE TABLE t%1\$s (id int PRIMARY KEY, a int, m text) WITH (autovacuum_enabled = off);
        INSERT INTO t%1\$s SELECT i, i %% 1000, md5(i::text) FROM generate_series(1, %2\$s) i;
        CREATE INDEX ON t%1\$s (a); CREATE INDEX ON t%1\$s (m); DELETE FROM t%1\$s WHERE id %% 3 = 0;', i, CASE WHEN i % ($tables / $large) = 0 THEN 320000 ELSE 200 END)
        FROM generate_series(1, $tables) i" | psql -d pk_bench_many
    psql -d pk_bench_many -c VACUUM -c 'CHECKPOINT'
fi
export PGDATABASE=pk_bench_many
psql -Atc "SELECT split_part(version(), ' on ', 1), count(*) FILTER (WHERE relkind = 'r') || ' tables', count(*) FILTER (WHERE relkind = 'i') || ' indexes',
    count(*) FILTER (WHERE relkind = 't') || ' TOAST tables', pg_size_pretty(pg_database_size(current_database())) FROM pg_class"
hold() { # another session, with a lock that nothing else can go beside
    coproc HOLD { psql -At; }
    echo "BEGIN; LOCK TABLE t1 IN ACCESS EXCLUSIVE MODE; SELECT 'held';" >&"${HOLD[1]}"
    read -r -u "${HOLD[0]}" _
}
hold
cpu="split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e6"
echo '| view | rows | pages read | reported as busy | CPU s | locks in the end | memory of the backend, MB more |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: |'
while IFS=: read -r view pages busy; do
    psql -AtF ' | ' <<SQL | sed 's/^/| /; s/$/ |/'
SET statement_timeout = '120s';
SET lock_timeout = '1s';
BEGIN;
SELECT sum(total_bytes) / 1048576.0 AS memory FROM pg_backend_memory_contexts \gset
SELECT $cpu AS began \gset
CREATE TEMP TABLE answer ON COMMIT DROP AS SELECT * FROM $view;
SELECT $cpu AS ended \gset
SELECT '$view', count(*), $pages, $busy, round((:ended - :began)::numeric / 1000, 2),
       (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'),
       (SELECT round(sum(total_bytes) / 1048576.0 - :memory, 1) FROM pg_backend_memory_contexts)
FROM answer;
COMMIT;
SQL
done <<'VIEWS'
pk_table_bloat:sum(pages_read):count(*) FILTER (WHERE reason ~ 'busy')
pk_table_bloat_total:sum(pages_read):sum(not_measured)
pk_index_bloat:sum(pages_read):count(*) FILTER (WHERE reason ~ 'busy')
pk_vacuum_status:'-':'-'
pk_table_sizes:'-':'-'
pk_index_usage:'-':'-'
pk_seq_scans:'-':'-'
pk_hot_updates:'-':'-'
pk_cache_table:'-':'-'
pk_cache_index:'-':'-'
pk_cache_contents:'-':'-'
pk_horizon_holders:'-':'-'
pk_suggest_vacuum():'-':'-'
pk_maintenance_script():'-':'-'
VIEWS
echo "ROLLBACK;" >&"${HOLD[1]}"
eval "exec ${HOLD[1]}>&-"
wait "$HOLD_PID" 2>/dev/null || true
[ "${KEEP:-}" ] || psql -d postgres -c 'DROP DATABASE pk_bench_many'
