// Texts packed into one, to be carried where only bytes can go: another process, or a session's memory.
//
//   std::string bytes; pack(bytes, "a"); pack(bytes, "");
//   Unpacked texts(bytes); texts.next(); texts.next();
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace perfkit {

inline void pack(std::string& bytes, std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    char head[sizeof length];
    std::memcpy(head, &length, sizeof length);
    bytes.append(head, sizeof head).append(text);
}

class Unpacked {
public:
    explicit Unpacked(std::string_view bytes) : rest_(bytes) {}
    bool at_end() const { return rest_.empty(); }
    std::string next() {
        std::uint32_t length = 0;
        if (rest_.size() < sizeof length) throw std::out_of_range("there is no further text");
        std::memcpy(&length, rest_.data(), sizeof length);
        rest_.remove_prefix(sizeof length);
        if (rest_.size() < length) throw std::out_of_range("a text was cut");
        std::string text(rest_.substr(0, length));
        rest_.remove_prefix(length);
        return text;
    }

private:
    std::string_view rest_;
};

}  // namespace perfkit
