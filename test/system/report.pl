# pk_report(): a page that tells what there is, whatever statements, tables and applications are called, that shows nobody
# what is not for him, and in which what fails costs itself only.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main');
$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE ROLE plain LOGIN');

# What is wrong with the page as XML; '' where nothing is.
sub wrong
{
	my ($page) = @_;
	return 'no ASCII' if $page =~ /[^\t\n\x20-\x7e]/;
	$page =~ s/\A<!DOCTYPE html>\n//;
	my @open;
	while ($page =~ /\G(?:([^<]+)|<(\/?)([a-z0-9]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(\/?)>)/gc)
	{
		my ($text, $closes, $name, $attributes, $whole) = ($1, $2, $3, $4, $5);
		return "a reference in: " . substr($text // $attributes, 0, 80) if ($text // $attributes) =~ /&(?!(?:amp|lt|gt|quot|#[0-9]+|#x[0-9A-F]+);)/;
		next if defined $text;
		if ($closes) { return "</$name> closes something else" if (pop(@open) // '') ne $name }
		elsif (!$whole) { push @open, $name }
	}
	return 'something at ' . substr($page, pos($page) // 0, 80) if (pos($page) // 0) < length $page;
	return @open ? "left open: @open" : '';
}
isnt(wrong($_), '', "no XML: $_") foreach '<p>', '<p></b>', '<p a=b></p>', '<p>&nbsp;</p>', '<p>a & b</p>', '<p><</p>', "<p>\xe9</p>";
is(wrong("<p a=\"1\">x<br/>&#233;</p>\n"), '', 'and XML');

sub page
{
	my ($arguments, %option) = @_;
	return $node->safe_psql($option{database} // 'postgres', "SELECT pk_report($arguments)", extra_params => [ $option{role} ? ('-U', $option{role}) : () ]);
}
sub section
{
	my ($page, $id) = @_;
	return $page =~ /<section><h2 id="$id">(.*?)<\/section>/s ? $1 : die "no section $id";
}

# --- without history -------------------------------------------------------------------------------

my $alias = qq("</code><script>alert(""1"")</script>\xE2\x80\xAE\xE2\x80\xA8");
$node->safe_psql('postgres', "CREATE TABLE $alias AS SELECT i, repeat('x', 500) AS t FROM generate_series(1, 20000) i");
my $work = sub { $node->safe_psql('postgres', join('', ("SELECT count(*) AS $alias FROM $alias WHERE i = 5 AND t <> 'secret-in-literal';\n") x $_[0])) };
$work->(30);
my $page = page('');
is(wrong($page), '', 'without history: the page is XML');
like(section($page, 'summary'), qr/No snapshot was taken in the window/, 'it says that there is no history');
like(section($page, 'statements'), qr/AS &quot;&lt;\/code&gt;&lt;script&gt;alert\(&quot;&quot;1&quot;&quot;\)&lt;\/script&gt;\[U\+202E\]\[U\+2028\]/, 'a hostile statement is told');
like(section($page, 'storage'), qr/&lt;script&gt;alert\(&quot;&quot;1&quot;&quot;\)&lt;\/script&gt;\[U\+202E\]\[U\+2028\]/, 'a hostile table is told');
is(join(' ', $page =~ /(<script|secret-in-literal)/g), '', 'and nothing of it is markup, and no constant');

$page = $node->safe_psql('postgres', q(SET application_name = '<img src=x onerror="alert(1)">'; SET pg_perfkit.health_thresholds = 'connections=0.1/99'; SELECT pk_report()));
is(wrong($page), '', 'a hostile application: the page is XML');
like(section($page, 'health'), qr/application &lt;img src=x onerror=&quot;alert\(1\)&quot;&gt;/, 'and its name is told');
is(join(' ', $page =~ /(<img)/g), '', 'as a name');

# --- a window, and two -----------------------------------------------------------------------------

my $snapshot = sub { $node->safe_psql('postgres', 'SELECT pk_history_snapshot()') };
my @at = ($snapshot->());
$work->(40);
push @at, $snapshot->();
$node->safe_psql('postgres', "CREATE INDEX ON $alias (i)");
$work->(40);
$node->safe_psql('postgres', q(SELECT 'new', pg_sleep(0.01)));
push @at, $snapshot->();
$page = page("'$at[0]', '$at[2]'");
is(wrong($page), '', 'with history: the page is XML');
like(section($page, 'statements'), qr/>80<\/td>/, 'the calls of the window');
like(section($page, 'statements'), qr/<svg class="histogram".*?<title>Durations of 80 calls/, 'and the distribution of their durations');
like(section($page, 'history'), qr/Statements.*Durations.*P95.*Cache hits/s, 'the measures');
like(section($page, 'storage'), qr/<svg class="map wide".*<svg class="map narrow"/, 'the treemap');
$page = page("'$at[0]', '$at[1]', '$at[1]', '$at[2]'");
is(wrong($page), '', 'two windows: the page is XML');
like(section($page, 'changes'), qr/faster/, 'the statement is faster with the index');
like(section($page, 'changes'), qr/>new<.*pg_sleep|pg_sleep.*>new</s, 'and one is new');
like(section($page, 'summary'), qr/What changed/, 'which the summary tells');

# --- rights ----------------------------------------------------------------------------------------

like(section(page("'$at[0]', '$at[2]'", role => 'monitor'), 'statements'), qr/alert/, 'members of pg_monitor see statements of others');
$node->safe_psql('postgres', q(SELECT 1 AS "own-statement"), extra_params => [ '-U', 'plain' ]);
$page = page('', role => 'plain');
is(wrong($page), '', 'without rights: the page is XML');
like(section($page, 'statements'), qr/own-statement/, 'everybody sees his own statements');
unlike(section($page, 'statements'), qr/alert|pg_sleep/, 'and not those of others');
like(section($page, 'indexes'), qr/This is for members of pg_monitor: permission denied for function pk_suggest_indexes/, 'and why there is no advice');

# --- what fails costs itself only ------------------------------------------------------------------

$node->safe_psql('postgres', 'ALTER FUNCTION pk_cache_advice() RENAME TO pk_gone; ALTER FUNCTION pk_verify() RENAME TO pk_gone_too');
$page = page('');
like(section($page, 'cache'), qr/This could not be told: function public\.pk_cache_advice\(\) does not exist/, 'a section that fails says why');
like(section($page, 'health'), qr/checks? (?:is|are) ok/, 'the others are told');
$node->safe_psql('postgres', 'ALTER FUNCTION pk_gone() RENAME TO pk_cache_advice; ALTER FUNCTION pk_gone_too() RENAME TO pk_verify');
my ($code, $out, $err) = $node->psql('postgres', "SET statement_timeout = 1; SELECT length(pk_report())");
like($err, qr/canceling statement due to statement timeout/, 'a cancel cancels all of it');
is($node->safe_psql('postgres', 'SET client_min_messages = debug1; SELECT length(pk_report()) > 10000; SHOW client_min_messages; SHOW pg_perfkit.bloat_max_age'),
	"t\ndebug1\n0", 'and leaves the settings as they were');

# --- other encodings -------------------------------------------------------------------------------

$node->safe_psql('postgres', "CREATE DATABASE $_->[0] TEMPLATE template0 ENCODING '$_->[1]' LC_COLLATE 'C' LC_CTYPE 'C'") foreach [ latin => 'LATIN1' ], [ bytes => 'SQL_ASCII' ];
foreach (([ latin => '&#xE9;&#xFC;' ], [ bytes => '\\\\xFF\\\\xFE' ]))
{
	my ($database, $told) = @$_;
	create_extension($node, $database);
	$node->safe_psql($database, $database eq 'latin' ? q(SET client_encoding = 'UTF8'; CREATE TABLE U&"\00E9\00FC" AS SELECT generate_series(1, 5000))
		: qq(CREATE TABLE "\xff\xfe" AS SELECT generate_series(1, 5000)));
	$page = page('', database => $database);
	is(wrong($page), '', "in $database the page is XML");
	like(section($page, 'storage'), qr/$told/, 'and names are told');
}

# --- perfkit report --------------------------------------------------------------------------------

my $perfkit = $ENV{PERFKIT_CLI};
if ($perfkit && -x $perfkit)
{
	my $file = PostgreSQL::Test::Utils::tempdir('report') . '/report.html';
	my $run = sub {
		my ($stdout, $stderr) = ('', '');
		IPC::Run::run([ $perfkit, 'report', '-d', $node->connstr('postgres'), @_ ], '<', \undef, '>', \$stdout, '2>', \$stderr);
		return ($? >> 8, $stdout, $stderr);
	};
	($code, $out, $err) = $run->('--output', $file, '--from', $at[0], '--to', $at[2]);
	is("$code $out$err", '0 ', 'perfkit report writes a file');
	like(section(slurp_file($file), 'statements'), qr/>80<\/td>/, 'with the window that was asked for');
	($code, $out, $err) = $run->('--before-from', $at[0], '--before-to', $at[1], '--from', $at[1], '--to', $at[2], '--no-advice');
	like($out, qr/<h2 id="changes">.*Advice was not asked for/s, 'or prints it, with two windows');
	($code, $out, $err) = $run->('--before-from', $at[0]);
	is($code, 2, 'half a window is wrong usage');
	($code, $out, $err) = $run->('--from', 'yesterdai');
	is($code, 1, 'what is no time fails');
	like($err, qr/\Aperfkit: [^\n]*invalid input syntax[^\n]*\n\z/, 'in one sentence');
}
else
{
	diag 'not applicable: perfkit is not built (cmake -S . -B build/cmake && cmake --build build/cmake)';
}
server_ok($node, 'at the end');
done_testing();
