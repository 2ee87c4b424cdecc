#pragma once

namespace perfkit::report {

// The style sheet of the page.
extern const char* const style;

}  // namespace perfkit::report
