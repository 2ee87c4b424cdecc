#include "perfkit/core/advisor/build.hpp"

#include <algorithm>

namespace perfkit::advisor {

namespace {

constexpr double block = 8192;
constexpr double sort_slot = 24;         // of tuplesort.c in memory, besides the tuple
constexpr double chunk_header = 8;       // of a tuple in memory
constexpr double tape_length = 4;        // before each tuple on a tape
constexpr double line_pointer = 4;       // a part of IndexSize::entry_bytes
constexpr double row_pointer_bytes = 8;  // that validation sorts

// What does not fit goes to tapes, all of it.
double sorted(double entries, double memory_each, double tape_each, double memory) {
    return entries * memory_each > memory ? entries * tape_each : 0;
}

}  // namespace

BuildForecast forecast_build(const IndexSpec& spec, const IndexSize& size, const TableFacts& table,
                             const BuildMeans& means) {
    BuildForecast forecast;
    // The second look is for the rows that came while the first one lasted.
    forecast.read_bytes = table.pages * block * (means.concurrent ? 2 : 1);
    forecast.wal_bytes = size.bytes();
    if (spec.method == Method::btree || spec.method == Method::hash) {
        const double tuple = size.entry_bytes - line_pointer;
        // Workers hand what they have sorted to each other in files, whatever there is of memory.
        const bool parallel = means.parallel && spec.method == Method::btree;
        forecast.temp_bytes = sorted(size.entries, tuple + chunk_header + sort_slot, tuple + tape_length,
                                     parallel ? 0 : means.memory_bytes);
    }
    // Then the rows that the index points at, of whichever kind it is, are sorted by their place.
    if (means.concurrent && spec.method != Method::brin)
        forecast.temp_bytes = std::max(
            forecast.temp_bytes, sorted(size.entries, sort_slot, row_pointer_bytes + tape_length, means.memory_bytes));
    return forecast;
}

}  // namespace perfkit::advisor
