-- Errors cross between C++ and PostgreSQL in both directions, and skip no destructor.
CREATE FUNCTION probe(mode text) RETURNS int AS '$libdir/perfkit_guard_probe', 'perfkit_guard_probe' LANGUAGE C STRICT;
CREATE FUNCTION live() RETURNS int AS '$libdir/perfkit_guard_probe', 'perfkit_guard_live' LANGUAGE C STRICT;
\set VERBOSITY verbose
\set SHOW_CONTEXT never
SELECT probe('none'), live();
\set VERBOSITY sqlstate
SELECT probe('bad_alloc');
SELECT probe('invalid');
SELECT probe('runtime');
SELECT probe('int');
SELECT probe('ereport');
SELECT probe('deep');
SELECT probe('throw in call');
SELECT probe('cleanup then ereport');
\set VERBOSITY default
SELECT probe('runtime');
SELECT probe('ereport');
SELECT live() AS live_after_guarded_errors;

-- Caught in PL/pgSQL: a subtransaction aborts, the session goes on.
DO $$
BEGIN
    FOR i IN 1..1000 LOOP
        BEGIN
            PERFORM probe((ARRAY['bad_alloc', 'deep', 'throw in call'])[1 + i % 3]);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $$;
SELECT live() AS live_after_1000_errors;

-- The counter-proof: an ereport that jumps past a destructor leaves the object alive.
SELECT probe('unguarded');
SELECT live() AS leaked;
DROP FUNCTION probe(text), live();
