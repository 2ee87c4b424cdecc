-- Predicates of sampled executions, as far as it holds with and without preload.
SET client_min_messages = warning;
SELECT state = 'on' AS captured FROM pk_workload_info() \gset
SET pg_perfkit.predicate_rate = 0;
CREATE TABLE predicates_orders (id int PRIMARY KEY, customer int, state text, amount numeric);
INSERT INTO predicates_orders SELECT i, i % 100, CASE WHEN i % 10 = 0 THEN 'open' ELSE 'done' END, i % 7 FROM generate_series(1, 1000) i;
CREATE TABLE predicates_customers (id int PRIMARY KEY, name text);
INSERT INTO predicates_customers SELECT i, 'name ' || i FROM generate_series(0, 99) i;
CREATE TABLE predicates_parts (a int, b int) PARTITION BY LIST (a);
CREATE TABLE predicates_part_1 (b int, a int);  -- its columns are in another order
ALTER TABLE predicates_parts ATTACH PARTITION predicates_part_1 FOR VALUES IN (1);
CREATE TABLE predicates_part_2 PARTITION OF predicates_parts FOR VALUES IN (2);
INSERT INTO predicates_parts SELECT 1 + i % 2, i FROM generate_series(1, 100) i;
ANALYZE predicates_orders, predicates_customers, predicates_parts;
SET max_parallel_workers_per_gather = 0;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
-- Those of the tables above.  What asks is not measured.
CREATE FUNCTION predicates_seen() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s%s %s: %s | %s | %s | %s of %s, %s', kind, ' ' || join_type, relation, predicate, columns, operators, rows_out, rows_in, executions)
    FROM pk_predicates WHERE EXISTS (SELECT FROM unnest(column_relids) c WHERE c::regclass::text ~ '^predicates_')
    ORDER BY kind, relation::text, predicate COLLATE "C" $$;
CREATE FUNCTION predicates_check(VARIADIC wanted text[]) RETURNS TABLE (missing text, unexpected text) LANGUAGE sql AS $$
    SELECT w, s FROM unnest(wanted) w FULL JOIN predicates_seen() s ON w = s
    WHERE (w IS NULL OR s IS NULL) AND EXISTS (SELECT FROM pk_workload_info() WHERE state = 'on') $$;

-- Filters: the conjunction is the unit, in any order, whatever the constants are and however they are sent.
SET enable_indexscan = off;
SET pg_perfkit.predicate_rate = 1000000;
SELECT count(*) FROM predicates_orders WHERE state = 'open' AND amount < 3;
SELECT count(*) FROM predicates_orders o WHERE o.amount < 5 AND o.state = 'done';
PREPARE predicates_p AS SELECT count(*) FROM predicates_orders WHERE state = $1 AND amount < $2;
EXECUTE predicates_p('secret', 1);
SELECT count(*) FROM predicates_orders WHERE lower(state) IN ('open', 'secret');
SET enable_indexscan = on;
SET enable_seqscan = off;
SELECT id FROM predicates_orders WHERE amount > 5 AND id < 10;
SELECT id FROM predicates_orders WHERE amount > 100 AND id < 20;
SELECT id FROM predicates_orders WHERE id BETWEEN 3 AND 4;
SET enable_seqscan = on;
EXPLAIN (COSTS off) SELECT FROM predicates_orders WHERE amount IS NULL;
SET pg_perfkit.predicate_rate = 0;
SELECT * FROM predicates_check(
    'filter predicates_orders: ((amount < ?) AND (state = ?)) | {predicates_orders.amount,predicates_orders.state} | {"<(numeric,numeric)","=(text,text)"} | 685 of 3000, 3',
    'filter predicates_orders: (lower(state) = ANY (?)) | {predicates_orders.state} | {"=(text,text)"} | 100 of 1000, 1',
    'filter predicates_orders: (amount > ?) | {predicates_orders.amount} | {">(numeric,numeric)"} | 1 of 28, 2',
    'index condition predicates_orders: ((id >= ?) AND (id <= ?)) | {predicates_orders.id} | {">=(integer,integer)","<=(integer,integer)"} | 2 of , 1',
    'index condition predicates_orders: (id < ?) | {predicates_orders.id} | {"<(integer,integer)"} | 28 of , 2',
    'scan predicates_orders: ((id < ?) AND (amount > ?)) | {predicates_orders.id,predicates_orders.amount} | {"<(integer,integer)",">(numeric,numeric)"} | 1 of , 2');
SELECT NOT :'captured' OR bool_and(selectivity BETWEEN 0 AND 1 AND predicate !~ '[0-9'']' AND loops = executions AND first_seen <= last_seen AND NOT truncated
    AND (kind = 'filter' OR rows_in IS NULL)) AS sane FROM pk_predicates WHERE relation = 'predicates_orders'::regclass;
SELECT NOT :'captured' OR (selectivity = 0.002 AND compared = 1 AND least_ratio = greatest_ratio AND estimate_ratio = greatest_ratio AND estimated_rows BETWEEN 1 AND 10 AND actual_rows = 2) AS index_condition
FROM pk_predicates WHERE relation = 'predicates_orders'::regclass AND predicate = '((id >= ?) AND (id <= ?))' UNION ALL SELECT true WHERE NOT :'captured';
SELECT NOT :'captured' OR cardinality(queryids) = 3 AS statements FROM pk_predicates WHERE relation = 'predicates_orders'::regclass AND predicate = '((amount < ?) AND (state = ?))' UNION ALL SELECT true WHERE NOT :'captured';
SELECT NOT :'captured' OR (compared = 2 AND cardinality(recent_at) = 2 AND recent_actual = '{0,1}' AND recent_estimated[1] >= 1 AND clause_columns = '{1,4}'
    AND clause_operators = '{"<(integer,integer)",">(numeric,numeric)"}'::regoperator[]::oid[]) AS scan FROM pk_predicates WHERE relation = 'predicates_orders'::regclass AND kind = 'scan' UNION ALL SELECT true WHERE NOT :'captured';
SELECT NOT :'captured' OR (compared = 0 AND recent_at = '{}') AS part_of_scan FROM pk_predicates WHERE relation = 'predicates_orders'::regclass AND predicate = '(amount > ?)' UNION ALL SELECT true WHERE NOT :'captured';

-- Joins, by whatever means and from whichever side; keys of sorts and of groups.
SELECT CASE WHEN :'captured' THEN pk_workload_reset(current_database()) >= 0 ELSE true END AS reset;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SET pg_perfkit.predicate_rate = 1000000;
SELECT count(*) FROM predicates_orders o JOIN predicates_customers c ON c.id = o.customer WHERE c.name LIKE 'name 1%';
SELECT count(*) FROM predicates_customers c JOIN predicates_orders o ON o.customer = c.id;
SET enable_hashjoin = off;
SET enable_mergejoin = on;
SET enable_indexscan = off;
SELECT count(*) FROM predicates_customers c JOIN predicates_orders o ON o.customer = c.id;
SET enable_indexscan = on;
SET enable_mergejoin = off;
SET enable_nestloop = on;
SET enable_seqscan = off;
SET enable_memoize = off;
SELECT count(c.name) FROM predicates_orders o JOIN predicates_customers c ON c.id = o.customer WHERE o.id < 6;
SET enable_seqscan = on;
SET enable_indexscan = off;
SET enable_hashjoin = on;
SET enable_nestloop = off;
SELECT count(o.id) FROM predicates_customers c LEFT JOIN predicates_orders o ON o.customer = c.id AND o.id > c.id + 900;
SELECT count(*) FROM predicates_customers c WHERE NOT EXISTS (SELECT FROM predicates_orders o WHERE o.customer = c.id AND o.state = 'open');
SELECT state, count(*) FROM predicates_orders GROUP BY state HAVING count(*) > 100;
SELECT count(*) FROM (SELECT DISTINCT customer, state FROM predicates_orders) d;
SELECT id FROM predicates_orders ORDER BY amount DESC NULLS LAST, lower(state), id LIMIT 2;
SET pg_perfkit.predicate_rate = 0;
SELECT * FROM predicates_check(
    'filter predicates_customers: (name ~~ ?) | {predicates_customers.name} | {"~~(text,text)"} | 11 of 100, 1',
    'filter predicates_orders: (state = ?) | {predicates_orders.state} | {"=(text,text)"} | 100 of 1000, 1',
    'group predicates_orders: customer, state | {predicates_orders.customer,predicates_orders.state} | {"=(integer,integer)","=(text,text)"} | 100 of 1000, 1',
    'group predicates_orders: state | {predicates_orders.state} | {"=(text,text)"} | 2 of 1000, 1',
    'index condition predicates_customers: (predicates_customers.id = predicates_orders.customer) | {predicates_customers.id,predicates_orders.customer} | {"=(integer,integer)"} | 5 of , 1',
    'index condition predicates_orders: (id < ?) | {predicates_orders.id} | {"<(integer,integer)"} | 5 of , 1',
    'join left : ((predicates_orders.customer = predicates_customers.id) AND (predicates_orders.id > (predicates_customers.id + ?))) | {predicates_orders.customer,predicates_customers.id,predicates_orders.id} | {"=(integer,integer)",">(integer,integer)","+(integer,integer)"} | 100 of 100000, 1',
    'join anti : (predicates_orders.customer = predicates_customers.id) | {predicates_orders.customer,predicates_customers.id} | {"=(integer,integer)"} | 90 of 100, 1',
    'join inner : (predicates_orders.customer = predicates_customers.id) | {predicates_orders.customer,predicates_customers.id} | {"=(integer,integer)"} | 2110 of 211000, 3',
    'sort predicates_customers: id | {predicates_customers.id} | {"<(integer,integer)"} | 100 of 100, 1',
    'sort predicates_orders: amount DESC NULLS LAST, lower(state), id | {predicates_orders.amount,predicates_orders.state,predicates_orders.id} | {">(numeric,numeric)","<(text,text)","<(integer,integer)"} | 2 of 1000, 1',
    'sort predicates_orders: customer | {predicates_orders.customer} | {"<(integer,integer)"} | 1000 of 1000, 1');
SELECT NOT :'captured' OR (relation IS NULL AND rows_in = 2 AND rows_out = 1) AS having FROM pk_predicates WHERE predicate = '(count(*) > ?)' UNION ALL SELECT true WHERE NOT :'captured';

-- Partitions are their table; what does not run to its end has no estimate to compare.
SELECT CASE WHEN :'captured' THEN pk_workload_reset(current_database()) >= 0 ELSE true END AS reset;
SET pg_perfkit.predicate_rate = 1000000;
SELECT count(*) FROM predicates_parts WHERE b < 11;
SELECT count(*) FROM (SELECT FROM predicates_orders WHERE customer < 50 LIMIT 1) l;
DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM predicates_orders WHERE customer > 50 LOOP EXIT; END LOOP; END $$;
SELECT id, (SELECT count(*) FROM predicates_orders o WHERE o.customer = c.id) FROM predicates_customers c WHERE id IN (3, 4);
DO $$ BEGIN PERFORM 1 / (id - 8) FROM predicates_orders WHERE amount = 1 ORDER BY id; EXCEPTION WHEN division_by_zero THEN NULL; END $$;
DO $$ BEGIN PERFORM FROM predicates_orders WHERE amount = 2 AND state = 'plpgsql'; END $$;
SET pg_perfkit.predicate_rate = 0;
SELECT * FROM predicates_check(
    'filter predicates_customers: (id = ANY (?)) | {predicates_customers.id} | {"=(integer,integer)"} | 2 of 100, 1',
    'filter predicates_orders: ((amount = ?) AND (state = ?)) | {predicates_orders.amount,predicates_orders.state} | {"=(numeric,numeric)","=(text,text)"} | 0 of 1000, 1',
    'filter predicates_orders: (customer < ?) | {predicates_orders.customer} | {"<(integer,integer)"} | 1 of 1, 1',
    'filter predicates_orders: (customer > ?) | {predicates_orders.customer} | {">(integer,integer)"} | 1 of 51, 1',
    'filter predicates_orders: (predicates_orders.customer = predicates_customers.id) | {predicates_orders.customer,predicates_customers.id} | {"=(integer,integer)"} | 20 of 2000, 1',
    'filter predicates_parts: (b < ?) | {predicates_parts.b} | {"<(integer,integer)"} | 10 of 100, 1');
SELECT NOT :'captured' OR array_agg(predicate || ' ' || compared ORDER BY predicate COLLATE "C")
    = '{"((amount = ?) AND (state = ?)) 1","(b < ?) 1","(customer < ?) 0","(customer > ?) 0","(id = ANY (?)) 1","(predicates_orders.customer = predicates_customers.id) 1"}' AS compared FROM pk_predicates WHERE kind = 'filter' AND relation::text ~ '^predicates_';

-- A word of the syntax is no constant.
SET pg_perfkit.predicate_rate = 1000000;
SELECT count(*) FROM predicates_orders WHERE extract(year FROM date '2024-01-01' + id) = 2024;
-- Nor does a statement with more nodes than are looked at do harm, wherever they end.
DO $$
BEGIN
    FOR clauses IN 405..412 LOOP
        EXECUTE (SELECT 'SELECT FROM predicates_orders WHERE ' || string_agg(format('extract(year FROM date ''2024-01-01'' + id) = %s', i), ' OR ')
                 FROM generate_series(1, clauses) i);
    END LOOP;
END $$;
SET pg_perfkit.predicate_rate = 0;
SELECT NOT :'captured' OR count(*) = 1 AS extracted FROM pk_predicates WHERE kind = 'filter' AND predicate = '(EXTRACT(year FROM (? + id)) = ?)';

-- Who may see which statements.
CREATE ROLE predicates_role;
GRANT SELECT ON predicates_orders TO predicates_role;
SET pg_perfkit.predicate_rate = 1000000;
SET ROLE predicates_role;
SELECT count(*) AS of_others FROM pk_predicates WHERE relation::text ~ 'predicates_';
SET pg_perfkit.predicate_rate = 1;
SELECT count(*) FROM predicates_orders WHERE state = 'new' AND amount < 3;
SELECT NOT :'captured' OR array_agg(predicate || ' ' || cardinality(queryids)) = '{"((amount < ?) AND (state = ?)) 1"}' AS own FROM pk_predicates WHERE relation::text ~ 'predicates_';
RESET ROLE;
GRANT pg_read_all_stats TO predicates_role;
SET ROLE predicates_role;
SELECT NOT :'captured' OR count(*) > 3 AS rows FROM pk_predicates WHERE relation::text ~ 'predicates_';
RESET ROLE;
SELECT NOT :'captured' OR predicates > 3 AS info FROM pk_workload_info();
SELECT CASE WHEN :'captured' THEN pk_workload_reset(current_database()) >= 0 ELSE true END AS reset;
SELECT count(*) AS left FROM pk_predicates WHERE relation::text ~ '^predicates_';
RESET pg_perfkit.predicate_rate;
DROP FUNCTION predicates_check, predicates_seen;
DROP TABLE predicates_orders, predicates_customers, predicates_parts;
DROP ROLE predicates_role;
