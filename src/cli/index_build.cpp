#include "index_build.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "command.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double default_lock_timeout_seconds = 2;
constexpr double cleanup_lock_timeout_seconds = 10;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

bool is_concurrent(const std::string& ddl) {
    std::string upper;
    for (const char c : ddl) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return upper.find(" CONCURRENTLY ") != std::string::npos;
}

std::string qualified(const IndexChange& change) {
    return quote_identifier(change.schema) + '.' + quote_identifier(change.name);
}

// Failures of class 40 (deadlock, serialization) and lock timeouts come from others' work.
bool may_pass(const std::string& sqlstate) { return sqlstate.rfind("40", 0) == 0 || sqlstate == "55P03"; }

}  // namespace

IndexBuilder::IndexBuilder(const std::string& conninfo, std::optional<double> lock_timeout_seconds)
    : worker_(conninfo), watcher_(conninfo), lock_timeout_seconds_(lock_timeout_seconds) {
    // A role's limit for its queries is not meant for maintenance.
    worker_.run("SET statement_timeout = 0");
    worker_.run("SET idle_session_timeout = 0");
    watcher_.run("SET idle_session_timeout = 0");
}

IndexBuilder::IndexState IndexBuilder::state_of(const IndexChange& change) {
    const pqxx::result found = watcher_.run(
        "SELECT i.indisvalid, EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)"
        " FROM pg_index i WHERE i.indexrelid = to_regclass(" +
        quote_literal(qualified(change)) + ")");
    if (found.empty()) return IndexState::absent;
    if (found[0][0].as<bool>()) return IndexState::valid;
    return found[0][1].as<bool>() ? IndexState::being_built : IndexState::invalid;
}

bool IndexBuilder::drop_invalid(const IndexChange& change) {
    return clean_up("DROP INDEX " + std::string(is_concurrent(change.ddl) ? "CONCURRENTLY " : "") + "IF EXISTS " +
                    qualified(change));
}

bool IndexBuilder::clean_up(const std::string& ddl) try {
    // Dropping waits for the same transactions as building does, but not for ever.
    set_lock_timeout(std::max(lock_timeout_seconds_.value_or(0), cleanup_lock_timeout_seconds));
    worker_.run(ddl);
    return true;
} catch (const pqxx::sql_error&) {
    return false;
}

void IndexBuilder::set_lock_timeout(double seconds) {
    worker_.run("SET lock_timeout = " + format_fixed(seconds * 1000, 0));
}

void IndexBuilder::show_progress(Progress& progress, const IndexChange& change, double seconds) {
    const pqxx::result state = watcher_.run(
        "SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total, current_locker_pid"
        " FROM pg_stat_progress_create_index WHERE pid = " +
        std::to_string(worker_.backend_pid()));
    if (state.empty()) {
        // No build is under way: a drop, or a wait for the table's lock.
        const std::string blockers = watcher_.value("SELECT array_to_string(pg_blocking_pids(" +
                                                    std::to_string(worker_.backend_pid()) + "), ', ')");
        if (!blockers.empty()) last_blocker_ = blockers;
        progress.show(0, change.name + (blockers.empty() ? "" : ": waits for process " + blockers) + ", " +
                             format_fixed(seconds, 0) + " s");
        return;
    }
    const auto& row = state[0];
    const auto share = [](double done, double total) { return total > 0 ? done / total : 0; };
    // Scanning counts blocks, sorting and loading count tuples; each phase fills the bar once.
    const double blocks = share(row[1].as<double>(0), row[2].as<double>(0));
    const double tuples = share(row[3].as<double>(0), row[4].as<double>(0));
    std::string note = change.name + ": " + row[0].c_str();
    if (row[5].as<int>(0) > 0) {
        last_blocker_ = row[5].c_str();
        note += ", waits for process " + last_blocker_;
    }
    progress.show(tuples > 0 ? tuples : blocks, note + ", " + format_fixed(seconds, 0) + " s");
}

std::optional<std::string> IndexBuilder::run(const IndexChange& change, bool& retry) {
    set_lock_timeout(lock_timeout_seconds_.value_or(is_concurrent(change.ddl) ? 0 : default_lock_timeout_seconds));
    last_blocker_.clear();

    std::optional<std::string> error;
    std::string sqlstate;
    std::exception_ptr lost;
    std::atomic<bool> finished{false};
    const Clock::time_point start = Clock::now();
    std::thread statement([&] {
        try {
            worker_.run(change.ddl);
        } catch (const pqxx::sql_error& failure) {
            error = sentence_of(failure);
            sqlstate = sqlstate_of(failure);
        } catch (...) {
            lost = std::current_exception();
        }
        finished = true;
    });
    {
        Progress progress("apply");
        while (!finished) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            try {
                if (interrupted) worker_.cancel();
                show_progress(progress, change, seconds_since(start));
            } catch (const std::exception&) {
                // Without the display the build goes on.
            }
        }
    }
    statement.join();
    if (lost) std::rethrow_exception(lost);
    retry = may_pass(sqlstate);
    if (sqlstate == "55P03" && !last_blocker_.empty()) *error += " (process " + last_blocker_ + " is in the way)";
    return error;
}

ChangeOutcome IndexBuilder::apply(const IndexChange& change) {
    const std::string left_behind = "an invalid index " + qualified(change) +
                                    " is left, which a running transaction keeps from being dropped"
                                    " (perfkit apply, run again later, drops it)";
    ChangeOutcome outcome;
    const Clock::time_point start = Clock::now();
    if (change.creates) {
        const IndexState before = state_of(change);
        if (before == IndexState::valid) {
            outcome.status = ChangeStatus::exists;
        } else if (before == IndexState::being_built) {
            outcome.error = "another session is building an index of that name";
            return outcome;
        } else if (before == IndexState::invalid && !drop_invalid(change)) {
            outcome.error = left_behind;
            return outcome;
        }
    }
    while (outcome.status == ChangeStatus::failed && !interrupted && outcome.attempts < 2) {
        ++outcome.attempts;
        bool retry = false;
        const auto error = run(change, retry);
        outcome.error = error.value_or("");
        if (!error) {
            outcome.status = ChangeStatus::done;
        } else if (change.creates && state_of(change) == IndexState::invalid) {
            if (!drop_invalid(change)) {
                outcome.error += "; " + left_behind;
                break;
            }
        } else if (!retry) {
            break;
        }
    }
    if (interrupted && outcome.status == ChangeStatus::failed) outcome.status = ChangeStatus::cancelled;
    outcome.seconds = seconds_since(start);
    if (outcome.status != ChangeStatus::done && outcome.status != ChangeStatus::exists) return outcome;
    const std::string bytes =
        watcher_.value("SELECT pg_relation_size(to_regclass(" + quote_literal(qualified(change)) + "))");
    if (!bytes.empty()) outcome.bytes = std::stoll(bytes);
    return outcome;
}

}  // namespace perfkit::cli
