#include "perfkit/core/vector/hybrid.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace perfkit::vectors {

namespace {

// The shortest that is the same number.
std::string decimal(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

// The query runs under the caller's search_path, where somebody's operator or function that fits better than the
// built-in one would be taken: each has operands of exactly the built-in one's types, or its schema is written.
class Writer {
public:
    explicit Writer(const Hybrid& hybrid) : hybrid_(hybrid) {}

    std::string write() {
        const std::string limit = "LIMIT " + std::to_string(hybrid_.candidates);
        // "+ 0": an iterative scan in relaxed order is not quite in the order that the planner takes for granted.
        if (hybrid_.vector)
            side("by_vector", "distance + 0::float8",
                 "SELECT " + hybrid_.key + " AS key, " + distance("") + " AS distance\n          FROM " +
                     hybrid_.table + where("") + "\n          ORDER BY distance\n          " + limit,
                 "distance <> 'NaN'");
        if (hybrid_.text)
            side("by_text", "rank DESC",
                 "SELECT " + hybrid_.key + " AS key, ts_rank(" + document("") + ", " + hybrid_.text->query +
                     ") AS rank\n          FROM " + hybrid_.table + where(document("") + " @@ " + hybrid_.text->query) +
                     "\n          ORDER BY rank DESC, key\n          " + limit,
                 "");
        if (hybrid_.time)
            side("by_time", "at DESC",
                 "SELECT " + hybrid_.key + " AS key, " + hybrid_.time->column + " AS at\n          FROM " +
                     hybrid_.table + where(hybrid_.time->column + " IS NOT NULL") +
                     "\n          ORDER BY at DESC\n          " + limit,
                 "");
        sql_ += "), candidates AS (\n    " + united_ + "\n), parts AS (\n    SELECT candidates.key AS key, " +
                part(hybrid_.vector.has_value(), "vector", hybrid_.vector_weight) + ",\n           " +
                part(hybrid_.text.has_value(), "text", hybrid_.text_weight) + ",\n           " +
                part(hybrid_.time.has_value(), "time", hybrid_.time_weight) + ",\n           " +
                place(hybrid_.vector.has_value(), "vector") + ", " + place(hybrid_.text.has_value(), "text") + ", " +
                place(hybrid_.time.has_value(), "time") + "\n    FROM candidates" + joined_;
        if (hybrid_.fusion == Fusion::weighted)
            sql_ += "\n         JOIN " + hybrid_.table + " AS t ON t." + hybrid_.key + " " + hybrid_.equals +
                    " candidates.key";
        sql_ +=
            "\n)\nSELECT key, coalesce(vector_part, 0) + coalesce(text_part, 0) + coalesce(time_part, 0) AS score,\n"
            "       vector_part, text_part, time_part, vector_place, text_place, time_place\nFROM parts\n"
            "ORDER BY score DESC, key\nLIMIT " +
            std::to_string(hybrid_.results);
        return std::move(sql_);
    }

private:
    std::string distance(const std::string& of) const {
        const std::string column = of + hybrid_.vector->column;
        return (hybrid_.vector->cast.empty() ? column : "(" + column + "::" + hybrid_.vector->cast + ")") + " " +
               hybrid_.vector->operation + " " + hybrid_.vector->query;
    }
    std::string document(const std::string& of) const {
        const std::string column = of + hybrid_.text->column;
        if (hybrid_.text->configuration.empty()) return column;
        return "to_tsvector(" + hybrid_.text->configuration + ", " + column + ")";
    }

    // The line break ends a comment at the filter's end.
    std::string where(const std::string& condition) const {
        std::string all = condition;
        if (hybrid_.key_may_be_null) all += (all.empty() ? "" : " AND ") + hybrid_.key + " IS NOT NULL";
        if (!hybrid_.filter.empty()) all += (all.empty() ? "(" : " AND (") + hybrid_.filter + "\n)";
        return all.empty() ? "" : "\n          WHERE " + all;
    }

    void side(const std::string& name, const std::string& order, const std::string& query, const std::string& kept) {
        sql_ += (sql_.empty() ? "WITH " : "), ") + name +
                " AS MATERIALIZED (\n    SELECT key, row_number() OVER (ORDER BY " + order +
                ", key) AS place\n    FROM (" + query + ") found" + (kept.empty() ? "" : "\n    WHERE " + kept) + "\n";
        united_ += (united_.empty() ? "SELECT key FROM " : " UNION SELECT key FROM ") + name;
        joined_ += "\n         LEFT JOIN " + name + " ON " + name + ".key " + hybrid_.equals + " candidates.key";
    }

    std::string part(bool used, const std::string& name, double weight) const {
        const std::string as = " AS " + name + "_part";
        if (!used) return "NULL::float8" + as;
        if (hybrid_.fusion == Fusion::rrf)
            return "coalesce(" + decimal(weight) + "::float8 / (" + std::to_string(hybrid_.rrf_k) + " + by_" + name +
                   ".place)::float8, 0)" + as;
        return decimal(weight) + "::float8 * coalesce(" + value(name) + ", 0)" + as;
    }

    // What a row has of a side, from 0 or -1 to 1.
    std::string value(const std::string& name) const {
        if (name == "text")
            return "(SELECT ts_rank(d, q, 32) FROM (SELECT " + document("t.") + " AS d, " + hybrid_.text->query +
                   " AS q) x WHERE d @@ q)::float8";
        if (name == "time")
            return "power(0.5::float8, least(1000, greatest(0, extract(epoch FROM now())::float8 - extract(epoch FROM "
                   "t." +
                   hybrid_.time->column + "::timestamptz)::float8) / " + decimal(hybrid_.time->half_life_seconds) +
                   "::float8))";
        const std::string apart = "nullif(" + distance("t.") + ", 'NaN')";
        switch (hybrid_.vector->metric) {
            case Metric::cosine:
                return "1::float8 - " + apart;
            case Metric::inner_product:
                return "-" + apart;
            default:
                return "1::float8 / (1::float8 + " + apart + ")";
        }
    }

    static std::string place(bool used, const std::string& name) {
        return (used ? "by_" + name + ".place::int" : std::string("NULL::int")) + " AS " + name + "_place";
    }

    const Hybrid& hybrid_;
    std::string sql_, united_, joined_;
};

}  // namespace

int probes_for(int lists, double rows, int candidates) {
    const double enough = rows > 0 ? 2.0 * candidates * lists / rows : 0;
    return static_cast<int>(std::min<double>(lists, std::ceil(std::max(std::sqrt(lists), enough))));
}

std::string hybrid_sql(const Hybrid& hybrid) { return Writer(hybrid).write(); }

}  // namespace perfkit::vectors
