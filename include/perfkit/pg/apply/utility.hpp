// A statement as if a client had sent it on its own, for a background worker.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

// A statement that failed; its transaction has been rolled back.
class Failed : public std::runtime_error {
public:
    Failed(int sqlstate, const std::string& message) : std::runtime_error(message), sqlstate_(sqlstate) {}
    int sqlstate() const { return sqlstate_; }

private:
    int sqlstate_;
};

void begin_transaction();
void commit_transaction();
void roll_back();

// The error of the server as what outlives the transaction.
Failed failed(const ErrorData* report);

// Runs body in a transaction of its own, with a snapshot; throws Failed where it failed.
template <typename Body>
void in_transaction(Body&& body) {
    begin_transaction();
    try {
        body();
        commit_transaction();
    } catch (const Error& error) {
        const Failed failure = failed(error.report());
        roll_back();
        throw failure;
    } catch (...) {
        roll_back();
        throw;
    }
}

// Runs one statement, in transactions of its own making where it is one that commits in between; throws Failed.
void run_alone(const std::string& sql);

// From watch_relations() on, the last relations that this process has made, those among them that were rolled back.
void watch_relations();
std::vector<Oid> made_relations();

// A setting of this process, for its session.
void set_for_session(const char* name, const std::string& value);

}  // namespace perfkit::pg
