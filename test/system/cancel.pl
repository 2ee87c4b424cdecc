# Every function and view can be stopped, in a database with 10,000 tables, and leaves nothing behind:
# no lock, no pinned buffer, no open relation, no memory.  None waits for a lock just to look.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use List::Util qw(min);
use Test::More;
use Time::HiRes qw(time usleep);
use Perfkit;
use Perfkit::Calls;

my $node = perfkit_node('main', conf => "max_locks_per_transaction = 512");
create_sample($node);
$node->safe_psql('postgres', <<'SQL');
DO $$ BEGIN
    FOR i IN 1..10000 LOOP
        EXECUTE format('CREATE TABLE pk_many_%s (n int%s)', i, CASE WHEN i % 10 = 0 THEN ' PRIMARY KEY' END);
        IF i % 10 = 0 THEN EXECUTE format('INSERT INTO pk_many_%s SELECT generate_series(1, 300)', i); END IF;
        IF i % 500 = 0 THEN COMMIT; END IF;
    END LOOP;
END $$;
SQL
my @calls = extension_calls($node);
my %state;    # SQLSTATE => number of times

# Runs a script in a session of its own; its errors, as SQLSTATEs.
sub states
{
	my ($script) = @_;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$script", on_error_stop => 0,
		extra_params => [ '-o', '/dev/null' ]);
	return (defined $code && $code == 0 ? '' : 'session lost', $err =~ /(?:ERROR|FATAL|PANIC):\s+(\w{5}):/g);
}

# Anything but success or "cancelled" would be a time-out that turned into another error.
foreach my $call (@calls)
{
	my $script = '';
	foreach my $ms (1, 1, 2, 3, 5, 8, 13, 21, 34)
	{
		$script .= "SET statement_timeout = $ms;\n$call->{statement};\n";
		# The error is caught: what it left open would be reported at commit.
		$script .= "DO \$\$ BEGIN EXECUTE \$sql\$ $call->{statement} \$sql\$; EXCEPTION WHEN query_canceled THEN NULL; END \$\$;\n";
	}
	my ($session, @states) = states($script);
	# A procedure that commits cannot do so in the block.
	my @other = grep { $_ ne '57014' && !($_ eq '2D000' && $call->{kind} eq 'procedure') } @states;
	is("$session @other", ' ', "$call->{statement}: stopped by statement_timeout, or done");
	$state{$_}++ foreach @states;
}
note join ', ', map { "$_: $state{$_}" } sort keys %state;

# By another session, at any time; the same session goes on, and holds nothing afterwards.
my $session = $node->background_psql('postgres', on_error_stop => 0);
my $pid = $session->query_safe('SELECT pg_backend_pid()');
$session->query_safe('SET client_min_messages = error');
my $rss = sub {
	return undef unless -r "/proc/$pid/status";
	my ($kb) = slurp_file("/proc/$pid/status") =~ /RssAnon:\s+(\d+)/;
	return $kb;
};
my $rounds = 6;
my (@cancelled, @kb);    # memory after each round
# The longest first: it fills the caches, which are to stay; the one after it, what only a cancelled call leaves there.
foreach my $round (reverse 0 .. $rounds)
{
	foreach my $call (@calls)
	{
		$session->{timeout}->start;    # for this call: by default the time is for all
		$session->{stdin} .= "$call->{statement};\n\\echo done-$round\n\\warn done-$round\n";
		my $done = sub { $session->{stdout} =~ /done-$round\n/ && $session->{stderr} =~ /done-$round\n/ };
		my $due = time + ($round == $rounds ? 60 : 0.001 * 3**$round);    # 1 ms to 0.2 s; the first is to come to its end
		while (time < $due && !$done->())
		{
			$session->{run}->pump_nb;
			usleep(500);
		}
		$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid) FROM pg_stat_activity WHERE pid = $pid AND state = 'active'")
		  unless $done->();
		my $cancelled = time;
		$session->{run}->pump until $done->();
		push @cancelled, [ time - $cancelled, $call->{statement} ];
		($session->{stdout}, $session->{stderr}) = ('', '');
	}
	push @kb, $rss->();
}
my ($slowest) = sort { $b->[0] <=> $a->[0] } @cancelled;
cmp_ok($slowest->[0], '<', 60, "pg_cancel_backend ends every call soon; the slowest was $slowest->[1]");
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE pid = $pid"), '0', 'no lock is left');
SKIP:
{
	skip 'not applicable: no /proc', 1 unless defined $kb[0];
	# What the allocator gives back to the system comes and goes; what is lost stays.
	note "memory after each round, in kB: @kb";
	cmp_ok(min(@kb[-3 .. -1]) - min(@kb[1 .. 3]), '<', 15000, 'cancelled calls leave no memory behind, in kB');
}
$session->quit;

# Somebody holds a table: what looks at the whole database must not wait for it.
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE pk_sample, pk_many_10, pk_sample_partitioned IN ACCESS EXCLUSIVE MODE');
# One that was told what to look at may have to wait for it.
foreach my $call (grep { !grep { $_->[1] =~ /regclass|oid|text/ } @{ $_->{given} } } @calls)
{
	my ($session, @states) = states("SET lock_timeout = 300; SET statement_timeout = '120s';\n$call->{statement};");
	is("$session @states", ' ', "$call->{statement}: does not wait for a lock");
}
$holder->quit;

server_ok($node, 'at the end');
done_testing();
