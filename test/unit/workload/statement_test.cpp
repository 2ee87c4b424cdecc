#include "perfkit/core/workload/statement.hpp"

#include <gtest/gtest.h>

namespace perfkit::workload {

TEST(WorkloadStatement, FindsTheQuery) {
    for (const auto& [text, query] : std::initializer_list<std::pair<const char*, const char*>>{
             {" SELECT 1 ;\n", "SELECT 1"},
             {"/* app */ SELECT 1 /*tag='x'*/", "/* app */ SELECT 1 /*tag='x'*/"},
             {"WITH a AS (SELECT 1) TABLE a", "WITH a AS (SELECT 1) TABLE a"},
             {"(SELECT 1) UNION (SELECT 2)", "(SELECT 1) UNION (SELECT 2)"},
             {"PREPARE p (int, text) AS SELECT $1", "SELECT $1"},
             {"EXPLAIN (ANALYZE, COSTS off) SELECT 1", "SELECT 1"},
             {"explain analyze verbose select 1", "select 1"},
             {"EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1", "SELECT 1"},
             {"DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT 1 FOR UPDATE", "SELECT 1 FOR UPDATE"},
             {"CREATE TABLE t (a, b) WITH (fillfactor = 70) AS SELECT 1 AS \"data\" WITH NO DATA",
              "SELECT 1 AS \"data\""},
             {"CREATE MATERIALIZED VIEW v AS SELECT 1 WITH DATA", "SELECT 1"},
             {"COPY (SELECT (1)) TO STDOUT", "SELECT (1)"},
             {"x := (SELECT 1) + 2", "SELECT (SELECT 1) + 2"},
             {"r.f[1] := (SELECT 1)", "SELECT (SELECT 1)"},
             {"(SELECT 1) + 2", "SELECT (SELECT 1) + 2"},
             {"(SELECT 1)", "(SELECT 1)"},
             {"EXISTS (SELECT FROM t)", "SELECT EXISTS (SELECT FROM t)"},
             {"a = (SELECT 1)", "SELECT (SELECT 1)"},
             {"x + 1", ""},
             {"REFRESH MATERIALIZED VIEW v", ""},
             {"CALL p()", ""},
             {"ALTER ROLE r PASSWORD 'x'", ""},
             {"CREATE ROLE r PASSWORD 'x'", ""},
             {"EXPLAIN EXECUTE p(1)", ""},
             {"COPY t FROM STDIN", ""},
             {"", ""},
             {"PREPARE", ""},
             {"DECLARE", ""},
             {"COPY (", ""}})
        EXPECT_EQ(query_in(text), query) << text;
}

TEST(WorkloadStatement, NumbersNames) {
    const std::string text = "SELECT v, r.id FROM t WHERE a = v AND b = \"R\".\"i d\" AND c = $2";
    const auto at = [&text](const char* part, std::size_t from = 0) { return text.find(part, from); };
    const Numbered numbered = number_parameters(
        text, {{at("$2"), 2}, {at("= v") + 2, 17}, {at("v,"), 17}, {at("r.id"), 20}, {at("\"R\""), 21}});
    EXPECT_EQ(numbered.text, "SELECT $1, $2 FROM t WHERE a = $1 AND b = $3 AND c = $4");
    EXPECT_EQ(numbered.numbers, (std::vector<int>{17, 20, 21, 2}));
    // Places that are none are left alone.
    EXPECT_EQ(number_parameters(text, {{1, 3}, {9999, 3}}).text, text);
}

TEST(WorkloadStatement, KnowsWhatSpeaksOfSecrets) {
    for (const char* text :
         {"SELECT crypt($1, gen_salt('bf'))", "UPDATE u SET PASSWORD = 'x'",
          "SELECT * FROM dblink('host=h', 'SELECT 1')", "WHERE api_key = 'x'", "pgp_sym_encrypt(a, 'k')"})
        EXPECT_TRUE(speaks_of_secrets(text)) << text;
    for (const char* text : {"SELECT tokens FROM runs WHERE loss < 1", "SELECT * FROM passes WHERE word = 'x'"})
        EXPECT_FALSE(speaks_of_secrets(text)) << text;
}

TEST(WorkloadStatement, TakesConstantsOut) {
    EXPECT_EQ(without_constants(
                  "SELECT 'a', E'b\\'c', $x$d$x$, 1.5e3, $1, \"q\", NULL /* s */ -- t\nFROM t1 WHERE a = U&'e'"),
              "SELECT '***', '***', '***', ?, $1, \"q\", NULL  \nFROM t1 WHERE a = '***'");
    EXPECT_EQ(without_constants("SELECT 'open"), "SELECT '***'");
}

TEST(WorkloadStatement, FindsTheCommentsBeforeIt) {
    for (const auto& [text, comments] : std::initializer_list<std::pair<std::string, const char*>>{
             {"", ""},
             {"/*route='/x'*/ ", "/*route='/x'*/ "},
             {" -- a\n", " -- a\n"},
             {"SELECT 1; /* a; b */ ", " /* a; b */ "},
             {"SELECT 1; /* a /* nested */ */\n-- b\n", " /* a /* nested */ */\n-- b\n"},
             {"SELECT 1;", ""},
             {"EXPLAIN ", ""},
             {"EXPLAIN /* a */ ", ""},
             {"-- no end", ""},
             {"/* no end", ""},
             {"/*/", ""},
             {";" + std::string(2000, ' '), ""},
             {std::string(2000, ' '), ""},
             {std::string(2000, ';'), ""}})
        EXPECT_EQ(text.substr(text.size() - comments_before(text)), comments) << text;
}

}  // namespace perfkit::workload
