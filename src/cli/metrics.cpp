// perfkit metrics: pk_metrics() for Prometheus, once or for a scraper.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "command.hpp"
#include "failure.hpp"
#include "metrics_collector.hpp"
#include "metrics_server.hpp"

namespace perfkit::cli {
namespace {

struct Options {
    MetricsQuery query;
    double timeout = 10;
    std::string listen;
    std::string output;
};

void metrics(const Options& options) {
    if (!options.listen.empty() && !options.output.empty())
        throw UsageError("--listen and --output exclude each other");
    const auto budget = std::chrono::milliseconds(static_cast<long>(options.timeout * 1000));
    MetricsCollector collector(options.query);
    if (!options.listen.empty()) {
        serve_metrics(collector, parse_address(options.listen), budget, interrupted);
        return;
    }
    const std::string text = collector.text(Clock::now() + budget);
    if (options.output.empty()) {
        std::cout << text << std::flush;
    } else {
        replace_text_file(options.output, text);
    }
}

}  // namespace

void add_metrics_command(CLI::App& app) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "metrics", "Print pk_metrics() in Prometheus' text format, or serve it to a scraper (--listen)");
    add_connection_option(*command, options->query.conninfo);
    command
        ->add_option("--listen", options->listen,
                     "Serve /metrics here over HTTP; a port alone is the loopback's, 0 any that is free")
        ->type_name("[ADDRESS:]PORT");
    command
        ->add_option("--also", options->query.also,
                     "Further databases of the server: of these vacuum and bloat, the rest is of the whole server")
        ->delimiter(',')
        ->type_name("DATABASE,...");
    command->add_option("--output", options->output, "Print into this file, which changes at once")->type_name("FILE");
    command
        ->add_option("--timeout", options->timeout, "Seconds to wait for the metrics, where the scraper does not say")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0))
        ->type_name("S");
    command->add_option("--top-queries", options->query.top_queries, "Of how many statements (20)")
        ->check(CLI::Range(0, 200))
        ->type_name("N");
    command->add_option("--top-tables", options->query.top_tables, "Of how many tables and indexes the bloat (20)")
        ->check(CLI::Range(0, 200))
        ->type_name("N");
    command
        ->add_option("--sizes-ms", options->query.sizes_ms, "Time to spend on sizes of databases (50); 0 for no sizes")
        ->check(CLI::Range(0, 3600000))
        ->type_name("MS");
    command->add_option("--checks", options->query.checks, "Health checks: default, all, none, or their names")
        ->capture_default_str()
        ->type_name("NAME,...");
    command->callback([options] { metrics(*options); });
}

}  // namespace perfkit::cli
