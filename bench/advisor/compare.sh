#!/bin/bash
# Our advice beside other sets of indexes, each really built: the summed plan cost of a workload, and its CPU time.
#
# usage: bench/advisor/compare.sh [--runs N] DATABASE QUERIES SET.sql...
#   DATABASE  loaded and analysed, of the server that libpq's environment names, on this machine; it is copied
#   QUERIES   a directory with one query in each .sql file
#   SET.sql   CREATE INDEX statements, one to a line
#   N         runs of each query in both copies and in the database as it is, one after the other, in turning order; one
#             more that is not counted warms them up.  0: none
# Each set is built in a copy of the database, and so is, in another, what pk_suggest_indexes() advises within as many
# bytes as the set took (5 % more are allowed).  Costs are relative to the database as it is; a query counts as worse
# where its cost rose by more than 0.1 %.  CPU of the advice is that of its backend.  CPU of the queries is that of the
# backends that run them; sums are of each query's median, ratios are of ours to the set's in the same run, and to the
# database as it is: their median, with the least and the most of the runs.  What the advice warns of is beside them.
set -euo pipefail
runs=0
if [ "${1-}" = --runs ]; then
    runs=$2
    shift 2
fi
database=$1 queries=$2
shift 2
export PGOPTIONS="${PGOPTIONS:-} -c max_parallel_workers_per_gather=0 -c jit=off"
work=$(mktemp -d)
theirs=${database}_theirs ours=${database}_ours
trap 'finish' EXIT
finish() {
    for copy in "$theirs" "$ours"; do dropdb --if-exists "$copy" 2>/dev/null || true; done
    rm -rf "$work"
}
run() { psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

array=
for file in "$queries"/*.sql; do
    sed -e '$!b' -e 's/;[[:space:]]*$//' "$file" >"$work/$(basename "$file" .sql).query"
    array+="${array:+,}\$bench\$$(cat "$work/$(basename "$file" .sql).query")\$bench\$"
done
array="ARRAY[$array]"

# The plan cost of each query of a database, one to a line.
costs() {
    run -d "$1" <<<"SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_perfkit;
        SELECT e.total_cost FROM unnest($array) WITH ORDINALITY q(query, n), pk_explain(query) e WHERE e.variant = 'as it is' ORDER BY n"
}
bytes() { run -d "$1" -c "SELECT sum(pg_relation_size(indexrelid))::bigint FROM pg_stat_user_indexes"; }

# build FILE COPY: makes the copy with these indexes; sets built (bytes) and scored (a piece of the table).
build() {
    dropdb --if-exists "$2" 2>/dev/null
    createdb -T "$database" "$2"
    sed 's/ CONCURRENTLY / /I' "$1" | run -d "$2"
    run -d "$2" -c 'VACUUM ANALYZE'
    built=$(($(bytes "$2") - before_bytes))
    costs "$2" >"$work/after"
    scored=$(paste "$work/before" "$work/after" | awk -v mb=$((built / 1024)) -v indexes="$(grep -ci 'create index' "$1")" '
        { before += $1; after += $2; logs += log($2 / $1); if ($2 > $1 * 1.001) { worse++ } if ($2 / $1 > most) most = $2 / $1 }
        END { printf "%d | %.1f | %.3f | %.3f | %d (%.3f)", indexes, mb / 1024, after / before, exp(logs / NR), worse, most }')
}

# connect COPY: a session that stays.
declare -A input output backend
connect() {
    local in out
    rm -f "$work/in" "$work/out"
    mkfifo "$work/in" "$work/out"
    psql -qXAt -v ON_ERROR_STOP=1 -d "$1" <"$work/in" >"$work/out" &
    exec {in}>"$work/in" {out}<"$work/out"
    input[$1]=$in output[$1]=$out
    echo 'SELECT pg_backend_pid();' >&"$in"
    read -r "backend[$1]" <&"$out"
}

# measure COPY QUERY: nanoseconds, in `cpu`.
measure() {
    local before after line
    read -r before _ <"/proc/${backend[$1]}/schedstat"
    { echo '\o /dev/null'; cat "$work/$2.query"; printf ';\n\\o\n\\echo done\n'; } >&"${input[$1]}"
    read -r line <&"${output[$1]}"
    [ "$line" = done ]
    read -r after _ <"/proc/${backend[$1]}/schedstat"
    cpu=$((after - before))
}

# Runs the queries in all three; adds a row to the second table, and to the third.
pair() {
    connect "$theirs"
    connect "$ours"
    connect "$database"
    : >"$work/cpu"
    local round copy query order
    for ((round = 0; round <= runs; ++round)); do
        for query in "$work"/*.query; do
            query=$(basename "$query" .query)
            order=("$theirs" "$ours" "$database")
            if ((round % 2)); then order=("$database" "$ours" "$theirs"); fi
            for copy in "${order[@]}"; do
                measure "$copy" "$query"
                if ((round > 0)); then printf '%s\t%s\t%s\t%s\n' $round "$query" "${copy#"${database}_"}" $cpu >>"$work/cpu"; fi
            done
        done
    done
    local in out
    for copy in "$theirs" "$ours" "$database"; do
        in=${input[$copy]} out=${output[$copy]}
        echo '\q' >&"$in"
        exec {in}>&- {out}<&-
    done
    wait
    beside "$1" "${theirs#"${database}_"}" short_of_least >>"$work/paired"
    beside "$1" "$database" slower_when_cached >>"$work/paired_now"
}

# beside SET SIDE KEY: a row of ours beside that side, and the queries that the advice names under this key.
beside() {
    run -d "$database" <<SQL
CREATE TEMP TABLE cpu (run int, query text, side text, ns float8);
\copy cpu FROM '$work/cpu'
CREATE TEMP TABLE pairs AS SELECT run, query, t.ns AS theirs, o.ns AS ours FROM cpu t JOIN cpu o USING (run, query)
    WHERE t.side = '$2' AND o.side = 'ours';
CREATE TEMP VIEW ratio AS SELECT query, percentile_cont(0.5) WITHIN GROUP (ORDER BY theirs) AS theirs,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ours) AS ours, percentile_cont(0.5) WITHIN GROUP (ORDER BY ours / theirs) AS ratio,
    min(ours / theirs) AS least, max(ours / theirs) AS most FROM pairs GROUP BY query;
SELECT format('| %s | %s | %s | %s | %s (%s to %s) | %s | %s | %s |', '$1', $runs, s.theirs, s.ours, r.ratio, r.least, r.most, s.faster, coalesce(s.slower, 'none'), '$(named "$3")')
FROM (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ratio)::numeric, 3) AS ratio, round(min(ratio)::numeric, 3) AS least,
             round(max(ratio)::numeric, 3) AS most
      FROM (SELECT sum(ours) / sum(theirs) AS ratio FROM pairs GROUP BY run) runs) r,
     (SELECT round((sum(theirs) / 1e9)::numeric, 2) AS theirs, round((sum(ours) / 1e9)::numeric, 2) AS ours,
             count(*) FILTER (WHERE ratio < 1 / 1.2) AS faster,
             string_agg(format('%s: %s (%s to %s), %s ms', query, round(ratio::numeric, 2), round(least::numeric, 2), round(most::numeric, 2),
                               round((theirs / 1e6)::numeric)), '; ' ORDER BY ratio DESC) FILTER (WHERE ratio > 1.2) AS slower
      FROM ratio) s;
SQL
}

# named KEY: what the advice tells under it, as the files' names.
named() {
    local -a names=("$work"/*.query)
    local number told=
    for number in $(sed -n "s/^-- $1//p" "$work/advice"); do
        told+="${told:+, }$(basename "${names[number - 1]}" .query)"
    done
    echo "${told:-none}"
}

costs "$database" >"$work/before"
before_bytes=$(bytes "$database")
echo '| set | indexes | built MB | plan cost | geometric mean | worse (worst) | our indexes | built MB | plan cost | geometric mean | worse (worst) | plans | CPU s |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
for set in "$@"; do
    name=$(basename "$set" .sql)
    build "$set" "$theirs"
    row=$scored
    run -d "$database" >"$work/advice" <<<"CREATE TEMP TABLE advice AS
        SELECT * FROM pk_suggest_indexes($array, budget => '$built', include_drops => false, time_limit => NULL);
        SELECT ddl || ';' FROM advice ORDER BY rank;
        SELECT '-- ' || key || ' ' || coalesce((SELECT string_agg(number, ' ') FROM advice,
            jsonb_array_elements_text(evidence -> 'workload' -> key) number WHERE rank = 1), '')
        FROM (VALUES ('slower_when_cached'), ('short_of_least')) keys(key);
        SELECT '-- ' || max(evidence -> 'workload' ->> 'plans') FROM advice;
        SELECT '-- ' || round(split_part(pg_read_file('/proc/self/schedstat', 0, 100), ' ', 1)::numeric / 1e9, 2)"
    grep -v '^--' "$work/advice" >"$work/ours.sql"
    build "$work/ours.sql" "$ours"
    echo "| $name | $row | $scored | $(sed -n 's/^-- \([0-9.]*\)$/\1/p' "$work/advice" | paste -sd'|' | sed 's/|/ | /') |"
    if ((runs > 0)); then pair "$name"; fi
done
if ((runs > 0)); then
    echo
    echo '| set | runs | CPU s | our CPU s | ratio (runs) | queries 1.2 times faster | and slower: ratio (runs), their time | told of: short of the least |'
    echo '| --- | ---: | ---: | ---: | --- | ---: | --- | --- |'
    cat "$work/paired"
    echo
    echo '| advice beside the set | runs | CPU s as it is | with it | ratio (runs) | queries 1.2 times faster | and slower: ratio (runs), time as it is | told of: slower when cached |'
    echo '| --- | ---: | ---: | ---: | --- | ---: | --- | --- |'
    cat "$work/paired_now"
fi
