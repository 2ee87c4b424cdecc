// What an index is to the advisor: values that can be compared, sorted and counted, with no word of
// how a server stores them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perfkit::advisor {

using TableId = std::uint32_t;
using OpclassId = std::uint32_t;  // 0: the column type's default

enum class Method { btree, hash, gin, brin };

std::string_view name_of(Method method);
std::optional<Method> method_of(std::string_view name);

struct IndexKey {
    int column = 0;  // below 0: an expression, of those that the table's facts have
    OpclassId opclass = 0;
    bool descending = false;
    bool nulls_first = false;
    auto operator<=>(const IndexKey&) const = default;
};

// The predicates that need no constant: they stand in a query's text whatever its parameters.
enum class Test { is_null, is_not_null, is_true, is_false };

struct Predicate {
    int column = 0;
    Test test = Test::is_null;
    auto operator<=>(const Predicate&) const = default;
};

struct IndexSpec {
    TableId table = 0;
    Method method = Method::btree;
    std::vector<IndexKey> keys;
    std::vector<int> include;  // sorted
    std::optional<Predicate> predicate;
    int pages_per_range = 0;  // that a BRIN index sums up; 0: the server's default, or another method
    auto operator<=>(const IndexSpec&) const = default;

    bool has_key(int column) const;
    bool has_column(int column) const;
};

// A B-tree is read in both directions, so the mirror of an order serves as well.  Of the two this
// is the one whose first non-equality column ascends; `from` is that column's place.
void make_canonical_direction(std::vector<IndexKey>& keys, std::size_t from);

// Whether every scan of `narrow` could be answered by `wide`, in the same order and without reading
// more columns from the table: its keys lead wide's, its columns are among wide's.
bool covers(const IndexSpec& wide, const IndexSpec& narrow);

// The narrowest index that covers both, of B-trees of which one's keys lead the other's: the longer
// keys, and whatever either includes.
std::optional<IndexSpec> united(const IndexSpec& a, const IndexSpec& b);

}  // namespace perfkit::advisor
