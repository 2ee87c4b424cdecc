#include "comparison.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench_report.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

using nlohmann::json;

constexpr double noticeable_change = 0.10;

// The part of a query's entry (or of "reads", "writes", "all") that holds the chosen measure.
const json& measured(const json& entry, Measure measure) {
    static const json nothing = {{"samples", 0}};
    if (measure == Measure::cpu) return entry["cpu"].is_object() ? entry["cpu"] : nothing;
    // Without a rate both are the same, and stored once.
    if (measure == Measure::service && entry.contains("service")) return entry["service"];
    return entry;
}

const json* find_query(const json& report, const std::string& name) {
    for (const auto& entry : report["queries"]) {
        if (entry["name"] == name) return &entry;
    }
    return nullptr;
}

const json& field(const json& summary, const char* key) {
    static const json null;
    if (!summary.is_object()) return null;
    const auto found = summary.find(key);
    return found == summary.end() ? null : *found;
}

std::string label_of(const json& report, std::size_t index) {
    const std::string label = report.value("label", "");
    if (!label.empty()) return label;
    return index == 0 ? "before" : index == 1 ? "after" : "run " + std::to_string(index + 1);
}

std::string verdict_text(Verdict verdict) {
    switch (verdict) {
        case Verdict::faster:
            return "faster";
        case Verdict::slower:
            return "SLOWER";
        case Verdict::unchanged:
            return "no clear change";
        case Verdict::too_few_samples:
            return "too few samples";
    }
    return "";
}

// The change of the medians, and in parentheses the least and greatest change of a round, where both
// have the same number of rounds.
std::string change_with_spread(const json& before, const json& after, const char* key) {
    const std::string change = change_text(field(before, key), field(after, key));
    const json& first = field(field(before, "rounds"), key);
    const json& second = field(field(after, "rounds"), key);
    if (!first.is_array() || !second.is_array() || first.size() != second.size() || first.size() < 2) return change;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < first.size(); ++i) ratios.push_back(second[i].get<double>() / first[i].get<double>());
    const auto [least, greatest] = std::minmax_element(ratios.begin(), ratios.end());
    return change + " (" + change_text(1, *least) + " to " + change_text(1, *greatest) + ')';
}

json wal_per_write(const json& report) {
    const double writes = report["writes"]["samples"].get<double>();
    return writes > 0 ? json(report["wal_bytes"].get<double>() / writes) : json(nullptr);
}

const char* measure_text(Measure measure) {
    switch (measure) {
        case Measure::latency:
            return "latency";
        case Measure::service:
            return "time in service";
        case Measure::cpu:
            return "CPU time of the backend";
    }
    return "";
}

class Comparison {
public:
    Comparison(const std::vector<json>& reports, Measure measure, bool markdown)
        : reports_(reports), measure_(measure), markdown_(markdown) {}

    std::string text() {
        if (reports_.size() == 2) {
            add_pair_table();
        } else {
            for (const auto& [key, title] : {std::pair("p50_ms", "P50"), std::pair("p95_ms", "P95"),
                                             std::pair("p99_ms", "P99"), std::pair("mean_ms", "mean")}) {
                add_measure_table(key, title);
            }
        }
        add_totals();
        for (std::size_t i = 1; i < reports_.size(); ++i) add_findings(i);
        add_differences();
        return text_;
    }

private:
    // Every query that any of the runs has, in order of first appearance; then the pools.
    std::vector<std::string> rows() const {
        std::vector<std::string> names;
        for (const auto& report : reports_) {
            for (const auto& entry : report["queries"]) {
                const auto name = entry["name"].get<std::string>();
                if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
            }
        }
        for (const char* pool : {"reads", "writes", "all"}) {
            const auto has_samples = [&](const json& report) { return report[pool]["samples"] > 0; };
            if (std::any_of(reports_.begin(), reports_.end(), has_samples)) names.push_back(pool);
        }
        return names;
    }

    static bool is_pool(const std::string& name) { return name == "reads" || name == "writes" || name == "all"; }

    bool is_read(const std::string& name) const {
        for (const auto& report : reports_) {
            if (const json* entry = find_query(report, name)) return (*entry)["kind"] == "read";
        }
        return false;
    }

    const json& summary(std::size_t run, const std::string& name) const {
        static const json nothing = {{"samples", 0}};
        if (const json* entry = find_query(reports_[run], name)) return measured(*entry, measure_);
        if (is_pool(name)) return measured(reports_[run][name], measure_);
        return nothing;
    }

    void add(const Table& table) { text_ += (markdown_ ? table.markdown() : table.plain()) + '\n'; }

    void add_line(const std::string& line) { text_ += line + (markdown_ ? "\n\n" : "\n"); }

    void add_pair_table() {
        add_line(std::string("Milliseconds, ") + measure_text(measure_) + ": " + label_of(reports_[0], 0) + " -> " +
                 label_of(reports_[1], 1));
        Table table({"query", "samples", "P50", "change", "P95", "change", "P99", "change", "mean", "change", ""});
        table.text_from(10);
        for (const auto& name : rows()) {
            const json& before = summary(0, name);
            const json& after = summary(1, name);
            std::vector<std::string> row = {name, format_count(before["samples"].get<double>()) + " -> " +
                                                      format_count(after["samples"].get<double>())};
            for (const char* key : {"p50_ms", "p95_ms", "p99_ms", "mean_ms"}) {
                row.push_back(milliseconds_or_dash(field(before, key)) + " -> " +
                              milliseconds_or_dash(field(after, key)));
                row.push_back(change_with_spread(before, after, key));
            }
            row.push_back(is_pool(name) ? "" : verdict_text(judge(before, after)));
            table.add(row);
        }
        add(table);
    }

    void add_measure_table(const char* key, const std::string& title) {
        std::vector<std::string> header = {title + ", ms", "samples"};
        for (std::size_t i = 0; i < reports_.size(); ++i) {
            header.push_back(label_of(reports_[i], i));
            if (i > 0) header.push_back("change");
        }
        Table table(header);
        bool empty = true;
        for (const auto& name : rows()) {
            std::vector<std::string> row = {name, samples_text(name)};
            bool none = true;
            for (std::size_t i = 0; i < reports_.size(); ++i) {
                const json& value = field(summary(i, name), key);
                row.push_back(milliseconds_or_dash(value));
                none = none && value.is_null();
                if (i > 0) row.push_back(change_with_spread(summary(0, name), summary(i, name), key));
            }
            if (none) continue;  // P99 of few samples
            table.add(row);
            empty = false;
        }
        if (!empty) add(table);
    }

    // One number where all runs have as many.
    std::string samples_text(const std::string& name) const {
        const std::string first = format_count(summary(0, name)["samples"].get<double>());
        std::string all = first;
        bool same = true;
        for (std::size_t i = 1; i < reports_.size(); ++i) {
            const std::string count = format_count(summary(i, name)["samples"].get<double>());
            same = same && count == first;
            all += ", " + count;
        }
        return same ? first : all;
    }

    template <class Value>
    void add_total(Table& table, const std::string& name, const Value& value_of, const auto& format, bool relative) {
        std::vector<std::string> row = {name};
        bool none = true;
        for (std::size_t i = 0; i < reports_.size(); ++i) {
            const json value = value_of(reports_[i]);
            none = none && !value.is_number();
            row.push_back(value.is_number() ? format(value.template get<double>()) : "-");
            if (i > 0) row.push_back(relative ? change_text(value_of(reports_[0]), value) : "");
        }
        if (!none) table.add(row);  // of another kind of run
    }

    void add_totals() {
        std::vector<std::string> header = {"whole run"};
        for (std::size_t i = 0; i < reports_.size(); ++i) {
            header.push_back(label_of(reports_[i], i));
            if (i > 0) header.push_back("change");
        }
        Table table(header);
        const auto percent = [](double value) { return format_percent(value, 2); };
        const auto per_second = [](double value) { return format_fixed(value, 1) + "/s"; };
        const auto milliseconds = [](double value) { return format_milliseconds(value) + " ms"; };
        add_total(
            table, "mean of the mix", [](const json& r) { return r["mix_mean_ms"]; }, milliseconds, true);
        add_total(
            table, "time in queries", [&](const json& r) { return same_operations_sum(r); },
            [](double value) { return format_fixed(value / 1000, 1) + " s"; }, true);
        add_total(
            table, "throughput", [](const json& r) { return r["throughput_per_s"]; }, per_second, true);
        add_total(
            table, "cache hit", [](const json& r) { return r["cache"]["all"]["hit_ratio"]; }, percent, false);
        add_total(
            table, "index bytes", [](const json& r) { return r["storage"]["index_bytes"]; }, format_bytes, true);
        add_total(
            table, "table bytes", [](const json& r) { return r["storage"]["table_bytes"]; }, format_bytes, true);
        add_total(
            table, "WAL per write", [](const json& r) { return wal_per_write(r); }, format_bytes, true);
        add_total(
            table, "write P50", [&](const json& r) { return field(measured(r["writes"], measure_), "p50_ms"); },
            milliseconds, true);
        add_total(
            table, "write P95", [&](const json& r) { return field(measured(r["writes"], measure_), "p95_ms"); },
            milliseconds, true);
        add_total(
            table, "errors", [](const json& r) { return r["all"]["errors"]; }, format_count, false);
        add_total(
            table, "due, not started",
            [](const json& r) { return r["backlog"].is_object() ? r["backlog"]["unstarted"] : json(nullptr); },
            format_count, false);
        add(table);
    }

    // Comparable only where the runs had the same operations to do.
    json same_operations_sum(const json& report) const {
        const json& operations = field(report, "operations");
        if (operations.is_null() || operations != field(reports_[0], "operations")) return nullptr;
        return field(measured(report["all"], measure_), "sum_ms");
    }

    // What a reader must not overlook.
    void add_findings(std::size_t run) {
        const std::string who = reports_.size() == 2 ? "" : label_of(reports_[run], run) + ": ";
        std::string same, slower, unsure;
        const auto list = [](std::string& names, const std::string& name) {
            names += (names.empty() ? "" : ", ") + name;
        };
        for (const auto& name : rows()) {
            if (is_pool(name)) continue;
            const json& before = summary(0, name);
            const json& after = summary(run, name);
            const Verdict verdict = judge(before, after);
            if (verdict == Verdict::slower) list(slower, name);
            if (verdict != Verdict::unchanged || !is_read(name)) continue;
            const double ratio = after["p50_ms"].get<double>() / before["p50_ms"].get<double>();
            list(ratio > 1 - noticeable_change ? same : unsure, name);
        }
        if (!same.empty()) add_line(who + "Not helped by any index: " + same + '.');
        if (!unsure.empty()) add_line(who + "Perhaps faster; more samples would tell: " + unsure + '.');
        if (!slower.empty()) add_line(who + "Slower than before: " + slower + '.');

        if (reports_[run]["reads"]["samples"] == 0) return;  // writes alone have no use for most indexes
        add_unused(who, run, true);
        add_unused(who, run, false);
    }

    // Indexes without a scan in the run: those made since the first run, or those that it had too.
    // Keys are left out: they have another purpose.
    void add_unused(const std::string& who, std::size_t run, bool made_since) {
        std::string unused;
        double bytes = 0;
        int made = 0;
        for (const auto& index : reports_[run]["indexes"]) {
            const auto same = [&](const json& other) {
                return other["name"] == index["name"] && other["schema"] == index["schema"];
            };
            const auto& earlier = reports_[0]["indexes"];
            if (index["constraint"].get<bool>() || std::none_of(earlier.begin(), earlier.end(), same) != made_since) {
                continue;
            }
            ++made;
            if (index["scans"].get<double>() > 0) continue;
            unused += (unused.empty() ? "" : ", ") + index["name"].get<std::string>();
            bytes += index["bytes"].get<double>();
        }
        const std::string which = made_since ? "new indexes" : "indexes that were there before";
        if (!unused.empty()) {
            add_line(who + "Of the " + which + ", no query of the run used (" + format_bytes(bytes) + "): " + unused +
                     '.');
        } else if (made_since && made > 0) {
            add_line(who + "Every new index was used: " + std::to_string(made) + '.');
        }
    }

    // Runs that were not made alike are compared all the same, but not silently.
    void add_differences() {
        for (const char* key :
             {"workload", "mix", "seed", "form", "connections", "rate_per_s", "duration_s", "operations"}) {
            for (std::size_t i = 1; i < reports_.size(); ++i) {
                if (field(reports_[i], key) == field(reports_[0], key)) continue;
                add_line("Note: the runs differ in " + std::string(key) + ": " + field(reports_[0], key).dump() + ", " +
                         field(reports_[i], key).dump() + '.');
                break;
            }
        }
        for (std::size_t i = 1; i < reports_.size(); ++i) {
            const auto changes = json::diff(reports_[0]["server"]["settings"], reports_[i]["server"]["settings"]);
            for (const auto& change : changes) {
                add_line("Note: the server's settings differ: " + change["path"].get<std::string>().substr(1) + '.');
            }
        }
    }

    const std::vector<json>& reports_;
    Measure measure_;
    bool markdown_;
    std::string text_;
};

}  // namespace

std::string change_text(const json& before, const json& after) {
    if (!before.is_number() || !after.is_number() || before.get<double>() <= 0) return "-";
    const double change = after.get<double>() / before.get<double>() - 1;
    if (std::fabs(change) < 0.0005) return "0.0 %";
    return (change > 0 ? "+" : "") + format_percent(change);
}

Verdict judge(const json& before, const json& after) {
    const json& before_low = field(before, "p50_low_ms");
    const json& after_low = field(after, "p50_low_ms");
    if (!before_low.is_number() || !after_low.is_number()) return Verdict::too_few_samples;
    const double ratio = after["p50_ms"].get<double>() / before["p50_ms"].get<double>();
    if (ratio <= 1 - noticeable_change && after["p50_high_ms"] < before_low) return Verdict::faster;
    if (ratio >= 1 + noticeable_change && after_low > before["p50_high_ms"]) return Verdict::slower;
    return Verdict::unchanged;
}

std::string compare_reports(const std::vector<json>& reports, Measure measure, bool markdown) {
    return Comparison(reports, measure, markdown).text();
}

}  // namespace perfkit::cli
