-- From random keys to version 7 and back: a key in a composite key, with references to itself, in a
-- circle, through another key, of every ON UPDATE, deferred, and from partitions.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA uuid_migrate;
CREATE TABLE uuid_migrate.tenants (tenant_id uuid PRIMARY KEY DEFAULT gen_random_uuid());
CREATE TABLE uuid_migrate.nodes (
    tenant_id uuid NOT NULL REFERENCES uuid_migrate.tenants, node_id uuid NOT NULL DEFAULT gen_random_uuid(), parent_id uuid, root_id uuid,
    main_edge int, made date NOT NULL, n int NOT NULL, PRIMARY KEY (tenant_id, node_id), UNIQUE (node_id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES uuid_migrate.nodes (tenant_id, node_id),
    FOREIGN KEY (root_id) REFERENCES uuid_migrate.nodes (node_id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE uuid_migrate.edges (edge_id int PRIMARY KEY, from_node uuid NOT NULL REFERENCES uuid_migrate.nodes (node_id),
    to_node uuid REFERENCES uuid_migrate.nodes (node_id) ON UPDATE CASCADE);
ALTER TABLE uuid_migrate.nodes ADD FOREIGN KEY (main_edge) REFERENCES uuid_migrate.edges;
CREATE TABLE uuid_migrate.tags (node_id uuid REFERENCES uuid_migrate.nodes (node_id) ON UPDATE RESTRICT, tag text, PRIMARY KEY (node_id, tag));
CREATE TABLE uuid_migrate.tag_uses (n int, node_id uuid, tag text, FOREIGN KEY (node_id, tag) REFERENCES uuid_migrate.tags ON UPDATE SET DEFAULT);
CREATE TABLE uuid_migrate.readings (node_id uuid REFERENCES uuid_migrate.nodes (node_id) ON UPDATE SET NULL, n int NOT NULL) PARTITION BY RANGE (n);
CREATE TABLE uuid_migrate.readings_1 PARTITION OF uuid_migrate.readings FOR VALUES FROM (0) TO (150);
CREATE TABLE uuid_migrate.readings_2 PARTITION OF uuid_migrate.readings DEFAULT;
CREATE TABLE uuid_migrate.notes (node_id uuid);
INSERT INTO uuid_migrate.tenants SELECT FROM generate_series(1, 2);
INSERT INTO uuid_migrate.nodes (tenant_id, made, n)
SELECT (SELECT tenant_id FROM uuid_migrate.tenants ORDER BY 1 LIMIT 1 OFFSET i % 2), date '2024-01-01' + i, i FROM generate_series(1, 300) i;
UPDATE uuid_migrate.nodes t SET parent_id = (SELECT node_id FROM uuid_migrate.nodes p WHERE p.n = t.n - 2), root_id = CASE WHEN n % 5 = 0 THEN node_id END;
INSERT INTO uuid_migrate.edges SELECT n, node_id, parent_id FROM uuid_migrate.nodes;
UPDATE uuid_migrate.nodes SET main_edge = 301 - n;
INSERT INTO uuid_migrate.tags SELECT node_id, tag FROM uuid_migrate.nodes, unnest('{a,b}'::text[]) tag WHERE n % 3 = 0;
INSERT INTO uuid_migrate.tag_uses SELECT n, node_id, tag FROM uuid_migrate.tags JOIN uuid_migrate.nodes USING (node_id);
INSERT INTO uuid_migrate.readings SELECT node_id, n FROM uuid_migrate.nodes;
ANALYZE uuid_migrate.nodes;
-- What every row refers to, whatever the keys are.
CREATE VIEW uuid_migrate.meaning AS
SELECT 'node' AS what, t.n, (SELECT p.n FROM uuid_migrate.nodes p WHERE (p.tenant_id, p.node_id) = (t.tenant_id, t.parent_id)) AS a,
       (SELECT r.n FROM uuid_migrate.nodes r WHERE r.node_id = t.root_id) AS b FROM uuid_migrate.nodes t
UNION ALL SELECT 'edge', edge_id, (SELECT n FROM uuid_migrate.nodes WHERE node_id = from_node), (SELECT n FROM uuid_migrate.nodes WHERE node_id = to_node) FROM uuid_migrate.edges
UNION ALL SELECT 'tag ' || tag, t.n, NULL, NULL FROM uuid_migrate.tags JOIN uuid_migrate.nodes t USING (node_id)
UNION ALL SELECT 'use ' || tag, u.n, (SELECT n FROM uuid_migrate.nodes t WHERE t.node_id = u.node_id), (SELECT count(*) FROM uuid_migrate.tags t WHERE (t.node_id, t.tag) = (u.node_id, u.tag)) FROM uuid_migrate.tag_uses u
UNION ALL SELECT 'reading', r.n, (SELECT n FROM uuid_migrate.nodes t WHERE t.node_id = r.node_id), NULL FROM uuid_migrate.readings r;
CREATE TABLE uuid_migrate.meant AS TABLE uuid_migrate.meaning;
CREATE MATERIALIZED VIEW uuid_migrate.kept AS TABLE uuid_migrate.meaning;
CREATE TABLE uuid_migrate.was AS SELECT n, node_id FROM uuid_migrate.nodes;
SELECT what, count(*), count(a) AS a, count(b) AS b FROM uuid_migrate.meant GROUP BY what ORDER BY what;
CREATE FUNCTION uuid_migrate.changed() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM ((TABLE uuid_migrate.meaning EXCEPT ALL TABLE uuid_migrate.meant) UNION ALL (TABLE uuid_migrate.meant EXCEPT ALL TABLE uuid_migrate.meaning)) d $$;

SELECT * FROM pk_uuid_references('uuid_migrate.nodes', 'node_id');
SELECT count(*) FROM pk_uuid_references('uuid_migrate.nodes', lower('NODE_ID'));
SELECT phase, regexp_replace(title, 'up to .*about [^.]*', 'SIZES') AS title, blocks, regexp_replace(statement, '(CREATE (OR REPLACE )?FUNCTION \S+ ).*', '\1...') AS statement
FROM pk_uuid_migrate('uuid_migrate.nodes', 'made', 50) ORDER BY step;
SELECT pk_uuid_translate_function('uuid_migrate.nodes', 'uuid_migrate.edges', false);

-- Without the map there is nothing to move.
CALL pk_uuid_move('uuid_migrate.nodes');
\set ECHO none
SELECT statement FROM pk_uuid_migrate('uuid_migrate.nodes', 'made', 50) WHERE phase = 'forward' ORDER BY step \gexec
\set ECHO all
SELECT uuid_migrate.changed();
SELECT count(*), count(*) FILTER (WHERE pk_uuid_is_v7(node_id)) AS v7, count(*) FILTER (WHERE pk_uuid_timestamp(node_id) = made) AS of_their_time FROM uuid_migrate.nodes;
SELECT count(*) AS in_order FROM (SELECT n - lag(n) OVER (ORDER BY node_id) AS step FROM uuid_migrate.nodes) s WHERE step = 1;

-- Only the triggers have the rights of the translating functions.
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE has_function_privilege('public', oid, 'EXECUTE')) AS for_all
FROM pg_proc WHERE pronamespace = 'uuid_migrate'::regnamespace AND proname LIKE 'pk\_uuid\_translate\_%';

-- Again changes nothing; who holds an old key may refer to it; what is new has a new key.
CREATE TABLE uuid_migrate.moved AS SELECT n, node_id FROM uuid_migrate.nodes;
CALL pk_uuid_move('uuid_migrate.nodes', 'made');
SELECT count(*) AS moved_twice FROM uuid_migrate.nodes JOIN uuid_migrate.moved m USING (n) WHERE nodes.node_id <> m.node_id;
INSERT INTO uuid_migrate.readings SELECT node_id, 2000 FROM uuid_migrate.was WHERE n = 7;
SELECT t.n FROM uuid_migrate.readings r JOIN uuid_migrate.nodes t USING (node_id) WHERE r.n = 2000;
INSERT INTO uuid_migrate.readings VALUES ('11111111-1111-4111-8111-111111111111', 2001);
DELETE FROM uuid_migrate.readings WHERE n = 2000;
INSERT INTO uuid_migrate.nodes (tenant_id, made, n) SELECT tenant_id, '2024-01-01', -1 FROM uuid_migrate.tenants LIMIT 1 RETURNING pk_uuid_is_v7(node_id);
DELETE FROM uuid_migrate.nodes WHERE n = -1;

-- A check sees what it should.
ALTER TABLE uuid_migrate.readings DISABLE TRIGGER USER;
SET session_replication_role = replica;
UPDATE uuid_migrate.readings r SET node_id = w.node_id FROM uuid_migrate.was w WHERE w.n = r.n AND r.n = 3;
UPDATE uuid_migrate.nodes SET node_id = gen_random_uuid() WHERE n = 300;
RESET session_replication_role;
SELECT * FROM pk_uuid_verify('uuid_migrate.nodes', 'made') WHERE failures > 0;
SET session_replication_role = replica;
UPDATE uuid_migrate.readings r SET node_id = m.node_id FROM uuid_migrate.moved m WHERE m.n = r.n AND r.n = 3;
UPDATE uuid_migrate.nodes t SET node_id = m.node_id FROM uuid_migrate.moved m WHERE m.n = t.n AND t.n = 300;
RESET session_replication_role;
ALTER TABLE uuid_migrate.readings ENABLE TRIGGER USER;

-- The way back: every key as it was.
\set ECHO none
SELECT statement FROM pk_uuid_migrate('uuid_migrate.nodes', 'made', 50) WHERE phase = 'back' ORDER BY step \gexec
\set ECHO all
SELECT uuid_migrate.changed();
SELECT count(*) AS as_it_was FROM uuid_migrate.nodes JOIN uuid_migrate.was USING (n, node_id);
INSERT INTO uuid_migrate.readings SELECT node_id, 2000 FROM uuid_migrate.moved WHERE n = 7;
SELECT t.n FROM uuid_migrate.readings r JOIN uuid_migrate.nodes t USING (node_id) WHERE r.n = 2000;
DELETE FROM uuid_migrate.readings WHERE n = 2000;
-- And forth again, to the same keys; then nothing is left but the map.
SELECT statement FROM pk_uuid_migrate('uuid_migrate.nodes', 'made', 50) WHERE phase = 'forward' AND title ~ '^(move|who|new)' ORDER BY step
\set ECHO none
\gexec
\set ECHO all
SELECT count(*) AS same_again FROM uuid_migrate.nodes JOIN uuid_migrate.moved USING (n, node_id);
SELECT uuid_migrate.changed();
SELECT statement FROM pk_uuid_migrate('uuid_migrate.nodes', 'made', 50) WHERE phase = 'clean up' ORDER BY step \gexec
SELECT count(*) AS left_over FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'uuid_migrate' AND relname ~ 'helper|ccnew';
SELECT count(*) AS left_over FROM pg_trigger WHERE tgname LIKE 'pk_uuid_translate%';
SELECT obj_description('uuid_migrate.nodes_uuid_map'::regclass), pg_get_expr(adbin, adrelid) AS former FROM pg_attrdef WHERE adrelid = 'uuid_migrate.nodes_uuid_map'::regclass;

-- Without a time the order is the table's; keys of version 7 stay, and so do rows without a time in range.
CREATE TABLE uuid_migrate.plain (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int, at timestamptz);
INSERT INTO uuid_migrate.plain (n, at) SELECT i, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN timestamptz 'infinity' ELSE '1950-01-01' END FROM generate_series(1, 300) i;
INSERT INTO uuid_migrate.plain VALUES (pk_uuidv7(at => '2020-01-01'), 0);
SELECT statement FROM pk_uuid_migrate('uuid_migrate.plain') WHERE phase = 'forward' AND statement ~ 'CREATE TABLE' \gexec
CALL pk_uuid_move('uuid_migrate.plain', batch => 7);
SELECT count(*) AS in_order FROM (SELECT n - lag(n) OVER (ORDER BY id) AS step FROM uuid_migrate.plain) s WHERE step = 1;
UPDATE uuid_migrate.plain SET id = gen_random_uuid();
CALL pk_uuid_move('uuid_migrate.plain', 'at');
SELECT count(*) FROM uuid_migrate.plain WHERE pk_uuid_is_v7(id) AND pk_uuid_timestamp(id) > now() - interval '1 hour';
SELECT * FROM pk_uuid_verify('uuid_migrate.plain', 'at');

-- A trigger that keeps a key as it is ends the move, instead of the move never ending.
UPDATE uuid_migrate.plain SET id = gen_random_uuid() WHERE n <= 20;
CREATE FUNCTION uuid_migrate.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.n = 5 THEN RETURN NULL; END IF; IF OLD.n IN (6, 7) THEN NEW.id := OLD.id; END IF; RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE UPDATE ON uuid_migrate.plain FOR EACH ROW EXECUTE FUNCTION uuid_migrate.keep();
SET statement_timeout = '5min';
CALL pk_uuid_move('uuid_migrate.plain');
ALTER TABLE uuid_migrate.plain DISABLE TRIGGER keep;
CALL pk_uuid_move('uuid_migrate.plain');
RESET statement_timeout;
SELECT * FROM pk_uuid_verify('uuid_migrate.plain');

-- Names that differ only at their ends, which would be cut off, and of characters of several bytes.
CREATE TABLE uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_1 (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int);
CREATE TABLE uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_2 (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int);
CREATE TABLE uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1" (
    "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1" uuid REFERENCES uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_1,
    "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ2" uuid REFERENCES uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_2, n int);
CREATE TABLE uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ2" (LIKE uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1",
    FOREIGN KEY ("ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1") REFERENCES uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_1,
    FOREIGN KEY ("ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ2") REFERENCES uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_2);
INSERT INTO uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_1 (n) SELECT generate_series(1, 20);
INSERT INTO uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_2 (n) SELECT generate_series(1, 20);
INSERT INTO uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1" SELECT a.id, b.id, n FROM uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_1 a
JOIN uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_2 b USING (n);
INSERT INTO uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ2" TABLE uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1";
CREATE TABLE uuid_migrate.former AS TABLE uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1";
\set ECHO none
SELECT p.statement FROM generate_series(1, 2) i, pk_uuid_migrate(('uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_' || i)::regclass) p
WHERE phase = 'forward' AND title !~ '^check' ORDER BY i, step \gexec
\set ECHO all
SELECT count(DISTINCT relname) FILTER (WHERE relname ~ '^uuid_map_' AND relkind = 'r') AS maps, count(DISTINCT relname) FILTER (WHERE relname ~ '^pk_uuid_helper_') AS helpers,
       (SELECT count(*) FROM pg_trigger WHERE tgname ~ '^pk_uuid_translate_' AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'uuid_migrate'::regnamespace)) AS triggers,
       (SELECT count(*) FROM pg_proc WHERE proname ~ '^pk_uuid_translate_' AND pronamespace = 'uuid_migrate'::regnamespace) AS functions
FROM pg_class WHERE relnamespace = 'uuid_migrate'::regnamespace;
-- Each of the references is translated by its own map.
INSERT INTO uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ2" SELECT "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1", "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ2", n FROM uuid_migrate.former;
SELECT count(*) AS "right" FROM uuid_migrate."ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ2" r
JOIN uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_1 a ON a.id = "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ1" AND a.n = r.n
JOIN uuid_migrate.a_long_name_that_begins_like_another_of_its_kind_and_ends_as_2 b ON b.id = "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ2" AND b.n = r.n
WHERE pk_uuid_is_v7(a.id) AND pk_uuid_is_v7(b.id);

-- Who may create something in the schema can make what the move would run, read or take over, before it does: refused.
CREATE ROLE regress_uuid_migrate;
GRANT USAGE, CREATE ON SCHEMA uuid_migrate TO regress_uuid_migrate;
CREATE TABLE uuid_migrate.orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid());
CREATE TABLE uuid_migrate.items (id uuid REFERENCES uuid_migrate.orders);
INSERT INTO uuid_migrate.orders SELECT FROM generate_series(1, 3);
SET ROLE regress_uuid_migrate;
CREATE TABLE uuid_migrate.orders_uuid_map (old_id uuid PRIMARY KEY, new_id uuid NOT NULL UNIQUE);
COMMENT ON TABLE uuid_migrate.orders_uuid_map IS 'default before: gen_random_uuid(); ALTER ROLE regress_uuid_migrate SUPERUSER';
CREATE FUNCTION uuid_migrate.seize() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE regress_uuid_migrate SUPERUSER; RETURN NEW; END $$;
CREATE TRIGGER seize BEFORE INSERT ON uuid_migrate.orders_uuid_map FOR EACH ROW EXECUTE FUNCTION uuid_migrate.seize();
RESET ROLE;
SELECT count(*) FROM pk_uuid_migrate('uuid_migrate.orders');
CALL pk_uuid_move('uuid_migrate.orders');
SELECT * FROM pk_uuid_verify('uuid_migrate.orders');
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_uuid_migrate';
ALTER TABLE uuid_migrate.orders_uuid_map OWNER TO CURRENT_USER;
CALL pk_uuid_move('uuid_migrate.orders');
DROP TRIGGER seize ON uuid_migrate.orders_uuid_map;
CREATE RULE seize AS ON INSERT TO uuid_migrate.orders_uuid_map DO ALSO SELECT 1;
CALL pk_uuid_move('uuid_migrate.orders');
DROP RULE seize ON uuid_migrate.orders_uuid_map;
ALTER TABLE uuid_migrate.orders_uuid_map ENABLE ROW LEVEL SECURITY;
CALL pk_uuid_move('uuid_migrate.orders');
DROP TABLE uuid_migrate.orders_uuid_map;
CREATE VIEW uuid_migrate.orders_uuid_map AS TABLE uuid_migrate.orders;
CALL pk_uuid_move('uuid_migrate.orders');
DROP VIEW uuid_migrate.orders_uuid_map;
CREATE TABLE uuid_migrate.orders_uuid_map (old_id text, new_id uuid);
CALL pk_uuid_move('uuid_migrate.orders');
DROP TABLE uuid_migrate.orders_uuid_map;
SELECT pk_uuid_translate_name('uuid_migrate.orders', 'uuid_migrate.items') AS translate \gset
SET ROLE regress_uuid_migrate;
CREATE FUNCTION :translate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE regress_uuid_migrate SUPERUSER; RETURN NEW; END $$;
RESET ROLE;
SELECT count(*) FROM pk_uuid_migrate('uuid_migrate.orders');
DROP FUNCTION :translate();
-- What the owner of the table has made is right; and the former default is an expression, whatever a comment says.
ALTER TABLE uuid_migrate.orders OWNER TO regress_uuid_migrate;
ALTER TABLE uuid_migrate.items OWNER TO regress_uuid_migrate;
SET ROLE regress_uuid_migrate;
\set ECHO none
SELECT statement FROM pk_uuid_migrate('uuid_migrate.orders') WHERE phase = 'forward' AND title !~ '^check' ORDER BY step \gexec
\set ECHO all
COMMENT ON TABLE uuid_migrate.orders_uuid_map IS 'default before: gen_random_uuid(); ALTER ROLE regress_uuid_migrate SUPERUSER';
RESET ROLE;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'uuid_migrate.orders_uuid_map'::regclass;
SELECT phase, statement FROM pk_uuid_migrate('uuid_migrate.orders') WHERE title ~ 'default|map' ORDER BY step;
SELECT * FROM pk_uuid_verify('uuid_migrate.orders');

-- Refused.
CREATE TABLE uuid_migrate.two (a uuid, b uuid, PRIMARY KEY (a, b));
CREATE TABLE uuid_migrate.extra (node_id uuid PRIMARY KEY REFERENCES uuid_migrate.nodes (node_id));
SELECT * FROM pk_uuid_migrate('uuid_migrate.two');
SELECT * FROM pk_uuid_migrate('uuid_migrate.extra');
SELECT * FROM pk_uuid_migrate('uuid_migrate.notes');
SELECT * FROM pk_uuid_migrate('uuid_migrate.meaning');
SELECT * FROM pk_uuid_migrate('uuid_migrate.readings_1');
SELECT * FROM pk_uuid_migrate('uuid_migrate.nodes', 'n');
SELECT * FROM pk_uuid_migrate('uuid_migrate.nodes', batch => 0);
SELECT * FROM pk_uuid_migrate(NULL);
CALL pk_uuid_move('uuid_migrate.nodes', 'n');
CALL pk_uuid_move('uuid_migrate.nodes', batch => NULL);
CALL pk_uuid_move(NULL);
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL pk_uuid_move('uuid_migrate.nodes');
ROLLBACK;
CREATE TABLE uuid_migrate.child () INHERITS (uuid_migrate.plain);
SELECT * FROM pk_uuid_migrate('uuid_migrate.plain');
DROP SCHEMA uuid_migrate CASCADE;
DROP ROLE regress_uuid_migrate;
RESET client_min_messages;
