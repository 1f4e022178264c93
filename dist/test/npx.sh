#!/usr/bin/env bash
# Whether the npm packages install and run here, on any system; npm.sh tests more, on Linux and macOS.
#
#   dist/test/npx.sh OUT
set -euo pipefail
packages=$(cd "${1:?"usage: dist/test/npx.sh OUT"}/npm" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
suffix=$(node -p 'process.platform + "-" + process.arch')
npm install --silent --offline --ignore-scripts "$packages"/stopleak-[0-9]*.tgz "$packages/stopleak-$suffix"-*.tgz
npx stopleak --version
