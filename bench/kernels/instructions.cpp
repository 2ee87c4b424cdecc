// instructions NAME DIMENSIONS CALLS: so many calls of pgvector's loop or one of our kernels, for instructions.sh to
// count.  "many" takes eight rows for each call.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "perfkit/core/distance/kernels.hpp"

extern "C" {
double pgvector_l2_squared(const float* a, const float* b, int n);
double pgvector_ip(const float* a, const float* b, int n);
}

int main(int count, char** arguments) {
    using namespace perfkit::distance;
    if (count != 4) return 2;
    const char* const name = arguments[1];
    const std::size_t n = std::strtoul(arguments[2], nullptr, 10), calls = std::strtoul(arguments[3], nullptr, 10);
    const std::vector<float> a(n, 1), b(n, 2);
    const float* const rows[8] = {b.data(), b.data(), b.data(), b.data(), b.data(), b.data(), b.data(), b.data()};
    const KernelsOf<float>& kernels = kernels_of(Simd::neon)->over<float>();
    double out[8] = {};
    volatile double kept = 0;
    for (std::size_t i = 0; i < calls; ++i) {
        if (!std::strcmp(name, "pgvector-l2")) out[0] = pgvector_l2_squared(a.data(), b.data(), static_cast<int>(n));
        if (!std::strcmp(name, "pgvector-ip")) out[0] = pgvector_ip(a.data(), b.data(), static_cast<int>(n));
        if (!std::strcmp(name, "pair-l2")) out[0] = kernels.l2_squared(a.data(), b.data(), n);
        if (!std::strcmp(name, "pair-ip")) out[0] = kernels.inner_product(a.data(), b.data(), n);
        if (!std::strcmp(name, "many-l2")) kernels.l2_squared_many(a.data(), rows, 8, n, out);
        if (!std::strcmp(name, "many-ip")) kernels.inner_product_many(a.data(), rows, 8, n, out);
        kept = kept + out[0];
    }
    return 0;
}
