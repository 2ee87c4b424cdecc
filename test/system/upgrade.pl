# An updated installation equals a fresh one, in every column of every catalog row.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Catalog;

my $source = $ENV{PERFKIT_SOURCE};
my $scripts = private_installation();
my $node = perfkit_node('main', extension => 0);
my $fresh;    # what catalog_of says of a fresh installation of the extension under test

sub script
{
	my ($name, @texts) = @_;
	append_to_file("$scripts/$name.sql", join('', @texts));
	return;
}

# The catalog after installing version $from and following $path with ALTER EXTENSION UPDATE.
sub updated
{
	my ($extension, $from, @path) = @_;
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS old');
	$node->safe_psql('postgres', 'CREATE DATABASE old');
	$node->safe_psql('old', 'CREATE EXTENSION vector; CREATE EXTENSION pg_perfkit') if $extension ne 'pg_perfkit';
	$node->safe_psql('old', join(' ', "CREATE EXTENSION $extension VERSION '$from';",
			map { "ALTER EXTENSION $extension UPDATE TO '$_';" } @path));
	return catalog_of($node, $extension, 'old');
}

sub same_as_fresh
{
	my ($name, @arguments) = @_;
	return is(join("\n", differences(updated(@arguments), $fresh)), '', $name);
}

sub test_extension
{
	my ($extension) = @_;
	my $release = release($extension);
	my @parts = install_parts($extension);
	my $installed = slurp_file("$scripts/$extension--$release.sql");
	is(join('', map { $_->[1] } @parts), $installed, "$extension: the install script is its parts");

	$node->safe_psql('postgres', 'CREATE DATABASE fresh');
	$node->safe_psql('fresh', 'CREATE EXTENSION vector; CREATE EXTENSION pg_perfkit') if $extension ne 'pg_perfkit';
	$node->safe_psql('fresh', "CREATE EXTENSION $extension");
	$fresh = catalog_of($node, $extension, 'fresh');

	# Every release of which a frozen script is kept.
	foreach my $file (sort glob("$source/sql/$extension--*.sql"))
	{
		my ($version) = $file =~ /--([^-]+)\.sql$/ or next;
		next if $file =~ /--.*--/ || $version eq $release;
		same_as_fresh("$extension: $version, updated, equals $release", $extension, $version, $release);
	}

	# Test-only versions 0.1, 0.2, ...: each has one part more than the one before, and the upgrade
	# between two is that part.
	my ($prologue, @features) = @parts;
	return unless @features;
	my $last = $#features;
	foreach my $i (0 .. $last)
	{
		script("$extension--0.$i", map { $_->[1] } $prologue, @features[ 0 .. $i - 1 ]);
		my $next = $i == $last ? $release : '0.' . ($i + 1);
		script("$extension--0.$i--$next", $prologue->[1] =~ s/CREATE EXTENSION/ALTER EXTENSION/r, $features[$i][1]);
	}
	my @path = ((map { "0.$_" } 1 .. $last), $release);
	same_as_fresh("$extension: grown part by part, it equals a fresh one", $extension, '0.0', @path);
	foreach my $i (1 .. $last)
	{
		same_as_fresh("$extension: updated from before part $features[$i][0], it equals a fresh one",
			$extension, "0.$i", $release);
	}
	return @features;
}

test_extension('pg_perfkit');

# The comparison notices an upgrade that is not complete.  Each mistake is made in an upgrade script
# that otherwise does the right thing.
my $all = slurp_file("$scripts/pg_perfkit--" . release() . '.sql');
my @mistakes = (
	[ 'a lost comment', 'COMMENT ON FUNCTION pk_uuidv7() IS NULL', qr/missing: comment on function public\.pk_uuidv7/ ],
	[ 'a lost privilege', 'REVOKE EXECUTE ON FUNCTION pk_uuidv7() FROM PUBLIC', qr/pk_uuidv7\(\): proacl is/ ],
	[ 'a privilege too much', 'GRANT EXECUTE ON FUNCTION pk_uuidv7() TO pg_monitor', qr/pk_uuidv7\(\): proacl is/ ],
	[ 'a changed cost', 'ALTER FUNCTION pk_uuidv7() COST 7', qr/pk_uuidv7\(\): procost is 7/ ],
	[ 'a changed volatility', 'ALTER FUNCTION pk_uuidv7() STABLE', qr/pk_uuidv7\(\): provolatile is "s"/ ],
	[ 'a changed parallel label', 'ALTER FUNCTION pk_uuidv7() PARALLEL UNSAFE', qr/pk_uuidv7\(\): proparallel is "u"/ ],
	[ 'a function setting', 'ALTER FUNCTION pk_uuidv7() SET search_path = public', qr/pk_uuidv7\(\): proconfig is/ ],
	[ 'a function left behind', 'CREATE FUNCTION pk_old() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
		qr/too much: function public\.pk_old/ ],
	[ 'a function lost', 'ALTER EXTENSION pg_perfkit DROP FUNCTION pk_uuidv7()', qr/missing: function public\.pk_uuidv7/ ],
	[ 'a type', 'CREATE TYPE pk_type AS ENUM (\'a\')', qr/too much: labels of public\.pk_type/ ],
	[ 'an operator', 'CREATE OPERATOR === (FUNCTION = uuid_eq, LEFTARG = uuid, RIGHTARG = uuid)',
		qr/too much: operator public\.===/ ]);

# The same for the first view, if there is one.
my ($view) = map { $_->[0] } rows($node, "SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid
	WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass AND c.relkind = 'v' AND c.relname LIKE 'pk\\_%' ORDER BY 1",
	'fresh');
if (defined $view)
{
	my ($column) = map { $_->[0] } rows($node, "SELECT attname FROM pg_attribute WHERE attrelid = '$view'::regclass AND attnum = 1", 'fresh');
	push @mistakes,
	  [ 'a lost comment on a column', "COMMENT ON COLUMN $view.$column IS NULL", qr/missing: comment on .*column .*\Q$view.$column/ ],
	  [ 'a view\'s option', "ALTER VIEW $view SET (security_barrier)", qr/\Q$view\E: reloptions is/ ],
	  [ 'another body of a view', "DO \$\$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW $view AS SELECT * FROM ('
	      || rtrim(pg_get_viewdef('$view'::regclass), ';') || ') v'; END \$\$", qr/ev_action is/ ],
	  [ 'a view open to all', "GRANT ALL ON $view TO PUBLIC", qr/\Q$view\E: relacl is/ ];
}
my $number = 0;
foreach (@mistakes)
{
	my ($name, $statement, $expected) = @$_;
	my $version = 'mistake' . $number++;
	script("pg_perfkit--$version", "-- an empty one\n");
	script("pg_perfkit--$version--" . release(), $all =~ s/^\\echo.*\n//mr, "\n$statement;\n");
	like(join("\n", differences(updated('pg_perfkit', $version, release()), $fresh)), $expected, "noticed: $name");
}

SKIP:
{
	skip 'not applicable: pgvector is not installed', 1 unless -e "$scripts/vector.control";
	$node->safe_psql('postgres', 'DROP DATABASE fresh');
	test_extension('pg_perfkit_vector');
}

server_ok($node, 'at the end');
done_testing();
