#include "perfkit/pg/advisor/evidence.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "perfkit/core/advisor/build.hpp"
#include "perfkit/pg/advisor/ddl.hpp"
#include "perfkit/pg/text.hpp"

extern "C" {
#include "access/xlog.h"
#include "miscadmin.h"
#include "optimizer/paths.h"
}

namespace perfkit::pg {

using advisor::Choice;
using advisor::Help;
using advisor::IndexKey;
using advisor::TableFacts;

namespace {

constexpr std::size_t longest_text = 300;  // of a query
constexpr std::size_t most_told = 20;      // queries of an index
constexpr std::size_t most_watched = 50;

// What the estimates for an expression rest on.
void tell_expressions(Json& json, const Hypothetical& index, const TableFacts& table) {
    std::vector<const advisor::ColumnFacts*> expressions;
    for (const IndexKey& key : index.spec.keys)
        if (key.column < 0) expressions.push_back(&table.columns.at(key.column));
    if (expressions.empty()) return;
    json.key("expressions").array([&] {
        for (const advisor::ColumnFacts* facts : expressions)
            json.object([&] {
                json.key("expression").value(facts->expression);
                json.key("sampled_rows").value(facts->sampled);
                json.key("statistics")
                    .value(facts->sampled > 0
                               ? "there are none before it is built: told from a sample of the rows"
                               : "there are none before it is built, and no rows may be looked at: the planner's "
                                 "defaults were used");
            });
    });
}

// Why a constant of the queries is one of the index, too.
void tell_condition(Json& json, const Hypothetical& index, const Advice& advice, const TableFacts& table) {
    if (!index.spec.predicate) return;
    json.key("condition").object([&] {
        json.key("condition").value(predicate_text(*index.spec.predicate, table));
        json.key("share_of_rows").value(advisor::fraction_of(*index.spec.predicate, table));
        if (const auto seen = advice.seen.find(index.spec.predicate->column); seen != advice.seen.end())
            json.key("executions_seen").value(seen->second);
    });
}

// What CREATE INDEX would take, with this session's settings.
void tell_build(Json& json, const Hypothetical& index, const TableFacts& table) {
    advisor::BuildMeans means;
    means.concurrent = !table.partitioned;
    means.memory_bytes = 1024.0 * maintenance_work_mem;
    // As the server decides it (plan_create_index_workers): each of two processes has to have 32 MB.
    means.parallel = max_parallel_maintenance_workers > 0 && means.memory_bytes >= 2 * 32 * 1024.0 * 1024 &&
                     table.pages >= min_parallel_table_scan_size;
    const advisor::BuildForecast build = advisor::forecast_build(index.spec, index.size, table, means);
    json.key("build").object([&] {
        json.key("read_bytes").value(build.read_bytes);
        json.key("temp_bytes").value(build.temp_bytes);
        json.key("wal_bytes").value(XLogIsNeeded() ? build.wal_bytes : 0.0);
        json.key("lock").value(means.concurrent ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
    });
}

// By number: queries that the advice may make slower where everything is in memory, and those that other indexes would
// help more than it does.
void tell_slower(Json& json, const Advice& advice) {
    const advisor::Selection& selection = advice.selection;
    std::vector<std::int64_t> slower, short_of;
    for (std::size_t item = 0; item < advice.items.size(); ++item) {
        const std::int64_t id = advice.examined[advice.items[item]].query.id;
        if (selection.cached[item].slower()) slower.push_back(id);
        if (left_behind(selection, item)) short_of.push_back(id);
    }
    const auto tell = [&](const char* key, const std::vector<std::int64_t>& ids) {
        if (ids.empty()) return;
        json.key(key).array([&] {
            for (std::size_t i = 0; i < std::min(most_watched, ids.size()); ++i) json.value(ids[i]);
        });
    };
    tell("slower_when_cached", slower);
    tell("short_of_least", short_of);
}

bool touches(const Examined& examined, Oid table) {
    return std::any_of(examined.accesses.begin(), examined.accesses.end(),
                       [&](const advisor::Access& access) { return access.table == table; }) ||
           std::any_of(examined.plan.writes.begin(), examined.plan.writes.end(),
                       [&](const WriteTarget& target) { return target.table == table; });
}

}  // namespace

void tell_window(Json& json, const Advice& advice) {
    json.key("workload").object([&] {
        json.key("source").value(advice.workload.source);
        if (!advice.workload.import.empty()) json.key("import").value(advice.workload.import);
        if (!advice.workload.not_captured.empty()) json.key("not_captured").value(advice.workload.not_captured);
        if (!advice.workload.since.empty()) {
            json.key("since").value(advice.workload.since);
            json.key("hours").value(advice.workload.hours);
        }
        int skipped = 0;
        for (const Examined& examined : advice.examined) skipped += examined.skipped.empty() ? 0 : 1;
        json.key("queries").value(static_cast<int>(advice.examined.size()));
        json.key("skipped").value(skipped);
        if (!advice.muted.empty()) json.key("muted").value(static_cast<int>(advice.muted.size()));
        tell_slower(json, advice);
        json.key("complete").value(advice.selection.complete);
        json.key("plans").value(advice.selection.plans + advice.selection.priced + advice.further_plans +
                                static_cast<std::int64_t>(advice.examined.size()));
        json.key("plans_saved").value(advice.selection.answered);
    });
}

void tell_queries(Json& json, const Choice& choice, const Advice& advice) {
    json.key("queries").array([&] {
        for (std::size_t i = 0; i < std::min(most_told, choice.helps.size()); ++i) {
            const Help& help = choice.helps[i];
            const Examined& examined = advice.examined[advice.items[help.query]];
            json.object([&] {
                json.key(examined.query.observed ? "queryid" : "number").value(examined.query.id);
                if (examined.query.observed) {
                    json.key("user").value(examined.query.user_name);
                    if (!examined.query.toplevel) json.key("nested").value(true);
                    if (examined.query.own < 1) json.key("own_share").value(examined.query.own);
                    json.key("calls").value(examined.query.calls);
                    json.key("total_ms").value(examined.query.total_ms);
                    json.key("hours").value(examined.query.hours);
                    json.key("saved_ms_per_hour").value(help.saved);
                    json.key("samples").value(examined.samples);
                } else {
                    json.key("weight").value(examined.query.calls);
                }
                json.key("cost_before").value(advice.selection.before[help.query]);
                json.key("cost_after").value(advice.selection.after[help.query]);
                if (const advisor::Cached& cached = advice.selection.cached[help.query]; cached.before > 0) {
                    json.key("cached_before").value(cached.before);
                    json.key("cached_after").value(cached.after);
                }
                json.key("cost_least").value(advice.selection.ideal[help.query]);
                if (examined.plan.limit_used) json.key("limit_assumed").value(examined.parts.front().statement.limit);
                if (!examined.notes.empty())
                    json.key("read_as").array([&] {
                        for (const std::string& note : examined.notes) json.value(note);
                    });
                json.key("query").value(shortened(examined.query.text, longest_text));
            });
        }
    });
}

void tell_watched(Json& json, const Choice* choice, Oid table, const Advice& advice) {
    std::vector<std::size_t> places;
    if (choice)
        for (const Help& help : choice->helps) places.push_back(static_cast<std::size_t>(advice.items[help.query]));
    const std::size_t helped = places.size();
    std::vector<std::size_t> others;
    for (std::size_t place = 0; place < advice.examined.size(); ++place)
        if (touches(advice.examined[place], table) && std::find(places.begin(), places.end(), place) == places.end())
            others.push_back(place);
    std::stable_sort(others.begin(), others.end(), [&](std::size_t a, std::size_t b) {
        return advice.workload.weight(advice.examined[a].query) > advice.workload.weight(advice.examined[b].query);
    });
    places.insert(places.end(), others.begin(), others.end());
    json.array([&] {
        // Numbers of queries elsewhere, or of a caller's own, mean nothing here.
        if (advice.workload.elsewhere()) return;
        std::size_t told = 0;
        for (std::size_t i = 0; i < places.size() && told < most_watched; ++i) {
            const Examined& examined = advice.examined[places[i]];
            if (!examined.query.observed) continue;
            ++told;
            json.object([&] {
                json.key("queryid").value(examined.query.id);
                json.key("role").value(examined.query.user_name);
                json.key("toplevel").value(examined.query.toplevel);
                json.key("helped").value(i < helped);
                if (i < helped) {
                    json.key("cost_before").value(advice.selection.before[examined.item]);
                    json.key("cost_after").value(advice.selection.after[examined.item]);
                    json.key("saved_ms_per_hour").value(choice->helps[i].saved);
                }
                json.key("query").value(shortened(examined.query.text, longest_text));
            });
        }
    });
}

void tell_writes(Json& json, const advisor::WriteRates& rates) {
    json.key("writes_per_hour").object([&] {
        json.key("inserts").value(rates.inserts);
        json.key("updates").value(rates.updates);
        json.key("deletes").value(rates.deletes);
        json.key("hot_share").value(rates.hot_share);
        if (rates.first_load > 0) json.key("first_load_rows").value(rates.first_load);
        json.key("source").value(rates.counters_used ? "pg_stat_user_tables" : "workload");
    });
}

void tell_index(Json& json, const Hypothetical& index, const Advice& advice) {
    const TableFacts& table = advice.tables.at(index.spec.table);
    json.key("index").object([&] {
        json.key("entries").value(index.size.entries);
        json.key("pages").value(index.size.pages);
        json.key("table_rows").value(table.rows);
    });
    tell_build(json, index, table);
    tell_condition(json, index, advice, table);
    tell_expressions(json, index, table);
}

}  // namespace perfkit::pg
