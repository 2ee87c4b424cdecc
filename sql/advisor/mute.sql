
-- advisor: what it is not to advise again

CREATE TABLE pk_advice_mutes (
    advice_id text NOT NULL,
    action text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    definition text NOT NULL,
    muted_by name NOT NULL,
    for_all boolean NOT NULL,
    muted timestamptz NOT NULL DEFAULT pg_catalog.now(),
    reason text,
    PRIMARY KEY (action, schema_name, table_name, definition, muted_by));
COMMENT ON TABLE pk_advice_mutes IS
    'What the view pk_advice_muted shows. Only its owner has access; dumps have its rows';
COMMENT ON COLUMN pk_advice_mutes.advice_id IS 'as in pk_suggest_indexes()';
COMMENT ON COLUMN pk_advice_mutes.action IS 'create or drop';
COMMENT ON COLUMN pk_advice_mutes.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_advice_mutes.table_name IS 'the table';
COMMENT ON COLUMN pk_advice_mutes.definition IS 'of an index to create: USING method (keys) ...; of one to drop its name';
COMMENT ON COLUMN pk_advice_mutes.muted_by IS 'role that muted it';
COMMENT ON COLUMN pk_advice_mutes.for_all IS 'true: nobody gets it; false: this role does not';
COMMENT ON COLUMN pk_advice_mutes.muted IS 'when';
COMMENT ON COLUMN pk_advice_mutes.reason IS 'why, in the words of who did it';
REVOKE ALL ON pk_advice_mutes FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.pk_advice_mutes', '');

CREATE VIEW pk_advice_muted WITH (security_barrier) AS
SELECT m.advice_id, m.action, m.schema_name, m.table_name, m.definition, m.muted_by, m.for_all, m.muted, m.reason
FROM @extschema@.pk_advice_mutes m
WHERE m.muted_by OPERATOR(pg_catalog.=) CURRENT_USER
   OR m.for_all AND pg_catalog.pg_has_role(CURRENT_USER, 'pg_read_all_stats', 'USAGE');
GRANT SELECT ON pk_advice_muted TO PUBLIC;
COMMENT ON VIEW pk_advice_muted IS
    'Advice that pk_suggest_indexes() leaves out: what the caller has muted, and for members of pg_read_all_stats what is muted for all';
COMMENT ON COLUMN pk_advice_muted.advice_id IS 'as in pk_suggest_indexes(), for pk_advice_unmute()';
COMMENT ON COLUMN pk_advice_muted.action IS 'create or drop';
COMMENT ON COLUMN pk_advice_muted.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_advice_muted.table_name IS 'the table';
COMMENT ON COLUMN pk_advice_muted.definition IS 'of an index to create: USING method (keys) ...; of one to drop its name';
COMMENT ON COLUMN pk_advice_muted.muted_by IS 'role that muted it';
COMMENT ON COLUMN pk_advice_muted.for_all IS 'true: nobody gets it, since an owner of the table muted it; false: this role does not';
COMMENT ON COLUMN pk_advice_muted.muted IS 'when';
COMMENT ON COLUMN pk_advice_muted.reason IS 'why, in the words of who did it';

CREATE FUNCTION pk_advice_mute(advice text, reason text DEFAULT NULL) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_advice_mute(text, text) IS
'Advice that pk_suggest_indexes() is not to give again; the next best may take its place. Returns true where it is muted for everybody, since the caller owns the table (or is of the role that does), and false where it is for the caller alone. For pg_monitor. ERROR 42704 where there is no such advice, or index to drop, 42501 where the table of an index to create may not be read, 25006 on a standby.
advice: its advice_id, or the index: CREATE INDEX or DROP INDEX
reason: why, to be read in pk_advice_muted';
REVOKE ALL ON FUNCTION pk_advice_mute(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_advice_mute(text, text) TO pg_monitor;

CREATE FUNCTION pk_advice_unmute(advice text) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_advice_unmute(text) IS
'Lets pk_suggest_indexes() give advice again that the caller has muted, or somebody for everybody where the caller owns the table. Returns the number of rows that went from pk_advice_muted. For pg_monitor. The advice is named as in pk_advice_mute(). ERROR 42704 where there is no such index, 25006 on a standby.';
REVOKE ALL ON FUNCTION pk_advice_unmute(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_advice_unmute(text) TO pg_monitor;
