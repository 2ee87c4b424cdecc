// A look at a buffer's header, without its lock.
#pragma once

#include <cstdint>
#include <cstring>

#include "perfkit/pg/compat_storage.hpp"

extern "C" {
#include "storage/buf_internals.h"
#include "storage/bufmgr.h"
}

namespace perfkit::pg {

// It may change meanwhile: a tag that was just being replaced is read until it stands still, and a count that is out
// by one does not matter.
struct SeenBuffer {
    std::uint32_t state;
    BufferTag tag;

    bool has_tag() const noexcept { return (state & BM_TAG_VALID) != 0; }
    bool has_page() const noexcept { return has_tag() && (state & BM_VALID) != 0; }
};

inline SeenBuffer look_at_buffer(int number) {
    const BufferDesc& buffer = *GetBufferDescriptor(number);
    SeenBuffer seen{};
    BufferTag again{};
    for (int i = 0; i < 10; ++i) {
        seen.state = pg_atomic_read_u32(const_cast<pg_atomic_uint32*>(&buffer.state));
        std::memcpy(static_cast<void*>(&seen.tag), &buffer.tag, sizeof(BufferTag));
        pg_read_barrier();
        std::memcpy(static_cast<void*>(&again), &buffer.tag, sizeof(BufferTag));
        if (std::memcmp(&seen.tag, &again, sizeof(BufferTag)) == 0) break;
    }
    return seen;
}

}  // namespace perfkit::pg
