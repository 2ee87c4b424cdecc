#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace perfkit::cli {
namespace {

constexpr int bar_width = 30;
constexpr auto line_interval = std::chrono::seconds(10);

}  // namespace

Progress::Progress(std::string title)
    : title_(std::move(title)), terminal_(isatty(STDERR_FILENO) == 1), next_line_(Clock::now() + line_interval) {}

void Progress::show(double fraction, const std::string& note) {
    fraction = std::clamp(fraction, 0.0, 1.0);
    const int percent = static_cast<int>(fraction * 100);
    if (terminal_) {
        const int filled = static_cast<int>(fraction * bar_width);
        const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                                std::string(static_cast<std::size_t>(bar_width - filled), '.');
        std::fprintf(stderr, "\r%s [%s] %3d %%  %s\033[K", title_.c_str(), bar.c_str(), percent, note.c_str());
        drawn_ = true;
    } else if (Clock::now() >= next_line_) {
        std::fprintf(stderr, "%s: %d %%, %s\n", title_.c_str(), percent, note.c_str());
        next_line_ = Clock::now() + line_interval;
    }
    std::fflush(stderr);
}

void Progress::finish() {
    if (drawn_) std::fprintf(stderr, "\r\033[K");
    drawn_ = false;
    std::fflush(stderr);
}

}  // namespace perfkit::cli
