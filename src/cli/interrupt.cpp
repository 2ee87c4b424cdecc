#include "interrupt.hpp"

#include <chrono>

#include "command.hpp"
#include "database.hpp"

namespace perfkit::cli {

CancelOnInterrupt::CancelOnInterrupt(Database& database)
    : watch_([this, &database] {
          while (!done_) {
              // Again and again: the first request may arrive between two statements.
              if (interrupted) database.cancel();
              std::this_thread::sleep_for(std::chrono::milliseconds(50));
          }
      }) {}

CancelOnInterrupt::~CancelOnInterrupt() {
    done_ = true;
    watch_.join();
}

}  // namespace perfkit::cli
