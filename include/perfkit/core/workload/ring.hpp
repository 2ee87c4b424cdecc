// A queue of events from one session to whoever collects them, in memory that both share.
//
// One producer, one consumer at a time.  The producer takes no lock and does no atomic
// read-modify-write: it writes the event, then publishes it by storing the new head.  The consumer
// is any process that holds the collector's lock; it gives room back by storing the new tail.  An
// event is either wholly before the head or not there: a producer killed midway leaves nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "perfkit/core/workload/event.hpp"

namespace perfkit::workload {

class Ring {
public:
    // The memory that a ring of so many bytes (a power of two, at least 1024) takes, and a new ring in such memory,
    // which has to be aligned to 64 bytes.
    static std::size_t bytes(std::uint32_t capacity) noexcept { return sizeof(Ring) + capacity; }
    static Ring* create(void* memory, std::uint32_t capacity) noexcept;

    // Producer: false where the event does not fit.
    [[gnu::hot]] bool push(const Event& event) noexcept {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        const std::size_t size = event.size();
        if (head - tail_seen_ + size > capacity_) [[unlikely]] {
            tail_seen_ = tail_.load(std::memory_order_acquire);
            if (head - tail_seen_ + size > capacity_) return false;
        }
        const std::size_t start = head & (capacity_ - 1);
        if (start + size <= capacity_) [[likely]] {
            std::byte* const place = data() + start;
            std::memcpy(place, &event, event_head_size);
            for (std::size_t i = 0; i < event.number; ++i)
                std::memcpy(place + event_head_size + i * sizeof(event.values[0]), &event.values[i],
                            sizeof(event.values[0]));
        } else {
            copy_in(start, event, size);
        }
        head_.store(head + size, std::memory_order_release);
        return true;
    }
    // Producer: an event was lost.
    void count_lost() noexcept { lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
    bool half_full() noexcept {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (head - tail_seen_ < capacity_ / 2) return false;
        tail_seen_ = tail_.load(std::memory_order_acquire);
        return head - tail_seen_ >= capacity_ / 2;
    }

    // Anybody, for the producer, who reads this line of memory anyway: something that it knows is out of date.
    void tell() noexcept { told_.fetch_add(1, std::memory_order_relaxed); }
    std::uint32_t told() const noexcept { return told_.load(std::memory_order_relaxed); }

    std::uint64_t used() const noexcept {
        return head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_acquire);
    }
    std::uint64_t head() const noexcept { return head_.load(std::memory_order_acquire); }
    std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

    // Consumer: gives each event to the function and removes it.  A damaged ring is emptied, and false returned.
    template <typename Function>
    bool drain(Function&& function) noexcept {
        const std::uint64_t head = head_.load(std::memory_order_acquire);
        std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        bool sound = true;
        Event copy;
        while (tail != head) {
            const Event* const event = read(tail, head, copy);
            if (event == nullptr) {
                sound = false;
                tail = head;
                break;
            }
            function(*event);
            tail += event->size();
        }
        tail_.store(tail, std::memory_order_release);
        return sound;
    }

private:
    explicit Ring(std::uint32_t capacity) noexcept : capacity_(capacity) {}
    // Where it lies, but for one that goes over the end, which is put together in the copy; null where damaged.
    const Event* read(std::uint64_t at, std::uint64_t head, Event& copy) const noexcept;
    void copy_in(std::size_t start, const Event& event, std::size_t size) noexcept;
    void copy_out(std::size_t start, void* to, std::size_t size) const noexcept;
    std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    const std::byte* data() const noexcept { return reinterpret_cast<const std::byte*>(this + 1); }

    // Positions only grow; position p is at p modulo the capacity.  Each side's own line: the producer looks at the
    // other's only when it seems to be short of room.
    alignas(64) std::atomic<std::uint64_t> head_{0};
    std::atomic<std::uint64_t> lost_{0};
    std::uint64_t tail_seen_ = 0;  // by the producer
    std::uint32_t capacity_;
    std::atomic<std::uint32_t> told_{0};
    alignas(64) std::atomic<std::uint64_t> tail_{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "shared memory needs atomics without hidden locks");

}  // namespace perfkit::workload
