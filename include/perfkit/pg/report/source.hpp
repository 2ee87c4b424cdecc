// Where a report gets what it tells: our own functions and views, asked as the caller.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "perfkit/core/report/data.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/subtransaction.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace perfkit::pg::reporting {

struct Span {
    TimestampTz from;
    TimestampTz to;
};

class Source {
public:
    explicit Source(std::string schema) : schema_(std::move(schema)) {}

    // The rows in UTF-8, as text.  In the query @s@ stands for our schema, @from@ and @to@ for the ends of the span.
    std::vector<TextRow> rows(std::string sql, const Span& span = {}) const;

private:
    std::string schema_;
};

// The database that is asked, in SQL.
constexpr const char* this_database = "(SELECT d.oid FROM pg_database d WHERE d.datname = current_database())";

// A time in SQL, exact to the microsecond, whatever the session's settings.
std::string time_literal(TimestampTz time);
// Replaces each occurrence.
std::string with(std::string sql, std::string_view mark, const std::string& value);

report::Number number(const std::optional<std::string>& text);
std::string text(const std::optional<std::string>& text);
// As pk_latency_* have it: {bucket,count,bucket,count}.
LatencyHistogram latency(const std::optional<std::string>& text);

// Whether an error has to end the whole report: it was cancelled, or the server is short of something.
bool ends_all(const Error& error);
// What to tell the reader instead of a section.
std::string sentence_of(const Error& error);

// Runs body, which fills a section; where the server fails it, the sentence that tells why, else an empty one.
template <typename Body>
std::string section(Body&& body) {
    Subtransaction subtransaction;
    try {
        body();
    } catch (const Error& error) {
        subtransaction.roll_back();
        if (ends_all(error)) throw;
        return sentence_of(error);
    } catch (...) {
        subtransaction.roll_back();
        throw;
    }
    subtransaction.release();
    return "";
}

}  // namespace perfkit::pg::reporting
