#include "workload.hpp"

#include <gtest/gtest.h>

#include "embedded.hpp"

#include <stdexcept>

namespace perfkit::cli {
namespace {

std::string refusal_of(const std::string& text) {
    try {
        parse_workload(text, "w");
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

std::string refusal_of_mix(const std::string& mix) {
    Workload workload = parse_workload("-- name: a\nSELECT 1\n-- name: b\nSELECT 2", "w");
    try {
        apply_mix(workload, mix);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST(Workload, ReadsATemplate) {
    const Workload workload = parse_workload(
        "-- A file's own comment: ignored.\n"
        "-- name: page\n"
        "-- weight: 2.5\n"
        "-- about: one page\n"
        "-- param: id, name = lookup SELECT id, name FROM t\n"
        "-- param: n = uniform(1, 9)\n"
        "SELECT * FROM t -- not a header\n"
        "WHERE id = :id AND name = :name LIMIT :n;\n"
        "-- name: change\n"
        "-- kind: write\n"
        "BEGIN; UPDATE t SET x = 1; COMMIT\n",
        "w");
    ASSERT_EQ(workload.templates.size(), 2u);
    const QueryTemplate& page = workload.templates[0];
    EXPECT_EQ(page.name, "page");
    EXPECT_EQ(page.about, "one page");
    EXPECT_EQ(page.weight, 2.5);
    EXPECT_EQ(page.kind, Kind::read);
    ASSERT_EQ(page.parameters.size(), 2u);
    EXPECT_EQ(page.parameters[0].names, (std::vector<std::string>{"id", "name"}));
    ASSERT_EQ(page.statements.size(), 1u);
    EXPECT_EQ(page.statements[0].with_parameters(), "SELECT * FROM t \nWHERE id = $1 AND name = $2 LIMIT $3");
    const QueryTemplate& change = workload.templates[1];
    EXPECT_EQ(change.kind, Kind::write);
    EXPECT_EQ(change.weight, 1);
    EXPECT_EQ(change.statements.size(), 3u);
}

TEST(Workload, RefusalsNameTheLineAndTheTemplate) {
    EXPECT_EQ(refusal_of(""), "workload w has no template (a template begins with -- name:)");
    EXPECT_EQ(refusal_of("SELECT 1"), "workload w, line 1: SQL before the first -- name:");
    EXPECT_EQ(refusal_of("-- weight: 1"), "workload w, line 1: the first line of a template must be -- name:");
    EXPECT_EQ(refusal_of("-- name: a\n-- kind: delete\nSELECT 1"),
              "workload w, line 2: the kind is read or write, not \"delete\"");
    EXPECT_EQ(refusal_of("-- name: a\n-- weight: -1\nSELECT 1"),
              "workload w, line 2: \"-1\" is not a weight (a number of at least 0)");
    EXPECT_EQ(refusal_of("-- name: a\nSELECT 1\n-- weight: 1\n"), "workload w, line 3: -- weight: after the SQL");
    EXPECT_EQ(refusal_of("-- name: a\nSELECT :x\n"), "workload w, line 2: template a: no param line defines :x");
    EXPECT_EQ(refusal_of("-- name: a\n-- param: x = uuid\nSELECT 1\n"),
              "workload w, line 3: template a: param x is not used");
    EXPECT_EQ(refusal_of("-- name: a\n-- name: b\nSELECT 1\n"), "workload w, line 2: template a: it has no SQL");
    EXPECT_EQ(refusal_of("-- name: a\nSELECT 1\n-- name: a\nSELECT 1\n"),
              "workload w, line 3: two templates are named a");
    EXPECT_EQ(refusal_of("-- name: a b\n"),
              "workload w, line 1: \"a b\" is not a name for a template (letters, digits, _ and -, and not all)");
    EXPECT_EQ(refusal_of("-- name: a\n-- param: x, y = uuid\nSELECT :x, :y"),
              "workload w, line 2: only a lookup can give several values");
    EXPECT_EQ(refusal_of("-- name: a\nSELECT 'x"), "workload w, line 2: template a: a ' is not closed");
}

TEST(Workload, MixReplacesWeightsInOrder) {
    Workload workload = parse_workload("-- name: a\nSELECT 1\n-- name: b\nSELECT 2\n-- name: c\nSELECT 3", "w");
    apply_mix(workload, "a=3");
    EXPECT_EQ(workload.templates[0].weight, 3);
    EXPECT_EQ(workload.templates[1].weight, 1);
    apply_mix(workload, "all=0, b = 0.5");
    EXPECT_EQ(workload.templates[0].weight, 0);
    EXPECT_EQ(workload.templates[1].weight, 0.5);
    apply_mix(workload, "");
    EXPECT_EQ(workload.templates[1].weight, 0.5);
}

TEST(Workload, MixRefusals) {
    EXPECT_EQ(refusal_of_mix("a"), "--mix wants name=weight,..., not \"a\"");
    EXPECT_EQ(refusal_of_mix("x=1"), "workload w has no template named x");
    EXPECT_EQ(refusal_of_mix("a=much"), "\"much\" is not a weight (a number of at least 0)");
    EXPECT_EQ(refusal_of_mix("all=0"), "every template of workload w has weight 0");
    EXPECT_EQ(refusal_of_mix("b=2"), "accepted");
}

TEST(Workload, TheRegistrysIsRead) {
    const Workload workload = parse_workload(embedded::workload, "registry");
    int writes = 0;
    for (const auto& entry : workload.templates) {
        EXPECT_FALSE(entry.about.empty()) << entry.name;
        EXPECT_EQ(entry.weight == 0, entry.name == "versions_by_framework") << entry.name;
        writes += entry.kind == Kind::write;
    }
    EXPECT_EQ(workload.templates.size(), 18u);
    EXPECT_EQ(writes, 4);
}

}  // namespace perfkit::cli
