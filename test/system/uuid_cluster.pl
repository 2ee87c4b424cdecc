# pg_perfkit.uuid_ordering = cluster: 16 sessions at once, one order.  A UUID made before another was
# begun is smaller, there is no duplicate, and none is more than 1 ms off the clock.
#
# PERFKIT_UUIDS sets their number (default 400,000).
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $sessions = 16;
my $uuids = $ENV{PERFKIT_UUIDS} // 400_000;
my $node = perfkit_node('main', conf => "shared_buffers = 256MB\nwork_mem = 256MB\nmax_wal_size = 8GB\nfsync = off\nwal_level = minimal\nmax_wal_senders = 0");

# A call and the clock around it, to the microsecond.
$node->safe_psql('postgres', "CREATE UNLOGGED TABLE made (session int, n int, before timestamptz, id uuid, after timestamptz)");

# Runs all sessions at once, each waiting for the same lock first.
sub make_uuids
{
	my ($ordering) = @_;
	$node->safe_psql('postgres', 'TRUNCATE made');
	my $gate = $node->background_psql('postgres');
	$gate->query_safe('BEGIN; SELECT pg_advisory_xact_lock(7)');
	my @runs;
	foreach my $session (1 .. $sessions)
	{
		my $sql = "SET pg_perfkit.uuid_ordering = $ordering; SELECT pg_advisory_lock_shared(7);
			INSERT INTO made SELECT $session, n, clock_timestamp(), pk_uuidv7(), clock_timestamp()
			FROM generate_series(1, $uuids / $sessions) n;";
		push @runs, IPC::Run::start([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', $sql ],
			'>', \my $out, '2>', \my $err);
	}
	$node->poll_query_until('postgres', "SELECT count(*) = $sessions FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
	$gate->query_safe('COMMIT');
	$gate->quit;
	my $failed = grep { !$_->finish } @runs;
	is($failed, 0, "$ordering: all sessions have made theirs");
	return;
}

# Pairs where the later call got the smaller UUID: each begin of a call must find it above all whose
# calls had ended.
my $inversions = q{
	SELECT count(*) FROM (
		SELECT id, kind, max(id::text COLLATE "C") FILTER (WHERE kind = 0)
			OVER (ORDER BY at, kind DESC ROWS UNBOUNDED PRECEDING) AS ended
		FROM (SELECT after AS at, 0 AS kind, id FROM made UNION ALL SELECT before, 1, id FROM made) events
	) swept WHERE kind = 1 AND id <= ended::uuid};
my $overlapping = q{
	WITH spans AS (SELECT session, min(before) AS start, max(after) AS stop FROM made GROUP BY session)
	SELECT count(*) > 0 FROM spans a JOIN spans b ON a.session < b.session AND a.start < b.stop AND b.start < a.stop};
my $disorder_within = q{
	SELECT count(*) FROM (SELECT id, lag(id) OVER (PARTITION BY session ORDER BY n) AS last FROM made) m WHERE id <= last};
# 60 bits of time: what is before the random bits, against the clock's to the microsecond.  A session that
# makes one after the other reads the clock every 20 us.
my $off = q{
	SELECT count(*) FROM made
	WHERE left(id::text, 18) > left(pk_uuidv7(after + interval '1 ms')::text, 18)
	   OR left(id::text, 18) < left(pk_uuidv7(before - interval '21 us')::text, 18)};

make_uuids('cluster');
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT id), count(DISTINCT session) FROM made'),
	"$uuids|$uuids|$sessions", 'no duplicate');
is($node->safe_psql('postgres', $inversions), '0', 'no inversion between sessions');
is($node->safe_psql('postgres', $disorder_within), '0', 'nor within one');
is($node->safe_psql('postgres', $off), '0', 'none is more than 1 ms ahead of the clock, or 20 us behind it');
is($node->safe_psql('postgres', $overlapping), 't', 'the sessions ran at the same time');

# The check of order sees what it should: random keys are full of inversions.
$node->safe_psql('postgres', 'UPDATE made SET id = gen_random_uuid() WHERE n <= 100');
isnt($node->safe_psql('postgres', $inversions), '0', 'random keys would be seen');

make_uuids('backend');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT id) FROM made'), $uuids, 'backend: no duplicate');
is($node->safe_psql('postgres', $disorder_within), '0', 'backend: increasing within a session');
is($node->safe_psql('postgres', $off), '0', 'backend: none is more than 1 ms ahead of the clock, or 20 us behind it');

# Shared memory starts anew with the server: the order goes on by the clock.
my $last = $node->safe_psql('postgres', 'SET pg_perfkit.uuid_ordering = cluster; SELECT pk_uuidv7()');
$node->restart;
ok($node->safe_psql('postgres', 'SET pg_perfkit.uuid_ordering = cluster; SELECT pk_uuidv7()') gt $last, 'increasing over a restart');

# In the configuration file: taken at the next start.
$node->safe_psql('postgres', 'ALTER SYSTEM SET pg_perfkit.uuid_ordering = cluster');
$node->restart;
is($node->safe_psql('postgres', 'SELECT pk_uuid_version(pk_uuidv7()), current_setting(\'pg_perfkit.uuid_ordering\')'),
	'7|cluster', 'set for all');
server_ok($node, 'at the end');
$node->stop;

# Without shared memory no setting is passed over in silence.
my $bare = perfkit_node('bare', preload => '');
my ($code, $out, $err) = $bare->psql('postgres', 'SELECT pk_uuidv7() IS NULL; SET pg_perfkit.uuid_ordering = cluster');
like($err, qr/ERROR:  pg_perfkit.uuid_ordering = cluster needs shared memory\nHINT:  Add pg_perfkit to shared_preload_libraries/, 'SET fails');
($code, $out, $err) = $bare->psql('postgres', 'SET pg_perfkit.uuid_ordering = cluster; SELECT pk_uuidv7()');
like($err, qr/ERROR:  pg_perfkit.uuid_ordering = cluster needs shared memory\nHINT/, 'so does a call after SET before the library was loaded');
$bare->append_conf('postgresql.conf', 'pg_perfkit.uuid_ordering = cluster');
$bare->restart;
($code, $out, $err) = $bare->psql('postgres', 'SELECT pk_uuidv7()');
like($err, qr/ERROR:  pg_perfkit.uuid_ordering = cluster needs shared memory\nHINT/, 'and a call where a file says so');
server_ok($bare, 'not preloaded');

done_testing();
