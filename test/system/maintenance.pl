# The maintenance script as psql -f runs it: for an owner without further rights, beside locks and old
# snapshots, with freezing, on a standby, and under the rights that differ between versions.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', init => [ allows_streaming => 1 ], conf => "autovacuum = off\nautovacuum_freeze_max_age = 100000");
my $version = $node->safe_psql('postgres', 'SHOW server_version_num');

# The script that a role gets.
sub script
{
	my ($role, $from) = @_;
	return ($from // $node)->safe_psql('postgres', 'SELECT pk_maintenance_script()', extra_params => [ '-U', $role ]);
}

# Runs it as it stands; its errors and warnings.
sub run_script
{
	my ($role, $script) = @_;
	my $file = "${PostgreSQL::Test::Utils::tmp_check}/script.sql";
	open my $out, '>', $file or die "$file: $!";
	print $out "$script\n";
	close $out or die "$file: $!";
	my ($output, $errors);
	IPC::Run::run([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-f', $file, '-d', $node->connstr('postgres'), '-U', $role ], '>', \$output, '2>', \$errors);
	return $errors . ($? ? "exit $?" : '');
}

# Names that end a comment or a quoted name, where they are not quoted as they must be.
my $table = qq("ta""ble\r\n; DROP TABLE kept; --\\q");
my $index = qq("in""dex\r-- \\! false");
$node->safe_psql('postgres', <<SQL);
CREATE ROLE owner LOGIN;
CREATE ROLE reader LOGIN IN ROLE pg_monitor;
CREATE TABLE kept (id int);
CREATE SCHEMA "sche""ma" AUTHORIZATION owner;
SET ROLE owner;
CREATE TABLE "sche""ma".$table (id int, t text);
CREATE INDEX $index ON "sche""ma".$table (t);
INSERT INTO "sche""ma".$table SELECT i, md5(i::text) FROM generate_series(1, 60000) i;
DELETE FROM "sche""ma".$table WHERE id % 5 > 0;
RESET ROLE;
CREATE TABLE others AS SELECT i AS id FROM generate_series(1, 100000) i;
SQL

my $bloat = q(SELECT kind || ' ' || class FROM pk_table_bloat WHERE schema_name = 'sche"ma' AND kind = 'table'
	UNION ALL SELECT kind || ' ' || class FROM pk_index_bloat WHERE schema_name = 'sche"ma' AND index_name !~ 'pg_toast');
is($node->safe_psql('postgres', $bloat), "table high\nbtree high", 'table and index are bloated');
my $script = script('owner');
like($script, qr/^VACUUM \(ANALYZE, SKIP_LOCKED\) "sche""ma"\.\Q$table\E;\n.*^REINDEX INDEX CONCURRENTLY "sche""ma"\.\Q$index\E;$/ms, 'dead rows, then the index');
unlike($script, qr/others;|pg_catalog\./, 'nothing of others');
like($script, qr/^-- Left out: .*\d+ relations of others, which you may not VACUUM/m, 'as it says');
is(run_script('owner', $script), '', 'the owner can run it');
is($node->safe_psql('postgres', $bloat), "table high\nbtree ok", 'the index is not');
$script = script('owner');
unlike($script, qr/^(VACUUM|ANALYZE|REINDEX)/m, 'nothing is left');
my ($by_hand) = $script =~ /^(-- VACUUM \(FULL, ANALYZE\) "sche""ma".*?;)\n\n/ms;
ok(defined $by_hand, 'but a rewrite, as a comment');
$by_hand =~ s/(^|[\r\n])-- /$1/g;
is($by_hand, qq(VACUUM (FULL, ANALYZE) "sche""ma".$table;), 'which can be run once it is none');
is(run_script('owner', $by_hand), '', 'and is');
is($node->safe_psql('postgres', $bloat), "table ok\nbtree ok", 'and the table is not bloated');
is($node->safe_psql('postgres', 'SELECT count(*) FROM kept'), '0', 'no name was taken for a command');

# Who sees everything, and may do nothing.
$script = script('reader');
like($script, qr/Nothing needs to be done/, 'one who may only look');
like($script, qr/which you may not VACUUM/, 'is told so');
SKIP:
{
	skip 'MAINTAIN came with version 17', 3 if $version < 170000;
	$node->safe_psql('postgres', 'GRANT MAINTAIN ON others TO reader');
	$script = script('reader');
	like($script, qr/^VACUUM \(ANALYZE, SKIP_LOCKED\) public\.others;$/m, 'one who may maintain a table');
	is(run_script('reader', $script), '', 'can run it');
	unlike(script('reader'), qr/others;/, 'and it is done');
}

# Beside a lock: nothing waits, and the script says what could not be looked at.
$node->safe_psql('postgres', 'DELETE FROM others WHERE id % 2 = 0; CREATE TABLE busy AS TABLE others; DELETE FROM busy WHERE id % 4 = 1');
my $session = $node->background_psql('postgres');
$session->query_safe('BEGIN; LOCK TABLE busy IN ACCESS EXCLUSIVE MODE');
$script = script('postgres');
like($script, qr/1 relations not measured: busy/, 'a locked table is not waited for');
like($script, qr/^VACUUM \(ANALYZE, SKIP_LOCKED\) public\.busy;$/m, 'what the statistics tell of it holds');
like(run_script('postgres', join "\n", grep { /public\.busy/ } split /\n/, $script), qr/WARNING:  skipping vacuum of "busy" --- lock not available$/, 'it is skipped');
$session->query_safe('ROLLBACK');

# What an old snapshot keeps: VACUUM cannot help, and whose it is.
$session->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
my $pid = $session->query_safe('SELECT pg_backend_pid()');
$node->safe_psql('postgres', 'DELETE FROM busy');
like(script('postgres'), qr/^-- An old snapshot keeps dead rows: process $pid /m, 'an old snapshot');
$session->query_safe('ROLLBACK');
$session->quit;
run_script('postgres', script('postgres'));

# A standby sees the pages, and says where to run the script.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->safe_psql('postgres', 'INSERT INTO others SELECT generate_series(1, 100000)');
$node->safe_psql('postgres', 'DELETE FROM others');
$node->safe_psql('postgres', 'SELECT pg_current_xact_id()');
$node->wait_for_catchup($standby);
$script = script('postgres', $standby);
like($script, qr/^-- This server is a standby, .*run it on the primary/m, 'a standby');
like($script, qr/^-- 100 % of the rows in its pages are dead\n.*\nVACUUM \(ANALYZE, SKIP_LOCKED\) public\.others;$/m, 'sees what is dead');
is(run_script('postgres', $script), '', 'what it says can be run on the primary');
$node->wait_for_catchup($standby);
unlike(script('postgres', $standby), qr/public\.others;$/m, 'and is done');
$standby->stop;

# Freezing has a date.
$node->safe_psql('postgres', 'CREATE TABLE ages AS SELECT i AS id FROM generate_series(1, 100000) i');
$node->safe_psql('postgres', 'VACUUM (ANALYZE) ages');
unlike(script('postgres'), qr/FREEZE/, 'young tables');
$node->safe_psql('postgres', 'DO $$ BEGIN FOR i IN 1 .. 92000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$');
$script = script('postgres');
like($script, qr/^-- autovacuum is forced to freeze it in \d+ transactions\n.*\nVACUUM \(FREEZE, SKIP_LOCKED\) public\.ages;$/m, 'old ones');
unlike($script, qr/public\.kept/, 'small ones are quickly done');
is(run_script('postgres', $script), '', 'it runs');
cmp_ok($node->safe_psql('postgres', q(SELECT xid_age FROM pk_vacuum_status WHERE relation = 'ages'::regclass)), '<', 100, 'and they are frozen');
unlike(script('postgres'), qr/FREEZE/, 'nothing is left of it');

server_ok($node, 'at the end');
done_testing();
