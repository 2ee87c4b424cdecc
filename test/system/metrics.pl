# pk_metrics(): what it says is what there is, whatever databases and roles are called, on a standby, without
# preload, and however many statements there are.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Metrics;

my $node = perfkit_node('main', init => [ allows_streaming => 1 ], conf => "autovacuum_naptime = 1h\nmax_replication_slots = 5");
$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE ROLE plain LOGIN');

# --- names -----------------------------------------------------------------------------------------

# Each as SQL, and as the label must have it.  What is no UTF-8 comes from a database of another encoding.
my %hostile = (
	q(U&"a\0022b\005Cc\000Ad{e=\0022\007D 1") => qq(a"b\\c\nd{e="} 1),
	q(U&"\00E4\20AC") => "\xC3\xA4\xE2\x82\xAC",
	q("say ""hi""' -- # HELP") => q(say "hi"' -- # HELP));
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach sort keys %hostile;
$node->safe_psql('postgres', q(CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'));
$node->safe_psql('latin', q(SET client_encoding = 'UTF8'; CREATE DATABASE U&"\00E9" TEMPLATE template0));
$hostile{latin} = '\\xE9';
my $m = metrics($node);
foreach my $name (sort values %hostile)
{
	is($m->{database_size_bytes}{ labels(database => $name) } > 1000000, 1, "the size of the database $name");
	is($m->{transactions_total}{ labels(database => $name, outcome => 'commit') } >= 0, 1, "the transactions of the database $name");
}
# In a database of another encoding, and without one.
$node->safe_psql('postgres', q(CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'));
foreach my $database ('latin', 'bytes')
{
	create_extension($node, $database);
	my $there = metrics($node, database => $database);
	is(scalar(keys %{ $there->{database_size_bytes} }), 9, "every database, seen from $database");
	is(scalar(grep { !$_ } values %{ $there->{up} }), 0, "every area, seen from $database");
	is($there->{database_size_bytes}{ labels(database => '\\xE9') } > 1000000, 1, 'bytes that are no text') if $database eq 'bytes';
}

# --- what is counted -------------------------------------------------------------------------------

$node->safe_psql('postgres', 'SELECT pk_workload_reset()');
$node->safe_psql('postgres', join(';', ('SELECT 1') x 20, ('SELECT 1, pg_sleep(0.03)') x 3));
# The sums of what is seen and what is counted, as of one moment.
my $sums = $node->safe_psql('postgres', q(
	SELECT (regexp_match(pk_metrics(), 'pg_perfkit_database_statement_seconds_count\{database="postgres"\} (\d+)'))[1]::bigint - 
	       (SELECT sum(calls) FROM pk_workload WHERE database = 'postgres' AND toplevel)));
is($sums, '0', 'the histogram of a database counts the calls of pk_workload');
$m = metrics($node);
my ($queryid) = $node->safe_psql('postgres', q(SELECT queryid FROM pk_workload WHERE query LIKE 'SELECT ?, pg_sleep%' AND toplevel));
my %of = (database => 'postgres', role => $node->safe_psql('postgres', 'SELECT current_user'), queryid => $queryid, level => 'client');
is($m->{query_seconds_count}{ labels(%of) }, 3, 'calls of a statement');
is($m->{query_seconds_bucket}{ labels(%of, le => '0.025') }, 0, 'none shorter than it slept');
is($m->{query_seconds_bucket}{ labels(%of, le => '+Inf') }, 3, 'all in the last bucket');
is($m->{query_seconds_sum}{ labels(%of) } >= 0.09, 1, 'the sum in seconds');
is($m->{query_rows_total}{ labels(%of) }, 3, 'rows');
unlike(text_of($node), qr/pg_sleep/, 'no text of a statement is shown');

my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe('BEGIN; CREATE TABLE locked (i int)');
my $others = $node->background_psql('postgres', on_error_stop => 0);
$others->query_safe('BEGIN; SELECT pg_current_xact_id()');
is(metrics($node)->{connections}{ labels(state => 'idle in transaction') }, 2, 'connections by state');
is(metrics($node)->{oldest_transaction_seconds}{''} > 0, 1, 'the oldest transaction');
$session->query_safe('COMMIT; BEGIN; LOCK locked');
$others->query_until(qr/started/, "\\echo started\nLOCK locked;\n");
$node->poll_query_until('postgres', q(SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'));
$m = metrics($node);
is($m->{waiting_sessions}{ labels(wait => 'Lock') }, 1, 'one waits for a lock');
is(scalar(grep { !$_ } values %{ $m->{up} }), 0, 'and the metrics wait for none');
$session->quit;
$others->quit;

# Bloat is shown as it was measured, and never measured for it.
$node->safe_psql('postgres', 'CREATE TABLE bloated AS SELECT i, repeat(md5(i::text), 10) AS t FROM generate_series(1, 20000) i; CREATE INDEX ON bloated (t); DELETE FROM bloated WHERE i % 5 > 0; VACUUM bloated');
my %bloated = (database => 'postgres', schema => 'public', table => 'bloated');
is(metrics($node)->{relation_wasted_bytes}{ labels(%bloated) }, undef, 'bloat that nobody has measured');
is(metrics($node)->{bloat_measured_relations}{ labels(database => 'postgres', kind => 'table') }, 0, 'is none');
my $wasted = $node->safe_psql('postgres', q(SELECT wasted_bytes FROM pk_bloat('bloated')));
$node->safe_psql('postgres', q(SELECT FROM pk_bloat('bloated_t_idx')));
$m = metrics($node);
is(abs($m->{relation_wasted_bytes}{ labels(%bloated) } - $wasted) <= 8192, 1, 'bloat of a table, as it was measured');
is($m->{relation_wasted_bytes}{ labels(%bloated, index => 'bloated_t_idx') } > 1000000, 1, 'bloat of an index');
is($m->{bloat_measured_relations}{ labels(database => 'postgres', kind => 'index') }, 1, 'one index was measured');
$node->safe_psql('postgres', 'VACUUM FULL bloated');
is(metrics($node)->{relation_wasted_bytes}{ labels(%bloated) }, undef, 'a table that was rewritten has none');

# --- who may, and what an area that fails costs ----------------------------------------------------

is(scalar(grep { !$_ } values %{ metrics($node, role => 'monitor')->{up} }), 0, 'for pg_monitor every area works');
my ($code, $out, $err) = $node->psql('postgres', 'SELECT pk_metrics()', extra_params => [ '-U', 'plain' ]);
like($err, qr/permission denied for function pk_metrics/, 'for others there is nothing');
$node->safe_psql('postgres', 'ALTER FUNCTION pk_metrics_vacuum() RENAME TO pk_metrics_vacuum_away');
$m = metrics($node);
is($m->{up}{ labels(area => 'vacuum') }, 0, 'an area that fails says so');
is($m->{up}{ labels(area => 'capture') }, 1, 'and the others do not');
$node->safe_psql('postgres', 'ALTER FUNCTION pk_metrics_vacuum_away() RENAME TO pk_metrics_vacuum');

# --- a standby -------------------------------------------------------------------------------------

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->safe_psql('postgres', q(SELECT pg_create_physical_replication_slot('forgotten', true)));
$node->wait_for_catchup($standby);
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$node->safe_psql('postgres', q(INSERT INTO bloated SELECT i, '' FROM generate_series(1, 10000) i));
$node->poll_query_until('postgres', q(SELECT bool_and(flush_lsn >= pg_current_wal_flush_lsn() AND replay_lsn < flush_lsn) FROM pg_stat_replication));
$m = metrics($node);
is($m->{in_recovery}{''}, 0, 'the primary says it is one');
is($m->{replication_lag_bytes}{ labels(standby => 'standby', address => 'local', state => 'streaming') } > 100000, 1, 'the primary sees the lag of the standby');
is($m->{slot_retained_wal_bytes}{ labels(slot => 'forgotten', kind => 'physical slot') } > 100000, 1, 'WAL that a slot holds');
is($m->{slot_active}{ labels(slot => 'forgotten', kind => 'physical slot') }, 0, 'which nobody reads from');
$standby->poll_query_until('postgres', 'SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()');
$m = metrics($standby);
is($m->{in_recovery}{''}, 1, 'the standby says it is one');
is($m->{standby_lag_seconds}{''} > 0, 1, 'and how far it is behind');
is(scalar(grep { !$_ } values %{ $m->{up} }), 0, 'every area works on a standby');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$standby->stop;

# --- very many, very long --------------------------------------------------------------------------

# Quotes take two bytes each.
my $long = '"' x 63;
$node->safe_psql('postgres', sprintf 'CREATE ROLE %1$s SUPERUSER LOGIN; CREATE DATABASE %1$s', '"' . '""' x 63 . '"');
$node->safe_psql('postgres', 'SELECT pk_workload_reset()');
my $many = join ';', map { "SELECT 1 AS a$_" . join('', map { ", $_" } 1 .. $_) } 1 .. 210;
$node->safe_psql($long, "SET SESSION AUTHORIZATION \"" . '""' x 63 . "\"; $many");
my $text = text_of($node, arguments => 'top_queries => 1000000');
is(length($text) < 1000000 && length($text) > 700000, 1, 'less than 1 MB') or diag length $text;
$m = parse_metrics($text);
is($m->{samples_left_out}{''} > 0, 1, 'what was left out is counted');
is(scalar(grep { !$_ } values %{ $m->{up} }), 0, 'no area is');
is($m->{capture_up}{''}, 1, 'capture works');

# Once statements had to be evicted, a sum over the others would fall.
$node->append_conf('postgresql.conf', 'pg_perfkit.workload_max = 100');
$node->restart;
$node->safe_psql('postgres', "$many; $many");
$m = metrics($node);
is($m->{capture_evictions_total}{''} > 0, 1, 'statements were evicted');
is($m->{database_statement_seconds_count}, undef, 'so that there is no histogram of a database');
is($m->{statement_seconds_count}{ labels(level => 'client') } > 400, 1, 'and that of the cluster has lost none');
server_ok($node, 'after all of it');
$node->stop;

# --- without preload -------------------------------------------------------------------------------

my $bare = perfkit_node('bare', preload => '');
$m = metrics($bare);
is($m->{capture_up}{''}, 0, 'without preload capture is not up');
is($m->{statement_seconds_count}, undef, 'and there is no histogram');
is(scalar(grep { !$_ } values %{ $m->{up} }), 0, 'every area works without preload');
server_ok($bare, 'without preload');
$bare->stop;
done_testing();
