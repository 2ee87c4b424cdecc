// Distances of pgvector's vector and halfvec, for the extension pg_perfkit_vector.

#include "perfkit/pg/pgvector.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "perfkit/core/distance/distance.hpp"
#include "perfkit/pg/distance.hpp"

namespace perfkit::pg {

void raise_unknown_layout(std::size_t bytes, int dimensions) {
    call([=] {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a value is not laid out as pgvector 0.7 to 0.8 do"),
                        errdetail("It has %zu bytes and says that it has %d dimensions.", bytes, dimensions),
                        errhint("Either it is damaged, or pg_perfkit_vector does not know this version of pgvector.")));
    });
    pg_unreachable();
}

}  // namespace perfkit::pg

namespace perfkit::pg {

namespace {

// What the indexes order by: nearer is less.
template <typename T>
double negative_inner_product(const distance::Kernels& kernels, const T* a, const T* b, std::size_t n) {
    return -distance::inner_product(kernels, a, b, n);
}

// The angle between two vectors of length 1, as a share of a half turn: unlike the product, it obeys the
// triangle inequality, which k-means for lists relies on.
template <typename T>
double spherical_distance(const distance::Kernels& kernels, const T* a, const T* b, std::size_t n) {
    const double cosine = distance::inner_product(kernels, a, b, n);
    return std::acos(std::clamp(cosine, -1.0, 1.0)) / std::numbers::pi;
}

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

// Support functions of the operator classes.
PERFKIT_FUNCTION(pk_negative_inner_product_vector) {
    return pg::distance_of_pair<Vector, pg::negative_inner_product<float>>(fcinfo);
}
PERFKIT_FUNCTION(pk_spherical_distance_vector) {
    return pg::distance_of_pair<Vector, pg::spherical_distance<float>>(fcinfo);
}
PERFKIT_FUNCTION(pk_negative_inner_product_halfvec) {
    return pg::distance_of_pair<HalfVector, pg::negative_inner_product<distance::Half>>(fcinfo);
}
PERFKIT_FUNCTION(pk_spherical_distance_halfvec) {
    return pg::distance_of_pair<HalfVector, pg::spherical_distance<distance::Half>>(fcinfo);
}
