#pragma once

namespace perfkit::pg::workload {

// Keeps counters and samples over a clean restart, in a file below the data directory.  Both run in the postmaster,
// when it has no children, and raise no error: a file that cannot be read or written is told to the log.
//
// Reads the file into the shared memory just made, and removes it: what is not saved anew is not to come back.
void load_file();
// Asks for the file to be written when the server stops.
void save_at_exit();

}  // namespace perfkit::pg::workload
