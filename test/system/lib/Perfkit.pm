# What the system tests share, on top of PostgreSQL's own PostgreSQL::Test::Cluster.
package Perfkit;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Basename;
use File::Copy;
use File::Path;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  perfkit_node create_extension release rows literal server_ok log_ok
  pg_config private_installation install_parts while_lock_is_held
);

# The superuser, whoever runs the tests: they name him.
$ENV{PGUSER} = 'postgres';

# A running server.  Options:
#   preload    what shared_preload_libraries holds (default: both libraries, in the documented order)
#   extension  create it in database postgres (default: yes)
#   conf       lines for postgresql.conf
#   init       arguments of PostgreSQL::Test::Cluster's init, such as [ allows_streaming => 1 ]
#   initdb     more arguments of initdb, such as [ '--data-checksums' ]
sub perfkit_node
{
	my ($name, %option) = @_;
	my $preload = $option{preload} // 'pg_stat_statements,pg_perfkit';
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(
		extra => [ '--username=postgres', '--encoding=UTF8', '--locale=C', @{ $option{initdb} // [] } ],
		@{ $option{init} // [] });
	$node->append_conf('postgresql.conf', join("\n",
		"shared_preload_libraries = '$preload'",
		"shared_buffers = 32MB",
		"max_connections = 40",
		"autovacuum = off",
		"log_statement = none",
		"pg_perfkit.history_interval = 0",    # nothing that comes by itself; history.pl turns it on
		$option{conf} // ''));
	$node->start;
	create_extension($node) if $option{extension} // 1;
	return $node;
}

sub create_extension
{
	my ($node, $database) = @_;
	$node->safe_psql($database // 'postgres', 'CREATE EXTENSION pg_perfkit');
	return;
}

# A subtest: runs the body while a session holds the lock of the tranche, which stops nobody but those who read the view,
# and them only until they are cancelled.
sub while_lock_is_held
{
	my ($node, $tranche, $view, $body) = @_;
	my $library = pg_config('pkglibdir') . '/perfkit_workload_lock_probe';
	plan skip_all => 'not applicable: the probe library is not installed (make install-probe)' unless glob("$library.*");
	$node->safe_psql('postgres', "CREATE FUNCTION hold(text, int) RETURNS void AS '$library', 'perfkit_hold_lock' LANGUAGE C");
	my $holding = q{SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT hold%' AND state = 'active'};
	my ($in, $out, $err) = ('', '', '');
	my $holder = IPC::Run::start([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "SELECT hold('$tranche', 600)" ], \$in, \$out, \$err);
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM ($holding) h") or die 'the lock is not held';
	$body->();
	my ($code, undef, $error) = $node->psql('postgres', "SET statement_timeout = 200; SELECT count(*) FROM $view");
	like($error, qr/canceling statement due to statement timeout/, 'whoever reads waits, and can be cancelled');
	is($node->safe_psql('postgres', "SELECT count(pg_cancel_backend(pid)) FROM ($holding) h"), '1', 'the lock was held all the time');
	$holder->finish;
	is($err, '', 'the lock is released');
	return;
}

# The release that this checkout builds.
sub release
{
	my ($extension) = @_;
	my $control = slurp_file("$ENV{PERFKIT_SOURCE}/" . ($extension // 'pg_perfkit') . '.control');
	$control =~ /^default_version\s*=\s*'(.*)'/m or die 'no default_version';
	return $1;
}

# The parts of an extension's install script, in order: [ name, text ].
sub install_parts
{
	my ($extension) = @_;
	my ($suffix, $folder) = $extension eq 'pg_perfkit' ? ('', 'sql') : $extension =~ /^pg_perfkit(_(\w+))$/ ? ($1, "sql/$2") : die;
	my $makefile = slurp_file("$ENV{PERFKIT_SOURCE}/Makefile.pgxs");
	$makefile =~ s/\\\n/ /g;
	$makefile =~ /^FEATURES$suffix\s*=\s*(.*)/m or die "no FEATURES$suffix in Makefile.pgxs";
	return map {
		my $part = "$ENV{PERFKIT_SOURCE}/$folder/$_";
		[ $_, join('', map { slurp_file($_) } "$part.sql", sort glob("$part/*.sql")) ]
	} split ' ', $1;
}

# The rows of a query, each a reference to an array of its columns; NULL is ''.
sub rows
{
	my ($node, $query, $database) = @_;
	my $out = $node->safe_psql($database // 'postgres', $query,
		extra_params => [ '-F', "\x1f", '-R', "\x1e" ]);
	return map { [ split /\x1f/, $_, -1 ] } split /\x1e/, $out;
}

sub literal
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "'$text'";
}

sub pg_config
{
	my ($what) = @_;
	my ($out) = run_command([ 'pg_config', "--$what" ]);
	return $out;
}

# Makes this test run on a copy of the installation, to whose extension directory it may add files;
# returns that directory.  PostgreSQL finds its files relative to its programs, so programs are
# copied to the same places below another root, and the rest is links.
sub private_installation
{
	my ($bindir, $sharedir, $libdir) = map { pg_config($_) } qw(bindir sharedir pkglibdir);
	my $root = PostgreSQL::Test::Utils::tempdir('installation');
	mkpath([ map { "$root$_" } $bindir, $libdir, "$sharedir/extension" ]);
	foreach (glob("$bindir/*"))
	{
		copy($_, "$root$bindir") or die "could not copy $_: $!";
		chmod 0755, "$root$bindir/" . basename($_);
	}
	foreach ((grep { basename($_) ne 'extension' } glob("$sharedir/*")), glob("$sharedir/extension/* $libdir/*"))
	{
		symlink($_, "$root$_") or die "could not link $_: $!";
	}
	$ENV{PATH} = "$root$bindir:$ENV{PATH}";
	return "$root$sharedir/extension";
}

# Two tests: the server answers (PostgreSQL::Test::Cluster turns restart_after_crash off, so a
# crash would have ended it), and its log is clean.
sub server_ok
{
	my ($node, $name) = @_;
	my ($code, $out) = $node->psql('postgres', 'SELECT 1');
	ok($code == 0 && $out eq '1', "$name: the server answers");
	return log_ok($node, $name);
}

# One test: nothing in the server's log tells of a crash, a failed assertion or a leaked resource.
sub log_ok
{
	my ($node, $name) = @_;
	my @bad = grep {
		/\bPANIC:|TRAP:|was terminated by signal|server process .* exited with exit code
		|resource was not closed|\bleak|refcount|still referenced
		|You don't own a lock|lock .* is not held|stuck spinlock|XX000|internal error/xi
	} split /\n/, slurp_file($node->logfile);
	is(join("\n", @bad), '', "$name: the log is clean");
	return !@bad;
}

1;
