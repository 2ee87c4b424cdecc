#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "shared_rounds.hpp"

namespace perfkit::cli {

class MetricsCollector;

struct Address {
    std::string host;
    int port = 0;
};

// "127.0.0.1:10187", "[::1]:10187", "name:10187", or a port alone, which is the loopback's.  Throws UsageError.
Address parse_address(std::string_view text);
// As it stands in a URL.
std::string text_of(const Address& address);

// How long a scraper that sent this header (empty: none) leaves us, a little of it kept back for the answer.
std::chrono::milliseconds scrape_budget(std::string_view header, std::chrono::milliseconds otherwise);

// Serves /metrics over HTTP until `interrupted`.  budget: for a scraper that does not say how long it waits.
// Throws Failure where the address cannot be had.
void serve_metrics(MetricsCollector& collector, const Address& address, std::chrono::milliseconds budget,
                   const std::atomic<bool>& interrupted);

}  // namespace perfkit::cli
