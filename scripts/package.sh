# The Debian packages: built, installed and tested in the root that has PostgreSQL 17.
# Sourced by matrix.sh after roots.sh.
# shellcheck shell=bash disable=SC2016,SC2154 # the inner scripts expand their own variables

package_tests() {
    local root log
    root=$(root_place "$machine" trixie 17) log=$root.package.log
    root_sources "$root"
    if ! run root_run "$root" sh -ec '
        place=/srv/package
        rm -rf $place; mkdir $place
        cp -R /srv/pg_perfkit $place/pg-perfkit; cd $place/pg-perfkit
        rm -rf build
        chown -R postgres $place
        runuser -u postgres -- env HOME=$place DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$1" $2 dpkg-buildpackage -b -us -uc
        dpkg --install $place/postgresql-17-pg-perfkit_*.deb $place/perfkit_*.deb' package "$cores" "${CI:+QUICK=1 TOOL_FLAGS=-O1}" >"$log" 2>&1; then
        broken "package: builds and installs" "$log"
        return
    fi
    passed_check "package: builds and installs"
    if run root_run "$root" sh -ec 'perfkit --version && perfkit bench --help' >"$log" 2>&1; then
        passed_check "package: perfkit runs"
    else
        broken "package: perfkit" "$log"
    fi
    part "package" root_tests "$root" --installed --pg 17
    run root_run "$root" sh -ec 'dpkg --purge postgresql-17-pg-perfkit perfkit; rm -rf /srv/package' >"$log" 2>&1 ||
        broken "package: removal" "$log"
}
