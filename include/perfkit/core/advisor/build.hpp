// What building an index takes.
#pragma once

#include "perfkit/core/advisor/size.hpp"

namespace perfkit::advisor {

struct BuildForecast {
    double read_bytes = 0;  // of the table
    double temp_bytes = 0;  // of temporary files, at most at a time
    double wal_bytes = 0;   // where WAL is not minimal
};

struct BuildMeans {
    bool concurrent = true;
    bool parallel = false;    // where its kind can
    double memory_bytes = 0;  // maintenance_work_mem
};

BuildForecast forecast_build(const IndexSpec& spec, const IndexSize& size, const TableFacts& table,
                             const BuildMeans& means);

}  // namespace perfkit::advisor
