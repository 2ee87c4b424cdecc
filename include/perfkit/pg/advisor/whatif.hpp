// Planning as if some indexes existed and others did not.
//
// Nothing is written and no other session sees anything: a hook adds to, or takes from, the list of
// indexes that the planner has made for a table, in this backend, while a WhatIf::Scope lives.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "perfkit/core/advisor/size.hpp"
#include "perfkit/pg/advisor/expressions.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace perfkit::pg {

// A hypothetical index, with all that the planner wants to know of it.
struct Hypothetical {
    // One key column's place in the operator class system.
    struct Key {
        Oid opclass;
        Oid family;
        Oid input_type;
        Oid collation;
    };

    Oid id = InvalidOid;  // stands for the index in plans; no relation has it
    Oid method = InvalidOid;
    std::string name;
    perfkit::advisor::IndexSpec spec;
    perfkit::advisor::IndexSize size;
    double table_rows = 0;
    std::vector<Key> keys;

    // What an IndexSpec has no words for, as nodes over the table as number 1.
    std::vector<std::string> expressions;  // by key; empty where it is a column, or none is an expression
    std::string condition;                 // of a partial index
    bool unique = false;

    std::vector<HeapTuple> statistics;  // by key; null where it is a column, or none are known
    bool only_statistics = false;       // no index: it lets the planner know of statistics
};

// Lets the planner know of an expression's statistics, and of no index.
Hypothetical make_statistics_carrier(const Expression& expression);

// The greatest OID up to this one that no relation has.
Oid unused_relation_id(Oid from);

// Completes a hypothetical index from the catalogs; nothing where the spec does not fit the table
// (any more).
std::optional<Hypothetical> make_hypothetical(const perfkit::advisor::IndexSpec& spec,
                                              const perfkit::advisor::TableFacts& table,
                                              const Expressions& expressions);

class WhatIf {
public:
    void add(const Hypothetical* index) { added_.push_back(index); }  // which must outlive the WhatIf
    void hide(Oid index) { hidden_.push_back(index); }

    const std::vector<const Hypothetical*>& added() const { return added_; }
    bool hides(Oid index) const;

    // Planning a foreign table can call another server: for queries that the caller vouches for.
    void allow_foreign_tables() { foreign_tables_ = true; }
    bool foreign_tables_allowed() const { return foreign_tables_; }
    const Hypothetical* find(Oid id) const;

    // As if the processor's work cost more, by such a share.
    void raise_processor(double share) { processor_ = share; }
    double processor() const { return processor_; }

    class Scope {
    public:
        explicit Scope(const WhatIf& what_if) noexcept;
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        const WhatIf* const outer_;
    };

private:
    std::vector<const Hypothetical*> added_;
    std::vector<Oid> hidden_;
    bool foreign_tables_ = false;
    double processor_ = 0;
};

// The indexes that a plan reads, hypothetical ones among them: calls visit(context, index).  To be
// called inside pg::call.
void visit_indexes(const PlannedStmt* plan, void (*visit)(void* context, Oid index), void* context);

// Installs the hooks; called once, when the library is loaded.
void init_whatif();

}  // namespace perfkit::pg
