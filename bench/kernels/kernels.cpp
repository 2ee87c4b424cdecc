// Times the distance kernels beside pgvector's loops, SimSIMD, and the machine's limits; run.sh builds and runs it.
//
// CPU time of this thread.  Each line's contenders take turns, a millisecond each, round after round, so
// that what disturbs the machine disturbs them all; the fastest and the median round are kept.

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "library.hpp"
#include "limits.hpp"
#include "perfkit/core/distance/distance.hpp"
#include "pgvector_loops.h"

namespace {

using namespace perfkit::distance;

struct Options {
    int rounds = 15;
    double milliseconds = 1;
    std::size_t offset = 0;
    std::vector<std::size_t> dimensions{64, 128, 384, 768, 1536};
} options;

double cpu_ns() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double kept = 0;  // what was computed goes here, so that no call is left out

struct Contender {
    std::function<void()> batch;  // all rows once
    std::vector<double> ns;       // for each round, per row
    double fastest() const { return *std::min_element(ns.begin(), ns.end()); }
    double median() const {
        auto sorted = ns;
        std::nth_element(sorted.begin(), sorted.begin() + sorted.size() / 2, sorted.end());
        return sorted[sorted.size() / 2];
    }
};

void race(std::vector<Contender*> contenders, std::size_t rows) {
    for (int round = -1; round < options.rounds; ++round) {  // the first warms up
        for (Contender* contender : contenders) {
            const double start = cpu_ns();
            double elapsed = 0;
            std::size_t batches = 0;
            do {
                contender->batch();
                ++batches;
                elapsed = cpu_ns() - start;
            } while (elapsed < options.milliseconds * 1e6);
            if (round >= 0) contender->ns.push_back(elapsed / static_cast<double>(batches * rows));
        }
    }
}

// Where the rows lie.
struct Place {
    const char* name;
    std::size_t bytes;
};
constexpr Place places[] = {{"L1", 16 << 10}, {"L2", 256 << 10}, {"L3", 8 << 20}, {"DRAM", 96 << 20}};
constexpr std::size_t most_bytes = 96 << 20;

// At least so many rows for each batch: those of small sets come round again.
constexpr std::size_t least_rows = 256;

constexpr std::size_t most_dimensions = 4096;

template <typename T>
class Rows {
public:
    explicit Rows(char* memory) : memory_(memory) {
        std::mt19937 generator(1);
        std::normal_distribution<float> normal;
        std::vector<T> pattern(1 << 18);
        for (T& value : pattern) {
            if constexpr (std::is_same_v<T, Half>)
                value = static_cast<Half>(0x3000 + generator() % 0x1000 + (generator() % 2 << 15));
            else if constexpr (std::is_same_v<T, Bfloat>)
                value = to_bfloat(normal(generator));
            else if constexpr (std::is_same_v<T, std::int8_t>)
                value = static_cast<std::int8_t>(generator());
            else
                value = static_cast<T>(normal(generator));
        }
        const std::size_t size = pattern.size() * sizeof(T);
        for (std::size_t at = 0; at < most_bytes; at += size)
            std::memcpy(memory_ + at, pattern.data(), std::min(size, most_bytes - at));
        // Past the rows, and like none of them: equal vectors are a case of their own.
        query_ = reinterpret_cast<T*>(memory_ + most_bytes + options.offset);
        std::copy_n(pattern.rbegin(), most_dimensions, query_);
    }

    // In no order that the processor could guess.
    std::vector<const T*> of(const Place& place, std::size_t n) const {
        const std::size_t stride = (n * sizeof(T) + 63) / 64 * 64 + (options.offset > 0 ? 64 : 0);
        const std::size_t there = std::max<std::size_t>(1, place.bytes / stride);
        std::mt19937 generator(2);
        std::vector<std::size_t> order(there);
        for (std::size_t i = 0; i < there; ++i) order[i] = i;
        std::shuffle(order.begin(), order.end(), generator);
        std::vector<const T*> rows(std::max(least_rows, there));
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i] = reinterpret_cast<const T*>(memory_ + order[i % there] * stride + options.offset);
        return rows;
    }

    const T* query() const { return query_; }

private:
    char* memory_;
    T* query_;
};

template <typename T>
using Pair = double (*)(const Kernels&, const T*, const T*, std::size_t);

template <typename T>
Pair<T> pair_of(Metric metric) {
    switch (metric) {
        case Metric::l2_squared:
            return l2_squared<T>;
        case Metric::inner_product:
            return inner_product<T>;
        case Metric::cosine:
            return cosine_distance<T>;
        default:
            return l1<T>;
    }
}

const char* name_of_metric(Metric metric) {
    switch (metric) {
        case Metric::l2_squared:
            return "squared L2";
        case Metric::inner_product:
            return "inner product";
        case Metric::cosine:
            return "cosine";
        default:
            return "L1";
    }
}

using Loop = std::function<double(const void*, const void*, int)>;

template <typename T>
Loop pgvector_loop(Metric metric) {
    const auto of_floats = [](double (*loop)(const float*, const float*, int)) -> Loop {
        return [loop](const void* a, const void* b, int n) {
            return loop(static_cast<const float*>(a), static_cast<const float*>(b), n);
        };
    };
    if constexpr (std::is_same_v<T, float>) {
        if (metric == Metric::l2_squared) return of_floats(pgvector_l2_squared);
        if (metric == Metric::inner_product) return of_floats(pgvector_ip);
        if (metric == Metric::cosine) return of_floats(pgvector_cosine);
        return of_floats(pgvector_l1);
    }
    if constexpr (std::is_same_v<T, Half>) {
        if (metric != Metric::l2_squared) return nullptr;
        return [](const void* a, const void* b, int n) {
            return pgvector_l2_squared_half(static_cast<const std::uint16_t*>(a), static_cast<const std::uint16_t*>(b),
                                            n);
        };
    }
    return nullptr;
}

// FMAs per element that no instruction set spares: of a cosine one against many, the query's is known.
double multiplications(Metric metric, bool many) {
    if (metric == Metric::l1) return 0;
    return metric == Metric::cosine ? (many ? 2 : 3) : 1;
}

template <typename T>
void table(const Rows<T>& memory, const char* type, Metric metric, Simd simd) {
    const Kernels& kernels = *kernels_of(simd);
    const Kernels& scalar = *kernels_of(Simd::scalar);
    const Loop loop = pgvector_loop<T>(metric);
    const library::Function other = library::function<T>(simd, metric);
    std::printf("\n%s, %s, %s\n\n", name_of_metric(metric), type, name_of(simd));
    std::puts(
        "| dimensions | rows in | pgvector | SimSIMD | scalar | pair | many | pgvector : pair | pgvector : many | "
        "SimSIMD : pair | pair GB/s | many GB/s | limit pair | limit many | pair of limit | many of limit |\n"
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | "
        "---: |");
    for (const std::size_t n : options.dimensions) {
        for (const Place& place : places) {
            const auto rows = memory.of(place, n);
            const T* const query = memory.query();
            const std::size_t bytes = n * sizeof(T);
            std::vector<double> out(rows.size());
            // One row against the query each time; the call itself is part of what is measured.
            const auto one_by_one = [&](const Kernels& by) {
                return [&, pair = pair_of<T>(metric)] {
                    for (const T* row : rows) kept += pair(by, query, row, n);
                };
            };
            Contender theirs{[&] {
                                 for (const T* row : rows) kept += loop(query, row, static_cast<int>(n));
                             },
                             {}};
            Contender others{[&] {
                                 double result = 0;
                                 for (const T* row : rows) {
                                     other(query, row, n, &result);
                                     kept += result;
                                 }
                             },
                             {}};
            Contender plain{one_by_one(scalar), {}}, pairs{one_by_one(kernels), {}};
            Contender many{[&] {
                               distances(kernels, metric, query, rows.data(), rows.size(), n, out.data());
                               kept += out[0];
                           },
                           {}};
            // The limits: the row is loaded from its place, and the query from the first cache, where it
            // is for each row with pairs, for four rows at once with many.
            Contender loads{
                [&] { limits::load_rows(simd, reinterpret_cast<const char* const*>(rows.data()), rows.size(), bytes); },
                {}};
            const std::vector<const T*> same(rows.size(), query);
            Contender near_loads{
                [&] { limits::load_rows(simd, reinterpret_cast<const char* const*>(same.data()), same.size(), bytes); },
                {}};
            constexpr std::size_t fma_rounds = 4096;
            const double fma_floats = limits::multiply_add(simd, 1) * fma_rounds;
            Contender fmas{[&] { limits::multiply_add(simd, fma_rounds); }, {}};
            std::vector<Contender*> all{&plain, &pairs, &many, &loads, &near_loads, &fmas};
            if (other) all.insert(all.begin(), &others);
            if (loop) all.insert(all.begin(), &theirs);
            race(all, rows.size());

            const double fma = fmas.fastest() * static_cast<double>(rows.size()) / fma_floats *
                               (std::is_same_v<T, double> ? 2 : 1) * static_cast<double>(n);
            const double query_load = near_loads.fastest();
            const double row_load = std::max(loads.fastest(), query_load);
            const double limit_pair = std::max({row_load, 2 * query_load, multiplications(metric, false) * fma});
            const double limit_many = std::max({row_load, 1.25 * query_load, multiplications(metric, true) * fma});
            const auto ns = [](const Contender& c) {
                char text[32] = "-";
                if (!c.ns.empty()) std::snprintf(text, sizeof text, "%.1f (%.1f)", c.fastest(), c.median());
                return std::string(text);
            };
            const auto ratio = [&](const Contender& theirs, const Contender& ours) {
                char text[16] = "-";
                if (!theirs.ns.empty()) std::snprintf(text, sizeof text, "%.2f", theirs.fastest() / ours.fastest());
                return std::string(text);
            };
            const double size = static_cast<double>(bytes);
            std::printf(
                "| %zu | %s | %s | %s | %s | %s | %s | %s | %s | %s | %.1f | %.1f | %.1f | %.1f | %.0f %% | %.0f %% |\n", n,
                place.name, ns(theirs).c_str(), ns(others).c_str(), ns(plain).c_str(), ns(pairs).c_str(),
                ns(many).c_str(), ratio(theirs, pairs).c_str(), ratio(theirs, many).c_str(),
                ratio(others, pairs).c_str(), 2 * size / pairs.fastest(), size / many.fastest(), limit_pair, limit_many,
                100 * limit_pair / pairs.fastest(), 100 * limit_many / many.fastest());
            std::fflush(stdout);
        }
    }
}

template <typename T>
void tables(char* memory, const char* type, std::vector<Metric> metrics) {
    const Rows<T> rows(memory);
    for (const Simd simd : all_simd)
        if (simd != Simd::scalar && kernels_of(simd) != nullptr)
            for (const Metric metric : metrics) table(rows, type, metric, simd);
}

[[noreturn]] void usage() {
    std::puts(
        "kernels [--rounds N] [--ms N] [--offset BYTES] [--dimensions N] [--type real|double|half|bfloat|int8] "
        "[--all]\n"
        "  --offset BYTES  where in a cache line each row begins (0; in a table it is any multiple of 4 or 8)\n"
        "  --all           all metrics for all types, not only what pgvector has");
    std::exit(2);
}

}  // namespace

int main(int count, char** arguments) {
    std::string type;
    bool everything = false;
    for (int i = 1; i < count; ++i) {
        const std::string name = arguments[i];
        if (name == "--all") {
            everything = true;
            continue;
        }
        if (i + 1 == count) usage();
        const char* value = arguments[++i];
        if (name == "--rounds")
            options.rounds = std::atoi(value);
        else if (name == "--ms")
            options.milliseconds = std::atof(value);
        else if (name == "--offset")
            options.offset = static_cast<std::size_t>(std::atoi(value)) % 64 / 8 * 8;
        else if (name == "--dimensions")
            options.dimensions = {static_cast<std::size_t>(std::atoi(value))};
        else if (name == "--type")
            type = value;
        else
            usage();
    }
    if (options.rounds < 1 || options.dimensions[0] < 1 || options.dimensions[0] > most_dimensions) usage();
    std::printf("ns per row, the fastest of %d rounds (the median); limit: what loading and multiplying alone take\n",
                options.rounds);
    std::vector<Metric> most{Metric::l2_squared, Metric::inner_product, Metric::cosine, Metric::l1};
    std::vector<Metric> only{Metric::l2_squared};
    // Some room past the end: rows begin and end in whole lines.
    const std::unique_ptr<char, decltype(&std::free)> memory(
        static_cast<char*>(std::aligned_alloc(4096, most_bytes + (1 << 20))), &std::free);
    std::memset(memory.get() + most_bytes, 0, 1 << 20);
    if (type.empty() || type == "real") tables<float>(memory.get(), "real", most);
    if (type.empty() || type == "double") tables<double>(memory.get(), "double precision", everything ? most : only);
    if (type.empty() || type == "half") tables<Half>(memory.get(), "half", everything ? most : only);
    if (type.empty() || type == "bfloat") tables<Bfloat>(memory.get(), "bfloat16", everything ? most : only);
    if (type.empty() || type == "int8") tables<std::int8_t>(memory.get(), "int8", everything ? most : only);
    return std::isnan(kept) ? 1 : 0;
}
