// An element that several of the values have is taken to be as frequent as in them.  How many there are
// of those seen once is estimated as ANALYZE does for values (Haas and Stokes, "Duj1"): from n draws of N,
// with d different ones, f of them seen once, n d / (n - f + f n / N).

#include "perfkit/core/advisor/elements.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

namespace perfkit::advisor {

namespace {

struct Seen {
    double share = 0;
    int times = 0;        // in values that stand for others
    bool common = false;  // in one that does not
    std::size_t place = 0;
};

// What was drawn from one kind of elements.
struct Kind {
    double draws = 0, different = 0, once = 0, share_of_once = 0;
};

}  // namespace

std::vector<ElementGroup> element_groups(const std::vector<ValueSample>& values, double rows, double most_of_kind,
                                         bool by_place) {
    std::map<std::string, Seen> seen;
    double drawn = 0, drawn_share = 0;
    for (const ValueSample& value : values) {
        if (!value.common) {
            drawn += 1;
            drawn_share += value.share;
        }
        std::set<std::string> met;
        for (std::size_t place = 0; place < value.elements.size(); ++place) {
            if (!met.insert(value.elements[place]).second) continue;
            Seen& element = seen[value.elements[place]];
            element.share += value.share;
            element.common = element.common || value.common;
            if (value.common) continue;
            ++element.times;
            element.place = by_place ? place : 0;
        }
    }
    std::map<std::size_t, Kind> kinds;
    std::vector<ElementGroup> groups;
    for (const auto& [bytes, element] : seen) {
        const bool once = element.times == 1 && !element.common;
        if (!once) groups.push_back({1, element.share});
        if (element.times == 0) continue;
        Kind& kind = kinds[element.place];
        kind.draws += element.times;
        kind.different += 1;
        kind.once += once ? 1 : 0;
        kind.share_of_once += once ? element.share : 0;
    }
    for (const auto& [place, kind] : kinds) {
        if (kind.once == 0) continue;
        const double population = std::max(kind.draws, kind.draws / drawn * drawn_share * rows);
        const double all = kind.draws * kind.different / (kind.draws - kind.once + kind.once * kind.draws / population);
        // Each is in one row at least.
        const double most = std::max(kind.once, std::min(kind.share_of_once * rows, most_of_kind));
        const double number = std::clamp(all - (kind.different - kind.once), kind.once, most);
        groups.push_back({number, kind.share_of_once / number});
    }
    return groups;
}

}  // namespace perfkit::advisor
