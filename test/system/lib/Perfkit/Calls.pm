# Every function and view of our extensions, read from the catalog, each with statements that call it:
# once sensibly, and with hostile arguments.  A new function is covered without being listed here; a
# new kind of argument dies with a hint to add values for it.
package Perfkit::Calls;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Perfkit;

our @EXPORT = qw(extension_calls hostile_calls run_calls create_sample);

# A sensible value by the argument's name, then by its type; all speak of create_sample's table, and
# none depends on search_path.
my @by_name = (
	[ qr/^(query|sql|statement)$/, text => q('SELECT * FROM public.pk_sample WHERE n = 1') ],
	[ qr/^lines$/,                 text => q(E'{"pg_perfkit": 1}\n{"sample": {"queryid": "1", "query": "SELECT 1"}}') ],
	[ qr/^ddl$/,                   text => q('CREATE INDEX ON public.pk_sample (n)') ],
	[ qr/^method$/,                text => q('sample') ],
	[ qr/^import$/,                text => 'NULL::text' ],
	[ qr/^advice_id$/,             text => 'NULL::text' ],    # what there is cannot be told beforehand; apply.pl
	[ qr/^advice$/,                text => q('CREATE INDEX ON public.pk_sample (n)') ],
	[ qr/^applied$/,               uuid => 'NULL::uuid' ],
	[ qr/^metric$/,                text => q('cosine') ],
	[ qr/^bit_metric$/,            text => q('jaccard') ],
	[ qr/^format$/,                text => q('f16') ],
	[ qr/^measure$/,               text => q('calls') ],
	[ qr/^kind$/,                  text => q('queries') ],
	[ qr/^ddl$/,               'text[]' => q(ARRAY['CREATE INDEX ON public.pk_sample (n)']) ],
	[ qr/^labels$/,            'text[]' => q(ARRAY['label', 'value']) ],
	[ qr/^checks$/,            'text[]' => q(ARRAY['connections']) ],
	[ qr/^areas$/,             'text[]' => q(ARRAY['vacuum', 'bloat']) ],
	[ qr/^hide$/,          'regclass[]' => q(ARRAY['public.pk_sample_pkey'::regclass]) ],
	[ qr/^weights$/, 'double precision[]' => 'ARRAY[1]::float8[]' ],
	[ qr/^budget$/,                text => q('10MB') ],
	[ qr/^min_factor$/, 'double precision' => '2::float8' ],
	[ qr/^methods$/,           'text[]' => q(ARRAY['btree']) ],
	[ qr/^exclude$/,       'regclass[]' => q('{}'::regclass[]) ],
	[ qr/^key_table$/,         regclass => q('public.pk_sample_keyed'::regclass) ],
	[ qr/^referencing$/,       regclass => q('public.pk_sample_keyed'::regclass) ],
	[ qr/^key_column$/,            name => q('id'::name) ],
	[ qr/^time_column$/,           name => q('made'::name) ],
	[ qr/^sequence$/,          regclass => q('public.pk_sample_sequence'::regclass) ],
	[ qr/^role$/,                  name => q('pg_monitor'::name) ],
	[ qr/^database$/,              name => q('postgres'::name) ],
	[ qr/schema/,                  text => q('public') ],
	[ qr/database/,                text => q(pg_catalog.current_database()) ],
	[ qr/^vector_index$/,      regclass => q('public.pk_sample_vectors_v_idx'::regclass) ],
	[ qr/^filter$/,                text => q('id > 0') ],
	[ qr/^memory$/,                text => q('1GB') ],
	[ qr/^fusion$/,                text => q('weighted') ],
	[ qr/^hybrid_table$/,      regclass => q('public.pk_sample_vectors'::regclass) ],
	[ qr/^vector_column$/,         name => q('v'::name) ],
	[ qr/^text_column$/,           name => q('t'::name) ],
	[ qr/^to\d?$/, 'timestamp with time zone' => q('2024-01-02 00:00:00+00'::timestamptz) ],
	[ qr/^advice$/,             boolean => 'false' ],    # by default it is asked for, too
	[ qr/index/,               regclass => q('public.pk_sample_pkey'::regclass) ]);

my %sensible = (
	'boolean'                  => 'true',
	'smallint'                 => '1::smallint',
	'integer'                  => '1',
	'bigint'                   => '1::bigint',
	'real'                     => '0.5::real',
	'double precision'         => '0.5::float8',
	'numeric'                  => '1::numeric',
	'text'                     => q('public.pk_sample'),
	'name'                     => q('pk_sample'::name),
	'oid'                      => q('public.pk_sample'::regclass::oid),
	'regclass'                 => q('public.pk_sample'::regclass),
	'regconfig'                => q('pg_catalog.english'::regconfig),
	'regclass[]'               => q(ARRAY['public.pk_sample'::regclass]),
	'bytea'                    => q('\x00ff'::bytea),
	'uuid'                     => q('017F22E2-79B0-7CC3-98C4-DC0C0C07398F'::uuid),
	'interval'                 => q('1 hour'::interval),
	'timestamp with time zone' => q('2024-01-01 00:00:00+00'::timestamptz),
	'tstzrange'                => q{'[2024-01-01, 2024-01-02)'::tstzrange},
	'json'                     => q('{"a": 1}'::json),
	'jsonb'                    => q('{"a": 1}'::jsonb),
	'text[]'                   => q(ARRAY['SELECT * FROM public.pk_sample WHERE n = 1']),
	'integer[]'                => 'ARRAY[1, 2]',
	'bigint[]'                 => 'ARRAY[1, 2]::bigint[]',
	'real[]'                   => 'ARRAY[1, 2, 3]::real[]',
	'double precision[]'       => 'ARRAY[1, 2, 3]::float8[]',
	'smallint[]'               => 'ARRAY[1, 2, 3]::smallint[]',
	'bit'                      => q(B'10101010'),
	'bit varying'              => q(B'10101010'::varbit),
	'"char"'                   => q('a'::"char"),
	'vector'                   => q('[1,2,3]'::public.vector),
	'halfvec'                  => q('[1,2,3]'::public.halfvec),
	'sparsevec'                => q('{1:1}/3'::public.sparsevec),
	'anyelement'               => '1',
	'anynonarray'              => '1',
	'anyarray'                 => 'ARRAY[1]',
	'anycompatible'            => '1',
	'record'                   => 'ROW(1)');

my @numbers = ('0', '-1', '2147483647', '-2147483648');
my @texts = (q(''), q('''"; DROP TABLE public.pk_sample; --'), q('a"b'), q('é' || chr(128512)), q(repeat('x', 100000)),
	q('SELECT'), q('SELECT * FROM nowhere'), q('SELECT 1; SELECT 2'), q('DELETE FROM public.pk_sample'), q('CREATE INDEX'),
	q{repeat('(', 20000)}, q('SELECT ' || repeat('NOT ', 20000) || 'true'), q(E'\n\t\\\\'));
my %hostile = (
	'boolean'            => ['false'],
	'smallint'           => [ map { "'$_'::smallint" } 0, -1, 32767, -32768 ],
	'integer'            => [ map { "'$_'::int" } @numbers ],
	'bigint'             => [ map { "'$_'::bigint" } @numbers, '9223372036854775807', '-9223372036854775808' ],
	'real'               => [ map { "'$_'::real" } 0, -1, '3e38', '1e-45', 'NaN', 'Infinity', '-Infinity' ],
	'double precision'   => [ map { "'$_'::float8" } 0, -1, '1e308', '5e-324', 'NaN', 'Infinity', '-Infinity' ],
	'numeric'            => [ map { "'$_'::numeric" } 0, -1, '1e1000', 'NaN' ],
	'text'               => \@texts,
	'name'               => [ q('nothing'::name), q('a"b'::name) ],
	'oid'                => [ '0::oid', '1::oid', '4294967295::oid', q('pg_class'::regclass::oid) ],
	'regclass'           => [ '0::regclass', '1::regclass', '4294967295::oid::regclass', q('pg_class'::regclass),
		q('pg_class_oid_index'::regclass), map { "'public.$_'::regclass" } qw(pk_sample_view pk_sample_sequence pk_sample_partitioned
		  pk_sample_foreign pk_sample_matview pk_sample_hash pk_sample_gin pk_sample_brin pk_sample_gist pk_sample_invalid
		  pk_sample_parted_n_idx pk_sample_empty pk_sample_unlogged pk_sample_type), '\'pg_toast.pg_toast_2604\'::regclass' ],
	'regclass[]'         => [ map { "'$_'::regclass[]" } '{}', '{NULL}', '{0,1,4294967295}', '{0}', '{4294967295}',
		'{pg_class_oid_index}', '{public.pk_sample_view}', '{pk_sample_view,pk_sample_foreign}' ],
	'regconfig'          => [ '0::regconfig', '4294967295::oid::regconfig', q('pg_catalog.simple'::regconfig) ],
	'bytea'              => [ q(''::bytea), q(decode(repeat('ff', 100000), 'hex')) ],
	'uuid'               => [ map { "'$_'::uuid" } '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
		'ffffffff-ffff-7fff-bfff-ffffffffffff' ],
	'interval'           => [ map { "'$_'::interval" } '0', '-1 day', '178000000 years', '-178000000 years', '1e-6 s' ],
	'timestamp with time zone' => [ map { "'$_'::timestamptz" } 'infinity', '-infinity', '4713-01-01 00:00:00+00 BC',
		'294276-12-31 23:59:59+00', '1970-01-01 00:00:00+00', '1969-12-31 23:59:59+00' ],
	'tstzrange'          => [ map { "'$_'::tstzrange" } 'empty', '(,)', '[infinity,infinity]', '(-infinity,infinity)',
		'[1000-01-01, 9999-01-01)' ],
	'json'               => [ map { "'$_'::json" } 'null', '[]', '{}', '"x"' ],
	'jsonb'              => [ map { "'$_'::jsonb" } 'null', '[]', '{}', '"x"', '{"a": {"b": [1, null, -1e400]}}' ],
	'text[]'             => [ q('{}'::text[]), q(ARRAY[NULL, '', 'SELECT'])  , q('{{a,b},{c,d}}'::text[]), q(array_fill('SELECT 1'::text, ARRAY[10000])) ],
	'bit'                => [ q(B''), q(repeat('1', 1000)::bit(1000)) ],
	'bit varying'        => [ q(B''::varbit), q(repeat('1', 1000)::varbit) ],
	'"char"'             => [ q(''::"char") ],
	'vector'             => [ q('[0,0,0]'::public.vector), q('[1]'::public.vector), q('[3e38,3e38,3e38]'::public.vector) ],
	'halfvec'            => [ q('[0,0,0]'::public.halfvec), q('[1]'::public.halfvec), q('[65504,65504,65504]'::public.halfvec) ],
	'sparsevec'          => [ q('{}/3'::public.sparsevec), q('{}/1'::public.sparsevec) ],
	'anyelement'         => [ q('x'::text) ],
	'anynonarray'        => [ q('x'::text) ],
	'anycompatible'      => [ q('x'::text) ],
	'anyarray'           => [ q('{}'::int[]) ],
	'record'             => ['ROW()']);
foreach my $type ('integer', 'bigint', 'smallint', 'real', 'double precision')
{
	$hostile{"$type\[]"} = [ map { "'$_'::$type\[]" } '{}', '{NULL,NULL,NULL}', '{{1,2},{3,4}}', '[5:7]={1,2,3}', '{0,0,0}' ];
	push @{ $hostile{"$type\[]"} }, map { "'$_'::$type\[]" } '{NaN,Infinity,-Infinity}', '{3e38,3e38,3e38}'
	  if $type eq 'real' || $type eq 'double precision';
}

# Statements that call each object once, with sensible values, as hashes of
#   name, identity (with schema and argument types), kind (function, procedure, view), volatility,
#   statement, arguments: [ name, type, value ]..., and given: those of them that the statement gives.
# Left out: trigger functions and what takes or returns internal, which only the server calls.
sub extension_calls
{
	my ($node, $database) = @_;
	my @calls;
	my $mine = "d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	            AND d.refobjid IN (SELECT oid FROM pg_extension WHERE extname LIKE 'pg\\_perfkit%')";
	# With this search_path names come out with their schema.
	foreach (rows($node, <<SQL, $database))
SET search_path = pg_catalog;
SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname), p.oid::regprocedure, p.prokind, p.provolatile, p.pronargs - p.pronargdefaults, p.provariadic <> 0,
       (SELECT string_agg(coalesce(p.proargnames[k.n], '') || ':' || format_type(t, NULL), '|' ORDER BY k.m)
        FROM (SELECT n, row_number() OVER (ORDER BY n) AS m
              FROM generate_series(1, coalesce(array_length(p.proargmodes, 1), p.pronargs)) n
              WHERE coalesce(p.proargmodes[n], 'i') IN ('i', 'b', 'v')) k
             JOIN unnest(p.proargtypes::oid[]) WITH ORDINALITY a(t, m) ON a.m = k.m)
FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
     JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE $mine AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
  AND NOT 'internal'::regtype = ANY (p.proargtypes)
ORDER BY 2
SQL
	{
		my ($name, $identity, $kind, $volatility, $required, $variadic, $arguments) = @$_;
		my @arguments;
		foreach (split /\|/, $arguments)
		{
			my ($argument, $type) = split /:/, $_, 2;
			my ($value) = map { $_->[2] } grep { $argument =~ $_->[0] && $type eq $_->[1] } @by_name;
			$value //= $sensible{ $type =~ s/^(\w+|".*")\.//r }
			  // die "$identity takes $type: add values of this type to test/system/lib/Perfkit/Calls.pm";
			push @arguments, [ $argument, $type =~ s/^(\w+|".*")\.//r, $value ];
		}
		push @calls, {
			name => $name =~ s/.*\.//r, identity => $identity, volatility => $volatility,
			kind => $kind eq 'p' ? 'procedure' : 'function', quoted => $name,
			aggregate => $kind eq 'a', required => $required, variadic => $variadic eq 't', arguments => \@arguments };
		my @given = @arguments[ 0 .. $required - 1 ];
		$calls[-1]{given} = \@given;
		$calls[-1]{statement} = _statement($calls[-1], map { $_->[2] } @given);
		# Defaults may hide a code path: once with every argument given.
		push @calls, { %{ $calls[-1] }, given => \@arguments, statement => _statement($calls[-1], map { $_->[2] } @arguments) }
		  if $required < @arguments;
	}
	push @calls, map {
		{ name => $_->[0] =~ s/.*\.//r, identity => $_->[0], kind => 'view', volatility => 'v', arguments => [], given => [],
		  statement => "SELECT * FROM $_->[0]" }
	} rows($node, "SET search_path = pg_catalog; SELECT c.oid::regclass FROM pg_depend d JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
	               WHERE $mine AND c.relkind IN ('v', 'm', 'r', 'p') ORDER BY 1", $database);
	die 'nothing to call: is the extension there?' unless @calls;
	return @calls;
}

sub _statement
{
	my ($call, @values) = @_;
	$values[-1] = "VARIADIC $values[-1]" if $call->{variadic} && @values == @{ $call->{arguments} } && $values[-1] =~ /\[/;
	my $expression = "$call->{quoted}(" . join(', ', @values) . ')';
	return $call->{kind} eq 'procedure' ? "CALL $expression"
	  : $call->{aggregate} ? "SELECT $expression FROM pg_catalog.generate_series(1, 3)"
	  : "SELECT * FROM $expression";
}

# The same calls with every argument in turn replaced by each hostile value and NULL: [ call, statement ].
sub hostile_calls
{
	my @found;
	foreach my $call (@_)
	{
		my @arguments = @{ $call->{arguments} };
		next unless @arguments;
		foreach my $i (0 .. $#arguments)
		{
			my $type = $arguments[$i][1];
			foreach my $value (@{ $hostile{$type} // die "no hostile values of type $type" }, "NULL::$type")
			{
				my @values = map { $_->[2] } @arguments;
				$values[$i] = $value;
				push @found, [ $call, _statement($call, @values) ];
			}
		}
	}
	my %seen;
	return grep { !$seen{ $_->[1] }++ } @found;
}

# Runs statements in one session; a hash for each, of statement, state (the SQLSTATE of its error, or ''),
# and text (its output, warnings and errors).  Dies when the session ends before them.  Options:
#   database, role, settings (statements to begin with), quiet (no output wanted)
sub run_calls
{
	my ($node, $option, @statements) = @_;
	my $script = "\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\nSET statement_timeout = '60s';\n" . ($option->{settings} // '') . ";\n";
	$script .= "\\echo \x1e\n\\warn \x1e\n$_;\n" foreach @statements;
	my ($code, $out, $err) = $node->psql($option->{database} // 'postgres', $script, on_error_stop => 0,
		extra_params => [ defined $option->{role} ? ('-U', $option->{role}) : (), $option->{quiet} ? ('-o', '/dev/null') : () ]);
	my ($before, @out) = split /\x1e\n?/, "$out\n", -1;
	($before, my @err) = split /\x1e\n?/, "$err\n", -1;
	die "settings: $before" if $before =~ /ERROR/;
	# An unbalanced quote would make psql read many statements as one.
	die 'ran ' . scalar(@err) . ' of ' . scalar(@statements) . " statements; the last: $statements[$#err]\n$err[-1]"
	  unless $code == 0 && @out == @statements && @err == @statements;
	return map {
		{   statement => $statements[$_],
			state     => $err[$_] =~ /(?:ERROR|FATAL|PANIC):\s+(\w{5})/ ? $1 : '',
			text      => $out[$_] . $err[$_] }
	} 0 .. $#statements;
}

# Objects of every kind, some with hostile names, in schema public of a database.
sub create_sample
{
	my ($node, $database) = @_;
	$node->safe_psql($database // 'postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;  -- the workload that the advisor reads
CREATE TABLE pk_sample (id int PRIMARY KEY, n int, t text, a int[], j jsonb, r int4range, d date, dropped int, g int GENERATED ALWAYS AS (id * 2) STORED);
ALTER TABLE pk_sample DROP COLUMN dropped;
INSERT INTO pk_sample SELECT i, i % 10, repeat('x', i), ARRAY[i], jsonb_build_object('k', i), int4range(i, i + 5), date '2020-01-01' + i
FROM generate_series(1, 1000) i;
CREATE INDEX pk_sample_hash ON pk_sample USING hash (n);
CREATE INDEX pk_sample_gin ON pk_sample USING gin (a);
CREATE INDEX pk_sample_brin ON pk_sample USING brin (d);
CREATE INDEX pk_sample_gist ON pk_sample USING gist (r);
CREATE INDEX pk_sample_expression ON pk_sample ((n + id), lower(t)) WHERE n > 3;
CREATE UNIQUE INDEX pk_sample_covering ON pk_sample (id DESC NULLS LAST) INCLUDE (n, t);
CREATE INDEX pk_sample_invalid ON pk_sample (n);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pk_sample_invalid'::regclass;
CREATE STATISTICS pk_sample_statistics ON n, d FROM pk_sample;
CREATE VIEW pk_sample_view AS SELECT * FROM pk_sample;
CREATE MATERIALIZED VIEW pk_sample_matview AS SELECT * FROM pk_sample;
CREATE SEQUENCE pk_sample_sequence;
CREATE TABLE pk_sample_partitioned (n int, d date) PARTITION BY RANGE (n);
CREATE TABLE pk_sample_parted PARTITION OF pk_sample_partitioned FOR VALUES FROM (0) TO (10) PARTITION BY LIST (d);
CREATE TABLE pk_sample_leaf PARTITION OF pk_sample_parted DEFAULT;
CREATE INDEX ON pk_sample_partitioned (n);
CREATE TABLE pk_sample_none PARTITION OF pk_sample_partitioned DEFAULT;
INSERT INTO pk_sample_partitioned SELECT i % 20, date '2020-01-01' + i FROM generate_series(1, 1000) i;
CREATE FOREIGN DATA WRAPPER pk_sample_wrapper;
CREATE SERVER pk_sample_server FOREIGN DATA WRAPPER pk_sample_wrapper;
CREATE FOREIGN TABLE pk_sample_foreign (n int) SERVER pk_sample_server;
CREATE UNLOGGED TABLE pk_sample_unlogged AS SELECT * FROM pk_sample;
CREATE TABLE pk_sample_empty ();
CREATE TABLE pk_sample_keyed (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), parent uuid REFERENCES pk_sample_keyed, made timestamptz DEFAULT now());
CREATE TABLE pk_sample_keyed_uuid_map (old_id uuid PRIMARY KEY, new_id uuid NOT NULL UNIQUE);
INSERT INTO pk_sample_keyed(id, parent) VALUES ('11111111-1111-4111-8111-111111111111', '11111111-1111-4111-8111-111111111111');
CREATE TYPE pk_sample_type AS (a int, b text);
CREATE TABLE pk_sample_typed OF pk_sample_type;
CREATE TABLE pk_sample_child (extra int) INHERITS (pk_sample);
CREATE TABLE pk_sample_owned (owner name, secret text);
ALTER TABLE pk_sample_owned ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON pk_sample_owned USING (owner = current_user);
CREATE SCHEMA "a""b";
CREATE TABLE "a""b"."Ünï ""çødé""; --" ("id""; DROP TABLE x; --" int PRIMARY KEY, "'" text, "%s%n" int, "
" int);
CREATE INDEX "in""dex'; --" ON "a""b"."Ünï ""çødé""; --" ("'", lower("'")) WHERE "%s%n" > 0;
INSERT INTO "a""b"."Ünï ""çødé""; --" SELECT i, repeat('é', 10000), i, i FROM generate_series(1, 100) i;
CREATE FUNCTION pk_sample_raise(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF $1 < 0 THEN RAISE 'negative'; END IF; RETURN $1; END $$;
CREATE INDEX pk_sample_raising ON pk_sample_unlogged (pk_sample_raise(n));
DO $$ BEGIN EXECUTE 'CREATE TABLE pk_sample_wide (' || (SELECT string_agg('c' || i || ' int', ', ') FROM generate_series(1, 1600) i) || ')'; END $$;
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
        CREATE TABLE pk_sample_vectors AS SELECT i AS id, ARRAY[sin(i), cos(i), sin(i * i)]::real[]::public.vector(3) AS v,
            'number ' || i AS t, timestamptz '2024-01-01' + i * interval '1 hour' AS made FROM generate_series(1, 300) i;
        ALTER TABLE pk_sample_vectors ADD PRIMARY KEY (id);
        CREATE INDEX pk_sample_vectors_v_idx ON pk_sample_vectors USING hnsw (v public.vector_l2_ops);
    END IF;
END $$;
ANALYZE;
SQL
	return;
}

1;
