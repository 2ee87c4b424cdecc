// The SQL side of the predicates.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "perfkit/pg/rights.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/workload/predicates.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodes.h"
#include "utils/array.h"
#include "utils/timestamp.h"
}

using namespace perfkit;
using namespace perfkit::workload;
using pg::Value;
using pg::workload::SharedPredicates;

namespace {

struct Read {
    PredicateEntry entry;
    std::string text;
};

// Copies of those of this database, so that the lock is not held while rows are made.
std::vector<Read> predicates_here() {
    std::vector<Read> result;
    SharedPredicates* const shared = SharedPredicates::get();
    if (shared == nullptr) return result;
    SharedPredicates::Access access(*shared);
    access.store().for_each([&result](const PredicateEntry& entry, std::string_view text) {
        // Without a text: it is being written down, or could not be.
        if (entry.key.database == MyDatabaseId && !text.empty()) result.push_back({entry, std::string(text)});
    });
    return result;
}

const char* name_of(PredicateKind kind) {
    switch (kind) {
        case PredicateKind::filter:
            return "filter";
        case PredicateKind::index_condition:
            return "index condition";
        case PredicateKind::join:
            return "join";
        case PredicateKind::sort:
            return "sort";
        case PredicateKind::scan:
            return "scan";
        case PredicateKind::group:
            break;
    }
    return "group";
}

Value join_type(const PredicateKey& key) {
    if (key.kind != PredicateKind::join) return std::nullopt;
    switch (static_cast<JoinType>(key.variant)) {
        case JOIN_INNER:
            return "inner";
        case JOIN_LEFT:
            return "left";
        case JOIN_FULL:
            return "full";
        case JOIN_SEMI:
            return "semi";
        case JOIN_ANTI:
            return "anti";
        default:
            return "other";
    }
}

// An array of what the function gives for each number below count.
template <typename Function>
Value array_of(std::uint32_t count, Oid type, int size, char alignment, Function&& function) {
    std::array<Datum, 8> values{};
    static_assert(PredicateParts::most <= 8 && PredicateEntry::most_statements <= 8 &&
                  PredicateEntry::most_recent <= 8);
    for (std::uint32_t i = 0; i < count; ++i) values[i] = function(i);
    return Value::of(pg::call([&values, count, type, size, alignment] {
        return PointerGetDatum(construct_array(values.data(), static_cast<int>(count), type, size, true, alignment));
    }));
}

Value count(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// Those that the reader may see, as in pk_workload; null where there are none.
std::optional<Value> statements_of(const PredicateEntry& entry, bool all) {
    std::array<std::int64_t, PredicateEntry::most_statements> ids{};
    std::uint32_t found = 0;
    for (std::uint32_t i = 0; i < entry.statement_count; ++i) {
        const Key& key = entry.statements[i];
        if (!all && key.user != GetUserId()) continue;
        bool known = false;
        for (std::uint32_t k = 0; k < found; ++k) known = known || ids[k] == key.queryid;
        if (!known) ids[found++] = key.queryid;
    }
    if (found == 0) return std::nullopt;
    return array_of(found, INT8OID, 8, TYPALIGN_DOUBLE, [&ids](std::uint32_t i) { return Int64GetDatum(ids[i]); });
}

}  // namespace

PERFKIT_FUNCTION(pk_predicates_read) {
    pg::Rows rows(fcinfo);
    const bool all = pg::may_read_all_stats();
    for (const Read& read : predicates_here()) {
        const PredicateEntry& e = read.entry;
        const std::optional<Value> statements = statements_of(e, all);
        // What others look for in their tables, and how much of it there is, is theirs.
        if (!statements) continue;
        const PredicateParts& parts = e.parts;
        const auto compared = [&e](double value) { return e.compared == 0 ? Value(std::nullopt) : Value(value); };
        const bool all_clauses = parts.clause_count > 0 && parts.clause_count <= PredicateParts::most;
        const auto recent_count =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(e.compared, PredicateEntry::most_recent));
        // The latest first.
        const auto recent = [&e](std::uint32_t i) -> const PredicateEntry::Comparison& {
            return e.recent[(e.compared - 1 - i) % PredicateEntry::most_recent];
        };
        rows.add({e.key.relation == 0 ? Value(std::nullopt) : Value::of(ObjectIdGetDatum(e.key.relation)),
                  name_of(e.key.kind),
                  join_type(e.key),
                  read.text,
                  e.truncated != 0,
                  array_of(parts.column_count, OIDOID, 4, TYPALIGN_INT,
                           [&parts](std::uint32_t i) { return ObjectIdGetDatum(parts.columns[i].relation); }),
                  array_of(parts.column_count, INT4OID, 4, TYPALIGN_INT,
                           [&parts](std::uint32_t i) { return Int32GetDatum(parts.columns[i].number); }),
                  array_of(parts.operator_count, OIDOID, 4, TYPALIGN_INT,
                           [&parts](std::uint32_t i) { return ObjectIdGetDatum(parts.operators[i]); }),
                  count(e.executions),
                  e.loops,
                  e.rows_in < 0 ? Value(std::nullopt) : Value(e.rows_in),
                  e.rows_out,
                  count(e.compared),
                  compared(e.estimated),
                  compared(e.actual),
                  compared(e.least_ratio),
                  compared(e.greatest_ratio),
                  *statements,
                  Value::time(e.first_seen),
                  Value::time(e.last_seen),
                  all_clauses ? array_of(parts.clause_count, INT4OID, 4, TYPALIGN_INT,
                                         [&parts](std::uint32_t i) { return Int32GetDatum(parts.clauses[i].column); })
                              : Value(std::nullopt),
                  all_clauses
                      ? array_of(parts.clause_count, OIDOID, 4, TYPALIGN_INT,
                                 [&parts](std::uint32_t i) { return ObjectIdGetDatum(parts.clauses[i].comparison); })
                      : Value(std::nullopt),
                  array_of(recent_count, TIMESTAMPTZOID, 8, TYPALIGN_DOUBLE,
                           [&recent](std::uint32_t i) { return TimestampTzGetDatum(recent(i).when); }),
                  array_of(recent_count, FLOAT4OID, 4, TYPALIGN_INT,
                           [&recent](std::uint32_t i) { return Float4GetDatum(recent(i).estimated); }),
                  array_of(recent_count, FLOAT4OID, 4, TYPALIGN_INT,
                           [&recent](std::uint32_t i) { return Float4GetDatum(recent(i).actual); })});
    }
    PG_RETURN_NULL();
}
