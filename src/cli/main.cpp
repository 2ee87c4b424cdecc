// perfkit: the command line tool.  Each subcommand has a file of its own.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "command.hpp"
#include "failure.hpp"

namespace {

void interrupt(int) { perfkit::cli::interrupted = true; }

void fail(const std::string& sentence) { std::cerr << "perfkit: " << sentence << '\n'; }

}  // namespace

int main(int argc, char** argv) {
    using namespace perfkit::cli;
    // A second signal ends the program at once, in case a server does not answer the cancel request.
    struct sigaction action {};
    action.sa_handler = interrupt;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    setenv("PGAPPNAME", "perfkit", 0);

    CLI::App app("Measures and tunes PostgreSQL databases, with the pg_perfkit extension.", "perfkit");
    app.set_version_flag("--version", "perfkit " PERFKIT_VERSION);
    app.require_subcommand(1);
    app.footer(
        "The server is chosen by -d and libpq's environment (PGHOST, PGDATABASE, ...).\n"
        "Exit status: 0 done, 1 failed, 2 wrong usage.");
    add_registry_command(app);
    add_bench_command(app);
    add_apply_command(app);
    add_compare_command(app);
    add_metrics_command(app);
    add_report_command(app);

    try {
        app.parse(argc, argv);
        return exit_ok;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        fail(std::string(error.what()) + " (perfkit --help shows the usage)");
        return exit_usage;
    } catch (const UsageError& error) {
        fail(error.what());
        return exit_usage;
    } catch (const std::exception& error) {
        fail(sentence_of(error));
        return exit_failed;
    }
}
