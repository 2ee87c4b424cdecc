// A B-tree serves an access best when its keys are the columns compared for equality, in any order,
// then the columns that the result is wanted ordered by, or one column compared by range.  What is
// tried here are those lists, alone and with the query's other columns in INCLUDE, and their parts;
// which of them is worth building is for the planner and the selection to find out.

#include "perfkit/core/advisor/candidates.hpp"

#include <algorithm>
#include <cmath>

#include "perfkit/core/advisor/size.hpp"

namespace perfkit::advisor {

namespace {

constexpr std::size_t most_equalities = 4;
constexpr std::size_t most_keys = 6;
constexpr std::size_t most_included = 6;
constexpr double fewest_pages_for_brin = 1024;
constexpr double least_brin_correlation = 0.9;
constexpr double long_value = 32;        // bytes from which a hash index is worth a try
constexpr double largest_partial = 0.5;  // share of the table
constexpr std::size_t most_conditions = 2;

using Keys = std::vector<IndexKey>;

class Generator {
public:
    Generator(const Access& access, const TableFacts& table, const Popularity& popularity,
              const CandidateOptions& options)
        : access_(access), table_(table), popularity_(popularity), options_(options) {}

    std::set<IndexSpec> run() {
        serve(access_.clauses, true);
        for (const auto& arm : access_.arms) serve(arm, false);
        return std::move(found_);
    }

private:
    const ColumnFacts* facts(int column) const {
        const auto found = table_.columns.find(column);
        return found == table_.columns.end() ? nullptr : &found->second;
    }

    bool sortable(int column) const {
        const ColumnFacts* column_facts = facts(column);
        return column_facts && column_facts->sortable && !column_facts->document;
    }

    double popularity_of(int column) const {
        const auto found = popularity_.find({table_.id, column});
        return found == popularity_.end() ? 0 : found->second;
    }

    // Distinct columns of one kind of clause, the most shared, then the most selective first.
    std::vector<int> columns_of(const std::vector<Clause>& clauses, ClauseKind kind) const {
        std::vector<int> columns;
        for (const Clause& clause : clauses)
            if (clause.kind == kind && sortable(clause.column) &&
                std::find(columns.begin(), columns.end(), clause.column) == columns.end())
                columns.push_back(clause.column);
        std::stable_sort(columns.begin(), columns.end(), [&](int a, int b) {
            const auto rank = [&](int column) {
                const ColumnFacts* f = facts(column);
                return std::pair(-popularity_of(column), f->distinct > 0 ? -f->distinct : -table_.rows);
            };
            return std::pair(rank(a), a) < std::pair(rank(b), b);
        });
        return columns;
    }

    static Keys keys_of(const std::vector<int>& columns) {
        Keys keys;
        for (const int column : columns) keys.push_back({column});
        return keys;
    }

    static bool has(const Keys& keys, int column) {
        return std::any_of(keys.begin(), keys.end(), [&](const IndexKey& key) { return key.column == column; });
    }

    static Keys with(Keys keys, int column) {
        if (!has(keys, column)) keys.push_back({column});
        return keys;
    }

    // Equality columns, then the order's other columns.
    static Keys ordered(Keys keys, const std::vector<IndexKey>& order) {
        const std::size_t equalities = keys.size();
        for (const IndexKey& key : order)
            if (!has(keys, key.column)) keys.push_back(key);
        make_canonical_direction(keys, equalities);
        return keys;
    }

    void serve(const std::vector<Clause>& clauses, bool whole) {
        if (options_.methods.contains(Method::btree)) btrees(clauses, whole);
        for (const Clause& clause : clauses) {
            const ColumnFacts* column = facts(clause.column);
            if (!column) continue;
            if (clause.kind == ClauseKind::contains && options_.methods.contains(Method::gin))
                for (const OpclassId opclass : clause.opclasses)
                    add({table_.id, Method::gin, {{clause.column, opclass}}, {}, {}});
            if (clause.kind == ClauseKind::range && options_.methods.contains(Method::brin) && column->summarizable &&
                std::abs(column->correlation) >= least_brin_correlation && table_.pages >= fewest_pages_for_brin)
                add({table_.id, Method::brin, {{clause.column}}, {}, {}, best_pages_per_range(clause.column, table_)});
            if (clause.kind == ClauseKind::equal && options_.methods.contains(Method::hash) && column->hashable &&
                !column->document && column->width >= long_value && (clause.column > 0 || column->analyzed))
                add({table_.id, Method::hash, {{clause.column}}, {}, {}});
        }
    }

    void btrees(const std::vector<Clause>& clauses, bool whole) {
        std::vector<int> equal = columns_of(clauses, ClauseKind::equal);
        if (equal.size() > most_equalities) equal.resize(most_equalities);
        const std::vector<int> lists = columns_of(clauses, ClauseKind::in_list);
        const std::vector<int> ranges = columns_of(clauses, ClauseKind::range);
        // IS NULL and a boolean's value are found like equal values.
        std::vector<int> tested;
        for (const Clause& clause : clauses)
            if (clause.kind == ClauseKind::test && clause.test != Test::is_not_null && sortable(clause.column))
                tested.push_back(clause.column);

        std::vector<Keys> heads{keys_of(equal)};
        for (const int column : equal) heads.push_back({{column}});
        for (const int column : tested) heads.push_back(with(heads.front(), column));
        if (whole)
            for (const JoinClause& join : access_.joins) {
                if (!sortable(join.column)) continue;
                heads.push_back({{join.column}});
                heads.push_back(with({{join.column}}, equal.empty() ? join.column : equal.front()));
                heads.push_back(with(heads.front(), join.column));
                // All columns that tie the same two tables.
                Keys tied;
                for (const JoinClause& other : access_.joins)
                    if (other.partner == join.partner && sortable(other.column)) tied = with(tied, other.column);
                heads.push_back(tied);
            }

        for (const Keys& head : heads) {
            propose(head, clauses);
            for (const int column : lists) {
                propose(with(head, column), clauses);
                for (const int range : ranges) propose(with(with(head, column), range), clauses);
            }
            for (const int column : ranges) propose(with(head, column), clauses);
            if (!whole) continue;
            for (const auto& order : access_.orders) {
                if (!std::all_of(order.begin(), order.end(), [&](const IndexKey& key) { return sortable(key.column); }))
                    continue;
                const Keys sorted = ordered(head, order);
                propose(sorted, clauses);
                for (const int column : ranges) propose(with(sorted, column), clauses);
            }
        }
    }

    // A list of keys as an index, as a covering one, and as partial ones.
    void propose(const Keys& keys, const std::vector<Clause>& clauses) {
        if (keys.empty() || keys.size() > most_keys) return;
        IndexSpec plain{table_.id, Method::btree, keys, {}, {}};
        add(plain);
        if (options_.covering) add(covering(plain));
        if (!options_.partial) return;
        for (const Clause& clause : clauses) {
            if (clause.kind != ClauseKind::test) continue;
            add_partial(plain, {clause.column, clause.test}, clause.column);
        }
        if (&clauses != &access_.clauses) return;
        std::size_t tried = 0;
        for (const Condition& condition : access_.conditions)
            if (tried < most_conditions && add_partial(plain, {condition.number, Test::is_true}, condition.column))
                ++tried;
    }

    // False where the index would have too much of the table, or no key.  `column`: what is in a partial index at all,
    // is equal in it.
    bool add_partial(IndexSpec partial, const Predicate& predicate, int column) {
        if (fraction_of(predicate, table_) > largest_partial) return false;
        partial.predicate = predicate;
        std::erase_if(partial.keys, [&](const IndexKey& key) { return key.column == column; });
        if (partial.keys.empty()) return false;
        add(partial);
        if (options_.covering) add(covering(partial));
        return true;
    }

    // The same with every other column that the query reads; unchanged where that is not possible.
    IndexSpec covering(IndexSpec spec) const {
        if (access_.whole_row) return spec;
        std::vector<int> include;
        for (const int column : access_.needed) {
            if (spec.has_key(column)) continue;
            const ColumnFacts* column_facts = facts(column);
            if (!column_facts || column_facts->document) return spec;
            include.push_back(column);
        }
        if (include.size() <= most_included) spec.include = std::move(include);
        return spec;
    }

    void add(const IndexSpec& spec) {
        for (const ExistingIndex& index : table_.indexes)
            if (index.plain && index.valid && covers(index.spec, spec)) return;
        found_.insert(spec);
    }

    const Access& access_;
    const TableFacts& table_;
    const Popularity& popularity_;
    const CandidateOptions& options_;
    std::set<IndexSpec> found_;
};

template <typename Visit>
bool any_clause(const Access& access, Visit visit) {
    return std::any_of(access.clauses.begin(), access.clauses.end(), visit) ||
           std::any_of(access.arms.begin(), access.arms.end(),
                       [&](const auto& arm) { return std::any_of(arm.begin(), arm.end(), visit); });
}

}  // namespace

void count(Popularity& popularity, const Access& access, double weight) {
    std::set<int> columns;
    for (const Clause& clause : access.clauses)
        if (clause.kind == ClauseKind::equal) columns.insert(clause.column);
    for (const JoinClause& join : access.joins) columns.insert(join.column);
    for (const int column : columns) popularity[{access.table, column}] += weight;
}

std::set<IndexSpec> candidates_for(const Access& access, const TableFacts& table, const Popularity& popularity,
                                   const CandidateOptions& options) {
    return Generator(access, table, popularity, options).run();
}

bool could_serve(const IndexSpec& spec, const Access& access) {
    if (spec.table != access.table) return false;
    const auto holds = [&](const Predicate& predicate) {
        return std::any_of(access.conditions.begin(), access.conditions.end(),
                           [&](const Condition& condition) { return condition.number == predicate.column; }) ||
               any_clause(access, [&](const Clause& clause) {
                   return clause.kind == ClauseKind::test && clause.column == predicate.column &&
                          clause.test == predicate.test;
               });
    };
    if (spec.predicate && !holds(*spec.predicate)) return false;
    const IndexKey& first = spec.keys.front();
    const bool asked = any_clause(access, [&](const Clause& clause) {
        if (clause.column != first.column) return false;
        if (spec.method == Method::gin)
            return std::find(clause.opclasses.begin(), clause.opclasses.end(), first.opclass) != clause.opclasses.end();
        return clause.kind != ClauseKind::contains;
    });
    if (asked) return true;
    if (spec.method != Method::btree && spec.method != Method::hash) return false;
    if (std::any_of(access.joins.begin(), access.joins.end(),
                    [&](const JoinClause& join) { return join.column == first.column; }))
        return true;
    if (spec.method != Method::btree) return false;
    for (const auto& order : access.orders)
        if (!order.empty() && order.front().column == first.column) return true;
    // Read from end to end instead of the table.
    return !access.whole_row &&
           std::all_of(access.needed.begin(), access.needed.end(), [&](int column) { return spec.has_column(column); });
}

}  // namespace perfkit::advisor
