# Counting results, and the checks that need no server.  Sourced by test.sh after lib.sh.
# shellcheck shell=bash disable=SC2154 # checkout, work and only_installed are theirs

passed=0 failed=0 skipped=0

# line LABEL TEXT: with the seconds since the line before.
line() {
    printf '%-50s %4d s  %s\n' "$1" "$((SECONDS - line_at))" "$2"
    line_at=$SECONDS
}
line_at=0

# tell LABEL PASSED FAILED SKIPPED [NOTE]
tell() {
    local text="$2 passed"
    if [ "$3" -gt 0 ]; then text+=", $3 FAILED"; fi
    if [ "$4" -gt 0 ]; then text+=", $4 skipped"; fi
    line "$1" "$text${5:+; $5}"
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
}
passed_check() { tell "$1" 1 0 0; }
failed_check() { tell "$1" 0 1 0 "$2"; }
# broken LABEL LOG: something did not even come to its tests.
broken() {
    tell "$1" 0 1 0
    tail -n 40 "$2" | sed 's/^/    /'
}
summary() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}

# part LABEL COMMAND...: a script that ends with such a summary; its lines are shown, and its sums added.
sums='^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$'
part() {
    local label=$1 log status=0
    shift
    log=$(mktemp)
    echo "== $label"
    run show_all_but_sums "$log" "$@" || status=$?
    if [[ $(tail -n 1 "$log") =~ $sums ]]; then
        passed=$((passed + BASH_REMATCH[1])) skipped=$((skipped + BASH_REMATCH[3]))
        failed=$((failed + BASH_REMATCH[2]))
        # A script that fails though each of its tests passed has failed all the same.
        if [ "$status" != 0 ] && [ "${BASH_REMATCH[2]}" = 0 ]; then failed_check "$label" "ended with status $status"; fi
    else
        failed_check "$label" "came to no result (status $status)"
    fi
    rm -f "$log"
    line_at=$SECONDS
}
show_all_but_sums() {
    local log=$1
    shift
    "$@" 2>&1 | tee "$log" | grep --line-buffered -vE "$sums"
    return "${PIPESTATUS[0]}"
}

# --- runners' outputs ------------------------------------------------------------------------------

# Each takes the status that the runner ended with, too: a leak, or a run that broke off, shows nowhere else.

# A unit test that skips itself with "not applicable: ..." names what this processor cannot run.
count_gtest() {
    local label=$1 log=$2 status=$3 good bad skip note
    good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log")
    bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*listed below:$/\1/p' "$log")
    skip=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*listed below:$/\1/p' "$log")
    if [ -z "$good" ]; then
        broken "$label: did not come to their end" "$log"
        return
    fi
    note=$(sed -n 's/^not applicable: *//p' "$log" | sort | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)/\1 not applicable (\2)/' | paste -sd, -)
    skip=$((${skip:-0} - $(grep -c '^not applicable:' "$log" || true)))
    if [ "${good:-0}" = 0 ]; then bad=$((${bad:-0} + 1)) note="no test ran"; fi
    if [ "$status" != 0 ] && [ "${bad:-0}" = 0 ]; then bad=1 note="ended with status $status"; fi
    tell "$label" "${good:-0}" "${bad:-0}" "$skip" "$note"
    if [ "${bad:-0}" != 0 ]; then grep -vE '^\[ (RUN|      OK) ' "$log" | tail -n 60 | sed 's/^/    /'; fi
}

# pg_regress speaks TAP since 16, and "test x ... ok" before.
count_regress() {
    local label=$1 log=$2 status=$3 diffs=$4 good bad note=''
    good=$(grep -cE '^(ok [0-9]|(test| ) .*\.\.\. ok)' "$log" || true)
    bad=$(grep -cE '^(not ok [0-9]|(test| ) .*\.\.\. FAILED)' "$log" || true)
    if [ "$good" = 0 ] && [ "$bad" = 0 ]; then
        broken "$label: did not run" "$log"
        return
    fi
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1 note="ended with status $status"; fi
    tell "$label" "$good" "$bad" 0 "$note"
    if [ "$bad" != 0 ]; then head -n 120 "$diffs" 2>/dev/null | sed 's/^/    /'; fi
}

# left_out LABEL PG_CONFIG SOURCES: tests that this installation cannot run.  Without a pgvector to be had
# for it they are not applicable; with one they should have run.
left_out() {
    local test version
    version=$(postgres_major "$2")
    for test in $(make -C "$3" -s PG_CONFIG="$2" unavailable); do
        # What needs a library of the tests' own is none of an installed extension's.
        if [ -n "$only_installed" ] && [ -e "$checkout/test/probe/$test.cpp" ]; then continue; fi
        case $test in
            vector*)
                if ! uses_apt || ! package_known "postgresql-$version-pgvector"; then
                    line "$1: $test" "not applicable (no pgvector for PostgreSQL $version)"
                    continue
                fi ;;
        esac
        tell "$1: $test" 0 0 1 "not run, since what it needs is not installed"
    done
}

# failed_files LOG: the tests that prove lists as failed.
failed_files() { sed -n 's#^test/system/\([a-z_0-9]*\)\.pl *(Wstat: .*#\1#p' "$1" | sort -u; }

# count_prove LABEL LOG STATUS [AGAIN]: AGAIN names what failed beside other tests and then passed alone.
count_prove() {
    local label=$1 log=$2 status=$3 again=${4:-} total bad skip note
    total=$(sed -n 's/^Files=[0-9]*, Tests=\([0-9]*\),.*/\1/p' "$log")
    if [ -z "$total" ]; then
        broken "$label: did not run" "$log"
        return
    fi
    bad=$(sed -n 's/.*Failed: \([0-9]*\)).*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    skip=$(grep ' skipped: ' "$log" | grep -cv ' skipped: not applicable' || true)
    skip=$((skip + $(sed -n 's/.*less \([0-9]*\) skipped subtest.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')))
    if [ "$bad" = 0 ] && { [ "$status" != 0 ] || ! grep -q '^Result: \(PASS\|NOTESTS\)' "$log"; }; then bad=1; fi
    note=$(sed -n 's/.* skipped: //p' "$log" | sort -u | paste -sd, -)
    if [ -n "$again" ]; then
        # What it said is shown all the same: a test that fails now and then has a fault.
        tail -n 60 "$log" | sed 's/^/    /'
        bad=0 note="passed only when run again, alone: $again${note:+; $note}"
    fi
    tell "$label" "$((total - bad > 0 ? total - bad : 0))" "$bad" "$skip" "$note"
    if [ "$bad" != 0 ]; then tail -n 80 "$log" | sed 's/^/    /'; fi
}

# A crash that the next start heals, or an undefined operation, shows in the server's log only.
check_log() {
    if grep -E '^[^ ]+:[0-9]+:[0-9]+: runtime error:|terminated by signal|TRAP:|PANIC' "$2" | head -n 10 | sed 's/^/    /' | grep .; then
        failed_check "$1: the server's log" "see above"
    fi
}

# --- the house -------------------------------------------------------------------------------------

# complain RULE: reads offenders from standard input; no line means the rule holds.
complain() {
    local offenders
    offenders=$(cat)
    if [ -z "$offenders" ]; then
        passed=$((passed + 1)) kept=$((kept + 1))
    else
        failed_check "house: $1" "broken by:"
        printf '%s\n' "$offenders" | head -n 10 | sed 's/^/    /'
    fi
}
server_headers='(postgres|postgres_ext|c|fmgr|funcapi|miscadmin|pgstat|pgtime|varatt|windowapi|(access|catalog|commands|datatype|executor|foreign|jit|libpq|mb|nodes|optimizer|parser|partitioning|port|portability|postmaster|replication|rewrite|statistics|storage|tcop|tsearch|utils)/[a-z_/]+)\.h'
house() {
    local kept=0
    cd "$checkout" || return
    complain "server headers are included under pg/ only" < <(
        grep -rnE "^ *# *include *[<\"]${server_headers}[>\"]" include src test 2>/dev/null |
            grep -vE '^(include/perfkit/pg|src/pg|test/probe)/')
    complain "core includes core only" < <(
        grep -rnE '# *include *"perfkit/(pg|cli)/' include/perfkit/core src/core test/unit)
    complain "the command line tool includes no pg" < <(
        grep -rnE '# *include *"perfkit/pg/' src/cli)
    complain "server versions differ in compat.hpp, or with a reason on the line above" < <(
        grep -rnE -B1 '^ *# *if.*PG_VERSION_NUM' include src | awk '
            /^--$/ {above = ""; next}
            /^include\/perfkit\/pg\/compat\.hpp/ {next}
            /:[0-9]+: *# *if.*PG_VERSION_NUM/ {if (above !~ /-[0-9]+- *\/\//) print}
            {above = $0}')
    complain "each of FEATURES is a file" < <(
        sed -n 's/^FEATURES *= *//p' Makefile.pgxs | tr -s ' ' '\n' | while read -r part; do
            if [ ! -e "sql/$part.sql" ]; then echo "sql/$part.sql"; fi
        done)
    complain "each part of the install script is one of FEATURES" < <(
        for part in sql/*.sql; do
            part=$(basename "$part" .sql)
            case $part in pg_perfkit*--*) continue ;; esac
            if ! sed -n 's/^FEATURES *=//p' Makefile.pgxs | grep -qw -- "$part"; then echo "sql/$part.sql"; fi
        done)
    complain "each regression test has its expected output" < <(
        for test in test/sql/*.sql; do
            test=expected/$(basename "$test" .sql).out
            if [ ! -e "$test" ]; then echo "$test"; fi
        done)
    complain "one release number in every place" < <(
        release=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" pg_perfkit.control)
        grep -qx "default_version = '$release'" pg_perfkit_vector.control || echo "pg_perfkit_vector.control is not $release"
        grep -q "^project(pg_perfkit VERSION $release " CMakeLists.txt || echo "CMakeLists.txt is not $release"
        head -n 1 debian/changelog | grep -qF "($release)" || echo "debian/changelog is not $release"
        [ "$(sed "/meta-spec/,\$d" META.json | grep -c "\"version\": \"$release.0\"")" = 3 ] || echo "META.json is not $release.0")
    complain "no file is longer than 500 lines" < <(
        find src include sql test scripts bench \
            \( -name '*.cpp' -o -name '*.hpp' -o -name '*.sql' -o -name '*.sh' -o -name '*.pl' -o -name '*.pm' \) \
            ! -name 'pg_perfkit*--*.sql' -exec wc -l {} + 2>/dev/null | awk '$2 != "total" && $1 > 500 {print $2 ": " $1 " lines"}')
    if have shellcheck; then
        complain "shellcheck finds nothing" < <(shellcheck -x -P scripts scripts/*.sh)
    fi
    line "rules of the house" "$kept passed"
}

# symbols LABEL LIBRARY...: the module exports what the server calls, and nothing else.
symbols() {
    local label=$1 library names offenders
    shift
    for library; do case $library in *.so | *.dylib) break ;; esac; done
    names=$(nm -D --defined-only "$library" 2>/dev/null | awk '{print $3}')
    offenders=$(grep -vE '^(Pg_magic_func|_PG_init|_PG_fini|(pg_finfo_)?(pk_[a-z0-9_]+|uuid_generate_v7))$' <<<"$names" || true)
    if ! grep -qx _PG_init <<<"$names"; then offenders+=" _PG_init is missing"; fi
    if [ -n "$offenders" ]; then failed_check "$label" "not ours: $(echo "$offenders" | head -n 5 | paste -sd' ' -)"; else passed_check "$label"; fi
}
