#include "perfkit/pg/advisor/nested.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "perfkit/pg/query.hpp"

namespace perfkit::pg {

namespace {

// As the server's ri_triggers.c writes them: nobody else names every operator, and its schema.
bool is_foreign_key_check(const advisor::Query& query) {
    const std::string_view text =
        query.executions.empty() ? std::string_view(query.text) : query.executions.front().sample.text;
    if (query.toplevel || text.find(" OPERATOR(") == std::string_view::npos) return false;
    if (text.starts_with("SELECT 1 FROM ")) return text.ends_with(" FOR KEY SHARE OF x");
    return (text.starts_with("DELETE FROM ") || text.starts_with("UPDATE ")) &&
           text.find(" WHERE $") != std::string_view::npos;
}

// The tables whose writes fire triggers other than those of foreign keys.
std::set<Oid> tables_with_triggers() {
    std::set<Oid> tables;
    for (const TextRow& row :
         run_query("SELECT DISTINCT tgrelid FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"))
        tables.insert(static_cast<Oid>(integer_of(row[0])));
    return tables;
}

}  // namespace

void share_time(std::vector<Examined>& examined) {
    if (std::all_of(examined.begin(), examined.end(), [](const Examined& one) { return one.query.toplevel; })) return;
    const std::set<Oid> tables = tables_with_triggers();
    std::vector<advisor::Query*> inner, outer;
    double inner_ms = 0, outer_ms = 0;
    for (Examined& one : examined) {
        advisor::Query& query = one.query;
        const bool may_hold = one.plan.runs_code || std::any_of(one.plan.writes.begin(), one.plan.writes.end(),
                                                                [&tables](const WriteTarget& target) {
                                                                    return tables.contains(target.table);
                                                                });
        if (is_foreign_key_check(query)) {
            query.own = 0;
        } else if (!query.toplevel) {
            inner.push_back(&query);
            inner_ms += query.total_ms;
        } else if (may_hold) {
            outer.push_back(&query);
            outer_ms += query.total_ms;
        }
    }
    const double both = std::min(inner_ms, outer_ms);
    if (both <= 0) return;
    for (advisor::Query* const query : inner) query->own = 1 - both / inner_ms / 2;
    for (advisor::Query* const query : outer) query->own = 1 - both / outer_ms / 2;
}

}  // namespace perfkit::pg
