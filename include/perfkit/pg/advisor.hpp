// The index advisor.  docs/advisor.md.
#pragma once

namespace perfkit::pg {

// Installs the hooks, which do nothing while no advice is being worked out.
void init_advisor();

}  // namespace perfkit::pg
