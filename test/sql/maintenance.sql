-- The script names what was made to need it, in the right order; once it has run as it stands, nothing of it is left.
SET client_min_messages = warning;
CREATE SCHEMA pk_maintenance_test;
SET search_path = pk_maintenance_test, public;
-- Whatever the server's settings are.
\set thresholds 'autovacuum_enabled = off, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0, autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0'
CREATE TABLE deleted (id int, t text) WITH (autovacuum_enabled = off, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 3000, autovacuum_analyze_scale_factor = 0);
INSERT INTO deleted SELECT i, repeat('x', 100) FROM generate_series(1, 30000) i;
CREATE TABLE "emptied
-- "";" (id int, t text) WITH (:thresholds);
CREATE INDEX "index \""
;" ON "emptied
-- "";" (t);
INSERT INTO "emptied
-- "";" SELECT i, md5(i::text) FROM generate_series(1, 60000) i;
DELETE FROM "emptied
-- "";" WHERE id % 5 > 0;
CREATE TABLE fresh (id int) WITH (:thresholds);
INSERT INTO fresh SELECT generate_series(1, 60000);
CREATE TABLE parent (id int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF parent FOR VALUES FROM (1) TO (50000) WITH (:thresholds);
CREATE TABLE part_2 PARTITION OF parent FOR VALUES FROM (50000) TO (100000) PARTITION BY RANGE (id);
CREATE TABLE part_2_1 PARTITION OF part_2 DEFAULT WITH (:thresholds);
INSERT INTO parent SELECT generate_series(1, 99999);
CREATE TABLE toasted (id int, t text) WITH (:thresholds, toast.autovacuum_enabled = off);
ALTER TABLE toasted ALTER t SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT i, repeat('x', 3000) FROM generate_series(1, 2000) i;
CREATE TABLE calm WITH (:thresholds) AS SELECT i AS id FROM generate_series(1, 60000) i;
CREATE TABLE small (id int) WITH (:thresholds);
INSERT INTO small VALUES (1);
CREATE TEMP TABLE temporary AS SELECT i AS id FROM generate_series(1, 60000) i;
SELECT pg_stat_force_next_flush();
VACUUM (ANALYZE) deleted, "emptied
-- "";", part_1, part_2_1, toasted, calm;
DELETE FROM deleted WHERE id > 25000;
DELETE FROM toasted WHERE id % 10 > 0;
SELECT pg_stat_force_next_flush();

CREATE TABLE script (line text, position bigint);
INSERT INTO script SELECT * FROM pk_maintenance_script() WITH ORDINALITY;
SELECT line FROM script WHERE line ~ 'pk_maintenance_test.deleted';
SELECT regexp_replace(line, '\m\d+(\.\d+)? (%|kB|MB|bytes|s, lock)', 'N \2', 'g') AS line FROM script WHERE line ~ '(REINDEX|FULL).*pk_maintenance_test' ORDER BY position;
SELECT regexp_replace(line, '^--.*$|\n', '', 'ng') AS statement FROM script WHERE line ~ 'pk_maintenance_test' AND line !~ 'VACUUM \(FULL' ORDER BY position;
SELECT count(*) FROM script WHERE line ~ 'temporary';

-- As it stands.
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/maintenance_script.sql'
\pset tuples_only on
\pset format unaligned
\o :file
SELECT pk_maintenance_script();
\o
\pset tuples_only off
\pset format aligned
SET client_min_messages = error;
\set ECHO none
\i :file
\set ECHO all
RESET statement_timeout;
RESET lock_timeout;
SET client_min_messages = warning;
SELECT pg_stat_force_next_flush();
SELECT relation, dead_tuples, inserts_since_vacuum, changes_since_analyze FROM pk_vacuum_status
WHERE schema_name = 'pk_maintenance_test' AND kind <> 'toast' AND table_name IN ('deleted', 'fresh', 'part_1', 'part_2_1') ORDER BY relation::text;
SELECT relname, reltuples FROM pg_class WHERE relname IN ('fresh', 'parent', 'part_2', 'small') AND relnamespace = 'pk_maintenance_test'::regnamespace ORDER BY 1;
SELECT bloat_percent > 50 AS bloated, class FROM pk_index_bloat WHERE schema_name = 'pk_maintenance_test' AND table_name ~ 'emptied';
-- What is left is for a person to run.
SELECT replace(substring(line FROM '-- VACUUM.*'), E'\n', '|') AS left_over FROM pk_maintenance_script() line WHERE line ~ 'pk_maintenance_test' ORDER BY 1;
SELECT regexp_replace(substring(line FROM '-- VACUUM.*'), '(^|[\r\n])-- ', '\1', 'g') FROM pk_maintenance_script() line WHERE line ~ 'pk_maintenance_test' \gexec
SELECT kind, bloat_percent > 20 AS bloated FROM pk_table_bloat WHERE schema_name = 'pk_maintenance_test' AND table_name ~ 'emptied|toasted' ORDER BY 1, 2;
SELECT line FROM pk_maintenance_script() line WHERE line ~ 'pk_maintenance_test';

-- A limit on the size, and pace.
INSERT INTO fresh SELECT generate_series(1, 60000);
UPDATE parent SET id = id WHERE id >= 50000;
SELECT pg_stat_force_next_flush();
SELECT regexp_replace(line, '.*\n([^-])', '\1') AS statement, line ~ '50000 of its 99999 rows are in partitions that have changed' AS half
FROM pk_maintenance_script() line WHERE line ~ 'pk_maintenance_test' ORDER BY 1;
SELECT count(*) FROM pk_maintenance_script(1000) line WHERE line ~ 'pk_maintenance_test';
SELECT substring(line FROM 'about \d+ s') AS quick FROM pk_maintenance_script(mb_per_second => 1e6) line WHERE line ~ 'pk_maintenance_test.fresh';
SELECT substring(line FROM 'about \d{3,} s') IS NOT NULL AS slow FROM pk_maintenance_script(mb_per_second => 0.01) line WHERE line ~ 'pk_maintenance_test.fresh';
SELECT pk_maintenance_script('NaN');
SELECT pk_maintenance_script(mb_per_second => 0);
SELECT pk_maintenance_script(NULL);

-- Only what the caller may run.
CREATE ROLE pk_maintenance_nobody;
CREATE ROLE pk_maintenance_owner;
GRANT USAGE ON SCHEMA pk_maintenance_test TO pk_maintenance_owner;
ALTER TABLE fresh OWNER TO pk_maintenance_owner;
INSERT INTO calm SELECT generate_series(1, 60000);
SELECT pg_stat_force_next_flush();
SELECT count(*) AS all_of_them FROM pk_maintenance_script() line WHERE line ~ 'pk_maintenance_test';
SET ROLE pk_maintenance_owner;
SELECT substring(line FROM '\n(VACUUM.*)') AS statement FROM pk_maintenance_script() line WHERE line ~ 'pk_maintenance_test';
SELECT line ~ '\d+ relations of others, which you may not VACUUM' AS others, line ~ 'system catalogs' AS catalogs FROM pk_maintenance_script() line WHERE line ~ 'Left out';
SET ROLE pk_maintenance_nobody;
SELECT count(*) FROM pk_maintenance_script() line WHERE line ~ 'pk_maintenance_test' OR line ~ E'\n(VACUUM|ANALYZE|REINDEX)';
SELECT count(*) FROM pk_maintenance_script() line WHERE line ~ 'Nothing needs to be done';
RESET ROLE;
RESET search_path;
DROP SCHEMA pk_maintenance_test CASCADE;
DROP TABLE temporary;
DROP ROLE pk_maintenance_nobody, pk_maintenance_owner;
