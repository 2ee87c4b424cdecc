// Distances of bit and bit varying.

#include "perfkit/core/distance/bits.hpp"

#include "perfkit/pg/distance.hpp"

extern "C" {
#include "utils/varbit.h"
}

namespace perfkit::pg {

// The bits of the last byte that do not belong to the value are 0, as PostgreSQL keeps them.
BitArgument::BitArgument(Datum datum, int) : flat_(datum) {
    const auto* const stored = flat_.as<VarBit>();
    data_ = VARBITS(stored);
    size_ = static_cast<std::size_t>(VARBITLEN(stored));
}

namespace {

template <auto Distance>
Datum distance_of_bits(FunctionCallInfo fcinfo) {
    const BitArgument a(PG_GETARG_DATUM(0), 0), b(PG_GETARG_DATUM(1), 1);
    if (a.size() != b.size()) raise_different_lengths(a.size(), b.size());
    return Float8GetDatum(Distance(session_kernels(), a.data(), b.data(), a.bytes()));
}

}  // namespace

}  // namespace perfkit::pg

using namespace perfkit;

PERFKIT_FUNCTION(pk_hamming_distance) { return pg::distance_of_bits<distance::hamming_distance>(fcinfo); }
PERFKIT_FUNCTION(pk_jaccard_distance) { return pg::distance_of_bits<distance::jaccard_distance>(fcinfo); }
