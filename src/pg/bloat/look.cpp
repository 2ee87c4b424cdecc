#include "bloat.hpp"

#include <cstddef>

extern "C" {
#include "storage/bufpage.h"
#include "utils/lsyscache.h"
}

namespace perfkit::pg {

void Look::scale_to(double blocks, double seen) {
    const double scale = seen > 0 ? blocks / seen : 0;
    for (double* const total :
         {&bytes.value, &bytes.margin, &taken.value, &taken.margin, &live, &dead, &held, &leaves, &leaf_free})
        *total *= scale;
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
    taken = bloat::combined(taken, pages, other.taken, other.pages);
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

bool sound_header(const char* page, std::size_t special) {
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    return header->pd_pagesize_version == (BLCKSZ | PG_PAGE_LAYOUT_VERSION) &&
           header->pd_lower >= SizeOfPageHeaderData && header->pd_lower <= header->pd_upper &&
           header->pd_upper <= header->pd_special && header->pd_special == BLCKSZ - MAXALIGN(special);
}

void warn_damaged(const Storage& storage, BlockNumber block, const char* what) {
    call([&, name = storage.name.c_str()] {
        ereport(WARNING, (errcode(ERRCODE_DATA_CORRUPTED),
                          errmsg("block %u of relation \"%s\" is left out of its bloat: %s", block, name, what)));
    });
}

}  // namespace perfkit::pg
