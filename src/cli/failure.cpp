#include "failure.hpp"

#include "text.hpp"

namespace perfkit::cli {

std::string sentence_of(const std::exception& error) {
    std::string line;
    for (const auto& part : split_list(error.what(), '\n')) {
        // Here begins what quotes the statement.
        if (part.rfind("LINE ", 0) == 0 || part.rfind("QUERY:", 0) == 0 || part.rfind("CONTEXT:", 0) == 0) break;
        if (!part.empty()) line += (line.empty() ? "" : " ") + part;
    }
    for (const std::string_view prefix : {"ERROR:  ", "FATAL:  "}) {
        if (line.rfind(prefix, 0) == 0) line.erase(0, prefix.size());
    }
    return line;
}

}  // namespace perfkit::cli
