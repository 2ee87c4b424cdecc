# Slow plans: whatever happens while an execution is explained, the user's statement goes on; on a standby too.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $conf = "pg_perfkit.slow_plan_ms = 0\npg_perfkit.slow_plan_max = 20\npg_perfkit.slow_plan_length = 2kB\npg_perfkit.predicate_rate = 0\nmax_prepared_transactions = 5";
my $node = perfkit_node('main', conf => $conf, init => [ allows_streaming => 1 ]);

sub value
{
	my ($query) = @_;
	return $node->safe_psql('postgres', $query);
}

value('CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i; ANALYZE t');

subtest 'a cursor that somebody else reads' => sub {
	value(q{CREATE ROLE mary LOGIN; CREATE TABLE vault (word text, v int); INSERT INTO vault VALUES ('for-her-only', 1);
		CREATE FUNCTION opened() RETURNS refcursor LANGUAGE plpgsql SECURITY DEFINER AS $$
			DECLARE c refcursor := 'c'; s text := (SELECT word FROM vault); BEGIN OPEN c FOR SELECT v FROM vault WHERE word = s; RETURN c; END $$});
	my $seen = q{SELECT count(*) FROM pk_slow_plans WHERE plan -> 0 -> 'Plan' ->> 'Filter' LIKE '%for-her-only%' AND outline = 'Seq Scan on vault'};
	is((split /\n/, $node->safe_psql('postgres', "BEGIN; SELECT opened(); FETCH ALL FROM c; COMMIT; $seen", extra_params => [ '-U', 'mary' ]))[-1], '0',
		'its plan is that of who opened it');
	is(value($seen), '1', 'who sees it, though it was COMMIT that ended it');
	value('DROP FUNCTION opened; DROP TABLE vault; SELECT pk_workload_reset()');
};

# A session that explains the statements q to s once it has forgotten the names of their collations.
sub forgetful_reader
{
	my ($reads) = @_;
	value(join ';', map { qq{CREATE COLLATION IF NOT EXISTS held_$_ (provider = libc, locale = "C")} } 'q' .. 's');
	$node->wait_for_catchup($reads, 'replay', $node->lsn('insert')) if $reads != $node;
	my $reader = $reads->background_psql('postgres', on_error_stop => 0);
	$reader->query_safe('SET pg_perfkit.slow_plan_ms = 0; SET plan_cache_mode = force_generic_plan');
	$reader->query_safe("PREPARE $_ AS SELECT a FROM t WHERE a < 2 ORDER BY b COLLATE held_$_; EXECUTE $_") foreach 'q' .. 's';
	value(join ';', map { "ALTER COLLATION held_$_ RENAME TO other; ALTER COLLATION other RENAME TO held_$_" } 'q' .. 's');
	$node->wait_for_catchup($reads, 'replay', $node->lsn('insert')) if $reads != $node;
	$reads->safe_psql('postgres', 'SELECT pk_workload_reset()');
	return $reader;
}

subtest 'what explains needs a lock that is taken' => sub {
	my $reader = forgetful_reader($node);
	my $locker = $node->background_psql('postgres', on_error_stop => 1);
	$reader->query_safe('SET statement_timeout = 2000');
	foreach my $case ([ q => 'LOCK pg_catalog.pg_collation IN ACCESS EXCLUSIVE MODE' ], [ r => 'REINDEX INDEX pg_catalog.pg_collation_oid_index' ])
	{
		my ($statement, $lock) = @$case;
		$locker->query_safe("BEGIN; $lock");
		is($reader->query("EXECUTE $statement"), '1', "$lock: the statement does not wait for it");
		is($reader->{stderr}, '', 'nor is it cancelled');
		is($reader->query('SELECT a FROM t WHERE a = 5'), '5', 'the session goes on');
		is($reader->query('SHOW lock_timeout'), '0', 'as it was');
		$locker->query_safe('COMMIT');
		unlike(value(q{SELECT string_agg(plan::text, '') FROM pk_slow_plans}), qr/COLLATE held_$statement/, 'that plan is not kept');
		is($reader->query("EXECUTE $statement"), '1', 'the next time');
		like(value(q{SELECT string_agg(plan::text, '') FROM pk_slow_plans}), qr/COLLATE held_$statement/, 'it is');
	}
	$_->quit foreach $reader, $locker;
};

subtest 'every place where an execution can end' => sub {
	value(<<'SQL');
CREATE TABLE u (a int PRIMARY KEY REFERENCES t DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM count(*) FROM t; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER noted AFTER INSERT ON u DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION noted();
CREATE PROCEDURE loops() LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	FOR r IN SELECT a FROM t WHERE a < 5 LOOP
		BEGIN
			UPDATE t SET b = b WHERE a = r.a;
			PERFORM 1 / (r.a - 3);
		EXCEPTION WHEN division_by_zero THEN NULL;
		END;
		COMMIT;
	END LOOP;
END $$;
CREATE FUNCTION counted(int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM t WHERE a > $1';
CREATE FUNCTION counted_parallel(int) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN (SELECT count(*) FROM t WHERE a > $1); END $$;
SQL
	is(value('BEGIN; INSERT INTO u VALUES (1); SAVEPOINT s; INSERT INTO u VALUES (2); ROLLBACK TO s; INSERT INTO u VALUES (3); RELEASE s; COMMIT; SELECT array_agg(a) FROM u'), '{1,3}', 'savepoints and deferred triggers');
	is(value('CALL loops(); SELECT count(*) FROM t'), '1000', 'transactions in procedures');
	is(value(q{BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT a FROM t ORDER BY a; DECLARE d CURSOR FOR SELECT 1; FETCH d; COMMIT; FETCH 2 FROM c}), "1\n1\n2", 'cursors that a commit ends');
	is(value(q{BEGIN; INSERT INTO u VALUES (4); DECLARE d CURSOR FOR SELECT a FROM t ORDER BY a; FETCH d; PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'; SELECT count(*) FROM u}), "1\n3", 'a prepared transaction');
	is(value(q{BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; SELECT counted(990) FROM t WHERE a < 3; COMMIT}), "10\n10", 'a read-only transaction');
	my $forced = value('SHOW server_version_num') >= 160000 ? 'debug_parallel_query' : 'force_parallel_mode';
	is(value("SET $forced = on; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; "
		  . 'SELECT sum(counted_parallel(a)) FROM t'), '499500', 'parallel workers, and statements in them');
	is(value('COPY (SELECT a FROM t WHERE a < 3) TO STDOUT; CREATE TABLE v AS SELECT * FROM t; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off) SELECT 1; REINDEX TABLE v; SELECT count(*) FROM v') =~ s/\(actual .*//r, "1\n2\nResult \n1000", 'utility statements');
	my ($code, undef, $error) = $node->psql('postgres', 'DO $$ BEGIN PERFORM a FROM t; RAISE SQLSTATE \'12345\'; END $$');
	like($error, qr/12345/, 'errors are what they were');
	is(value('SELECT count(*) > 10 FROM pk_slow_plans'), 't', 'plans were kept');
	unlike(slurp_file($node->logfile), qr/WARNING|PANIC|TRAP/, 'no resource was leaked');
};

subtest 'bounds' => sub {
	value(join ';', map { "SELECT $_ AS c" . join(', ', ('a') x $_) . " FROM t WHERE a = $_" } 1 .. 100);
	is(value('SELECT slow_plans FROM pk_workload_info()'), '20', 'the oldest make room');
	value('SELECT count(*) FROM t WHERE ' . join(' OR ', map { "b = 'text number $_'" } 1 .. 100));
	is(value(q{SELECT truncated, plan IS NULL FROM pk_slow_plans WHERE outline = 'Aggregate(Seq Scan on t)' AND query LIKE '%OR b%'}), 't|t', 'a long plan leaves its outline');
	is(value(q{SELECT bool_and(length(plan::text) <= 2048) FROM pk_slow_plans}), 't', 'the others are no longer than they may be');
};

subtest 'many sessions' => sub {
	$node->command_ok([ 'pgbench', '-i', '-q', '-s', '1', 'postgres' ], 'initialised');
	value('SELECT pk_workload_reset()');
	$node->command_like([ 'pgbench', '-n', '-c', '8', '-t', '200', '-M', 'prepared', 'postgres' ], qr/number of failed transactions: 0 /, 'no transaction fails');
	is(value(q{SELECT sum(calls) FROM pk_workload WHERE query LIKE 'UPDATE pgbench_accounts%'}), '1600', 'all are counted');
	cmp_ok(value(q{SELECT sum(executions) FROM pk_slow_plans WHERE outline LIKE 'Update on pgbench_accounts%'}), '>', 100, 'and plans of many seen');
};

subtest 'a session that holds the lock stops nobody' => sub {
	while_lock_is_held($node, 'pg_perfkit_plans', 'pk_slow_plans', sub {
		is(value(join '', map { "SELECT $_ AS d$_;" } 1 .. 50), join("\n", 1 .. 50), 'queries run');
	});
	is(value('SELECT count(*) > 0 FROM pk_slow_plans'), 't', 'and it goes on');
};

subtest 'restart and reset' => sub {
	value('SELECT max(b) FROM t');
	my $query = q{SELECT array_agg((queryid, shape, executions)::text ORDER BY queryid, shape) FROM pk_slow_plans WHERE outline NOT LIKE '%pk_%'};
	value('ALTER SYSTEM SET pg_perfkit.slow_plan_ms = 60000');
	value('SELECT pg_reload_conf()');
	my $before = value($query);
	like($before, qr/,/, 'there are plans');
	$node->restart;
	is(value($query), $before, 'they survive a restart');
	my ($queryid) = value('SELECT queryid FROM pk_slow_plans LIMIT 1');
	value("SELECT pk_workload_reset(queryid => $queryid)");
	is(value("SELECT count(*) FILTER (WHERE queryid = $queryid) = 0 AND count(*) > 0 FROM pk_slow_plans"), 't', 'a reset forgets those of one query');
	value("SELECT pk_workload_reset('postgres')");
	is(value('SELECT count(*) FROM pk_slow_plans'), '0', 'or of a database');
};

subtest 'standby' => sub {
	$node->backup('backup');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'backup', has_streaming => 1);
	$standby->start;
	$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
	is($standby->safe_psql('postgres', 'SET pg_perfkit.slow_plan_ms = 0; SELECT count(*) FROM t WHERE a < 3'), '2', 'statements run');
	is($standby->safe_psql('postgres', q{SELECT plan #>> '{0,Plan,Plans,0,Index Cond}' || (plan #>> '{0,Plan,Node Type}') FROM pk_slow_plans}), '(a < 3)Aggregate', 'and their plans are kept');
	my $reader = forgetful_reader($standby);
	my $locker = $node->background_psql('postgres', on_error_stop => 1);
	$reader->query_safe('SET statement_timeout = 2000');
	$locker->query_safe('BEGIN; LOCK pg_catalog.pg_collation IN ACCESS EXCLUSIVE MODE');
	$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
	is($standby->safe_psql('postgres', q{SELECT count(*) FROM pg_locks WHERE relation = 'pg_collation'::regclass AND mode = 'AccessExclusiveLock'}), '1', 'replay holds a lock');
	is($reader->query('EXECUTE q'), '1', 'a statement does not wait for it');
	is($reader->{stderr}, '', 'nor is it cancelled');
	$locker->query_safe('COMMIT');
	$_->quit foreach $reader, $locker;
	server_ok($standby, 'standby');
	$standby->stop;
};

server_ok($node, 'at the end');
$node->stop;
done_testing();
