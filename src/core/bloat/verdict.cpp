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

Verdict judge_table(const Finding& finding) {
    const double tuples = finding.live_tuples + finding.dead_tuples;
    const bool many_dead = tuples > 0 && finding.dead_tuples > 0.2 * tuples;
    if (finding.wasted_bytes < worth_while) return {Class::ok, Action::none};
    // Dead tuples go first: once vacuumed, their space is used again.
    const Action action = many_dead ? Action::vacuum : Action::none;
    if (finding.bloat_percent > 50) return {Class::high, many_dead ? Action::vacuum : Action::rewrite};
    if (finding.bloat_percent > 20) return {Class::moderate, action};
    return {Class::ok, action};
}

Verdict judge_btree(const Finding& finding) {
    const double density = 0.9 * (100 - finding.bloat_percent);
    if (finding.wasted_bytes < worth_while || density >= 85) return {Class::ok, Action::none};
    if (density >= 70) return {Class::moderate, Action::none};
    return {Class::high, Action::reindex};
}

}  // namespace perfkit::bloat
