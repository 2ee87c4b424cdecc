#pragma once

namespace perfkit::pg::workload {

// Chains capture into the planner, the executor and utility statements, and asks the server for query identifiers.
void install_hooks();

}  // namespace perfkit::pg::workload
