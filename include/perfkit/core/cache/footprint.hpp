// How much more a pool of half the size would read, from usage counts.
//
// A hit cannot be seen.  But whether a buffer was needed since the last look shows in its usage count, which rises
// with each use, up to five, and falls when the hand of the clock sweep passes.  That is enough for the footprint:
// how many different blocks are needed within a time, as a function of that time.  A cache that keeps what was
// needed last has what was needed in the time after which the footprint is as large as the cache; so the slope of
// the footprint there is the rate at which it reads (Denning and Schwartz, "Properties of the working-set model",
// 1972; Xiang et al., "HOTL: a higher order theory of locality", 2013).  Such a cache is not quite what a clock sweep
// is.  But the slope where the footprint is half the pool less that where it is the whole pool, thus what half the
// size reads more, is much the same for both.
//
// It is observed in epochs.  Blocks that are in the pool when one begins are followed until they are needed first.
// A usage count that is at its end shows no use; such a block is followed from the moment in which the hand passes
// it, a moment as good as any other.  Blocks that come in and were not there when it began are needed as well.  An
// epoch ends when its footprint is a bit larger than the pool.  Its duration is then the unit of time, so that epochs
// of busy and of quiet times can be added up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "perfkit/core/cache/places.hpp"

namespace perfkit::cache {

// Reads at half the size, in times of those at the present one.
struct MoreReads {
    double times = 1;
    // With 95 % certainty as far as the sample goes, for any size from 40 to 60 %; and a tenth more or less than that,
    // since a clock sweep is not what the footprint tells of.
    double least = 1;
    double most = 1;
};

class Footprint {
public:
    static constexpr int highest_usage = 5;

    struct Seen {
        std::uint32_t name;  // of the block; 0 where there is none
        int usage;
    };
    struct Moment {
        double time;         // in any unit
        std::uint64_t hand;  // how far it has gone in all, in buffers
    };

    explicit Footprint(std::uint32_t buffers) : buffers_(buffers == 0 ? 1 : buffers) {}

    bool in_epoch() const noexcept { return in_epoch_; }
    void abort() noexcept { in_epoch_ = false; }

    // Follows those blocks, given by their names and buffers, as `read` (buffer -> Seen) sees them.
    template <typename Read>
    void begin(const Moment& now, const Places& home, Read read) {
        start(now, home.size());
        home.for_each([&](std::uint32_t name, std::uint32_t buffer) {
            if (beside_hand(buffer, now.hand)) return;
            if (const Seen seen = read(buffer); seen.name == name) follow(buffer, seen);
        });
    }
    // A block of the sample has come in.  To be told before the next look.
    void arrived(std::uint32_t name);
    // True when the epoch ends with it.
    template <typename Read>
    bool look(const Moment& now, Read read) {
        if (now.hand < last_.hand) {  // counted anew
            abort();
            return false;
        }
        for (Follow& block : followed_) {
            if (block.state == State::back) need(block, now.time - idle_);
            if (tells(block, now.hand)) compare(block, now, read(block.buffer));
        }
        return end_look(now);
    }
    // The time between two looks that tells enough; 0 until something is known.
    double interval() const noexcept { return half_time_ / 8; }
    // Nothing was needed for long, or it does not show.
    bool quiet() const noexcept { return quiet_ > half_time_; }
    bool has_epochs() const noexcept { return epochs_ > 0; }

    // The weight of what was found so far.
    void fade(double factor) noexcept;
    std::optional<MoreReads> half() const noexcept;
    // Most of half the pool is needed between two looks, so that nothing can be told.
    bool too_coarse() const noexcept { return epochs_ > 0 && steps_ > coarsest_step * epochs_; }

private:
    static constexpr std::size_t points = 40;
    static constexpr std::uint32_t fresh = Places::nowhere - 1;
    static constexpr std::size_t most_looks = 1024;  // that are remembered
    static constexpr double end_at = 1.15;           // of the pool
    static constexpr double coarsest_step = 0.4;     // the same
    static constexpr double least_samples = 6000;
    using Curve = std::array<double, points + 1>;  // by time

    // unseen: its usage count tells nothing yet; gone: it left, and may come back; back: it did, since the last look.
    enum class State : std::uint8_t { unseen, open, gone, back, needed, lost };
    struct Follow {
        std::uint64_t hand = 0;  // where it was when this block was last looked at
        double start = 0;
        double unneeded = 0;  // for how long since then at least
        double needed = 0;    // and by when it was
        std::uint32_t buffer = 0;
        std::uint32_t name = 0;
        State state = State::open;
        std::uint8_t usage = 0;
        bool saturated = false;  // when the epoch began
    };

    std::uint32_t buffers_;
    // The present epoch.
    bool in_epoch_ = false;
    Moment last_{};
    double began_ = 0;
    double quiet_ = 0;         // time since anything was seen to be needed
    double idle_ = 0;          // of such times what does not count
    std::uint64_t moved_ = 0;  // the hand, between the last two looks
    std::vector<Follow> followed_;
    Places known_{0};                          // where each of them is there; `fresh` for blocks that came
    std::vector<std::array<double, 2>> came_;  // time, and how many fresh ones by then
    double fresh_ = 0, arrived_ = 0;
    double needed_ = 0, saturated_ = 0, saturated_seen_ = 0, saturated_needed_ = 0;
    double size_ = 0;
    double half_step_ = 0;  // the size of the step to half the pool
    double half_time_ = 0;  // the time until then, of this epoch or the one before
    // Sums over epochs.  Shares are of the blocks that were followed.
    double epochs_ = 0;
    double samples_ = 0;
    double steps_ = 0;
    double arrivals_ = 0;
    double saturated_share_ = 0;
    Curve others_{};             // share that was unsaturated and needed by then, or fresh
    Curve saturated_known_{};    // number of saturated blocks of which it is known whether they were needed by then
    Curve saturated_by_then_{};  // of those

    void start(const Moment& now, std::size_t blocks);
    bool beside_hand(std::uint32_t buffer, std::uint64_t hand) const noexcept;
    std::int64_t passes(const Follow& block, std::uint64_t hand) const noexcept;
    bool tells(const Follow& block, std::uint64_t hand) const noexcept;
    void follow(std::uint32_t buffer, const Seen& seen);
    void compare(Follow& block, const Moment& now, const Seen& seen);
    void first_pass(Follow& block, const Moment& now, const Seen& seen);
    void need(Follow& block, double time);
    void remember_fresh(double time, double share);
    bool end_look(const Moment& now);
    void end_epoch(double duration);
    void add_followed(double duration);
    void add_fresh(double duration);
    Curve curve() const noexcept;
};

}  // namespace perfkit::cache
