#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace perfkit {

// Random bytes fetched 4 KB at a time, since a call to a CSPRNG costs about a microsecond whatever
// it asks for.  Bytes are wiped as they are handed out, and a process never uses what its parent
// fetched before a fork.
class RandomBytes {
public:
    // Fills the memory with random bytes; false where there are none.
    using Source = bool (*)(void* memory, std::size_t size);

    constexpr explicit RandomBytes(Source source) : source_(source) {}

    // 64 random bits; throws std::runtime_error where the source fails.
    std::uint64_t take() {
        if (used_ == words_.size() || forks_ != forks_of_process) refill();
        const std::uint64_t bits = words_[used_];
        words_[used_++] = 0;
        return bits;
    }

private:
    // Counts the forks between this process and the first that used random bytes.
    static unsigned forks_of_process;

    void refill();

    Source source_;
    unsigned forks_ = 0;
    std::size_t used_ = 512;
    std::array<std::uint64_t, 512> words_{};
};

}  // namespace perfkit
