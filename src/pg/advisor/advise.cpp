#include "perfkit/pg/advisor/advise.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/core/advisor/parameterise.hpp"
#include "perfkit/pg/advisor/catalog.hpp"
#include "perfkit/pg/advisor/ddl.hpp"
#include "perfkit/pg/advisor/elements.hpp"
#include "perfkit/pg/advisor/examine.hpp"
#include "perfkit/pg/advisor/expressions.hpp"
#include "perfkit/pg/advisor/foreign_keys.hpp"
#include "perfkit/pg/advisor/nested.hpp"
#include "perfkit/pg/advisor/reading.hpp"
#include "perfkit/pg/advisor/sampling.hpp"
#include "perfkit/pg/advisor/settings.hpp"
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
        const PlannedStatement planned = planned_with(item, set, 0);
        advisor::Plan plan{planned.cost, {}};
        for (const int index : set)
            if (std::find(planned.indexes.begin(), planned.indexes.end(), advice_.indexes[index].id) !=
                planned.indexes.end())
                plan.used.push_back(index);
        return plan;
    }

    double cached(int item, const IndexSet& set, double cost) override {
        const PlannedStatement planned = planned_with(item, set, raised);
        return std::max(0.0, (planned.cost - cost) / raised - planned.swept * lookup_cost());
    }

private:
    const Advice& advice_;

    // So little that no other plan is chosen: what the cost rises by is the processor's part of it.
    static constexpr double raised = 1e-6;

    PlannedStatement planned_with(int item, const IndexSet& set, double raise) const {
        call([] { CHECK_FOR_INTERRUPTS(); });
        WhatIf what_if = as_it_is(advice_);
        for (const int index : set) what_if.add(&advice_.indexes[index]);
        what_if.raise_processor(raise);
        return plan_examined(advice_.examined[advice_.items[item]], what_if);
    }
};

class Maker {
public:
    Maker(advisor::Workload workload, const AdviceOptions& options) : options_(options) {
        advice_.workload = std::move(workload);
    }

    Advice run() {
        advice_.mutes = Mutes::of_caller();
        examine();
        share_time(advice_.examined);
        read_tables();
        sample_expressions();
        settle_conditions();
        advice_.writes = write_rates(advice_, advice_.tables);
        make_candidates();
        make_items();
        advice_.min_gain = options_.select.min_gain;
        PlannerModel model(advice_);
        advisor::SelectOptions select = options_.select;
        select.unite = [this](int a, int b) {
            const auto spec = advisor::united(advice_.indexes[a].spec, advice_.indexes[b].spec);
            return spec ? candidate_of(*spec) : std::nullopt;
        };
        select.extend = [this](int index) { return extensions_of(index); };
        advice_.selection = advisor::select(advice_.candidates, work_, model, select);
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
            read_query(examined, path == paths.end() ? "" : path->second, options_.check_permissions, expressions_);
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
                Reading reading = read_statement(std::move(statement), expressions_);
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
            auto facts = read_table(table, expressions_);
            if (!facts) continue;
            // Partitions that were never analysed count as the planner sees them.
            facts->rows = std::max(facts->rows, most_rows);
            advice_.tables.emplace(table, std::move(*facts));
        }
    }

    // Of expressions nothing is known before their index is built, so some rows are looked at.  What the planner makes
    // of that holds for the queries as they are, too.
    void sample_expressions() {
        std::set<Oid> sampled;
        for (auto& [id, table] : advice_.tables)
            for (auto& [number, facts] : table.columns) {
                if (number >= 0 || options_.select.out_of_time()) break;
                Expression& expression = expressions_.at(number);
                const ExpressionSample sample = sample_expression(expression, table, facts);
                if (sample.fails) facts.sortable = facts.hashable = facts.summarizable = false;
                if (!sample.statistics) continue;
                expression.statistics = sample.statistics;
                sampled.insert(id);
            }
        carry_statistics();
        for (Examined& examined : advice_.examined) {
            if (!examined.skipped.empty() || !reads(examined, sampled)) continue;
            call([] { CHECK_FOR_INTERRUPTS(); });
            ++advice_.further_plans;
            try {
                PlannedStatement plan = plan_examined(examined, as_it_is(advice_));
                examined.plan.cost = plan.cost;
                examined.plan.rows = plan.rows;
                examined.plan.indexes = std::move(plan.indexes);
            } catch (const Unplannable&) {
                // It compares by somebody's function, which would have to run on them.
                for (const Access& access : examined.accesses) forget_statistics(access.table);
            }
        }
    }

    static bool reads(const Examined& examined, const std::set<Oid>& tables) {
        return std::any_of(examined.accesses.begin(), examined.accesses.end(),
                           [&](const Access& access) { return tables.contains(access.table); });
    }

    void carry_statistics() {
        advice_.statistics.clear();
        for (const auto& [id, table] : advice_.tables)
            for (const auto& [number, facts] : table.columns) {
                if (number >= 0) break;
                if (!expressions_.at(number).statistics) continue;
                Hypothetical carrier = make_statistics_carrier(expressions_.at(number));
                next_id_ = unused_relation_id(next_id_);
                carrier.id = next_id_--;
                advice_.statistics.push_back(std::move(carrier));
            }
    }

    void forget_statistics(Oid id) {
        forgot_statistics_ = true;
        const auto table = advice_.tables.find(id);
        if (table == advice_.tables.end()) return;
        for (auto& [number, facts] : table->second.columns) {
            if (number >= 0) break;
            expressions_.at(number).statistics = nullptr;
            facts = facts_of(expressions_.at(number), table->second);
        }
        carry_statistics();
    }

    // A constant makes a partial index only where it recurs: in every sample of a query, and in two at least of all.
    void settle_conditions() {
        // Given queries that differ in nothing but constants are samples of one.
        std::map<std::string, Examined*> first;
        for (const bool again : {false, true})
            for (Examined& examined : advice_.examined) {
                if (examined.query.observed || !examined.skipped.empty()) continue;
                auto& known = first[advisor::parameterise(examined.query.text)];
                if (!known) known = &examined;
                keep_common_conditions(again ? examined.accesses : known->accesses,
                                       again ? known->accesses : examined.accesses);
            }
        std::map<int, int>& seen = advice_.seen;
        for (const Examined& examined : advice_.examined) {
            std::set<int> numbers;
            for (const Access& access : examined.accesses)
                for (const advisor::Condition& condition : access.conditions) numbers.insert(condition.number);
            for (const int number : numbers) seen[number] += examined.executions;
        }
        for (Examined& examined : advice_.examined)
            for (Access& access : examined.accesses)
                std::erase_if(access.conditions,
                              [&](const advisor::Condition& condition) { return seen.at(condition.number) < 2; });
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
        for (const IndexSpec& spec : specs) add_index(spec);
        for (const Hypothetical& index : advice_.indexes) {
            Candidate candidate = measured(index);
            for (std::size_t other = 0; other < advice_.indexes.size(); ++other)
                if (&advice_.indexes[other] != &index && advisor::covers(index.spec, advice_.indexes[other].spec))
                    candidate.simpler.push_back(static_cast<int>(other));
            advice_.candidates.push_back(std::move(candidate));
        }
    }

    // Who does not want an index does not want it wider, either.
    bool is_muted(const Hypothetical& index, const TableFacts& table) const {
        if (advice_.mutes.empty()) return false;
        const auto has = [&](const Hypothetical& wanted) {
            return advice_.mutes.has("create", table.schema, table.name, definition_of(wanted, table));
        };
        Hypothetical narrow = index;
        narrow.spec.include.clear();
        return has(index) || has(narrow);
    }

    // False where it does not fit the table, or is muted.
    bool add_index(const IndexSpec& spec) {
        TableFacts& table = advice_.tables.at(spec.table);
        if (spec.method == advisor::Method::gin)
            for (const advisor::IndexKey& key : spec.keys) read_elements(table, key.column, key.opclass);
        auto index = make_hypothetical(spec, table, expressions_);
        if (!index) return false;
        if (is_muted(*index, table)) {
            advice_.muted.push_back(spec);
            return false;
        }
        next_id_ = unused_relation_id(next_id_);
        index->id = next_id_--;
        numbers_.emplace(spec, static_cast<int>(advice_.indexes.size()));
        advice_.indexes.push_back(std::move(*index));
        return true;
    }

    Candidate measured(const Hypothetical& index) const {
        Candidate candidate;
        candidate.bytes = index.size.bytes();
        candidate.upkeep = upkeep_of(index.spec, index.size);
        candidate.table = static_cast<int>(index.spec.table);
        return candidate;
    }

    // An index that the selection thought of, as a candidate, a new one perhaps.
    std::optional<advisor::United> candidate_of(const IndexSpec& spec) {
        advisor::United united;
        if (const auto known = numbers_.find(spec); known != numbers_.end()) {
            united.number = known->second;
            return united;
        }
        if (!add_index(spec)) return std::nullopt;
        united.number = numbers_.at(spec);
        united.candidate = measured(advice_.indexes.back());
        for (std::size_t item = 0; item < work_.size(); ++item)
            if (serves(spec, advice_.examined[advice_.items[item]])) united.queries.push_back(static_cast<int>(item));
        advice_.candidates.push_back(united.candidate);
        return united;
    }

    // A candidate with what it takes to do the work of an existing index that the workload uses as well.
    std::vector<advisor::United> extensions_of(int candidate) {
        const IndexSpec spec = advice_.indexes[candidate].spec;
        const TableFacts& table = advice_.tables.at(spec.table);
        std::vector<advisor::United> found;
        for (const advisor::ExistingIndex& index : table.indexes) {
            if (!index.plain || !index.valid || index.bound || !used_.contains(index.id)) continue;
            if (advisor::covers(spec, index.spec)) continue;
            const auto both = advisor::united(spec, index.spec);
            if (!both || (!options_.candidates.covering && !both->include.empty())) continue;
            auto united = candidate_of(*both);
            if (!united || missed(index.id, united->number)) continue;
            united->freed_bytes = index.bytes;
            united->freed_upkeep = upkeep_of(index.spec, advisor::size_of(index.spec, table));
            found.push_back(std::move(*united));
        }
        return found;
    }

    // Whether a query that uses the existing index now would be worse off with the candidate in its place.
    bool missed(Oid existing, int candidate) {
        return std::any_of(advice_.items.begin(), advice_.items.end(), [&](int place) {
            const Examined& examined = advice_.examined[place];
            const auto& indexes = examined.plan.indexes;
            if (std::find(indexes.begin(), indexes.end(), existing) == indexes.end()) return false;
            call([] { CHECK_FOR_INTERRUPTS(); });
            WhatIf what_if = as_it_is(advice_);
            what_if.add(&advice_.indexes[candidate]);
            what_if.hide(existing);
            ++advice_.further_plans;
            return plan_examined(examined, what_if).cost > examined.plan.cost * most_missed;
        });
    }

    // In the unit of the weights: milliseconds, or cost where nothing was observed.
    double upkeep_of(const IndexSpec& spec, const advisor::IndexSize& size) const {
        const auto rates = advice_.writes.find(spec.table);
        if (rates == advice_.writes.end()) return 0;
        const double ms = advisor::upkeep_of(spec, size, rates->second, advice_.tables.at(spec.table), {});
        return advice_.workload.since.empty() ? ms * cost_per_ms : ms;
    }

    void make_items() {
        for (std::size_t i = 0; i < advice_.examined.size(); ++i) {
            Examined& examined = advice_.examined[i];
            if (!examined.skipped.empty() || examined.accesses.empty()) continue;
            WorkItem item;
            item.weight = advice_.workload.weight(examined.query) * (examined.query.observed ? 1 : examined.plan.cost);
            for (std::size_t index = 0; index < advice_.indexes.size(); ++index)
                if (serves(advice_.indexes[index].spec, examined)) item.relevant.push_back(static_cast<int>(index));
            if (!forgot_statistics_) item.cost = examined.plan.cost;
            used_.insert(examined.plan.indexes.begin(), examined.plan.indexes.end());
            examined.item = static_cast<int>(work_.size());
            advice_.items.push_back(static_cast<int>(i));
            advice_.weight += item.weight;
            work_.push_back(std::move(item));
        }
    }

    static bool serves(const IndexSpec& spec, const Examined& examined) {
        return std::any_of(examined.accesses.begin(), examined.accesses.end(),
                           [&](const Access& access) { return advisor::could_serve(spec, access); });
    }

    const AdviceOptions& options_;
    Advice advice_;
    Expressions expressions_;
    std::map<Oid, std::vector<ForeignKey>> foreign_keys_;
    std::vector<WorkItem> work_;
    std::map<IndexSpec, int> numbers_;  // of the candidates
    std::set<Oid> used_;                // existing indexes, by the workload's plans as they are
    bool forgot_statistics_ = false;    // with which some plans were made
    Oid next_id_ = ~Oid{0};
};

}  // namespace

WhatIf as_it_is(const Advice& advice) {
    WhatIf what_if;
    for (const Hypothetical& statistics : advice.statistics) what_if.add(&statistics);
    return what_if;
}

Advice advise(advisor::Workload workload, const AdviceOptions& options) {
    return Maker(std::move(workload), options).run();
}

}  // namespace perfkit::pg
