// What our functions want to know of an index of pgvector's methods.
#pragma once

#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

// All strings are palloc'd, as SQL that means the same in this session's search_path.
struct VectorIndex {
    Oid index, table;
    bool hnsw;               // else ivfflat
    int lists;               // of ivfflat
    const char* name;        // of the index, for messages
    const char* table_name;  // qualified
    const char* expression;  // what is indexed
    const char* condition;   // of a partial index, else nullptr
    const char* operator_name;
    Oid type;      // of what is indexed, as the operator takes it
    Oid distance;  // the operator's function
};

// Raises an error (42809, 55000, 42P01) where it is no usable hnsw or ivfflat index of a table.  Takes no lock.
VectorIndex describe_vector_index(Oid index);

}  // namespace perfkit::pg
