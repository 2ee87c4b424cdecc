#include "perfkit/core/workload/event.hpp"

namespace perfkit::workload {

void Event::add_used(const Event& other) noexcept {
    const std::array<std::uint64_t, field_count> own = values;
    const std::uint32_t own_fields = fields;
    fields = number = 0;
    std::size_t ours = 0, others = 0;
    for (std::size_t field = 0; field < field_count; ++field) {
        std::uint64_t sum = 0;
        if ((own_fields >> field & 1) != 0) sum += own[ours++];
        if ((other.fields >> field & 1) != 0) sum += other.values[others++];
        set(static_cast<Field>(field), sum);
    }
}

}  // namespace perfkit::workload
