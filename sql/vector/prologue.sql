\echo Use "CREATE EXTENSION pg_perfkit_vector" to load this file. \quit
