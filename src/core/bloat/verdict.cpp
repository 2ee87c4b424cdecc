#include "perfkit/core/bloat.hpp"

namespace perfkit::bloat {

namespace {

// Below this, a rewrite is not worth its lock whatever the percentage.
constexpr std::int64_t worth_while = 1024 * 1024;

}  // namespace

const char* name_of(Class level) {
    switch (level) {
        case Class::ok:
            return "ok";
        case Class::moderate:
            return "moderate";
        case Class::high:
            return "high";
    }
    return "";
}

std::int64_t empty_tail(std::int64_t blocks, std::int64_t empty_from) {
    constexpr std::int64_t least_pages = 1000;  // as in vacuumlazy.c
    constexpr std::int64_t least_share = 16;
    const std::int64_t empty = blocks - empty_from;
    return empty > 0 && (empty >= least_pages || empty >= blocks / least_share) ? empty : 0;
}

Verdict judge_table(const Finding& finding) {
    const double tuples = finding.live_tuples + finding.dead_tuples;
    const bool many_dead = tuples > 0 && finding.dead_tuples > 0.2 * tuples;
    if (finding.wasted_bytes < worth_while) return {Class::ok, Action::none};
    // Without its empty end.
    const auto tail = static_cast<double>(finding.empty_tail_bytes);
    const auto wasted = static_cast<double>(finding.wasted_bytes);
    const double real = wasted / finding.bloat_percent * 100;
    const bool short_enough = tail >= worth_while && wasted - tail <= 0.5 * (real - tail);
    // Dead tuples go first: once vacuumed, their space is used again.
    const Action gentle = many_dead || tail >= worth_while ? Action::vacuum : Action::none;
    if (finding.bloat_percent > 50) return {Class::high, many_dead || short_enough ? Action::vacuum : Action::rewrite};
    if (finding.bloat_percent > 20) return {Class::moderate, gentle};
    return {Class::ok, gentle};
}

Verdict judge_btree(const Finding& finding) {
    const double density = 0.9 * (100 - finding.bloat_percent);
    if (finding.wasted_bytes < worth_while || density >= 85) return {Class::ok, Action::none};
    if (density >= 70) return {Class::moderate, Action::none};
    return {Class::high, Action::reindex};
}

}  // namespace perfkit::bloat
