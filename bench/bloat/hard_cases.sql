-- More tables and B-trees, made to mislead a sample: rows and leaves that differ from one stretch of the relation to the
-- next, rows that fill pages badly, free space that no map knows of.  About 450 MB, beside those of cases.sql.

SET search_path = bloat_case, public;
SELECT setseed(0.24);

-- Rows that differ by where they are.
CREATE TABLE hard_widths_by_region (id int, v text);
ALTER TABLE hard_widths_by_region ALTER v SET STORAGE PLAIN;
INSERT INTO hard_widths_by_region
    SELECT i, repeat('x', CASE WHEN i < n(60000) THEN 10 WHEN i < n(70000) THEN 700 + i % 300 ELSE 2700 + i % 700 END) FROM generate_series(1, n(73000)) i;
DELETE FROM hard_widths_by_region WHERE id % 3 = 0;
CREATE TABLE hard_widths_in_waves AS SELECT i AS id, repeat('x', (600 + 550 * sin(i / 3000.0))::int) AS v FROM generate_series(1, n(30000)) i;
DELETE FROM hard_widths_in_waves WHERE random() < 0.5 + 0.4 * cos(id / 3000.0);
CREATE TABLE hard_rising_bloat AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(300000)) i;
DELETE FROM hard_rising_bloat WHERE random() < (id::float8 / n(300000)) ^ 4;
-- Clusters of deleted rows; in the second table no free space map knows of them.
CREATE TABLE hard_clusters_vacuumed AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(400000)) i;
DELETE FROM hard_clusters_vacuumed WHERE id / 2500 % 37 IN (5, 6, 19);
CREATE TABLE hard_clusters_dead AS TABLE hard_clusters_vacuumed;
INSERT INTO hard_clusters_dead SELECT i, md5(i::text) FROM generate_series(1, n(100000)) i;
CREATE TABLE hard_one_region AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(600000)) i;
CREATE TABLE hard_every_eighth_page AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(300000)) i;
-- Few rows on a page.
CREATE TABLE hard_few_rows (id int, v text);
ALTER TABLE hard_few_rows ALTER v SET STORAGE PLAIN;
INSERT INTO hard_few_rows SELECT i, repeat('x', (100 + 7800 * random() ^ 2)::int) FROM generate_series(1, n(6000)) i;
DELETE FROM hard_few_rows WHERE random() < 0.4;
CREATE TABLE hard_two_sizes (id int, v text);
ALTER TABLE hard_two_sizes ALTER v SET STORAGE PLAIN;
INSERT INTO hard_two_sizes SELECT i, repeat('x', CASE WHEN random() < 0.5 THEN 4200 ELSE 900 END) FROM generate_series(1, n(6000)) i;
DELETE FROM hard_two_sizes WHERE id % 4 = 1;
CREATE TABLE hard_just_over_half (id int, v text);
ALTER TABLE hard_just_over_half ALTER v SET STORAGE PLAIN;
INSERT INTO hard_just_over_half SELECT i, repeat('x', 4060 - i % 80) FROM generate_series(1, n(4000)) i;
DELETE FROM hard_just_over_half WHERE id % 3 = 0;
-- Rows that moved.
CREATE TABLE hard_hot_chains (id int PRIMARY KEY, n int, v text) WITH (fillfactor = 80);
INSERT INTO hard_hot_chains SELECT i, 0, md5(i::text) FROM generate_series(1, n(150000)) i;
UPDATE hard_hot_chains SET n = n + 1 WHERE id % 5 = 0;
UPDATE hard_hot_chains SET n = n + 1 WHERE id % 5 = 0;
CREATE TABLE hard_grown_rows AS SELECT i AS id, repeat('x', 20) AS v FROM generate_series(1, n(200000)) i;
UPDATE hard_grown_rows SET v = repeat('y', 60 + id % 200) WHERE id % 4 = 0;
CREATE TABLE hard_reused (id int, v text);
INSERT INTO hard_reused SELECT i, repeat('x', (random() * 300)::int) FROM generate_series(1, n(120000)) i;
DELETE FROM hard_reused WHERE random() < 0.5;
VACUUM hard_reused;
INSERT INTO hard_reused SELECT i, repeat('y', (random() * 500)::int) FROM generate_series(1, n(40000)) i;
DELETE FROM hard_reused WHERE random() < 0.3;
-- Columns.
SELECT format('CREATE TABLE hard_dropped_columns (id int, %s)', string_agg(format('c%s %s', i, CASE i % 4 WHEN 0 THEN 'text' WHEN 1 THEN 'int2' WHEN 2 THEN 'int8' ELSE 'numeric' END), ', '))
FROM generate_series(1, 60) i \gexec
SELECT format('INSERT INTO hard_dropped_columns SELECT i, %s FROM generate_series(1, n(30000)) i',
    string_agg(format('CASE WHEN (i * %s) %% 11 < 5 THEN %s END', c, CASE c % 4 WHEN 0 THEN 'repeat(''t'', i % 23)' ELSE '(i % 30000)' END), ', ')) FROM generate_series(1, 60) c \gexec
SELECT format('ALTER TABLE hard_dropped_columns %s, ADD COLUMN late text DEFAULT ''later'', ADD COLUMN last int', string_agg(format('DROP COLUMN c%s', i), ', ')) FROM generate_series(1, 60) i WHERE i % 3 > 0 \gexec
UPDATE hard_dropped_columns SET last = 3 WHERE id % 7 = 0;
SELECT format('CREATE TABLE hard_wide_nulls (id int, %s)', string_agg(format('c%s %s', i, CASE i % 2 WHEN 0 THEN 'int8' ELSE '"char"' END), ', ')) FROM generate_series(1, 300) i \gexec
SELECT format('INSERT INTO hard_wide_nulls SELECT i, %s FROM generate_series(1, n(20000)) i',
    string_agg(format('CASE WHEN (i + %s) %% 13 = 0 THEN %s END', c, CASE c % 2 WHEN 0 THEN 'i' ELSE '''x''' END), ', ')) FROM generate_series(1, 300) c \gexec
DELETE FROM hard_wide_nulls WHERE id % 10 < 3;
CREATE TABLE hard_types (a bool, b int2[], c jsonb, d "char", e numeric, f inet, g timestamptz, h varchar(80), i bytea);
INSERT INTO hard_types SELECT i % 2 = 0, array_fill(i::int2, ARRAY[i % 9]), jsonb_build_object('k', repeat('v', i % 40)), 'c', i / 7.0, ('10.0.0.' || i % 250)::inet,
    now(), repeat('h', i % 80), decode(md5(i::text), 'hex') FROM generate_series(1, n(30000)) i;
DELETE FROM hard_types WHERE random() < 0.25;
-- TOAST.
CREATE TABLE hard_toast_mix (id int, a text, b text, c text);
ALTER TABLE hard_toast_mix ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE MAIN;
INSERT INTO hard_toast_mix SELECT i, CASE WHEN i % 3 = 0 THEN repeat(md5(i::text), 20 + i % 200) END, CASE WHEN i % 5 = 0 THEN repeat('b', (random() * 12000)::int) END,
    repeat(md5((i % 7)::text), i % 100) FROM generate_series(1, n(12000)) i;
UPDATE hard_toast_mix SET b = repeat('c', (random() * 3000)::int) WHERE id % 10 = 0;
DELETE FROM hard_toast_mix WHERE id % 4 = 0 AND id < n(8000);
-- Small ones, partitions, a fillfactor of 10.
CREATE TABLE hard_one_page AS SELECT i AS id FROM generate_series(1, 20) i;
CREATE TABLE hard_three_pages AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, 360) i;
DELETE FROM hard_three_pages WHERE id % 2 = 0;
CREATE TABLE hard_nothing_left AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(60000)) i;
DELETE FROM hard_nothing_left WHERE id < n(60000);
CREATE TABLE hard_parted (id int, m text) PARTITION BY RANGE (id);
CREATE TABLE hard_parted_1 PARTITION OF hard_parted FOR VALUES FROM (0) TO (50000);
CREATE TABLE hard_parted_2 PARTITION OF hard_parted FOR VALUES FROM (50000) TO (100000000);
CREATE INDEX hard_parted_m ON hard_parted (m, id DESC);
INSERT INTO hard_parted SELECT i, md5(i::text) FROM generate_series(1, n(150000)) i;
DELETE FROM hard_parted WHERE id % 3 = 0;
CREATE TABLE hard_fillfactor_10 (id int, m text) WITH (fillfactor = 10);
INSERT INTO hard_fillfactor_10 SELECT i, md5(i::text) FROM generate_series(1, n(20000)) i;
DELETE FROM hard_fillfactor_10 WHERE id % 2 = 0;

-- B-trees.
CREATE TABLE hard_grown (id int, name text, zipf int, f float8, num numeric, tag text, flag bool, wide text);
CREATE INDEX hard_grown_desc ON hard_grown (name DESC, id);
CREATE INDEX hard_grown_zipf ON hard_grown (zipf);
CREATE INDEX hard_grown_zipf_text ON hard_grown (('customer number ' || zipf));
CREATE INDEX hard_grown_float ON hard_grown (f);
CREATE INDEX hard_grown_numeric ON hard_grown (num);
CREATE INDEX hard_grown_include ON hard_grown (zipf) INCLUDE (name, id);
CREATE INDEX hard_grown_partial ON hard_grown (name) WHERE flag;
CREATE INDEX hard_grown_flag ON hard_grown (flag);
CREATE INDEX hard_grown_nulls ON hard_grown (tag NULLS FIRST, id);
CREATE INDEX hard_grown_fillfactor_50 ON hard_grown (f) WITH (fillfactor = 50);
CREATE INDEX hard_grown_fillfactor_100 ON hard_grown (id) WITH (fillfactor = 100);
CREATE INDEX hard_grown_backwards ON hard_grown ((-id));
CREATE INDEX hard_grown_wide ON hard_grown (wide);
CREATE INDEX hard_grown_common_prefix ON hard_grown ((repeat('the same for all of them ', 6) || name));
INSERT INTO hard_grown SELECT i, md5(i::text), (1 / (random() + 0.0001))::int, random(), (random() * 1e6)::numeric(20, 8), CASE WHEN i % 20 = 0 THEN md5(i::text) END,
    i % 11 = 0, CASE WHEN i % 6 = 0 THEN repeat(md5(i::text), 1 + (i / 3000) % 30) ELSE 'short ' || i END FROM generate_series(1, n(100000)) i;
-- The same, with entries deleted in different ways.
CREATE TABLE hard_thinned AS SELECT i AS id, md5(i::text) AS name, (1 / (random() + 0.0001))::int AS zipf, i % 97 AS few FROM generate_series(1, n(250000)) i;
CREATE INDEX hard_thinned_regions ON hard_thinned (id);
CREATE UNIQUE INDEX hard_thinned_unique ON hard_thinned (name);
CREATE INDEX hard_thinned_zipf ON hard_thinned (zipf);
CREATE INDEX hard_thinned_few ON hard_thinned (few, id);
CREATE INDEX hard_thinned_c ON hard_thinned (name COLLATE "C" text_pattern_ops);
CREATE INDEX hard_thinned_hash_like ON hard_thinned ((hashtext(name)));
DELETE FROM hard_thinned WHERE id BETWEEN n(50000) AND n(120000) AND id % 10 > 0 OR id > n(200000) AND random() < 0.5 OR few < 10;
-- Versions of rows in a unique index.
CREATE TABLE hard_churn (id int PRIMARY KEY, other int UNIQUE, v int);
CREATE INDEX hard_churn_v ON hard_churn (v);
INSERT INTO hard_churn SELECT i, -i, i % 1000 FROM generate_series(1, n(60000)) i;
UPDATE hard_churn SET v = v + 1;
UPDATE hard_churn SET v = v + 1 WHERE id % 2 = 0;
UPDATE hard_churn SET v = v + 1 WHERE id % 3 = 0;
-- Nearly everything deleted, and filled again in part.
CREATE TABLE hard_refilled AS SELECT i AS id, md5(i::text) AS m FROM generate_series(1, n(200000)) i;
CREATE INDEX hard_refilled_id ON hard_refilled (id);
CREATE INDEX hard_refilled_m ON hard_refilled (m);
DELETE FROM hard_refilled WHERE id % 50 > 0;
VACUUM hard_refilled;
INSERT INTO hard_refilled SELECT i, md5((i * 3)::text) FROM generate_series(1, n(60000), 3) i;
VACUUM hard_refilled;
DELETE FROM hard_refilled WHERE id % 7 = 3;
-- Long keys among short ones, by region of the key.
CREATE TABLE hard_long AS SELECT i AS id, CASE WHEN i % 2 = 0 THEN 'a' || lpad(i::text, 8, '0') ELSE 'b' || repeat(md5(i::text), 10 + i % 40) END AS k FROM generate_series(1, n(30000)) i;
CREATE INDEX hard_long_k ON hard_long (k);
DELETE FROM hard_long WHERE id % 5 = 0;
CREATE INDEX hard_one_page_id ON hard_one_page (id);
CREATE INDEX hard_three_pages_m ON hard_three_pages (m);
CREATE INDEX hard_nothing_left_id ON hard_nothing_left (id);

SELECT format('VACUUM (ANALYZE) bloat_case.%I', relname) FROM pg_class
WHERE relnamespace = 'bloat_case'::regnamespace AND relkind = 'r' AND relname ~ '^hard_' AND relname NOT IN ('hard_clusters_dead', 'hard_one_region', 'hard_every_eighth_page')
ORDER BY relname \gexec
-- Not vacuumed.
DELETE FROM hard_clusters_dead WHERE ctid < '(3000,1)' AND id / 1700 % 23 IN (3, 11, 12);
DELETE FROM hard_one_region WHERE id BETWEEN n(200000) AND n(225000);
DELETE FROM hard_every_eighth_page WHERE (ctid::text::point)[0]::int % 8 = 3;
