#include "perfkit/pg/apply/piece.hpp"

#include <cstdlib>
#include <cstring>

#include "perfkit/core/packed.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "nodes/pg_list.h"
#include "utils/memutils.h"
}

namespace perfkit::pg {

namespace {

constexpr int most_remembered = 1000;

struct Remembered {
    char* advice_id;
    char* bytes;
    std::size_t size;
};

// In TopMemoryContext; the latest last.
List* remembered;

void forget(Remembered* entry) {
    pfree(entry->advice_id);
    pfree(entry->bytes);
    pfree(entry);
}

Remembered* find(const char* advice_id) {
    const ListCell* cell;
    foreach (cell, remembered) {
        auto* const entry = static_cast<Remembered*>(lfirst(cell));
        if (std::strcmp(entry->advice_id, advice_id) == 0) return entry;
    }
    return nullptr;
}

}  // namespace

std::string packed(const Piece& piece) {
    std::string bytes;
    for (const std::string* text : {&piece.advice_id, &piece.action, &piece.schema, &piece.table, &piece.index,
                                    &piece.ddl, &piece.undo, &piece.definition, &piece.replacement, &piece.queries})
        pack(bytes, *text);
    pack(bytes, std::to_string(piece.table_id));
    pack(bytes, std::to_string(piece.index_id));
    pack(bytes, std::to_string(piece.bytes));
    pack(bytes, piece.saved_ms_per_hour ? std::to_string(*piece.saved_ms_per_hour) : "");
    return bytes;
}

Piece unpacked_piece(std::string_view bytes) {
    Piece piece;
    Unpacked texts(bytes);
    for (std::string* text : {&piece.advice_id, &piece.action, &piece.schema, &piece.table, &piece.index, &piece.ddl,
                              &piece.undo, &piece.definition, &piece.replacement, &piece.queries})
        *text = texts.next();
    piece.table_id = static_cast<Oid>(std::strtoul(texts.next().c_str(), nullptr, 10));
    piece.index_id = static_cast<Oid>(std::strtoul(texts.next().c_str(), nullptr, 10));
    piece.bytes = std::strtoll(texts.next().c_str(), nullptr, 10);
    if (const std::string saved = texts.next(); !saved.empty())
        piece.saved_ms_per_hour = std::strtod(saved.c_str(), nullptr);
    return piece;
}

void remember(const Piece& piece) {
    const std::string bytes = packed(piece);
    call([&] {
        MemoryContext const caller = MemoryContextSwitchTo(TopMemoryContext);
        auto* const entry = static_cast<Remembered*>(palloc(sizeof(Remembered)));
        entry->advice_id = pstrdup(piece.advice_id.c_str());
        entry->size = bytes.size();
        entry->bytes = static_cast<char*>(palloc(bytes.size()));
        std::memcpy(entry->bytes, bytes.data(), bytes.size());
        Remembered* old = find(entry->advice_id);
        if (old == nullptr && list_length(remembered) >= most_remembered)
            old = static_cast<Remembered*>(linitial(remembered));
        if (old != nullptr) {
            remembered = list_delete_ptr(remembered, old);
            forget(old);
        }
        remembered = lappend(remembered, entry);
        MemoryContextSwitchTo(caller);
    });
}

std::optional<Piece> recall(const std::string& advice_id) {
    const Remembered* const entry = find(advice_id.c_str());
    if (entry == nullptr) return std::nullopt;
    return unpacked_piece({entry->bytes, entry->size});
}

}  // namespace perfkit::pg
