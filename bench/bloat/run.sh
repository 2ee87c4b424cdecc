#!/bin/bash
# Measures estimates of bloat against the truth, which is what VACUUM FULL gives back in a copy of the database: ours,
# pgstattuple's, pgstattuple_approx's, pgstatindex's, ioguix's and check_postgres's, in one run.
# Prints tables for docs/benchmarks.md.
#
# usage: [PG_CONFIG=...] bench/bloat/run.sh
#
# Needs a running server of this machine, under Linux, with pg_perfkit and pgstattuple installed, 3 GB of disk, and a
# superuser (PGHOST, PGPORT, PGUSER).  Works in databases of its own, pk_bench_bloat and pk_bench_bloat_truth.
#   SEEDS    samples of each relation (default 20)
#   ROUNDS   runs of the other tools (default 3)
#   SCALE    of the tables' sizes (default 1: about 1.1 GB)
#   CASES    files of cases (default 'cases hard_cases')
#   KEEP=1   leaves the database, and CASES=kept takes the one that was left
set -euo pipefail
cd "$(dirname "$0")"
psql() { command "$("${PG_CONFIG:-pg_config}" --bindir)/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
table() { psql -AtF ' | ' -c "$1" | sed 's/^/| /; s/$/ |/'; }
export PGOPTIONS="-c client_min_messages=warning -c bench.scale=${SCALE:-1} -c max_parallel_workers_per_gather=0 -c pg_perfkit.workload=off"

if [ "${CASES:-}" != kept ]; then
    psql -d postgres -c 'DROP DATABASE IF EXISTS pk_bench_bloat' -c 'DROP DATABASE IF EXISTS pk_bench_bloat_truth' \
        -c 'CREATE DATABASE pk_bench_bloat'
    export PGDATABASE=pk_bench_bloat
    psql -c 'CREATE EXTENSION pg_perfkit' -c 'CREATE EXTENSION pgstattuple'
    for file in prepare ${CASES:-cases hard_cases}; do psql -f "$file.sql" >/dev/null; done
    for file in measure.sql anchors/*.sql; do psql -f "$file"; done
    psql -d postgres -c 'CREATE DATABASE pk_bench_bloat_truth TEMPLATE pk_bench_bloat STRATEGY file_copy'
    psql -d pk_bench_bloat_truth -Atc "SELECT format('VACUUM FULL %s;', oid::regclass) FROM pg_class
        WHERE relnamespace = 'bloat_case'::regnamespace AND relkind = 'r'" | psql -d pk_bench_bloat_truth
    psql -d pk_bench_bloat_truth -Atc "SELECT oid, pg_relation_size(oid) FROM pg_class WHERE relkind IN ('r', 't', 'i')" |
        psql -c "COPY truth FROM STDIN (DELIMITER '|')"
    psql -d postgres -c 'DROP DATABASE pk_bench_bloat_truth'
fi
export PGDATABASE=pk_bench_bloat
psql -c 'TRUNCATE found, cost' -c 'VACUUM truth' -c "CALL ask_everybody(${SEEDS:-20}, ${ROUNDS:-3})" -c 'CALL ask_estimators()'

psql -Atc "SELECT split_part(version(), ' on ', 1) || format('; %s tables of %s and %s B-trees of %s, block by block in the cache where they fit',
    count(*) FILTER (WHERE is_table), pg_size_pretty(sum(bytes) FILTER (WHERE is_table)),
    count(*) FILTER (WHERE NOT is_table), pg_size_pretty(sum(bytes) FILTER (WHERE NOT is_table))) FROM expected"
echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) cores, $(uname -sr)"

summary="round(avg(abs(error))::numeric, 2) AS mean, round((percentile_cont(0.99) WITHIN GROUP (ORDER BY abs(error)))::numeric, 2) AS percentile_99,
    round(max(abs(error))::numeric, 2) AS largest"
# Without what it costs to ask at all, which is as much as to look at ten pages.
all_of() { echo "(SELECT sum(cpu_ms) / count(DISTINCT round) FROM found f JOIN relation r USING (oid) WHERE f.method = $1 AND r.is_table = $2)"; }
cost() { echo "($(all_of "$1" "$2") - $(all_of "'nothing'" "$2"))"; }
for kind in tables B-trees; do
    tables=$([ $kind = tables ] && echo true || echo false)
    exact=$([ $kind = tables ] && echo pgstattuple || echo pgstatindex)
    echo; echo "| $kind | mean error | 99th percentile | largest | relations left out | CPU ms for all | against $exact |"
    echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: |'
    table "WITH said AS (
            SELECT method, $summary, count(DISTINCT oid) FILTER (WHERE percent IS NOT NULL) AS known
            FROM error WHERE is_table = $tables AND method <> 'nothing' GROUP BY method
        ), priced AS MATERIALIZED (
            SELECT *, coalesce($(cost said.method $tables), (SELECT sum(cpu_ms) FROM cost c WHERE c.method IN (said.method, regexp_replace(said.method, ', .*', ', both')))) AS cost
            FROM said
        )
        SELECT regexp_replace(method, ', (tables|B-trees)', ''), mean, percentile_99, largest,
            (SELECT count(*) FROM relation WHERE is_table = $tables) - known,
            round(cost::numeric, 1), round((100 * cost / $(cost "'$exact'" $tables))::numeric, 1) || ' %'
        FROM priced ORDER BY method !~ '^pk_bloat', method"
done
echo; table "SELECT 'to ask, CPU ms for all relations of both kinds', round((sum(cpu_ms) / count(DISTINCT round))::numeric, 1) FROM found WHERE method = 'nothing'"
echo; echo '| pk_bloat, sample | relations | samples | mean error | 99th percentile | largest | interval holds | in the worst relation | half of its width, median | pages read |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
table "WITH grouped AS (
        SELECT *, CASE WHEN is_table THEN 'tables' ELSE 'B-trees' END || CASE WHEN bytes > 64 * 8192 THEN ' over 64 pages' ELSE ' up to 64 pages' END AS kind
        FROM error WHERE method = 'pk_bloat, sample'
    ), each AS (SELECT kind, name, avg(covered::int) AS covered FROM grouped GROUP BY kind, name)
    SELECT kind, count(DISTINCT name), count(*), $summary, round(100 * avg(covered::int), 1) || ' %',
           (SELECT round(100 * min(covered), 0) || ' %' FROM each e WHERE e.kind = g.kind),
           round((percentile_cont(0.5) WITHIN GROUP (ORDER BY (high - low) / 2))::numeric, 2),
           round((100 * sum(pages) / sum(bytes / 8192.0))::numeric, 1) || ' %'
    FROM grouped g GROUP BY kind ORDER BY kind DESC"
echo; echo '| relation | MB | bloat % | mean error of the sample | largest | interval holds | exact | others |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |'
table "SELECT name, round(bytes / 1048576.0, 1), round(truth::numeric, 1),
        round((avg(abs(error)) FILTER (WHERE method = 'pk_bloat, sample'))::numeric, 2),
        round((max(abs(error)) FILTER (WHERE method = 'pk_bloat, sample'))::numeric, 2),
        round(100 * avg(covered::int) FILTER (WHERE method = 'pk_bloat, sample'), 0) || ' %',
        round((max(error) FILTER (WHERE method = 'pk_bloat, exact'))::numeric, 2),
        string_agg(DISTINCT regexp_replace(method, ', (tables|B-trees)', '') || ' ' || round(error::numeric, 1), ', ') FILTER (WHERE method !~ '^pk_bloat')
    FROM error GROUP BY name, is_table, bytes, truth ORDER BY is_table DESC, name"
[ "${KEEP:-}" ] || psql -d postgres -c 'DROP DATABASE pk_bench_bloat'
