#include "perfkit/core/advisor/candidates.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/core/advisor/upkeep.hpp"

namespace perfkit {
namespace {

using namespace advisor;

// Columns 1 to 3, and expression -1 over column 2.
TableFacts table_with_expression() {
    TableFacts table;
    table.id = 7;
    table.rows = 100000;
    table.pages = 2000;
    for (const int column : {1, 2, 3, -1}) {
        ColumnFacts facts;
        facts.sortable = facts.hashable = true;
        facts.name = "c" + std::to_string(column);
        table.columns.emplace(column, std::move(facts));
    }
    table.columns.at(-1).expression = "abs(c2)";
    table.columns.at(-1).reads.push_back(2);
    return table;
}

Clause clause_on(int column, ClauseKind kind = ClauseKind::equal) { return {column, kind, Test::is_null, {}, 0.01}; }

Access access_of(std::vector<Clause> clauses) {
    Access access;
    access.table = 7;
    access.clauses = std::move(clauses);
    access.whole_row = true;
    return access;
}

IndexSpec btree(std::vector<IndexKey> keys) { return {7, Method::btree, std::move(keys), {}, {}}; }

TEST(Candidates, HaveExpressionsAloneAndWithColumns) {
    const TableFacts table = table_with_expression();
    const Access access = access_of({clause_on(-1), clause_on(1), clause_on(3, ClauseKind::range)});
    const auto found = candidates_for(access, table, {}, {});
    for (const IndexSpec& wanted :
         {btree({{-1}}), btree({{1}}), btree({{-1}, {1}}), btree({{-1}, {3}}), btree({{-1}, {1}, {3}})}) {
        EXPECT_TRUE(found.contains(wanted)) << wanted.keys.size();
        EXPECT_TRUE(could_serve(wanted, access));
    }
    EXPECT_FALSE(could_serve(btree({{-2}}), access));
}

TEST(Candidates, LeaveOutWhatAnIndexOnTheExpressionServes) {
    TableFacts table = table_with_expression();
    table.indexes.push_back({1, "existing", btree({{-1}}), true});
    EXPECT_TRUE(candidates_for(access_of({clause_on(-1)}), table, {}, {}).empty());
}

TEST(Candidates, OfUnknownExpressionsAreNoHashIndexes) {
    TableFacts table = table_with_expression();
    table.columns.at(-1).width = 100;
    const auto hash = [&] {
        const auto found = candidates_for(access_of({clause_on(-1)}), table, {}, {});
        return found.contains({7, Method::hash, {{-1}}, {}, {}});
    };
    EXPECT_FALSE(hash());
    table.columns.at(-1).analyzed = true;
    EXPECT_TRUE(hash());
}

IndexSpec partial(std::vector<IndexKey> keys) {
    IndexSpec spec = btree(std::move(keys));
    spec.predicate = {-2, Test::is_true};
    return spec;
}

// Column 1 is compared with a constant that recurs: condition -2, which holds for such a share of the rows.
TableFacts table_with_condition(double share) {
    TableFacts table = table_with_expression();
    ColumnFacts facts;
    facts.true_fraction = share;
    facts.expression = "(c1 = 7)";
    facts.reads.push_back(1);
    table.columns.emplace(-2, std::move(facts));
    return table;
}

TEST(Candidates, ArePartialByARecurringConstant) {
    Access access = access_of({clause_on(1), clause_on(2)});
    const TableFacts table = table_with_condition(0.1);
    EXPECT_FALSE(candidates_for(access, table, {}, {}).contains(partial({{2}})));
    EXPECT_FALSE(could_serve(partial({{2}}), access));
    access.conditions = {{-2, 1}};
    const auto found = candidates_for(access, table, {}, {});
    EXPECT_TRUE(found.contains(partial({{2}})));
    EXPECT_TRUE(could_serve(partial({{2}}), access));
    for (const IndexSpec& spec : found) {
        EXPECT_FALSE(spec.keys.empty());
        EXPECT_FALSE(spec.has_key(-2));
        EXPECT_FALSE(spec.predicate && spec.has_key(1)) << "what is equal in all of it";
    }
}

TEST(Candidates, AreNotPartialForMostRowsNorWhereNotWanted) {
    Access access = access_of({clause_on(1), clause_on(2)});
    access.conditions = {{-2, 1}};
    CandidateOptions full;
    full.partial = false;
    for (const auto& found : {candidates_for(access, table_with_condition(0.6), {}, {}),
                              candidates_for(access, table_with_condition(0.1), {}, full)})
        for (const IndexSpec& spec : found) EXPECT_FALSE(spec.predicate);
}

TEST(Upkeep, OfAPartialIndexIsForItsShareOfTheRows) {
    const TableFacts table = table_with_condition(0.1);
    WriteRates rates;
    rates.inserts = 1000;
    const auto upkeep = [&](const IndexSpec& spec) { return upkeep_of(spec, size_of(spec, table), rates, table, {}); };
    EXPECT_NEAR(upkeep(partial({{2}})), upkeep(btree({{2}})) / 10, 1e-9);
    EXPECT_NEAR(size_of(partial({{2}}), table).entries, 10000, 1e-6);
    // An update of the condition's column moves rows into it and out.
    rates = {};
    rates.updates = 1000;
    rates.hot_share = 1;
    rates.column_updates = {{1, 1000}};
    EXPECT_GT(upkeep(partial({{2}})), 0);
    EXPECT_DOUBLE_EQ(upkeep(btree({{2}})), 0);
}

TEST(Upkeep, OfAnExpressionIsThatOfTheColumnsItReads) {
    const TableFacts table = table_with_expression();
    WriteRates rates;
    rates.updates = 1000;
    rates.hot_share = 1;
    rates.column_updates = {{2, 1000}};
    const auto upkeep = [&](int column) {
        const IndexSpec spec = btree({{column}});
        return upkeep_of(spec, size_of(spec, table), rates, table, {});
    };
    EXPECT_GT(upkeep(-1), 0);
    EXPECT_DOUBLE_EQ(upkeep(-1), upkeep(2));
    EXPECT_DOUBLE_EQ(upkeep(1), 0);
}

}  // namespace
}  // namespace perfkit
