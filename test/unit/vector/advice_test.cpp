#include "perfkit/core/vector/advice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace perfkit::vectors {

namespace {

Column column_of(double rows, int dimensions, Type type = Type::vector) {
    Column column;
    column.type = type;
    column.dimensions = dimensions;
    column.rows = column.elements = rows;
    column.heap_pages = rows / 10;
    return column;
}

bool tells(const std::vector<std::string>& texts, const std::string& part) {
    return std::any_of(texts.begin(), texts.end(),
                       [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

Existing ivfflat_of(int lists) {
    Existing index;
    index.name = "public.i";
    index.method = Method::ivfflat;
    index.metric = Metric::cosine;
    index.lists = lists;
    return index;
}

std::vector<int> counted(std::string_view sql) {
    int counts[6] = {};
    count_metrics(sql, "items", "embedding", counts);
    return {std::begin(counts), std::end(counts)};
}

}  // namespace

TEST(VectorAdvice, FewRowsNeedNoIndex) {
    const Advice advice = advise(column_of(1000, 768), {});
    EXPECT_EQ(advice.action, Action::none);
    EXPECT_EQ(advice.method, Method::exact);
}

TEST(VectorAdvice, HnswWhereItFits) {
    const Advice advice = advise(column_of(500'000, 128), {});
    EXPECT_EQ(advice.action, Action::create);
    EXPECT_EQ(advice.method, Method::hnsw);
    EXPECT_EQ(advice.workers, 2);
    EXPECT_TRUE(tells(advice.warnings, "maintenance_work_mem is 64 MB"));
    Server large;
    large.maintenance_bytes = 2e9;
    EXPECT_TRUE(advise(column_of(500'000, 128), large).warnings.empty());
}

TEST(VectorAdvice, IvfflatWhereItDoesNot) {
    Server small;
    small.memory_bytes = 1e9;
    const Advice advice = advise(column_of(4e6, 128), small);
    EXPECT_EQ(advice.method, Method::ivfflat);
    EXPECT_EQ(advice.lists, 2000);
    EXPECT_EQ(advice.probes, 45);
    EXPECT_TRUE(tells(advice.warnings, "end in an error"));
    // ivfflat has no Manhattan distance.
    Column column = column_of(4e6, 128);
    column.metric = Metric::l1;
    EXPECT_EQ(advise(column, small).method, Method::hnsw);
    EXPECT_TRUE(tells(advise(column, small).warnings, "ivfflat has no l1"));
}

TEST(VectorAdvice, IvfflatWhereRowsAreWrittenAnewAllTheTime) {
    Column column = column_of(500'000, 128);
    column.rewritten_per_second = 1000;
    EXPECT_EQ(advise(column, {}).method, Method::ivfflat);
}

TEST(VectorAdvice, ListsThatNoLongerFit) {
    Column column = column_of(500'000, 128);
    column.indexes = {ivfflat_of(400)};
    EXPECT_EQ(advise(column, {}).action, Action::keep);
    column.indexes = {ivfflat_of(100)};
    const Advice advice = advise(column, {});
    EXPECT_EQ(advice.action, Action::rebuild);
    EXPECT_EQ(advice.lists, 500);
    EXPECT_EQ(advice.existing, &column.indexes.front());
    EXPECT_TRUE(tells(advice.warnings, "has 100 lists, and 500000 rows should have 500"));
}

TEST(VectorAdvice, IndexesThatDoNotServe) {
    Column column = column_of(500'000, 128);
    column.indexes = {ivfflat_of(500), ivfflat_of(500), ivfflat_of(500)};
    column.indexes[0].metric = Metric::l2;
    column.indexes[1].valid = false;
    column.indexes[2].partial = true;
    const Advice advice = advise(column, {});
    EXPECT_EQ(advice.action, Action::create);
    EXPECT_TRUE(tells(advice.warnings, "serves <->, no search by <=>"));
    EXPECT_TRUE(tells(advice.warnings, "is not valid"));
    EXPECT_TRUE(tells(advice.reasons, "with its condition only"));
}

TEST(VectorAdvice, IndexThatHasSwollen) {
    Column column = column_of(500'000, 128);
    column.indexes = {ivfflat_of(500)};
    column.indexes[0].bytes = 1e9;
    EXPECT_TRUE(tells(advise(column, {}).warnings, "REINDEX INDEX CONCURRENTLY"));
}

TEST(VectorAdvice, ManyDimensionsBecomeFewerBits) {
    Server large;
    large.memory_bytes = 1e12;
    EXPECT_EQ(advise(column_of(1e5, 3072), large).indexed, Type::halfvec);
    const Advice binary = advise(column_of(1e5, 4096), large);
    EXPECT_EQ(binary.indexed, Type::bit);
    EXPECT_EQ(binary.metric, Metric::hamming);
    EXPECT_EQ(advise(column_of(1e5, 64'001, Type::bit), large).action, Action::none);
}

TEST(VectorAdvice, UnknownDimensions) {
    Column column = column_of(1e5, 0);
    EXPECT_EQ(advise(column, {}).action, Action::none);
    column.dimensions = 3;
    column.several_dimensions = true;
    EXPECT_TRUE(tells(advise(column, {}).warnings, "different dimensions"));
}

TEST(VectorAdvice, WorkersOfABuild) {
    const double gigabyte = 1024.0 * 1024 * 1024;
    Column column = column_of(1e6, 8);
    EXPECT_EQ(index_workers(column, {}, gigabyte), 2);
    EXPECT_EQ(index_workers(column, {}, gigabyte / 16), 1);
    column.heap_pages = 1000;
    EXPECT_EQ(index_workers(column, {}, gigabyte), 0);
    column.parallel_workers = 1;
    EXPECT_EQ(index_workers(column, {}, gigabyte), 1);
    column.temporary = true;
    EXPECT_EQ(index_workers(column, {}, gigabyte), 0);
}

TEST(VectorMetrics, ToldByTheOperatorBesideTheColumn) {
    EXPECT_EQ(counted("SELECT id FROM items ORDER BY embedding <=> $1 LIMIT 5"), (std::vector{0, 0, 1, 0, 0, 0}));
    EXPECT_EQ(counted("select * from public.\"items\" i order by $1 OPERATOR(public.<->) i.\"embedding\""),
              (std::vector{1, 0, 0, 0, 0, 0}));
    EXPECT_EQ(counted("SELECT 1 - (EMBEDDING::halfvec(3) <#> '[1,2,3]') FROM Items"), (std::vector{0, 1, 0, 0, 0, 0}));
    EXPECT_EQ(counted("SELECT embedding, other <=> $1 FROM items"), (std::vector{0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(counted("SELECT embedding <=> $1 FROM others"), (std::vector{0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(counted("SELECT '<=>' FROM items -- embedding <=> $1"), (std::vector{0, 0, 0, 0, 0, 0}));
}

}  // namespace perfkit::vectors
