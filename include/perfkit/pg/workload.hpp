// Workload capture: what every statement of the cluster cost, and what it was.  docs/workload.md.
#pragma once

namespace perfkit::pg {

// Defines the settings; in a preloading postmaster also asks for shared memory and installs the hooks.
void init_workload();

// While one lives, this session's statements are not captured: for the product's own planning and probing.
// (An error leaves the scope by its destructor too, as every error crosses C++ frames as an exception.)
class CaptureOff {
public:
    CaptureOff() noexcept { ++depth_; }
    ~CaptureOff() { --depth_; }
    CaptureOff(const CaptureOff&) = delete;
    CaptureOff& operator=(const CaptureOff&) = delete;

    static bool active() noexcept { return depth_ != 0; }

private:
    static int depth_;
};

}  // namespace perfkit::pg
