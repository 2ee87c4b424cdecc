#!/bin/bash
# Our advice beside other sets of indexes, each really built: the summed plan cost of a workload.
#
# usage: bench/advisor/compare.sh DATABASE QUERIES SET.sql...
#   DATABASE  loaded and analysed, of the server that libpq's environment names, on this machine; it is copied
#   QUERIES   a directory with one query in each .sql file
#   SET.sql   CREATE INDEX statements, one to a line
# Each set is built in a copy of the database; then so is what pk_suggest_indexes() advises within as many bytes
# as the set took (5 % more are allowed).  Costs are relative to the database as it is; a query counts as worse
# where its cost rose by more than 0.1 %.  CPU is that of the advisor's backend.
set -euo pipefail
database=$1 queries=$2
shift 2
export PGOPTIONS="${PGOPTIONS:-} -c max_parallel_workers_per_gather=0 -c jit=off"
work=$(mktemp -d)
copy=${database}_compared
trap 'dropdb --if-exists "$copy" 2>/dev/null; rm -rf "$work"' EXIT
run() { psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

array=
for file in "$queries"/*.sql; do
    array+="${array:+,}\$bench\$$(sed -e '$!b' -e 's/;[[:space:]]*$//' "$file")\$bench\$"
done
array="ARRAY[$array]"

# The plan cost of each query of a database, one to a line.
costs() {
    run -d "$1" <<<"SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_perfkit;
        SELECT e.total_cost FROM unnest($array) WITH ORDINALITY q(query, n), pk_explain(query) e WHERE e.variant = 'as it is' ORDER BY n"
}
bytes() { run -d "$1" -c "SELECT sum(pg_relation_size(indexrelid))::bigint FROM pg_stat_user_indexes"; }

# build FILE: makes the copy with these indexes; sets built (bytes) and scored (a piece of the table).
build() {
    dropdb --if-exists "$copy" 2>/dev/null
    createdb -T "$database" "$copy"
    sed 's/ CONCURRENTLY / /I' "$1" | run -d "$copy"
    run -d "$copy" -c 'VACUUM ANALYZE'
    built=$(($(bytes "$copy") - before_bytes))
    costs "$copy" >"$work/after"
    scored=$(paste "$work/before" "$work/after" | awk -v mb=$((built / 1024)) -v indexes="$(grep -ci 'create index' "$1")" '
        { before += $1; after += $2; logs += log($2 / $1); if ($2 > $1 * 1.001) { worse++ } if ($2 / $1 > most) most = $2 / $1 }
        END { printf "%d | %.1f | %.3f | %.3f | %d (%.3f)", indexes, mb / 1024, after / before, exp(logs / NR), worse, most }')
}

costs "$database" >"$work/before"
before_bytes=$(bytes "$database")
echo '| set | indexes | built MB | plan cost | geometric mean | worse (worst) | our indexes | built MB | plan cost | geometric mean | worse (worst) | plans | CPU s |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
for set in "$@"; do
    build "$set"
    theirs=$scored
    run -d "$database" >"$work/advice" <<<"CREATE TEMP TABLE advice AS
        SELECT * FROM pk_suggest_indexes($array, budget => '$built', include_drops => false, time_limit => NULL);
        SELECT ddl || ';' FROM advice ORDER BY rank;
        SELECT '-- ' || max(evidence -> 'workload' ->> 'plans') FROM advice;
        SELECT '-- ' || round(split_part(pg_read_file('/proc/self/schedstat', 0, 100), ' ', 1)::numeric / 1e9, 2)"
    grep -v '^--' "$work/advice" >"$work/ours.sql"
    build "$work/ours.sql"
    echo "| $(basename "$set" .sql) | $theirs | $scored | $(sed -n 's/^-- //p' "$work/advice" | paste -sd'|' | sed 's/|/ | /') |"
done
