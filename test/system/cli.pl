# The perfkit tool against a server: registry, bench, apply and compare do what they say, and errors
# are one sentence with the right exit status.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $perfkit = $ENV{PERFKIT_CLI};
plan skip_all => 'not applicable: perfkit is not built (cmake -S . -B build/cmake && cmake --build build/cmake)'
  unless $perfkit && -x $perfkit;

my $node = perfkit_node('cli');
$node->safe_psql('postgres', 'CREATE DATABASE registry');
my $dir = PostgreSQL::Test::Utils::tempdir('cli');
my $conninfo = $node->connstr('registry');

sub perfkit
{
	my @arguments = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ $perfkit, @arguments ], '<', \undef, '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

sub succeeds
{
	my ($name, @arguments) = @_;
	my ($code, $out, $err) = perfkit(@arguments);
	is($code, 0, $name) or diag("$out$err");
	return $out;
}

# One line on standard error that begins "perfkit: " and matches.
sub fails
{
	my ($name, $status, $sentence, @arguments) = @_;
	my ($code, $out, $err) = perfkit(@arguments);
	is($code, $status, "$name: exit status");
	like($err, qr/\Aperfkit: [^\n]*$sentence[^\n]*\n\z/, "$name: one sentence");
	return $out;
}

sub report
{
	my ($file) = @_;
	return decode_json(slurp_file("$dir/$file"));
}

sub in_registry { return $node->safe_psql('registry', $_[0]) }

# --- errors ----------------------------------------------------------------------------------------

fails('no server', 1, 'cannot connect: .*No such file or directory', 'bench', '-d', "host=$dir dbname=x");
fails('no such database', 1, 'database "nowhere" does not exist', 'bench', '-d', $node->connstr('nowhere'));
fails('no subcommand', 2, 'subcommand is required');
fails('unknown option', 2, '--nothing', 'bench', '--nothing');
fails('bad scale', 2, '--scale wants a number', 'registry', 'load', '-d', $conninfo, '--scale', '0');
fails('no workload file', 1, "cannot read $dir/none.sql: No such file", 'bench', '-d', $conninfo, '--workload', "$dir/none.sql");
append_to_file("$dir/wrong.sql", "-- name: a\n-- kind: delete\nSELECT 1;\n");
fails('wrong workload file', 2, 'wrong.sql, line 2: the kind is read or write', 'bench', '-d', $conninfo, '--workload', "$dir/wrong.sql");
fails('no registry to bench', 1, 'template experiment_page: .*relation "training_runs" does not exist', 'bench', '-d', $conninfo);
fails('no registry to reset', 1, 'there is no registry', 'registry', 'reset', '-d', $conninfo);
fails('no extension', 1, 'CREATE EXTENSION pg_perfkit', 'apply', '-d', $conninfo);
append_to_file("$dir/other.json", '{"format": "other"}');
fails('not a result', 1, 'is not a result of perfkit bench', 'compare', "$dir/other.json", "$dir/other.json");

in_registry('CREATE TABLE models (mine text)');
fails('a table of the user', 1, 'public.models exists and was not made by perfkit', 'registry', 'load', '-d', $conninfo, '--replace');
is(in_registry("SELECT count(*) FROM pg_class WHERE relname = 'models'"), '1', 'the table of the user stays');
in_registry('DROP TABLE models');

# --- the sample database ---------------------------------------------------------------------------

succeeds('load', 'registry', 'load', '-d', $conninfo, '--scale', '0.01');
my $fingerprint = q{SELECT md5(string_agg(t, '' ORDER BY t)) FROM (
	SELECT (r.run_id, r.version_id, r.accuracy, r.status, r.model_name, r.experiment_name, r.hyperparameters, r.metrics,
	        r.created_at - max(r.created_at) OVER (), r.started_at - r.created_at)::text FROM training_runs r
	UNION ALL SELECT (d.deployment_id, d.version_id, d.environment_id, d.status, d.deployed_by)::text FROM deployments d
	UNION ALL SELECT (v.version_id, v.model_id, v.semver, v.metadata_)::text FROM model_versions v
	UNION ALL SELECT (m.model_id, m.model_name, m.team, m.is_active)::text FROM models m
	UNION ALL SELECT (a.approval_id, a.version_id, a.status, a.approver)::text FROM approvals a) AS x (t)};
is(in_registry($fingerprint), 'a35f1a72775ebaf0a93713df36ce3974', 'the rows are those of every other platform and version');
is(in_registry('SELECT (SELECT count(*) FROM training_runs), (SELECT count(*) FROM deployments), (SELECT count(*) FROM approvals)'),
	'10000|2000|600', 'as many rows as the scale says');
is(in_registry("SELECT count(*) FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace"),
	'7', 'keys and no other index');
is(in_registry("SELECT count(*) FROM training_runs WHERE created_at > now() - interval '7 days'") > 400, 1, 'recent rows');
is(in_registry('SELECT count(*) FROM training_runs WHERE created_at > now()'), '0', 'no row of the future');
is(in_registry('SELECT count(*) FROM training_runs WHERE started_at > now()'), '0', 'no start in the future');
is(in_registry('SELECT count(*) FROM training_runs r JOIN model_versions v USING (version_id) WHERE r.created_at < v.registered_at'),
	'0', 'no run before its version');
is(in_registry("SELECT count(*) FROM model_versions v WHERE metadata_ \@> '{\"tags\":[\"draft\"]}'
	AND EXISTS (SELECT FROM training_runs r WHERE r.version_id = v.version_id)"), '0', 'nothing refers to drafts');
is(in_registry("SELECT count(*) FROM pg_stats WHERE tablename = 'training_runs'"), '10', 'statistics are there');

like(succeeds('load again', 'registry', 'load', '-d', $conninfo, '--scale', '0.01'),
	qr/Reusing .* scale 0.01, seed 42, 0 indexes/, 'the second load reuses');
fails('another scale', 1, 'already loaded, with scale 0.01 and seed 42', 'registry', 'load', '-d', $conninfo, '--scale', '0.02');

# As if it had been loaded a hundred days ago, with a run that was recorded since.
in_registry(q{DO $$ BEGIN
	EXECUTE format('COMMENT ON TABLE training_runs IS %L', regexp_replace(obj_description('training_runs'::regclass),
		'"moment":"[^"]*"', format('"moment":"%s"', now() - interval '2400 hours')));
	UPDATE training_runs SET created_at = created_at - interval '2400 hours', started_at = started_at - interval '2400 hours';
	UPDATE deployments SET deployed_at = deployed_at - interval '2400 hours';
	INSERT INTO training_runs (version_id, model_name, experiment_name) SELECT 1, 'm', 'since';
	END $$});
is(in_registry("SELECT count(*) FROM deployments WHERE deployed_at > now() - interval '7 days'"), '0', 'the window is empty');
like(succeeds('load after a hundred days', 'registry', 'load', '-d', $conninfo, '--scale', '0.01'), qr/moving them to now/,
	'times are moved');
is(in_registry("SELECT count(*) > 50 FROM deployments WHERE deployed_at > now() - interval '7 days'"), 't', 'the window is full again');
is(in_registry("SELECT created_at <= now() FROM training_runs WHERE experiment_name = 'since'"), 't', 'no row moved to the future');
is(in_registry("DELETE FROM training_runs WHERE experiment_name = 'since'; $fingerprint"), 'a35f1a72775ebaf0a93713df36ce3974', 'the rows are the same');

# --- bench -----------------------------------------------------------------------------------------

my @run = ('bench', '-d', $conninfo, '--connections', '2', '--operations', '400');
for my $form ('literal', 'bound', 'mixed')
{
	succeeds("bench, $form", @run, '--form', $form, '--json', "$dir/$form.json");
	my $result = report("$form.json");
	is($result->{all}{errors}, 0, "$form: no error") or diag(encode_json($result));
	is($result->{all}{samples}, 400, "$form: every operation is measured");
	is(scalar(@{ $result->{queries} }), 17, "$form: every template but the one of weight 0");
}
my %samples = map { my $f = $_; $f => { map { $_->{name} => $_->{samples} } @{ report("$f.json")->{queries} } } } 'literal', 'bound';
is_deeply($samples{literal}, $samples{bound}, 'the same seed asks the same questions in either form');

succeeds('bench with a rate', 'bench', '-d', $conninfo, '--rate', '50', '--duration', '2', '--mix', 'all=0,status_check=1', '--json', "$dir/rate.json");
my $rate = report('rate.json');
cmp_ok($rate->{all}{samples}, '>', 60, 'about as many operations as scheduled');
cmp_ok($rate->{all}{samples}, '<', 140, 'and not more');

# A server that is slower than the schedule: latency counts from the scheduled start.
append_to_file("$dir/slow.sql", "-- name: slow\nSELECT pg_sleep(0.1);\n-- name: bad\n-- weight: 0\nSELECT 1 / :n;\n" =~ s/-- weight: 0/-- weight: 0\n-- param: n = uniform(0, 0)/r);
my $slow = succeeds('bench beyond capacity', 'bench', '-d', $conninfo, '--workload', "$dir/slow.sql", '--connections', '1',
	'--rate', '40', '--duration', '2', '--json', "$dir/slow.json");
my $backlog = report('slow.json');
cmp_ok($backlog->{backlog}{unstarted}, '>', 20, 'the backlog is counted');
cmp_ok($backlog->{all}{max_ms}, '>', 600, 'latency includes the wait');
cmp_ok($backlog->{all}{service}{p50_ms}, '<', 400, 'time in service does not');
like($slow, qr/The server did not keep up/, 'and this is said');

my ($code, $out, $err) = perfkit('bench', '-d', $conninfo, '--workload', "$dir/slow.sql", '--mix', 'all=1,bad=5', '-n', '20', '--json', "$dir/bad.json");
is($code, 0, 'errors of queries do not end a run');
like($out, qr/error in bad: division by zero/, 'they are told');
cmp_ok(report('bad.json')->{all}{errors}, '>', 5, 'and counted');
fails('nothing but errors', 1, 'no operation succeeded', 'bench', '-d', $conninfo, '--workload', "$dir/slow.sql", '--mix', 'slow=0,bad=1', '-n', '5');

# --- apply -----------------------------------------------------------------------------------------

my @apply = ('apply', '-d', $conninfo);
in_registry(q{CREATE FUNCTION pk_suggest_indexes() RETURNS int LANGUAGE sql AS 'SELECT 1 / 0'});
fails('a function of that name that is none of ours', 1, 'there is no pg_perfkit', @apply, '--dry-run');

# Advice is made up here: what is tested is what becomes of it.
in_registry(<<'END');
CREATE INDEX doomed ON models (team);
DROP FUNCTION pk_suggest_indexes();
CREATE EXTENSION pg_perfkit;
DO $$ BEGIN
	EXECUTE format('ALTER EXTENSION pg_perfkit DROP FUNCTION %s', 'pk_suggest_indexes'::regproc::regprocedure);
	EXECUTE format('DROP FUNCTION %s', 'pk_suggest_indexes'::regproc::regprocedure);
END $$;
CREATE FUNCTION pk_suggest_indexes() RETURNS TABLE (rank int, advice_id text, action text, schema_name text,
	table_name text, index_name text, ddl text, reason text, warning text, est_size_bytes bigint, cost_before float8,
	cost_after float8, saved_ms_per_hour float8, queries_helped int, write_cost float8, computed_at timestamptz, evidence jsonb)
LANGUAGE sql AS $$ VALUES
	(1, 'one', 'create', 'public', 'deployments', 'advised_one',
	 'CREATE INDEX CONCURRENTLY advised_one ON public.deployments (deployed_at DESC)', 'a reason', 'a warning',
	 1000::bigint, 100.0::float8, 1.0::float8, 5000.0::float8, 1, 0.1::float8, now(), '{}'::jsonb),
	(2, 'two', 'create', 'public', 'training_runs', 'advised_two',
	 'CREATE INDEX CONCURRENTLY advised_two ON public.training_runs (lower(experiment_name))', 'a reason', NULL,
	 1000, 100, 1, 5000, 1, 0.1, now(), '{}'),
	(3, 'bad', 'create', 'public', 'models', 'advised_bad',
	 'CREATE UNIQUE INDEX CONCURRENTLY advised_bad ON public.models (team)', 'a reason', NULL,
	 1000, 100, 1, 5000, 1, 0.1, now(), '{}'),
	(4, 'gone', 'drop', 'public', 'models', 'doomed', 'DROP INDEX CONCURRENTLY public.doomed', 'a reason', NULL,
	 NULL, NULL, NULL, NULL, 0, 0, now(), '{}') $$;
END
my $indexes = q{SELECT string_agg(indexrelid::regclass || CASE WHEN indisvalid THEN '' ELSE ' invalid' END, ' ' ORDER BY relname::text COLLATE "C")
	FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname ~ '^(advised|doomed)'};

like(succeeds('apply, dry run', @apply, '--dry-run'), qr/WARNING: a warning.*Left out: 1 to drop/s, 'advice is shown');
is(in_registry($indexes), 'doomed', 'a dry run changes nothing');
fails('apply without a terminal', 2, '--yes is needed', @apply);
fails('unknown advice', 2, 'there is no advice three', @apply, '--yes', '--only', 'one,three');
succeeds('apply one', @apply, '--yes', '--max', '1');
is(in_registry($indexes), 'advised_one doomed', 'one index was made');
fails('apply all', 1, '1 of 4 statements failed', @apply, '--yes', '--include-drops', '--json', "$dir/apply.json");
is(in_registry($indexes), 'advised_one advised_two doomed',
	'the failed build left nothing, and the index that it may have been meant to replace stays');
my %status = map { $_->{advice_id} => $_->{status} } @{ report('apply.json')->{advice} };
is_deeply(\%status, { one => 'exists', two => 'created', bad => 'failed' }, 'the result tells what became of each');
is_deeply(report('apply.json')->{analyzed}, ['training_runs'], 'the expression has statistics');
succeeds('apply the drop', @apply, '--yes', '--include-drops', '--only', 'gone');
is(in_registry($indexes), 'advised_one advised_two', 'it is dropped');

# A build that a transaction keeps waiting is given up, cleaned up, and tried again.
in_registry('DROP INDEX advised_one');
my $holder = $node->background_psql('registry');
$holder->query_safe('BEGIN; UPDATE deployments SET replicas = replicas WHERE deployment_id = 1');
my ($late_out, $late_err) = ('', '');
my $late = IPC::Run::start([ $perfkit, @apply, '--yes', '--only', 'one', '--lock-timeout', '1' ], '<', \undef, '>', \$late_out, '2>', \$late_err);
$node->poll_query_until('registry', q{SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass('advised_one')});
# The first attempt has failed when the drop of what it left waits.
$node->poll_query_until('registry', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'DROP INDEX%' AND wait_event_type = 'Lock'});
$holder->query_safe('COMMIT');
$holder->quit;
$late->finish;
is($late->result(0), 0, 'apply got through') or diag("$late_out$late_err");
like($late_out, qr/created advised_one.*at the second attempt/, 'at the second attempt');
is(in_registry($indexes), 'advised_one advised_two', 'one valid index is there');

# What the extension itself advises is noted for pk_verify().
$node->safe_psql('postgres', "CREATE TABLE noted AS SELECT i % 1000 AS n FROM generate_series(1, 20000) i; ANALYZE noted");
$node->safe_psql('postgres', 'SELECT count(*) FROM noted WHERE n = 7');
succeeds('apply, with the advice of the extension', 'apply', '-d', $node->connstr('postgres'), '--yes', '--max', '1');
is($node->safe_psql('postgres', q(SELECT table_name, state, error IS NULL, attempts, queries #>> '{0,before,calls}' FROM pk_applied)), 'noted|done|t|1|1', 'it is noted');

# What another session is carrying out is left to it, and another change of its table waits.
$node->safe_psql('postgres', 'CREATE TABLE busy AS SELECT i % 1000 AS a, i % 999 AS b FROM generate_series(1, 20000) i; ANALYZE busy');
$node->safe_psql('postgres', "SELECT count(*) FROM busy WHERE $_ = 7") foreach qw(a b);
my ($first, $second) = rows($node, q(SELECT index_name, advice_id FROM pk_suggest_indexes() WHERE table_name = 'busy' ORDER BY rank));
my $other = $node->background_psql('postgres');
my $begun = $other->query_safe("SELECT pk_applied_begin('$first->[1]')");
my ($busy_out, $busy_err) = ('', '');
my $busy = IPC::Run::start([ $perfkit, 'apply', '-d', $node->connstr('postgres'), '--yes', '--only', "$first->[1],$second->[1]" ],
	'<', \undef, '>', \$busy_out, '2>', \$busy_err);
$busy->pump until $busy_out =~ /later: $second->[0]/;
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_indexes WHERE tablename = 'busy'"), '0', 'nothing is done meanwhile');
$other->query_safe("SELECT pk_applied_end('$begun', 'given up')");
$other->quit;
$busy->finish;
is($busy->result(0), 0, 'it went on') or diag("$busy_out$busy_err");
like($busy_out, qr/^under way $first->[0].*: another session is carrying out the same advice$/m, 'what another session does is told');
is($node->safe_psql('postgres', "SELECT string_agg(indexname, ' ') FROM pg_indexes WHERE tablename = 'busy'"), $second->[0], 'and the rest is done');

# --- compare ---------------------------------------------------------------------------------------

succeeds('bench again', @run, '--label', 'with indexes', '--json', "$dir/after.json");
my $comparison = succeeds('compare', 'compare', "$dir/mixed.json", "$dir/after.json");
like($comparison, qr/before -> with indexes/, 'the runs are named');
# Which one is left to the machine that runs this: the queries take less than a millisecond.
like($comparison, qr/^dashboard .* (faster|SLOWER|no clear change)$/m, 'a query has a verdict');
like($comparison, qr/Of the new indexes, no query of the run used \([^)]*\): advised_two\./, 'an index without use is named');
like(succeeds('compare, markdown', 'compare', '--markdown', "$dir/mixed.json", "$dir/after.json"), qr/^\| dashboard \| /m, 'a table');
fails('compare of one', 2, 'required', 'compare', "$dir/mixed.json");

succeeds('reset', 'registry', 'reset', '-d', $conninfo);
is(in_registry($indexes), '', 'the registry has its keys only');

# --- interruption ----------------------------------------------------------------------------------

my $benching = IPC::Run::start([ $perfkit, 'bench', '-d', $conninfo, '--workload', "$dir/slow.sql" ], '<', \undef, '>', \my $bench_out, '2>', \my $bench_err);
$node->poll_query_until('registry', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.1)'});
$benching->signal('INT');
$benching->finish;
is($benching->result(0), 1, 'an interrupted run fails');
like($bench_out, qr/The run was interrupted/, 'and shows what it had measured');

my $loading = IPC::Run::start([ $perfkit, 'registry', 'load', '-d', $conninfo, '--scale', '2', '--replace' ], '<', \undef, '>', \my $load_out, '2>', \my $load_err);
$node->poll_query_until('registry', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%INTO training_runs%' AND pid <> pg_backend_pid()});
$loading->signal('INT');
$loading->finish;
is($loading->result(0), 1, 'an interrupted load fails');
is(in_registry('SELECT count(*) FROM training_runs') > 9000, 1, 'and leaves what was there');

server_ok($node, 'at the end');
done_testing();
