#pragma once

#include <memory>
#include <optional>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <string>
#include <vector>

#include "failure.hpp"
#include "parameter.hpp"

namespace perfkit::cli {

// One connection in autocommit mode.  The only place that knows which libpqxx it is built with.
class Database {
public:
    // conninfo: a database name, a connection string or a URI; empty for libpq's environment.
    // Throws Failure.
    explicit Database(const std::string& conninfo);

    // Text may hold several statements.  Throws pqxx::sql_error, pqxx::broken_connection.
    pqxx::result run(const std::string& sql);
    pqxx::result run(const std::string& sql, const std::vector<Value>& parameters);
    // The only field of the only row.
    std::string value(const std::string& sql);
    // The extension's schema, with a dot, which need not be on the search path; empty where it is not there.
    std::string extension_schema();
    // A function of the extension, with its schema: somebody else's of this name is not to be called.  Throws Failure
    // where there is none.
    std::string extension_function(const std::string& name);

    // Asks the server to cancel what this connection runs; may be called from another thread.
    void cancel() noexcept;
    // Whether the server has not ended the connection while it was idle, as far as one can see without asking it.
    bool alive() noexcept;
    int backend_pid() const { return connection_.backendpid(); }
    int server_version() const { return connection_.server_version(); }

private:
    pqxx::connection connection_;
    std::unique_ptr<pqxx::nontransaction> session_;
};

std::string sqlstate_of(const pqxx::sql_error& error);

// Rows for lookups; numbers keep being numbers.
class DatabaseLookup : public LookupSource {
public:
    explicit DatabaseLookup(Database& database) : database_(database) {}
    LookupRows rows_of(const std::string& query) override;

private:
    Database& database_;
};

}  // namespace perfkit::cli
