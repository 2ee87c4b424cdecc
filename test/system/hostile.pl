# Hostile arguments and objects: every call of every function and view ends with a result or a proper
# error, and runs nothing that stands in an argument.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Calls;

my $node = perfkit_node('main', conf => 'max_connections = 20');
create_sample($node);
my $rows = "SELECT count(*), sum(hashtext(s::text)) FROM pk_sample s";
my $before = $node->safe_psql('postgres', $rows);

my @calls = extension_calls($node);
my @sensible = map { [ $_, $_->{statement} ] } @calls;
my @hostile = hostile_calls(@calls);

# Runs the statements in one session; returns its exit code and, per statement that failed, its error.
sub run_all
{
	my ($settings, @statements) = @_;
	my $script = "\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\nSET statement_timeout = '60s';\n$settings;\n";
	$script .= "\\warn \x1e$_\n$statements[$_][1];\n" foreach 0 .. $#statements;
	my ($code, $out, $err) = $node->psql('postgres', $script, on_error_stop => 0, extra_params => [ '-o', '/dev/null' ]);
	# An unbalanced quote would make psql read many statements as one.
	die 'not every statement was read' unless ($err =~ tr/\x1e//) == @statements;
	my @failed = map { /^(\d+)\n(?:.*\n)*?.*?(?:ERROR|FATAL|PANIC):\s+(\w{5}): (.*)/ ? [ $statements[$1][1], $2, $3 ] : () } split /\x1e/, $err;
	return ($code, @failed);
}

# XX: an internal error, which nobody foresaw.  57, 58, 53: cancelled, system errors, out of something.
sub check
{
	my ($name, $settings, @statements) = @_;
	my ($code, @failed) = run_all($settings, @statements);
	is($code, 0, "$name: the session survives " . scalar(@statements) . ' calls');
	note join("\n", map { "$_->[1] $_->[2]  <- " . substr($_->[0], 0, 200) } @failed);
	is(join("\n", map { "$_->[1] $_->[2] <- $_->[0]" } grep { $_->[1] =~ /^(XX|57|58|53)/ } @failed),
		'', "$name: no error that nobody foresaw");
	return @failed;
}

my @failed = check('sensible arguments', 'SELECT 1', @sensible);
is(join("\n", map { "$_->[1] $_->[2] <- $_->[0]" } @failed), '', 'sensible arguments give results');
check('hostile arguments', 'SELECT 1', @hostile);
check('hostile arguments, read only', 'SET default_transaction_read_only = on', @hostile);
check('hostile arguments, serializable', "SET default_transaction_isolation = 'serializable'", @hostile);
check('hostile arguments, strange settings', "SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'; SET bytea_output = 'escape';
	SET search_path = ''; SET extra_float_digits = -15; SET lc_messages = 'C'; SET standard_conforming_strings = off;
	SET TimeZone = 'Pacific/Chatham'; SET work_mem = '64kB'; SET enable_seqscan = off; SET xmloption = 'document'", @sensible);

is($node->safe_psql('postgres', $rows), $before, 'no argument was run');
server_ok($node, 'after hostile arguments');
$node->stop;
done_testing();
