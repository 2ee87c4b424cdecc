-- Which uuid keys are random.
SET client_min_messages = warning;
CREATE SCHEMA uuid_audit;
CREATE DOMAIN uuid_audit.key AS uuid;
CREATE TABLE uuid_audit.random (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int);
CREATE TABLE uuid_audit.ordered (id uuid_audit.key PRIMARY KEY DEFAULT pk_uuidv7(), random_id uuid REFERENCES uuid_audit.random, n int);
CREATE TABLE uuid_audit.mixed (tenant int, id uuid UNIQUE, n int, PRIMARY KEY (tenant, id));
CREATE TABLE uuid_audit.changed (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int);
CREATE TABLE uuid_audit.unknown (id uuid PRIMARY KEY);
CREATE TABLE uuid_audit.parted (id uuid PRIMARY KEY DEFAULT gen_random_uuid()) PARTITION BY HASH (id);
CREATE TABLE uuid_audit.part PARTITION OF uuid_audit.parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE uuid_audit.no_key (id uuid);
INSERT INTO uuid_audit.random (n) SELECT generate_series(1, 20000);
INSERT INTO uuid_audit.ordered (random_id, n) SELECT id, n FROM uuid_audit.random;
INSERT INTO uuid_audit.mixed SELECT 1, CASE n % 2 WHEN 0 THEN gen_random_uuid() ELSE pk_uuidv7() END, n FROM generate_series(1, 5000) n;
INSERT INTO uuid_audit.changed SELECT pk_uuidv7(), n FROM generate_series(1, 1000) n;
INSERT INTO uuid_audit.parted SELECT FROM generate_series(1, 1000);
ANALYZE uuid_audit.random, uuid_audit.ordered, uuid_audit.mixed, uuid_audit.changed, uuid_audit.part;
SELECT table_name, column_name, index_name, kind, abs(random_percent - CASE table_name WHEN 'random' THEN 100 WHEN 'part' THEN 100 WHEN 'mixed' THEN 50 ELSE 0 END) < 20 AS random,
       default_expression, abs(correlation) > 0.9 AS correlated, live_tuples, referenced_by, reason
FROM pk_uuid_audit WHERE schema_name = 'uuid_audit' ORDER BY table_name;
SELECT table_name, recommendation FROM pk_uuid_audit WHERE schema_name = 'uuid_audit' AND recommendation IS NOT NULL ORDER BY table_name;
-- Rates need to know since when; a reset of any table's counters says so.
SELECT count(*) AS known_too_early FROM pk_uuid_audit a JOIN pg_stat_database d ON d.datname = current_database()
WHERE schema_name = 'uuid_audit' AND (d.stats_reset IS NULL AND num_nonnulls(inserts_per_hour, random_insert_bytes, ordered_insert_bytes) > 0
    OR inserts_per_hour > 60 * 20001 OR inserts_per_hour * extract(epoch FROM now() - d.stats_reset) / 3600 > 20001);
SELECT pg_stat_reset_single_table_counters('uuid_audit.no_key'::regclass);
SELECT r.leaf_density < o.leaf_density AS less_dense, r.wasted_bytes > o.wasted_bytes AS wastes_more, r.inserts_per_hour >= 0 AS rate,
       r.random_insert_bytes <= r.index_bytes AS within_the_index, r.ordered_insert_bytes >= 0 AS ordered_touch
FROM pk_uuid_audit r, pk_uuid_audit o WHERE r.relation = 'uuid_audit.random'::regclass AND o.relation = 'uuid_audit.ordered'::regclass;
-- Who may not read a table sees nothing of it.
CREATE ROLE regress_uuid_audit;
GRANT USAGE ON SCHEMA uuid_audit TO regress_uuid_audit;
GRANT SELECT ON uuid_audit.random TO regress_uuid_audit;
SET ROLE regress_uuid_audit;
SELECT table_name, kind FROM pk_uuid_audit WHERE schema_name = 'uuid_audit';
RESET ROLE;
DROP SCHEMA uuid_audit CASCADE;
DROP ROLE regress_uuid_audit;
RESET client_min_messages;
