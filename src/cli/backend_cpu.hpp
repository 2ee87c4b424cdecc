#pragma once

namespace perfkit::cli {

class Database;

// CPU time of a connection's backend process, which other work on the machine distorts far less than
// elapsed time.  Only where the server runs on this machine, under Linux; parallel workers are
// processes of their own and not counted.
class BackendCpu {
public:
    explicit BackendCpu(Database& database);
    ~BackendCpu();
    BackendCpu(const BackendCpu&) = delete;
    BackendCpu& operator=(const BackendCpu&) = delete;

    bool available() const { return file_ >= 0; }
    // Since the backend's start; 0 where it is not available.
    double milliseconds() const;

private:
    int file_ = -1;
};

}  // namespace perfkit::cli
