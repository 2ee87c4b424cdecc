#include "backend_cpu.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "database.hpp"

namespace perfkit::cli {

BackendCpu::BackendCpu(Database& database) {
    // Without a server address the connection is a Unix socket: this machine, though perhaps
    // another container, whose process ids mean something else here.  The name tells.
    if (!database.value("SELECT host(inet_server_addr())").empty()) return;
    const std::string process = "/proc/" + std::to_string(database.backend_pid());
    std::string name;
    std::ifstream(process + "/comm") >> name;
    if (name != "postgres") return;
    file_ = open((process + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC);
}

BackendCpu::~BackendCpu() {
    if (file_ >= 0) close(file_);
}

double BackendCpu::milliseconds() const {
    if (file_ < 0) return 0;
    char text[64] = {};
    if (pread(file_, text, sizeof text - 1, 0) <= 0) return 0;
    return static_cast<double>(std::strtoull(text, nullptr, 10)) / 1e6;  // the first field, nanoseconds
}

}  // namespace perfkit::cli
