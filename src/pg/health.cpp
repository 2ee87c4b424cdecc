// What the health checks need from C: sequences without waiting and without privileges on each, and the
// settings.

#include "perfkit/pg/health.hpp"

#include <cstddef>
#include <cstring>

#include "perfkit/core/health.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/storage.hpp"
#include "perfkit/pg/subtransaction.hpp"

extern "C" {
#include "catalog/pg_authid_d.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
}

using namespace perfkit;

namespace {

char* thresholds = nullptr;
char* muted = nullptr;

// Runs a parser on a new value; an error becomes the setting's.
template <typename Parse>
bool parses(const char* text, Parse parse) {
    std::array<char, 256> detail{};
    try {
        parse(text);
        return true;
    } catch (const std::exception& error) {
        std::snprintf(detail.data(), detail.size(), "%s", error.what());
    }
    GUC_check_errdetail("%s.", detail.data());
    return false;
}

bool check_thresholds(char** value, void**, GucSource) { return parses(*value, health::parse_thresholds); }
bool check_names(char** value, void**, GucSource) { return parses(*value, health::parse_names); }

// Reads the only tuple of a sequence, if there is one.
std::optional<FormData_pg_sequence_data> read_sequence(const pg::Storage& sequence) {
    pg::PageReader pages(sequence);
    const char* const page = pages.read(0);
    pages.close();
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    if (page == nullptr || header->pd_lower < SizeOfPageHeaderData + sizeof(ItemIdData) || header->pd_lower > BLCKSZ)
        return std::nullopt;
    const ItemIdData& pointer = header->pd_linp[0];
    const unsigned offset = ItemIdGetOffset(&pointer);
    const unsigned length = ItemIdGetLength(&pointer);
    constexpr unsigned start = MAXALIGN(SizeofHeapTupleHeader);
    constexpr unsigned bytes = offsetof(FormData_pg_sequence_data, is_called) + sizeof(bool);
    if (!ItemIdIsNormal(&pointer) || offset + length > BLCKSZ || offset != MAXALIGN(offset) || length < start + bytes)
        return std::nullopt;
    const auto* const tuple = reinterpret_cast<const HeapTupleHeaderData*>(page + offset);
    if (tuple->t_hoff != start) return std::nullopt;
    FormData_pg_sequence_data data{};
    std::memcpy(&data, page + offset + start, bytes);
    return data;
}

bool may_read_sequence(Oid oid) {
    return pg::call([oid] {
        return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) ||
               pg_class_aclcheck(oid, GetUserId(), ACL_SELECT | ACL_USAGE) == ACLCHECK_OK;
    });
}

}  // namespace

void pg::init_health() {
    DefineCustomStringVariable("pg_perfkit.health_thresholds",
                               "Values from which health checks warn and are critical, instead of their own.",
                               "A list such as \"connections=70/90, cache_hit=95\".", &thresholds, "", PGC_USERSET, 0,
                               check_thresholds, nullptr, nullptr);
    DefineCustomStringVariable("pg_perfkit.health_mute", "Health checks that are skipped.",
                               "A list of names, separated by commas.", &muted, "", PGC_USERSET, 0, check_names,
                               nullptr, nullptr);
}

PERFKIT_FUNCTION(pk_health_settings) {
    pg::Rows rows(fcinfo);
    for (const health::Threshold& threshold : health::parse_thresholds(thresholds))
        rows.add({threshold.check, threshold.warn, threshold.critical, false});
    for (const std::string& name : health::parse_names(muted)) rows.add({name, std::nullopt, std::nullopt, true});
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_sequence_last_value) {
    const Oid oid = PG_GETARG_OID(0);
    std::optional<FormData_pg_sequence_data> data;
    pg::Storage sequence;
    if (!pg::find_storage(oid, sequence)) PG_RETURN_NULL();
    if (sequence.kind != RELKIND_SEQUENCE) throw std::invalid_argument("\"" + sequence.name + "\" is not a sequence");
    if (!may_read_sequence(oid)) PG_RETURN_NULL();
    const auto trouble = pg::in_subtransaction([&] {
        if (!sequence.other_temporary() && pg::try_lock(oid)) {
            if (pg::find_storage(oid, sequence) && pg::blocks_of(sequence) > 0) data = read_sequence(sequence);
            pg::unlock(oid);
        }
    });
    if (trouble || !data || !data->is_called) PG_RETURN_NULL();
    PG_RETURN_INT64(data->last_value);
}
