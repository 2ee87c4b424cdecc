# monitoring/: the alerts, the dashboard and the queries for postgres_exporter speak of metrics that there are.
use strict;
use warnings FATAL => 'all';

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Metrics;
use Perfkit::Monitoring;

# With archiving, bloat, a slot and a standby every metric is there, but for those of a standby.
my $node = perfkit_node('main', init => [ allows_streaming => 1, has_archiving => 1 ], conf => 'autovacuum_naptime = 1s');
$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE TABLE bloated AS SELECT i, repeat(md5(i::text), 10) AS t FROM generate_series(1, 20000) i');
$node->safe_psql('postgres', 'DELETE FROM bloated WHERE i % 5 > 0');
$node->safe_psql('postgres', 'VACUUM bloated');
$node->safe_psql('postgres', q(SELECT FROM pk_bloat('bloated'); SELECT pg_create_physical_replication_slot('slot', true)));
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
# A table that autovacuum comes to at once.
$node->safe_psql('postgres', 'CREATE TABLE vacuumed (i int) WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0); INSERT INTO vacuumed SELECT generate_series(1, 1000); DELETE FROM vacuumed; ALTER SYSTEM SET autovacuum = on');
$node->reload;
$node->poll_query_until('postgres', q(SELECT last_autovacuum IS NOT NULL FROM pg_stat_user_tables WHERE relname = 'vacuumed')) or die 'no autovacuum';
my %there = map { $_ => 1 } map { keys %{ metrics($_) } } $node, $standby;
$standby->stop;

foreach my $file ('alerts.yml', 'grafana.json')
{
	my %used = map { $_ => 1 } monitoring_file($file) =~ /\bpg_perfkit_([a-z_0-9]+)/g;
	is(scalar(keys %used) > 10, 1, "$file speaks of metrics");
	is(join(' ', grep { !$there{$_} } sort keys %used), '', "$file: all of which there are");
}
my %documented = map { $_ => 1 } monitoring_file('../docs/monitoring.md') =~ /`([a-z_]+)`/g;
is(join(' ', grep { !$documented{ s/_(bucket|sum|count)$//r } } sort keys %there), '', 'docs/monitoring.md has all of them');

my @expressions = dashboard_expressions();
is(scalar(@expressions) > 30, 1, 'the dashboard has expressions');
is(join("\n", grep { !/instance=~"\$instance"/ } @expressions), '', 'each is of the server that was chosen');

# What postgres_exporter makes of a query: namespace_column.
my %query = exporter_queries();
is(scalar(keys %query) > 20, 1, 'queries for postgres_exporter');
my %alert = map { $_ => 1 } monitoring_file('alerts.yml') =~ /\bpg_perfkit_([a-z_]+)/g;
foreach my $namespace (sort keys %query)
{
	my $query = $query{$namespace};
	my ($columns) = $node->safe_psql('postgres', "SELECT string_agg(k, ' ' ORDER BY k) FROM (SELECT DISTINCT jsonb_object_keys(to_jsonb(q)) AS k FROM ($query->{sql}) q) k",
		extra_params => [ '-U', 'monitor' ]);
	my %columns = map { $_ => 1 } split ' ', $columns;
	delete @columns{ map { ("${_}_sum", "${_}_bucket", "${_}_count") } @{ $query->{histograms} } };
	# The lag of a standby is on the standby.
	is(join(' ', sort keys %columns), $namespace eq 'pg_perfkit_standby' || $namespace eq 'pg_perfkit_replication' ? '' : join(' ', sort @{ $query->{columns} }), "$namespace: the columns that are described");
	foreach my $metric (map { "${namespace}_$_" =~ s/^pg_perfkit_//r } @{ $query->{values} })
	{
		is($there{$metric} || $there{"${metric}_bucket"} || 0, 1, "$metric is a name that pk_metrics() uses");
		delete @alert{ $metric, "${metric}_bucket" };
	}
}
is(join(' ', sort keys %alert), 'capture_lost_events_total up', 'the alerts work with postgres_exporter, but for two');
server_ok($node, 'at the end');
$node->stop;
done_testing();
