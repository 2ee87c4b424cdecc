#include "perfkit/core/report/html.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "perfkit/core/utf8.hpp"

namespace perfkit::report {

namespace {

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

// Controls, what has no width, what turns the direction of writing, fillers, tags, and what is no character.
constexpr std::array<Range, 16> unseen{{{0x00, 0x08},
                                        {0x0B, 0x0C},
                                        {0x0E, 0x1F},
                                        {0x7F, 0x9F},
                                        {0xAD, 0xAD},
                                        {0x34F, 0x34F},
                                        {0x61C, 0x61C},
                                        {0x115F, 0x1160},
                                        {0x17B4, 0x17B5},
                                        {0x180B, 0x180F},
                                        {0x200B, 0x200F},
                                        {0x2028, 0x202E},
                                        {0x2060, 0x206F},
                                        {0x3164, 0x3164},
                                        {0xFEFF, 0xFEFF},
                                        {0xFFF0, 0xFFFB}}};

bool is_unseen(std::uint32_t character) {
    if (character >= 0xE0000 && character <= 0xE0FFF) return true;
    if ((character & 0xFFFE) == 0xFFFE || (character >= 0xFDD0 && character <= 0xFDEF)) return true;
    return std::any_of(unseen.begin(), unseen.end(),
                       [=](const Range& range) { return character >= range.first && character <= range.last; });
}

std::string hex(std::uint32_t number, std::size_t digits) {
    std::array<char, 8> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number, 16).ptr;
    std::string result(text.data(), end);
    for (char& c : result)
        if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    if (result.size() < digits) result.insert(0, digits - result.size(), '0');
    return result;
}

std::uint32_t decode(std::string_view character) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i]));
    };
    if (character.size() == 1) return byte(0);
    std::uint32_t result = byte(0) & (0xFFu >> (character.size() + 1));
    for (std::size_t i = 1; i < character.size(); ++i) result = result << 6 | (byte(i) & 0x3F);
    return result;
}

void append(std::string& result, std::uint32_t character) {
    switch (character) {
        case '&':
            result += "&amp;";
            return;
        case '<':
            result += "&lt;";
            return;
        case '>':
            result += "&gt;";
            return;
        case '"':
            result += "&quot;";
            return;
        case '\'':
            result += "&#39;";
            return;
        case '\r':  // a parser of XML makes a line feed of it
            result += "&#13;";
            return;
        default:
            break;
    }
    if (is_unseen(character))
        result += "[U+" + hex(character, 4) + "]";
    else if (character < 0x7F)
        result += static_cast<char>(character);
    else
        result += "&#x" + hex(character, 1) + ";";
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

// The length of the first characters; bytes that are none count as one each.
std::size_t length_of_first(std::string_view text, std::size_t most) {
    std::size_t place = 0;
    for (std::size_t n = 0; n < most && place < text.size(); ++n)
        place += std::max<std::size_t>(utf8_length(text, place), 1);
    return place;
}

}  // namespace

std::string escaped(std::string_view utf8) {
    std::string result;
    result.reserve(utf8.size() + utf8.size() / 8);
    for (std::size_t place = 0; place < utf8.size();) {
        const std::size_t length = utf8_length(utf8, place);
        if (length == 0) {
            result += "\\x" + hex(static_cast<unsigned char>(utf8[place]), 2);
            ++place;
            continue;
        }
        append(result, decode(utf8.substr(place, length)));
        place += length;
    }
    return result;
}

std::string first_of(std::string_view utf8, std::size_t most) {
    const std::size_t length = length_of_first(utf8, most);
    return std::string(utf8.substr(0, length)) + (length < utf8.size() ? "\xE2\x80\xA6" : "");
}

std::string one_line(std::string_view utf8, std::size_t most) {
    std::string line;
    for (const char c : utf8) {
        if (!is_space(c))
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
        // Whatever comes behind could not change the result.
        if (line.size() > 4 * most + 8) break;
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return first_of(line, most);
}

Html& Html::element(std::string_view name, Attributes attributes) {
    begin(name, attributes);
    markup_ += "/>";
    return *this;
}

Html& Html::leaf(std::string_view name, Attributes attributes, std::string_view utf8) {
    open(name, attributes);
    text(utf8);
    return close(name);
}

Html& Html::text(std::string_view utf8) {
    markup_ += escaped(utf8);
    return *this;
}

Html& Html::raw(std::string_view markup) {
    markup_ += markup;
    return *this;
}

void Html::begin(std::string_view name, Attributes attributes) {
    markup_ += '<';
    markup_ += name;
    for (const Attribute& attribute : attributes) {
        // An attribute without a value says as much as none.
        if (attribute.value.empty()) continue;
        markup_ += ' ';
        markup_ += attribute.name;
        markup_ += "=\"";
        markup_ += escaped(attribute.value);
        markup_ += '"';
    }
}

void Html::open(std::string_view name, Attributes attributes) {
    begin(name, attributes);
    markup_ += '>';
}

Html& Html::close(std::string_view name) {
    markup_ += "</";
    markup_ += name;
    markup_ += '>';
    return *this;
}

}  // namespace perfkit::report
