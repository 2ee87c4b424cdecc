#include <algorithm>

#include "perfkit/pg/storage.hpp"

extern "C" {
#include "storage/buf_internals.h"
#include "storage/bufmgr.h"
}

namespace perfkit::pg {

namespace {

constexpr std::size_t prefetch_window = 64;

}  // namespace

std::int64_t blocks_of(const Storage& storage, ForkNumber fork) {
    return call([&]() -> std::int64_t {
        SMgrRelation const file = smgropen(storage.locator, storage.backend());
        if (!smgrexists(file, fork)) return -1;
        const BlockNumber blocks = smgrnblocks(file, fork);
        smgrclose(file);
        return blocks;
    });
}

PageReader::PageReader(const Storage& storage, ForkNumber fork)
    : locator_(storage.locator), backend_(storage.backend()), fork_(fork), hints_(prefetch_window), page_(new Copy) {}

void PageReader::close() {
    call([&] { smgrclose(file()); });
}

PrefetchBufferResult PageReader::find(BlockNumber block) const {
    return call([&] {
        return backend_ == INVALID_PROC_NUMBER ? PrefetchSharedBuffer(file(), fork_, block)
                                               : PrefetchLocalBuffer(file(), fork_, block);
    });
}

void PageReader::prefetch(BlockNumber block) { hints_[block % hints_.size()] = {block, find(block).recent_buffer}; }

void PageReader::touch(BlockNumber block) const {
    const Hint& hint = hints_[block % hints_.size()];
    if (hint.block != block || !BufferIsValid(hint.buffer) || BufferIsLocal(hint.buffer)) return;
    constexpr int line = 64;
    const char* const page = BufferGetPage(hint.buffer);
    for (int at = 0; at < BLCKSZ; at += line) __builtin_prefetch(page + at);
}

const char* PageReader::read(BlockNumber block) {
    const Hint& hint = hints_[block % hints_.size()];
    return copy(block, hint.block == block ? hint.buffer : find(block).recent_buffer);
}

const char* PageReader::read_again(BlockNumber block) { return copy(block, find(block).recent_buffer); }

const char* PageReader::copy(BlockNumber block, Buffer hint) {
    const bool sound = call([&] {
        char* const page = page_->bytes;
        if (BufferIsValid(hint) && ReadRecentBuffer(locator_, fork_, block, hint)) {
            LockBuffer(hint, BUFFER_LOCK_SHARE);
            std::copy_n(BufferGetPage(hint), BLCKSZ, page);
            LockBuffer(hint, BUFFER_LOCK_UNLOCK);
            ReleaseBuffer(hint);
            return true;
        }
        smgrread(file(), fork_, block, page);
        return page_is_verified(page, block);
    });
    return sound ? page_->bytes : nullptr;
}

}  // namespace perfkit::pg
