// The values that vector indexes hold, as numbers and back.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "perfkit/core/vector/layout.hpp"
#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

// Nothing for a type that is none of these, as sparsevec.
std::optional<vectors::Type> vector_type_of(Oid type);

// Bits are 0 and 1.  A value that is not laid out as its type says is an ERROR (XX001).
std::vector<float> numbers_of(vectors::Type type, Datum value);

// The nearest value of that type, palloc'd in the current memory context.
Datum value_of(vectors::Type type, std::span<const float> numbers);

}  // namespace perfkit::pg
