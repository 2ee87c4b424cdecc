-- One order for all sessions: shared memory, so only where pg_perfkit is preloaded; else an error.
SELECT pk_uuid_version(pk_uuidv7());
SET pg_perfkit.uuid_ordering = 'server';
SELECT context, vartype, enumvals, boot_val FROM pg_settings WHERE name = 'pg_perfkit.uuid_ordering';
DO $$
DECLARE
    preloaded boolean := 'pg_perfkit' = ANY (string_to_array(replace(current_setting('shared_preload_libraries'), ' ', ''), ','));
    id uuid;
    last uuid;
    hint text;
BEGIN
    IF NOT preloaded THEN
        BEGIN
            SET pg_perfkit.uuid_ordering = cluster;
            RAISE EXCEPTION 'cluster was taken without shared memory';
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
            IF hint NOT LIKE '%shared_preload_libraries%' THEN RAISE EXCEPTION 'no help in: %', hint; END IF;
        END;
        RETURN;
    END IF;
    -- Increasing, also where a session changes from one order to the other and back.
    FOR i IN 1..20000 LOOP
        EXECUTE 'SET LOCAL pg_perfkit.uuid_ordering = ' || CASE WHEN i / 7 % 2 = 0 THEN 'cluster' ELSE 'backend' END;
        id := pk_uuidv7();
        IF id <= last THEN RAISE EXCEPTION '% after % (call %)', id, last, i; END IF;
        IF pk_uuid_timestamp(id) NOT BETWEEN clock_timestamp() - interval '1 min' AND clock_timestamp() + interval '1 ms' THEN
            RAISE EXCEPTION '% at %', id, clock_timestamp();
        END IF;
        last := id;
    END LOOP;
END $$;
