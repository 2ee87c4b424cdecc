# Preloaded or not: what works without shared_preload_libraries, and what says so.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $bare = perfkit_node('bare', preload => '');
is($bare->safe_psql('postgres', 'SELECT count(DISTINCT pk_uuidv7()) FROM generate_series(1, 100)'),
	'100', 'functions that need no preload work without it');
server_ok($bare, 'not preloaded');
$bare->stop;

my $node = perfkit_node('preloaded');
is($node->safe_psql('postgres', 'SHOW shared_preload_libraries'),
	'pg_stat_statements,pg_perfkit', 'both libraries are preloaded');
server_ok($node, 'preloaded');
$node->stop;

done_testing();
