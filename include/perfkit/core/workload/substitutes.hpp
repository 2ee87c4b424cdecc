// Constants that do not tell whom they are about, in place of those that were sent.
//
//   Substitutes substitutes(common);
//   for (...) substitutes.note_statement(text);   // everything that will be asked for
//   for (...) substitutes.note(value);
//   substitutes.seal();
//   substitutes.statement(text); substitutes.value(value);
//
// Equal constants become equal ones, different ones different ones, and the greater of two numbers, times or strings
// (by their bytes) the greater one.  Common values (which many rows share), numbers of up to three digits, dates, units
// of time and the like stay.  Longer numbers keep their first three digits, times their minute; strings keep nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace perfkit::workload {

class Substitutes {
public:
    using Common = std::set<std::string, std::less<>>;
    explicit Substitutes(Common common) : common_(std::move(common)) {}

    void note(std::string_view value);
    void note_statement(std::string_view sql);
    // When everything is noted.
    void seal();

    std::string value(std::string_view value) const;
    // Comments are left out.
    std::string statement(std::string_view sql) const;

private:
    // In order, each with its place in it, from 1.
    using Ranks = std::map<std::string, std::size_t, std::less<>>;
    // By what those of a group and their substitutes have in common.
    using Groups = std::map<std::string, Ranks, std::less<>>;

    void note_plain(std::string_view value);
    std::string plain(std::string_view value) const;

    Common common_;
    Groups numbers_, times_;
    Ranks strings_, uuids_;
};

}  // namespace perfkit::workload
