# Who may see and do what: a role without rights, one with pg_monitor, and a superuser whose
# search_path is full of traps.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;
use Perfkit::Calls;

my $node = perfkit_node('main', conf => "pg_stat_statements.track = all");
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE ROLE plain LOGIN;
CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
SQL
create_sample($node);
my @calls = extension_calls($node);

# A secret in a finished statement, one in a running one, one in rows that only the owner may read.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO pk_sample_owned SELECT 'postgres', 'secret-in-rows' FROM generate_series(1, 1000);
ANALYZE pk_sample_owned;
SELECT count(*) AS "secret-in-finished" FROM pk_sample_owned WHERE secret = 'secret-in-literal';
SQL
$node->safe_psql('postgres', q(SELECT count(*) FROM pk_sample WHERE t = 'secret-in-literal')) foreach 1 .. 20;
my $running = $node->background_psql('postgres', on_error_stop => 0);
$running->query_until(qr/started/, "\\echo started\nSELECT pg_sleep(600), 'secret-in-running' AS \"secret-in-running\";\n");
$node->poll_query_until('postgres', q(SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%secret-in-running%' AND wait_event = 'PgSleep'));

# What a role may execute or read, from the catalog.
sub may
{
	my ($role, $call) = @_;
	my $object = literal($call->{identity});
	return $node->safe_psql('postgres', $call->{kind} eq 'view'
		? "SELECT has_table_privilege('$role', $object, 'SELECT')"
		: "SELECT has_function_privilege('$role', $object, 'EXECUTE')") eq 't';
}

# The secrets are there to be found: a superuser's statistics show them.
my ($all) = run_calls($node, {}, 'SELECT query FROM pg_stat_activity UNION ALL SELECT query FROM pg_stat_statements
	UNION ALL SELECT most_common_vals::text FROM pg_stats');
like($all->{text}, qr/\Q$_\E/, "$_ can be found") foreach qw(secret-in-running secret-in-finished secret-in-rows);

foreach my $role ('plain', 'monitor')
{
	my $secret = $role eq 'plain' ? qr/(secret-in-\w+)/ : qr/(secret-in-rows)/;
	my @results = run_calls($node, { role => $role }, map { $_->{statement} } @calls);
	foreach my $call (@calls)
	{
		my $result = shift @results;
		my ($state, $text) = ($result->{state}, $result->{text});
		my $what = "$role: $call->{statement}";
		if (!may($role, $call)) { is($state, '42501', "$what is refused") }
		# The sample's tables belong to somebody else, so a function may refuse an argument.
		elsif (@{ $call->{arguments} } && $state eq '42501')
		{
			like($text, qr/permission denied|must be owner|privilege/, "$what is refused");
		}
		else { is($state, '', "$what works") or diag $text }
		is(join(' ', $text =~ /$secret/g), '', "$what shows nothing of others");
	}
	# Every relation argument once as the table whose rows are secret.
	my @statements = map { s/'public\.pk_sample'::regclass/'public.pk_sample_owned'::regclass/gr
		  =~ s/FROM public\.pk_sample WHERE n = 1/FROM public.pk_sample_owned WHERE secret > ''''/gr }
	  map { $_->{statement} } @calls;
	foreach (run_calls($node, { role => $role }, @statements))
	{
		is(join(' ', $_->{text} =~ /(secret-in-rows)/g), '', "$role: $_->{statement} shows no row");
		unlike($_->{state}, qr/^(XX|57|58)/, "$role: $_->{statement} ends properly");
	}
}

# What PUBLIC may execute changed nothing: no object, no setting, no statistics of pg_stat_statements.
is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname IN ('plain', 'monitor'))),
	'0', 'they own nothing now');
is($node->safe_psql('postgres', q(SELECT count(*) > 0 FROM pg_stat_statements WHERE query LIKE '%secret-in-finished%')), 't',
	'the statistics are still there');

# Traps: a schema that has every function and operator of pg_catalog, and every function of ours, each raising an error, comes
# before pg_catalog in the caller's search_path.  Whatever runs by name in our code would meet one.
$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA trap;
DO $$
DECLARE o record;
BEGIN
    -- What cannot be made (of pseudo-types, mostly) is no trap; their number is checked below.
    FOR o IN SELECT proname, oidvectortypes(proargtypes) AS args, prorettype::regtype FROM pg_proc
             WHERE (pronamespace = 'pg_catalog'::regnamespace OR proname LIKE 'pk\_%') AND prokind = 'f' LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION trap.%I(%s) RETURNS %s LANGUAGE plpgsql AS ''BEGIN RAISE $x$trapped$x$; END''',
                           o.proname, o.args, o.prorettype);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    FOR o IN SELECT oprname, oprleft::regtype, oprright::regtype, proname FROM pg_operator JOIN pg_proc p ON p.oid = oprcode
             WHERE oprnamespace = 'pg_catalog'::regnamespace LOOP
        BEGIN
            EXECUTE format('CREATE OPERATOR trap.%s (FUNCTION = trap.%I, LEFTARG = %s, RIGHTARG = %s)',
                           o.oprname, o.proname, o.oprleft, o.oprright);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $$;
CREATE VIEW trap.pg_class AS SELECT 1 / 0 AS oid;
CREATE VIEW trap.pg_stat_activity AS SELECT 1 / 0 AS pid;
CREATE VIEW trap.pg_stat_statements AS SELECT 1 / 0 AS queryid;
CREATE VIEW trap.pg_settings AS SELECT 1 / 0 AS name;
SQL
my %trapped = (settings => 'SET search_path = trap, pg_catalog, public');
my ($trap) = run_calls($node, \%trapped, 'SELECT 1 = 1');
like($trap->{text}, qr/trapped/, 'the traps work');
cmp_ok($node->safe_psql('postgres', q(SELECT count(*) FROM pg_operator WHERE oprnamespace = 'trap'::regnamespace)), '>', 500, 'and are many');
foreach (run_calls($node, \%trapped, map { $_->{statement} } @calls))
{
	is($_->{state}, '', "in a search_path full of traps: $_->{statement}") or diag $_->{text};
}

$node->safe_psql('postgres', q(SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%secret-in-running%' AND pid <> pg_backend_pid()));
$running->quit;
server_ok($node, 'at the end');
done_testing();
