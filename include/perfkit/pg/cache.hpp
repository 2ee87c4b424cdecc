// The watch over shared_buffers for pk_cache_advice().  docs/cache.md.
#pragma once

namespace perfkit::pg {

// Defines the settings; in a preloading postmaster also asks for shared memory and registers the worker.
void init_cache();

}  // namespace perfkit::pg
