// What was carried out, in the table pk_applied_records: nobody writes to it but this code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perfkit/pg/apply/piece.hpp"
#include "perfkit/pg/own_table.hpp"

namespace perfkit::pg {

// By which a process shows that it is alive and at work on something: locks that no SQL function takes, and no abort
// releases.  The view pk_applied looks for them.
enum class Sign { record = 1, advice = 2, table = 3 };

class Records {
public:
    Records() : table_(own_table("pk_applied_records")) {}

    // False where another process holds it.  Held until lower(), or the end of the process.
    bool raise(Sign sign, const std::string& of) const;
    void lower(Sign sign, const std::string& of) const;
    // Whether any process holds it, or this one.
    bool raised(Sign sign, const std::string& of, bool by_this_one = false) const;

    // Notes that somebody wants it done; gives back the record's id.
    std::string add(const Piece& piece) const;
    // As it is at this moment; nothing where the current user may not see it.
    std::optional<std::string> state(const std::string& id) const;
    // Whether the record is there, and nobody has begun with it.
    bool is_queued(const std::string& id) const;
    // Before the change: what has been captured of the queries, as far as the current user may see it.  False where
    // somebody has deleted the record.
    bool begin(const std::string& id, const Piece& piece) const;
    void attempted(const std::string& id) const;
    // Names of the indexes that earlier changes of the table may have left invalid.  Those of the same advice that
    // never came to an end have failed: to be called by who holds the advice's sign.
    std::vector<std::string> left_behind(const std::string& id, const Piece& piece) const;
    // Afterwards; an empty error is success.  `left`: the index is there and invalid.  Gives back what signs are raised
    // of; nothing where somebody has deleted the record.
    struct Ended {
        std::string advice_id, table;
    };
    std::optional<Ended> end(const std::string& id, const std::string& error, bool left) const;
    // Whether the record's index is invalid and nobody is building it.
    bool abandoned(const std::string& id) const;
    // A condition on pg_index i: nobody holds such a lock on the table as whoever builds an index does from begin to
    // end.
    static std::string nobody_builds();

private:
    OwnTable table_;

    std::string captured(const std::string& queries, const char* when) const;
    // What is under way is lost where nobody is alive who has to do with it.
    std::optional<std::string> state_or_lost(const std::string& id, bool alive) const;
};

}  // namespace perfkit::pg
