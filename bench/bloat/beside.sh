#!/bin/bash
# What others feel of the views: pgbench runs, and beside it one session that asks one view again and again without a
# pause.  Samples of pg_stat_activity tell what pgbench's sessions wait for, against their waits with nobody beside them.
# Prints a table for docs/benchmarks.md.
#
# usage: [PG_CONFIG=...] bench/bloat/beside.sh
#
# Needs a running server of this machine, under Linux, with pg_perfkit installed, pgbench, and a superuser (PGHOST, PGPORT,
# PGUSER).  Works in a database of its own, pk_bench_beside.
#   SECONDS_EACH  for each view (default 8)
#   CLIENTS       of pgbench (default 4)
#   VIEWS         to ask, one a word, with "nobody" for none; the same one may come again (default: all, nobody first and last, and
#                 generate_series(1,10000), which does nothing but take the processor: what any busy session does to pgbench)
set -euo pipefail
bin=$("${PG_CONFIG:-pg_config}" --bindir)
psql() { command "$bin/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
seconds=${SECONDS_EACH:-8}
export PGDATABASE=postgres
export PGOPTIONS='-c client_min_messages=warning'
psql -c 'DROP DATABASE IF EXISTS pk_bench_beside' -c 'CREATE DATABASE pk_bench_beside'
export PGDATABASE=pk_bench_beside
"$bin/pgbench" -i -q -s 20 2>/dev/null
psql <<'SQL'
CREATE EXTENSION pg_perfkit;
CREATE TABLE seen (beside text, waits text, event text, n int);
CREATE TABLE asked (beside text, calls int, cpu_ms float8);
CREATE FUNCTION cpu_ms() RETURNS float8 LANGUAGE sql VOLATILE RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e6;
CREATE PROCEDURE sample(beside text, seconds float8) LANGUAGE plpgsql AS $$
DECLARE until timestamptz := clock_timestamp() + seconds * interval '1 s';
BEGIN
    WHILE clock_timestamp() < until LOOP
        PERFORM pg_stat_clear_snapshot();
        INSERT INTO seen SELECT beside, coalesce(wait_event_type, 'none'), wait_event, count(*) FROM pg_stat_activity
        WHERE application_name = 'pgbench' AND state = 'active' GROUP BY 2, 3;
        PERFORM pg_sleep(0.02);
    END LOOP;
END $$;
CREATE PROCEDURE ask(view text, seconds float8) LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := clock_timestamp() + seconds * interval '1 s';
    began float8 := cpu_ms();
    n int := 0;
BEGIN
    WHILE clock_timestamp() < until LOOP
        EXECUTE format('SELECT count(v.*) FROM %s v', view);
        n := n + 1;
        COMMIT;
    END LOOP;
    INSERT INTO asked VALUES (view, n, cpu_ms() - began);
END $$;
SQL
"$bin/pgbench" -N -n -c "${CLIENTS:-4}" -T 5 >/dev/null 2>&1    # what is needed is in the cache from here on
tps=()
run() { # run NAME
    "$bin/pgbench" -N -n -c "${CLIENTS:-4}" -T "$((seconds + 1))" >"$out" 2>&1 &
    local load=$!
    [ "$1" = nobody ] || psql -c "CALL ask('$1', $seconds)" &
    psql -c "CALL sample('$1', $seconds)"
    wait "$load"
    wait
    tps+=("('$1', $(sed -n 's/^tps = \([0-9]*\).*/\1/p' "$out"))")
}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for view in ${VIEWS:-nobody pk_table_bloat pk_index_bloat pk_cache_contents pk_cache_table pk_cache_index pk_cache_query pk_vacuum_status \
    pk_horizon_holders pk_suggest_vacuum() pk_maintenance_script() pk_table_sizes pk_index_usage pk_seq_scans generate_series(1,10000) nobody}; do
    run "$view"
done
echo '| beside pgbench | samples of its sessions | Lock | LWLock | IO | transactions/s | calls | CPU ms a call | which LWLocks |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |'
psql -AtF ' | ' -c "SELECT beside, sum(n),
        round(100.0 * coalesce(sum(n) FILTER (WHERE waits = 'Lock'), 0) / sum(n), 1) || ' %',
        round(100.0 * coalesce(sum(n) FILTER (WHERE waits = 'LWLock'), 0) / sum(n), 1) || ' %',
        round(100.0 * coalesce(sum(n) FILTER (WHERE waits = 'IO'), 0) / sum(n), 1) || ' %',
        (SELECT round(avg(t.tps)) FROM (VALUES $(IFS=,; echo "${tps[*]}")) t(beside, tps) WHERE t.beside = s.beside),
        coalesce((SELECT sum(calls)::text FROM asked a WHERE a.beside = s.beside), '-'),
        coalesce((SELECT round((sum(cpu_ms) / sum(calls))::numeric, 1)::text FROM asked a WHERE a.beside = s.beside), '-'),
        coalesce((SELECT string_agg(format('%s %s %%', event, round(share, 1)), ', ' ORDER BY share DESC)
            FROM (SELECT event, 100.0 * sum(w.n) / (SELECT sum(n) FROM seen a WHERE a.beside = s.beside) AS share
                  FROM seen w WHERE w.beside = s.beside AND w.waits = 'LWLock' GROUP BY event) w), '-')
    FROM seen s GROUP BY beside ORDER BY beside <> 'nobody', beside" | sed 's/^/| /; s/$/ |/'
psql -d postgres -c 'DROP DATABASE pk_bench_beside'
