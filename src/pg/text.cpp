#include "perfkit/pg/text.hpp"

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "mb/pg_wchar.h"
}

namespace perfkit::pg {

std::size_t character_end(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    return call([&] {
        return static_cast<std::size_t>(
            pg_mbcliplen(text.data(), static_cast<int>(text.size()), static_cast<int>(most)));
    });
}

std::string clipped(std::string_view text, std::size_t most) {
    return std::string(text.substr(0, character_end(text, most)));
}

std::string shortened(std::string_view text, std::size_t most) {
    return text.size() <= most ? std::string(text) : clipped(text, most) + "...";
}

}  // namespace perfkit::pg
