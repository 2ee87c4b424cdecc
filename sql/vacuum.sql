
-- vacuum: what autovacuum will do and when, what holds it back, and settings that suit the tables

CREATE VIEW pk_horizon_holders AS
    SELECT CASE a.backend_type WHEN 'walsender' THEN 'standby' ELSE 'session' END AS kind,
           pg_catalog.format('%s %s (user %s, database %s, %s)', CASE a.backend_type WHEN 'walsender' THEN 'standby by process' ELSE 'process' END,
                             a.pid, coalesce(a.usename, '-'), coalesce(a.datname, '-'), coalesce(a.state, a.backend_type)) AS holder,
           a.pid, a.datname AS database_name,
           greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) AS transactions,
           a.xact_start AS since,
           CASE a.backend_type WHEN 'walsender' THEN 'End the long queries on the standby, or set hot_standby_feedback = off there.'
                               ELSE pg_catalog.format('SELECT pg_terminate_backend(%s)', a.pid) END AS remedy
    FROM pg_catalog.pg_stat_activity a
    WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.pid <> pg_catalog.pg_backend_pid()
  UNION ALL
    SELECT 'replication slot', pg_catalog.format('replication slot %s (%s)', s.slot_name, CASE WHEN s.active THEN 'active' ELSE 'inactive' END),
           s.active_pid, s.database, greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)), NULL,
           pg_catalog.format('SELECT pg_drop_replication_slot(%L)', s.slot_name)
    FROM pg_catalog.pg_replication_slots s
    WHERE s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL
  UNION ALL
    SELECT 'prepared transaction', pg_catalog.format('prepared transaction %s (database %s)', p.gid, p.database), NULL, p.database,
           pg_catalog.age(p.transaction), p.prepared, pg_catalog.format('ROLLBACK PREPARED %L', p.gid)
    FROM pg_catalog.pg_prepared_xacts p;
COMMENT ON VIEW pk_horizon_holders IS
'Whatever holds back the horizon before which VACUUM may remove dead rows: a row for each session with a snapshot or a transaction ID, standby that gives feedback, replication slot and prepared transaction. The one with the most transactions is the one to end. Sessions of others are shown to members of pg_read_all_stats.';
COMMENT ON COLUMN pk_horizon_holders.kind IS 'session, standby, replication slot or prepared transaction';
COMMENT ON COLUMN pk_horizon_holders.holder IS 'what it is, in words';
COMMENT ON COLUMN pk_horizon_holders.pid IS 'its process; NULL where it has none';
COMMENT ON COLUMN pk_horizon_holders.database_name IS 'its database; NULL where it belongs to none';
COMMENT ON COLUMN pk_horizon_holders.transactions IS 'how many transactions ago it began to hold back';
COMMENT ON COLUMN pk_horizon_holders.since IS 'begin of the transaction; NULL where it is not known';
COMMENT ON COLUMN pk_horizon_holders.remedy IS 'how to end it';
GRANT SELECT ON pk_horizon_holders TO PUBLIC;

-- Follows relation_needs_vacanalyze() of autovacuum.c.
CREATE VIEW pk_vacuum_status AS
    WITH server AS MATERIALIZED (
        SELECT pg_catalog.current_setting('autovacuum')::bool AND pg_catalog.current_setting('track_counts')::bool AS enabled,
               pg_catalog.current_setting('autovacuum_vacuum_threshold')::float8 AS vacuum_base,
               pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8 AS vacuum_factor,
               -- since version 18; negative: there is none
               coalesce(pg_catalog.current_setting('autovacuum_vacuum_max_threshold', true)::float8, -1) AS vacuum_most,
               pg_catalog.current_setting('autovacuum_vacuum_insert_threshold')::float8 AS insert_base,
               pg_catalog.current_setting('autovacuum_vacuum_insert_scale_factor')::float8 AS insert_factor,
               pg_catalog.current_setting('autovacuum_analyze_threshold')::float8 AS analyze_base,
               pg_catalog.current_setting('autovacuum_analyze_scale_factor')::float8 AS analyze_factor,
               pg_catalog.current_setting('autovacuum_freeze_max_age')::int AS freeze_age,
               pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::int AS multixact_age,
               pg_catalog.current_setting('server_version_num')::int >= 180000 AS counts_frozen_pages
    ), relation AS (
        SELECT n.nspname AS schema_name, o.relname AS table_name, c.oid, c.relkind, c.relispartition,
               -- ANALYZE leaves out where it keeps what it finds.
               c.relkind <> 't' AND c.oid <> 'pg_catalog.pg_statistic'::pg_catalog.regclass AS analyzed,
               greatest(c.reltuples, 0)::float8 AS rows, pg_catalog.age(c.relfrozenxid) AS xid_age,
               pg_catalog.mxid_age(c.relminmxid) AS mxid_age,
               -- Version 18 counts the frozen pages, and the others only are told by the number of inserted rows.
               CASE WHEN s.counts_frozen_pages AND c.relpages > 0
                    THEN 1 - least((pg_catalog.to_jsonb(c) ->> 'relallfrozen')::float8 / c.relpages, 1) ELSE 1 END AS unfrozen,
               s.enabled AND coalesce(v.enabled, true) AS enabled,
               coalesce(v.vacuum_base, s.vacuum_base) AS vacuum_base, coalesce(v.vacuum_factor, s.vacuum_factor) AS vacuum_factor,
               coalesce(v.vacuum_most, s.vacuum_most) AS vacuum_most,
               coalesce(v.insert_base, s.insert_base) AS insert_base, coalesce(v.insert_factor, s.insert_factor) AS insert_factor,
               coalesce(v.analyze_base, s.analyze_base) AS analyze_base, coalesce(v.analyze_factor, s.analyze_factor) AS analyze_factor,
               least(v.freeze_age, s.freeze_age) AS freeze_age, least(v.multixact_age, s.multixact_age) AS multixact_age
        FROM server s
        CROSS JOIN pg_catalog.pg_class o
        JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
        CROSS JOIN LATERAL (VALUES (o.oid), (o.reltoastrelid)) t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid
        CROSS JOIN LATERAL (
            SELECT pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_enabled')::bool AS enabled,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold')::float8 AS vacuum_base,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor')::float8 AS vacuum_factor,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_max_threshold')::float8 AS vacuum_most,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_insert_threshold')::float8 AS insert_base,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_insert_scale_factor')::float8 AS insert_factor,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_threshold')::float8 AS analyze_base,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_scale_factor')::float8 AS analyze_factor,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_freeze_max_age')::int AS freeze_age,
                   pg_catalog.max(option_value) FILTER (WHERE option_name = 'autovacuum_multixact_freeze_max_age')::int AS multixact_age
            -- A TOAST table without options of its own takes those of its table.
            FROM pg_catalog.pg_options_to_table(coalesce(c.reloptions, o.reloptions))) v
        WHERE o.relkind IN ('r', 'm') AND o.relpersistence <> 't'
    ), counted AS (
        SELECT r.*, pg_catalog.pg_stat_get_live_tuples(r.oid) AS live, pg_catalog.pg_stat_get_dead_tuples(r.oid) AS dead,
               pg_catalog.pg_stat_get_ins_since_vacuum(r.oid) AS inserts,
               CASE WHEN r.analyzed THEN pg_catalog.pg_stat_get_mod_since_analyze(r.oid) END AS changes,
               CASE WHEN r.vacuum_most >= 0 THEN least(r.vacuum_base + r.vacuum_factor * r.rows, r.vacuum_most)
                    ELSE r.vacuum_base + r.vacuum_factor * r.rows END AS vacuum_at,
               CASE WHEN r.insert_base >= 0 THEN r.insert_base + r.insert_factor * r.rows * r.unfrozen END AS insert_at,
               CASE WHEN r.analyzed THEN r.analyze_base + r.analyze_factor * r.rows END AS analyze_at,
               greatest(pg_catalog.pg_stat_get_last_vacuum_time(r.oid), pg_catalog.pg_stat_get_last_autovacuum_time(r.oid)) AS last_vacuum,
               greatest(pg_catalog.pg_stat_get_last_analyze_time(r.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(r.oid)) AS last_analyze,
               pg_catalog.pg_stat_get_tuples_updated(r.oid) AS updates, pg_catalog.pg_stat_get_tuples_hot_updated(r.oid) AS hot_updates
        FROM relation r
    )
    SELECT schema_name, table_name,
           CASE relkind WHEN 't' THEN 'toast' WHEN 'm' THEN 'materialized view' ELSE CASE WHEN relispartition THEN 'partition' ELSE 'table' END END AS kind,
           enabled,
           nullif(pg_catalog.concat_ws(', ',
               CASE WHEN xid_age > freeze_age THEN 'wraparound' END, CASE WHEN mxid_age > multixact_age THEN 'multixact wraparound' END,
               CASE WHEN enabled AND dead > vacuum_at THEN 'dead rows' END, CASE WHEN enabled AND inserts > insert_at THEN 'inserted rows' END,
               CASE WHEN enabled AND changes > analyze_at THEN 'statistics' END), '') AS due,
           CASE WHEN enabled AND dead > 0 AND dead <= vacuum_at AND last_vacuum < pg_catalog.now()
                THEN (vacuum_at - dead) / dead * (pg_catalog.now() - last_vacuum) END AS due_in,
           live AS live_tuples, dead AS dead_tuples, pg_catalog.round(100.0 * dead / nullif(live + dead, 0), 2)::float8 AS dead_percent,
           vacuum_at::bigint AS vacuum_threshold, inserts AS inserts_since_vacuum, insert_at::bigint AS insert_threshold,
           changes AS changes_since_analyze, analyze_at::bigint AS analyze_threshold, last_vacuum, last_analyze,
           xid_age, freeze_age - xid_age AS forced_in_transactions,
           pg_catalog.round(xid_age * 100.0 / 2147483648, 2)::float8 AS wraparound_percent,
           mxid_age, multixact_age - mxid_age AS forced_in_multixacts,
           pg_catalog.round(100.0 * hot_updates / nullif(updates, 0), 2)::float8 AS hot_percent,
           oid::pg_catalog.regclass AS relation
    FROM counted;
COMMENT ON VIEW pk_vacuum_status IS
'What autovacuum will do with every table, materialized view and TOAST table of this database: its thresholds as they are in force, settings of the table included, and how far the table is from them. A TOAST table bears the name of its table. What keeps VACUUM from removing dead rows is shown by pk_horizon_holders.';
COMMENT ON COLUMN pk_vacuum_status.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_vacuum_status.table_name IS 'the table; of a TOAST table, the one it belongs to';
COMMENT ON COLUMN pk_vacuum_status.kind IS 'table, partition, materialized view or toast';
COMMENT ON COLUMN pk_vacuum_status.enabled IS 'autovacuum works on it, by the settings of the server and the table; to prevent wraparound it works on every table';
COMMENT ON COLUMN pk_vacuum_status.due IS 'why autovacuum is to come at its next turn: wraparound, multixact wraparound, dead rows, inserted rows, statistics; NULL where it is not';
COMMENT ON COLUMN pk_vacuum_status.due_in IS 'when the dead rows will reach their threshold, if they go on at their average pace since the last VACUUM; NULL where that is not known';
COMMENT ON COLUMN pk_vacuum_status.live_tuples IS 'live rows, as the statistics count them';
COMMENT ON COLUMN pk_vacuum_status.dead_tuples IS 'dead rows, as the statistics count them';
COMMENT ON COLUMN pk_vacuum_status.dead_percent IS 'dead rows in percent of all; NULL where there are none';
COMMENT ON COLUMN pk_vacuum_status.vacuum_threshold IS 'dead rows above which autovacuum comes';
COMMENT ON COLUMN pk_vacuum_status.inserts_since_vacuum IS 'rows inserted since the last VACUUM';
COMMENT ON COLUMN pk_vacuum_status.insert_threshold IS 'inserted rows above which autovacuum comes; NULL where they do not matter';
COMMENT ON COLUMN pk_vacuum_status.changes_since_analyze IS 'rows changed since the last ANALYZE; NULL for a TOAST table and pg_statistic, which have none';
COMMENT ON COLUMN pk_vacuum_status.analyze_threshold IS 'changed rows above which autovacuum runs ANALYZE';
COMMENT ON COLUMN pk_vacuum_status.last_vacuum IS 'end of the last VACUUM, by whomever';
COMMENT ON COLUMN pk_vacuum_status.last_analyze IS 'end of the last ANALYZE, by whomever';
COMMENT ON COLUMN pk_vacuum_status.xid_age IS 'transactions since the oldest one that is not frozen';
COMMENT ON COLUMN pk_vacuum_status.forced_in_transactions IS 'transactions until autovacuum is forced to freeze the table; negative once it is';
COMMENT ON COLUMN pk_vacuum_status.wraparound_percent IS 'xid_age in percent of the 2^31 transactions at which the server refuses to write';
COMMENT ON COLUMN pk_vacuum_status.mxid_age IS 'multixacts since the oldest one that is not frozen';
COMMENT ON COLUMN pk_vacuum_status.forced_in_multixacts IS 'multixacts until autovacuum is forced to freeze the table; it comes earlier where they have many members';
COMMENT ON COLUMN pk_vacuum_status.hot_percent IS 'share of the updates that needed no new index entries; NULL where there were none';
COMMENT ON COLUMN pk_vacuum_status.relation IS 'the relation itself, also where it is a TOAST table';
GRANT SELECT ON pk_vacuum_status TO PUBLIC;

CREATE FUNCTION pk_suggest_vacuum(
    min_rows bigint DEFAULT 100000, churn_percent float8 DEFAULT 10,
    OUT relation regclass, OUT setting text, OUT current_value text, OUT suggested_value text, OUT reason text, OUT statement text)
    RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp
    AS $$
    WITH server AS MATERIALIZED (
        SELECT current_setting('autovacuum')::bool AND current_setting('track_counts')::bool AS enabled,
               -- NULL where nobody knows since when the changes count: then no table is a busy one.
               (SELECT CASE WHEN began IS NOT NULL THEN greatest(extract(epoch FROM now() - began) / 86400, 1.0 / 24)::float8 END
                FROM (SELECT @extschema@.pk_stats_since() AS began) s) AS days
    ), relation AS MATERIALIZED (
        SELECT v.relation, v.enabled, v.due, v.dead_tuples, v.vacuum_threshold, c.reltuples::float8 AS rows, c.reloptions,
               pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) AS changes
        FROM @extschema@.pk_vacuum_status v JOIN pg_class c ON c.oid = v.relation
        WHERE v.kind <> 'toast'
    ), busy AS MATERIALIZED (
        SELECT r.*, round((100 * r.changes / s.days / r.rows)::numeric, 1) AS percent_a_day
        FROM relation r, server s WHERE r.rows >= min_rows AND r.enabled AND 100 * r.changes / s.days / r.rows >= churn_percent
    ), wanted AS (
        -- The settings of a table.
        SELECT 1 AS rank, b.relation, s.setting, s.current, s.suggested,
               format('%s %% of its rows change in a day; dead ones are now removed at %s of them', b.percent_a_day, b.vacuum_threshold) AS reason
        FROM busy b
        CROSS JOIN LATERAL (
            SELECT 'autovacuum_vacuum_scale_factor' AS setting, (0.1 * least(1, 1e7 / b.rows))::numeric(6, 4) AS suggested
            UNION ALL SELECT 'autovacuum_vacuum_threshold', 5000) w
        CROSS JOIN LATERAL (
            SELECT w.setting, trim_scale(w.suggested)::text AS suggested,
                   coalesce((SELECT option_value FROM pg_options_to_table(b.reloptions) WHERE option_name = w.setting), current_setting(w.setting)) AS current) s
        -- Less than what is in force, all in all.
        WHERE b.vacuum_threshold > 1.1 * (5000 + 0.1 * least(1, 1e7 / b.rows) * b.rows) AND s.current::float8 <> s.suggested::float8
        UNION ALL
        SELECT 2, r.relation, 'autovacuum_enabled', 'off', NULL, format('autovacuum is off for it, and it has %s dead rows', r.dead_tuples)
        FROM relation r, server s
        WHERE s.enabled AND NOT r.enabled AND r.dead_tuples > r.vacuum_threshold
        -- The settings of the server.
        UNION ALL
        SELECT 3, NULL, w.setting, current_setting(w.setting), w.suggested, w.reason
        FROM (SELECT count(*) FILTER (WHERE due ~ 'dead rows') AS due, count(*) FILTER (WHERE due ~ 'dead rows' AND dead_tuples > 2 * vacuum_threshold) AS overdue,
                     (SELECT count(*) FROM busy) AS busy FROM relation) r
        CROSS JOIN LATERAL (VALUES
            ('track_counts', 'on', 'without it autovacuum does not know what to do', NOT current_setting('track_counts')::bool),
            ('autovacuum', 'on', 'nobody removes dead rows', NOT current_setting('autovacuum')::bool),
            ('autovacuum_naptime', '30s', format('%s tables change fast', r.busy),
             r.busy > 0 AND extract(epoch FROM current_setting('autovacuum_naptime')::interval) > 30),
            ('autovacuum_vacuum_cost_delay', '2ms', format('%s tables have more than twice the dead rows at which autovacuum should have come', r.overdue),
             r.overdue > 0 AND (SELECT s.setting::float8 FROM pg_settings s WHERE s.name = 'autovacuum_vacuum_cost_delay') > 2),
            ('autovacuum_vacuum_cost_limit', '2000', format('%s tables have more than twice the dead rows at which autovacuum should have come', r.overdue),
             r.overdue > 0 AND current_setting('autovacuum_vacuum_cost_delay') <> '0'
             AND coalesce(nullif(current_setting('autovacuum_vacuum_cost_limit')::int, -1), current_setting('vacuum_cost_limit')::int) < 2000),
            ('autovacuum_max_workers', (2 * current_setting('autovacuum_max_workers')::int)::text,
             format('%s tables wait for one of %s workers; they share the cost limit, so raise both', r.due, current_setting('autovacuum_max_workers')),
             r.due > 2 * current_setting('autovacuum_max_workers')::int)) w(setting, suggested, reason, wanted)
        WHERE w.wanted
    )
    SELECT w.relation::regclass, w.setting, w.current, w.suggested, w.reason,
           CASE WHEN w.relation IS NULL THEN format('ALTER SYSTEM SET %s = %L', w.setting, w.suggested)
                WHEN w.suggested IS NULL THEN format('ALTER TABLE %s RESET (%s)', name.full, w.setting)
                ELSE format('ALTER TABLE %s SET (%s = %s)', name.full, w.setting, w.suggested) END
    FROM wanted w
    LEFT JOIN LATERAL (SELECT format('%I.%I', n.nspname, c.relname) AS full
                       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = w.relation) name ON true
    ORDER BY w.rank, name.full, w.setting
    $$;
COMMENT ON FUNCTION pk_suggest_vacuum(bigint, float8) IS
'Settings of autovacuum that suit how the tables of this database have changed since its statistics began (pk_stats_since): a row for each setting to change, of a table or of the server. Changes nothing.
min_rows: smaller tables keep the settings that they have
churn_percent: updates and deletes in a day, in percent of the rows, from which a table is a busy one
relation: the table; NULL for the server
setting: the setting
current_value: its value in force
suggested_value: the value to give it; NULL where it is to be reset
reason: what was seen
statement: the statement to run, for the table''s owner or a superuser; ALTER SYSTEM needs SELECT pg_reload_conf() or a restart after it';
