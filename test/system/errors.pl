# A build that cannot work says why, in one sentence, before anything is compiled.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

# The make that runs this test must not tell the make under test which server to build for.
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES PG_CONFIG)};

my $place = PostgreSQL::Test::Utils::tempdir('errors');
system_or_bail('cp', '-R', (map { "$ENV{PERFKIT_SOURCE}/$_" }
	  qw(Makefile Makefile.pgxs pg_perfkit.control pg_perfkit_vector.control sql src include test)), $place);
unlink glob("$place/src/*/*.o $place/src/*/*/*.o");

# A pg_config that answers as the real one does, but for one question.
my $number = 0;
sub fake
{
	my ($question, $answer) = @_;
	my $file = "$place/pg_config" . $number++;
	my $real = pg_config('bindir') . '/pg_config';
	append_to_file($file, "#!/bin/sh\n[ \"\$1\" = $question ] && { $answer; }\nexec '$real' \"\$@\"\n");
	chmod 0755, $file;
	return $file;
}

sub refused
{
	my ($name, $pg_config, @patterns) = @_;
	my ($out, $err) = run_command([ 'make', '-s', '-C', $place, "PG_CONFIG=$pg_config", 'all' ]);
	my @complaints = grep { !/^make.*(Entering|Leaving) directory/ } split /\n/, $err;
	is(scalar(@complaints), 1, "$name: one line") or diag $err;
	like($complaints[0] // '', $_, "$name: it says $_") foreach @patterns;
	ok(!glob("$place/src/*/*.o") && !-e "$place/build", "$name: nothing was compiled");
	return;
}

append_to_file("$place/text", 'no program');
refused('no such pg_config', '/nowhere/pg_config', qr{/nowhere/pg_config}, qr/PG_CONFIG=/, qr/postgresql-server-dev/);
refused('a file that cannot run', "$place/text", qr{\Q$place\E/text}, qr/PG_CONFIG=/);
refused('a directory', $place, qr/\Q$place\E/, qr/PG_CONFIG=/);
refused('another program', '/bin/echo', qr{/bin/echo}, qr/PG_CONFIG=/);
refused('PostgreSQL 14', fake('--version', 'echo "PostgreSQL 14.13 (Debian 14.13-1)"; exit'), qr/14/, qr/15 or (newer|later)/, qr/PG_CONFIG=/);
refused('no server headers', fake('--includedir-server', 'echo /nowhere/include; exit'), qr/headers/, qr{/nowhere/include},
	qr/postgresql-server-dev/);
refused('no build files', fake('--pgxs', 'echo /nowhere/pgxs.mk; exit'), qr{/nowhere/pgxs.mk}, qr/postgresql-server-dev/);

# No compiler, and one too old for the language.
append_to_file("$place/old-g++", "#!/bin/sh\necho 'unrecognized option -std=c++20' >&2\nexit 1\n");
chmod 0755, "$place/old-g++";
foreach my $compiler ('/nowhere/g++', "$place/old-g++")
{
	my ($out, $err) = run_command([ 'make', '-s', '-C', $place, 'PG_CONFIG=' . pg_config('bindir') . '/pg_config', "CXX=$compiler", 'all' ]);
	my @complaints = grep { !/^make/ } split /\n/, $err;
	is(scalar(@complaints), 1, "$compiler: one line") or diag $err;
	like($complaints[0] // '', qr/\Q$compiler\E compiles no C\+\+20: install/, "$compiler: it says so");
	ok(!glob("$place/src/*/*.o"), "$compiler: nothing was compiled");
}

# With the real pg_config the same place is fine.  Objects made for one server are not taken for another.
my $real = pg_config('bindir') . '/pg_config';
sub compiles
{
	my ($pg_config) = @_;
	my ($out, $err) = run_command([ 'make', '-n', '-C', $place, "PG_CONFIG=$pg_config", 'all' ]);
	is($err, '', 'no complaint');
	return $out =~ /src\/pg\/module\.cpp/;
}
ok(compiles($real), 'the real one would compile');
append_to_file($_, '') foreach "$place/pg_perfkit.so", map { s/\.cpp$/.o/r } glob("$place/src/{core,pg}/*.cpp $place/src/{core,pg}/*/*.cpp");
ok(!compiles($real), 'once is enough for one server');
ok(compiles(fake('--version', 'echo "PostgreSQL 99.1"; exit')), 'but not for the next');

done_testing();
