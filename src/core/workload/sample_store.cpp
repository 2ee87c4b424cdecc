#include "perfkit/core/workload/sample_store.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <numeric>

namespace perfkit::workload {

namespace {

constexpr std::uint32_t none = UINT32_MAX;
// At most a sixteenth of the store for one sample: eviction then always makes room.
constexpr std::uint32_t largest_share = 16;

}  // namespace

std::size_t SampleStore::index_size(std::uint32_t entries) noexcept { return std::bit_ceil(std::size_t{entries} * 2); }

std::size_t SampleStore::bytes(std::uint32_t entries, std::uint32_t blocks) noexcept {
    return sizeof(SampleStore) + std::size_t{entries} * sizeof(Entry) + std::size_t{blocks} * sizeof(Block) +
           (index_size(entries) + entries) * sizeof(std::uint32_t);
}

SampleStore* SampleStore::create(void* memory, std::uint32_t entries, std::uint32_t blocks) noexcept {
    static_assert(sizeof(SampleStore) % alignof(Entry) == 0 && sizeof(Entry) % alignof(Block) == 0);
    auto* store = new (memory) SampleStore(entries, blocks);
    store->clear();
    return store;
}

void SampleStore::clear() noexcept {
    size_ = 0;
    first_free_entry_ = none;
    for (std::uint32_t i = entry_capacity_; i-- > 0;) {
        entries()[i].in_use = 0;
        entries()[i].next_free = first_free_entry_;
        first_free_entry_ = i;
    }
    first_free_block_ = none;
    for (std::uint32_t i = block_capacity_; i-- > 0;) {
        blocks()[i].next = first_free_block_;
        first_free_block_ = i;
    }
    free_blocks_ = block_capacity_;
    usage_gone_ = 0;
    rebuild_index();
}

std::uint32_t* SampleStore::index_place(const Key& key) noexcept {
    const std::size_t mask = index_size(entry_capacity_) - 1;
    std::size_t place = hash_of(key) & mask;
    while (index()[place] != none && entries()[index()[place]].key != key) place = (place + 1) & mask;
    return index() + place;
}

void SampleStore::rebuild_index() noexcept {
    std::fill_n(index(), index_size(entry_capacity_), none);
    for (std::uint32_t i = 0; i < entry_capacity_; ++i)
        if (entries()[i].in_use != 0) *index_place(entries()[i].key) = i;
}

bool SampleStore::fits(std::size_t length) const noexcept {
    return length / sizeof(Block::bytes) + 1 <= block_capacity_ / largest_share;
}

SampleStore::Entry* SampleStore::find_or_insert(const Key& key) noexcept {
    if (const std::uint32_t known = *index_place(key); known != none) return entries() + known;
    while (first_free_entry_ == none) evict(nullptr);
    const std::uint32_t number = first_free_entry_;
    Entry& entry = entries()[number];
    first_free_entry_ = entry.next_free;
    entry = Entry{};
    entry.key = key;
    entry.usage = usage_gone_;
    entry.in_use = 1;
    *index_place(key) = number;
    ++size_;
    return &entry;
}

void SampleStore::offer(const Key& key, std::string_view sample, std::uint64_t executions,
                        std::uint64_t random) noexcept {
    if (!fits(sample.size())) return;
    Entry& entry = *find_or_insert(key);
    entry.usage = std::max(entry.usage, usage_gone_) + executions;
    std::uint64_t slot = entry.offers++;
    if (slot >= reservoir) slot = random % entry.offers;
    if (slot < reservoir) store(entry, slot, sample);
}

void SampleStore::offer_slowest(const Key& key, std::string_view sample, std::uint64_t nanoseconds) noexcept {
    if (!fits(sample.size())) return;
    Entry& entry = *find_or_insert(key);
    if (nanoseconds <= entry.slowest) return;
    entry.slowest = nanoseconds;
    store(entry, reservoir, sample);
}

void SampleStore::store(Entry& entry, std::size_t slot, std::string_view sample) noexcept {
    Stored& where = entry.samples[slot];
    release(where);
    while (free_blocks_ < sample.size() / sizeof(Block::bytes) + 1) evict(&entry);
    std::uint32_t* link = &where.first;
    where.length = static_cast<std::uint32_t>(sample.size());
    while (!sample.empty()) {
        const std::uint32_t number = first_free_block_;
        Block& block = blocks()[number];
        first_free_block_ = block.next;
        --free_blocks_;
        const std::size_t part = std::min(sample.size(), block.bytes.size());
        std::memcpy(block.bytes.data(), sample.data(), part);
        sample.remove_prefix(part);
        block.next = none;
        *link = number;
        link = &block.next;
    }
}

void SampleStore::release(Stored& stored) noexcept {
    if (stored.length == 0) return;
    for (std::uint32_t number = stored.first; number != none;) {
        const std::uint32_t next = blocks()[number].next;
        blocks()[number].next = first_free_block_;
        first_free_block_ = number;
        ++free_blocks_;
        number = next;
    }
    stored = {};
}

bool SampleStore::read(const Stored& stored, std::string& bytes) const {
    bytes.clear();
    for (std::uint32_t number = stored.first; bytes.size() < stored.length; number = blocks()[number].next) {
        if (number >= block_capacity_) return false;
        const Block& block = blocks()[number];
        bytes.append(block.bytes.data(), std::min(block.bytes.size(), stored.length - bytes.size()));
    }
    return true;
}

// The index has to be rebuilt.
void SampleStore::remove(std::uint32_t number) noexcept {
    Entry& entry = entries()[number];
    for (Stored& stored : entry.samples) release(stored);
    entry.in_use = 0;
    entry.next_free = first_free_entry_;
    first_free_entry_ = number;
    --size_;
}

// Many at once, since it looks at all, but for the one that room is made for.
void SampleStore::evict(const Entry* kept) noexcept {
    std::uint32_t* const order = scratch();
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < entry_capacity_; ++i)
        if (entries()[i].in_use != 0 && entries() + i != kept) order[used++] = i;
    if (used == 0) return;
    const std::uint32_t going = std::max(used / 16, 1u);
    std::nth_element(order, order + going - 1, order + used, [this](std::uint32_t a, std::uint32_t b) {
        const Entry &one = entries()[a], &two = entries()[b];
        return one.usage != two.usage ? one.usage < two.usage : a < b;
    });
    usage_gone_ = entries()[order[going - 1]].usage;
    for (std::uint32_t i = 0; i < going; ++i) remove(order[i]);
    rebuild_index();
}

}  // namespace perfkit::workload
