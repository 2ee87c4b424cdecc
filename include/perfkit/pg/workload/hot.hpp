// What every statement reads and writes lies side by side, whatever file it is of.
#pragma once

namespace perfkit::pg::workload {

// Before a variable.  Each line of cache that capture touches costs a small statement more than all of its
// instructions there; scattered over .data and .bss the same variables take four times the lines.
#if defined(__ELF__)
#define PERFKIT_HOT [[gnu::section("perfkit_hot")]]
#else
#define PERFKIT_HOT
#endif

}  // namespace perfkit::pg::workload
