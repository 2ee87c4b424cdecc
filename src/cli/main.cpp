// perfkit: the command line tool.

#include <exception>
#include <iostream>
#include <pqxx/pqxx>
#include <string>

int main(int argc, char** argv) try {
    pqxx::connection connection(argc > 1 ? argv[1] : "");
    pqxx::read_transaction transaction(connection);
    std::cout << transaction.exec1("SELECT version()")[0].as<std::string>() << '\n';
    return 0;
} catch (const std::exception& error) {
    std::cerr << "perfkit: " << error.what() << '\n';
    return 1;
}
