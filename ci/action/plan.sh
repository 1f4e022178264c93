#!/usr/bin/env bash
# Outputs the directory of the program, and the cache key. Only a program that has to be built is
# kept in the cache; a release is downloaded and checked each time.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

key=""
choose
if [ -z "$version" ] && [ "${INPUT_CACHE:-true}" = true ]; then
    key=$(sources)
fi
{
    printf 'key=%s\n' "$key"
    printf 'directory=%s\n' "$directory"
} >>"${GITHUB_OUTPUT:?is set by the runner}"
