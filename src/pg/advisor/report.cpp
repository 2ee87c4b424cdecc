#include "perfkit/pg/advisor/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "perfkit/core/advisor/naming.hpp"
#include "perfkit/pg/advisor/ddl.hpp"
#include "perfkit/pg/advisor/evidence.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/text.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "utils/lsyscache.h"
}

namespace perfkit::pg {

using advisor::Access;
using advisor::Choice;
using advisor::Clause;
using advisor::ClauseKind;
using advisor::Help;
using advisor::IndexKey;
using advisor::TableFacts;

namespace {

constexpr double little = 0.01;

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, share < 0.0995 ? "%.1f %%" : "%.0f %%", share * 100);
    return text;
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
    return text;
}

// The name that each chosen index gets, the same for the same advice.
class Names {
public:
    std::string name(const Hypothetical& index, const TableFacts& table) {
        std::vector<std::string> columns;
        for (const IndexKey& key : index.spec.keys) columns.push_back(table.columns.at(key.column).name);
        const Oid schema = call([&] { return get_namespace_oid(table.schema.c_str(), true); });
        const auto taken = [&](const std::string& name) {
            return given_.contains({schema, name}) ||
                   OidIsValid(call([&] { return get_relname_relid(name.c_str(), schema); }));
        };
        const std::string name = advisor::index_name(table.name, columns, taken, character_end);
        given_.insert({schema, name});
        return name;
    }

private:
    std::set<std::pair<Oid, std::string>> given_;
};

std::string creation_id(const Advice& advice, int candidate) {
    const Hypothetical& index = advice.indexes[candidate];
    const TableFacts& table = advice.tables.at(index.spec.table);
    return advice_id("create", table.schema, table.name, definition_of(index, table));
}

// What a column of the index is to the queries that the index helps.
std::string role_of(int column, const Choice& choice, const Advice& advice, advisor::TableId table) {
    std::set<int> roles;
    const char* const names[] = {"compared for equality",         "joined",           "compared by range",
                                 "searched for what it contains", "the order wanted", "tested"};
    for (const Help& help : choice.helps)
        for (const Access& access : advice.examined[advice.items[help.query]].accesses) {
            if (access.table != table) continue;
            const auto look = [&](const std::vector<Clause>& clauses) {
                for (const Clause& clause : clauses) {
                    if (clause.column != column) continue;
                    switch (clause.kind) {
                        case ClauseKind::equal:
                        case ClauseKind::in_list:
                            roles.insert(0);
                            break;
                        case ClauseKind::range:
                            roles.insert(2);
                            break;
                        case ClauseKind::contains:
                            roles.insert(3);
                            break;
                        case ClauseKind::test:
                            roles.insert(5);
                            break;
                    }
                }
            };
            look(access.clauses);
            for (const auto& arm : access.arms) look(arm);
            for (const auto& join : access.joins)
                if (join.column == column) roles.insert(1);
            for (const auto& order : access.orders)
                for (const IndexKey& key : order)
                    if (key.column == column) roles.insert(4);
        }
    std::vector<std::string> found;
    for (const int role : roles) found.push_back(names[role]);
    return found.empty() ? "read" : joined(found, ", ");
}

// Time that a query takes per hour; where it was not observed, cost.
double weight_of(const Examined& examined, const Advice& advice) {
    return advice.workload.weight(examined.query) * (examined.query.observed ? 1 : examined.plan.cost);
}

std::string words_of(int column, const TableFacts& table) {
    const advisor::ColumnFacts& facts = table.columns.at(column);
    return facts.expression.empty() ? facts.name : facts.expression;
}

std::string reason_of(const Choice& choice, const Advice& advice, const Hypothetical& index, const TableFacts& table) {
    double weight = 0;
    for (const Help& help : choice.helps) weight += weight_of(advice.examined[advice.items[help.query]], advice);
    const bool observed = !advice.workload.since.empty();
    std::string text = choice.helps.size() == 1 ? "One query" : std::to_string(choice.helps.size()) + " queries";
    text += ", " + percent(advice.weight > 0 ? weight / advice.weight : 0) + " of the workload's " +
            (observed ? "time" : "cost") + ", " + (choice.helps.size() == 1 ? "saves " : "save ") +
            percent(weight > 0 ? choice.saved / weight : 0) + " of it by this index: ";
    std::vector<std::string> parts;
    for (const IndexKey& key : index.spec.keys)
        parts.push_back(words_of(key.column, table) + " is " + role_of(key.column, choice, advice, index.spec.table));
    text += joined(parts, "; ");
    if (!index.spec.include.empty()) text += "; what it includes saves reading the table";
    if (index.spec.predicate) text += "; it has only the rows with " + predicate_text(*index.spec.predicate, table);
    return text;
}

std::optional<std::string> warning_of(const Hypothetical& index, const TableFacts& table, const Choice& choice,
                                      const Advice& advice) {
    std::vector<std::string> warnings;
    if (table.partitioned)
        warnings.push_back(
            "a partitioned table: CREATE INDEX CONCURRENTLY is not possible, so the partitions are locked against "
            "writes "
            "while this builds; to avoid that, create it ON ONLY the parent, then CONCURRENTLY on each partition, "
            "and attach those");
    std::vector<std::string> unbounded, unknown, computed;
    const auto look = [&](int column) {
        const advisor::ColumnFacts& facts = table.columns.at(column);
        if (!facts.bounded && index.spec.method == advisor::Method::btree) unbounded.push_back(words_of(column, table));
        if (!facts.expression.empty())
            computed.push_back(facts.expression);
        else if (!facts.analyzed)
            unknown.push_back(facts.name);
    };
    for (const IndexKey& key : index.spec.keys) look(key.column);
    for (const int column : index.spec.include) look(column);
    if (!unbounded.empty())
        warnings.push_back(
            "a row whose " + joined(unbounded, ", ") +
            " takes more than about 2700 bytes cannot be indexed: the build, or a later write, would fail");
    if (!unknown.empty())
        warnings.push_back("no statistics on " + joined(unknown, ", ") + ": run ANALYZE and ask again");
    if (!computed.empty())
        warnings.push_back("run ANALYZE " + quoted_name(table.schema) + "." + quoted_name(table.name) +
                           " once it is built: until then the planner has no statistics of " + joined(computed, ", "));
    std::vector<std::string> slower;
    for (const Help& help : choice.helps)
        if (advice.selection.cached[help.query].slower())
            slower.push_back(std::to_string(advice.examined[advice.items[help.query]].query.id));
    if (!slower.empty())
        warnings.push_back("where everything is cached, it may make slower: query " + joined(slower, ", ") +
                           " (cached_before and cached_after in evidence)");
    if (warnings.empty()) return std::nullopt;
    return joined(warnings, "; ");
}

// Why nothing was chosen for a query that could be helped.
std::string why_not_worth(const Examined& examined, const Advice& advice) {
    if (!advice.selection.complete) return "the time limit came first";
    const double ideal = advice.selection.ideal[examined.item], before = advice.selection.before[examined.item];
    const double saved = weight_of(examined, advice) * (1 - ideal / before);
    if (saved < advice.min_gain * advice.weight) return "that is less than min_gain of the workload's";
    for (const Access& access : examined.accesses) {
        const auto rates = advice.writes.find(access.table);
        if (rates == advice.writes.end()) continue;
        if (rates->second.inserts + rates->second.updates + rates->second.deletes > 0)
            return "not more than the writes to its tables would spend on them, or than fits the limits given";
    }
    return "not with few enough, or small enough, indexes to be worth creating";
}

std::string why_not_helped(const Examined& examined, const Advice& advice) {
    const double before = advice.selection.before[examined.item], ideal = advice.selection.ideal[examined.item];
    if (ideal < before * (1 - little))
        return "indexes could save " + percent(1 - ideal / before) + " of its cost, but " +
               why_not_worth(examined, advice);
    const Access* largest = nullptr;
    for (const Access& access : examined.accesses)
        if (!largest || access.table_rows > largest->table_rows) largest = &access;
    const auto table = advice.tables.find(largest->table);
    const std::string name = table == advice.tables.end() ? "its largest table" : table->second.name;
    if (!examined.plan.indexes.empty()) return "its plan uses indexes already, and no further one lowers its cost";
    if (largest->opaque > 0 && largest->clauses.empty())
        return "its condition on " + name +
               " does not compare a column with a value, so that no index on columns answers it";
    if (largest->rows > 0.2 * largest->table_rows)
        return "it reads " + percent(std::min(1.0, largest->rows / std::max(1.0, largest->table_rows))) +
               " of the rows of " + name + ": no index makes that cheaper";
    return "no index lowers its cost";
}

// What may make a query that is helped slower than it is now, or than it could be.
std::string doubts_of(const Examined& examined, const Advice& advice) {
    std::string text;
    const advisor::Cached& cached = advice.selection.cached[examined.item];
    if (cached.slower())
        text += "; where everything is cached it may take " + percent(cached.after / cached.before - 1) +
                " longer than now: measure it";
    const advisor::Selection& selection = advice.selection;
    if (left_behind(selection, examined.item))
        text += "; further indexes could save " +
                percent(1 - selection.ideal[examined.item] / selection.after[examined.item]) +
                " of what is left, but " + why_not_worth(examined, advice);
    return text;
}

bool muted_might_help(const Examined& examined, const Advice& advice) {
    return std::any_of(advice.muted.begin(), advice.muted.end(), [&](const advisor::IndexSpec& spec) {
        return std::any_of(examined.accesses.begin(), examined.accesses.end(),
                           [&](const Access& access) { return advisor::could_serve(spec, access); });
    });
}

std::string drop_id(const DropAdvice& drop) {
    return advice_id("drop", drop.index.schema, drop.index.table_name, drop.index.name);
}

std::string drop_reason(const DropAdvice& drop, const std::string& replacement) {
    switch (drop.drop.reason) {
        case advisor::DropReason::invalid:
            return "it is invalid, as a failed CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY leaves it: writes may "
                   "maintain it, no query uses it";
        case advisor::DropReason::duplicate:
            return "it is the same as " + drop.other_name;
        case advisor::DropReason::redundant:
            return (drop.replaced_by >= 0 ? replacement + ", advised above," : drop.other_name) +
                   " begins with the same columns and does its work; no query of the workload gets worse without it";
        case advisor::DropReason::unused: {
            char days[32];
            std::snprintf(days, sizeof days, "%.0f", std::floor(drop.days));
            return std::string("no query has used it in the ") + days +
                   " days that its scans have been counted for, nor would one of the workload";
        }
    }
    return "";
}

std::optional<std::string> drop_warning(const DropAdvice& drop) {
    std::vector<std::string> warnings;
    if (drop.index.partitioned)
        warnings.push_back(
            "an index on a partitioned table: it cannot be dropped CONCURRENTLY, so its partitions are locked for a "
            "moment");
    if (drop.drop.reason == advisor::DropReason::unused)
        warnings.push_back(
            "standbys count their own scans: look there too, and think of what runs once a month or quarter");
    if (drop.replaced_by >= 0) warnings.push_back("only after the other has been created");
    if (warnings.empty()) return std::nullopt;
    return joined(warnings, "; ");
}

// The statement that brings the index back.  That of a partitioned table reads "ON ONLY", which would
// leave the partitions without.
std::string reverse_of(const DropAdvice& drop) {
    const auto rows = run_query("SELECT pg_get_indexdef(" + std::to_string(drop.index.id) + ")");
    std::string text = rows.empty() ? "" : rows.front().front().value_or("");
    const std::string head = "CREATE INDEX " + quoted_name(drop.index.name) + " ON ";
    if (drop.index.partitioned && text.starts_with(head + "ONLY ")) text.erase(head.size(), 5);
    return text;
}

// The same, as one that locks nobody out.
std::string concurrent(std::string create) {
    const std::size_t index = create.find(" INDEX ");
    if (index != std::string::npos) create.insert(index + 6, " CONCURRENTLY");
    return create;
}

AdviceRow deletion(const DropAdvice& drop, const Advice& advice, const std::vector<AdviceRow>& created) {
    const std::string qualified = quoted_name(drop.index.schema) + "." + quoted_name(drop.index.name);
    const AdviceRow* replacement = nullptr;
    if (drop.replaced_by >= 0)
        for (const AdviceRow& row : created)
            if (row.id == creation_id(advice, drop.replaced_by)) replacement = &row;
    AdviceRow row;
    row.id = drop_id(drop);
    row.action = "drop";
    row.schema = drop.index.schema;
    row.table = drop.index.table_name;
    row.index = drop.index.name;
    row.ddl = std::string("DROP INDEX ") + (drop.index.partitioned ? "" : "CONCURRENTLY ") + qualified;
    row.reason = drop_reason(drop, replacement ? replacement->index : "");
    row.warning = drop_warning(drop);
    row.bytes = static_cast<std::int64_t>(drop.index.bytes);
    if (!advice.workload.since.empty()) {
        row.saved_ms_per_hour = drop.upkeep;
        row.write_ms_per_hour = drop.upkeep;
    }
    row.evidence.object([&] {
        tell_window(row.evidence, advice);
        row.evidence.key("scans").value(drop.index.scans);
        if (drop.days > 0) row.evidence.key("days_counted").value(drop.days);
        if (!drop.other_name.empty()) row.evidence.key("same_work").value(drop.other_name);
        if (replacement) row.evidence.key("replaced_by").value(replacement->id);
        if (const std::string reverse = reverse_of(drop); !reverse.empty()) {
            row.evidence.key("reverse").value(reverse);
            row.undo = drop.index.partitioned ? reverse : concurrent(reverse);
        }
    });
    row.definition = drop.index.name;
    if (replacement) row.replacement = replacement->index;
    row.table_id = drop.index.table;
    row.index_id = drop.index.id;
    tell_watched(row.watched, nullptr, drop.index.table, advice);
    return row;
}

std::vector<AdviceRow> creations(const Advice& advice, const std::vector<DropAdvice>& drops) {
    std::vector<AdviceRow> rows;
    Names names;
    for (const Choice& choice : advice.selection.choices) {
        const Hypothetical& index = advice.indexes[choice.candidate];
        const TableFacts& table = advice.tables.at(index.spec.table);
        const bool observed = !advice.workload.since.empty();
        AdviceRow row;
        row.id = creation_id(advice, choice.candidate);
        row.action = "create";
        row.schema = table.schema;
        row.table = table.name;
        row.index = names.name(index, table);
        row.ddl = create_statement(index, table, row.index);
        row.reason = reason_of(choice, advice, index, table);
        row.warning = warning_of(index, table, choice, advice);
        row.bytes = static_cast<std::int64_t>(index.size.bytes());
        double before = 0, after = 0;
        for (const Help& help : choice.helps) {
            before += advice.selection.before[help.query];
            after += advice.selection.after[help.query];
        }
        row.cost_before = before;
        row.cost_after = after;
        if (observed) row.saved_ms_per_hour = choice.saved;
        if (observed) row.write_ms_per_hour = advice.candidates[choice.candidate].upkeep;
        row.queries_helped = static_cast<int>(choice.helps.size());
        row.evidence.object([&] {
            tell_window(row.evidence, advice);
            tell_queries(row.evidence, choice, advice);
            tell_index(row.evidence, index, advice);
            std::vector<std::string> replaced;
            for (const DropAdvice& drop : drops)
                if (drop.replaced_by == choice.candidate) replaced.push_back(drop_id(drop));
            if (!replaced.empty())
                row.evidence.key("replaces").array([&] {
                    for (const std::string& id : replaced) row.evidence.value(id);
                });
            if (const auto rates = advice.writes.find(table.id); rates != advice.writes.end())
                tell_writes(row.evidence, rates->second);
        });
        row.definition = definition_of(index, table);
        row.undo = std::string("DROP INDEX ") + (table.partitioned ? "" : "CONCURRENTLY ") + quoted_name(table.schema) +
                   "." + quoted_name(row.index);
        row.table_id = table.id;
        tell_watched(row.watched, &choice, table.id, advice);
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

std::vector<AdviceRow> advice_rows(const Advice& advice, const std::vector<DropAdvice>& drops) {
    std::vector<AdviceRow> rows = creations(advice, drops);
    const std::vector<AdviceRow> created = rows;
    for (const DropAdvice& drop : drops) rows.push_back(deletion(drop, advice, created));
    return rows;
}

std::vector<QueryRow> query_rows(const Advice& advice) {
    std::map<int, std::vector<std::string>> helping;
    for (const Choice& choice : advice.selection.choices)
        for (const Help& help : choice.helps) helping[help.query].push_back(creation_id(advice, choice.candidate));
    double total = 0;
    for (const Examined& examined : advice.examined) total += advice.workload.weight(examined.query);
    std::vector<QueryRow> rows;
    for (const Examined& examined : advice.examined) {
        QueryRow row;
        row.examined = &examined;
        if (examined.query.observed && total > 0) row.share = advice.workload.weight(examined.query) / total;
        if (!examined.skipped.empty()) {
            row.status = "skipped";
            row.reason = examined.skipped;
        } else if (examined.item < 0) {
            row.status = "not helped";
            row.reason = "it reads no table that an index could be advised for";
            row.cost_before = examined.plan.cost;
        } else {
            row.cost_before = advice.selection.before[examined.item];
            row.cost_after = advice.selection.after[examined.item];
            const auto indexes = helping.find(examined.item);
            row.status = indexes == helping.end() ? "not helped" : "helped";
            if (indexes != helping.end()) {
                row.advice_ids = indexes->second;
                row.reason =
                    "the advised indexes save " + percent(1 - *row.cost_after / *row.cost_before) + " of its cost";
                row.reason += doubts_of(examined, advice);
                if (examined.query.observed)
                    row.saved_ms_per_hour =
                        advice.workload.weight(examined.query) * (1 - *row.cost_after / *row.cost_before);
            } else {
                row.reason = why_not_helped(examined, advice);
                if (muted_might_help(examined, advice)) row.reason += "; muted advice (pk_advice_muted) might help it";
            }
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace perfkit::pg
