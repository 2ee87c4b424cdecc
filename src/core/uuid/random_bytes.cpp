#include "perfkit/core/uuid/random_bytes.hpp"

#include <pthread.h>

#include <stdexcept>

namespace perfkit {

unsigned RandomBytes::forks_of_process = 0;

void RandomBytes::refill() {
    static const int failed = pthread_atfork(nullptr, nullptr, [] { ++forks_of_process; });
    if (failed != 0) throw std::runtime_error("could not watch for forks");
    used_ = words_.size();
    if (!source_(words_.data(), sizeof words_)) throw std::runtime_error("could not generate random values");
    used_ = 0;
    forks_ = forks_of_process;
}

}  // namespace perfkit
