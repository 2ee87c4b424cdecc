#include "perfkit/core/report/format.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace perfkit::report {

namespace {

constexpr const char* no_break_space = "\xC2\xA0";
constexpr const char* dash = "\xE2\x80\x93";
constexpr const char* minus = "\xE2\x88\x92";

std::string fixed(double value, int digits) {
    std::array<char, 400> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
    return std::string(text.data(), end);
}

std::string without_zeros(std::string text) {
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

// To three digits that count; whole from 100 on.
std::string significant(double value) {
    const double size = std::abs(value);
    if (size >= 99.95) return grouped(fixed(value, 0));
    if (size >= 9.995) return without_zeros(fixed(value, 1));
    if (size >= 0.9995) return without_zeros(fixed(value, 2));
    if (size < 0.0005) return "0";
    return without_zeros(fixed(value, size >= 0.0995 ? 2 : 3));
}

std::string with_unit(double value, const char* unit) { return significant(value) + no_break_space + unit; }

std::string count_text(double value) {
    const double size = std::abs(value);
    if (size >= 999.5e6) return with_unit(value / 1e9, "billion");
    if (size >= 999'999.5) return with_unit(value / 1e6, "million");
    return std::trunc(value) == value ? grouped(fixed(value, 0)) : significant(value);
}

std::string bytes_text(double value) {
    constexpr std::array<const char*, 6> units{"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    while (std::abs(value) >= 999.5 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return with_unit(value, units[unit]);
}

std::string duration_text(double ms) {
    const double size = std::abs(ms);
    if (size == 0) return std::string("0") + no_break_space + "ms";
    if (size < 0.9995) return with_unit(ms * 1000, "\xC2\xB5s");
    if (size < 999.5) return with_unit(ms, "ms");
    if (size < 99.5 * 1000) return with_unit(ms / 1000, "s");
    if (size < 99.5 * 60'000) return with_unit(ms / 60'000, "min");
    if (size < 99.5 * 3'600'000) return with_unit(ms / 3'600'000, "h");
    return with_unit(ms / 86'400'000, "days");
}

std::string percent_text(double value) {
    // Between 99 and 100 the digits that count are those of what is missing.
    const double missing = 100 - value;
    std::string text = missing > 0 && missing < 1 ? without_zeros(fixed(std::floor(value * 100) / 100, 2))
                       : std::abs(value) < 99.95  ? significant(value)
                                                  : grouped(fixed(value, 0));
    return text + no_break_space + "%";
}

}  // namespace

std::string grouped(std::string digits) {
    const std::size_t point = digits.find('.');
    std::size_t place = point == std::string::npos ? digits.size() : point;
    const std::size_t first = digits.front() == '-' ? 1 : 0;
    while (place > first + 3) {
        place -= 3;
        digits.insert(digits.begin() + static_cast<std::ptrdiff_t>(place), ',');
    }
    return digits;
}

std::string number_text(std::optional<double> value, Unit unit) {
    if (!value || !std::isfinite(*value)) return dash;
    if (*value < 0) return minus + number_text(-*value, unit);

    switch (unit) {
        case Unit::count:
            return count_text(*value);
        case Unit::bytes:
            return bytes_text(*value);
        case Unit::milliseconds:
            return duration_text(*value);
        case Unit::percent:
            return percent_text(*value);
        case Unit::per_second:
            return significant(*value) + "/s";
        case Unit::bytes_per_second:
            return bytes_text(*value) + "/s";
        case Unit::sessions:
            return significant(*value);
    }
    return dash;
}

std::string change_text(std::optional<double> before, std::optional<double> after) {
    if (!before || !after || !std::isfinite(*before) || !std::isfinite(*after) || *before < 0 || *after < 0) return "";
    if (*before == 0) return *after == 0 ? "the same" : "";
    const double ratio = *after / *before;
    if (std::abs(ratio - 1) < 0.005) return "the same";
    if (ratio >= 2) return significant(ratio) + no_break_space + "times as much";
    const double percent = 100 * (ratio - 1);
    return (percent < 0 ? minus : "+") + significant(std::abs(percent)) + no_break_space + "%";
}

std::string coordinate(double value) {
    if (!std::isfinite(value)) value = 0;
    std::string text = without_zeros(fixed(value, 2));
    return text == "-0" ? "0" : text;
}

}  // namespace perfkit::report
