-- One line, or the lines of a histogram.
SELECT pk_metric_text('a', NULL, 1, NULL), pk_metric_text('a_total', '{}', 0.25, NULL), pk_metric_text('a', NULL, 'NaN', NULL), pk_metric_text('a', NULL, '-Infinity', NULL);
SELECT pk_metric_text('a', ARRAY['b', E'back\\slash "quote"\nline', 'left_out', NULL, 'empty', ''], 1e15, NULL);
SELECT pk_metric_text('h', ARRAY['b', 'c'], 1.5, '{81,2,146,1,200,1}');
SELECT pk_metric_text('h', NULL, 0, '{}');
SELECT pk_metric_text(NULL, NULL, 1, NULL) IS NULL AND pk_metric_text('a', NULL, NULL, NULL) IS NULL AS nothing;
SELECT pk_metric_text('a', '{b}', 1, NULL);
SELECT pk_metric_text('a', '{NULL,b}', 1, NULL);
SELECT pk_metric_text('a', NULL, 1, '{1}');

-- The whole text, as somebody with pg_monitor gets it.
SET ROLE pg_monitor;
CREATE TEMP TABLE metric_lines AS SELECT n, line FROM regexp_split_to_table((SELECT pk_metrics()), '\n') WITH ORDINALITY l(line, n);
RESET ROLE;
SELECT line AS "no line of the format" FROM metric_lines
WHERE line !~ '^# (HELP pg_perfkit_[a-z_]+ [^\\]+|TYPE pg_perfkit_[a-z_]+ (counter|gauge|histogram))$'
  AND line !~ '^pg_perfkit_[a-z_]+(\{[a-z_]+="([^"\\\n]|\\[\\"n])*"(,[a-z_]+="([^"\\\n]|\\[\\"n])*")*\})? -?[0-9.]+(e[-+][0-9]+)?$'
  AND n < (SELECT max(n) FROM metric_lines);
SELECT line = '' AS ends_with_a_line_feed FROM metric_lines ORDER BY n DESC LIMIT 1;
CREATE TEMP TABLE metric_families AS
SELECT substring(line FROM '^# TYPE (\S+)') AS name, substring(line FROM '(\S+)$') AS type, n AS first, coalesce(lead(n) OVER (ORDER BY n) - 1, (SELECT max(n) FROM metric_lines)) AS last
FROM metric_lines WHERE line LIKE '# TYPE %';
SELECT name AS "twice" FROM metric_families GROUP BY name HAVING count(*) > 1;
SELECT f.name AS "no HELP before it" FROM metric_families f JOIN metric_lines l ON l.n = f.first - 1 WHERE l.line NOT LIKE '# HELP ' || f.name || ' %';
SELECT f.name, l.line AS "of another family" FROM metric_families f JOIN metric_lines l ON l.n BETWEEN f.first AND f.last AND l.line ~ '^pg_'
WHERE substring(l.line FROM '^[a-z_]+') <> ALL (CASE f.type WHEN 'histogram' THEN ARRAY[f.name || '_bucket', f.name || '_sum', f.name || '_count'] ELSE ARRAY[f.name] END);
SELECT name AS "unit or type of counter" FROM metric_families WHERE (type = 'counter') <> (name LIKE '%\_total');
SELECT substring(line FROM '^[^ ]+ ?.*(?= )') AS "series twice" FROM metric_lines WHERE line ~ '^pg_' GROUP BY 1 HAVING count(*) > 1;
SELECT line AS "area that failed" FROM metric_lines WHERE line ~ '^pg_perfkit_up\{.*\} 0$';
SELECT count(*) AS areas FROM metric_lines WHERE line ~ '^pg_perfkit_up\{.*\} 1$';

-- Every histogram: buckets rise, and the last one is the count.
CREATE TEMP TABLE metric_buckets AS
SELECT n, replace(regexp_replace(line, ',?le="[^"]*"\} \S+$', ''), '_bucket{', ' ') AS series,
       replace(substring(line FROM '[{,]le="([^"]*)"\} \S+$'), '+Inf', 'Infinity')::float8 AS le, substring(line FROM '\S+$')::bigint AS calls
FROM metric_lines WHERE line ~ '^\w+_bucket\{';
SELECT DISTINCT series AS "falls" FROM (SELECT series, calls - lag(calls) OVER w AS step, le - lag(le) OVER w AS width FROM metric_buckets WINDOW w AS (PARTITION BY series ORDER BY n)) b WHERE step < 0 OR width <= 0;
SELECT series AS "not fifteen" FROM metric_buckets GROUP BY series HAVING count(*) <> 15;
SELECT count(*) AS "count is not that of +Inf" FROM metric_buckets b
WHERE le = 'Infinity' AND NOT EXISTS (SELECT FROM metric_lines l WHERE regexp_replace(l.line, '^(\w+)_count(\{(.*)\})? (\S+)$', '\1 \3 \4') = b.series || ' ' || b.calls);
SELECT (count(*) FILTER (WHERE line LIKE 'pg_perfkit_capture_up 1') = 1) = (count(*) FILTER (WHERE line LIKE 'pg_perfkit_statement_seconds_count%') = 2) AS "with capture its histograms" FROM metric_lines;

-- What there is can be asked for in part.
SELECT count(*) AS health, count(*) FILTER (WHERE labels[2] <> 'connections') AS others FROM pk_metric_samples(checks => '{connections}') WHERE name = 'health_status';
SELECT count(*) AS without FROM pk_metric_samples(0, 0, '{}', 0) WHERE name IN ('health_status', 'query_seconds', 'relation_bytes', 'database_size_bytes');
SELECT value = (SELECT count(*) FROM pg_database) AS "sizes are said to be left out" FROM pk_metric_samples(0, 0, '{}', 0) WHERE name = 'left_out' AND labels[2] = 'sizes of databases';
SELECT string_agg(DISTINCT labels[2], ' ') AS areas FROM pk_metric_samples(areas => '{vacuum,bloat}') WHERE name = 'up';
SELECT pk_metrics(areas => '{}');
\set SHOW_CONTEXT never
SELECT pk_metrics(areas => '{vacuum,vacum}');
SELECT pk_metrics(areas => '{NULL}');
DROP TABLE metric_lines, metric_families, metric_buckets;
