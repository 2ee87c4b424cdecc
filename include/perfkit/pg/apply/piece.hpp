// A piece of advice, ready to be carried out, and what this session has of them.
//
// What runs in somebody's name is what the advisor made in his own session: pk_suggest_indexes() remembers its rows
// here, in memory that nobody else can write to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "perfkit/pg/postgres.hpp"

namespace perfkit::pg {

struct Piece {
    std::string advice_id, action, schema, table, index, ddl;
    std::string undo;         // the statement that takes it back
    std::string definition;   // of what to create: USING method (keys) ...; of what to drop: its name
    std::string replacement;  // the index in the same schema that must be there before this one goes; empty: none
    std::string queries;      // a JSON array: those to compare later, with the forecast for each
    Oid table_id = InvalidOid;
    Oid index_id = InvalidOid;  // of what to drop
    std::int64_t bytes = 0;     // forecast; of an existing index its size
    std::optional<double> saved_ms_per_hour;

    bool creates() const { return action == "create"; }
    std::string qualified_table() const { return schema + "." + table; }
    bool concurrent() const { return ddl.find(" INDEX CONCURRENTLY ") != std::string::npos; }
};

std::string packed(const Piece& piece);
Piece unpacked_piece(std::string_view bytes);

// Of the last thousand or so that this session's advisor gave.
void remember(const Piece& piece);
std::optional<Piece> recall(const std::string& advice_id);

}  // namespace perfkit::pg
