// perfkit apply: carries out what pk_suggest_indexes() advises.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "command.hpp"
#include "index_build.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

struct Options {
    std::string conninfo;
    bool dry_run = false;
    bool yes = false;
    bool include_drops = false;
    std::vector<std::string> only;
    int max = 0;
    double lock_timeout = -1;
    std::string json_file;
};

struct Advice {
    std::string id, action, schema, table, index, ddl, reason, warning;
    std::optional<double> bytes, cost_before, cost_after, saved_ms_per_hour;
};

std::vector<Advice> read_advice(Database& database) {
    const std::string function = database.extension_function("pk_suggest_indexes");
    std::vector<Advice> advice;
    for (const auto& row : database.run(
             "SELECT advice_id, action, schema_name, table_name, index_name, ddl, reason, warning, est_size_bytes,"
             " cost_before, cost_after, saved_ms_per_hour FROM " +
             function + "() ORDER BY rank")) {
        const auto text = [&](int column) { return row[column].is_null() ? std::string() : row[column].c_str(); };
        const auto number = [&](int column) {
            return row[column].is_null() ? std::nullopt : std::optional(row[column].as<double>());
        };
        advice.push_back({text(0), text(1), text(2), text(3), text(4), text(5), text(6), text(7), number(8), number(9),
                          number(10), number(11)});
    }
    return advice;
}

bool is_drop(const Advice& advice) { return advice.action == "drop" || advice.ddl.rfind("DROP ", 0) == 0; }

// What the options leave of the advice, in its order.
std::vector<Advice> select(const std::vector<Advice>& all, const Options& options) {
    for (const auto& id : options.only) {
        if (std::none_of(all.begin(), all.end(), [&](const Advice& a) { return a.id == id; })) {
            throw UsageError("there is no advice " + id + " (perfkit apply --dry-run shows all)");
        }
    }
    std::vector<Advice> selected;
    for (const auto& advice : all) {
        if (!options.only.empty() &&
            std::find(options.only.begin(), options.only.end(), advice.id) == options.only.end()) {
            continue;
        }
        if (is_drop(advice) && !options.include_drops) continue;
        if (options.max > 0 && selected.size() == static_cast<std::size_t>(options.max)) break;
        selected.push_back(advice);
    }
    // What replaces an index is made before that index goes.
    std::stable_partition(selected.begin(), selected.end(), [](const Advice& entry) { return !is_drop(entry); });
    return selected;
}

void print_advice(const std::vector<Advice>& advice) {
    Table table({"advice", "action", "size", "cost before", "cost after", "saved/h", "index"});
    table.text_from(6);
    const auto number = [](const std::optional<double>& value) { return value ? format_count(*value) : "-"; };
    for (const auto& entry : advice) {
        table.add({entry.id, entry.action, entry.bytes ? format_bytes(*entry.bytes) : "-", number(entry.cost_before),
                   number(entry.cost_after),
                   entry.saved_ms_per_hour ? format_fixed(*entry.saved_ms_per_hour / 1000, 1) + " s" : "-",
                   entry.index.empty() ? entry.table : entry.index});
    }
    std::cout << table.plain() << '\n';
    for (const auto& entry : advice) {
        std::cout << entry.ddl << '\n';
        if (!entry.reason.empty()) std::cout << "    " << entry.reason << '\n';
        if (!entry.warning.empty()) std::cout << "    WARNING: " << entry.warning << '\n';
    }
    std::cout << std::endl;
}

void confirm(const Options& options, std::size_t statements) {
    if (options.yes) return;
    if (isatty(STDIN_FILENO) != 1) {
        throw UsageError("--yes is needed where nobody can be asked (--dry-run only shows the advice)");
    }
    std::cout << "Run " << statements << (statements == 1 ? " statement" : " statements") << "? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "y" && answer != "Y" && answer != "yes") throw Failure("nothing was changed");
}

// A row in pk_applied, from which pk_verify() tells later whether it was any good.  Where there can be none, because
// the extension is older or the role may not write one, the work goes on without.
class Record {
public:
    Record(Database& database, const Advice& advice)
        : database_(database), advice_(advice), schema_(database.extension_schema()) {}

    enum class Begun { may_go_on, under_way, table_is_busy };
    Begun begin() try {
        id_ = database_.value("SELECT " + schema_ + "pk_applied_begin(" + quote_literal(advice_.id) + ")");
        return Begun::may_go_on;
    } catch (const pqxx::sql_error& error) {
        const std::string sqlstate = sqlstate_of(error);
        return sqlstate == "55006" ? Begun::under_way : sqlstate == "55P03" ? Begun::table_is_busy : Begun::may_go_on;
    }

    // Statements that drop the invalid indexes that earlier changes of the table have left.
    std::vector<std::string> left_behind() {
        std::vector<std::string> statements;
        if (id_.empty()) return statements;
        try {
            for (const auto& row : database_.run(
                     "SELECT DISTINCT cleanup_ddl FROM " + schema_ + "pk_applied WHERE cleanup_ddl IS NOT NULL" +
                     " AND schema_name = " + quote_literal(advice_.schema) + " AND table_name = " +
                     quote_literal(advice_.table) + " AND index_name <> " + quote_literal(advice_.index)))
                statements.emplace_back(row[0].c_str());
        } catch (const pqxx::sql_error&) {
        }
        return statements;
    }

    void end(const ChangeOutcome& outcome) {
        if (id_.empty()) return;
        const std::string error = outcome.status == ChangeStatus::exists      ? "it was there already"
                                  : outcome.status == ChangeStatus::cancelled ? "interrupted"
                                  : outcome.error.empty()                     ? "failed"
                                                                              : outcome.error;
        const bool done = outcome.status == ChangeStatus::done;
        try {
            database_.run("SELECT " + schema_ + "pk_applied_end('" + id_ + "'" +
                          (done ? "" : ", " + quote_literal(error)) + ")");
        } catch (const pqxx::sql_error&) {
        }
    }

private:
    Database& database_;
    const Advice& advice_;
    std::string schema_, id_;
};

std::string status_word(const Advice& advice, ChangeStatus status) {
    switch (status) {
        case ChangeStatus::exists:
            return "exists";
        case ChangeStatus::failed:
            return "failed";
        case ChangeStatus::cancelled:
            return "interrupted";
        case ChangeStatus::under_way:
            return "under way";
        case ChangeStatus::done:
            break;
    }
    return is_drop(advice) ? "dropped" : advice.action == "reindex" ? "rebuilt" : "created";
}

// An expression has statistics only after ANALYZE, and a table that was never analyzed has none.
// Everything else the planner knows already.
std::vector<std::string> analyze_where_needed(Database& database, const std::vector<Advice>& created) {
    std::set<std::string> tables;
    for (const auto& advice : created) {
        const std::string index = quote_identifier(advice.schema) + '.' + quote_identifier(advice.index);
        const std::string table = database.value(
            "SELECT (SELECT indrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indrelid"
            " WHERE indexrelid = to_regclass(" +
            quote_literal(index) + ") AND (indexprs IS NOT NULL OR c.reltuples < 0))");
        if (!table.empty()) tables.insert(table);
    }
    for (const auto& table : tables) {
        std::cout << "ANALYZE " << table << ": its new index has an expression, or it had no statistics" << std::endl;
        database.run("ANALYZE " + table);
    }
    return {tables.begin(), tables.end()};
}

nlohmann::json json_of(const Advice& advice, const ChangeOutcome& outcome) {
    return {{"advice_id", advice.id},
            {"action", advice.action},
            {"schema", advice.schema},
            {"table", advice.table},
            {"index", advice.index},
            {"ddl", advice.ddl},
            {"status", status_word(advice, outcome.status)},
            {"error", outcome.error.empty() ? nlohmann::json(nullptr) : nlohmann::json(outcome.error)},
            {"attempts", outcome.attempts},
            {"seconds", outcome.seconds},
            {"bytes", outcome.bytes ? nlohmann::json(*outcome.bytes) : nlohmann::json(nullptr)},
            {"est_size_bytes", advice.bytes ? nlohmann::json(*advice.bytes) : nlohmann::json(nullptr)}};
}

// Carries advice out, one piece after the other, and keeps what became of each.
class Run {
public:
    Run(Database& database, const Options& options)
        : database_(database),
          builder_(options.conninfo,
                   options.lock_timeout >= 0 ? std::optional<double>(options.lock_timeout) : std::nullopt) {}

    void carry_out(const std::vector<Advice>& selected) {
        std::vector<const Advice*> later;
        for (const auto& advice : selected) {
            if (interrupted) return;
            // On one table everything keeps its order.
            const bool behind = std::any_of(later.begin(), later.end(),
                                            [&](const Advice* other) { return table_of(*other) == table_of(advice); });
            if (!behind && carry_out(advice)) continue;
            std::cout << "later: " << advice.index << ", another change of its table is under way" << std::endl;
            later.push_back(&advice);
        }
        for (const Advice* const advice : later)
            while (!interrupted && !carry_out(*advice)) std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }

    std::vector<Advice> created;
    std::size_t failures = 0;
    std::int64_t bytes = 0;
    nlohmann::json results = nlohmann::json::array();

private:
    static std::string table_of(const Advice& advice) { return advice.schema + '.' + advice.table; }

    // False where another change of the table has to end before.
    bool carry_out(const Advice& advice) {
        // The index to drop may be what the one that is not there would have replaced.
        if (is_drop(advice) && tables_without_index_.count(table_of(advice))) {
            std::cout << "kept " << advice.index << ": an index on its table has not been made" << std::endl;
            return true;
        }
        Record record(database_, advice);
        const Record::Begun begun = record.begin();
        if (begun == Record::Begun::table_is_busy) return false;
        ChangeOutcome outcome;
        if (begun == Record::Begun::under_way) {
            outcome.status = ChangeStatus::under_way;
            outcome.error = "another session is carrying out the same advice";
        } else {
            for (const std::string& statement : record.left_behind())
                if (builder_.clean_up(statement))
                    std::cout << "cleaned up after an earlier change: " << statement << std::endl;
            outcome = builder_.apply({advice.schema, advice.index, advice.ddl, advice.action == "create"});
            record.end(outcome);
        }
        tell(advice, outcome);
        return true;
    }

    void tell(const Advice& advice, const ChangeOutcome& outcome) {
        std::cout << status_word(advice, outcome.status) << ' ' << advice.index;
        if (outcome.bytes) std::cout << ", " << format_bytes(static_cast<double>(*outcome.bytes));
        std::cout << ", " << format_fixed(outcome.seconds, 1) << " s";
        if (outcome.attempts > 1) std::cout << ", at the second attempt";
        if (!outcome.error.empty()) std::cout << ": " << outcome.error;
        std::cout << std::endl;
        if (outcome.status == ChangeStatus::done && advice.action == "create") {
            created.push_back(advice);
            bytes += outcome.bytes.value_or(0);
        }
        if (outcome.status == ChangeStatus::failed) ++failures;
        if (outcome.status == ChangeStatus::failed || outcome.status == ChangeStatus::under_way)
            tables_without_index_.insert(table_of(advice));
        results.push_back(json_of(advice, outcome));
    }

    Database& database_;
    IndexBuilder builder_;
    std::set<std::string> tables_without_index_;
};

void apply(const Options& options) {
    Database database(options.conninfo);
    // It waits while the others work.
    database.run("SET idle_session_timeout = 0");
    const std::vector<Advice> all = read_advice(database);
    const std::vector<Advice> selected = select(all, options);
    const auto drops = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), is_drop));
    if (all.empty()) std::cout << "There is no advice: no index would help the workload that was seen." << std::endl;
    if (!selected.empty()) print_advice(selected);
    if (drops > 0 && !options.include_drops) {
        std::cout << "Left out: " << drops << " to drop an index (--include-drops takes them in)." << std::endl;
    }
    if (options.dry_run) return;

    if (!selected.empty()) confirm(options, selected.size());
    Run run(database, options);
    run.carry_out(selected);
    const auto analyzed = interrupted ? std::vector<std::string>() : analyze_where_needed(database, run.created);
    if (!run.created.empty()) {
        std::cout << run.created.size() << (run.created.size() == 1 ? " index" : " indexes") << " created, "
                  << format_bytes(static_cast<double>(run.bytes)) << ".\n";
    }
    if (!options.json_file.empty()) {
        const nlohmann::json report = {
            {"format", "perfkit-apply-1"}, {"advice", std::move(run.results)}, {"analyzed", analyzed}};
        write_text_file(options.json_file, report.dump(2) + '\n');
    }
    if (interrupted) throw Failure("interrupted; the indexes that were created stay");
    if (run.failures > 0) {
        throw Failure(std::to_string(run.failures) + " of " + std::to_string(selected.size()) + " statements failed");
    }
}

}  // namespace

void add_apply_command(CLI::App& app) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("apply", "Carry out the advice of pk_suggest_indexes()");
    add_connection_option(*command, options->conninfo);
    command->add_flag("--dry-run", options->dry_run, "Show the advice and change nothing");
    command->add_flag("-y,--yes", options->yes, "Do not ask");
    command->add_option("--only", options->only, "Only these, by advice_id")->delimiter(',')->type_name("ID,...");
    command->add_option("--max", options->max, "Only so many, from the first rank on")->check(CLI::Range(1, 100000));
    command->add_flag("--include-drops", options->include_drops, "Drop indexes too, where that is advised");
    command
        ->add_option("--lock-timeout", options->lock_timeout,
                     "Seconds to wait for a lock, 0 for ever; by default 2, and for ever where CONCURRENTLY")
        ->check(CLI::Range(0.0, 86400.0));
    command->add_option("--json", options->json_file, "Write what was done to this file");
    command->callback([options] { apply(*options); });
}

}  // namespace perfkit::cli
