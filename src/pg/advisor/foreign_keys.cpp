#include "perfkit/pg/advisor/foreign_keys.hpp"


#include "perfkit/pg/query.hpp"

namespace perfkit::pg {

std::map<Oid, std::vector<ForeignKey>> foreign_keys() {
    std::map<Oid, std::vector<ForeignKey>> keys;
    // Clones on partitions have a parent; the check of a partitioned table looks into all of them.
    const auto rows = run_query(R"(
SELECT o.oid, o.confrelid, n.nspname, c.relname, c.relkind, k.to_column, a.attname
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL unnest(o.conkey, o.confkey) WITH ORDINALITY k(from_column, to_column, place)
     JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.from_column
WHERE o.contype = 'f' AND o.conparentid = 0
ORDER BY o.oid, k.place)");
    std::string last;
    ForeignKey* key = nullptr;
    for (const TextRow& row : rows) {
        if (row[0] != last) {
            last = *row[0];
            key = &keys[static_cast<Oid>(integer_of(row[1]))].emplace_back();
            key->check = "SELECT 1 FROM " + std::string(row[4] == "p" ? "" : "ONLY ") + quoted_name(*row[2]) + "." +
                         quoted_name(*row[3]) + " x WHERE ";
        } else {
            key->check += " AND ";
        }
        key->referenced.push_back(std::atoi(row[5]->c_str()));
        key->check += "x." + quoted_name(*row[6]) + " = $" + std::to_string(key->referenced.size());
    }
    for (auto& [table, list] : keys)
        for (ForeignKey& entry : list) entry.check += " FOR KEY SHARE OF x";
    return keys;
}

}  // namespace perfkit::pg
