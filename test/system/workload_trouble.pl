# Whatever capture meets, the user's statements go on, and the session's memory does not grow: too little memory, bytes
# that are no text, statements that fail.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "pg_perfkit.slow_plan_ms = 0\npg_perfkit.predicate_rate = 1000000\npg_perfkit.sample_rate = 1000000\njit = off");

$node->safe_psql('postgres', q{CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t SELECT i, 'b' || i FROM generate_series(1, 100) i; ANALYZE t});

subtest 'too little memory' => sub {
	plan skip_all => 'not applicable: needs prlimit and /proc' if system('prlimit --version >/dev/null 2>&1') != 0 || !-e '/proc/self/status';
	$node->safe_psql('postgres', q{CREATE TABLE sorted AS SELECT 'b' || i AS b FROM generate_series(1, 20000) i; ANALYZE sorted});
	my $kept = q{SELECT count(*) FROM pk_slow_plans WHERE outline ~ 'Sort.Seq Scan on sorted'};
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	# Sorts hold their memory until they end, which is when capture has its turn.
	my $run = sub {
		$session->query($_) foreach 'SELECT count(*) FROM (SELECT b FROM sorted ORDER BY b OFFSET 0) s', 'BEGIN',
			'DO $$ DECLARE n int; BEGIN FOR i IN 1 .. 3 LOOP SELECT count(*) INTO n FROM (SELECT b FROM sorted ORDER BY b, i OFFSET 0) s; END LOOP; END $$', 'COMMIT';
	};
	my $turn = sub {
		my ($on) = @_;
		$session->query('SET pg_perfkit.slow_plan_ms = ' . ($on ? 0 : -1));
		$session->query('SET pg_perfkit.predicate_rate = ' . ($on ? 1000000 : 0));
	};
	my $limit = sub { my ($bytes) = @_; system('prlimit', "--pid=$pid", "--as=$bytes:unlimited") == 0 or die 'prlimit' };
	$session->query_safe(q{SET work_mem = '64MB'});
	foreach (1 .. 3) { $turn->(1); $turn->(0); $run->() }
	# All that the statements need is what they needed without plans and predicates.
	slurp_file("/proc/$pid/status") =~ /^VmPeak:\s+(\d+) kB/m or die 'no VmPeak';
	my $peak = $1;
	foreach my $more (64, 80, 96, 112, 128, 192, 256, 512, 1024, 1536, 2048, 2304, 3072, 4096)
	{
		$limit->(($peak + $more) * 1024);
		$turn->(1);
		$run->();
		is($session->{stderr}, '', "$more kB are free");
		$session->{stderr} = '';
		$turn->(0);
		$limit->('unlimited');
		is($node->safe_psql('postgres', $kept), '0', 'the plans are not kept') if $more == 64;
	}
	$turn->(1);
	$run->();
	is($node->safe_psql('postgres', $kept), '2', 'with enough, they are');
	$session->quit;
};

subtest 'bytes that are no text' => sub {
	local $ENV{PGCLIENTENCODING} = 'SQL_ASCII';
	$node->safe_psql('postgres', "CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
	create_extension($node, 'bytes');
	my $value = sub { my ($query) = @_; return $node->safe_psql('bytes', $query); };
	is($value->("SET application_name = 'a\xff'; CREATE SCHEMA \"s\xff\"; SET search_path = \"s\xff\", public; CREATE TABLE \"t\xe4\" (\"c\xf6\" text); "
		  . "INSERT INTO \"t\xe4\" VALUES ('v\xff'); PREPARE p(text) AS SELECT count(*) FROM \"t\xe4\" WHERE \"c\xf6\" = \$1; EXECUTE p(E'v\\xff'); "
		  . "SELECT count(*) FROM \"t\xe4\" WHERE \"c\xf6\" = 'v\xff' AND \"c\xf6\" <> E'\\xc3('; SELECT count(*) FROM \"t\xe4\" WHERE \"c\xf6\" = '" . ("\xff" x 10000) . "'"), "1\n1\n0", 'statements run');
	like($value->('SELECT query FROM pk_workload'), qr/"t\xe4" WHERE "c\xf6" =/, 'pk_workload has their texts');
	my $samples = $value->('SELECT query, parameters, search_path FROM pk_workload_samples');
	like($samples, qr/= 'v\xff' AND/, 'pk_workload_samples has their constants');
	like($samples, qr/\|\{v\xff\}\|"?"s\xff/, 'parameters and search_path');
	like($value->(q{SELECT outline, plan #>> '{0,Plan,Plans,0,Filter}' FROM pk_slow_plans WHERE NOT truncated}), qr/\(Seq Scan on t\xe4\)\|\("c\xf6" = 'v\xff'::text\)/, 'pk_slow_plans has their plans');
	like($value->('SELECT predicate FROM pk_predicates'), qr/"?c\xf6"? = \?/, 'pk_predicates their predicates');
	foreach my $anonymised ('true', 'false')
	{
		my $export = $value->("SELECT pk_workload_export($anonymised)");
		like($export, qr/t\xe4/, "an export ($anonymised) is made");
		is($value->('SELECT pk_workload_import(' . literal($export) . ", 'x') > 0"), 't', 'and can be imported');
	}
	$node->restart;
	like($value->('SELECT query FROM pk_workload'), qr/"t\xe4" WHERE "c\xf6" =/, 'a restart keeps it');
	is($node->safe_psql('postgres', 'SELECT count(*) > 0, (SELECT max(length(line)) > 0 FROM pk_workload_export() line) FROM pk_workload'), 't|t', 'other databases read on');
};

subtest 'memory of a session' => sub {
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	my $size = sub { return -e '/proc/self/status' && slurp_file("/proc/$pid/status") =~ /^VmData:\s+(\d+) kB/m ? $1 : 0 };
	my $sum = sub { return $session->query_safe('SELECT sum(total_bytes) FROM pg_backend_memory_contexts') };
	$session->query_safe(q{CREATE FUNCTION pg_temp.many(first int, last int) RETURNS void LANGUAGE plpgsql AS $$
		DECLARE conditions text;
		BEGIN
			FOR i IN first .. last LOOP
				SELECT string_agg('a ' || CASE WHEN i >> bit & 1 = 0 THEN '<' ELSE '<=' END || ' 7', ' AND ') INTO conditions FROM generate_series(0, 14) bit;
				BEGIN
					EXECUTE 'SELECT ' || CASE WHEN i % 10 = 0 THEN 'count(1 / (a - a))' ELSE 'count(*)' END || ' FROM t WHERE ' || conditions;
				EXCEPTION WHEN division_by_zero THEN NULL;
				END;
			END LOOP;
		END $$});
	my $cancels = join ';', ('SELECT count(*) FROM t, pg_sleep(10)') x 100;
	my $work = sub {
		my ($first, $last) = @_;
		$session->query_safe("SELECT pg_temp.many($first, $last)");
		$session->query('SET statement_timeout = 2');
		$session->query($_) foreach split /;/, $cancels;
		$session->query('RESET statement_timeout');
		$session->{stderr} = '';
	};
	$work->(1, 4000);
	my $before = $sum->();
	my $size_before = $size->();
	$work->(4001, 20000);
	my $after = $sum->();
	cmp_ok($after - $before, '<', 256 * 1024, "16,000 other statements later it has not grown ($before bytes, $after)");
	SKIP: {
		skip 'needs /proc', 1 unless -e '/proc/self/status';
		cmp_ok($size->() - $size_before, '<', 8192, 'nor has what is outside of contexts (kB)');
	}
	is($session->query_safe('SELECT sum(failed), sum(cancelled) >= 150 FROM pk_workload_total()'), '2000|t', 'though many failed');
	$session->quit;
};

server_ok($node, 'at the end');
$node->stop;
done_testing();
