// SQL arrays, as their elements and made of values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "perfkit/pg/postgres.hpp"

namespace perfkit::pg {

// Of any number of dimensions, one after the other; in the current memory context.
struct Elements {
    std::span<const Datum> values;
    std::span<const bool> nulls;

    bool has_null() const { return std::find(nulls.begin(), nulls.end(), true) != nulls.end(); }
};
Elements elements_of(Datum array);

// The same where none may be NULL; else throws std::invalid_argument, which names the argument.
std::span<const Datum> elements_of(Datum array, const char* name);

Datum bigint_array(std::span<const std::int64_t> values);
Datum text_array(std::span<const std::string> texts);

}  // namespace perfkit::pg
