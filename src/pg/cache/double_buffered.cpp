#include "perfkit/pg/cache/double_buffered.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "perfkit/pg/cache/buffer.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "miscadmin.h"
}

namespace perfkit::pg::cache {

namespace {

constexpr int samples = 1024;

#ifdef __linux__
using Residency = unsigned char;
#else
using Residency = char;
#endif

// The share of a block of a file that lies in memory; negative where that cannot be said.  Mapping a page does not
// read it.
double share_in_memory(const std::string& path, std::int64_t offset) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    const auto page = std::int64_t{sysconf(_SC_PAGESIZE)};
    const std::int64_t start = offset / page * page;
    const std::int64_t length = offset + BLCKSZ - start;
    double share = -1;
    void* const mapped = mmap(nullptr, static_cast<std::size_t>(length), PROT_READ, MAP_SHARED, file, start);
    if (mapped != MAP_FAILED) {
        std::vector<Residency> resident(static_cast<std::size_t>((length + page - 1) / page));
        if (mincore(mapped, static_cast<std::size_t>(length), resident.data()) == 0) {
            const auto in = std::count_if(resident.begin(), resident.end(), [](Residency r) { return (r & 1) != 0; });
            share = static_cast<double>(in) / static_cast<double>(resident.size());
        }
        munmap(mapped, static_cast<std::size_t>(length));
    }
    close(file);
    return share;
}

}  // namespace

// One buffer by chance out of each of as many equal parts of the pool.
DoubleBuffered measure_double_buffered() {
    DoubleBuffered result;
    const int parts = std::min(samples, NBuffers);
    int used = 0;
    std::minstd_rand random(std::random_device{}());
    for (int i = 0; i < parts; ++i) {
        call([] { CHECK_FOR_INTERRUPTS(); });
        const auto first = static_cast<int>(std::int64_t{NBuffers} * i / parts);
        const auto end = static_cast<int>(std::int64_t{NBuffers} * (i + 1) / parts);
        const SeenBuffer seen = look_at_buffer(std::uniform_int_distribution<int>(first, end - 1)(random));
        if (!seen.has_page()) continue;
        ++used;
        std::string path = path_of(locator_of(seen.tag), seen.tag.forkNum);
        const BlockNumber segment = seen.tag.blockNum / RELSEG_SIZE;
        if (segment > 0) path += "." + std::to_string(segment);
        const double share = share_in_memory(path, std::int64_t{seen.tag.blockNum % RELSEG_SIZE} * BLCKSZ);
        if (share < 0) continue;  // dropped meanwhile
        ++result.sampled;
        result.cached += share;
    }
    result.buffers = std::int64_t{NBuffers} * used / parts;
    return result;
}

}  // namespace perfkit::pg::cache
