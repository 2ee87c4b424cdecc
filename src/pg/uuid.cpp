#include "perfkit/core/uuid.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

using namespace perfkit;

namespace {

// Random bytes from the server's CSPRNG, fetched 4 KB at a time, since one call costs about a
// microsecond whatever its size.  Bytes are wiped as they are handed out, and a child process
// never uses what its parent fetched.
class RandomBytes {
public:
    std::array<std::uint8_t, 8> take() {
        if (used_ == buffer_.size() || owner_ != MyProcPid) refill();
        std::array<std::uint8_t, 8> bytes;
        std::copy_n(buffer_.begin() + used_, bytes.size(), bytes.begin());
        std::fill_n(buffer_.begin() + used_, bytes.size(), 0);
        used_ += bytes.size();
        return bytes;
    }

private:
    void refill() {
        if (!pg_strong_random(buffer_.data(), buffer_.size()))
            throw std::runtime_error("could not generate random values");
        used_ = 0;
        owner_ = MyProcPid;
    }

    std::array<std::uint8_t, 4096> buffer_{};
    std::size_t used_ = buffer_.size();
    int owner_ = 0;
};

RandomBytes random_bytes;
UuidClock uuid_clock;

UuidTick now() {
    timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return tick_of(time.tv_sec, time.tv_nsec);
}

}  // namespace

PERFKIT_FUNCTION(pk_uuidv7) {
    const Uuid uuid = make_uuid_v7(uuid_clock.next(now()), random_bytes.take());
    auto* result = pg::call([] { return static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t))); });
    std::copy(uuid.begin(), uuid.end(), result->data);
    PG_RETURN_UUID_P(result);
}

PERFKIT_FUNCTION(pk_uuid_timestamp) {
    Uuid uuid;
    std::memcpy(uuid.data(), PG_GETARG_UUID_P(0)->data, uuid.size());
    const auto ms = unix_milliseconds_of(uuid);
    if (!ms) PG_RETURN_NULL();
    constexpr std::int64_t epoch_gap_ms = std::int64_t{POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE} * SECS_PER_DAY * 1000;
    PG_RETURN_TIMESTAMPTZ((*ms - epoch_gap_ms) * 1000);
}
