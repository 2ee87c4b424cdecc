#include "perfkit/core/workload/tags.hpp"

#include <gtest/gtest.h>

#include <string>

namespace perfkit::workload {

namespace {

std::string tags(const std::string& text, bool utf8 = true) { return json_of(tags_in(text, utf8)); }

}  // namespace

TEST(WorkloadTags, AreReadAsTheSpecificationWritesThem) {
    EXPECT_EQ(tags("SELECT * FROM polls /*action='%2Fparam*d',controller='index,''framework='spring',"
                   "traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01',"
                   "tracestate='congo%3Dt61rcWkgMzE%2Crojo%3D00f067aa0ba902b7'*/"),
              "{}");  // a comma is missing
    EXPECT_EQ(
        tags("SELECT * FROM polls /*action='%2Fparam*d',controller='index',tracestate='congo%3Dt61%2Crojo%3D00'*/"),
        R"({"action": "/param*d", "controller": "index", "tracestate": "congo=t61,rojo=00"})");
    EXPECT_EQ(tags(R"(/* name='DROP TABLE FOO\'s' , route='/polls 1000' */ SELECT 1)"),
              R"({"name": "DROP TABLE FOO's", "route": "/polls 1000"})");
    EXPECT_EQ(tags("SELECT '/*a=''b''*/' /*a='b'*/ -- c='d'\n/*e='f'*/"), R"({"a": "b", "e": "f"})");
}

TEST(WorkloadTags, OtherCommentsAreNone) {
    for (const char* text : {"", "SELECT 1", "/**/", "/* a note */", "/*a=b*/", "/*a='b' and more*/", "/*='b'*/",
                             "/*a='b'", "/*a='b*/", "/*+ SeqScan(t) */", "/*a b='c'*/", "/*a='b',*/"})
        EXPECT_EQ(tags(text), "{}") << text;
}

TEST(WorkloadTags, WhatCannotBeDecodedStays) {
    EXPECT_EQ(tags("/*a='%C3%A4'*/"), "{\"a\": \"\xC3\xA4\"}");
    EXPECT_EQ(tags("/*a='%C3%A4'*/", false), R"({"a": "%C3%A4"})");
    for (const char* value : {"%00", "%FF", "%C0%80", "%ED%A0%80", "%E4", "%4", "%", "%GG"})
        EXPECT_EQ(tags("/*a='" + std::string(value) + "'*/"), "{\"a\": \"" + std::string(value) + "\"}");
    EXPECT_EQ(tags("/*a='%22%5C%0A'*/"), R"({"a": "\"\\\u000a"})");
}

TEST(WorkloadTags, AreNotWithoutBounds) {
    EXPECT_EQ(tags("/*a='" + std::string(600, 'x') + "'*/"), "{}");
    std::string many = "/*a='b'";
    for (int i = 0; i < 100; ++i) many += ",a='b'";
    EXPECT_EQ(tags(many + "*/"), "{}");
}

}  // namespace perfkit::workload
