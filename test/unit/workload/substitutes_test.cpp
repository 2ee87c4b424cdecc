#include "perfkit/core/workload/substitutes.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace perfkit::workload {

namespace {

std::vector<std::string> values(const std::vector<std::string>& from, Substitutes::Common common = {}) {
    Substitutes substitutes(std::move(common));
    for (const std::string& value : from) substitutes.note(value);
    substitutes.seal();
    std::vector<std::string> result;
    for (const std::string& value : from) result.push_back(substitutes.value(value));
    return result;
}

std::string statement(std::string_view sql, Substitutes::Common common = {}) {
    Substitutes substitutes(std::move(common));
    substitutes.note_statement(sql);
    substitutes.seal();
    return substitutes.statement(sql);
}

using Strings = std::vector<std::string>;

}  // namespace

TEST(Substitutes, StringsKeepOrderAndEquality) {
    EXPECT_EQ(values({"mary", "ann", "mary", "zoe", "", "ann@example.org"}),
              (Strings{"k00003", "k00001", "k00003", "k00004", "", "k00002"}));
}

TEST(Substitutes, CommonValuesStay) {
    EXPECT_EQ(values({"failed", "ann", "123456", "{failed,ann}"}, {"failed", "123456"}),
              (Strings{"failed", "k00001", "123456", "{failed,k00001}"}));
}

TEST(Substitutes, NumbersKeepThreeDigitsAndTheirOrder) {
    EXPECT_EQ(values({"7", "999", "-500000", "123456", "123457", "123000", "1234567", "-123457", "-123456"}),
              (Strings{"7", "999", "-500000", "123001", "123002", "123000", "1230001", "-123002", "-123001"}));
}

TEST(Substitutes, PatternsArraysAndJsonKeepTheirForm) {
    EXPECT_EQ(values({"%mary%", "ann%", "{1,20000,30001}", R"({"mail": "ann", "n": [123456, null, 1e10]})",
                      "[2024-01-01,2024-02-01)", R"({"a b","c\"d"})"}),
              (Strings{"%k00004%", "k00002%", "{1,20000,30001}", R"({"mail": "k00002", "n": [123001, null, 1e10]})",
                       "[2024-01-01,2024-02-01)", R"({"k00001","k00003"})"}));
}

TEST(Substitutes, TimesKeepTheirMinute) {
    EXPECT_EQ(values({"2024-02-03", "2024-02-03 04:05:00+00", "2024-02-03 04:05:09.5+00", "2024-02-03 04:05:08+00",
                      "2024-02-03T04:05:08", "1 day", "02:30:00", "month", "YYYY-MM-DD HH24:MI"}),
              (Strings{"2024-02-03", "2024-02-03 04:05:00+00", "2024-02-03 04:05:00.000002+00",
                       "2024-02-03 04:05:00.000001+00", "2024-02-03T04:05:00.000001", "1 day", "02:30:00", "month",
                       "YYYY-MM-DD HH24:MI"}));
}

// What looks like an interval's numbers may be of a telephone.
TEST(Substitutes, NumbersWithoutUnits) {
    EXPECT_EQ(values({"555 123 456", "1 mon 2 days 03:00:00", "1 day 555 123", "12 34"}),
              (Strings{"k00003", "1 mon 2 days 03:00:00", "k00001", "k00002"}));
}

TEST(Substitutes, Uuids) {
    EXPECT_EQ(values({"A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11", "00eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}),
              (Strings{"00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000001"}));
}

TEST(Substitutes, Statements) {
    for (const auto& [text, expected] : std::initializer_list<std::pair<const char*, const char*>>{
             {"SELECT * FROM t WHERE a = 'ann' AND b > 123456 /* by ann */ LIMIT 10 -- ann",
              "SELECT * FROM t WHERE a = 'k00001' AND b > 123001   LIMIT 10  "},
             {"SELECT E'it\\'s', $q$it's$q$, N'x''y', \"quoted\"", "SELECT E'k00002', 'k00001', 'k00003', \"quoted\""},
             {"SELECT B'101', X'1F', 1_234_567, 1e6, 12345e6, -4567.89",
              "SELECT B'000', X'00', 1230001, 1e6, 0, -4560.01"},
             {"SELECT j ->> 'key', j['key'], 'public.t'::regclass, t AT TIME ZONE 'Europe/Vienna', interval '7 days'",
              "SELECT j ->> 'key', j['key'], 'public.t'::regclass, t AT TIME ZONE 'Europe/Vienna', interval '7 days'"},
             {"SELECT ARRAY['ann', 'ben'], ARRAY[['ann'], ['ben']], 'ann'::regrole, timestamp with time zone "
              "'2024-01-01 01:02:03'",
              "SELECT ARRAY['k00001', 'k00002'], ARRAY[['k00001'], ['k00002']], 'k00001'::regrole, timestamp with time "
              "zone '2024-01-01 01:02:00.000001'"},
             {"SELECT date_trunc('day', x), $1, 0.5, '***', 'o''k'",
              "SELECT date_trunc('day', x), $1, 0.5, '***', 'k00001'"},
             {"SELECT 'broken", "SELECT '***'"},
             {"", ""}})
        EXPECT_EQ(statement(text), expected) << text;
    EXPECT_EQ(statement("SELECT 'failed', 'other'", {"failed"}), "SELECT 'failed', 'k00001'");
}

// Whatever the constants, of two of a kind the greater one has the greater substitute.
TEST(Substitutes, OrderOfNumbersOfAnySize) {
    std::vector<std::string> numbers;
    std::uint64_t state = 1;
    for (int i = 0; i < 3000; ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        numbers.push_back(std::to_string(state >> 33 >> (i % 30)));
    }
    const std::vector<std::string> mapped = values(numbers);
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        const auto a = std::stoll(numbers[i - 1]), b = std::stoll(numbers[i]);
        const auto ma = std::stoll(mapped[i - 1]), mb = std::stoll(mapped[i]);
        EXPECT_EQ(a < b, ma < mb) << a << " " << b << " " << ma << " " << mb;
        EXPECT_EQ(a == b, ma == mb);
        EXPECT_NEAR(static_cast<double>(mb), static_cast<double>(b), 0.01 * static_cast<double>(b) + 0.5);
    }
}

TEST(Substitutes, FractionsKeepTheirOrder) {
    const Strings mapped = values({"0.001234", "0.0012341", "3.14159", "3.1416", "3.5", "1234.5", "1234567.5", "0.5"});
    EXPECT_EQ(mapped, (Strings{"0.0012301", "0.0012302", "3.14001", "3.14002", "3.5", "1230.1", "1230000.1", "0.5"}));
}

}  // namespace perfkit::workload
