#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace perfkit::cli {

// Texts in Prometheus' text format 0.0.4 made into one, in which all lines of a metric stand together, as the format
// wants it.
class MetricsText {
public:
    // What pk_metrics() said.  database: of samples that have no label "database" already; empty to leave them be.
    // Throws Failure for what is not this format.
    void add(std::string_view text, std::string_view database = {});
    // One sample of ours, with what its metric means.  type: gauge or counter.
    void add(std::string_view name, std::string_view type, std::string_view help, std::string_view sample);

    std::string text() const;

private:
    struct Family {
        std::string header;
        std::string samples;
    };

    Family& family(std::string_view name);

    std::vector<Family> families_;
    std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace perfkit::cli
