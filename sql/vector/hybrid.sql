
-- hybrid: search by vector, by text and by time at once

CREATE FUNCTION pk_hybrid_search(
    hybrid_table regclass, query_vector vector, query_text text DEFAULT NULL, k int DEFAULT 10,
    vector_column name DEFAULT NULL, text_column name DEFAULT NULL, time_column name DEFAULT NULL, key_column name DEFAULT NULL,
    metric text DEFAULT 'cosine', configuration regconfig DEFAULT NULL, half_life interval DEFAULT '30 days', fusion text DEFAULT 'rrf',
    weights float8[] DEFAULT '{1,1,1}', filter text DEFAULT NULL, candidates int DEFAULT NULL, rrf_k int DEFAULT 60,
    OUT key text, OUT score float8, OUT vector_part float8, OUT text_part float8, OUT time_part float8,
    OUT vector_place int, OUT text_place int, OUT time_place int)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION pk_hybrid_search(regclass, vector, text, int, name, name, name, name, text, regconfig, interval, text, float8[], text, int, int) IS
'The k best rows by vector, by text and by time together, best first: each side gives its candidates by its own index, and they are fused. pk_hybrid_sql() shows the query. Runs as the caller, with his rights and row-level security. For the time of the search hnsw.ef_search is at least candidates, ivfflat.probes enough for them, and with a filter or row-level security iterative scans are on, where pgvector has them. ERROR 22023 for arguments out of range, 42P01, 42703, 42702, 42804 or 42P10 for a table or column that is not there, not told apart, or not fit, 22004 for NULL in hybrid_table. docs/vector.md
hybrid_table: the table, also a partitioned one or a materialised view; without the rows of tables that inherit from it
query_vector: what to be near to; NULL: no search by vector
query_text: words to look for, as of websearch_to_tsquery(); NULL: no search by text
k: number of rows to return, 1 to 1000
vector_column: of type vector or halfvec; NULL: the only such column
text_column: of type tsvector, or text, which needs an index over to_tsvector(configuration, column); NULL: the only tsvector
time_column: a timestamp or date; the latest rows are the best; NULL: no search by time
key_column: a column with a unique index that is not deferrable, and NOT NULL but in a materialised view; NULL: the primary key
metric: l2, inner_product, cosine or l1, of the index to be used
configuration: of the text search; NULL: default_text_search_config
half_life: age at which recency is one half, for the weighted sum
fusion: rrf: the sum of weight / (rrf_k + place) over the sides; weighted: the sum of weight times similarity (1 - distance by cosine, the inner product, else 1 / (1 + distance)), ts_rank(..., 32), and recency
weights: of vector, text and time; those left out count 1
filter: an SQL condition over the table''s columns, run with the caller''s rights: never of text that somebody else wrote
candidates: rows that each side gives to the fusion, from k to 1000; NULL: four times k, at least 200
rrf_k: of reciprocal-rank fusion
key: the row''s key
score: the sum of the parts
vector_part: what its vector adds to the score; NULL: not asked for
text_part: what its text adds
time_part: what its time adds
vector_place: its place among the candidates by vector, from 1; NULL: not among them
text_place: its place among those by text
time_place: its place among those by time';

CREATE FUNCTION pk_hybrid_sql(
    hybrid_table regclass, query_vector vector, query_text text DEFAULT NULL, k int DEFAULT 10,
    vector_column name DEFAULT NULL, text_column name DEFAULT NULL, time_column name DEFAULT NULL, key_column name DEFAULT NULL,
    metric text DEFAULT 'cosine', configuration regconfig DEFAULT NULL, half_life interval DEFAULT '30 days', fusion text DEFAULT 'rrf',
    weights float8[] DEFAULT '{1,1,1}', filter text DEFAULT NULL, candidates int DEFAULT NULL, rrf_k int DEFAULT 60,
    placeholders bool DEFAULT false)
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION pk_hybrid_sql(regclass, vector, text, int, name, name, name, name, text, regconfig, interval, text, float8[], text, int, int, bool) IS
'The query that pk_hybrid_search() runs with the same arguments, as SQL text: for EXPLAIN, pk_explain(), and to be kept in a program; settings that the search would change come before it as comments. Errors as there.
hybrid_table: the table, also a partitioned one or a materialised view; without the rows of tables that inherit from it
query_vector: what to be near to; NULL: no search by vector
query_text: words to look for, as of websearch_to_tsquery(); NULL: no search by text
k: number of rows to return, 1 to 1000
vector_column: of type vector or halfvec; NULL: the only such column
text_column: of type tsvector, or text, which needs an index over to_tsvector(configuration, column); NULL: the only tsvector
time_column: a timestamp or date; the latest rows are the best; NULL: no search by time
key_column: a column with a unique index that is not deferrable, and NOT NULL but in a materialised view; NULL: the primary key
metric: l2, inner_product, cosine or l1, of the index to be used
configuration: of the text search; NULL: default_text_search_config
half_life: age at which recency is one half, for the weighted sum
fusion: rrf: the sum of weight / (rrf_k + place) over the sides; weighted: the sum of weight times similarity (1 - distance by cosine, the inner product, else 1 / (1 + distance)), ts_rank(..., 32), and recency
weights: of vector, text and time; those left out count 1
filter: an SQL condition over the table''s columns, run with the caller''s rights: never of text that somebody else wrote
candidates: rows that each side gives to the fusion, from k to 1000; NULL: four times k, at least 200
rrf_k: of reciprocal-rank fusion
placeholders: write $1 for query_vector and $2 for query_text ($1 where there is no vector); a side is then searched where its column is named';
