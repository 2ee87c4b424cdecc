#include "perfkit/pg/advisor/expressions.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/pg/advisor/catalog.hpp"
#include "perfkit/pg/query.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "nodes/nodes.h"
#include "nodes/primnodes.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
}

namespace perfkit::pg {

using advisor::ColumnFacts;
using advisor::TableFacts;

namespace {

// More than that are not structure, but somebody's data.
constexpr std::ptrdiff_t most_of_table = 16;
constexpr std::size_t longest_nodes = 8000;
constexpr std::size_t longest_word = 20;

// The expression reads one column and gives a value of its type, as lower(name) does.
int like_column(const Expression& expression, const TableFacts& table) {
    if (expression.columns.size() != 1) return 0;
    const int column = expression.columns.front();
    const Oid type = call([&] { return get_atttype(table.id, static_cast<AttrNumber>(column)); });
    const auto base = [](Oid id) { return id == VARCHAROID ? static_cast<Oid>(TEXTOID) : id; };
    return base(type) == base(expression.type) ? column : 0;
}

// As the name of an index tells of it: lower_email, doc_expr.
std::string name_of(const Expression& expression, const TableFacts& table) {
    const char* const function = call([&]() -> const char* {
        const auto* const node = static_cast<const Node*>(stringToNode(expression.nodes.c_str()));
        return IsA(node, FuncExpr) ? get_func_name(castNode(FuncExpr, node)->funcid) : nullptr;
    });
    std::string name = function ? function : "";
    for (const int column : expression.columns)
        if (name.size() < longest_word || name.empty())
            name += (name.empty() ? "" : "_") + table.columns.at(column).name;
    return function ? name : name + "_expr";
}

}  // namespace

Expression read_expression(Node* node) {
    struct Raw {
        const char* nodes;
        List* variables;
        Oid type, collation;
        int32 typmod;
    };
    const Raw raw = call([&]() -> Raw {
        return {nodeToString(node), pull_var_clause(node, 0), exprType(node), exprCollation(node), exprTypmod(node)};
    });
    Expression expression;
    expression.nodes = raw.nodes;
    expression.type = raw.type;
    expression.typmod = raw.typmod;
    expression.collation = raw.collation;
    const ListCell* cell;
    foreach (cell, raw.variables) expression.columns.push_back(static_cast<const Var*>(lfirst(cell))->varattno);
    std::sort(expression.columns.begin(), expression.columns.end());
    expression.columns.erase(std::unique(expression.columns.begin(), expression.columns.end()),
                             expression.columns.end());
    return expression;
}

int Expressions::find(Oid table, Node* node) const {
    for (std::size_t i = 0; i < all_.size(); ++i)
        if (all_[i].table == table && call([&] { return equal(stringToNode(all_[i].nodes.c_str()), node); }))
            return -1 - static_cast<int>(i);
    return 0;
}

int Expressions::number_of(Oid table, Node* node, Index rti) { return enter(table, node, rti, false, 1); }

int Expressions::number_of_condition(Oid table, Node* node, Index rti, double share) {
    return enter(table, node, rti, true, share);
}

int Expressions::enter(Oid table, Node* node, Index rti, bool condition, double share) {
    Node* const here = call([&] {
        auto* const copy = static_cast<Node*>(copyObjectImpl(node));
        ChangeVarNodes(copy, static_cast<int>(rti), 1, 0);
        return copy;
    });
    if (const int known = find(table, here)) return known;
    const auto same_kind = [&](const Expression& other) {
        return other.table == table && other.condition == condition;
    };
    if (std::count_if(all_.begin(), all_.end(), same_kind) >= most_of_table) return 0;
    Expression expression = read_expression(here);
    if (expression.nodes.size() > longest_nodes) return 0;
    expression.table = table;
    expression.condition = condition;
    expression.share = share;
    all_.push_back(std::move(expression));
    return -static_cast<int>(all_.size());
}

std::string text_of(const Expression& expression) {
    struct Text {
        const char* text;
        bool call;
    };
    const Text text = call([&]() -> Text {
        const int level = NewGUCNestLevel();
        set_option("search_path", "pg_catalog, pg_temp");
        auto* const node = static_cast<Node*>(stringToNode(expression.nodes.c_str()));
        List* const names = deparse_context_for(get_rel_name(expression.table), expression.table);
        const char* const found = deparse_expression(node, names, false, false);
        AtEOXact_GUC(true, level);
        return {found, IsA(node, FuncExpr) && castNode(FuncExpr, node)->funcformat == COERCE_EXPLICIT_CALL};
    });
    return text.call || expression.condition ? text.text : "(" + std::string(text.text) + ")";
}

ColumnFacts facts_of(const Expression& expression, const TableFacts& table) {
    ColumnFacts facts;
    if (const int like = like_column(expression, table)) {
        facts = table.columns.at(like);
        facts.correlation = 0;
    } else {
        facts = facts_of_type(expression.type, expression.typmod, expression.collation);
        facts.bounded = facts.fixed || std::all_of(expression.columns.begin(), expression.columns.end(),
                                                   [&](int column) { return table.columns.at(column).bounded; });
    }
    if (expression.condition) {
        facts.sortable = facts.hashable = facts.summarizable = false;
        facts.true_fraction = expression.share;
    }
    facts.elements.clear();
    facts.analyzed = false;
    facts.expression = text_of(expression);
    facts.reads = expression.columns;
    facts.name = name_of(expression, table);
    return facts;
}

void Expressions::describe(TableFacts& table) const {
    for (std::size_t i = 0; i < all_.size(); ++i)
        if (all_[i].table == table.id) table.columns.emplace(-1 - static_cast<int>(i), facts_of(all_[i], table));
}

}  // namespace perfkit::pg
