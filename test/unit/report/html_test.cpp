#include "perfkit/core/report/html.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace perfkit::report {

TEST(ReportHtml, MarkupIsEscaped) {
    EXPECT_EQ(escaped("<script>alert(\"1\") & 'x'</script>"),
              "&lt;script&gt;alert(&quot;1&quot;) &amp; &#39;x&#39;&lt;/script&gt;");
    EXPECT_EQ(escaped("a\tb\nc"), "a\tb\nc");
    EXPECT_EQ(escaped("\r"), "&#13;");
}

TEST(ReportHtml, EverythingBeyondAsciiIsAReference) {
    EXPECT_EQ(escaped("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), "&#xE4;&#x20AC;&#x1F600;");
}

TEST(ReportHtml, WhatCannotBeSeenIsNamed) {
    EXPECT_EQ(escaped(std::string_view("\0", 1)), "[U+0000]");
    EXPECT_EQ(escaped("\x1B\x7F\xC2\x85"), "[U+001B][U+007F][U+0085]");
    EXPECT_EQ(escaped("\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6"), "[U+2028][U+202E][U+2066]");
    EXPECT_EQ(escaped("\xEF\xBB\xBF\xEF\xBF\xBF"), "[U+FEFF][U+FFFF]");
    EXPECT_EQ(escaped("\xF3\xA0\x81\x81"), "[U+E0041]");
}

TEST(ReportHtml, BytesThatAreNoTextAreNamed) { EXPECT_EQ(escaped("a\xFF\xC0\xAF"), "a\\xFF\\xC0\\xAF"); }

TEST(ReportHtml, ElementsAndAttributes) {
    Html html;
    html.element("p", {{"class", "a\"b"}, {"id", ""}}, [&] {
        html.text("1 < 2");
        html.element("br");
        html.leaf("b", {}, "x");
    });
    EXPECT_EQ(html.markup(), "<p class=\"a&quot;b\">1 &lt; 2<br/><b>x</b></p>");
}

TEST(ReportHtml, TextIsCutBetweenCharacters) {
    EXPECT_EQ(first_of("abc", 3), "abc");
    EXPECT_EQ(first_of("\xC3\xA4\xC3\xB6\xC3\xBC", 2), "\xC3\xA4\xC3\xB6\xE2\x80\xA6");
    EXPECT_EQ(one_line("  a \n\t b  ", 10), "a b");
    EXPECT_EQ(one_line(std::string(1000, 'x') + "y", 5), "xxxxx\xE2\x80\xA6");
    EXPECT_EQ(one_line("", 5), "");
}

}  // namespace perfkit::report
