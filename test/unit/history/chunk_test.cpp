#include "perfkit/core/history/chunk.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "perfkit/core/history/sums.hpp"

namespace perfkit::history {

namespace {

Records random_records(const Shape& shape, std::size_t count, std::mt19937_64& random) {
    const auto any = [&random] { return random() >> (random() % 64); };
    Records records(count);
    for (Record& record : records) {
        for (std::size_t i = 0; i < shape.ids; ++i)
            record.id[i] = static_cast<std::int64_t>(any() * (random() % 2 ? 1 : ~0ull));
        record.birth = static_cast<std::int64_t>(any());
        for (std::size_t i = 0; i < shape.counters; ++i) record.counters[i] = random() % 2 ? any() : 0;
        for (std::size_t i = 0; i < shape.gauges; ++i)
            record.gauges[i] = random() % 2 ? static_cast<std::int64_t>(any()) - static_cast<std::int64_t>(any()) : 0;
        if (shape.latency)
            for (std::int64_t bucket = static_cast<std::int64_t>(random() % 60); bucket < 258;
                 bucket += 1 + static_cast<std::int64_t>(random() % 90)) {
                record.latency.push_back(bucket);
                record.latency.push_back(1 + static_cast<std::int64_t>(any() >> 1));
            }
    }
    sort(records);
    return records;
}

bool same(const Record& a, const Record& b) {
    return a.id == b.id && a.birth == b.birth && a.counters == b.counters && a.gauges == b.gauges &&
           a.latency == b.latency;
}

}  // namespace

TEST(HistoryChunk, ReadsWhatItWrote) {
    std::mt19937_64 random(1);
    for (const Kind kind : kinds)
        for (std::size_t count : {0, 1, 2, 100}) {
            const Records records = random_records(shape_of(kind), count, random);
            const Records read = decode(encode(records, shape_of(kind), true));
            ASSERT_EQ(read.size(), records.size());
            for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(same(read[i], records[i]));
        }
}

TEST(HistoryChunk, LeavesBirthsOut) {
    Records records(1);
    records[0].birth = 5;
    EXPECT_EQ(decode(encode(records, shape_of(Kind::database), false))[0].birth, 0);
}

TEST(HistoryChunk, ExtremesSurvive) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
    Records records(2);
    records[0].id = {least, most, 0};
    records[1].id = {most, least, 0};
    records[1].counters[0] = std::numeric_limits<std::uint64_t>::max();
    const Records read = decode(encode(records, shape_of(Kind::queries), false));
    EXPECT_TRUE(same(read[0], records[0]));
    EXPECT_TRUE(same(read[1], records[1]));
}

TEST(HistoryChunk, RefusesDamageWithoutHarm) {
    std::mt19937_64 random(2);
    const std::string good =
        encode(random_records(shape_of(Kind::queries), 20, random), shape_of(Kind::queries), false);
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_THROW(decode(std::string_view(good).substr(0, length)), std::invalid_argument) << length;
    EXPECT_THROW(decode(good + "x"), std::invalid_argument);
    for (int i = 0; i < 20000; ++i) {
        std::string damaged = good;
        damaged[random() % damaged.size()] = static_cast<char>(random());
        try {
            (void)decode(damaged);
        } catch (const std::invalid_argument&) {
        }
    }
}

TEST(HistoryChunk, BlocksFollowEachOther) {
    std::string bytes;
    append_block(bytes, "one");
    append_block(bytes, std::string(300, 'x'));
    append_block(bytes, "");
    std::string_view rest = bytes;
    EXPECT_EQ(take_block(rest), "one");
    EXPECT_EQ(take_block(rest), std::string(300, 'x'));
    EXPECT_EQ(take_block(rest), "");
    EXPECT_THROW(take_block(rest), std::invalid_argument);
}

// What five thousand statements take that each ran a few times in the interval.
TEST(HistoryChunk, AStatementTakesLessThanSixtyBytes) {
    std::mt19937_64 random(3);
    Records records(5000);
    for (Record& record : records) {
        record.id = {static_cast<std::int64_t>(random()), 16384, 1};
        record.counters = {1 + random() % 100, 0, random() % 100000, random() % 1000, random() % 10000, random() % 100};
        record.latency = {70, 3, 75, 10, 80, 2};
    }
    sort(records);
    EXPECT_LT(encode(records, shape_of(Kind::queries), false).size(), 60 * records.size());
}

TEST(HistorySums, AddUpTheWindowAndRememberGauges) {
    Record early, one, two;
    early.id[0] = one.id[0] = two.id[0] = 7;
    early.counters[0] = 100;
    early.gauges[0] = 1000;
    one.counters[0] = 1;
    one.gauges[0] = 1500;
    one.latency = {5, 1};
    two.counters[0] = 2;
    two.gauges[0] = 1200;
    two.latency = {5, 1, 6, 1};
    Sums sums;
    sums.before_window({early});
    sums.in_window({one});
    sums.in_window({two});
    const Sum& sum = sums.objects().begin()->second;
    EXPECT_EQ(sum.counters[0], 3u);
    EXPECT_EQ(sum.first[0], 1000);
    EXPECT_EQ(sum.last[0], 1200);
    EXPECT_EQ(sum.snapshots, 2);
    EXPECT_EQ(sum.latency_pairs(), (std::vector<std::int64_t>{5, 2, 6, 1}));
}

TEST(HistorySums, ANextPointKeepsGaugesOnly) {
    Record one, other;
    one.id[0] = 1;
    one.counters[0] = 5;
    one.gauges[0] = 10;
    other.id[0] = 2;
    other.gauges[0] = 20;
    Sums sums;
    sums.in_window({one});
    sums.next_point();
    sums.in_window({other});
    EXPECT_EQ(sums.all().counters[0], 0u);
    EXPECT_EQ(sums.all().last[0], 30);
}

}  // namespace perfkit::history
