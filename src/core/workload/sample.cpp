#include "perfkit/core/workload/sample.hpp"

#include <algorithm>
#include <cstring>

namespace perfkit::workload {

namespace {

constexpr std::uint8_t flag_truncated = 1, flag_redacted = 2;

class Writer {
public:
    template <typename Number>
    void number(Number value) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
    void string(std::string_view text) {
        number(static_cast<std::uint32_t>(text.size()));
        bytes += text;
    }
    std::string bytes;
};

// Reads past the end give zeros, and are remembered.
class Reader {
public:
    explicit Reader(std::string_view bytes) : left_(bytes) {}

    template <typename Number>
    Number number() {
        Number value{};
        if (const std::string_view bytes = take(sizeof(value)); !bytes.empty())
            std::memcpy(&value, bytes.data(), sizeof(value));
        return value;
    }
    std::string string() { return std::string(take(number<std::uint32_t>())); }
    bool sound() const { return sound_; }
    bool at_end() const { return sound_ && left_.empty(); }

private:
    std::string_view take(std::size_t size) {
        if (size > left_.size()) {
            sound_ = false;
            left_ = {};
            return {};
        }
        const std::string_view taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }

    std::string_view left_;
    bool sound_ = true;
};

}  // namespace

bool Sample::plannable() const noexcept {
    return !truncated && !redacted && std::all_of(parameters.begin(), parameters.end(), [](const SampleParameter& p) {
        return p.state == ValueState::value || p.state == ValueState::null;
    });
}

std::string pack(const Sample& sample) {
    Writer writer;
    writer.number(sample.when);
    writer.number(sample.nanoseconds);
    writer.number(
        static_cast<std::uint8_t>((sample.truncated ? flag_truncated : 0) | (sample.redacted ? flag_redacted : 0)));
    writer.string(sample.text);
    writer.string(sample.search_path);
    writer.string(sample.application);
    writer.number(static_cast<std::uint32_t>(sample.settings.size()));
    for (const std::string& setting : sample.settings) writer.string(setting);
    writer.number(static_cast<std::uint32_t>(sample.parameters.size()));
    for (const SampleParameter& parameter : sample.parameters) {
        writer.number(parameter.type);
        writer.number(static_cast<std::uint8_t>(parameter.state));
        writer.string(parameter.value);
    }
    writer.number(static_cast<std::uint32_t>(sample.tags.size()));
    for (const auto& [key, value] : sample.tags) {
        writer.string(key);
        writer.string(value);
    }
    return std::move(writer.bytes);
}

std::optional<Sample> unpack(std::string_view bytes) {
    Reader reader(bytes);
    Sample sample;
    sample.when = reader.number<std::int64_t>();
    sample.nanoseconds = reader.number<std::uint64_t>();
    const auto flags = reader.number<std::uint8_t>();
    if (flags > (flag_truncated | flag_redacted)) return std::nullopt;
    sample.truncated = (flags & flag_truncated) != 0;
    sample.redacted = (flags & flag_redacted) != 0;
    sample.text = reader.string();
    sample.search_path = reader.string();
    sample.application = reader.string();
    for (auto left = reader.number<std::uint32_t>(); left > 0 && reader.sound(); --left)
        sample.settings.push_back(reader.string());
    for (auto left = reader.number<std::uint32_t>(); left > 0 && reader.sound(); --left) {
        SampleParameter parameter;
        parameter.type = reader.number<std::uint32_t>();
        const auto state = reader.number<std::uint8_t>();
        if (state > static_cast<std::uint8_t>(ValueState::omitted)) return std::nullopt;
        parameter.state = static_cast<ValueState>(state);
        parameter.value = reader.string();
        sample.parameters.push_back(std::move(parameter));
    }
    for (auto left = reader.number<std::uint32_t>(); left > 0 && reader.sound(); --left) {
        std::string key = reader.string();
        sample.tags.emplace_back(std::move(key), reader.string());
    }
    if (!reader.at_end()) return std::nullopt;
    return sample;
}

}  // namespace perfkit::workload
