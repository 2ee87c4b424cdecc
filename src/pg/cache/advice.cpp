// pk_cache_advice(): what the watch over shared_buffers has found.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "perfkit/pg/cache/double_buffered.hpp"
#include "perfkit/pg/cache/shared.hpp"
#include "perfkit/pg/rows.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/timestamp.h"
}

using namespace perfkit;
using pg::cache::Findings;
using pg::cache::SharedFindings;

namespace {

constexpr double seen_well = 90;    // percent of the arrivals
constexpr double wide_points = 20;  // an interval that says little

[[noreturn]] void fail_without_preload() {
    pg::call([] {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("pg_perfkit does not watch shared_buffers"),
                 errhint("Add pg_perfkit to shared_preload_libraries and restart the server.")));
    });
    pg_unreachable();
}

SharedFindings& shared() {
    if (SharedFindings::get() == nullptr) fail_without_preload();
    return *SharedFindings::get();
}

// Why there is nothing to say; nothing where there may be.
std::optional<std::string> trouble(const Findings& findings) {
    if (!pg::cache::watch) return "off: pg_perfkit.cache_watch is off";
    constexpr long silent_ms = 120'000;
    if (findings.pid == 0 || (findings.since != 0 && findings.last_look != 0 &&
                              TimestampDifferenceExceeds(findings.last_look, GetCurrentTimestamp(), silent_ms)))
        return "off: the worker is not running; see the server's log, and max_worker_processes";
    return std::nullopt;
}

std::string status_of_larger(const Findings& findings, bool known) {
    if (!known) {
        if (!findings.observed.hit_percent()) return "learning: no block has been needed yet";
        return "learning: too few blocks have left shared_buffers and come back";
    }
    const auto seen = findings.observed.seen_percent();
    if (seen && *seen < seen_well) return "rough: some blocks come and leave between two looks";
    return "ready";
}

std::string status_of_half(const Findings& findings, const std::optional<cache::Forecast>& forecast) {
    const std::string otherwise = status_of_larger(findings, forecast.has_value());
    if (!findings.observed.hit_percent()) return otherwise;
    if (!forecast) {
        if (findings.too_coarse) return "unknown: most of shared_buffers is used between two looks";
        if (findings.observed.traffic().taken < NBuffers)
            return "unknown: usage counts tell nothing until blocks have left shared_buffers";
        return "learning: too few uses of blocks were seen";
    }
    if (otherwise == "ready" && forecast->high_percent - forecast->low_percent > wide_points)
        return "rough: the hit ratio changes steeply near this size";
    return otherwise;
}

std::int64_t bytes_of(double factor) { return static_cast<std::int64_t>(factor * NBuffers) * BLCKSZ; }

std::optional<double> reads_percent(std::optional<double> now, double forecast) {
    if (!now || *now >= 100) return std::nullopt;
    return 100 * (100 - forecast) / (100 - *now);
}

}  // namespace

PERFKIT_FUNCTION(pk_cache_advice) {
    pg::Rows rows(fcinfo);
    const Findings findings = shared().read();
    const auto why_not = trouble(findings);
    const auto now = why_not ? std::nullopt : findings.observed.hit_percent();
    const auto seen = why_not ? std::nullopt : findings.observed.seen_percent();
    const auto since = pg::Value::time(why_not ? 0 : findings.since);
    const auto add = [&](double factor, const std::optional<cache::Forecast>& forecast, const std::string& status,
                         std::optional<std::int64_t> doubled, std::optional<double> doubled_percent) {
        const auto part = [&](auto member) {
            return forecast ? std::optional<double>((*forecast).*member) : std::nullopt;
        };
        rows.add({factor, bytes_of(factor), part(&cache::Forecast::hit_percent), part(&cache::Forecast::low_percent),
                  part(&cache::Forecast::high_percent),
                  forecast ? reads_percent(now, forecast->hit_percent) : std::nullopt, why_not ? *why_not : status,
                  since, seen, doubled, doubled_percent});
    };

    const auto half = why_not ? std::nullopt : findings.observed.half();
    add(0.5, half, status_of_half(findings, half), std::nullopt, std::nullopt);
    const pg::cache::DoubleBuffered doubled = pg::cache::measure_double_buffered();
    const auto share =
        doubled.sampled > 0 ? std::optional(doubled.cached / static_cast<double>(doubled.sampled)) : std::nullopt;
    add(1, now ? std::optional(cache::Forecast{*now, *now, *now}) : std::nullopt,
        now ? "observed" : "learning: no block has been needed yet",
        share ? std::optional(static_cast<std::int64_t>(*share * static_cast<double>(doubled.buffers)) * BLCKSZ)
              : std::nullopt,
        share ? std::optional(100 * *share) : std::nullopt);
    for (std::size_t i = 0; i < cache::larger_sizes.size(); ++i) {
        const auto forecast = why_not ? std::nullopt : findings.observed.larger(i);
        add(cache::larger_sizes[i], forecast, status_of_larger(findings, forecast.has_value()), std::nullopt,
            std::nullopt);
    }
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_cache_advice_reset) {
    shared().reset();
    PG_RETURN_VOID();
}
