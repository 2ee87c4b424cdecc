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
like($err, qr/no workload to advise on: pg_perfkit is not in shared.*pg_stat_statements: it is not loaded.*HINT:.*CREATE EXTENSION pg_stat_statements.*queries =>/s,
	'what to load and install');
$bare->safe_psql('postgres', 'CREATE TABLE t AS SELECT generate_series(1, 100000) n; ANALYZE t');
is($bare->safe_psql('postgres', q(SELECT table_name FROM pk_suggest_indexes(ARRAY['SELECT * FROM t WHERE n = 1']))), 't',
	'queries of one\'s own need neither');
($code, $out, $err) = $bare->psql('postgres', 'SELECT * FROM pk_verify()');
like($err, qr/NOTICE:  pg_perfkit captures no workload.*HINT:.*shared_preload_libraries/s, 'without capture there is nothing to verify by');
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
SELECT pg_stat_force_next_flush();
SQL
$node->safe_psql('postgres', join('', map { "SELECT count(*) FROM events WHERE kind = $_; INSERT INTO events VALUES ($_, $_, 'new'); UPDATE events SET seen = true WHERE id = $_;\n" } 1 .. 20) . 'SELECT pg_stat_force_next_flush()',
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

# What was sent tells of values that are rare, where the text without constants does not.  ANALYZE reads a table of this
# size as a whole: chance decides nothing.
$node->safe_psql('postgres', <<'SQL', extra_params => [ '-U', 'app' ]);
CREATE TABLE runs (id int, kind int, settings jsonb, note text);
INSERT INTO runs SELECT i, i % 4, jsonb_build_object('optimizer', CASE WHEN i % 997 = 500 THEN 'lamb' ELSE 'adam' END, 'seed', i), repeat('x', 300)
FROM generate_series(1, 30000) i;
ANALYZE runs;
SQL
$node->safe_psql('postgres', <<'SQL', extra_params => [ '-U', 'app' ]) for 1 .. 2;
SELECT count(note) FROM runs WHERE settings @> '{"optimizer": "lamb"}';
PREPARE bound(jsonb) AS SELECT sum(length(note)) FROM runs WHERE settings @> $1;
EXECUTE bound('{"optimizer": "lamb"}');
PREPARE missing(jsonb) AS SELECT min(note) FROM runs WHERE settings @> $1;
EXECUTE missing(NULL);
SET seq_page_cost = 1000;
SELECT min(id) FROM runs WHERE note = 'whisper';
SQL
my $super = sub { $node->safe_psql('postgres', $_[0]) };
my $of_runs = q(FROM pk_suggest_indexes() WHERE table_name = 'runs' AND ddl LIKE '%gin (settings jsonb_path_ops)');
is($super->("SELECT queries_helped, (SELECT min((q ->> 'samples')::int) FROM jsonb_array_elements(evidence -> 'queries') q) > 0 $of_runs"), '2|t',
	'the index that constants and bound values ask for, from samples');
is($super->(q(SELECT cost_before FROM pk_advisor_queries() WHERE query LIKE 'PREPARE missing%')), '0.01', 'a bound NULL finds nothing');
my $price = q(SELECT cost_before > 1000000 FROM pk_advisor_queries() WHERE query LIKE 'SELECT min(id)%');
is($super->($price), 't', 'planned with the settings of the session that ran it');
is($ask->($price), 'f', 'which nobody learns of who may not see samples');
# They find a tenth of the rows that are assumed without them.
my $rows_found = "SELECT cost_after / cost_before > 0.3 $of_runs";
is($super->($rows_found), 'f', 'what the constants are good for');
isnt($ask->($rows_found), 'f', 'he does not learn either');
is($ask->(q(SELECT max((q ->> 'samples')::int) FROM pk_suggest_indexes(), jsonb_array_elements(evidence -> 'queries') q)), '0', 'as its evidence says');
foreach my $call ('pk_suggest_indexes()', 'pk_advisor_queries()')
{
	unlike($super->("SELECT x::text FROM $call x"), qr/whisper|lamb/, "$call shows no constants");
}
$node->append_conf('postgresql.conf', "pg_perfkit.sample_readers = 'pg_monitor'");
$node->reload;
$node->poll_query_until('postgres', q(SELECT current_setting('pg_perfkit.sample_readers') = 'pg_monitor'));
is($ask->("SELECT count(*) $of_runs"), '1', 'who may see the samples has the advice');
# What was sent fits the table no more, but the text does.
$super->('ALTER TABLE app.runs ALTER note TYPE int USING length(note)');
is($super->(q(SELECT status = 'skipped' FROM pk_advisor_queries() WHERE query LIKE 'SELECT min(id)%')), 'f', 'a sample that no longer fits leaves the text');

# Its owner is dropped: the statistics remain.
$node->safe_psql('postgres', 'ALTER SCHEMA app OWNER TO postgres; REASSIGN OWNED BY app TO postgres; DROP ROLE app');
like($ask->(q(SELECT string_agg(DISTINCT status, ',') FROM pk_advisor_queries() WHERE query LIKE '%events%')), qr/skipped/,
	'who is gone cannot be asked for his search_path');

server_ok($node, 'at the end');
done_testing();
