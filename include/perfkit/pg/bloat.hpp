#pragma once

namespace perfkit::pg {

// Defines the settings pg_perfkit.bloat_*.
void init_bloat();

}  // namespace perfkit::pg
