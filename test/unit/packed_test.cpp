#include "perfkit/core/packed.hpp"

#include <gtest/gtest.h>

namespace perfkit {

TEST(Packed, TextsComeBackAsTheyWere) {
    std::string bytes;
    const std::string odd("a\0b", 3);
    for (const std::string& text : {std::string(), odd, std::string(70000, 'x')}) pack(bytes, text);
    Unpacked texts(bytes);
    EXPECT_EQ(texts.next(), "");
    EXPECT_EQ(texts.next(), odd);
    EXPECT_EQ(texts.next().size(), 70000u);
    EXPECT_TRUE(texts.at_end());
    EXPECT_THROW(texts.next(), std::out_of_range);
}

TEST(Packed, WhatIsCutIsNoticed) {
    std::string bytes;
    pack(bytes, "hello");
    bytes.pop_back();
    EXPECT_THROW(Unpacked(bytes).next(), std::out_of_range);
    EXPECT_THROW(Unpacked("ab").next(), std::out_of_range);
}

}  // namespace perfkit
