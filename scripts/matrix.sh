#!/usr/bin/env bash
# Runs the tests on other PostgreSQL versions, compilers and processors than this machine's, in Debian roots.
#
# usage: scripts/matrix.sh [--prepare] [17] [18] [clang] [arm64] [package]
#   17         Debian 13 (trixie): PostgreSQL 17 with pgvector, g++ 14: regression tests
#   18         forky: PostgreSQL 18 with pgvector, the newest g++: regression and system tests
#   clang      forky, the newest clang: regression tests once
#   arm64      Debian 13 for arm64 under qemu: cross-compiled here, tested on a real server
#   package    the Debian packages: built, installed and tested on Debian 13
#   --prepare  only makes the roots
# Without a name: all.  Needs root and Debian or Ubuntu.  The roots take 2 GB below
# ${XDG_CACHE_HOME:-/var/cache}, and are kept; PERFKIT_MIRROR=... names another mirror than apt's.
# The last line is "N passed, N failed, N skipped".
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/results.sh
. "$checkout/scripts/results.sh"
# shellcheck source=scripts/roots.sh
. "$checkout/scripts/roots.sh"
# shellcheck source=scripts/arm64.sh
. "$checkout/scripts/arm64.sh"
# shellcheck source=scripts/package.sh
. "$checkout/scripts/package.sh"

prepare_only='' names=()
while [ $# -gt 0 ]; do
    case $1 in
        17 | 18 | clang | arm64 | package) names+=("$1") ;;
        --prepare) prepare_only=1 ;;
        -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "scripts/matrix.sh knows no $1; see scripts/matrix.sh --help" ;;
    esac
    shift
done
if [ ${#names[@]} = 0 ]; then names=(17 18 clang arm64 package); fi
uses_apt || die "scripts/matrix.sh makes Debian roots with debootstrap, which needs Debian or Ubuntu."
caller_is_root || die "scripts/matrix.sh makes Debian roots, which needs root: sudo scripts/matrix.sh"

machine=$(dpkg --print-architecture)
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'end_job' EXIT

prepare() {
    local version=$1 packages=()
    install_packages debootstrap
    if [ "$version" = arm64 ]; then
        arm64_prepare
        return
    fi
    case $version in
        clang) version=18 ;;
        package) version=17 ;;
    esac
    mapfile -t packages < <(server_packages "$version")
    packages+=("${unit_packages[@]}" "postgresql-$version-pgvector")
    case $version in
        17) root_make "$machine" trixie 17 '' "${packages[@]}" build-essential debhelper postgresql-server-dev-all ;;
        18) root_make "$machine" forky 18 '' "${packages[@]}" clang libclang-rt-dev ;;
    esac
}

# version_tests LABEL PLACE [NAME=VALUE]... [OPTION]...
version_tests() {
    local label=$1 root=$2
    shift 2
    root_sources "$root"
    part "$label" root_tests "$root" "$@"
}

for name in "${names[@]}"; do prepare "$name"; done
if [ -n "$prepare_only" ]; then exit 0; fi
for name in "${names[@]}"; do
    case $name in
        17) version_tests 17 "$(root_place "$machine" trixie 17)" --no-unit --quick --no-system ;;
        18) version_tests 18 "$(root_place "$machine" forky 18)" --no-unit --quick ;;
        clang) version_tests "18, clang++" "$(root_place "$machine" forky 18)" CXX=clang++ --no-unit --quick --no-system --preloaded ;;
        arm64) arm64_tests ;;
        package) package_tests ;;
    esac
done
summary
