# Prometheus' own tool reads the text, the rules and the dashboard's expressions, and the alerts fire when they should.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Metrics;
use Perfkit::Monitoring;

plan skip_all => 'not applicable: promtool is not installed (Debian: prometheus)'
  unless grep { -x "$_/promtool" } split /:/, $ENV{PATH};

# promtool must end well, and say nothing that does not match.
sub promtool
{
	my ($name, $arguments, $input) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'promtool', @$arguments ], '<', \($input // ''), '>', \$out, '2>', \$err);
	is($?, 0, $name) or diag substr("$out$err", 0, 4000);
	return "$out$err";
}

my $node = perfkit_node('main');
$node->safe_psql('postgres', q(CREATE DATABASE U&"\0022b\005Cc\000Ad{e=\0022\007D 1"));
$node->safe_psql('postgres', q(CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'));
$node->safe_psql('latin', q(SET client_encoding = 'UTF8'; CREATE DATABASE U&"\00E9" TEMPLATE template0));
is(promtool('the text is one', [ 'check', 'metrics' ], text_of($node)), '', 'and promtool finds nothing to improve');
my ($out, $err) = ('', '');
IPC::Run::run([ 'promtool', 'check', 'metrics' ], '<', \"pg_perfkit_up 1\n# HELP a_total\na_total{ 1\n", '>', \$out, '2>', \$err);
isnt($?, 0, 'promtool does find what is wrong');
server_ok($node, 'at the end');
$node->stop;

my $dir = PostgreSQL::Test::Utils::tempdir('monitoring');
foreach (qw(prometheus.yml alerts.yml alerts_test.yml)) { append_to_file("$dir/$_", monitoring_file($_)) }
promtool('the configuration', [ 'check', 'config', "$dir/prometheus.yml" ]);
promtool('the alerts', [ 'check', 'rules', "$dir/alerts.yml" ]);
promtool('each alert fires, and is silent', [ 'test', 'rules', "$dir/alerts_test.yml" ]);
my %alert = map { $_ => 1 } monitoring_file('alerts.yml') =~ /- alert: (\w+)/g;
my ($tests, %tested) = monitoring_file('alerts_test.yml');
$tested{$1}{$2} = 1 while $tests =~ /- name: (\w+), (fires|is silent)/g;
is(join(' ', sort map { keys(%{ $tested{$_} // {} }) == 2 ? () : $_ } keys %alert), '', 'each has a test of both');

# As rules, in which Grafana's variables have values.
my $n = 0;
my $rules = "groups:\n  - name: dashboard\n    rules:\n";
foreach my $expression (dashboard_expressions())
{
	my $with = $expression =~ s/\$__rate_interval/5m/gr =~ s/\$__range/3h/gr =~ s/\$instance/.*/gr;
	die "unknown variable: $with" if $with =~ /\$/;
	$rules .= "      - record: dashboard_" . ++$n . "\n        expr: '" . $with =~ s/'/''/gr . "'\n";
}
append_to_file("$dir/dashboard.yml", $rules);
like(promtool("the dashboard's expressions", [ 'check', 'rules', "$dir/dashboard.yml" ]), qr/ $n rules found/, 'all of them');
done_testing();
