#!/usr/bin/env bash
# Outputs the directory of the program and the cache key. The key is a hash of the sources,
# because the reference of the action may move, and its checkout is not a git repository.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

key=""
if [ -z "${INPUT_VERSION:-}" ] && [ "${INPUT_CACHE:-true}" = true ]; then
    cd "${GITHUB_ACTION_PATH:?is set by the runner}"
    key=$(
        find Cargo.toml Cargo.lock build.rs src rules -type f |
            LC_ALL=C sort |
            while IFS= read -r file; do
                printf '%s %s\n' "$(sha256 <"$file")" "$file"
            done | sha256
    )
fi
{
    printf 'key=%s\n' "$key"
    printf 'directory=%s\n' "$directory"
} >>"${GITHUB_OUTPUT:?is set by the runner}"
