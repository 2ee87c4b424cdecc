#!/usr/bin/env bash
# Three ways to index the sample database, side by side on one server: its keys only, the 18 indexes of
# hand_made.sql, and what pk_suggest_indexes() advises after it has seen the workload.
#
# usage: bench/registry/compare.sh [option=value ...]
#   scale=1           of the sample database
#   rounds=3          each round runs all three, in turning order (ABC BCA CAB), with the round's seed
#   operations=1000   of the workload per round and way: the same ones for all three
#   writes=2000       of a run of writes alone per round and way, on one connection
#   observe=1000      operations that are run before the advice is asked for
#   connections=2
#   measure=service   or cpu, of the backends, where other work on the machine disturbs: without parallel
#                     workers, whose time does not count
#   advice=FILE       a file of SQL in place of the advice (to try a set of indexes)
#   result=build/registry/comparison.md, and its directory for the result files
#   keep=             anything: the databases stay
#
# The server is the one that psql reaches (PGHOST, PGPORT, PGUSER); it must preload pg_stat_statements and
# pg_perfkit, and the user must be a superuser. Databases named perfkit_compare_* are dropped and made.
# PERFKIT names the tool (default build/cmake/perfkit).  Takes about ten minutes on two cores at scale 1.
set -euo pipefail
cd "$(dirname "$0")/../.."

scale=1 rounds=3 operations=1000 writes=2000 observe=1000 connections=2 advice='' keep='' measure=service
result=build/registry/comparison.md
for argument; do
    case $argument in
        scale=*|rounds=*|operations=*|writes=*|observe=*|connections=*|advice=*|result=*|keep=*|measure=*)
            declare "${argument%%=*}=${argument#*=}" ;;
        *) echo "compare.sh: unknown argument $argument" >&2; exit 2 ;;
    esac
done
perfkit=${PERFKIT:-build/cmake/perfkit}
[ -x "$perfkit" ] || { echo "compare.sh: $perfkit is not there: build it with cmake, or set PERFKIT" >&2; exit 1; }
export PGOPTIONS="${PGOPTIONS:-} -c client_min_messages=warning"
[ "$measure" != cpu ] || PGOPTIONS+=' -c max_parallel_workers_per_gather=0'
files=$(dirname "$result"); mkdir -p "$files"

database() { echo "perfkit_compare_$1"; }
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$(database "$1")" "${@:2}"; }
server() { psql -X -q -At -v ON_ERROR_STOP=1 -d postgres "$@"; }
say() { echo "[$((SECONDS / 60)):$(printf %02d $((SECONDS % 60)))] $*" >&2; }
drop() { for way in keys hand advice; do server -c "DROP DATABASE IF EXISTS $(database $way)"; done; }
trap '[ -n "$keep" ] || drop' EXIT

declare -A label=([keys]='keys only' [hand]='18 by hand' [advice]='pg_perfkit')
declare -A build_seconds

say "loading the registry, scale $scale"
drop
server -c "CREATE DATABASE $(database advice)"
"$perfkit" registry load -d "$(database advice)" --scale "$scale" >&2
if [ -z "$advice" ]; then
    say "observing $observe operations"
    sql advice -c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION pg_perfkit' \
        -c 'SELECT pg_stat_statements_reset(), pk_workload_reset(current_database())' >/dev/null
    "$perfkit" bench -d "$(database advice)" -c "$connections" -n "$observe" --seed 1 >/dev/null
fi
# Copied only now: what was observed has also written.
for way in keys hand; do server -c "CREATE DATABASE $(database $way) TEMPLATE $(database advice) STRATEGY file_copy"; done

say "the 18 by hand"
begin=$SECONDS
sql hand -f bench/registry/hand_made.sql
build_seconds[hand]=$((SECONDS - begin))

say "the advice"
begin=$SECONDS
if [ -n "$advice" ]; then
    sql advice -f "$advice"
else
    "$perfkit" apply -d "$(database advice)" --yes >&2
fi
build_seconds[advice]=$((SECONDS - begin))

for way in keys hand advice; do
    sql $way -c 'VACUUM ANALYZE'
    # Warm, so that the first round is like the others.
    "$perfkit" bench -d "$(database $way)" -c "$connections" -n $((operations / 10 + 1)) --seed 2 >/dev/null 2>&1
done

only_writes='all=0,ingest_run=8,roll_out=5,register_version=1'
mixed=() written=()
ways=(keys hand advice)
for ((round = 1; round <= rounds; ++round)); do
    for way in "${ways[@]}"; do
        say "round $round of $rounds: ${label[$way]}"
        server -c CHECKPOINT
        "$perfkit" bench -d "$(database "$way")" -c "$connections" -n "$operations" --seed $((100 + round)) \
            --label "${label[$way]}" --json "$files/mixed-$way-$round.json" >/dev/null
        server -c CHECKPOINT
        "$perfkit" bench -d "$(database "$way")" -c 1 -n "$writes" --seed $((200 + round)) --mix "$only_writes" \
            --label "${label[$way]}" --json "$files/writes-$way-$round.json" >/dev/null
    done
    ways=("${ways[@]:1}" "${ways[0]}")
done
for way in keys hand advice; do
    for ((round = 1; round <= rounds; ++round)); do
        mixed+=("$files/mixed-$way-$round.json") written+=("$files/writes-$way-$round.json")
    done
done

{
    echo "Scale $scale, $rounds rounds of the same $operations operations on $connections connections, interleaved;" \
         "PostgreSQL $(server -c 'SHOW server_version'), shared_buffers $(server -c 'SHOW shared_buffers')," \
         "$(nproc) cores; $([ "$measure" = cpu ] && echo 'CPU time, no parallel workers' || echo 'time in service')." \
         "Medians of the rounds; in parentheses the least and greatest change of a round." \
         "Building took ${build_seconds[hand]} s by hand, ${build_seconds[advice]} s with advising."
    echo
    "$perfkit" compare --markdown --measure "$measure" "${mixed[@]}"
    echo "Writes alone ($writes per round on one connection, without deletes):"
    echo
    "$perfkit" compare --markdown --measure "$measure" "${written[@]}"
    echo "Indexes by advice:"
    echo
    echo '```sql'
    sql advice -c "SELECT pg_get_indexdef(indexrelid) || ';  -- ' || pg_size_pretty(pg_relation_size(indexrelid))
                   FROM pg_stat_user_indexes i WHERE NOT EXISTS
                       (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
                   AND schemaname = 'public' AND relname IN ('environments', 'models', 'model_versions',
                       'training_runs', 'deployments', 'approvals') ORDER BY relname, indexrelname"
    echo '```'
} >"$result"
say "done: $result"
