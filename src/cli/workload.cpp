#include "workload.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <stdexcept>

#include "text.hpp"

namespace perfkit::cli {
namespace {

double parse_weight(std::string_view text) {
    const auto weight = parse_number(text);
    if (!weight || *weight < 0) {
        throw std::invalid_argument("\"" + std::string(text) + "\" is not a weight (a number of at least 0)");
    }
    return *weight;
}

Parameter parse_parameter(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) throw std::invalid_argument("expected name = distribution");
    Parameter parameter;
    parameter.names = split_list(text.substr(0, equals), ',');
    parameter.distribution = parse_distribution(trimmed(text.substr(equals + 1)));
    if (parameter.names.size() > 1 && !std::holds_alternative<Lookup>(parameter.distribution)) {
        throw std::invalid_argument("only a lookup can give several values");
    }
    return parameter;
}

// "-- key: value" of a known key.  Every other comment line is a comment.
bool parse_header(std::string_view line, std::string_view& key, std::string_view& value) {
    line = trimmed(line);
    if (line.substr(0, 2) != "--") return false;
    line = trimmed(line.substr(2));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    key = line.substr(0, colon);
    value = trimmed(line.substr(colon + 1));
    return key == "name" || key == "weight" || key == "kind" || key == "about" || key == "param";
}

// Collects the lines of one template and makes it when the next begins.
class Builder {
public:
    explicit Builder(Workload& workload) : workload_(workload) {}

    void header(std::string_view key, std::string_view value) {
        if (key == "name") {
            finish();
            begin(value);
            return;
        }
        if (!open_) throw std::invalid_argument("the first line of a template must be -- name:");
        if (!trimmed(sql_).empty()) throw std::invalid_argument("-- " + std::string(key) + ": after the SQL");
        if (key == "weight") {
            current_.weight = parse_weight(value);
        } else if (key == "about") {
            current_.about = value;
        } else if (key == "param") {
            current_.parameters.push_back(parse_parameter(value));
        } else if (value == "read" || value == "write") {
            current_.kind = value == "read" ? Kind::read : Kind::write;
        } else {
            throw std::invalid_argument("the kind is read or write, not \"" + std::string(value) + '"');
        }
    }

    void line(std::string_view text) {
        if (!open_ && !trimmed(text).empty() && trimmed(text).substr(0, 2) != "--") {
            throw std::invalid_argument("SQL before the first -- name:");
        }
        // A comment above the SQL would otherwise look like its beginning to header().
        if (trimmed(text).substr(0, 2) == "--") return;
        sql_ += text;
        sql_ += '\n';
    }

    void finish() {
        if (!open_) return;
        open_ = false;
        try {
            current_.statements = parse_statements(sql_);
            if (current_.statements.empty()) throw std::invalid_argument("it has no SQL");
            check_names();
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument("template " + current_.name + ": " + error.what());
        }
        workload_.templates.push_back(std::move(current_));
    }

private:
    void begin(std::string_view name) {
        const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; };
        if (name.empty() || !std::all_of(name.begin(), name.end(), allowed) || name == "all") {
            throw std::invalid_argument("\"" + std::string(name) +
                                        "\" is not a name for a template (letters, digits, _ and -, and not all)");
        }
        for (const auto& other : workload_.templates) {
            if (other.name == name) throw std::invalid_argument("two templates are named " + std::string(name));
        }
        current_ = QueryTemplate();
        current_.name = name;
        sql_.clear();
        open_ = true;
    }

    void check_names() const {
        std::set<std::string> defined;
        for (const auto& parameter : current_.parameters) {
            for (const auto& name : parameter.names) {
                if (!defined.insert(name).second) throw std::invalid_argument("param " + name + " is defined twice");
            }
        }
        std::set<std::string> used;
        for (const auto& statement : current_.statements)
            used.insert(statement.names().begin(), statement.names().end());
        for (const auto& name : used) {
            if (!defined.count(name)) throw std::invalid_argument("no param line defines :" + name);
        }
        for (const auto& name : defined) {
            if (!used.count(name)) throw std::invalid_argument("param " + name + " is not used");
        }
    }

    Workload& workload_;
    QueryTemplate current_;
    std::string sql_;
    bool open_ = false;
};

}  // namespace

Workload parse_workload(std::string_view text, std::string name) {
    Workload workload;
    workload.name = std::move(name);
    Builder builder(workload);
    int number = 0;
    try {
        while (!text.empty()) {
            ++number;
            const std::size_t end = std::min(text.find('\n'), text.size());
            const std::string_view line = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            std::string_view key, value;
            if (parse_header(line, key, value)) {
                builder.header(key, value);
            } else {
                builder.line(line);
            }
        }
        builder.finish();
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument("workload " + workload.name + ", line " + std::to_string(number) + ": " +
                                    error.what());
    }
    if (workload.templates.empty()) {
        throw std::invalid_argument("workload " + workload.name + " has no template (a template begins with -- name:)");
    }
    return workload;
}

void apply_mix(Workload& workload, std::string_view mix) {
    if (!trimmed(mix).empty()) {
        for (const auto& entry : split_list(mix, ',')) {
            const std::size_t equals = entry.find('=');
            if (equals == std::string::npos) {
                throw std::invalid_argument("--mix wants name=weight,..., not \"" + entry + '"');
            }
            const std::string name(trimmed(std::string_view(entry).substr(0, equals)));
            const double weight = parse_weight(trimmed(std::string_view(entry).substr(equals + 1)));
            bool found = false;
            for (auto& candidate : workload.templates) {
                if (name != "all" && candidate.name != name) continue;
                candidate.weight = weight;
                found = true;
            }
            if (!found) {
                throw std::invalid_argument("workload " + workload.name + " has no template named " + name);
            }
        }
    }
    const auto weighted = [](const QueryTemplate& candidate) { return candidate.weight > 0; };
    if (std::none_of(workload.templates.begin(), workload.templates.end(), weighted)) {
        throw std::invalid_argument("every template of workload " + workload.name + " has weight 0");
    }
}

}  // namespace perfkit::cli
