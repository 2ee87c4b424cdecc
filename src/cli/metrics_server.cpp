// The only place that knows the HTTP library.
#include "metrics_server.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <iostream>
#include <thread>

#include "failure.hpp"
#include "metrics_collector.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

using std::chrono::milliseconds;

constexpr const char* exposition = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* plain = "text/plain; charset=utf-8";
// Scrapers that wait hold one each.
constexpr std::size_t threads = 16;

// Ends the server once `interrupted`; to do so before it listens would be lost.
class StopOnInterrupt {
public:
    StopOnInterrupt(httplib::Server& server, const std::atomic<bool>& interrupted, const std::function<void()>& stop)
        : watch_([this, &server, &interrupted, stop] {
              while (!done_) {
                  if (interrupted && server.is_running()) {
                      server.stop();
                      stop();
                      return;
                  }
                  std::this_thread::sleep_for(milliseconds(50));
              }
          }) {}
    ~StopOnInterrupt() {
        done_ = true;
        watch_.join();
    }
    StopOnInterrupt(const StopOnInterrupt&) = delete;
    StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

private:
    std::atomic<bool> done_{false};
    std::thread watch_;
};

void set_up(httplib::Server& server) {
    server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
    // The library would share a port that another process serves.
    server.set_socket_options([](socket_t socket) {
        const int yes = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    // A connection that is kept open holds a thread, and scrapes are many seconds apart.
    server.set_keep_alive_max_count(1);
    server.set_payload_max_length(4096);
}

}  // namespace

Address parse_address(std::string_view text) {
    const std::string wrong = "--listen wants ADDRESS:PORT, [ADDRESS]:PORT or PORT, not " + std::string(text);
    const std::size_t colon = text.rfind(':');
    std::string_view host = colon == std::string_view::npos ? "127.0.0.1" : text.substr(0, colon);
    const std::string_view digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.empty() || host.find_first_of("[]:/ ") != std::string_view::npos) {
        // ":PORT" is every address for some programs and the loopback for others.
        throw UsageError(wrong);
    }
    const auto port =
        digits.find_first_not_of("0123456789") == std::string_view::npos ? parse_number(digits) : std::nullopt;
    if (!port || *port > 65535) throw UsageError(wrong);
    return {std::string(host), static_cast<int>(*port)};
}

std::string text_of(const Address& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? '[' + address.host + ']' : address.host) + ':' + std::to_string(address.port);
}

milliseconds scrape_budget(std::string_view header, milliseconds otherwise) {
    const auto seconds = parse_number(header);
    if (!seconds || *seconds <= 0 || *seconds > 3600) return otherwise;
    // Whoever may ask must not keep the others waiting for long.
    constexpr double longest = 60'000;
    const double all = std::min(*seconds * 1000, std::max(longest, static_cast<double>(otherwise.count())));
    return milliseconds(std::max(1L, static_cast<long>(all - std::min(500.0, all / 2))));
}

void serve_metrics(MetricsCollector& collector, const Address& address, milliseconds budget,
                   const std::atomic<bool>& interrupted) {
    SharedRounds rounds([&](Clock::time_point deadline) { return collector.round(deadline); });
    httplib::Server server;
    set_up(server);
    server.Get("/metrics", [&](const httplib::Request& request, httplib::Response& response) {
        const auto header = request.get_header_value("X-Prometheus-Scrape-Timeout-Seconds");
        const auto round = rounds.next(Clock::now() + scrape_budget(header, budget));
        if (!round && interrupted) response.status = 503;
        response.set_content(round ? round->text : metrics_of_no_round(), exposition);
    });
    // That this process works, whatever the server does: who restarts it for that would not help.
    server.Get("/healthz",
               [](const httplib::Request&, httplib::Response& response) { response.set_content("ok\n", plain); });
    server.Get("/", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("<!DOCTYPE html><title>perfkit metrics</title><a href=\"metrics\">metrics</a>\n",
                             "text/html; charset=utf-8");
    });
    server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
        if (response.body.empty()) response.set_content(std::to_string(response.status) + "\n", plain);
    });

    Address bound = address;
    const bool there = address.port == 0 ? (bound.port = server.bind_to_any_port(address.host)) > 0
                                         : server.bind_to_port(address.host, address.port);
    if (!there)
        throw Failure("cannot listen on " + text_of(address) + ": it is in use, not this machine's, or not ours");
    std::cerr << "perfkit: listening on http://" + text_of(bound) + "/metrics\n" << std::flush;
    {
        const StopOnInterrupt watch(server, interrupted, [&] { rounds.stop([&] { collector.cancel(); }); });
        if (!server.listen_after_bind() && !interrupted) throw Failure("cannot go on listening on " + text_of(bound));
    }
    rounds.stop([&] { collector.cancel(); });
}

}  // namespace perfkit::cli
