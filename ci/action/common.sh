# shellcheck shell=bash
# Shared by the steps of the action. The steps source this file; nothing runs it.

# The directory of the program. The cache keeps this directory.
directory="${RUNNER_TEMP:?is set by the runner}/stopleak-bin"
program="$directory/stopleak"
case "${RUNNER_OS:-}" in
    Windows) program="$program.exe" ;;
esac

# The platform of this runner in the names of releases; empty if there is no release for it.
case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
    Linux-X64) target=x86_64-unknown-linux-gnu ;;
    Linux-ARM64) target=aarch64-unknown-linux-gnu ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc ;;
    *) target="" ;;
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

# A hash of the sources that the program is built from. The reference of the action may move, and
# its checkout is not a git repository.
sources() {
    local sum=(sha256sum)
    command -v sha256sum >/dev/null || sum=(shasum -a 256)
    (
        cd "${GITHUB_ACTION_PATH:?is set by the runner}" || exit
        # Windows marks each file as binary.
        find Cargo.toml Cargo.lock build.rs src rules -type f | LC_ALL=C sort | tr '\n' '\0' |
            xargs -0 "${sum[@]}" | sed 's/ \*/  /' | sha256
    )
}

# Sets `version` and `wanted`, the hash of the archive to download. Both stay empty if the program
# has to be built. By default, that is the release that was built from the sources of this checkout,
# if the table in releases.txt has it.
choose() {
    local table="${GITHUB_ACTION_PATH:?is set by the runner}/ci/action/releases.txt" row
    version="${INPUT_VERSION:-}" wanted=$(printf '%s' "${INPUT_SHA256:-}" | tr 'A-F' 'a-f')
    if [ "$version" = source ]; then
        version="" wanted=""
    elif [ -z "$version" ]; then
        [ -z "$wanted" ] || stop "the input sha256 needs the input version"
        [ -n "$target" ] || return 0
        row=$(awk -v s="$(sources)" -v t="$target" '$1 !~ /^#/ && $4 == s && $2 == t { print $1, $3; exit }' "$table")
        [ -n "$row" ] || return 0
        version=${row%% *} wanted=${row#* }
    else
        [[ "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+.][0-9A-Za-z.-]+)?$ ]] ||
            stop "the input version is neither of the form 1.2.3 nor source"
        [ -n "$target" ] ||
            stop "there is no release for this runner; remove the input version to build stopleak"
        [ -n "$wanted" ] ||
            wanted=$(awk -v v="$version" -v t="$target" '$1 == v && $2 == t { print $3; exit }' "$table")
        [ -n "$wanted" ] ||
            stop "this version of the action does not know the release; set the input sha256 as well"
    fi
    [[ -z "$version" || "$wanted" =~ ^[0-9a-f]{64}$ ]] || stop "the hash of the release is not 64 hexadecimal digits"
}
