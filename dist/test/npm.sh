#!/usr/bin/env bash
# The npm packages from their files, without a registry: npx, exit codes, streams, the packages that
# fit no platform, and the recipes for husky and lefthook of docs/hooks.md.
#
#   dist/test/npm.sh OUT [TOOLS]     TOOLS: a directory with the packages of husky and lefthook,
#                                    as `npm pack` gives them; without it, their recipes are skipped
set -euo pipefail
out=$(cd "${1:?"usage: dist/test/npm.sh OUT [TOOLS]"}" && pwd)
tools=${2:+$(cd "$2" && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in $(env | sed -n 's/^\(GIT_[A-Z_]*\|LEFTHOOK[A-Z_]*\|HUSKY[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export HOME=$work/home npm_config_cache=$work/cache npm_config_offline=true npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
export GIT_CONFIG_NOSYSTEM=1
mkdir "$HOME"
git config --global user.name tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$(dirname "$0")/../../Cargo.toml" | head -n 1)
here=$(node -p 'process.platform + "-" + process.arch')
fail() { echo "npm: $1" >&2; exit 1; }
secret() { printf 'db_password = "%s%s"\n' k9QvT2m XwLp81Zr; }

mkdir "$work/project"
cd "$work/project"
git init --quiet
printf '{"name": "project", "version": "1.0.0", "private": true}\n' >package.json
printf 'node_modules\n' >.gitignore
npm install --silent --ignore-scripts --save-dev "$out/npm/stopleak-$version.tgz" "$out/npm/stopleak-$here-$version.tgz"
npx stopleak --version
printf 'nothing\n' >clean.txt
npx stopleak scan clean.txt 2>/dev/null || fail "a clean file ends with $?"
secret >leak.txt
code=0; npx stopleak scan leak.txt >/dev/null 2>&1 || code=$?
[ "$code" = 1 ] || fail "a leak ends with $code"
code=0; npx stopleak scan nowhere >/dev/null 2>&1 || code=$?
[ "$code" = 2 ] || fail "an error ends with $code"
code=0; secret | npx stopleak scan - >/dev/null 2>&1 || code=$?
[ "$code" = 1 ] || fail "a leak on standard input ends with $code"
# A launcher that is killed kills the program and does not look like success.
(sleep 5 | node node_modules/stopleak/bin/stopleak.js scan - >/dev/null 2>&1 & child=$!; sleep 1; kill "$child"; wait "$child") && fail "a killed run ends with 0"
# The package of this platform is missing: told, and no success.
mv "node_modules/@stopleak" away
code=0; npx stopleak scan clean.txt >log 2>&1 || code=$?
grep -q "@stopleak/$here is not installed" log || fail "without its program: $(cat log)"
[ "$code" = 2 ] || fail "without its program: $code"
mv away "node_modules/@stopleak"
# npm refuses the package of another platform.
other=$([ "$here" = linux-x64 ] && echo linux-arm64 || echo linux-x64)
if [ -e "$out/npm/stopleak-$other-$version.tgz" ]; then
    mkdir "$work/other" && cd "$work/other"
    npm install --silent "$out/npm/stopleak-$other-$version.tgz" 2>/dev/null && fail "npm installs $other on $here"
    cd "$work/project"
fi
rm -f log clean.txt leak.txt
git add . && git commit --quiet -m start
echo "npm: npx, exit codes, standard input, missing program"

# blocks NAME: a commit with a secret is stopped by stopleak, a clean one is not.
blocks() {
    secret >leak.txt
    git add leak.txt
    if git commit --quiet -m leak >log 2>&1; then fail "$1: the commit went through"; fi
    grep -q generic-assignment log || fail "$1: not stopped by a finding: $(cat log)"
    git rm --quiet --cached leak.txt && rm leak.txt log
    date +%N >other.txt
    git add other.txt
    git commit --quiet -m "$1" >log 2>&1 || fail "$1: a clean commit is stopped: $(cat log)"
    if git commit --quiet --allow-empty -m "$(secret)" >log 2>&1; then fail "$1: the message went through"; fi
    grep -q generic-assignment log || fail "$1: the message is not stopped by a finding: $(cat log)"
    # The push is stopped, too, for a commit that no hook saw.
    secret >leak.txt
    git add leak.txt && git commit --quiet --no-verify -m leak
    if git push --quiet origin HEAD:main >log 2>&1; then fail "$1: the push went through"; fi
    grep -q generic-assignment log || fail "$1: push not stopped by a finding: $(cat log)"
    git reset --quiet --hard HEAD~1
    git push --quiet origin HEAD:main >log 2>&1 || fail "$1: a clean push is stopped: $(cat log)"
    rm -f log
    echo "npm: $1 stops a commit, a message and a push"
}
if [ -z "$tools" ]; then
    echo "skipped: the recipes for husky and lefthook; their packages are not given"
    exit
fi
git init --quiet --bare "$work/remote.git"
git remote add origin "$work/remote.git"
npm install --silent --ignore-scripts --save-dev "$tools"/husky-*.tgz
npx husky
echo 'npx stopleak hook run pre-commit' >.husky/pre-commit
echo 'npx stopleak hook run commit-msg -- "$1"' >.husky/commit-msg
echo 'npx stopleak hook run pre-push -- "$@"' >.husky/pre-push
git add . && git commit --quiet -m husky
blocks husky
git config --unset core.hooksPath
git rm --quiet -r .husky 2>/dev/null || true
rm -rf .husky
npm install --silent --ignore-scripts --save-dev "$tools"/lefthook-*.tgz
cat >lefthook.yml <<'YAML'
pre-commit:
  jobs:
    - name: stopleak
      run: npx stopleak hook run pre-commit
commit-msg:
  jobs:
    - name: stopleak
      run: npx stopleak hook run commit-msg -- {1}
pre-push:
  jobs:
    - name: stopleak
      run: npx stopleak hook run pre-push -- {1} {2}
      use_stdin: true
YAML
npx lefthook install >/dev/null
git add . && git commit --quiet -m lefthook
blocks lefthook
