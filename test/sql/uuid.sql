SELECT substr(pk_uuidv7()::text, 15, 1) AS version;
SELECT count(DISTINCT pk_uuidv7()) FROM generate_series(1, 1000);
-- Strictly increasing within a session.
SELECT bool_and(id > previous) AS increasing
FROM (SELECT id, lag(id) OVER (ORDER BY i) AS previous
      FROM (SELECT i, pk_uuidv7() AS id FROM generate_series(1, 10000) i) ids) pairs;
SELECT abs(extract(epoch FROM clock_timestamp() - pk_uuid_timestamp(pk_uuidv7()))) < 60 AS now;
-- The example of RFC 9562, appendix A.6, and a version without a time.
SELECT pk_uuid_timestamp('017F22E2-79B0-7CC3-98C4-DC0C0C07398F') AT TIME ZONE 'UTC' AS rfc;
SELECT pk_uuid_timestamp('919108f7-52d1-4320-9bac-f847db4148a8') AS version_4;
