// instructions NAME DIMENSIONS CALLS: so many calls of pgvector's loop, of one of our kernels or ("none") of nothing, for
// instructions.sh to count.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "perfkit/core/distance/kernels.hpp"
#include "pgvector_loops.h"

namespace {

using namespace perfkit::distance;

constexpr std::size_t at_once = 8;  // rows of a call of "many"

const KernelsOf<float>& kernels() {
    static const KernelsOf<float>& found = kernels_of(Simd::neon)->over<float>();
    return found;
}

double out[at_once];

using Call = void (*)(const float* a, const float* const* rows, std::size_t n);

const std::map<std::string, Call> calls{
    {"none", [](const float*, const float* const*, std::size_t) {}},
    {"pgvector-l2",
     [](const float* a, const float* const* rows, std::size_t n) {
         out[0] = pgvector_l2_squared(a, rows[0], static_cast<int>(n));
     }},
    {"pgvector-ip",
     [](const float* a, const float* const* rows, std::size_t n) {
         out[0] = pgvector_ip(a, rows[0], static_cast<int>(n));
     }},
    {"pair-l2",
     [](const float* a, const float* const* rows, std::size_t n) { out[0] = kernels().l2_squared(a, rows[0], n); }},
    {"pair-ip",
     [](const float* a, const float* const* rows, std::size_t n) { out[0] = kernels().inner_product(a, rows[0], n); }},
    {"many-l2",
     [](const float* a, const float* const* rows, std::size_t n) {
         kernels().l2_squared_many(a, rows, at_once, n, out);
     }},
    {"many-ip",
     [](const float* a, const float* const* rows, std::size_t n) {
         kernels().inner_product_many(a, rows, at_once, n, out);
     }},
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 4 || !calls.contains(arguments[1])) return 2;
    // Chosen before: comparing names would be counted too.
    const Call call = calls.at(arguments[1]);
    const std::size_t n = std::strtoul(arguments[2], nullptr, 10), times = std::strtoul(arguments[3], nullptr, 10);
    const std::vector<float> a(n, 1), b(n, 2);
    const std::vector<const float*> rows(at_once, b.data());
    kernels();
    for (std::size_t i = 0; i < times; ++i) call(a.data(), rows.data(), n);
}
