#!/bin/bash
# CPU time per UUID when many sessions make them at once, in each session's own order and in one order
# of all.  (Whether that order holds: PERFKIT_UUIDS=10000000 make systemcheck SYSTEM=uuid_cluster.)
#
# usage: [PG_CONFIG=...] bench/uuid/sessions.sh
#
# Needs a running server of this machine, under Linux, with pg_perfkit preloaded, and a superuser (PGHOST,
# PGPORT, PGUSER).  Works in a database of its own, pk_bench_sessions.  Prints a table for docs/benchmarks.md.
#   SESSIONS (default 16), UUIDS of all sessions together (default 50000000; the
#   kernel counts in steps of some milliseconds), ROUNDS (default 3)
set -euo pipefail
pg_config=${PG_CONFIG:-pg_config}
sessions=${SESSIONS:-16} uuids=${UUIDS:-50000000}
psql() { command "$("$pg_config" --bindir)/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
psql -d postgres -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS pk_bench_sessions' -c 'CREATE DATABASE pk_bench_sessions'
export PGDATABASE=pk_bench_sessions
psql -c 'CREATE EXTENSION pg_perfkit' -c 'CREATE TABLE run (round int, ordering text, ns float8)' \
    -c "CREATE PROCEDURE measure(round int, ordering text, n int) LANGUAGE plpgsql AS \$\$
DECLARE
    cpu CONSTANT text := 'SELECT split_part(pg_read_file(''/proc/self/schedstat''), '' '', 1)::bigint';
    before bigint; between bigint; after bigint;
BEGIN
    PERFORM set_config('pg_perfkit.uuid_ordering', ordering, false), pk_uuidv7();
    -- All begin when nobody holds the gate.
    PERFORM pg_advisory_xact_lock_shared(7);
    EXECUTE cpu INTO before;
    -- The loop around the calls, to be subtracted.
    PERFORM count(i) FROM (SELECT generate_series(1, n) AS i) s;
    EXECUTE cpu INTO between;
    PERFORM count(pk_uuidv7()) FROM (SELECT generate_series(1, n) AS i) s;
    EXECUTE cpu INTO after;
    INSERT INTO run VALUES (round, ordering, (after - 2 * between + before)::float8 / n);
END \$\$"

for ((round = 1; round <= ${ROUNDS:-3}; round++)); do
    for ordering in backend cluster; do
        psql -c 'BEGIN' -c 'SELECT pg_advisory_xact_lock(7)' \
            -c "DO \$\$ BEGIN WHILE (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted) < $sessions LOOP PERFORM pg_sleep(0.05); END LOOP; END \$\$" -c 'COMMIT' >/dev/null &
        runs=($!)
        for ((session = 0; session < sessions; session++)); do
            psql -c "SELECT pg_sleep(0.5)" -c "CALL measure($round, '$ordering', $uuids / $sessions)" >/dev/null &
            runs+=($!)
        done
        for run in "${runs[@]}"; do wait "$run"; done
    done
done
echo "| order | sessions at once | CPU ns per UUID, median of sessions | quartiles |"
echo '| --- | ---: | ---: | --- |'
psql -AtF ' | ' -c "SELECT '| ' || ordering, $sessions, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ns)::numeric, 1),
           round(percentile_cont(0.25) WITHIN GROUP (ORDER BY ns)::numeric, 1) || ' to ' || round(percentile_cont(0.75) WITHIN GROUP (ORDER BY ns)::numeric, 1) || ' |'
    FROM run GROUP BY ordering ORDER BY ordering"
psql -d postgres -c 'DROP DATABASE pk_bench_sessions'
