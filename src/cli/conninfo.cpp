#include "conninfo.hpp"

#include <cctype>

namespace perfkit::cli {
namespace {

bool is_uri(const std::string& text) { return text.find("://") != std::string::npos; }

std::string conninfo_quoted(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + '\'';
}

std::string percent_encoded(std::string_view value) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 && std::isalnum(byte) != 0) {
            text += c;
        } else {
            text += '%';
            text += digits[byte >> 4];
            text += digits[byte & 15];
        }
    }
    return text;
}

}  // namespace

std::string connection_string(const std::string& conninfo) {
    if (conninfo.empty() || conninfo.find('=') != std::string::npos || is_uri(conninfo)) return conninfo;
    return "dbname=" + conninfo_quoted(conninfo);
}

// Of a parameter that stands there twice, libpq takes the last.
std::string with_parameter(const std::string& connection, std::string_view name, std::string_view value) {
    if (is_uri(connection)) {
        const char joint = connection.find('?') == std::string::npos ? '?' : '&';
        return connection + joint + std::string(name) + '=' + percent_encoded(value);
    }
    return connection + (connection.empty() ? "" : " ") + std::string(name) + '=' + conninfo_quoted(value);
}

std::string with_default(const std::string& connection, std::string_view name, std::string_view value) {
    const bool there = connection.find(std::string(name) + '=') != std::string::npos;
    return there ? connection : with_parameter(connection, name, value);
}

}  // namespace perfkit::cli
