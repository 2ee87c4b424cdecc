#!/bin/bash
# What pk_suggest_vector_indexes foretells of a search without an index beside what it takes, and what a row that is
# written costs an hnsw index, in processor time.  Connects as psql does, to a server where pg_perfkit and pgvector can be created; makes
# and drops a database of its own.
#
#   bench/vector_index/exact.sh [rows (20000)]
set -euo pipefail
rows=${1:-20000}
database=perfkit_bench_$$
trap 'psql -Xq -d postgres -c "DROP DATABASE IF EXISTS $database" >/dev/null 2>&1' EXIT
psql -Xq -d postgres -c "CREATE DATABASE $database"
export PGDATABASE=$database
export PGOPTIONS='-c client_min_messages=warning -c jit=off -c max_parallel_workers_per_gather=0 -c maintenance_work_mem=2GB'
run() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
run <<'SQL'
CREATE EXTENSION pg_perfkit_vector CASCADE;
-- Of this session, so that others on the machine do not matter; Linux tells it.
CREATE FUNCTION cpu_ms() RETURNS float8 LANGUAGE sql VOLATILE AS $$ SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e6 $$;
-- The median of eleven searches; the first of them fetches the pages.
CREATE FUNCTION searched(operation text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE q text; began float8; times float8[];
BEGIN
    FOR q IN SELECT v::text FROM t ORDER BY i LIMIT 11 LOOP
        began := cpu_ms();
        EXECUTE format('SELECT i FROM t ORDER BY v %s %L LIMIT 10', operation, q);
        times := times || (cpu_ms() - began);
    END LOOP;
    RETURN (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM unnest(times) x);
END $$;
CREATE FUNCTION written(n int, class text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE began float8;
BEGIN
    CREATE TEMP TABLE more AS SELECT i + 1000000000 AS i, v FROM t ORDER BY i DESC LIMIT n;
    DELETE FROM t WHERE i > (SELECT max(i) - n FROM t);
    EXECUTE format('CREATE INDEX x ON t USING hnsw (v %s)', class);
    began := cpu_ms();
    INSERT INTO t SELECT * FROM more;
    DROP TABLE more;
    RETURN (cpu_ms() - began) / n;
END $$;
SQL

echo "| type | rows | search, foretold | took (CPU) | a written row took (CPU) |"
echo "| --- | --- | --- | --- | --- |"
for case in 'vector 3' 'vector 128' 'vector 384' 'vector 768' 'vector 1536' 'halfvec 128' 'halfvec 768' 'halfvec 1536' 'bit 256' 'bit 1024'; do
    read -r type dimensions <<<"$case"
    make="(SELECT array_agg(random() - 0.5) FROM generate_series(1, $dimensions) WHERE i > 0)"
    operation='<->' value="$make::real[]::$type"
    if [ "$type" = bit ]; then operation='<~>' value="binary_quantize($make::real[]::vector)"; fi
    run -c "DROP TABLE IF EXISTS t" -c "CREATE TABLE t AS SELECT i, $value::$type($dimensions) AS v FROM generate_series(1, $rows) i" -c 'VACUUM ANALYZE t'
    class=${type}_l2_ops
    [ "$type" = bit ] && class=bit_hamming_ops
    run -c "SELECT format('| %s | %s | %s ms | %s ms | ', '$type($dimensions)', $rows, (SELECT est_exact_ms FROM pk_suggest_vector_indexes('{t}')), round(searched('$operation')::numeric, 1))" | tr -d '\n'
    run -c "SELECT format('%s ms |', round(written(300, '$class')::numeric, 2))"
done
