#!/bin/bash
# instructions.sh OUT PGVECTOR_FLAGS [DIMENSIONS...] : arm64 instructions for one row against a query, counted by qemu
# as the difference between 11 calls and one.
# CC, CXX and QEMU choose the tools.
set -euo pipefail
out=$1 pgvector_flags=$2
shift 2
program=$out/instructions

# shellcheck disable=SC2086
{
    ${CC:-aarch64-linux-gnu-gcc} $pgvector_flags -c bench/kernels/pgvector_loops.c -o "$out/pgvector_loops.arm64.o"
    ${CXX:-aarch64-linux-gnu-g++} -std=c++20 -O2 -static -Iinclude -o "$program" bench/kernels/instructions.cpp \
        src/core/distance/*.cpp "$out/pgvector_loops.arm64.o"
}

executed() { # executed NAME DIMENSIONS CALLS: how many instructions, where each is a block of its own
    ${QEMU:-qemu-aarch64-static} -singlestep -d exec,nochain "$program" "$@" 2>&1 | grep -c '^Trace'
}

of_ten() { # of_ten NAME DIMENSIONS: by ten calls more
    echo $(($(executed "$@" 11) - $(executed "$@" 1)))
}

echo "| dimensions | pgvector L2 | pair | many | pgvector inner product | pair | many |"
echo "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for n in ${*:-128 768 1536}; do
    printf '| %s |' "$n"
    for name in pgvector-l2 pair-l2 many-l2 pgvector-ip pair-ip many-ip; do
        rows=10
        [[ $name = many* ]] && rows=80
        printf ' %s |' $((($(of_ten "$name" "$n") - $(of_ten none "$n")) / rows))
    done
    echo
done
