// Writes JSON text, in the encoding of the strings given.
//
//   Json json;
//   json.object([&] {
//       json.key("calls").value(42.0);
//       json.key("queries").array([&] { json.value("a"); });
//   });
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace perfkit {

class Json {
public:
    template <typename Body>
    Json& object(Body&& body) {
        return nested('{', '}', body);
    }
    template <typename Body>
    Json& array(Body&& body) {
        return nested('[', ']', body);
    }
    Json& key(std::string_view name);
    Json& value(std::string_view text);
    Json& value(const char* text) { return value(std::string_view(text)); }
    Json& value(double number);  // to six significant digits; null where it is no number
    Json& value(std::int64_t number);
    Json& value(int number) { return value(std::int64_t{number}); }
    Json& value(bool flag);
    Json& null();

    const std::string& text() const { return text_; }

private:
    template <typename Body>
    Json& nested(char open, char close, Body& body) {
        separate();
        text_ += open;
        first_ = true;
        body();
        text_ += close;
        first_ = false;
        return *this;
    }
    void separate();
    void quote(std::string_view text);

    std::string text_;
    bool first_ = true;
    bool after_key_ = false;
};

}  // namespace perfkit
