# Where the advisor has its workload from: what pg_perfkit captured, nested statements and failed ones included, else
# pg_stat_statements with a NOTICE, else an error.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $tables = <<'SQL';
CREATE TABLE events (id int, kind int, body text);
INSERT INTO events SELECT i, i % 5000, repeat('x', 200) FROM generate_series(1, 60000) i;
CREATE TABLE hidden (id int, kind int, body text);
INSERT INTO hidden SELECT * FROM events;
CREATE FUNCTION look(k int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int; BEGIN SELECT count(*) INTO n FROM hidden WHERE kind = k; RETURN n; END $$;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int, parent int REFERENCES parent, body text);
INSERT INTO parent SELECT generate_series(1, 1000);
INSERT INTO child SELECT i, i % 500 + 1, repeat('x', 200) FROM generate_series(1, 60000) i;
ANALYZE;
SQL
my $workload = join "\n", map { "SELECT count(*) FROM events WHERE kind = $_; SELECT look($_);" } 1 .. 10;

# --- captured, and nothing else to be had ---

my $node = perfkit_node('captured', preload => 'pg_perfkit', conf => 'max_parallel_workers_per_gather = 0');
my $value = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };
$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE ROLE app LOGIN; GRANT CREATE ON SCHEMA public TO app');
$node->safe_psql('postgres', $tables, extra_params => [ '-U', 'app' ]);
$node->safe_psql('postgres', 'SELECT pk_workload_reset()');
$node->safe_psql('postgres', $workload, extra_params => [ '-U', 'app' ]);

my $indexes = q(SELECT table_name, (ddl ~ '\(kind\)')::text, queries_helped, evidence #>> '{workload,source}', evidence #> '{workload,not_captured}' IS NULL,
	coalesce(evidence #>> '{queries,0,nested}', 'false'), evidence #>> '{queries,0,own_share}', evidence #>> '{queries,0,calls}',
	(evidence #>> '{queries,0,samples}')::int > 0
	FROM pk_suggest_indexes(covering => false, min_gain => 0) WHERE table_name IN ('events', 'hidden') ORDER BY 1);
# All of the function's time is that of the statement in it, and half of it counts here, half there.
is($value->($indexes), "events|true|1|pg_perfkit|t|false||10|t\nhidden|true|1|pg_perfkit|t|true|0.5|10|t",
	'indexes for what the client sent and for what ran in a function, without pg_stat_statements');
is($value->($indexes, 'monitor'), "events|true|1|pg_perfkit|t|false||10|f\nhidden|true|1|pg_perfkit|t|true|0.5|10|f",
	'and from the texts alone, for who may not see constants');
is($value->(q(SELECT query FROM pk_advisor_queries() WHERE query LIKE '%FROM events%'), 'monitor'), 'SELECT count(*) FROM events WHERE kind = $1',
	'of which he sees none');
is($value->('SELECT round(sum(share)::numeric, 6) FROM pk_advisor_queries()'), '1.000000', 'shares add up');
is($value->(q(SELECT count(*) FROM pk_advisor_queries() WHERE query LIKE '%pg_extension%' OR query LIKE '%pk_workload_import%')), '0',
	'the advisor does not see its own queries');
$value->('GRANT EXECUTE ON FUNCTION pk_advisor_queries TO app');
$value->('SELECT 17 AS others');
is($value->(q(SELECT count(*) FROM pk_advisor_queries() WHERE user_name <> 'app'), 'app'), '0', 'everybody else sees only what is his');

# Checks of foreign keys are in the time of the statement that causes them.
$node->safe_psql('postgres', join('', map { "DELETE FROM parent WHERE id = $_;" } 801 .. 805), extra_params => [ '-U', 'app' ]);
is($value->(q(SELECT ddl ~ '\(parent\)', evidence #>> '{queries,0,query}', evidence #> '{queries,0,nested}' FROM pk_suggest_indexes(covering => false)
	WHERE table_name = 'child')), 't|DELETE FROM parent WHERE id = $1|', 'the index for a foreign key, by its deletes');
is($value->(q(SELECT share > 0, (SELECT sum(share) FROM pk_advisor_queries() WHERE query LIKE '%child%FOR KEY SHARE OF x')
	FROM pk_advisor_queries() WHERE query LIKE 'DELETE FROM parent%')), 't|0', 'whose time counts once');

# What always times out is what needs an index most.
$node->psql('postgres', q(SET statement_timeout = '100ms'; SELECT count(*) FROM child WHERE body = 'y' OR pg_sleep(0.01) IS NULL));
is($value->(q(SELECT calls, total_ms > 50 FROM pk_advisor_queries() WHERE query LIKE '%pg_sleep%FROM%' OR query LIKE '%FROM child WHERE body%')), '1|t',
	'executions that were cancelled count with their time');

# Counting since when: of this database, not of the server.
$node->safe_psql('postgres', 'CREATE DATABASE younger');
create_extension($node, 'younger');
is($node->safe_psql('younger', q(SELECT y.first >= p.first FROM (SELECT min(first_seen) AS first FROM pk_workload WHERE database = 'younger') y,
	(SELECT min(first_seen) AS first FROM pk_workload WHERE database = 'postgres') p)), 't', 'a younger database');
$node->safe_psql('younger', "$tables; SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset(); SELECT count(*) FROM events WHERE kind = 3");
is($node->safe_psql('younger', q(SELECT (evidence #>> '{workload,since}')::timestamptz >= date_trunc('second', (SELECT min(first_seen) FROM pk_workload WHERE database = 'younger'))
	FROM pk_suggest_indexes(min_gain => 0) LIMIT 1)), 't', 'has a window of its own');
server_ok($node, 'captured');
$node->stop;

# --- both ---

$node = perfkit_node('both', conf => 'max_parallel_workers_per_gather = 0');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');
$node->safe_psql('postgres', $tables);
$node->safe_psql('postgres', $workload);
my $source = q(SELECT DISTINCT evidence #>> '{workload,source}', evidence #>> '{workload,not_captured}' FROM pk_suggest_indexes());
is($node->safe_psql('postgres', $source), 'pg_perfkit|', 'what was captured comes first');
my ($code, $out, $notice) = $node->psql('postgres', "SET pg_perfkit.workload = off; $source");
is($out, 'pg_stat_statements|pg_perfkit.workload is off', 'with capture off, what pg_stat_statements has');
like($notice, qr/^psql:<stdin>:1: NOTICE:  advising on what pg_stat_statements has: pg_perfkit\.workload is off$/m, 'and a NOTICE');
$node->safe_psql('postgres', q(SELECT pg_sleep(greatest(0, 20 - extract(epoch FROM now() - stats_reset))) FROM pg_stat_statements_info));
($code, $out, $notice) = $node->psql('postgres', "SELECT 1 FROM pk_workload_reset(); $source");
like($out, qr/^1\npg_stat_statements\|pg_perfkit captures since \S+Z only$/, 'so where capture is much younger');
like($notice, qr/NOTICE:  advising on what pg_stat_statements has: pg_perfkit captures since/, 'with a NOTICE');
server_ok($node, 'both');
$node->stop;

# --- pg_stat_statements alone, and neither ---

$node = perfkit_node('statistics', preload => 'pg_stat_statements');
($code, $out, my $error) = $node->psql('postgres', 'SELECT pk_suggest_indexes()');
like($error, qr/there is no workload to advise on: pg_perfkit is not in shared_preload_libraries.*not installed in this database/s, 'an error tells both');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');
$node->safe_psql('postgres', $tables);
$node->safe_psql('postgres', $workload);
($code, $out, $notice) = $node->psql('postgres', $source);
is($out, 'pg_stat_statements|pg_perfkit is not in shared_preload_libraries', 'pg_stat_statements alone');
like($notice, qr/NOTICE:.*DETAIL:  Missing: constants.*HINT:  Add pg_perfkit to shared_preload_libraries/s, 'with a NOTICE of what is missing');
server_ok($node, 'statistics');
$node->stop;

$node = perfkit_node('idle', preload => 'pg_perfkit', conf => 'pg_perfkit.workload = off');
($code, $out, $error) = $node->psql('postgres', 'SELECT pk_suggest_indexes()');
like($error, qr/no workload to advise on: pg_perfkit\.workload is off.*Let the application run, with capture on, or pass/s, 'nothing captured');
$node->stop;
done_testing();
