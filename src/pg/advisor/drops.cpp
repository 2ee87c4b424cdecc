#include "perfkit/pg/advisor/drops.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "perfkit/pg/advisor/catalog.hpp"
#include "perfkit/pg/advisor/file_age.hpp"
#include "perfkit/pg/advisor/writes.hpp"
#include "perfkit/pg/query.hpp"

extern "C" {
#include "miscadmin.h"
}

namespace perfkit::pg {

using advisor::Drop;
using advisor::DropReason;
using advisor::KnownIndex;

namespace {

bool flag(const std::optional<std::string>& text) { return text == "t"; }

std::vector<std::string> words(const std::optional<std::string>& text) {
    std::istringstream stream(text.value_or(""));
    std::vector<std::string> result;
    for (std::string word; stream >> word;) result.push_back(word);
    return result;
}

// Every index that a user could drop: no system's, temporary, partition's or extension's own.  One
// that another session is building is left out.  Nothing is locked; sizes are those of the last VACUUM.
// The index of a partitioned table has the sizes and scans of its partitions'.
constexpr const char* all_indexes = R"(
WITH RECURSIVE part(root, id) AS (
    SELECT oid, oid FROM pg_class WHERE relkind IN ('i', 'I') AND NOT relispartition
    UNION ALL SELECT part.root, h.inhrelid FROM part JOIN pg_inherits h ON h.inhparent = part.id),
whole AS (
    SELECT part.root, sum(c.relpages::float8) * current_setting('block_size')::int AS bytes,
           sum(coalesce(pg_stat_get_numscans(c.oid), 0)) AS scans,
           string_agg(pg_relation_filepath(c.oid), ',') AS files
    FROM part JOIN pg_class c ON c.oid = part.id GROUP BY part.root)
SELECT i.indexrelid, i.indrelid, n.nspname, t.relname, c.relname, a.amname, i.indnkeyatts, i.indkey, i.indclass, i.indcollation,
       i.indoption, regexp_replace(i.indpred::text, ' :location -?[0-9]+', '', 'g'),
       regexp_replace(i.indexprs::text, ' :location -?[0-9]+', '', 'g'), i.indisunique OR i.indisprimary OR i.indisexclusion,
       EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid), i.indisreplident, i.indisclustered,
       i.indisvalid, c.relkind = 'I', whole.bytes, whole.scans,
       CASE WHEN whole.scans = 0 THEN whole.files END, i.indnullsnotdistinct,
       (SELECT string_agg(o, ' ' ORDER BY o COLLATE "C") FROM unnest(c.reloptions) o WHERE o NOT LIKE 'fillfactor=%'),
       (SELECT string_agg(coalesce(encode(convert_to(k.attoptions::text, 'UTF8'), 'hex'), '-'), ' ' ORDER BY k.attnum)
        FROM pg_attribute k WHERE k.attrelid = c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN whole ON whole.root = c.oid JOIN pg_class t ON t.oid = i.indrelid
     JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_am a ON a.oid = c.relam
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relpersistence <> 't' AND NOT c.relispartition
  AND t.relkind IN ('r', 'm', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid IN (c.oid, t.oid) AND d.deptype = 'e')
  AND (i.indisvalid OR NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'relation' AND l.relation IN (t.oid, c.oid)
                                   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                                   AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'AccessExclusiveLock')))
ORDER BY i.indexrelid)";

// Of several files, separated by commas, the youngest's.
double days_of_files(const std::string& paths) {
    std::istringstream stream(paths);
    double days = 0;
    bool first = true;
    for (std::string path; std::getline(stream, path, ',');) {
        const double age = days_of_file(path).value_or(0);
        days = first ? age : std::min(days, age);
        first = false;
    }
    return days;
}

std::vector<KnownIndex> known_indexes() {
    std::vector<KnownIndex> indexes;
    for (const TextRow& row : run_query(all_indexes)) {
        KnownIndex index;
        index.id = static_cast<std::uint32_t>(integer_of(row[0]));
        index.table = static_cast<std::uint32_t>(integer_of(row[1]));
        index.schema = *row[2];
        index.table_name = *row[3];
        index.name = *row[4];
        index.method = *row[5];
        const auto key_count = static_cast<std::size_t>(number_of(row[6]));
        const auto columns = words(row[7]), classes = words(row[8]), collations = words(row[9]),
                   options = words(row[10]), parameters = words(row[24]);
        for (std::size_t i = 0; i < columns.size(); ++i) {
            // Expressions stand together in one value, so that where there are some they are part of every key.
            const std::string column = columns[i] == "0" ? "expression " + row[12].value_or("") : columns[i];
            if (i >= key_count) {
                index.included.push_back(column);
                continue;
            }
            index.keys.push_back(column + " " + classes[i] + " " + collations[i] + " " + parameters.at(i));
            index.directions.push_back(std::atoi(options[i].c_str()));
        }
        index.predicate = row[11].value_or("");
        index.unique = flag(row[13]);
        index.constraint = flag(row[14]);
        index.replica_identity = flag(row[15]);
        index.clustered = flag(row[16]);
        index.valid = flag(row[17]);
        index.partitioned = flag(row[18]);
        index.bytes = number_of(row[19]);
        index.scans = number_of(row[20]);
        index.days = days_of_files(row[21].value_or(""));
        index.nulls_not_distinct = flag(row[22]);
        index.parameters = row[23].value_or("");
        indexes.push_back(std::move(index));
    }
    return indexes;
}

// Since when scans are counted: since the last reset, or the crash that lost the counters.  A database
// whose counters were never reset says nothing; those of the whole server began no later.
double days_counted() {
    const auto rows = run_query(
        "SELECT extract(epoch FROM clock_timestamp() - greatest(d.stats_reset, least(b.stats_reset, a.stats_reset, "
        "w.stats_reset))) / 86400 FROM pg_stat_database d, pg_stat_bgwriter b, pg_stat_archiver a, pg_stat_wal w "
        "WHERE d.datname = current_database()");
    return rows.empty() ? 0 : number_of(rows.front().front());
}

class Finder {
public:
    Finder(const Advice& advice, const AdviceOptions& options) : advice_(advice), options_(options) {}

    std::vector<DropAdvice> run() {
        const std::vector<KnownIndex> known = known_indexes();
        for (const KnownIndex& index : known) by_id_[index.id] = &index;
        const double days = days_counted();
        const std::vector<Drop> all = advisor::find_drops(known, days);
        read_tables(all);
        for (const Drop& drop : all) {
            const KnownIndex& index = *by_id_.at(drop.index);
            // What a caller's own queries do not need, others may.
            if (!wanted(index.table) || muted(index) || (drop.reason == DropReason::unused && !scans_count())) continue;
            if ((drop.reason == DropReason::redundant || drop.reason == DropReason::unused) && missed(index)) continue;
            DropAdvice found{drop, index, "", -1, std::min(days, index.days), upkeep_of(index.id, index.table)};
            if (drop.other) found.other_name = by_id_.at(drop.other)->name;
            add(std::move(found));
        }
        replaced();
        return std::move(found_);
    }

private:
    // Whoever asks about his own queries asks about the tables that they read.
    bool wanted(Oid table) const {
        if (options_.exclude.contains(table)) return false;
        if (!options_.only.empty()) return options_.only.contains(table);
        return !advice_.workload.since.empty() || advice_.tables.contains(table);
    }

    bool muted(const KnownIndex& index) const {
        return advice_.mutes.has("drop", index.schema, index.table_name, index.name);
    }

    // Of the server that the workload is of.
    bool scans_count() const { return !advice_.workload.since.empty() && !advice_.workload.elsewhere(); }

    void add(DropAdvice found) {
        hidden_.push_back(found.index.id);
        found_.push_back(std::move(found));
    }

    // Indexes that an advised one makes redundant.
    void replaced() {
        for (const advisor::Choice& choice : advice_.selection.choices) {
            const Hypothetical& created = advice_.indexes[choice.candidate];
            for (const advisor::ExistingIndex& existing : advice_.tables.at(created.spec.table).indexes) {
                if (!existing.plain || !existing.valid || !advisor::covers(created.spec, existing.spec)) continue;
                const auto known = by_id_.find(existing.id);
                if (known == by_id_.end() || advisor::is_protected(*known->second) || known->second->partitioned ||
                    muted(*known->second))
                    continue;
                if (std::find(hidden_.begin(), hidden_.end(), existing.id) != hidden_.end() || missed(*known->second))
                    continue;
                add({{existing.id, DropReason::redundant, 0},
                     *known->second,
                     "",
                     choice.candidate,
                     0,
                     upkeep_of(existing.id, created.spec.table)});
            }
        }
    }

    WhatIf chosen() const {
        WhatIf what_if = as_it_is(advice_);
        for (const advisor::Choice& choice : advice_.selection.choices) what_if.add(&advice_.indexes[choice.candidate]);
        for (const Oid id : hidden_) what_if.hide(id);
        return what_if;
    }

    // Whether a query of the workload, with the advised indexes, would be the worse for its absence.
    bool missed(const KnownIndex& index) {
        for (const int place : advice_.items) {
            if (options_.select.out_of_time()) return true;  // who knows
            const Examined& examined = advice_.examined[place];
            const bool reads = std::any_of(examined.accesses.begin(), examined.accesses.end(),
                                           [&](const advisor::Access& access) { return access.table == index.table; });
            if (!reads) continue;
            call([] { CHECK_FOR_INTERRUPTS(); });
            const PlannedStatement with = plan_examined(examined, chosen());
            if (std::find(with.indexes.begin(), with.indexes.end(), index.id) == with.indexes.end()) continue;
            WhatIf without = chosen();
            without.hide(index.id);
            if (plan_examined(examined, without).cost > with.cost * most_missed) return true;
        }
        return false;
    }

    // The tables that the workload does not read have indexes and writes too.
    void read_tables(const std::vector<Drop>& all) {
        tables_ = advice_.tables;
        for (const Drop& drop : all) {
            const Oid table = by_id_.at(drop.index)->table;
            if (!wanted(table) || tables_.contains(table)) continue;
            if (auto facts = read_table(table)) tables_.emplace(table, std::move(*facts));
        }
        rates_ = write_rates(advice_, tables_);
    }

    std::optional<double> upkeep_of(Oid id, Oid table) const {
        const auto rates = rates_.find(table);
        const auto facts = tables_.find(table);
        if (rates == rates_.end() || facts == tables_.end()) return std::nullopt;
        for (const advisor::ExistingIndex& index : facts->second.indexes)
            if (index.id == id && index.plain)
                return advisor::upkeep_of(index.spec, advisor::size_of(index.spec, facts->second), rates->second,
                                          facts->second, {});
        return std::nullopt;
    }

    const Advice& advice_;
    const AdviceOptions& options_;
    std::map<Oid, const KnownIndex*> by_id_;
    advisor::Tables tables_;
    std::map<Oid, advisor::WriteRates> rates_;
    std::vector<Oid> hidden_;
    std::vector<DropAdvice> found_;
};

}  // namespace

std::vector<DropAdvice> drops(const Advice& advice, const AdviceOptions& options) {
    return Finder(advice, options).run();
}

}  // namespace perfkit::pg
