#!/bin/bash
# pk_nearest beside ORDER BY distance LIMIT k: CPU time of the server process for each row, the same query
# in turns, without parallel workers.  Connects as psql does (PGHOST and so on), to a server on this
# machine that has pg_perfkit, and makes and drops a schema of its own.
#
#   bench/nearest/run.sh [rounds (7)] [rows (100000)]
set -euo pipefail
rounds=${1:-7} rows=${2:-100000} k=10
out=$(mktemp -d)
trap 'psql -Xq -c "DROP SCHEMA IF EXISTS perfkit_bench CASCADE" >/dev/null 2>&1; rm -rf "$out"' EXIT

# The distance in SQL alone is what one writes without an extension.
psql -Xq -v ON_ERROR_STOP=1 <<SQL
SET client_min_messages = warning;
CREATE SCHEMA perfkit_bench;
CREATE FUNCTION perfkit_bench.l2_in_sql(a real[], b real[]) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT sqrt(sum((x - y) ^ 2)) FROM unnest(a, b) u(x, y)';
CREATE TABLE perfkit_bench.numbers AS SELECT array_agg(random()::real) AS v FROM generate_series(1, 4000);
CREATE TABLE perfkit_bench.d128 (id bigint, v real[]);
CREATE TABLE perfkit_bench.d768 (id bigint, v real[]);
CREATE TABLE perfkit_bench.d768_plain (id bigint, v real[]);
ALTER TABLE perfkit_bench.d768 ALTER v SET STORAGE EXTERNAL;
ALTER TABLE perfkit_bench.d768_plain ALTER v SET STORAGE PLAIN;
INSERT INTO perfkit_bench.d128 SELECT i, n.v[at:at + 127] FROM perfkit_bench.numbers n, generate_series(1, $rows) i, LATERAL (SELECT 1 + (random() * 3200)::int AS at, i AS of) r;
INSERT INTO perfkit_bench.d768 SELECT i, n.v[at:at + 767] FROM perfkit_bench.numbers n, generate_series(1, $rows / 4) i, LATERAL (SELECT 1 + (random() * 3200)::int AS at, i AS of) r;
INSERT INTO perfkit_bench.d768_plain SELECT * FROM perfkit_bench.d768;
CREATE TABLE perfkit_bench.queries AS SELECT 'd128' AS of, v FROM perfkit_bench.d128 WHERE id = 1 UNION ALL SELECT unnest('{d768,d768_plain}'::text[]), v FROM perfkit_bench.d768 WHERE id = 1;
VACUUM ANALYZE perfkit_bench.d128, perfkit_bench.d768, perfkit_bench.d768_plain;
SQL

# measure NAME QUERY: the variables in it are those of psql's shell.
# shellcheck disable=SC2016
measure() {
    printf '\\! awk -v n="%s" '"'"'{ print "start", $1, n }'"'"' /proc/$BACKEND/schedstat\n%s \\g /dev/null\n' "$1" "$2"
    printf '\\! awk -v n="%s" '"'"'{ print "end", $1, n }'"'"' /proc/$BACKEND/schedstat\n' "$1"
}
{
    echo "SET max_parallel_workers_per_gather = 0; SET jit = off; SET search_path = perfkit_bench, public;"
    echo "SELECT pg_backend_pid() AS pid \\gset"
    echo "\\setenv BACKEND :pid"
    for ((round = 0; round < rounds; ++round)); do
        for table in d128 d768_plain d768; do
            measure "$table scan alone" "SELECT count(*) FROM $table WHERE id < 0"
            query="(SELECT v FROM queries WHERE of = '$table')"
            measure "$table pk_nearest" "SELECT pk_nearest(id, v, $query, $k) FROM $table"
            measure "$table ORDER BY pk_l2_distance LIMIT" "SELECT id FROM $table ORDER BY pk_l2_distance(v, $query) LIMIT $k"
            measure "$table ORDER BY in SQL LIMIT (every 20th row)" "SELECT id FROM $table WHERE id % 20 = 0 ORDER BY l2_in_sql(v, $query) LIMIT $k"
        done
    done
} >"$out/script"
psql -Xq -v ON_ERROR_STOP=1 -f "$out/script" >"$out/times"
awk -v rows="$rows" '
    $1 == "start" { at = $2; next }
    { name = $0; sub(/^end [0-9]+ /, "", name); sub(/ /, " | ", name)
      n = rows; if (name ~ /^d768/) n = rows / 4; if (name ~ /20th/) n /= 20
      if (!(name in count)) order[++names] = name
      time[name, ++count[name]] = ($2 - at) / n }
    END { print "| table | query | ns per row, fastest | median |\n| --- | --- | ---: | ---: |"
        for (i = 1; i <= names; ++i) { name = order[i]; c = count[name]
            for (a = 1; a <= c; ++a) for (b = a + 1; b <= c; ++b) if (time[name, b] < time[name, a]) {
                swap = time[name, a]; time[name, a] = time[name, b]; time[name, b] = swap }
            printf "| %s | %.0f | %.0f |\n", name, time[name, 1], time[name, int((c + 1) / 2)] } }' "$out/times"
