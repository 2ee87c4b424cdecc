#!/bin/bash
# How much of what the exact formula puts in front pk_hybrid_search finds, by the number of candidates that each side
# gives.  Documents have topics, from which their vectors and words come, or vectors and words that have nothing to do
# with each other, the worst case.  Connects as psql does, to a server where pg_perfkit and pgvector can be created;
# makes and drops a database of its own.
#
#   bench/vector_index/hybrid.sh [rows (20000)] [queries (100)]
set -euo pipefail
rows=${1:-20000} queries=${2:-100}
database=perfkit_bench_$$
trap 'psql -Xq -d postgres -c "DROP DATABASE IF EXISTS $database" >/dev/null 2>&1' EXIT
psql -Xq -d postgres -c "CREATE DATABASE $database"
export PGDATABASE=$database PGOPTIONS='-c client_min_messages=warning -c jit=off -c default_text_search_config=pg_catalog.simple -c maintenance_work_mem=1GB'
psql -Xq -v ON_ERROR_STOP=1 <<SQL
CREATE EXTENSION pg_perfkit_vector CASCADE;
SELECT setseed(0.5) \g /dev/null
CREATE TABLE centres AS SELECT c, j, random() - 0.5 AS x FROM generate_series(0, 199) c, generate_series(1, 64) j;
-- Each topic has 30 words of its own among 2000, the first ones oftenest; a document has 60.
CREATE FUNCTION document(topic int) RETURNS text LANGUAGE sql VOLATILE AS
\$\$ SELECT string_agg('w' || CASE WHEN random() < 0.4 THEN (topic * 71 + floor(30 * random() ^ 2)::int * 13) % 2000 ELSE floor(2000 * random() ^ 2)::int END, ' ') FROM generate_series(1, 60) \$\$;
CREATE TABLE topics AS SELECT i, i % 200 AS topic, (i * 7919) % 200 AS other FROM generate_series(1, $rows + $queries) i;
CREATE TABLE docs AS SELECT t.i AS id, (SELECT array_agg(x + (random() - 0.5) * 1.6 ORDER BY j) FROM centres WHERE c = t.topic)::real[]::vector(64) AS v,
    document(topic) AS together, document(floor(random() * 200)::int) AS apart, timestamptz '2024-01-01' + random() * interval '700 days' AS made FROM topics t;
ALTER TABLE docs ADD PRIMARY KEY (id);
CREATE TABLE queries AS SELECT id, v, 'w' || (id % 200 * 71) % 2000 || ' or w' || (id % 200 * 71 + 13) % 2000 AS words FROM docs WHERE id > $rows;
DELETE FROM docs WHERE id > $rows;
CREATE TABLE half AS SELECT id, v, together AS body, to_tsvector(together) AS tsv, made FROM docs;
CREATE TABLE worst AS SELECT id, v, apart AS body, to_tsvector(apart) AS tsv, made FROM docs;
ALTER TABLE half RENAME TO topical;
DO \$\$ DECLARE t text; BEGIN
    FOREACH t IN ARRAY '{topical,worst}'::text[] LOOP
        EXECUTE format('ALTER TABLE %1\$s ADD PRIMARY KEY (id); CREATE INDEX ON %1\$s USING hnsw (v pk_vector_cosine_ops); CREATE INDEX ON %1\$s USING gin (tsv); CREATE INDEX ON %1\$s (made)', t);
    END LOOP;
END \$\$;
VACUUM ANALYZE topical, worst;
-- Equal scores are common among reciprocal ranks: added up in the same order, and ordered by the key, as the search does.
CREATE FUNCTION exact(t text, q vector, words text, fusion text) RETURNS text[] LANGUAGE plpgsql AS \$\$
DECLARE found text[];
BEGIN
    IF fusion = 'rrf' THEN
        EXECUTE format(\$q\$ SELECT array_agg(id::text ORDER BY score DESC, id) FROM (
            SELECT id, 1::float8 / (60 + row_number() OVER (ORDER BY (v <=> \$1) + 0, id)) + CASE WHEN tsv @@ k THEN 1::float8 / (60 + row_number() OVER (PARTITION BY tsv @@ k ORDER BY ts_rank(tsv, k) DESC, id)) ELSE 0 END
                   + 1::float8 / (60 + row_number() OVER (ORDER BY made DESC, id)) AS score FROM %I, websearch_to_tsquery(\$2) k ORDER BY 2 DESC, 1 LIMIT 10) x \$q\$, t) INTO found USING q, words;
    ELSE
        EXECUTE format(\$q\$ SELECT array_agg(id::text ORDER BY score DESC, id) FROM (
            SELECT id, 1 - (v <=> \$1) + CASE WHEN tsv @@ k THEN ts_rank(tsv, k, 32) ELSE 0 END
                   + power(0.5, extract(epoch FROM now() - made)::float8 / 86400 / 300) AS score FROM %I, websearch_to_tsquery(\$2) k ORDER BY 2 DESC, 1 LIMIT 10) x \$q\$, t) INTO found USING q, words;
    END IF;
    RETURN found;
END \$\$;
CREATE FUNCTION cpu_ms() RETURNS float8 LANGUAGE sql VOLATILE AS \$\$ SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e6 \$\$;
CREATE TABLE truth AS SELECT t, fusion, id, exact(t, v, words, fusion) AS found FROM queries, unnest('{topical,worst}'::text[]) t, unnest('{rrf,weighted}'::text[]) fusion;
SQL
echo "| documents | fusion | candidates | of the ten in front | all ten | the first | CPU ms |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
for t in topical worst; do
    for fusion in rrf weighted; do
        for candidates in 50 100 200 400 1000; do
            psql -XqAt -v ON_ERROR_STOP=1 <<SQL
SELECT cpu_ms() AS before FROM pk_hybrid_search('$t', '[$(printf '1,%.0s' {1..63})1]', k => 1) \gset
CREATE TEMP TABLE result AS SELECT q.id, array_agg(h.key ORDER BY h.score DESC, h.key::int) AS found FROM queries q,
    LATERAL pk_hybrid_search('$t', q.v, q.words, time_column => 'made', fusion => '$fusion', half_life => '300 days', candidates => $candidates) h GROUP BY q.id;
SELECT format('| %s | %s | %s | %s %% | %s %% | %s %% | %s |', '$t', '$fusion', $candidates,
    round(100 * avg((SELECT count(*) FROM unnest(r.found) x WHERE x = ANY (e.found)) / 10.0), 1), round(100 * avg((r.found <@ e.found)::int), 0), round(100 * avg((r.found[1] = e.found[1])::int), 0),
    round(((cpu_ms() - :before) / count(*))::numeric, 1)) FROM result r JOIN truth e USING (id) WHERE e.t = '$t' AND e.fusion = '$fusion';
SQL
        done
    done
done
