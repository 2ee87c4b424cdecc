// Planning someone else's query without running anything of his.
//
// The planner computes values while it plans: it folds calls of immutable functions, estimates with
// stable ones, and applies operators to the statistics.  Whoever can get a query into
// pg_stat_statements could so have his function run by whoever asks for advice.  While an Isolation
// lives, no function runs in this backend but those written in C, and no statement is executed at
// all (which closes the built-in functions that execute text).
#pragma once

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "executor/executor.h"
#include "nodes/parsenodes.h"
#include "parser/analyze.h"
#include "tcop/utility.h"
}

namespace perfkit::pg {

class Isolation {
public:
    Isolation() noexcept;
    ~Isolation();
    Isolation(const Isolation&) = delete;
    Isolation& operator=(const Isolation&) = delete;

private:
    const post_parse_analyze_hook_type post_parse_analyze_;
    const needs_fmgr_hook_type needs_fmgr_;
    const fmgr_hook_type fmgr_;
    const ExecutorStart_hook_type executor_start_;
    const ProcessUtility_hook_type process_utility_;
};

// Only a superuser can create a function in C.  To be called inside pg::call.
bool written_in_c(Oid function);

// Puts an unbound parameter in the place of each call of a function not written in C whose value
// the planner would otherwise compute, and raises an error where a value's type would have such a
// function run.  To be called inside pg::call.
Query* without_foreign_code(Query* query, int first_parameter);

// Whether it calls a function not written in C, wherever.  To be called inside pg::call.
bool calls_foreign_code(Query* query);

}  // namespace perfkit::pg
