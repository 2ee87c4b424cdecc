#include "perfkit/core/workload/ring.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace perfkit::workload {

Ring* Ring::create(void* memory, std::uint32_t capacity) noexcept { return new (memory) Ring(capacity); }

[[gnu::hot]] bool Ring::push(const Event& event) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::size_t size = event.size();
    if (head - tail_seen_ + size > capacity_) {
        tail_seen_ = tail_.load(std::memory_order_acquire);
        if (head - tail_seen_ + size > capacity_) return false;
    }
    const std::size_t start = head & (capacity_ - 1);
    if (start + size <= capacity_) {
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

const Event* Ring::read(std::uint64_t at, std::uint64_t head, Event& copy) const noexcept {
    const std::uint64_t available = head - at;
    if (available < event_head_size || available > capacity_ || at % alignof(Event) != 0) return nullptr;
    const std::size_t start = at & (capacity_ - 1);
    const auto* event = reinterpret_cast<const Event*>(data() + start);
    const bool whole = start + sizeof(Event) <= capacity_;
    if (!whole) {
        copy_out(start, &copy, event_head_size);
        event = &copy;
    }
    if (!event->valid() || event->size() > available) return nullptr;
    if (!whole) copy_out((at + event_head_size) & (capacity_ - 1), copy.values.data(), copy.size() - event_head_size);
    return event;
}

void Ring::copy_in(std::size_t start, const Event& event, std::size_t size) noexcept {
    const std::size_t first = std::min<std::size_t>(size, capacity_ - start);
    std::memcpy(data() + start, &event, first);
    std::memcpy(data(), reinterpret_cast<const std::byte*>(&event) + first, size - first);
}

void Ring::copy_out(std::size_t start, void* to, std::size_t size) const noexcept {
    const std::size_t first = std::min<std::size_t>(size, capacity_ - start);
    std::memcpy(to, data() + start, first);
    std::memcpy(static_cast<std::byte*>(to) + first, data(), size - first);
}

}  // namespace perfkit::workload
