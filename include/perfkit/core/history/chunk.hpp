// Records as bytes: what a row of history holds, and what the last reading is kept as.
//
// Numbers take seven bits a byte, least first; what can be negative is folded onto the positive ones; identifiers are
// differences to the one before.  Counters and gauges that are zero take a bit.  A format's number comes first, so that
// a later release can read what this one wrote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "perfkit/core/history/snapshot.hpp"

namespace perfkit::history {

// Records are sorted.  Births are needed to compare with a later reading, and in no row.
std::string encode(const Records& records, const Shape& shape, bool births);

// Throws std::invalid_argument where the bytes are not as encode() makes them: a file may be damaged.
Records decode(std::string_view bytes);

// A block of bytes with its length before it, and the way back, for several in a row.
void append_block(std::string& bytes, std::string_view block);
std::string_view take_block(std::string_view& bytes);

}  // namespace perfkit::history
