// Distances of pgvector's vector and halfvec, for the extension pg_perfkit_vector.
//
// Nothing of pgvector's is called or included: its values are read as they are stored.

#include "perfkit/core/distance/distance.hpp"
#include "perfkit/pg/distance.hpp"

namespace perfkit::pg {

namespace {

// How both types lie in a datum; `dimensions` elements follow.
struct Stored {
    std::int32_t length_word;
    std::int16_t dimensions;
    std::int16_t unused;
};
static_assert(sizeof(Stored) == 8);

[[noreturn]] void raise_unknown_layout(std::size_t bytes, int dimensions) {
    call([=] {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a value is not laid out as pgvector 0.7 to 0.8 do"),
                        errdetail("It has %zu bytes and says that it has %d dimensions.", bytes, dimensions),
                        errhint("Either it is damaged, or pg_perfkit_vector does not know this version of pgvector.")));
    });
    pg_unreachable();
}

template <typename T>
class VectorArgument {
public:
    VectorArgument(FunctionCallInfo fcinfo, int argument) : flat_(PG_GETARG_DATUM(argument)) {
        const auto* stored = flat_.as<Stored>();
        size_ = static_cast<std::size_t>(stored->dimensions);
        const std::size_t bytes = VARSIZE(stored);
        if (stored->dimensions < 0 || bytes != sizeof(Stored) + size_ * sizeof(T))
            raise_unknown_layout(bytes, stored->dimensions);
    }
    const T* data() const { return reinterpret_cast<const T*>(flat_.as<Stored>() + 1); }
    std::size_t size() const { return size_; }

private:
    Flat flat_;
    std::size_t size_;
};

}  // namespace

}  // namespace perfkit::pg

using namespace perfkit;
using Vector = pg::VectorArgument<float>;
using HalfVector = pg::VectorArgument<distance::Half>;

PERFKIT_FUNCTION(pk_l2_distance_vector) { return pg::distance_of_pair<Vector, distance::l2<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_l2_squared_distance_vector) {
    return pg::distance_of_pair<Vector, distance::l2_squared<float>>(fcinfo);
}
PERFKIT_FUNCTION(pk_inner_product_vector) {
    return pg::distance_of_pair<Vector, distance::inner_product<float>>(fcinfo);
}
PERFKIT_FUNCTION(pk_cosine_distance_vector) {
    return pg::distance_of_pair<Vector, distance::cosine_distance<float>>(fcinfo);
}
PERFKIT_FUNCTION(pk_l1_distance_vector) { return pg::distance_of_pair<Vector, distance::l1<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_norm_vector) { return pg::norm_of<Vector, distance::norm<float>>(fcinfo); }

PERFKIT_FUNCTION(pk_l2_distance_halfvec) {
    return pg::distance_of_pair<HalfVector, distance::l2<distance::Half>>(fcinfo);
}
PERFKIT_FUNCTION(pk_l2_squared_distance_halfvec) {
    return pg::distance_of_pair<HalfVector, distance::l2_squared<distance::Half>>(fcinfo);
}
PERFKIT_FUNCTION(pk_inner_product_halfvec) {
    return pg::distance_of_pair<HalfVector, distance::inner_product<distance::Half>>(fcinfo);
}
PERFKIT_FUNCTION(pk_cosine_distance_halfvec) {
    return pg::distance_of_pair<HalfVector, distance::cosine_distance<distance::Half>>(fcinfo);
}
PERFKIT_FUNCTION(pk_l1_distance_halfvec) {
    return pg::distance_of_pair<HalfVector, distance::l1<distance::Half>>(fcinfo);
}
PERFKIT_FUNCTION(pk_norm_halfvec) { return pg::norm_of<HalfVector, distance::norm<distance::Half>>(fcinfo); }
