// Advice that nobody wants to hear again.
#pragma once

#include <set>
#include <string>

namespace perfkit::pg {

// The same as long as the advice stands.  `definition`: of an index to create, USING ...; of one to drop its name.
std::string advice_id(const std::string& action, const std::string& schema, const std::string& table,
                      const std::string& definition);

class Mutes {
public:
    // What the caller has muted, and what owners of tables have muted for all.
    static Mutes of_caller();

    bool empty() const { return keys_.empty(); }
    bool has(const std::string& action, const std::string& schema, const std::string& table,
             const std::string& definition) const {
        return keys_.contains(key(action, schema, table, definition));
    }

private:
    // A byte that no name has stands between the parts.
    static std::string key(const std::string& action, const std::string& schema, const std::string& table,
                           const std::string& definition) {
        return action + '\0' + schema + '\0' + table + '\0' + definition;
    }

    std::set<std::string> keys_;
};

}  // namespace perfkit::pg
