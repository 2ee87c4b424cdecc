
-- report: one page of HTML on what the server does, for people

CREATE FUNCTION pk_report("from" timestamptz DEFAULT NULL, "to" timestamptz DEFAULT NULL, advice boolean DEFAULT true) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION pk_report(timestamptz, timestamptz, boolean) IS
'A report on this database in a window of time: one HTML page, self-contained, without script, in ASCII and less than 2 MB. What to do first; health, statements with the distribution of their times, indexes, waits, cache, storage with bloat, and the course of the measures. Where there is no history of the window, what the counters have since they began. Works for everybody, on a standby and without preload; a section that cannot be told, or that is not for the caller, says so. ERROR 22023 for a window that does not begin before it ends. docs/report.md
from: beginning of the window; NULL for a day before its end
to: its end; NULL for now
advice: whether to ask for advice on indexes, which takes some seconds where there is much to plan';

CREATE FUNCTION pk_report(from1 timestamptz, to1 timestamptz, from2 timestamptz, to2 timestamptz, advice boolean DEFAULT true) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION pk_report(timestamptz, timestamptz, timestamptz, timestamptz, boolean) IS
'The same report on two windows of time, before and after a deployment say: what changed, statement by statement as pk_compare() has it, and each measure of both. ERROR 22023 for a window without a beginning and an end, or that does not begin before it ends.
advice: whether to ask for advice on indexes';
