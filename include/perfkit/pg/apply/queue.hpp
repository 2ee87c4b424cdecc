// What a transaction wants carried out, and the worker that it is handed to as the transaction commits.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "perfkit/pg/apply/piece.hpp"

namespace perfkit::pg {

struct Job {
    std::string record;  // its id in pk_applied_records
    std::string role;    // that the session had become by SET ROLE; empty: none
    Piece piece;
    std::vector<std::pair<std::string, std::string>> settings;  // of the session that bear on builds
};

std::string packed(const Job& job);
Job unpacked_job(std::string_view bytes);

// Hands it over once this transaction commits.
void enqueue(const Job& job);

// What the worker gets, in dynamic shared memory.
struct Handover {
    Oid database;
    Oid user;              // of the session
    TransactionId caller;  // to wait for
    volatile bool taken;   // by the worker, which has a copy now
    pid_t sender;
    std::size_t size;  // of the jobs, packed, which follow
    char* jobs() { return reinterpret_cast<char*>(this + 1); }
};

}  // namespace perfkit::pg
