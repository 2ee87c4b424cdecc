// Distances of real[] and double precision[].

#include "perfkit/core/distance/distance.hpp"
#include "perfkit/pg/distance.hpp"

extern "C" {
#include "utils/array.h"
}

namespace perfkit::pg {

namespace {

[[noreturn]] void raise_dimensions(int argument, int dimensions) {
    call([=] {
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("a vector must be a one-dimensional array"),
                        errdetail("Argument %d has %d dimensions.", argument + 1, dimensions),
                        errhint("Give one row of it, as in ARRAY(SELECT unnest(matrix[1:1])).")));
    });
    pg_unreachable();
}

[[noreturn]] void raise_null(int argument, int position) {
    call([=] {
        ereport(ERROR,
                (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a vector must not contain NULL"),
                 errdetail("In argument %d, element %d is NULL.", argument + 1, position),
                 errhint("Leave such rows out, or give the elements a value, as in array_replace(vector, NULL, 0).")));
    });
    pg_unreachable();
}

// The first NULL, counted from 1, whatever the array's lower bound; 0 where there is none.
int first_null(const ArrayType* array, int size) {
    const bits8* present = ARR_NULLBITMAP(array);
    if (present == nullptr) return 0;
    for (int i = 0; i < size; ++i)
        if (!(present[i / 8] >> i % 8 & 1)) return i + 1;
    return 0;
}

}  // namespace

void raise_null_parameter(const char* name) {
    call([name] { ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name))); });
    pg_unreachable();
}

void raise_different_lengths(std::size_t first, std::size_t second) {
    call([=] {
        ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the vectors have different lengths"),
                        errdetail("The first has %zu elements, the second %zu.", first, second),
                        errhint("Vectors of different models cannot be compared. Group a column by the length of its "
                                "vectors to see which there are.")));
    });
    pg_unreachable();
}

template <typename T>
ArrayArgument<T>::ArrayArgument(Datum datum, int argument) : flat_(datum) {
    const auto* array = flat_.as<ArrayType>();
    if (ARR_NDIM(array) > 1) raise_dimensions(argument, ARR_NDIM(array));
    if (ARR_NDIM(array) == 0) return;
    const int size = ARR_DIMS(array)[0];
    if (const int position = first_null(array, size)) raise_null(argument, position);
    data_ = reinterpret_cast<const T*>(ARR_DATA_PTR(array));
    size_ = static_cast<std::size_t>(size);
}

template class ArrayArgument<float>;
template class ArrayArgument<double>;

}  // namespace perfkit::pg

using namespace perfkit;
using Real = pg::ArrayArgument<float>;
using Double = pg::ArrayArgument<double>;

PERFKIT_FUNCTION(pk_l2_distance) { return pg::distance_of_pair<Real, distance::l2<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_l2_squared_distance) { return pg::distance_of_pair<Real, distance::l2_squared<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_inner_product) { return pg::distance_of_pair<Real, distance::inner_product<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_cosine_distance) { return pg::distance_of_pair<Real, distance::cosine_distance<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_l1_distance) { return pg::distance_of_pair<Real, distance::l1<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_norm) { return pg::norm_of<Real, distance::norm<float>>(fcinfo); }

// The overloads over double precision[].
PERFKIT_FUNCTION(pk_l2_distance_float8) { return pg::distance_of_pair<Double, distance::l2<double>>(fcinfo); }
PERFKIT_FUNCTION(pk_l2_squared_distance_float8) {
    return pg::distance_of_pair<Double, distance::l2_squared<double>>(fcinfo);
}
PERFKIT_FUNCTION(pk_inner_product_float8) {
    return pg::distance_of_pair<Double, distance::inner_product<double>>(fcinfo);
}
PERFKIT_FUNCTION(pk_cosine_distance_float8) {
    return pg::distance_of_pair<Double, distance::cosine_distance<double>>(fcinfo);
}
PERFKIT_FUNCTION(pk_l1_distance_float8) { return pg::distance_of_pair<Double, distance::l1<double>>(fcinfo); }
PERFKIT_FUNCTION(pk_norm_float8) { return pg::norm_of<Double, distance::norm<double>>(fcinfo); }
