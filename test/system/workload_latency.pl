# Percentiles are those of the raw durations: auto_explain logs the duration of every execution, and the percentiles of
# pk_workload have to be within 5 % of those of the log's.
use strict;
use warnings FATAL => 'all';

use List::Util qw(sum);
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

# auto_explain comes last, so that each measures on its own.
my $node = perfkit_node('main', preload => 'pg_perfkit,auto_explain',
	conf => "auto_explain.log_format = text\nlog_line_prefix = ''");
$node->safe_psql('postgres', 'CREATE ROLE a; CREATE ROLE b');

# From 2 ms to some 60 ms, most of them short.
srand 7;
my @waits = map { sprintf '%.5f', 0.002 + 0.004 * exp(0.9 * sqrt(-2 * log(1 - rand())) * cos(6.283 * rand())) } 1 .. 900;
my $offset = -s $node->logfile;
foreach my $role ('a', 'b')
{
	my @own = splice @waits, 0, 450;
	$node->safe_psql('postgres', "SET auto_explain.log_min_duration = 0; SET ROLE $role; PREPARE p(float8) AS SELECT pg_sleep(\$1) AS measured;" . join('', map { "EXECUTE p($_);" } @own));
}
my @raw = sort { $a <=> $b } slurp_file($node->logfile, $offset) =~ /duration: ([\d.]+) ms  plan:\s+Query Text: [^\n]*AS measured/g;
is(scalar @raw, 900, 'the log has every execution');
cmp_ok($raw[890] / $raw[10], '>', 5, 'of many durations');

# Within 5 % of the nearest rank's duration, or of that of a rank at most three further: a session that is put off
# between the clock of the log and ours comes at another rank.
sub near
{
	my ($ours, $fraction) = @_;
	my $rank = POSIX::ceil($fraction * @raw);
	return scalar grep { $_ >= 1 && $_ <= @raw && abs($ours / $raw[ $_ - 1 ] - 1) <= 0.05 } $rank - 3 .. $rank + 3;
}

my ($row) = rows($node, q{SELECT sum(calls), pk_latency_percentile(pk_latency_sum(latency), 0.5), pk_latency_percentile(pk_latency_sum(latency), 0.95),
	pk_latency_percentile(pk_latency_sum(latency), 0.99), max(max_ms), sum(total_ms)
	FROM pk_workload WHERE query LIKE '%AS measured' AND role IN ('a', 'b')});
my ($calls, @ours) = @$row;
my $total = pop @ours;
is($calls, 900, 'every execution is counted');
foreach my $i (0 .. 2)
{
	my $fraction = (0.5, 0.95, 0.99)[$i];
	ok(near($ours[$i], $fraction), (qw(P50 P95 P99))[$i] . ' within 5 %')
	  or diag "$ours[$i] instead of $raw[ POSIX::ceil($fraction * @raw) - 1 ]";
}
cmp_ok($ours[3], '>=', 0.95 * $raw[-1], 'the maximum');
cmp_ok($ours[3], '<=', 1.05 * $raw[-1] + 500, 'unless we were put off where the log was not');
my $sum = sum(@raw);
cmp_ok(abs($total / $sum - 1), '<=', 0.01, 'and the sum within 1 %') or diag "$total instead of $sum";

server_ok($node, 'at the end');
$node->stop;
done_testing();
