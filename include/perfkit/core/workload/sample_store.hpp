// Samples per statement, in a block of memory of fixed size.
//
// As with Table, nothing points anywhere and nothing is allocated later.  A sample lies in a chain of
// small blocks; a statement has a few samples: a reservoir over all that were offered, so that each is
// as likely to stay, and the slowest.  When blocks or entries run out, the statements go that were
// executed least, recent executions counting more (LFU with dynamic aging: Arlitt et al., Evaluating content
// management techniques for Web proxy caches, 2000).  The caller's lock protects it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "perfkit/core/workload/event.hpp"

namespace perfkit::workload {

class SampleStore {
public:
    static constexpr std::size_t reservoir = 3;
    static constexpr std::size_t slots = reservoir + 1;  // the last one: the slowest
    static constexpr std::size_t block_size = 256;

    static std::size_t bytes(std::uint32_t entries, std::uint32_t blocks) noexcept;
    // In memory aligned to 8 bytes.
    static SampleStore* create(void* memory, std::uint32_t entries, std::uint32_t blocks) noexcept;

    // Takes the sample into the reservoir, or leaves it, by chance: random is uniform over all 64 bits.  It stands for
    // so many executions since the last offer.
    void offer(const Key& key, std::string_view sample, std::uint64_t executions, std::uint64_t random) noexcept;
    // Takes it where it is slower than the slowest.
    void offer_slowest(const Key& key, std::string_view sample, std::uint64_t nanoseconds) noexcept;

    // Gives key and bytes of each sample to the function.  False where a chain is damaged.
    template <typename Function>
    bool for_each(Function&& function) const {
        std::string bytes;
        for (std::uint32_t i = 0; i < entry_capacity_; ++i) {
            if (entries()[i].in_use == 0) continue;
            for (std::size_t slot = 0; slot < slots; ++slot) {
                if (entries()[i].samples[slot].length == 0) continue;
                if (!read(entries()[i].samples[slot], bytes)) return false;
                function(entries()[i].key, slot == reservoir, std::string_view(bytes));
            }
        }
        return true;
    }
    template <typename Condition>
    void remove_if(Condition&& condition) noexcept {
        for (std::uint32_t i = 0; i < entry_capacity_; ++i)
            if (entries()[i].in_use != 0 && condition(std::as_const(entries()[i].key))) remove(i);
        rebuild_index();
    }
    void clear() noexcept;

    std::uint32_t size() const noexcept { return size_; }
    std::uint32_t free_blocks() const noexcept { return free_blocks_; }
    std::uint32_t block_capacity() const noexcept { return block_capacity_; }

private:
    struct Stored {
        std::uint32_t first = 0;
        std::uint32_t length = 0;  // 0: none
    };
    struct Entry {
        Key key;
        std::uint64_t offers;
        std::uint64_t slowest;
        std::uint64_t usage;  // executions since it is here, on top of what usage had to go before
        std::array<Stored, slots> samples;
        std::uint32_t in_use;
        std::uint32_t next_free;
    };
    struct Block {
        std::array<char, block_size - sizeof(std::uint32_t)> bytes;
        std::uint32_t next;
    };
    static_assert(sizeof(Block) == block_size);

    SampleStore(std::uint32_t entries, std::uint32_t blocks) noexcept
        : entry_capacity_(entries), block_capacity_(blocks) {}
    Entry* find_or_insert(const Key& key) noexcept;
    bool fits(std::size_t length) const noexcept;
    std::uint32_t* index_place(const Key& key) noexcept;
    void store(Entry& entry, std::size_t slot, std::string_view sample) noexcept;
    void release(Stored& stored) noexcept;
    void remove(std::uint32_t number) noexcept;
    void evict(const Entry* kept) noexcept;
    void rebuild_index() noexcept;
    bool read(const Stored& stored, std::string& bytes) const;

    static std::size_t index_size(std::uint32_t entries) noexcept;
    Entry* entries() const noexcept { return reinterpret_cast<Entry*>(const_cast<SampleStore*>(this) + 1); }
    Block* blocks() const noexcept { return reinterpret_cast<Block*>(entries() + entry_capacity_); }
    std::uint32_t* index() const noexcept { return reinterpret_cast<std::uint32_t*>(blocks() + block_capacity_); }
    std::uint32_t* scratch() const noexcept { return index() + index_size(entry_capacity_); }

    std::uint32_t entry_capacity_;
    std::uint32_t block_capacity_;
    std::uint32_t size_ = 0;
    std::uint32_t first_free_entry_ = 0;
    std::uint32_t first_free_block_ = 0;
    std::uint32_t free_blocks_ = 0;
    std::uint64_t usage_gone_ = 0;  // of what last had to go
};

}  // namespace perfkit::workload
