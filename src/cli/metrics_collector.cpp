#include "metrics_collector.hpp"

#include <algorithm>
#include <iostream>

#include "conninfo.hpp"
#include "perfkit/core/metrics.hpp"
#include "statement.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

constexpr std::string_view query_canceled = "57014";

// The same words as in sql/metrics.sql, whose metric it is.
void add_up(MetricsText& text, const std::string& database, bool up) {
    std::vector<metrics::Label> labels{{"area", "scrape"}};
    if (!database.empty()) labels.push_back({"database", metrics::printable_utf8(database)});
    text.add("pg_perfkit_up", "gauge", "1 where the area could be read, 0 where an error kept it from being read.",
             metrics::sample("pg_perfkit_up", labels, up ? 1 : 0));
}

void add_counter(MetricsText& text, const std::string& name, std::string_view help, double value) {
    text.add(name, "counter", help, metrics::sample(name, {}, value));
}

// A name that no path resolves to somebody else's function.
std::string function_of_extension(Database& database) {
    const std::string schema = database.value(
        "SELECT coalesce((SELECT extnamespace::regnamespace::text || '.' FROM pg_catalog.pg_extension"
        " WHERE extname = 'pg_perfkit'), '')");
    if (schema.empty()) throw Failure("there is no pg_perfkit in this database: CREATE EXTENSION pg_perfkit makes it");
    return schema + "pk_metrics";
}

}  // namespace

std::string metrics_arguments(const MetricsQuery& query, bool further) {
    std::string arguments;
    const auto add = [&](const std::string& name, const std::string& value) {
        arguments += (arguments.empty() ? "" : ", ") + name + " => " + value;
    };
    if (query.top_tables) add("top_tables", std::to_string(*query.top_tables));
    if (further) {
        // The rest is of the whole server.
        add("areas", "'{vacuum,bloat}'");
        return arguments;
    }
    if (query.top_queries) add("top_queries", std::to_string(*query.top_queries));
    if (query.sizes_ms) add("sizes_ms", std::to_string(*query.sizes_ms));
    if (query.checks == "all") {
        add("checks", "NULL");
    } else if (query.checks == "none") {
        add("checks", "'{}'");
    } else if (query.checks != "default") {
        std::string names;
        for (const auto& name : split_list(query.checks, ','))
            names += (names.empty() ? "" : ", ") + quote_literal(name);
        add("checks", "ARRAY[" + names + "]");
    }
    return arguments;
}

MetricsSource::MetricsSource(std::string connection, std::string name, std::string arguments)
    : connection_(std::move(connection)), name_(std::move(name)), arguments_(std::move(arguments)) {}

void MetricsSource::connect() {
    auto fresh = std::make_shared<Database>(connection_);
    // Between two scrapes the session is idle.  Compiling what runs for milliseconds costs more than it saves.
    fresh->run(
        "SET client_encoding = 'UTF8'; SET idle_session_timeout = 0; SET jit = off; SET statement_timeout = '5s'");
    statement_timeout_ = -1;
    function_ = function_of_extension(*fresh);
    ++connects_;
    const std::lock_guard lock(mutex_);
    database_ = std::move(fresh);
}

void MetricsSource::disconnect() {
    const std::lock_guard lock(mutex_);
    database_.reset();
}

std::string MetricsSource::ask(Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
        late_ = true;
        throw Failure("there was no time left to ask it");
    }
    // Scrapes have the same time as a rule, less what the statement before took.
    if (const long timeout = static_cast<long>((left + 9) / 10 * 10); timeout != statement_timeout_) {
        statement_timeout_ = -1;
        database_->run("SET statement_timeout = " + std::to_string(timeout));
        statement_timeout_ = timeout;
    }
    return database_->value("SELECT " + function_ + "(" + arguments_ + ")");
}

std::string MetricsSource::read(Clock::time_point deadline) {
    late_ = false;
    bool kept = database_ != nullptr && database_->alive();
    if (!kept) disconnect();
    while (true) {
        std::string trouble;
        try {
            if (!kept) connect();
            return ask(deadline);
        } catch (const pqxx::sql_error& error) {
            trouble = sentence_of(error);
            late_ = sqlstate_of(error) == query_canceled;
        } catch (const std::exception& error) {
            trouble = sentence_of(error);
        }
        if (!late_) disconnect();
        if (!kept || late_) throw Failure((name_.empty() ? "" : "database " + name_ + ": ") + trouble);
        // The server was restarted since, or the extension made anew: that is no reason for a gap.
        kept = false;
    }
}

void MetricsSource::cancel() noexcept {
    std::shared_ptr<Database> database;
    {
        const std::lock_guard lock(mutex_);
        database = database_;
    }
    if (database) database->cancel();
}

MetricsCollector::MetricsCollector(const MetricsQuery& query) {
    std::string connection = connection_string(query.conninfo);
    // A server that has vanished from the network is noticed within half a minute, not within hours.
    for (const auto& [name, value] : {std::pair{"connect_timeout", "5"},
                                      {"keepalives_idle", "10"},
                                      {"keepalives_interval", "5"},
                                      {"keepalives_count", "3"},
                                      {"tcp_user_timeout", "25000"}}) {
        connection = with_default(connection, name, value);
    }
    sources_.push_back(std::make_unique<MetricsSource>(connection, "", metrics_arguments(query, false)));
    for (const auto& name : query.also) {
        sources_.push_back(std::make_unique<MetricsSource>(with_parameter(connection, "dbname", name), name,
                                                           metrics_arguments(query, true)));
    }
    troubles_.resize(sources_.size());
}

std::string MetricsCollector::text(Clock::time_point deadline) {
    MetricsText all;
    for (const auto& source : sources_) all.add(source->read(deadline), source->name());
    return all.text();
}

Round MetricsCollector::round(Clock::time_point deadline) noexcept {
    const auto began = Clock::now();
    MetricsText all;
    bool failed = false;
    bool late = false;
    long connects = 0;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        MetricsSource& source = *sources_[i];
        std::string trouble;
        try {
            MetricsText one;
            one.add(source.read(deadline), source.name());
            all.add(one.text());
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        add_up(all, source.name(), trouble.empty());
        tell(i, trouble);
        failed |= !trouble.empty();
        late |= source.late();
        connects += source.connects();
    }
    ++rounds_;
    failures_ += failed;
    add_counter(all, "pg_perfkit_exporter_rounds_total", "How often the databases were asked for metrics.",
                static_cast<double>(rounds_));
    add_counter(all, "pg_perfkit_exporter_failures_total", "How often one of them could not be asked.",
                static_cast<double>(failures_));
    add_counter(all, "pg_perfkit_exporter_connects_total", "Connections that were made; they are kept.",
                static_cast<double>(connects));
    all.add("pg_perfkit_exporter_seconds", "gauge", "Time that asking all databases took.",
            metrics::sample("pg_perfkit_exporter_seconds", {},
                            std::chrono::duration<double>(Clock::now() - began).count()));
    return {all.text(), late};
}

void MetricsCollector::cancel() noexcept {
    for (const auto& source : sources_) source->cancel();
}

// Once, and not at each scrape.
void MetricsCollector::tell(std::size_t source, const std::string& trouble) {
    if (trouble == troubles_[source]) return;
    const std::string& name = sources_[source]->name();
    if (!trouble.empty()) {
        std::cerr << "perfkit: " + trouble + "\n" << std::flush;
    } else {
        std::cerr << "perfkit: " + (name.empty() ? "the server" : "database " + name) + " answers again\n"
                  << std::flush;
    }
    troubles_[source] = trouble;
}

std::string metrics_of_no_round() {
    MetricsText text;
    add_up(text, "", false);
    return text.text();
}

}  // namespace perfkit::cli
