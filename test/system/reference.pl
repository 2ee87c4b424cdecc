# docs/reference.md says what the catalog says.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Reference;

my $node = perfkit_node('main');
my %file = (pg_perfkit => 'reference.md');
if (-e pg_config('sharedir') . '/extension/vector.control')
{
	$node->safe_psql('postgres', 'CREATE EXTENSION vector; CREATE EXTENSION pg_perfkit_vector');
	$file{pg_perfkit_vector} = 'reference_vector.md';
}
foreach my $extension (sort keys %file)
{
	my $text = reference($node, $extension);
	# scripts/reference.sh takes it from here.
	my $fresh = "$PostgreSQL::Test::Utils::log_path/$file{$extension}";
	append_to_file($fresh, $text);
	my ($differences) = run_command([ 'diff', '-u', "$ENV{PERFKIT_SOURCE}/docs/$file{$extension}", $fresh ]);
	is($differences, '', "docs/$file{$extension} is fresh; if not, run scripts/reference.sh");
}
done_testing();
