// The k nearest of many, kept in a heap whose top is the farthest of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace perfkit::distance {

struct Neighbour {
    double distance;
    std::uint64_t id;
};

// NaN is farther than every number, as ORDER BY has it.
inline bool is_nearer(const Neighbour& a, const Neighbour& b) {
    return a.distance < b.distance || (std::isnan(b.distance) && !std::isnan(a.distance));
}

// Whether a neighbour at this distance belongs to the k nearest that a heap of `count` holds.
inline bool belongs(const Neighbour* heap, std::size_t count, std::size_t k, double distance) {
    return count < k || is_nearer({distance, 0}, heap[0]);
}

// Adds one that belongs, for which there is room behind the heap.
inline void add_neighbour(Neighbour* heap, std::size_t& count, const Neighbour& neighbour) {
    heap[count++] = neighbour;
    std::push_heap(heap, heap + count, is_nearer);
}

// Puts one that belongs in the place of the farthest, whose id it returns.
inline std::uint64_t replace_farthest(Neighbour* heap, std::size_t count, const Neighbour& neighbour) {
    std::pop_heap(heap, heap + count, is_nearer);
    const std::uint64_t farthest = heap[count - 1].id;
    heap[count - 1] = neighbour;
    std::push_heap(heap, heap + count, is_nearer);
    return farthest;
}

// Nearest first; it is a heap no longer.
inline void sort_neighbours(Neighbour* heap, std::size_t count) { std::sort_heap(heap, heap + count, is_nearer); }

}  // namespace perfkit::distance
