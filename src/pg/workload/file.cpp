#include "perfkit/pg/workload/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/plans.hpp"
#include "perfkit/pg/workload/predicates.hpp"
#include "perfkit/pg/workload/sampling.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/shared.hpp"

extern "C" {
#include <fcntl.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
#include "storage/ipc.h"
}

namespace perfkit::pg::workload {

namespace {

constexpr char path[] = PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_perfkit_workload";
constexpr char new_path[] = PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_perfkit_workload.new";

// Everything that the layout of what follows depends on.
struct Header {
    std::uint64_t magic;
    std::uint32_t server;
    std::uint32_t padding;
    std::array<std::uint64_t, 4> sizes;  // of the parts
    std::uint64_t entry_size;
    std::int64_t since;
};
constexpr std::uint64_t magic = 0x0004'4b57'4b46'5250;  // "PRFKWK", version 4

struct Parts {
    Header header;
    std::array<std::span<char>, 4> each;  // counters, samples, plans, predicates
};

Parts parts() {
    Parts result{{magic, PG_VERSION_NUM, 0, {}, sizeof(perfkit::workload::Entry), Shared::get()->since()},
                 {Shared::get()->table_bytes(), SharedSamples::get()->store_bytes(), SharedPlans::get()->store_bytes(),
                  SharedPredicates::get()->store_bytes()}};
    for (std::size_t i = 0; i < result.each.size(); ++i) result.header.sizes[i] = result.each[i].size();
    return result;
}

std::uint32_t checksum(const Header& header, const Parts& parts) {
    pg_crc32c crc;
    INIT_CRC32C(crc);
    COMP_CRC32C(crc, &header, sizeof(header));
    for (const std::span<char> part : parts.each) COMP_CRC32C(crc, part.data(), part.size());
    FIN_CRC32C(crc);
    return crc;
}

bool write_all(int file, const void* from, std::size_t size) {
    const char* bytes = static_cast<const char*>(from);
    while (size > 0) {
        errno = 0;
        const ssize_t written = ::write(file, bytes, size);
        if (written <= 0) {
            if (errno == EINTR) continue;
            if (errno == 0) errno = ENOSPC;
            return false;
        }
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

bool read_all(int file, void* to, std::size_t size) {
    char* bytes = static_cast<char*>(to);
    while (size > 0) {
        const ssize_t got = ::read(file, bytes, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

// Why the file is of no use; null where it was read.
const char* read_file(int file) {
    const Parts here = parts();
    Header header;
    if (!read_all(file, &header, sizeof(header)) || header.magic != magic) return "it is no such file";
    Header expected = here.header;
    expected.since = header.since;
    if (std::memcmp(&header, &expected, sizeof(header)) != 0)
        return "it is of another server version or of other settings";
    std::uint32_t crc;
    char beyond;
    const auto read_part = [file](std::span<char> part) { return read_all(file, part.data(), part.size()); };
    if (!std::all_of(here.each.begin(), here.each.end(), read_part) || !read_all(file, &crc, sizeof(crc)))
        return "it is too short";
    if (::read(file, &beyond, 1) != 0) return "it is too long";
    if (crc != checksum(header, here)) return "its checksum is wrong";
    Shared::get()->set_since(header.since);
    return nullptr;
}

void save(int code, Datum) {
    // After a crash the memory may be torn; and so it is where a session was killed while it changed it.
    Shared* const shared = Shared::get();
    if (code != 0 || shared == nullptr || !save_workload) return;
    if (shared->changing() || SharedSamples::get()->changing() || SharedPlans::get()->changing() ||
        SharedPredicates::get()->changing()) {
        ereport(LOG, (errmsg("pg_perfkit does not keep the workload over this restart: a session was changing it")));
        return;
    }
    shared->collect_all();
    const Parts here = parts();
    const std::uint32_t crc = checksum(here.header, here);
    const int file = BasicOpenFilePerm(new_path, O_CREAT | O_TRUNC | O_WRONLY | PG_BINARY, 0600);
    const auto write_part = [file](std::span<char> part) { return write_all(file, part.data(), part.size()); };
    const bool written = file >= 0 && write_all(file, &here.header, sizeof(here.header)) &&
                         std::all_of(here.each.begin(), here.each.end(), write_part) &&
                         write_all(file, &crc, sizeof(crc)) && pg_fsync(file) == 0;
    const int error = errno;
    if (file >= 0) ::close(file);
    errno = error;
    if (!written) {
        ereport(LOG, (errcode_for_file_access(), errmsg("could not write file \"%s\": %m", new_path)));
        ::unlink(new_path);
        return;
    }
    durable_rename(new_path, path, LOG);
}

}  // namespace

void load_file() {
    const int file = BasicOpenFilePerm(path, O_RDONLY | PG_BINARY, 0600);
    if (file < 0) {
        if (errno != ENOENT) ereport(LOG, (errcode_for_file_access(), errmsg("could not open file \"%s\": %m", path)));
        return;
    }
    const char* const reason = read_file(file);
    ::close(file);
    ::unlink(path);
    if (reason == nullptr) return;
    Shared::get()->make_empty();
    SharedSamples::get()->make_empty();
    SharedPlans::get()->make_empty();
    SharedPredicates::get()->make_empty();
    ereport(LOG, (errmsg("pg_perfkit discards the workload in file \"%s\": %s", path, reason)));
}

void save_at_exit() { on_shmem_exit(save, 0); }

}  // namespace perfkit::pg::workload
