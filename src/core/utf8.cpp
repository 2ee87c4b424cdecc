#include "perfkit/core/utf8.hpp"

namespace perfkit {

std::size_t utf8_length(std::string_view text, std::size_t place) noexcept {
    const auto byte = [&](std::size_t k) -> unsigned {
        return place + k < text.size() ? static_cast<unsigned char>(text[place + k]) : 0;
    };
    const auto continues = [&](std::size_t k, unsigned low = 0x80, unsigned high = 0xBF) {
        return byte(k) >= low && byte(k) <= high;
    };
    if (place >= text.size()) return 0;
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF)
        return continues(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && continues(2) ? 3 : 0;
    if (first >= 0xF0 && first <= 0xF4)
        return continues(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && continues(2) && continues(3)
                   ? 4
                   : 0;
    return 0;
}

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t place = 0; place < text.size();) {
        const std::size_t length = utf8_length(text, place);
        if (length == 0) return false;
        place += length;
    }
    return true;
}

}  // namespace perfkit
