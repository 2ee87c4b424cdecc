# Damaged pages, in a cluster without checksums and in one with them: bloat is measured from the rest of
# the relation, a WARNING names each page whose structure is wrong, and nothing crashes.
#
# The files are changed under a running server.  It does not notice: after a restart none of their pages
# is in the buffer pool, and what is tested reads around it.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $rounds = $ENV{PERFKIT_DAMAGE_ROUNDS} // 60;
my $seed = $ENV{PERFKIT_DAMAGE_SEED} // 42;
srand($seed);
note "PERFKIT_DAMAGE_SEED=$seed";

my ($major) = pg_config('version') =~ /(\d+)/;
my $node = perfkit_node('main', init => [ extra => [ '--encoding=UTF8', '--locale=C', $major >= 18 ? '--no-data-checksums' : () ] ]);
my $sound = perfkit_node('checksums', init => [ extra => [ '--encoding=UTF8', '--locale=C', '--data-checksums' ] ]);
my $objects = <<'SQL';
CREATE TABLE d_plain (id int, b bigint, t text);
INSERT INTO d_plain SELECT i, i, repeat('x', i % 60) FROM generate_series(1, 20000) i;
DELETE FROM d_plain WHERE id % 3 = 0;
CREATE TABLE d_columns (id int, gone text, t text, n numeric, name name);
INSERT INTO d_columns SELECT i, repeat('g', i % 80), CASE WHEN i % 4 > 0 THEN repeat('t', i % 200) END, i, 'n' || i FROM generate_series(1, 10000) i;
ALTER TABLE d_columns DROP COLUMN gone, ADD COLUMN added text DEFAULT 'default', ADD COLUMN later int;
CREATE TABLE d_toast (id int, doc text);
ALTER TABLE d_toast ALTER doc SET STORAGE EXTERNAL;
INSERT INTO d_toast SELECT i, repeat(md5(i::text), 150) FROM generate_series(1, 500) i;
CREATE TABLE d_locked (id int PRIMARY KEY);
INSERT INTO d_locked SELECT generate_series(1, 2000);
BEGIN; SELECT count(*) FROM (SELECT FROM d_locked FOR KEY SHARE) l; SAVEPOINT s; UPDATE d_locked SET id = id; COMMIT;
CREATE TABLE d_indexed (id int, few int, t text);
CREATE INDEX d_id ON d_indexed (id);
CREATE INDEX d_few ON d_indexed (few);
CREATE INDEX d_t ON d_indexed (t) INCLUDE (id);
INSERT INTO d_indexed SELECT i, i % 9, md5(i::text) FROM generate_series(1, 30000) i;
CREATE INDEX d_gin ON d_indexed USING gin ((ARRAY[id, few]));
CREATE INDEX d_brin ON d_indexed USING brin (id) WITH (pages_per_range = 2);
CREATE INDEX d_hash ON d_indexed USING hash (few);
CREATE SEQUENCE d_sequence;
SELECT nextval('d_sequence');
CHECKPOINT;
SQL

my $all = q{SELECT c.oid::regclass, pg_relation_filepath(c.oid), c.relkind FROM pg_class c
	WHERE c.relname ~ '^d_' AND c.relkind IN ('r', 'i', 'S') OR c.oid IN (SELECT reltoastrelid FROM pg_class WHERE relname ~ '^d_')};

# The relations of a node with their contents as they should be.
sub relations
{
	my ($server) = @_;
	$server->safe_psql('postgres', $objects);
	my @relations = map { { name => $_->[0], file => $server->data_dir . "/$_->[1]", kind => $_->[2] } } rows($server, $all);
	$server->restart;
	$_->{bytes} = slurp_file($_->{file}) foreach @relations;
	return grep { length $_->{bytes} } @relations;
}

sub overwrite
{
	my ($relation, $bytes) = @_;
	open my $file, '+<', $relation->{file} or die $!;
	binmode $file;
	syswrite($file, $bytes) == length $bytes or die $!;
	close $file;
	return;
}

# Measures a relation in every way; its WARNINGs, and whether each call gave a row or a proper error.
sub measure
{
	my ($server, @relations) = @_;
	my $script = "SET statement_timeout = '300s';\n\\set VERBOSITY verbose\n";
	foreach my $relation (@relations)
	{
		my $name = literal($relation->{name});
		$script .= $relation->{kind} eq 'S'
		  ? "SELECT pk_sequence_last_value($name);\n"
		  : "SELECT bloat_percent IS NULL OR bloat_percent BETWEEN -1000000 AND 100 FROM pk_bloat($name, 'exact');\n"
		  . "SELECT bloat_percent IS NULL OR bloat_percent BETWEEN -1000000 AND 100 FROM pk_bloat($name, seed => 1);\n";
	}
	my ($code, $out, $err) = $server->psql('postgres', $script, on_error_stop => 0);
	die "the session is lost: $err" unless defined $code && $code == 0;
	my @errors = $err =~ /(?:ERROR|FATAL|PANIC): +(.*)/g;
	push @errors, 'a percentage that is none' if $out =~ /^f$/m;
	return ($err, @errors);
}

my @relations = relations($node);
my ($quiet, @none) = measure($node, @relations);
is("$quiet@none", '', 'sound pages: no warning');

# Random bits, in a random share of the pages.
my ($warned, $flipped, @errors) = (0, 0);
foreach my $round (1 .. $rounds)
{
	foreach my $relation (@relations)
	{
		my $bytes = $relation->{bytes};
		my $share = (0.01, 0.1, 1)[ $round % 3 ];
		foreach my $block (0 .. length($bytes) / 8192 - 1)
		{
			next if rand() > $share;
			# Anywhere, or where the structure is: header and line pointers, or the end of the page.
			my $where = (sub { rand(8192) }, sub { rand(24) }, sub { 24 + rand(200) }, sub { 8192 - 1 - rand(64) })[ rand(4) ];
			foreach (1 .. 1 + rand(8))
			{
				my $bit = int($where->()) * 8 + int(rand(8));
				vec($bytes, $block * 8192 * 8 + $bit, 1) ^= 1;
				$flipped++;
			}
		}
		overwrite($relation, $bytes);
	}
	my ($err, @found) = measure($node, @relations);
	$warned += () = $err =~ /WARNING/g;
	push @errors, @found;
}
note "$flipped bits flipped, $warned warnings";
is("@errors", '', "random bits: every call ends with a row, $rounds rounds");
cmp_ok($warned, '>', $rounds, 'random bits: pages are reported');

# Whole pages: garbage, zeros, the first half of another page (torn), the page of another relation.
foreach my $how ('garbage', 'zeros', 'torn', 'foreign')
{
	foreach my $relation (@relations)
	{
		my $other = $relations[ rand @relations ]{bytes};
		my $bytes = $relation->{bytes};
		foreach my $block (grep { rand() < 0.3 } 0 .. length($bytes) / 8192 - 1)
		{
			my $from = 8192 * int(rand(length($other) / 8192));
			substr($bytes, $block * 8192, 8192) = $how eq 'garbage' ? pack('C*', map { rand 256 } 1 .. 8192)
			  : $how eq 'zeros' ? "\0" x 8192
			  : $how eq 'torn' ? substr($other, $from, 4096) . substr($bytes, $block * 8192 + 4096, 4096)
			  :                  substr($other, $from, 8192);
		}
		overwrite($relation, $bytes);
	}
	my ($err, @found) = measure($node, @relations);
	is("@found", '', "$how: every call ends with a row");
}

# A WARNING for each page whose structure is wrong, and the figures of the rest.
sub warnings_for
{
	my ($server, $relation, %change) = @_;
	my $bytes = $relation->{bytes};
	substr($bytes, $_ * 8192 + $change{at}, length $change{put}) = $change{put} foreach @{ $change{blocks} };
	overwrite($relation, $bytes);
	my ($code, $out, $err) = $server->psql('postgres', "SELECT live_tuples FROM pk_bloat(" . literal($relation->{name}) . ", 'exact')");
	overwrite($relation, $relation->{bytes});
	my @blocks = $err =~ /WARNING: +block (\d+) of relation/g;
	return (join(' ', @blocks), $out, $err);
}
my ($plain) = grep { $_->{name} eq 'd_plain' } @relations;
my ($index) = grep { $_->{name} eq 'd_t' } @relations;
overwrite($_, $_->{bytes}) foreach @relations;
my $live = $node->safe_psql('postgres', "SELECT live_tuples FROM pk_bloat('d_plain', 'exact')");
my @blocks = (3, 5, 60);
foreach ([ 'pd_lower beyond pd_upper', 12, pack('v', 8000) ], [ 'pd_upper outside the page', 14, pack('v', 60000) ],
	[ 'line pointer outside the page', 24, pack('V', 8190 | 1 << 15 | 100 << 17) ],
	[ 'line pointer into the header', 24, pack('V', 8 | 1 << 15 | 100 << 17) ],
	[ 'tuple shorter than its header', 24, pack('V', 8000 | 1 << 15 | 8 << 17) ])
{
	my ($name, $at, $put) = @$_;
	my ($warned, $rest, $err) = warnings_for($node, $plain, blocks => \@blocks, at => $at, put => $put);
	is($warned, '3 5 60', "heap, $name: the pages are named") or diag $err;
	cmp_ok(abs($rest - $live), '<', $live * 0.02, "heap, $name: the rest stands for them");
}
foreach ([ 'pd_special moved', 16, pack('v', 8000) ], [ 'line pointer outside the page', 28, pack('V', 8190 | 1 << 15 | 100 << 17) ])
{
	my ($name, $at, $put) = @$_;
	my ($warned, $rest, $err) = warnings_for($node, $index, blocks => [ 1, 2 ], at => $at, put => $put);
	is(join(' ', sort { $a <=> $b } split ' ', $warned), '1 2', "B-tree, $name: the pages are named") or diag $err;
}

# A transaction that cannot be: its status is not looked for.
my ($tuple_offset) = unpack 'V', substr($plain->{bytes}, 24, 4);
$tuple_offset &= 0x7fff;
foreach ([ 'xmin to come', 2_000_000_000 ], [ 'xmin before the epoch', 4_000_000_000 ], [ 'xmin of old', 3 ])
{
	my ($name, $xid) = @$_;
	my $bytes = $plain->{bytes};
	substr($bytes, $tuple_offset, 4) = pack 'V', $xid;
	substr($bytes, $tuple_offset + 20, 2) = pack 'v', unpack('v', substr($bytes, $tuple_offset + 20, 2)) & ~0x0300;    # no hint
	my ($warned, $rest, $err) = warnings_for($node, { %$plain, bytes => $bytes }, blocks => [], at => 0, put => '');
	is($warned, '0', "heap, $name: the page is named") or diag $err;
}
server_ok($node, 'without checksums');

# With checksums, every changed page is found, whatever was changed.
my @checked = relations($sound);
foreach my $relation (grep { $_->{kind} eq 'r' } @checked)
{
	my $last = length($relation->{bytes}) / 8192 - 1;
	my ($warned, undef, $err) = warnings_for($sound, $relation, blocks => [ 0, $last ], at => 5000, put => "\xff\x00\xff");
	is($warned, "0 $last", "checksums, $relation->{name}: the changed pages are named") or diag $err;
	unlike($err, qr/ERROR/, "checksums, $relation->{name}: no error");
}
server_ok($sound, 'with checksums');
is($sound->safe_psql('postgres', 'SELECT sum(checksum_failures) FROM pg_stat_database'), '0', 'looking does not count as a failure');

done_testing();
