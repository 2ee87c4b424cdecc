#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "database.hpp"

namespace perfkit::cli {

// One statement that makes, drops or rebuilds an index.
struct IndexChange {
    std::string schema;
    std::string name;  // of the index
    std::string ddl;
    bool creates = false;
};

// under_way: another session is at it.
enum class ChangeStatus { done, exists, failed, cancelled, under_way };

struct ChangeOutcome {
    ChangeStatus status = ChangeStatus::failed;
    std::string error;
    int attempts = 0;
    double seconds = 0;
    std::optional<std::int64_t> bytes;  // of the index afterwards, where it exists
};

// Carries out index changes one at a time, each as a statement of its own (CONCURRENTLY allows no
// transaction), with a progress bar from pg_stat_progress_create_index on a second connection.
class IndexBuilder {
public:
    // lock_timeout_seconds: for every statement; without, 2 s for those that block others while they
    // wait (not CONCURRENTLY), and none for the rest, which wait without harm.
    IndexBuilder(const std::string& conninfo, std::optional<double> lock_timeout_seconds);

    // An invalid index of that name, which a failed build has left, is dropped before and after.
    // What may pass (a lock timeout, a deadlock, an invalid index left) is tried twice.
    // SIGINT cancels the statement, and cleans up too.
    ChangeOutcome apply(const IndexChange& change);
    // Drops what an earlier change has left, by a statement; false when that is not possible for now.
    bool clean_up(const std::string& ddl);

private:
    enum class IndexState { absent, valid, invalid, being_built };

    IndexState state_of(const IndexChange& change);
    // False when it could not be dropped for now.
    bool drop_invalid(const IndexChange& change);
    void set_lock_timeout(double seconds);
    // The error, or nothing.  retry: it may pass.
    std::optional<std::string> run(const IndexChange& change, bool& retry);
    void show_progress(class Progress& progress, const IndexChange& change, double seconds);

    Database worker_;
    Database watcher_;
    std::optional<double> lock_timeout_seconds_;
    std::string last_blocker_;  // process ids for which the statement was seen to wait
};

}  // namespace perfkit::cli
