#pragma once

#include <atomic>
#include <string>

namespace CLI {
class App;
}

namespace perfkit::cli {

// Set by SIGINT and SIGTERM; long work polls it.
extern std::atomic<bool> interrupted;

// Each adds one subcommand, whose callback does the work and throws for a failure.
void add_registry_command(CLI::App& app);
void add_bench_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_apply_command(CLI::App& app);
void add_metrics_command(CLI::App& app);
void add_report_command(CLI::App& app);

// -d, as every command that talks to a server has it.
void add_connection_option(CLI::App& command, std::string& conninfo);

std::string read_text_file(const std::string& path);
void write_text_file(const std::string& path, const std::string& text);
// Readers of the file see the old or the new one, never a part.
void replace_text_file(const std::string& path, const std::string& text);

}  // namespace perfkit::cli
