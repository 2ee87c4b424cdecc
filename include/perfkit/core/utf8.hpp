// Well-formed UTF-8, without overlong forms, surrogates, or what is beyond U+10FFFF (the Unicode standard's table 3-7).
#pragma once

#include <cstddef>
#include <string_view>

namespace perfkit {

// Length in bytes of the character that begins there; 0 where there is none.
std::size_t utf8_length(std::string_view text, std::size_t place) noexcept;

bool is_utf8(std::string_view text) noexcept;

}  // namespace perfkit
