// Writes HTML that is well-formed XML as well, in nothing but ASCII.
//
//   Html html;
//   html.element("p", {{"class", "note"}}, [&] {
//       html.text("a < b");
//       html.element("br");
//   });
//
// Text comes from hostile places.  All of it goes through escaped(); names of elements and attributes are ours.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace perfkit::report {

// As text or as a quoted attribute.  Every character beyond ASCII becomes a reference, so that the document says the
// same in each encoding; what cannot be seen, or turns the direction of others, is named instead ([U+202E]); bytes that
// are no UTF-8 are written as \xHH.
std::string escaped(std::string_view utf8);

// The first characters, with an ellipsis where something was cut off; line feeds and runs of spaces become one space.
std::string one_line(std::string_view utf8, std::size_t most);
// The first characters, as they are.
std::string first_of(std::string_view utf8, std::size_t most);

struct Attribute {
    std::string_view name;
    std::string value;
};

class Html {
public:
    using Attributes = std::initializer_list<Attribute>;

    template <typename Body>
    Html& element(std::string_view name, Attributes attributes, Body&& body) {
        open(name, attributes);
        body();
        return close(name);
    }
    // One that cannot hold anything: <br/>.
    Html& element(std::string_view name, Attributes attributes = {});
    // One that holds a text.
    Html& leaf(std::string_view name, Attributes attributes, std::string_view utf8);
    Html& text(std::string_view utf8);
    // Markup that is known to be well-formed.
    Html& raw(std::string_view markup);

    const std::string& markup() const { return markup_; }

private:
    void begin(std::string_view name, Attributes attributes);
    void open(std::string_view name, Attributes attributes);
    Html& close(std::string_view name);

    std::string markup_;
};

}  // namespace perfkit::report
