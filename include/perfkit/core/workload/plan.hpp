// Plans of slow executions: their shape, and their text as EXPLAIN (FORMAT JSON) has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace perfkit::workload {

// A node of a plan, without anything that costs, constants or the choice of partitions change.
struct PlanNode {
    std::string label;  // as in "Index Scan using i on t"
    bool append = false;
    std::vector<PlanNode> children;
};

// "Hash Join(Seq Scan on a, Hash(Seq Scan on b))".  What an Append has several times it has once, and where that leaves
// one thing, the Append is left out: how many partitions a constant leaves over is no change of the plan.
std::string outline_of(const PlanNode& node);
// Never 0.
std::int64_t shape_of(std::string_view outline);

// JSON without the spaces between its tokens.
std::string compact_json(std::string_view json);
// The same JSON with the constants taken out of all expressions.  What is not known to be a name counts as one.
std::string plan_without_constants(std::string_view json);

}  // namespace perfkit::workload
