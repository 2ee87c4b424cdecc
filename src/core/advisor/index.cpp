#include "perfkit/core/advisor/index.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace perfkit::advisor {

namespace {
constexpr std::array<std::pair<Method, std::string_view>, 4> names{
    {{Method::btree, "btree"}, {Method::hash, "hash"}, {Method::gin, "gin"}, {Method::brin, "brin"}}};
}

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
    if (narrow.keys.size() > wide.keys.size()) return false;
    if (wide.method != Method::btree && wide.keys != narrow.keys) return false;
    // Read backwards, every direction is its opposite; equal prefixes fit both ways.
    bool same = true, mirrored = true;
    for (std::size_t i = 0; i < narrow.keys.size(); ++i) {
        const IndexKey &a = wide.keys[i], &b = narrow.keys[i];
        if (a.column != b.column || a.opclass != b.opclass) return false;
        same = same && a == b;
        mirrored = mirrored && a.descending != b.descending && a.nulls_first != b.nulls_first;
    }
    if (!same && !mirrored) return false;
    return std::all_of(narrow.include.begin(), narrow.include.end(),
                       [&](int column) { return wide.has_column(column); });
}

}  // namespace perfkit::advisor
