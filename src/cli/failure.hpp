#pragma once

#include <stdexcept>
#include <string>

namespace perfkit::cli {

// Exit statuses; docs/cli.md lists them for users.
enum ExitStatus : int { exit_ok = 0, exit_failed = 1, exit_usage = 2 };

// A failure whose text is the whole sentence for the user: exit status 1.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What was asked for cannot be meant: exit status 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What the server, libpq or we ourselves said, in one line without "ERROR:  ".
std::string sentence_of(const std::exception& error);

}  // namespace perfkit::cli
