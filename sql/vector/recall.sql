
-- recall: what an index finds of the truly nearest rows

CREATE FUNCTION pk_vector_recall(vector_index regclass, k integer DEFAULT 10, sample integer DEFAULT 100, target double precision DEFAULT 0.95,
                                 settings integer[] DEFAULT NULL, filter text DEFAULT NULL,
                                 OUT setting text, OUT value integer, OUT recall double precision, OUT recall_low double precision,
                                 OUT recall_high double precision, OUT returned double precision, OUT median_ms double precision,
                                 OUT p95_ms double precision, OUT queries integer, OUT is_current boolean, OUT is_smallest boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 10;
COMMENT ON FUNCTION pk_vector_recall(regclass, integer, integer, double precision, integer[], text) IS
'Recall of an hnsw or ivfflat index against exact search, on your own data, at several values of hnsw.ef_search or ivfflat.probes, with the time a search takes; in the order of the values. The queries are the same ones each time, while the table stays as it is. For hnsw they are vectors that no row has, each made of the rows near one drawn at random, since a row is a node of the graph, and found more easily than what the graph does not hold; for ivfflat, and of sparsevec, they are the rows drawn, and a row is no result of its own query. Exact is what the index''s operator says of what is indexed; a row that is as near as the k-th nearest counts as found. Runs as the caller, who needs SELECT on the table and sees what row-level security lets him see; reads the table twice, for hnsw three times; restores the settings. No rows, and a NOTICE, where there are no two rows to compare. ERROR 42809 for what is no such index, 55000 for one that is not valid or that the planner cannot use, 22023 for arguments out of range, 22004 for NULL in vector_index, k, sample, target or settings.
k: number of rows to find, 1 to 999
sample: number of queries, 1 to 10000; the whole table is compared with each, for hnsw twice
target: recall to reach, above 0, up to 1
settings: values to measure; by default they are searched for from the least on, the current one is added, and the smallest that reaches the target is found to about a tenth
filter: an SQL condition over the table''s columns, which every query has
setting: hnsw.ef_search or ivfflat.probes
value: the value that was measured
recall: share of the k nearest that the index found, mean of the queries
recall_low: lower end of its 95 % interval
recall_high: upper end of its 95 % interval
returned: rows that came back, as a share of those wanted, mean of the queries; less than 1 where a filter, a policy or dead rows took what the index gave
median_ms: time of a search with pages in memory, without planning, median in ms
p95_ms: the same, 95th percentile in ms
queries: number of queries
is_current: this is the caller''s present value
is_smallest: of the values measured, this is the smallest that reaches the target; none is marked where none does';
