#include "perfkit/core/json.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace perfkit {

void Json::separate() {
    if (!first_ && !after_key_) text_ += ',';
    first_ = false;
    after_key_ = false;
}

void Json::quote(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    text_ += '"';
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            text_ += '\\';
            text_ += c;
        } else if (code < 0x20) {
            text_ += "\\u00";
            text_ += hex[code >> 4];
            text_ += hex[code & 15];
        } else {
            text_ += c;
        }
    }
    text_ += '"';
}

Json& Json::key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    after_key_ = true;
    return *this;
}

Json& Json::value(std::string_view text) {
    separate();
    quote(text);
    return *this;
}

Json& Json::value(double number) {
    if (!std::isfinite(number)) return null();
    separate();
    std::array<char, 64> digits;
    // Whole numbers in full, as far as a double holds them exactly.
    const bool whole = std::abs(number) < 1e15 && number == std::floor(number);
    const auto end =
        whole ? std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<std::int64_t>(number))
              : std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::general, 6);
    text_.append(digits.data(), end.ptr);
    return *this;
}

Json& Json::value(std::int64_t number) {
    separate();
    text_ += std::to_string(number);
    return *this;
}

Json& Json::value(bool flag) {
    separate();
    text_ += flag ? "true" : "false";
    return *this;
}

Json& Json::null() {
    separate();
    text_ += "null";
    return *this;
}

}  // namespace perfkit
