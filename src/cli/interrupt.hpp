#pragma once

#include <atomic>
#include <thread>

namespace perfkit::cli {

class Database;

// While it lives, SIGINT and SIGTERM cancel what the connection runs; the statement then fails.
class CancelOnInterrupt {
public:
    explicit CancelOnInterrupt(Database& database);
    ~CancelOnInterrupt();
    CancelOnInterrupt(const CancelOnInterrupt&) = delete;
    CancelOnInterrupt& operator=(const CancelOnInterrupt&) = delete;

private:
    std::atomic<bool> done_{false};
    std::thread watch_;
};

}  // namespace perfkit::cli
