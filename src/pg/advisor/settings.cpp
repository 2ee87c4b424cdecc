#include "perfkit/pg/advisor/settings.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "perfkit/pg/workload/sampling.hpp"

extern "C" {
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
}

namespace perfkit::pg {

namespace {

// How long the planner searches is up to who asks for advice: a role could make it search for hours.
constexpr std::array<std::string_view, 8> not_adopted{"from_collapse_limit", "join_collapse_limit", "geqo",
                                                      "geqo_threshold",      "geqo_effort",         "geqo_generations",
                                                      "geqo_pool_size",      "search_path"};

bool adoptable(std::string_view name) {
    return name.find('.') == std::string_view::npos &&
           std::find(not_adopted.begin(), not_adopted.end(), name) == not_adopted.end();
}

// What cannot be set, because it is gone or not for everybody, stays as it is: no error, no message.
void set_quietly(const char* name, const char* value) {
    (void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, DEBUG5, false);
}

struct Cost {
    const char* name;
    const double* value;
    double weight;
};

// What an index entry leads to in the table has to be looked up among the pages in memory, which takes about as long as
// ten rows of a scan.  The planner charges for that only where the page has to be read.
constexpr double lookup = 20;

// What the planner charges for the processor's work; the rest is for pages.
constexpr std::array<Cost, 5> processor_costs{{{"cpu_tuple_cost", &cpu_tuple_cost, 1},
                                               {"cpu_index_tuple_cost", &cpu_index_tuple_cost, lookup},
                                               {"cpu_operator_cost", &cpu_operator_cost, 1},
                                               {"parallel_setup_cost", &parallel_setup_cost, 1},
                                               {"parallel_tuple_cost", &parallel_tuple_cost, 1}}};

}  // namespace

void raise_processor(double share) {
    for (const Cost& cost : processor_costs)
        set_quietly(cost.name, psprintf("%.17g", *cost.value * (1 + cost.weight * share)));
}

double lookup_cost() { return (lookup - 1) * cpu_index_tuple_cost; }

void adopt_settings(const std::vector<std::string>& settings) {
    int count = 0;
    config_generic** const changed = get_explain_guc_options(&count);
    for (int i = 0; i < count; ++i)
        if (adoptable(changed[i]->name)) set_quietly(changed[i]->name, nullptr);
    for (const auto& setting : workload::constant_settings) set_quietly(setting[0], setting[1]);
    for (const std::string& setting : settings) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos) continue;
        const char* const name = pnstrdup(setting.c_str(), equals);
        if (adoptable(name)) set_quietly(name, setting.c_str() + equals + 1);
    }
}

}  // namespace perfkit::pg
