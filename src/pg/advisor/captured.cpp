// The workload that pg_perfkit has captured, else that of pg_stat_statements.

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "perfkit/core/advisor/parameterise.hpp"
#include "perfkit/pg/advisor/statistics.hpp"
#include "perfkit/pg/advisor/workload.hpp"
#include "perfkit/pg/workload/counts.hpp"
#include "perfkit/pg/workload/texts.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg {

using advisor::Query;
using advisor::Workload;
using pg::workload::Count;
using pg::workload::Counts;

namespace {

// What has been captured for so long is enough, whatever else there is.
constexpr double enough_hours = 24;
// A window is much longer than another from here on.
constexpr double much_longer = 10;
// Where statements had to go, one that has just come back says little of an hour.
constexpr double least_hours = 1;

double hours_since(std::int64_t when) {
    return std::max(shortest_hours, static_cast<double>(GetCurrentTimestamp() - when) / 3.6e9);
}

std::string text_of_time(std::int64_t when) {
    const auto seconds = static_cast<std::time_t>(timestamptz_to_time_t(when));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string name_of_user(Oid user) {
    const char* const name = call([user] { return GetUserNameFromId(user, true); });
    return name ? name : "unknown (OID=" + std::to_string(user) + ")";
}

class CapturedWorkload {
public:
    // There, where the caller has it, is the text of what was never sampled, or whose sample was cut.
    CapturedWorkload(const Counts& counts, const Workload* statistics) : counts_(counts) {
        texts_ = pg::workload::readable_texts(advisor::parameterise, true);
        for (pg::workload::KeptSample& kept : pg::workload::plannable_samples())
            executions_[{kept.key.queryid, kept.key.user, kept.key.toplevel}].push_back(
                {std::move(kept.sample), kept.slowest});
        if (statistics == nullptr) return;
        for (const Query& query : statistics->queries) others_.emplace(std::pair(query.id, query.user), &query.text);
    }

    Workload make() {
        Workload workload;
        workload.source = "pg_perfkit";
        const std::int64_t begin = std::max(counts_.since, counts_.first_seen);
        workload.since = text_of_time(begin);
        workload.hours = hours_since(begin);
        for (const Count& count : counts_.counts) {
            Query query = query_of(count);
            query.hours = workload.hours;
            if (counts_.evicted)
                query.hours = std::min(workload.hours, std::max(least_hours, hours_since(count.first_seen)));
            workload.queries.push_back(std::move(query));
        }
        std::sort(workload.queries.begin(), workload.queries.end(), [](const Query& a, const Query& b) {
            return std::tuple(-a.total_ms, a.id, a.user, a.toplevel) <
                   std::tuple(-b.total_ms, b.id, b.user, b.toplevel);
        });
        return workload;
    }

private:
    Query query_of(const Count& count) {
        Query query;
        query.id = count.key.queryid;
        query.user = count.key.user;
        query.user_name = name_of_user(count.key.user);
        query.toplevel = count.key.toplevel != 0;
        query.calls = count.calls;
        query.total_ms = count.ms;
        query.rows = count.rows;
        query.observed = true;
        if (const auto other = others_.find({query.id, query.user}); other != others_.end())
            query.text = *other->second;
        else if (const auto text = texts_.find(count.key); text != texts_.end())
            query.text = text->second;
        const auto found = executions_.find({query.id, query.user, count.key.toplevel});
        if (found != executions_.end()) query.executions = std::move(found->second);
        return query;
    }

    const Counts& counts_;
    pg::workload::Texts texts_;
    std::map<std::tuple<std::int64_t, std::uint32_t, std::uint32_t>, std::vector<advisor::Execution>> executions_;
    std::map<std::pair<std::int64_t, std::uint32_t>, const std::string*> others_;
};

class ObservedSource : public WorkloadSource {
public:
    Workload read() override {
        const Counts counts = pg::workload::counts_here();
        std::optional<Workload> statistics;
        const char* const missing = statistics_missing();
        if (missing == nullptr) statistics = read_statistics();
        std::string why = why_not(counts, statistics);
        if (!why.empty() && statistics) {
            tell(why, counts);
            add_executions(*statistics);
            statistics->not_captured = std::move(why);
            return std::move(*statistics);
        }
        if (counts.counts.empty()) raise_nothing(why, counts, missing);
        return CapturedWorkload(counts, statistics ? &*statistics : nullptr).make();
    }

private:
    // Why what was captured is not the workload; empty: it is.
    static std::string why_not(const Counts& counts, const std::optional<Workload>& statistics) {
        const std::string_view state = pg::workload::capture_state();
        if (state != "on") return std::string(state.substr(state.find(' ') + 1));
        if (counts.first_seen == 0) return "pg_perfkit has captured nothing in this database yet";
        if (counts.counts.empty()) return "pg_perfkit has captured nothing that the caller may see";
        const double hours = hours_since(counts.since);
        if (statistics && hours < enough_hours && statistics->hours > much_longer * hours)
            return "pg_perfkit captures since " + text_of_time(counts.since) + " only";
        return "";
    }

    static void tell(const std::string& why, const Counts& counts) {
        const bool samples = counts.since != 0;
        call([&why, samples] {
            ereport(NOTICE,
                    (errmsg("advising on what pg_stat_statements has: %s", why.c_str()),
                     samples ? 0
                             : errdetail("Missing: constants and parameters, statements run inside others, executions "
                                         "that failed or were cancelled."),
                     samples ? 0 : errhint("Add pg_perfkit to shared_preload_libraries and restart the server.")));
        });
    }

    [[noreturn]] static void raise_nothing(const std::string& why, const Counts& counts, const char* missing) {
        const bool loaded = counts.since != 0;
        call([&why, loaded, missing] {
            ereport(
                ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                 errmsg("there is no workload to advise on: %s", why.c_str()),
                 errdetail("Nor is there one from pg_stat_statements: %s.", missing),
                 errhint("%s, or pass the queries yourself: pk_suggest_indexes(queries => ARRAY[...]).",
                         loaded ? "Let the application run, with capture on"
                                : "Add pg_perfkit to shared_preload_libraries and restart the server, or do so with "
                                  "pg_stat_statements and run CREATE EXTENSION pg_stat_statements")));
        });
        pg_unreachable();
    }
};

}  // namespace

std::unique_ptr<WorkloadSource> observed_source() { return std::make_unique<ObservedSource>(); }

}  // namespace perfkit::pg
