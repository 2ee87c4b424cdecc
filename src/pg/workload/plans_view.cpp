// The SQL side of the slow plans.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "perfkit/core/workload/plan.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/workload/plans.hpp"
#include "perfkit/pg/workload/texts.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/timestamp.h"
}

using namespace perfkit;
using namespace perfkit::workload;
using pg::Value;
using pg::workload::SharedPlans;

namespace {

struct Read {
    PlanEntry entry;
    std::string outline, plan;
};

// Copies of those of this database, so that the lock is not held while rows are made.
std::vector<Read> plans_here() {
    std::vector<Read> result;
    SharedPlans* const shared = SharedPlans::get();
    if (shared == nullptr) return result;
    SharedPlans::Access access(*shared);
    access.store().for_each([&result](const PlanEntry& entry, std::string_view outline, std::string_view plan) {
        // Without an outline: its execution is being explained.
        if (entry.key.database == MyDatabaseId && !outline.empty())
            result.push_back({entry, std::string(outline), std::string(plan)});
    });
    return result;
}

Value ms(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

Value count(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

PERFKIT_FUNCTION(pk_slow_plans_read) {
    pg::Rows rows(fcinfo);
    const pg::workload::Rights may = pg::workload::rights();
    const pg::workload::Texts texts = pg::workload::readable_texts();
    for (const Read& read : plans_here()) {
        const PlanEntry& e = read.entry;
        if (!may.text_of(e.key)) continue;
        const std::string plan = may.constants_of(e.key) ? read.plan : plan_without_constants(read.plan);
        const auto query = texts.find(e.key);
        rows.add({Value::of(ObjectIdGetDatum(e.key.user)),
                  e.key.toplevel != 0,
                  e.key.queryid,
                  e.shape,
                  read.outline,
                  plan.empty() ? Value(std::nullopt) : Value(plan),
                  e.actual != 0,
                  count(e.executions),
                  ms(e.min),
                  static_cast<double>(e.total) / 1e6 / static_cast<double>(e.executions),
                  ms(e.max),
                  ms(e.kept),
                  Value::time(e.first_seen),
                  Value::time(e.last_seen),
                  e.current != 0,
                  count(e.changes),
                  e.changes == 0 ? Value(std::nullopt) : Value::time(e.changed),
                  e.changes == 0 ? Value(std::nullopt) : Value(e.previous_shape),
                  plan.empty(),
                  e.redacted != 0,
                  query == texts.end() ? Value(std::nullopt) : Value(query->second)});
    }
    PG_RETURN_NULL();
}
