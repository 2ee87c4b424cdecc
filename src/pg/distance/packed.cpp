// Vectors packed into bytea, in one or two bytes for each element, and their distances.

#include "perfkit/core/distance/packed.hpp"

#include <bit>
#include <string_view>

#include "perfkit/pg/distance.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/memutils.h"
}

namespace perfkit::pg {

namespace {

using distance::Format;
using distance::Metric;

[[noreturn]] void raise_format(std::string_view name) {
    call([name] {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("unknown format \"%.*s\"", static_cast<int>(name.size()), name.data()),
                        errhint("There are f16, bf16, int8 and int8_scaled.")));
    });
    pg_unreachable();
}

[[noreturn]] void raise_no_vector(int argument, std::size_t bytes) {
    call([=] {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("the bytes are no vector of this format"),
                 errdetail("Argument %d has %zu bytes.", argument + 1, bytes),
                 errhint("f16 and bf16 take two bytes for each element, int8 takes one. int8_scaled begins with "
                         "a scale, a float of four bytes that is finite and has no sign.")));
    });
    pg_unreachable();
}

[[noreturn]] void raise_out_of_range(std::size_t place, float element, Format format) {
    call([=] {
        ereport(ERROR,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("the vector is beyond the range of the format"),
                 errdetail("Element %zu is %g.", place + 1, static_cast<double>(element)),
                 format == Format::int8
                     ? errhint("int8 holds whole numbers from -128 to 127; int8_scaled multiplies them by a scale.")
                 : format == Format::int8_scaled ? errhint("int8_scaled has neither NaN nor infinity.")
                                                 : errhint("f16 goes to 65504, bf16 to 3.39e38.")));
    });
    pg_unreachable();
}

[[noreturn]] void raise_too_long(std::size_t size) {
    call([=] {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("an array cannot have %zu elements", size)));
    });
    pg_unreachable();
}

// Not worth turning bytes around that were never tested.
void check_byte_order() {
    if constexpr (std::endian::native != std::endian::little) {
        call([] {
            ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                            errmsg("packed vectors are little-endian, and this processor is not")));
        });
    }
}

template <Metric metric>
Datum distance_of_packed(FunctionCallInfo fcinfo) {
    const Format format = format_argument(PG_GETARG_DATUM(2));
    const PackedArgument a(PG_GETARG_DATUM(0), 0, format), b(PG_GETARG_DATUM(1), 1, format);
    if (a.size() != b.size()) raise_different_lengths(a.size(), b.size());
    return Float8GetDatum(distance::distance(session_kernels(), metric, a.vector(), b.vector()));
}

}  // namespace

Format format_argument(Datum datum) {
    check_byte_order();
    const Flat flat(datum);
    const auto* const stored = flat.as<text>();
    const std::string_view name(VARDATA(stored), VARSIZE(stored) - VARHDRSZ);
    const auto format = distance::format_named(name);
    if (!format) raise_format(name);
    return *format;
}

PackedArgument::PackedArgument(Datum datum, int argument, Format format) : flat_(datum) {
    const auto* const stored = flat_.as<bytea>();
    const std::size_t bytes = VARSIZE(stored) - VARHDRSZ;
    const auto found = distance::packed_in(reinterpret_cast<const unsigned char*>(VARDATA(stored)), bytes, format);
    if (!found) raise_no_vector(argument, bytes);
    vector_ = *found;
}

}  // namespace perfkit::pg

using namespace perfkit;

PERFKIT_FUNCTION(pk_pack) {
    const pg::ArrayArgument<float> vector(PG_GETARG_DATUM(0), 0);
    const distance::Format format = pg::format_argument(PG_GETARG_DATUM(1));
    const std::size_t size = VARHDRSZ + distance::packed_bytes(format, vector.size());
    auto* const stored = pg::call([size] { return static_cast<bytea*>(palloc(size)); });
    SET_VARSIZE(stored, size);
    const std::size_t packed =
        distance::pack(format, vector.data(), vector.size(), reinterpret_cast<unsigned char*>(VARDATA(stored)));
    if (packed < vector.size()) pg::raise_out_of_range(packed, vector.data()[packed], format);
    PG_RETURN_BYTEA_P(stored);
}

PERFKIT_FUNCTION(pk_unpack) {
    const pg::PackedArgument packed(PG_GETARG_DATUM(0), 0, pg::format_argument(PG_GETARG_DATUM(1)));
    const std::size_t size = packed.size();
    if (size > MaxArraySize) pg::raise_too_long(size);
    auto* const array = pg::call([size] {
        if (size == 0) return construct_empty_array(FLOAT4OID);
        const std::size_t bytes = ARR_OVERHEAD_NONULLS(1) + size * sizeof(float);
        auto* const made = static_cast<ArrayType*>(palloc0(bytes));
        SET_VARSIZE(made, bytes);
        made->ndim = 1;
        made->elemtype = FLOAT4OID;
        ARR_DIMS(made)[0] = static_cast<int>(size);
        ARR_LBOUND(made)[0] = 1;
        return made;
    });
    distance::unpack(packed.vector(), reinterpret_cast<float*>(ARR_DATA_PTR(array)));
    PG_RETURN_ARRAYTYPE_P(array);
}

// The overloads over bytea.
PERFKIT_FUNCTION(pk_l2_distance_packed) { return pg::distance_of_packed<distance::Metric::l2>(fcinfo); }
PERFKIT_FUNCTION(pk_l2_squared_distance_packed) { return pg::distance_of_packed<distance::Metric::l2_squared>(fcinfo); }
PERFKIT_FUNCTION(pk_inner_product_packed) { return pg::distance_of_packed<distance::Metric::inner_product>(fcinfo); }
PERFKIT_FUNCTION(pk_cosine_distance_packed) { return pg::distance_of_packed<distance::Metric::cosine>(fcinfo); }
PERFKIT_FUNCTION(pk_l1_distance_packed) { return pg::distance_of_packed<distance::Metric::l1>(fcinfo); }
PERFKIT_FUNCTION(pk_norm_packed) {
    const pg::PackedArgument packed(PG_GETARG_DATUM(0), 0, pg::format_argument(PG_GETARG_DATUM(1)));
    return Float8GetDatum(distance::norm(pg::session_kernels(), packed.vector()));
}
