#include "perfkit/core/metrics.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "perfkit/core/utf8.hpp"

namespace perfkit::metrics {

namespace {

struct Bound {
    std::string_view text;
    double seconds;
};

// With the one of +Inf fifteen.  Half a second is among them, at which the alert for P99 stands.
constexpr std::array<Bound, 14> bounds{{{"0.0001", 0.0001},
                                        {"0.0005", 0.0005},
                                        {"0.001", 0.001},
                                        {"0.0025", 0.0025},
                                        {"0.005", 0.005},
                                        {"0.01", 0.01},
                                        {"0.025", 0.025},
                                        {"0.05", 0.05},
                                        {"0.1", 0.1},
                                        {"0.25", 0.25},
                                        {"0.5", 0.5},
                                        {"1", 1},
                                        {"5", 5},
                                        {"30", 30}}};

std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> text{};
    // Whole numbers without an exponent, as long as they are exact.
    const bool whole = std::trunc(value) == value && std::abs(value) < 9007199254740992.0;
    const auto end = whole ? std::to_chars(text.data(), text.data() + text.size(), static_cast<std::int64_t>(value))
                           : std::to_chars(text.data(), text.data() + text.size(), value);
    return std::string(text.data(), end.ptr);
}

// The labels between the braces.
std::string label_text(const std::vector<Label>& labels) {
    std::string text;
    for (const Label& label : labels) {
        if (!text.empty()) text += ',';
        text += label.name;
        text += "=\"";
        for (const char c : label.value) {
            if (c == '\\' || c == '"') text += '\\';
            if (c == '\n')
                text += "\\n";
            else
                text += c;
        }
        text += '"';
    }
    return text;
}

void add_line(std::string& lines, std::string_view name, std::string_view suffix, std::string_view labels,
              const std::string& value) {
    lines += name;
    lines += suffix;
    if (!labels.empty()) {
        lines += '{';
        lines += labels;
        lines += '}';
    }
    lines += ' ';
    lines += value;
    lines += '\n';
}

void add_hex(std::string& text, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    text += "\\x";
    text += digits[byte >> 4];
    text += digits[byte & 15];
}

}  // namespace

std::string sample(std::string_view name, const std::vector<Label>& labels, double value) {
    std::string line;
    add_line(line, name, "", label_text(labels), number_text(value));
    return line;
}

std::string histogram(std::string_view name, const std::vector<Label>& labels, const LatencyHistogram& latency,
                      double sum_seconds) {
    const std::string common = label_text(labels);
    const std::string prefix = (common.empty() ? "" : common + ",") + "le=\"";
    const std::string count = std::to_string(latency.total());
    std::string lines;
    for (const Bound& bound : bounds)
        add_line(lines, name, "_bucket", prefix + std::string(bound.text) + '"',
                 std::to_string(latency.within(bound.seconds * 1e6)));
    add_line(lines, name, "_bucket", prefix + "+Inf\"", count);
    add_line(lines, name, "_sum", common, number_text(sum_seconds));
    add_line(lines, name, "_count", common, count);
    return lines;
}

std::string printable_utf8(std::string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size();) {
        if (const std::size_t length = utf8_length(bytes, i); length > 0) {
            text += bytes.substr(i, length);
            i += length;
        } else {
            add_hex(text, bytes[i++]);
        }
    }
    return text;
}

std::string printable_ascii(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        if (static_cast<unsigned char>(c) < 0x80)
            text += c;
        else
            add_hex(text, c);
    }
    return text;
}

}  // namespace perfkit::metrics
