// A sample: one execution of a statement as it was sent, with all that it takes to plan it again as it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "perfkit/core/workload/tags.hpp"

namespace perfkit::workload {

// What became of a parameter's value.
enum class ValueState : std::uint8_t {
    value,
    null,
    truncated,  // too long: only its beginning
    redacted,   // may hold a secret
    omitted,    // of a type whose text form needs the catalogs, or not wanted
};

struct SampleParameter {
    std::uint32_t type = 0;
    ValueState state = ValueState::omitted;
    std::string value;
};

struct Sample {
    std::int64_t when = 0;          // microseconds, in the server's epoch
    std::uint64_t nanoseconds = 0;  // of a finished execution; 0: taken as it began
    bool truncated = false;         // the text goes on
    bool redacted = false;          // constants of the text were taken out
    std::string text;
    std::string search_path;
    std::string application;
    std::vector<std::string> settings;  // name=value
    std::vector<SampleParameter> parameters;
    Tags tags;  // of its comments

    // Whether it can be planned as it was.
    bool plannable() const noexcept;
};

std::string pack(const Sample& sample);
// Nothing where the bytes are not what pack() makes.
std::optional<Sample> unpack(std::string_view bytes);

}  // namespace perfkit::workload
