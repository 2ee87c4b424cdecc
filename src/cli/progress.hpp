#pragma once

#include <chrono>
#include <string>

namespace perfkit::cli {

// Progress on standard error: a bar that is drawn again on a terminal, now and then a line elsewhere.
class Progress {
public:
    explicit Progress(std::string title);
    ~Progress() { finish(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // fraction in [0, 1]; note: what is happening, in a few words.
    void show(double fraction, const std::string& note);
    // Ends the line; the bar goes away.
    void finish();

private:
    using Clock = std::chrono::steady_clock;

    std::string title_;
    bool terminal_;
    bool drawn_ = false;
    Clock::time_point next_line_;
};

}  // namespace perfkit::cli
