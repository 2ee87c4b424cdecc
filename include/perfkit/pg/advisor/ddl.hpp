// An index in words.
#pragma once

#include <string>

#include "perfkit/pg/advisor/whatif.hpp"

namespace perfkit::pg {

// What a predicate is in SQL.
std::string predicate_text(const advisor::Predicate& predicate, const advisor::TableFacts& table);

// " WITH (...)", or nothing.
std::string storage_text(const advisor::IndexSpec& spec);

// USING method (keys) INCLUDE (...) WITH (...) WHERE ...
std::string definition_of(const Hypothetical& index, const advisor::TableFacts& table);

// CREATE INDEX [CONCURRENTLY] name ON schema.table definition
std::string create_statement(const Hypothetical& index, const advisor::TableFacts& table, const std::string& name);

}  // namespace perfkit::pg
