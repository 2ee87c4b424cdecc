# docs/reference.md, written from the catalog and the COMMENTs of an installed extension.
#
# A COMMENT is a text and then lines "name: meaning" for arguments and result columns
# (CONTRIBUTING.md).  Objects stand under the feature whose part of the install script makes them.
package Perfkit::Reference;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use PostgreSQL::Test::Utils;
use Perfkit;

our @EXPORT = qw(reference);

my %context = (
	internal            => 'cannot be set',
	postmaster          => 'at server start',
	sighup              => 'on reload',
	'superuser-backend' => 'at connection start, by superusers',
	backend             => 'at connection start',
	superuser           => 'by superusers',
	user                => 'by everyone');

# Text of the reference of one extension.
sub reference
{
	my ($node, $extension) = @_;
	my @objects = (_functions($node, $extension), _relations($node, $extension), _others($node, $extension));
	my @parts = install_parts($extension);
	my %feature_of = _features(@parts);
	my %by_feature;
	foreach (sort { $a->{oid} <=> $b->{oid} } @objects)
	{
		push @{ $by_feature{ $feature_of{ $_->{name} } // die "no part of the install script makes $_->{name}" } }, $_;
	}
	my @features = grep { $by_feature{$_} } map { $_->[0] } @parts;

	my $text = "# Reference of $extension\n\n"
	  . "Written by `scripts/reference.sh` from the catalog; do not edit.\n\n"
	  . "| object | what it is |\n| --- | --- |\n";
	foreach (map { @{ $by_feature{$_} } } @features)
	{
		my ($first) = $_->{text} =~ /^(.*?)(?:[.;:](?=\s)|$)/s;
		$text .= _row("[$_->{title}](#" . _anchor($_->{title}) . ')', $first);
	}
	foreach my $feature (@features)
	{
		my $page = -e "$ENV{PERFKIT_SOURCE}/docs/$feature.md" ? "[$feature]($feature.md)" : $feature;
		$text .= "\n## Feature $page\n" . join('', map { _object($_) } @{ $by_feature{$feature} });
	}
	$text .= _settings($node) if $extension eq 'pg_perfkit';
	return $text;
}

sub _object
{
	my ($object) = @_;
	my $text = "\n### $object->{title}\n\n";
	$text .= "```sql\n$object->{signature}\n```\n\n" if $object->{signature};
	$text .= "$object->{text}\n";
	foreach my $table (@{ $object->{tables} // [] })
	{
		my ($header, @rows) = @$table;
		$text .= "\n" . _row(@$header) . _row(map { '---' } @$header) . join('', map { _row(@$_) } @rows) if @rows;
	}
	return $text . "\n$object->{note}\n";
}

sub _row
{
	my @cells = @_;
	s/\|/\\|/g, s/\s*\n\s*/ /g foreach @cells;
	return '| ' . join(' | ', @cells) . " |\n";
}

# The anchor that GitHub gives to a heading.
sub _anchor
{
	my $anchor = lc shift;
	$anchor =~ s/[^\w\- ]//g;
	return $anchor =~ s/ /-/gr;
}

# Splits a comment into its text and a hash of the meanings of @names.
sub _meanings
{
	my ($comment, @names) = @_;
	my %meaning;
	my %known = map { $_ => 1 } @names;
	my (@text, $current);
	foreach (split /\n/, $comment)
	{
		if (/^(\w+): (.*)/ && $known{$1}) { ($current, $meaning{$1}) = ($1, $2) }
		elsif (defined $current) { $meaning{$current} .= " $_" }
		else                     { push @text, $_ }
	}
	return (join("\n", @text), \%meaning);
}

# Who may, from the roles (other than the owner) that were granted a right.
sub _may
{
	my ($verb, $roles) = @_;
	my @roles = grep { $_ ne '' } split / /, $roles;
	return "$verb everyone." if grep { $_ eq 'PUBLIC' } @roles;
	return "$verb superusers only." unless @roles;
	return "$verb members of " . join(', ', map { "`$_`" } @roles) . '.';
}

# From a catalog row's acl: names of those who hold $right.
sub _grantees
{
	my ($acl, $owner, $right) = @_;
	return "(SELECT coalesce(string_agg(DISTINCT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, ' '), '')
	         FROM aclexplode($acl) WHERE privilege_type = '$right' AND grantee <> $owner)";
}

sub _members
{
	my ($extension, $catalog) = @_;
	return "pg_depend d JOIN $catalog o ON d.classid = '$catalog'::regclass AND d.objid = o.oid AND d.deptype = 'e'
	        AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = '$extension')";
}

sub _functions
{
	my ($node, $extension) = @_;
	my $members = _members($extension, 'pg_proc');
	my $grantees = _grantees("coalesce(o.proacl, acldefault('f', o.proowner))", 'o.proowner', 'EXECUTE');
	my %arguments;
	push @{ $arguments{ $_->[0] } }, [ @$_[ 1 .. 4 ] ] foreach rows($node, <<SQL);
SELECT o.oid, coalesce(a.mode, 'i'), coalesce(o.proargnames[a.n], ''), format_type(a.type, NULL),
       coalesce(pg_get_function_arg_default(o.oid, a.n::int), '')
FROM $members, unnest(coalesce(o.proallargtypes, o.proargtypes::oid[]), o.proargmodes) WITH ORDINALITY a(type, mode, n)
ORDER BY o.oid, a.n
SQL
	my @found;
	foreach (rows($node, <<SQL))
SELECT o.oid, o.proname, o.prokind, pg_get_function_arguments(o.oid), coalesce(pg_get_function_result(o.oid), ''),
       coalesce(obj_description(o.oid, 'pg_proc'), ''),
       CASE o.provolatile WHEN 'i' THEN 'Immutable' WHEN 's' THEN 'Stable' ELSE 'Volatile' END
       || CASE WHEN o.proisstrict AND o.pronargs > 0
          THEN CASE WHEN o.proretset THEN ', no row for a NULL argument' ELSE ', NULL for a NULL argument' END ELSE '' END
       || CASE o.proparallel WHEN 's' THEN ', parallel safe' WHEN 'r' THEN ', parallel restricted' ELSE ', parallel unsafe' END,
       $grantees
FROM $members
SQL
	{
		my ($oid, $name, $kind, $arguments, $result, $comment, $properties, $roles) = @$_;
		my @all = @{ $arguments{$oid} // [] };
		my @in = grep { $_->[0] =~ /[ibv]/ } @all;
		my @out = grep { $_->[0] =~ /[obt]/ } @all;
		my ($text, $meaning) = _meanings($comment, map { $_->[1] } @all);
		# The table below says the columns.
		$result = 'TABLE (...)' if $result =~ /^TABLE/;
		$_->[3] =~ s/::[\w ]+(\[\])?$// foreach @in;
		my $signature = "$name(" . join(', ', map { ($_->[0] eq 'v' ? 'VARIADIC ' : '') . ($_->[1] eq '' ? '' : "$_->[1] ") . $_->[2]
			  . ($_->[3] eq '' ? '' : " DEFAULT $_->[3]") } @in) . ')';
		$signature .= " RETURNS $result" unless $kind eq 'p';
		push @found, {
			oid => $oid, name => $name, text => $text,
			title => "$name(" . join(', ', map { $_->[2] } @in) . ')',
			signature => $kind eq 'p' ? "CALL $signature" : $signature,
			tables => [
				[ [ 'argument', 'type', 'default', 'meaning' ],
					map { [ "`$_->[1]`", $_->[2], $_->[3] eq '' ? '' : "`$_->[3]`", $meaning->{ $_->[1] } // '' ] }
					grep { exists $meaning->{ $_->[1] } } @in ],
				[ [ 'result column', 'type', 'meaning' ], map { [ "`$_->[1]`", $_->[2], $meaning->{ $_->[1] } // '' ] } @out ] ],
			note => "$properties. " . _may('Executable by', $roles) };
	}
	return @found;
}

sub _relations
{
	my ($node, $extension) = @_;
	my $members = _members($extension, 'pg_class');
	my $grantees = _grantees("coalesce(o.relacl, acldefault('r', o.relowner))", 'o.relowner', 'SELECT');
	my %columns;
	push @{ $columns{ $_->[0] } }, [ "`$_->[1]`", $_->[2], $_->[3] ] foreach rows($node, <<SQL);
SELECT o.oid, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(col_description(o.oid, a.attnum), '')
FROM $members JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY o.oid, a.attnum
SQL
	return map {
		my ($oid, $name, $kind, $comment, $roles) = @$_;
		{   oid => $oid, name => $name, title => $name, text => $comment,
			tables => [ [ [ 'column', 'type', 'meaning' ], @{ $columns{$oid} // [] } ] ],
			note => "A $kind. " . _may('Readable by', $roles) }
	} rows($node, <<SQL);
SELECT o.oid, o.relname, CASE o.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table' END,
       coalesce(obj_description(o.oid, 'pg_class'), ''), $grantees
FROM $members WHERE o.relkind IN ('r', 'p', 'v', 'm', 'S')
SQL
}

# Types, operators, operator classes and casts: a line each.
sub _others
{
	my ($node, $extension) = @_;
	my @found;
	foreach ([ 'pg_type', "o.typname", "'type ' || o.typname", "o.typelem = 0 AND (o.typrelid = 0 OR (SELECT relkind = 'c' FROM pg_class WHERE oid = o.typrelid))" ],
		[ 'pg_operator', 'o.oprname', "'operator ' || concat_ws(' ', NULLIF(o.oprleft, 0)::regtype, o.oprname, o.oprright::regtype)", 'true' ],
		[ 'pg_opclass', 'o.opcname', "'operator class ' || o.opcname || ' for ' || o.opcintype::regtype || ' using '
		   || (SELECT amname FROM pg_am WHERE oid = o.opcmethod) || CASE WHEN o.opcdefault THEN ' (default)' ELSE '' END", 'true' ],
		[ 'pg_cast', "format('%s as %s', o.castsource::regtype, o.casttarget::regtype)",
			"format('cast (%s as %s)', o.castsource::regtype, o.casttarget::regtype)", 'true' ])
	{
		my ($catalog, $name, $title, $where) = @$_;
		my $members = _members($extension, $catalog);
		push @found, map {
			{ oid => $_->[0], name => $_->[1], title => $_->[2], text => $_->[3], note => '' }
		} rows($node, "SELECT o.oid, $name, $title, coalesce(obj_description(o.oid, '$catalog'), '') FROM $members WHERE $where");
	}
	return @found;
}

sub _settings
{
	my ($node) = @_;
	my @settings = rows($node, <<SQL) or return '';
SELECT name, vartype, coalesce(boot_val, ''), coalesce(unit, ''), coalesce(min_val, ''), coalesce(max_val, ''),
       coalesce(array_to_string(enumvals, ', '), ''), context, short_desc, coalesce(extra_desc, '')
FROM pg_settings WHERE name LIKE 'pg\\_perfkit.%' ORDER BY name
SQL
	my $text = "\n## Settings\n\n" . _row('setting', 'type', 'default', 'values', 'set', 'meaning') . _row(('---') x 6);
	foreach (@settings)
	{
		my ($name, $type, $default, $unit, $min, $max, $values, $context, $short, $more) = @$_;
		my $range = $type eq 'enum' ? $values : $type eq 'bool' ? 'on, off' : $min ne '' ? "$min to $max" : '';
		$range .= " (unit: $unit)" if $unit ne '';
		$text .= _row("`$name`", { bool => 'boolean', real => 'floating point' }->{$type} // $type,
			$default eq '' ? 'empty' : "`$default`", $range, $context{$context}, join(' ', map { s/(?<=\w)$/./r } grep { $_ ne '' } $short, $more));
	}
	return $text;
}

# Which feature's part of the install script makes which name.
sub _features
{
	my %feature_of;
	foreach (@_)
	{
		my ($feature, $sql) = @$_;
		$sql =~ s/--.*//g;
		$feature_of{$1} = $feature
		  while $sql =~ /CREATE\s+(?:OR\s+REPLACE\s+)?
		    (?:FUNCTION|PROCEDURE|AGGREGATE|(?:MATERIALIZED\s+)?VIEW|TABLE|SEQUENCE|TYPE|DOMAIN|OPERATOR\s+CLASS|OPERATOR)\s+(?:\@extschema\@\.)?([^\s(]+)/gx;
		$feature_of{"$1 as $2"} = $feature while $sql =~ /CREATE\s+CAST\s*\(\s*([\w\[\]]+)\s+AS\s+([\w\[\]]+)\s*\)/g;
	}
	return %feature_of;
}

1;
