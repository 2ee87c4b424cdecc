CREATE EXTENSION pg_perfkit;
\getenv testdir PG_ABS_SRCDIR
\set conventions :testdir '/conventions.sql'
\set ECHO none
\i :conventions
