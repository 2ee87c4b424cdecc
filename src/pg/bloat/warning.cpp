#include "bloat.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace perfkit::pg {

void warn_damaged(const Storage& storage, BlockNumber block, const char* what) {
    call([&, name = storage.name.c_str()] {
        ereport(WARNING, (errcode(ERRCODE_DATA_CORRUPTED),
                          errmsg("block %u of relation \"%s\" is left out of its bloat: %s", block, name, what)));
    });
}

}  // namespace perfkit::pg
