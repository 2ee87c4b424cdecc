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
my @sensible = map { $_->{statement} } @calls;
my @hostile = map { $_->[1] } hostile_calls(@calls);

# What returns as many rows as it is asked for may be asked for too many; it ends by the time-out.
my %endless = map { $_ => 1 } qw(pk_uuidv7_batch);

# XX: an internal error, which nobody foresaw.  57, 58, 53: cancelled, system errors, out of something.
sub check
{
	my ($name, $settings, @statements) = @_;
	my %endless_statement;
	foreach (@statements)
	{
		my ($name) = /(pk_\w+)\(/ or next;
		next unless $endless{$name};
		$_ = "SET statement_timeout = '2s';\n$_;\nSET statement_timeout = '60s'";
		$endless_statement{$_} = 1;
	}
	my @failed = grep { $_->{state} ne '' && !($_->{state} eq '57014' && $endless_statement{ $_->{statement} }) } run_calls($node, { settings => $settings, quiet => 1 }, @statements);
	note join("\n", map { substr($_->{statement}, 0, 200) . " -> $_->{text}" } @failed);
	is(join("\n", map { "$_->{statement}: $_->{text}" } grep { $_->{state} =~ /^(XX|57|58|53)/ } @failed),
		'', "$name: no error that nobody foresaw");
	return join("\n", map { "$_->{statement}: $_->{text}" } @failed);
}

is(check('sensible arguments', 'SELECT 1', @sensible), '', 'sensible arguments give results');
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
