// How large pgvector's indexes are once built, and how much memory their build takes: derived from how they lay out
// their pages and what they allocate (pgvector 0.7 to 0.8: hnsw.h, hnswbuild.c, ivfflat.h, ivfbuild.c, ivfkmeans.c).
#pragma once

#include <cstddef>

namespace perfkit::vectors {

enum class Type { vector, halfvec, bit };

// The most dimensions that pgvector indexes.
int most_dimensions(Type type);

// Of a value in memory, with its header.
std::size_t value_bytes(Type type, int dimensions);

inline constexpr double page_bytes = 8192;
inline constexpr int most_lists = 32768;

struct Hnsw {
    int m = 16;
    int ef_construction = 64;
};

// `elements`: different vectors; up to ten rows with equal ones share an element.
double hnsw_pages(double elements, std::size_t value, const Hnsw& hnsw);

// The least maintenance_work_mem with which the graph is built in memory.  A build by one process takes it from the
// server's allocator, which adds a header of `chunk_header` bytes to each piece; parallel workers share an area.
double hnsw_build_bytes(double rows, std::size_t value, const Hnsw& hnsw, bool parallel, std::size_t chunk_header);

// Rows over all lists; pgvector's k-means gives them unequal shares.
double ivfflat_pages(double rows, std::size_t value, int lists);

// The least maintenance_work_mem with which k-means runs; with less the build ends in an error.
double ivfflat_build_bytes(double rows, std::size_t value, int dimensions, int lists);

// rows / 1000 up to a million rows, their square root above.
int fitting_lists(double rows);

// The square root of the lists.
int fitting_probes(int lists);

}  // namespace perfkit::vectors
