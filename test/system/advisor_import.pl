# Advice on a copy of a database, from the workload of its original: the same as there, anonymised or not.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "max_parallel_workers_per_gather = 0\npg_perfkit.sample_rate = 10000\nstats_fetch_consistency = none");
$node->safe_psql('postgres', 'CREATE ROLE mary LOGIN; CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE DATABASE origin OWNER mary');
create_extension($node, 'origin');
$node->safe_psql('origin', <<'SQL', extra_params => [ '-U', 'mary' ]);
CREATE SCHEMA app;
CREATE TABLE app.runs (id int PRIMARY KEY, owner text, status text, at timestamptz, doc jsonb, score float8, note text);
INSERT INTO app.runs SELECT i, 'owner' || i % 7000, CASE WHEN i % 100 = 0 THEN 'failed' ELSE 'done' END,
	'2024-01-01 00:00Z'::timestamptz + i * interval '1 min', jsonb_build_object('kind', CASE WHEN i % 500 = 0 THEN 'rare' ELSE 'common' END, 'seed', i),
	i % 997, repeat('x', 200) FROM generate_series(1, 40000) i;
CREATE TABLE app.steps (run int REFERENCES app.runs ON DELETE CASCADE, n int, name text);
INSERT INTO app.steps SELECT i % 40000 + 1, i % 5, 'step' || i % 30 FROM generate_series(1, 80000) i;
CREATE INDEX runs_owner ON app.runs (owner);
CREATE INDEX runs_owner_twin ON app.runs (owner);
CREATE FUNCTION app.tally(name text) RETURNS bigint LANGUAGE plpgsql SET search_path = app AS $$
BEGIN RETURN (SELECT count(*) FROM steps s WHERE s.name = tally.name AND s.n = 4); END $$;
ANALYZE;
SQL
# A copy with its statistics, before any of the workload.
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE origin');
$node->safe_psql('postgres', 'SELECT pk_workload_reset()');

# Sessions of their own, whose first execution of a statement is sampled.
$node->safe_psql('origin', "SET search_path = app, public; $_", extra_params => [ '-U', 'mary' ]) foreach map { (
	q{SELECT id, owner FROM runs WHERE status = 'failed' AND note <> 'mary.smith'},
	"SELECT count(*) FROM runs WHERE at BETWEEN '2024-01-14 04:05:33Z' AND '2024-01-14 05:0$_:17Z'",
	"SELECT count(note) FROM runs WHERE doc \@> '{\"kind\": \"rare\"}'",
	'SELECT id, score FROM runs ORDER BY score DESC, id LIMIT 10',
	"PREPARE p(int, int) AS SELECT * FROM runs JOIN steps ON run = id WHERE id BETWEEN \$1 AND \$2; EXECUTE p($_, $_ + 3)",
	"SELECT tally('step$_')",
	"UPDATE runs SET note = 'y' WHERE score = $_ AND status = 'done'",
	"DELETE FROM runs WHERE id = 100 + $_",
	"INSERT INTO steps VALUES (1, 9, 'new')") } 1 .. 3;

my $advice = sub {
	my ($database, $arguments) = @_;
	return $node->safe_psql($database, "SELECT action, regexp_replace(ddl, '\\s+', ' ', 'g') FROM pk_suggest_indexes($arguments) ORDER BY 1, 2");
};
my $there = $advice->('origin', '');
my @kinds = (qr/\bUSING gin \(doc jsonb_path_ops\)/, qr/runs USING btree \(status/, qr/runs USING btree \(at\b/, qr/steps USING btree \(run\b/,
	qr/steps USING btree \((name|n)\b/, qr/runs USING btree \(score/, qr/DROP INDEX CONCURRENTLY app\.runs_owner/);
like($there, $_, "the origin's advice has $_") foreach @kinds;

my %export = (
	whole => $node->safe_psql('origin', 'SELECT pk_workload_export(false)'),
	anonymous => $node->safe_psql('origin', 'SELECT pk_workload_export()'));
unlike($export{anonymous}, qr/mary/, 'nothing of her comes along');
# The role is not on the other server; here it takes no part either.
$node->safe_psql('copy', 'REASSIGN OWNED BY mary TO postgres');
foreach my $name (sort keys %export)
{
	cmp_ok($node->safe_psql('copy', 'SELECT pk_workload_import(' . literal($export{$name}) . ", '$name')"), '>=', 10, "$name: samples come over");
	is($advice->('copy', "import => '$name'"), $there, "$name: the same advice");
	is($node->safe_psql('copy', <<SQL), "import|$name|t|t|t", "$name: its source and window are told");
SELECT evidence #>> '{workload,source}', evidence #>> '{workload,import}', (evidence #>> '{workload,hours}')::float8 > 0,
	(evidence #>> '{queries,0,samples}')::int > 0, saved_ms_per_hour > 0 FROM pk_suggest_indexes(import => '$name') WHERE ddl LIKE '%gin%'
SQL
}
is($node->safe_psql('copy', q(SELECT DISTINCT user_name FROM pk_advisor_queries(import => 'whole') WHERE query LIKE '%FROM runs%')), 'mary', 'who ran it there');
is($node->safe_psql('copy', q{SELECT string_agg(DISTINCT status, ',') FROM pk_advisor_queries(import => 'whole') WHERE query LIKE 'SELECT%tally(%'}), 'not helped',
	'a function that was called there is known');

# A type that is not here.
my $foreign = join("\n", (split /\n/, $export{whole})[0],
	'{"statement": {"role": "r", "toplevel": true, "queryid": "1", "calls": 5, "total_ms": 500, "rows": 5, "first_seen": "2024-01-01", "last_seen": "2024-01-02", '
	  . '"query": "SELECT * FROM app.runs WHERE status = $1 AND score > ?"}}',
	'{"sample": {"role": "r", "toplevel": true, "queryid": "1", "kind": "reservoir", "query": "SELECT * FROM app.runs WHERE status = $1 AND score > 3", '
	  . '"parameter_types": ["elsewhere.mood"], "parameters": ["x"], "parameter_states": ["value"], "search_path": "app", "settings": [], "plannable": true}}');
$node->safe_psql('copy', 'SELECT pk_workload_import(' . literal($foreign) . ", 'foreign')");
is($node->safe_psql('copy', q(SELECT evidence #>> '{queries,0,samples}', evidence #>> '{queries,0,read_as,0}' FROM pk_suggest_indexes(import => 'foreign', include_drops => false))),
	'0|a sample was left out, since there is no type "elsewhere.mood" here', 'its text is planned instead, and why is told');

# Rights: those of the caller, as with EXPLAIN.
my $ask = sub { $node->psql('copy', $_[0], extra_params => [ '-U', 'monitor' ]) };
is(($ask->(q(SELECT DISTINCT status, reason FROM pk_advisor_queries(import => 'foreign'))))[1], 'skipped|permission denied for schema app',
	'a monitoring role plans with its own rights');
$node->safe_psql('copy', 'GRANT USAGE ON SCHEMA app TO monitor; GRANT SELECT ON app.runs TO monitor');
is(($ask->(q(SELECT DISTINCT status FROM pk_advisor_queries(import => 'foreign'))))[1], 'helped', 'which it can be given');
is(($ask->(q(SELECT max((q ->> 'samples')::int) FROM pk_suggest_indexes(import => 'whole'), jsonb_array_elements(evidence -> 'queries') q)))[1], '',
	'samples are for who may see constants');
like(($ask->(q(SELECT pk_suggest_indexes(import => 'nothing'))))[2], qr/there is no imported workload named "nothing"/, 'an import that is not there');
like(($ask->(q(SELECT pk_suggest_indexes(ARRAY['SELECT 1'], import => 'whole'))))[2], qr/queries and import are two workloads/, 'two workloads');

server_ok($node, 'at the end');
$node->stop;
done_testing();
