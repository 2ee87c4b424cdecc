// Which names in the text of a statement inside a function are parameters.
//
// Known when it is planned, from its tree; needed when an execution of the plan is sampled, which may be long after. So
// the texts are kept in memory of the session, as long as they are used and there is room.

#include "perfkit/pg/workload/names.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "perfkit/core/workload/recent.hpp"
#include "perfkit/core/workload/statement.hpp"
#include "perfkit/pg/compat_planner.hpp"
#include "perfkit/pg/workload/quietly.hpp"
#include "perfkit/pg/workload/sampling.hpp"
#include "perfkit/pg/workload/settings.hpp"

extern "C" {
#include "common/hashfn.h"
#include "common/pg_prng.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::NamedParameter;
using perfkit::workload::Numbered;

namespace {

constexpr std::size_t most_parameters = 256;
constexpr std::size_t most_bytes = 256 * 1024;
// Texts noted for each sample that may be taken: which of them will be sampled is not known when they are planned.
constexpr int notes_per_sample = 10;

// A queryid says nothing of constants, nor of how many variables a list has.
struct Statement {
    std::int64_t queryid = 0;
    std::uint64_t source = 0;
    friend bool operator==(const Statement&, const Statement&) = default;
};

struct Kept {
    std::uint32_t size;   // of the text
    std::uint32_t count;  // of the numbers, which come before it
    bool secret;
    std::size_t bytes() const { return sizeof(Kept) + count * sizeof(int) + size; }
    const int* numbers() const { return reinterpret_cast<const int*>(this + 1); }
    std::string_view text() const { return {reinterpret_cast<const char*>(numbers() + count), size}; }
};

perfkit::workload::Recent<Statement, Kept*, 64> kept;
std::size_t kept_bytes = 0;

std::uint64_t hash_of(const Statement& statement) noexcept {
    return statement.source ^ static_cast<std::uint64_t>(statement.queryid);
}

// Nobody can make two texts that are taken for the same one: the seed is this session's own.
Statement statement_of(std::int64_t queryid, const Source& source) noexcept {
    static const std::uint64_t seed = pg_prng_uint64(&pg_global_prng_state);
    return {queryid, hash_bytes_extended(reinterpret_cast<const unsigned char*>(source.text.data()),
                                         static_cast<int>(source.text.size()), seed)};
}

void drop(decltype(kept)::Place& place) noexcept {
    kept_bytes -= place.value->bytes();
    pfree(place.value);
    place.value = nullptr;
    place.uses = 0;
}

void keep(const Statement& statement, const Numbered& numbered, bool secret) {
    const Kept head{static_cast<std::uint32_t>(numbered.text.size()),
                    static_cast<std::uint32_t>(numbered.numbers.size()), secret};
    auto* const made =
        static_cast<Kept*>(MemoryContextAllocExtended(TopMemoryContext, head.bytes(), MCXT_ALLOC_NO_OOM));
    if (made == nullptr) return;
    *made = head;
    char* const behind = reinterpret_cast<char*>(made + 1);
    if (head.count > 0) std::memcpy(behind, numbered.numbers.data(), head.count * sizeof(int));
    std::memcpy(behind + head.count * sizeof(int), numbered.text.data(), head.size);
    while (kept_bytes + made->bytes() > most_bytes) {
        auto* const least = kept.least_used();
        if (least == nullptr) break;
        drop(*least);
    }
    auto& place = kept.make_place(hash_of(statement));
    if (place.value != nullptr) drop(place);
    place.key = statement;
    place.value = made;
    place.uses = 1;
    kept_bytes += made->bytes();
}

struct Found {
    std::array<NamedParameter, most_parameters> parameters;
    std::size_t count = 0;
    int offset = 0;
    bool all = true;  // each has a place in the text
};

bool find_names(Node* node, void* context) {
    if (node == nullptr) return false;
    auto& found = *static_cast<Found*>(context);
    if (IsA(node, Query)) return walk_query(reinterpret_cast<Query*>(node), find_names, context);
    if (IsA(node, Param)) {
        const auto* const param = reinterpret_cast<const Param*>(node);
        if (param->paramkind != PARAM_EXTERN) return false;
        if (param->location < found.offset || found.count == most_parameters)
            found.all = false;
        else
            found.parameters[found.count++] = {static_cast<std::size_t>(param->location - found.offset),
                                               param->paramid};
        return false;
    }
    return walk_expression(node, find_names, context);
}

}  // namespace

Source source_of(const char* source, int location, int length, std::size_t limit) noexcept {
    Source result;
    const auto before = static_cast<std::size_t>(std::max(location, 0));
    if (source == nullptr || strnlen(source, before) < before) return result;
    const std::size_t comments = location > 0 ? perfkit::workload::comments_before({source, before}) : 0;
    result.offset = before - comments;
    std::size_t size = strnlen(source + result.offset, limit + 1);
    if (location >= 0 && length > 0) size = std::min(size, comments + static_cast<std::size_t>(length));
    result.truncated = size > limit;
    result.text = {source + result.offset, size};
    return result;
}

void note_names(const Query* query, const char* text) noexcept {
    static Budget budget;
    const auto queryid = static_cast<std::int64_t>(query->queryId);
    if (!samples || SharedSamples::get() == nullptr || queryid == 0) return;
    const Source source =
        source_of(text, query->stmt_location, query->stmt_len, static_cast<std::size_t>(sample_length));
    const Statement statement = statement_of(queryid, source);
    if (kept.find(statement, hash_of(statement)) != nullptr || !budget.spend(notes_per_sample * sample_rate)) return;
    quietly([&] {
        static Found found;  // too large for the stack
        found.count = 0;
        found.all = true;
        found.offset = static_cast<int>(source.offset);
        call([query] { find_names(reinterpret_cast<Node*>(const_cast<Query*>(query)), &found); });
        Numbered numbered;
        if (found.all && !source.truncated) {
            numbered = perfkit::workload::number_parameters(
                source.text,
                {found.parameters.begin(), found.parameters.begin() + static_cast<std::ptrdiff_t>(found.count)});
            numbered.text = perfkit::workload::query_in(numbered.text);
        }
        keep(statement, numbered, perfkit::workload::speaks_of_secrets(source.text));
    });
}

std::optional<Names> names_of(std::int64_t queryid, const Source& source) noexcept {
    const Statement statement = statement_of(queryid, source);
    const auto* const place = kept.find(statement, hash_of(statement));
    if (place == nullptr) return std::nullopt;
    return Names{place->value->text(), {place->value->numbers(), place->value->count}, place->value->secret};
}

}  // namespace perfkit::pg::workload
