#!/bin/bash
# What pk_suggest_vector_indexes foretells beside what pgvector builds: size of hnsw and ivfflat indexes, and the memory
# that their builds need, at several numbers of dimensions and rows.  Truth of the memory: hnsw tells after how many
# rows its graph no longer fits, ivfflat how much k-means would take.  Connects as psql does, to a server where
# pg_perfkit and pgvector can be created; makes and drops a database of its own.
#
#   bench/vector_index/sizes.sh [rows (20000)] ['TYPE DIMENSIONS'...]
set -euo pipefail
rows=${1:-20000}
shift || true
[ $# -gt 0 ] || set -- 'vector 3' 'vector 32' 'vector 128' 'vector 384' 'vector 768' 'vector 1536' 'halfvec 128' 'halfvec 768' 'bit 256'
database=perfkit_bench_$$
trap 'psql -Xq -d postgres -c "DROP DATABASE IF EXISTS $database" >/dev/null 2>&1' EXIT
psql -Xq -d postgres -c "CREATE DATABASE $database"
export PGDATABASE=$database
options='-c client_min_messages=warning -c jit=off'
export PGOPTIONS=$options
run() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
run -c 'CREATE EXTENSION pg_perfkit_vector CASCADE' -c 'SELECT setseed(0.5)'

# One element of the advice, with memory and limit such that it names the method.
advice() { # METHOD COLUMN
    local memory=1TB
    [ "$1" = ivfflat ] && memory=0
    run -c "SELECT $2 FROM pk_suggest_vector_indexes('{t}', 'l2', '$memory', 0)"
}

echo "| type | rows | index | size, foretold | built | off | memory, foretold | needed | off |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
report() { # TYPE ROWS INDEX SIZE BUILT MEMORY NEEDED; what is not known is NULL
    run -c "SELECT format('| %s | %s | %s | %s | %s | %s %% | %s | %s | %s |', '$1', $2, '$3', pg_size_pretty($4::bigint), pg_size_pretty($5::bigint),
                          round(100 * ($4::numeric / $5 - 1), 1), pg_size_pretty($6::bigint), coalesce(pg_size_pretty($7::bigint), 'less than 1 MB'),
                          round(100 * ($6::numeric / $7 - 1), 1) || ' %')"
}

ivfflat_with() { # KILOBYTES
    run -c "SET maintenance_work_mem = '$1kB'" -c 'DROP INDEX IF EXISTS x' -c "CREATE INDEX x ON t USING ivfflat (v $metric) WITH (lists = $lists)"
}

for case in "$@"; do
    read -r type dimensions <<<"$case"
    for n in $((rows / 4)) "$rows"; do
        make="(SELECT array_agg(random() - 0.5) FROM generate_series(1, $dimensions) WHERE i > 0)"
        case $type in
            vector) value="$make::real[]::vector" ;;
            halfvec) value="$make::real[]::halfvec" ;;
            bit) value="binary_quantize($make::real[]::vector)" ;;
        esac
        metric=${type}_l2_ops
        [ "$type" = bit ] && metric=bit_hamming_ops
        run -c "DROP TABLE IF EXISTS t" -c "CREATE TABLE t AS SELECT i, $value::$type($dimensions) AS v FROM generate_series(1, $n) i" -c 'ANALYZE t'
        for parallel in 0 2; do
            export PGOPTIONS="$options -c max_parallel_maintenance_workers=$parallel -c min_parallel_table_scan_size=0"
            foretold=$(advice hnsw est_build_memory_bytes)
            # With four fifths of it, the row at which it is used up tells what all rows take.
            less=$((foretold * 4 / 5 / 1024)) at=
            # With less than 64 MB there is no worker, and 4 MB of what workers share hold no graph.
            if [ "$n" != "$rows" ] || [ $less -lt $((parallel * 32768 + 2048)) ]; then continue; fi
            at=$(run -c 'SET client_min_messages = notice' -c "SET maintenance_work_mem = '${less}kB'" -c "CREATE INDEX x ON t USING hnsw (v $metric)" 2>&1 |
                sed -n 's/.*after \([0-9]*\) tuples.*/\1/p')
            own=$((parallel * 2097152))
            needed=$(run -c 'DROP INDEX x' -c "SELECT round(($less * 1024.0 - $own) * $n / ${at:-NULL} + $own)")
            run -c "SET maintenance_work_mem = '2GB'" -c "CREATE INDEX x ON t USING hnsw (v $metric)"
            report "$type($dimensions)" "$n" "hnsw, $parallel workers" "$(advice hnsw est_size_bytes)" "$(run -c "SELECT pg_relation_size('x')")" "$foretold" "${needed:-NULL}"
            run -c 'DROP INDEX x'
        done
        lists=$(advice ivfflat lists)
        foretold=$(advice ivfflat est_build_memory_bytes)
        # It tells whole megabytes; which setting is just enough tells kilobytes.
        needed=$(ivfflat_with 1024 2>&1 | sed -n 's/.*memory required is \([0-9]*\) MB.*/\1/p' || true)
        if [ -n "$needed" ]; then
            low=$(((needed - 1) * 1024)) high=$((needed * 1024))
            while [ $((high - low)) -gt 32 ]; do
                middle=$(((low + high) / 2))
                if [ $middle -gt 1024 ] && ivfflat_with $middle >/dev/null 2>&1; then high=$middle; else low=$middle; fi
            done
            needed=$((high * 1024))
        fi
        run -c 'DROP INDEX IF EXISTS x'
        run -c "SET maintenance_work_mem = '2GB'" -c "CREATE INDEX x ON t USING ivfflat (v $metric) WITH (lists = $lists)"
        report "$type($dimensions)" "$n" "ivfflat, $lists lists" "$(advice ivfflat est_size_bytes)" "$(run -c "SELECT pg_relation_size('x')")" "$foretold" "${needed:-NULL}"
        run -c 'DROP INDEX x'
    done
done
