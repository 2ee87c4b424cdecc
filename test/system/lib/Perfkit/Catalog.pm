# What an extension put into the catalogs, in a form that two databases can be compared by: every
# column of every catalog row that belongs to it, with names in place of OIDs.
#
# The columns and what they refer to are read from PostgreSQL itself (pg_get_catalog_foreign_keys),
# so no property is forgotten, and a kind of object that nobody thought of is compared as well.
package Perfkit::Catalog;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP ();
use Perfkit;

our @EXPORT = qw(catalog_of differences);

# Expression trees hold OIDs and positions of tokens: compared as SQL text.  Row o of closure is the
# object, r its catalog row.
my %deparsed = (
	'pg_proc.proargdefaults'   => 'pg_get_function_arguments(r.oid)',
	'pg_proc.prosqlbody'       => 'pg_get_function_sqlbody(r.oid)',
	'pg_rewrite.ev_action'     => 'pg_get_ruledef(r.oid)',
	'pg_rewrite.ev_qual'       => undef,
	# pg_attver: a stamp that some builds of the server put on every column
	'pg_attribute.attoptions'  => q{(SELECT string_agg(o, ' ') FROM unnest(r.attoptions) o WHERE o NOT LIKE 'pg\_attver=%')},
	'pg_attrdef.adbin'         => 'pg_get_expr(r.adbin, r.adrelid)',
	'pg_index.indexprs'        => undef,
	'pg_index.indpred'         => undef,
	'pg_constraint.conbin'     => 'pg_get_constraintdef(r.oid)',
	'pg_trigger.tgqual'        => 'pg_get_triggerdef(r.oid)',
	'pg_policy.polqual'        => 'pg_get_expr(r.polqual, r.polrelid)',
	'pg_policy.polwithcheck'   => 'pg_get_expr(r.polwithcheck, r.polrelid)',
	'pg_class.relpartbound'    => 'pg_get_expr(r.relpartbound, r.oid)',
	'pg_type.typdefaultbin'    => undef,    # typdefault is its text
	'pg_statistic_ext.stxexprs' => 'pg_get_statisticsobjdef(r.oid)');

# What differs between two installations of the same thing, and what the texts above already say.
my %ignored = map { $_ => 1 } qw(
  pg_class.relfilenode pg_class.relpages pg_class.reltuples pg_class.relallvisible pg_class.relallfrozen
  pg_class.reltoastrelid pg_class.relfrozenxid pg_class.relminmxid pg_class.relnatts pg_class.relhasindex
  pg_class.relhasrules pg_class.relhastriggers pg_class.relrewrite
  pg_attribute.attnum pg_attribute.attcacheoff pg_attribute.atthasmissing pg_attribute.attmissingval
  pg_attrdef.adnum pg_constraint.conkey pg_constraint.confkey pg_trigger.tgattr pg_statistic_ext.stxkeys
  pg_extension.extconfig
  pg_amop.amopfamily pg_amproc.amprocfamily);

sub catalog_of
{
	my ($node, $extension, $database) = @_;
	my $name = literal($extension);
	my $closure = <<SQL;
SET search_path = pg_catalog;
WITH RECURSIVE closure(classid, objid) AS (
    SELECT classid, objid FROM pg_depend
    WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
      AND refobjid = (SELECT oid FROM pg_extension WHERE extname = $name)
    UNION
    SELECT d.classid, d.objid FROM pg_depend d JOIN closure c ON (d.refclassid, d.refobjid) = (c.classid, c.objid)
    WHERE d.deptype IN ('a', 'i', 'P', 'S')
      AND NOT (d.classid = 'pg_class'::regclass
               AND (SELECT relnamespace = 'pg_toast'::regnamespace FROM pg_class WHERE oid = d.objid))
)
SQL
	my %found;
	my $put = sub {
		my ($query) = @_;
		$found{ $_->[0] } = JSON::PP::decode_json($_->[1]) foreach rows($node, "$closure $query", $database);
	};

	my @classes = map { $_->[0] } rows($node, "$closure SELECT DISTINCT classid::regclass FROM closure", $database);
	foreach my $class (@classes)
	{
		my $row = _row($node, $class, $database);
		$put->(<<SQL);
SELECT i.type || ' ' || i.identity, $row
FROM closure o JOIN $class r ON o.classid = '$class'::regclass AND o.objid = r.oid,
     pg_identify_object(o.classid, o.objid, 0) i
SQL
	}

	# Rows that have no OID of their own.
	$put->("SELECT 'column ' || i.identity, " . _row($node, 'pg_attribute', $database)
		. " || jsonb_build_object('position',
		        (SELECT count(*) FROM pg_attribute b WHERE b.attrelid = r.attrelid AND b.attnum BETWEEN 1 AND r.attnum
		                                               AND NOT b.attisdropped))
		   FROM closure o JOIN pg_attribute r ON r.attrelid = o.objid AND r.attnum > 0 AND NOT r.attisdropped,
		        pg_identify_object(o.classid, o.objid, r.attnum) i
		   WHERE o.classid = 'pg_class'::regclass");
	my %parent = (pg_index => 'indexrelid', pg_sequence => 'seqrelid', pg_aggregate => 'aggfnoid', pg_range => 'rngtypid');
	foreach my $class (sort keys %parent)
	{
		my ($of) = $class eq 'pg_aggregate' ? 'pg_proc' : $class eq 'pg_range' ? 'pg_type' : 'pg_class';
		my $more = $class eq 'pg_index' ? "|| jsonb_build_object('definition', pg_get_indexdef(r.indexrelid))" : '';
		$put->("SELECT '$class ' || i.identity, " . _row($node, $class, $database) . " $more
		   FROM closure o JOIN $class r ON o.classid = '$of'::regclass AND o.objid = r.$parent{$class},
		        pg_identify_object(o.classid, o.objid, 0) i");
	}
	$put->("SELECT 'labels of ' || i.identity, jsonb_agg(e.enumlabel ORDER BY e.enumsortorder)
	   FROM closure o JOIN pg_enum e ON o.classid = 'pg_type'::regclass AND e.enumtypid = o.objid,
	        pg_identify_object(o.classid, o.objid, 0) i GROUP BY i.identity");
	$put->("SELECT 'comment on ' || i.type || ' ' || i.identity, to_jsonb(d.description)
	   FROM closure o JOIN pg_description d ON (d.classoid, d.objoid) = (o.classid, o.objid),
	        pg_identify_object(d.classoid, d.objoid, d.objsubid) i");
	$put->("SELECT 'initial privileges of ' || i.type || ' ' || i.identity, " . _acl('p.initprivs') . "
	   FROM closure o JOIN pg_init_privs p ON (p.classoid, p.objoid) = (o.classid, o.objid),
	        pg_identify_object(p.classoid, p.objoid, p.objsubid) i");
	$put->("SELECT 'dependencies of ' || i.type || ' ' || i.identity,
	        jsonb_agg(DISTINCT format('%s %s', d.deptype, coalesce(f.identity, f.type)))
	   FROM closure o JOIN pg_depend d ON (d.classid, d.objid) = (o.classid, o.objid),
	        pg_identify_object(o.classid, o.objid, 0) i, pg_identify_object(d.refclassid, d.refobjid, 0) f
	   GROUP BY i.type, i.identity");
	$put->("SELECT 'extension', " . _row($node, 'pg_extension', $database) . "
	        || jsonb_build_object('tables to dump', (SELECT jsonb_agg(t::regclass) FROM unnest(r.extconfig) t),
	                              'comment', obj_description(r.oid, 'pg_extension'))
	   FROM pg_extension r WHERE r.extname = $name");
	foreach (rows($node, "$closure SELECT objid::regclass FROM closure WHERE classid = 'pg_class'::regclass
	                      AND (SELECT relkind = 'r' FROM pg_class WHERE oid = objid)", $database))
	{
		my $table = $_->[0];
		next if $table =~ /\bpk_history_\d$/;    # history stays on the server on which it happened
		$put->("SELECT 'rows of $table', coalesce(jsonb_agg(to_jsonb(t) ORDER BY to_jsonb(t)), '[]') FROM $table t");
	}
	return \%found;
}

# An expression: row r of a catalog as jsonb.
sub _row
{
	my ($node, $class, $database) = @_;
	my @columns;
	foreach (rows($node, <<SQL, $database))
SELECT a.attname, a.atttypid::regtype, coalesce(max(k.pktable::text), ''), coalesce(bool_or(k.is_array), false)
FROM pg_attribute a
     LEFT JOIN pg_get_catalog_foreign_keys() k ON k.fktable = a.attrelid AND k.fkcols = ARRAY[a.attname::text]
WHERE a.attrelid = '$class'::regclass AND a.attnum > 0 AND a.attname <> 'oid'
GROUP BY a.attname, a.atttypid, a.attnum ORDER BY a.attnum
SQL
	{
		my ($column, $type, $target, $is_array) = @$_;
		my $value = "to_jsonb(r.$column)";
		next if $ignored{"$class.$column"};
		if ($type eq 'pg_node_tree')
		{
			die "$class.$column is an expression: say how to deparse it" unless exists $deparsed{"$class.$column"};
			next unless defined $deparsed{"$class.$column"};
			$value = 'to_jsonb(' . $deparsed{"$class.$column"} . ')';
		}
		elsif ("$class.$column" eq 'pg_attribute.attoptions')
		{
			# Some minor releases keep a version of their own there.
			$value = "(SELECT jsonb_agg(x ORDER BY x) FROM unnest(r.attoptions) x WHERE x NOT LIKE 'pg\\_attver=%')";
		}
		elsif ($type eq 'aclitem[]') { $value = _acl("r.$column") }
		elsif ($target ne '' && $is_array eq 't')
		{
			$value = "(SELECT jsonb_agg((pg_identify_object('$target'::regclass, x, 0)).identity ORDER BY i)
			           FROM unnest(r.$column) WITH ORDINALITY u(x, i))";
		}
		elsif ($target ne '' && $type eq 'oid')
		{
			$value = "CASE WHEN r.$column <> 0 THEN
			          to_jsonb((SELECT identity FROM pg_identify_object('$target'::regclass, r.$column, 0))) END";
		}
		elsif ($type eq 'int2vector') { next }    # positions; the definition's text says them
		push @columns, "'$column', $value";
	}
	# A function takes at most 100 arguments.
	my @parts;
	push @parts, 'jsonb_build_object(' . join(', ', splice(@columns, 0, 25)) . ')' while @columns;
	return join(' || ', @parts);
}

sub _acl
{
	my ($acl) = @_;
	return "(SELECT jsonb_agg(a::text ORDER BY a::text) FROM unnest($acl) a)";
}

# What two results of catalog_of differ in, a line each.
sub differences
{
	my ($got, $expected) = @_;
	my $json = JSON::PP->new->canonical->allow_nonref;
	my @lines;
	foreach my $object (sort keys %{ { %$got, %$expected } })
	{
		if (!exists $got->{$object})      { push @lines, "missing: $object"; next }
		if (!exists $expected->{$object}) { push @lines, "too much: $object"; next }
		my ($a, $b) = ($got->{$object}, $expected->{$object});
		($a, $b) = ({ '' => $a }, { '' => $b }) unless ref $a eq 'HASH' && ref $b eq 'HASH';
		foreach my $property (sort keys %{ { %$a, %$b } })
		{
			my ($x, $y) = map { $json->encode($_->{$property}) } $a, $b;
			push @lines, "$object: $property is $x, expected $y" if $x ne $y;
		}
	}
	return @lines;
}

1;
