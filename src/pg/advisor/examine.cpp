// A sample is planned as it was sent: its constants, parameters and settings are known, so that the planner sees which
// values are rare.  Where none can be planned (its types or tables have changed since), the text without constants is.

#include "perfkit/pg/advisor/examine.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/pg/advisor/reading.hpp"

extern "C" {
#include "miscadmin.h"
}

namespace perfkit::pg {

using advisor::Access;
using advisor::Condition;
using advisor::Execution;
using advisor::Query;

namespace {

Statement statement_of(const Query& query, const workload::Sample& sample, bool check_permissions) {
    Statement statement;
    statement.text = sample.text;
    statement.user = query.user;
    statement.search_path = sample.search_path;
    statement.check_permissions = check_permissions;
    statement.own_settings = true;
    statement.settings = sample.settings;
    for (const workload::SampleParameter& parameter : sample.parameters) {
        const bool null = parameter.state == workload::ValueState::null;
        statement.parameter_types.push_back(parameter.type);
        statement.parameter_values.push_back(null ? std::nullopt : std::optional(parameter.value));
    }
    return statement;
}

// Those picked by chance stand for equal shares of the executions, the slowest one for itself.
std::vector<Part> parts_of(const Query& query, bool check_permissions) {
    const auto slowest = std::count_if(query.executions.begin(), query.executions.end(),
                                       [](const Execution& execution) { return execution.slowest; });
    const auto others = static_cast<double>(query.executions.size()) - static_cast<double>(slowest);
    const double one = 1 / std::max(query.calls, others + 1);
    std::vector<Part> parts;
    for (const Execution& execution : query.executions) {
        Part part{statement_of(query, execution.sample, check_permissions), execution.slowest ? one : 1};
        if (!execution.slowest) part.share = (1 - one * static_cast<double>(slowest)) / others;
        const auto same = std::find_if(parts.begin(), parts.end(),
                                       [&](const Part& other) { return other.statement == part.statement; });
        if (same == parts.end())
            parts.push_back(std::move(part));
        else
            same->share += part.share, ++same->executions;
    }
    return parts;
}

// Whether they differ in their constants alone.
bool alike(std::vector<Access> a, std::vector<Access> b) {
    for (Access& access : a) access.conditions.clear();
    for (Access& access : b) access.conditions.clear();
    return a == b;
}

// To sum up parts.
void add(PlannedStatement& whole, const PlannedStatement& part, double share) {
    whole.cost += share * part.cost;
    whole.rows += share * part.rows;
    whole.swept += share * part.swept;
    whole.runs_code = whole.runs_code || part.runs_code;
    for (const Oid index : part.indexes)
        if (std::find(whole.indexes.begin(), whole.indexes.end(), index) == whole.indexes.end())
            whole.indexes.push_back(index);
}

bool read_samples(Examined& examined, bool check_permissions, Expressions& expressions) {
    std::vector<Reading> readings;
    double known = 0;
    examined.executions = 0;
    for (Part& part : parts_of(examined.query, check_permissions)) {
        call([] { CHECK_FOR_INTERRUPTS(); });
        Reading reading = read_as_sent(std::move(part.statement), expressions);
        if (!reading.failure.empty()) continue;
        ++examined.samples;
        known += part.share;
        // What costs and is expected the same does so with any index, as far as the planner can tell.
        std::size_t same = 0;
        while (same < readings.size() &&
               !(readings[same].plan.cost == reading.plan.cost && alike(readings[same].accesses, reading.accesses)))
            ++same;
        examined.executions += part.executions;
        if (same < readings.size()) {
            examined.parts[same].share += part.share;
            keep_common_conditions(readings[same].accesses, reading.accesses);
            continue;
        }
        examined.parts.push_back({reading.statement, part.share, part.executions});
        readings.push_back(std::move(reading));
    }
    if (readings.empty()) return false;
    for (std::size_t i = 1; i < readings.size(); ++i)
        keep_common_conditions(readings[0].accesses, readings[i].accesses);
    for (std::size_t i = 1; i < readings.size(); ++i)
        keep_common_conditions(readings[i].accesses, readings[0].accesses);
    for (std::size_t i = 0; i < readings.size(); ++i) {
        examined.parts[i].share /= known;
        if (i == 0) {
            examined.plan = readings[i].plan;
            examined.plan.cost = examined.plan.rows = 0;
        }
        add(examined.plan, readings[i].plan, examined.parts[i].share);
        std::move(readings[i].accesses.begin(), readings[i].accesses.end(), std::back_inserter(examined.accesses));
    }
    return true;
}

}  // namespace

void keep_common_conditions(std::vector<Access>& accesses, const std::vector<Access>& others) {
    for (Access& access : accesses)
        std::erase_if(access.conditions, [&](const Condition& condition) {
            return std::none_of(others.begin(), others.end(), [&](const Access& other) {
                return other.table == access.table &&
                       std::find(other.conditions.begin(), other.conditions.end(), condition) != other.conditions.end();
            });
        });
}

void read_query(Examined& examined, const std::string& search_path, bool check_permissions, Expressions& expressions) {
    const Query& query = examined.query;
    examined.notes = query.notes;
    if (read_samples(examined, check_permissions, expressions)) return;
    if (query.text.empty()) {
        examined.skipped = "its text is not known: no sample of it is there";
        return;
    }
    Statement statement;
    statement.text = query.text;
    statement.user = query.user;
    statement.search_path = search_path;
    statement.check_permissions = check_permissions;
    if (query.observed && query.calls > 0) statement.limit = std::ceil(query.rows / query.calls);
    Reading reading = read_statement(std::move(statement), expressions);
    examined.parts = {{std::move(reading.statement), 1}};
    // Constants that are still there, in a view's definition say, are so in every execution.
    examined.executions = query.observed ? static_cast<int>(std::clamp(query.calls, 1.0, 1000.0)) : 1;
    examined.plan = std::move(reading.plan);
    examined.accesses = std::move(reading.accesses);
    std::move(reading.notes.begin(), reading.notes.end(), std::back_inserter(examined.notes));
    examined.skipped = std::move(reading.failure);
}

PlannedStatement plan_examined(const Examined& examined, const WhatIf& what_if) {
    PlannedStatement whole;
    for (const Part& part : examined.parts) add(whole, plan_statement(part.statement, what_if), part.share);
    for (const Check& check : examined.checks) add(whole, plan_statement(check.statement, what_if), check.times);
    return whole;
}

}  // namespace perfkit::pg
