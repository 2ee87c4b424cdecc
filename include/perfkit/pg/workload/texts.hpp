#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "perfkit/core/workload/event.hpp"
#include "perfkit/core/workload/sample.hpp"
#include "perfkit/core/workload/statement.hpp"
#include "perfkit/pg/postgres.hpp"

namespace perfkit::pg::workload {

// Whose constants the current user may see, and whose texts without constants.
struct Rights {
    Oid user = InvalidOid;
    bool all = false;
    bool texts = false;

    bool constants_of(const perfkit::workload::Key& key) const { return all || key.user == user; }
    bool text_of(const perfkit::workload::Key& key) const { return constants_of(key) || texts; }
};
Rights rights();

struct KeyOrder {
    bool operator()(const perfkit::workload::Key& a, const perfkit::workload::Key& b) const noexcept {
        return std::tie(a.queryid, a.database, a.user, a.toplevel) <
               std::tie(b.queryid, b.database, b.user, b.toplevel);
    }
};
using Texts = std::map<perfkit::workload::Key, std::string, KeyOrder>;

// Of the sampled statements of this database that the current user may read: their text, without constants, which form
// takes out of it.  Whole ones only where asked for.
using TextForm = std::string (*)(std::string_view);
Texts readable_texts(TextForm form = perfkit::workload::without_constants, bool whole = false);

struct KeptSample {
    perfkit::workload::Key key;
    bool slowest = false;
    perfkit::workload::Sample sample;
};

// The samples of this database that can be planned, and whose constants the current user may see.
std::vector<KeptSample> plannable_samples();

}  // namespace perfkit::pg::workload
