# perfkit metrics: prints what pk_metrics() says, and serves it over HTTP, one statement at a time, over restarts of the
# server, within the scraper's time.
use strict;
use warnings FATAL => 'all';

use Compress::Zlib;
use HTTP::Tiny;
use IO::Socket::INET;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Metrics;

my $perfkit = $ENV{PERFKIT_CLI};
plan skip_all => 'not applicable: perfkit is not built (cmake -S . -B build/cmake && cmake --build build/cmake)'
  unless $perfkit && -x $perfkit;

my $node = perfkit_node('main');
$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE ROLE plain LOGIN; CREATE DATABASE "it\'s"; CREATE DATABASE bare');
create_extension($node, "it's");
# The metrics wait while somebody holds this lock.
$node->safe_psql('postgres', q{
	ALTER FUNCTION pk_metrics_vacuum() RENAME TO vacuum_at_last;
	CREATE FUNCTION pk_metrics_vacuum() RETURNS SETOF pk_metric LANGUAGE sql AS
		'SELECT m.* FROM pg_advisory_xact_lock_shared(1), public.vacuum_at_last() m'});
my $as = $node->connstr('postgres') . ' user=';
my @connect = ('-d', "${as}monitor");
my $dir = PostgreSQL::Test::Utils::tempdir('metrics');

sub perfkit
{
	my @arguments = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ $perfkit, 'metrics', @arguments ], '<', \undef, '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

sub fails
{
	my ($name, $status, $sentence, @arguments) = @_;
	my ($code, $out, $err) = perfkit(@arguments);
	is("$code, $out", "$status, ", "$name: exit status, and no output");
	like($err, qr/\Aperfkit: [^\n]*$sentence[^\n]*\n\z/, "$name: one sentence");
	return;
}

# --- once ------------------------------------------------------------------------------------------

my ($code, $out, $err) = perfkit(@connect, '--also', "it's", '--checks', 'deadlocks', '--sizes-ms', '0');
is("$code $err", '0 ', 'printed');
my $m = parse_metrics($out);
is($m->{up}{ labels(area => 'health') }, 1, 'the first database tells of everything');
is(join(' ', keys %{ $m->{health_status} }), labels(area => 'server', check => 'deadlocks'), 'and what was asked for');
is($m->{database_size_bytes}, undef, 'and nothing else');
is($m->{live_rows}{ labels(database => "it's") } >= 0, 1, 'a further one of its vacuum');
is($m->{up}{ labels(area => 'bloat', database => "it's") }, 1, 'and that it could be asked');
is($m->{up}{ labels(area => 'health', database => "it's") }, undef, 'but not of the server again');
my $file = "$dir/pg_perfkit.prom";
foreach (1, 2)
{
	is((perfkit(@connect, '--output', $file))[0], 0, 'written into a file');
	is(parse_metrics(slurp_file($file))->{info} ? 1 : 0, 1, 'which has it all');
}
my $written = slurp_file($file);
fails('no rights', 1, 'permission denied for function pk_metrics', '-d', "${as}plain", '--output', $file);
is(slurp_file($file), $written, 'a failure leaves the file');
fails('no extension', 1, 'database bare: .*CREATE EXTENSION pg_perfkit', @connect, '--also', 'bare');
fails('no server', 1, 'cannot connect: .*No such file', '-d', "host=$dir");
fails('no address', 2, '--listen wants', @connect, '--listen', ':80');
fails('two ways', 2, 'exclude each other', @connect, '--listen', '0', '--output', $file);

# --- served ----------------------------------------------------------------------------------------

my $exporter = { out => '', err => '' };
$exporter->{run} = IPC::Run::start([ $perfkit, 'metrics', @connect, '--also', "it's", '--listen', '0', '--timeout', '600' ],
	'<', \undef, '>', \$exporter->{out}, '2>', \$exporter->{err});
$exporter->{run}->pump until $exporter->{err} =~ m{listening on http://127\.0\.0\.1:(\d+)/metrics\n};
my $port = $1;
my $http = HTTP::Tiny->new(timeout => 600);

sub get
{
	my ($path, %header) = @_;
	return $http->get("http://127.0.0.1:$port$path", { headers => \%header });
}

sub scrape
{
	my $response = get('/metrics', @_);
	is("$response->{status} $response->{headers}{'content-type'}", '200 text/plain; version=0.0.4; charset=utf-8', 'a scrape');
	return parse_metrics($response->{content});
}
my %up = (first => labels(area => 'scrape'), also => labels(area => 'scrape', database => "it's"));
sub ups { my ($metrics) = @_; return join ' ', map { $metrics->{up}{ $up{$_} } } 'first', 'also' }
sub connects { return $_[0]{exporter_connects_total}{''} }
my $sessions = q(FROM pg_stat_activity WHERE usename = 'monitor');
sub pids { return $node->safe_psql('postgres', "SELECT string_agg(pid::text, ' ' ORDER BY pid) $sessions") }

$m = scrape();
is(ups($m), '1 1', 'both databases were asked');
is($m->{live_rows}{ labels(database => "it's") } >= 0, 1, 'the second tells of itself');
$node->poll_query_until('postgres', "SELECT count(*) = 2 $sessions") or die 'sessions of before do not end';
my $pids = pids();
$m = scrape();
is(pids(), $pids, 'the connections are kept');
like($pids, qr/^\d+ \d+$/, 'one for each database');
is(connects($m) . " $m->{exporter_rounds_total}{''} $m->{exporter_failures_total}{''}", '2 2 0', 'the exporter counts what it does');
$node->safe_psql('postgres', q(SELECT 'a text of its own', pg_sleep(0.01)));
unlike(get('/metrics')->{content}, qr/pg_sleep|text of its own/, 'no text of a statement');
my $gzip = get('/metrics', 'Accept-Encoding' => 'gzip');
is($gzip->{headers}{'content-encoding'}, 'gzip', 'compressed for those who take that');
is(ups(parse_metrics(Compress::Zlib::memGunzip($gzip->{content}))), '1 1', 'and the same');
is(get('/nothing')->{status}, 404, 'another path');
like($http->request('POST', "http://127.0.0.1:$port/metrics")->{status}, qr/^40[45]$/, 'another method');
is(get('/')->{status}, 200, 'a page that names the path');
is(get('/healthz')->{content}, "ok\n", 'it works');
fails('the same port', 1, 'cannot listen on 127.0.0.1:' . $port, @connect, '--listen', $port);

# --- the server goes and comes ---------------------------------------------------------------------

$node->restart;
$m = scrape();
is(ups($m) . ' ' . connects($m), '1 1 4', 'a restart between two scrapes leaves no gap');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid, 600000) $sessions AND datname = 'postgres'");
$m = scrape();
is(ups($m) . ' ' . connects($m), '1 1 5', 'nor does the end of a session');
$node->stop('immediate');
foreach (1, 2)
{
	$m = scrape();
	is(ups($m), '0 0', 'without a server the scrape says so');
}
is($m->{exporter_failures_total}{''}, 2, 'and counts');
is(get('/healthz')->{content}, "ok\n", 'which is not its fault');
$node->start;
$m = scrape();
is(ups($m) . ' ' . connects($m), '1 1 7', 'the server is back');
$node->safe_psql("it's", 'DROP EXTENSION pg_perfkit');
$m = scrape();
is(ups($m), '1 0', 'a database that fails does not take the other with it');
create_extension($node, "it's");
is(ups(scrape()), '1 1', 'and may come back');
$exporter->{run}->pump_nb;
my $told = () = $exporter->{err} =~ /cannot connect/g;
is($told, 2, 'each database tells of it once') or diag $exporter->{err};
like($exporter->{err}, qr/database it's: there is no pg_perfkit.*\nperfkit: database it's answers again\n/, 'and of its end');

# --- one statement at a time -----------------------------------------------------------------------

my $active = "SELECT count(*) $sessions AND state = 'active'";
my $holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(1)');
my @scrapers = map
{
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die $!;
	print $socket "GET /metrics HTTP/1.0\r\n\r\n";
	$socket->flush;
	$socket
} 1 .. 5;
is(get('/healthz')->{content}, "ok\n", 'scrapers that wait leave room for others');
$node->poll_query_until('postgres', "$active AND wait_event = 'advisory'", '1') or die 'nobody waits';
is($node->safe_psql('postgres', $active), '1', 'five scrapers, one statement');
$holder->query_safe('SELECT pg_advisory_unlock(1)');
foreach my $socket (@scrapers)
{
	my $answer = do { local $/; <$socket> };
	my ($head, $body) = split /\r\n\r\n/, $answer, 2;
	like($head, qr{\AHTTP/1\.[01] 200 }, 'each is answered');
	is(ups(parse_metrics($body)), '1 1', 'with everything');
}

# --- no longer than the scraper waits --------------------------------------------------------------

$m = scrape();
my $before = connects($m);
$holder->query_safe('SELECT pg_advisory_lock(1)');
$m = scrape('X-Prometheus-Scrape-Timeout-Seconds' => '1');
is($m->{up}{ $up{first} }, 0, 'the metrics took too long');
$node->poll_query_until('postgres', "$active", '0') or die 'the statement goes on';
$holder->query_safe('SELECT pg_advisory_unlock(1)');
$m = scrape();
is(ups($m) . ' ' . connects($m), "1 1 $before", 'the next scrape has its time, on the same connections');

# --- its end ---------------------------------------------------------------------------------------

$holder->query_safe('SELECT pg_advisory_lock(1)');
my $late = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die $!;
print $late "GET /metrics HTTP/1.0\r\n\r\n";
$late->flush;
$node->poll_query_until('postgres', "$active AND wait_event = 'advisory'", '1') or die 'nobody waits';
$exporter->{run}->signal('TERM');
like(do { local $/; <$late> }, qr{\AHTTP/1\.[01] 503 }, 'who still waits is told');
$exporter->{run}->finish;
is($exporter->{run}->result(0) . $exporter->{out}, '0', 'SIGTERM is a good end') or diag $exporter->{err};
$node->poll_query_until('postgres', "SELECT count(*) $sessions", '0') or die 'its sessions are still there';
$holder->quit;
server_ok($node, 'at the end');
$node->stop;
done_testing();
