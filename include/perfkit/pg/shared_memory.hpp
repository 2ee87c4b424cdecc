// Shared memory of the preloaded library.
#pragma once

namespace perfkit::pg {

// In a preloading postmaster; otherwise it does nothing.  The server calls `request`, which says how much is wanted,
// and `attach`, which finds it or makes it: again after a crash, for then all shared memory is made anew.  Those of
// several parts are called in the order of their registration.
void use_shared_memory(void (*request)(), void (*attach)());

}  // namespace perfkit::pg
