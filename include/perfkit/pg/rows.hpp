// Results of a set-returning function, row by row.
//
//   PERFKIT_FUNCTION(pk_example) {
//       pg::Rows rows(fcinfo);
//       rows.add({"a name", 42, 0.5, std::nullopt});
//       PG_RETURN_NULL();
//   }
//
// The values of a row must have the types that the SQL declaration gives its columns; Datum values
// of other types go in as pg::Value::of(datum).
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "funcapi.h"
}

namespace perfkit::pg {

// A value on its way into a column.  Text stays where it is until the row is stored, in the
// server's encoding.
class Value {
public:
    Value(std::nullopt_t) : kind_(Kind::null) {}
    Value(bool value) : kind_(Kind::datum), datum_(BoolGetDatum(value)) {}
    Value(std::int32_t value) : kind_(Kind::datum), datum_(Int32GetDatum(value)) {}
    Value(std::int64_t value) : kind_(Kind::datum), datum_(Int64GetDatum(value)) {}
    Value(double value) : kind_(Kind::datum), datum_(Float8GetDatum(value)) {}
    Value(std::string_view string) : kind_(Kind::text), text_(string) {}
    Value(const std::string& string) : Value(std::string_view(string)) {}
    Value(const char* string) : Value(std::string_view(string)) {}
    template <typename T>
    Value(const std::optional<T>& value) : Value(std::nullopt) {
        if (value) *this = Value(*value);
    }
    static Value of(Datum datum) {
        Value value(std::nullopt);
        value.kind_ = Kind::datum;
        value.datum_ = datum;
        return value;
    }
    // A timestamptz; 0 is NULL.
    static Value time(std::int64_t when);
    // A jsonb of its text.
    static Value jsonb(const std::string& json);

private:
    friend class Rows;
    enum class Kind { null, datum, text } kind_;
    Datum datum_ = 0;
    std::string_view text_;
};

class Rows {
public:
    // Checks that the caller accepts a set (else ERROR 0A000) and prepares the tuplestore.
    explicit Rows(FunctionCallInfo fcinfo);
    // Stores one row; throws std::logic_error where the number of columns is wrong.
    void add(std::initializer_list<Value> values) { add(std::span(values.begin(), values.size())); }
    void add(std::span<const Value> values);

private:
    ReturnSetInfo* result_;
};

}  // namespace perfkit::pg
