# Samples: every query of the sample registry comes back plannable, and nothing that is sampled gets in a query's way.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "pg_perfkit.sample_rate = 10000\npg_perfkit.sample_memory = 2MB\n"
	  . "pg_perfkit.sample_length = 2kB\npg_perfkit.workload_max = 300");

sub value
{
	my ($query) = @_;
	return $node->safe_psql('postgres', $query);
}

subtest 'the queries of the sample registry' => sub {
	my ($code, $out, $error) = $node->psql('postgres', slurp_file("$ENV{PERFKIT_SOURCE}/bench/registry/schema.sql"));
	is($code, 0, 'the registry is made') or diag $error;
	my %literal = (integer => '7', bigint => '7', smallint => '7', numeric => '0.5', real => '0.5', 'double precision' => '0.5',
		text => q('it''s'), 'character varying' => q('it''s'), boolean => 'true', uuid => q('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
		date => q('2024-02-03'), 'timestamp with time zone' => q('2024-02-03 04:05:06+00'), jsonb => q('{"a": 1}'),
		'timestamp without time zone' => q('2024-02-03 04:05:06'), interval => q('1 day 02:00:00'));
	my $text = slurp_file("$ENV{PERFKIT_SOURCE}/bench/registry/workload.sql");
	$text =~ s/--.*//g;
	my ($queries, %sent) = (0);
	foreach my $query (grep { /^(SELECT|WITH|INSERT|UPDATE|DELETE)/ } map { s/^\s+|\s+$//gr } split /;/, $text)
	{
		my @names;
		my $bound = $query =~ s/(?<!:):([a-z]\w*)/
			my $name = $1;
			my ($n) = grep { $names[$_] eq $name } 0 .. $#names;
			push @names, $name unless defined $n;
			'$' . (defined $n ? $n + 1 : scalar @names)/gexr;
		my ($types) = rows($node, "PREPARE q AS $bound; SELECT array_to_string(parameter_types, '|') FROM pg_prepared_statements WHERE name = 'q'");
		my @types = split /\|/, $types->[0] // '';
		my @values = map { $literal{$_} // die "no literal of type $_" } @types;
		my $with_constants = $bound =~ s/\$(\d+)/$values[$1 - 1] . '::' . $types[$1 - 1]/ger;
		my $call = @values ? 'EXECUTE q(' . join(', ', @values) . ')' : 'EXECUTE q';
		# An execution that fails (there are no rows to refer to) is sampled all the same.
		$node->psql('postgres', "PREPARE q AS $bound; $call; ROLLBACK; $with_constants; SELECT 1", on_error_stop => 0);
		$sent{$bound} = join ',', map { s/^'(.*)'$/$1/r =~ s/''/'/gr } map { $_ eq 'true' ? 't' : $_ } @values;
		$sent{$with_constants} = '';
		$queries++;
	}
	cmp_ok($queries, '>', 15, 'there are queries to run');
	my %found = map { $_->[0] => $_ } rows($node, q{SELECT query, array_to_string(parameters, ','), array_to_string(parameter_types, ', '),
		(SELECT string_agg(quote_nullable(p), ', ' ORDER BY n) FROM unnest(parameters) WITH ORDINALITY u(p, n))
		FROM pk_workload_samples WHERE plannable AND toplevel AND kind = 'reservoir'});
	foreach my $query (sort keys %sent)
	{
		my $sample = $found{$query};
		ok(defined $sample, 'sampled as it was sent') or do { diag $query; next };
		is($sample->[1], $sent{$query}, 'with its parameters');
		my ($explain, undef, $message) = $node->psql('postgres', $sample->[2] eq '' ? "EXPLAIN $query"
			: "PREPARE z ($sample->[2]) AS $query; EXPLAIN EXECUTE z($sample->[3])");
		is($explain, 0, 'and can be planned again') or diag $message;
	}
};

subtest 'a session that holds the lock stops nobody' => sub {
	while_lock_is_held($node, 'pg_perfkit_samples', 'pk_workload_samples', sub {
		is(value(join '', map { "SELECT $_ AS c$_;" } 1 .. 200), join("\n", 1 .. 200), 'queries run');
	});
	is(value('SELECT count(*) > 0 FROM pk_workload_samples'), 't', 'and it goes on');
};

subtest 'bounds' => sub {
	my $long = 'x' x 5000;
	value("SELECT length('$long') AS long_text");
	is(value(q{SELECT truncated, plannable, length(query) FROM pk_workload_samples WHERE query LIKE 'SELECT length%' AND kind = 'reservoir'}), 't|f|2048', 'a long text is cut');
	my $longer = 'x' x 3000;
	value("PREPARE l (text, text[]) AS SELECT length(\$1) AS long_value, \$2; EXECUTE l('$longer', ARRAY['a', '$long'])");
	is(value(q{SELECT plannable, parameter_states, length(parameters[1]) FROM pk_workload_samples WHERE query LIKE '%long_value%' AND query LIKE 'SELECT length($1%' AND kind = 'reservoir'}),
		'f|{truncated,omitted}|1024', 'long values too');
	# Characters are not cut apart, whatever the length.
	value("SET pg_perfkit.sample_length = '" . (256 + $_) . "B'; SELECT length('" . ('é' x 200) . "') AS cut_$_") foreach 0 .. 3;
	is(value(q{SELECT bool_and(truncated AND octet_length(query) IN (255, 257, 259)) FROM pk_workload_samples WHERE query LIKE 'SELECT length(''é%' AND kind = 'reservoir'}),
		't', 'between characters');
	my $many = join '', map { 'SELECT ' . join(', ', ('id') x ($_ % 40 + 1)) . ", '" . ('y' x 400) . "' FROM (VALUES (1)) v(id)" . " WHERE true" . (' AND true' x ($_ / 40)) . ";\n" } 1 .. 1500;
	value($many);
	is(value('SELECT sampled <= 300 AND sample_bytes_free >= 0 AND sampled > 20 FROM pk_workload_info()'), 't', 'the store stays in its bounds');
	is(value('SELECT count(*) > 20 FROM pk_workload_samples'), 't', 'and can be read');
	cmp_ok(value('SELECT pk_workload_reset()'), '>', 0, 'reset');
	cmp_ok(value('SELECT sampled FROM pk_workload_info()'), '<', 3, 'forgets the samples');
};

subtest 'a session that was there before a reset' => sub {
	my $session = $node->background_psql('postgres');
	$session->query_safe('SELECT 41 AS again') foreach 1 .. 50;
	value('SELECT pk_workload_reset()');
	is(value(q{SELECT count(*) FROM pk_workload_samples WHERE query = 'SELECT 41 AS again'}), '0', 'its samples are gone');
	$session->query_safe('SELECT 41 AS again');
	is(value(q{SELECT count(*) FROM pk_workload_samples WHERE query = 'SELECT 41 AS again'}), '1', 'and it takes another one at once');
	$session->quit;
};

subtest 'what is left out' => sub {
	value(q{SET pg_perfkit.workload_samples = off; SELECT 'none' AS unsampled});
	value(q{CREATE ROLE secretive PASSWORD 'not-optimisable'; ALTER ROLE secretive PASSWORD 'not-optimisable'; DROP ROLE secretive});
	is(value(q{SELECT count(*) FROM pk_workload_samples WHERE (query LIKE '%unsampled%' OR query LIKE '%not-optimisable%') AND query NOT LIKE '%pk_workload_samples%'}), '0', 'utility statements, and sessions that are not to be sampled');
	value(q{SET standard_conforming_strings = off; SET escape_string_warning = off; SELECT 'plain' AS unescaped; SELECT 'it\'s my pin' AS escaped});
	is(value(q{SELECT string_agg(query, ';') FROM pk_workload_samples WHERE settings::text LIKE '%standard_conforming_strings=off%'}), q{SELECT 'plain' AS unescaped},
		'a text in which nobody can tell later what is a constant');
	$node->psql('postgres', q{SET statement_timeout = 50; SELECT pg_sleep(100) AS timed_out}, on_error_stop => 0);
	is(value(q{SELECT string_agg(kind, ' ' ORDER BY kind) FROM pk_workload_samples WHERE query = 'SELECT pg_sleep(100) AS timed_out'}), 'reservoir slowest', 'but one that timed out leaves a sample');
};

# Two statements that differ in constants only have one queryid, and so may two lists of variables.  Of a queryid the first
# execution is sampled, and the second or third.
subtest 'statements of the same queryid inside functions' => sub {
	value(q{CREATE TABLE events AS SELECT i AS id, DATE '2024-01-01' + i AS day, 'rare' AS kind, 'x' AS ssn FROM generate_series(1, 9) i;
		CREATE FUNCTION rare(p int) RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM FROM events WHERE kind = 'rare' AND id > p; END$$;
		CREATE FUNCTION common(p int) RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM FROM events WHERE kind = 'common' AND id > p; END$$;
		CREATE FUNCTION two(a int, b int) RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM 2 FROM events WHERE id IN (a, b); END$$;
		CREATE FUNCTION three(z int, a int, b int) RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM 3 FROM events WHERE id IN (a, z, b); END$$});
	my $of = q{SELECT string_agg(DISTINCT concat_ws(' ', substring(query from 'WHERE.*'), parameters), '; ') FROM pk_workload_samples
		WHERE NOT toplevel AND plannable AND query LIKE };
	value(q{DO $$DECLARE i int; BEGIN FOREACH i IN ARRAY ARRAY[1, 2, 2] LOOP EXECUTE format('SELECT count(*) FROM events WHERE day = %L AND id > $1', DATE '2024-01-01' + i) USING i; END LOOP; END$$});
	is(value("$of '%events WHERE day%'"), join('; ', map { "WHERE day = '2024-01-0" . ($_ + 1) . "' AND id > \$1 {$_}" } 1 .. 2), 'each has its own constants');
	value('SELECT rare(1), common(2), common(2)');
	is(value("$of '%events WHERE kind%'"), q(WHERE kind = 'common' AND id > $1 {2}; WHERE kind = 'rare' AND id > $1 {1}), 'in functions too');
	value('SELECT two(1, 2), three(3, 4, 5), three(3, 4, 5)');
	is(value("$of '%events WHERE id IN%'"), 'WHERE id IN ($1, $2) {1,2}; WHERE id IN ($1, $2, $3) {4,3,5}', 'and each list its own variables');

	value(q{CREATE ROLE owner_a; CREATE ROLE reader_b; GRANT SELECT ON events TO PUBLIC; GRANT owner_a, reader_b TO CURRENT_USER;
		CREATE FUNCTION of_a(p int) RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$BEGIN EXECUTE 'SELECT id FROM events WHERE ssn = ''123-45-6789'' AND id > $1' USING p; END$$;
		ALTER FUNCTION of_a OWNER TO owner_a});
	value(q{SET ROLE reader_b; SELECT of_a(1); DO $$BEGIN EXECUTE 'SELECT id FROM events WHERE ssn = ''mine'' AND id > $1' USING 2; END$$});
	is(value(q{SET ROLE reader_b; SELECT string_agg(role || ' ' || query, '; ') FROM pk_workload_samples WHERE query LIKE '%events WHERE ssn%' AND query NOT LIKE '%pk_workload%'}),
		q(reader_b SELECT id FROM events WHERE ssn = 'mine' AND id > $1), 'nobody reads the constants of another role');
	is(value(q{SELECT count(*) FROM pk_workload_samples WHERE query LIKE '%123-45-6789%' AND query NOT LIKE '%pk_workload%' AND role <> 'owner_a' AND NOT toplevel}), '0', 'which are not filed under his name');
};

subtest 'secrets in the names of variables' => sub {
	value(q{CREATE TABLE accounts (name text, pw text, salt text);
		CREATE FUNCTION log_in(p_user text, p_password text) RETURNS void LANGUAGE plpgsql AS
		$$BEGIN PERFORM 1 FROM accounts WHERE name = p_user AND pw = md5(p_password || salt); END$$});
	value(q{DO $$BEGIN PERFORM log_in('sam', concat('s3', 'cr3t')); END$$});
	is(value(q{SELECT regexp_replace(query, '\s+', ' ', 'g'), parameters, parameter_states, plannable FROM pk_workload_samples WHERE query LIKE '%FROM accounts%' AND NOT toplevel AND query NOT LIKE '%pk_workload%'}),
		'SELECT ? FROM accounts WHERE name = $1 AND pw = md5($2 || salt)|{NULL,NULL}|{redacted,redacted}|f', 'are seen, though the names are numbers in the sample');
};

subtest 'settings that are too long' => sub {
	my $path = join ', ', map { "schema_$_" } 1 .. 200;
	value("SET search_path = $path, public; SELECT 'long' AS path");
	is(value(q{SELECT truncated, plannable, length(search_path) FROM pk_workload_samples WHERE query LIKE '%long'' AS path'}), 't|f|1024', 'make a sample that cannot be planned');
};

subtest 'comments before a statement, and tags' => sub {
	value('SELECT pk_workload_reset()');
	$node->psql('postgres', q{/*route='%2Fcart',controller='it\'s'*/ SELECT 1 AS tagged});
	$node->psql('postgres', q{SELECT 0\; /* a; b */ -- c
SELECT 2, 2 AS tagged /*route='/x'*/});
	$node->psql('postgres', q{SELECT 1, 2, 3 AS tagged, 'password=x' /*route='/y',api_key='z'*/});
	is(value(q{SELECT string_agg(query || ' ' || coalesce(tags::text, '-'), '|' ORDER BY query COLLATE "C") FROM pk_workload_samples WHERE query ~ '\d AS tagged'}),
		qq(/* a; b */ -- c\nSELECT 2, 2 AS tagged /*route='/x'*/ {"route": "/x"}|)
		. q(/*route='%2Fcart',controller='it\'s'*/ SELECT 1 AS tagged {"route": "/cart", "controller": "it's"}), 'stay with it');
	is(value(q{SELECT rtrim(query) || ' ' || tags::text FROM pk_workload_samples WHERE query LIKE 'SELECT ?, ?, ? AS tagged%' AND tags IS NOT NULL}), q(SELECT ?, ?, ? AS tagged, '***' {"route": "/y"}), 'where constants do not');
};

# Of a statement that is run often hardly one is sampled, so that it would not be this one.
subtest 'what is cancelled leaves a sample' => sub {
	value('SELECT pk_workload_reset()');
	value('CREATE FUNCTION waits(seconds float8) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(seconds), 7; RETURN 1; EXCEPTION WHEN query_canceled THEN RETURN SQLERRM; END $$');
	my @often = map { ("SELECT 'often' FROM pg_sleep(0);", 'EXECUTE p(0);', 'SELECT waits(0);') } 1 .. 300;
	my ($code, $out, $error) = $node->psql('postgres', join("\n", 'PREPARE p(float8) AS SELECT FROM pg_sleep($1);', @often,
		"SET statement_timeout = 500;", "SELECT 'culprit' FROM pg_sleep(999);", 'EXECUTE p(998);', 'SELECT waits(997);', 'SELECT 1 / 0;'), on_error_stop => 0);
	is($error =~ s/psql:<stdin>:\d+: //gr, "ERROR:  canceling statement due to statement timeout\nERROR:  canceling statement due to statement timeout\nERROR:  division by zero", 'each gets its error');
	like($out, qr/^canceling statement due to statement timeout$/m, 'in functions too');
	is(value(q{SELECT string_agg(query || ' ' || parameters::text, '|' ORDER BY query) FROM pk_workload_samples WHERE kind = 'slowest' AND ms > 400}),
		q(SELECT 'culprit' FROM pg_sleep(999) {}|SELECT FROM pg_sleep($1) {998}|SELECT pg_sleep($1), 7 {997}|SELECT waits(997) {}), 'with what was sent');
};

server_ok($node, 'at the end');
$node->stop;
done_testing();
