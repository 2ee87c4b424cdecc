#include "metrics_text.hpp"

#include "failure.hpp"
#include "perfkit/core/metrics.hpp"

namespace perfkit::cli {
namespace {

[[noreturn]] void refuse(std::string_view line) {
    throw Failure("pk_metrics() gave what is no text of Prometheus: " + std::string(line.substr(0, 100)));
}

// Where the name of a sample ends: at its labels or before its value.
std::size_t end_of_name(std::string_view sample) {
    const std::size_t end = sample.find_first_of("{ ");
    if (end == 0 || end == std::string_view::npos) refuse(sample);
    return end;
}

// Whether the labels, which begin at `at`, just behind the brace, have this name.  A value may look like a label.
bool has_label(std::string_view sample, std::size_t at, std::string_view name) {
    while (at < sample.size() && sample[at] != '}') {
        const std::size_t equals = sample.find("=\"", at);
        if (equals == std::string_view::npos) refuse(sample);
        if (sample.substr(at, equals - at) == name) return true;
        for (at = equals + 2; at < sample.size() && sample[at] != '"'; ++at) {
            if (sample[at] == '\\') ++at;
        }
        ++at;
        if (at < sample.size() && sample[at] == ',') ++at;
    }
    if (at >= sample.size()) refuse(sample);
    return false;
}

std::string with_database(std::string_view sample, std::string_view database) {
    const std::size_t end = end_of_name(sample);
    const bool labelled = sample[end] == '{';
    if (labelled && has_label(sample, end + 1, "database")) return std::string(sample);
    // As the extension writes it: a{database="x"} without a value, from a sample that has one.
    std::string label = metrics::sample("", {{"database", metrics::printable_utf8(database)}}, 0);
    label = label.substr(1, label.rfind('}') - 1);
    const std::string name(sample.substr(0, end));
    if (!labelled) return name + '{' + label + '}' + std::string(sample.substr(end));
    return name + '{' + label + ',' + std::string(sample.substr(end + 1));
}

}  // namespace

MetricsText::Family& MetricsText::family(std::string_view name) {
    const auto [place, fresh] = places_.try_emplace(std::string(name), families_.size());
    if (fresh) families_.emplace_back();
    return families_[place->second];
}

void MetricsText::add(std::string_view text, std::string_view database) {
    constexpr std::string_view help = "# HELP ";
    Family* current = nullptr;
    bool describes = false;  // the first text to speak of a metric says what it is
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
        if (line.empty()) continue;
        if (line.starts_with(help)) {
            const std::string_view rest = line.substr(help.size());
            current = &family(rest.substr(0, rest.find(' ')));
            describes = current->header.empty();
        }
        if (current == nullptr) refuse(line);
        if (line.front() == '#') {
            if (describes) current->header.append(line).append("\n");
        } else {
            current->samples.append(database.empty() ? std::string(line) : with_database(line, database)).append("\n");
        }
    }
}

void MetricsText::add(std::string_view name, std::string_view type, std::string_view help, std::string_view sample) {
    Family& place = family(name);
    if (place.header.empty()) {
        place.header.append("# HELP ").append(name).append(" ").append(help).append("\n");
        place.header.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    }
    place.samples.append(sample);
}

std::string MetricsText::text() const {
    std::string all;
    for (const Family& one : families_) all.append(one.header).append(one.samples);
    return all;
}

}  // namespace perfkit::cli
