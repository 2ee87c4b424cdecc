-- What the files of cases share: the schema, and rows in numbers of the scale.

-- Nothing but these scripts decides when a table is vacuumed.
CREATE FUNCTION leave_alone() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made regclass;
BEGIN
    FOR made IN SELECT objid FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' AND EXISTS (SELECT FROM pg_class WHERE oid = objid AND relkind = 'r') LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)', made);
    END LOOP;
END $$;
CREATE EVENT TRIGGER leave_alone ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS') EXECUTE FUNCTION leave_alone();

CREATE SCHEMA bloat_case;
-- Immutable enough to be folded into a constant where a statement is planned.
CREATE FUNCTION public.n(rows int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN greatest(round(rows * current_setting(''bench.scale'')::numeric), 1); END';
