# Advice on an observed workload, as a dashboard's role with pg_monitor gets it: what was run by somebody
# else in a schema that it may not use, with the writes and the window told; and what is said where
# there is no workload.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $bare = perfkit_node('bare', preload => '');
my ($code, $out, $err) = $bare->psql('postgres', 'SELECT pk_suggest_indexes()');
like($err, qr/not installed in this database.*HINT:.*CREATE EXTENSION pg_stat_statements.*queries =>/s, 'what to install');
$bare->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');
($code, $out, $err) = $bare->psql('postgres', 'SELECT pk_suggest_indexes()');
like($err, qr/not loaded.*HINT:.*shared_preload_libraries/s, 'what to load');
$bare->safe_psql('postgres', 'CREATE TABLE t AS SELECT generate_series(1, 100000) n; ANALYZE t');
is($bare->safe_psql('postgres', q(SELECT table_name FROM pk_suggest_indexes(ARRAY['SELECT * FROM t WHERE n = 1']))), 't',
	'queries of one\'s own need neither');
$bare->stop;

my $node = perfkit_node('main', conf => 'max_parallel_workers_per_gather = 0');
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE ROLE app LOGIN;
CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
CREATE SCHEMA app AUTHORIZATION app;
ALTER ROLE app SET search_path = app;
SQL
# A load, which will not come again, then readers and writers.
$node->safe_psql('postgres', <<'SQL', extra_params => [ '-U', 'app' ]);
CREATE TABLE events (id int, kind int, body text, seen bool DEFAULT false);
INSERT INTO events SELECT i, i % 5000, repeat('x', 200) FROM generate_series(1, 200000) i;
ANALYZE events;
CREATE TABLE gone (n int);
SELECT * FROM gone WHERE n = 1;
DROP TABLE gone;
CREATE TEMP TABLE passing AS SELECT generate_series(1, 1000) n;
SELECT * FROM passing WHERE n = 1;
SQL
$node->safe_psql('postgres', join('', map { "SELECT count(*) FROM events WHERE kind = $_; INSERT INTO events VALUES ($_, $_, 'new'); UPDATE events SET seen = true WHERE id = $_;\n" } 1 .. 20),
	extra_params => [ '-U', 'app' ]);

my $ask = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', 'monitor' ]) };
isnt($ask->('SELECT pk_suggest_indexes()'), '', 'without a schema, as a dashboard asks');
is($ask->(q(SELECT schema_name, table_name, (ddl ~ '\(kind\)')::text FROM pk_suggest_indexes() WHERE ddl LIKE '%kind%')), 'app|events|true',
	'the index for somebody else\'s query, in a schema that the caller may not use');
is($ask->(q(SELECT action, saved_ms_per_hour > write_cost, write_cost > 0, cost_after < cost_before, queries_helped,
	(evidence -> 'workload' ->> 'hours')::float8 > 0, evidence -> 'workload' ? 'since', evidence -> 'queries' -> 0 ->> 'user',
	evidence -> 'queries' -> 0 ->> 'calls', evidence -> 'writes_per_hour' ->> 'first_load_rows'
	FROM pk_suggest_indexes() WHERE ddl LIKE '%kind%')), 'create|t|t|t|1|t|t|app|20|200000', 'every figure says something');
is($ask->(q(SELECT min_same FROM (SELECT a.advice_id = b.advice_id AS min_same FROM pk_suggest_indexes() a JOIN pk_suggest_indexes() b USING (ddl)) x WHERE NOT min_same)),
	'', 'the same advice has the same identity');
is($ask->(q(SELECT status, reason FROM pk_advisor_queries() WHERE query LIKE 'SELECT * FROM gone%')), 'skipped|relation "gone" does not exist',
	'a dropped table is told');
like($ask->(q(SELECT status, reason FROM pk_advisor_queries() WHERE query LIKE 'SELECT * FROM passing%')), qr/^skipped\|relation "passing" does not exist/,
	'another session\'s temporary table is told');
like($ask->(q(SELECT reason FROM pk_advisor_queries() WHERE query LIKE 'UPDATE events%')), qr/the advised indexes save|but/, 'so is what helps a write');
is($ask->(q(SELECT count(*) FROM pk_advisor_queries() WHERE status NOT IN ('helped', 'not helped', 'skipped') OR reason IS NULL)), '0',
	'each query has a status and a reason');

# Its owner is dropped: the statistics remain.
$node->safe_psql('postgres', 'ALTER SCHEMA app OWNER TO postgres; ALTER TABLE app.events OWNER TO postgres; DROP ROLE app');
like($ask->(q(SELECT string_agg(DISTINCT status, ',') FROM pk_advisor_queries() WHERE query LIKE '%events%')), qr/skipped/,
	'who is gone cannot be asked for his search_path');

server_ok($node, 'at the end');
done_testing();
