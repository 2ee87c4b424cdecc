#include "perfkit/core/workload/predicate.hpp"

#include <cstddef>

#include "perfkit/core/sql_lexer.hpp"

namespace perfkit::workload {

namespace {

std::uint64_t mixed(std::uint64_t hash) noexcept {
    hash ^= hash >> 32;
    hash *= 0xD6E8'FEB8'6659'FD93u;
    hash ^= hash >> 32;
    hash *= 0xD6E8'FEB8'6659'FD93u;
    return hash ^ hash >> 32;
}

}  // namespace

std::uint64_t fingerprint(std::string_view node) noexcept {
    constexpr std::string_view location = ":location ";
    std::uint64_t hash = 0xCBF2'9CE4'8422'2325u;
    for (std::size_t i = 0; i < node.size(); ++i) {
        hash = (hash ^ static_cast<unsigned char>(node[i])) * 0x100'0000'01B3u;
        if (node[i] != ':' || node.substr(i, location.size()) != location) continue;
        i += location.size();
        while (i < node.size() && (node[i] == '-' || (node[i] >= '0' && node[i] <= '9'))) ++i;
        --i;
    }
    hash = mixed(hash);
    return hash == 0 ? 1 : hash;
}

std::uint64_t combined(std::uint64_t a, std::uint64_t b, bool in_order) noexcept {
    const std::uint64_t hash = in_order ? mixed(a) * 31 + b : a + b;
    return hash == 0 ? 1 : hash;
}

std::string with_question_marks(std::string_view text) {
    std::string result;
    std::size_t behind = 0;
    for (const SqlToken& token : tokenize(text)) {
        if (token.kind != SqlToken::Kind::parameter) continue;
        result.append(text, behind, token.begin - behind);
        result += '?';
        behind = token.end;
    }
    result.append(text, behind);
    return result;
}

}  // namespace perfkit::workload
