// The SQL functions that carry advice out: what may be, by whom, and from where.

#include "perfkit/pg/apply/advice.hpp"
#include "perfkit/pg/apply/queue.hpp"
#include "perfkit/pg/apply/records.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/query.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/uuid.h"
}

using namespace perfkit;
using namespace perfkit::pg;

namespace {

// Of the session's settings those that say how an index is built.
constexpr const char* build_settings[] = {"maintenance_work_mem", "max_parallel_maintenance_workers",
                                          "default_tablespace", "lock_timeout"};

void check_place() {
    if (RecoveryInProgress())
        ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION), errmsg("advice cannot be carried out on a standby"),
                        errhint("Call pk_apply() on the primary.")));
    PreventCommandIfReadOnly("pk_apply()");
    if (InLocalUserIdChange() || InSecurityRestrictedOperation())
        ereport(ERROR,
                (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                 errmsg("advice cannot be carried out from within a SECURITY DEFINER function or maintenance "
                        "command"),
                 errdetail("It runs later, with the rights of the session, which are not those of this moment.")));
    if (!IsUnderPostmaster)
        ereport(ERROR,
                (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("advice cannot be carried out in single-user mode")));
}

// The worker has to log in as the session has.
void check_login() {
    HeapTuple const tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(GetSessionUserId()));
    const bool may = HeapTupleIsValid(tuple) && reinterpret_cast<Form_pg_authid>(GETSTRUCT(tuple))->rolcanlogin;
    if (HeapTupleIsValid(tuple)) ReleaseSysCache(tuple);
    if (!may)
        ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
                        errmsg("role \"%s\" is not permitted to log in, so that no worker can act for it",
                               GetUserNameFromId(GetSessionUserId(), true))));
}

[[noreturn]] void changed(const Piece& piece) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                    errmsg("what the advice %s is about is not there any more", piece.advice_id.c_str()),
                    errhint("SELECT * FROM pk_suggest_indexes() gives the advice of now.")));
    pg_unreachable();
}

// By name in its schema, without a look at permissions.
Oid relation_of(const std::string& schema, const std::string& name) {
    Oid const space = get_namespace_oid(schema.c_str(), true);
    return OidIsValid(space) ? get_relname_relid(name.c_str(), space) : InvalidOid;
}

// The statement will check this again, as it runs; said now, it reaches who asked.
void check_rights(const Piece& piece) {
    Oid const user = GetUserId();
    if (relation_of(piece.schema, piece.table) != piece.table_id) changed(piece);
    Oid const space = get_rel_namespace(piece.table_id);
    if (!piece.creates()) {
        if (relation_of(piece.schema, piece.index) != piece.index_id) changed(piece);
        if (!owns_relation(piece.index_id, user) && !owns_schema(space, user))
            aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_INDEX, piece.index.c_str());
        return;
    }
    if (!owns_relation(piece.table_id, user)) aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, piece.table.c_str());
    if (!may_create_in(space, user)) aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_SCHEMA, piece.schema.c_str());
}

}  // namespace

namespace perfkit::pg {

Piece advice_of(const std::string& advice_id) {
    if (auto piece = recall(advice_id)) return std::move(*piece);
    // As the caller would ask, whose rights on the function are looked at.
    run_query("SELECT count(*) FROM " + schema_of_extension("pg_perfkit") + ".pk_suggest_indexes()");
    if (auto piece = recall(advice_id)) return std::move(*piece);
    call([&] {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no advice \"%.100s\"", advice_id.c_str()),
                 errdetail("Neither has pk_suggest_indexes() given it in this session, nor does it now."),
                 errhint("Advice with arguments of its own is to be applied in the session that asked for it.")));
    });
    pg_unreachable();
}

}  // namespace perfkit::pg

PERFKIT_FUNCTION(pk_apply) {
    const std::string advice_id = call([&] { return text_to_cstring(PG_GETARG_TEXT_PP(0)); });
    call([] {
        check_place();
        check_login();
    });
    const Piece piece = advice_of(advice_id);
    call([&] { check_rights(piece); });
    const Records records;
    if (records.raised(Sign::advice, advice_id)) {
        call([&] {
            ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
                            errmsg("the advice %s is being carried out already", advice_id.c_str()),
                            errhint("SELECT * FROM pk_applied tells how far it is.")));
        });
    }
    Job job;
    job.piece = piece;
    if (GetUserId() != GetSessionUserId()) job.role = call([] { return GetUserNameFromId(GetUserId(), false); });
    for (const char* const name : build_settings)
        job.settings.emplace_back(name, call([&] { return GetConfigOption(name, false, false); }));
    job.record = records.add(piece);
    enqueue(job);
    PG_RETURN_DATUM(call([&] { return DirectFunctionCall1(uuid_in, CStringGetDatum(job.record.c_str())); }));
}

PERFKIT_FUNCTION(pk_applied_state) {
    const auto state =
        Records().state(call([&] { return DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(0))); }));
    if (!state) PG_RETURN_NULL();
    PG_RETURN_DATUM(call([&] { return CStringGetTextDatum(state->c_str()); }));
}
