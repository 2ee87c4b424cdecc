// pk_vector_recall: what an hnsw or ivfflat index finds of the truly nearest, at several settings.

#include "perfkit/pg/vector_recall.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/distance.hpp"
#include "perfkit/pg/rows.hpp"

extern "C" {
#include "utils/builtins.h"
#include "utils/guc.h"
}

namespace perfkit::pg {

namespace {

constexpr int most_neighbours = 999;  // with the row itself, as many as hnsw.ef_search can ask for
constexpr int most_queries = 10'000;
constexpr int most_ef_search = 1000;
constexpr int most_probes = 32768;

struct Arguments {
    int k;
    int sample;
    double target;
    std::vector<int> settings;  // empty: search
    std::string filter;
};

[[noreturn]] void raise_range(const char* name, double least, double most) {
    call([=] {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be from %g to %g", name, least, most)));
    });
    pg_unreachable();
}

std::vector<int> settings_of(Datum argument, int most) {
    const Elements given = elements_of(argument);
    if (given.values.empty() || given.values.size() > 1000) raise_range("the number of settings", 1, 1000);
    std::vector<int> settings;
    for (std::size_t i = 0; i < given.values.size(); ++i) {
        if (given.nulls[i]) raise_null_parameter("a setting");
        settings.push_back(DatumGetInt32(given.values[i]));
        if (settings.back() < 1 || settings.back() > most) raise_range("a setting", 1, most);
    }
    std::sort(settings.begin(), settings.end());
    settings.erase(std::unique(settings.begin(), settings.end()), settings.end());
    return settings;
}

Arguments arguments_of(FunctionCallInfo fcinfo, const VectorIndex& index) {
    for (const auto& [number, name] : {std::pair(1, "k"), std::pair(2, "sample"), std::pair(3, "target")})
        if (PG_ARGISNULL(number)) raise_null_parameter(name);
    Arguments arguments{PG_GETARG_INT32(1), PG_GETARG_INT32(2), PG_GETARG_FLOAT8(3), {}, {}};
    if (arguments.k < 1 || arguments.k > most_neighbours) raise_range("k", 1, most_neighbours);
    if (arguments.sample < 1 || arguments.sample > most_queries) raise_range("sample", 1, most_queries);
    if (!(arguments.target > 0 && arguments.target <= 1)) raise_range("target", 0, 1);
    if (!PG_ARGISNULL(4))
        arguments.settings = settings_of(PG_GETARG_DATUM(4), index.hnsw ? most_ef_search : most_probes);
    if (!PG_ARGISNULL(5)) arguments.filter = call([&] { return text_to_cstring(PG_GETARG_TEXT_PP(5)); });
    return arguments;
}

int current_setting(const char* name, int fallback) {
    const char* const value = call([name] { return GetConfigOption(name, true, false); });
    return value != nullptr ? std::atoi(value) : fallback;
}

// The mean of shares is a sum of rounded ones.
bool reaches(const MeasuredRecall& one, double target) { return one.recall.mean >= target - 1e-9; }

double rounded(double value, int digits) {
    const double unit = std::pow(10, digits);
    return std::round(value * unit) / unit;
}

std::vector<MeasuredRecall> measure_all(RecallMeasurement& measurement, const VectorIndex& index,
                                        const Arguments& arguments, int current) {
    std::vector<MeasuredRecall> all;
    for (const int setting : arguments.settings) all.push_back(measurement.measure(setting));
    if (!arguments.settings.empty()) return all;
    const int lowest = index.hnsw ? measurement.wanted() : 1;
    distance::SettingSearch search(lowest, index.hnsw ? most_ef_search : std::max(index.lists, 1));
    while (const std::optional<int> setting = search.next()) {
        all.push_back(measurement.measure(*setting));
        search.tell(reaches(all.back(), arguments.target));
    }
    if (std::none_of(all.begin(), all.end(), [=](const MeasuredRecall& one) { return one.setting == current; }))
        all.push_back(measurement.measure(current));
    std::sort(all.begin(), all.end(),
              [](const MeasuredRecall& a, const MeasuredRecall& b) { return a.setting < b.setting; });
    return all;
}

}  // namespace

}  // namespace perfkit::pg

using namespace perfkit;

PERFKIT_FUNCTION(pk_vector_recall) {
    pg::Rows rows(fcinfo);
    if (PG_ARGISNULL(0)) pg::raise_null_parameter("vector_index");
    const pg::VectorIndex index = pg::describe_vector_index(PG_GETARG_OID(0));
    const pg::Arguments arguments = pg::arguments_of(fcinfo, index);

    // An error ends the transaction or subtransaction around, which restores settings and connection.
    const int level = pg::call([] {
        const int nest = NewGUCNestLevel();
        SPI_connect();
        return nest;
    });
    std::vector<pg::MeasuredRecall> all;
    pg::RecallMeasurement measurement(index, arguments.k, arguments.sample, arguments.filter);
    const char* const name = measurement.setting_name();
    const int current = pg::current_setting(name, index.hnsw ? 40 : 1);
    const bool any = measurement.find_nearest();
    if (any) all = measure_all(measurement, index, arguments, current);
    pg::call([level] {
        SPI_finish();
        AtEOXact_GUC(true, level);
    });
    if (!any)
        pg::call([&] { ereport(NOTICE, (errmsg("nothing to measure: index \"%s\" has no two rows", index.name))); });

    const auto smallest = std::find_if(
        all.begin(), all.end(), [&](const pg::MeasuredRecall& one) { return pg::reaches(one, arguments.target); });
    for (auto one = all.begin(); one != all.end(); ++one)
        rows.add({name, one->setting, pg::rounded(one->recall.mean, 4), pg::rounded(one->recall.low, 4),
                  pg::rounded(one->recall.high, 4), pg::rounded(one->returned, 4), pg::rounded(one->median_ms, 3),
                  pg::rounded(one->p95_ms, 3), static_cast<std::int32_t>(measurement.queries()),
                  one->setting == current, one == smallest});
    PG_RETURN_NULL();
}
