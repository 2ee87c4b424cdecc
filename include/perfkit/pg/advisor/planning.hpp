// Plans queries of a workload, each in a subtransaction of its own that is always rolled back.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "perfkit/core/advisor/access.hpp"
#include "perfkit/pg/advisor/expressions.hpp"
#include "perfkit/pg/advisor/whatif.hpp"

namespace perfkit::pg {

// A query as the planner gets it.
struct Statement {
    std::string text;
    Oid user = InvalidOid;                                     // InvalidOid: the caller
    std::string search_path;                                   // empty: the session's
    std::vector<Oid> parameter_types;                          // of $1, $2...; InvalidOid: as the context tells
    std::vector<std::optional<std::string>> parameter_values;  // as text, with a type for each; empty: unknown
    bool own_settings = false;                                 // plan with these, not with the session's
    std::vector<std::string> settings;                         // name=value, those that are not the default
    double limit = 0;                // rows to assume for a LIMIT whose number is a parameter; 0: unknown
    bool check_permissions = false;  // as EXPLAIN would
    bool operator==(const Statement&) const = default;
};

enum class Command { select, insert, update, remove, merge };

// What a statement writes.
struct WriteTarget {
    Oid table = InvalidOid;
    Command command = Command::insert;
    std::vector<int> columns;  // that an UPDATE sets
};

struct PlannedStatement {
    double cost = 0;
    double rows = 0;
    double swept = 0;  // index entries whose rows are not looked up one by one
    Command command = Command::select;
    bool limit_used = false;   // Statement::limit took the place of a parameter
    bool runs_code = false;    // it calls functions not written in C, which may run statements of their own
    std::vector<Oid> indexes;  // that the plan reads, distinct, hypothetical ones among them
    std::vector<WriteTarget> writes;
};

// Why a query cannot be planned; the others are not affected.
class Unplannable : public std::runtime_error {
public:
    Unplannable(int sqlstate, int position, const std::string& reason)
        : std::runtime_error(reason), sqlstate_(sqlstate), position_(position) {}
    int sqlstate() const { return sqlstate_; }
    int position() const { return position_; }  // character of the text, from 1; 0: unknown

private:
    int sqlstate_;
    int position_;
};

// Errors that are not the query's.
bool ends_everything(int sqlstate);

// Collects the accesses of the statement that is being planned.
struct Collector {
    Expressions* expressions = nullptr;  // to number those that are compared; null: none are looked at
    const Statement* statement = nullptr;
    std::vector<advisor::Access> accesses;
};

// Throws Unplannable; lets cancellation and shutdown through as pg::Error.
PlannedStatement plan_statement(const Statement& statement, const WhatIf& what_if, Collector* collector = nullptr);

// In access.cpp: while a Scope lives, what the planner knows of each table goes to the collector.
class CollectorScope {
public:
    explicit CollectorScope(Collector* collector) noexcept;
    ~CollectorScope();
    CollectorScope(const CollectorScope&) = delete;
    CollectorScope& operator=(const CollectorScope&) = delete;

private:
    Collector* const outer_;
};

// Installs the hook that collects; called once, when the library is loaded.
void init_access();

}  // namespace perfkit::pg
