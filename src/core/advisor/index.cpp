#include "perfkit/core/advisor/index.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace perfkit::advisor {

namespace {
constexpr std::array<std::pair<Method, std::string_view>, 4> names{
    {{Method::btree, "btree"}, {Method::hash, "hash"}, {Method::gin, "gin"}, {Method::brin, "brin"}}};

constexpr std::size_t most_columns = 32;  // of an index

// Whether an index on `rest` gives every order that one on `first` does, or its mirror: read backwards,
// every direction is its opposite.
bool leads(const std::vector<IndexKey>& first, const std::vector<IndexKey>& rest) {
    if (first.size() > rest.size()) return false;
    bool same = true, mirrored = true;
    for (std::size_t i = 0; i < first.size(); ++i) {
        const IndexKey &a = rest[i], &b = first[i];
        if (a.column != b.column || a.opclass != b.opclass) return false;
        same = same && a == b;
        mirrored = mirrored && a.descending != b.descending && a.nulls_first != b.nulls_first;
    }
    return same || mirrored;
}

}  // namespace

std::string_view name_of(Method method) {
    return std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == method; })->second;
}

std::optional<Method> method_of(std::string_view name) {
    for (const auto& [method, known] : names)
        if (known == name) return method;
    return std::nullopt;
}

bool IndexSpec::has_key(int column) const {
    return std::any_of(keys.begin(), keys.end(), [&](const IndexKey& key) { return key.column == column; });
}

bool IndexSpec::has_column(int column) const {
    return has_key(column) || std::binary_search(include.begin(), include.end(), column);
}

void make_canonical_direction(std::vector<IndexKey>& keys, std::size_t from) {
    if (from >= keys.size() || !keys[from].descending) return;
    for (std::size_t i = from; i < keys.size(); ++i) {
        keys[i].descending = !keys[i].descending;
        keys[i].nulls_first = !keys[i].nulls_first;
    }
}

bool covers(const IndexSpec& wide, const IndexSpec& narrow) {
    if (wide.table != narrow.table || wide.method != narrow.method) return false;
    if (wide.predicate && wide.predicate != narrow.predicate) return false;
    if (wide.method != Method::btree && wide.keys != narrow.keys) return false;
    return leads(narrow.keys, wide.keys) && std::all_of(narrow.include.begin(), narrow.include.end(),
                                                        [&](int column) { return wide.has_column(column); });
}

std::optional<IndexSpec> united(const IndexSpec& a, const IndexSpec& b) {
    const bool alike =
        a.table == b.table && a.method == Method::btree && b.method == Method::btree && a.predicate == b.predicate;
    const IndexSpec &longer = a.keys.size() < b.keys.size() ? b : a, &other = &longer == &a ? b : a;
    if (!alike || !leads(other.keys, longer.keys)) return std::nullopt;
    IndexSpec result = longer;
    for (const int column : other.include)
        if (!result.has_column(column))
            result.include.insert(std::upper_bound(result.include.begin(), result.include.end(), column), column);
    if (result.keys.size() + result.include.size() > most_columns) return std::nullopt;
    return result;
}

}  // namespace perfkit::advisor
