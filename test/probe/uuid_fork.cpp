// A probe for test/sql/uuid_fork.sql: forks within a session, as PostgreSQL itself never does but a
// library may.

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/uuid.h"
PG_MODULE_MAGIC;
}

namespace {

using Generator = Datum (*)(FunctionCallInfo);

void generate(Generator generator, pg_uuid_t* uuids, int count) {
    for (int i = 0; i < count; ++i) {
        LOCAL_FCINFO(call, 0);
        InitFunctionCallInfoData(*call, nullptr, 0, InvalidOid, nullptr, nullptr);
        uuids[i] = *DatumGetUUIDP(generator(call));
    }
}

// Reads as many bytes as the children have written.
bool read_all(int file, void* memory, std::size_t size) {
    auto* at = static_cast<char*>(memory);
    while (size > 0) {
        const ssize_t got = read(file, at, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

}  // namespace

// count UUIDs of this session from before a fork, then count of a forked child, of the child's
// child, and of this session after the fork.
PERFKIT_FUNCTION(perfkit_uuid_fork_probe) {
    const int count = PG_GETARG_INT32(0);
    const auto generator = perfkit::pg::call([] {
        return reinterpret_cast<Generator>(load_external_function("$libdir/pg_perfkit", "pk_uuidv7", true, nullptr));
    });
    const std::size_t bytes = sizeof(pg_uuid_t) * static_cast<std::size_t>(count);
    std::vector<pg_uuid_t> uuids(4 * static_cast<std::size_t>(count));
    generate(generator, uuids.data(), count);
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no child");
    if (child == 0) {
        const pid_t grandchild = fork();
        generate(generator, uuids.data(), count);
        // The grandchild first, so that whole results lie one behind the other.
        if (grandchild > 0) waitpid(grandchild, nullptr, 0);
        _exit(grandchild < 0 || write(ends[1], uuids.data(), bytes) != static_cast<ssize_t>(bytes));
    }
    generate(generator, uuids.data() + 3 * count, count);
    close(ends[1]);
    const bool complete = read_all(ends[0], uuids.data() + count, 2 * bytes);
    close(ends[0]);
    waitpid(child, nullptr, 0);
    if (!complete) throw std::runtime_error("the children did not write their UUIDs");
    return perfkit::pg::call([&uuids] {
        auto* datums = static_cast<Datum*>(palloc(sizeof(Datum) * uuids.size()));
        for (std::size_t i = 0; i < uuids.size(); ++i) datums[i] = UUIDPGetDatum(&uuids[i]);
        return PointerGetDatum(
            construct_array(datums, static_cast<int>(uuids.size()), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
    });
}
