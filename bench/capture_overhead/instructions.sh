#!/bin/bash
# What capture costs in instructions of the session for each pgbench transaction, counted by valgrind: the same on every
# run and whatever else the machine does, but without the kernel's part, which is about half of a small query's time.
#
# usage: [PG_CONFIG=...] bench/capture_overhead/instructions.sh [PGBENCH_OPTION...]     (default: -S -M prepared)
#
# As the user who may start servers.  Counted is the difference between a session of 2500 transactions and one of 500.
set -euo pipefail
bin=$("${PG_CONFIG:-pg_config}" --bindir) libraries=$("${PG_CONFIG:-pg_config}" --pkglibdir)
[ $# -gt 0 ] || set -- -S -M prepared
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

# count LIBRARIES: instructions for each transaction
count() {
    rm -rf "$dir/out" && mkdir "$dir/out"
    valgrind --tool=callgrind --trace-children=yes --callgrind-out-file="$dir/out/%p" "$bin/postgres" -D "$dir/data" \
        -c shared_preload_libraries="$1" -c auto_explain.log_min_duration=500 -c auto_explain.log_analyze=on \
        >"$dir/valgrind.log" 2>&1 &
    server=$!
    until "$bin/pg_isready" -q; do kill -0 "$server" && sleep 0.2; done
    for transactions in 500 2500; do "$bin/pgbench" -n "${@:2}" -t "$transactions" --random-seed=1 >/dev/null 2>&1; done
    kill -INT "$server"
    wait "$server" || true
    server=
    # The two largest are the clients' sessions.
    awk '/^summary:/ { print $2 }' "$dir"/out/* | sort -n | tail -n 2 |
        awk '{ n[NR] = $1 } END { printf "%.0f\n", (n[2] - n[1]) / 2000 }'
}
nothing=$(count '' "$@")
echo "| pgbench $* | instructions/tx | more | |"
echo '| --- | ---: | ---: | ---: |'
echo "| nothing | $nothing | | |"
for libraries_of in pg_stat_statements pg_qualstats auto_explain pg_perfkit pg_stat_statements,pg_perfkit; do
    [ -e "$libraries/${libraries_of##*,}.so" ] || continue
    count "$libraries_of" "$@" | awk -v name="$libraries_of" -v nothing="$nothing" \
        '{ printf "| %s | %d | %d | %+.1f %% |\n", name, $1, $1 - nothing, 100 * ($1 / nothing - 1) }'
done
