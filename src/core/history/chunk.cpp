#include "perfkit/core/history/chunk.hpp"

#include <algorithm>
#include <stdexcept>

#include "perfkit/core/latency.hpp"

namespace perfkit::history {

namespace {

constexpr char format = 1;
constexpr char with_births = 1;
constexpr char with_latency = 2;

void put(std::string& bytes, std::uint64_t value) {
    while (value >= 0x80) {
        bytes.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    bytes.push_back(static_cast<char>(value));
}

std::uint64_t folded(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unfolded(std::uint64_t value) { return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1))); }

// Differences of identifiers wrap around, both ways.
void put_signed(std::string& bytes, std::int64_t value) { put(bytes, folded(value)); }

std::int64_t minus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

[[noreturn]] void damaged() { throw std::invalid_argument("a row of the history is damaged"); }

class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    bool at_end() const { return rest_.empty(); }
    char byte() {
        if (rest_.empty()) damaged();
        const char first = rest_.front();
        rest_.remove_prefix(1);
        return first;
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto next = static_cast<unsigned char>(byte());
            value |= std::uint64_t{next & 0x7fu} << shift;
            if (next < 0x80) return value;
        }
        damaged();
    }
    std::int64_t signed_number() { return unfolded(number()); }
    // A number of things each of which takes a byte at least.
    std::size_t count() {
        const std::uint64_t value = number();
        if (value > rest_.size()) damaged();
        return static_cast<std::size_t>(value);
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

void put_latency(std::string& bytes, const std::vector<std::int64_t>& pairs) {
    put(bytes, pairs.size() / 2);
    std::int64_t last = 0;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
        put(bytes, static_cast<std::uint64_t>(pairs[i] - last));
        put(bytes, static_cast<std::uint64_t>(pairs[i + 1]));
        last = pairs[i];
    }
}

std::vector<std::int64_t> take_latency(Reader& reader) {
    const std::size_t count = reader.count();
    std::vector<std::int64_t> pairs;
    pairs.reserve(2 * count);
    std::uint64_t bucket = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t gap = reader.number();
        const std::uint64_t number = reader.number();
        if (gap >= LatencyHistogram::bucket_count || (i > 0 && gap == 0) || number == 0 || number > INT64_MAX)
            damaged();
        bucket += gap;
        if (bucket >= LatencyHistogram::bucket_count) damaged();
        pairs.push_back(static_cast<std::int64_t>(bucket));
        pairs.push_back(static_cast<std::int64_t>(number));
    }
    return pairs;
}

}  // namespace

std::string encode(const Records& records, const Shape& shape, bool births) {
    std::string bytes;
    bytes.reserve(16 + records.size() * 32);
    bytes.push_back(format);
    bytes.push_back(static_cast<char>((births ? with_births : 0) | (shape.latency ? with_latency : 0)));
    bytes.push_back(static_cast<char>(shape.ids));
    bytes.push_back(static_cast<char>(shape.counters));
    bytes.push_back(static_cast<char>(shape.gauges));
    put(bytes, records.size());
    Record last;
    for (const Record& record : records) {
        for (std::size_t i = 0; i < shape.ids; ++i) put_signed(bytes, minus(record.id[i], last.id[i]));
        last.id = record.id;
        if (births) {
            put_signed(bytes, minus(record.birth, last.birth));
            last.birth = record.birth;
        }
        std::uint64_t present = 0;
        for (std::size_t i = 0; i < shape.counters; ++i) present |= std::uint64_t{record.counters[i] != 0} << i;
        for (std::size_t i = 0; i < shape.gauges; ++i)
            present |= std::uint64_t{record.gauges[i] != 0} << (shape.counters + i);
        put(bytes, present);
        for (std::size_t i = 0; i < shape.counters; ++i)
            if (record.counters[i] != 0) put(bytes, record.counters[i]);
        for (std::size_t i = 0; i < shape.gauges; ++i)
            if (record.gauges[i] != 0) put_signed(bytes, record.gauges[i]);
        if (shape.latency) put_latency(bytes, record.latency);
    }
    return bytes;
}

Records decode(std::string_view bytes) {
    Reader reader(bytes);
    if (reader.byte() != format) throw std::invalid_argument("a row of the history was written by a later release");
    const char flags = reader.byte();
    const auto ids = static_cast<std::size_t>(reader.byte());
    const auto counters = static_cast<std::size_t>(reader.byte());
    const auto gauges = static_cast<std::size_t>(reader.byte());
    if (ids > most_ids || counters > most_counters || gauges > most_gauges) damaged();
    Records records(reader.count());
    Record last;
    for (Record& record : records) {
        for (std::size_t i = 0; i < ids; ++i) record.id[i] = plus(last.id[i], reader.signed_number());
        last.id = record.id;
        if ((flags & with_births) != 0) last.birth = record.birth = plus(last.birth, reader.signed_number());
        const std::uint64_t present = reader.number();
        for (std::size_t i = 0; i < counters; ++i)
            if ((present >> i & 1) != 0) record.counters[i] = reader.number();
        for (std::size_t i = 0; i < gauges; ++i)
            if ((present >> (counters + i) & 1) != 0) record.gauges[i] = reader.signed_number();
        if ((flags & with_latency) != 0) record.latency = take_latency(reader);
    }
    if (!reader.at_end()) damaged();
    return records;
}

void append_block(std::string& bytes, std::string_view block) {
    put(bytes, block.size());
    bytes += block;
}

std::string_view take_block(std::string_view& bytes) {
    Reader reader(bytes);
    const std::size_t length = reader.count();
    const std::string_view block = reader.rest().substr(0, length);
    bytes = reader.rest().substr(length);
    return block;
}

}  // namespace perfkit::history
