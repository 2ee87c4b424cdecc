#include "perfkit/core/workload/ring.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace perfkit::workload {

Ring* Ring::create(void* memory, std::uint32_t capacity) noexcept { return new (memory) Ring(capacity); }

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
