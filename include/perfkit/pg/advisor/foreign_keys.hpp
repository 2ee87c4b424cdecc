// What the deletes and updates of a table cost beyond their own plans: each row's check that no
// foreign key refers to it any more.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "perfkit/pg/advisor/planning.hpp"

namespace perfkit::pg {

struct ForeignKey {
    std::vector<int> referenced;  // columns of the referenced table
    std::string check;            // the query that looks for rows that refer to one of its rows
};

// By referenced table.
std::map<Oid, std::vector<ForeignKey>> foreign_keys();

}  // namespace perfkit::pg
