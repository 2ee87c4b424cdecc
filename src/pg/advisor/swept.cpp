#include "perfkit/pg/advisor/swept.hpp"

#include <algorithm>

extern "C" {
#include "miscadmin.h"
#include "nodes/pg_list.h"
}

namespace perfkit::pg {

namespace {

double swept(const Plan* plan, double loops, bool repeated);

double swept(const List* plans, double loops, bool repeated) {
    double sum = 0;
    const ListCell* cell;
    foreach (cell, plans) sum += swept(static_cast<const Plan*>(lfirst(cell)), loops, repeated);
    return sum;
}

// What is below is read once, however often it is asked for.
bool keeps(const Plan* plan) { return IsA(plan, Material) || IsA(plan, Sort) || IsA(plan, Hash); }

double swept(const Plan* plan, double loops, bool repeated) {
    if (plan == nullptr) return 0;
    check_stack_depth();
    switch (nodeTag(plan)) {
        case T_IndexScan:
            return repeated ? 0 : plan->plan_rows * loops;
        case T_IndexOnlyScan:
        case T_BitmapIndexScan:
            return plan->plan_rows * loops;
        case T_Append:
            return swept(reinterpret_cast<const Append*>(plan)->appendplans, loops, repeated);
        case T_MergeAppend:
            return swept(reinterpret_cast<const MergeAppend*>(plan)->mergeplans, loops, repeated);
        case T_BitmapAnd:
            return swept(reinterpret_cast<const BitmapAnd*>(plan)->bitmapplans, loops, repeated);
        case T_BitmapOr:
            return swept(reinterpret_cast<const BitmapOr*>(plan)->bitmapplans, loops, repeated);
        case T_SubqueryScan:
            return swept(reinterpret_cast<const SubqueryScan*>(plan)->subplan, loops, repeated);
        case T_NestLoop:
            return swept(plan->lefttree, loops, repeated) +
                   swept(plan->righttree, loops * plan->lefttree->plan_rows, true);
        case T_Limit:
            if (plan->lefttree->plan_rows > 0) loops *= std::min(1.0, plan->plan_rows / plan->lefttree->plan_rows);
            break;
        default:
            break;
    }
    if (keeps(plan)) return swept(plan->lefttree, 1, false);
    return swept(plan->lefttree, loops, repeated) + swept(plan->righttree, loops, repeated);
}

}  // namespace

double entries_swept(const PlannedStmt* planned) { return swept(planned->planTree, 1, false); }

}  // namespace perfkit::pg
