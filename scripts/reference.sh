#!/bin/bash
# Writes docs/reference.md (and, where pgvector is installed, docs/reference_vector.md) from the catalog
# of a private server.
#
# usage: [PG_CONFIG=...] scripts/reference.sh      after make install
set -euo pipefail
cd "$(dirname "$0")/.."
export PG_CONFIG=${PG_CONFIG:-pg_config}
rm -rf build/system/*/log/reference*.md
# The test that compares the file writes the fresh one; that it finds them different is no news here.
output=$(test/system/run reference 2>&1) || true
ls build/system/*/log/reference.md >/dev/null 2>&1 || { echo "$output" >&2; exit 1; }
for file in build/system/*/log/reference*.md; do
    cp "$file" docs/
    echo "wrote docs/$(basename "$file")"
done
