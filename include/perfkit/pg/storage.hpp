// A relation's file as seen from outside the relation cache: found by its OID without a lock that
// waits, its pages copied without disturbing the buffer pool.
//
// Looking at every relation of a database must leave no trace in it: no relation cache entry and no
// lock table entry per relation, no page pushed out of shared_buffers, no hint bit set, no wait
// behind VACUUM FULL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "perfkit/pg/compat_storage.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "access/multixact.h"
#include "catalog/pg_class_d.h"
#include "storage/bufmgr.h"
#include "storage/smgr.h"
}

namespace perfkit::pg {

// One row of pg_class, with what else is needed to find and to understand the file.
struct Storage {
    Oid oid = InvalidOid;
    std::string name;
    Oid schema = InvalidOid;
    char kind = 0;  // relkind
    char persistence = 0;
    bool partition = false;
    bool shared = false;         // one of the cluster's shared catalogs
    bool own_temporary = false;  // a temporary relation of this session
    Oid access_method = InvalidOid;
    int columns = 0;
    int fillfactor = 0;  // as set for the relation, 0 where it is not
    bool deduplicate = true;
    TransactionId frozen_xid = InvalidTransactionId;
    MultiXactId frozen_multi = InvalidMultiXactId;
    RelFileLocator locator{};

    bool has_file() const { return locator_number(locator) != InvalidOid; }
    bool other_temporary() const { return persistence == RELPERSISTENCE_TEMP && !own_temporary; }
    ProcNumber backend() const { return own_temporary ? ProcNumberForTempRelations() : INVALID_PROC_NUMBER; }
};

// Reads pg_class as it is now; false where there is no such relation (any more).
bool find_storage(Oid oid, Storage& storage);

// What pg_index says of an index; false where there is no such index (any more).
struct IndexRow {
    Oid table = InvalidOid;
    bool unique = false;
    bool partial = false;
};
bool find_index(Oid oid, IndexRow& row);

// The table that an index or a TOAST table belongs to, else the relation itself.
Oid table_of(const Storage& storage);

// Takes ACCESS SHARE on a relation if that is possible at once.
bool try_lock(Oid oid);
void unlock(Oid oid);

// Blocks of a fork, without the lock that pg_relation_size() waits for; -1 where there is no such file
// (an unlogged relation on a standby).
std::int64_t blocks_of(const Storage& storage, ForkNumber fork = MAIN_FORKNUM);

// What the free space map says of each block of a table, in units of BLCKSZ / 256 bytes: a hint, which
// may be wrong.  Empty where there is no map, and for tables whose map is large.  The caller holds a
// lock on the table.
std::vector<std::uint8_t> free_space_of(const Storage& table, BlockNumber blocks);

// Copies pages of one fork of a relation, of which the caller holds a lock.
//
// A page in the buffer pool is copied there, under the shared content lock and for the time of the
// copy.  Any other is read from its file into private memory: nothing is evicted, and a page that
// fails its checks is our finding and not the server's error.  Such a read may see a page that
// another process brings in, changes and writes at the same time; what is read is then an earlier
// state of it, or torn in rare cases.  Whoever finds a page damaged therefore asks once more.
class PageReader {
public:
    explicit PageReader(const Storage& storage, ForkNumber fork = MAIN_FORKNUM);
    PageReader(const PageReader&) = delete;
    PageReader& operator=(const PageReader&) = delete;

    // Tells the kernel that a block will be wanted, where it is not in the buffer pool.
    void prefetch(BlockNumber block);
    // Tells the processor that a prefetched block will be wanted very soon, where it is in the buffer pool.
    void touch(BlockNumber block) const;
    // The page, until the next call; null where header or checksum are wrong.
    const char* read(BlockNumber block);
    // The same page, looked for anew.
    const char* read_again(BlockNumber block);
    // Gives the file descriptor back: a statement that looks at every relation would keep them all.  No
    // destructor does, since it must not fail; after an error the end of the transaction closes the file.
    void close();

private:
    SMgrRelation file() const { return smgropen(locator_, backend_); }
    PrefetchBufferResult find(BlockNumber block) const;
    const char* copy(BlockNumber block, Buffer hint);

    RelFileLocator locator_;
    ProcNumber backend_;
    ForkNumber fork_;
    struct Hint {
        BlockNumber block = InvalidBlockNumber;
        Buffer buffer = InvalidBuffer;
    };
    std::vector<Hint> hints_;  // of the prefetched blocks, by block modulo size
    struct alignas(4096) Copy {
        char bytes[BLCKSZ];
    };
    std::unique_ptr<Copy> page_;
};

}  // namespace perfkit::pg
