// Selectivity of time conditions.  PostgreSQL does not know how far between two bounds of a histogram
// a UUID is, so that it takes a range inside of a bucket to be empty; here time interpolates.

#include "perfkit/pg/uuid/estimate.hpp"

#include <algorithm>
#include <vector>

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
}

namespace perfkit::pg {
namespace {

// What lies outside of the histogram, which is what came since the last ANALYZE, by PostgreSQL's own
// estimate: it asks the index for the end.
double share_above(PlannerInfo* root, VariableStatData& variable, const Uuid& cut) {
    return call([&]() -> double {
        const TypeCacheEntry* type = lookup_type_cache(UUIDOID, TYPECACHE_BTREE_OPFAMILY);
        const Oid at_least = get_opfamily_member(type->btree_opf, UUIDOID, UUIDOID, BTGreaterEqualStrategyNumber);
        FmgrInfo function;
        fmgr_info(get_opcode(at_least), &function);
        void* value = palloc(sizeof(pg_uuid_t));
        std::memcpy(value, cut.data(), cut.size());
        return ineq_histogram_selectivity(root, &variable, at_least, &function, true, true, InvalidOid,
                                          PointerGetDatum(value), UUIDOID);
    });
}

AttStatsSlot slot_of(HeapTuple statistics, int kind, int flags) {
    return call([&] {
        AttStatsSlot slot{};
        if (!get_attstatsslot(&slot, statistics, kind, InvalidOid, flags)) slot.nvalues = slot.nnumbers = 0;
        return slot;
    });
}

std::vector<Uuid> values_of(const AttStatsSlot& slot) {
    std::vector<Uuid> values;
    values.reserve(static_cast<std::size_t>(slot.nvalues));
    for (int i = 0; i < slot.nvalues; ++i) values.push_back(uuid_of(slot.values[i]));
    return values;
}

double histogram_share(PlannerInfo* root, VariableStatData& variable, const UuidSpan& span) {
    AttStatsSlot slot = slot_of(variable.statsTuple, STATISTIC_KIND_HISTOGRAM, ATTSTATSSLOT_VALUES);
    const std::vector<Uuid> bounds = values_of(slot);
    call([&slot] { free_attstatsslot(&slot); });
    if (bounds.size() < 2 || span.end <= span.first) return 0;
    if (span.first > bounds.back() && uuid_version_of(bounds.back()) == 7)
        return std::max(share_above(root, variable, span.first) - share_above(root, variable, span.end), 0.0);
    return uuid_v7_share(bounds, span);
}

}  // namespace

const TimeComparison* time_comparison_of(Oid function) {
    const char* name = call([function] { return get_func_name(function); });
    if (name == nullptr) return nullptr;
    const auto found = std::find_if(time_comparisons.begin(), time_comparisons.end(),
                                    [name](const auto& comparison) { return comparison.function == name; });
    return found == time_comparisons.end() ? nullptr : found;
}

std::optional<TimeCondition> time_condition_of(PlannerInfo* root, Node* clause, Node* variable) {
    if (!IsA(clause, OpExpr)) return std::nullopt;
    auto* operation = reinterpret_cast<OpExpr*>(clause);
    if (list_length(operation->args) != 2) return std::nullopt;
    const auto [types_fit, time] = call([&] {
        auto* id = static_cast<Node*>(linitial(operation->args));
        auto* other = static_cast<Node*>(lsecond(operation->args));
        struct {
            bool fit;
            Node* time;
        } found{exprType(id) == UUIDOID && exprType(other) == TIMESTAMPTZOID && equal(id, variable), nullptr};
        if (found.fit) found.time = estimate_expression_value(root, other);
        return found;
    });
    if (!types_fit || !IsA(time, Const)) return std::nullopt;
    const auto* constant = reinterpret_cast<const Const*>(time);
    const TimeComparison* comparison = time_comparison_of(call([&] { return get_opcode(operation->opno); }));
    if (comparison == nullptr || constant->constisnull) return std::nullopt;
    return TimeCondition{comparison->span(DatumGetTimestampTz(constant->constvalue)), comparison->bounds_below};
}

std::optional<double> share_of_rows(PlannerInfo* root, VariableStatData& variable, const UuidSpan& span) {
    if (!HeapTupleIsValid(variable.statsTuple) || variable.atttype != UUIDOID) return std::nullopt;
    const auto* statistics = reinterpret_cast<Form_pg_statistic>(GETSTRUCT(variable.statsTuple));
    AttStatsSlot common = slot_of(variable.statsTuple, STATISTIC_KIND_MCV, ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
    double of_common = 0, all_common = 0;
    for (int i = 0; i < common.nvalues; ++i) {
        const Uuid value = uuid_of(common.values[i]);
        all_common += common.numbers[i];
        if (uuid_version_of(value) == 7 && span.contains(value)) of_common += common.numbers[i];
    }
    call([&common] { free_attstatsslot(&common); });
    const double rest = std::max(1.0 - statistics->stanullfrac - all_common, 0.0);
    return std::clamp(of_common + rest * histogram_share(root, variable, span), 0.0, 1.0);
}

}  // namespace perfkit::pg
