#include "statement.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace perfkit::cli {
namespace {

std::vector<std::string> texts_of(std::string_view sql) {
    std::vector<std::string> texts;
    for (const auto& statement : parse_statements(sql)) texts.push_back(statement.with_parameters());
    return texts;
}

using Texts = std::vector<std::string>;
using Names = std::vector<std::string>;

}  // namespace

TEST(Statement, LiteralsAreQuotedAndNumbersAreNot) {
    const auto statements = parse_statements("SELECT * FROM t WHERE a = :a AND b = :b");
    ASSERT_EQ(statements.size(), 1u);
    EXPECT_EQ(statements[0].with_literals({{"it's", false}, {"-4", true}}),
              "SELECT * FROM t WHERE a = 'it''s' AND b = -4");
}

TEST(Statement, OneParameterServesEveryUse) {
    const auto statements = parse_statements("SELECT :b, :a, :b");
    EXPECT_EQ(statements[0].with_parameters(), "SELECT $1, $2, $1");
    EXPECT_EQ(statements[0].names(), (Names{"b", "a"}));
    EXPECT_EQ(statements[0].with_literals({{"1", true}, {"2", true}}), "SELECT 1, 2, 1");
}

TEST(Statement, QuotesAndCastsHideNoPlaceholder) {
    EXPECT_EQ(texts_of("SELECT ':a', \":a;\", x::int, $$:a;$$, $q$;:a$q$, :a::text"),
              (Texts{"SELECT ':a', \":a;\", x::int, $$:a;$$, $q$;:a$q$, $1::text"}));
    EXPECT_EQ(texts_of("SELECT 'it''s :a', E'\\':a', date':a', :a"),
              (Texts{"SELECT 'it''s :a', E'\\':a', date':a', $1"}));
    // A backslash means nothing in a plain string.
    EXPECT_EQ(texts_of("SELECT '\\', :a"), (Texts{"SELECT '\\', $1"}));
}

TEST(Statement, SplitsAtSemicolonsAndDropsComments) {
    EXPECT_EQ(texts_of("-- first; :a\nSELECT 1; /* a /* nested; */ ; */ SELECT 2 -- done;\n;;\n-- end"),
              (Texts{"SELECT 1", "SELECT 2"}));
    EXPECT_TRUE(texts_of(" ; -- nothing\n").empty());
    EXPECT_EQ(texts_of("SELECT 1 - -1, 4 / 2"), (Texts{"SELECT 1 - -1, 4 / 2"}));
}

TEST(Statement, PlaceholderMayComeFirst) { EXPECT_EQ(texts_of(":what; SELECT 1"), (Texts{"$1", "SELECT 1"})); }

TEST(Statement, DollarsThatAreNoQuotes) {
    EXPECT_EQ(texts_of("SELECT a$b, $1, :a FROM t$x$"), (Texts{"SELECT a$b, $1, $1 FROM t$x$"}));
}

TEST(Statement, WhatIsNotClosedIsRefused) {
    EXPECT_THROW(parse_statements("SELECT 'a"), std::invalid_argument);
    EXPECT_THROW(parse_statements("SELECT $x$ a $y$"), std::invalid_argument);
    EXPECT_THROW(parse_statements("SELECT /* /* */"), std::invalid_argument);
}

TEST(Statement, LiteralsMeanTheSameForEverySetting) {
    EXPECT_EQ(quote_literal("a'b"), "'a''b'");
    EXPECT_EQ(quote_literal("a\\b"), " E'a\\\\b'");
    EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
}

}  // namespace perfkit::cli
