#include "perfkit/core/vector/layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace perfkit::vectors {

namespace {

constexpr double mega = 1024 * 1024;

constexpr std::size_t aligned(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

// Of a page, without its header and pgvector's eight bytes at its end.
constexpr std::size_t page_room = 8192 - 24 - 8;
constexpr std::size_t line_pointer = 4;

// More elements than these are laid out alike.
constexpr int most_laid_out = 50'000;

// Uniform, the same each time (splitmix64).
class Uniform {
public:
    double next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return (static_cast<double>((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
    }

private:
    std::uint64_t state_ = 0;
};

// As many pages as are full, and what is free on the last one, as PageGetFreeSpace() has it.
class Pages {
public:
    double count() const { return count_; }
    std::size_t free() const { return room_ < line_pointer ? 0 : room_ - line_pointer; }
    void append() {
        ++count_;
        room_ = page_room;
    }
    void add(std::size_t size) { room_ -= std::min(room_, aligned(size) + line_pointer); }

private:
    double count_ = 1;
    std::size_t room_ = page_room;
};

int most_level(int m) { return static_cast<int>((page_room - 4 - line_pointer) / 6) / m - 2; }

// Mean number of pages of a list: lists differ in length, about as a lognormal distribution with this
// coefficient of variation.
double pages_of_list(double entries, double entries_per_page) {
    constexpr double variation = 0.6;
    if (entries > 16 * entries_per_page) return entries / entries_per_page + 0.5;
    const double variance = std::log1p(variation * variation);
    const double mean = std::log(std::max(entries, 1e-9)) - variance / 2;
    double pages = 1;
    for (int full = 1; full < 100; ++full)
        pages += 0.5 * std::erfc((std::log(full * entries_per_page) - mean) / std::sqrt(2 * variance));
    return pages;
}

}  // namespace

int most_dimensions(Type type) {
    switch (type) {
        case Type::vector:
            return 2000;
        case Type::halfvec:
            return 4000;
        case Type::bit:
            return 64'000;
    }
    return 0;
}

std::size_t value_bytes(Type type, int dimensions) {
    const auto count = static_cast<std::size_t>(dimensions);
    switch (type) {
        case Type::vector:
            return 8 + 4 * count;
        case Type::halfvec:
            return 8 + 2 * count;
        case Type::bit:
            return 8 + (count + 7) / 8;
    }
    return 0;
}

double hnsw_pages(double elements, std::size_t value, const Hnsw& hnsw) {
    const double laid_out = std::clamp(elements, 0.0, double{most_laid_out});
    const std::size_t element = aligned(72 + value);
    Uniform uniform;
    Pages pages;
    for (double i = 0; i < laid_out; ++i) {
        const int level = std::min(static_cast<int>(-std::log(uniform.next()) / std::log(hnsw.m)), most_level(hnsw.m));
        const std::size_t neighbours = aligned(4 + 6 * static_cast<std::size_t>((level + 2) * hnsw.m));
        // Beside its element, where both fit on a page.
        const std::size_t both = element + neighbours + line_pointer;
        const bool together = both <= page_room - line_pointer;
        if (pages.free() < element || (together && pages.free() < both)) pages.append();
        pages.add(element);
        if (pages.free() < neighbours) pages.append();
        pages.add(neighbours);
    }
    const double more = laid_out > 0 ? elements / laid_out : 1;
    return 1 + std::ceil(pages.count() * std::max(more, 1.0));
}

double hnsw_build_bytes(double rows, std::size_t value, const Hnsw& hnsw, bool parallel, std::size_t chunk_header) {
    const auto m = static_cast<std::size_t>(hnsw.m);
    const std::size_t header = parallel ? 0 : chunk_header;
    const auto piece = [header](std::size_t size) { return static_cast<double>(aligned(size) + header); };
    // The element, its list of layers, the neighbours in the lowest one, the value; and 1 / (m - 1) further layers.
    const double further = 1.0 / (hnsw.m - 1);
    const double each =
        piece(128) + piece(8) + piece(8 + 16 * 2 * m) + piece(value) + further * (8 + piece(8 + 16 * m));
    if (parallel) return rows * each + 4 * mega + each;
    // Blocks of 1 MB, with a header and an unused end.  It has to be less than the setting.
    const double block = mega - 64 - each / 4;
    return (std::ceil(rows * each / block) + 1) * mega;
}

double ivfflat_pages(double rows, std::size_t value, int lists) {
    // Values of up to 126 bytes have a header of one byte, not four.
    const std::size_t stored = value - 3 <= 127 ? value - 3 : value;
    const auto per_page = [](std::size_t size) {
        return std::max(1.0, std::floor(double{page_room} / static_cast<double>(aligned(size) + line_pointer)));
    };
    const double centres = std::ceil(lists / per_page(8 + aligned(value)));
    return 1 + centres + std::ceil(lists * pages_of_list(rows / lists, per_page(8 + stored)));
}

double ivfflat_build_bytes(double rows, std::size_t value, int dimensions, int lists) {
    const double centres = lists;
    const double samples = std::max(10'000.0, 50.0 * lists);
    const double found = std::min(samples, rows);
    const auto item = static_cast<double>(aligned(value));
    // Samples, centres and new centres; sums; and Elkan's bounds.
    return 96 + (samples + 2 * centres) * item + 4 * centres * dimensions +
           4 * (found * centres + centres * centres + 2 * found + 3 * centres);
}

int fitting_lists(double rows) {
    const double lists = rows <= 1e6 ? rows / 1000 : std::sqrt(rows);
    return static_cast<int>(std::clamp(std::round(lists), 1.0, double{most_lists}));
}

int fitting_probes(int lists) { return std::max(1, static_cast<int>(std::round(std::sqrt(lists)))); }

}  // namespace perfkit::vectors
