// perfkit registry: the sample database.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "command.hpp"
#include "database.hpp"
#include "embedded.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

// Changes whenever the same scale and seed give other rows.
constexpr int data_version = 1;
// Data that is older than this is moved to the present before it is used again.
constexpr double stale_after_hours = 6;

const char* const table_names[] = {"environments",  "models",      "model_versions",
                                   "training_runs", "deployments", "approvals"};
// In a comment on training_runs: what the tables are, and for which moment they were made.
const std::string mark_prefix = "perfkit registry ";

struct Options {
    std::string conninfo;
    double scale = 1;
    std::int64_t seed = 42;
    bool replace = false;
};

struct Mark {
    int version = 0;
    double scale = 0;
    std::int64_t seed = 0;
    std::string moment;
};

// The shortest text that reads back as the same number: %.15g is enough for what people type.
std::string number_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", value);
    return text;
}

std::string table_list() {
    std::string list;
    for (const char* name : table_names) list += std::string(list.empty() ? "" : ", ") + "public." + name;
    return list;
}

std::optional<Mark> read_mark(Database& database) {
    const std::string comment =
        database.value("SELECT obj_description(to_regclass('public.training_runs'), 'pg_class')");
    if (comment.rfind(mark_prefix, 0) != 0) return std::nullopt;
    const auto json = nlohmann::json::parse(comment.substr(mark_prefix.size()), nullptr, false);
    if (!json.is_object()) return std::nullopt;
    return Mark{json.value("version", 0), json.value("scale", 0.0), json.value("seed", std::int64_t{0}),
                json.value("moment", "")};
}

void write_mark(Database& database, const Options& options) {
    const nlohmann::json json = {{"version", data_version},
                                 {"scale", options.scale},
                                 {"seed", options.seed},
                                 {"moment", database.value("SELECT now() AT TIME ZONE 'UTC' || '+00'")}};
    database.run("COMMENT ON TABLE public.training_runs IS " + quote_literal(mark_prefix + json.dump()));
}

std::vector<std::string> existing_tables(Database& database) {
    std::vector<std::string> found;
    for (const char* name : table_names) {
        if (!database.value("SELECT to_regclass('public." + std::string(name) + "')").empty()) found.push_back(name);
    }
    return found;
}

class Stopwatch {
public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
    std::string text() const { return format_fixed(seconds(), 1) + " s"; }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void report(const std::string& what, const std::string& result, const Stopwatch& watch) {
    std::printf("  %-16s %20s %8s\n", what.c_str(), result.c_str(), watch.text().c_str());
    std::fflush(stdout);
}

// Runs one of the files, part by part; a part begins at "-- step: name".
void run_parts(Database& database, std::string_view sql, const Options& options, Progress& progress, double from,
               double to) {
    const std::string_view marker = "-- step: ";
    const double size = static_cast<double>(sql.size());
    double done = 0;
    while (!sql.empty()) {
        const std::size_t next = std::min(sql.find(marker, 1), sql.size());
        const std::string_view part = sql.substr(0, next);
        sql.remove_prefix(next);
        const std::string name(part.rfind(marker, 0) == 0
                                   ? trimmed(part.substr(marker.size(), part.find('\n') - marker.size()))
                                   : std::string_view());
        progress.show(from + (to - from) * done / size, name);
        done += static_cast<double>(part.size());
        const Stopwatch watch;
        for (const auto& statement : parse_statements(part)) {
            std::vector<Value> values;
            for (const auto& placeholder : statement.names()) {
                values.push_back(
                    {placeholder == "scale" ? number_text(options.scale) : std::to_string(options.seed), true});
            }
            database.run(statement.with_literals(values));
        }
        if (name.empty()) continue;
        progress.finish();
        const bool table = !database.value("SELECT to_regclass('public." + name + "')").empty();
        const std::string rows =
            table ? format_count(std::stod(database.value("SELECT count(*) FROM public." + name))) + " rows" : "";
        report(name, rows, watch);
    }
}

void refresh_statistics(Database& database, Progress& progress) {
    const Stopwatch watch;
    progress.show(0.9, "vacuum, analyze");
    database.run("VACUUM (ANALYZE) " + table_list());
    progress.finish();
    report("vacuum, analyze", "", watch);
}

void load(Database& database, const Options& options) {
    const Stopwatch watch;
    Progress progress("registry load");
    std::cout << "Loading the registry: scale " << number_text(options.scale) << ", seed " << options.seed << std::endl;
    // One transaction: an interruption leaves nothing behind.
    database.run("BEGIN");
    database.run("SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '128MB'; SET LOCAL jit = off");
    if (!existing_tables(database).empty()) database.run("DROP TABLE IF EXISTS " + table_list());
    run_parts(database, embedded::schema, options, progress, 0, 0.02);
    run_parts(database, embedded::data, options, progress, 0.02, 0.7);
    run_parts(database, embedded::keys, options, progress, 0.7, 0.9);
    write_mark(database, options);
    database.run("COMMIT");
    refresh_statistics(database, progress);
    std::cout << "Loaded in " << watch.text() << ": "
              << format_bytes(std::stod(database.value("SELECT sum(pg_table_size(name::regclass)) FROM unnest("
                                                       "string_to_array('" +
                                                       table_list() + "', ', ')) AS name")))
              << " of tables, primary and foreign keys, no other index.\n";
}

// By rewriting the tables rather than updating rows: no dead rows stay behind, and rows keep their
// places.  What the workload has added since stays in the past.
void shift_times(Database& database, const Options& options, const Mark& mark) {
    const Stopwatch watch;
    Progress progress("registry load");
    progress.show(0.3, "shifting times");
    const auto shifted = [&](const std::string& column) {
        // least() passes over NULL.
        return " ALTER COLUMN " + column + " TYPE timestamptz USING CASE WHEN " + column + " IS NOT NULL THEN least(" +
               column + " + (now() - " + quote_literal(mark.moment) + "::timestamptz), now()) END";
    };
    const auto at = [](const char* name) { return std::string("ALTER TABLE public.") + name; };
    database.run("BEGIN");
    database.run("SET LOCAL TimeZone = 'UTC'; SET LOCAL maintenance_work_mem = '128MB'");
    database.run(at("models") + shifted("created_at"));
    database.run(at("model_versions") + shifted("registered_at"));
    database.run(at("training_runs") + shifted("created_at") + "," + shifted("started_at"));
    database.run(at("deployments") + shifted("deployed_at"));
    database.run(at("approvals") + shifted("approved_at"));
    write_mark(database, options);
    database.run("COMMIT");
    progress.finish();
    report("shift times", "", watch);
    refresh_statistics(database, progress);
}

void reuse(Database& database, const Options& options, const Mark& mark) {
    const double hours = std::stod(
        database.value("SELECT extract(epoch FROM now() - " + quote_literal(mark.moment) + "::timestamptz) / 3600"));
    const std::string indexes = database.value(
        "SELECT count(*) FROM pg_index WHERE indrelid = ANY (string_to_array('" + table_list() +
        "', ', ')::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = indexrelid)");
    std::cout << "Reusing the registry that is loaded: scale " << number_text(mark.scale) << ", seed " << mark.seed
              << ", " << indexes << " indexes besides its keys." << std::endl;
    if (hours >= stale_after_hours) {
        std::cout << "Its times end " << format_fixed(hours, 0) << " hours ago: moving them to now." << std::endl;
        shift_times(database, options, mark);
    } else {
        Progress progress("registry load");
        refresh_statistics(database, progress);
    }
}

void load_or_reuse(const Options& options) {
    if (!(options.scale >= 0.001 && options.scale <= 1000)) {
        throw UsageError("--scale wants a number from 0.001 to 1000");
    }
    Database database(options.conninfo);
    const CancelOnInterrupt guard(database);
    database.run("SET search_path = public");
    const auto tables = existing_tables(database);
    const auto mark = read_mark(database);
    if (tables.empty()) {
        load(database, options);
    } else if (!mark) {
        throw Failure("table public." + tables.front() +
                      " exists and was not made by perfkit: connect to another database");
    } else if (options.replace) {
        load(database, options);
    } else if (mark->version == data_version && mark->scale == options.scale && mark->seed == options.seed) {
        reuse(database, options, *mark);
    } else {
        throw Failure("the registry is already loaded, with scale " + number_text(mark->scale) + " and seed " +
                      std::to_string(mark->seed) + ": --replace drops it and loads it anew");
    }
}

void reset(const std::string& conninfo) {
    Database database(conninfo);
    const CancelOnInterrupt guard(database);
    if (!read_mark(database)) throw Failure("there is no registry in this database: perfkit registry load makes it");
    const pqxx::result indexes = database.run(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = ANY (string_to_array('" + table_list() +
        "', ', ')::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = indexrelid) ORDER BY 1");
    for (const auto& row : indexes) {
        database.run(std::string("DROP INDEX ") + row[0].c_str());
        std::cout << "  dropped " << row[0].c_str() << '\n';
    }
    std::cout << indexes.size() << " indexes dropped: the registry has its keys only.\n";
}

}  // namespace

void add_registry_command(CLI::App& app) {
    CLI::App* registry = app.add_subcommand("registry", "The sample database: an ML model registry");
    registry->require_subcommand(1);

    auto options = std::make_shared<Options>();
    CLI::App* load_command = registry->add_subcommand("load", "Create and fill its tables in schema public");
    add_connection_option(*load_command, options->conninfo);
    load_command->add_option("--scale", options->scale, "1 is a million training runs")->capture_default_str();
    load_command->add_option("--seed", options->seed, "Other rows of the same shape")->capture_default_str();
    load_command->add_flag("--replace", options->replace, "Drop a registry that is there and load anew");
    load_command->callback([options] { load_or_reuse(*options); });

    auto conninfo = std::make_shared<std::string>();
    CLI::App* reset_command = registry->add_subcommand("reset", "Drop every index on it but those of its keys");
    add_connection_option(*reset_command, *conninfo);
    reset_command->callback([conninfo] { reset(*conninfo); });
}

}  // namespace perfkit::cli
