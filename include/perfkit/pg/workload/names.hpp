// The texts of statements inside functions, where variables' names stand for parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace perfkit::pg::workload {

// The part of a source that is one statement, with the comments before it.
struct Source {
    std::string_view text;   // at most one byte more than the limit
    std::size_t offset = 0;  // in the source
    bool truncated = false;  // it goes on
};
Source source_of(const char* source, int location, int length, std::size_t limit) noexcept;

// A statement that runs inside another one is about to be planned: notes which of its names are parameters.
void note_names(const Query* query, const char* source) noexcept;

struct Names {
    std::string_view text;         // with $1, $2... in their places; empty where it cannot be told
    std::span<const int> numbers;  // $1 is parameter numbers[0] of the server
    bool secret;                   // the source speaks of secrets, maybe in a name that is a number now
};
// What was noted of the very statement: another one may differ in nothing but its constants, and thus have the same
// queryid.  Valid until names are noted again.
std::optional<Names> names_of(std::int64_t queryid, const Source& source) noexcept;

}  // namespace perfkit::pg::workload
