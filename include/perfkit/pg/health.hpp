#pragma once

namespace perfkit::pg {

// Defines the settings pg_perfkit.health_*.
void init_health();

}  // namespace perfkit::pg
