#include "perfkit/core/workload/predicate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

namespace perfkit::workload {

TEST(WorkloadPredicate, FingerprintIgnoresLocations) {
    const std::uint64_t one = fingerprint("{VAR :varno 5 :location 12} {X :location -1}");
    EXPECT_EQ(one, fingerprint("{VAR :varno 5 :location 4711} {X :location 3}"));
    EXPECT_NE(one, fingerprint("{VAR :varno 6 :location 12} {X :location -1}"));
    EXPECT_NE(one, fingerprint("{VAR :varno 5 :location 12} {Y :location -1}"));
    EXPECT_NE(fingerprint(""), 0u);
    EXPECT_EQ(fingerprint(":location "), fingerprint(":location 1")) << "at the end";
    EXPECT_NE(fingerprint(":locatio"), fingerprint(":location"));
}

TEST(WorkloadPredicate, ConjunctionsHaveNoOrderAndSortsHave) {
    const std::uint64_t a = fingerprint("a"), b = fingerprint("b");
    EXPECT_EQ(combined(a, b, false), combined(b, a, false));
    EXPECT_NE(combined(a, b, true), combined(b, a, true));
    EXPECT_NE(combined(a, a, false), a);
}

TEST(WorkloadPredicate, QuestionMarks) {
    EXPECT_EQ(with_question_marks("((a = $0) AND (b$0 < $0))"), "((a = ?) AND (b$0 < ?))");
    EXPECT_EQ(with_question_marks("(\"$0\" = ANY ($0))"), "(\"$0\" = ANY (?))");
    EXPECT_EQ(with_question_marks(""), "");
    EXPECT_EQ(with_question_marks("$0"), "?");
}

TEST(WorkloadPacer, KeepsItsRate) {
    for (const std::uint32_t rate : {1u, 5u, 100u})
        for (const std::int64_t each : {20, 1000, 50'000, 2'000'000}) {  // microseconds of an execution
            Pacer pacer;
            std::mt19937_64 random(rate);
            std::int64_t now = 1;
            std::uint32_t measured = 0, asked = 0, executions = 0;
            for (const std::int64_t end = 100'000'000; now < end; now += each, ++executions) {
                if (!pacer.counted_down()) continue;
                ++asked;
                if (pacer.due(
                        rate, [now] { return now; }, random()))
                    ++measured;
            }
            const std::uint32_t most = std::min(rate * 100, executions);
            EXPECT_LE(measured, most + 1) << rate << " a second, each " << each;
            EXPECT_GE(measured, most / 4) << rate << " a second, each " << each;
            if (each == 20) {
                EXPECT_LT(asked, executions / 20) << "most do not look at the clock, " << rate;
            }
        }
}

TEST(WorkloadPacer, AllOrNone) {
    Pacer pacer;
    const auto never = [] {
        ADD_FAILURE() << "looks at the clock";
        return std::int64_t{0};
    };
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(pacer.counted_down());
        EXPECT_TRUE(pacer.due(Pacer::most, never, 7));
    }
    ASSERT_TRUE(pacer.counted_down());
    EXPECT_FALSE(pacer.due(0, never, 7));
    for (int i = 0; i < 100'000; ++i) ASSERT_FALSE(pacer.counted_down());
    pacer.start_anew();
    EXPECT_TRUE(pacer.counted_down());
    EXPECT_TRUE(pacer.due(
        1, [] { return std::int64_t{5}; }, 0))
        << "the first";
}

}  // namespace perfkit::workload
