#include "perfkit/pg/query.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" {
#include "executor/spi.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
}

namespace perfkit::pg {

void set_option(const char* name, const char* value) {
    set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

namespace {

std::vector<TextRow> run(const std::string& sql, bool read_only) {
    MemoryContext const context = CurrentMemoryContext;
    // An error ends the transaction or subtransaction around, which restores setting and connection.
    const int level = call([&] {
        const int nest = NewGUCNestLevel();
        set_option("search_path", "pg_catalog, pg_temp");
        set_option("standard_conforming_strings", "on");
        set_option("extra_float_digits", "1");
        SPI_connect();
        const int result = SPI_execute(sql.c_str(), read_only, 0);
        if (read_only ? result != SPI_OK_SELECT : result < 0)
            elog(ERROR, "a query of pg_perfkit's own failed: %s", SPI_result_code_string(result));
        return nest;
    });
    std::vector<TextRow> rows;
    const SPITupleTable* const table = SPI_tuptable;
    const int columns = table ? table->tupdesc->natts : 0;
    const std::uint64_t count = table ? table->numvals : 0;
    rows.reserve(count);
    // An error's report has to outlive SPI's memory, since a subtransaction may end before the error is told.
    MemoryContextSwitchTo(context);
    for (std::uint64_t i = 0; i < count; ++i) {
        TextRow row;
        for (int column = 1; column <= columns; ++column) {
            char* const value = call([&] { return SPI_getvalue(table->vals[i], table->tupdesc, column); });
            row.push_back(value ? std::optional<std::string>(value) : std::nullopt);
            if (value) pfree(value);
        }
        rows.push_back(std::move(row));
    }
    call([level] {
        SPI_finish();
        AtEOXact_GUC(true, level);
    });
    return rows;
}

}  // namespace

std::vector<TextRow> run_query(const std::string& sql) { return run(sql, true); }

std::vector<TextRow> run_change(const std::string& sql) { return run(sql, false); }

InnerText::InnerText(const char* inner) noexcept {
    callback_.previous = error_context_stack;
    callback_.arg = const_cast<char*>(inner);
    callback_.callback = [](void* argument) {
        const int position = geterrposition();
        if (position <= 0) return;
        errposition(0);
        internalerrposition(position);
        internalerrquery(static_cast<const char*>(argument));
    };
    error_context_stack = &callback_;
}

InnerText::~InnerText() { error_context_stack = callback_.previous; }

std::string quoted_literal(const std::string& text) {
    return call([&] { return quote_literal_cstr(text.c_str()); });
}

std::string quoted_name(const std::string& name) {
    return call([&] { return quote_identifier(name.c_str()); });
}

double number_of(const std::optional<std::string>& text) { return text ? std::strtod(text->c_str(), nullptr) : 0; }

std::int64_t integer_of(const std::optional<std::string>& text) {
    return text ? std::strtoll(text->c_str(), nullptr, 10) : 0;
}

std::string schema_of_extension(const std::string& name) {
    const auto rows = run_query(
        "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = " +
        quoted_literal(name));
    return rows.empty() ? "" : quoted_name(*rows.front().front());
}

}  // namespace perfkit::pg
