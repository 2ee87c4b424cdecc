#include "perfkit/core/advisor/repair.hpp"

#include <gtest/gtest.h>

#include <string>

#include "perfkit/core/sql_lexer.hpp"

namespace perfkit {
namespace {

using advisor::repair;
using advisor::unify_grouping;

std::string kinds_of(std::string_view sql) {
    std::string kinds;
    for (const SqlToken& token : tokenize(sql)) kinds += "wqsnpo.cb"[static_cast<int>(token.kind)];
    return kinds;
}

std::string words_of(std::string_view sql) {
    std::string words;
    for (const SqlToken& token : tokenize(sql)) words += "|" + std::string(token.text);
    return words;
}

TEST(SqlLexer, KnowsEveryKindOfQuote) {
    EXPECT_EQ(words_of("'it''s' E'a\\'b' b'01' x'ff' U&'d\\0061' N'n'"),
              "|'it''s'|E'a\\'b'|b'01'|x'ff'|U&'d\\0061'|N'n'");
    EXPECT_EQ(words_of("\"a\"\"b\" U&\"c\""), "|\"a\"\"b\"|U&\"c\"");
    EXPECT_EQ(words_of("$$a $1 'b$$ $tag$ $$ $tag$ $1"), "|$$a $1 'b$$|$tag$ $$ $tag$|$1");
    EXPECT_EQ(kinds_of("'a' \"b\" $$c$$ $1 d 1.5e-3"), "sqspwn");
    // Backslashes are plain characters in a standard string.
    EXPECT_EQ(words_of("'a\\' 'b'"), "|'a\\'|'b'");
}

TEST(SqlLexer, KnowsComments) {
    EXPECT_EQ(words_of("a /* b /* c */ d */ e -- f\ng"), "|a|/* b /* c */ d */|e|-- f|g");
    EXPECT_EQ(kinds_of("a--b"), "wc");
    EXPECT_EQ(words_of("1+-- c\n2"), "|1|+|-- c|2");
    EXPECT_EQ(words_of("'-- no' \"/* no\""), "|'-- no'|\"/* no\"");
}

TEST(SqlLexer, SplitsOperators) {
    EXPECT_EQ(words_of("a->>'b'"), "|a|->>|'b'");
    EXPECT_EQ(words_of("a::int<-1"), "|a|::|int|<|-|1");
    EXPECT_EQ(words_of("a@>-b"), "|a|@>-|b");
    EXPECT_EQ(words_of("a$1 b $2c"), "|a$1|b|$2|c");
    EXPECT_EQ(words_of("1..2 .5 1.e"), "|1|.|.2|.5|1.e");
}

TEST(SqlLexer, NeverFails) {
    EXPECT_EQ(kinds_of("'open"), "b");
    EXPECT_EQ(kinds_of("/* open /* */"), "b");
    EXPECT_EQ(kinds_of("$x$ open"), "b");
    EXPECT_EQ(kinds_of("\"open\"\""), "b");
    EXPECT_EQ(kinds_of("$"), ".");
    EXPECT_EQ(kinds_of(""), "");
    EXPECT_EQ(kinds_of("E'\\"), "b");
    std::string all;
    for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
    std::size_t bytes = 0;
    for (const SqlToken& token : tokenize(all + all)) bytes += token.text.size();
    EXPECT_LE(bytes, 2 * all.size());
}

TEST(Repair, MakesCastsOfTypedLiterals) {
    EXPECT_EQ(repair("SELECT now() - interval $1").text, "SELECT now() - CAST($1 AS interval)");
    EXPECT_EQ(repair("WHERE d >= date $1 AND d < DATE $2").text,
              "WHERE d >= CAST($1 AS date) AND d < CAST($2 AS DATE)");
    EXPECT_EQ(repair("t > timestamp with time zone $1").text, "t > CAST($1 AS timestamp with time zone)");
    EXPECT_EQ(repair("t > timestamp(3) without time zone $1").text, "t > CAST($1 AS timestamp(3) without time zone)");
    EXPECT_EQ(repair("t > time $1").text, "t > CAST($1 AS time)");
    EXPECT_EQ(repair("x = numeric(10, 2) $1").text, "x = CAST($1 AS numeric(10, 2))");
    EXPECT_EQ(repair("x = double precision $1").text, "x = CAST($1 AS double precision)");
    EXPECT_EQ(repair("x = national character varying(3) $1").text, "x = CAST($1 AS national character varying(3))");
    EXPECT_EQ(repair("x = app.\"My Type\" $1").text, "x = CAST($1 AS app.\"My Type\")");
    EXPECT_EQ(repair("SELECT jsonb $1 -> $2").text, "SELECT CAST($1 AS jsonb) -> $2");
}

TEST(Repair, KeepsTheFieldsOfAnInterval) {
    EXPECT_EQ(repair("interval $1 day + x").text, "CAST($1 AS interval day) + x");
    EXPECT_EQ(repair("interval $1 day to second(3)").text, "CAST($1 AS interval day to second(3))");
    EXPECT_EQ(repair("interval(2) $1 AND y").text, "CAST($1 AS interval(2)) AND y");
}

TEST(Repair, LeavesParametersAfterKeywords) {
    for (const char* sql : {"SELECT $1",
                            "SELECT DISTINCT $1",
                            "x AND $1",
                            "x LIKE $1 ESCAPE $2",
                            "x AT TIME ZONE $1",
                            "LIMIT $1 OFFSET $2",
                            "FETCH FIRST $1 ROWS ONLY",
                            "x BETWEEN $1 AND $2",
                            "CASE $1 WHEN $2 THEN $3 ELSE $4 END",
                            "x IS DISTINCT FROM $1",
                            "substring(x FROM $1 FOR $2)",
                            "trim(both $1 from x)",
                            "x = ANY ($1)",
                            "GROUP BY $1",
                            "x IN ($1, $2)",
                            "$1::interval",
                            "overlay(x placing $1 from $2)",
                            "position($1 in x)",
                            "ROWS $1 PRECEDING",
                            "x SIMILAR TO $1",
                            "count(*) FILTER (WHERE $1)",
                            "(1, 2) $1",
                            "f(x) + $1",
                            "/* interval */ WHERE $1",
                            "WHERE x <> 'interval' AND $1"})
        EXPECT_EQ(repair(sql).text, sql) << sql;
}

TEST(Repair, CallsExtractAsAFunction) {
    EXPECT_EQ(repair("SELECT extract($1 FROM placed_at)").text, "SELECT pg_catalog.extract($1, placed_at)");
    EXPECT_EQ(repair("EXTRACT( $1 from (a - b))").text, "pg_catalog.extract($1, (a - b))");
    EXPECT_EQ(repair("extract(year FROM x)").text, "extract(year FROM x)");
    EXPECT_EQ(repair("normalize(x, $1) = normalize(y)").text, "pg_catalog.normalize(x, $1) = normalize(y)");
}

TEST(Repair, ReadsShortenedLists) {
    EXPECT_EQ(repair("x IN ($1 /*, ... */)").text, "x = ANY ($1)");
    EXPECT_EQ(repair("x NOT IN ($1 /*, ... */) AND y").text, "x <> ALL ($1) AND y");
    EXPECT_EQ(repair("ARRAY[$1 /*, ... */]").text, "ARRAY[$1 /*, ... */]");
    EXPECT_EQ(repair("x IN ($1 /* one */)").text, "x IN ($1 /* one */)");
}

TEST(Repair, TellsWhatItDid) {
    const auto repaired = repair("t > date $1 AND extract($2 FROM t) = $3");
    ASSERT_EQ(repaired.notes.size(), 2u);
    EXPECT_EQ(repaired.notes[0], "date $1 as CAST($1 AS date)");
    EXPECT_TRUE(repair("SELECT 1").notes.empty());
}

TEST(Repair, UnifiesWhatIsGrouped) {
    EXPECT_EQ(unify_grouping("SELECT date_trunc($1, t), count(*) FROM x WHERE a = $2 GROUP BY date_trunc($3, t)").text,
              "SELECT date_trunc($3, t), count(*) FROM x WHERE a = $2 GROUP BY date_trunc($3, t)");
    EXPECT_EQ(
        unify_grouping("SELECT DATE_TRUNC($1,t) FROM x GROUP BY a, date_trunc($2, t) HAVING count(*) > $3 ORDER BY "
                       "date_trunc($4, t)")
            .text,
        "SELECT DATE_TRUNC($2,t) FROM x GROUP BY a, date_trunc($2, t) HAVING count(*) > $3 ORDER BY date_trunc($2, t)");
    EXPECT_EQ(unify_grouping("SELECT DISTINCT lower(a || $1) FROM x ORDER BY lower(a || $2) DESC").text,
              "SELECT DISTINCT lower(a || $2) FROM x ORDER BY lower(a || $2) DESC");
}

TEST(Repair, UnifiesNothingThatHasTwoReadings) {
    const char* sql =
        "SELECT date_trunc($1, t), date_trunc($2, t) FROM x GROUP BY date_trunc($3, t), date_trunc($4, t)";
    EXPECT_EQ(unify_grouping(sql).text, sql);
    EXPECT_EQ(unify_grouping("SELECT a FROM x GROUP BY a").text, "SELECT a FROM x GROUP BY a");
}

TEST(Repair, CountsParameters) {
    EXPECT_EQ(advisor::parameter_count("$2 + $11 + '$99'"), 11);
    EXPECT_EQ(advisor::parameter_count("SELECT 1"), 0);
}

}  // namespace
}  // namespace perfkit
