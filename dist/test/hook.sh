#!/usr/bin/env bash
# From `pip install` to a blocked commit, with the mirror for pre-commit: no cargo on PATH, no network,
# only a directory of wheels. Fails if that takes a minute.
#
#   dist/test/hook.sh OUT WHEELS     WHEELS: pre-commit, prek, uv, setuptools and what they need, as
#                                    `pip download` gives them
set -euo pipefail
out=$(cd "${1:?"usage: dist/test/hook.sh OUT WHEELS"}" && pwd)
wheels=$(cd "${2:?"usage: dist/test/hook.sh OUT WHEELS"}" && pwd)
limit=${LIMIT:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=$(python3 -c 'import sys; print(sys.executable)')
# The programs that a machine without Rust has. Nothing else is on PATH.
mkdir "$work/bin" "$work/home" "$work/index"
for name in git sh bash env cat cp dirname sed grep rm mkdir uname; do ln -s "$(command -v "$name")" "$work/bin/$name"; done
ln -s "$python" "$work/bin/python3"
for name in $(env | sed -n 's/^\(GIT_[A-Z_]*\|PRE_COMMIT[A-Z_]*\|PREK_[A-Z_]*\|PIP_[A-Z_]*\|UV_[A-Z_]*\|CARGO[A-Z_]*\|RUST[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
ln -s "$wheels"/*.whl "$out"/wheels/*.whl "$work/index/"
export PATH=$work/bin HOME=$work/home XDG_CACHE_HOME=$work/cache GIT_CONFIG_NOSYSTEM=1 NO_COLOR=1
export PIP_NO_INDEX=1 PIP_FIND_LINKS=$work/index PIP_DISABLE_PIP_VERSION_CHECK=1
# uv, which prek uses, has variables of its own.
export UV_NO_INDEX=1 UV_OFFLINE=1 UV_FIND_LINKS=$work/index UV_PYTHON=$python UV_PYTHON_DOWNLOADS=never
git config --global user.name tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
fail() { echo "hook: $1" >&2; exit 1; }
if command -v cargo; then fail "cargo is on PATH"; fi

# The mirror, as a release pushes it.
cp -r "$out/mirror" "$work/mirror"
git -C "$work/mirror" init --quiet
git -C "$work/mirror" add .
git -C "$work/mirror" commit --quiet -m release
version=$(sed -n 's/.*"stopleak==\(.*\)".*/\1/p' "$out/mirror/pyproject.toml")
git -C "$work/mirror" tag "v$version"
rev=$(git -C "$work/mirror" rev-parse HEAD)

now() { "$python" -c 'import time; print(int(time.time() * 1000))'; }
for tool in ${TOOLS:-pre-commit prek}; do
    start=$(now)
    "$python" -m venv "$work/$tool"
    PATH=$work/$tool/bin:$work/bin
    needs=("$tool")
    [ "$tool" = pre-commit ] || needs+=(uv)
    pip install --quiet "${needs[@]}"
    git init --quiet "$work/with-$tool"
    cd "$work/with-$tool"
    printf 'repos:\n- repo: %s\n  rev: %s\n  hooks: [{id: stopleak}, {id: stopleak-commit-msg}]\n' "$work/mirror" "$rev" >.pre-commit-config.yaml
    "$tool" install -t pre-commit -t commit-msg >/dev/null
    printf 'db_password = "%s%s"\n' k9QvT2m XwLp81Zr >leak.txt
    git add .
    if git commit -m leak >log 2>&1; then fail "$tool: the commit went through"; fi
    end=$(now)
    grep -q generic-assignment log || fail "$tool: not stopped by a finding: $(cat log)"
    git rm --quiet --cached leak.txt
    git commit --quiet -m clean >log 2>&1 || fail "$tool: a clean commit is stopped: $(cat log)"
    again=$(now)
    if git commit --allow-empty -m "$(cat leak.txt)" >log 2>&1; then fail "$tool: the message went through"; fi
    grep -q generic-assignment log || fail "$tool: the message is not stopped by a finding: $(cat log)"
    took=$((end - start))
    echo "hook: $tool: $took ms from pip install to a blocked commit, $((again - end)) ms for the next commit"
    [ "$took" -lt $((limit * 1000)) ] || fail "$tool: more than $limit s"
    cd "$work"
done

[ -e "$work/pre-commit" ] || exit 0
# Without a mirror, the configuration itself can pin the wheel.
PATH=$work/pre-commit/bin:$work/bin
git init --quiet "$work/local"
cd "$work/local"
cat >.pre-commit-config.yaml <<YAML
repos:
  - repo: local
    hooks:
      - id: stopleak
        name: stopleak (secrets)
        entry: stopleak hook run auto
        language: python
        additional_dependencies: ["stopleak==$version"]
        pass_filenames: false
        always_run: true
YAML
pre-commit install >/dev/null
printf 'db_password = "%s%s"\n' k9QvT2m XwLp81Zr >leak.txt
git add .
if git commit -m leak >log 2>&1; then fail "local: the commit went through"; fi
grep -q generic-assignment log || fail "local: not stopped by a finding: $(cat log)"
echo "hook: a local hook with a pinned wheel stops a commit"
