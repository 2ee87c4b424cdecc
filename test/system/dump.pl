# Every schema choice, also one that needs quotes: calls, dump and restore, DROP EXTENSION.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Calls;
use Perfkit::Catalog;

my $node = perfkit_node('main', extension => 0);
my $has_vector = -e pg_config('sharedir') . '/extension/vector.control';
my @extensions = ('pg_perfkit', $has_vector ? 'pg_perfkit_vector' : ());

# What all catalogs hold: every row that has an OID by it, of the others the number.
sub everything
{
	my ($database) = @_;
	my @each = map { $_->[0] } rows($node, <<SQL, $database);
SELECT format('SELECT %L, coalesce((SELECT %s FROM %I), %L)', c.relname,
              CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'oid')
                   THEN 'string_agg(oid::text, '' '' ORDER BY oid)' ELSE 'count(*)::text' END, c.relname, '')
FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
  AND c.relname NOT IN ('pg_statistic', 'pg_largeobject')
SQL
	return { map { $_->[0] => $_->[1] } rows($node, join(' UNION ALL ', @each), $database) };
}

# Dependents of a user: what an application builds on the extension.
sub build_dependents
{
	my ($database, $schema) = @_;
	$node->safe_psql($database, <<SQL);
CREATE TABLE public.item (id uuid PRIMARY KEY DEFAULT $schema.pk_uuidv7(), n int,
    CHECK ($schema.pk_uuid_timestamp(id) IS NOT NULL));
CREATE INDEX item_time ON public.item (($schema.pk_uuid_timestamp(id)));
INSERT INTO public.item (n) SELECT generate_series(1, 100);
CREATE VIEW public.item_age AS SELECT $schema.pk_uuid_timestamp(id) AS at, n FROM public.item;
SQL
	my $number = 0;
	foreach my $call (grep { $_->{kind} eq 'view' } extension_calls($node, $database))
	{
		$node->safe_psql($database, "CREATE VIEW public.on_view_" . ++$number . " AS $call->{statement}");
	}
	return;
}

my $contents = 'SELECT count(*), sum(n), count(DISTINCT id) FROM public.item';
foreach my $schema ('public', 'perf', '"Perf Kit"', '"select; 1"')
{
	(my $name = lc $schema) =~ s/\W+/_/g;
	my $source = "from_$name";
	$node->safe_psql('postgres', "CREATE DATABASE $source; CREATE DATABASE to_$name; CREATE DATABASE again_$name");
	$node->safe_psql($source, "CREATE SCHEMA $schema") unless $schema eq 'public';
	$node->safe_psql($source, 'CREATE EXTENSION vector') if $has_vector;
	$node->safe_psql($source, "CREATE EXTENSION $_ SCHEMA $schema") foreach @extensions;

	# Qualified and unqualified.
	create_sample($node, $source);
	my @calls = extension_calls($node, $source);
	is(join("\n", grep { !/^\Q$schema\E\./ } map { $_->{identity} } @calls), '', "$schema: everything is there");
	my @qualified = map { $_->{statement} } @calls;
	my @unqualified = map { s/^((?:SELECT \* FROM|SELECT|CALL) )\Q$schema\E\./$1/r } @qualified;
	is_deeply([ map { $_->{text} } grep { $_->{state} ne '' } run_calls($node, { database => $source, settings => "SET search_path = ''" }, @qualified) ],
		[], "$schema: called with the schema's name");
	is_deeply([ map { $_->{text} } grep { $_->{state} ne '' } run_calls($node, { database => $source, settings => "SET search_path = $schema, public" }, @unqualified) ],
		[], "$schema: called without");

	build_dependents($source, $schema);
	my $dump = PostgreSQL::Test::Utils::tempdir('dump');
	$node->command_ok([ 'pg_dump', '-f', "$dump/plain", $source ], "$schema: pg_dump");
	$node->command_ok([ 'pg_dump', '-Fd', '-j2', '-f', "$dump/directory", $source ], "$schema: pg_dump of a directory");
	is(join("\n", grep { /^-- Name: pk_(?!sample)|^-- Name: uuid_generate_v7/ } split /\n/, slurp_file("$dump/plain")), '',
		"$schema: the dump leaves the extension's own objects to the extension");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dump/plain", '-d', "to_$name" ], "$schema: restored");
	$node->command_ok([ 'pg_restore', '-j2', '--exit-on-error', '-d', "again_$name", "$dump/directory" ], "$schema: restored in parallel");
	my %original = map { $_ => catalog_of($node, $_, $source) } @extensions;
	foreach my $target ("to_$name", "again_$name")
	{
		is(join("\n", differences(catalog_of($node, $_, $target), $original{$_})), '', "$schema: $_ in $target is the same")
		  foreach @extensions;
		is($node->safe_psql($target, $contents), $node->safe_psql($source, $contents), "$schema: the table in $target is the same");
	}

	my ($code, $out, $err) = $node->psql($source, 'DROP EXTENSION pg_perfkit');
	like($err, qr/cannot drop .*pg_perfkit because other objects depend on it/, "$schema: dependents keep the extension");
	$node->safe_psql("to_$name", 'DROP EXTENSION pg_perfkit CASCADE');
	is($node->safe_psql("to_$name", 'SELECT count(*) FROM public.item'), '100', "$schema: DROP ... CASCADE takes no data");

	# In a database without anything of the user's, DROP leaves what was before CREATE.
	$node->safe_psql('postgres', "CREATE DATABASE bare_$name");
	$node->safe_psql("bare_$name", "CREATE SCHEMA $schema") unless $schema eq 'public';
	$node->safe_psql("bare_$name", 'CREATE EXTENSION vector') if $has_vector;
	my $before = everything("bare_$name");
	$node->safe_psql("bare_$name", "CREATE EXTENSION $_ SCHEMA $schema") foreach @extensions;
	isnt(everything("bare_$name")->{pg_proc}, $before->{pg_proc}, "$schema: CREATE EXTENSION adds functions");
	$node->safe_psql("bare_$name", "DROP EXTENSION $_") foreach reverse @extensions;
	is_deeply(everything("bare_$name"), $before, "$schema: DROP EXTENSION leaves nothing in any catalog");
	$node->safe_psql('postgres', "DROP DATABASE $_") foreach $source, "to_$name", "again_$name", "bare_$name";
}

# Not trusted: it reads the server's memory and data files.
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE DATABASE owned OWNER owner');
my ($code, $out, $err) = $node->psql('owned', 'CREATE EXTENSION pg_perfkit', extra_params => [ '-U', 'owner' ]);
like($err, qr/permission denied to create extension "pg_perfkit".*HINT:  Must be superuser/s, 'not even the owner of a database may create it');

# It stays where it is, since its function bodies name its schema.
$node->safe_psql('postgres', 'CREATE EXTENSION pg_perfkit; CREATE SCHEMA other');
($code, $out, $err) = $node->psql('postgres', 'ALTER EXTENSION pg_perfkit SET SCHEMA other');
like($err, qr/extension "pg_perfkit" does not support SET SCHEMA/, 'it cannot be moved to another schema');

server_ok($node, 'preloaded');
$node->stop;

# Without preload, the settings live as long as a session that uses the library.
my $bare = perfkit_node('bare', preload => '');
my $settings = q(SELECT count(*) FROM pg_settings WHERE name LIKE 'pg\_perfkit.%');
is($bare->safe_psql('postgres', "DO 'BEGIN PERFORM pk_uuidv7(); END'; DROP EXTENSION pg_perfkit"), '', 'dropped');
is($bare->safe_psql('postgres', $settings), '0', 'after DROP EXTENSION a new session has none of its settings');
is($bare->safe_psql('postgres', q(SELECT count(*) FROM pg_db_role_setting)), '0', 'and none is stored');
server_ok($bare, 'not preloaded');
done_testing();
