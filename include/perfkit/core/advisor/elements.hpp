// How many elements an inverted index would find, told from a few values of a column.
#pragma once

#include <string>
#include <vector>

#include "perfkit/core/advisor/table.hpp"

namespace perfkit::advisor {

struct ValueSample {
    double share = 0;     // of all rows, that it stands for
    bool common = false;  // every one of these rows has this very value
    std::vector<std::string> elements;
};

// `by_place`: the elements at one place of the values are of a kind, as they are in documents of one
// shape; otherwise they are all of one kind.  There are no more than `most_of_kind` of a kind.
std::vector<ElementGroup> element_groups(const std::vector<ValueSample>& values, double rows, double most_of_kind,
                                         bool by_place);

}  // namespace perfkit::advisor
