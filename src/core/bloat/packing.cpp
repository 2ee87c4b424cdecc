#include <algorithm>
#include <cmath>

#include "perfkit/core/bloat.hpp"

namespace perfkit::bloat {

std::int64_t HeapPacker::add(std::span<const int> lengths) {
    std::int64_t added = 0;
    int left = free_;
    int tuples = tuples_;
    for (const int length : lengths) {
        const int taken = length + page_.pointer;
        if (tuples > 0 && (taken + page_.reserved > left || tuples >= page_.max_tuples)) {
            end_page(bytes_ + added);
            left = page_.usable;
            tuples = 0;
        }
        ++tuples;
        left -= taken;
        added += taken;
    }
    free_ = left;
    tuples_ = tuples;
    added_ += static_cast<std::int64_t>(lengths.size());
    bytes_ += added;
    return added;
}

void HeapPacker::end_page(std::int64_t bytes) {
    ++full_pages_;
    const auto here = static_cast<double>(bytes - bytes_in_full_);
    squares_ += here * here;
    bytes_in_full_ = bytes;
}

double HeapPacker::pages_per_byte() const {
    if (full_pages_ > 0) return static_cast<double>(full_pages_) / static_cast<double>(bytes_in_full_);
    return 1.0 / (page_.usable - page_.reserved);
}

double HeapPacker::margin(double joints) const {
    if (full_pages_ < 2) return 0;
    const auto n = static_cast<double>(full_pages_);
    const double mean = static_cast<double>(bytes_in_full_) / n;
    const double variance = std::max(squares_ / n - mean * mean, 0.0) * n / (n - 1);
    const double at_joints = joints * std::sqrt(variance) / mean;

    // Of the pages that each piece filled, more or fewer than its bytes would on average.  Neighbours are
    // compared, since what differs between one end of the relation and the other is in the sample.
    const auto excess = [&](std::size_t i) {
        const Piece before = i > 0 ? pieces_[i - 1] : Piece{0, 0};
        return static_cast<double>(pieces_[i].pages - before.pages) -
               static_cast<double>(pieces_[i].bytes - before.bytes) / mean;
    };
    double differences = 0;
    for (std::size_t i = 1; i < pieces_.size(); ++i)
        differences += (excess(i) - excess(i - 1)) * (excess(i) - excess(i - 1));
    const auto pieces = static_cast<double>(pieces_.size());
    const double between =
        pieces > 1 ? half_interval(pieces) * std::sqrt(differences * pieces / (2 * (pieces - 1))) / n : 0;
    const double unseen = 2 / static_cast<double>(added_);
    return std::hypot(at_joints, between, unseen);
}

double HeapPacker::pages() const {
    const auto rest = static_cast<double>(bytes_ - bytes_in_full_);
    return static_cast<double>(full_pages_) + std::min(rest * pages_per_byte(), 1.0);
}

void BtreePacker::start_page() {
    // The last item goes over to the new page.
    ++full_pages_;
    bytes_in_full_ = bytes_ - last_;
    free_ = page_.usable - last_;
    items_ = 1;
}

double BtreePacker::pages_per_byte() const {
    if (full_pages_ > 0) return static_cast<double>(full_pages_) / static_cast<double>(bytes_in_full_);
    return 1.0 / (page_.usable - page_.reserved);
}

double BtreePacker::pages() const {
    const auto rest = static_cast<double>(bytes_ - bytes_in_full_);
    return static_cast<double>(full_pages_) + std::min(rest * pages_per_byte(), 1.0);
}

double internal_pages(double leaf_pages, double pivot, double room) {
    const double children = std::max(room / pivot, 2.0);
    double pages = 0;
    for (double level = leaf_pages; level > 1;) {
        level = std::ceil(level / children);
        pages += level;
    }
    return pages;
}

PostingLists merge_entries(int key_length, int pointers, const PostingRules& rules) {
    const auto aligned = [&](int bytes) { return (bytes + rules.alignment - 1) / rules.alignment * rules.alignment; };
    const auto length = [&](int count) {
        return count == 1 ? key_length : aligned(key_length + count * rules.pointer);
    };
    const int room = rules.largest / rules.alignment * rules.alignment - key_length;
    const int capacity = std::max(room / rules.pointer, 1);
    const int rest = pointers % capacity;
    return {pointers / capacity, length(capacity), rest == 0 ? 0 : length(rest), capacity};
}

}  // namespace perfkit::bloat
