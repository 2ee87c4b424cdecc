
-- health: one row per check, each a function of its own in sql/health/

CREATE TYPE pk_health_row AS (
    name text, area text, status text, value float8, unit text, threshold float8,
    objects text[], meaning text, recommendation text, reason text);
COMMENT ON TYPE pk_health_row IS 'The result of one health check.';
COMMENT ON COLUMN pk_health_row.name IS 'name of the check; pk_check_NAME() is its function';
COMMENT ON COLUMN pk_health_row.area IS 'transactions, sessions, replication, storage, schema, memory or server';
COMMENT ON COLUMN pk_health_row.status IS 'ok, warn, critical, or skipped where nothing could be judged';
COMMENT ON COLUMN pk_health_row.value IS 'what was measured';
COMMENT ON COLUMN pk_health_row.unit IS 'unit of value and threshold';
COMMENT ON COLUMN pk_health_row.threshold IS 'the value that was reached or passed; where the check is ok, the one at which it warns';
COMMENT ON COLUMN pk_health_row.objects IS 'what it is about, the worst first, at most five; NULL where the check is ok';
COMMENT ON COLUMN pk_health_row.meaning IS 'what the value means';
COMMENT ON COLUMN pk_health_row.recommendation IS 'what to run or to do; NULL where the check is ok';
COMMENT ON COLUMN pk_health_row.reason IS 'why the check was skipped';

CREATE FUNCTION pk_health_settings(OUT check_name text, OUT warn float8, OUT critical float8, OUT muted bool)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION pk_health_settings() IS
'What pg_perfkit.health_thresholds and pg_perfkit.health_mute say, a row for each check that they name.
check_name: the check
warn: its value from which it is to warn; NULL for its own
critical: its value from which it is to be critical; NULL for its own
muted: it is to be skipped';

CREATE FUNCTION pk_sequence_last_value(sequence regclass) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION pk_sequence_last_value(regclass) IS
'The last value of a sequence that was handed out or cached, as pg_sequences shows it, for members of pg_read_all_stats and for those who have SELECT or USAGE on the sequence. NULL for others, before the first value, while the sequence is locked in ACCESS EXCLUSIVE mode, and where it has no file. ERROR 22023 for another kind of relation.';

CREATE FUNCTION pk_health_needs(role name) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT CASE WHEN NOT pg_has_role(role, 'USAGE') THEN format('needs membership in %s, which pg_monitor has', role) END $$;
COMMENT ON FUNCTION pk_health_needs(name) IS
'Why a check must be skipped that needs this predefined role; NULL for its members.';

CREATE FUNCTION pk_health_result(
    name text, area text, unit text, meaning text, value float8, warn float8, critical float8,
    objects text[] DEFAULT NULL, recommendation text DEFAULT NULL, reason text DEFAULT NULL, below bool DEFAULT false)
    RETURNS pk_health_row
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT name, area, s.status, CASE WHEN s.status <> 'skipped' THEN round(value::numeric, 2)::float8 END, unit,
           CASE s.status WHEN 'critical' THEN critical ELSE coalesce(warn, critical) END,
           CASE WHEN s.status IN ('warn', 'critical') THEN objects[1:5] END, meaning,
           CASE WHEN s.status IN ('warn', 'critical') THEN recommendation END,
           CASE WHEN s.status = 'skipped' THEN coalesce(reason, 'there is nothing to judge') END
    FROM (SELECT CASE WHEN reason IS NOT NULL OR value IS NULL THEN 'skipped'
                      WHEN CASE WHEN below THEN value <= critical ELSE value >= critical END THEN 'critical'
                      WHEN CASE WHEN below THEN value <= warn ELSE value >= warn END THEN 'warn'
                      ELSE 'ok' END AS status) s
    $$;
COMMENT ON FUNCTION pk_health_result(text, text, text, text, float8, float8, float8, text[], text, text, bool) IS
'The row of a check, its status judged by its thresholds; skipped where there is a reason or no value.
objects: what it is about, the worst first
recommendation: what to run
reason: why nothing could be judged
below: low values are the bad ones';

CREATE FUNCTION pk_health(checks text[] DEFAULT NULL, max_ms int DEFAULT 10000) RETURNS SETOF pk_health_row
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 30 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ends CONSTANT timestamptz := clock_timestamp() + max_ms * interval '1 ms';
    wanted record;
    result @extschema@.pk_health_row;
    trouble text;
BEGIN
    FOR wanted IN
        -- A check is a function pk_check_NAME of our extensions that returns a pk_health_row.
        WITH member AS (
            SELECT p.oid, substr(p.proname, 10) AS name, p.pronamespace
            FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
            WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
              AND d.refobjid IN (SELECT oid FROM pg_extension WHERE extname IN ('pg_perfkit', 'pg_perfkit_vector'))
              AND p.proname LIKE 'pk\_check\_%' AND p.prorettype = pg_typeof(result)
        )
        SELECT coalesce(m.name, s.check_name, c.name) AS name, s.muted, m.oid IS NOT NULL AS known,
               CASE WHEN m.oid IS NOT NULL THEN format('SELECT * FROM %s.%I(%s)', m.pronamespace::regnamespace, 'pk_check_' || m.name,
                      concat_ws(', ', 'warn => ' || s.warn, 'critical => ' || s.critical)) END AS query
        FROM member m
        FULL JOIN (SELECT check_name, max(warn) AS warn, max(critical) AS critical, bool_or(muted) AS muted
                   FROM @extschema@.pk_health_settings() GROUP BY check_name) s ON s.check_name = m.name
        FULL JOIN unnest(checks) c(name) ON c.name = coalesce(m.name, s.check_name)
        WHERE checks IS NULL OR c.name IS NOT NULL
        ORDER BY 1
    LOOP
        trouble := CASE WHEN wanted.muted THEN 'muted by pg_perfkit.health_mute'
                        WHEN clock_timestamp() > ends THEN format('the checks before it took more than %s ms', max_ms) END;
        IF NOT wanted.known THEN
            RAISE WARNING 'there is no health check "%"', wanted.name;
            CONTINUE;
        ELSIF trouble IS NULL THEN
            BEGIN
                EXECUTE wanted.query INTO result;
            EXCEPTION WHEN OTHERS THEN
                trouble := SQLERRM;
            END;
        END IF;
        IF trouble IS NOT NULL THEN
            result := NULL;
            result.name := wanted.name;
            result.status := 'skipped';
            result.reason := trouble;
        END IF;
        RETURN NEXT result;
    END LOOP;
END $$;
COMMENT ON FUNCTION pk_health(text[], int) IS
'Every health check of the server and of this database, a row each (see the type pk_health_row). Works for everybody; what the caller has no right to judge is skipped, and says so. Waits for no lock.
checks: names of the checks to run; NULL for all
max_ms: once this many milliseconds have passed, the checks that are left are skipped';
