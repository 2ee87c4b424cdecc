// What a leaf page of a B-tree holds, as a build would form it anew.
#pragma once

#include <vector>

#include "bloat.hpp"

extern "C" {
#include "access/nbtree.h"
#include "storage/bufpage.h"
}

namespace perfkit::pg {

// All zero where the page is not a leaf in use.
struct LeafPage {
    struct Item {
        int length;
        int posting;  // bytes of it that are a list of heap pointers
    };
    bool in_use = false;
    std::vector<Item> items{};  // as a build would form them
    int entries = 0;            // heap pointers in them
    int dead = 0;               // heap pointers of items marked as dead
    int free = 0;               // bytes
    int high_key = 0;           // bytes, 0 on the rightmost page
    // Of a run of equal keys that goes on on the next page, the last list is not ended here: the share
    // of a full one that it holds, and the length of that.
    double part = 0;
    Item part_of{};
};

class LeafReader {
public:
    // merge: the build merges equal keys.  in_order: the pages come in the order of the keys, without
    // gaps, so that runs of equal keys go on from one to the next.
    LeafReader(bool merge, bool in_order) : merge_(merge), in_order_(in_order) {}

    // Takes stock of a page; says what is wrong with it, or null.
    const char* read(const char* page, LeafPage& found);
    // The page that was read last has been used, and will not be read again.
    void keep() { std::swap(open_, next_open_); }
    // After the last page: what is still open.
    void finish(LeafPage& found);

private:
    // Entries with equal keys.
    struct Run {
        const IndexTupleData* key = nullptr;
        int key_length = 0;
        int pointers = 0;
    };
    // The run that a page leaves open, with a copy of its key.
    struct Open {
        Run run;
        alignas(MAXIMUM_ALIGNOF) char key[BLCKSZ];
    };

    bool take(const IndexTupleData* item, bool dead, Run& run, LeafPage& found) const;
    void form(const Run& run, bool goes_on, LeafPage& found) const;

    bool merge_;
    bool in_order_;
    std::unique_ptr<Open> open_ = std::make_unique<Open>();
    std::unique_ptr<Open> next_open_ = std::make_unique<Open>();
};

}  // namespace perfkit::pg
