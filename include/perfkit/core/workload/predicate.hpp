// Predicates: when to look at them, and their text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace perfkit::workload {

// Decides which executions of a session are measured: no more than so many a second, and without a look at the clock
// at each.  It leaves out twice as many after a measurement that came too early, half as many after one that did not.
class Pacer {
public:
    static constexpr std::uint32_t most = 1'000'000;  // a second; so many: all
    static constexpr std::uint32_t longest_skip = 16384;

    // Whether it is time to ask due().  All that most executions do.
    bool counted_down() noexcept { return --left_ == 0; }
    // clock: in microseconds; random: any bits.
    template <typename Clock>
    bool due(std::uint32_t rate, Clock&& clock, std::uint64_t random) noexcept {
        if (rate == 0 || rate >= most) {
            left_ = rate == 0 ? ~std::uint32_t{0} : 1;
            return rate != 0;
        }
        const std::int64_t now = clock();
        const bool early = measured_ != 0 && now >= measured_ && now - measured_ < std::int64_t{1'000'000} / rate;
        skip_ = early ? std::min(2 * skip_ + 1, longest_skip) : skip_ / 2;
        left_ = 1 + skip_ / 2 + static_cast<std::uint32_t>(random % (skip_ + 1));
        if (!early) measured_ = now;
        return !early;
    }
    // The rate has changed.
    void start_anew() noexcept { left_ = 1, skip_ = 0, measured_ = 0; }

private:
    std::uint32_t left_ = 1;
    std::uint32_t skip_ = 0;
    std::int64_t measured_ = 0;
};

// Of an expression as nodeToString writes it, without where it stood in the text.  Never 0.
std::uint64_t fingerprint(std::string_view node) noexcept;
// Of two; in_order: a and b is not b and a.
std::uint64_t combined(std::uint64_t a, std::uint64_t b, bool in_order) noexcept;

// The server's text of an expression in which $0 stands for each constant: with ? in their place.
std::string with_question_marks(std::string_view text);

}  // namespace perfkit::workload
