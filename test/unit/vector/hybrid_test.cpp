#include "perfkit/core/vector/hybrid.hpp"

#include <gtest/gtest.h>

#include <string>

namespace perfkit::vectors {

namespace {

bool has(const std::string& sql, const std::string& part) { return sql.find(part) != std::string::npos; }

Hybrid of_all_sides() {
    Hybrid hybrid;
    hybrid.table = "public.items";
    hybrid.key = "id";
    hybrid.vector = {"v", "OPERATOR(public.<=>)", "$1::public.vector", Metric::cosine};
    hybrid.text = {"body", "'english'::regconfig", "websearch_to_tsquery('english'::regconfig, $2)"};
    hybrid.time = {"made", 3600};
    return hybrid;
}

}  // namespace

TEST(HybridSql, EachSideIsOrderedAsItsIndexIs) {
    const std::string sql = hybrid_sql(of_all_sides());
    EXPECT_TRUE(has(sql, "v OPERATOR(public.<=>) $1::public.vector AS distance\n"));
    EXPECT_TRUE(has(sql, "ORDER BY distance\n          LIMIT 100"));
    EXPECT_TRUE(has(sql, "WHERE to_tsvector('english'::regconfig, body) @@ websearch_to_tsquery("));
    EXPECT_TRUE(has(sql, "ORDER BY at DESC\n          LIMIT 100"));
    EXPECT_TRUE(has(sql, "coalesce(1::float8 / (60 + by_vector.place)::float8, 0) AS vector_part"));
    EXPECT_FALSE(has(sql, "JOIN public.items"));
}

TEST(HybridSql, AnIndexOverACastIsSearchedByTheCast) {
    Hybrid hybrid = of_all_sides();
    hybrid.vector->cast = "public.halfvec(3000)";
    hybrid.fusion = Fusion::weighted;
    const std::string sql = hybrid_sql(hybrid);
    EXPECT_TRUE(has(sql, "(v::public.halfvec(3000)) OPERATOR(public.<=>) $1::public.vector AS distance\n"));
    EXPECT_TRUE(has(sql, "nullif((t.v::public.halfvec(3000)) OPERATOR(public.<=>)"));
}

TEST(HybridSql, ProbesAreEnoughForTheCandidates) {
    EXPECT_EQ(probes_for(100, 1e6, 200), 10);   // the square root
    EXPECT_EQ(probes_for(100, 2000, 200), 20);  // 20 rows in a list
    EXPECT_EQ(probes_for(100, 500, 200), 80);
    EXPECT_EQ(probes_for(100, 100, 200), 100);  // no more than there are
    EXPECT_EQ(probes_for(100, -1, 200), 10);    // never analysed
    EXPECT_EQ(probes_for(1, 0, 200), 1);
}

TEST(HybridSql, KeysAreComparedByTheOperatorGiven) {
    Hybrid hybrid = of_all_sides();
    hybrid.fusion = Fusion::weighted;
    hybrid.equals = "OPERATOR(public.=)";
    const std::string sql = hybrid_sql(hybrid);
    EXPECT_TRUE(has(sql, "LEFT JOIN by_text ON by_text.key OPERATOR(public.=) candidates.key"));
    EXPECT_TRUE(has(sql, "JOIN public.items AS t ON t.id OPERATOR(public.=) candidates.key"));
}

TEST(HybridSql, WhatIsNotAskedForIsNotSearched) {
    Hybrid hybrid = of_all_sides();
    hybrid.text.reset();
    hybrid.time.reset();
    const std::string sql = hybrid_sql(hybrid);
    EXPECT_FALSE(has(sql, "by_text"));
    EXPECT_TRUE(has(sql, "NULL::float8 AS time_part"));
}

TEST(HybridSql, AFilterHoldsForEverySideAndItsCommentEnds) {
    Hybrid hybrid = of_all_sides();
    hybrid.filter = "a = 1 -- only";
    const std::string sql = hybrid_sql(hybrid);
    std::size_t filters = 0;
    for (std::size_t at = sql.find("(a = 1 -- only\n)"); at != std::string::npos;
         at = sql.find("(a = 1 -- only\n)", at + 1))
        ++filters;
    EXPECT_EQ(filters, 3u);
}

TEST(HybridSql, TheWeightedSumIsOfTheRowsOwnValues) {
    Hybrid hybrid = of_all_sides();
    hybrid.fusion = Fusion::weighted;
    hybrid.vector_weight = 0.7;
    const std::string sql = hybrid_sql(hybrid);
    EXPECT_TRUE(has(sql, "JOIN public.items AS t ON t.id = candidates.key"));
    EXPECT_TRUE(
        has(sql, "0.7::float8 * coalesce(1::float8 - nullif(t.v OPERATOR(public.<=>) $1::public.vector, 'NaN'), 0)"));
    EXPECT_TRUE(has(sql, "power(0.5::float8, least(1000, "));
    EXPECT_TRUE(has(sql, "/ 3600::float8))"));
}

}  // namespace perfkit::vectors
