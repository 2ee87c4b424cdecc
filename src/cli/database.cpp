#include "database.hpp"

#include "conninfo.hpp"
#include "failure.hpp"

namespace perfkit::cli {
namespace {

pqxx::connection connect(const std::string& conninfo) try {
    return pqxx::connection(connection_string(conninfo));
} catch (const std::exception& error) {
    throw Failure("cannot connect: " + sentence_of(error));
}

// libpqxx 6 takes dynamic parameters as an iterator range, 7 as a pqxx::params, since 7.9 by exec().
template <class Session>
pqxx::result run_with_parameters(Session& session, const std::string& sql, const std::vector<Value>& parameters) {
#if PQXX_VERSION_MAJOR < 7
    std::vector<std::string> texts;
    texts.reserve(parameters.size());
    for (const auto& parameter : parameters) texts.push_back(parameter.text);
    return session.exec_params(sql, pqxx::prepare::make_dynamic_params(texts));
#else
    pqxx::params texts;
    texts.reserve(parameters.size());
    for (const auto& parameter : parameters) texts.append(parameter.text);
    if constexpr (requires { session.exec(sql, texts); }) {
        return session.exec(sql, texts);
    } else {
        return session.exec_params(sql, texts);
    }
#endif
}

}  // namespace

Database::Database(const std::string& conninfo)
    : connection_(connect(conninfo)), session_(std::make_unique<pqxx::nontransaction>(connection_)) {
    session_->exec("SET client_min_messages = error");
}

pqxx::result Database::run(const std::string& sql) { return session_->exec(sql); }

pqxx::result Database::run(const std::string& sql, const std::vector<Value>& parameters) {
    return parameters.empty() ? run(sql) : run_with_parameters(*session_, sql, parameters);
}

std::string Database::value(const std::string& sql) {
    const pqxx::result result = run(sql);
    if (result.size() != 1 || result.columns() != 1) throw Failure("expected one value from: " + sql);
    return result[0][0].is_null() ? std::string() : std::string(result[0][0].c_str());
}

std::string Database::extension_schema() {
    return value(
        "SELECT coalesce((SELECT extnamespace::regnamespace::text || '.' FROM pg_catalog.pg_extension"
        " WHERE extname = 'pg_perfkit'), '')");
}

std::string Database::extension_function(const std::string& name) {
    const std::string schema = extension_schema();
    if (schema.empty()) throw Failure("there is no pg_perfkit in this database: CREATE EXTENSION pg_perfkit makes it");
    const std::string named =
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_extension e"
        " ON e.extnamespace = p.pronamespace WHERE e.extname = 'pg_perfkit' AND p.proname = " +
        quote_literal(name) + ")";
    if (value(named) != "t")
        throw Failure("this pg_perfkit has no " + name + "(): ALTER EXTENSION pg_perfkit UPDATE brings it");
    return schema + name;
}

// To run a statement would tell, too, but libpqxx 6 loses memory then.
bool Database::alive() noexcept {
    try {
        connection_.get_notifs();  // reads the server's last words, if there are any
        connection_.get_notifs();  // sees that there will be no more
        return connection_.is_open();
    } catch (const std::exception&) {
        return false;
    }
}

void Database::cancel() noexcept {
    try {
        connection_.cancel_query();
    } catch (const std::exception&) {
        // The statement then runs to its end; the caller waits for it anyway.
    }
}

std::string sqlstate_of(const pqxx::sql_error& error) { return std::string(error.sqlstate()); }

LookupRows DatabaseLookup::rows_of(const std::string& query) {
    const pqxx::result result = database_.run(query);
    std::vector<bool> number;
    for (pqxx::row::size_type column = 0; column < result.columns(); ++column) {
        const auto type = result.column_type(column);  // int8, int2, int4, float4, float8, numeric
        number.push_back(type == 20 || type == 21 || type == 23 || type == 700 || type == 701 || type == 1700);
    }
    LookupRows rows;
    for (const auto& row : result) {
        std::vector<Value> values;
        for (pqxx::row::size_type column = 0; column < row.size(); ++column) {
            if (row[column].is_null()) break;
            values.push_back({row[column].c_str(), number[static_cast<std::size_t>(column)]});
        }
        // A row with a NULL cannot be compared with anything: it asks no question.
        if (values.size() == number.size()) rows.push_back(std::move(values));
    }
    return rows;
}

}  // namespace perfkit::cli
