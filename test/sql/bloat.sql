-- Bloat against the truth: what VACUUM FULL really leaves.
SET client_min_messages = warning;
CREATE SCHEMA pk_bloat_test;
SET search_path = pk_bloat_test, public;

-- Rows are killed by a rollback where the figures must not depend on snapshots of other sessions.
CREATE TABLE fixed WITH (autovacuum_enabled = off) AS SELECT i AS id, now() AS t FROM generate_series(1, 20000) i;
BEGIN; INSERT INTO fixed SELECT i, now() FROM generate_series(1, 20000) i; ROLLBACK;

CREATE TABLE widths WITH (autovacuum_enabled = off, fillfactor = 70) AS
    SELECT i AS id, repeat('x', i * 7919 % 400) AS pad, CASE WHEN i % 3 = 0 THEN i END AS some FROM generate_series(1, 20000) i;

CREATE TABLE padded (a int, b bigint, c smallint, d float8) WITH (autovacuum_enabled = off);
INSERT INTO padded SELECT i, i, 1, i FROM generate_series(1, 20000) i;

-- Columns that came and went: what a rewrite drops, and what it adds.
CREATE TABLE columns (id int, gone text, "kept ""é" text, also_gone int) WITH (autovacuum_enabled = off);
INSERT INTO columns SELECT i, repeat('g', 100), repeat('k', i % 50), i FROM generate_series(1, 10000) i;
ALTER TABLE columns DROP COLUMN gone, DROP COLUMN also_gone;
ALTER TABLE columns ADD COLUMN added text DEFAULT 'a value that older rows do not have yet', ADD COLUMN empty int;
INSERT INTO columns SELECT i, NULL, 'new', i FROM generate_series(1, 5000) i;

CREATE TABLE toasted (id int, doc text) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
ALTER TABLE toasted ALTER doc SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT i, repeat(md5(i::text), 150) FROM generate_series(1, 1000) i;
BEGIN; INSERT INTO toasted SELECT i, repeat(md5(i::text), 150) FROM generate_series(1, 1000) i; ROLLBACK;

-- Values that a rewrite takes back into rows which have become short enough: b is compressed after a has gone to the TOAST table.
CREATE TABLE fetched (id int, a text, b text) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
ALTER TABLE fetched ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE MAIN;
INSERT INTO fetched SELECT i, repeat('a', 1000 + i % 700), repeat('b', 3000) FROM generate_series(1, 1000) i;
-- Of long and short ones, the short ones: what stays fills pages otherwise than all of them do.
CREATE TABLE some_fetched (id int, a text, b text) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
ALTER TABLE some_fetched ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE MAIN;
INSERT INTO some_fetched SELECT i, repeat('a', 1000 + i * 7919 % 5000), repeat('b', 3000) FROM generate_series(1, 1000) i;

CREATE TABLE empty (id int);
CREATE UNLOGGED TABLE emptied WITH (autovacuum_enabled = off) AS SELECT 1 AS id;
BEGIN; INSERT INTO emptied SELECT i FROM generate_series(1, 50000) i; ROLLBACK;
DELETE FROM emptied;
CREATE MATERIALIZED VIEW matview AS SELECT i FROM generate_series(1, 1000) i;
CREATE TEMP TABLE temporary AS SELECT i AS id FROM generate_series(1, 5000) i;
BEGIN; INSERT INTO temporary SELECT i FROM generate_series(1, 5000) i; ROLLBACK;

CREATE TEMP TABLE said AS
    SELECT c.oid, coalesce('toast of ' || (SELECT t.relname FROM pg_class t WHERE t.reltoastrelid = c.oid), c.relname) AS relname, c.oid::regclass::text AS name, exact.*, sample.bloat_percent AS sampled, sample.pages_read AS sample_pages
    FROM pg_class c, pk_bloat(c.oid, 'exact') exact, pk_bloat(c.oid, seed => 1) sample
    WHERE c.relnamespace IN ('pk_bloat_test'::regnamespace, pg_my_temp_schema()) AND c.relkind IN ('r', 'm')
       OR c.oid IN (SELECT reltoastrelid FROM pg_class WHERE oid IN ('toasted'::regclass, 'fetched'::regclass, 'some_fetched'::regclass));
SELECT format('VACUUM FULL %s', name) FROM said WHERE kind <> 'toast' ORDER BY name COLLATE "C" \gexec
-- What comes back from a TOAST table is seen in its table, which is then read, too.
SELECT relname AS relation, kind,
       ideal_bytes = pg_relation_size(oid) AS as_rewritten, abs(sampled - bloat_percent) < 3 AS sample_is_near,
       low_percent = bloat_percent AND high_percent = bloat_percent AS exact_is_certain,
       live_tuples, dead_tuples, fillfactor, pages_read >= real_bytes / current_setting('block_size')::int AS all_read, reason
FROM said ORDER BY kind = 'toast', relname COLLATE "C";

CREATE TABLE locked WITH (autovacuum_enabled = off) AS SELECT i AS id FROM generate_series(1, 100) i;
-- B-trees: what REINDEX really leaves.
CREATE TABLE indexed (id int, low int, nullable int, txt text, doc uuid) WITH (autovacuum_enabled = off);
CREATE INDEX grown ON indexed (id);
CREATE INDEX grown_text ON indexed (txt) INCLUDE (id);
CREATE INDEX grown_few ON indexed (low);
CREATE INDEX "grown ""nulls" ON indexed (nullable) WITH (fillfactor = 70);
CREATE INDEX grown_plain ON indexed (low) WITH (deduplicate_items = off);
CREATE INDEX grown_partial ON indexed (id) WHERE low = 3;
INSERT INTO indexed SELECT i, i % 20, CASE WHEN i % 4 = 0 THEN i END, md5(i::text), md5(i::text)::uuid FROM generate_series(1, 40000) i;
CREATE UNIQUE INDEX fresh ON indexed (doc);
CREATE INDEX never_filled ON indexed (id) WHERE low = 99;
BEGIN; INSERT INTO indexed SELECT i, i % 20, i, md5(i::text), md5('x' || i)::uuid FROM generate_series(40001, 80000) i; ROLLBACK;
VACUUM indexed;
CREATE TEMP TABLE said_of_indexes AS
    SELECT c.oid, c.relname, exact.*, sample.bloat_percent AS sampled, sample.low_percent AS low, sample.high_percent AS high
    FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid, pk_bloat(c.oid, 'exact') exact, pk_bloat(c.oid, seed => 1) sample
    WHERE x.indrelid = 'indexed'::regclass;
REINDEX TABLE indexed;
SELECT relname, kind, abs(ideal_bytes - pg_relation_size(oid)) <= current_setting('block_size')::int AS within_a_page, abs(sampled - truth) < 3 AS near, truth BETWEEN low AND high AS within,
       bloat_percent > 40 AS bloated, live_tuples, leaf_density BETWEEN 40 AND 95 AS density, fillfactor, class, reason
FROM said_of_indexes, LATERAL (SELECT 100.0 * (real_bytes - pg_relation_size(oid)) / real_bytes AS truth) t
ORDER BY relname COLLATE "C";
CREATE INDEX hashed ON indexed USING hash (id);
SELECT kind, real_bytes > 0 AS sized, bloat_percent, reason FROM pk_bloat('hashed');

-- What other kinds of index tell of themselves, with what to do about it.
CREATE TABLE others (id int, a int[]) WITH (autovacuum_enabled = off);
CREATE INDEX pending ON others USING gin (a) WITH (gin_pending_list_limit = 4096);
CREATE INDEX ranges ON others USING brin (id) WITH (pages_per_range = 4);
CREATE INDEX overflowing ON others USING hash ((id % 3));
CREATE INDEX gisted ON others USING gist (int4range(id, id + 1));
INSERT INTO others SELECT i, ARRAY[i, i + 1, i % 10] FROM generate_series(1, 20000) i;
SELECT c.relname, bloat_percent, regexp_replace(detail, '\m[1-9][0-9]*\M', 'N', 'g') AS detail, recommendation, reason FROM pg_class c, pk_bloat(c.oid)
WHERE c.oid IN ('pending'::regclass, 'ranges'::regclass, 'overflowing'::regclass, 'gisted'::regclass) ORDER BY 1;
SELECT recommendation FROM pk_bloat('ranges') \gexec
SELECT gin_clean_pending_list('pending') > 0 AS cleaned;
SELECT substring(detail FROM '^pending list: .* rows') AS detail, recommendation FROM pk_bloat('pending');
SELECT substring(detail FROM '^(\d+) of') = substring(detail FROM ' of (\d+) ') AS all_ranges, recommendation FROM pk_bloat('ranges');

-- Results of before, as long as the relation has its file and they are young enough.
SET pg_perfkit.bloat_max_age = '1h';
SELECT measured_at AS before, live_tuples FROM pk_bloat('indexed') \gset
DELETE FROM indexed WHERE id % 2 = 0;
SELECT measured_at = :'before' AS of_before, live_tuples = :live_tuples AS the_same FROM pk_bloat('indexed');
SELECT measured_at > :'before' AS exact_is_new FROM pk_bloat('indexed', 'exact');
SELECT measured_at > :'before' AS of_its_own_seed FROM pk_bloat('indexed', seed => 1);
VACUUM FULL indexed;
SELECT measured_at > :'before' AS of_a_new_file, live_tuples < :live_tuples AS fewer FROM pk_bloat('indexed');
SELECT measured_at AS before FROM pk_bloat('indexed') \gset
RESET pg_perfkit.bloat_max_age;
SELECT measured_at > :'before' AS every_time FROM pk_bloat('indexed');

-- An empty end, which VACUUM cuts off.
CREATE TABLE long_ago (id int, pad text) WITH (autovacuum_enabled = off, vacuum_truncate = off);
INSERT INTO long_ago SELECT i, repeat('x', 400) FROM generate_series(1, 5000) i;
BEGIN; INSERT INTO long_ago SELECT i, repeat('x', 400) FROM generate_series(5001, 20000) i; ROLLBACK;
VACUUM long_ago;
SELECT method, empty_tail_bytes BETWEEN 0.9 * wasted_bytes AND wasted_bytes + 16 * current_setting('block_size')::int AS tail, class, recommendation, dead_tuples
FROM unnest('{sample,exact}'::text[]) method, pk_bloat('long_ago', method, seed => 1);
ALTER TABLE long_ago RESET (vacuum_truncate);
VACUUM long_ago;
SELECT empty_tail_bytes, wasted_bytes < 5 * current_setting('block_size')::int AS given_back, recommendation FROM pk_bloat('long_ago');
INSERT INTO long_ago SELECT i, repeat('x', 400) FROM generate_series(1, 20000) i;
DELETE FROM long_ago WHERE id BETWEEN 100 AND 19990;
-- An ANALYZE that autovacuum has begun before may still see the rows.
DO $$ BEGIN
    FOR i IN 1..600 LOOP
        EXIT WHEN (SELECT held_tuples = 0 FROM pk_bloat('long_ago', seed => 1));
        COMMIT;
        PERFORM pg_sleep(0.1);
    END LOOP;
END $$;
SELECT empty_tail_bytes, recommendation FROM pk_bloat('long_ago', seed => 1);

-- What cannot be rebuilt concurrently is not advised to be.
CREATE TABLE excluded (id int, EXCLUDE USING btree (id WITH =)) WITH (autovacuum_enabled = off);
INSERT INTO excluded SELECT generate_series(1, 80000);
DELETE FROM excluded WHERE id % 2000 > 0;
VACUUM excluded;
SELECT recommendation FROM pk_bloat('excluded_id_excl');
SELECT recommendation FROM pk_bloat('excluded_id_excl') \gexec
SELECT recommendation FROM pk_bloat('excluded_id_excl');

-- Locks, multixacts among them, are not deletions; an update counts as one once it is committed.
BEGIN;
SELECT count(*) FROM (SELECT FROM locked FOR KEY SHARE) l;
SAVEPOINT s;
SELECT count(*) FROM (SELECT FROM locked FOR UPDATE) l;
UPDATE locked SET id = -id WHERE id <= 10;
SELECT live_tuples, dead_tuples FROM pk_bloat('locked');
COMMIT;
SELECT live_tuples, dead_tuples FROM pk_bloat('locked');
-- How a transaction ended is remembered, but not before it has.
BEGIN;
INSERT INTO locked SELECT generate_series(101, 105);
SAVEPOINT s;
INSERT INTO locked SELECT generate_series(106, 112);
SELECT live_tuples, dead_tuples FROM pk_bloat('locked');
ROLLBACK TO s;
SELECT live_tuples, dead_tuples FROM pk_bloat('locked');
COMMIT;
SELECT live_tuples, dead_tuples FROM generate_series(1, 2), pk_bloat('locked');

-- Relations without pages of their own, and arguments that make no sense.
CREATE VIEW view AS SELECT 1 AS one;
CREATE TABLE parted (id int) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE SEQUENCE seq;
SELECT r, kind, real_bytes, bloat_percent, class, reason
FROM unnest('{view,parted,part,seq}'::regclass[]) WITH ORDINALITY r(r, n), pk_bloat(r) ORDER BY n;
SELECT * FROM pk_bloat(NULL);
SELECT * FROM pk_bloat(1::oid);
SELECT pk_bloat('locked', 'guess');
SELECT pk_bloat('locked', max_pages => 0);

-- Every relation, under the names that a person knows.
SELECT table_name, kind, relation::text <> table_name AS other_name, reason
FROM pk_table_bloat WHERE schema_name = 'pk_bloat_test' AND table_name IN ('parted', 'part', 'toasted', 'matview', 'view', 'columns') ORDER BY 1, 2;
SELECT table_name, index_name = relation::text AS own_name, kind, real_bytes > 0 AS sized FROM pk_index_bloat
WHERE schema_name = 'pk_bloat_test' AND table_name IN ('toasted', 'indexed') AND index_name !~ 'grown' ORDER BY 1, 2 DESC, 3;
-- Catalogs too, and the session's own temporary tables.
SELECT count(*) FROM pk_table_bloat WHERE relation IN ('pg_class'::regclass, 'pg_database'::regclass, 'temporary'::regclass) AND bloat_percent IS NOT NULL;
SELECT count(*) > 100 AS all_of_them, count(*) FILTER (WHERE bloat_percent NOT BETWEEN low_percent AND high_percent) AS outside,
       count(*) FILTER (WHERE (bloat_percent IS NULL) <> (reason IS NOT NULL)) AS without_reason FROM pk_index_bloat;

-- With their TOAST tables, and partitions in one.
CREATE TABLE parts (id int, doc text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (500);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (500) TO (10000) PARTITION BY RANGE (id);
CREATE TABLE parts_2_1 PARTITION OF parts_2 FOR VALUES FROM (500) TO (10000);
ALTER TABLE parts ALTER doc SET STORAGE EXTERNAL;
INSERT INTO parts SELECT i, repeat('d', 3000) FROM generate_series(1, 1500) i;
SELECT table_name, kind, real_bytes = (SELECT sum(pg_relation_size(r)) FROM pg_partition_tree(relation) p JOIN pg_class c ON c.oid = p.relid,
           LATERAL (VALUES (c.oid), (nullif(c.reltoastrelid, 0))) v(r) WHERE c.relkind = 'r') AS size,
       live_tuples, measured, not_measured, bloat_percent BETWEEN low_percent AND high_percent AS within
FROM pk_table_bloat_total WHERE schema_name = 'pk_bloat_test' AND table_name ~ '^parts' ORDER BY 1;
SELECT t.real_bytes = b.real_bytes AS size, abs(t.wasted_bytes - b.wasted_bytes) < 0.03 * b.real_bytes AS waste, t.live_tuples, t.measured
FROM pk_table_bloat_total t, (SELECT sum(real_bytes) AS real_bytes, sum(wasted_bytes) AS wasted_bytes FROM pk_table_bloat
                              WHERE schema_name = 'pk_bloat_test' AND table_name = 'toasted') b
WHERE t.schema_name = 'pk_bloat_test' AND t.table_name = 'toasted';

-- Whoever may not read a table learns nothing of its contents.
CREATE ROLE pk_bloat_nobody;
GRANT USAGE ON SCHEMA pk_bloat_test TO pk_bloat_nobody;
SET ROLE pk_bloat_nobody;
SELECT kind FROM pk_bloat('locked');
RESET ROLE;
GRANT SELECT ON locked TO pk_bloat_nobody;
SET ROLE pk_bloat_nobody;
SELECT kind FROM pk_bloat('locked');
SELECT kind FROM pk_bloat('toasted');
SELECT table_name, measured FROM pk_table_bloat_total WHERE schema_name = 'pk_bloat_test';
SELECT table_name FROM pk_table_bloat WHERE schema_name = 'pk_bloat_test';
RESET ROLE;
GRANT pg_stat_scan_tables TO pk_bloat_nobody;
SET ROLE pk_bloat_nobody;
SELECT kind FROM pk_bloat('toasted');
RESET ROLE;

DROP SCHEMA pk_bloat_test CASCADE;
DROP ROLE pk_bloat_nobody;
