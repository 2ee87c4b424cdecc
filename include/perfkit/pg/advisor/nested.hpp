// Statements that run inside others: whose time is it?
#pragma once

#include <vector>

#include "perfkit/pg/advisor/examine.hpp"

namespace perfkit::pg {

// Sets Query::own of all, so that no time counts twice.
//
// The time of a statement has that of those in it that run inside it, and which that are is not known.  Checks of
// foreign keys count with the statement that causes them, whose cost has them.  Of the others and of the statements
// that may hold them (they call functions not written in C, or fire triggers), what both may have is halved between
// them: the sum is never more than what passed, and neither is lost.
void share_time(std::vector<Examined>& examined);

}  // namespace perfkit::pg
