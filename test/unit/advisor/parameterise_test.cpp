#include "perfkit/core/advisor/parameterise.hpp"

#include <gtest/gtest.h>

namespace perfkit {
namespace {

using advisor::parameterise;
using advisor::parameterise_blanks;

TEST(Parameterise, PutsParametersInThePlaceOfConstants) {
    EXPECT_EQ(parameterise("SELECT a + 1 FROM t WHERE b = 'it''s' AND c > 1.5e-3 LIMIT 10"),
              "SELECT a + $1 FROM t WHERE b = $2 AND c > $3 LIMIT $4");
    EXPECT_EQ(parameterise("SELECT 1 FROM t WHERE a = $2 AND b = $1 AND c IN (3, $$4$$)"),
              "SELECT $3 FROM t WHERE a = $2 AND b = $1 AND c IN ($4, $5)");
    EXPECT_EQ(parameterise("SELECT d > date '2024-01-01' - interval '3 days', x IS NULL, true FROM \"1\""),
              "SELECT d > date $1 - interval $2, x IS NULL, true FROM \"1\"");
}

TEST(Parameterise, TakesASignAlong) {
    EXPECT_EQ(parameterise("SELECT -5, (-5), a - 5, a * -5, f(a)-5 FROM t WHERE b = -1 AND c BETWEEN -2 AND - 3"),
              "SELECT $1, ($2), a - $3, a * $4, f(a)-$5 FROM t WHERE b = $6 AND c BETWEEN $7 AND $8");
}

TEST(Parameterise, LeavesWhatCannotBeAParameter) {
    EXPECT_EQ(parameterise("SELECT a::numeric(10, 2), b::varchar(3) FROM t GROUP BY 1, 2 ORDER BY 1 DESC, 2 LIMIT 3"),
              "SELECT a::numeric(10, 2), b::varchar(3) FROM t GROUP BY 1, 2 ORDER BY 1 DESC, 2 LIMIT $1");
    EXPECT_EQ(parameterise("SELECT rank() OVER (ORDER BY 1 + a), f(2) FROM t ORDER BY a, f(1, 2), 2 + b"),
              "SELECT rank() OVER (ORDER BY $1 + a), f($2) FROM t ORDER BY a, f($3, $4), $5 + b");
}

TEST(Parameterise, DropsComments) {
    EXPECT_EQ(parameterise("SELECT/* 'secret' */1 -- 2\nFROM t"), "SELECT $1  \nFROM t");
    EXPECT_EQ(parameterise("/* a */ SELECT 1 /* b */"), "  SELECT $1  ");
}

TEST(Parameterise, ReadsBlanks) {
    EXPECT_EQ(parameterise_blanks("SELECT * FROM t WHERE a = ? AND b = '***' AND c > -? LIMIT ?"),
              "SELECT * FROM t WHERE a = $1 AND b = $2 AND c > $3 LIMIT $4");
    EXPECT_EQ(parameterise_blanks("SELECT * FROM t WHERE doc ? '***' AND n IN (?, ?) AND doc ?| array['***']"),
              "SELECT * FROM t WHERE doc ? $1 AND n IN ($2, $3) AND doc ?| array[$4]");
    EXPECT_EQ(parameterise_blanks("SELECT a FROM t WHERE n=? ORDER BY 1"), "SELECT a FROM t WHERE n=$1 ORDER BY 1");
}

}  // namespace
}  // namespace perfkit
