#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "database.hpp"
#include "metrics_text.hpp"
#include "shared_rounds.hpp"

namespace perfkit::cli {

// What to ask for.
struct MetricsQuery {
    std::string conninfo;
    std::vector<std::string> also;  // further databases of that server, of which only their own metrics are told
    // Arguments of pk_metrics(); what is not given is left to it.
    std::optional<int> top_queries, top_tables, sizes_ms;
    std::string checks = "default";  // default, all, none, or names
};

// The arguments of a call of pk_metrics(), for the first database or for a further one.
std::string metrics_arguments(const MetricsQuery& query, bool further);

// One database, over a connection that is kept, and made anew once it is broken.
class MetricsSource {
public:
    // name: of a further database; empty for the first.
    MetricsSource(std::string connection, std::string name, std::string arguments);

    // What pk_metrics() says.  Throws Failure, whose text names the database.
    std::string read(Clock::time_point deadline);
    // Cancels what read() waits for; from any thread.
    void cancel() noexcept;

    const std::string& name() const { return name_; }
    // Whether the last read() was given up for lack of time.
    bool late() const { return late_; }
    int connects() const { return connects_; }

private:
    std::string ask(Clock::time_point deadline);
    void connect();
    void disconnect();

    const std::string connection_;
    const std::string name_;
    const std::string arguments_;
    std::mutex mutex_;  // of the pointer; only read() changes it
    std::shared_ptr<Database> database_;
    std::string function_;
    long statement_timeout_ = -1;
    bool late_ = false;
    int connects_ = 0;
};

// All databases of the query, one after the other.
class MetricsCollector {
public:
    explicit MetricsCollector(const MetricsQuery& query);

    // The metrics of all; throws Failure where one of them cannot be had.
    std::string text(Clock::time_point deadline);
    // For a scraper: a database that cannot be asked is one of pg_perfkit_up 0, with its reason on standard error.
    Round round(Clock::time_point deadline) noexcept;
    void cancel() noexcept;

private:
    void tell(std::size_t source, const std::string& trouble);

    std::vector<std::unique_ptr<MetricsSource>> sources_;
    std::vector<std::string> troubles_;
    long rounds_ = 0;
    long failures_ = 0;
};

// What a scraper is given when no round was ready in time.
std::string metrics_of_no_round();

}  // namespace perfkit::cli
