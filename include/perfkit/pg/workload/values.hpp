// Parameter values in text form, for samples.
#pragma once

#include "perfkit/core/workload/sample.hpp"
#include "perfkit/pg/guard.hpp"

namespace perfkit::pg::workload {

// While one lives, values are written so that any session reads them back alike, whatever this one has set.
class PortableOutput {
public:
    PortableOutput() noexcept;
    ~PortableOutput();
    PortableOutput(const PortableOutput&) = delete;
    PortableOutput& operator=(const PortableOutput&) = delete;

private:
    int date_style_, interval_style_, float_digits_, bytea_output_;
};

// The value, cut at so many bytes.  Only of the server's own types whose text needs no catalog, and only where the
// value is at hand (not in a TOAST table): the rest is omitted.
perfkit::workload::SampleParameter parameter_of(Oid type, Datum value, bool null, std::size_t limit);

}  // namespace perfkit::pg::workload
