#!/bin/bash
# Whether the setting that pk_vector_recall names reaches its target for queries that it has not seen: of each data
# set, 500 vectors are kept out of the table and are the queries.  Connects as psql does, to a server where
# pg_perfkit and pgvector can be created; makes and drops a database of its own.
#
#   bench/vector_index/recall.sh [rows (20000)] [sample (500)] [FILE...]     files of data.sh, beside synthetic vectors
set -euo pipefail
rows=${1:-20000} sample=${2:-500} files=("${@:3}")
tables=(uniform clusters plane)
database=perfkit_bench_$$
trap 'psql -Xq -d postgres -c "DROP DATABASE IF EXISTS $database" >/dev/null 2>&1' EXIT
psql -Xq -d postgres -c "CREATE DATABASE $database"
export PGDATABASE=$database

psql -Xq -v ON_ERROR_STOP=1 <<SQL
SET client_min_messages = warning;
CREATE EXTENSION pg_perfkit_vector CASCADE;
SELECT setseed(0.5) \g /dev/null
-- Uniform directions in few dimensions; clusters in more; rows near a plane of 12 dimensions in many.
CREATE TABLE uniform AS SELECT i AS id, array_agg(random() - 0.5 ORDER BY j)::real[]::vector(16) AS v
FROM generate_series(1, $rows + 500) i, generate_series(1, 16) j GROUP BY i;
CREATE TABLE centres AS SELECT c, j, random() - 0.5 AS x FROM generate_series(1, 200) c, generate_series(1, 64) j;
CREATE TABLE clusters AS SELECT i AS id, array_agg(x + (random() - 0.5) * 1.6 ORDER BY j)::real[]::vector(64) AS v
FROM generate_series(1, $rows + 500) i JOIN centres ON c = 1 + i % 200 GROUP BY i;
CREATE TABLE plane AS SELECT id, array_agg(s ORDER BY j)::real[]::vector(128) AS v
FROM (SELECT id, j, sum(a * sin(j * (n + 1) * 0.37 + n)) + (random() - 0.5) * 0.2 AS s
      FROM (SELECT i AS id, n, random() - 0.5 AS a FROM generate_series(1, $rows + 500) i, generate_series(1, 12) n) r, generate_series(1, 128) j
      GROUP BY id, j) t GROUP BY id;
-- Recall at 10 of the index in use, for the queries kept out.
CREATE FUNCTION unseen(t text) RETURNS numeric LANGUAGE plpgsql AS \$\$
DECLARE q record; farthest float8; found int; hits int := 0; queries int := 0;
BEGIN
    FOR q IN EXECUTE format('SELECT v FROM %s_queries', t) LOOP
        EXECUTE format('SELECT max(d) FROM (SELECT (v <-> \$1) + 0 AS d FROM %s ORDER BY 1 LIMIT 10) s', t) INTO farthest USING q.v;
        EXECUTE format('SELECT count(*) FROM (SELECT v <-> \$1 AS d FROM %s ORDER BY v <-> \$1 LIMIT 10) s WHERE d <= \$2', t) INTO found USING q.v, farthest;
        hits := hits + found;
        queries := queries + 1;
    END LOOP;
    RETURN round(hits / (10.0 * queries), 4);
END \$\$;
SQL
for file in "${files[@]}"; do
    table=$(basename "$file" .tsv) dimensions=$(head -1 "$file" | tr -cd , | wc -c)
    tables+=("$table")
    psql -Xq -c "CREATE TABLE $table (id int, v vector($((dimensions + 1))))"
    head -n $((rows + 500)) "$file" | awk -v OFS='\t' '{ $1 = NR; print }' | psql -Xq -c "COPY $table FROM STDIN"
done
for table in "${tables[@]}"; do
    psql -Xq -c "CREATE TABLE ${table}_queries AS SELECT * FROM $table WHERE id > $rows" -c "DELETE FROM $table WHERE id > $rows"
done

echo "| data | index | target | setting | recall of the sample | its interval | recall of unseen queries |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
for table in "${tables[@]}"; do
    psql -Xq -c "VACUUM ANALYZE $table"
    for index in "hnsw|" "ivfflat|WITH (lists = 100)"; do
        psql -Xq -c "SET client_min_messages = error; CREATE INDEX i ON $table USING ${index%%|*} (v vector_l2_ops) ${index#*|}"
        for target in 0.9 0.95 0.99; do
            read -r setting value recall low high < <(psql -XqAt -F ' ' -c \
                "SELECT setting, value, recall, recall_low, recall_high FROM pk_vector_recall('i', 10, $sample, $target) WHERE is_smallest")
            unseen=$(psql -XqAt -c "SET $setting = $value; SET enable_seqscan = off; SET jit = off; SELECT unseen('$table')")
            echo "| $table | ${index%%|*} | $target | $setting $value | $recall | $low to $high | $unseen |"
        done
        psql -Xq -c 'DROP INDEX i'
    done
done
