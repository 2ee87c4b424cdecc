#include "parameter.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <random>
#include <stdexcept>
#include <type_traits>

#include "text.hpp"

namespace perfkit::cli {
namespace {

constexpr std::int64_t max_zipf_count = 10'000'000;  // each rank costs eight bytes

// A reader of the small language of distributions.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) { skip_blanks(); }

    bool at_end() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

    bool accept(char c) {
        if (peek() != c) return false;
        advance(1);
        return true;
    }
    void expect(char c) {
        if (!accept(c)) fail(std::string("expected ") + c);
    }
    std::string_view word() {
        std::size_t length = 0;
        while (length < rest_.size() && std::isalpha(static_cast<unsigned char>(rest_[length]))) ++length;
        const std::string_view found = rest_.substr(0, length);
        advance(length);
        return found;
    }
    double number() {
        // Letters end a number, so that neither "7 days" nor "inf" is read wrongly.
        std::size_t length = std::min(rest_.find_first_not_of("+-.0123456789"), rest_.size());
        const auto value = parse_number(rest_.substr(0, length));
        if (!value) fail("expected a number");
        advance(length);
        return *value;
    }
    std::int64_t integer() {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc()) fail("expected a whole number");
        advance(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }
    Value value() {
        if (peek() == '\'') {
            std::string text;
            std::size_t i = 1;
            for (;; ++i) {
                if (i >= rest_.size()) fail("a quote is not closed");
                if (rest_[i] == '\'') {
                    if (i + 1 >= rest_.size() || rest_[i + 1] != '\'') break;
                    ++i;
                }
                text += rest_[i];
            }
            advance(i + 1);
            return {text, false};
        }
        const std::string_view before = rest_;
        number();
        std::string_view text = before.substr(0, before.size() - rest_.size());
        while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
        return {std::string(text), true};
    }
    // -7 days, +2 hours, now
    double moment() {
        if (peek() != '-' && peek() != '+' && !std::isdigit(static_cast<unsigned char>(peek()))) {
            if (word() == "now") return 0;
            fail("expected now or a time such as -7 days");
        }
        accept('+');
        const double amount = number();
        std::string unit(word());
        if (!unit.empty() && unit.back() == 's') unit.pop_back();
        if (unit == "second") return amount;
        if (unit == "minute") return amount * 60;
        if (unit == "hour") return amount * 3600;
        if (unit == "day") return amount * 86400;
        fail("expected seconds, minutes, hours or days");
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw std::invalid_argument(rest_.empty() ? what + " at the end" : what + " at \"" + std::string(rest_) + '"');
    }

private:
    void advance(std::size_t length) {
        rest_.remove_prefix(length);
        skip_blanks();
    }
    void skip_blanks() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
    }

    std::string_view rest_;
};

Choice parse_choice(Reader& reader) {
    Choice choice;
    double total = 0;
    do {
        choice.values.push_back(reader.value());
        const bool has_weight = reader.peek() != ',' && reader.peek() != ')';
        choice.weights.push_back(has_weight ? reader.number() : 1);
        if (choice.weights.back() < 0) reader.fail("a weight is negative before");
        total += choice.weights.back();
    } while (reader.accept(','));
    if (total <= 0) reader.fail("every weight is 0 before");
    return choice;
}

Lookup parse_lookup(Reader& reader) {
    Lookup lookup;
    const std::string_view all = reader.rest();
    const std::string_view first = reader.word();
    if (first == "zipf") {
        lookup.order = Lookup::Order::zipf;
        reader.expect('(');
        lookup.exponent = reader.number();
        reader.expect(')');
        lookup.query = reader.rest();
    } else if (first == "each" || first == "uniform") {
        lookup.order = first == "each" ? Lookup::Order::each : Lookup::Order::uniform;
        lookup.query = reader.rest();
    } else {
        lookup.query = all;
    }
    if (lookup.query.empty()) reader.fail("expected a query");
    return lookup;
}

std::string fresh_uuid() {
    thread_local std::random_device device;
    std::uint32_t word[4] = {device(), device(), device(), device()};
    word[1] = (word[1] & 0xFFFF0FFF) | 0x4000;
    word[2] = (word[2] & 0x3FFFFFFF) | 0x80000000;
    char text[37];
    std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%04x%08x", word[0], word[1] >> 16, word[1] & 0xFFFF,
                  word[2] >> 16, word[2] & 0xFFFF, word[3]);
    return text;
}

}  // namespace

Distribution parse_distribution(std::string_view text) {
    Reader reader(text);
    const std::string_view kind = reader.word();
    if (kind == "lookup") return parse_lookup(reader);
    Distribution distribution;
    if (kind == "uuid") {
        distribution = FreshUuid{};
    } else {
        if (kind != "uniform" && kind != "zipf" && kind != "choice" && kind != "time" && kind != "date") {
            throw std::invalid_argument("unknown distribution \"" + std::string(text) +
                                        "\" (known are uniform, zipf, choice, time, date, uuid and lookup)");
        }
        reader.expect('(');
        if (kind == "uniform") {
            Uniform uniform;
            uniform.low = reader.integer();
            reader.expect(',');
            uniform.high = reader.integer();
            if (uniform.high < uniform.low) reader.fail("the upper bound is below the lower one before");
            distribution = uniform;
        } else if (kind == "zipf") {
            Zipf zipf;
            zipf.count = reader.integer();
            if (reader.accept(',')) zipf.exponent = reader.number();
            if (zipf.count < 1 || zipf.count > max_zipf_count || zipf.exponent < 0) {
                reader.fail("zipf wants a count of 1 to 10 million and an exponent of at least 0 before");
            }
            distribution = zipf;
        } else if (kind == "choice") {
            distribution = parse_choice(reader);
        } else {
            TimeRange range;
            range.date_only = kind == "date";
            range.from_seconds = reader.moment();
            reader.expect(',');
            range.to_seconds = reader.moment();
            if (range.to_seconds < range.from_seconds) reader.fail("the range ends before it begins, before");
            distribution = range;
        }
        reader.expect(')');
    }
    if (!reader.at_end()) reader.fail("unexpected text");
    return distribution;
}

Generator::Generator(Distribution distribution, double now, LookupSource& source)
    : distribution_(std::move(distribution)), now_(now) {
    if (const auto* zipf = std::get_if<Zipf>(&distribution_)) {
        choice_ = WeightedChoice::zipf(static_cast<std::size_t>(zipf->count), zipf->exponent);
    } else if (const auto* choice = std::get_if<Choice>(&distribution_)) {
        choice_ = WeightedChoice(choice->weights);
    } else if (const auto* lookup = std::get_if<Lookup>(&distribution_)) {
        rows_ = source.rows_of(lookup->query);
        if (rows_.empty()) throw std::invalid_argument("the lookup finds no row: " + lookup->query);
        if (lookup->order == Lookup::Order::zipf) choice_ = WeightedChoice::zipf(rows_.size(), lookup->exponent);
    }
}

const std::vector<Value>& Generator::next_of_each(LookupSource& source) {
    if (next_ == rows_.size()) {
        LookupRows again = source.rows_of(std::get<Lookup>(distribution_).query);
        // With nothing new the old rows serve again: a run must go on.
        if (!again.empty()) rows_ = std::move(again);
        next_ = 0;
    }
    return rows_[next_++];
}

void Generator::draw(Random& random, LookupSource& source, std::vector<Value>& values) {
    std::visit(
        [&](const auto& kind) {
            using Kind = std::decay_t<decltype(kind)>;
            if constexpr (std::is_same_v<Kind, Uniform>) {
                const auto span = static_cast<std::uint64_t>(kind.high) - static_cast<std::uint64_t>(kind.low) + 1;
                const std::uint64_t step = span == 0 ? random.next() : random.below(span);
                const auto drawn = static_cast<std::int64_t>(static_cast<std::uint64_t>(kind.low) + step);
                values.push_back({std::to_string(drawn), true});
            } else if constexpr (std::is_same_v<Kind, Zipf>) {
                values.push_back({std::to_string(choice_.draw(random) + 1), true});
            } else if constexpr (std::is_same_v<Kind, Choice>) {
                values.push_back(kind.values[choice_.draw(random)]);
            } else if constexpr (std::is_same_v<Kind, TimeRange>) {
                const double offset = kind.from_seconds + random.uniform() * (kind.to_seconds - kind.from_seconds);
                values.push_back({format_time(now_ + offset, kind.date_only), false});
            } else if constexpr (std::is_same_v<Kind, FreshUuid>) {
                values.push_back({fresh_uuid(), false});
            } else {
                if (kind.order == Lookup::Order::each) {
                    const std::lock_guard lock(*mutex_);
                    const auto& row = next_of_each(source);
                    values.insert(values.end(), row.begin(), row.end());
                } else {
                    const std::size_t index =
                        kind.order == Lookup::Order::zipf ? choice_.draw(random) : random.below(rows_.size());
                    values.insert(values.end(), rows_[index].begin(), rows_[index].end());
                }
            }
        },
        distribution_);
}

std::string format_time(double unix_seconds, bool date_only) {
    const double whole = std::floor(unix_seconds);
    const auto seconds = static_cast<std::time_t>(whole);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    const std::size_t length = std::strftime(text, sizeof text, date_only ? "%Y-%m-%d" : "%Y-%m-%d %H:%M:%S", &parts);
    if (date_only) return {text, length};
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%06d+00", static_cast<int>((unix_seconds - whole) * 1e6));
    return std::string(text, length) + fraction;
}

}  // namespace perfkit::cli
