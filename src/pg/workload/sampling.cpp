// Which executions are sampled, and what a sample holds.
//
// Runs inside of the hooks.  What decides is memory of the session alone; taking a sample, some dozen times a second
// at most, reads what the server has at hand, looks nothing up in catalogs and takes no lock but the samples' own, if
// that is free.  So the errors that can occur are those of memory, and they may be swallowed: nothing was acquired.

#include "perfkit/pg/workload/sampling.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "perfkit/core/workload/recent.hpp"
#include "perfkit/core/workload/sample.hpp"
#include "perfkit/core/workload/statement.hpp"
#include "perfkit/pg/text.hpp"
#include "perfkit/pg/workload/hot.hpp"
#include "perfkit/pg/workload/names.hpp"
#include "perfkit/pg/workload/quietly.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/shared.hpp"
#include "perfkit/pg/workload/values.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/namespace.h"
#include "common/pg_prng.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::Key;
using perfkit::workload::Sample;
using perfkit::workload::SampleParameter;
using perfkit::workload::SampleStore;
using perfkit::workload::ValueState;

namespace {

constexpr std::size_t value_limit = 1024;
constexpr std::size_t most_parameters = 256;
constexpr std::uint32_t longest_interval = 1023;

// What this session knows of a statement.
struct Seen {
    std::uint32_t wait = 0;      // executions until the next sample
    std::uint32_t interval = 0;  // grows with each sample
    std::uint64_t slowest = 0;
};
using SeenTable = perfkit::workload::Recent<Key, Seen, 128>;
SeenTable seen;

Budget budget;

// The statement that came last, which more often than not comes again.  Its wait counts here, and is put back into
// its place when another one comes; the difference is the uses that its place has not seen.
struct Last {
    Key key;
    std::uint32_t wait = 0;        // at most that of the place
    std::uint32_t generation = 0;  // of Shared, when it was looked up
    SeenTable::Place* place = nullptr;
};
PERFKIT_HOT Last last;

// Makes it the last one.
Seen& seen_of(const Key& key) noexcept {
    if (last.place != nullptr) {
        SeenTable::use(*last.place, last.place->value.wait - last.wait);
        last.place->value.wait = last.wait;
    }
    Shared::join();
    if (const std::uint32_t now = Shared::generation(); now != last.generation) {
        last.generation = now;
        seen.clear();
    }
    const std::uint64_t hash = hash_of(key);
    last.place = seen.find(key, hash);
    if (last.place == nullptr) {
        last.place = &seen.make_place(hash);
        last.place->key = key;
        last.place->value = {};
    }
    last.key = key;
    last.wait = last.place->value.wait;
    return last.place->value;
}

// The settings that bear on plans and are not the default: those of EXPLAIN (SETTINGS), and these.
std::vector<std::string> planner_settings(bool& truncated) {
    struct {
        config_generic** settings;
        int count;
    } changed{};
    call([&changed] { changed.settings = get_explain_guc_options(&changed.count); });
    std::vector<std::string> result;
    for (int i = 0; i < changed.count; ++i) {
        const char* const name = changed.settings[i]->name;
        if (std::strcmp(name, "search_path") == 0) continue;
        const char* const value = call([name] { return GetConfigOptionByName(name, nullptr, true); });
        if (value == nullptr) continue;
        const std::string setting = std::string(name) + "=" + value;
        truncated |= setting.size() > value_limit;
        result.push_back(clipped(setting, value_limit));
    }
    for (const auto& setting : constant_settings) {
        const char* const value = call([&setting] { return GetConfigOptionByName(setting[0], nullptr, true); });
        if (value != nullptr && std::strcmp(value, setting[1]) != 0)
            result.push_back(std::string(setting[0]) + "=" + value);
    }
    return result;
}

SampleParameter fetched(ParamListInfo list, int number) {
    if (number < 1 || number > list->numParams) return {};
    ParamExternData workspace;
    const ParamExternData* const value = call([=, &workspace] {
        return list->paramFetch != nullptr ? list->paramFetch(list, number, true, &workspace)
                                           : &list->params[number - 1];
    });
    if (value == nullptr || !OidIsValid(value->ptype)) return {};
    return parameter_of(value->ptype, value->value, value->isnull, value_limit);
}

void add_parameters(Sample& sample, ParamListInfo list, const std::vector<int>& numbers) {
    const PortableOutput portable;
    for (const int number : numbers) {
        if (sample.parameters.size() == most_parameters) {
            sample.truncated = true;
            break;
        }
        sample.parameters.push_back(fetched(list, number));
    }
}

void redact(Sample& sample, bool secret) {
    // What is a constant there cannot be told by whoever reads the text later.
    if (!standard_conforming_strings && sample.text.find('\\') != std::string::npos) {
        sample.text.clear();
        sample.redacted = true;
        return;
    }
    if (secret || !sample_parameters) {
        std::string bare = perfkit::workload::without_constants(sample.text);
        sample.redacted = bare != sample.text;
        sample.text = std::move(bare);
    }
    for (SampleParameter& parameter : sample.parameters) {
        if (parameter.value.empty()) continue;
        if (sample_parameters && !secret && !perfkit::workload::speaks_of_secrets(parameter.value)) continue;
        parameter.value.clear();
        parameter.state = sample_parameters ? ValueState::redacted : ValueState::omitted;
    }
}

// But for those that may hold a secret.
perfkit::workload::Tags tags_of(std::string_view source) {
    perfkit::workload::Tags tags = perfkit::workload::tags_in(source, GetDatabaseEncoding() == PG_UTF8);
    std::erase_if(tags, [](const auto& tag) {
        return perfkit::workload::speaks_of_secrets(tag.first) || perfkit::workload::speaks_of_secrets(tag.second);
    });
    return tags;
}

// Without a text where there is nothing to plan.
Sample gather(const Key& key, const QueryDesc* query) {
    Sample sample;
    const PlannedStmt* const plan = query->plannedstmt;
    const Source source =
        source_of(query->sourceText, plan->stmt_location, plan->stmt_len, static_cast<std::size_t>(sample_length));
    const ParamListInfo list = query->params;
    std::vector<int> numbers;
    bool secret = false;
    if (list != nullptr && key.toplevel == 0) {
        const std::optional<Names> names = names_of(key.queryid, source);
        if (!names) return sample;
        sample.text = names->text;
        numbers.assign(names->numbers.begin(), names->numbers.end());
        secret = names->secret;
    } else {
        sample.text = perfkit::workload::query_in(clipped(source.text, static_cast<std::size_t>(sample_length)));
        sample.truncated = source.truncated;
        secret = perfkit::workload::speaks_of_secrets(source.text);
        if (list != nullptr) {
            numbers.resize(static_cast<std::size_t>(std::max(list->numParams, 0)));
            std::iota(numbers.begin(), numbers.end(), 1);
        }
    }
    if (sample.text.empty()) return sample;
    if (list != nullptr) add_parameters(sample, list, numbers);
    redact(sample, secret);
    // Planned with half of a path, it would be another statement.
    sample.truncated |= std::strlen(namespace_search_path) > value_limit;
    sample.search_path = clipped(namespace_search_path, value_limit);
    if (application_name != nullptr) sample.application = application_name;
    if (sample_parameters) sample.tags = tags_of(source.text);
    sample.settings = planner_settings(sample.truncated);
    return sample;
}

// nanoseconds: 0 as it begins; executions: since the last one.
bool take(const Key& key, const QueryDesc* query, std::uint64_t nanoseconds, std::uint64_t executions) noexcept {
    bool done = false;
    quietly([&] {
        Sample sample = gather(key, query);
        done = true;
        if (sample.text.empty()) return;
        sample.when = GetCurrentStatementStartTimestamp();
        sample.nanoseconds = nanoseconds;
        SharedSamples& shared = *SharedSamples::get();
        const std::string packed = pack(sample);
        done = shared.try_with([&](SampleStore& store) {
            if (nanoseconds > 0)
                store.offer_slowest(key, packed, nanoseconds);
            else
                store.offer(key, packed, executions, pg_prng_uint64(&pg_global_prng_state));
        });
    });
    return done;
}

// Another statement than the last, one of which a sample is due, or after a reset.
[[gnu::cold, gnu::noinline]] void look_up(const Key& key, const QueryDesc* query) noexcept {
    Seen& place = seen_of(key);
    if (place.wait > 0) {
        last.wait = --place.wait;
        return;
    }
    // Half of them are for statements that come for the first time: a busy one would leave nothing to those after it.
    const int kept = place.interval == 0 ? 0 : sample_rate / 2;
    if (!budget.spend(sample_rate, kept) || !take(key, query, 0, place.interval + 1u)) return;
    place.interval = std::min(2 * place.interval + 1, longest_interval);
    last.wait = place.wait =
        place.interval / 2 + static_cast<std::uint32_t>(pg_prng_uint64(&pg_global_prng_state) % (place.interval + 1));
}

// The report of the error at hand, so that another one does not take its place; null where memory is short.
ErrorData* put_aside(MemoryContext context) {
    constexpr Size ample = 64 * 1024;
    void* const room = MemoryContextAllocExtended(context, ample, MCXT_ALLOC_NO_OOM);
    if (room == nullptr) return nullptr;
    pfree(room);
    MemoryContextSwitchTo(context);
    ErrorData* const report = CopyErrorData();
    FlushErrorState();
    return report;
}

}  // namespace

[[gnu::hot]] void sample_start(const Key& key, const QueryDesc* query) noexcept {
    if (!samples) return;
    if (last.wait > 0 && last.key == key && last.generation == Shared::generation()) [[likely]]
        --last.wait;
    else
        look_up(key, query);
}

void sample_slow(const Key& key, const QueryDesc* query, std::uint64_t nanoseconds) noexcept {
    if (!samples) return;
    // Inside functions, PL/pgSQL's variables may have changed meanwhile, and arguments may be freed.
    if (query->params != nullptr && (key.toplevel == 0 || query->params->paramFetch != nullptr)) return;
    Seen& place = seen_of(key);
    if (nanoseconds <= place.slowest + place.slowest / 8 || !budget.spend(sample_rate, sample_rate / 2)) return;
    if (take(key, query, nanoseconds, 0)) place.slowest = nanoseconds;
}

void sample_cancelled(const Key& key, const QueryDesc* query, std::uint64_t nanoseconds) {
    if (query->estate == nullptr || !samples || !budget.spend(sample_rate)) return;
    ErrorData* const report = put_aside(query->estate->es_query_cxt);
    if (report == nullptr) return;
    take(key, query, std::max<std::uint64_t>(nanoseconds, 1), 0);
    ReThrowError(report);
}

}  // namespace perfkit::pg::workload
