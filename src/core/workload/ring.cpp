#include "perfkit/core/workload/ring.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace perfkit::workload {

std::uint64_t hash_of(const Key& key) noexcept {
    // The finalizer of MurmurHash3 over the parts, each spread by an odd constant.
    std::uint64_t hash = static_cast<std::uint64_t>(key.queryid);
    hash ^= (std::uint64_t{key.database} << 32 | key.user) * 0x9E3779B97F4A7C15u + key.toplevel;
    hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDu;
    hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53u;
    return hash ^ hash >> 33;
}

Ring* Ring::create(void* memory, std::uint32_t capacity) noexcept { return new (memory) Ring(capacity); }

bool Ring::push(const Event& event) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t tail = tail_.load(std::memory_order_acquire);
    const std::size_t size = event.size();
    if (head - tail + size > capacity_) return false;
    copy_in(head, &event, size);
    head_.store(head + size, std::memory_order_release);
    return true;
}

bool Ring::read(Event& event, std::uint64_t at, std::uint64_t head) const noexcept {
    const std::uint64_t available = head - at;
    if (available < event_head_size || available > capacity_) return false;
    copy_out(at, &event, event_head_size);
    if (!event.valid() || event.size() > available) return false;
    copy_out(at + event_head_size, event.values.data(), event.size() - event_head_size);
    return true;
}

void Ring::copy_in(std::uint64_t at, const void* from, std::size_t size) noexcept {
    const std::size_t start = at & (capacity_ - 1);
    const std::size_t first = std::min<std::size_t>(size, capacity_ - start);
    std::memcpy(data() + start, from, first);
    std::memcpy(data(), static_cast<const std::byte*>(from) + first, size - first);
}

void Ring::copy_out(std::uint64_t at, void* to, std::size_t size) const noexcept {
    const std::size_t start = at & (capacity_ - 1);
    const std::size_t first = std::min<std::size_t>(size, capacity_ - start);
    std::memcpy(to, data() + start, first);
    std::memcpy(static_cast<std::byte*>(to) + first, data(), size - first);
}

}  // namespace perfkit::workload
