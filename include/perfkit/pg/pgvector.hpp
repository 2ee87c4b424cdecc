// Reading pgvector's values as they are stored; nothing of pgvector's is called or included.
#pragma once

#include <cstddef>
#include <cstdint>

#include "perfkit/pg/flat.hpp"

namespace perfkit::pg {

// How vector and halfvec lie in a datum; `dimensions` elements follow.
struct StoredVector {
    std::int32_t length_word;
    std::int16_t dimensions;
    std::int16_t unused;
};
static_assert(sizeof(StoredVector) == 8);

[[noreturn]] void raise_unknown_layout(std::size_t bytes, int dimensions);

template <typename T>
class VectorArgument {
public:
    using Element = T;

    VectorArgument(Datum datum, int) : flat_(datum) {
        const auto* stored = flat_.as<StoredVector>();
        size_ = static_cast<std::size_t>(stored->dimensions);
        const std::size_t bytes = VARSIZE(stored);
        if (stored->dimensions < 0 || bytes != sizeof(StoredVector) + size_ * sizeof(T))
            raise_unknown_layout(bytes, stored->dimensions);
    }
    const T* data() const { return reinterpret_cast<const T*>(flat_.as<StoredVector>() + 1); }
    std::size_t size() const { return size_; }

private:
    Flat flat_;
    std::size_t size_;
};

}  // namespace perfkit::pg
