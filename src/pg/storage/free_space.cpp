// Reads a table's free space map as a whole.  The server's functions ask it page by page, lock its
// buffers, and repair what they do not like.

#include <cstddef>

#include "perfkit/pg/storage.hpp"

extern "C" {
#include "storage/bufpage.h"
#include "storage/fsm_internals.h"
}

namespace perfkit::pg {

namespace {

// Levels of map pages, as in freespace.c: three of them cover 2^32 blocks with pages of 8 kB.
constexpr int levels = SlotsPerFSMPage >= 1626 ? 3 : 4;
constexpr std::uint32_t most_pages = 512;  // 16 GB of table with pages of 8 kB

// Where the n-th bottom page is in the file: after the bottom pages and upper pages before it.
BlockNumber bottom_page(std::uint32_t n) {
    BlockNumber before = 0;
    for (int level = 0; level < levels; ++level) {
        before += n + 1;
        n /= SlotsPerFSMPage;
    }
    return before - 1;
}

}  // namespace

std::vector<std::uint8_t> free_space_of(const Storage& table, BlockNumber blocks) {
    constexpr std::uint32_t slots = SlotsPerFSMPage;
    std::vector<std::uint8_t> free;
    const std::int64_t map_blocks = blocks_of(table, FSM_FORKNUM);
    if (map_blocks <= 0 || blocks / slots >= most_pages) return free;
    free.resize(blocks, 0);
    PageReader pages(table, FSM_FORKNUM);
    for (std::uint32_t n = 0; n * slots < blocks; ++n) {
        const BlockNumber block = bottom_page(n);
        if (block >= map_blocks) break;
        const char* const page = pages.read(block);
        if (page == nullptr) continue;
        const char* const leaves =
            page + MAXALIGN(SizeOfPageHeaderData) + offsetof(FSMPageData, fp_nodes) + NonLeafNodesPerPage;
        for (std::uint32_t slot = 0; slot < slots && n * slots + slot < blocks; ++slot)
            free[n * slots + slot] = static_cast<std::uint8_t>(leaves[slot]);
    }
    pages.close();
    return free;
}

}  // namespace perfkit::pg
