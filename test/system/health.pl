# Health checks whose bad state takes more than one session, another configuration or another server: each is
# made for real, seen, and seen to go.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', init => [ allows_streaming => 1 ], conf => <<'CONF');
max_prepared_transactions = 5
archive_mode = on
archive_command = 'true'
fsync = on
autovacuum = on
max_wal_size = 200MB
CONF

# What a check says: its status, and its objects in one line.
sub says
{
	my ($server, $call) = @_;
	my ($row) = rows($server, "SELECT status, array_to_string(objects, ', '), recommendation, reason, value FROM pk_check_$call");
	my %row;
	@row{qw(status objects recommendation reason value)} = @$row;
	return \%row;
}

sub becomes
{
	my ($server, $call, $status, $name) = @_;
	$server->poll_query_until('postgres', "SELECT status = '$status' FROM pk_check_$call")
	  or diag $server->safe_psql('postgres', "SELECT * FROM pk_check_$call");
	my $row = says($server, $call);
	is($row->{status}, $status, "$call: $name");
	return $row;
}

sub session
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	return ($session, $session->query_safe('SELECT pg_backend_pid()'));
}

# Starts a statement that will not end by itself.
sub start
{
	my ($session, $statement) = @_;
	$session->query_until(qr/started/, "\\echo started\n$statement;\n");
	return;
}

# Sessions.
{
	is(says($node, 'idle_in_transaction(warn => 0.001)')->{status}, 'ok', 'idle_in_transaction: nobody is');
	my ($idle, $pid) = session();
	$idle->query_safe('BEGIN; SELECT 1');
	my $row = becomes($node, 'idle_in_transaction(warn => 0.001)', 'warn', 'a session is');
	like($row->{objects}, qr/process $pid /, 'idle_in_transaction: it is named');
	is($row->{recommendation} =~ /pg_terminate_backend\($pid\)/, 1, 'idle_in_transaction: and how to end it');
	is(says($node, 'idle_in_transaction()')->{status}, 'ok', 'idle_in_transaction: for less than five minutes');
	$idle->query_safe('COMMIT');
	becomes($node, 'idle_in_transaction(warn => 0.001)', 'ok', 'it has committed');

	is(says($node, 'long_queries(warn => 0.5)')->{status}, 'ok', 'long_queries: none');
	start($idle, 'SELECT pg_sleep(600)');
	like(becomes($node, 'long_queries(warn => 0.5)', 'warn', 'one runs')->{objects}, qr/process $pid /, 'long_queries: it is named');
	$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
	becomes($node, 'long_queries(warn => 0.5)', 'ok', 'it was cancelled');
	$idle->quit;

	my $few = says($node, 'connections(warn => 20)');
	is($few->{status}, 'ok', 'connections: few');
	my @open = map { (session())[0] } 1 .. 12;
	becomes($node, 'connections(warn => 20)', 'warn', 'many');
	$_->quit foreach @open;
	becomes($node, 'connections(warn => 20)', 'ok', 'few again');
}

# A chain of four: only its root is to be ended.
{
	$node->safe_psql('postgres', "CREATE TABLE chain_$_ ()") foreach 1 .. 3;
	is(says($node, 'blocked_sessions(warn => 0.001)')->{status}, 'ok', 'blocked_sessions: nobody waits');
	my @chain = map { [ session() ] } 1 .. 4;
	$_->[0]->query_safe('BEGIN') foreach @chain;
	$chain[ $_ - 1 ][0]->query_safe("LOCK chain_$_") foreach 1 .. 3;
	foreach my $i (1 .. 3)
	{
		start($chain[$i][0], "LOCK chain_$i");
		$node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $chain[$i][1]");
	}
	my $row = becomes($node, 'blocked_sessions(warn => 0.001)', 'warn', 'three wait');
	like($row->{objects}, qr/^process $chain[0][1] [^,]+, database postgres, idle in transaction\) blocks 1 directly$/,
		'blocked_sessions: the root is named, and no other');
	is($row->{recommendation}, "SELECT pg_terminate_backend($chain[0][1])", 'blocked_sessions: and how to end it');
	$node->safe_psql('postgres', $row->{recommendation});
	$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN ($chain[1][1], $chain[2][1], $chain[3][1])");
	becomes($node, 'blocked_sessions(warn => 0.001)', 'ok', 'nobody waits any more');
	$_->[0]->{run}->kill_kill foreach @chain;
}

# What holds back VACUUM.
{
	my $burn = 'DO $$ BEGIN FOR i IN 1..50 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$';
	$node->safe_psql('postgres', $burn);
	is(says($node, 'xmin_horizon(warn => 30)')->{status}, 'ok', 'xmin_horizon: nobody holds it back');
	my ($reader, $pid) = session();
	$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
	$node->safe_psql('postgres', $burn);
	like(becomes($node, 'xmin_horizon(warn => 30)', 'warn', 'a session does')->{objects}, qr/^process $pid /, 'xmin_horizon: the session is named');
	# Rows deleted since are dead, but kept.
	$node->safe_psql('postgres', 'CREATE TABLE held (id int); INSERT INTO held SELECT generate_series(1, 100)');
	$node->safe_psql('postgres', 'DELETE FROM held WHERE id <= 40');
	is($node->safe_psql('postgres', "SELECT live_tuples, dead_tuples, held_tuples, bloat_percent FROM pk_bloat('held')"), '60|40|40|0',
		'held rows are told from those that can be removed');
	$reader->quit;
	becomes($node, 'xmin_horizon(warn => 30)', 'ok', 'it is gone');
	is($node->safe_psql('postgres', "SELECT held_tuples FROM pk_bloat('held')"), '0', 'they are held no longer');

	is(says($node, 'prepared_transactions(warn => 0.001)')->{status}, 'ok', 'prepared_transactions: none');
	$node->safe_psql('postgres', q(BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'left''over'));
	$node->safe_psql('postgres', $burn);
	like(becomes($node, 'prepared_transactions(warn => 0.001)', 'warn', 'one')->{recommendation}, qr/ROLLBACK PREPARED 'left''over'/, 'prepared_transactions: how to end it');
	like(says($node, 'xmin_horizon(warn => 30)')->{objects}, qr/prepared transaction left'over/, 'xmin_horizon: the prepared transaction is named');
	$node->safe_psql('postgres', q(ROLLBACK PREPARED 'left''over'));
	becomes($node, 'prepared_transactions(warn => 0.001)', 'ok', 'none again');
}

# An index that is being built is not an invalid one; when the build is cancelled, it is.
{
	my ($writer) = session();
	my ($builder, $pid) = session();
	$node->safe_psql('postgres', 'CREATE TABLE built (id int)');
	$writer->query_safe('BEGIN; INSERT INTO built VALUES (1)');
	start($builder, 'CREATE INDEX CONCURRENTLY half ON built (id)');
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_index WHERE indexrelid = to_regclass('half') AND NOT indisvalid");
	is(says($node, 'invalid_indexes()')->{status}, 'ok', 'invalid_indexes: one is being built');
	$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
	becomes($node, 'invalid_indexes()', 'warn', 'its build was cancelled');
	$_->quit foreach $writer, $builder;
	$node->safe_psql('postgres', 'DROP INDEX half');
	becomes($node, 'invalid_indexes()', 'ok', 'it was dropped');
}

# Replication.
{
	my $wal = q(SELECT pg_create_restore_point('x') FROM generate_series(1, 20); SELECT pg_switch_wal());
	is(says($node, 'replication_lag()')->{reason}, 'no standby is connected, and this server is none', 'replication_lag: nothing to judge');
	is(says($node, 'inactive_slots(warn => 30)')->{status}, 'ok', 'inactive_slots: none');
	$node->safe_psql('postgres', q(SELECT pg_create_physical_replication_slot('forgotten', true)));
	$node->safe_psql('postgres', $wal) foreach 1 .. 3;
	like(becomes($node, 'inactive_slots(warn => 30)', 'warn', 'one holds WAL')->{objects}, qr/^forgotten: \d+ MB, WAL reserved$/, 'inactive_slots: it is named');
	is(says($node, 'lost_slots()')->{status}, 'ok', 'lost_slots: none');
	$node->safe_psql('postgres', q(ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'));
	$node->reload;
	foreach (1 .. 20)
	{
		$node->safe_psql('postgres', "$wal; CHECKPOINT");
		last if says($node, 'lost_slots()')->{status} ne 'ok';
	}
	is(says($node, 'lost_slots()')->{objects}, 'forgotten', 'lost_slots: the slot has lost its WAL');
	$node->safe_psql('postgres', q(SELECT pg_drop_replication_slot('forgotten'); ALTER SYSTEM RESET max_slot_wal_keep_size));
	$node->reload;
	is(says($node, 'lost_slots()')->{status}, 'ok', 'lost_slots: it is gone');
	is(says($node, 'inactive_slots(warn => 30)')->{status}, 'ok', 'inactive_slots: it is gone');

	is(says($node, 'archiver(warn => 0.001)')->{status}, 'ok', 'archiver: works');
	$node->safe_psql('postgres', q(ALTER SYSTEM SET archive_command = 'false'));
	$node->reload;
	$node->safe_psql('postgres', $wal);
	becomes($node, 'archiver(warn => 0.001)', 'warn', 'fails');
	$node->safe_psql('postgres', q(ALTER SYSTEM SET archive_command = 'true'));
	$node->reload;
	becomes($node, 'archiver(warn => 0.001)', 'ok', 'works again');

	$node->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->append_conf('postgresql.conf', "archive_mode = off");
	$standby->start;
	$node->wait_for_catchup($standby);
	becomes($node, 'replication_lag(warn => 1)', 'ok', 'the standby keeps up');
	becomes($standby, 'replication_lag(warn => 1)', 'ok', 'the standby keeps up, it says itself');
	$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
	$node->safe_psql('postgres', 'INSERT INTO held VALUES (1)');
	like(becomes($node, 'replication_lag(warn => 1)', 'warn', 'the standby is behind')->{objects}, qr/^standby \(/, 'replication_lag: it is named');
	is(becomes($standby, 'replication_lag(warn => 1)', 'warn', 'the standby is behind, it says itself')->{objects} =~ /^this standby: /, 1, 'replication_lag: it names itself');
	# Every check works on a standby, and settings can be made there.
	$standby->safe_psql('postgres', q(ALTER SYSTEM SET pg_perfkit.health_thresholds = 'connections=0.001'; ALTER SYSTEM SET pg_perfkit.health_mute = 'xid_age'));
	$standby->reload;
	$standby->poll_query_until('postgres', q(SELECT current_setting('pg_perfkit.health_mute') = 'xid_age'));
	is($standby->safe_psql('postgres', q(SELECT status FROM pk_health('{connections}'))), 'warn', 'a threshold set on a standby');
	is($standby->safe_psql('postgres', q(SELECT reason FROM pk_health('{xid_age}'))), 'muted by pg_perfkit.health_mute', 'a check muted on a standby');
	is($standby->safe_psql('postgres', q(SELECT string_agg(name || ': ' || reason, '; ') FROM pk_health(max_ms => 600000) WHERE reason !~ 'young|archive_mode|checksums|muted|fewer|this is a standby|history')),
		'', 'every check runs on a standby');
	is($standby->safe_psql('postgres', q(SELECT count(*) > 50 FROM pk_table_bloat WHERE bloat_percent IS NOT NULL)), 't', 'bloat is measured on a standby');
	$node->safe_psql('postgres', 'CREATE UNLOGGED TABLE unlogged AS SELECT 1');
	$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
	$node->wait_for_catchup($standby);
	becomes($standby, 'replication_lag(warn => 1)', 'ok', 'the standby has caught up');
	is($standby->safe_psql('postgres', q(SELECT reason FROM pk_bloat('unlogged'))), 'has no file: an unlogged relation on a standby', 'an unlogged table on a standby');
	server_ok($standby, 'the standby');
	$standby->stop;
}

# Settings.
{
	foreach (
		[ 'unsafe_settings', 'critical', 'full_page_writes', 'off' ], [ 'risky_settings', 'warn', 'enable_seqscan', 'off' ],
		[ 'pending_restart', 'warn', 'max_connections', '41' ])
	{
		my ($check, $status, $setting, $value) = @$_;
		is(says($node, "$check()")->{status}, 'ok', "$check: all is well");
		$node->safe_psql('postgres', "ALTER SYSTEM SET $setting = $value");
		$node->reload;
		like(becomes($node, "$check()", $status, "$setting = $value")->{objects}, qr/^$setting\b/, "$check: it is named");
		$node->safe_psql('postgres', "ALTER SYSTEM RESET $setting");
		$node->reload;
		becomes($node, "$check()", 'ok', "$setting is reset");
	}
}

# Counters.
{
	my ($a) = session();
	my ($b, $pid) = session();
	is(says($node, 'deadlocks()')->{status}, 'ok', 'deadlocks: none');
	$a->query_safe("SET deadlock_timeout = '10ms'; BEGIN; LOCK chain_1");
	$b->query_safe("SET deadlock_timeout = '1h'; BEGIN; LOCK chain_2");
	start($b, 'LOCK chain_1');
	# Only a looks for a deadlock, and only once.
	$node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid") or die 'b does not wait';
	$a->query('LOCK chain_2');
	$_->query_until(qr/done/, "ROLLBACK; \\echo done\n") foreach $a, $b;
	$_->quit foreach $a, $b;
	like(becomes($node, 'deadlocks()', 'warn', 'one')->{objects}, qr/^database postgres: 1 since/, 'deadlocks: the database is named');
	$node->safe_psql('postgres', 'SELECT pg_stat_reset()');
	becomes($node, 'deadlocks()', 'ok', 'forgotten');

	is(says($node, 'temp_files()')->{status}, 'skipped', 'temp_files: too early to say');
	is(says($node, 'temp_files(min_hours => 0)')->{status}, 'ok', 'temp_files: none');
	$node->safe_psql('postgres', q(SET work_mem = '64kB'; SELECT count(*) FROM (SELECT i FROM generate_series(1, 2000000) i ORDER BY md5(i::text)) s));
	becomes($node, 'temp_files(min_hours => 0)', 'warn', 'a large sort');
	$node->safe_psql('postgres', 'SELECT pg_stat_reset()');
	becomes($node, 'temp_files(min_hours => 0)', 'ok', 'forgotten');

	$node->safe_psql('postgres', 'CREATE TABLE cached AS SELECT i, repeat(chr(65 + i % 26), 1000) AS pad FROM generate_series(1, 6000) i; CHECKPOINT');
	$node->restart;
	$node->safe_psql('postgres', 'SELECT pg_stat_reset()');
	$node->safe_psql('postgres', 'SELECT count(*) FROM cached');
	is(says($node, 'cache_hit()')->{status}, 'skipped', 'cache_hit: too early to say');
	# The check itself hits blocks of the catalogs.
	my $hit = 'cache_hit(warn => 98, critical => 95, min_blocks => 0)';
	my $row = becomes($node, $hit, 'critical', 'a table read from disk');
	like($row->{objects}, qr/public\.cached: \d{3,} reads/, 'cache_hit: it is named');
	$node->safe_psql('postgres', join('; ', ('SELECT count(*) FROM cached') x 150));
	becomes($node, $hit, 'ok', 'the table is cached by now');

	$node->safe_psql('postgres', $node->safe_psql('postgres', 'SHOW server_version_num') >= 170000
		? q(SELECT pg_stat_reset_shared('checkpointer')) : q(SELECT pg_stat_reset_shared('bgwriter')));
	is(says($node, 'checkpoints()')->{status}, 'skipped', 'checkpoints: too few to say');
	$node->safe_psql('postgres', 'CHECKPOINT') foreach 1 .. 12;
	becomes($node, 'checkpoints()', 'warn', 'all of them requested');

	$node->safe_psql('postgres', 'SELECT pk_workload_reset()');
	is(says($node, 'statement_p99()')->{reason}, 'fewer than 1000 statements were captured', 'statement_p99: too few to say');
	# What the test itself asks is counted, too, and may be slow.
	my $p99 = 'statement_p99(min_calls => 3, warn => 400)';
	$node->safe_psql('postgres', join('; ', ('SELECT 1') x 1000));
	is(says($node, $p99)->{status}, 'ok', 'statement_p99: all are fast');
	$node->safe_psql('postgres', 'SELECT pk_workload_reset()');
	$node->safe_psql('postgres', join('; ', ('SELECT pg_sleep(0.5)') x 3));
	$row = becomes($node, $p99, 'warn', 'some are slow');
	my $queryid = $node->safe_psql('postgres', q(SELECT queryid FROM pk_workload WHERE query LIKE 'SELECT pg_sleep%' AND toplevel));
	like($row->{objects}, qr/^queryid $queryid in database postgres: P99 \d{3,} ms, 3 calls/, 'statement_p99: they are named by queryid');
	$node->safe_psql('postgres', join('; ', ('SELECT 1') x 2000));
	becomes($node, $p99, 'ok', 'few of many are slow');
}
server_ok($node, 'at the end');
$node->stop;

# Since when the statistics count: a clean restart keeps them, a crash does not.
{
	my $counted = perfkit_node('counted', conf => 'restart_after_crash = on');
	my $unused = sub { says($counted, 'unused_indexes(min_mb => 0, min_days => ' . shift . ')') };
	my $since = $counted->safe_psql('postgres', 'SELECT pk_stats_since()');
	# Two seconds less than the statistics are old.
	my $window = "extract(epoch FROM clock_timestamp() - '$since') / 86400 - 2.0 / 86400";
	# Five seconds are to pass.  Meanwhile: tables that wait for an autovacuum which is off.
	# What ANALYZE itself changes is counted at the end of its session, unless it is asked for.
	$counted->safe_psql('postgres', $_) foreach 'VACUUM ANALYZE; SELECT pg_stat_force_next_flush()', 'VACUUM pg_statistic';
	my $idle = 'autovacuum_idle(warn => 0.0001)';
	becomes($counted, $idle, 'ok', 'no table waits');
	$counted->safe_psql('postgres', 'CREATE TABLE waits AS SELECT generate_series(1, 2000) AS i; CREATE TABLE not_meant (i int) WITH (autovacuum_enabled = off)');
	becomes($counted, $idle, 'warn', 'one does');
	is(says($counted, 'autovacuum_idle()')->{status}, 'ok', 'autovacuum_idle: for less than a day');
	$counted->safe_psql('postgres', q(ALTER SYSTEM SET autovacuum_naptime = '1s'; ALTER SYSTEM SET autovacuum = on));
	$counted->reload;
	$counted->poll_query_until('postgres', "SELECT value = 0 FROM pk_check_$idle") or die 'autovacuum does not come';
	becomes($counted, $idle, 'ok', 'autovacuum has come');
	$counted->safe_psql('postgres', 'INSERT INTO not_meant SELECT generate_series(1, 2000); SELECT pg_stat_force_next_flush()');
	becomes($counted, $idle, 'ok', 'where it is not meant to come, nobody waits');
	$counted->safe_psql('postgres', q(ALTER SYSTEM RESET ALL));
	$counted->reload;
	$counted->safe_psql('postgres', "SELECT pg_sleep(greatest(5 - extract(epoch FROM clock_timestamp() - '$since'), 0))");
	$counted->restart;
	is($counted->safe_psql('postgres', 'SELECT pk_stats_since()'), $since, 'a clean restart keeps the statistics');
	$counted->safe_psql('postgres', 'CREATE TABLE fresh (i int); CREATE INDEX fresh_i ON fresh (i)');
	like($unused->(0)->{objects}, qr/^public\.fresh_i on /, 'unused_indexes: a new one is not scanned');
	is($unused->($window)->{status}, 'ok', 'unused_indexes: one that is younger than the statistics tells nothing');
	my $started = $counted->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
	my $victim = $counted->background_psql('postgres', on_error_stop => 0);
	kill 'KILL', $victim->query_safe('SELECT pg_backend_pid()');
	$counted->poll_query_until('postgres', "SELECT pk_stats_since() > '$since'");
	is($counted->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'a crash does not end the server');
	like($unused->($window)->{reason}, qr/^the statistics are younger than/, 'unused_indexes: and a crash loses them');
	$victim->{run}->kill_kill;
	$counted->stop;
}

# A page that the storage has changed.
{
	my $checked = perfkit_node('checked', initdb => [ '--data-checksums' ]);
	is(says($checked, 'checksum_failures()')->{status}, 'ok', 'checksum_failures: none');
	my $file = $checked->data_dir . '/' . $checked->safe_psql('postgres', q(CREATE TABLE torn AS SELECT 1; CHECKPOINT; SELECT pg_relation_filepath('torn')));
	$checked->restart;
	open my $page, '+<', $file or die $!;
	sysseek($page, 4000, 0);
	syswrite($page, 'x') == 1 or die $!;
	close $page;
	$checked->psql('postgres', 'SELECT * FROM torn');
	becomes($checked, 'checksum_failures()', 'critical', 'a changed page was read');
	$checked->safe_psql('postgres', 'SELECT pg_stat_reset()');
	becomes($checked, 'checksum_failures()', 'ok', 'forgotten');
	$checked->stop;
}

# Old age: transaction and multixact IDs that are half used up.
{
	# Autovacuum comes to prevent wraparound even where it is off: not before this test has looked.
	my $old = perfkit_node('old', conf => "autovacuum_freeze_max_age = 2000000000\nautovacuum_multixact_freeze_max_age = 2000000000");
	is(says($old, "$_()")->{status}, 'ok', "$_: young") foreach 'xid_age', 'multixact_age';
	$old->stop;
	my $data = $old->data_dir;
	# The next IDs begin a segment of pg_xact and of pg_multixact/offsets each, which must be there.
	append_to_file("$data/pg_xact/03B9", "\0" x 262144);
	append_to_file("$data/pg_multixact/offsets/3B9A", "\0" x 262144);
	command_ok([ 'pg_resetwal', '-x', 953 * 1048576, '-m', 15258 * 65536 . ',1', $data ], 'a server is aged');
	$old->start;
	foreach my $check ('xid_age', 'multixact_age')
	{
		my $row = says($old, "$check()");
		is($row->{status}, 'warn', "$check: old") or diag "$row->{value} $row->{objects}";
		like($row->{objects}, qr/^database \w+: 9\d{8} (transactions|multixacts)/, "$check: by how much");
	}
	$old->safe_psql('postgres', q(UPDATE pg_database SET datallowconn = true));
	$old->safe_psql($_, 'VACUUM (FREEZE)') foreach 'template0', 'template1', 'postgres';
	is(says($old, "$_()")->{status}, 'ok', "$_: frozen") foreach 'xid_age', 'multixact_age';
	$old->stop;
}
done_testing();
