# What lies in monitoring/.
package Perfkit::Monitoring;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(monitoring_path monitoring_file dashboard_expressions exporter_queries);

sub monitoring_path { return "$ENV{PERFKIT_SOURCE}/monitoring/$_[0]" }
sub monitoring_file { return slurp_file(monitoring_path($_[0])) }

# Every expression of the dashboard.
sub dashboard_expressions
{
	return map { $_->{expr} } map { @{ $_->{targets} // [] } } @{ decode_json(monitoring_file('grafana.json'))->{panels} };
}

# By namespace: sql, columns (all that are described), values (that are no labels), histograms.
sub exporter_queries
{
	my %query;
	foreach (split /\n(?=pg_)/, monitoring_file('queries.yaml'))
	{
		my ($namespace, $sql, $metrics) = /^(pg_\w+):\n  query: >-\n(.*?)\n  metrics:\n(.*)/s or next;
		my @described = $metrics =~ /^    - (\w+): \{usage: (\w+), description: \S.*\}$/mg;
		my $lines = () = $metrics =~ /^    - /mg;
		die "$namespace: not all lines were understood" unless @described == 2 * $lines;
		my $found = $query{$namespace} = { sql => $sql, columns => [], values => [], histograms => [] };
		while (my ($column, $usage) = splice @described, 0, 2)
		{
			push @{ $found->{columns} }, $column;
			push @{ $found->{values} }, $column if $usage ne 'LABEL';
			push @{ $found->{histograms} }, $column if $usage eq 'HISTOGRAM';
		}
	}
	return %query;
}

1;
