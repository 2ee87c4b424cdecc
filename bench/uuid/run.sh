#!/bin/bash
# Measures UUID generators side by side: CPU time per call, the time of a call that stands alone, and
# inserts into a table with a uuid key.
# Prints tables for docs/benchmarks.md.
#
# usage: [PG_CONFIG=...] bench/uuid/run.sh [calls | inserts]...     (default: both)
#
# Needs a running server of this machine, under Linux, with pg_perfkit installed, and a superuser
# (PGHOST, PGPORT, PGUSER).  Works in a database of its own, pk_bench_uuid.
#   ROUNDS         interleaved runs of each function (default 15)
#   INSERT_ROUNDS  (default 3), INSERTS rows (default 1000000)
set -euo pipefail
cd "$(dirname "$0")/../.."
pg_config=${PG_CONFIG:-pg_config}
psql() { command "$("$pg_config" --bindir)/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
what=${*:-calls inserts}

library=$(mktemp -d)/contenders.so
trap 'rm -rf "$(dirname "$library")"' EXIT
${CXX:-g++} -std=c++20 -O2 -fPIC -shared -Iinclude -isystem "$("$pg_config" --includedir-server)" -o "$library" bench/uuid/contenders.cpp
chmod -R go+rX "$(dirname "$library")"

psql -d postgres -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS pk_bench_uuid' -c 'CREATE DATABASE pk_bench_uuid'
export PGDATABASE=pk_bench_uuid
psql -v library="$library" -f bench/uuid/contenders.sql >/dev/null

backend=$(psql -Atc 'SELECT pg_backend_pid()')
crypto=$(ldd "$("$pg_config" --bindir)/postgres" | awk '/libcrypto/ {print $3}')
echo "$(psql -Atc "SELECT split_part(version(), ' on ', 1)"), $(grep -aoE 'OpenSSL [0-9.]+[a-z]? [0-9]+ [A-Z][a-z]+ 20[0-9]+' "$crypto" | sort -u | head -1);"
echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) cores, $(uname -sr)"

case " $what " in *" calls "*)
    psql -c "SET max_parallel_workers_per_gather = 0" -c "CALL measure_calls(${ROUNDS:-15})"
    echo; echo '| function | CPU ns per call, median | quartiles | against pk_uuidv7() |'; echo '| --- | --- | --- | --- |'
    psql -AtF ' | ' -c "SELECT '| ' || name, round(ns::numeric, 1), round(low::numeric, 1) || ' to ' || round(high::numeric, 1),
        round((ns / (SELECT ns FROM call_median WHERE name = 'pk_uuidv7()'))::numeric, 2) || ' |'
        FROM call_median JOIN contender USING (name) ORDER BY position"
    echo "($(psql -Atc 'SELECT min(runs) FROM call_median') interleaved runs, each of many calls in one go)"
    psql -c "CALL measure_lone_calls(${ROUNDS:-15})"
    echo; echo '| function | ns of one call after a pause of 50 µs, median | quartiles |'; echo '| --- | --- | --- |'
    psql -AtF ' | ' -c "SELECT '| ' || name, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ns)::numeric),
        round(percentile_cont(0.25) WITHIN GROUP (ORDER BY ns)::numeric) || ' to ' || round(percentile_cont(0.75) WITHIN GROUP (ORDER BY ns)::numeric) || ' |'
        FROM lone_run JOIN contender USING (name) GROUP BY name, position ORDER BY position" ;;
esac
case " $what " in *" inserts "*)
    psql -c "CALL measure_inserts(${INSERT_ROUNDS:-3}, ${INSERTS:-1000000})" 2>/dev/null
    echo; echo '| key | seconds | CPU seconds (least to most) | index MB | buffer hits | WAL MB | full pages | CPU against pk_uuidv7() |'
    echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
    psql -AtF ' | ' -c "SELECT '| ' || name, round((ms / 1000)::numeric, 2), round((cpu_ms / 1000)::numeric, 2) || ' (' ||
        round((least / 1000)::numeric, 2) || ' to ' || round((most / 1000)::numeric, 2) || ')',
        round(index_bytes / 1048576.0, 1), hits, round(wal_bytes / 1048576.0, 1), fpi,
        round((cpu_ms / (SELECT cpu_ms FROM insert_median WHERE name = 'pk_uuidv7()'))::numeric, 2) || ' |'
        FROM insert_median JOIN contender USING (name) ORDER BY position"
    echo "($(psql -Atc 'SELECT min(runs) FROM insert_median') interleaved runs of ${INSERTS:-1000000} rows)" ;;
esac
psql -d postgres -c 'DROP DATABASE pk_bench_uuid'
