// Differences between server versions in the storage layer, each under the name of the newest form.
#pragma once

#include <cstdint>
#include <string>

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "access/transam.h"
#include "common/relpath.h"
#include "storage/bufpage.h"
#include "utils/relmapper.h"

#if PERFKIT_PG16
#include "storage/relfilelocator.h"
#else
#include "storage/relfilenode.h"
#endif
#if PERFKIT_PG17
#include "storage/procnumber.h"
#else
#include "storage/backendid.h"
#endif
}

#if !PERFKIT_PG16
using RelFileNumber = Oid;
using RelFileLocator = RelFileNode;
#define RelationMapOidToFilenumber RelationMapOidToFilenode
#endif

#if !PERFKIT_PG17
using ProcNumber = BackendId;
#define INVALID_PROC_NUMBER InvalidBackendId
#define ProcNumberForTempRelations() BackendIdForTempRelations()
#endif

namespace perfkit::pg {

inline RelFileLocator make_locator(Oid tablespace, Oid database, RelFileNumber number) {
#if PERFKIT_PG16
    return {.spcOid = tablespace, .dbOid = database, .relNumber = number};
#else
    return {.spcNode = tablespace, .dbNode = database, .relNode = number};
#endif
}

inline RelFileNumber locator_number(const RelFileLocator& locator) {
#if PERFKIT_PG16
    return locator.relNumber;
#else
    return locator.relNode;
#endif
}

inline Oid locator_database(const RelFileLocator& locator) {
#if PERFKIT_PG16
    return locator.dbOid;
#else
    return locator.dbNode;
#endif
}

inline Oid locator_tablespace(const RelFileLocator& locator) {
#if PERFKIT_PG16
    return locator.spcOid;
#else
    return locator.spcNode;
#endif
}

// The relation that a buffer holds a page of.  A template, since few files know what a tag is.
template <typename Tag>
RelFileLocator locator_of(const Tag& tag) {
#if PERFKIT_PG16
    return BufTagGetRelFileLocator(&tag);
#else
    return tag.rnode;
#endif
}

// The file of a relation's fork, without the number of a segment.
inline std::string path_of(const RelFileLocator& locator, ForkNumber fork) {
#if PERFKIT_PG18
    return relpathperm(locator, fork).str;
#else
    char* const path = relpathperm(locator, fork);
    std::string copy(path);
    pfree(path);
    return copy;
#endif
}

// Header and checksum of a page just read from its file, without a message.
inline bool page_is_verified(char* page, BlockNumber block) {
#if PERFKIT_PG18
    bool checksum_failure = false;
    return PageIsVerified(reinterpret_cast<PageData*>(page), block, 0, &checksum_failure);
#else
    return PageIsVerifiedExtended(page, block, 0);
#endif
}

}  // namespace perfkit::pg
