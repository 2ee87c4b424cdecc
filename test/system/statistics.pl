# From estimates that are wrong to advice, and from advice carried out to estimates that are right.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', init => [ allows_streaming => 1 ],
	conf => "pg_perfkit.predicate_rate = 1000000\nautovacuum = off\njit = off\nmax_parallel_workers_per_gather = 0");
my $version = $node->safe_psql('postgres', 'SHOW server_version_num');

sub value
{
	my ($query, %options) = @_;
	return ($options{on} // $node)->safe_psql('postgres', $query, extra_params => [ '-U', $options{as} ]) if defined $options{as};
	return ($options{on} // $node)->safe_psql('postgres', "SET pg_perfkit.predicate_rate = 0; $query");
}

sub measured
{
	$node->safe_psql('postgres', $_) foreach @_;
	return;
}

# So that what was changed before an ANALYZE is not counted after it.
sub make
{
	my ($query, @analyze) = @_;
	value("$query; SELECT pg_stat_force_next_flush()");
	value("ANALYZE $_") foreach @analyze;
	return;
}

sub advice
{
	my ($table, %options) = @_;
	my $columns = $options{columns} // 'ddl';
	return value("SELECT $columns FROM pk_suggest_statistics(tables => ARRAY[\$q\$$table\$q\$::regclass]) ORDER BY rank", %options);
}

sub carry_out
{
	my ($table) = @_;
	my $script = value("SELECT ddl || ';' FROM pk_suggest_statistics(tables => ARRAY[\$q\$$table\$q\$::regclass]) ORDER BY rank") . "\n"
	  . value("SELECT DISTINCT followed_by || ';' FROM pk_suggest_statistics(tables => ARRAY[\$q\$$table\$q\$::regclass])");
	value($script);
	return;
}

sub estimates
{
	my ($table) = @_;
	return value("SELECT kind, predicate, comparisons, error_factor > 5 AS wrong FROM pk_estimates WHERE relation = \$q\$$table\$q\$::regclass ORDER BY kind, predicate COLLATE \"C\"");
}

my $counter = 0;
my @addresses = ('SELECT count(*) FROM addresses WHERE city = 5 AND zip = 55', 'SELECT count(*) FROM addresses WHERE zip = 123 AND city = 12',
	'SELECT count(*) FROM (SELECT city, zip FROM addresses GROUP BY city, zip) g');

subtest 'columns that depend on each other' => sub {
	make('CREATE TABLE addresses (id int, city int, zip int); INSERT INTO addresses SELECT i, i % 1000 / 10, i % 1000 FROM generate_series(1, 100000) i', 'addresses');
	is(advice('addresses'), '', 'nothing is known yet');
	measured(@addresses);
	is(advice('addresses'), 'CREATE STATISTICS public.addresses_city_zip_stat (dependencies) ON city, zip FROM public.addresses', 'what was seen twice');
	is(value(q{SELECT ddl FROM pk_suggest_statistics(min_executions => 1) WHERE table_name = 'addresses'}),
		'CREATE STATISTICS public.addresses_city_zip_stat (ndistinct, dependencies) ON city, zip FROM public.addresses', 'once is enough for those who say so');
	measured($addresses[2]);
	is(advice('addresses', columns => q{rank, kind, schema_name, table_name, columns, ddl, followed_by, executions,
			observed_selectivity = 0.001 AND estimated_selectivity < 0.0001 AS selectivity, error_factor BETWEEN 50 AND 200 AS factor,
			evidence -> 'estimates' -> 0 ->> 'actual_rows', jsonb_array_length(evidence -> 'estimates'), evidence ->> 'nothing'}),
		'1|extended|public|addresses|{city,zip}|CREATE STATISTICS public.addresses_city_zip_stat (ndistinct, dependencies) ON city, zip FROM public.addresses'
		  . '|ANALYZE public.addresses|2|t|t|100|2|', 'all of them in one');
	like(advice('addresses', columns => 'reason'), qr/^\(\(city = \?\) AND \(zip = \?\)\): the planner expected 1 rows, and 100 came/, 'and why');
	is(value(q{SELECT count(*) FROM pk_suggest_statistics(min_factor => 1000) WHERE table_name = 'addresses'}), '0', 'not by so much');
	is(value(q{SELECT count(*) FROM pk_suggest_statistics(min_rows => 100001) WHERE table_name = 'addresses'}), '0', 'not so large');
	is(value(q{SELECT count(*) FROM pk_suggest_statistics(min_executions => 3) WHERE table_name = 'addresses'}), '0', 'not so often');
	like(value(q{SELECT * FROM pk_selectivity('addresses')}), qr/^filter\|\{city,zip\}\|\(\(city = \?\) AND \(zip = \?\)\)\|2\|2\|0\.001\|.*^column\|\{zip\}\|\|\|\|\|\|\|\|\|1000\|0\|/ms, 'side by side');

	value('CREATE STATISTICS made_by_hand (ndistinct) ON zip, city, id FROM addresses');
	like(advice('addresses'), qr/^ANALYZE public\.addresses$/, 'statistics that were never made come first');
	value('DROP STATISTICS made_by_hand');
	carry_out('addresses');
	is(advice('addresses'), '', 'nothing was seen since');
	is(estimates('addresses'), "filter|((city = ?) AND (zip = ?))|0|\ngroup|city, zip|0|", 'as is told');
	measured(@addresses, @addresses);
	is(estimates('addresses'), "filter|((city = ?) AND (zip = ?))|4|f\ngroup|city, zip|2|f", 'the estimates are right');
	is(advice('addresses'), '', 'and nothing is advised');
	value('DROP STATISTICS addresses_city_zip_stat');
	value('ANALYZE addresses');
	measured(@addresses, @addresses);
	like(advice('addresses'), qr/CREATE STATISTICS/, 'until they are gone');
	value('CREATE STATISTICS addresses_city_zip_stat (mcv, ndistinct) ON id, zip, city FROM addresses');
	value('ANALYZE addresses');
	measured(@addresses, @addresses);
	is(advice('addresses'), 'CREATE STATISTICS public.addresses_city_zip_stat1 (dependencies) ON city, zip FROM public.addresses', 'only what there is not, nor more of what cannot be common');
	value('DROP STATISTICS addresses_city_zip_stat');
};

subtest 'columns of few values' => sub {
	make('CREATE TABLE few_values (a int, b int); INSERT INTO few_values SELECT i % 20, i % 20 / 2 FROM generate_series(1, 20000) i', 'few_values');
	my @together = map { "SELECT count(*) FROM few_values WHERE a = $_ AND b = $_ / 2" } 3, 4;
	my @never = map { "SELECT count(*) FROM few_values WHERE a = $_ AND b = $_ / 2 + 1" } 3, 4;
	measured(@together);
	is(advice('few_values'), 'CREATE STATISTICS public.few_values_a_b_stat (dependencies, mcv) ON a, b FROM public.few_values', 'may have all their combinations kept');
	value('SELECT pk_workload_reset(current_database())');
	measured(@never);
	is(advice('few_values'), 'CREATE STATISTICS public.few_values_a_b_stat (mcv) ON a, b FROM public.few_values', 'which tell what never comes together');
	carry_out('few_values');
	measured(@together, @never);
	is(estimates('few_values'), 'filter|((a = ?) AND (b = ?))|4|f', 'the estimates are right');
	value('ALTER STATISTICS few_values_a_b_stat SET STATISTICS 1');
	value('ANALYZE few_values');
	measured(map { "SELECT count(*) FROM few_values WHERE a = $_ AND b >= $_ / 2 AND b <= $_ / 2" } 0 .. 7);
	is(advice('few_values'), 'ALTER STATISTICS public.few_values_a_b_stat SET STATISTICS 100', 'or more of them than there are');
	carry_out('few_values');
	measured(map { "SELECT count(*) FROM few_values WHERE a = $_ AND b >= $_ / 2 AND b <= $_ / 2" } 0 .. 7);
	is(estimates('few_values'), "filter|((a = ?) AND (b = ?))|0|\nfilter|((b >= ?) AND (b <= ?) AND (a = ?))|8|f", 'the estimates are right');
};

subtest 'by whatever way the rows are found' => sub {
	make('CREATE TABLE found (a int, b int, c int); INSERT INTO found SELECT i % 500, i % 500 * 3, i FROM generate_series(1, 100000) i; CREATE INDEX ON found (a); CREATE INDEX ON found (b)', 'found');
	my $query = 'SELECT count(*) FROM found WHERE a = 5 AND b = 15';
	measured("SET enable_seqscan = off; SET enable_bitmapscan = off; $query") foreach 1, 2;
	is(estimates('found') =~ s/[ab]( = )\?/x$1?/gr, "filter|(x = ?)|0|\nindex condition|(x = ?)|0|\nscan|((x = ?) AND (x = ?))|2|t", 'an index and a filter');
	is(advice('found'), 'CREATE STATISTICS public.found_a_b_stat (dependencies) ON a, b FROM public.found', 'what they leave together');
	value('SELECT pk_workload_reset(current_database())');
	measured("SET enable_seqscan = off; SET enable_indexscan = off; $query") foreach 1, 2;
	is(estimates('found') =~ s/[ab]( = )\?/x$1?/gr, "index condition|(x = ?)|2|f\nindex condition|(x = ?)|2|f\nscan|((x = ?) AND (x = ?))|2|t", 'with bitmaps');
	is(advice('found'), 'CREATE STATISTICS public.found_a_b_stat (dependencies) ON a, b FROM public.found', 'the same');
	value('DROP INDEX found_b_idx; CREATE INDEX ON found (a) WHERE b = 15; SELECT pk_workload_reset(current_database())');
	measured("SET enable_seqscan = off; SET enable_indexscan = off; $query") foreach 1, 2;
	is(estimates('found'), "index condition|(a = ?)|0|\nscan|((a = ?) AND (b = ?))|2|t", 'the condition of a partial index is not held against the other column');
	is(advice('found'), 'CREATE STATISTICS public.found_a_b_stat (dependencies) ON a, b FROM public.found', 'the same');
};

subtest 'columns of which too little is known' => sub {
	make('CREATE TABLE skewed (v int); INSERT INTO skewed SELECT CASE WHEN i % 10 < 7 THEN i % 3 ELSE i END FROM generate_series(1, 20000) i;
		ALTER TABLE skewed ALTER v SET STATISTICS 1', 'skewed');
	my @skewed = map { "SELECT count(*) FROM skewed WHERE v = $_" } 0, 1, 2;
	measured(@skewed);
	is(advice('skewed', columns => 'kind, columns, ddl, followed_by, executions'), 'target|{v}|ALTER TABLE public.skewed ALTER COLUMN v SET STATISTICS 100|ANALYZE public.skewed|3', 'one common value is not enough');
	carry_out('skewed');
	measured(@skewed);
	is(estimates('skewed'), 'filter|(v = ?)|3|f', 'the estimates are right');
	is(advice('skewed'), '', 'and nothing is advised');
	make('CREATE TABLE two_columns (v int, w int); INSERT INTO two_columns SELECT v, v * 2 FROM skewed; ALTER TABLE two_columns ALTER v SET STATISTICS 1', 'two_columns');
	measured(map { ("SELECT count(*) FROM two_columns WHERE v = $_", "SELECT count(*) FROM two_columns WHERE v = $_ AND w = 2 * $_") } 0, 1, 2);
	is(advice('two_columns'), 'ALTER TABLE public.two_columns ALTER COLUMN v SET STATISTICS 100', 'before it is said that columns depend on each other');
};

subtest 'what no statistics tell of' => sub {
	make('CREATE TABLE others (a text, b text, j json, d xid); INSERT INTO others SELECT x, x, \'{}\', \'1\' FROM generate_series(1, 50000) i, LATERAL (SELECT \'v\' || i % 300) v(x)', 'others');
	measured(q{SELECT count(*) FROM others WHERE lower(a) = 'v7' AND lower(b) = 'v7'}, q{SELECT count(*) FROM others WHERE a = 'v7' AND b LIKE 'v7%'},
		q{SELECT count(*) FROM others WHERE a = b}, q{SELECT count(*) FROM others WHERE ctid < '(1000,1)' AND tableoid = 1},
		q{SELECT count(*) FROM others WHERE j IS NULL AND a IS NULL}, q{SELECT count(*) FROM others WHERE d = '1' AND a <> b}) foreach 1 .. 3;
	is(advice('others'), '', 'is not asked of them');
	measured(q{SELECT count(*) FROM others WHERE a IN ('v7', 'v8') AND b >= 'v7' AND b < 'v9'}) foreach 1 .. 3;
	is(advice('others'), 'CREATE STATISTICS public.others_a_b_stat (mcv) ON a, b FROM public.others', 'ranges need the common combinations');
	make('CREATE TABLE times AS SELECT i AS t, i / 10000 AS state FROM generate_series(1, 100000) i', 'times');
	measured(q{SELECT count(*) FROM times WHERE t > 95000 AND state = 9}) foreach 1, 2;
	is(estimates('times'), 'filter|((t > ?) AND (state = ?))|2|t', 'where a column has as many values as rows');
	is(advice('times'), '', 'there are none');
};

subtest 'expressions' => sub {
	make('CREATE SCHEMA app; CREATE FUNCTION app.upper(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
		CREATE TABLE expressed (a varchar, n int, "N" int, old int, x int, y int); INSERT INTO expressed SELECT \'V\' || i % 3, i % 3, i % 3, i % 3, i % 1000, i % 1000 + 5 FROM generate_series(1, 50000) i', 'expressed');
	my @queries = (q{SELECT count(*) FROM expressed WHERE lower(a) = 'v1'}, q{SELECT count(*) FROM expressed WHERE n + old IN (2, 4, 99)}, q{SELECT count(*) FROM expressed GROUP BY y - x});
	measured(@queries, q{SELECT count(*) FROM expressed WHERE upper(a) = 'V1'}, q{SELECT count(*) FROM expressed WHERE n + 1 = 2}, q{SELECT count(*) FROM expressed WHERE "N" + n = 2},
		q{SELECT count(*) FROM expressed WHERE lower(a) = 'v1' AND n + old = 2}) foreach 1, 2;
	is(advice('expressed', columns => 'ddl, columns'), join("\n", 'CREATE STATISTICS public.expressed_y_x_stat ON ((y - x)) FROM public.expressed|{"(y - x)"}',
		'CREATE STATISTICS public.expressed_lower_a_text_stat ON (lower((a)::text)) FROM public.expressed|{lower((a)::text)}',
		'CREATE STATISTICS public.expressed_n_old_stat ON ((n + old)) FROM public.expressed|{"(n + old)"}'), 'without constants, and of names that mean one thing');
	carry_out('expressed');
	measured(@queries) foreach 1, 2;
	is(value(q{SELECT bool_and(error_factor < 2), sum(comparisons) FROM pk_estimates WHERE relation = 'expressed'::regclass AND predicate ~ '^..?(lower|n . old|y)' AND predicate !~ 'AND'}), 't|6', 'the estimates are right');
	is(advice('expressed'), '', 'and nothing is advised');
	value('ALTER TABLE expressed RENAME old TO older; DROP STATISTICS expressed_n_old_stat; ANALYZE expressed');
	measured(q{SELECT count(*) FROM expressed WHERE n + older IN (2, 4)}) foreach 1, 2;
	unlike(advice('expressed'), qr/n \+ old\)/, 'names of then are not names of now');
};

subtest 'partitions and children' => sub {
	make('CREATE TABLE parent (k int, a int, b int) PARTITION BY LIST (k); CREATE TABLE one (b int, gone int, a int, k int); ALTER TABLE one DROP gone;
		ALTER TABLE parent ATTACH PARTITION one FOR VALUES IN (1); CREATE TABLE two PARTITION OF parent FOR VALUES IN (2); CREATE TABLE few PARTITION OF parent DEFAULT;
		INSERT INTO parent SELECT 1 + i % 2, i % 1000 / 10, i % 1000 FROM generate_series(1, 100000) i; INSERT INTO few VALUES (3, 1, 1)', 'parent');
	my @queries = ('SELECT count(*) FROM parent WHERE a = 5 AND b = 55', 'SELECT a, b FROM parent GROUP BY a, b');
	measured(@queries, @queries);
	is(advice('parent'), join("\n", 'CREATE STATISTICS public.one_b_a_stat (dependencies) ON b, a FROM public.one',
		'CREATE STATISTICS public.two_a_b_stat (dependencies) ON a, b FROM public.two',
		'CREATE STATISTICS public.parent_a_b_stat (ndistinct) ON a, b FROM public.parent'), 'for the rows of each, and the groups of all');
	is(advice('two'), 'CREATE STATISTICS public.two_a_b_stat (dependencies) ON a, b FROM public.two', 'of one of them');
	carry_out('parent');
	measured(@queries, @queries);
	is(estimates('parent'), "filter|((a = ?) AND (b = ?))|2|f\ngroup|a, b|2|f", 'the estimates are right');
	is(advice('parent'), '', 'and nothing is advised');
};

subtest 'names' => sub {
	my $long = 'ä' x 31;
	make(qq(CREATE SCHEMA "sche""ma"; CREATE TABLE "sche""ma"."T""; --ä" ("Co""l; --" int, "$long" int);
		INSERT INTO "sche""ma"."T""; --ä" SELECT i % 1000 / 10, i % 1000 FROM generate_series(1, 100000) i), '"sche""ma"."T""; --ä"');
	my $query = qq(SELECT count(*) FROM "sche""ma"."T""; --ä" WHERE "Co""l; --" = 5 AND "$long" = 55);
	measured($query, $query);
	my $ddl = advice('"sche""ma"."T""; --ä"');
	like($ddl, qr/^CREATE STATISTICS "sche""ma"\."T""; --ä_Co""l; --_(?:ä)+_stat" \(dependencies\) ON "Co""l; --", "(?:ä){31}" FROM "sche""ma"\."T""; --ä"$/, 'are quoted');
	my ($name) = $ddl =~ /STATISTICS (.*) \(dep/;
	value("CREATE STATISTICS $name (ndistinct) ON \"Co\"\"l; --\", \"$long\" FROM \"sche\"\"ma\".\"T\"\"; --ä\"; ANALYZE \"sche\"\"ma\".\"T\"\"; --ä\"");
	measured($query, $query);
	like(advice('"sche""ma"."T""; --ä"'), qr/_stat1" \(dependencies\)/, 'and are nobody else\'s');
	carry_out('"sche""ma"."T""; --ä"');
	measured($query, $query);
	is(advice('"sche""ma"."T""; --ä"'), '', 'it runs');
};

subtest 'the maintenance script' => sub {
	make('CREATE TABLE kept (a int, b int); INSERT INTO kept SELECT i % 1000 / 10, i % 1000 FROM generate_series(1, 100000) i;
		CREATE TABLE parts (a int, b int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parts DEFAULT; INSERT INTO parts TABLE kept', 'kept', 'parts');
	value('VACUUM kept, part');
	measured('SELECT count(*) FROM kept WHERE a = 5 AND b = 55', 'SELECT count(*) FROM parts WHERE a = 5 AND b = 55', 'SELECT a, b FROM parts GROUP BY a, b') foreach 1, 2;
	value('CREATE ROLE keeper LOGIN; ALTER ROLE keeper SET pg_perfkit.predicate_rate = 0; GRANT pg_read_all_stats TO keeper; ALTER TABLE kept OWNER TO keeper');
	my $lines = q{SELECT regexp_replace(line, '^--.*$|\n', '', 'ng') FROM pk_maintenance_script() line WHERE line ~ '(kept|parts?);|kept_|parts?_'};
	is(value($lines), join("\n", 'CREATE STATISTICS public.kept_a_b_stat (dependencies) ON a, b FROM public.kept;', 'CREATE STATISTICS public.part_a_b_stat (dependencies) ON a, b FROM public.part;',
		'CREATE STATISTICS public.parts_a_b_stat (ndistinct) ON a, b FROM public.parts;', 'ANALYZE (SKIP_LOCKED) public.kept;', 'ANALYZE (SKIP_LOCKED) public.parts;'), 'creates them, and then makes them');
	like(value(q{SELECT pk_maintenance_script()}, as => 'keeper'), qr/1 relations that lack extended statistics, which you may not create/, 'where the caller may');
	value('GRANT CREATE ON SCHEMA public TO keeper');
	is(value($lines, as => 'keeper'), "CREATE STATISTICS public.kept_a_b_stat (dependencies) ON a, b FROM public.kept;\nANALYZE (SKIP_LOCKED) public.kept;", 'as in his own schema');
	is(value(q{SELECT count(*) FROM pk_maintenance_script(1000) line WHERE line ~ 'kept'}), '0', 'not on small tables');
	value('DELETE FROM kept WHERE b = 7; UPDATE kept SET a = a WHERE b < 300; SELECT pg_stat_force_next_flush()');
	value('ALTER TABLE kept SET (autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 1000000)');
	like(value(q{SELECT pk_maintenance_script()}), qr/^-- [^\n]*dead rows [^\n]*\n[^\n]*\nVACUUM \(SKIP_LOCKED\) public\.kept;.*^CREATE STATISTICS public\.kept_a_b_stat .*^-- its new statistics are to be made\n[^\n]*\nANALYZE \(SKIP_LOCKED\) public\.kept;/ms, 'after VACUUM');
	value(value($lines));
	is(advice($_), '', "it runs: $_") foreach 'kept', 'parts';
	is(value($lines), '', 'and nothing is left of it');
};

subtest 'who sees what' => sub {
	value('CREATE ROLE nobody LOGIN; CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE ROLE owner LOGIN; ALTER ROLE monitor SET pg_perfkit.predicate_rate = 0; GRANT CREATE ON SCHEMA public TO owner');
	make('CREATE TABLE seen AS SELECT i % 1000 / 10 AS a, i % 1000 AS b FROM generate_series(1, 100000) i; ALTER TABLE seen OWNER TO owner', 'seen');
	measured('SELECT count(*) FROM seen WHERE a = 5 AND b = 55') foreach 1, 2;
	my $ddl = 'CREATE STATISTICS public.seen_a_b_stat (dependencies) ON a, b FROM public.seen';
	is(advice('seen', as => 'nobody'), '', 'not what others asked');
	is(advice('seen', as => 'owner'), '', 'even of his own tables');
	is(advice('seen', as => 'monitor'), $ddl, 'but who may see statistics');
	$node->safe_psql('postgres', 'SELECT count(*) FROM seen WHERE a = 5 AND b = 55', extra_params => [ '-U', 'owner' ]) foreach 1, 2;
	is(advice('seen', as => 'owner'), $ddl, 'and what he asked himself');
	is(value(q{SELECT count(distinct_values) FROM pk_selectivity('seen')}, as => 'monitor'), '0', 'values are for those who may read them');
	is(value(q{SELECT count(distinct_values) FROM pk_selectivity('seen')}, as => 'owner'), '2', 'as the owner');
};

subtest 'a standby' => sub {
	$node->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	$node->wait_for_catchup($standby);
	$standby->safe_psql('postgres', 'SELECT count(*) FROM seen WHERE a = 5 AND b = 55') foreach 1, 2;
	is(advice('seen', on => $standby), 'CREATE STATISTICS public.seen_a_b_stat (dependencies) ON a, b FROM public.seen', 'tells what it saw itself');
	$standby->stop;
};

server_ok($node, 'at the end');
done_testing();
