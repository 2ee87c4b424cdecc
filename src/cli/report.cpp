// perfkit report: pk_report()'s page, into a file.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "command.hpp"
#include "database.hpp"
#include "failure.hpp"
#include "interrupt.hpp"

namespace perfkit::cli {
namespace {

struct Options {
    std::string conninfo;
    std::string from, to;
    std::string before_from, before_to;
    bool no_advice = false;
    std::string output;
};

void report(const Options& options) {
    const bool two_windows = !options.before_from.empty();
    if (two_windows && (options.before_to.empty() || options.from.empty()))
        throw UsageError("to compare two windows, --before-from, --before-to and --from are needed");
    if (!two_windows && !options.before_to.empty()) throw UsageError("--before-to needs --before-from");
    Database database(options.conninfo);
    const CancelOnInterrupt cancel(database);
    std::string times;
    const auto add = [&](const std::string& time, const char* otherwise) {
        times += time.empty() ? otherwise : quote_literal(time) + "::timestamptz, ";
    };
    if (two_windows) {
        add(options.before_from, "");
        add(options.before_to, "");
    }
    add(options.from, "NULL, ");
    add(options.to, two_windows ? "now(), " : "NULL, ");
    const std::string page = database.value("SELECT " + database.extension_function("pk_report") + "(" + times +
                                            (options.no_advice ? "false" : "true") + ")");
    if (options.output.empty())
        std::cout << page << std::flush;
    else
        replace_text_file(options.output, page);
}

}  // namespace

void add_report_command(CLI::App& app) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("report", "Write pk_report()'s page of HTML on a window of time, or on two");
    add_connection_option(*command, options->conninfo);
    command->add_option("--output", options->output, "Into this file, which changes at once")->type_name("FILE");
    command->add_option("--from", options->from, "Where the window begins; by default a day before its end")
        ->type_name("TIME");
    command->add_option("--to", options->to, "Where it ends; by default now")->type_name("TIME");
    command->add_option("--before-from", options->before_from, "Compare with the window that begins here")
        ->type_name("TIME");
    command->add_option("--before-to", options->before_to, "and ends here")->type_name("TIME");
    command->add_flag("--no-advice", options->no_advice, "Do not ask for advice on indexes");
    command->callback([options] { report(*options); });
}

}  // namespace perfkit::cli
