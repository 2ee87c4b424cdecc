# The workload of one server, anonymised, on another one: what comes over, what does not, and the plans that it gives.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "pg_perfkit.sample_rate = 10000");
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere; CREATE ROLE mary LOGIN; CREATE ROLE reader LOGIN');
create_extension($node, 'elsewhere');
my $table = <<'SQL';
CREATE TABLE runs (id int PRIMARY KEY, owner text, status text, at timestamptz, doc jsonb);
INSERT INTO runs SELECT i, 'owner' || i, CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'done' END,
	'2024-01-01 00:00Z'::timestamptz + i * interval '1 min', jsonb_build_object('mail', 'x' || i) FROM generate_series(1, 20000) i;
CREATE INDEX ON runs (status);
CREATE INDEX ON runs (at);
GRANT SELECT ON runs TO mary, reader;
ANALYZE runs;
SQL
$node->safe_psql($_, $table) foreach 'postgres', 'elsewhere';
$node->safe_psql('postgres', 'SELECT pk_workload_reset()');

my @secrets = ('mary.smith', '17654', 'by.smith', 'smith.application', '2024-01-14 04:05:33', 'mary');
# Each in a session of its own, whose first execution of a statement is sampled.
$node->safe_psql('postgres', "SET application_name = 'smith.application'; $_", extra_params => [ '-U', 'mary' ]) foreach
  q{SELECT count(*) FROM runs WHERE status = 'failed' AND owner <> 'mary.smith'},
  q{SELECT count(*) FROM runs WHERE status = 'done' AND owner <> 'mary.smith' /* by.smith */},
  q{SELECT count(*) FROM runs WHERE at > '2024-01-14 04:05:33Z'},
  q{SELECT count(*) FROM runs WHERE at > '2024-01-02 04:05:33Z'},
  q{SELECT doc ->> 'mail' FROM runs WHERE id = 17654 AND doc @> '{"mail": "mary.smith"}'},
  q{PREPARE p(text, int) AS SELECT at FROM runs WHERE owner = $1 AND id = $2 LIMIT 5; EXECUTE p('mary.smith', 17654)};

my $export = $node->safe_psql('postgres', 'SELECT pk_workload_export()');
my $whole = $node->safe_psql('postgres', 'SELECT pk_workload_export(false)');
foreach my $secret (@secrets)
{
	my $pattern = qr/(?<![\d.])\Q$secret\E(?!\d)/;    # not within a time or a queryid
	like($whole, $pattern, "$secret is in the whole export");
	unlike($export, $pattern, 'and not in the anonymised one');
}

sub import_into
{
	my ($lines, $name) = @_;
	return $node->safe_psql('elsewhere', 'SELECT pk_workload_import(' . literal($lines) . ', ' . literal($name) . ')');
}
cmp_ok(import_into($export, 'anonymous'), '>=', 6, 'samples come over');
cmp_ok(import_into($whole, 'whole'), '>=', 6, 'and of the whole export');
is($node->safe_psql('elsewhere', q{SELECT count(*) FROM pk_workload_imported WHERE import = 'whole' AND role = 'mary' AND calls = 1}),
	$node->safe_psql('postgres', q{SELECT count(*) FROM pk_workload WHERE role = 'mary' AND calls = 1}), 'and statements');
is($node->safe_psql('elsewhere', q{SELECT query, parameter_types, parameters, plannable FROM pk_workload_imported_samples
	WHERE import = 'whole' AND query LIKE 'SELECT at FROM%' AND kind = 'reservoir'}),
	'SELECT at FROM runs WHERE owner = $1 AND id = $2 LIMIT 5|{text,integer}|{mary.smith,17654}|t', 'a whole sample is as it was');
is($node->safe_psql('elsewhere', q{SELECT weight FROM pk_workload_imported_samples
	WHERE import = 'anonymous' AND query LIKE 'SELECT at FROM%' AND kind = 'reservoir'}), '1', 'with its weight');

# The plan and the rows that the planner expects, of every plannable sample that was sent by mary.
sub plans
{
	my ($import) = @_;
	my %plans;
	foreach my $sample (rows($node, <<SQL, 'elsewhere'))
SELECT s.queryid, row_number() OVER (PARTITION BY s.queryid ORDER BY s.taken), replace(s.query, E'\\n', ' '), array_to_string(s.parameter_types, ', '),
	(SELECT string_agg(quote_nullable(p), ', ' ORDER BY n) FROM unnest(s.parameters) WITH ORDINALITY u(p, n))
FROM pk_workload_imported_samples s JOIN pk_workload_imported_samples w USING (queryid, taken, kind)
WHERE s.import = '$import' AND w.import = 'whole' AND w.role = 'mary' AND s.plannable AND s.kind = 'reservoir'
SQL
	{
		my ($id, $number, $query, $types, $values) = @$sample;
		my $plan = $node->safe_psql('elsewhere', $types eq '' ? "EXPLAIN $query" : "PREPARE z ($types) AS $query; EXPLAIN EXECUTE z($values)");
		my @scans = $plan =~ /((?:Seq|Index|Index Only|Bitmap Heap) Scan using \S+|(?:Seq|Bitmap Heap) Scan) on runs.*? rows=(\d+)/;
		$plans{"$id $number"} = [ @scans, $query ];
	}
	return \%plans;
}
my ($there, $here) = (plans('whole'), plans('anonymous'));
cmp_ok(scalar keys %$there, '>=', 6, 'there are plans');
is_deeply([ sort keys %$here ], [ sort keys %$there ], 'the same samples can be planned');
foreach my $key (sort keys %$there)
{
	my ($scan, $rows, $query) = @{ $there->{$key} };
	is($here->{$key}[0], $scan, 'the same scan') or diag "$query\n$here->{$key}[2]";
	cmp_ok(abs($here->{$key}[1] - $rows), '<=', 0.01 * $rows + 1, 'of as many rows') or diag "$query\n$here->{$key}[2]";
}

# Privileges: as those of the samples; the import is the owner's.
my $others = $node->safe_psql('postgres', 'SELECT pk_workload_export(false)', extra_params => [ '-U', 'reader' ]);
unlike($others, qr/mary\.smith/, 'who may not see constants exports none');
my (undef, undef, $error) = $node->psql('elsewhere', q{SELECT pk_workload_import('')}, extra_params => [ '-U', 'reader' ]);
like($error, qr/permission denied for function pk_workload_import/, 'nobody else may import');
foreach my $relation (qw(pk_workload_imports pk_workload_imported))
{
	(undef, undef, $error) = $node->psql('elsewhere', "TABLE $relation", extra_params => [ '-U', 'reader' ]);
	like($error, qr/permission denied/, "nor read $relation");
}
my $count = 'SELECT count(*) > 0 FROM pk_workload_imported_samples';
is($node->safe_psql('elsewhere', $count, extra_params => [ '-U', 'reader' ]), 'f', 'nor see samples');
$node->safe_psql('postgres', 'CREATE ROLE constants; ALTER DATABASE elsewhere SET pg_perfkit.sample_readers = constants; GRANT pg_monitor TO reader');
is($node->safe_psql('elsewhere', $count, extra_params => [ '-U', 'reader' ]), 'f', 'nor with pg_monitor');
is($node->safe_psql('elsewhere', 'SELECT count(*) > 0 FROM pk_workload_imported', extra_params => [ '-U', 'reader' ]), 't', 'who sees the statements');
$node->safe_psql('postgres', 'GRANT constants TO reader');
is($node->safe_psql('elsewhere', $count, extra_params => [ '-U', 'reader' ]), 't', 'but as one who may see constants');

# Without preload a session that has not loaded the library takes any setting of such a name from anybody.
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_stat_statements'");
$node->restart;
is($node->safe_psql('elsewhere', "SET pg_perfkit.sample_readers = 'mary'; $count", extra_params => [ '-U', 'mary' ]), 'f',
	'nobody makes himself one of them');
is($node->safe_psql('elsewhere', $count), 't', 'without preload, too');

server_ok($node, 'at the end');
$node->stop;
done_testing();
