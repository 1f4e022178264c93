#!/usr/bin/env bash
# Runs `stopleak ci` once and publishes the result: the log, annotations, the job summary,
# the SARIF report, and the outputs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

outputs="${GITHUB_OUTPUT:?is set by the runner}"
case "${INPUT_FAIL_ON:=findings}" in
    findings | error) ;;
    *) stop "the input fail-on must be findings or error" ;;
esac

sarif="${INPUT_SARIF_FILE:-}"
case "$sarif" in
    *$'\n'* | *$'\r'*) stop "the input sarif-file contains a line break" ;;
    "") sarif="$RUNNER_TEMP/stopleak.sarif" ;;
    /* | [A-Za-z]:*) ;;
    *) sarif="${GITHUB_WORKSPACE:-$PWD}/$sarif" ;;
esac

work=$(mktemp -d "$RUNNER_TEMP/stopleak-reports.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "${INPUT_PATH:-.}" || stop "the input path is not a directory"

# Split at white space only: no quotes, no globs, no expansion.
read -r -d '' -a words <<<"${INPUT_ARGS:-}" || true

# The log shows lines of scanned files, and the runner could read such a line as a
# workflow command. Commands are off until the token appears again; nobody can guess it.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '::stop-commands::%s\n' "$token"
code=0
# This script writes the job summary below, so stopleak must not append to it as well.
env -u GITHUB_STEP_SUMMARY "$program" ci \
    -o "sarif=$sarif" \
    -o "csv=$work/findings.csv" \
    -o "github=$work/annotations" \
    -o "markdown=$work/summary.md" \
    ${words[@]+"${words[@]}"} || code=$?
printf '::%s::\n' "$token"

# Any other code is a crash.
case "$code" in
    0 | 1 | 2) ;;
    *) code=2 ;;
esac

if [ "${INPUT_ANNOTATIONS:-true}" = true ] && [ -s "$work/annotations" ]; then
    cat "$work/annotations"
elif [ "$code" = 2 ]; then
    printf '::error title=stopleak::The scan is not complete; the log says why.\n'
fi

if [ "${INPUT_SUMMARY:-true}" = true ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    if [ -s "$work/summary.md" ]; then
        cat "$work/summary.md" >>"$GITHUB_STEP_SUMMARY"
    elif [ "$code" = 2 ]; then
        printf '## stopleak: the scan could not be done\n\nThe log says why.\n' >>"$GITHUB_STEP_SUMMARY"
    fi
fi

findings=""
if [ -s "$work/findings.csv" ]; then
    # Each record is one line that starts with its status.
    findings=$(grep -c '^reported,' "$work/findings.csv" || true)
fi
# stopleak refuses to write through a link of the checkout, and puts its reports in place one
# after the other when the scan has ended. Without the later one, what is at $sarif is not ours.
[ -s "$work/findings.csv" ] && [ -s "$sarif" ] || sarif=""
{
    printf 'findings=%s\n' "$findings"
    printf 'exit-code=%s\n' "$code"
    printf 'sarif=%s\n' "$sarif"
} >>"$outputs"

if [ "$code" = 1 ] && [ "$INPUT_FAIL_ON" = error ]; then
    code=0
fi
exit "$code"
