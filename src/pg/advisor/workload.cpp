#include "perfkit/pg/advisor/workload.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "perfkit/pg/query.hpp"

namespace perfkit::pg {

using advisor::Query;
using advisor::Workload;

namespace {

class GivenSource : public WorkloadSource {
public:
    GivenSource(std::vector<std::string> queries, std::vector<double> weights)
        : queries_(std::move(queries)), weights_(std::move(weights)) {}

    Workload read() override {
        Workload workload;
        workload.source = "queries";
        for (std::size_t i = 0; i < queries_.size(); ++i) {
            Query query;
            query.id = static_cast<std::int64_t>(i) + 1;
            query.text = queries_[i];
            query.calls = weights_.empty() ? 1 : weights_[i];
            workload.queries.push_back(std::move(query));
        }
        return workload;
    }

private:
    std::vector<std::string> queries_;
    std::vector<double> weights_;
};

}  // namespace

std::unique_ptr<WorkloadSource> given_source(std::vector<std::string> queries, std::vector<double> weights) {
    if (!weights.empty() && weights.size() != queries.size())
        throw std::invalid_argument("weights must have as many elements as queries");
    for (const double weight : weights)
        if (!(weight >= 0 && weight < 1e18)) throw std::invalid_argument("a weight must be a number of at least 0");
    return std::make_unique<GivenSource>(std::move(queries), std::move(weights));
}

std::map<Oid, std::string> configured_search_paths() {
    std::map<Oid, std::string> paths;
    // The most special setting last, so that it wins.
    const auto rows = run_query(
        "SELECT r.oid, substr(setting, 13) FROM pg_roles r, "
        "(SELECT setdatabase, setrole, unnest(setconfig) AS setting FROM pg_db_role_setting) s "
        "WHERE left(s.setting, 12) = 'search_path=' AND s.setrole IN (r.oid, 0) "
        "AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) "
        "ORDER BY r.oid, s.setrole <> 0, s.setdatabase <> 0");
    for (const TextRow& row : rows) paths[static_cast<Oid>(integer_of(row[0]))] = row[1].value_or("");
    return paths;
}

}  // namespace perfkit::pg
