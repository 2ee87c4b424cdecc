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
my $node = perfkit_node('main', initdb => [ $major >= 18 ? '--no-data-checksums' : () ]);
my $sound = perfkit_node('checksums', initdb => [ '--data-checksums' ]);
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
CREATE INDEX d_gist ON d_indexed USING gist (point(id, few));
CREATE SEQUENCE d_sequence;
SELECT nextval('d_sequence');
CHECKPOINT;
SQL

my $all = q{SELECT c.oid::regclass, c.relname, pg_relation_filepath(c.oid), c.relkind, coalesce(a.amname, 'none')
	FROM pg_class c LEFT JOIN pg_am a ON a.oid = c.relam WHERE c.relname ~ '^d_' AND c.relkind IN ('r', 'i', 'S') OR c.oid IN (SELECT reltoastrelid FROM pg_class WHERE relname ~ '^d_')};

# The relations of a node with their contents as they should be.
sub relations
{
	my ($server) = @_;
	$server->safe_psql('postgres', $objects);
	my @relations = map { { name => $_->[0], relname => $_->[1], file => $server->data_dir . "/$_->[2]", kind => $_->[3], method => $_->[4] } } rows($server, $all);
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

# Bytes of special space of a page.
my %space = (heap => 0, btree => 16, gin => 8, brin => 8, hash => 16);

# Whether the structure of a page is invalid, told from its bytes by the server's headers alone, and no more than any reader
# could know of it.
sub invalid
{
	my ($method, $block, $page) = @_;
	my ($flags, $lower, $upper, $special, $version) = unpack 'x10v5', $page;
	my $meta = $block == 0 && $method ne 'heap';
	return $meta && $method ne 'btree' || $page ne "\0" x 8192 if $upper == 0;
	return 1 if $flags & ~7 || $lower < 24 || $lower > $upper || $upper > $special || $special != 8192 - $space{$method} || $version != 8196;
	if ($method eq 'gin')
	{
		my $gin_version = unpack 'x72l<', $page;
		return !(unpack('x8190v', $page) & 8) || $gin_version < 0 || $gin_version > 2;
	}
	if ($method eq 'brin')
	{
		my $type = unpack 'x8190v', $page;
		return $type < 0xf092 || $type > 0xf093 unless $meta;
		my ($magic, $brin_version, $per_range) = unpack 'x24V3', $page;
		return $type != 0xf091 || $magic != 0xa8109cfa || $brin_version != 1 || $per_range == 0;
	}
	if ($method eq 'hash')
	{
		my ($type, $id) = unpack 'x8188v2', $page;
		return $id != 0xff80 unless $meta;
		my ($magic, $hash_version) = unpack 'x24V2', $page;
		return $id != 0xff80 || ($type & 15) != 8 || $magic != 0x6440640 || $hash_version != 4;
	}
	my $btree = $method eq 'btree';
	my $type = $btree ? unpack('x8188v', $page) : 0;
	return unpack('x24V', $page) != 0x053162 if $type & 8;
	return 0 if $type & 4;    # deleted
	my @pointers = unpack 'x24V' . int(($lower - 24) / 4), $page;
	return 1 if !$btree && @pointers > 291;
	foreach my $pointer (@pointers)
	{
		my ($offset, $state, $length) = ($pointer & 0x7fff, $pointer >> 15 & 3, $pointer >> 17);
		next if !$btree && $state != 1;
		return 1 if $offset < $upper || $offset % 8 || $length < ($btree ? 8 : 23) || $offset + $length > $special;
		my $size = $btree ? unpack('v', substr $page, $offset + 6, 2) & 0x1fff : ord substr $page, $offset + 22, 1;
		return 1 if $size > $length || ($btree ? $size < 8 : $size < 23 || $size % 8);
	}
	return 0;
}

# The blocks of a relation that an exact measurement has to name, and those that have changed.
sub damage
{
	my ($relation, $bytes) = @_;
	my ($method, $original) = ($relation->{method}, $relation->{bytes});
	my @changed = grep { substr($bytes, $_ * 8192, 8192) ne substr($original, $_ * 8192, 8192) } 0 .. length($bytes) / 8192 - 1;
	# Of a GIN index the meta page is read, of a BRIN index the map, too, and of a hash index the bitmaps, which the meta page names.
	my @read = $method eq 'heap' || $method eq 'btree' ? @changed : $space{$method} ? 0 : ();
	if (!grep { $_ == 0 } @changed)
	{
		push @read, 1 .. unpack('x36V', $original) if $method eq 'brin';
		push @read, unpack 'x' . (76 + 4 * 98) . 'V' . unpack('x68V', $original), $original if $method eq 'hash';
	}
	return ([ grep { invalid($method, $_, substr($bytes, $_ * 8192, 8192)) } @read ], \@changed);
}

my @relations = relations($node);
is_deeply([ sort keys %{ { map { $_->{method} => 1 } @relations } } ], [qw(brin btree gin gist hash heap none)], 'pages of every kind');
is(join(' ', map { "$_->{name}: @{ (damage($_, $_->{bytes}))[0] }" } grep { @{ (damage($_, $_->{bytes}))[0] } } @relations), '', 'the test takes sound pages for sound');
my ($quiet, @none) = measure($node, @relations);
is("$quiet@none", '', 'sound pages: no warning');

# Random bits, in a random share of the pages.
my ($warned, $flipped, $invalid, @errors, @unnamed, @blamed) = (0, 0, 0);
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
		($relation->{invalid}, $relation->{changed}) = damage($relation, $bytes);
	}
	my ($err, @found) = measure($node, @relations);
	push @errors, @found;
	my %named;
	$named{$2}{$1} = 1 while $err =~ /WARNING: +\w+: +block (\d+) of relation "([^"]+)" is left out/g;
	foreach my $relation (@relations)
	{
		my $here = $named{ $relation->{relname} } // {};
		my %changed = map { $_ => 1 } @{ $relation->{changed} };
		push @unnamed, map { "round $round: $relation->{relname} $_" } grep { !$here->{$_} } @{ $relation->{invalid} };
		push @blamed, map { "round $round: $relation->{relname} $_" } grep { !$changed{$_} } keys %$here;
		$invalid += @{ $relation->{invalid} };
		$warned += keys %$here;
	}
}
note "$flipped bits flipped, $invalid pages with an invalid structure, $warned pages named";
is("@unnamed", '', 'random bits: every page with an invalid structure is named');
is("@blamed", '', 'random bits: no other page than a changed one is named');
cmp_ok($invalid, '>', $rounds, 'random bits: there are such pages');
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
