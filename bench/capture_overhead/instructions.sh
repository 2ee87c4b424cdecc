#!/bin/bash
# What capture costs in instructions of the session for each pgbench transaction, counted by valgrind: the same on every
# run and whatever else the machine does, but without the kernel's part, which is about half of a small query's time.
# How many lines of code and of data it misses in caches of level 1 of 32 kB each, as valgrind simulates them: a server's
# path is much longer than these, so that what is added shows as misses. And how many instructions lock memory that
# processes share (locked_instructions.pl), which is what limits many cores.
#
# usage: [PG_CONFIG=...] bench/capture_overhead/instructions.sh [PGBENCH_OPTION...]     (default: -S -M prepared)
#
# As the user who may start servers.  Counted is the difference between a session of 2500 transactions and one of 500.
set -euo pipefail
bin=$("${PG_CONFIG:-pg_config}" --bindir) libraries=$("${PG_CONFIG:-pg_config}" --pkglibdir)
[ $# -gt 0 ] || set -- -S -M prepared
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill -INT "$server"
        wait "$server" || true
    fi
    rm -rf "$dir"
}
trap finish EXIT
export PGUSER=postgres PGHOST=$dir PGDATABASE=postgres

"$bin/initdb" -D "$dir/data" -U postgres --auth=trust -E UTF8 --locale=C >/dev/null
cat >>"$dir/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$dir'
fsync = off
autovacuum = off
jit = off
END
"$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -s -w start
"$bin/pgbench" -i -q -s 2 2>/dev/null >&2
"$bin/psql" -Xq -c 'VACUUM ANALYZE' -c CHECKPOINT
"$bin/pg_ctl" -D "$dir/data" -s -w -m fast stop

# count LIBRARIES: for each transaction instructions, lines of code and of data missed, instructions that lock memory, and
# those of them that are the last library's
count() {
    local libraries_of=$1
    rm -rf "$dir/out" && mkdir "$dir/out"
    valgrind --tool=callgrind --trace-children=yes --dump-instr=yes --compress-strings=no --compress-pos=no \
        --cache-sim=yes --I1=32768,8,64 --D1=32768,8,64 \
        --callgrind-out-file="$dir/out/%p" \
        "$bin/postgres" -D "$dir/data" \
        -c shared_preload_libraries="$1" -c pg_perfkit.cache_watch=off \
        -c auto_explain.log_min_duration=500 -c auto_explain.log_analyze=on \
        >"$dir/valgrind.log" 2>&1 &
    server=$!
    until "$bin/pg_isready" -q; do kill -0 "$server" && sleep 0.2; done
    for transactions in 500 2500; do "$bin/pgbench" -n "${@:2}" -t "$transactions" --random-seed=1 >/dev/null 2>&1; done
    kill -INT "$server"
    wait "$server" || true
    server=
    # The two largest are the clients' sessions.
    grep -H '^summary:' "$dir"/out/* | sed 's/:summary://' | sort -n -k 2 | tail -n 2 |
        while read -r file instructions _ _ code read written _; do
        echo "$instructions $code $((read + written))" \
            "$("$here/locked_instructions.pl" "$file" "${libraries_of##*,}.so")"
    done | awk '{ for (i = 1; i <= NF; ++i) v[NR, i] = $i }
        END { for (i = 1; i <= NF; ++i) printf "%.3f ", (v[2, i] - v[1, i]) / 2000; print "" }'
}
nothing=$(count '' "$@")
echo "| pgbench $* | instructions/tx | more | | lines of code missed, more | of data | locking memory/tx | of its own |"
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
awk '{ printf "| nothing | %d | | | %d in all | %d in all | %.2f | |\n", $1, $2, $3, $4 }' <<<"$nothing"
for libraries_of in pg_stat_statements pg_qualstats auto_explain pg_perfkit pg_stat_statements,pg_perfkit; do
    [ -e "$libraries/${libraries_of##*,}.so" ] || continue
    count "$libraries_of" "$@" | awk -v name="$libraries_of" -v nothing="$nothing" 'BEGIN { split(nothing, n) }
        { printf "| %s | %d | %d | %+.1f %% | %d | %d | %.2f | %.3f |\n", name, $1, $1 - n[1], 100 * ($1 / n[1] - 1),
          $2 - n[2], $3 - n[3], $4, $5 }'
done
