#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "bloat.hpp"

extern "C" {
#include "access/heaptoast.h"
}

namespace perfkit::pg {

namespace {

constexpr std::int64_t largest_chunk = TOAST_MAX_CHUNK_SIZE;

// Bytes of the tuple that holds this many bytes of a value.
std::int64_t chunk_length(std::int64_t bytes) {
    constexpr std::size_t header = MAXALIGN(SizeofHeapTupleHeader) + sizeof(Oid) + sizeof(int32) + VARHDRSZ;
    return static_cast<std::int64_t>(MAXALIGN(header + bytes));
}

}  // namespace

std::int64_t ToastPacker::tuple_bytes(std::int64_t bytes) {
    constexpr std::int64_t pointer = sizeof(ItemIdData);
    const std::int64_t rest = bytes % largest_chunk;
    return bytes / largest_chunk * (chunk_length(largest_chunk) + pointer) +
           (rest > 0 ? chunk_length(rest) + pointer : 0);
}

void ToastPacker::add(std::span<const StoredValue> values) {
    for (const StoredValue& value : values) {
        // A value that two versions of a row name is written once.
        if (value.shared && shared_.size() < most_shared && !shared_.insert(value.id).second) continue;
        for (std::int64_t left = value.bytes; left > 0; left -= largest_chunk)
            packer_.add(static_cast<int>(chunk_length(std::min(left, largest_chunk))));
    }
}

std::optional<double> ToastPacker::pages() const {
    if (shared_.size() >= most_shared) return std::nullopt;
    return packer_.pages();
}

}  // namespace perfkit::pg
