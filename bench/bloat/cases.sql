-- Tables and B-trees of known bloat, about 1.1 GB.  Everything is made from the seed below.
-- Sizes are round(n * :scale) rows.

SET search_path = bloat_case, public;
SELECT setseed(0.42);

-- Rows of fixed width.
CREATE TABLE fixed_fresh AS SELECT i AS id, i * 2 AS a, i::bigint AS b, now() AS at FROM generate_series(1, n(400000)) i;
CREATE TABLE fixed_half_deleted AS TABLE fixed_fresh;
DELETE FROM fixed_half_deleted WHERE id % 2 = 0;
CREATE TABLE fixed_all_updated AS SELECT * FROM fixed_fresh WHERE id <= n(300000);
UPDATE fixed_all_updated SET a = a + 1;
CREATE TABLE padded_by_alignment AS SELECT i::int4 AS a, 2::int8 AS b, 3::int4 AS c, 4::int8 AS d FROM generate_series(1, n(400000)) i;
-- Rows of varying width.
CREATE TABLE text_fresh AS SELECT i AS id, repeat('x', (random() * 400)::int) AS v, md5(i::text) AS m FROM generate_series(1, n(150000)) i;
CREATE TABLE text_mostly_deleted AS TABLE text_fresh;
DELETE FROM text_mostly_deleted WHERE random() < 0.7;
CREATE TABLE text_shrunk AS SELECT i AS id, repeat('x', 300) AS v FROM generate_series(1, n(120000)) i;
UPDATE text_shrunk SET v = 'y';
CREATE TABLE text_wide_ones_deleted AS
    SELECT i AS id, CASE WHEN i % 100 = 0 THEN repeat(md5(random()::text), 50) ELSE 'x' END AS v FROM generate_series(1, n(300000)) i;
DELETE FROM text_wide_ones_deleted WHERE id % 100 = 0;
CREATE TABLE jsonb_deleted AS
    SELECT i AS id, jsonb_build_object('k', i, 'tags', jsonb_build_array(md5(i::text), i % 7), 'pad', repeat('p', (random() * 300)::int)) AS j
    FROM generate_series(1, n(100000)) i;
DELETE FROM jsonb_deleted WHERE random() < 0.4;
CREATE TABLE sparse_columns AS
    SELECT i AS id, NULL::int AS c1, NULL::text AS c2, NULL::text AS c3, CASE WHEN i % 50 = 0 THEN repeat('z', 500) END AS c4,
           NULL::bigint AS c5, NULL::timestamptz AS c6, NULL::numeric AS c7, CASE WHEN i % 3 = 0 THEN i END AS c8
    FROM generate_series(1, n(400000)) i;
CREATE TABLE numeric_stretch_deleted AS
    SELECT i AS id, (random() * 1e9)::numeric(18, 4) AS n1, (random() * 1e3)::numeric AS n2, random() AS f FROM generate_series(1, n(300000)) i;
DELETE FROM numeric_stretch_deleted WHERE id BETWEEN n(50000) AND n(180000);
CREATE TABLE wide_rows AS SELECT i AS id, repeat(md5(i::text), 55 + i % 20) AS v FROM generate_series(1, n(20000)) i;
DELETE FROM wide_rows WHERE id % 5 = 0;
-- Where the empty pages lie.
CREATE TABLE head_deleted AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(300000)) i;
DELETE FROM head_deleted WHERE id < n(270000);
CREATE TABLE stretches_deleted AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(500000)) i;
DELETE FROM stretches_deleted WHERE id / n(20000) % 2 = 0;
CREATE TABLE few_pages_deleted AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(400000)) i;
DELETE FROM few_pages_deleted WHERE id / n(1000) % 10 = 0;
CREATE TABLE aborted_load AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(150000)) i;
BEGIN;
INSERT INTO aborted_load SELECT i, md5(i::text) FROM generate_series(1, n(100000)) i;
ROLLBACK;
-- Storage of wide values.
CREATE TABLE toasted (id int, doc text);
ALTER TABLE toasted ALTER doc SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT i, repeat(md5(i::text), 150) FROM generate_series(1, n(12000)) i;
DELETE FROM toasted WHERE id % 3 = 0;
CREATE TABLE compressed_in_line (id int, v text);
ALTER TABLE compressed_in_line ALTER v SET STORAGE MAIN;
INSERT INTO compressed_in_line SELECT i, repeat(md5((i % 100)::text), 80) FROM generate_series(1, n(100000)) i;
-- Fill factors.
CREATE TABLE fillfactor_70 (id int, a int, v text) WITH (fillfactor = 70);
INSERT INTO fillfactor_70 SELECT i, i, md5(i::text) FROM generate_series(1, n(200000)) i;
CREATE TABLE fillfactor_50_hot (id int PRIMARY KEY, n int) WITH (fillfactor = 50);
INSERT INTO fillfactor_50_hot SELECT i, 0 FROM generate_series(1, n(200000)) i;
UPDATE fillfactor_50_hot SET n = 1 WHERE id % 2 = 0;
CREATE TABLE fillfactor_lowered AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(200000)) i;
ALTER TABLE fillfactor_lowered SET (fillfactor = 80);
DELETE FROM fillfactor_lowered WHERE id % 2 = 0;
-- Columns that came and went.
CREATE TABLE column_dropped AS SELECT i AS id, repeat('d', 100) AS dropped, md5(i::text) AS m FROM generate_series(1, n(150000)) i;
ALTER TABLE column_dropped DROP COLUMN dropped;
CREATE TABLE column_added AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(150000)) i;
ALTER TABLE column_added ADD COLUMN added text DEFAULT 'a default that older rows do not hold', ADD COLUMN later int;
UPDATE column_added SET later = 1 WHERE id % 4 = 0;
-- Never vacuumed, and statistics that are wrong.
CREATE TABLE dead_unvacuumed AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(300000)) i;
CREATE TABLE stale_statistics AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(200000)) i;
CREATE TABLE never_analyzed AS SELECT i AS id, md5(i::text) AS m, repeat('n', i % 300) AS v FROM generate_series(1, n(150000)) i;
DELETE FROM never_analyzed WHERE id % 7 < 4;
-- Small ones.
CREATE TABLE small_fresh AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, 8000) i;
CREATE TABLE small_deleted AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, 24000) i;
DELETE FROM small_deleted WHERE id % 3 > 0;

-- Fresh B-trees.
CREATE TABLE keys AS
    SELECT i AS id, gen_random_uuid() AS u, md5(i::text) AS m, i % 50 AS low, CASE WHEN i % 4 = 0 THEN i END AS nullable,
           clock_timestamp() AS at, i::numeric AS number, (i % 5000) AS middle
    FROM generate_series(1, n(400000)) i;
CREATE INDEX fresh_int ON keys (id);
CREATE INDEX fresh_uuid ON keys (u);
CREATE INDEX fresh_low ON keys (low);
CREATE INDEX fresh_low_apart ON keys (low) WITH (deduplicate_items = off);
CREATE INDEX fresh_middle ON keys (middle);
CREATE INDEX fresh_nullable ON keys (nullable);
CREATE INDEX fresh_multi ON keys (low, m);
CREATE INDEX fresh_partial ON keys (id) WHERE low = 3;
CREATE INDEX fresh_expression ON keys (lower(m));
CREATE INDEX fresh_fillfactor_50 ON keys (id) WITH (fillfactor = 50);
CREATE INDEX fresh_include ON keys (id) INCLUDE (m);
CREATE INDEX fresh_numeric ON keys (number);
CREATE UNIQUE INDEX fresh_unique ON keys (m);
-- Grown by inserts.
CREATE TABLE grown (id int, u uuid, t text, low int, day date, tenant int);
CREATE INDEX grown_int ON grown (id);
CREATE INDEX grown_uuid ON grown (u);
CREATE INDEX grown_text ON grown (t);
CREATE INDEX grown_low ON grown (low);
CREATE INDEX grown_day ON grown (day);
CREATE INDEX grown_tenant ON grown (tenant, id);
INSERT INTO grown SELECT i, gen_random_uuid(), md5(i::text), i % 50, date '2026-01-01' + i / 1000, i * 79 % 300 FROM generate_series(1, n(300000)) i;
-- Entries deleted.
CREATE TABLE thinned AS SELECT id, u, m, low, id % 7000 AS middle FROM keys;
CREATE INDEX thinned_int ON thinned (id);
CREATE INDEX thinned_uuid ON thinned (u);
CREATE INDEX thinned_text ON thinned (m);
CREATE INDEX thinned_low ON thinned (low);
CREATE INDEX thinned_middle ON thinned (middle);
DELETE FROM thinned WHERE random() < 0.6;
CREATE TABLE beheaded AS SELECT i AS id, md5(i::text) AS t FROM generate_series(1, n(300000)) i;
CREATE INDEX beheaded_int ON beheaded (id);
CREATE INDEX beheaded_text ON beheaded (t);
DELETE FROM beheaded WHERE id < n(200000);
CREATE TABLE queue (id bigint, state text, due timestamptz);
CREATE INDEX queue_state ON queue (state);
CREATE INDEX queue_due ON queue (due);
INSERT INTO queue SELECT i, 'open', now() + i * interval '1 s' FROM generate_series(1, n(200000)) i;
UPDATE queue SET state = 'done', due = due + interval '1 year' WHERE id % 5 > 0;
DELETE FROM queue WHERE id % 5 = 1;
-- Keys updated, twice, with a VACUUM between.
CREATE TABLE rekeyed (id bigint, s text);
CREATE INDEX rekeyed_int ON rekeyed (id);
CREATE INDEX rekeyed_text ON rekeyed (s);
INSERT INTO rekeyed SELECT i, 'customer-' || lpad(i::text, 12, '0') FROM generate_series(1, n(150000)) i;
UPDATE rekeyed SET id = id + 1000000;
-- Small, and long keys.
CREATE INDEX small_int ON small_deleted (id);
CREATE TABLE long_keys AS SELECT i AS id, repeat(md5(i::text), 1 + i % 30) AS k FROM generate_series(1, n(60000)) i;
CREATE INDEX long_text ON long_keys (k);
DELETE FROM long_keys WHERE id % 3 = 0;

SELECT format('VACUUM (ANALYZE) bloat_case.%I', relname) FROM pg_class
WHERE relnamespace = 'bloat_case'::regnamespace AND relkind = 'r' AND relname NOT IN ('dead_unvacuumed', 'stale_statistics', 'never_analyzed')
ORDER BY relname \gexec
UPDATE rekeyed SET id = id + 1000000;
VACUUM (ANALYZE) rekeyed;
VACUUM never_analyzed;
ANALYZE dead_unvacuumed, stale_statistics;
DELETE FROM dead_unvacuumed WHERE id % 4 = 0;
DELETE FROM stale_statistics WHERE id % 5 <> 0;
VACUUM stale_statistics;
