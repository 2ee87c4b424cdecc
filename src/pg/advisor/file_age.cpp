#include "perfkit/pg/advisor/file_age.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>

namespace perfkit::pg {

std::optional<double> days_of_file(const std::string& path) {
    std::time_t born;
#ifdef STATX_BTIME
    struct statx found {};
    if (statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME | STATX_MTIME, &found) != 0) return std::nullopt;
    born = found.stx_mask & STATX_BTIME ? found.stx_btime.tv_sec : found.stx_mtime.tv_sec;
#else
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) return std::nullopt;
#ifdef __APPLE__
    born = found.st_birthtimespec.tv_sec;
#else
    born = found.st_mtime;
#endif
#endif
    return std::difftime(std::time(nullptr), born) / 86400;
}

}  // namespace perfkit::pg
