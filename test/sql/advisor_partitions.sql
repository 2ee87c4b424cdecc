-- A partitioned table without partitions has no table access method, and is planned as a plain table.
CREATE TABLE advisor_parent (a int, b int) PARTITION BY LIST (a);
CREATE TABLE advisor_hollow PARTITION OF advisor_parent FOR VALUES IN (1) PARTITION BY LIST (b);
CREATE TABLE advisor_leaf PARTITION OF advisor_parent FOR VALUES IN (2);
INSERT INTO advisor_parent SELECT 2, i FROM generate_series(1, 10000) i;
ANALYZE advisor_parent;
SELECT ddl FROM pk_suggest_indexes(ARRAY['SELECT * FROM advisor_parent WHERE b = 1', 'SELECT * FROM advisor_hollow WHERE b = 2']);
DROP TABLE advisor_parent;
