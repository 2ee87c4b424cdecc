#include <algorithm>

#include "perfkit/core/bloat.hpp"

namespace perfkit::bloat {

void HeapPacker::add(int length) {
    if (tuples_ > 0 && (length + page_.pointer + page_.reserved > free_ || tuples_ >= page_.max_tuples)) {
        ++full_pages_;
        bytes_in_full_ = bytes_;
        free_ = page_.usable;
        tuples_ = 0;
    }
    ++tuples_;
    free_ -= length + page_.pointer;
    bytes_ += length + page_.pointer;
}

double HeapPacker::pages_per_byte() const {
    if (full_pages_ > 0) return static_cast<double>(full_pages_) / static_cast<double>(bytes_in_full_);
    return 1.0 / (page_.usable - page_.reserved);
}

double HeapPacker::pages() const {
    const auto rest = static_cast<double>(bytes_ - bytes_in_full_);
    return static_cast<double>(full_pages_) + std::min(rest * pages_per_byte(), 1.0);
}

}  // namespace perfkit::bloat
