// What capture notes of one execution (or one planning), in the form in which a session hands it on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace perfkit::workload {

// Whose statement it is, and which.
struct Key {
    std::int64_t queryid = 0;
    std::uint32_t database = 0;
    std::uint32_t user = 0;
    std::uint32_t toplevel = 0;  // 1: sent by the client; 0: run inside another statement
    std::uint32_t zero = 0;      // no padding: keys are hashed and written to files as bytes

    friend bool operator==(const Key&, const Key&) = default;
};
static_assert(std::has_unique_object_representations_v<Key>);

// The finalizer of MurmurHash3 over the parts, each spread by an odd constant.
inline std::uint64_t hash_of(const Key& key) noexcept {
    std::uint64_t hash = static_cast<std::uint64_t>(key.queryid);
    hash ^= (std::uint64_t{key.database} << 32 | key.user) * 0x9E3779B97F4A7C15u + key.toplevel;
    hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDu;
    hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53u;
    return hash ^ hash >> 33;
}

enum class Kind : std::uint8_t { plan, success, failure, cancel };

// What a statement used.  Times are in nanoseconds, and zero unless track_io_timing is on.
enum class Field : std::uint8_t {
    shared_hit,
    shared_read,
    shared_dirtied,
    shared_written,
    local_hit,
    local_read,
    local_dirtied,
    local_written,
    temp_read,
    temp_written,
    read_ns,
    write_ns,
    temp_read_ns,
    temp_write_ns,
    wal_records,
    wal_fpi,
    wal_bytes,
    count
};
constexpr std::size_t field_count = static_cast<std::size_t>(Field::count);

// Only the fields that are not zero are kept, in order, so that most events fill one cache line:
// the first size() bytes are the event.
struct Event {
    Key key;
    std::int64_t when = 0;  // microseconds, in the server's epoch
    std::uint64_t nanoseconds = 0;
    std::uint64_t rows = 0;
    std::uint32_t fields = 0;  // bit f: field f has a value
    Kind kind = Kind::success;
    std::uint8_t number = 0;  // of fields with a value
    std::array<std::uint8_t, 2> zero{};
    std::array<std::uint64_t, field_count> values;  // NOLINT: only size() bytes of it are ever read

    // Fields are set in ascending order, each at most once.
    void set(Field field, std::uint64_t value) noexcept {
        if (value == 0) return;
        values[number++] = value;
        fields |= std::uint32_t{1} << static_cast<unsigned>(field);
    }
    // Adds what the other used to what this one did.
    void add_used(const Event& other) noexcept;
    std::size_t size() const noexcept { return offsetof(Event, values) + sizeof(values[0]) * number; }
    bool valid() const noexcept {
        // Without a processor's instruction for it std::popcount is a call.
        std::uint32_t rest = fields;
        for (std::uint8_t i = 0; i < number && rest != 0; ++i) rest &= rest - 1;
        return rest == 0 && fields >> field_count == 0 && number <= field_count && kind <= Kind::cancel &&
               key.toplevel <= 1;
    }
};
constexpr std::size_t event_head_size = offsetof(Event, values);
static_assert(event_head_size == 56);
static_assert(std::is_trivially_copyable_v<Event> && std::is_trivially_destructible_v<Event>);

}  // namespace perfkit::workload
