#include "bench_report.hpp"

#include <nlohmann/json.hpp>

#include "perfkit/core/samples.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

using nlohmann::json;

json number_or_null(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

json json_of_summary(std::vector<double>& values) {
    const SampleSummary summary = summarize_samples(values);
    if (summary.samples == 0) {
        return {{"samples", 0},      {"sum_ms", 0},           {"mean_ms", nullptr},
                {"p50_ms", nullptr}, {"p95_ms", nullptr},     {"p99_ms", nullptr},
                {"max_ms", nullptr}, {"p50_low_ms", nullptr}, {"p50_high_ms", nullptr}};
    }
    return {{"samples", summary.samples},
            {"sum_ms", summary.sum},
            {"mean_ms", summary.mean},
            {"p50_ms", summary.p50},
            {"p95_ms", summary.p95},
            {"p99_ms", number_or_null(summary.p99)},
            {"max_ms", summary.max},
            {"p50_low_ms", number_or_null(summary.p50_low)},
            {"p50_high_ms", number_or_null(summary.p50_high)}};
}

// Several templates together.
struct Pool {
    std::vector<double> latency;
    std::vector<double> service;
    std::vector<double> cpu;
    std::size_t errors = 0;

    void add(const TemplateSamples& samples) {
        latency.insert(latency.end(), samples.latency.begin(), samples.latency.end());
        service.insert(service.end(), samples.service.begin(), samples.service.end());
        cpu.insert(cpu.end(), samples.cpu.begin(), samples.cpu.end());
        errors += samples.errors;
    }

    json to_json(bool scheduled) {
        json summary = json_of_summary(latency);
        summary["errors"] = errors;
        if (scheduled) summary["service"] = json_of_summary(service);
        summary["cpu"] = cpu.empty() ? json(nullptr) : json_of_summary(cpu);
        return summary;
    }
};

std::vector<std::string> row_of(const std::string& name, const json& entry) {
    const auto& cpu = entry["cpu"];
    return {name,
            format_count(entry["samples"].get<double>()),
            format_count(entry["errors"].get<double>()),
            milliseconds_or_dash(entry["mean_ms"]),
            milliseconds_or_dash(entry["p50_ms"]),
            milliseconds_or_dash(entry["p95_ms"]),
            milliseconds_or_dash(entry["p99_ms"]),
            milliseconds_or_dash(entry["max_ms"]),
            cpu.is_null() ? "-" : milliseconds_or_dash(cpu["mean_ms"])};
}

}  // namespace

std::string milliseconds_or_dash(const json& value) {
    return value.is_number() ? format_milliseconds(value.get<double>()) : "-";
}

json json_of_samples(const Workload& workload, DriverResult& result, bool scheduled) {
    json queries = json::array();
    Pool all, reads, writes;
    double weighted_sum = 0;
    double weights = 0;
    for (std::size_t i = 0; i < workload.templates.size(); ++i) {
        const QueryTemplate& source = workload.templates[i];
        if (source.weight <= 0) continue;
        const TemplateSamples& samples = result.templates[i];
        all.add(samples);
        (source.kind == Kind::read ? reads : writes).add(samples);
        Pool own;
        own.add(samples);
        json entry = own.to_json(scheduled);
        entry["name"] = source.name;
        entry["kind"] = source.kind == Kind::read ? "read" : "write";
        entry["about"] = source.about;
        entry["weight"] = source.weight;
        if (!samples.first_error.empty()) entry["first_error"] = samples.first_error;
        if (!own.service.empty()) {
            double sum = 0;
            for (const double value : own.service) sum += value;
            weighted_sum += source.weight * sum / static_cast<double>(own.service.size());
            weights += source.weight;
        }
        queries.push_back(std::move(entry));
    }
    const double operations = static_cast<double>(all.latency.size() + all.errors);
    json report = {{"queries", std::move(queries)},
                   {"reads", reads.to_json(scheduled)},
                   {"writes", writes.to_json(scheduled)},
                   {"all", all.to_json(scheduled)},
                   {"elapsed_s", result.elapsed_seconds},
                   {"throughput_per_s", result.elapsed_seconds > 0 ? operations / result.elapsed_seconds : 0.0},
                   {"mix_mean_ms", weights > 0 ? json(weighted_sum / weights) : json(nullptr)},
                   {"interrupted", result.interrupted},
                   {"backlog", nullptr}};
    if (scheduled) report["backlog"] = {{"unstarted", result.backlog}, {"max_wait_ms", result.max_wait_ms}};
    return report;
}

std::string text_of_report(const json& report) {
    Table table({"ms", "samples", "errors", "mean", "P50", "P95", "P99", "max", "CPU"});
    for (const auto& entry : report["queries"]) table.add(row_of(entry["name"].get<std::string>(), entry));
    table.add(row_of("reads", report["reads"]));
    table.add(row_of("writes", report["writes"]));
    table.add(row_of("all", report["all"]));
    std::string text = table.plain();

    text += "\nthroughput " + format_fixed(report["throughput_per_s"].get<double>(), 1) + "/s over " +
            format_fixed(report["elapsed_s"].get<double>(), 1) + " s";
    if (report["mix_mean_ms"].is_number()) {
        text += "; mean of the mix " + milliseconds_or_dash(report["mix_mean_ms"]) + " ms";
    }
    const auto& ratio = report["cache"]["all"]["hit_ratio"];
    if (ratio.is_number()) text += "; cache hit " + format_percent(ratio.get<double>(), 2);
    text += "\ntables " + format_bytes(report["storage"]["table_bytes"].get<double>()) + "; indexes " +
            format_bytes(report["storage"]["index_bytes"].get<double>()) + "; WAL written " +
            format_bytes(report["wal_bytes"].get<double>()) + '\n';
    const auto& backlog = report["backlog"];
    if (backlog.is_object() && backlog["unstarted"].get<std::size_t>() > 0) {
        text += "The server did not keep up: " + format_count(backlog["unstarted"].get<double>()) +
                " operations were due and not started (the longest wait was " +
                milliseconds_or_dash(backlog["max_wait_ms"]) + " ms); true latencies are higher than these.\n";
    }
    for (const auto& entry : report["queries"]) {
        if (entry.contains("first_error")) {
            text +=
                "error in " + entry["name"].get<std::string>() + ": " + entry["first_error"].get<std::string>() + '\n';
        }
    }
    if (report["interrupted"].get<bool>()) text += "The run was interrupted: this is what it had measured.\n";
    return text;
}

}  // namespace perfkit::cli
