#pragma once

#include <string>
#include <string_view>

namespace perfkit::cli {

// What PQconnectdb() takes: a connection string or a URI as they are, and a bare name as the name of a database, as in
// psql.
std::string connection_string(const std::string& conninfo);

// The same with this parameter, which replaces what stands in the string.
std::string with_parameter(const std::string& connection, std::string_view name, std::string_view value);
// The same with this parameter, where the string does not speak of it.
std::string with_default(const std::string& connection, std::string_view name, std::string_view value);

}  // namespace perfkit::cli
