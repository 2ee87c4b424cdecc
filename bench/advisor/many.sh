#!/bin/bash
# The advice on a large workload: 2,000 different queries on 500 tables, captured, by how long it may look, with every
# index that saves anything at all.
#
# usage: PGHOST=... bench/advisor/many.sh [TABLES]
#   TABLES  500; four queries for each
# Makes a database, pk_bench_advisor, and drops it at the end.  The server must run on this machine, with pg_perfkit
# preloaded.  CPU is that of the advisor's backend, memory the most that it had of its own (Linux only); plan cost is that
# of each query once with the indexes advised, of what it is without them.
set -euo pipefail
tables=${1:-500}
export PGDATABASE=pk_bench_advisor
run() { psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

trap 'kill ${watcher:-} 2>/dev/null || true; dropdb --if-exists "$PGDATABASE" 2>/dev/null' EXIT
dropdb --if-exists "$PGDATABASE" 2>/dev/null
createdb "$PGDATABASE"
run -c 'CREATE EXTENSION pg_perfkit'
run >/dev/null <<SQL
SET client_min_messages = warning;
SELECT format('CREATE TABLE t%s AS SELECT id, (id * 7919 %% 500) AS customer, (id * 104729 %% 5) AS status, now() - id * interval ''1 minute'' AS at,
                  md5(id::text) AS code, id %% 1000 AS amount FROM generate_series(1, 5000) id', i),
       format('ALTER TABLE t%s ADD PRIMARY KEY (id)', i), format('VACUUM ANALYZE t%s', i)
FROM generate_series(1, $tables) i \\gexec
SELECT pk_workload_reset();
SQL
# Each runs three times, with other constants; in seconds instead of hours, and so more samples a second are needed.
PGOPTIONS='-c pg_perfkit.sample_rate=100000' run >/dev/null <<SQL
SELECT format(query, i, customer, i % $tables + 1)
FROM generate_series(1, 3) round, generate_series(1, $tables) i,
     unnest(ARRAY['SELECT * FROM t%1\$s WHERE customer = %2\$s ORDER BY at DESC LIMIT 20',
                  'SELECT count(*), sum(amount) FROM t%1\$s WHERE status = %2\$s %% 5 AND at > now() - interval ''%2\$s minutes''',
                  'SELECT a.id, b.code FROM t%1\$s a JOIN t%3\$s b USING (customer) WHERE a.code = md5(''%2\$s'')',
                  'SELECT customer, max(at) FROM t%1\$s WHERE amount BETWEEN %2\$s AND %2\$s + 2 GROUP BY customer']) query,
     LATERAL (SELECT (i * 31 + round * 17) % 500 AS customer) c \\gexec
SQL

echo '| time_limit | CPU s | MB | plans | queries | indexes | plan cost |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: |'
for limit in "'1 second'" "'2 seconds'" "'5 seconds'" "'30 seconds'" NULL; do
    coproc session { psql -qXAt; }
    ask() {
        echo "$1;" >&"${session[1]}"
        read -r answer <&"${session[0]}"
    }
    ask 'SELECT pg_backend_pid()'
    pid=$answer
    cpu=$(cut -d' ' -f1 "/proc/$pid/schedstat")
    most=$(mktemp)
    (while sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done >"$most") &
    watcher=$!
    ask "SELECT concat_ws(' | ', max(evidence -> 'workload' ->> 'plans'), max(evidence -> 'workload' ->> 'queries'), count(*))
         FROM pk_suggest_indexes(time_limit => $limit, min_gain => 0, include_drops => false)"
    cpu=$(($(cut -d' ' -f1 "/proc/$pid/schedstat") - cpu))
    kill "$watcher" 2>/dev/null || true
    suggested=$answer
    ask "SELECT round((sum(cost_after) / sum(cost_before))::numeric, 3) FROM pk_advisor_queries(time_limit => $limit, min_gain => 0) WHERE status <> 'skipped'"
    awk -v limit="${limit//\'/}" -v cpu="$cpu" -v rest="$suggested | $answer" '$1 > most {most = $1}
        END {printf "| %s | %.1f | %.0f | %s |\n", limit, cpu / 1e9, most / 1024, rest}' "$most"
    rm -f "$most"
    echo '\q' >&"${session[1]}"
    wait "$session_PID" 2>/dev/null || true
done
