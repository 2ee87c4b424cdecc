// The kernels that this session uses, and reading vectors out of SQL values.
#pragma once

#include <cstddef>

#include "perfkit/core/distance/kernels.hpp"
#include "perfkit/core/distance/packed.hpp"
#include "perfkit/pg/flat.hpp"

namespace perfkit::pg {

// What pg_perfkit.simd says.
const distance::Kernels& session_kernels();

// Defines the setting.
void init_distance();

// Reports that two vectors have different numbers of elements (dimensions), as ERROR 22000.
[[noreturn]] void raise_different_lengths(std::size_t first, std::size_t second);

// Reports that a parameter, by its name, is NULL, as ERROR 22004.
[[noreturn]] void raise_null_parameter(const char* name);

// The elements of a one-dimensional array, of type T, without NULLs; anything else is an ERROR
// (2202E, 22004) that names the argument by its number, counted from 0.
template <typename T>
class ArrayArgument {
public:
    using Element = T;

    ArrayArgument(Datum datum, int argument);
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }

private:
    Flat flat_;
    const T* data_ = nullptr;
    std::size_t size_ = 0;
};

// The format that a text names; ERROR 22023 where there is none.
distance::Format format_argument(Datum datum);

// A bytea that holds a vector of this format; anything else is an ERROR (22P03).
class PackedArgument {
public:
    PackedArgument(Datum datum, int argument, distance::Format format);
    const distance::Packed& vector() const { return vector_; }
    std::size_t size() const { return vector_.size; }

private:
    Flat flat_;
    distance::Packed vector_;
};

// A bit or bit varying.
class BitArgument {
public:
    BitArgument(Datum datum, int argument);
    const std::uint8_t* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::size_t bytes() const { return (size_ + 7) / 8; }

private:
    Flat flat_;
    const std::uint8_t* data_;
    std::size_t size_;
};

// A distance of two vectors, read as Argument says.
template <typename Argument, auto Distance>
Datum distance_of_pair(FunctionCallInfo fcinfo) {
    const Argument a(PG_GETARG_DATUM(0), 0), b(PG_GETARG_DATUM(1), 1);
    if (a.size() != b.size()) raise_different_lengths(a.size(), b.size());
    return Float8GetDatum(Distance(session_kernels(), a.data(), b.data(), a.size()));
}

template <typename Argument, auto Norm>
Datum norm_of(FunctionCallInfo fcinfo) {
    const Argument a(PG_GETARG_DATUM(0), 0);
    return Float8GetDatum(Norm(session_kernels(), a.data(), a.size()));
}

}  // namespace perfkit::pg
