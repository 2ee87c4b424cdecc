# Keys move from version 4 to 7 under running writers, and the move is killed twice, once with the whole
# server: at the end every row is there and refers to what it referred to.
#
# PERFKIT_ROWS sets the keys of each schema (default 2,000).
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $keys = $ENV{PERFKIT_ROWS} // 2000;
my $node = perfkit_node('main', conf => "max_connections = 60\nfsync = off");
my $registry = "$ENV{PERFKIT_SOURCE}/bench/registry";

# The sample registry, with a table that refers to its runs.
$node->safe_psql('postgres', 'CREATE DATABASE registry');
$node->safe_psql('registry', 'CREATE EXTENSION pg_perfkit;' . slurp_file("$registry/schema.sql") . <<SQL . slurp_file("$registry/keys.sql"));
INSERT INTO environments VALUES (1, 'production');
INSERT INTO models (model_name, team) VALUES ('m', 't');
INSERT INTO model_versions (model_id, semver) VALUES (1, '1.0');
INSERT INTO training_runs (version_id, created_at, model_name, experiment_name, accuracy)
SELECT 1, now() - interval '1 year' + n * interval '1 minute', 'm', 'e', n FROM generate_series(1, $keys) n;
SQL
$node->safe_psql('registry', <<SQL);
CREATE SEQUENCE numbers START 1000000;
CREATE INDEX ON training_runs (accuracy);
CREATE TABLE evaluations (run_id uuid NOT NULL REFERENCES training_runs, n float8);
INSERT INTO evaluations SELECT run_id, accuracy FROM training_runs;
SQL

# References in a circle, composite, to itself, through another key, from partitions; deferred.
$node->safe_psql('postgres', 'CREATE DATABASE graph');
$node->safe_psql('graph', <<SQL);
CREATE EXTENSION pg_perfkit;
CREATE SEQUENCE numbers START 1000000;
CREATE TABLE nodes (tenant int NOT NULL, node_id uuid NOT NULL DEFAULT gen_random_uuid(), parent_id uuid, main_edge int, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	n int NOT NULL UNIQUE, PRIMARY KEY (tenant, node_id), UNIQUE (node_id), FOREIGN KEY (tenant, parent_id) REFERENCES nodes DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE edges (edge_id int PRIMARY KEY, from_node uuid NOT NULL REFERENCES nodes (node_id), from_n int NOT NULL);
ALTER TABLE nodes ADD FOREIGN KEY (main_edge) REFERENCES edges;
CREATE TABLE tags (node_id uuid REFERENCES nodes (node_id), tag int, n int NOT NULL, PRIMARY KEY (node_id, tag));
CREATE TABLE tag_uses (node_id uuid, tag int, n int NOT NULL, FOREIGN KEY (node_id, tag) REFERENCES tags);
CREATE TABLE readings (node_id uuid NOT NULL REFERENCES nodes (node_id), n int NOT NULL, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE readings_1 PARTITION OF readings FOR VALUES FROM (0) TO (500);
CREATE TABLE readings_2 PARTITION OF readings DEFAULT;
INSERT INTO nodes (tenant, created_at, n) SELECT n % 3, now() - interval '1 year' + n * interval '1 minute', n FROM generate_series(1, $keys) n;
-- What refers to what by numbers that stay: the record of each reference is made with it.
CREATE TABLE parents (n int, parent int);
UPDATE nodes t SET parent_id = (SELECT p.node_id FROM nodes p WHERE p.n = t.n - 3);
INSERT INTO parents SELECT n, n - 3 FROM nodes WHERE n > 3;
INSERT INTO edges SELECT n, node_id, n FROM nodes;
UPDATE nodes SET main_edge = n;
INSERT INTO tags SELECT node_id, 0, n FROM nodes;
INSERT INTO tag_uses SELECT node_id, 0, n FROM nodes;
INSERT INTO readings SELECT node_id, n, n FROM nodes;
SQL

# Writers.  The last of each kind holds a key over the end of its transaction.
my $scripts = PostgreSQL::Test::Utils::tempdir('writers');
my %writers = (
	registry => [
		"WITH r AS (INSERT INTO training_runs (version_id, model_name, experiment_name, accuracy) VALUES (1, 'm', 'e', nextval('numbers')) RETURNING run_id, accuracy)
			INSERT INTO evaluations SELECT run_id, accuracy FROM r;",
		"WITH r AS (SELECT run_id, accuracy FROM training_runs WHERE accuracy = :r FOR KEY SHARE) INSERT INTO evaluations SELECT run_id, accuracy FROM r;",
		"UPDATE training_runs SET status = 'running' WHERE accuracy = :r;",
		"SELECT run_id AS held FROM training_runs WHERE accuracy = :r \\gset\n\\sleep 5 ms\nINSERT INTO evaluations VALUES (':held', :r);" ],
	graph => [
		"WITH p AS (SELECT tenant, node_id, n FROM nodes WHERE n = :r FOR KEY SHARE),
			c AS (INSERT INTO nodes (tenant, parent_id, n) SELECT tenant, node_id, nextval('numbers') FROM p RETURNING n)
			INSERT INTO parents SELECT c.n, p.n FROM c, p;",
		"WITH p AS (SELECT node_id, n FROM nodes WHERE n = :r FOR KEY SHARE), t AS (INSERT INTO tags SELECT node_id, nextval('numbers'), n FROM p RETURNING *)
			INSERT INTO readings SELECT node_id, n, n % 1000 FROM t;",
		"UPDATE nodes SET created_at = created_at WHERE n = :r;",
		"SELECT node_id AS held FROM nodes WHERE n = :r \\gset\n\\sleep 5 ms\nINSERT INTO edges VALUES (nextval('numbers'), ':held', :r);" ]);
foreach my $database (keys %writers)
{
	my $i = 0;
	append_to_file("$scripts/$database" . $i++, "\\set r random(1, $keys)\n$_\n\\sleep 10 ms\n") foreach @{ $writers{$database} };
}

sub start_writers
{
	my ($database) = @_;
	my $log = '';
	my $run = IPC::Run::start([ 'pgbench', '-n', '-c', '3', '-T', '600', (map { ('-f', "$scripts/$database$_") } 0 .. 3), '-d', $node->connstr($database) ],
		'>', \$log, '2>&1');
	return { run => $run, log => \$log };
}

# Ends them; what they complained of.
sub stop_writers
{
	my ($writers) = @_;
	$writers->{run}->signal('TERM');
	$writers->{run}->finish;
	return join("\n", grep { /ERROR|error|aborted/ } split /\n/, ${ $writers->{log} });
}

# A phase of the plan, as its statements say, or a part of it.
my $phases = 0;
sub start_phase
{
	my ($database, $relation, $phase, $part) = @_;
	$part //= 'true';
	my $sql = "WITH p AS MATERIALIZED (SELECT *, bool_or(statement LIKE 'CALL%') OVER (ORDER BY step) AS moving FROM pk_uuid_migrate('$relation', 'created_at', 25) WHERE phase = '$phase')
		SELECT statement FROM p WHERE $part ORDER BY step \\gexec\n";
	# A file, since nobody feeds a pipe meanwhile.
	my $file = "$scripts/" . ++$phases;
	append_to_file($file, $sql);
	my $out = '';
	my $run = IPC::Run::start([ 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', $file, '-d', $node->connstr($database) ], '>', \$out, '2>&1');
	return { run => $run, out => \$out };
}

sub finish_phase
{
	my ($phase) = @_;
	my $good = $phase->{run}->finish;
	note(${ $phase->{out} });
	return ($good, grep { /\|/ } split /\n/, ${ $phase->{out} });
}

sub moved { my ($database, $map) = @_; return $node->safe_psql($database, "SELECT count(*) FROM $map") }

my %of = (
	registry => {
		relation => 'training_runs', key => 'run_id', number => 'accuracy',
		wrong    => 'SELECT count(*) FROM evaluations e LEFT JOIN training_runs r USING (run_id) WHERE r.accuracy IS DISTINCT FROM e.n' },
	graph => {
		relation => 'nodes', key => 'node_id', number => 'n',
		wrong    => q{SELECT (SELECT count(*) FROM parents r JOIN nodes c USING (n) JOIN nodes p ON p.n = r.parent WHERE c.parent_id <> p.node_id OR c.tenant <> p.tenant)
			+ (SELECT count(*) FROM edges e LEFT JOIN nodes n ON n.node_id = e.from_node WHERE n.n IS DISTINCT FROM e.from_n)
			+ (SELECT count(*) FROM tags t LEFT JOIN nodes n USING (node_id) WHERE n.n IS DISTINCT FROM t.n)
			+ (SELECT count(*) FROM tag_uses u LEFT JOIN tags t USING (node_id, tag) WHERE t.n IS DISTINCT FROM u.n)
			+ (SELECT count(*) FROM readings r LEFT JOIN nodes n USING (node_id) WHERE n.n IS DISTINCT FROM r.n)
			+ (SELECT count(*) FROM parents r LEFT JOIN nodes c USING (n) WHERE c.parent_id IS NULL)} });

# Begins to move the keys, while the session holds a row late in the move: there it waits until it is killed.
sub start_move
{
	my ($holder, $database, $map) = @_;
	my ($relation, $key) = @{ $of{$database} }{ 'relation', 'key' };
	my ($prepared) = finish_phase(start_phase($database, $relation, 'forward', 'NOT moving'));
	ok($prepared, "$database: prepared");
	# Rows that have moved lie behind those that have not.
	$holder->query_safe("BEGIN; SELECT FROM $relation WHERE $key = (SELECT $key FROM $relation WHERE NOT pk_uuid_is_v7($key)
		ORDER BY ctid OFFSET greatest($keys * 3 / 4 - (SELECT count(*) FROM $map), 0) LIMIT 1) FOR UPDATE");
	return start_phase($database, $relation, 'forward', 'moving');
}

foreach my $database ('registry', 'graph')
{
	my ($relation, $key, $number, $wrong) = @{ $of{$database} }{ 'relation', 'key', 'number', 'wrong' };
	my $map = "${relation}_uuid_map";
	$node->safe_psql($database, "CREATE TABLE was AS SELECT $key, $number FROM $relation");
	is($node->safe_psql($database, $wrong), '0', "$database: all is right before");
	my $writers = start_writers($database);

	# Killed, the session alone.
	my $holder = $node->background_psql($database, on_error_stop => 0);
	my $phase = start_move($holder, $database, $map);
	$node->poll_query_until($database, "SELECT count(*) > $keys / 4 FROM $map") or die 'the move does not get on';
	is($node->safe_psql($database, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'CALL public.pk_uuid_move%'"), '1', "$database: killed");
	my ($good) = finish_phase($phase);
	$holder->query_safe('ROLLBACK');
	ok(!$good, "$database: so it has not ended well");
	cmp_ok(moved($database, $map), '<', $keys, "$database: nor is it done");
	is($node->safe_psql($database, $wrong), '0', "$database: all is right when a quarter has moved");

	# Killed, with all.
	$phase = start_move($holder, $database, $map);
	$node->poll_query_until($database, "SELECT count(*) > $keys / 2 FROM $map") or die 'the move does not get on';
	is(stop_writers($writers), '', "$database: no writer saw an error");
	$writers = start_writers($database);
	$node->stop('immediate');
	finish_phase($phase);
	stop_writers($writers);
	$holder->{run}->kill_kill;
	$node->start;
	cmp_ok(moved($database, $map), '<', $keys, "$database: not done when the server was killed");
	is($node->safe_psql($database, $wrong), '0', "$database: all is right when half has moved");

	# To the end.
	$writers = start_writers($database);
	($good, my @checks) = finish_phase(start_phase($database, $relation, 'forward'));
	ok($good, "$database: done");
	cmp_ok(scalar @checks, '>', 2, "$database: checked");
	is(join("\n", grep { !/\|0$/ } @checks), '', "$database: nothing found");
	is(stop_writers($writers), '', "$database: no writer saw an error");
	is($node->safe_psql($database, "SELECT count(*) FROM $relation WHERE NOT pk_uuid_is_v7($key)"), '0', "$database: every key is of version 7");
	is($node->safe_psql($database, $wrong), '0', "$database: every reference is right");
	is($node->safe_psql($database, "SELECT count(*) FROM was LEFT JOIN $relation USING ($number) LEFT JOIN $map ON old_id = was.$key WHERE $relation.$key IS DISTINCT FROM new_id"),
		'0', "$database: every row is there, and the map knows its old key");
	is($node->safe_psql($database, "SELECT count(*) FROM (SELECT $number - lag($number) OVER (ORDER BY $key) AS step FROM $relation WHERE $number <= $keys) s WHERE step <> 1"),
		'0', "$database: in the order of time");
	cmp_ok($node->safe_psql($database, "SELECT count(*) FROM $relation WHERE $number > $keys"), '>', 0, "$database: rows were made meanwhile");

	# The way back.
	$writers = start_writers($database);
	($good, @checks) = finish_phase(start_phase($database, $relation, 'back'));
	ok($good, "$database: back");
	is(join("\n", grep { !/\|0$/ } @checks), '', "$database: nothing found");
	is(stop_writers($writers), '', "$database: no writer saw an error on the way back");
	is($node->safe_psql($database, "SELECT count(*) FROM was JOIN $relation USING ($key, $number)"), $keys, "$database: every key is what it was");
	is($node->safe_psql($database, $wrong), '0', "$database: every reference is right");
	finish_phase(start_phase($database, $relation, 'clean up'));
	is($node->safe_psql($database, "SELECT (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pk_uuid%') + (SELECT count(*) FROM pg_class WHERE relname LIKE 'pk_uuid_helper%')"), '0', "$database: cleaned up");
}
$node->stop;
done_testing();
