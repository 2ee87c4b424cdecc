#include "perfkit/pg/advisor/advise.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "perfkit/pg/advisor/catalog.hpp"
#include "perfkit/pg/advisor/examine.hpp"
#include "perfkit/pg/advisor/foreign_keys.hpp"
#include "perfkit/pg/advisor/nested.hpp"
#include "perfkit/pg/advisor/reading.hpp"
#include "perfkit/pg/advisor/workload.hpp"
#include "perfkit/pg/advisor/writes.hpp"

extern "C" {
#include "miscadmin.h"
}

namespace perfkit::pg {

using advisor::Access;
using advisor::Candidate;
using advisor::IndexSet;
using advisor::IndexSpec;
using advisor::TableFacts;
using advisor::WorkItem;

namespace {

// What a query costs that runs for a millisecond, about, with the default cost settings.
constexpr double cost_per_ms = 100;

// The planner as the core's cost model.
class PlannerModel : public advisor::CostModel {
public:
    PlannerModel(const Advice& advice) : advice_(advice) {}

    advisor::Plan plan(int item, const IndexSet& set) override {
        call([] { CHECK_FOR_INTERRUPTS(); });
        const Examined& examined = advice_.examined[advice_.items[item]];
        WhatIf what_if;
        for (const int index : set) what_if.add(&advice_.indexes[index]);
        const PlannedStatement planned = plan_examined(examined, what_if);
        advisor::Plan plan{planned.cost, {}};
        for (const int index : set)
            if (std::find(planned.indexes.begin(), planned.indexes.end(), advice_.indexes[index].id) !=
                planned.indexes.end())
                plan.used.push_back(index);
        return plan;
    }

private:
    const Advice& advice_;
};

class Maker {
public:
    Maker(advisor::Workload workload, const AdviceOptions& options) : options_(options) {
        advice_.workload = std::move(workload);
    }

    Advice run() {
        examine();
        share_time(advice_.examined);
        read_tables();
        advice_.writes = write_rates(advice_, advice_.tables);
        make_candidates();
        make_items();
        advice_.min_gain = options_.select.min_gain;
        PlannerModel model(advice_);
        advice_.selection = advisor::select(advice_.candidates, work_, model, options_.select);
        return std::move(advice_);
    }

private:
    void examine() {
        const auto paths = configured_search_paths();
        foreign_keys_ = foreign_keys();
        for (advisor::Query& query : advice_.workload.queries) {
            call([] { CHECK_FOR_INTERRUPTS(); });
            Examined& examined = advice_.examined.emplace_back();
            examined.query = std::move(query);
            const advisor::Query& q = examined.query;
            if (options_.select.out_of_time()) {
                examined.skipped = "the time limit was reached before its turn";
                continue;
            }
            const auto path = paths.find(q.user);
            read_query(examined, path == paths.end() ? "" : path->second, options_.check_permissions);
            if (examined.skipped.empty()) add_checks(examined);
        }
        advice_.workload.queries.clear();
    }

    // The time of a delete is that of its checks too, which its plan does not show.
    void add_checks(Examined& examined) {
        for (const WriteTarget& target : examined.plan.writes) {
            if (target.command != Command::remove && target.command != Command::update) continue;
            const auto keys = foreign_keys_.find(target.table);
            if (keys == foreign_keys_.end()) continue;
            const advisor::Query& q = examined.query;
            const double rows = q.observed ? q.rows / std::max(1.0, q.calls) : std::max(1.0, examined.plan.rows);
            for (const ForeignKey& key : keys->second) {
                if (target.command == Command::update && !shares(target.columns, key.referenced)) continue;
                Statement statement;
                statement.text = key.check;
                Reading reading = read_statement(std::move(statement));
                if (!reading.failure.empty()) continue;
                examined.plan.cost += reading.plan.cost * rows;
                std::move(reading.accesses.begin(), reading.accesses.end(), std::back_inserter(examined.accesses));
                examined.checks.push_back({std::move(reading.statement), rows});
            }
        }
    }

    static bool shares(const std::vector<int>& a, const std::vector<int>& b) {
        return std::any_of(a.begin(), a.end(),
                           [&](int column) { return std::find(b.begin(), b.end(), column) != b.end(); });
    }

    bool wanted(Oid table) const {
        return (options_.only.empty() || options_.only.contains(table)) && !options_.exclude.contains(table);
    }

    void read_tables() {
        std::map<Oid, double> rows;
        for (const Examined& examined : advice_.examined)
            for (const Access& access : examined.accesses)
                if (wanted(access.table)) rows[access.table] = std::max(rows[access.table], access.table_rows);
        for (const auto& [table, most_rows] : rows) {
            auto facts = read_table(table);
            if (!facts) continue;
            // Partitions that were never analysed count as the planner sees them.
            facts->rows = std::max(facts->rows, most_rows);
            advice_.tables.emplace(table, std::move(*facts));
        }
    }

    void make_candidates() {
        advisor::Popularity popularity;
        for (const Examined& examined : advice_.examined)
            for (const Access& access : examined.accesses)
                advisor::count(popularity, access,
                               advice_.workload.weight(examined.query) / std::max<double>(1, examined.parts.size()));
        std::set<IndexSpec> specs;
        for (const Examined& examined : advice_.examined)
            for (const Access& access : examined.accesses)
                if (const auto table = advice_.tables.find(access.table); table != advice_.tables.end())
                    specs.merge(advisor::candidates_for(access, table->second, popularity, options_.candidates));
        Oid id = ~Oid{0};
        for (const IndexSpec& spec : specs) {
            auto index = make_hypothetical(spec, advice_.tables.at(spec.table));
            if (!index) continue;
            id = unused_relation_id(id);
            index->id = id--;
            advice_.indexes.push_back(std::move(*index));
        }
        for (const Hypothetical& index : advice_.indexes) {
            Candidate candidate;
            candidate.bytes = index.size.bytes();
            candidate.upkeep = upkeep_of(index);
            candidate.table = static_cast<int>(index.spec.table);
            for (std::size_t other = 0; other < advice_.indexes.size(); ++other)
                if (&advice_.indexes[other] != &index && advisor::covers(index.spec, advice_.indexes[other].spec))
                    candidate.simpler.push_back(static_cast<int>(other));
            advice_.candidates.push_back(std::move(candidate));
        }
    }

    // In the unit of the weights: milliseconds, or cost where nothing was observed.
    double upkeep_of(const Hypothetical& index) const {
        const auto rates = advice_.writes.find(index.spec.table);
        if (rates == advice_.writes.end()) return 0;
        const double ms =
            advisor::upkeep_of(index.spec, index.size, rates->second, advice_.tables.at(index.spec.table), {});
        return advice_.workload.since.empty() ? ms * cost_per_ms : ms;
    }

    void make_items() {
        for (std::size_t i = 0; i < advice_.examined.size(); ++i) {
            Examined& examined = advice_.examined[i];
            if (!examined.skipped.empty() || examined.accesses.empty()) continue;
            WorkItem item;
            item.weight = advice_.workload.weight(examined.query) * (examined.query.observed ? 1 : examined.plan.cost);
            for (std::size_t index = 0; index < advice_.indexes.size(); ++index)
                if (std::any_of(examined.accesses.begin(), examined.accesses.end(), [&](const Access& access) {
                        return advisor::could_serve(advice_.indexes[index].spec, access);
                    }))
                    item.relevant.push_back(static_cast<int>(index));
            examined.item = static_cast<int>(work_.size());
            advice_.items.push_back(static_cast<int>(i));
            advice_.weight += item.weight;
            work_.push_back(std::move(item));
        }
    }

    const AdviceOptions& options_;
    Advice advice_;
    std::map<Oid, std::vector<ForeignKey>> foreign_keys_;
    std::vector<WorkItem> work_;
};

}  // namespace

Advice advise(advisor::Workload workload, const AdviceOptions& options) {
    return Maker(std::move(workload), options).run();
}

}  // namespace perfkit::pg
