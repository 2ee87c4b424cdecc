#!/bin/bash
# Times the distance kernels beside pgvector's loops, SimSIMD, scalar code, and the machine's limits.
#
#   bench/kernels/run.sh [options of the program, --help tells]     on this machine, about 3 minutes
#   bench/kernels/run.sh --mca [CPU...]                             arm64, modelled by llvm-mca: cycles per float
#   bench/kernels/run.sh --instructions [DIMENSIONS...]             arm64, counted under qemu: instructions per row
#
# pgvector's loops are compiled as Debian compiles pgvector; CC and CXX choose other compilers.  SimSIMD's headers are
# fetched by npm; without it its column stays empty.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/bench/kernels
mkdir -p $out

# PostgreSQL's flags as far as they shape code, then pgvector's.
pgvector_flags='-O2 -fno-strict-aliasing -fwrapv -fno-math-errno
    -ftree-vectorize -fassociative-math -fno-signed-zeros -fno-trapping-math -ffp-contract=fast'

case ${1-} in
--mca | --instructions)
    what=${1#--}
    shift
    exec "bench/kernels/$what.sh" $out "$pgvector_flags" "$@"
    ;;
esac
simsimd=simsimd-6.5.5
if [ ! -d $out/$simsimd ]; then
    if (cd $out && npm pack --silent ${simsimd/-/@}) >/dev/null 2>&1; then
        mkdir $out/$simsimd
        tar -xzf $out/$simsimd.tgz -C $out/$simsimd --strip-components=1
    else
        echo "without SimSIMD: npm does not fetch it" >&2
    fi
fi
# shellcheck disable=SC2086
${CC:-gcc} $pgvector_flags -c bench/kernels/pgvector_loops.c -o $out/pgvector_loops.o
# The compiler's own headers for AVX-512 make it warn.
${CXX:-g++} -std=c++20 -O2 -w -Iinclude -I$out/$simsimd/include -c bench/kernels/library.cpp -o $out/library.o
${CXX:-g++} -std=c++20 -O2 -Wall -Wextra -Iinclude -o $out/kernels bench/kernels/{kernels,limits}.cpp \
    src/core/distance/*.cpp $out/library.o $out/pgvector_loops.o
exec $out/kernels "$@"
