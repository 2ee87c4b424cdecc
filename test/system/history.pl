# History on a real server: snapshots come, survive restart and crash, and are in nobody's way.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', init => [ allows_streaming => 1 ],
	conf => "pg_perfkit.history_interval = 1s\nrestart_after_crash = on\nlog_min_messages = log");
my $info = sub { $node->safe_psql($_[1] // 'postgres', "SELECT $_[0] FROM pk_history_info()") };
my $snapshot = sub { $node->safe_psql($_[0] // 'postgres', 'SELECT pk_history_snapshot()') };
my $run = sub { $node->safe_psql('postgres', join '', map { "SELECT count(*) FROM t WHERE n = $_;\n" } 1 .. $_[0]) };
my $poll = sub { $node->poll_query_until($_[2] // 'postgres', $_[0]) or die "does not come: $_[1]" };

# They come by themselves, and the launcher knows the database though nobody told it.
$node->safe_psql('postgres', 'CREATE TABLE t AS SELECT i AS n FROM generate_series(1, 100) i');
$run->(3);
$poll->("SELECT state = 'on' AND snapshots >= 1 AND last_error IS NULL FROM pk_history_info()", 'a snapshot by itself');

my $statement = 'queryid = ' . $node->safe_psql('postgres', "SELECT queryid FROM pk_workload WHERE query LIKE 'SELECT count(*) FROM t WHERE n = %'");

# What ran between two snapshots, and no more.
my @at = ($snapshot->());
$run->(20);
push @at, $snapshot->();
$run->(60);
push @at, $snapshot->();
my $compared = "SELECT calls_before, calls_after, mean_before_ms > 0, p95_after_ms > 0, role_name, toplevel FROM pk_compare('$at[0]', '$at[1]', '$at[1]', '$at[2]') WHERE $statement";
is($node->safe_psql('postgres', $compared), '20|60|t|t|' . $node->safe_psql('postgres', 'SELECT current_user') . '|t', 'pk_compare counts both windows');
is($node->safe_psql('postgres', "SELECT calls FROM pk_slow_queries_window('$at[2]'::timestamptz - '$at[0]', '$at[2]') WHERE $statement"), '80', 'and a window both');
is($node->safe_psql('postgres', "SELECT sum(value * extract(epoch FROM taken - since)) BETWEEN 80 AND 200 FROM pk_window('calls', '$at[0]', '$at[2]')"), 't', 'and the series');
is($node->safe_psql('postgres', "SELECT rows_after, inserted IS NOT NULL FROM pk_growth_window('1 hour') WHERE table_name = 't'"), '100|t', 'tables are known');
$poll->(q{SELECT count(*) > 0 FROM (SELECT pg_sleep(1.5)) s, pk_history_snapshot(), pk_waits_window() WHERE waits_for IN ('CPU', 'Timeout: PgSleep')}, 'waits');

$poll->(q{SELECT count(*) > 0 FROM (SELECT pg_sleep(1.5)) s, pk_wait_events WHERE wait_event_type = 'Timeout' AND wait_event = 'PgSleep' AND sightings > 0 AND mean_sessions > 0 AND sessions_now > 0}, 'waits of the last hour');

# Counters that begin anew are never negative.
$node->safe_psql('postgres', 'SELECT pk_workload_reset(); SELECT pg_stat_reset()');
$run->(5);
push @at, $snapshot->();
is($node->safe_psql('postgres', "SELECT calls FROM pk_slow_queries_window('$at[3]'::timestamptz - '$at[2]', '$at[3]') WHERE $statement"), '5', 'after a reset what came since counts');
is($node->safe_psql('postgres', <<SQL), '0', 'and nothing is negative');
SELECT count(*) FROM unnest('{queries,relations,database,waits,server}'::text[]) k, pk_history_totals(k, '-infinity', 'infinity') t, unnest(t.counters) c WHERE c < 0
SQL
cmp_ok($info->('resets'), '>', 0, 'resets are counted');

# Whoever may see no texts of others sees no queryid of theirs either.
$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE ROLE plain LOGIN; GRANT EXECUTE ON FUNCTION pk_history_totals TO plain');
is($node->safe_psql('postgres', "SELECT count(*) FROM pk_history_totals('queries', '$at[0]', '$at[2]') WHERE id1 IS NOT NULL", extra_params => [ '-U', 'plain' ]), '0', 'others see no identifiers');
is($node->safe_psql('postgres', $compared, extra_params => [ '-U', 'monitor' ]) =~ /^20\|60\|/, 1, 'members of pg_monitor see them');

# The superuser's rights that the worker has are for nobody to borrow.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE trapped ();
CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trapped DEFAULT VALUES; RETURN NULL; END $$;
DO $$ BEGIN
    FOR i IN 0..7 LOOP
        EXECUTE format('CREATE TRIGGER trap BEFORE INSERT OR TRUNCATE ON pk_history_%s EXECUTE FUNCTION trap()', i);
        EXECUTE format('CREATE TRIGGER trap_row BEFORE INSERT ON pk_history_%s FOR EACH ROW EXECUTE FUNCTION trap()', i);
        EXECUTE format('ALTER TABLE pk_history_%s ENABLE ALWAYS TRIGGER trap_row, ADD CHECK (kind IS NULL)  NOT VALID', i);
        EXECUTE format('CREATE RULE trap AS ON INSERT TO pk_history_%s DO INSTEAD NOTHING', i);
    END LOOP;
END $$;
SQL
isnt($snapshot->(), '', 'triggers, rules and constraints on the tables keep no snapshot away');
is($node->safe_psql('postgres', 'SELECT count(*) FROM trapped'), '0', 'and are not run');
$node->safe_psql('postgres', "CREATE FUNCTION trap_index(bytea) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \$\$ BEGIN INSERT INTO trapped DEFAULT VALUES; RETURN 1; END \$\$");
$node->safe_psql('postgres', "CREATE INDEX ON pk_history_0 (kind); CREATE INDEX trap ON pk_history_1 (taken)");
my ($code, $out, $error) = $node->psql('postgres', 'SELECT pk_history_snapshot()');
like($error, qr/no snapshot could be taken.*it has an index/s, 'an index is refused');
$node->safe_psql('postgres', "DROP INDEX pk_history_0_kind_idx, trap");
isnt($snapshot->(), '', 'and goes');

# A locked table keeps nobody waiting, and is told.
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE pk_history_0, pk_history_1 IN ACCESS EXCLUSIVE MODE');
($code, $out, $error) = $node->psql('postgres', 'SELECT pk_history_snapshot()');
like($error, qr/a table of the history is locked/, 'no snapshot waits for a lock');
$poll->("SELECT status = 'warn' AND objects[1] ~ 'locked' FROM pk_check_history_behind(warn => 1)", 'the health check warns');
$holder->quit;
$poll->("SELECT status = 'ok' FROM pk_health('{history_behind}')", 'the health check is content again');

# Nobody waits to drop a database, or the extension.
foreach my $i (1 .. 2)
{
	$node->safe_psql('postgres', "CREATE DATABASE other$i");
	create_extension($node, "other$i");
	isnt($snapshot->("other$i"), '', "a snapshot of a new database, $i");
	my $asking = $node->background_psql("other$i", on_error_stop => 0);
	$asking->{stdin} .= "SELECT pk_history_snapshot() FROM generate_series(1, 5);\n";
	$asking->{run}->pump_nb;
	$node->safe_psql("other$i", 'DROP EXTENSION pg_perfkit') if $i == 1;
	$asking->quit;
	$node->safe_psql('postgres', "DROP DATABASE other$i");
}
# What is older than the retention goes, by whole tables; the oldest takes over when the newest is full.
$node->safe_psql('postgres', 'CREATE DATABASE ring');
# At once, before a worker comes.
$node->safe_psql('ring', join(' ', 'BEGIN; CREATE EXTENSION pg_perfkit;', (map {
	"INSERT INTO pk_history_$_->[0] VALUES ('d', NULL, now() - interval '$_->[1] days', '\\x0100000c010100');" } [ 0, 20 ], [ 1, 10 ], [ 2, 8 ], [ 3, 2 ]), 'COMMIT'));
isnt($snapshot->('ring'), '', 'a snapshot into the next table');
is(join(' ', map { $node->safe_psql('ring', "SELECT count(*) > 0 FROM pk_history_$_") } 0 .. 7), 'f f t t t f f f', 'the oldest tables are empty');

# One database can be left out.
$node->safe_psql('postgres', 'ALTER DATABASE ring SET pg_perfkit.history = off');
($code, $out, $error) = $node->psql('ring', 'SELECT pk_history_snapshot()');
like($error, qr/pg_perfkit.history is off for this database/, 'a database can be left out');
is($node->safe_psql('ring', "SELECT status, reason FROM pk_check_history_behind()"), 'skipped|history is off: pg_perfkit.history is off for this database', 'and the health check says so');
$node->safe_psql('postgres', 'ALTER DATABASE ring RESET pg_perfkit.history; ALTER DATABASE ring SET default_transaction_read_only = on');
($code, $out, $error) = $node->psql('ring', 'SELECT pk_history_snapshot()');
like($error, qr/default_transaction_read_only is on/, 'and one that is read only is');
# A worker that is ended midway: here it waits for a database that somebody is renaming.
my $renamer = $node->background_psql('postgres');
$renamer->query_safe('BEGIN; ALTER DATABASE ring RENAME TO renamed');
my $log_start = -s $node->logfile;
my $waiting = q{SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'object' AND classid = 'pg_database'::regclass};
$poll->("SELECT count(*) > 0 FROM ($waiting) w", 'a worker that waits');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM ($waiting) w");
$node->wait_for_log(qr/took no snapshot for its history: its process ended before its time/, $log_start);
$renamer->query_safe('ROLLBACK');
$renamer->quit;
$node->safe_psql('postgres', 'DROP DATABASE ring');

# Restart, and a crash: what was kept is still there, and counting goes on.
my $before = $node->safe_psql('postgres', $compared);
my $count = $info->('snapshots');
# From here on snapshots come when they are asked for, and once after each start.
$node->append_conf('postgresql.conf', 'pg_perfkit.history_interval = 1h');
$node->restart;
$poll->("SELECT snapshots > $count FROM pk_history_info()", 'snapshots after a restart');
is($node->safe_psql('postgres', "SELECT calls_before, calls_after FROM pk_compare('$at[0]', '$at[1]', '$at[1]', '$at[2]') WHERE calls_after = 60"), '20|60', 'the same after a restart');

# The index that REINDEX CONCURRENTLY makes goes on counting where the one before it stopped.
my $scan = sub {
	$node->safe_psql('postgres', join '', "SET enable_seqscan = off;\n", map({ "SELECT count(*) FROM t WHERE n = $_;\n" } 1 .. $_[0]), 'SELECT pg_stat_force_next_flush()')
};
my $scans = sub { $node->safe_psql('postgres', "SELECT counters[1] FROM pk_history_totals('relations', '$_[0]', '$_[1]') WHERE id1 = 't_n'::regclass::oid::bigint") };
$node->safe_psql('postgres', 'CREATE INDEX t_n ON t (n)');
my @indexed = ($snapshot->());
$scan->(40);
push @indexed, $snapshot->();
is($scans->(@indexed), '40', 'scans of an index');
$node->safe_psql('postgres', 'REINDEX INDEX CONCURRENTLY t_n');
$scan->(3);
push @indexed, $snapshot->();
is($scans->(@indexed[1, 2]), '3', 'after REINDEX CONCURRENTLY what came since counts');

# What is dropped or emptied after the last snapshot before a crash has no size after it.
$node->safe_psql('postgres', 'CREATE TABLE dropped AS SELECT i FROM generate_series(1, 10000) i; CREATE TABLE emptied AS SELECT * FROM dropped');
my $both = $node->safe_psql('postgres', q(SELECT 'dropped'::regclass::oid || ', ' || 'emptied'::regclass::oid));
my $size = sub { $node->safe_psql('postgres', "SELECT sum(last_gauges[1]) FROM pk_history_totals('relations', '-infinity', 'infinity') WHERE id1 IN ($both)") };
$snapshot->();
cmp_ok($size->(), '>', 600000, 'the size of two tables');
$node->safe_psql('postgres', 'DROP TABLE dropped; TRUNCATE emptied');

$node->safe_psql('postgres', 'CHECKPOINT');
$log_start = -s $node->logfile;
kill KILL => $node->safe_psql('postgres', 'SELECT pid FROM pg_stat_activity WHERE backend_type = $$pg_perfkit history$$ AND datname IS NULL ORDER BY backend_start LIMIT 1');
$node->wait_for_log(qr/all server processes terminated; reinitializing/, $log_start);
$node->poll_query_until('postgres', 'SELECT 1', '1') or die 'the server does not come back';
is($node->safe_psql('postgres', "SELECT calls_before, calls_after FROM pk_compare('$at[0]', '$at[1]', '$at[1]', '$at[2]') WHERE calls_after = 60"), '20|60', 'the same after a crash');
$poll->("SELECT state = 'on' FROM pk_history_info()", 'the launcher after a crash');
$snapshot->();
is($size->(), '0', 'and none after a crash');
my $begin = $snapshot->();
$run->(7);
my $end = $snapshot->();
is($node->safe_psql('postgres', "SELECT calls FROM pk_slow_queries_window('$end'::timestamptz - '$begin', '$end') WHERE $statement"), '7', 'and counting goes on');

# What cannot be written down is told, and harms nobody: here the files are taken away from the server.
$node->safe_psql('postgres', 'CHECKPOINT');
my @files = map { $node->data_dir . '/' . $node->safe_psql('postgres', "SELECT pg_relation_filepath('pk_history_$_')") } 0 .. 7;
chmod 0400, @files;
($code, $out, $error) = $node->psql('postgres', 'SELECT pk_history_snapshot()');
chmod 0600, @files;
like($error, qr/no snapshot could be taken: could not open file .*: Permission denied/, 'a file that cannot be written');
is($info->("state || ' ' || (last_error ~ 'could not open file')"), 'trouble true', 'the trouble is told');
isnt($snapshot->(), '', 'the next snapshot is taken');
is($info->('state'), 'on', 'and all is well');

# A standby takes a history of its own, in memory, beside what the primary has written; promoted, it goes on in tables.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
my $of_primary = "SET pg_perfkit.standby_history = 'primary'; SELECT calls_before, calls_after FROM pk_compare('$at[0]', '$at[1]', '$at[1]', '$at[2]') WHERE calls_after = 60";
is($standby->safe_psql('postgres', $of_primary), '20|60', 'a standby has the history of the primary');
my $on_standby = sub { $standby->safe_psql('postgres', $_[0]) };
my $launched = sub { $standby->poll_query_until('postgres', "SELECT state LIKE 'on%' FROM pk_history_info()") or die 'no launcher' };
$launched->();
$begin = $on_standby->('SELECT pk_history_snapshot()');
$on_standby->(join '', map { "SELECT count(*) FROM t WHERE n = $_;\n" } 1 .. 9);
$end = $on_standby->('SELECT pk_history_snapshot()');
is($on_standby->("SELECT calls FROM pk_slow_queries_window('$end'::timestamptz - '$begin', '$end') WHERE $statement"), '9', 'and one of its own');
is($on_standby->("SELECT live_rows FROM (SELECT last_gauges[2] AS live_rows FROM pk_history_totals('relations', '-infinity', 'infinity') WHERE id1 = 't'::regclass) s"),
	$on_standby->('SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = $$t$$'), 'with gauges');
is($on_standby->("SELECT state, reason IS NULL FROM pk_history_info(), pk_check_history_behind()"), 'on|t', 'and says so');
# What memory does not hold goes, the oldest first.
$standby->append_conf('postgresql.conf', "pg_perfkit.standby_history_size = '64kB'");
$standby->reload;
my $first = $on_standby->('SELECT oldest FROM pk_history_info()');
$on_standby->("SELECT pk_history_snapshot() FROM generate_series(1, 40)");
is($on_standby->("SELECT oldest > '$first', newest > '$end', bytes <= 64 * 1024, last_error IS NULL FROM pk_history_info()"), 't|t|t|t', 'in a ring');
is($on_standby->("SELECT last_gauges[2] FROM pk_history_totals('relations', now() - interval '1 hour', 'infinity') WHERE id1 = 't'::regclass"),
	$on_standby->('SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = $$t$$'), 'whose gauges are told again');
is($standby->psql('postgres', "SET pg_perfkit.standby_history_size = 0"), 3, 'its size is for the server');
$standby->append_conf('postgresql.conf', "pg_perfkit.standby_history_size = 0");
$standby->reload;
$standby->poll_query_until('postgres', "SELECT state LIKE 'off: this is a standby%' FROM pk_history_info()") or die 'not off';
($code, $out, $error) = $standby->psql('postgres', 'SELECT pk_history_snapshot()');
like($error, qr/no history is taken on a standby/, 'and 0 takes none');
$standby->append_conf('postgresql.conf', "pg_perfkit.standby_history_size = '1MB'");
$standby->restart;
$launched->();
$on_standby->('SELECT pk_history_snapshot()');
is($on_standby->("SELECT oldest > '$end' FROM pk_history_info()"), 't', 'a restart ends it');
$standby->poll_query_until('postgres', q{SELECT count(*) > 0 FROM (SELECT pg_sleep(1.5)) s, pk_wait_events WHERE wait_event = 'PgSleep'}) or die 'no waits on the standby';
$standby->promote;
$standby->poll_query_until('postgres', "SELECT state = 'on' AND last_success IS NOT NULL FROM pk_history_info()") or die 'no history after promotion';
isnt($standby->safe_psql('postgres', 'SELECT pk_history_snapshot()'), '', 'until it is promoted');
$standby->stop;

$node->stop;
done_testing();
