#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "random.hpp"
#include "statement.hpp"

namespace perfkit::cli {

// Where the values of a template's parameters come from.  The text form of each is given; docs/cli.md
// explains them to users.

// uniform(1, 500)
struct Uniform {
    std::int64_t low = 0;
    std::int64_t high = 0;
};
// zipf(1000, 1.1): the rank k of 1..1000 with probability proportional to 1 / k^1.1
struct Zipf {
    std::int64_t count = 0;
    double exponent = 1;
};
// choice('production' 6, 'staging' 3, 'development'): weights, 1 where not given
struct Choice {
    std::vector<Value> values;
    std::vector<double> weights;
};
// time(-30 days, now), date(-30 days, now): uniform between two points relative to the run's start
struct TimeRange {
    double from_seconds = 0;
    double to_seconds = 0;
    bool date_only = false;
};
// uuid: random version 4, new in each run (it is not drawn from the seed), for keys to insert
struct FreshUuid {};
// lookup SELECT ..., lookup zipf(1.1) SELECT ..., lookup each SELECT ...: rows asked for before the
// run; one row gives a value to each of the declared names.  "each" uses every row once, and asks
// again when all are used.
struct Lookup {
    enum class Order { uniform, zipf, each };
    Order order = Order::uniform;
    double exponent = 1;
    std::string query;
};

using Distribution = std::variant<Uniform, Zipf, Choice, TimeRange, FreshUuid, Lookup>;

// Throws std::invalid_argument with a sentence that names what is wrong.
Distribution parse_distribution(std::string_view text);

using LookupRows = std::vector<std::vector<Value>>;

// Where lookups are answered: the server, or a test.
class LookupSource {
public:
    virtual ~LookupSource() = default;
    virtual LookupRows rows_of(const std::string& query) = 0;
};

// Draws values; shared by all connections of a run.  Only "each" has a state to guard.
class Generator {
public:
    // now: the run's start, in seconds since the Unix epoch.
    Generator(Distribution distribution, double now, LookupSource& source);

    // Appends one value for each declared name.
    void draw(Random& random, LookupSource& source, std::vector<Value>& values);
    // Values that a draw appends: more than one for a lookup of several columns.
    std::size_t width() const { return rows_.empty() ? 1 : rows_.front().size(); }

private:
    const std::vector<Value>& next_of_each(LookupSource& source);

    Distribution distribution_;
    double now_;
    WeightedChoice choice_;
    LookupRows rows_;
    std::size_t next_ = 0;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
};

// ISO 8601 in UTC, as PostgreSQL reads it: 2026-01-31 23:59:59.123456+00, or the date alone.
std::string format_time(double unix_seconds, bool date_only);

}  // namespace perfkit::cli
