// Randomness where it is promised: the tests of NIST SP 800-22 that fit fields of 62 bits (frequency
// in all and in each bit, runs, serial by chi-square), with bounds that chance passes once in 10^9.

#include <gtest/gtest.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

#include "perfkit/core/uuid/clock.hpp"
#include "perfkit/core/uuid/random_bytes.hpp"

namespace perfkit {
namespace {

constexpr double sigmas = 6.1;  // two-sided p = 1e-9
constexpr int samples = 200'000;

bool from_kernel(void* memory, std::size_t size) {
    auto* bytes = static_cast<unsigned char*>(memory);
    for (std::size_t done = 0; done < size; done += 256)
        if (getrandom(bytes + done, std::min<std::size_t>(256, size - done), 0) < 0) return false;
    return true;
}

double frequency(const std::vector<std::uint64_t>& fields, int bits) {
    double ones = 0;
    for (const auto field : fields) ones += std::popcount(field);
    const double n = static_cast<double>(fields.size()) * bits;
    return (2 * ones - n) / std::sqrt(n);
}

double worst_bit(const std::vector<std::uint64_t>& fields, int bits) {
    double worst = 0;
    for (int bit = 0; bit < bits; ++bit) {
        double ones = 0;
        for (const auto field : fields) ones += static_cast<double>(field >> bit & 1);
        const double n = static_cast<double>(fields.size());
        worst = std::max(worst, std::abs(2 * ones - n) / std::sqrt(n));
    }
    return worst;
}

// Changes between neighbouring bits of the fields laid end to end.
double runs(const std::vector<std::uint64_t>& fields, int bits) {
    double changes = 0;
    std::uint64_t previous = fields.front() & 1;
    for (const auto field : fields)
        for (int bit = 0; bit < bits; ++bit) {
            changes += static_cast<double>((field >> bit & 1) != previous);
            previous = field >> bit & 1;
        }
    const double n = static_cast<double>(fields.size()) * bits - 1;
    return (2 * changes - n) / std::sqrt(n);
}

// Chi-square of each group of 8 bits over its 256 values, as standard deviations above its mean.
double worst_chi_square(const std::vector<std::uint64_t>& fields, int bits) {
    double worst = -1e9;
    for (int shift = 0; shift + 8 <= bits; ++shift) {
        std::vector<double> counts(256);
        for (const auto field : fields) ++counts[field >> shift & 0xff];
        const double expected = static_cast<double>(fields.size()) / 256;
        double chi_square = 0;
        for (const double count : counts) chi_square += (count - expected) * (count - expected) / expected;
        worst = std::max(worst, (chi_square - 255) / std::sqrt(2 * 255));
    }
    return worst;
}

void expect_random(const std::vector<std::uint64_t>& fields, int bits) {
    EXPECT_LT(std::abs(frequency(fields, bits)), sigmas);
    EXPECT_LT(worst_bit(fields, bits), sigmas + 0.7);  // the worst of 62
    EXPECT_LT(std::abs(runs(fields, bits)), sigmas);
    EXPECT_LT(worst_chi_square(fields, bits), sigmas + 2.0);  // the worst of 55, of a skewed distribution
    EXPECT_EQ(std::set<std::uint64_t>(fields.begin(), fields.end()).size(), fields.size());
}

}  // namespace

TEST(UuidRandom, TailsOfASessionAreRandom) {
    RandomBytes bytes(from_kernel);
    UuidClock clock;
    std::vector<std::uint64_t> tails;
    for (UuidTick tick = 1; tick <= samples; ++tick)
        tails.push_back(clock.next(tick, [&] { return bytes.take(); }).tail);
    expect_random(tails, uuid_tail_bits);
}

TEST(UuidRandom, TailsOfASharedOrderAreRandomInTheir56Bits) {
    RandomBytes bytes(from_kernel);
    std::vector<std::uint64_t> tails;
    for (FineTick fine = 0; fine < samples; ++fine)
        tails.push_back(stamp_of(fine, bytes.take()).tail & ((1ull << 56) - 1));
    expect_random(tails, 56);
}

TEST(UuidRandom, StepsWithinATickAreRandomInTheir56Bits) {
    RandomBytes bytes(from_kernel);
    UuidClock clock;
    clock.advance_past(1u << 20);
    std::vector<std::uint64_t> steps;
    UuidStamp previous = clock.next(0, [&] { return bytes.take(); });
    while (steps.size() < samples) {
        const UuidStamp stamp = clock.next(0, [&] { return bytes.take(); });
        // Where a tail lies near its end, great steps lead to a new tick and are not seen.
        if (stamp.tick == previous.tick && previous.tail < uuid_tail_mask - (1ull << 56))
            steps.push_back(stamp.tail - previous.tail - 1);
        previous = stamp;
    }
    expect_random(steps, UuidClock::step_bits);
}

TEST(UuidRandom, TheTestsSeeWhatIsNotRandom) {
    std::vector<std::uint64_t> counter, biased, sticky, lowered;
    std::mt19937_64 random(3);
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < samples; ++i) {
        counter.push_back(i);
        biased.push_back((random() | (random() & random() & random() & random() & random() & random())) &
                         uuid_tail_mask);
        sticky.push_back(last = (last & 3) | (random() & (uuid_tail_mask ^ 3)));
        lowered.push_back(random() % (uuid_tail_mask - (uuid_tail_mask >> 5)));
    }
    EXPECT_GT(std::abs(frequency(counter, 62)), sigmas);
    EXPECT_GT(std::abs(frequency(biased, 62)), sigmas);
    EXPECT_GT(worst_bit(sticky, 62), sigmas + 0.7);
    EXPECT_GT(std::abs(runs(counter, 62)), sigmas);
    EXPECT_GT(worst_chi_square(lowered, 62), sigmas + 2.0);
}

TEST(RandomBytes, AreHandedOutOnce) {
    RandomBytes bytes(from_kernel);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 5000; ++i) EXPECT_TRUE(seen.insert(bytes.take()).second);
}

TEST(RandomBytes, AreWipedAsTheyAreUsed) {
    alignas(RandomBytes) static unsigned char memory[sizeof(RandomBytes)];
    auto* bytes = new (memory) RandomBytes(from_kernel);
    for (int i = 0; i < 700; ++i) {
        const std::uint64_t taken = bytes->take();
        for (std::size_t at = 0; at + sizeof taken <= sizeof memory; at += sizeof taken)
            ASSERT_NE(std::memcmp(memory + at, &taken, sizeof taken), 0) << "still at " << at;
    }
}

TEST(RandomBytes, FailWhereTheSourceFails) {
    RandomBytes bytes([](void*, std::size_t) { return false; });
    EXPECT_THROW(bytes.take(), std::runtime_error);
    EXPECT_THROW(bytes.take(), std::runtime_error);
}

TEST(RandomBytes, AreNotSharedWithAForkedChildNorItsChild) {
    RandomBytes bytes(from_kernel);
    bytes.take();
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const pid_t child = fork();
    if (child == 0) {
        std::vector<std::uint64_t> mine;
        for (int i = 0; i < 100; ++i) mine.push_back(bytes.take());
        if (fork() == 0) {
            for (auto& word : mine) word = bytes.take();
            _exit(write(fds[1], mine.data(), 800) != 800);
        }
        int status = 0;
        wait(&status);
        // Taken after the fork, from what was left in the buffer.
        std::vector<std::uint64_t> later;
        for (int i = 0; i < 100; ++i) later.push_back(bytes.take());
        _exit(status != 0 || write(fds[1], mine.data(), 800) != 800 || write(fds[1], later.data(), 800) != 800);
    }
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 511; ++i) seen.insert(bytes.take());
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
    std::uint64_t word = 0;
    int words = 0;
    close(fds[1]);
    for (; read(fds[0], &word, sizeof word) == sizeof word; ++words) EXPECT_TRUE(seen.insert(word).second);
    EXPECT_EQ(words, 300);
    close(fds[0]);
}

}  // namespace perfkit
