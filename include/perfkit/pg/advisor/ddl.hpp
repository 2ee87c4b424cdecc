// An index in words.
#pragma once

#include <string>

#include "perfkit/pg/advisor/whatif.hpp"

namespace perfkit::pg {

// USING method (keys) INCLUDE (...) WHERE ...
std::string definition_of(const Hypothetical& index, const advisor::TableFacts& table);

// CREATE INDEX [CONCURRENTLY] name ON schema.table definition
std::string create_statement(const Hypothetical& index, const advisor::TableFacts& table, const std::string& name);

}  // namespace perfkit::pg
