#!/usr/bin/env bash
# Installs the program: from the cache, or by building this checkout of the action. If the
# input version is set, downloads this release and checks the hash that the workflow pins.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version="${INPUT_VERSION:-}"
mkdir -p "$directory"

if [ -n "$version" ]; then
    [[ "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+.][0-9A-Za-z.-]+)?$ ]] ||
        stop "the input version is not of the form 1.2.3"
    [[ "${INPUT_SHA256:-}" =~ ^[0-9a-fA-F]{64}$ ]] ||
        stop "the input version needs the input sha256: 64 hexadecimal digits"
    case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
        Linux-X64) target=x86_64-unknown-linux-musl ;;
        Linux-ARM64) target=aarch64-unknown-linux-musl ;;
        macOS-X64) target=x86_64-apple-darwin ;;
        macOS-ARM64) target=aarch64-apple-darwin ;;
        Windows-X64) target=x86_64-pc-windows-msvc ;;
        *) stop "there is no release for this runner; remove the input version to build stopleak" ;;
    esac
    archive="stopleak-$version-$target.tar.gz"
    url="${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_ACTION_REPOSITORY:?is set by the runner}/releases/download/v$version/$archive"
    work=$(mktemp -d "$RUNNER_TEMP/stopleak-download.XXXXXX")
    curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 \
        --output "$work/$archive" "$url" ||
        stop "the release could not be downloaded; remove the input version to build stopleak"
    found=$(sha256 <"$work/$archive")
    wanted=$(printf '%s' "$INPUT_SHA256" | tr 'A-F' 'a-f')
    if [ "$found" != "$wanted" ]; then
        rm -rf "$work"
        stop "the downloaded release does not have the pinned hash; it was not run"
    fi
    tar -xzf "$work/$archive" -C "$work"
    found=$(find "$work" -type f -name "$(basename "$program")" | head -n 1)
    [ -n "$found" ] || stop "the release does not contain the program"
    mv "$found" "$program"
    chmod +x "$program"
    rm -rf "$work"
elif [ ! -x "$program" ]; then
    command -v cargo >/dev/null ||
        stop "cargo is not on this runner; add a step that installs Rust 1.89 or newer"
    # Not in the workspace: cargo and rustup read configuration files from their working
    # directory, and in a pull request the author controls these files.
    cd "${GITHUB_ACTION_PATH:?is set by the runner}"
    build=$(mktemp -d "$RUNNER_TEMP/stopleak-build.XXXXXX")
    cargo build --release --locked --bin stopleak --target-dir "$build" ||
        stop "the program could not be built"
    mv "$build/release/$(basename "$program")" "$program"
    rm -rf "$build"
fi

"$program" --version
