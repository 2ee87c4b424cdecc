#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "perfkit/core/report/format.hpp"

namespace perfkit::cli {

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

std::vector<std::string> split_list(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(trimmed(text.substr(0, end)));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<double> parse_number(std::string_view text) {
    const std::string copy(trimmed(text));
    char* end = nullptr;
    const double value = std::strtod(copy.c_str(), &end);
    if (copy.empty() || end != copy.c_str() + copy.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::string format_fixed(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string format_count(double value) { return report::grouped(format_fixed(value, 0)); }

std::string format_bytes(double bytes) {
    const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    while (std::fabs(bytes) >= 1024 && unit < 4) {
        bytes /= 1024;
        ++unit;
    }
    return format_fixed(bytes, unit == 0 || bytes >= 100 ? 0 : 1) + ' ' + units[unit];
}

std::string format_milliseconds(double value) {
    return format_fixed(value, value < 1 ? 3 : value < 10 ? 2 : value < 1000 ? 1 : 0);
}

std::string format_percent(double fraction, int digits) { return format_fixed(fraction * 100, digits) + " %"; }

std::vector<std::size_t> Table::widths() const {
    std::vector<std::size_t> widths;
    for (const auto& cell : header_) widths.push_back(cell.size());
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    return widths;
}

std::string Table::plain() const {
    const auto width = widths();
    std::string out;
    const auto print = [&](const std::vector<std::string>& row) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(width[i] - row[i].size(), ' ');
            const bool left = i == 0 || i >= text_from_;
            if (i > 0) line += "  ";
            line += left ? row[i] + padding : padding + row[i];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    };
    print(header_);
    std::size_t total = 0;
    for (const std::size_t w : width) total += w + 2;
    out += std::string(total - 2, '-') + '\n';
    for (const auto& row : rows_) print(row);
    return out;
}

std::string Table::markdown() const {
    std::string out;
    const auto print = [&](const std::vector<std::string>& row) {
        out += '|';
        for (const auto& cell : row) out.append(" ").append(cell).append(" |");
        out += '\n';
    };
    print(header_);
    out += '|';
    for (std::size_t i = 0; i < header_.size(); ++i) out += i == 0 || i >= text_from_ ? " --- |" : " ---: |";
    out += '\n';
    for (const auto& row : rows_) print(row);
    return out;
}

}  // namespace perfkit::cli
