#!/bin/bash
# Searches a table by time through its version 7 primary key, and through a B-tree on a timestamptz
# column beside it: rows estimated and found, and buffers touched.  Prints a table for docs/benchmarks.md.
#
# usage: [PG_CONFIG=...] bench/uuid/time_search.sh
#
# Needs a running server with pg_perfkit, and a superuser (PGHOST, PGPORT, PGUSER).  Works in a database
# of its own, pk_bench_time.
#   ROWS   (default 10000000; about 3 GB, two minutes)
set -euo pipefail
pg_config=${PG_CONFIG:-pg_config}
psql() { command "$("$pg_config" --bindir)/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
rows=${ROWS:-10000000}

psql -d postgres -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS pk_bench_time' -c 'CREATE DATABASE pk_bench_time'
export PGDATABASE=pk_bench_time
psql -v rows="$rows" <<'SQL'
SET timezone = 'UTC';
ALTER DATABASE pk_bench_time SET timezone = 'UTC';
CREATE EXTENSION pg_perfkit;
CREATE TABLE events (id uuid NOT NULL, at timestamptz NOT NULL, payload text);
-- 100 days, by day three times as many as by night.
INSERT INTO events SELECT pk_uuidv7(at => t), t, repeat('x', 80)
FROM (SELECT timestamptz '2024-01-01' + (d + 0.16 * sin(2 * pi() * d) / 2) * interval '1 day' AS t
      FROM generate_series(1, :rows) i, LATERAL (SELECT i * 100.0::float8 / :rows AS d) x) s;
ALTER TABLE events ADD PRIMARY KEY (id);
CREATE INDEX events_at ON events (at);
VACUUM ANALYZE events;

CREATE FUNCTION explain(condition text, OUT estimated float8, OUT rows_found float8, OUT buffers float8, OUT node text) LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) SELECT payload FROM events WHERE ' || condition INTO plan;
    plan := plan -> 0 -> 'Plan';
    estimated := (plan ->> 'Plan Rows')::float8;
    rows_found := (plan ->> 'Actual Rows')::float8;
    buffers := (plan ->> 'Shared Hit Blocks')::float8 + (plan ->> 'Shared Read Blocks')::float8;
    node := (plan ->> 'Node Type') || ' ' || (plan ->> 'Index Name');
END $$;
SQL
psql -Atc "SELECT split_part(version(), ' on ', 1), (SELECT count(*) FROM events) || ' rows', 'table ' || pg_size_pretty(pg_table_size('events')),
    'events_pkey ' || pg_size_pretty(pg_relation_size('events_pkey')), 'events_at ' || pg_size_pretty(pg_relation_size('events_at'))" -F ', '
psql -c "EXPLAIN (COSTS off) SELECT payload FROM events WHERE pk_uuid_in(id, '[2024-02-10, 2024-02-11)')"
echo '| range | rows | estimate, pk_uuid_in | estimate, id >= t1 AND id < t2 | estimate, floor and ceil with uuid operators | estimate, timestamptz | buffers, pk_uuid_in | buffers, timestamptz | ratio |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
psql -At <<'SQL'
SET enable_bitmapscan = off;
SET enable_seqscan = off;
SET max_parallel_workers_per_gather = 0;
SELECT '| ' || concat_ws(' | ', title, a.rows_found, a.estimated, o.estimated, p.estimated, t.estimated, a.buffers, t.buffers,
                         round((a.buffers / t.buffers)::numeric, 2)) || ' |' || CASE WHEN a.rows_found <> t.rows_found OR a.rows_found <> o.rows_found THEN ' DIFFERENT ROWS' ELSE '' END
FROM (VALUES ('a second', '2024-02-10 12:00', '2024-02-10 12:00:01'), ('a minute', '2024-02-10 12:00', '2024-02-10 12:01'),
             ('26 minutes', '2024-02-10 03:07', '2024-02-10 03:33'), ('an hour', '2024-03-20 22:30', '2024-03-20 23:30'),
             ('a day', '2024-02-10', '2024-02-11'), ('a week', '2024-03-01', '2024-03-08'), ('the last hour', '2024-04-09 23:00', '2024-04-10')) r(title, "from", "to"),
     LATERAL explain(format('pk_uuid_in(id, tstzrange(%L, %L))', "from", "to")) a,
     LATERAL explain(format('id >= timestamptz %L AND id < timestamptz %L', "from", "to")) o,
     LATERAL explain(format('id >= pk_uuidv7_floor(%L) AND id < pk_uuidv7_floor(%L)', "from", "to")) p,
     LATERAL explain(format('at >= %L AND at < %L', "from", "to")) t;
SQL
psql -d postgres -c 'DROP DATABASE pk_bench_time'
