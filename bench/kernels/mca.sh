#!/bin/bash
# mca.sh OUT PGVECTOR_FLAGS [CPU...] : cycles per float of the arm64 kernels' inner loops, by llvm-mca's
# models of the processors, data in the first cache.  A model, not a measurement: LLVM's for Apple's cores
# has three SIMD pipes, where they have four.  CC, CXX and LLVM_MCA choose the tools; with clang, say
# CXX='clang++ --target=aarch64-linux-gnu'.
set -euo pipefail
out=$1 pgvector_flags=$2
shift 2
cpus=${*:-apple-m1 neoverse-n1 neoverse-n2}
mca=${LLVM_MCA:-$(compgen -c llvm-mca | sort -V | tail -1)}

# shellcheck disable=SC2086
{
    ${CXX:-aarch64-linux-gnu-g++} -std=c++20 -O2 -Iinclude -S src/core/distance/neon.cpp -o "$out/neon.s"
    ${CC:-aarch64-linux-gnu-gcc} $pgvector_flags -S bench/kernels/pgvector_loops.c -o "$out/pgvector_loops.s"
}

# inner_loop FILE FUNCTION: the longest loop without a branch in it that does vector arithmetic.
inner_loop() {
    awk -v wanted="$2" '
        $1 == wanted ":" { inside = 1 }
        inside && $1 == ".size" { exit }
        !inside { next }
        /^\.L/ { label = $1; sub(":", "", label); body = ""; lines = 0; vector = 0; next }
        /^\t\./ || /^[ \t]*(\/\/|#)/ || /^[^ \t]/ { next }
        {
            body = body $0 "\n"; ++lines
            if ($2 ~ /^v[0-9]+\.(4s|2d)/) vector = 1
            if ($1 ~ /^(b|cb|tb)/ && $NF == label && vector && lines > most) { most = lines; best = body }
            if ($1 ~ /^(b\.|b$|cb|tb|bl)/) { body = ""; label = "" }
        }
        END { printf "%s", best }' "$1"
}

# cycles CPU < loop: cycles for each of its rounds.
cycles() {
    "$mca" -mtriple=aarch64 -mcpu="$1" -iterations=1000 2>/dev/null | awk '/^Total Cycles/ { print $3 / 1000 }'
}

# row NAME FILE FUNCTION LOADS: where each float of a row takes LOADS loaded floats.
row() {
    local name=$1 loop floats cpu taken
    loop=$(inner_loop "$2" "$3")
    floats=$(awk -v each="$4" '/\tldp\t[qd]/ { n += 8 } /\tldr\t[qd]/ { n += 4 } /\tld1\t/ { n += 4 }
        END { printf "%g", n / each }' <<<"$loop")
    printf '| %s | %s | %s |' "$name" "$floats" "$(wc -l <<<"$loop")"
    for cpu in $cpus; do
        taken=$(cycles "$cpu" <<<"$loop")
        awk -v cycles="$taken" -v floats="$floats" 'BEGIN { printf " %.3f |", cycles / floats }'
    done
    echo
}

# symbol PATTERN: the one function of neon.s whose readable name fits.
symbol() {
    awk '/^_Z.*:/ { sub(":", "", $1); print $1 }' "$out/neon.s" | while read -r mangled; do
        if c++filt "$mangled" | grep -qE "$1"; then echo "$mangled"; fi
    done | head -1
}

"$mca" --version | sed -n 's/^ *//; /LLVM version/p'
echo
echo "Cycles per float of a row; data in the first cache; modelled."
echo
echo "| loop | floats a round | instructions | ${cpus// / | } |"
echo "| --- | ---: | ---: |${cpus//[! ]/}$(for _ in $cpus; do printf ' ---: |'; done)" | tr -s ' '
row "pgvector L2" "$out/pgvector_loops.s" pgvector_l2_squared 2
row "pgvector inner product" "$out/pgvector_loops.s" pgvector_ip 2
row "pgvector cosine" "$out/pgvector_loops.s" pgvector_cosine 2
for term in SquaredDifference:L2 "Product:inner product" "AbsoluteDifference:L1"; do
    row "pair, ${term#*:}" "$out/neon.s" "$(symbol "pair<.*::F32, .*::${term%%:*},")" 2
    row "many, ${term#*:}" "$out/neon.s" "$(symbol "::many<.*::F32, .*::${term%%:*},")" 1.25
done
row "pair, cosine" "$out/neon.s" "$(symbol "::cosine<.*::F32,")" 2
row "many, cosine" "$out/neon.s" "$(symbol "::cosine_many<.*::F32,")" 1.5
row "pair, half, L2" "$out/neon.s" "$(symbol "pair<.*::F16, .*::SquaredDifference,")" 2
row "many, half, L2" "$out/neon.s" "$(symbol "::many<.*::F16, .*::SquaredDifference,")" 1.25
