#!/bin/bash
# What capture costs in instructions of the session for each pgbench transaction, counted by valgrind: the same on every
# run and whatever else the machine does, but without the kernel's part, which is about half of a small query's time.
# And how many of them lock memory that processes share (locked_instructions.pl), which is what limits many cores.
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

# count LIBRARIES: instructions for each transaction, those that lock memory, and those of them that are the last library's
count() {
    local libraries_of=$1
    rm -rf "$dir/out" && mkdir "$dir/out"
    valgrind --tool=callgrind --trace-children=yes --dump-instr=yes --compress-strings=no --compress-pos=no \
        --callgrind-out-file="$dir/out/%p" \
        "$bin/postgres" -D "$dir/data" \
        -c shared_preload_libraries="$1" -c auto_explain.log_min_duration=500 -c auto_explain.log_analyze=on \
        >"$dir/valgrind.log" 2>&1 &
    server=$!
    until "$bin/pg_isready" -q; do kill -0 "$server" && sleep 0.2; done
    for transactions in 500 2500; do "$bin/pgbench" -n "${@:2}" -t "$transactions" --random-seed=1 >/dev/null 2>&1; done
    kill -INT "$server"
    wait "$server" || true
    server=
    # The two largest are the clients' sessions.
    grep -H '^summary:' "$dir"/out/* | sed 's/:summary://' | sort -n -k 2 | tail -n 2 | while read -r file instructions; do
        echo "$instructions $("$here/locked_instructions.pl" "$file" "${libraries_of##*,}.so")"
    done | awk '{ n[NR] = $1; l[NR] = $2; o[NR] = $3 }
        END { printf "%.0f %.2f %.3f\n", (n[2] - n[1]) / 2000, (l[2] - l[1]) / 2000, (o[2] - o[1]) / 2000 }'
}
read -r nothing nothing_locked _ <<<"$(count '' "$@")"
echo "| pgbench $* | instructions/tx | more | | locking memory/tx | of its own |"
echo '| --- | ---: | ---: | ---: | ---: | ---: |'
echo "| nothing | $nothing | | | $nothing_locked | |"
for libraries_of in pg_stat_statements pg_qualstats auto_explain pg_perfkit pg_stat_statements,pg_perfkit; do
    [ -e "$libraries/${libraries_of##*,}.so" ] || continue
    count "$libraries_of" "$@" | awk -v name="$libraries_of" -v nothing="$nothing" \
        '{ printf "| %s | %d | %d | %+.1f %% | %.2f | %.3f |\n", name, $1, $1 - nothing, 100 * ($1 / nothing - 1), $2, $3 }'
done
