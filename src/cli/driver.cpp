#include "driver.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "backend_cpu.hpp"
#include "database.hpp"

namespace perfkit::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

// A statement in the form in which it is sent: the order of values in parameters, and of slots in
// the template's list of values.
struct PreparedStatement {
    const Statement* statement = nullptr;
    std::string with_parameters;
    std::vector<std::size_t> slots;
};

struct PreparedTemplate {
    std::vector<Generator> generators;
    std::vector<PreparedStatement> statements;
};

PreparedTemplate prepare(const QueryTemplate& source, double now, LookupSource& lookups) try {
    PreparedTemplate prepared;
    std::vector<std::string> names;
    for (const auto& parameter : source.parameters) {
        prepared.generators.emplace_back(parameter.distribution, now, lookups);
        const std::size_t width = prepared.generators.back().width();
        if (width != parameter.names.size()) {
            throw std::invalid_argument("the lookup for " + parameter.names.front() + " gives " +
                                        std::to_string(width) + " columns for " +
                                        std::to_string(parameter.names.size()) + " names");
        }
        names.insert(names.end(), parameter.names.begin(), parameter.names.end());
    }
    for (const auto& statement : source.statements) {
        PreparedStatement entry{&statement, statement.with_parameters(), {}};
        for (const auto& name : statement.names()) {
            const auto found = std::find(names.begin(), names.end(), name);
            entry.slots.push_back(static_cast<std::size_t>(found - names.begin()));
        }
        prepared.statements.push_back(std::move(entry));
    }
    return prepared;
} catch (const std::exception& error) {
    throw Failure("template " + source.name + ": " + sentence_of(error));
}

// What all connections share.
struct Run {
    const Workload& workload;
    const DriverOptions& options;
    const std::atomic<bool>& interrupted;
    DriverProgress& progress;
    std::vector<PreparedTemplate> templates;
    WeightedChoice choice;
    std::vector<double> arrivals;  // empty without a rate
    Clock::time_point start;
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};

    double end_seconds() const { return options.warmup_seconds + options.duration_seconds; }
    bool stopping() const { return interrupted || failed; }
};

class Worker {
public:
    Worker(Run& run, int number)
        : run_(run),
          literal_(run.options.form == Form::literal || (run.options.form == Form::mixed && number % 2 == 0)),
          database_(run.options.conninfo),
          lookups_(database_),
          cpu_(database_),
          samples_(run.workload.templates.size()) {}

    void work() try {
        while (!run_.stopping()) {
            const std::size_t operation = run_.next++;
            if (run_.options.operations && operation >= *run_.options.operations) break;
            double due = seconds_between(run_.start, Clock::now());
            if (run_.options.rate) {
                if (operation >= run_.arrivals.size()) break;
                due = run_.arrivals[operation];
                if (!wait_until(due)) break;
            }
            if (seconds_between(run_.start, Clock::now()) >= run_.end_seconds()) {
                // Taken but not started: it stays due.
                unstarted_ = run_.options.rate.has_value();
                break;
            }
            perform(operation, due);
        }
        // Its counters are there when the run is over; else they come with the session's end, for which nobody waits.
        if (!run_.stopping()) database_.run("SELECT pg_catalog.pg_stat_force_next_flush()");
    } catch (...) {
        failure_ = std::current_exception();
        run_.failed = true;
    }

    void cancel() noexcept { database_.cancel(); }

    std::vector<TemplateSamples>& samples() { return samples_; }
    std::exception_ptr failure() const { return failure_; }
    bool unstarted() const { return unstarted_; }
    double max_wait_ms() const { return max_wait_ms_; }

private:
    // False when the run ends before.
    bool wait_until(double due) {
        while (!run_.stopping()) {
            const double left = due - seconds_between(run_.start, Clock::now());
            if (left <= 0) return true;
            std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left, 0.1)));
        }
        return false;
    }

    void perform(std::size_t operation, double due) {
        Random random(run_.options.seed, operation);
        const std::size_t index = run_.choice.draw(random);
        PreparedTemplate& prepared = run_.templates[index];
        values_.clear();
        for (auto& generator : prepared.generators) generator.draw(random, lookups_, values_);

        const double cpu_before = cpu_.milliseconds();
        const Clock::time_point begin = Clock::now();
        const bool succeeded = execute(prepared, samples_[index]);
        const Clock::time_point end = Clock::now();
        const double cpu_used = cpu_.milliseconds() - cpu_before;

        if (!succeeded && run_.stopping()) return;  // cancelled, not failed
        run_.progress.finished++;
        if (!succeeded) run_.progress.errors++;
        if (due < run_.options.warmup_seconds) return;
        TemplateSamples& samples = samples_[index];
        if (!succeeded) {
            ++samples.errors;
            return;
        }
        const double service = seconds_between(begin, end) * 1e3;
        const double wait = run_.options.rate ? (seconds_between(run_.start, begin) - due) * 1e3 : 0;
        max_wait_ms_ = std::max(max_wait_ms_, wait);
        samples.service.push_back(service);
        samples.latency.push_back(service + wait);
        if (cpu_.available()) samples.cpu.push_back(cpu_used);
    }

    bool execute(const PreparedTemplate& prepared, TemplateSamples& samples) try {
        for (const auto& statement : prepared.statements) {
            chosen_.clear();
            for (const std::size_t slot : statement.slots) chosen_.push_back(values_[slot]);
            if (literal_) {
                database_.run(statement.statement->with_literals(chosen_));
            } else {
                database_.run(statement.with_parameters, chosen_);
            }
        }
        return true;
    } catch (const pqxx::broken_connection&) {
        throw;
    } catch (const pqxx::sql_error& error) {
        if (samples.first_error.empty()) samples.first_error = sentence_of(error);
        // A template of several statements may have opened a transaction.
        if (prepared.statements.size() > 1) database_.run("ROLLBACK");
        return false;
    }

    Run& run_;
    bool literal_;
    Database database_;
    DatabaseLookup lookups_;
    BackendCpu cpu_;
    std::vector<TemplateSamples> samples_;
    std::vector<Value> values_;
    std::vector<Value> chosen_;
    std::exception_ptr failure_;
    bool unstarted_ = false;
    double max_wait_ms_ = 0;
};

void append(std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); }

DriverResult collect(const Run& run, std::vector<std::unique_ptr<Worker>>& workers) {
    DriverResult result;
    result.templates.resize(run.workload.templates.size());
    std::size_t unstarted = 0;
    for (auto& worker : workers) {
        for (std::size_t i = 0; i < result.templates.size(); ++i) {
            TemplateSamples& all = result.templates[i];
            const TemplateSamples& one = worker->samples()[i];
            append(all.latency, one.latency);
            append(all.service, one.service);
            append(all.cpu, one.cpu);
            all.errors += one.errors;
            if (all.first_error.empty()) all.first_error = one.first_error;
        }
        result.max_wait_ms = std::max(result.max_wait_ms, worker->max_wait_ms());
        unstarted += worker->unstarted();
    }
    result.interrupted = run.interrupted;
    if (run.options.rate && !result.interrupted) {
        const std::size_t taken = std::min(run.next.load(), run.arrivals.size());
        result.backlog = run.arrivals.size() - taken + unstarted;
    }
    return result;
}

}  // namespace

std::vector<double> arrival_times(double rate, double seconds, std::uint64_t seed) {
    // A stream of its own, so that the same operations come with every rate.
    Random random(seed, ~std::uint64_t{0});
    std::vector<double> times;
    times.reserve(static_cast<std::size_t>(rate * seconds * 1.1) + 16);
    for (double now = 0;;) {
        now += -std::log1p(-random.uniform()) / rate;
        if (now >= seconds) return times;
        times.push_back(now);
    }
}

DriverResult drive(const Workload& workload, const DriverOptions& options, const std::atomic<bool>& interrupted,
                   DriverProgress& progress) {
    Run run{workload, options, interrupted, progress, {}, {}, {}, {}};
    std::vector<double> weights;
    {
        Database database(options.conninfo);
        // What the driver asks for itself is no part of the workload that an advisor should see.
        // Only superusers may say so; for others it is one execution of each lookup.
        for (const char* const setting : {"SET pg_stat_statements.track = none", "SET pg_perfkit.workload = off"}) {
            try {
                database.run(setting);
            } catch (const pqxx::sql_error&) {
            }
        }
        DatabaseLookup lookups(database);
        const double now = std::stod(database.value("SELECT extract(epoch FROM now())"));
        for (const auto& candidate : workload.templates) {
            weights.push_back(candidate.weight);
            run.templates.push_back(candidate.weight > 0 ? prepare(candidate, now, lookups) : PreparedTemplate());
        }
    }
    run.choice = WeightedChoice(weights);
    if (options.rate) {
        run.arrivals = arrival_times(*options.rate, run.end_seconds(), options.seed);
        if (options.operations) run.arrivals.resize(std::min(run.arrivals.size(), *options.operations));
    }

    std::vector<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < options.connections; ++i) workers.push_back(std::make_unique<Worker>(run, i));

    run.start = Clock::now();
    std::vector<std::thread> threads;
    for (auto& worker : workers) threads.emplace_back([&worker] { worker->work(); });
    std::thread watch([&] {
        while (!progress.done) {
            progress.elapsed_seconds = seconds_between(run.start, Clock::now());
            if (run.stopping()) {
                for (auto& worker : workers) worker->cancel();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    });
    for (auto& thread : threads) thread.join();
    const double elapsed = seconds_between(run.start, Clock::now());
    progress.done = true;
    watch.join();

    for (const auto& worker : workers) {
        if (worker->failure() && !interrupted) std::rethrow_exception(worker->failure());
    }
    DriverResult result = collect(run, workers);
    result.elapsed_seconds = std::max(elapsed - options.warmup_seconds, 0.0);
    return result;
}

}  // namespace perfkit::cli
