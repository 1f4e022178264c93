#!/usr/bin/env bash
# Runs `stopleak ci` once and hands on what it found: the log, annotations, the job's
# summary, the SARIF report, and outputs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

outputs="${GITHUB_OUTPUT:?is set by the runner}"
case "${INPUT_FAIL_ON:=findings}" in
    findings | error) ;;
    *) stop "the input fail-on is neither findings nor error" ;;
esac

sarif="${INPUT_SARIF_FILE:-}"
case "$sarif" in
    *$'\n'* | *$'\r'*) stop "the input sarif-file holds a line break" ;;
    "") sarif="$RUNNER_TEMP/stopleak.sarif" ;;
    /* | [A-Za-z]:*) ;;
    *) sarif="${GITHUB_WORKSPACE:-$PWD}/$sarif" ;;
esac
rm -f "$sarif"

work=$(mktemp -d "$RUNNER_TEMP/stopleak-reports.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "${INPUT_PATH:-.}" || stop "the input path is no directory"

# Words, as they stand: no quotes, no patterns, no expansion.
read -r -d '' -a words <<<"${INPUT_ARGS:-}" || true

# The log shows lines of files, and a line of a log can be a command to the runner:
# none is obeyed in between. The token cannot be guessed.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '::stop-commands::%s\n' "$token"
code=0
# The summary's file is this script's own: the runner's would be added to twice.
env -u GITHUB_STEP_SUMMARY "$program" ci \
    -o "sarif=$sarif" \
    -o "csv=$work/findings.csv" \
    -o "github=$work/annotations" \
    -o "markdown=$work/summary.md" \
    ${words[@]+"${words[@]}"} || code=$?
printf '::%s::\n' "$token"

# Anything but the three codes is a crash.
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
    # Each record is one line that begins with its status.
    findings=$(grep -c '^reported,' "$work/findings.csv" || true)
fi
[ -s "$sarif" ] || sarif=""
{
    printf 'findings=%s\n' "$findings"
    printf 'exit-code=%s\n' "$code"
    printf 'sarif=%s\n' "$sarif"
} >>"$outputs"

if [ "$code" = 1 ] && [ "$INPUT_FAIL_ON" = error ]; then
    code=0
fi
exit "$code"
