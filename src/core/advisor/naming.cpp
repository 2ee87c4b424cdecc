#include "perfkit/core/advisor/naming.hpp"

#include <algorithm>
#include <cstdint>

namespace perfkit::advisor {

namespace {

constexpr std::size_t longest_name = 63;

std::size_t length_of(const std::vector<std::string>& parts) {
    std::size_t length = 0;
    for (const std::string& part : parts) length += part.size() + 1;
    return length;
}

}  // namespace

std::string index_name(std::string_view table, const std::vector<std::string>& columns,
                       const std::function<bool(const std::string&)>& taken,
                       const std::function<std::size_t(std::string_view, std::size_t)>& character_end) {
    for (int number = 0;; ++number) {
        const std::string suffix = number == 0 ? "idx" : "idx" + std::to_string(number);
        std::vector<std::string> parts{std::string(table)};
        parts.insert(parts.end(), columns.begin(), columns.end());
        while (length_of(parts) + suffix.size() > longest_name) {
            auto longest = std::max_element(parts.begin(), parts.end(), [](const std::string& a, const std::string& b) {
                return a.size() < b.size();
            });
            // Many short columns: leave the last ones out.
            if (longest->size() <= 4) {
                parts.pop_back();
                continue;
            }
            longest->resize(character_end(*longest, longest->size() - 1));
        }
        std::string name;
        for (const std::string& part : parts) name += part + "_";
        name += suffix;
        if (!taken(name)) return name;
    }
}

std::string fingerprint(const std::vector<std::string>& parts) {
    // FNV-1a; a zero byte ends each part, so that parts cannot run into each other.
    std::uint64_t hash = 14695981039346656037u;
    const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 1099511628211u; };
    for (const std::string& part : parts) {
        for (const char c : part) add(static_cast<unsigned char>(c));
        add(0);
    }
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[hash >> shift & 15];
    return text;
}

}  // namespace perfkit::advisor
