#include "metrics_text.hpp"

#include <gtest/gtest.h>

#include "failure.hpp"

namespace perfkit::cli {
namespace {

const std::string first =
    "# HELP up Whether.\n# TYPE up gauge\nup{area=\"a\"} 1\n"
    "# HELP rows Rows.\n# TYPE rows gauge\nrows{database=\"x\"} 5\n";

}  // namespace

TEST(MetricsText, OneTextStaysAsItIs) {
    MetricsText text;
    text.add(first);
    EXPECT_EQ(text.text(), first);
}

TEST(MetricsText, LinesOfAMetricStandTogether) {
    MetricsText text;
    text.add(first);
    text.add("# HELP rows Other words.\n# TYPE rows gauge\nrows{database=\"y\"} 6\n# HELP z Z.\n# TYPE z gauge\nz 1\n");
    text.add("up", "gauge", "Whether.", "up{area=\"scrape\"} 0\n");
    EXPECT_EQ(text.text(),
              "# HELP up Whether.\n# TYPE up gauge\nup{area=\"a\"} 1\nup{area=\"scrape\"} 0\n"
              "# HELP rows Rows.\n# TYPE rows gauge\nrows{database=\"x\"} 5\nrows{database=\"y\"} 6\n"
              "# HELP z Z.\n# TYPE z gauge\nz 1\n");
}

TEST(MetricsText, OurOwnMetricsNeedNoDatabase) {
    MetricsText text;
    text.add("up", "gauge", "Whether.", "up 0\n");
    EXPECT_EQ(text.text(), "# HELP up Whether.\n# TYPE up gauge\nup 0\n");
}

TEST(MetricsText, ASampleOfAFurtherDatabaseSaysOfWhich) {
    MetricsText text;
    text.add(
        "# HELP a A.\n# TYPE a gauge\na 1\na{b=\"c\"} 2\na{b=\"\\\\\\\"}, database=\\\"\"} 3\n"
        "a{b=\"c\",database=\"other\"} 4\na{database=\"other\"} 5\na_database 6",
        "it's \"o\\n");
    EXPECT_EQ(
        text.text(),
        "# HELP a A.\n# TYPE a gauge\na{database=\"it's \\\"o\\\\n\"} 1\na{database=\"it's \\\"o\\\\n\",b=\"c\"} 2\n"
        "a{database=\"it's \\\"o\\\\n\",b=\"\\\\\\\"}, database=\\\"\"} 3\n"
        "a{b=\"c\",database=\"other\"} 4\na{database=\"other\"} 5\na_database{database=\"it's \\\"o\\\\n\"} 6\n");
}

TEST(MetricsText, AnythingElseIsRefused) {
    EXPECT_THROW(MetricsText().add("a 1\n"), Failure);
    for (const char* const sample : {"a", " 1", "{b=\"c\"} 1", "a{b} 1", "a{b=\"c} 1", "a{b=\"c\""})
        EXPECT_THROW(MetricsText().add(std::string("# HELP a A.\n") + sample, "x"), Failure) << sample;
}

}  // namespace perfkit::cli
