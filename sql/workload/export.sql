
-- workload: to take it to another server

CREATE FUNCTION pk_workload_substitutes(queries text[], parameters text[], common text[],
    OUT anonymous_queries text[], OUT anonymous_parameters text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION pk_workload_substitutes(text[], text[], text[]) IS
'Statements and values with other constants in place of theirs, as pk_workload_export gives them: equal ones for equal ones, and of two numbers, times or strings (by their bytes) the greater for the greater. Numbers keep three digits, times their minute, strings nothing but the form of patterns, arrays and JSON; docs/workload.md has the rest. One row.
queries: statements
parameters: values in text form
common: values that stay as they are
anonymous_queries: the statements, in order, without comments
anonymous_parameters: the values, in order';

CREATE FUNCTION pk_workload_export(anonymise boolean DEFAULT true)
    RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 5000 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    anonymous boolean := coalesce(anonymise, true);
    common text[];
BEGIN
    -- What a hundred rows or more share says of whom it is no more than that.
    IF anonymous THEN
        SELECT array_agg(DISTINCT v.value) INTO common
        FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename,
             unnest(s.most_common_vals::text::text[], s.most_common_freqs) v(value, frequency)
        WHERE v.frequency * c.reltuples >= 100 AND n.nspname NOT IN ('pg_catalog', 'information_schema');
        common := coalesce(common, '{}') || (SELECT array_agg(cfgname::text) FROM pg_ts_config);
    END IF;

    RETURN NEXT jsonb_build_object('pg_perfkit', 1, 'server', current_setting('server_version_num')::int,
        'database', current_database(), 'exported', now(), 'anonymised', anonymous)::text;

    RETURN QUERY
    SELECT jsonb_build_object('statement', to_jsonb(w) - '{database,dbid,userid}'::text[]
        || jsonb_build_object('role', CASE WHEN anonymous THEN 'role ' || w.userid ELSE w.role::text END,
            'queryid', w.queryid::text,
            'query', CASE WHEN anonymous THEN (
                SELECT o.anonymous_queries[1] FROM @extschema@.pk_workload_substitutes(ARRAY[w.query], '{}', common) o) ELSE w.query END))::text
    FROM @extschema@.pk_workload w
    WHERE w.database = current_database() AND w.queryid IS NOT NULL;

    RETURN QUERY
    WITH s AS MATERIALIZED (SELECT row_number() OVER () AS n, r.* FROM @extschema@.pk_workload_samples r),
    p AS MATERIALIZED (SELECT row_number() OVER () AS k, s.n, u.i, u.value FROM s, unnest(s.parameters) WITH ORDINALITY u(value, i)),
    other AS MATERIALIZED (
        SELECT o.* FROM (SELECT array_agg(query ORDER BY n) AS queries FROM s) q,
             (SELECT coalesce(array_agg(value ORDER BY k), '{}') AS parameters FROM p) v,
             @extschema@.pk_workload_substitutes(q.queries, v.parameters, common) o
        WHERE anonymous),
    query AS (SELECT u.n, u.query FROM other, unnest(anonymous_queries) WITH ORDINALITY u(query, n)),
    parameter AS (
        SELECT p.n, jsonb_agg(u.value ORDER BY p.i) AS parameters
        FROM other, unnest(anonymous_parameters) WITH ORDINALITY u(value, k) JOIN p USING (k) GROUP BY p.n)
    SELECT jsonb_build_object('sample', to_jsonb(s) - '{n,userid}'::text[]
        || jsonb_build_object('role', CASE WHEN anonymous THEN 'role ' || s.userid ELSE s.role::text END,
            'queryid', s.queryid::text, 'parameter_types', s.parameter_types::text[])
        || CASE WHEN anonymous THEN jsonb_build_object('query', query.query,
               'parameters', coalesce(parameter.parameters, '[]'), 'application_name', NULL, 'tags', NULL) ELSE '{}' END)::text
    FROM s LEFT JOIN query USING (n) LEFT JOIN parameter USING (n);
END $$;
COMMENT ON FUNCTION pk_workload_export(boolean) IS
'The workload of this database, for pk_workload_import on another server: JSON objects, a line each. The first one says what it is, then come the rows of pk_workload of this database, then those of pk_workload_samples; of both what the caller may see.
anonymise: with other constants in place of those that were sent, which keep what plans depend on, and without the names of roles and applications and without comments and their tags; what that hides and what not is told in docs/workload.md';

CREATE TABLE pk_workload_imports (
    import text NOT NULL,
    imported timestamptz NOT NULL DEFAULT pg_catalog.now(),
    line jsonb NOT NULL);
COMMENT ON TABLE pk_workload_imports IS
    'What pk_workload_import has read, for the views pk_workload_imported and pk_workload_imported_samples. It may hold personal data: only its owner has access; dumps have its rows';
COMMENT ON COLUMN pk_workload_imports.import IS 'name of the import';
COMMENT ON COLUMN pk_workload_imports.imported IS 'when';
COMMENT ON COLUMN pk_workload_imports.line IS 'a line of the export';
REVOKE ALL ON pk_workload_imports FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.pk_workload_imports', '');

CREATE VIEW pk_workload_imported AS
SELECT i.import, w.role, w.toplevel, w.queryid, w.calls, w.failed, w.cancelled, w.total_ms, w.mean_ms, w.p50_ms, w.p95_ms, w.p99_ms, w.max_ms,
       w.latency, w.lost_ms, w.rows, w.first_seen, w.last_seen, w.query
FROM @extschema@.pk_workload_imports i,
     pg_catalog.jsonb_to_record(pg_catalog.jsonb_extract_path(i.line, 'statement')) AS
     w(role text, toplevel boolean, queryid bigint, calls bigint, failed bigint, cancelled bigint, total_ms float8, mean_ms float8,
       p50_ms float8, p95_ms float8, p99_ms float8, max_ms float8, latency bigint[], lost_ms float8, rows bigint, first_seen timestamptz, last_seen timestamptz,
       query text)
WHERE pg_catalog.jsonb_exists(i.line, 'statement');
GRANT SELECT ON pk_workload_imported TO pg_monitor;
COMMENT ON VIEW pk_workload_imported IS
    'Statements of the imported workloads, as pk_workload shows those of this server; for pg_monitor';
COMMENT ON COLUMN pk_workload_imported.import IS 'name of the import';
COMMENT ON COLUMN pk_workload_imported.role IS 'role there; role and a number where it was anonymised';
COMMENT ON COLUMN pk_workload_imported.queryid IS 'query identifier there: it differs on every server';
COMMENT ON COLUMN pk_workload_imported.toplevel IS 'true: sent by the client; false: run inside another statement';
COMMENT ON COLUMN pk_workload_imported.calls IS 'executions that ended normally';
COMMENT ON COLUMN pk_workload_imported.failed IS 'executions and plannings that an error ended';
COMMENT ON COLUMN pk_workload_imported.cancelled IS 'executions and plannings that a cancel ended';
COMMENT ON COLUMN pk_workload_imported.total_ms IS 'time of all calls there';
COMMENT ON COLUMN pk_workload_imported.mean_ms IS 'mean of the calls';
COMMENT ON COLUMN pk_workload_imported.p50_ms IS 'median time of a call, within 4.5 %';
COMMENT ON COLUMN pk_workload_imported.p95_ms IS '95 % of the calls took no longer, within 4.5 %';
COMMENT ON COLUMN pk_workload_imported.p99_ms IS '99 % of the calls took no longer, within 4.5 %';
COMMENT ON COLUMN pk_workload_imported.max_ms IS 'longest call';
COMMENT ON COLUMN pk_workload_imported.latency IS 'histogram of the calls'' times, for the pk_latency_* functions';
COMMENT ON COLUMN pk_workload_imported.lost_ms IS 'time spent in executions that failed or were cancelled';
COMMENT ON COLUMN pk_workload_imported.rows IS 'rows returned or changed';
COMMENT ON COLUMN pk_workload_imported.first_seen IS 'when it was first seen there';
COMMENT ON COLUMN pk_workload_imported.last_seen IS 'when it was last seen there';
COMMENT ON COLUMN pk_workload_imported.query IS 'its text without constants';

-- In C, since the setting means something only where the library is loaded: else anybody could set it.
CREATE FUNCTION pk_workload_reads_constants() RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION pk_workload_reads_constants() IS
'Whether the caller sees the constants of all roles: as a superuser, or a member of the role pg_perfkit.sample_readers.';

-- Constants, for those who see them in pk_workload_samples.
CREATE VIEW pk_workload_imported_samples WITH (security_barrier) AS
SELECT i.import, s.role, s.toplevel, s.queryid, s.kind,
       w.calls OPERATOR(pg_catalog./) pg_catalog.count(*) OVER (PARTITION BY i.import, s.role, s.toplevel, s.queryid) AS weight,
       s.taken, s.ms, s.query, s.parameter_types, s.parameters, s.parameter_states, s.search_path, s.settings, s.truncated, s.redacted, s.plannable, s.tags
FROM @extschema@.pk_workload_imports i
CROSS JOIN pg_catalog.jsonb_to_record(pg_catalog.jsonb_extract_path(i.line, 'sample')) AS
     s(role text, toplevel boolean, queryid bigint, kind text, taken timestamptz, ms float8, query text, parameter_types text[], parameters text[],
       parameter_states text[], search_path text, settings text[], truncated boolean, redacted boolean, plannable boolean, tags jsonb)
LEFT JOIN (SELECT c.import, c.role, c.toplevel, c.queryid, c.calls::float8 AS calls FROM @extschema@.pk_workload_imported c) w
     ON w.import OPERATOR(pg_catalog.=) i.import AND w.role OPERATOR(pg_catalog.=) s.role
     AND w.toplevel OPERATOR(pg_catalog.=) s.toplevel AND w.queryid OPERATOR(pg_catalog.=) s.queryid
WHERE pg_catalog.jsonb_exists(i.line, 'sample')
  AND @extschema@.pk_workload_reads_constants();
GRANT SELECT ON pk_workload_imported_samples TO PUBLIC;
COMMENT ON VIEW pk_workload_imported_samples IS
    'Samples of the imported workloads, as pk_workload_samples shows those of this server, each with its share of the statement''s calls. Rows only for superusers and members of the role pg_perfkit.sample_readers';
COMMENT ON COLUMN pk_workload_imported_samples.import IS 'name of the import';
COMMENT ON COLUMN pk_workload_imported_samples.role IS 'role there; role and a number where it was anonymised';
COMMENT ON COLUMN pk_workload_imported_samples.toplevel IS 'true: sent by the client; false: run inside another statement';
COMMENT ON COLUMN pk_workload_imported_samples.queryid IS 'query identifier there: it differs on every server';
COMMENT ON COLUMN pk_workload_imported_samples.kind IS 'reservoir or slowest, as in pk_workload_samples';
COMMENT ON COLUMN pk_workload_imported_samples.weight IS 'calls of the statement, divided by the number of its samples; NULL where they are not known';
COMMENT ON COLUMN pk_workload_imported_samples.taken IS 'start of the client statement';
COMMENT ON COLUMN pk_workload_imported_samples.ms IS 'how long it took there; NULL for those of the reservoir';
COMMENT ON COLUMN pk_workload_imported_samples.query IS 'its text, with the constants of the export';
COMMENT ON COLUMN pk_workload_imported_samples.parameter_types IS 'names of the types of $1, $2...';
COMMENT ON COLUMN pk_workload_imported_samples.parameters IS 'their values in text form';
COMMENT ON COLUMN pk_workload_imported_samples.parameter_states IS 'as in pk_workload_samples';
COMMENT ON COLUMN pk_workload_imported_samples.search_path IS 'as it was set';
COMMENT ON COLUMN pk_workload_imported_samples.settings IS 'settings that bear on plans and were not the default, as name=value';
COMMENT ON COLUMN pk_workload_imported_samples.truncated IS 'the text is not all there';
COMMENT ON COLUMN pk_workload_imported_samples.redacted IS 'constants were taken out of the text';
COMMENT ON COLUMN pk_workload_imported_samples.plannable IS 'whether nothing is missing to plan it';
COMMENT ON COLUMN pk_workload_imported_samples.tags IS 'of the comments; NULL where it was anonymised';

CREATE FUNCTION pk_workload_import(lines text, import text DEFAULT 'imported')
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    name text := coalesce(import, 'imported');
    samples bigint;
BEGIN
    IF lines IS NULL OR NOT coalesce(split_part(lines, E'\n', 1) LIKE '{%"pg_perfkit": 1%', false) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'this is not what pk_workload_export gives',
            HINT = 'Pass all lines of an export of this version, the first one included, as one text.';
    END IF;
    DELETE FROM @extschema@.pk_workload_imports i WHERE i.import = name;
    INSERT INTO @extschema@.pk_workload_imports (import, line)
        SELECT name, l::jsonb FROM string_to_table(lines, E'\n') l WHERE btrim(l, E' \r') <> '';
    -- What cannot be shown is refused now.
    PERFORM count(w::text) FROM @extschema@.pk_workload_imported w WHERE w.import = name;
    SELECT count(s::text) INTO samples FROM @extschema@.pk_workload_imported_samples s WHERE s.import = name;
    RETURN samples;
END $$;
COMMENT ON FUNCTION pk_workload_import(text, text) IS
'Reads an export of pk_workload_export into pk_workload_imported and pk_workload_imported_samples, in place of what was imported under that name before. Nothing of it is run. Returns the number of samples. For superusers. ERROR 22023 where the lines are no such export, 22P02 where one is damaged.
lines: all lines of the export, in one text
import: a name for it';
REVOKE ALL ON FUNCTION pk_workload_import(text, text) FROM PUBLIC;
