// Makes normalised query text parse again.
//
// pg_stat_statements puts parameters in the place of constants, and some of what it writes is no
// SQL: "interval $1", "extract($1 FROM x)".  What stands there can be told from the text alone, and is
// put into words that take a parameter; nothing is guessed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perfkit::advisor {

struct Repair {
    std::string text;
    std::vector<std::string> notes;  // what was read as what
};

// interval $1, date $1, numeric(10,2) $1 and every other "type 'literal'"; extract($1 FROM x);
// normalize(x, $1); and IN ($1 /*, ... */), to which 18 shortens a list.
Repair repair(std::string_view sql);

// For a query whose grouping (or DISTINCT) failed: date_trunc($1, t) ... GROUP BY date_trunc($2, t) was
// one constant twice, or it could not have run.  Unchanged where that is not the only reading.
Repair unify_grouping(std::string_view sql);

// The greatest parameter number; 0: there is none.
int parameter_count(std::string_view sql);

}  // namespace perfkit::advisor
