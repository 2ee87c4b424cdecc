// The worker that watches shared_buffers.
//
// It follows the hand of the clock sweep: whatever takes a buffer from another block takes one that the hand has
// passed.  So a look examines only the buffers that the hand has passed since the last one, in the order in which
// they were taken; that costs as much as the sweep itself moves, and misses no arrival as long as the hand goes less
// than once round between two looks.  What takes buffers elsewhere (from the list of free ones, or from those of a
// large scan) is found by a round through all buffers every ten seconds.
//
// Usage counts, for half the size, are looked at in epochs, with pauses between them so that they stay cheap.  Within
// an epoch, looks may follow each other faster than the interval that is set.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "perfkit/core/cache/pool.hpp"
#include "perfkit/pg/cache/buffer.hpp"
#include "perfkit/pg/cache/shared.hpp"
#include "perfkit/pg/compat_stats.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/worker.hpp"

extern "C" {
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg::cache {

namespace {

using perfkit::cache::Arrivals;
using perfkit::cache::Footprint;
using perfkit::cache::Observed;
using perfkit::cache::Pool;
using perfkit::cache::Traffic;

constexpr double round_seconds = 10;         // for a round through all buffers
constexpr long longest_wait = 1000;          // ms
constexpr double shortest_period = 2;        // s: sessions report their counters once a second
constexpr double most_arrivals = 4000;       // of the sample, in a second
constexpr double longest_period = 10;        // s
constexpr double epoch_share = 0.001;        // of a core, at most, for usage counts
constexpr double read_seconds = 1e-7;        // to look at one, about
constexpr double shortest_use_wait = 0.001;  // s
constexpr double wake_seconds = 2e-5;        // to wake up for a look

// The true counters of all databases, as the cumulative statistics have them.
class Counters {
public:
    // Its counters are read at once: a session reports what it did to them later, so that little has been missed.
    void know(Oid database) {
        if (database == known_) return;
        if (!last_.contains(database)) {
            last_.emplace(database, read(database));
            call([] { pgstat_clear_snapshot(); });
        }
        known_ = database;
    }
    // What came since the last call, or since a database was known.
    Traffic advance() {
        Traffic sum;
        for (auto& [database, last] : last_) {
            const Reading now = read(database);
            // Counters that went back were reset.
            if (now.fetched >= last.fetched && now.hits >= last.hits) {
                const auto hits = static_cast<double>(now.hits - last.hits);
                sum.hits += hits;
                sum.reads += std::max(static_cast<double>(now.fetched - last.fetched) - hits, 0.0);
            }
            last = now;
        }
        const std::int64_t taken = call([] { return std::int64_t{pgstat_fetch_stat_bgwriter()->buf_alloc}; });
        if (taken_ >= 0 && taken >= taken_) sum.taken = static_cast<double>(taken - taken_);
        taken_ = taken;
        call([] { pgstat_clear_snapshot(); });
        return sum;
    }

private:
    // Zero for a database of which nothing has been reported yet.
    struct Reading {
        std::int64_t fetched = 0;
        std::int64_t hits = 0;
    };
    static Reading read(Oid database) {
        return call([database] {
            const PgStat_StatDBEntry* const entry = pgstat_fetch_stat_dbentry(database);
            return entry == nullptr ? Reading{} : Reading{blocks_fetched(*entry), blocks_hit(*entry)};
        });
    }
    std::unordered_map<Oid, Reading> last_;
    Oid known_ = 0xffffffff;  // the last of them
    std::int64_t taken_ = -1;
};

// Where the hand is, counted from the server's start.
struct Hand {
    std::uint32_t passes = 0;
    std::uint32_t place = 0;

    static Hand now() {
        Hand hand;
        hand.place = static_cast<std::uint32_t>(StrategySyncStart(&hand.passes, nullptr));
        return hand;
    }
    std::int64_t since(const Hand& other) const {
        return std::int64_t{static_cast<std::int32_t>(passes - other.passes)} * NBuffers + place - other.place;
    }
};

class Watch {
public:
    Watch() : pool_(static_cast<std::uint32_t>(NBuffers)), hand_(Hand::now()) {
        findings_.reset = SharedFindings::get()->resets();
        findings_.pid = MyProcPid;
        findings_.rate = pool_.rate();
        findings_.since = GetCurrentTimestamp();
        see(0, NBuffers);
        (void)pool_.take_arrivals();
        (void)counters_.advance();
        period_began_ = last_look_ = findings_.since;
        publish();
    }

    bool was_reset() const { return findings_.reset != SharedFindings::get()->resets(); }

    // Returns when the next look is due, in milliseconds.
    long look() {
        const TimestampTz now = GetCurrentTimestamp();
        const Hand hand = Hand::now();
        const std::int64_t moved = std::clamp<std::int64_t>(hand.since(hand_), 0, NBuffers);
        // A buffer gets its new block a little after the hand has passed it.
        const std::int64_t again = std::min(moved == 0 ? NBuffers / 64 : NBuffers / 16, 64);
        const std::int64_t count = std::min<std::int64_t>(moved + again, NBuffers);
        pool_.set_full(!have_free_buffer());
        see(static_cast<int>((hand.place + NBuffers - count) % NBuffers), static_cast<int>(count));
        hand_ = hand;

        const double seconds = std::max(static_cast<double>(now - last_look_) / USECS_PER_SEC, 0.0);
        const auto share =
            static_cast<int>(std::min(NBuffers * seconds / round_seconds + 1, static_cast<double>(NBuffers)));
        see(round_, share);
        round_ = (round_ + share) % NBuffers;
        last_look_ = now;
        ++findings_.looks;

        follow_uses(hand, static_cast<double>(now - findings_.since) / USECS_PER_SEC);
        arrivals_ += pool_.take_arrivals();
        const double period = static_cast<double>(now - period_began_) / USECS_PER_SEC;
        if (period >= longest_period || (period >= shortest_period && arrivals_.all >= enough()) || period < 0)
            end_period(now, std::max(period, 0.0));
        return std::min(next_wait(moved), wait_for_uses(static_cast<double>(now - findings_.since) / USECS_PER_SEC));
    }

private:
    Pool pool_;
    Hand hand_;
    int round_ = 0;
    long wait_ = 1;
    TimestampTz last_look_ = 0;
    TimestampTz period_began_ = 0;
    Arrivals arrivals_;
    Counters counters_;
    Findings findings_;
    double uses_due_ = 0;   // s since the watch began
    double uses_wait_ = 0;  // s
    double epoch_began_ = 0;
    double epoch_cost_ = 0;
    bool epoch_ended_ = false;

    double enough() const { return pool_.rate() * NBuffers / 4; }

    // Of the blocks of the sample.
    void follow_uses(const Hand& hand, double now) {
        Footprint& footprint = pool_.footprint();
        if (now < uses_due_) return;
        if (have_free_buffer()) {  // nothing leaves, thus no usage count falls
            footprint.abort();
            uses_due_ = now + 1;
            return;
        }
        const Footprint::Moment moment{now,
                                       std::uint64_t{hand.passes} * static_cast<std::uint64_t>(NBuffers) + hand.place};
        std::size_t reads = 0;
        const auto read = [&](std::uint32_t buffer) {
            ++reads;
            const SeenBuffer seen = look_at_buffer(static_cast<int>(buffer));
            return Footprint::Seen{seen.has_tag() ? Pool::name_of(hash_of(seen.tag)) : 0,
                                   static_cast<int>(BUF_STATE_GET_USAGECOUNT(seen.state))};
        };
        bool ended = false;
        if (!footprint.in_epoch()) {
            if (!footprint.has_epochs()) findings_.observed.begin_footprint();
            pool_.begin_epoch(moment, read);
            epoch_began_ = now;
            epoch_cost_ = 0;
            uses_wait_ = shortest_use_wait;
        } else {
            ended = footprint.look(moment, read);
            const bool unknown = footprint.quiet() || footprint.interval() <= 0;
            uses_wait_ = unknown ? 2 * uses_wait_ : footprint.interval();
        }
        uses_wait_ = std::clamp(uses_wait_, shortest_use_wait, footprint.quiet() ? 1 : longest_period);
        epoch_cost_ += wake_seconds + static_cast<double>(reads) * read_seconds;
        uses_due_ = now + uses_wait_;
        if (!ended) return;
        epoch_ended_ = true;
        uses_due_ = std::max(now, epoch_began_ + epoch_cost_ / epoch_share);
    }

    long wait_for_uses(double now) const { return std::max(std::lround((uses_due_ - now) * 1000), 1L); }

    static std::uint64_t hash_of(const BufferTag& tag) {
        const RelFileLocator locator = locator_of(tag);
        return perfkit::cache::hash_block(std::uint64_t{locator_database(locator)} << 32 | locator_number(locator),
                                          locator_tablespace(locator),
                                          std::uint64_t{static_cast<std::uint32_t>(tag.forkNum)} << 32 | tag.blockNum);
    }

    void see(int first, int count) {
        for (int i = 0; i < count; ++i) {
            const int number = first + i < NBuffers ? first + i : first + i - NBuffers;
            const SeenBuffer seen = look_at_buffer(number);
            const auto buffer = static_cast<std::uint32_t>(number);
            if (!seen.has_tag()) {
                pool_.is_empty(buffer);
                continue;
            }
            const std::uint64_t hash = hash_of(seen.tag);
            if (pool_.samples(hash)) counters_.know(locator_database(locator_of(seen.tag)));
            pool_.holds(buffer, hash);
        }
    }

    void end_period(TimestampTz now, double seconds) {
        const Traffic traffic = counters_.advance();
        findings_.observed.add(traffic, arrivals_, seconds, pool_.rate());
        if (traffic.accesses() > 0) pool_.footprint().fade(std::exp2(-seconds / Observed::half_life));
        if (std::exchange(epoch_ended_, false)) findings_.observed.covered_by_footprint(pool_.footprint().half());
        findings_.too_coarse = pool_.footprint().too_coarse();
        // Following each arrival costs a good tenth of a microsecond.
        for (double all = arrivals_.all; all > most_arrivals * seconds && pool_.halve(); all /= 2)
            findings_.observed.halve();
        findings_.rate = pool_.rate();
        arrivals_ = {};
        period_began_ = now;
        publish();
    }

    void publish() {
        findings_.last_look = last_look_;
        SharedFindings::get()->publish(findings_);
    }

    // Such that the hand moves by an eighth of the pool meanwhile.
    long next_wait(std::int64_t moved) {
        const std::int64_t aim = std::max(NBuffers / 8, 1);
        const std::int64_t fitting = moved == 0 ? longest_wait : wait_ * aim / moved;
        wait_ = static_cast<long>(std::clamp<std::int64_t>(std::min<std::int64_t>(fitting, 2 * wait_), watch_interval,
                                                           std::max<long>(longest_wait, watch_interval)));
        return wait_;
    }
};

void publish_no_watch() {
    Findings none;
    none.reset = SharedFindings::get()->resets();
    SharedFindings::get()->publish(none);
}

void run() {
    begin_worker();
    // Each reading is of the moment, whatever sessions are given.
    call([] { SetConfigOption("stats_fetch_consistency", "cache", PGC_USERSET, PGC_S_OVERRIDE); });
    std::unique_ptr<Watch> current;
    long wait = 0;
    while (worker_waited(wait)) {
        if (!watch || (current && current->was_reset())) current.reset();
        if (!watch) {
            publish_no_watch();
            wait = longest_wait;
            continue;
        }
        if (!current) current = std::make_unique<Watch>();
        wait = current->look();
    }
    current.reset();
    publish_no_watch();
}

}  // namespace

}  // namespace perfkit::pg::cache

extern "C" {
PGDLLEXPORT void pk_cache_worker(Datum);
}

void pk_cache_worker(Datum) {
    perfkit::pg::guarded([] { perfkit::pg::cache::run(); });
    perfkit::pg::end_worker();
}
