// pk_nearest: the k nearest rows to a query, as an aggregate that parallel workers share.
//
// The state keeps the k nearest so far.  A row that is not among them leaves nothing behind, so the
// time is that of reading the vectors and of their distances.

#include "perfkit/core/distance/nearest.hpp"

#include <cstring>
#include <string_view>

#include "perfkit/core/distance/bits.hpp"
#include "perfkit/core/distance/distance.hpp"
#include "perfkit/pg/distance.hpp"
#include "perfkit/pg/pgvector.hpp"

extern "C" {
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
}

namespace perfkit::pg {

namespace {

using distance::BitMetric;
using distance::Format;
using distance::Metric;
using distance::Neighbour;

constexpr int most_neighbours = 1'000'000;

// How an id's type lies in memory.
struct IdType {
    std::int16_t length;
    bool by_value;
    char alignment;
};

// What rows are ordered by, the same for all of a group; of bits the second metric, of packed vectors the format.
struct Measure {
    Metric metric;
    BitMetric of_bits;
    Format format;
};

// In the aggregate's memory, as all that it points to.
struct State {
    MemoryContext context;
    IdType id_type;
    Measure measure;
    std::size_t k, count, room;
    Neighbour* heap;

    // A query that is not stored plainly, as (SELECT embedding FROM ...) often is not, is fetched once:
    // the bytes of the reference to it, and what they stand for.
    std::size_t reference_size;
    char* reference;
    varlena* fetched;
};

[[noreturn]] void raise_outside_aggregate() {
    call([] { elog(ERROR, "a part of pk_nearest was called outside of an aggregate"); });
    pg_unreachable();
}

[[noreturn]] void raise_k(std::int32_t k) {
    call([k] {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("k must be from 1 to %d, and is %d", most_neighbours, k)));
    });
    pg_unreachable();
}

[[noreturn]] void raise_changed(const char* name) {
    call([name] {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be the same for all rows of a group", name)));
    });
    pg_unreachable();
}

[[noreturn]] void raise_metric(std::string_view name, const char* there_are) {
    call([name, there_are] {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("unknown metric \"%.*s\"", static_cast<int>(name.size()), name.data()),
                        errhint("There are %s.", there_are)));
    });
    pg_unreachable();
}

// Not l2 squared: beyond double's range, squares are equal.
Metric metric_named(std::string_view name) {
    if (name == "l2") return Metric::l2;
    if (name == "inner_product") return Metric::inner_product;
    if (name == "cosine") return Metric::cosine;
    if (name == "l1") return Metric::l1;
    raise_metric(name, "l2, inner_product, cosine and l1");
}

BitMetric bit_metric_named(std::string_view name) {
    if (name == "hamming") return BitMetric::hamming;
    if (name == "jaccard") return BitMetric::jaccard;
    raise_metric(name, "hamming and jaccard");
}

// How rows are read and compared, by what SQL gives for them.
template <typename Argument>
struct Compared {
    static Argument read(Datum datum, int number, const Measure&) { return {datum, number}; }
    static void take_metric(std::string_view name, Measure& measure) { measure.metric = metric_named(name); }
    static double distance(const Measure& by, const Argument& a, const Argument& b) {
        return distance::distance(session_kernels(), by.metric, a.data(), b.data(), a.size());
    }
};

template <>
struct Compared<PackedArgument> {
    static PackedArgument read(Datum datum, int number, const Measure& by) { return {datum, number, by.format}; }
    static void take_metric(std::string_view name, Measure& measure) { measure.metric = metric_named(name); }
    static double distance(const Measure& by, const PackedArgument& a, const PackedArgument& b) {
        return distance::distance(session_kernels(), by.metric, a.vector(), b.vector());
    }
};

template <>
struct Compared<BitArgument> {
    static BitArgument read(Datum datum, int number, const Measure&) { return {datum, number}; }
    static void take_metric(std::string_view name, Measure& measure) { measure.of_bits = bit_metric_named(name); }
    static double distance(const Measure& by, const BitArgument& a, const BitArgument& b) {
        return distance::distance(session_kernels(), by.of_bits, a.data(), b.data(), a.bytes());
    }
};

// From the arguments metric and format, where there are such.
template <typename Argument>
Measure measure_of(FunctionCallInfo fcinfo) {
    Measure measure{Metric::l2, BitMetric::hamming, Format::f16};
    if (PG_NARGS() > 5) {
        if (PG_ARGISNULL(5)) raise_null_parameter("metric");
        const Flat flat(PG_GETARG_DATUM(5));
        const auto* const stored = flat.as<text>();
        Compared<Argument>::take_metric({VARDATA(stored), VARSIZE(stored) - VARHDRSZ}, measure);
    }
    if (PG_NARGS() > 6) {
        if (PG_ARGISNULL(6)) raise_null_parameter("format");
        measure.format = format_argument(PG_GETARG_DATUM(6));
    }
    return measure;
}

void check_same(const Measure& a, const Measure& b) {
    if (a.metric != b.metric || a.of_bits != b.of_bits) raise_changed("metric");
    if (a.format != b.format) raise_changed("format");
}

MemoryContext aggregate_memory(FunctionCallInfo fcinfo) {
    MemoryContext context;
    if (call([&] { return AggCheckCallContext(fcinfo, &context); }) == 0) raise_outside_aggregate();
    return context;
}

State* new_state(MemoryContext context, const IdType& id_type, const Measure& measure, std::size_t k) {
    const std::size_t room = std::min<std::size_t>(k, 16);
    return call([=] {
        auto* state = static_cast<State*>(MemoryContextAllocZero(context, sizeof(State)));
        state->context = context;
        state->id_type = id_type;
        state->measure = measure;
        state->k = k;
        state->room = room;
        state->heap = static_cast<Neighbour*>(MemoryContextAlloc(context, room * sizeof(Neighbour)));
        return state;
    });
}

// A copy that lives as long as the state, in one piece.
Datum kept(const State& state, Datum id) {
    if (state.id_type.by_value) return id;
    return call([&] {
        MemoryContext const before = MemoryContextSwitchTo(state.context);
        const Datum copy = state.id_type.length == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(id))
                                                      : datumCopy(id, false, state.id_type.length);
        MemoryContextSwitchTo(before);
        return copy;
    });
}

void add(State& state, double distance, Datum id) {
    if (!belongs(state.heap, state.count, state.k, distance)) return;
    const Neighbour neighbour{distance, kept(state, id)};
    if (state.count == state.k) {
        const Datum farthest = replace_farthest(state.heap, state.count, neighbour);
        if (!state.id_type.by_value) pfree(DatumGetPointer(farthest));
        return;
    }
    if (state.count == state.room) {
        const std::size_t room = std::min(state.k, 2 * state.room);
        state.heap = call([&] { return static_cast<Neighbour*>(repalloc(state.heap, room * sizeof(Neighbour))); });
        state.room = room;
    }
    add_neighbour(state.heap, state.count, neighbour);
}

State* first_state(FunctionCallInfo fcinfo, const Measure& measure) {
    const std::int32_t k = PG_GETARG_INT32(4);
    if (k < 1 || k > most_neighbours) raise_k(k);
    MemoryContext const context = aggregate_memory(fcinfo);
    const IdType id_type = call([fcinfo] {
        IdType type;
        get_typlenbyvalalign(get_fn_expr_argtype(fcinfo->flinfo, 1), &type.length, &type.by_value, &type.alignment);
        return type;
    });
    return new_state(context, id_type, measure, static_cast<std::size_t>(k));
}

// The query as it is to be read: itself where it is stored plainly, else what was fetched for it.
Datum plain_query(State& state, Datum query) {
    auto* const stored = reinterpret_cast<varlena*>(DatumGetPointer(query));
    const bool cheap = VARATT_IS_4B_U(stored) || (VARATT_IS_SHORT(stored) && !VARATT_IS_EXTERNAL(stored)) ||
                       (VARATT_IS_EXTERNAL(stored) && !VARATT_IS_EXTERNAL_ONDISK(stored));
    if (cheap) return query;
    const std::size_t size = VARSIZE_ANY(stored);
    if (state.fetched == nullptr || size != state.reference_size || std::memcmp(stored, state.reference, size) != 0) {
        call([&] {
            MemoryContext const before = MemoryContextSwitchTo(state.context);
            if (state.fetched != nullptr) {
                pfree(state.fetched);
                pfree(state.reference);
                state.fetched = nullptr;
            }
            state.reference = static_cast<char*>(palloc(size));
            std::memcpy(state.reference, stored, size);
            state.reference_size = size;
            state.fetched = PG_DETOAST_DATUM(query);
            MemoryContextSwitchTo(before);
        });
    }
    return PointerGetDatum(state.fetched);
}

// Arguments: state, id, embedding, query, k, and for some the metric and the format.
template <typename Argument>
Datum transition(FunctionCallInfo fcinfo) {
    auto* state = PG_ARGISNULL(0) ? nullptr : reinterpret_cast<State*>(PG_GETARG_POINTER(0));
    if (PG_ARGISNULL(4)) raise_null_parameter("k");
    const Measure measure = measure_of<Argument>(fcinfo);
    if (state == nullptr) {
        state = first_state(fcinfo, measure);
    } else {
        if (static_cast<std::size_t>(PG_GETARG_INT32(4)) != state->k) raise_changed("k");
        check_same(measure, state->measure);
    }
    if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2) && !PG_ARGISNULL(3)) {
        const Argument embedding = Compared<Argument>::read(PG_GETARG_DATUM(2), 1, measure);
        const Argument query = Compared<Argument>::read(plain_query(*state, PG_GETARG_DATUM(3)), 2, measure);
        if (embedding.size() != query.size()) raise_different_lengths(embedding.size(), query.size());
        const double distance = Compared<Argument>::distance(measure, embedding, query);
        // Of a product, the greater is nearer; for bits the metric is another's.
        add(*state, measure.metric == Metric::inner_product ? -distance : distance, PG_GETARG_DATUM(1));
    }
    PG_RETURN_POINTER(state);
}

// What a worker hands over: this, then for each neighbour its distance and its id.
struct Serialized {
    IdType id_type;
    Measure measure;
    std::size_t k, count;
};

std::size_t serialized_size(const State& state) {
    std::size_t size = VARHDRSZ + sizeof(Serialized) + state.count * sizeof(double);
    for (std::size_t i = 0; i < state.count; ++i)
        size += datumEstimateSpace(state.heap[i].id, false, state.id_type.by_value, state.id_type.length);
    return size;
}

}  // namespace

}  // namespace perfkit::pg

using namespace perfkit;

PERFKIT_FUNCTION(pk_nearest_transition_real) { return pg::transition<pg::ArrayArgument<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_nearest_transition_float8) { return pg::transition<pg::ArrayArgument<double>>(fcinfo); }
PERFKIT_FUNCTION(pk_nearest_transition_packed) { return pg::transition<pg::PackedArgument>(fcinfo); }
PERFKIT_FUNCTION(pk_nearest_transition_bit) { return pg::transition<pg::BitArgument>(fcinfo); }
PERFKIT_FUNCTION(pk_nearest_transition_vector) { return pg::transition<pg::VectorArgument<float>>(fcinfo); }
PERFKIT_FUNCTION(pk_nearest_transition_halfvec) { return pg::transition<pg::VectorArgument<distance::Half>>(fcinfo); }

PERFKIT_FUNCTION(pk_nearest_combine) {
    MemoryContext const context = pg::aggregate_memory(fcinfo);
    if (PG_ARGISNULL(1)) {
        if (PG_ARGISNULL(0)) PG_RETURN_NULL();
        PG_RETURN_DATUM(PG_GETARG_DATUM(0));
    }
    const auto& other = *reinterpret_cast<pg::State*>(PG_GETARG_POINTER(1));
    auto* state = PG_ARGISNULL(0) ? pg::new_state(context, other.id_type, other.measure, other.k)
                                  : reinterpret_cast<pg::State*>(PG_GETARG_POINTER(0));
    if (other.k != state->k) pg::raise_changed("k");
    pg::check_same(other.measure, state->measure);
    for (std::size_t i = 0; i < other.count; ++i) pg::add(*state, other.heap[i].distance, other.heap[i].id);
    PG_RETURN_POINTER(state);
}

PERFKIT_FUNCTION(pk_nearest_serialize) {
    pg::aggregate_memory(fcinfo);
    const auto& state = *reinterpret_cast<pg::State*>(PG_GETARG_POINTER(0));
    return pg::call([&] {
        const std::size_t size = pg::serialized_size(state);
        auto* bytes = static_cast<char*>(palloc(size));
        SET_VARSIZE(bytes, size);
        const pg::Serialized head{state.id_type, state.measure, state.k, state.count};
        char* at = bytes + VARHDRSZ;
        std::memcpy(at, &head, sizeof(head));
        at += sizeof(head);
        for (std::size_t i = 0; i < state.count; ++i) {
            std::memcpy(at, &state.heap[i].distance, sizeof(double));
            at += sizeof(double);
            datumSerialize(state.heap[i].id, false, state.id_type.by_value, state.id_type.length, &at);
        }
        return PointerGetDatum(bytes);
    });
}

// In the memory of the call: the state only lives until it is combined.
PERFKIT_FUNCTION(pk_nearest_deserialize) {
    pg::aggregate_memory(fcinfo);
    const pg::Flat flat(PG_GETARG_DATUM(0));
    const char* at = VARDATA(flat.as<varlena>());
    pg::Serialized head;
    std::memcpy(&head, at, sizeof(head));
    at += sizeof(head);
    auto* state = pg::new_state(CurrentMemoryContext, head.id_type, head.measure, head.k);
    pg::call([&] {
        auto* from = const_cast<char*>(at);
        state->heap = static_cast<distance::Neighbour*>(
            repalloc(state->heap, std::max<std::size_t>(head.count, 1) * sizeof(distance::Neighbour)));
        state->room = std::max<std::size_t>(head.count, 1);
        for (std::size_t i = 0; i < head.count; ++i) {
            bool is_null;
            std::memcpy(&state->heap[i].distance, from, sizeof(double));
            from += sizeof(double);
            state->heap[i].id = datumRestore(&from, &is_null);
        }
        state->count = head.count;
    });
    PG_RETURN_POINTER(state);
}

// The ids, nearest first.  The state stays as it is: a window function goes on with it.
PERFKIT_FUNCTION(pk_nearest_result) {
    pg::aggregate_memory(fcinfo);
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    const auto& state = *reinterpret_cast<pg::State*>(PG_GETARG_POINTER(0));
    if (state.count == 0) PG_RETURN_NULL();
    return pg::call([&] {
        const Oid type = get_fn_expr_argtype(fcinfo->flinfo, 1);
        auto* sorted = static_cast<distance::Neighbour*>(palloc(state.count * sizeof(distance::Neighbour)));
        auto* ids = static_cast<Datum*>(palloc(state.count * sizeof(Datum)));
        std::memcpy(sorted, state.heap, state.count * sizeof(distance::Neighbour));
        sort_neighbours(sorted, state.count);
        for (std::size_t i = 0; i < state.count; ++i) ids[i] = sorted[i].id;
        return PointerGetDatum(construct_array(ids, static_cast<int>(state.count), type, state.id_type.length,
                                               state.id_type.by_value, state.id_type.alignment));
    });
}
