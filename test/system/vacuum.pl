# Autovacuum that never gets its turn: what it would do, and the settings that suit what the tables see.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "autovacuum = on\nautovacuum_naptime = '20d'\nautovacuum_freeze_max_age = 100000\nautovacuum_vacuum_cost_limit = 200");
my $version = $node->safe_psql('postgres', 'SHOW server_version_num');

sub due
{
	my ($table) = @_;
	return $node->safe_psql('postgres', "SELECT due FROM pk_vacuum_status WHERE relation = '$table'::regclass");
}

# Statistics have arrived when it returns: else they come when the session has ended, for which nobody waits.
sub change { return $node->safe_psql('postgres', "$_[0]; SELECT pg_stat_force_next_flush()") }

$node->safe_psql('postgres', q(
	CREATE TABLE few (id int) WITH (autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0,
		autovacuum_vacuum_insert_threshold = 20, autovacuum_vacuum_insert_scale_factor = 0,
		autovacuum_analyze_threshold = 30, autovacuum_analyze_scale_factor = 0)));
is(due('few'), '', 'a new table');
change('INSERT INTO few SELECT generate_series(1, 20)');
is(due('few'), '', 'as many rows as the threshold');
change('INSERT INTO few VALUES (21)');
is(due('few'), 'inserted rows', 'one more');
change('DELETE FROM few WHERE id <= 11');
is(due('few'), 'dead rows, inserted rows, statistics', 'and rows deleted');
$node->safe_psql('postgres', 'VACUUM (ANALYZE) few');
is(due('few'), '', 'vacuumed and analyzed');
change('DELETE FROM few WHERE id <= 13');
is($node->safe_psql('postgres', q(SELECT due_in > interval '0' FROM pk_vacuum_status WHERE table_name = 'few')), 't', 'when it will be due');
change('ALTER TABLE few SET (autovacuum_enabled = off); DELETE FROM few');
is(due('few'), '', 'not due where autovacuum is off');
like($node->safe_psql('postgres', q(SELECT statement FROM pk_suggest_vacuum() WHERE relation = 'few'::regclass)),
	$node->safe_psql('postgres', q(SELECT dead_tuples > vacuum_threshold FROM pk_vacuum_status WHERE table_name = 'few')) eq 't'
	? qr/^ALTER TABLE public.few RESET \(autovacuum_enabled\)$/ : qr/^$/, 'which is pointed out');
is($node->safe_psql('postgres', q(SELECT forced_in_transactions BETWEEN 1 AND 100000 FROM pk_vacuum_status WHERE table_name = 'few')), 't', 'the age that forces it');
SKIP:
{
	skip 'autovacuum_vacuum_max_threshold came with version 18', 1 if $version < 180000;
	$node->safe_psql('postgres', 'ALTER TABLE few SET (autovacuum_vacuum_max_threshold = 4)');
	is($node->safe_psql('postgres', q(SELECT vacuum_threshold FROM pk_vacuum_status WHERE table_name = 'few')), '4', 'the most that the threshold may be');
}

# A busy table: its suggestions can be run as they are, and are gone then.
$node->safe_psql('postgres', q(
	CREATE TABLE "bu sy" AS SELECT i AS id, 0 AS n FROM generate_series(1, 150000) i;
	ANALYZE "bu sy"; CREATE TABLE calm AS TABLE "bu sy"; ANALYZE calm;
	SELECT pg_stat_reset()));
is($node->safe_psql('postgres', q(SELECT count(*) FROM pk_suggest_vacuum())), '0', 'nothing has happened');
change('UPDATE "bu sy" SET n = 1');
my @rows = rows($node, 'SELECT relation, setting, current_value, suggested_value, reason, statement FROM pk_suggest_vacuum()');
is(join(' ', map { $_->[1] } @rows), 'autovacuum_vacuum_scale_factor autovacuum_vacuum_threshold autovacuum_naptime autovacuum_vacuum_cost_limit',
	'a table changes fast, and autovacuum has not come');
is($rows[0][2], '0.2', 'the value in force');
is($rows[0][5], 'ALTER TABLE public."bu sy" SET (autovacuum_vacuum_scale_factor = 0.1)', 'the statement');
$node->safe_psql('postgres', $_->[5]) foreach @rows;
$node->reload;
$node->safe_psql('postgres', 'VACUUM "bu sy"');
$node->poll_query_until('postgres', q(SELECT count(*) = 0 FROM pk_suggest_vacuum()));
is($node->safe_psql('postgres', q(SELECT count(*) FROM pk_suggest_vacuum())), '0', 'its suggestions were followed');
is($node->safe_psql('postgres', q(SELECT vacuum_threshold FROM pk_vacuum_status WHERE table_name = 'bu sy')), '20000', 'and are in force');

# What holds the horizon back, and how to end it.
$node->safe_psql('postgres', 'SELECT pg_current_xact_id()');
my $reader = $node->background_psql('postgres', on_error_stop => 0);
my $pid = $reader->query_safe('SELECT pg_backend_pid()');
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
my ($holder) = rows($node, "SELECT kind, transactions >= 0, since <= now(), remedy FROM pk_horizon_holders WHERE pid = $pid");
is("@$holder", "session t t SELECT pg_terminate_backend($pid)", 'a session holds it back');
$node->safe_psql('postgres', $holder->[3]);
$node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pk_horizon_holders');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pk_horizon_holders'), '0', 'and no longer');
$reader->{run}->kill_kill;
server_ok($node, 'at the end');

done_testing();
