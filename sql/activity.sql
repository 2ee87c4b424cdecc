
-- activity: who does what, who waits for whom, and how far it is

CREATE VIEW pk_activity AS
    SELECT a.pid, a.datname AS database_name, a.usename AS user_name, a.application_name, pg_catalog.host(a.client_addr) AS client,
           a.backend_type, a.state, pg_catalog.concat_ws(': ', a.wait_event_type, a.wait_event) AS waits_for,
           pg_catalog.clock_timestamp() - a.state_change AS in_state,
           CASE WHEN a.state = 'active' THEN pg_catalog.clock_timestamp() - a.query_start END AS statement_runs,
           pg_catalog.clock_timestamp() - a.xact_start AS transaction_runs,
           greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) AS holds_transactions,
           a.leader_pid, a.query_id AS queryid, a.query
    FROM pg_catalog.pg_stat_activity a
    WHERE a.pid <> pg_catalog.pg_backend_pid();
COMMENT ON VIEW pk_activity IS
'Every process of the server but this one: what it does and for how long. Statements of others are shown to members of pg_read_all_stats.';
COMMENT ON COLUMN pk_activity.pid IS 'process';
COMMENT ON COLUMN pk_activity.database_name IS 'its database; NULL where it has none';
COMMENT ON COLUMN pk_activity.user_name IS 'its user; NULL where it has none';
COMMENT ON COLUMN pk_activity.application_name IS 'what the client calls itself';
COMMENT ON COLUMN pk_activity.client IS 'address of the client; NULL for a local socket';
COMMENT ON COLUMN pk_activity.backend_type IS 'client backend, autovacuum worker, walsender and so on';
COMMENT ON COLUMN pk_activity.state IS 'active, idle, idle in transaction and so on; NULL for processes of the server';
COMMENT ON COLUMN pk_activity.waits_for IS 'kind and name of the wait event; empty where it does not wait';
COMMENT ON COLUMN pk_activity.in_state IS 'for how long it has been in this state';
COMMENT ON COLUMN pk_activity.statement_runs IS 'for how long its statement has been running; NULL where none is';
COMMENT ON COLUMN pk_activity.transaction_runs IS 'for how long its transaction has been open; NULL where none is';
COMMENT ON COLUMN pk_activity.holds_transactions IS 'how many transactions ago the oldest one began that VACUUM must keep dead rows of for it';
COMMENT ON COLUMN pk_activity.leader_pid IS 'of a parallel worker: its leader';
COMMENT ON COLUMN pk_activity.queryid IS 'identifies the statement apart from its constants; NULL where compute_query_id is off';
COMMENT ON COLUMN pk_activity.query IS 'the statement that runs, or the last one';
GRANT SELECT ON pk_activity TO pg_monitor;

CREATE VIEW pk_long_queries AS
    SELECT pid, database_name, user_name, application_name, client, waits_for, statement_runs, transaction_runs, holds_transactions,
           pg_catalog.format('SELECT pg_cancel_backend(%s)', pid) AS cancel, query
    FROM @extschema@.pk_activity
    WHERE state = 'active' AND backend_type IN ('client backend', 'parallel worker') AND leader_pid IS NULL
      AND statement_runs >= '30 s'::pg_catalog.interval;
COMMENT ON VIEW pk_long_queries IS
'Statements of clients that have been running for 30 seconds or longer; see pk_activity for the others.';
COMMENT ON COLUMN pk_long_queries.pid IS 'process';
COMMENT ON COLUMN pk_long_queries.database_name IS 'its database';
COMMENT ON COLUMN pk_long_queries.user_name IS 'its user';
COMMENT ON COLUMN pk_long_queries.application_name IS 'what the client calls itself';
COMMENT ON COLUMN pk_long_queries.client IS 'address of the client; NULL for a local socket';
COMMENT ON COLUMN pk_long_queries.waits_for IS 'kind and name of the wait event; empty where it does not wait';
COMMENT ON COLUMN pk_long_queries.statement_runs IS 'for how long the statement has been running';
COMMENT ON COLUMN pk_long_queries.transaction_runs IS 'for how long its transaction has been open';
COMMENT ON COLUMN pk_long_queries.holds_transactions IS 'how many transactions ago the oldest one began that VACUUM must keep dead rows of for it';
COMMENT ON COLUMN pk_long_queries.cancel IS 'the statement that ends it and leaves the session';
COMMENT ON COLUMN pk_long_queries.query IS 'the statement';
GRANT SELECT ON pk_long_queries TO pg_monitor;

CREATE VIEW pk_connections AS
    SELECT a.datname AS database_name, a.usename AS user_name, a.application_name, a.state, pg_catalog.count(*) AS connections,
           pg_catalog.round(100.0 * pg_catalog.count(*) / pg_catalog.current_setting('max_connections')::int, 2)::float8 AS max_percent,
           pg_catalog.max(pg_catalog.clock_timestamp() - a.state_change) AS longest_in_state, pg_catalog.min(a.backend_start) AS oldest
    FROM pg_catalog.pg_stat_activity a
    WHERE a.backend_type = 'client backend'
    GROUP BY a.datname, a.usename, a.application_name, a.state;
COMMENT ON VIEW pk_connections IS
'Connections of clients, a row for each database, user, application and state.';
COMMENT ON COLUMN pk_connections.database_name IS 'the database';
COMMENT ON COLUMN pk_connections.user_name IS 'the user';
COMMENT ON COLUMN pk_connections.application_name IS 'what the client calls itself';
COMMENT ON COLUMN pk_connections.state IS 'active, idle, idle in transaction and so on';
COMMENT ON COLUMN pk_connections.connections IS 'number of connections';
COMMENT ON COLUMN pk_connections.max_percent IS 'in percent of max_connections';
COMMENT ON COLUMN pk_connections.longest_in_state IS 'for how long the one that has been in this state longest has been';
COMMENT ON COLUMN pk_connections.oldest IS 'when the oldest of them was opened';
GRANT SELECT ON pk_connections TO pg_monitor;

CREATE VIEW pk_blocking AS
    WITH RECURSIVE waiting AS MATERIALIZED (
        SELECT a.pid, pg_catalog.pg_blocking_pids(a.pid) AS blockers FROM pg_catalog.pg_stat_activity a WHERE a.wait_event_type = 'Lock'
    ), edge AS MATERIALIZED (
        SELECT DISTINCT b.pid AS blocker, w.pid FROM waiting w, pg_catalog.unnest(w.blockers) b(pid)
    ), tree AS (
        SELECT DISTINCT e.blocker AS root_pid, 0 AS depth, e.blocker AS pid, NULL::int AS blocked_by, ARRAY[e.blocker] AS path
        FROM edge e WHERE e.blocker NOT IN (SELECT w.pid FROM waiting w)
      UNION ALL
        SELECT t.root_pid, t.depth + 1, e.pid, t.pid, t.path || e.pid
        FROM tree t JOIN edge e ON e.blocker = t.pid
        WHERE e.pid <> ALL (t.path) AND t.depth < 100
    ), lock AS MATERIALIZED (
        SELECT DISTINCT ON (l.pid) l.* FROM pg_catalog.pg_locks l
        -- pg_locks is only looked at where somebody waits.
        WHERE NOT l.granted AND EXISTS (SELECT FROM edge) ORDER BY l.pid, l.waitstart
    )
    SELECT t.root_pid, t.depth, t.pid, t.blocked_by, (SELECT pg_catalog.count(*) FROM edge e WHERE e.blocker = t.pid) AS blocks,
           pg_catalog.clock_timestamp() - l.waitstart AS waited, l.locktype AS lock_type, l.mode AS lock_mode,
           CASE WHEN l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
                THEN l.relation::pg_catalog.regclass END AS relation,
           a.datname AS database_name, a.usename AS user_name, a.application_name, a.state,
           pg_catalog.clock_timestamp() - a.xact_start AS transaction_runs,
           CASE WHEN t.depth > 0 THEN NULL WHEN t.pid = 0 THEN 'See pg_prepared_xacts for the prepared transaction.'
                ELSE pg_catalog.format('SELECT pg_terminate_backend(%s)', t.pid) END AS remedy,
           pg_catalog.repeat('  ', t.depth) || coalesce(a.query, '') AS query, t.path
    FROM tree t
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = t.pid
    LEFT JOIN lock l ON l.pid = t.pid AND t.depth > 0;
COMMENT ON VIEW pk_blocking IS
'Who waits for whom: the tree below each session that blocks others and does not wait itself. ORDER BY path shows it as a tree. A session that waits for several stands below each.';
COMMENT ON COLUMN pk_blocking.root_pid IS 'the session at the root, which is the one to end; 0 for a prepared transaction';
COMMENT ON COLUMN pk_blocking.depth IS 'distance from the root, which has 0';
COMMENT ON COLUMN pk_blocking.pid IS 'process';
COMMENT ON COLUMN pk_blocking.blocked_by IS 'the process above it; NULL for a root';
COMMENT ON COLUMN pk_blocking.blocks IS 'number of sessions that it blocks itself';
COMMENT ON COLUMN pk_blocking.waited IS 'for how long it has been waiting; NULL for a root';
COMMENT ON COLUMN pk_blocking.lock_type IS 'kind of the lock that it waits for';
COMMENT ON COLUMN pk_blocking.lock_mode IS 'mode in which it wants the lock';
COMMENT ON COLUMN pk_blocking.relation IS 'the relation of that lock; NULL where it is none, or one of another database';
COMMENT ON COLUMN pk_blocking.database_name IS 'its database';
COMMENT ON COLUMN pk_blocking.user_name IS 'its user';
COMMENT ON COLUMN pk_blocking.application_name IS 'what the client calls itself';
COMMENT ON COLUMN pk_blocking.state IS 'active, idle in transaction and so on';
COMMENT ON COLUMN pk_blocking.transaction_runs IS 'for how long its transaction has been open';
COMMENT ON COLUMN pk_blocking.remedy IS 'for a root: how to end it';
COMMENT ON COLUMN pk_blocking.query IS 'its statement, or the last one, indented by its depth';
COMMENT ON COLUMN pk_blocking.path IS 'the processes from the root to this one';
GRANT SELECT ON pk_blocking TO pg_monitor;

CREATE VIEW pk_locks AS
    SELECT l.pid, d.datname AS database_name, l.locktype AS lock_type,
           CASE WHEN l.relation IS NULL THEN NULL
                WHEN l.database = 0 OR d.datname = pg_catalog.current_database() THEN l.relation::pg_catalog.regclass::text
                ELSE l.relation::text END AS relation,
           l.page, l.tuple, coalesce(l.transactionid::text, l.virtualxid) AS transaction, l.mode AS lock_mode, l.granted, l.fastpath,
           pg_catalog.clock_timestamp() - l.waitstart AS waited, a.usename AS user_name, a.application_name, a.state, a.query
    FROM pg_catalog.pg_locks l
    LEFT JOIN pg_catalog.pg_database d ON d.oid = l.database
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid();
COMMENT ON VIEW pk_locks IS
'Locks that are held or waited for by others, with their sessions. See pk_blocking for who waits for whom.';
COMMENT ON COLUMN pk_locks.pid IS 'process; NULL for a prepared transaction';
COMMENT ON COLUMN pk_locks.database_name IS 'database of what is locked; NULL where it belongs to none';
COMMENT ON COLUMN pk_locks.lock_type IS 'relation, transactionid, tuple, advisory and so on';
COMMENT ON COLUMN pk_locks.relation IS 'the relation; its OID where it is one of another database';
COMMENT ON COLUMN pk_locks.page IS 'page of the relation';
COMMENT ON COLUMN pk_locks.tuple IS 'number of the row on the page';
COMMENT ON COLUMN pk_locks.transaction IS 'the transaction, or the virtual one';
COMMENT ON COLUMN pk_locks.lock_mode IS 'mode in which it is held or wanted';
COMMENT ON COLUMN pk_locks.granted IS 'held, not waited for';
COMMENT ON COLUMN pk_locks.fastpath IS 'held without an entry in the shared lock table';
COMMENT ON COLUMN pk_locks.waited IS 'for how long it has been waited for; NULL where it is held';
COMMENT ON COLUMN pk_locks.user_name IS 'user of the session';
COMMENT ON COLUMN pk_locks.application_name IS 'what the client calls itself';
COMMENT ON COLUMN pk_locks.state IS 'active, idle in transaction and so on';
COMMENT ON COLUMN pk_locks.query IS 'statement of the session, or its last one';
GRANT SELECT ON pk_locks TO pg_monitor;

CREATE VIEW pk_progress AS
    SELECT p.pid, p.datname AS database_name, p.command,
           CASE WHEN p.datname = pg_catalog.current_database() AND p.relid <> 0 THEN p.relid::pg_catalog.regclass END AS relation,
           p.phase, p.done, p.total, p.unit, pg_catalog.round(100.0 * p.done / nullif(p.total, 0), 1)::float8 AS percent, s.started,
           CASE WHEN p.done > 0 AND p.total >= p.done
                THEN pg_catalog.clock_timestamp() + (pg_catalog.clock_timestamp() - s.started) * ((p.total - p.done)::float8 / p.done) END AS estimated_end
    FROM (
        SELECT v.pid, v.datname, 'VACUUM' AS command, v.relid, v.phase, v.heap_blks_scanned AS done, v.heap_blks_total AS total, 'blocks' AS unit
        FROM pg_catalog.pg_stat_progress_vacuum v
      UNION ALL
        SELECT z.pid, z.datname, 'ANALYZE', z.relid, z.phase, z.sample_blks_scanned, z.sample_blks_total, 'blocks'
        FROM pg_catalog.pg_stat_progress_analyze z
      UNION ALL
        SELECT c.pid, c.datname, c.command, c.relid, c.phase, c.heap_blks_scanned, c.heap_blks_total, 'blocks'
        FROM pg_catalog.pg_stat_progress_cluster c
      UNION ALL
        SELECT i.pid, i.datname, i.command, coalesce(nullif(i.index_relid, 0), i.relid), i.phase,
               CASE WHEN i.blocks_total > 0 THEN i.blocks_done ELSE i.tuples_done END,
               CASE WHEN i.blocks_total > 0 THEN i.blocks_total ELSE i.tuples_total END,
               CASE WHEN i.blocks_total > 0 THEN 'blocks' ELSE 'tuples' END
        FROM pg_catalog.pg_stat_progress_create_index i
      UNION ALL
        SELECT y.pid, y.datname, y.command, y.relid, y.type, y.bytes_processed, nullif(y.bytes_total, 0), 'bytes'
        FROM pg_catalog.pg_stat_progress_copy y
      UNION ALL
        SELECT b.pid, NULL, 'BASE BACKUP', 0, b.phase, b.backup_streamed, b.backup_total, 'bytes'
        FROM pg_catalog.pg_stat_progress_basebackup b
    ) p
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
    CROSS JOIN LATERAL (SELECT CASE a.backend_type WHEN 'autovacuum worker' THEN a.xact_start ELSE a.query_start END AS started) s;
COMMENT ON VIEW pk_progress IS
'How far VACUUM, ANALYZE, CLUSTER, VACUUM FULL, CREATE INDEX, REINDEX, COPY and base backups are.';
COMMENT ON COLUMN pk_progress.pid IS 'process';
COMMENT ON COLUMN pk_progress.database_name IS 'its database; NULL for a base backup';
COMMENT ON COLUMN pk_progress.command IS 'what runs';
COMMENT ON COLUMN pk_progress.relation IS 'the relation that it works on; NULL where it is one of another database';
COMMENT ON COLUMN pk_progress.phase IS 'phase of the command, in the server''s words; of COPY, where the data is';
COMMENT ON COLUMN pk_progress.done IS 'what is done of the phase';
COMMENT ON COLUMN pk_progress.total IS 'what there is to do; NULL or 0 where that is not known';
COMMENT ON COLUMN pk_progress.unit IS 'unit of done and total: blocks, tuples or bytes';
COMMENT ON COLUMN pk_progress.percent IS 'done in percent of total';
COMMENT ON COLUMN pk_progress.started IS 'begin of the command';
COMMENT ON COLUMN pk_progress.estimated_end IS 'end of the phase, if it goes on at the average pace since the command began: late where other phases came before';
GRANT SELECT ON pk_progress TO pg_monitor;

CREATE VIEW pk_replication AS
    WITH here AS MATERIALIZED (
        -- A standby sends on what it has received.
        SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN coalesce(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
                    ELSE pg_catalog.pg_current_wal_lsn() END AS lsn
    )
    SELECT 'standby' AS kind, coalesce(nullif(r.application_name, ''), 'standby') AS name, pg_catalog.host(r.client_addr) AS address, r.pid, r.state,
           r.sync_state, pg_catalog.pg_wal_lsn_diff(h.lsn, r.sent_lsn)::bigint AS unsent_bytes,
           pg_catalog.pg_wal_lsn_diff(h.lsn, r.flush_lsn)::bigint AS unflushed_bytes,
           pg_catalog.pg_wal_lsn_diff(h.lsn, r.replay_lsn)::bigint AS unreplayed_bytes, r.replay_lag AS lag, NULL::bigint AS retained_bytes
    FROM here h, pg_catalog.pg_stat_replication r
  UNION ALL
    SELECT s.slot_type || ' slot', s.slot_name, NULL, s.active_pid,
           CASE WHEN s.wal_status = 'lost' THEN 'lost' WHEN s.active THEN 'active' ELSE 'inactive' END, NULL, NULL,
           pg_catalog.pg_wal_lsn_diff(h.lsn, s.confirmed_flush_lsn)::bigint, NULL, NULL,
           pg_catalog.pg_wal_lsn_diff(h.lsn, s.restart_lsn)::bigint
    FROM here h, pg_catalog.pg_replication_slots s
  UNION ALL
    SELECT 'this standby', coalesce(w.slot_name, 'standby'), w.sender_host, w.pid, w.status, NULL, NULL, NULL,
           pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())::bigint,
           CASE WHEN pg_catalog.pg_last_wal_receive_lsn() > pg_catalog.pg_last_wal_replay_lsn()
                THEN pg_catalog.clock_timestamp() - coalesce(pg_catalog.pg_last_xact_replay_timestamp(), pg_catalog.pg_postmaster_start_time())
                WHEN w.pid IS NOT NULL THEN '0'::pg_catalog.interval END, NULL
    FROM (SELECT WHERE pg_catalog.pg_is_in_recovery()) standby
    LEFT JOIN pg_catalog.pg_stat_wal_receiver w ON true;
COMMENT ON VIEW pk_replication IS
'Replication from here and to here: a row for each standby that is connected, for each slot, and on a standby one for itself.';
COMMENT ON COLUMN pk_replication.kind IS 'standby, physical slot, logical slot or this standby';
COMMENT ON COLUMN pk_replication.name IS 'name of the standby or slot';
COMMENT ON COLUMN pk_replication.address IS 'where the other end is; NULL for a local socket';
COMMENT ON COLUMN pk_replication.pid IS 'the process that sends or receives; NULL where none does';
COMMENT ON COLUMN pk_replication.state IS 'of a connection, in the server''s words; of a slot: active, inactive or lost';
COMMENT ON COLUMN pk_replication.sync_state IS 'of a standby: async, sync, potential or quorum';
COMMENT ON COLUMN pk_replication.unsent_bytes IS 'WAL that was not sent yet';
COMMENT ON COLUMN pk_replication.unflushed_bytes IS 'WAL that the other end has not written to its disk yet; of a logical slot, not confirmed yet';
COMMENT ON COLUMN pk_replication.unreplayed_bytes IS 'WAL that the other end has not replayed yet; on a standby, received and not replayed';
COMMENT ON COLUMN pk_replication.lag IS 'age of what is replayed last; NULL where nothing was measured';
COMMENT ON COLUMN pk_replication.retained_bytes IS 'of a slot: WAL from its restart point to here, which it keeps';
GRANT SELECT ON pk_replication TO pg_monitor;
