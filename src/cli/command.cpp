#include "command.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "failure.hpp"

namespace perfkit::cli {

std::atomic<bool> interrupted{false};

void add_connection_option(CLI::App& command, std::string& conninfo) {
    command.add_option("-d,--dbname", conninfo, "Database name, connection string or URI")->type_name("CONNINFO");
}

std::string read_text_file(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    if (!file || file.bad()) throw Failure("cannot read " + path + ": " + std::strerror(errno));
    return text.str();
}

void write_text_file(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) throw Failure("cannot write " + path + ": " + std::strerror(errno));
}

void replace_text_file(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    write_text_file(fresh, text);
    if (std::rename(fresh.c_str(), path.c_str()) != 0) throw Failure("cannot write " + path);
}

}  // namespace perfkit::cli
