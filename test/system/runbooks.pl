# Each step of docs/runbooks.md can be typed as it stands there, by a member of pg_monitor.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE my_table (n int PRIMARY KEY);
CREATE ROLE watcher LOGIN IN ROLE pg_monitor;
SELECT pk_history_snapshot();
SQL

my @steps = slurp_file("$ENV{PERFKIT_SOURCE}/docs/runbooks.md") =~ /^\| \d+ \| `(SELECT .*?)` \|/mg;
cmp_ok(scalar @steps, '>', 25, 'steps are found');
foreach my $step (@steps)
{
	my ($code, undef, $error) = $node->psql('postgres', "$step;", extra_params => [ '-U', 'watcher' ]);
	is("$code $error", '0 ', $step);
}

server_ok($node, 'at the end');
done_testing();
