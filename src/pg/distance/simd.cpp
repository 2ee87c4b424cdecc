// Which instruction set the distances use: the setting pg_perfkit.simd, and pk_simd() that tells.

#include <string>

#include "perfkit/pg/distance.hpp"
#include "perfkit/pg/rows.hpp"

extern "C" {
#include "utils/guc.h"
}

namespace perfkit::pg {

namespace {

using distance::Simd;

constexpr int automatic = -1;

const config_enum_entry simd_options[] = {
    {"auto", automatic, false},
    {"scalar", static_cast<int>(Simd::scalar), false},
    {"neon", static_cast<int>(Simd::neon), false},
    {"avx2", static_cast<int>(Simd::avx2), false},
    {"avx512", static_cast<int>(Simd::avx512), false},
    {nullptr, 0, false},
};

int simd_setting = automatic;

const distance::Kernels* kernels_for(int setting) {
    return setting == automatic ? &distance::best_kernels() : distance::kernels_of(static_cast<Simd>(setting));
}

// Loading the library chooses, before any setting is read.
const distance::Kernels* kernels = kernels_for(automatic);

const char* setting_name() {
    for (const config_enum_entry& option : simd_options)
        if (option.name != nullptr && option.val == simd_setting) return option.name;
    return "";
}

const char* why_missing(Simd simd) {
    if (!distance::is_built(simd)) return "of another architecture";
    return distance::kernels_of(simd) == nullptr ? "not in this processor" : nullptr;
}

bool check_simd(int* setting, void**, GucSource) {
    if (kernels_for(*setting) != nullptr) return true;
    const auto simd = static_cast<Simd>(*setting);
    GUC_check_errdetail("%s is %s.", distance::name_of(simd), why_missing(simd));
    GUC_check_errhint("SELECT * FROM pk_simd() WHERE kind = 'set' shows which there are; auto takes the fastest.");
    return false;
}

void assign_simd(int setting, void*) { kernels = kernels_for(setting); }

}  // namespace

const distance::Kernels& session_kernels() { return *kernels; }

void init_distance() {
    DefineCustomEnumVariable(
        "pg_perfkit.simd", "The instruction set that distances between vectors are computed with.",
        "auto takes the fastest that the processor has. Results of different sets differ by rounding.", &simd_setting,
        automatic, simd_options, PGC_USERSET, 0, check_simd, assign_simd, nullptr);
}

namespace {

template <typename T>
void add_kernels(Rows& rows, const distance::KernelsOf<T>& over, const char* type) {
    for (const char* name : {"l2_squared", "inner_product", "cosine", "l1", "norm"})
        rows.add({"kernel", std::string(name) + " " + type, over.variant});
}

}  // namespace

}  // namespace perfkit::pg

using namespace perfkit;

PERFKIT_FUNCTION(pk_simd) {
    pg::Rows rows(fcinfo);
    const distance::Kernels& used = pg::session_kernels();
    rows.add({"setting", "pg_perfkit.simd", pg::setting_name()});
    rows.add({"choice", "set", distance::name_of(used.simd)});
    for (const distance::Simd simd : distance::all_simd) {
        const char* missing = pg::why_missing(simd);
        rows.add({"set", distance::name_of(simd), missing == nullptr ? "available" : missing});
    }
    for (std::size_t i = 0; i < distance::feature_count; ++i) {
        const auto feature = static_cast<distance::Feature>(i);
        if (distance::of_this_architecture(feature))
            rows.add({"feature", distance::name_of(feature), distance::cpu_features().has(feature) ? "yes" : "no"});
    }
    pg::add_kernels(rows, used.over<float>(), "real");
    pg::add_kernels(rows, used.over<double>(), "double precision");
    pg::add_kernels(rows, used.over<distance::Half>(), "halfvec and f16");
    pg::add_kernels(rows, used.over<distance::Bfloat>(), "bf16");
    pg::add_kernels(rows, used.over<std::int8_t>(), "int8");
    for (const char* name : {"hamming bit", "jaccard bit"}) rows.add({"kernel", name, used.bits->variant});
    PG_RETURN_NULL();
}
