#!/bin/sh
# Scans a fleet with GNU parallel: sh parallel.sh MANIFEST RESULTS [OPTIONS OF parallel]
#
# Run it again after whatever ended it: what has a whole result is not scanned again. With
# `--sshlogin host1,host2`, all hosts must see the clones and the results at the same paths.
# Without parallel, xargs does the same on this machine.
set -eu
manifest=$1 results=$2
shift 2
stopleak=${STOPLEAK:-stopleak}
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
mkdir -p "$results"
# An id has no character that a shell reads otherwise.
ids=$(sed -n '2,$s/^{"id":"\([a-z0-9_-]*\)".*/\1/p' "$manifest")
if command -v parallel > /dev/null; then
    # 1 is findings. 2 is a repository that failed: merge names it.
    printf '%s\n' "$ids" | parallel --jobs "$jobs" --joblog "$results/joblog" --resume-failed "$@" \
        "$stopleak" fleet run "$manifest" --results "$results" --jobs 1 --exit-zero --only {} || true
else
    printf '%s\n' "$ids" | xargs -P "$jobs" -I '{}' \
        "$stopleak" fleet run "$manifest" --results "$results" --jobs 1 --exit-zero --only {} || true
fi
"$stopleak" fleet merge "$results" "$manifest"
