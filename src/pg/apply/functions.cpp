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
                                          "default_tablespace", "lock_timeout", "search_path"};

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

namespace {

// The advice, where the caller may carry it out and nobody does.
Piece wanted(Datum advice_id) {
    call([] {
        check_place();
        check_login();
    });
    Piece piece = advice_of(call([advice_id] { return TextDatumGetCString(advice_id); }));
    call([&] { check_rights(piece); });
    return piece;
}

[[noreturn]] void in_progress(const Piece& piece) {
    call([&] {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
                        errmsg("the advice %s is being carried out already", piece.advice_id.c_str()),
                        errhint("SELECT * FROM pk_applied tells how far it is.")));
    });
    pg_unreachable();
}

[[noreturn]] void other_change(const Piece& piece) {
    call([&] {
        ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
                        errmsg("another change of the table %s is under way", piece.qualified_table().c_str()),
                        errhint("Try again when it is done. SELECT * FROM pk_applied tells how far it is.")));
    });
    pg_unreachable();
}

Datum uuid_of(const std::string& id) {
    return call([&] { return DirectFunctionCall1(uuid_in, CStringGetDatum(id.c_str())); });
}

std::string text_of_uuid(Datum id) {
    return call([id] { return DatumGetCString(DirectFunctionCall1(uuid_out, id)); });
}

}  // namespace

PERFKIT_FUNCTION(pk_apply) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    Job job;
    job.piece = wanted(PG_GETARG_DATUM(0));
    const Records records;
    if (records.raised(Sign::advice, job.piece.advice_id)) in_progress(job.piece);
    if (GetUserId() != GetSessionUserId()) job.role = call([] { return GetUserNameFromId(GetUserId(), false); });
    for (const char* const name : build_settings)
        job.settings.emplace_back(name, call([&] { return GetConfigOption(name, false, false); }));
    job.record = records.add(job.piece);
    enqueue(job);
    PG_RETURN_DATUM(uuid_of(job.record));
}

PERFKIT_FUNCTION(pk_applied_begin) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    const Piece piece = wanted(PG_GETARG_DATUM(0));
    const Records records;
    const std::string table = piece.qualified_table();
    if (records.raised(Sign::advice, piece.advice_id)) in_progress(piece);
    if (records.raised(Sign::table, table) && !records.raised(Sign::table, table, true)) other_change(piece);
    const std::string id = records.add(piece);
    records.begin(id, piece);
    records.attempted(id);
    // Last, since no rollback lowers them.
    records.raise(Sign::record, id);
    const bool alone = records.raise(Sign::advice, piece.advice_id);
    if (!alone || !records.raise(Sign::table, table)) {
        records.lower(Sign::record, id);
        if (!alone) in_progress(piece);
        records.lower(Sign::advice, piece.advice_id);
        other_change(piece);
    }
    records.left_behind(id, piece);
    PG_RETURN_DATUM(uuid_of(id));
}

PERFKIT_FUNCTION(pk_applied_end) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    call([] { PreventCommandIfReadOnly("pk_applied_end()"); });
    const std::string id = text_of_uuid(PG_GETARG_DATUM(0));
    const Records records;
    if (!records.raised(Sign::record, id, true)) {
        call([] {
            ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("this session has not begun it"),
                            errhint("pk_applied_begin() has to come before.")));
        });
    }
    const std::string error = PG_ARGISNULL(1) ? "" : call([&] { return TextDatumGetCString(PG_GETARG_DATUM(1)); });
    const auto ended = records.end(id, error, !error.empty() && records.abandoned(id));
    // The sign of the record stays up: others see the outcome only once this transaction has committed.
    if (ended) {
        records.lower(Sign::advice, ended->advice_id);
        records.lower(Sign::table, ended->table);
    }
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_applied_state) {
    const auto state = Records().state(text_of_uuid(PG_GETARG_DATUM(0)));
    if (!state) PG_RETURN_NULL();
    PG_RETURN_DATUM(call([&] { return CStringGetTextDatum(state->c_str()); }));
}
