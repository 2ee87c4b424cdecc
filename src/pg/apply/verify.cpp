// pk_verify(): what was captured of the queries before each change, compared with what was captured since.

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "perfkit/core/advisor/verdict.hpp"
#include "perfkit/core/json.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/workload.hpp"
#include "perfkit/pg/workload/counts.hpp"

extern "C" {
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

using namespace perfkit;
using namespace perfkit::pg;
using advisor::Change;
using advisor::Compared;
using advisor::Judgement;
using advisor::Moments;
using advisor::Verdict;

namespace {

// A row for each query of each change, in order of the changes.  The workload is read in any case, so that it is told
// where there is none.  There is nothing to say of a change after which the
// same index was made or dropped once more.
std::string changes_and_queries(const std::string& schema) {
    return "WITH w AS MATERIALIZED (SELECT role, toplevel, queryid, calls, total_ms, stddev_ms, first_seen FROM " +
           schema +
           ".pk_workload WHERE database = current_database() AND queryid IS NOT NULL),"
           " a AS (SELECT a.*, (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN "
           "pg_index i ON i.indexrelid = c.oid JOIN pg_class t ON t.oid = i.indrelid WHERE "
           "n.nspname = schema_name AND c.relname = index_name AND t.relname = table_name) AS index, lead(finished) "
           "OVER ("
           "PARTITION BY schema_name, index_name ORDER BY finished) AS next FROM " +
           schema +
           ".pk_applied a WHERE state = 'done'),"
           // What was known of a query when the change before this one of the same table was done.
           " p AS (SELECT a.id, q ->> 'queryid' AS queryid, q ->> 'role' AS role, q ->> 'toplevel' AS toplevel,"
           " q -> 'at_end' AS at_end FROM a, LATERAL (SELECT b.queries FROM a b WHERE b.schema_name = a.schema_name"
           " AND b.table_name = a.table_name AND b.finished <= a.started ORDER BY b.finished DESC LIMIT 1) b,"
           " jsonb_array_elements(b.queries) q WHERE jsonb_typeof(q -> 'at_end') = 'object') "
           "SELECT a.id, a.advice_id, a.action, a.schema_name, a.table_name, a.index_name, a.finished, a.undo_ddl,"
           " a.forecast_ms_per_hour, a.size_bytes, a.forecast_bytes, a.next IS NULL AND coalesce(i.indisvalid, false) "
           "AS "
           "there, a.next IS NULL AND a.index IS NULL AS absent,"
           " coalesce((SELECT sum(pg_stat_get_numscans(t.relid)) FROM pg_partition_tree(a.index) t),"
           " pg_stat_get_numscans(a.index)), extract(epoch FROM clock_timestamp() - greatest(a.finished, (SELECT since "
           "FROM " +
           schema +
           ".pk_workload_info()))) / 3600,"
           " q ->> 'queryid', q ->> 'role', q ->> 'toplevel', q ->> 'helped', q ->> 'query',"
           " q #>> '{before,calls}', q #>> '{before,total_ms}', q #>> '{before,stddev_ms}',"
           " q #>> '{at_end,calls}', q #>> '{at_end,total_ms}', q #>> '{at_end,stddev_ms}',"
           " w.calls, w.total_ms, w.stddev_ms, w.first_seen > (q #>> '{at_end,first_seen}')::timestamptz,"
           " p.at_end ->> 'calls', p.at_end ->> 'total_ms', p.at_end ->> 'stddev_ms',"
           " (q #>> '{before,first_seen}')::timestamptz > (p.at_end ->> 'first_seen')::timestamptz "
           "FROM a LEFT JOIN pg_index i ON i.indexrelid = a.index"
           " LEFT JOIN LATERAL jsonb_array_elements(a.queries) WITH ORDINALITY e(q, n) ON true"
           " LEFT JOIN w ON w.queryid = (q ->> 'queryid')::bigint AND w.role = q ->> 'role' AND w.toplevel = (q ->> "
           "'toplevel')::boolean LEFT JOIN p ON p.id = a.id AND p.queryid = q ->> 'queryid' AND p.role = q ->> 'role'"
           " AND p.toplevel = q ->> 'toplevel' WHERE (SELECT count(*) FROM w) >= 0 ORDER BY a.finished, a.id, e.n";
}

enum Column {
    id,
    advice_id,
    action,
    schema_name,
    table_name,
    index_name,
    finished,
    undo,
    forecast_ms,
    size,
    forecast_size,
    there,
    absent,
    scans,
    hours,
    queryid,
    role,
    toplevel,
    helped,
    text,
    before_calls,
    before_ms,
    before_deviation,
    end_calls,
    end_ms,
    end_deviation,
    now_calls,
    now_ms,
    now_deviation,
    restarted,
    earlier_calls,
    earlier_ms,
    earlier_deviation,
    restarted_before
};

Moments moments(const TextRow& row, int calls) {
    return Moments::of(number_of(row[calls]), number_of(row[calls + 1]), number_of(row[calls + 2]));
}

// What came before an earlier change of the table was another time, where enough calls came after it.
Moments baseline(const TextRow& row) {
    const Moments all = moments(row, before_calls);
    if (!row[earlier_calls] || row[restarted_before] == "t") return all;
    const Moments since = all.since(moments(row, earlier_calls));
    return since.calls < advisor::least_calls ? all : since;
}

Compared compared(const TextRow& row) {
    const Moments now = moments(row, now_calls);
    const bool anew = row[restarted] == "t" || !row[end_calls];
    return {baseline(row), anew ? now : now.since(moments(row, end_calls))};
}

std::string rounded(double value) {
    char words[32];
    std::snprintf(words, sizeof words,
                  std::abs(value) < 9.995   ? "%.2f"
                  : std::abs(value) < 99.95 ? "%.1f"
                                            : "%.0f",
                  value);
    return words;
}

std::string percent(double share) {
    char words[32];
    std::snprintf(words, sizeof words, "%.0f %%", 100 * share);
    return words;
}

// A change with its queries.
struct Case {
    const TextRow& row;
    std::vector<const TextRow*> queries;
};

struct Told {
    std::string verdict, reason;
    std::optional<std::string> statement;
};

class Trial {
public:
    explicit Trial(const Case& change) : row_(change.row) {
        for (const TextRow* const query : change.queries) {
            if (!(*query)[queryid] || number_of((*query)[before_calls]) <= 0) continue;
            queries_.push_back(query);
            compared_.push_back(compared_of(*query));
        }
        known_ = change.queries.empty() || !change.queries.front()->at(queryid) ? 0 : change.queries.size();
        judgement_ = advisor::judge(creates() ? Change::create : Change::drop, compared_);
    }

    const Judgement& judgement() const { return judgement_; }
    bool creates() const { return row_[action] == "create"; }

    Told tell() const {
        if (creates() && row_[there] != "t")
            return {"gone", "the index is not there any more, or was made again since", {}};
        if (!creates() && row_[absent] != "t") return {"gone", "there is an index of that name again", {}};
        if (compared_.empty() && known_ > 0)
            return {"not captured", "none of its queries had been captured before the change", {}};
        if (compared_.empty() && creates())
            return {"not captured",
                    "the advice was not made from captured queries, so that there is nothing to compare",
                    {}};
        switch (judgement_.verdict) {
            case Verdict::kept:
                return {"kept", compared_.empty() ? "no captured query reads or writes the table" : kept(), {}};
            case Verdict::no_gain:
                return {"no gain", means() + "; nothing was gained" + unused(), row_[undo]};
            case Verdict::worse:
                return {"worse", means() + slower(), row_[undo]};
            case Verdict::too_few:
                break;
        }
        return {"too few calls yet", few(), {}};
    }

    std::string queries() const {
        Json json;
        json.array([&] {
            for (std::size_t i = 0; i < queries_.size(); ++i) {
                const TextRow& query = *queries_[i];
                const Compared& both = compared_[i];
                json.object([&] {
                    json.key("queryid").value(integer_of(query[queryid]));
                    json.key("role").value(query[role].value_or(""));
                    json.key("toplevel").value(query[toplevel] == "true");
                    json.key("helped").value(query[helped] == "true");
                    json.key("query").value(query[text].value_or(""));
                    json.key("calls_before").value(both.before.calls);
                    json.key("mean_before_ms").value(both.before.mean());
                    json.key("calls_after").value(both.after.calls);
                    if (both.after.calls > 0) json.key("mean_after_ms").value(both.after.mean());
                    for (const std::size_t place : judgement_.slower)
                        if (place == i) json.key("slower").value(true);
                });
            }
        });
        return json.text();
    }

private:
    static Compared compared_of(const TextRow& query) { return compared(query); }

    std::string means() const {
        return "a call takes " + rounded(*judgement_.mean_after) + " ms, before " + rounded(*judgement_.mean_before) +
               " ms";
    }

    std::string kept() const {
        const double gain = 1 - *judgement_.mean_after / *judgement_.mean_before;
        if (!creates() && gain < 0.05) return means() + "; nobody misses it" + slower();
        return means() + ", " + percent(gain) + " less" + slower();
    }

    std::string slower() const {
        if (judgement_.slower.empty()) return "";
        const std::size_t first = judgement_.slower.front();
        const Compared& both = compared_[first];
        std::string words = "; slower is query " + (*queries_[first])[queryid].value_or("") + ", " +
                            rounded(both.before.mean()) + " to " + rounded(both.after.mean()) + " ms";
        if (judgement_.slower.size() > 1) words += ", and " + std::to_string(judgement_.slower.size() - 1) + " more";
        return words;
    }

    std::string unused() const {
        return creates() && number_of(row_[scans]) == 0 ? ", and no query has used the index" : "";
    }

    std::string few() const {
        std::string words;
        if (judgement_.mean_after) words = means() + "; ";
        words += judgement_.calls_after < advisor::least_calls
                     ? rounded_count(judgement_.calls_after) + " calls since the change"
                     : std::string("the calls differ too much from each other to tell");
        if (judgement_.calls_needed)
            words += ", " + rounded_count(*judgement_.calls_needed) + " more are needed, about";
        else
            words += judgement_.calls_before < advisor::least_calls
                         ? ", and there were only " + rounded_count(judgement_.calls_before) + " before it"
                         : std::string(", and so did those before it");
        return words;
    }

    static std::string rounded_count(double count) { return std::to_string(static_cast<std::int64_t>(count)); }

    const TextRow& row_;
    std::size_t known_ = 0;
    std::vector<const TextRow*> queries_;
    std::vector<Compared> compared_;
    Judgement judgement_;
};

Value whole(const std::optional<double>& number) {
    return number ? Value(static_cast<std::int64_t>(*number)) : Value(std::nullopt);
}

Value whole(const std::optional<std::string>& number) {
    return number ? Value(integer_of(number)) : Value(std::nullopt);
}

Value real(const std::optional<std::string>& number) { return number ? Value(number_of(number)) : Value(std::nullopt); }

void add_row(Rows& rows, const Case& change) {
    const TextRow& row = change.row;
    const Trial trial(change);
    const Told told = trial.tell();
    const Judgement& judgement = trial.judgement();
    const bool there_is = told.verdict != "gone" && judgement.change;
    std::optional<double> low, high, difference, before, after, saved;
    if (there_is) {
        before = judgement.mean_before;
        after = judgement.mean_after;
        difference = judgement.change->value;
        low = judgement.change->low;
        high = judgement.change->high;
        if (number_of(row[hours]) > 0) saved = -*difference * judgement.calls_after / number_of(row[hours]);
    }
    const auto parsed = call([&] {
        struct {
            Datum id, finished;
        } found;
        found.id = DirectFunctionCall1(uuid_in, CStringGetDatum(row[id]->c_str()));
        found.finished = DirectFunctionCall3(timestamptz_in, CStringGetDatum(row[finished]->c_str()),
                                             ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
        return found;
    });
    rows.add({Value::of(parsed.id),
              row[advice_id],
              row[action],
              row[schema_name],
              row[table_name],
              row[index_name],
              Value::of(parsed.finished),
              told.verdict,
              told.reason,
              told.statement,
              static_cast<std::int64_t>(judgement.calls_before),
              static_cast<std::int64_t>(judgement.calls_after),
              told.verdict == "too few calls yet" ? whole(judgement.calls_needed) : Value(std::nullopt),
              before,
              after,
              difference,
              low,
              high,
              saved,
              real(row[forecast_ms]),
              whole(row[size]),
              whole(row[forecast_size]),
              trial.creates() && row[there] == "t" ? whole(row[scans]) : Value(std::nullopt),
              Value::jsonb(trial.queries())});
}

// Without the library pk_workload says so.
void tell_if_off() {
    const std::string_view state = pg::workload::capture_state();
    if (state == "on" || pg::workload::counts_here().since == 0) return;
    call([state] {
        ereport(NOTICE, (errmsg("this session's statements are not captured: %s", state.data() + state.find(' ') + 1),
                         errhint("What runs where capture is off cannot be compared.")));
    });
}

}  // namespace

PERFKIT_FUNCTION(pk_verify) {
    Rows rows(fcinfo);
    tell_if_off();
    const CaptureOff off;
    const auto found = run_query(changes_and_queries(schema_of_extension("pg_perfkit")));
    std::vector<Case> cases;
    for (const TextRow& row : found) {
        if (cases.empty() || cases.back().row[id] != row[id]) cases.push_back({row, {}});
        cases.back().queries.push_back(&row);
    }
    for (const Case& change : cases) add_row(rows, change);
    PG_RETURN_NULL();
}
