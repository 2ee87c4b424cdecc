# The workload over restarts: kept over a clean one, and nothing that is damaged, torn or of another layout comes back.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => 'pg_perfkit.workload_max = 200');
my $file = $node->data_dir . '/pg_stat/pg_perfkit_workload';
my $kept = q{SELECT calls, rows, (SELECT count(*) FROM pk_workload_samples s WHERE s.queryid = w.queryid AND plannable AND query LIKE '%''kept%')
	FROM pk_workload w WHERE query LIKE 'SELECT ''***'' AS kept%'};
my $since = 'SELECT since FROM pk_workload_info()';

sub run_some
{
	$node->safe_psql('postgres', q{SELECT pk_workload_reset()});
	$node->safe_psql('postgres', join '', map { "SELECT 'kept$_' AS kept FROM generate_series(1, 3);" } 1 .. 10);
	return $node->safe_psql('postgres', $since);
}

sub bytes_of_file
{
	open my $in, '<:raw', $file or die "$file: $!";
	local $/;
	return scalar <$in>;
}

sub write_file
{
	my ($bytes) = @_;
	open my $out, '>:raw', $file or die "$file: $!";
	print $out $bytes;
	close $out or die "$file: $!";
	return;
}

my $began = run_some();
$node->stop;
is((stat $file)[2] & 07777, 0600, 'only the server may read the file');
my $bytes = bytes_of_file();
$node->start;
is($node->safe_psql('postgres', $kept), '10|30|3', 'counters and samples are there after a clean restart');
is($node->safe_psql('postgres', $since), $began, 'and since when');
ok(!-e $file, 'the file is gone, lest it come back later');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pk_workload WHERE calls <> coalesce((SELECT sum(b.calls) FROM pk_latency_buckets(latency) b), 0)}),
	'0', 'histograms are whole');

sub comes_back_empty
{
	my ($name, $log) = @_;
	my $offset = -s $node->logfile;
	$node->start;
	like(slurp_file($node->logfile, $offset), qr/LOG:  pg_perfkit discards the workload in file "pg_stat\/pg_perfkit_workload": $log/, "$name: the log says so");
	is($node->safe_psql('postgres', $kept), '', "$name: counting begins anew");
	$node->safe_psql('postgres', 'SELECT 1');
	is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM pk_workload'), 't', "$name: and goes on");
	$node->stop;
	return;
}

$node->stop;
foreach my $case (
	[ 'a byte in the middle', substr($bytes, 0, length($bytes) / 2) . chr(ord(substr $bytes, length($bytes) / 2, 1) ^ 1) . substr($bytes, length($bytes) / 2 + 1), 'its checksum is wrong' ],
	[ 'a wrong checksum', substr($bytes, 0, -1) . chr(ord(substr $bytes, -1) ^ 0x80), 'its checksum is wrong' ],
	[ 'half of it', substr($bytes, 0, length($bytes) / 2), 'it is too short' ],
	[ 'more than it', $bytes . 'x', 'it is too long' ],
	[ 'an empty file', '', 'it is no such file' ],
	[ 'another file', 'x' x 10000, 'it is no such file' ])
{
	my ($name, $content, $log) = @$case;
	write_file($content);
	comes_back_empty($name, $log);
}

write_file($bytes);
$node->append_conf('postgresql.conf', 'pg_perfkit.workload_max = 201');
comes_back_empty('another size', 'it is of another server version or of other settings');

# Whatever stands in its place, the server starts.
unlink $file;
mkdir $file;
$node->start;
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'a directory in its place');
$node->stop;
rmdir $file;

$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;
run_some();
my $offset = -s $node->logfile;
my $session = $node->background_psql('postgres', on_error_stop => 0);
kill KILL => $session->query_safe('SELECT pg_backend_pid()');
$node->wait_for_log(qr/all server processes terminated; reinitializing/, $offset);
$node->poll_query_until('postgres', 'SELECT 1', '1') or die 'the server does not come back';
is($node->safe_psql('postgres', $kept), '', 'nothing is kept over a crash');
eval { $session->quit };

run_some();
$node->append_conf('postgresql.conf', 'pg_perfkit.workload_save = off');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('pg_perfkit.workload_save') = 'off'});
$node->stop;
ok(!-e $file, 'no file where none is wanted');
$node->start;
is($node->safe_psql('postgres', $kept), '', 'and nothing kept');
$node->stop;
done_testing();
