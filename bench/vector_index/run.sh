#!/bin/bash
# hnsw and ivfflat with pgvector's operator classes and with ours: CPU time of the server process to build,
# and to search the same graph with either.  Connects as psql does, to a server on this machine where
# pg_perfkit and pgvector can be created; makes and drops a database of its own.  Superusers only: to search
# one graph with both, it exchanges the operator class in the catalog.
#
#   bench/vector_index/run.sh [rounds (5)] [rows (10000)] [dimensions (768)]         synthetic vectors
#   bench/vector_index/run.sh [rounds] [rows] FILE                                   the first rows of a file of data.sh
#
# CASES="hnsw-l2 ..." takes these only; all are hnsw-l2, hnsw-cosine, ivfflat-l2 and ivfflat-cosine.
set -euo pipefail
rounds=${1:-5} rows=${2:-10000} dimensions=${3:-768} searches=300 file=
if [ -e "$dimensions" ]; then
    file=$dimensions
    dimensions=$(head -1 "$file" | tr -cd , | wc -c)
    dimensions=$((dimensions + 1))
fi
database=perfkit_bench_$$
out=$(mktemp -d)
trap 'psql -Xq -d postgres -c "DROP DATABASE IF EXISTS $database" >/dev/null 2>&1; rm -rf "$out"' EXIT
psql -Xq -d postgres -c "CREATE DATABASE $database"
export PGDATABASE=$database

psql -Xq -v ON_ERROR_STOP=1 <<SQL
SET client_min_messages = warning;
CREATE EXTENSION pg_perfkit_vector CASCADE;
CREATE TABLE items (id int, v vector($dimensions));
ALTER TABLE items ALTER v SET STORAGE EXTERNAL;
CREATE FUNCTION search(operator text) RETURNS bigint LANGUAGE plpgsql AS \$\$
DECLARE q vector; id int; total bigint := 0;
BEGIN
    FOR q IN SELECT v FROM items ORDER BY items.id LIMIT $searches LOOP
        FOR id IN EXECUTE format('SELECT id FROM items ORDER BY v %s \$1 LIMIT 10', operator) USING q LOOP total := total * 31 % 1000000007 + id; END LOOP;
    END LOOP;
    RETURN total;
END \$\$;
-- What either finds, and how far it is by pgvector's own reckoning.  Distances that differ by rounding order rows otherwise.
CREATE TABLE found (ours bool, search bigint, place bigint, id int, distance float8);
CREATE FUNCTION keep(operator text, ours bool) RETURNS void LANGUAGE plpgsql AS \$\$
DECLARE q record;
BEGIN
    FOR q IN SELECT items.id, v FROM items ORDER BY items.id LIMIT $searches LOOP
        EXECUTE format('INSERT INTO found SELECT \$3, \$2, row_number() OVER (), id, v %1\$s \$1 FROM (SELECT id, v FROM items ORDER BY v %1\$s \$1 LIMIT 10) s', operator)
        USING q.v, q.id, ours;
    END LOOP;
END \$\$;
CREATE FUNCTION same() RETURNS text LANGUAGE sql AS \$\$
    SELECT CASE WHEN count(*) FILTER (WHERE a.id IS DISTINCT FROM b.id) = 0 THEN 'yes'
                ELSE format('all but %s of %s, %s further at most', count(*) FILTER (WHERE a.id IS DISTINCT FROM b.id), count(*),
                            to_char(max(abs(coalesce(a.distance, 0) - coalesce(b.distance, 0))) FILTER (WHERE a.id IS DISTINCT FROM b.id), '9.9EEEE')) END
    FROM (SELECT * FROM found WHERE ours) a FULL JOIN (SELECT * FROM found WHERE NOT ours) b USING (search, place) \$\$;
CREATE FUNCTION give(to_ours bool) RETURNS void LANGUAGE sql AS \$\$
    UPDATE pg_index i SET indclass = other.oid::text::oidvector FROM pg_class c, pg_opclass this, pg_opclass other
    WHERE c.oid = i.indexrelid AND c.relname = 'items_index' AND this.oid = i.indclass[0] AND other.opcmethod = this.opcmethod
      AND other.opcname = CASE WHEN to_ours THEN 'pk_' ELSE '' END || regexp_replace(this.opcname, '^pk_', '') \$\$;
SQL
if [ -n "$file" ]; then
    head -n "$rows" "$file" | psql -Xq -c 'COPY items FROM STDIN'
else
    # 200 centres, and rows about them.
    psql -Xq -v ON_ERROR_STOP=1 <<SQL
SELECT setseed(0.5) \g /dev/null
CREATE TABLE centres AS SELECT c, j, random() - 0.5 AS x FROM generate_series(1, 200) c, generate_series(1, $dimensions) j;
INSERT INTO items SELECT i, array_agg(x + (random() - 0.5) * 0.8 ORDER BY j)::real[]::vector
FROM generate_series(1, $rows) i JOIN centres ON c = 1 + i % 200 GROUP BY i;
SQL
fi
psql -Xq -c 'VACUUM ANALYZE items'

# shellcheck disable=SC2016  # psql's shell expands it
cpu='\! echo $NAME $(cut -d" " -f1 /proc/$BACKEND/schedstat)'
session() { # session SQL... : one connection; between two lines of $cpu the process does what is measured
    printf '%s\n' "SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '1GB'; SET enable_seqscan = off; SET enable_sort = off;" \
        "SELECT pg_backend_pid() AS pid \\gset" "\\setenv BACKEND :pid" "$@" | psql -XqAt -v ON_ERROR_STOP=1
}

for case in "hnsw l2 <->" "hnsw cosine <=>" "ivfflat l2 <->" "ivfflat cosine <=>"; do
    read -r method metric operator <<<"$case"
    [[ -z ${CASES-} || " $CASES " = *" $method-$metric "* ]] || continue
    options=
    [ "$method" = hnsw ] || options="WITH (lists = 100)"
    for ((round = 0; round < rounds; ++round)); do
        for prefix in '' pk_; do
            name="$method-$metric-build-${prefix:-pgvector}"
            session "\\setenv NAME $name" "$cpu" "CREATE INDEX items_index ON items USING $method (v ${prefix}vector_${metric}_ops) $options;" "$cpu" \
                'SELECT pg_backend_pid() \g /dev/null' "DROP INDEX items_index;" >>"$out/times"
        done
    done
    psql -Xq -c "SET client_min_messages = error; CREATE INDEX items_index ON items USING $method (v vector_${metric}_ops) $options"
    for ((round = 0; round < rounds; ++round)); do
        for ours in false true; do
            psql -Xq -c "SELECT give($ours)" -o /dev/null
            name="$method-$metric-search-$([ $ours = true ] && echo pk_ || echo pgvector)"
            session "SET ivfflat.probes = 10;" "SET hnsw.ef_search = 40;" "SELECT search('$operator') \\g /dev/null" "\\setenv NAME $name" "$cpu" \
                "SELECT search('$operator') \\g /dev/null" "$cpu" >>"$out/times"
        done
    done
    for ours in false true; do
        psql -Xq -c "SELECT give($ours)" -o /dev/null
        session "SET ivfflat.probes = 10;" "SELECT keep('$operator', $ours) \\g /dev/null"
    done
    printf 'result|%s|%s\n' "$method-$metric" "$(psql -XAtq -c 'SELECT same()')" >>"$out/times"
    psql -Xq -c "DROP INDEX items_index; TRUNCATE found"
done
awk -v searches=$searches '
    /^result/ { split($0, part, "|"); same[part[2]] = part[3]; next }
    { if ($1 == last) { time[$1, ++count[$1]] = $2 - at; last = "" } else { last = $1; at = $2 } }
    function median(name,   a, b, c, swap) { c = count[name]
        for (a = 1; a <= c; ++a) for (b = a + 1; b <= c; ++b) if (time[name, b] < time[name, a]) {
            swap = time[name, a]; time[name, a] = time[name, b]; time[name, b] = swap }
        return time[name, int((c + 1) / 2)] }
    function between(a, b,   i, ratio, least, most) { least = 1e9; most = 0  # in time order: before they are sorted
        for (i = 1; i <= count[a]; ++i) { ratio = time[a, i] / time[b, i]; if (ratio < least) least = ratio; if (ratio > most) most = ratio }
        return sprintf("%.2f to %.2f", least, most) }
    END { print "| index | pgvector: median (fastest) | pg_perfkit: median (fastest) | ratio of medians | of each round | same results |\n| --- | ---: | ---: | ---: | --- | --- |"
        for (m = 1; m <= 2; ++m) for (d = 1; d <= 2; ++d) for (w = 1; w <= 2; ++w) {
            method = m == 1 ? "hnsw" : "ivfflat"; metric = d == 1 ? "l2" : "cosine"; what = w == 1 ? "build" : "search"
            unit = w == 1 ? 1e9 : searches * 1e3
            key = method "-" metric "-" what "-"
            if (!count[key "pgvector"]) continue
            rounds = between(key "pgvector", key "pk_"); a = median(key "pgvector"); b = median(key "pk_")
            printf "| %s, %s, %s | %.3g (%.3g) %s | %.3g (%.3g) %s | %.2f | %s | %s |\n", method, metric, what, a / unit, time[key "pgvector", 1] / unit,
                w == 1 ? "s" : "µs", b / unit, time[key "pk_", 1] / unit, w == 1 ? "s" : "µs", a / b, rounds, w == 1 ? "" : same[method "-" metric] } }' "$out/times"
