// A hash table from keys that are hashes themselves to numbers: open addressing, no allocation but to grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace perfkit::cache {

class Places {
public:
    static constexpr std::uint32_t nowhere = 0xffffffff;

    explicit Places(std::size_t expected) {
        std::size_t size = 16;
        while (size < 2 * expected) size *= 2;
        cells_.resize(size);
    }

    std::size_t size() const noexcept { return used_; }

    // Key 0 is none.
    std::uint32_t find(std::uint32_t key) const noexcept {
        for (std::size_t i = home(key); cells_[i].key != 0; i = next(i))
            if (cells_[i].key == key) return cells_[i].value;
        return nowhere;
    }

    void set(std::uint32_t key, std::uint32_t value) {
        if (2 * used_ >= cells_.size()) grow();
        std::size_t i = home(key);
        while (cells_[i].key != 0 && cells_[i].key != key) i = next(i);
        used_ += cells_[i].key == 0;
        cells_[i] = {key, value};
    }

    void erase(std::uint32_t key) noexcept {
        std::size_t gap = home(key);
        while (cells_[gap].key != key) {
            if (cells_[gap].key == 0) return;
            gap = next(gap);
        }
        --used_;
        // What comes after and would no longer be found moves into the gap.
        for (std::size_t i = next(gap); cells_[i].key != 0; i = next(i)) {
            const std::size_t mask = cells_.size() - 1;
            if (((i - home(cells_[i].key)) & mask) < ((i - gap) & mask)) continue;
            cells_[gap] = cells_[i];
            gap = i;
        }
        cells_[gap] = {};
    }

    template <typename Visit>
    void for_each(Visit visit) const {
        for (const Cell& cell : cells_)
            if (cell.key != 0) visit(cell.key, cell.value);
    }

private:
    struct Cell {
        std::uint32_t key = 0;
        std::uint32_t value = 0;
    };
    std::vector<Cell> cells_;
    std::size_t used_ = 0;

    std::size_t home(std::uint32_t key) const noexcept { return key & (cells_.size() - 1); }
    std::size_t next(std::size_t i) const noexcept { return (i + 1) & (cells_.size() - 1); }
    void grow() {
        std::vector<Cell> old(2 * cells_.size());
        old.swap(cells_);
        used_ = 0;
        for (const Cell& cell : old)
            if (cell.key != 0) set(cell.key, cell.value);
    }
};

}  // namespace perfkit::cache
