// The SQL side of the samples.

#include <string>
#include <vector>

#include "perfkit/core/workload/sample.hpp"
#include "perfkit/core/workload/statement.hpp"
#include "perfkit/core/workload/tags.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/workload/sampling.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/texts.hpp"

extern "C" {
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
}

using namespace perfkit;
using namespace perfkit::workload;
using pg::Value;
using pg::workload::SharedSamples;

namespace {

using Read = pg::workload::KeptSample;

// Copies of those of this database, so that the lock is not held while rows are made.
std::vector<Read> samples_here() {
    std::vector<Read> result;
    SharedSamples* const shared = SharedSamples::get();
    if (shared == nullptr) return result;
    struct Raw {
        Key key;
        bool slowest;
        std::string bytes;
    };
    std::vector<Raw> raw;
    {
        SharedSamples::Access access(*shared);
        access.store().for_each([&raw](const Key& key, bool slowest, std::string_view bytes) {
            if (key.database == MyDatabaseId) raw.push_back({key, slowest, std::string(bytes)});
        });
    }
    for (const Raw& one : raw)
        if (std::optional<Sample> sample = unpack(one.bytes))
            result.push_back({one.key, one.slowest, std::move(*sample)});
    return result;
}

const char* name_of(ValueState state) {
    switch (state) {
        case ValueState::value:
            return "value";
        case ValueState::null:
            return "null";
        case ValueState::truncated:
            return "truncated";
        case ValueState::redacted:
            return "redacted";
        case ValueState::omitted:
            break;
    }
    return "omitted";
}

// text[] of what the function gives for each number below count: a string, or null.
template <typename Function>
Value texts_of(std::size_t count, Function&& function) {
    return Value::of(pg::call([&] {
        auto* datums = static_cast<Datum*>(palloc(sizeof(Datum) * (count + 1)));
        auto* nulls = static_cast<bool*>(palloc(count + 1));
        for (std::size_t i = 0; i < count; ++i) {
            const char* const one = function(i);
            nulls[i] = one == nullptr;
            datums[i] = one == nullptr ? 0 : CStringGetTextDatum(one);
        }
        int dimensions = static_cast<int>(count), lower = 1;
        return PointerGetDatum(
            count == 0 ? construct_empty_array(TEXTOID)
                       : construct_md_array(datums, nulls, 1, &dimensions, &lower, TEXTOID, -1, false, TYPALIGN_INT));
    }));
}

Value types_of(const Sample& sample) {
    return Value::of(pg::call([&sample] {
        auto* datums = static_cast<Datum*>(palloc(sizeof(Datum) * (sample.parameters.size() + 1)));
        for (std::size_t i = 0; i < sample.parameters.size(); ++i)
            datums[i] = ObjectIdGetDatum(sample.parameters[i].type);
        return PointerGetDatum(construct_array(datums, static_cast<int>(sample.parameters.size()), REGTYPEOID,
                                               sizeof(Oid), true, TYPALIGN_INT));
    }));
}

}  // namespace

namespace perfkit::pg::workload {

Rights rights() {
    return call([] {
        Rights found;
        found.user = GetUserId();
        found.texts = has_privs_of_role(found.user, ROLE_PG_READ_ALL_STATS);
        const Oid role =
            sample_readers == nullptr || *sample_readers == '\0' ? InvalidOid : get_role_oid(sample_readers, true);
        found.all = superuser() || (OidIsValid(role) && has_privs_of_role(found.user, role));
        return found;
    });
}

Texts readable_texts(TextForm form, bool whole) {
    const Rights may = rights();
    Texts texts;
    for (const Read& read : samples_here())
        if (may.text_of(read.key) && !(whole && read.sample.truncated))
            texts.try_emplace(read.key, form(read.sample.text));
    return texts;
}

std::vector<KeptSample> plannable_samples() {
    const Rights may = rights();
    std::vector<KeptSample> found = samples_here();
    std::erase_if(found,
                  [&may](const KeptSample& kept) { return !may.constants_of(kept.key) || !kept.sample.plannable(); });
    return found;
}

}  // namespace perfkit::pg::workload

PERFKIT_FUNCTION(pk_workload_reads_constants) { return BoolGetDatum(pg::workload::rights().all); }

PERFKIT_FUNCTION(pk_workload_samples_read) {
    pg::Rows rows(fcinfo);
    const pg::workload::Rights may = pg::workload::rights();
    for (const Read& read : samples_here()) {
        if (!may.text_of(read.key)) continue;
        const Sample& s = read.sample;
        const bool constants = may.constants_of(read.key);
        const auto parameter = [&s, constants](std::size_t i) {
            const bool there = constants && (s.parameters[i].state == ValueState::value ||
                                             s.parameters[i].state == ValueState::truncated);
            return there ? s.parameters[i].value.c_str() : nullptr;
        };
        const auto state = [&s, constants](std::size_t i) {
            return constants ? name_of(s.parameters[i].state) : "hidden";
        };
        const std::string query = constants ? s.text : without_constants(s.text);
        rows.add({Value::of(ObjectIdGetDatum(read.key.user)), read.key.toplevel != 0, read.key.queryid,
                  read.slowest ? "slowest" : "reservoir", Value::time(s.when),
                  s.nanoseconds == 0 ? Value(std::nullopt) : Value(static_cast<double>(s.nanoseconds) / 1e6), query,
                  types_of(s), texts_of(s.parameters.size(), parameter), texts_of(s.parameters.size(), state),
                  s.search_path, texts_of(s.settings.size(), [&s](std::size_t i) { return s.settings[i].c_str(); }),
                  s.application, s.truncated, s.redacted, constants && s.plannable(),
                  constants && !s.tags.empty() ? Value::jsonb(json_of(s.tags)) : Value(std::nullopt)});
    }
    PG_RETURN_NULL();
}
