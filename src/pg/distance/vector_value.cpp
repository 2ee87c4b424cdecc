#include "perfkit/pg/vector_value.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "perfkit/core/distance/half.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/distance.hpp"
#include "perfkit/pg/pgvector.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/syscache.h"
#include "utils/varbit.h"
}

namespace perfkit::pg {

namespace {

constexpr float most_half = 65504;

template <typename T, typename Convert>
Datum stored_vector(std::span<const float> numbers, Convert convert) {
    const std::size_t bytes = sizeof(StoredVector) + numbers.size() * sizeof(T);
    auto* const stored = static_cast<StoredVector*>(palloc0(bytes));
    SET_VARSIZE(stored, bytes);
    stored->dimensions = static_cast<std::int16_t>(numbers.size());
    std::transform(numbers.begin(), numbers.end(), reinterpret_cast<T*>(stored + 1), convert);
    return PointerGetDatum(stored);
}

Datum stored_bits(std::span<const float> numbers) {
    const int count = static_cast<int>(numbers.size());
    const int bytes = VARBITTOTALLEN(count);
    auto* const stored = static_cast<VarBit*>(palloc0(bytes));
    SET_VARSIZE(stored, bytes);
    VARBITLEN(stored) = count;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (numbers[i] >= 0.5f) VARBITS(stored)[i / 8] |= 0x80 >> i % 8;
    return PointerGetDatum(stored);
}

}  // namespace

std::optional<vectors::Type> vector_type_of(Oid type) {
    if (type == BITOID) return vectors::Type::bit;
    return call([type]() -> std::optional<vectors::Type> {
        HeapTuple const tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
        if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for type %u", type);
        const char* const name = NameStr(reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple))->typname);
        std::optional<vectors::Type> kind;
        if (std::strcmp(name, "vector") == 0) kind = vectors::Type::vector;
        if (std::strcmp(name, "halfvec") == 0) kind = vectors::Type::halfvec;
        ReleaseSysCache(tuple);
        return kind;
    });
}

std::vector<float> numbers_of(vectors::Type type, Datum value) {
    if (type == vectors::Type::vector) {
        const VectorArgument<float> vector(value, 0);
        return {vector.data(), vector.data() + vector.size()};
    }
    if (type == vectors::Type::halfvec) {
        const VectorArgument<distance::Half> vector(value, 0);
        std::vector<float> numbers(vector.size());
        std::transform(vector.data(), vector.data() + vector.size(), numbers.begin(),
                       [](distance::Half half) { return distance::to_float(half); });
        return numbers;
    }
    const BitArgument bits(value, 0);
    std::vector<float> numbers(bits.size());
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = static_cast<float>(bits.data()[i / 8] >> (7 - i % 8) & 1);
    return numbers;
}

Datum value_of(vectors::Type type, std::span<const float> numbers) {
    return call([=] {
        switch (type) {
            case vectors::Type::vector:
                return stored_vector<float>(numbers, [](float x) { return x; });
            case vectors::Type::halfvec:
                return stored_vector<distance::Half>(
                    numbers, [](float x) { return distance::to_half(std::clamp(x, -most_half, most_half)); });
            case vectors::Type::bit:
                break;
        }
        return stored_bits(numbers);
    });
}

}  // namespace perfkit::pg
