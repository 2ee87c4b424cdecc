#include "perfkit/core/workload/plan.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include <string>
#include <utility>
#include <vector>

namespace perfkit::workload {

namespace {

PlanNode node(const char* label, std::vector<PlanNode> children = {}, bool append = false) {
    return {label, append, std::move(children)};
}

}  // namespace

TEST(WorkloadPlan, OutlineHasTheOrder) {
    const PlanNode one = node("Hash Join", {node("Seq Scan on a"), node("Hash", {node("Seq Scan on b")})});
    const PlanNode other = node("Hash Join", {node("Seq Scan on b"), node("Hash", {node("Seq Scan on a")})});
    EXPECT_EQ(outline_of(one), "Hash Join(Seq Scan on a, Hash(Seq Scan on b))");
    EXPECT_NE(outline_of(one), outline_of(other));
    EXPECT_NE(shape_of(outline_of(one)), shape_of(outline_of(other)));
}

TEST(WorkloadPlan, PartitionsCountOnce) {
    const PlanNode seq = node("Seq Scan on t"), index = node("Index Scan using i on t");
    EXPECT_EQ(outline_of(node("Append", {seq, seq, seq}, true)), outline_of(seq));
    EXPECT_EQ(outline_of(node("Append", {seq, index, seq}, true)), outline_of(node("Append", {index, seq}, true)));
    EXPECT_EQ(outline_of(node("Append", {seq, index}, true)), "Append(Index Scan using i on t, Seq Scan on t)");
    EXPECT_EQ(outline_of(node("Append", {}, true)), "Append");
    EXPECT_EQ(outline_of(node("BitmapOr", {index, index})),
              "BitmapOr(Index Scan using i on t, Index Scan using i on t)");
}

// FNV-1a's published value for "a"; shapes are compared between servers.
TEST(WorkloadPlan, ShapeIsStable) { EXPECT_EQ(static_cast<std::uint64_t>(shape_of("a")), 0xaf63dc4c8601ec8cu); }

TEST(WorkloadPlan, CompactsOutsideOfStringsOnly) {
    EXPECT_EQ(compact_json("[\n  {\n    \"A b\": \"x  \\\" y\\\\\",\n    \"C\": [1, 2.50]\n  }\n]\n"),
              "[{\"A b\":\"x  \\\" y\\\\\",\"C\":[1,2.50]}]");
    EXPECT_EQ(compact_json("\"open"), "\"open");
    EXPECT_EQ(compact_json(""), "");
}

TEST(WorkloadPlan, ConstantsGo) {
    const auto bare = [](const char* json) { return plan_without_constants(json); };
    EXPECT_EQ(bare(R"j({"Node Type":"Seq Scan","Plan Rows":5,"Filter":"((a = 5) AND (b = 'x\"y\n5'::text))"})j"),
              R"j({"Node Type":"Seq Scan","Plan Rows":5,"Filter":"((a = ?) AND (b = '***'::text))"})j");
    EXPECT_EQ(bare(R"j({"Relation Name":"t 5","Index Name":"i'5","Alias":"5"})j"),
              R"j({"Relation Name":"t 5","Index Name":"i'5","Alias":"5"})j");
    EXPECT_EQ(bare(R"j({"Sort Key":["(a + 1)","b"],"Remote SQL":"SELECT a FROM t WHERE ((b = 'x'))"})j"),
              R"j({"Sort Key":["(a + ?)","b"],"Remote SQL":"SELECT a FROM t WHERE ((b = '***'))"})j");
    EXPECT_EQ(bare(R"j({"Settings":{"work_mem":"5MB"},"Filter":"(a = '5')"})j"),
              R"j({"Settings":{"work_mem":"5MB"},"Filter":"(a = '***')"})j");
    EXPECT_EQ(bare(R"j({"Filter":"(a = E'\\x')"})j"), R"j({"Filter":"(a = '***')"})j");
    // A key Settings whose value is no object hides nothing that comes later.
    EXPECT_EQ(bare(R"j({"Settings":"5","Plan":{"Filter":"(a = 5)"}})j"),
              R"j({"Settings":"?","Plan":{"Filter":"(a = ?)"}})j");
    EXPECT_EQ(bare("\"unfinished '5\""), "\"unfinished '***'\"");
}

// Whatever it is given, it comes to an end.
TEST(WorkloadPlan, DamagedTextIsHarmless) {
    const std::string whole = R"j([{"Plan":{"Filter":"(a = '\u0001x\"')","Settings":{"a":"b"}}}])j";
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        (void)plan_without_constants(whole.substr(0, cut));
        (void)plan_without_constants(whole.substr(cut));
        EXPECT_LE(compact_json(whole.substr(0, cut)).size(), cut);
    }
}

}  // namespace perfkit::workload
