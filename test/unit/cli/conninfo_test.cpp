#include "conninfo.hpp"

#include <gtest/gtest.h>

namespace perfkit::cli {

TEST(Conninfo, ABareNameIsADatabase) {
    EXPECT_EQ(connection_string("orders"), "dbname='orders'");
    EXPECT_EQ(connection_string("it's \\"), "dbname='it\\'s \\\\'");
    for (const char* const text : {"", "host=a dbname=b", "postgresql://a/b"}) EXPECT_EQ(connection_string(text), text);
}

TEST(Conninfo, AParameterReplacesWhatWasThere) {
    EXPECT_EQ(with_parameter("", "dbname", "o'k"), "dbname='o\\'k'");
    EXPECT_EQ(with_parameter("host=a dbname=b", "dbname", "c d"), "host=a dbname=b dbname='c d'");
    EXPECT_EQ(with_parameter("postgresql://a/b", "dbname", "c d&\xC3\xA4"), "postgresql://a/b?dbname=c%20d%26%C3%A4");
    EXPECT_EQ(with_parameter("postgresql://a/b?x=y", "dbname", "c"), "postgresql://a/b?x=y&dbname=c");
}

TEST(Conninfo, ADefaultDoesNot) {
    EXPECT_EQ(with_default("host=a keepalives_idle=60", "keepalives_idle", "10"), "host=a keepalives_idle=60");
    EXPECT_EQ(with_default("host=a", "keepalives_idle", "10"), "host=a keepalives_idle='10'");
}

}  // namespace perfkit::cli
