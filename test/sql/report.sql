-- One page with all its sections, which needs nothing but itself.
SET client_min_messages = warning;
CREATE TABLE "</td><script>alert('1')</script>&""" AS SELECT repeat('x', 1000) AS "<b>" FROM generate_series(1, 3000);
CREATE TEMP TABLE pages AS SELECT 'one window' AS what, pk_report(advice => false) AS html
UNION ALL SELECT 'two windows', pk_report(now() - interval '2 hours', now() - interval '1 hour', now() - interval '1 hour', now(), false);
SELECT what, html LIKE E'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>%</html>\n' AS is_one, length(html) < 2000000 AS is_bounded,
       html !~ '[^\x01-\x7f]' AS is_ascii FROM pages;
SELECT what, string_agg(m[1], ' ' ORDER BY n) AS sections FROM pages, regexp_matches(html, '<h2 id="([a-z]+)"', 'g') WITH ORDINALITY r(m, n) GROUP BY what ORDER BY what;
SELECT what, m[1] AS "element that is never closed" FROM pages, LATERAL (SELECT DISTINCT m FROM regexp_matches(html, '<([a-z0-9]+)[ >]', 'g') m) e
WHERE (SELECT count(*) FROM regexp_matches(html, '<' || m[1] || '([ >])', 'g')) - (SELECT count(*) FROM regexp_matches(html, '<' || m[1] || '( [^<>]*)?/>', 'g'))
   <> (SELECT count(*) FROM regexp_matches(html, '</' || m[1] || '>', 'g'));
SELECT what, m[1] AS "link to nowhere" FROM pages, regexp_matches(html, 'href="([^"]*)"', 'g') m WHERE m[1] NOT LIKE '#%' OR strpos(html, format('id="%s"', substr(m[1], 2))) = 0;
SELECT DISTINCT m[1] AS policy FROM pages, regexp_matches(html, 'Content-Security-Policy" content="([^"]*)"') m;
SELECT what, m[1] AS "what would load or run" FROM pages, regexp_matches(html, '(<(?:script|img|link|iframe|object|embed|form|base)\y|<[^>]* (?:src|on[a-z]+)=|@import|url\((?!#))', 'gi') m;
SELECT bool_and(html LIKE '%prefers-color-scheme:dark%' AND html LIKE '%@media print%' AND html LIKE '%name="viewport"%') AS "for every reader" FROM pages;
SELECT count(*) AS "header cells without scope" FROM pages, regexp_matches(html, '<th(?! scope=)[ >]', 'g');
SELECT count(*) AS "pictures without a title" FROM pages, regexp_matches(html, '<svg [^>]*role="img"[^>]*>(?!<title>)', 'g');

-- Names are told as they are.
SELECT what, html LIKE '%public.&quot;&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;&quot;&quot;%' AS is_told FROM pages;
SELECT what, m[1] AS "bare" FROM pages, regexp_matches(html, '(<b>x|</td><script|alert\(''1)', 'g') m;

-- Everybody gets one; what is not for him says so.
CREATE ROLE regress_report_reader;
SET ROLE regress_report_reader;
SELECT (SELECT count(*) FROM regexp_matches(html, '<h2 ', 'g')) AS sections, html LIKE '%This is for members of pg_monitor%' AS says_so FROM pk_report() AS html;
RESET ROLE;
DROP ROLE regress_report_reader;

-- Windows.
SELECT pk_report('2024-01-02', '2024-01-01');
SELECT pk_report('2024-01-01', '2024-01-01');
SELECT pk_report('-infinity', 'infinity');
SELECT pk_report(to1 => '2024-01-01', from1 => NULL, from2 => '2024-01-01', to2 => '2024-01-02');
SELECT pk_report('2024-01-01', '2024-01-02', NULL) LIKE '%No snapshot was taken in the window%' AS without_history;
DROP TABLE "</td><script>alert('1')</script>&""", pages;
