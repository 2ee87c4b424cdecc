# A physical standby: what reads there works there; what cannot, says so.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Calls;

# What changes something cannot run on a standby.  Each with the SQLSTATE that it must give.
my %refused = map { $_ => '25006' } qw(pk_uuid_move pk_workload_import pk_advice_mute pk_advice_unmute);

my $primary = perfkit_node('primary', init => [ allows_streaming => 1 ]);
create_sample($primary);
$primary->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor');
$primary->backup('base');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'this is a standby');
$standby->poll_query_until('postgres', 'SELECT pk_history_snapshot() IS NOT NULL') or die 'no launcher';

my @calls = extension_calls($standby);
my %seen = map { $_->{name} => 1 } @calls;
my @results = run_calls($standby, {}, map { $_->{statement} } @calls);
foreach my $call (@calls)
{
	my $result = shift @results;
	is($result->{state}, $refused{ $call->{name} } // '', $call->{statement}) or diag $result->{text};
}
is(join(' ', grep { !$seen{$_} } sort keys %refused), '', 'every exception is still there');

# Whoever watches the server is no superuser.
my @watched = map { "SELECT * FROM pk_$_" } qw(activity blocking long_queries connections slow_queries wait_events progress replication
	locks hot_updates), 'health()', 'metric_samples()';
is($_->{state}, '', "as a member of pg_monitor: $_->{statement}") or diag $_->{text}
  foreach run_calls($standby, { role => 'monitor' }, @watched);

# The same answers while the standby replays changes under them, and after promotion.
my $reader = $standby->background_psql('postgres', on_error_stop => 0);
$primary->safe_psql('postgres', 'DROP TABLE pk_sample_child, pk_sample_unlogged; UPDATE pk_sample SET n = n + 1');
$primary->wait_for_catchup($standby);
my @again = grep { $_->{kind} eq 'view' || !@{ $_->{arguments} } } @calls;
$reader->query("$_->{statement};") foreach grep { !$refused{ $_->{name} } } @again;
is($reader->{stderr}, '', 'in one session, while the primary goes on');
$standby->promote;
$reader->query("$_->{statement};") foreach grep { !$refused{ $_->{name} } } @again;
is($reader->{stderr}, '', 'in the same session, after promotion');
$reader->quit;

server_ok($standby, 'standby');
server_ok($primary, 'primary');
done_testing();
