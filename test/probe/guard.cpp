// A probe for test/sql/guard.sql, in a library of its own: no user gets it.

#include <string>

#include "perfkit/pg/guard.hpp"

extern "C" {
PG_MODULE_MAGIC;
}

namespace {

// Counts the live objects, to show that no way out skips a destructor.
int live = 0;
struct Tracked {
    Tracked() { ++live; }
    ~Tracked() { --live; }
    Tracked(const Tracked&) = delete;
    Tracked& operator=(const Tracked&) = delete;
    std::string heap = std::string(1000, 'x');
};

int parse_int(const char* text) {
    return perfkit::pg::call([text] { return DatumGetInt32(DirectFunctionCall1(int4in, CStringGetDatum(text))); });
}

int parse_deep(const char* text, int depth) {
    const Tracked here;
    return depth == 0 ? parse_int(text) : parse_deep(text, depth - 1);
}

}  // namespace

PERFKIT_FUNCTION(perfkit_guard_probe) {
    const Tracked outer;
    const std::string mode = perfkit::pg::call([fcinfo] { return text_to_cstring(PG_GETARG_TEXT_PP(0)); });
    if (mode == "bad_alloc") throw std::bad_alloc();
    if (mode == "invalid") throw std::invalid_argument("an invalid argument");
    if (mode == "runtime") throw std::runtime_error("a runtime error: 100%s");
    if (mode == "int") throw 42;
    if (mode == "ereport") PG_RETURN_INT32(parse_int("not a number"));
    if (mode == "deep") PG_RETURN_INT32(parse_deep("still no number", 50));
    if (mode == "throw in call") perfkit::pg::call([] { throw std::runtime_error("thrown inside call"); });
    if (mode == "cleanup then ereport") {
        try {
            parse_int("first error");
        } catch (...) {
            const Tracked handling;
            throw;
        }
    }
    if (mode == "unguarded") {
        const Tracked skipped;
        ereport(ERROR, (errmsg("an ereport past a destructor")));
    }
    PG_RETURN_INT32(parse_int("7"));
}

PERFKIT_FUNCTION(perfkit_guard_live) {
    PG_RETURN_INT32(live);
}
