# A browser shows the report: nothing complains, and it reads at the width of a telephone.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my ($chromium) = grep { -x } map { my $dir = $_; map { "$dir/$_" } qw(chromium chromium-browser google-chrome) } split /:/, $ENV{PATH};
plan skip_all => 'not applicable: chromium is not installed' unless $chromium;

my $dir = PostgreSQL::Test::Utils::tempdir('browser');
my $number = 0;

# What the page is once it is laid out, and what the console says of it.
sub shown
{
	my ($page, @options) = @_;
	my $file = "$dir/page" . $number++ . '.html';
	append_to_file($file, $page);
	my ($out, $err) = ('', '');
	IPC::Run::run([ $chromium, qw(--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --enable-logging=stderr),
			"--user-data-dir=$dir/profile" . $number, @options, '--dump-dom', "file://$file" ],
		'<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return ($out, join "\n", $err =~ /^.*CONSOLE.*$/mg);
}

my ($dom, $console) = shown('<!DOCTYPE html><html><head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'"/></head><body><script>1</script></body></html>');
like($console, qr/Content Security Policy/, 'what is forbidden is complained of');

my $node = perfkit_node('main');
$node->safe_psql('postgres', q(CREATE TABLE "</style><script>document.title = 1</script>" AS SELECT i, repeat('x', 300) AS t FROM generate_series(1, 20000) i));
my @at = $node->safe_psql('postgres', 'SELECT pk_history_snapshot()');
foreach (1, 2)
{
	$node->safe_psql('postgres', qq(SELECT count(*) AS "<img src=x onerror=alert(1)>" FROM "</style><script>document.title = 1</script>" WHERE i = $_)) foreach 1 .. 3;
	push @at, $node->safe_psql('postgres', 'SELECT pk_history_snapshot()');
}
foreach my $arguments ("'$at[0]', '$at[2]'", "'$at[0]', '$at[1]', '$at[1]', '$at[2]'")
{
	($dom, $console) = shown($node->safe_psql('postgres', "SELECT pk_report($arguments)"));
	is($console, '', 'nothing complains');
	unlike($dom, qr/<script|<img/, 'and nothing has become an element');
	my $sections = () = $dom =~ /<h2 id=/g;
	cmp_ok($sections, '>=', 8, 'all sections are there');
}
server_ok($node, 'at the end');
done_testing();
