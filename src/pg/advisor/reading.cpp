// What normalisation has lost is told in three steps, each taken only where PostgreSQL rejects the
// text without it: what was "type 'literal'" (core/advisor/repair), which parameters were one
// constant, and what type a parameter had where the text leaves that open ("current_date - $1").
// The last has no influence on the plan, since the value is unknown either way.

#include "perfkit/pg/advisor/reading.hpp"

#include <array>
#include <optional>
#include <utility>

#include "perfkit/core/advisor/repair.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

namespace perfkit::pg {

namespace {

constexpr int most_parameters = 32;
constexpr int most_steps = 8;

struct TypeName {
    Oid id;
    const char* name;
};
constexpr std::array<TypeName, 6> usual_types{{{INT4OID, "integer"},
                                               {INTERVALOID, "interval"},
                                               {TEXTOID, "text"},
                                               {NUMERICOID, "numeric"},
                                               {TIMESTAMPTZOID, "timestamp with time zone"},
                                               {DATEOID, "date"}}};

class Reader {
public:
    Reader(Statement statement, Expressions& expressions) : expressions_(expressions) {
        reading_.statement = std::move(statement);
    }

    Reading run() {
        adopt(advisor::repair(reading_.statement.text));
        auto failure = attempt(reading_.statement);
        if (failure && is_grouping(*failure)) {
            adopt(advisor::unify_grouping(reading_.statement.text));
            failure = attempt(reading_.statement);
        }
        if (failure && names_nothing(*failure) && !reading_.statement.search_path.empty()) {
            Statement other = reading_.statement;
            other.search_path.clear();
            if (!attempt(other)) {
                reading_.statement = std::move(other);
                reading_.notes.push_back("names as in the calling session's search_path");
                failure.reset();
            }
        }
        if (failure && is_typing(*failure)) failure = find_types(std::move(*failure));
        if (failure) reading_.failure = failure->what();
        return std::move(reading_);
    }

    Reading run_as_sent() {
        if (const auto failure = attempt(reading_.statement)) reading_.failure = failure->what();
        return std::move(reading_);
    }

private:
    void adopt(advisor::Repair repair) {
        if (repair.notes.empty()) return;
        reading_.statement.text = std::move(repair.text);
        for (std::string& note : repair.notes) reading_.notes.push_back(std::move(note));
    }

    std::optional<Unplannable> attempt(const Statement& statement) {
        try {
            Collector collector;
            collector.expressions = &expressions_;
            reading_.plan = plan_statement(statement, {}, &collector);
            reading_.accesses = std::move(collector.accesses);
            return std::nullopt;
        } catch (const Unplannable& failure) {
            return failure;
        }
    }

    static bool is_grouping(const Unplannable& failure) {
        return failure.sqlstate() == ERRCODE_GROUPING_ERROR || failure.sqlstate() == ERRCODE_INVALID_COLUMN_REFERENCE;
    }

    static bool names_nothing(const Unplannable& failure) {
        switch (failure.sqlstate()) {
            case ERRCODE_UNDEFINED_TABLE:
            case ERRCODE_UNDEFINED_SCHEMA:
            case ERRCODE_UNDEFINED_FUNCTION:
            case ERRCODE_UNDEFINED_OBJECT:
                return true;
            default:
                return false;
        }
    }

    static bool is_typing(const Unplannable& failure) {
        switch (failure.sqlstate()) {
            case ERRCODE_UNDEFINED_FUNCTION:
            case ERRCODE_AMBIGUOUS_FUNCTION:
            case ERRCODE_DATATYPE_MISMATCH:
            case ERRCODE_CANNOT_COERCE:
            case ERRCODE_INDETERMINATE_DATATYPE:
                return true;
            default:
                return false;
        }
    }

    // Gives one parameter after another the first of the usual types with which PostgreSQL gets
    // further; the failure where none does.
    std::optional<Unplannable> find_types(Unplannable failure) {
        const int count = advisor::parameter_count(reading_.statement.text);
        if (count == 0 || count > most_parameters) return failure;
        Statement typed = reading_.statement;
        typed.parameter_types.assign(static_cast<std::size_t>(count), InvalidOid);
        std::vector<std::string> notes;
        for (int step = 0; step < most_steps; ++step) {
            std::optional<Statement> best;
            std::string note;
            int furthest = failure.position();
            std::optional<Unplannable> left = failure;
            for (int i = 0; i < count && left; ++i) {
                if (OidIsValid(typed.parameter_types[i])) continue;
                for (const TypeName& type : usual_types) {
                    Statement trial = typed;
                    trial.parameter_types[i] = type.id;
                    const auto outcome = attempt(trial);
                    if (outcome && (!is_typing(*outcome) || outcome->position() <= furthest)) continue;
                    note = "$" + std::to_string(i + 1) + " as " + type.name + ", since the text leaves its type open";
                    if (outcome) furthest = outcome->position();
                    best = std::move(trial);
                    left = outcome;
                    if (!left) break;
                }
            }
            if (!best) return failure;
            typed = std::move(*best);
            notes.push_back(std::move(note));
            if (!left) {
                reading_.statement = std::move(typed);
                reading_.notes.insert(reading_.notes.end(), notes.begin(), notes.end());
                return std::nullopt;
            }
            failure = *left;
        }
        return failure;
    }

    Expressions& expressions_;
    Reading reading_;
};

}  // namespace

Reading read_statement(Statement statement, Expressions& expressions) {
    return Reader(std::move(statement), expressions).run();
}

Reading read_as_sent(Statement statement, Expressions& expressions) {
    return Reader(std::move(statement), expressions).run_as_sent();
}

}  // namespace perfkit::pg
