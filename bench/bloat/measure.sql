-- What every tool says about every relation of the schema bloat_case, beside the truth.

CREATE VIEW relation AS
    SELECT c.oid, c.relkind IN ('r', 't') AS is_table, pg_relation_size(c.oid) AS bytes,
           CASE WHEN o.oid = c.oid THEN c.relname ELSE (CASE c.relkind WHEN 't' THEN 'TOAST of ' ELSE '' END) || o.relname END AS name,
           coalesce(substring(array_to_string(c.reloptions, ' ') FROM 'fillfactor=([0-9]+)')::int, CASE c.relkind WHEN 'i' THEN 90 ELSE 100 END) AS fillfactor
    FROM pg_class o
    LEFT JOIN pg_index i ON i.indexrelid = o.oid
    JOIN pg_class c ON c.oid IN (o.oid, o.reltoastrelid)
    WHERE o.relnamespace = 'bloat_case'::regnamespace AND o.relkind IN ('r', 'i') AND pg_relation_size(c.oid) > 0;

CREATE TABLE truth (oid oid PRIMARY KEY, bytes bigint);
CREATE TABLE found (
    method text, oid oid, round int, percent float8, low float8, high float8, pages bigint, cpu_ms float8);
CREATE TABLE cost (method text, cpu_ms float8);

CREATE FUNCTION cpu_ms() RETURNS float8 LANGUAGE sql VOLATILE
    RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e6;

-- Calls a query with each relation's oid and fillfactor; it gives percent, low, high, pages.
CREATE PROCEDURE ask(method text, number int, tables bool, query text) LANGUAGE plpgsql AS $$
DECLARE
    r record;
    began float8;
    percent float8;
    low float8;
    high float8;
    pages bigint;
    spent float8;
BEGIN
    FOR r IN SELECT oid, fillfactor FROM relation WHERE is_table = tables ORDER BY oid LOOP
        began := cpu_ms();
        EXECUTE query INTO percent, low, high, pages USING r.oid::regclass, r.fillfactor, number;
        spent := cpu_ms() - began;
        INSERT INTO found VALUES (method, r.oid, number, percent, low, high, pages, spent);
    END LOOP;
END $$;

CREATE PROCEDURE ask_everybody(rounds int, anchor_rounds int) LANGUAGE plpgsql AS $$
DECLARE
    -- Dead, and free beyond what the fillfactor keeps free.
    tuples constant text := 'SELECT dead_tuple_percent + greatest(free_percent - (100 - $2), 0), NULL, NULL, NULL FROM pgstattuple($1)';
    approx constant text := 'SELECT dead_tuple_percent + greatest(approx_free_percent - (100 - $2), 0), NULL, NULL, NULL FROM pgstattuple_approx($1)';
    leaves constant text := 'SELECT 100 * (1 - (leaf_pages * coalesce(nullif(avg_leaf_density, ''NaN''), 0) / $2 + internal_pages + 1) / (index_size / 8192.0)), NULL, NULL, NULL FROM pgstatindex($1)';
    density constant text := 'SELECT 100 - coalesce(nullif(avg_leaf_density, ''NaN''), 0), NULL, NULL, NULL FROM pgstatindex($1)';
    ours constant text := 'SELECT bloat_percent, low_percent, high_percent, pages_read FROM pk_bloat($1, %L, seed => $3)';
    -- What it costs to ask.
    nothing constant text := 'SELECT NULL::float8, NULL::float8, NULL::float8, NULL::bigint';
BEGIN
    FOR i IN 1..rounds LOOP
        CALL ask('pk_bloat, sample', i, true, format(ours, 'sample'));
        CALL ask('pk_bloat, sample', i, false, format(ours, 'sample'));
        CALL ask('nothing', i, true, nothing);
        CALL ask('nothing', i, false, nothing);
        COMMIT;
    END LOOP;
    FOR i IN 1..anchor_rounds LOOP
        CALL ask('pk_bloat, exact', i, true, format(ours, 'exact'));
        CALL ask('pk_bloat, exact', i, false, format(ours, 'exact'));
        CALL ask('pgstattuple', i, true, tuples);
        CALL ask('pgstattuple_approx', i, true, approx);
        CALL ask('pgstatindex', i, false, leaves);
        CALL ask('100 - avg_leaf_density', i, false, density);
        COMMIT;
    END LOOP;
END $$;

-- The estimators, which take all relations at once.
CREATE PROCEDURE ask_estimators() LANGUAGE plpgsql AS $$
DECLARE began float8;
BEGIN
    began := cpu_ms();
    INSERT INTO found (method, oid, round, percent)
    SELECT 'ioguix, tables', format('%I.%I', schemaname, tblname)::regclass, 1, bloat_pct FROM ioguix_table WHERE schemaname = 'bloat_case';
    INSERT INTO cost VALUES ('ioguix, tables', cpu_ms() - began);
    began := cpu_ms();
    INSERT INTO found (method, oid, round, percent)
    SELECT 'ioguix, B-trees', format('%I.%I', schemaname, idxname)::regclass, 1, bloat_pct FROM ioguix_btree WHERE schemaname = 'bloat_case';
    INSERT INTO cost VALUES ('ioguix, B-trees', cpu_ms() - began);
    began := cpu_ms();
    CREATE TEMP TABLE checked AS SELECT * FROM check_postgres_bloat WHERE schemaname = 'bloat_case';
    INSERT INTO cost VALUES ('check_postgres, both', cpu_ms() - began);
    INSERT INTO found (method, oid, round, percent)
    SELECT DISTINCT 'check_postgres, tables', format('%I.%I', schemaname, tablename)::regclass::oid, 1, 100.0 * wastedpages / nullif(pages, 0) FROM checked
    UNION ALL
    SELECT 'check_postgres, B-trees', format('%I.%I', schemaname, iname)::regclass, 1, 100.0 * wastedipages / nullif(ipages, 0) FROM checked WHERE iname <> '?';
    DELETE FROM found f USING relation r WHERE f.method ~ '^(ioguix|check_postgres)' AND f.oid = r.oid AND r.is_table <> (f.method ~ 'tables');
END $$;

-- What is to be found.  Those who know of no TOAST table count its pages among its table's.
CREATE VIEW expected AS
    SELECT r.oid, r.name, r.is_table, r.bytes, 100 * (1 - t.bytes / r.bytes::float8) AS percent,
           100 * (1 - (t.bytes + coalesce(w.bytes, 0)) / (r.bytes + coalesce(o.bytes, 0))::float8) AS with_toast
    FROM relation r
    JOIN truth t ON t.oid = r.oid
    JOIN pg_class c ON c.oid = r.oid
    LEFT JOIN relation o ON o.oid = c.reltoastrelid
    LEFT JOIN truth w ON w.oid = c.reltoastrelid;
CREATE VIEW error AS
    SELECT f.*, e.name, e.is_table, e.bytes, f.percent - CASE WHEN f.method ~ '^(ioguix|check_postgres)' THEN e.with_toast ELSE e.percent END AS error,
           e.percent BETWEEN f.low - 0.005 AND f.high + 0.005 AS covered, e.percent AS truth
    FROM found f JOIN expected e ON e.oid = f.oid;
