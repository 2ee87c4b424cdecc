#pragma once

#include <cstdint>

#include "perfkit/core/uuid/clock.hpp"

namespace perfkit {

// The processor's counter of constant rate, in 10 ns where the system's clock takes 20 to 25, since
// it waits for no instruction before it.  It tells only how long ago something was, roughly.
#if defined(__x86_64__)
inline std::uint64_t read_counter() { return __builtin_ia32_rdtsc(); }
// Less than 20 µs on any processor, at 1 GHz and more.
inline std::uint64_t counts_of_a_pace() { return 20'000; }
#elif defined(__aarch64__)
inline std::uint64_t read_counter() {
    std::uint64_t count;
    asm volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
}
inline std::uint64_t counts_of_a_pace() {
    std::uint64_t per_second;
    asm("mrs %0, cntfrq_el0" : "=r"(per_second));
    return per_second / 100'000;
}
#else
inline std::uint64_t read_counter() { return 0; }
inline std::uint64_t counts_of_a_pace() { return 0; }
#endif

// The time, up to 20 µs old for who asks for it again at once: while calls follow each other so
// closely, the clock is read once in a pace.  Otherwise each call reads it.
class PacedClock {
public:
    template <typename Read, typename Counter>
    FineTick now(Read&& read, Counter&& counter, std::uint64_t pace) {
        if (close_) {
            // Wraps around to much where the process has come to a processor whose counter lags.
            const std::uint64_t count = counter();
            if (count - read_at_ < pace) return time_;
            read_at_ = count;
        }
        const FineTick time = read();
        close_ = time - time_ < fine_ticks_per_ms / 50;
        time_ = time;
        return time;
    }

private:
    FineTick time_ = 0;
    std::uint64_t read_at_ = 0;
    bool close_ = false;
};

}  // namespace perfkit
