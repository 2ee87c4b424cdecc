// What the launcher, its workers and every session share: which databases there are, how their last snapshots went, and
// how often which wait was seen.
//
// One lightweight lock, held for copies of some hundred bytes; of some ten kilobytes, where the waits of a database are
// many.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "perfkit/core/history/last_hour.hpp"
#include "perfkit/pg/history/ring.hpp"
#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "storage/dsm.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
}

namespace perfkit::pg::history {

constexpr std::size_t most_databases = 128;
constexpr std::size_t most_waits = 1024;

// One database, by the launcher's and the last worker's account.
struct Place {
    Oid database = InvalidOid;
    bool has_extension = false;  // as of the last look
    bool off = false;            // pg_perfkit.history is off there
    bool under_way = false;      // a worker was started, and has not told how it ended
    std::int64_t requested = 0;  // snapshots asked for by pk_history_snapshot()
    std::int64_t served = 0;
    TimestampTz look_at = 0;    // when to look whether it has got the extension; 0: when it is its turn
    TimestampTz tried = 0;      // when a worker was last started
    TimestampTz succeeded = 0;  // when one last came to its end
    TimestampTz taken = 0;      // time of the reading that is kept for the next one to be compared with
    std::int64_t resets = 0;
    dsm_handle reading = 0;           // that reading; 0: none
    bool on_standby = false;          // where it was taken
    Ring ring;                        // the rows of a standby
    std::array<char, 200> trouble{};  // what kept the last worker from its end; empty: nothing
};

struct WaitCount {
    Oid database = InvalidOid;
    std::uint32_t event = 0;  // as in PGPROC; 0: it ran
    std::uint64_t samples = 0;
    perfkit::history::LastHour recent;
};

struct Launcher {
    std::int32_t pid = 0;
    TimestampTz since = 0;
    TimestampTz last_round = 0;
    std::uint64_t looks = 0;  // for waits
    perfkit::history::LastHour recent_looks;
    std::array<char, 200> trouble{};
};

class Shared {
public:
    // Nothing where the library is not preloaded.
    static Shared* get() noexcept;
    static void request();
    static void attach();

    std::optional<Place> find(Oid database) const noexcept;
    Launcher launcher() const noexcept;
    std::vector<WaitCount> waits_of(Oid database) const;

    // Asks the launcher for a snapshot as soon as it can; gives the number to wait for, or nothing where there is no
    // place for a further database.
    std::optional<std::int64_t> ask(Oid database) noexcept;
    // Tells the launcher that this database has got the extension, or will as soon as a transaction commits.
    void notice(Oid database) noexcept;

    // Changes a database's place under the lock, if it has one; with add, gives it one if there is room.
    template <typename Change>
    bool change(Oid database, bool add, Change&& with) noexcept {
        LWLockAcquire(lock_, LW_EXCLUSIVE);
        Place* const place = place_of(database, add);
        if (place != nullptr) with(*place);
        LWLockRelease(lock_);
        return place != nullptr;
    }

    // The launcher's.
    void set_launcher(const Launcher& launcher, Latch* latch) noexcept;
    void all(std::array<Place, most_databases>& copy) const noexcept;
    // Gives its place as it was: what it kept is to be unpinned.
    Place forget(Oid database) noexcept;
    // One look at all sessions.
    void count_waits() noexcept;

private:
    Place* place_of(Oid database, bool add) noexcept;
    void wake() noexcept;

    LWLock* lock_ = nullptr;
    Latch* latch_ = nullptr;
    Launcher launcher_;
    std::array<Place, most_databases> places_{};
    std::array<WaitCount, most_waits> waits_{};
    std::size_t used_waits_ = 0;
};

// As LastHour counts them.
std::int64_t this_minute();

// Cuts what does not fit.
void copy_text(std::array<char, 200>& to, std::string_view text);

}  // namespace perfkit::pg::history
