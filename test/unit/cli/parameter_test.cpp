#include "parameter.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>

namespace perfkit::cli {
namespace {

// Answers every lookup with the rows it was given, and counts.
class FixedSource : public LookupSource {
public:
    explicit FixedSource(LookupRows rows = {}) : rows_(std::move(rows)) {}
    LookupRows rows_of(const std::string&) override {
        ++asked;
        return rows_;
    }
    int asked = 0;

private:
    LookupRows rows_;
};

LookupRows letters(std::size_t count) {
    LookupRows rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back({{std::string(1, static_cast<char>('a' + i)), false}});
    return rows;
}

std::map<std::string, int> draw_many(const std::string& distribution, int count, LookupSource& source) {
    Generator generator(parse_distribution(distribution), 0, source);
    Random random(1);
    std::map<std::string, int> seen;
    for (int i = 0; i < count; ++i) {
        std::vector<Value> values;
        generator.draw(random, source, values);
        ++seen[values.at(0).text];
    }
    return seen;
}

std::map<std::string, int> draw_many(const std::string& distribution, int count) {
    FixedSource none;
    return draw_many(distribution, count, none);
}

std::string refusal_of(const std::string& distribution) {
    try {
        parse_distribution(distribution);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST(Parameter, UniformReachesBothEndsAndNothingElse) {
    const auto seen = draw_many("uniform(-2, 2)", 10'000);
    ASSERT_EQ(seen.size(), 5u);
    for (const auto& [value, count] : seen) EXPECT_NEAR(count, 2000, 200) << value;
    EXPECT_EQ(draw_many("uniform(7, 7)", 10).at("7"), 10);
}

TEST(Parameter, ZipfFollowsItsLaw) {
    // Shares of 1/1, 1/2, 1/3, 1/4 of their sum 25/12.
    const auto seen = draw_many("zipf(4, 1)", 25'000);
    ASSERT_EQ(seen.size(), 4u);
    EXPECT_NEAR(seen.at("1"), 12'000, 300);
    EXPECT_NEAR(seen.at("2"), 6'000, 300);
    EXPECT_NEAR(seen.at("3"), 4'000, 300);
    EXPECT_NEAR(seen.at("4"), 3'000, 300);
}

TEST(Parameter, ChoiceKeepsWeights) {
    const auto seen = draw_many("choice('it''s' 3, 'b', 'never' 0)", 8'000);
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_NEAR(seen.at("it's"), 6'000, 200);
}

TEST(Parameter, ChoiceKeepsNumbersAsNumbers) {
    const auto choice = std::get<Choice>(parse_distribution("choice(1 6, -2.5 3, 'x')"));
    EXPECT_EQ(choice.values[0].text, "1");
    EXPECT_TRUE(choice.values[0].number);
    EXPECT_EQ(choice.values[1].text, "-2.5");
    EXPECT_FALSE(choice.values[2].number);
    EXPECT_EQ(choice.weights, (std::vector<double>{6, 3, 1}));
}

TEST(Parameter, TimesAreRelativeToTheRun) {
    const auto range = std::get<TimeRange>(parse_distribution("time(-2 hours, now)"));
    EXPECT_EQ(range.from_seconds, -7200);
    EXPECT_EQ(range.to_seconds, 0);
    EXPECT_EQ(std::get<TimeRange>(parse_distribution("date(-1 day, +30 minutes)")).to_seconds, 1800);
    EXPECT_EQ(format_time(951'782'399.25, false), "2000-02-28 23:59:59.250000+00");
    EXPECT_EQ(format_time(951'868'799, true), "2000-02-29");
    EXPECT_EQ(format_time(-0.5, false), "1969-12-31 23:59:59.500000+00");
}

TEST(Parameter, UuidsAreVersion4AndNew) {
    const auto seen = draw_many("uuid", 1000);
    EXPECT_EQ(seen.size(), 1000u);
    for (const auto& [uuid, count] : seen) {
        ASSERT_EQ(uuid.size(), 36u);
        EXPECT_EQ(uuid[14], '4');
        EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    }
}

TEST(Parameter, LookupGivesWholeRows) {
    FixedSource source({{{"1", true}, {"x", false}}});
    Generator generator(parse_distribution("lookup SELECT id, name FROM t"), 0, source);
    EXPECT_EQ(generator.width(), 2u);
    Random random(1);
    std::vector<Value> values;
    generator.draw(random, source, values);
    ASSERT_EQ(values.size(), 2u);
    EXPECT_EQ(values[1].text, "x");
}

TEST(Parameter, LookupEachUsesEveryRowOnceThenAsksAgain) {
    FixedSource source(letters(5));
    const auto seen = draw_many("lookup each SELECT x FROM t", 10, source);
    ASSERT_EQ(seen.size(), 5u);
    for (const auto& [value, count] : seen) EXPECT_EQ(count, 2) << value;
    EXPECT_EQ(source.asked, 2);
}

TEST(Parameter, LookupZipfPrefersTheFirstRows) {
    FixedSource source(letters(4));
    const auto seen = draw_many("lookup zipf(1) SELECT x FROM t", 25'000, source);
    EXPECT_NEAR(seen.at("a"), 12'000, 300);
    EXPECT_NEAR(seen.at("d"), 3'000, 300);
}

TEST(Parameter, LookupWithoutRowsIsRefused) {
    FixedSource none;
    EXPECT_THROW(Generator(parse_distribution("lookup SELECT 1"), 0, none), std::invalid_argument);
}

TEST(Parameter, RefusalsSayWhatIsWrong) {
    EXPECT_EQ(refusal_of("uniform(1 2)"), "expected , at \"2)\"");
    EXPECT_EQ(refusal_of("uniform(2, 1)"), "the upper bound is below the lower one before at \")\"");
    EXPECT_EQ(refusal_of("zipf(x)"), "expected a whole number at \"x)\"");
    EXPECT_EQ(refusal_of("time(-3 weeks, now)"), "expected seconds, minutes, hours or days at \", now)\"");
    EXPECT_EQ(refusal_of("choice('a)"), "a quote is not closed at \"'a)\"");
    EXPECT_EQ(refusal_of("choice('a' 0)"), "every weight is 0 before at \")\"");
    EXPECT_EQ(refusal_of("uniform(1, 2) x"), "unexpected text at \"x\"");
    EXPECT_EQ(refusal_of("lookup"), "expected a query at the end");
    EXPECT_EQ(refusal_of("poisson(3)"),
              "unknown distribution \"poisson(3)\" (known are uniform, zipf, choice, time, date, uuid and lookup)");
}

TEST(Random, StreamsOfOneSeedDiffer) {
    std::set<std::uint64_t> first;
    for (std::uint64_t stream = 0; stream < 1000; ++stream) first.insert(Random(42, stream).next());
    EXPECT_EQ(first.size(), 1000u);
    EXPECT_EQ(Random(42, 7).next(), Random(42, 7).next());
    EXPECT_NE(Random(42, 7).next(), Random(43, 7).next());
}

}  // namespace perfkit::cli
