// Readings of what history keeps, of the database that this process is connected to.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "perfkit/core/history/snapshot.hpp"
#include "perfkit/pg/history/segments.hpp"

namespace perfkit::pg::history {

// One of each kind, in the order of perfkit::history::kinds.
using Reading = std::array<perfkit::history::Records, perfkit::history::kinds.size()>;

// The tables of history itself are left out, as are the catalogs.
Reading read_all(const Segments& segments);

// To keep it for the next one.
std::string encode_reading(const Reading& reading);
Reading decode_reading(std::string_view bytes);

}  // namespace perfkit::pg::history
