# Advice carried out by a background worker, with the rights of who asked, and what came of it: rollbacks, open
# transactions, roles without rights or that are gone, cancels, a crash midway, two at once; then the verdict.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "max_worker_processes = 6\nmax_parallel_workers_per_gather = 0\nmax_prepared_transactions = 2");
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN IN ROLE pg_monitor;
CREATE ROLE app_member LOGIN IN ROLE pg_monitor;
CREATE ROLE stranger LOGIN IN ROLE pg_monitor;
GRANT app TO app_member;
CREATE SCHEMA app AUTHORIZATION app;
GRANT USAGE ON SCHEMA app TO stranger;
SET ROLE app;
CREATE TABLE app.events (id int, kind int, other int, third int, body text);
INSERT INTO app.events SELECT i, i % 5000, i % 4999, i % 4998, repeat('x', 100) FROM generate_series(1, 50000) i;
ANALYZE app.events;
GRANT SELECT ON app.events TO stranger;
SQL

sub as
{
	my ($role, $sql) = @_;
	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role ]);
}

sub refused
{
	my ($role, $sql, $pattern, $name) = @_;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql", extra_params => [ '-U', $role ]);
	return like($err, $pattern, $name);
}

sub wait_for
{
	my ($condition, $expected) = @_;
	$node->poll_query_until('postgres', "SELECT $condition", $expected // 't') or die "in vain: $condition";
	return;
}

sub run_queries { as('app', join('', map { "SELECT count(*) FROM app.events WHERE kind = $_ AND body <> '';\n" } 1 .. $_[0])); return; }

# One's own queries, so that each test has advice of its own.
sub advice
{
	my ($column) = @_;
	return "FROM pk_suggest_indexes(ARRAY['SELECT * FROM app.events WHERE $column = 1'], include_drops => false)";
}

sub indexes
{
	return $node->safe_psql('postgres', "SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ', ' ORDER BY indexrelid::regclass::text)
		FROM pg_index WHERE indrelid = 'app.events'::regclass" . ($_[0] ? " AND pg_get_indexdef(indexrelid) ~ '\\($_[0]\\)'" : ''));
}

my $settled = "NOT EXISTS (SELECT FROM pk_applied WHERE state IN ('queued', 'running'))";

# --- from slow queries to a verdict
run_queries(30);
my $id = as('app', q(SELECT advice_id FROM pk_suggest_indexes() WHERE ddl LIKE '%(kind)%'));
like($id, qr/^[0-9a-f]{16}$/, 'there is advice');
like(as('app_member', "SET ROLE app; SELECT pk_apply('$id')"), qr/^[0-9a-f-]{36}$/,
	'another session carries it out, in a role that it has become');
wait_for("(SELECT state FROM pk_applied) = 'done'");
is(indexes(), 'app.events_kind_idx true', 'the index is there');
is($node->safe_psql('postgres', q(SELECT action, table_name, requested_by, attempts, error IS NULL, size_bytes > 0, took_ms > 0, forecast_ms_per_hour > 0,
	undo_ddl, (queries #>> '{0,before,calls}')::int FROM pk_applied)),
	'create|events|app|1|t|t|t|t|DROP INDEX CONCURRENTLY app.events_kind_idx|30', 'what was done, and what was known before');
is(as('stranger', 'SELECT count(*) FROM pk_applied'), '1', 'who may read all statistics sees it');
$node->safe_psql('postgres', 'CREATE ROLE plain LOGIN');
is(as('plain', 'SELECT count(*) FROM pk_applied'), '0', 'others do not');
is(as('app', 'SELECT verdict, calls_needed FROM pk_verify()'), 'too few calls yet|20', 'nothing has run since');
# Had they been far slower, so that a machine's hiccup does not matter:
my $known = sub { $node->safe_psql('postgres', "UPDATE pk_applied_records SET queries = jsonb_set(jsonb_set(queries, '{0,before,total_ms}', '$_[0]'), '{0,before,stddev_ms}', '0')") };
$known->(30000);
run_queries(30);
is(as('app', 'SELECT verdict, statement IS NULL, calls_after, change_high_ms < 0, saved_ms_per_hour > 0, idx_scan > 0 FROM pk_verify()'),
	'kept|t|30|t|t|t', 'it was good');
# Counters that begin anew.
$node->safe_psql('postgres', 'SELECT pk_workload_reset()');
run_queries(25);
is(as('app', 'SELECT verdict, calls_after FROM pk_verify()'), 'kept|25', 'after a reset, what came since counts');
# Though the change is a week old: in a minute of calls that take a second less each, more is saved than in an hour of the week.
$node->safe_psql('postgres', "UPDATE pk_applied_records SET started = started - interval '7 days', finished = finished - interval '7 days'");
is(as('app', 'SELECT saved_ms_per_hour > 10000 FROM pk_verify()'), 't', 'in the time since then');
# Had there been another change of the table before, after 8 of the 30 calls, which took all the time but 22 ms:
$node->safe_psql('postgres', <<'SQL');
INSERT INTO pk_applied_records (advice_id, action, schema_name, table_name, index_name, definition, ddl, requested_by, started, finished, state, queries)
SELECT 'earlier', 'create', schema_name, table_name, 'earlier_idx', '', '', requested_by, started - interval '1 day', finished - interval '1 day', 'done',
       jsonb_set(queries, '{0,at_end}', queries #> '{0,before}' || '{"calls": 8, "total_ms": 29978, "stddev_ms": 0}') FROM pk_applied_records
SQL
is(as('app', q(SELECT round(mean_before_ms::numeric, 3), calls_before FROM pk_verify() WHERE index_name = 'events_kind_idx')), '1.000|22',
	'what came before another change of the table does not count');
$node->safe_psql('postgres', q(DELETE FROM pk_applied_records WHERE advice_id = 'earlier'));
# Had they been faster before, and were they slow now:
$known->(0.003);
$node->safe_psql('postgres', 'SELECT pk_workload_reset(); ALTER ROLE app SET enable_indexscan = off; ALTER ROLE app SET enable_bitmapscan = off; ALTER ROLE app SET enable_indexonlyscan = off');
run_queries(25);
$node->safe_psql('postgres', 'ALTER ROLE app RESET ALL');
like(as('app', 'SELECT verdict, statement, reason FROM pk_verify()'), qr/^worse\|DROP INDEX CONCURRENTLY app.events_kind_idx\|.*slower is query -?\d+, 0.00 to /, 'worse');
$node->safe_psql('postgres', 'DROP INDEX app.events_kind_idx');
is(as('app', 'SELECT verdict FROM pk_verify()'), 'gone', 'and is gone');

# --- what is refused
refused('stranger', "SELECT pk_apply(advice_id) " . advice('other'), qr/42501.*must be owner of table events/, 'without rights on the table');
refused('app', "SELECT pk_apply('0123456789abcdef')", qr/42704.*there is no advice/, 'no such advice');
refused('plain', "SELECT pk_apply('0123456789abcdef')", qr/42501.*permission denied for function pk_apply/, 'without EXECUTE');
refused('app', 'BEGIN READ ONLY; SELECT pk_apply(advice_id) ' . advice('other'), qr/25006/, 'read only');
$node->safe_psql('postgres', 'CREATE FUNCTION definer(text) RETURNS uuid LANGUAGE sql SECURITY DEFINER AS $$ SELECT pk_apply($1) $$');
refused('app', 'SELECT definer(advice_id) ' . advice('other'), qr/42501.*SECURITY DEFINER/, 'with rights that the session has not');
refused('app', "BEGIN; SELECT pk_apply(advice_id) " . advice('other') . "; PREPARE TRANSACTION 'x'", qr/0A000.*PREPARE/, 'prepared transactions');
is($node->safe_psql('postgres', 'CREATE ROLE nologin IN ROLE pg_monitor; GRANT app TO nologin'), '', 'a role that cannot log in');
refused('postgres', 'SET SESSION AUTHORIZATION nologin; SELECT pk_apply(advice_id) ' . advice('other'), qr/28000.*not permitted to log in/, 'no worker can act for it');

# --- the caller's transaction
as('app', 'BEGIN; SELECT pk_apply(advice_id) ' . advice('other') . '; ROLLBACK');
as('app', 'BEGIN; SAVEPOINT s; SELECT pk_apply(advice_id) ' . advice('other') . '; ROLLBACK TO s; COMMIT');
my $open = $node->background_psql('postgres', extra_params => [ '-U', 'app' ]);
$open->query_safe('BEGIN; SELECT pk_apply(advice_id) ' . advice('other'));
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_perfkit apply' AND wait_event IS DISTINCT FROM 'BgWorkerShutdown'
	AND query LIKE '%events%'"), '0', 'while a transaction is open nothing is done');
is(indexes(), '', 'nor where one was rolled back');
$open->query_safe('COMMIT');
wait_for("(SELECT count(*) = 1 FROM pk_applied WHERE state = 'done' AND index_name = 'events_other_idx')");
is(indexes(), 'app.events_other_idx true', 'once it commits, it is done, once');
$open->quit;

# --- midway.  An old transaction keeps the build waiting, until something happens.
my $old = $node->background_psql('postgres');
my $building = "EXISTS (SELECT FROM pg_stat_progress_create_index p JOIN pg_stat_activity a USING (pid) WHERE a.backend_type = 'pg_perfkit apply' AND p.phase LIKE 'waiting for old%')";
sub begin_build
{
	my ($column) = @_;
	$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
	as('app', 'SELECT pk_apply(advice_id) ' . advice($column));
	wait_for($building);
	is(indexes($column), "app.events_${column}_idx false", 'a build is under way');
	return;
}
sub tell_worker { $node->safe_psql('postgres', "SELECT $_[0](pid) FROM pg_stat_activity WHERE backend_type = 'pg_perfkit apply'"); return; }

begin_build('third');
refused('app', 'SELECT pk_apply(advice_id) ' . advice('third'), qr/55006.*already/, 'not twice at once');
$old->query_safe('SELECT 2');
tell_worker('pg_cancel_backend');
$old->query_safe('COMMIT');
wait_for($settled);
is($node->safe_psql('postgres', q(SELECT state, error FROM pk_applied ORDER BY requested DESC LIMIT 1)), 'failed|canceling statement due to user request', 'a cancel is told');
is(indexes('third'), '', 'and leaves no index behind');

begin_build('third');
tell_worker('pg_terminate_backend');
$old->query_safe('COMMIT');
wait_for($settled);
like($node->safe_psql('postgres', q(SELECT state, error FROM pk_applied ORDER BY requested DESC LIMIT 1)), qr/^failed\|the process .* terminated$/, 'so is an end');
wait_for("NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_perfkit apply')");
is(indexes('third'), '', 'which leaves none either');

# --- what is left is told, and the next change of the table takes it away.
my $last = 'FROM pk_applied ORDER BY requested DESC LIMIT 1';
my $dropping = "EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_perfkit apply' AND query LIKE 'DROP INDEX%' AND wait_event_type = 'Lock')";
# A drop that is ended while it waits for who reads the table.
$node->safe_psql('postgres', 'CREATE INDEX events_twin1 ON app.events (id); CREATE INDEX events_twin2 ON app.events (id)');
$old->query_safe('BEGIN; SELECT count(*) FROM app.events WHERE id = 0');
as('app', q{SELECT pk_apply(advice_id) FROM (SELECT advice_id FROM pk_suggest_indexes(ARRAY['SELECT * FROM app.events WHERE id = 1'])
	WHERE action = 'drop' AND index_name LIKE 'events_twin%' LIMIT 1) a});
wait_for($dropping);
tell_worker('pg_cancel_backend');
wait_for($settled);
$old->query_safe('COMMIT');
like($node->safe_psql('postgres', "SELECT state, error, cleanup_ddl $last"),
	qr/^failed\|canceling .*; an invalid index is left: (DROP INDEX CONCURRENTLY app.events_twin\d) drops it.*\|\1$/, 'a drop has left an invalid index');
# A build that is ended while somebody queues up for the table, which then he has.
begin_build('third');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relname LIKE 'events_twin%'"), '1', 'which the next change of the table has taken away');
my $locker = $node->background_psql('postgres');
$locker->query_until(qr/asked/, "\\echo asked\nBEGIN; LOCK TABLE app.events IN SHARE UPDATE EXCLUSIVE MODE;\n");
wait_for("EXISTS (SELECT FROM pg_locks WHERE relation = 'app.events'::regclass AND mode = 'ShareUpdateExclusiveLock' AND NOT granted)");
tell_worker('pg_cancel_backend');
wait_for("$dropping OR $settled");
tell_worker('pg_cancel_backend');
wait_for($settled);
$old->query_safe('COMMIT');
my $left = 'DROP INDEX CONCURRENTLY app.events_third_idx';
like($node->safe_psql('postgres', "SELECT state, error, cleanup_ddl $last"),
	qr/^failed\|canceling .*; its index could not be dropped: .*; an invalid index is left: $left drops it.*\|$left$/, 'a build has left an invalid index');
$locker->query_safe('COMMIT');
$locker->quit;
is(indexes('third'), 'app.events_third_idx false', 'it is there');
as('app', 'SELECT pk_apply(advice_id) ' . advice('kind'));
wait_for($settled);
is(indexes('third') . indexes('kind'), 'app.events_kind_idx true', 'until the next change of the table');
is($node->safe_psql('postgres', 'SELECT count(cleanup_ddl) FROM pk_applied') . $node->safe_psql('postgres', 'SELECT count(*) FROM pk_applied_records WHERE left_invalid'),
	'00', 'and nothing is said to be left');
$node->safe_psql('postgres', 'DROP INDEX IF EXISTS app.events_kind_idx, app.events_twin1, app.events_twin2');

# Two sessions at once, on one table: one waits for the other.
begin_build('third');
as('app', 'SELECT pk_apply(advice_id) ' . advice('id'));
$old->query_safe('COMMIT');
wait_for("(SELECT count(*) = 2 FROM pk_applied WHERE state = 'done' AND index_name IN ('events_third_idx', 'events_id_idx'))");
is(indexes('third') . indexes('id'), 'app.events_third_idx trueapp.events_id_idx true', 'two at once');

# Several in one transaction go to one worker.
$node->safe_psql('postgres', 'DROP INDEX app.events_third_idx, app.events_id_idx, app.events_other_idx');
is(as('app', "SELECT count(pk_apply(advice_id)) FROM pk_suggest_indexes(ARRAY['SELECT * FROM app.events WHERE third = 1',
	'SELECT * FROM app.events WHERE id = 1', 'SELECT * FROM app.events WHERE other = 1'], include_drops => false)"), '3', 'three pieces');
wait_for($settled);
is(indexes(), 'app.events_id_idx true, app.events_other_idx true, app.events_third_idx true', 'all of them are done');

# A record that is deleted meanwhile is in nobody's way.
$node->safe_psql('postgres', 'DROP INDEX app.events_third_idx, app.events_id_idx');
$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
as('app', "SELECT pk_apply(advice_id) FROM pk_suggest_indexes(ARRAY['SELECT * FROM app.events WHERE third = 1', 'SELECT * FROM app.events WHERE id = 1'], include_drops => false)");
wait_for($building);
is($node->safe_psql('postgres', q(WITH d AS (DELETE FROM pk_applied_records WHERE state = 'running' RETURNING 1) SELECT count(*) FROM d)), '1', 'a record is deleted midway');
$old->query_safe('COMMIT');
wait_for($settled);
is(indexes('third') . indexes('id'), 'app.events_third_idx trueapp.events_id_idx true', 'its change and the next one are done');

# --- a crash midway: the server starts again with an invalid index, which the next attempt takes away.
$node->safe_psql('postgres', 'DROP INDEX app.events_third_idx');
begin_build('third');
$node->stop('immediate');
$old->{run}->finish;
$node->start;
is(indexes('third'), 'app.events_third_idx false', 'what a crash leaves');
is($node->safe_psql('postgres', "SELECT state, cleanup_ddl $last"), "lost|$left", 'it is known to be lost');
as('app', 'SELECT pk_apply(advice_id) ' . advice('third'));
wait_for($settled);
is(indexes('third') =~ s/idx1/idx/r, 'app.events_third_idx true', 'the next attempt leaves one good index');

# --- a role that is gone before its turn
$old = $node->background_psql('postgres', extra_params => [ '-U', 'app_member' ]);
$node->safe_psql('postgres', 'DROP INDEX app.events_other_idx');
$old->query_safe('BEGIN; SET ROLE app; SELECT pk_apply(advice_id) ' . advice('other'));
$node->safe_psql('postgres', 'REVOKE app FROM app_member');
$old->query_safe('COMMIT');
wait_for($settled);
like($node->safe_psql('postgres', q(SELECT state, error FROM pk_applied ORDER BY requested DESC LIMIT 1)), qr/^failed\|.*permission denied to set role/, 'a role taken away');
$old->query_safe('RESET ROLE; BEGIN; SELECT 1');
$old->quit;
is(indexes('other'), '', 'does nothing');

$old = $node->background_psql('postgres', extra_params => [ '-U', 'app_member' ], on_error_stop => 0);
$node->safe_psql('postgres', 'GRANT app TO app_member');
$old->query('BEGIN; SET ROLE app; SELECT pk_apply(advice_id) ' . advice('other'));
$node->safe_psql('postgres', 'DROP ROLE app_member');
my $log_start = -s $node->logfile;
$old->query('COMMIT');
$node->wait_for_log(qr/FATAL: .*role/, $log_start);
$old->quit;
is(indexes('other'), '', 'nor does one that was dropped');

# --- no worker to be had
my $records = as('app', 'SELECT count(*) FROM pk_applied');
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$node->restart;
refused('app', 'SELECT pk_apply(advice_id) ' . advice('other'), qr/53400.*no background worker is free/, 'no worker is free');
is(as('app', 'SELECT count(*) FROM pk_applied'), $records, 'and nothing is queued for ever');

is(join("\n", grep { /PANIC|TRAP|XX000/ } split /\n/, slurp_file($node->logfile)), '', 'the log is clean');
$node->stop;
done_testing();
