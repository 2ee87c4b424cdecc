-- Other constants in place of those that were sent, and the import of what another server has captured.
SELECT unnest(anonymous_queries) AS query FROM pk_workload_substitutes(ARRAY[
    'SELECT * FROM t WHERE owner = ''mary'' AND status = ''failed'' AND id > 123456 AND at < ''2024-02-03 04:05:06+00'' /* by mary */ LIMIT 10',
    'SELECT * FROM t WHERE owner IN (''ann'', ''mary'') AND id IN (123456, 123499) AND doc ->> ''mail'' LIKE ''%mary%''', NULL],
    '{}', '{failed}');
SELECT u.* FROM pk_workload_substitutes('{}', ARRAY['mary', 'ann', NULL, '{"mail": "mary"}', '{ann,zoe}', '123456', '12.5', '1 day', 'failed'], '{failed}') s,
    unnest(s.anonymous_parameters) WITH ORDINALITY u(parameter, number);
SELECT * FROM pk_workload_substitutes('{}', '{}', '{}');

\set SHOW_CONTEXT never
SELECT pk_workload_import($$
{"pg_perfkit": 1}$$);
SELECT pk_workload_import(NULL);
\set VERBOSITY sqlstate
SELECT pk_workload_import($${"pg_perfkit": 1}
{"sample": {"queryid": "no number"}}$$);
SELECT pk_workload_import($${"pg_perfkit": 1}
{"sample": $$);
\set VERBOSITY default
SELECT count(*) FROM pk_workload_imports;

SELECT pk_workload_import($${"pg_perfkit": 1, "anonymised": true}
{"statement": {"role": "role 10", "queryid": "-8", "toplevel": true, "calls": 30, "total_ms": 60, "latency": [69, 30], "query": "SELECT * FROM t WHERE id = $1"}}
{"sample": {"role": "role 10", "queryid": "-8", "toplevel": true, "kind": "reservoir", "query": "SELECT * FROM t WHERE id = $1", "parameter_types": ["integer", "text"], "parameters": ["123001", null], "parameter_states": ["value", "null"], "plannable": true, "settings": ["TimeZone=UTC"]}}
{"sample": {"role": "role 10", "queryid": "-8", "toplevel": true, "kind": "slowest", "query": "SELECT * FROM t WHERE id = $1", "ms": 4.5, "plannable": true}}

$$, 'regress');
SELECT import, role, toplevel, queryid, calls, total_ms, latency, query FROM pk_workload_imported;
SELECT kind, weight, ms, query, parameter_types, parameters, parameter_states, settings, plannable FROM pk_workload_imported_samples ORDER BY kind;
-- Another import under the same name replaces it.
SELECT pk_workload_import($${"pg_perfkit": 1}
$$, 'regress');
SELECT import, line FROM pk_workload_imports;
DELETE FROM pk_workload_imports WHERE import = 'regress';
