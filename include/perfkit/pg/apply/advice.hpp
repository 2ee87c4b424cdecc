// Advice by its id.
#pragma once

#include <string>

#include "perfkit/pg/apply/piece.hpp"

namespace perfkit::pg {

// As pk_suggest_indexes() gave it to this session, or else gives it now; an ERROR where it does not.
Piece advice_of(const std::string& advice_id);

}  // namespace perfkit::pg
