#!/bin/bash
# Times the distance kernels beside pgvector's loops, scalar code, and the machine's limits.
#
#   bench/kernels/run.sh [options of the program, --help tells]     on this machine, about 3 minutes
#   bench/kernels/run.sh --mca [CPU...]                             arm64, modelled by llvm-mca: cycles per float
#
# pgvector's loops are compiled as Debian compiles pgvector; CC and CXX choose other compilers.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/bench/kernels
mkdir -p $out

# PostgreSQL's flags as far as they shape code, then pgvector's.
pgvector_flags='-O2 -fno-strict-aliasing -fwrapv -fno-math-errno
    -ftree-vectorize -fassociative-math -fno-signed-zeros -fno-trapping-math -ffp-contract=fast'

if [ "${1-}" = --mca ]; then
    shift
    exec bench/kernels/mca.sh $out "$pgvector_flags" "$@"
fi
# shellcheck disable=SC2086
${CC:-gcc} $pgvector_flags -c bench/kernels/pgvector_loops.c -o $out/pgvector_loops.o
${CXX:-g++} -std=c++20 -O2 -Wall -Wextra -Iinclude -o $out/kernels bench/kernels/*.cpp src/core/distance/*.cpp \
    $out/pgvector_loops.o
exec $out/kernels "$@"
