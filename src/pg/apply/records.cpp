#include "perfkit/pg/apply/records.hpp"

#include "perfkit/pg/query.hpp"
#include "perfkit/pg/workload.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
}

namespace perfkit::pg {

namespace {

std::string number(const std::optional<double>& value) { return value ? std::to_string(*value) : "NULL"; }

std::string number(std::int64_t value) { return std::to_string(value); }

std::uint32_t hash_of(const std::string& text) {
    return hash_bytes(reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
}

// The invalid index of a record r.
constexpr const char* invalid_index =
    "SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND n.nspname = r.schema_name "
    "AND c.relname = r.index_name AND t.relname = r.table_name";

// Of the class of user locks, which no abort releases, but not of a kind that a user can name.
LOCKTAG tag_of(const OwnTable& table, Sign sign, const std::string& of) {
    LOCKTAG tag;
    SET_LOCKTAG_OBJECT(tag, MyDatabaseId, table.id, hash_of(of), static_cast<std::uint16_t>(sign));
    tag.locktag_lockmethodid = USER_LOCKMETHOD;
    return tag;
}

}  // namespace

bool Records::raise(Sign sign, const std::string& of) const {
    const LOCKTAG tag = tag_of(table_, sign, of);
    return call([&] { return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL; });
}

void Records::lower(Sign sign, const std::string& of) const {
    const LOCKTAG tag = tag_of(table_, sign, of);
    call([&] { LockRelease(&tag, ExclusiveLock, true); });
}

bool Records::raised(Sign sign, const std::string& of, bool by_this_one) const {
    return !run_query("SELECT FROM pg_locks WHERE locktype = 'object' AND database = " + std::to_string(MyDatabaseId) +
                      " AND classid = " + std::to_string(table_.id) + " AND objid = " + std::to_string(hash_of(of)) +
                      " AND objsubid = " + std::to_string(static_cast<int>(sign)) +
                      (by_this_one ? " AND pid = pg_backend_pid()" : ""))
                .empty();
}

std::string Records::add(const Piece& piece) const {
    const std::string user = call([] { return GetUserNameFromId(GetUserId(), false); });
    const AsOwner owner(table_);
    return *run_change(
                "INSERT INTO " + table_.name +
                " (advice_id, action, schema_name, table_name, index_name, definition, ddl, undo_ddl, requested_by,"
                " forecast_bytes, forecast_ms_per_hour, queries) VALUES (" +
                quoted_literal(piece.advice_id) + ", " + quoted_literal(piece.action) + ", " +
                quoted_literal(piece.schema) + ", " + quoted_literal(piece.table) + ", " + quoted_literal(piece.index) +
                ", " + quoted_literal(piece.definition) + ", " + quoted_literal(piece.ddl) + ", nullif(" +
                quoted_literal(piece.undo) + ", ''), " + quoted_literal(user) + ", " + number(piece.bytes) + ", " +
                number(piece.saved_ms_per_hour) + ", " + quoted_literal(piece.queries) + ") RETURNING id")
                .front()[0];
}

std::optional<std::string> Records::state(const std::string& id) const {
    // The sign goes up before the state becomes running, and down only after the outcome can be seen: so it is looked
    // for between two looks at the state.
    const auto before = state_or_lost(id, false);
    if (before != "lost") return before;
    const bool alive = raised(Sign::record, id);
    return state_or_lost(id, alive);
}

std::optional<std::string> Records::state_or_lost(const std::string& id, bool alive) const {
    const std::string user = quoted_literal(call([] { return GetUserNameFromId(GetUserId(), false); }));
    const AsOwner owner(table_);
    // As a change it is run with a new snapshot.
    const auto rows = run_change("SELECT state, clock_timestamp() - requested < interval '1 minute' FROM " +
                                 table_.name + " WHERE id = " + quoted_literal(id) + " AND (requested_by = " + user +
                                 " OR pg_has_role(" + user + ", 'pg_read_all_stats', 'USAGE'))");
    if (rows.empty()) return std::nullopt;
    const std::string state = rows.front()[0].value_or("");
    const bool under_way = state == "running" || (state == "queued" && rows.front()[1] == "f");
    // Signs are not seen from a standby, nor outcomes in a transaction that keeps its snapshot.
    if (!under_way || alive || RecoveryInProgress() || IsolationUsesXactSnapshot()) return state;
    return "lost";
}

bool Records::is_queued(const std::string& id) const {
    const AsOwner owner(table_);
    return !run_query("SELECT FROM " + table_.name + " WHERE state = 'queued' AND id = " + quoted_literal(id)).empty();
}

// The queries with what is known of them now, under this name.
std::string Records::captured(const std::string& queries, const char* when) const {
    const CaptureOff off;
    const std::string schema = schema_of_extension("pg_perfkit");
    return *run_query(
                "WITH w AS MATERIALIZED (SELECT role, toplevel, queryid, calls, total_ms, stddev_ms, first_seen FROM " +
                schema +
                ".pk_workload WHERE database = current_database() AND queryid IS NOT NULL) "
                "SELECT coalesce(jsonb_agg(q || jsonb_build_object('" +
                when +
                "', (SELECT to_jsonb(w) - '{role,toplevel,queryid}'::text[] FROM w WHERE w.queryid = (q ->> "
                "'queryid')::bigint AND w.role = q ->> 'role' AND w.toplevel = (q ->> 'toplevel')::boolean LIMIT 1))"
                " ORDER BY n), '[]') FROM jsonb_array_elements(" +
                quoted_literal(queries) + ") WITH ORDINALITY e(q, n)")
                .front()[0];
}

bool Records::begin(const std::string& id, const Piece& piece) const {
    const std::string queries = captured(piece.queries, "before");
    const AsOwner owner(table_);
    return !run_change("UPDATE " + table_.name + " SET state = 'running', started = clock_timestamp(), queries = " +
                       quoted_literal(queries) + " WHERE id = " + quoted_literal(id) + " RETURNING id")
                .empty();
}

void Records::attempted(const std::string& id) const {
    const AsOwner owner(table_);
    run_change("UPDATE " + table_.name + " SET attempts = attempts + 1 WHERE id = " + quoted_literal(id));
}

std::vector<std::string> Records::left_behind(const std::string& id, const Piece& piece) const {
    const AsOwner owner(table_);
    run_change("UPDATE " + table_.name +
               " SET state = 'failed', error = 'the process that carried it out was lost', left_invalid = true"
               " WHERE state = 'running' AND advice_id = " +
               quoted_literal(piece.advice_id) + " AND id <> " + quoted_literal(id));
    std::vector<std::string> names;
    // As a change it is run with a new snapshot.
    for (const TextRow& row : run_change("SELECT DISTINCT index_name FROM " + table_.name +
                                         " WHERE left_invalid AND schema_name = " + quoted_literal(piece.schema) +
                                         " AND table_name = " + quoted_literal(piece.table)))
        names.push_back(row[0].value_or(""));
    return names;
}

std::string Records::nobody_builds() {
    return "NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'relation' AND l.relation = i.indrelid AND l.granted"
           " AND l.pid <> pg_backend_pid() AND l.database = " +
           std::to_string(MyDatabaseId) +
           " AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',"
           " 'AccessExclusiveLock'))";
}

bool Records::abandoned(const std::string& id) const {
    const AsOwner owner(table_);
    return !run_query("SELECT FROM " + table_.name + " r WHERE r.id = " + quoted_literal(id) + " AND EXISTS (" +
                      invalid_index + " AND " + nobody_builds() + ")")
                .empty();
}

std::optional<Records::Ended> Records::end(const std::string& id, const std::string& error, bool left) const {
    const std::string only = " WHERE id = " + quoted_literal(id);
    std::string queries;
    {
        const AsOwner owner(table_);
        const auto before = run_query("SELECT queries FROM " + table_.name + only);
        if (before.empty()) return std::nullopt;
        queries = before.front()[0].value_or("[]");
    }
    queries = captured(queries, "at_end");
    const AsOwner owner(table_);
    // Whoever may not look into a schema has no name for what is in it, but its size is no secret.
    const auto ended = run_change(
        "UPDATE " + table_.name + " SET state = '" + (error.empty() ? "done" : "failed") +
        "', finished = clock_timestamp(), queries = " + quoted_literal(queries) + ", error = nullif(" +
        quoted_literal(error) + ", ''), left_invalid = " + (left ? "true" : "false") + ", size_bytes = " +
        (error.empty() ? "CASE action WHEN 'create' THEN (SELECT pg_relation_size(c.oid) FROM pg_class c JOIN "
                         "pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = schema_name AND c.relname = "
                         "index_name) ELSE forecast_bytes END"
                       : "NULL") +
        only + " RETURNING advice_id, schema_name || '.' || table_name");
    if (ended.empty()) return std::nullopt;
    // Of those before it what they had left may be gone by now.
    run_change("UPDATE " + table_.name + " SET left_invalid = false WHERE id IN (SELECT r.id FROM " + table_.name +
               " r WHERE r.left_invalid AND NOT EXISTS (" + invalid_index + ") FOR UPDATE SKIP LOCKED)");
    return Ended{*ended.front()[0], *ended.front()[1]};
}

}  // namespace perfkit::pg
