# Shared by the steps of the action. The steps source this file; nothing runs it.

# The directory of the program. The cache keeps this directory.
directory="${RUNNER_TEMP:?is set by the runner}/stopleak-bin"
program="$directory/stopleak"
case "${RUNNER_OS:-}" in
    Windows) program="$program.exe" ;;
esac

# Ends the step with an error on the job's page. Only pass text from these scripts.
stop() {
    printf '::error title=stopleak::%s\n' "$1"
    exit 2
}

# The SHA-256 of standard input, in hexadecimal digits.
sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum | cut -d ' ' -f 1
    else
        shasum -a 256 | cut -d ' ' -f 1
    fi
}
