#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workload.hpp"

namespace perfkit::cli {

enum class Form { literal, bound, mixed };

struct DriverOptions {
    std::string conninfo;
    int connections = 4;
    std::optional<double> rate;             // operations per second; without, each connection asks again at once
    std::optional<std::size_t> operations;  // ends the run when so many are done
    double warmup_seconds = 0;
    double duration_seconds = 30;
    std::uint64_t seed = 42;
    Form form = Form::mixed;
};

// One template's measured operations, in milliseconds; errors are not among the samples.
struct TemplateSamples {
    std::vector<double> latency;  // from the scheduled start where there is a rate
    std::vector<double> service;  // from the moment the operation was sent
    std::vector<double> cpu;      // of the backend, where the server runs on this machine
    std::size_t errors = 0;
    std::string first_error;
};

struct DriverResult {
    std::vector<TemplateSamples> templates;  // as in the workload
    double elapsed_seconds = 0;              // of the measured part
    bool interrupted = false;
    // With a rate: operations that were due and did not start before the end, and the longest time
    // that one waited for a free connection.
    std::size_t backlog = 0;
    double max_wait_ms = 0;
};

// The times at which operations are due, in seconds: a Poisson process, so that they come in bursts
// as people do.
std::vector<double> arrival_times(double rate, double seconds, std::uint64_t seed);

// How far a run is, for a progress display.
struct DriverProgress {
    std::atomic<std::size_t> finished{0};
    std::atomic<std::size_t> errors{0};
    std::atomic<double> elapsed_seconds{0};  // warm-up included
    std::atomic<bool> done{false};
};

// Runs the workload.  Operation k of a run is always the same query with the same values, made from
// (seed, k); connections take the operations in turn.  interrupted is polled: it ends the run early.
// Throws Failure when a connection cannot be made or is lost.
DriverResult drive(const Workload& workload, const DriverOptions& options, const std::atomic<bool>& interrupted,
                   DriverProgress& progress);

}  // namespace perfkit::cli
