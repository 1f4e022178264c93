#!/usr/bin/env bash
# The wheel in a fresh virtual environment, without any index.
#
#   dist/test/wheel.sh OUT
set -euo pipefail
out=$(cd "${1:?"usage: dist/test/wheel.sh OUT"}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-index --find-links "$out/wheels" stopleak
cd "$work"
"$work/venv/bin/stopleak" --version
printf 'nothing\n' >clean.txt
"$work/venv/bin/stopleak" scan clean.txt
printf 'db_password = "%s%s"\n' k9QvT2m XwLp81Zr >leak.txt
code=0
"$work/venv/bin/stopleak" scan leak.txt >/dev/null 2>&1 || code=$?
[ "$code" = 1 ] || { echo "a leak ends with $code" >&2; exit 1; }
"$work/venv/bin/pip" show --files stopleak | grep -q THIRD-PARTY-LICENSES
"$work/venv/bin/pip" uninstall --quiet --yes stopleak
[ ! -e "$work/venv/bin/stopleak" ]
echo "wheel: installed, run, removed"
