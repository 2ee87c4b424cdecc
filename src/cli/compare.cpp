// perfkit compare: results of perfkit bench side by side.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench_report.hpp"
#include "chart.hpp"
#include "command.hpp"
#include "comparison.hpp"
#include "failure.hpp"
#include "rounds.hpp"

namespace perfkit::cli {
namespace {

struct Options {
    std::vector<std::string> files;
    std::string measure = "latency";
    bool markdown = false;
    std::string svg;
};

nlohmann::json read_report(const std::string& path) {
    auto report = nlohmann::json::parse(read_text_file(path), nullptr, false);
    if (!report.is_object() || report.value("format", "") != bench_format) {
        throw Failure(path + " is not a result of perfkit bench --json");
    }
    return report;
}

void compare(const Options& options) {
    std::vector<nlohmann::json> reports;
    for (const auto& file : options.files) reports.push_back(read_report(file));
    const Measure measure = options.measure == "service" ? Measure::service
                            : options.measure == "cpu"   ? Measure::cpu
                                                         : Measure::latency;
    try {
        reports = merge_rounds(std::move(reports));
        if (reports.size() < 2) throw Failure("all files carry the same label: nothing to compare them with");
        std::cout << compare_reports(reports, measure, options.markdown);
        if (!options.svg.empty()) {
            std::ofstream file(options.svg);
            file << chart_of(reports.front(), reports.back());
            file.close();
            if (!file) throw Failure("could not write " + options.svg);
        }
    } catch (const nlohmann::json::exception&) {
        throw Failure("one of the files is not a complete result of perfkit bench --json");
    }
}

}  // namespace

void add_compare_command(CLI::App& app) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("compare", "Show results of bench --json side by side; those of one label are rounds");
    command->add_option("files", options->files, "The first is what the others are compared with")
        ->required()
        ->expected(2, 100)
        ->type_name("BEFORE.json AFTER.json ...");
    command
        ->add_option("--measure", options->measure,
                     "latency (from the scheduled start), service (from sending) or cpu (of the backend)")
        ->capture_default_str()
        ->check(CLI::IsMember({"latency", "service", "cpu"}));
    command->add_flag("--markdown", options->markdown, "Tables in Markdown");
    command->add_option("--svg", options->svg, "Also draw the medians of the first and the last run into this file")
        ->type_name("FILE");
    command->callback([options] { compare(*options); });
}

}  // namespace perfkit::cli
