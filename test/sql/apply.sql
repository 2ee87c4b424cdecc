-- Advice is carried out by a background worker, and what came of it is told; what is muted is not advised again.
SET client_min_messages = warning;  -- without capture a NOTICE says so
CREATE TABLE apply_orders AS SELECT i AS id, i % 2000 AS customer, i % 1999 AS item, repeat('n', 40) AS note FROM generate_series(1, 20000) i;
VACUUM ANALYZE apply_orders;
CREATE FUNCTION apply_advice(query text) RETURNS TABLE(advice_id text, ddl text) LANGUAGE sql AS $$
    SELECT advice_id, ddl FROM pk_suggest_indexes(queries => ARRAY[query], include_drops => false, covering => false)
$$;
CREATE VIEW apply_customer AS SELECT * FROM apply_advice('SELECT * FROM apply_orders WHERE customer = 7');
-- Each look is a transaction of its own: the build waits for older ones.
CREATE PROCEDURE apply_wait() LANGUAGE plpgsql AS $$
BEGIN
    WHILE EXISTS (SELECT FROM pk_applied WHERE table_name LIKE 'apply\_%' AND state IN ('queued', 'running'))
       OR EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_perfkit apply') LOOP
        COMMIT;
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$;

-- A rollback leaves nothing.
BEGIN;
SELECT count(pk_apply(advice_id)) FROM apply_customer;
SELECT state, table_name, index_name, started FROM pk_applied WHERE table_name = 'apply_orders';
ROLLBACK;
SELECT count(*) FROM pk_applied WHERE table_name = 'apply_orders';

-- It is done after the transaction that asked for it.
SELECT count(pk_apply(advice_id)) FROM apply_customer;
CALL apply_wait();
SELECT action, index_name, ddl, undo_ddl, requested_by = current_user AS mine, state, attempts, error, size_bytes > 0 AS sized, finished > started AS took_time
FROM pk_applied WHERE table_name = 'apply_orders';
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'apply_orders'::regclass AND indisvalid;
-- Queries of one's own have not been captured: there is nothing to compare.
SELECT index_name, verdict, reason, statement, calls_after, idx_scan, queries FROM pk_verify() WHERE table_name = 'apply_orders';

-- Errors.
SELECT pk_apply('0000000000000000') FROM pk_suggest_indexes(ARRAY['SELECT 1']);
SELECT pk_apply(NULL);
BEGIN READ ONLY;
SELECT pk_apply('0000000000000000');
ROLLBACK;
CREATE FUNCTION apply_definer(text) RETURNS uuid LANGUAGE sql SECURITY DEFINER AS 'SELECT pk_apply($1)';
SELECT apply_definer('0000000000000000');
-- What the advice was about is gone.
SELECT advice_id FROM apply_advice('SELECT * FROM apply_orders WHERE item = 7') \gset
ALTER TABLE apply_orders RENAME TO apply_other;
\set VERBOSITY sqlstate
SELECT pk_apply(:'advice_id');
\set VERBOSITY default
ALTER TABLE apply_other RENAME TO apply_orders;

-- Muted by its id, or as DDL; what is muted does not come back wider.
SELECT pk_advice_mute(:'advice_id', 'the batch is going to be dropped') AS for_all;
SELECT ddl FROM apply_advice('SELECT * FROM apply_orders WHERE item = 7');
SELECT ddl FROM pk_suggest_indexes(ARRAY['SELECT count(note) FROM apply_orders WHERE item = 7'], include_drops => false);
SELECT status, reason FROM pk_advisor_queries(ARRAY['SELECT * FROM apply_orders WHERE item = 7']);
SELECT action, schema_name, table_name, definition, muted_by = current_user AS mine, for_all, reason FROM pk_advice_muted;
SELECT pk_advice_unmute(:'advice_id'), pk_advice_unmute(:'advice_id');
SELECT ddl FROM apply_advice('SELECT * FROM apply_orders WHERE item = 7');
SELECT pk_advice_mute('create index concurrently x on apply_orders using btree (item)') AS for_all;
SELECT ddl FROM apply_advice('SELECT * FROM apply_orders WHERE item = 7');
SELECT pk_advice_unmute('CREATE INDEX ON apply_orders (item)');
-- A drop, too.
CREATE INDEX apply_twin ON apply_orders (customer);
CREATE VIEW apply_drops AS SELECT * FROM pk_suggest_indexes(ARRAY['SELECT * FROM apply_orders WHERE customer = 7'], covering => false);
SELECT action, ddl FROM apply_drops;
SELECT pk_advice_mute('DROP INDEX apply_twin', 'a twin on purpose') AS for_all;
SELECT action, ddl FROM apply_drops;
SELECT pk_advice_unmute('DROP INDEX CONCURRENTLY apply_twin');
-- Its drop, and what brings it back.
SELECT count(pk_apply(advice_id)) FROM apply_drops;
CALL apply_wait();
SELECT ddl, undo_ddl, state FROM pk_applied WHERE table_name = 'apply_orders' AND action = 'drop';

-- An index goes only once the one that takes over its work is there.
CREATE TABLE apply_log (who int, at timestamptz, what text);
INSERT INTO apply_log SELECT i % 500, timestamptz '2026-01-01 00:00Z' + i * interval '1 s', 'x' FROM generate_series(1, 30000) i;
CREATE INDEX apply_log_who ON apply_log (who);
VACUUM ANALYZE apply_log;
CREATE VIEW apply_both AS SELECT * FROM pk_suggest_indexes(ARRAY['SELECT * FROM apply_log WHERE who = 7 ORDER BY at DESC LIMIT 3'], tables => '{apply_log}');
SELECT count(pk_apply(advice_id)) FROM apply_both WHERE action = 'drop';
CALL apply_wait();
SELECT count(pk_apply(advice_id)) FROM (SELECT advice_id FROM apply_both ORDER BY action DESC) a;
CALL apply_wait();
SELECT action, index_name, state, error FROM pk_applied WHERE table_name = 'apply_log' ORDER BY started;

-- Who does not own the table mutes for himself.
CREATE ROLE apply_reader;
GRANT pg_monitor TO apply_reader;
GRANT SELECT ON apply_orders TO apply_reader;
SET ROLE apply_reader;
SELECT pk_advice_mute('CREATE INDEX ON apply_orders (item)') AS for_all;
SELECT count(*) FROM pk_suggest_indexes(ARRAY['SELECT * FROM apply_orders WHERE item = 7'], include_drops => false, covering => false);
RESET ROLE;
SELECT count(*) FROM pk_suggest_indexes(ARRAY['SELECT * FROM apply_orders WHERE item = 7'], include_drops => false, covering => false);
SELECT pk_advice_mute('CREATE INDEX ON apply_orders (item)') AS for_all;
SET ROLE apply_reader;
SELECT pk_advice_unmute('CREATE INDEX ON apply_orders (item)');
SELECT muted_by <> current_user AS others, for_all FROM pk_advice_muted;
SELECT pk_apply(:'advice_id');
RESET ROLE;
SELECT pk_advice_unmute('CREATE INDEX ON apply_orders (item)');
SELECT pk_advice_mute(NULL);
SELECT pk_advice_mute('SELECT 1');
SELECT pk_advice_mute('DROP TABLE apply_orders');

DROP OWNED BY apply_reader;
DROP ROLE apply_reader;
DELETE FROM pk_applied_records WHERE table_name LIKE 'apply\_%';
DROP VIEW apply_customer, apply_drops, apply_both;
DROP FUNCTION apply_advice, apply_definer;
DROP PROCEDURE apply_wait;
DROP TABLE apply_orders, apply_log;
