// Samples: executions as they were sent, taken now and then.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "perfkit/core/workload/event.hpp"
#include "perfkit/core/workload/sample_store.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/watched_lock.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace perfkit::pg::workload {

// Settings that bear on the meaning of constants, with their defaults, which samples do not mention.
inline constexpr const char* constant_settings[][2] = {{"DateStyle", "ISO, MDY"},
                                                       {"IntervalStyle", "postgres"},
                                                       {"TimeZone", "GMT"},
                                                       {"standard_conforming_strings", "on"}};

// The samples in shared memory, with a lock of their own that the path of a query only ever tries.
class SharedSamples {
public:
    // Null where the library was not preloaded.
    static SharedSamples* get() noexcept;
    static void request();
    static void attach();
    static std::size_t memory() noexcept;
    std::uint32_t generation() const noexcept { return generation_.load(std::memory_order_relaxed); }

    // As in Shared.
    std::span<char> store_bytes() noexcept;
    bool changing() const noexcept { return lock_.changing(); }
    void make_empty() noexcept;

    // Whether the sample could be handed over.
    bool offer(const perfkit::workload::Key& key, std::string_view sample, std::uint64_t executions,
               std::uint64_t random) noexcept;
    bool offer_slowest(const perfkit::workload::Key& key, std::string_view sample, std::uint64_t nanoseconds) noexcept;

    // For readers: holds the store as long as the object lives.  The wait for it can be cancelled.
    class Access {
    public:
        explicit Access(SharedSamples& shared);
        ~Access() { shared_.lock_.release(); }
        Access(const Access&) = delete;
        Access& operator=(const Access&) = delete;

        perfkit::workload::SampleStore& store() noexcept { return shared_.store(); }
        // Sessions forget what they have sampled.
        void start_anew() noexcept { shared_.generation_.fetch_add(1, std::memory_order_relaxed); }

    private:
        SharedSamples& shared_;
    };

private:
    perfkit::workload::SampleStore& store() noexcept;

    // Read by every execution, written by resets only: on a line of its own.
    alignas(64) std::atomic<std::uint32_t> generation_{0};
    alignas(64) WatchedLock lock_;
};

// What the hooks call; none of it raises an error or waits.
//
// An execution has begun, or ended after so many nanoseconds.
void sample_start(const perfkit::workload::Key& key, const QueryDesc* query) noexcept;
void sample_end(const perfkit::workload::Key& key, const QueryDesc* query, std::uint64_t nanoseconds) noexcept;

}  // namespace perfkit::pg::workload
