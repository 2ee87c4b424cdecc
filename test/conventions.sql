-- What every object of our extensions keeps to (CONTRIBUTING.md); a row is a violation.  Included by
-- 00_install, and by the test of each further extension.
WITH member AS (
    SELECT d.classid, d.objid, (pg_identify_object(d.classid, d.objid, 0)).*
    FROM pg_depend d
    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
      AND d.refobjid IN (SELECT oid FROM pg_extension WHERE extname LIKE 'pg\_perfkit%')
      -- Row types and array types come with their tables and types.
      AND NOT EXISTS (SELECT FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid
                      AND (t.typelem <> 0 OR (SELECT relkind <> 'c' FROM pg_class WHERE oid = t.typrelid)))
), func AS (
    SELECT p.*, m.type, m.identity, coalesce(obj_description(p.oid, 'pg_proc'), '') AS comment,
           coalesce(p.proacl, acldefault('f', p.proowner)) AS acl
    FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
), argument AS (
    SELECT f.identity, f.type, f.comment, a.name, coalesce(f.proargmodes[a.n], 'i') AS mode,
           -- the last pronargdefaults of the input arguments have defaults
           coalesce(f.proargmodes[a.n], 'i') IN ('i', 'v')
             AND count(*) FILTER (WHERE coalesce(f.proargmodes[a.n], 'i') IN ('i', 'v'))
                 OVER (PARTITION BY f.oid ORDER BY a.n) > f.pronargs - f.pronargdefaults AS optional
    FROM func f, unnest(f.proargnames) WITH ORDINALITY a(name, n)
), relation AS (
    SELECT c.*, m.type, m.identity
    FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
                                  OR m.classid = 'pg_type'::regclass AND c.reltype = m.objid AND c.relkind = 'c'
), named AS (
    SELECT type, identity, coalesce((SELECT proname FROM pg_proc WHERE m.classid = 'pg_proc'::regclass AND oid = m.objid),
                                    (SELECT relname FROM pg_class WHERE m.classid = 'pg_class'::regclass AND oid = m.objid),
                                    (SELECT typname FROM pg_type WHERE m.classid = 'pg_type'::regclass AND oid = m.objid),
                                    (SELECT opcname FROM pg_opclass WHERE m.classid = 'pg_opclass'::regclass AND oid = m.objid),
                                    (SELECT opfname FROM pg_opfamily WHERE m.classid = 'pg_opfamily'::regclass AND oid = m.objid)) AS name
    FROM member m
)
SELECT type, identity, violation FROM (
    SELECT type, identity, 'has no comment' FROM member
    WHERE classid <> 'pg_opfamily'::regclass  -- comes with its operator class
      AND coalesce(obj_description(objid, classid::regclass::name), '') = ''
UNION ALL
    SELECT 'column', r.identity || '.' || a.attname, 'has no comment'
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'c') AND coalesce(col_description(r.oid, a.attnum), '') = ''
UNION ALL
    SELECT type, identity, format('its comment has no line "%s: meaning"', name) FROM argument
    WHERE (mode IN ('t', 'o') OR optional) AND comment !~ (E'(^|\n)' || name || ': .')
UNION ALL
    SELECT type, identity, 'its name does not start with pk_' FROM named
    WHERE name !~ '^pk_[a-z0-9_]+$' AND name <> 'uuid_generate_v7'
UNION ALL
    SELECT type, identity, 'runs with its owner''s rights and does not set search_path' FROM func
    WHERE prosecdef AND NOT EXISTS (SELECT FROM unnest(proconfig) s WHERE s LIKE 'search\_path=%')
UNION ALL
    SELECT type, identity, 'calls a pk_ function without its schema' FROM func
    WHERE prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))
      AND prosrc ~ '(^|[^."[:alnum:]_])(pk_[a-z0-9_]+|uuid_generate_v7)[[:space:]]*\('
UNION ALL
    -- What acts on the server, on other sessions or on collected data; what-if is the session's own.
    SELECT type, identity, 'PUBLIC may execute what changes something' FROM func
    WHERE proname ~ '_(apply|cancel|terminate|kill|reset|purge|truncate|delete|import|snapshot|clear|flush|forget)(_|$)' AND proname NOT LIKE 'pk\_whatif\_%'
      AND EXISTS (SELECT FROM aclexplode(acl) WHERE grantee = 0)
UNION ALL
    SELECT type, identity, 'neither pg_monitor nor PUBLIC may read it' FROM relation
    WHERE relkind IN ('v', 'm')
      AND NOT EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee IN (0, 'pg_monitor'::regrole) AND privilege_type = 'SELECT')
UNION ALL
    SELECT type, identity, 'PUBLIC may change it' FROM relation
    WHERE EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 0 AND privilege_type <> 'SELECT')
) violations(type, identity, violation) ORDER BY 1, 2, 3;
