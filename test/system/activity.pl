# The views of activity, each with a state that was made for it.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', init => [ allows_streaming => 1 ]);

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

my ($sleeper, $sleeping) = session();
start($sleeper, 'SELECT pg_sleep(600)');
$node->poll_query_until('postgres', "SELECT waits_for = 'Timeout: PgSleep' FROM pk_activity WHERE pid = $sleeping");
is($node->safe_psql('postgres', "SELECT state, backend_type, statement_runs > '0', query FROM pk_activity WHERE pid = $sleeping"),
	'active|client backend|t|SELECT pg_sleep(600);', 'pk_activity: a statement runs');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pk_long_queries'), '0', 'pk_long_queries: not for long yet');

# A chain of four, and one who waits beside it.
$node->safe_psql('postgres', "CREATE TABLE chain_$_ (id int)") foreach 1 .. 3;
is($node->safe_psql('postgres', 'SELECT count(*) FROM pk_blocking'), '0', 'pk_blocking: nobody waits');
my @chain = map { [ session() ] } 1 .. 5;
my @pid = map { $_->[1] } @chain;
$_->[0]->query_safe('BEGIN') foreach @chain;
$chain[ $_ - 1 ][0]->query_safe("LOCK chain_$_") foreach 1 .. 3;
foreach my $i (1 .. 4)
{
	my $table = $i == 4 ? 1 : $i;
	start($chain[$i][0], "LOCK chain_$table");
	$node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid[$i]");
}
my $tree = join("\n", "0|$pid[0]||", "1|$pid[1]|$pid[0]|chain_1", "2|$pid[2]|$pid[1]|chain_2", "3|$pid[3]|$pid[2]|chain_3");
is($node->safe_psql('postgres', "SELECT depth, pid, blocked_by, relation FROM pk_blocking WHERE root_pid = $pid[0] AND NOT $pid[4] = ANY (path) ORDER BY path"),
	$tree, 'pk_blocking: a chain of four');
is($node->safe_psql('postgres', "SELECT blocks, state, remedy, waited IS NULL FROM pk_blocking WHERE depth = 0"),
	"2|idle in transaction|SELECT pg_terminate_backend($pid[0])|t", 'pk_blocking: its root');
# Who queues behind another waits for that one, too, by way of the root or not.
is($node->safe_psql('postgres', "SELECT bool_and(root_pid = $pid[0] AND waited > '0' AND lock_mode = 'AccessExclusiveLock') FROM pk_blocking WHERE pid = $pid[4]"),
	't', 'pk_blocking: the one beside it');
is($node->safe_psql('postgres', "SELECT lock_mode, granted, waited > '0' FROM pk_locks WHERE relation = 'chain_3' ORDER BY granted"),
	"AccessExclusiveLock|f|t\nAccessExclusiveLock|t|", 'pk_locks: who holds, and who waits');
is($node->safe_psql('postgres', q(SELECT sum(connections) FROM pk_connections WHERE state IN ('idle in transaction', 'active') AND longest_in_state > '0')), '7',
	'pk_connections: all of them');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[" . join(',', @pid) . "]) pid");
$node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pk_blocking');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pk_blocking'), '0', 'pk_blocking: nobody waits any more');
$_->[0]->{run}->kill_kill foreach @chain;

# A prepared transaction has no process.
$node->append_conf('postgresql.conf', 'max_prepared_transactions = 2');
$sleeper->{run}->kill_kill;
$node->restart;
($sleeper, $sleeping) = session();
start($sleeper, 'SELECT pg_sleep(600)');
$node->safe_psql('postgres', q(BEGIN; LOCK chain_1; PREPARE TRANSACTION 'prepared'));
my ($waiter, $waiting) = session();
start($waiter, 'SELECT count(*) FROM chain_1');
$node->poll_query_until('postgres', "SELECT count(*) = 2 FROM pk_blocking");
is($node->safe_psql('postgres', 'SELECT depth, pid, remedy FROM pk_blocking ORDER BY path'), "0|0|See pg_prepared_xacts for the prepared transaction.\n1|$waiting|",
	'pk_blocking: a prepared transaction');
is($node->safe_psql('postgres', q(SELECT pid IS NULL, lock_mode FROM pk_locks WHERE relation = 'chain_1' AND granted)), 't|AccessExclusiveLock', 'pk_locks: a prepared transaction');
$node->safe_psql('postgres', q(ROLLBACK PREPARED 'prepared'));
$waiter->quit;

# A COPY that waits for its next line, and a CREATE INDEX that waits for a writer.
my ($writer) = session();
$writer->query_safe('BEGIN; INSERT INTO chain_1 VALUES (1)');
my ($builder, $building) = session();
start($builder, 'CREATE INDEX CONCURRENTLY built ON chain_1 (id)');
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pk_progress WHERE pid = $building AND phase ~ 'waiting for writers'");
is($node->safe_psql('postgres', "SELECT command, relation, started <= now() FROM pk_progress WHERE pid = $building"), 'CREATE INDEX CONCURRENTLY|built|t',
	'pk_progress: an index is built');
# It would wait for the one who sleeps, too.
$node->safe_psql('postgres', "SELECT pg_cancel_backend($building)");
$writer->query_safe('COMMIT');
$_->quit foreach $writer, $builder;
my ($copier, $copying) = session();
$copier->query_until(qr/started/, "\\echo started\nCOPY chain_2 FROM PROGRAM 'echo 1; exec sleep 600';\n");
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pk_progress WHERE pid = $copying");
is($node->safe_psql('postgres', "SELECT command, relation, unit, percent, estimated_end FROM pk_progress WHERE pid = $copying"), 'COPY FROM|chain_2|bytes||',
	'pk_progress: rows are copied from where the size is not known');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($copying)");
$copier->{run}->kill_kill;

# Replication, from both ends.
is($node->safe_psql('postgres', 'SELECT count(*) FROM pk_replication'), '0', 'pk_replication: there is none');
$node->safe_psql('postgres', q(SELECT pg_create_physical_replication_slot('kept', true)));
is($node->safe_psql('postgres', 'SELECT kind, name, state, retained_bytes >= 0 FROM pk_replication'), 'physical slot|kept|inactive|t', 'pk_replication: a slot');
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
$standby->poll_query_until('postgres', q(SELECT unreplayed_bytes = 0 AND lag = '0' FROM pk_replication)) or die 'the standby does not keep up';
is($standby->safe_psql('postgres', 'SELECT kind, state FROM pk_replication'), 'this standby|streaming', 'pk_replication: a standby keeps up');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$node->safe_psql('postgres', 'INSERT INTO chain_3 SELECT generate_series(1, 1000)');
$node->poll_query_until('postgres', q(SELECT unreplayed_bytes > 50000 FROM pk_replication WHERE kind = 'standby' AND name = 'standby'));
is($node->safe_psql('postgres', q(SELECT state, sync_state, retained_bytes IS NULL FROM pk_replication WHERE kind = 'standby')), 'streaming|async|t', 'pk_replication: it is behind');
$standby->poll_query_until('postgres', q(SELECT unreplayed_bytes > 50000 AND lag > '0' FROM pk_replication));
is($standby->safe_psql('postgres', q(SELECT unreplayed_bytes > 50000 AND lag > '0' FROM pk_replication)), 't', 'pk_replication: it knows itself');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$standby->stop;

$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pk_long_queries');
is($node->safe_psql('postgres', 'SELECT pid, statement_runs >= interval \'30 s\', cancel FROM pk_long_queries'), "$sleeping|t|SELECT pg_cancel_backend($sleeping)",
	'pk_long_queries: one that runs for long');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($sleeping)");
$sleeper->quit;
is($node->safe_psql('postgres', 'SELECT count(*) FROM pk_long_queries'), '0', 'pk_long_queries: it was cancelled');
server_ok($node, 'at the end');

done_testing();
