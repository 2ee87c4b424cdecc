// perfkit bench: runs a workload and measures it.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "bench_report.hpp"
#include "command.hpp"
#include "database.hpp"
#include "driver.hpp"
#include "embedded.hpp"
#include "progress.hpp"
#include "server_stats.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

constexpr double a_day = 86400;

struct Options {
    DriverOptions driver;
    double rate = 0;
    std::size_t operations = 0;
    double duration = -1;
    std::string form = "mixed";
    std::string workload_file;
    std::string mix;
    std::string json_file;
    std::string label;
};

Workload read_workload(const Options& options) try {
    Workload workload = options.workload_file.empty()
                            ? parse_workload(embedded::workload, "registry")
                            : parse_workload(read_text_file(options.workload_file), options.workload_file);
    apply_mix(workload, options.mix);
    return workload;
} catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
}

// Runs the workload with a progress display beside it.
DriverResult drive_visibly(const Workload& workload, const DriverOptions& options) {
    DriverProgress state;
    std::atomic<bool> returned{false};
    std::thread display([&] {
        Progress progress("bench");
        const double total = options.warmup_seconds + options.duration_seconds;
        while (!returned) {
            const double elapsed = state.elapsed_seconds;
            std::string note = format_count(static_cast<double>(state.finished.load())) + " done";
            if (state.errors > 0) note += ", " + std::to_string(state.errors) + " errors";
            if (elapsed < options.warmup_seconds) note += " (warming up)";
            double fraction = elapsed / total;
            if (options.operations) {
                const double share =
                    static_cast<double>(state.finished.load()) / static_cast<double>(*options.operations);
                fraction = std::max(fraction, share);
            }
            progress.show(fraction, note);
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
    });
    struct Join {
        std::thread& thread;
        std::atomic<bool>& flag;
        ~Join() {
            flag = true;
            thread.join();
        }
    } join{display, returned};
    return drive(workload, options, interrupted, state);
}

std::string utc_now() { return format_time(static_cast<double>(std::time(nullptr)), false); }

int bench(Options options) {
    if (options.rate > 0) options.driver.rate = options.rate;
    if (options.operations > 0) {
        if (options.driver.warmup_seconds > 0) {
            throw UsageError("--operations measures all of them: warm up by a run before, without --warmup");
        }
        options.driver.operations = options.operations;
        options.driver.duration_seconds = a_day;
    }
    if (options.duration > 0) options.driver.duration_seconds = options.duration;
    options.driver.form = options.form == "literal" ? Form::literal
                          : options.form == "bound" ? Form::bound
                                                    : Form::mixed;
    const Workload workload = read_workload(options);

    Database database(options.driver.conninfo);
    nlohmann::json report = {
        {"format", bench_format},
        {"label", options.label},
        {"workload", workload.name},
        {"started_at", utc_now()},
        {"connections", options.driver.connections},
        {"rate_per_s", options.rate > 0 ? nlohmann::json(options.rate) : nlohmann::json(nullptr)},
        {"duration_s", options.driver.duration_seconds},
        {"operations", options.operations > 0 ? nlohmann::json(options.operations) : nlohmann::json(nullptr)},
        {"warmup_s", options.driver.warmup_seconds},
        {"form", options.form},
        {"seed", options.driver.seed},
        {"mix", options.mix},
        {"server", describe_server(database)}};
    const ServerStats before = read_server_stats(database);
    DriverResult result = drive_visibly(workload, options.driver);
    report.update(json_of_change(before, read_server_stats(database)));
    report.update(json_of_samples(workload, result, options.driver.rate.has_value()));

    std::cout << (options.label.empty() ? workload.name : options.label + " (" + workload.name + ")") << ": "
              << options.driver.connections << " connections, "
              << (options.driver.rate ? "scheduled at " + format_fixed(options.rate, 1) + "/s"
                                      : std::string("each asks again at once"))
              << ", " << options.form << " constants, seed " << options.driver.seed << "\n\n"
              << text_of_report(report);
    if (!options.json_file.empty()) write_text_file(options.json_file, report.dump(2) + '\n');
    if (result.interrupted) throw Failure("interrupted");
    const auto& all = report["all"];
    if (all["samples"] == 0) throw Failure("no operation succeeded");
    return exit_ok;
}

}  // namespace

void add_bench_command(CLI::App& app) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("bench", "Run a workload and measure latency per query");
    add_connection_option(*command, options->driver.conninfo);
    command->add_option("--workload", options->workload_file, "Workload file; without, that of the registry");
    command->add_option("-c,--connections", options->driver.connections, "Connections, one thread each")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    command
        ->add_option("-r,--rate", options->rate,
                     "Operations per second over all connections; latency then counts from the scheduled start")
        ->check(CLI::Range(0.001, 1e6));
    command->add_option("-T,--duration", options->duration, "Seconds to measure (30, or until --operations are done)")
        ->check(CLI::Range(0.1, 1e6));
    command
        ->add_option("-n,--operations", options->operations,
                     "Measure this many operations: the same ones in every run of the same seed")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}));
    command->add_option("--warmup", options->driver.warmup_seconds, "Seconds to run before measuring")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1e6));
    command->add_option("--mix", options->mix, "Weights that replace those of the file: name=weight,... (all=0 first)");
    command->add_option("--seed", options->driver.seed, "The same seed asks the same questions")->capture_default_str();
    command->add_option("--form", options->form, "Constants in the text, bound parameters, or some connections each")
        ->capture_default_str()
        ->check(CLI::IsMember({"literal", "bound", "mixed"}));
    command->add_option("--json", options->json_file, "Write the result to this file, for perfkit compare");
    command->add_option("--label", options->label, "A name for the result");
    command->callback([options] { bench(*options); });
}

}  // namespace perfkit::cli
