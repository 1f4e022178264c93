#!/usr/bin/env bash
# Installs the program: downloads a release whose hash is known, takes what an earlier job built
# from the cache, or builds this checkout of the action.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Installs the release. Fails if it cannot be downloaded; everything else that goes wrong ends the
# step. In a condition, `set -e` has no effect, so each command says what its failure means.
download() {
    local archive="stopleak-$version-$target.tar.gz" work url found
    url="${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_ACTION_REPOSITORY:?is set by the runner}/releases/download/v$version/$archive"
    work=$(mktemp -d "$RUNNER_TEMP/stopleak-download.XXXXXX") || stop "the temporary directory cannot be written"
    if ! curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 \
        --output "$work/$archive" "$url"; then
        rm -rf "$work"
        return 1
    fi
    found=$(sha256 <"$work/$archive")
    if [ "$found" != "$wanted" ]; then
        rm -rf "$work"
        stop "the downloaded release does not have the expected hash; it was not run"
    fi
    tar -xzf "$work/$archive" -C "$work" || stop "the release cannot be unpacked"
    found=$(find "$work" -type f -name "$(basename "$program")" | head -n 1)
    [ -n "$found" ] || stop "the release does not contain the program"
    mv -f "$found" "$program" && chmod +x "$program" || stop "the program cannot be put in place"
    rm -rf "$work"
}

# Whether the cache holds, whole, what was built from these sources.
cached() {
    local made
    [ -f "$program" ] && [ -f "$directory/built" ] || return 1
    made="$(sources) $(sha256 <"$program")"
    [ "$(cat "$directory/built")" = "$made" ]
}

build() {
    command -v cargo >/dev/null ||
        stop "cargo is not on this runner; add a step that installs Rust 1.89 or newer"
    # Not in the workspace: cargo and rustup read configuration files from their working
    # directory, and in a pull request the author controls these files.
    cd "${GITHUB_ACTION_PATH:?is set by the runner}"
    local work
    work=$(mktemp -d "$RUNNER_TEMP/stopleak-build.XXXXXX")
    cargo build --release --locked --bin stopleak --target-dir "$work" ||
        stop "the program could not be built"
    mv -f "$work/release/$(basename "$program")" "$program"
    rm -rf "$work"
    printf '%s %s\n' "$(sources)" "$(sha256 <"$program")" >"$directory/built"
}

mkdir -p "$directory"
choose
if [ -n "$version" ]; then
    rm -f "$program" "$directory/built"
    if ! download; then
        # The sources of this checkout may not be those of the version that was asked for.
        [ -z "${INPUT_VERSION:-}" ] ||
            stop "the release could not be downloaded; remove the input version to build stopleak"
        echo "The release $version could not be downloaded. Building stopleak from the same sources."
        build
    fi
elif cached; then
    echo "The cache has the program that was built from these sources."
else
    rm -f "$program" "$directory/built"
    build
fi

"$program" --version
