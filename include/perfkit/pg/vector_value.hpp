// The values that vector indexes hold, as numbers and back.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

enum class VectorKind { vector, halfvec, bit };

// Nothing for a type that is none of these, as sparsevec.
std::optional<VectorKind> vector_kind_of(Oid type);

// Bits are 0 and 1.  A value that is not laid out as its type says is an ERROR (XX001).
std::vector<float> numbers_of(VectorKind kind, Datum value);

// The nearest value of that kind, palloc'd in the current memory context.
Datum value_of(VectorKind kind, std::span<const float> numbers);

}  // namespace perfkit::pg
