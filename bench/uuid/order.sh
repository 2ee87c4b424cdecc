#!/bin/bash
# Makes many UUIDs in one session and looks at every one: each is greater than the one before, and so
# none is there twice.
#
# usage: [PG_CONFIG=...] bench/uuid/order.sh
#
# Needs a running server with pg_perfkit, and a superuser (PGHOST, PGPORT, PGUSER).  Works in a database
# of its own, pk_bench_order.  (Sessions together: PERFKIT_UUIDS=10000000 make systemcheck SYSTEM=uuid_cluster.)
#   UUIDS   (default 100000000; about a minute)
set -euo pipefail
pg_config=${PG_CONFIG:-pg_config}
psql() { command "$("$pg_config" --bindir)/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
psql -d postgres -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS pk_bench_order' -c 'CREATE DATABASE pk_bench_order'
psql -d pk_bench_order -c 'CREATE EXTENSION pg_perfkit' -c "
SELECT count(*) AS uuids, count(*) FILTER (WHERE id <= previous) AS disorder, count(*) FILTER (WHERE pk_uuid_version(id) <> 7) AS other_versions,
       max(pk_uuid_timestamp(id)) - clock_timestamp() < interval '1 ms' AS within_a_millisecond
FROM (SELECT id, lag(id) OVER () AS previous FROM (SELECT pk_uuidv7_batch(${UUIDS:-100000000}) AS id) made) pairs"
psql -d postgres -c 'DROP DATABASE pk_bench_order'
