#include "perfkit/core/health.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

namespace perfkit::health {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Splits off what stands before the first separator.
std::string_view next_part(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

std::string name_of_check(std::string_view text) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (text.empty() || !std::all_of(text.begin(), text.end(), allowed))
        throw std::invalid_argument("\"" + std::string(text) + "\" is not the name of a check");
    return std::string(text);
}

std::optional<double> number(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const std::string digits(text);
    char* end = nullptr;
    const double value = std::strtod(digits.c_str(), &end);
    if (digits.find_first_not_of("0123456789.eE+-") != std::string::npos || *end != '\0' || !std::isfinite(value))
        throw std::invalid_argument("\"" + digits + "\" is not a number");
    return value;
}

}  // namespace

std::vector<Threshold> parse_thresholds(std::string_view text) {
    std::vector<Threshold> result;
    while (!trimmed(text).empty()) {
        std::string_view entry = next_part(text, ',');
        const bool assigns = entry.find('=') != std::string_view::npos;
        Threshold threshold{name_of_check(next_part(entry, '=')), {}, {}};
        threshold.warn = number(next_part(entry, '/'));
        threshold.critical = number(trimmed(entry));
        if (!assigns || (!threshold.warn && !threshold.critical))
            throw std::invalid_argument("\"" + threshold.check + "\" has no value: write " + threshold.check +
                                        "=WARN/CRITICAL");
        result.push_back(std::move(threshold));
    }
    return result;
}

std::vector<std::string> parse_names(std::string_view text) {
    std::vector<std::string> result;
    while (!trimmed(text).empty()) result.push_back(name_of_check(next_part(text, ',')));
    return result;
}

}  // namespace perfkit::health
