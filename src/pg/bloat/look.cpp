#include "bloat.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace perfkit::pg {

void Look::scale_to(double blocks, double seen) {
    const double scale = seen > 0 ? blocks / seen : 0;
    for (double* const total : {&bytes.value, &bytes.margin, &live, &dead, &held, &leaves, &leaf_free}) *total *= scale;
    bytes.blocks = blocks;
}

void Look::merge(const Look& other) {
    if (other.pages == 0) {
        damaged += other.damaged;
        return;
    }
    const double all = pages + other.pages;
    const auto mean = [&](double a, double b) { return (a * pages + b * other.pages) / all; };
    bytes = bloat::combined(bytes, pages, other.bytes, other.pages);
    live = mean(live, other.live);
    dead = mean(dead, other.dead);
    held = mean(held, other.held);
    leaves = mean(leaves, other.leaves);
    leaf_free = mean(leaf_free, other.leaf_free);
    damaged += other.damaged;
    pages = all;
}

void Measurement::take(const Look& look) {
    live = look.live;
    dead = look.dead;
    held = look.held;
    if (look.pages == 0) reason = "every page that was read is damaged";
}

void warn_damaged(const Storage& storage, BlockNumber block, const char* what) {
    call([&, name = storage.name.c_str()] {
        ereport(WARNING, (errcode(ERRCODE_DATA_CORRUPTED),
                          errmsg("block %u of relation \"%s\" is left out of its bloat: %s", block, name, what)));
    });
}

}  // namespace perfkit::pg
