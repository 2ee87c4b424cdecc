# uuid_generate_v7() and another extension of that name: created before ours or after it, dumped and
# restored in pg_dump's order, no statement fails and nobody loses a function.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $extension = private_installation();
my $node = perfkit_node('main', extension => 0);
my $theirs = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';
my $function = "CREATE FUNCTION uuid_generate_v7() RETURNS uuid LANGUAGE sql AS \$\$SELECT uuid '$theirs'\$\$;\n";

# CREATE EXTENSION in a new database: what it said.
sub create
{
	my ($database, $sql) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	my ($code, $out, $err) = $node->psql($database, $sql);
	is($code, 0, "$database: created");
	return $err;
}

sub owners
{
	my ($database) = @_;
	return $node->safe_psql($database,
		"SELECT string_agg(coalesce(extname, 'none'), ',') FROM pg_proc p
		 LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
		 LEFT JOIN pg_extension e ON e.oid = d.refobjid WHERE proname = 'uuid_generate_v7'");
}

sub restored
{
	my ($database) = @_;
	my $dump = $node->basedir . "/$database.sql";
	$node->command_ok([ 'pg_dump', '-f', $dump, $database ], "$database: dumped");
	$node->safe_psql('postgres', "CREATE DATABASE ${database}_restored");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, "${database}_restored" ], "$database: restored");
	is(owners("${database}_restored"), owners($database), "$database: restored with the same owner");
	return;
}

# Nobody else has the name.
is(create('alone', 'CREATE EXTENSION pg_perfkit; CREATE TABLE t (id uuid DEFAULT uuid_generate_v7())'), '', 'no notice');
is(owners('alone'), 'pg_perfkit', 'the name is ours');
restored('alone');

# A user's own function.
like(create('by_user', $function . 'CREATE EXTENSION pg_perfkit'),
	qr/NOTICE:  uuid_generate_v7\(\) is left to the function that is there/, 'a notice');
is(owners('by_user'), 'none', 'a function of the user stays');

# An extension of another name, in another schema.
append_to_file("$extension/someone.control", "default_version = '1'\n");
append_to_file("$extension/someone--1.sql", $function);
like(create('by_someone', 'CREATE SCHEMA s; CREATE EXTENSION someone SCHEMA s; CREATE EXTENSION pg_perfkit'),
	qr/NOTICE:  uuid_generate_v7\(\) is left to extension someone/, 'a notice says who owns the name');
is(owners('by_someone'), 'someone', 'theirs only');

# pg_uuidv7, whose name sorts behind ours, so that a dump creates it after ours.
append_to_file("$extension/pg_uuidv7.control", "default_version = '1'\n");
append_to_file("$extension/pg_uuidv7--1.sql", $function);
like(create('theirs', 'CREATE EXTENSION pg_uuidv7; CREATE EXTENSION pg_perfkit; CREATE TABLE t (n int, id uuid DEFAULT uuid_generate_v7())'),
	qr/NOTICE:  uuid_generate_v7\(\) is left to extension pg_uuidv7$/m, 'a notice');
restored('theirs');
is($node->safe_psql('theirs_restored', 'INSERT INTO t(n) VALUES (2) RETURNING id'),
	$theirs, 'a default of theirs is theirs after restoring');
like(create('later', 'CREATE EXTENSION pg_perfkit; CREATE EXTENSION pg_uuidv7'),
	qr/NOTICE:  uuid_generate_v7\(\) is left to extension pg_uuidv7, which is available here/, 'it may come later');
is(owners('later'), 'pg_uuidv7', 'and has the name then');

# It came to the server after our alias: what docs/uuid.md says to do.
$node->safe_psql('alone', 'ALTER EXTENSION pg_perfkit DROP FUNCTION uuid_generate_v7();
	ALTER TABLE t ALTER id SET DEFAULT pk_uuidv7(); DROP FUNCTION uuid_generate_v7(); CREATE EXTENSION pg_uuidv7');
is(owners('alone'), 'pg_uuidv7', 'the name can be handed over');
server_ok($node, 'at the end');

done_testing();
