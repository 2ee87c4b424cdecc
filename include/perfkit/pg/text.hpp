// Texts in the database's encoding, cut between characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace perfkit::pg {

// The greatest end of a character that is not behind a position.
std::size_t character_end(std::string_view text, std::size_t most);

// Cut at so many bytes; and with three dots, where something was cut off.
std::string clipped(std::string_view text, std::size_t most);
std::string shortened(std::string_view text, std::size_t most);

}  // namespace perfkit::pg
