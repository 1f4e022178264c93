#!/usr/bin/env bash
# The hooks of .pre-commit-hooks.yaml under the real frameworks: every mode in which
# people run them, and whether it blocks and lets through what it should.
#
#   tests/pre-commit.sh          needs git, pre-commit and prek (both on PyPI) on PATH
#   BUILD=1 tests/pre-commit.sh  also the ids `stopleak` and `gitleaks`, for which the
#                                framework builds the crate in release mode: minutes
#   GITLEAKS=FILE tests/pre-commit.sh
#                                also with gitleaks' own program before a repository moves
#
# TOOLS=… chooses the frameworks, STOPLEAK=… the binary (default: the debug build). The
# hooks are taken from this checkout's HEAD: commit first. Works in a directory of its own.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
binary=${STOPLEAK:-${CARGO_TARGET_DIR:-$here/target}/debug/stopleak}
tools=${TOOLS:-pre-commit prek}
[ -x "$binary" ] || { echo "no $binary; run: cargo build" >&2; exit 2; }
rev=$(git -C "$here" rev-parse HEAD)
cargo_home=${CARGO_HOME:-$HOME/.cargo} rustup_home=${RUSTUP_HOME:-$HOME/.rustup}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/home" "$work/bin"
cp "$binary" "$work/bin/stopleak"
for name in $(env | sed -n 's/^\(GIT_[A-Z_]*\|PRE_COMMIT[A-Z_]*\|PREK_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export HOME=$work/home PATH=$work/bin:$PATH GIT_CONFIG_NOSYSTEM=1 NO_COLOR=1
export XDG_CACHE_HOME=$work/cache CARGO_HOME=$cargo_home RUSTUP_HOME=$rustup_home
git config --global user.name tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main

checks=0 failures=0
# What a run says that found something.
finding=generic-assignment
# expect pass|block NAME COMMAND...: whether the command succeeds, and why not if not.
expect() {
    local wanted=$1 name=$2 got=pass
    shift 2
    "$@" >"$work/log" 2>&1 </dev/null || got=block
    # Blocked by a finding, not by something that went wrong.
    if [ $got = block ] && ! grep -q "$finding" "$work/log"; then got=error; fi
    checks=$((checks + 1))
    if [ "$got" != "$wanted" ]; then
        failures=$((failures + 1))
        printf '%s: %s: expected %s, got %s\n' "$tool" "$name" "$wanted" "$got"
        sed 's/^/    /' "$work/log"
    fi
}
# mentions TEXT: whether the last command said it; lacks TEXT: whether it did not.
mentions() { checks=$((checks + 1)); grep -q -- "$1" "$work/log" || { failures=$((failures + 1)); echo "$tool: no '$1' in:"; sed 's/^/    /' "$work/log"; }; }
lacks() { checks=$((checks + 1)); ! grep -q -- "$1" "$work/log" || { failures=$((failures + 1)); echo "$tool: '$1' in:"; sed 's/^/    /' "$work/log"; }; }
# Something that the generic rule finds, another for each argument.
secret() { printf 'db_password = "%s%s%s"\n' 'k9QvT2m' 'XwLp81Zr' "$1"; }
commit() { git add -A && git commit -q --no-verify -m "$1"; }

suite() {
    local hook=$1
    git init -q --bare "$work/$tool.git"
    git init -q "$work/$tool"
    cd "$work/$tool"
    git remote add origin "$work/$tool.git"
    printf 'repos:\n- repo: %s\n  rev: %s\n  hooks: [{id: %s}]\n' "$here" "$rev" "$hook" >.pre-commit-config.yaml
    echo one >a.txt
    commit first
    git push -q origin main
    "$tool" install -t pre-commit -t pre-push -t pre-merge-commit >/dev/null

    secret 1 >b.txt
    git add b.txt
    expect block "commit" git commit -m leak
    mentions 'SKIP=stopleak'
    secret 1 | sed 's/$/  # stopleak:allow a test/' >b.txt
    git add b.txt
    expect pass "commit, marked" git commit -m marked
    git rm -q --cached b.txt && rm b.txt
    expect pass "commit, removed" git commit -m removed
    secret 2 >c.txt
    expect pass "commit beside an untracked file" git commit --allow-empty -m other
    git add -N c.txt
    expect pass "commit, intent to add" git commit --allow-empty -m other
    git rm -q --cached c.txt
    echo two >>a.txt
    git add a.txt
    secret 3 >>a.txt
    expect pass "commit, leak not staged" git commit -m partly
    expect block "commit -a" git commit -a -m all
    git checkout -q a.txt
    rm c.txt

    expect pass "run" "$tool" run
    expect pass "run --all-files" "$tool" run --all-files
    secret 4 >d.txt
    commit old
    expect block "run --all-files, nothing staged" "$tool" run --all-files
    mentions 'd\.txt'
    expect block "run --files" "$tool" run --files d.txt
    expect block "run, manual stage" "$tool" run --hook-stage manual
    expect block "run --all-files, pre-push stage" "$tool" run --all-files --hook-stage pre-push
    echo three >>a.txt
    git add a.txt
    expect block "run --all-files, something else staged" "$tool" run --all-files
    expect pass "commit in a repository with an old leak" git commit -m fine
    expect block "range with the leak" "$tool" run --from-ref HEAD~2 --to-ref HEAD
    mentions 'd\.txt'
    expect pass "range after the leak" "$tool" run --from-ref HEAD~1 --to-ref HEAD
    git rm -q d.txt
    commit gone
    expect block "range that takes the leak back" "$tool" run --from-ref HEAD~3 --to-ref HEAD
    expect pass "run --all-files, leak removed" "$tool" run --all-files

    expect block "push of the leak" git push origin main
    mentions 'd\.txt'
    git push -q --no-verify origin main
    echo four >>a.txt
    commit four
    expect pass "push after it" git push origin main
    expect pass "push of a branch, nothing new" git push origin main:fresh
    git checkout -q -b topic
    secret 5 >e.txt
    commit five
    expect block "push of a new branch" git push origin topic
    lacks 'd\.txt'
    git push -q --no-verify origin topic
    git commit -q --no-verify --amend -m again
    expect block "forced push" git push --force origin topic
    git checkout -q --orphan orphan
    git commit -q --no-verify -m orphan
    expect block "push of an orphan branch" git push origin orphan
    mentions 'e\.txt'
    git checkout -q main
    expect pass "push that deletes" git push origin :topic

    # In front of the framework's own hook, stopleak sees all references of a push.
    git checkout -q -b second
    secret 8 >i.txt
    commit six
    git checkout -q main
    echo more >>a.txt
    commit seven
    stopleak hook install --stage pre-push >/dev/null
    expect block "push of two branches, the second leaks" git push origin main second
    mentions 'i\.txt'
    mentions 'Passed'
    expect pass "push of the first" git push origin main
    mentions 'Passed'
    stopleak hook uninstall >/dev/null
    git branch -q -D second

    echo five >f.txt
    commit five
    expect pass "merge of what was committed elsewhere" git merge -m merge topic
    git reset -q --hard HEAD~1
    git merge -q --no-verify --no-commit topic >/dev/null 2>&1
    secret 6 >g.txt
    git add g.txt
    expect block "merge that adds a leak" git commit -m merge
    mentions 'g\.txt'
    lacks 'e\.txt'
    git merge --abort 2>/dev/null || git reset -q --hard

    # A framework that is installed later keeps stopleak's hooks as its legacy hooks.
    git init -q "$work/$tool-later"
    cd "$work/$tool-later"
    echo 'repos: []' >.pre-commit-config.yaml
    commit first
    stopleak hook install --stage pre-commit --stage pre-push >/dev/null
    "$tool" install -t pre-commit -t pre-push >/dev/null
    secret 9 >j.txt
    git add j.txt
    expect block "commit, as a legacy hook" git commit -m leak
    git commit -q --no-verify -m leak
    git init -q --bare "$work/$tool-later.git"
    expect block "push, as a legacy hook" git push "$work/$tool-later.git" main
    cd "$work"
}

# A repository that has gitleaks' hook, configuration, ignore file and markers and moves by
# changing two lines, `repo` and `rev`: with the hook id that it has, everything that was
# accepted stays so, and what was found is found. The hooks that it comes from are a
# repository with gitleaks' manifest, for its own needs a network and a Go tool chain.
moves() {
    local hook=$1
    git init -q "$work/$tool-moves"
    cd "$work/$tool-moves"
    if [ -n "${GITLEAKS:-}" ]; then
        git init -q "$work/$tool-theirs"
        cat >"$work/$tool-theirs/.pre-commit-hooks.yaml" <<HOOKS
- id: $hook
  name: Detect hardcoded secrets
  entry: $GITLEAKS git --pre-commit --redact --staged --verbose
  language: system
  pass_filenames: false
HOOKS
        git -C "$work/$tool-theirs" add -A
        git -C "$work/$tool-theirs" commit -q -m manifest
        git -C "$work/$tool-theirs" tag v8.30.1
    fi
    cat >.pre-commit-config.yaml <<CONFIG
repos:
  - repo: $work/$tool-theirs
    rev: v8.30.1
    hooks:
      - id: $hook
CONFIG
    cat >.gitleaks.toml <<'CONFIG'
title = "ours"
[extend]
useDefault = true
[[rules]]
id = "acme-key"
description = "Acme key"
regex = 'acme_[0-9a-f]{16}'
keywords = ["acme_"]
[[allowlists]]
description = "made up"
paths = ['^fixtures/']
[[allowlists]]
description = "the published sample"
stopwords = ["publishedsample"]
CONFIG
    local key='api_key = "%sZq81mXwLp7Rk9QvT2%s"\n'
    mkdir fixtures
    # shellcheck disable=SC2059
    printf "$key" a1B2 c >fixtures/a.py
    # shellcheck disable=SC2059
    printf "$key" d3E4 f | sed 's/$/  # gitleaks:allow/' >marked.py
    printf 'x = 1\n# x\n' >ignored.py
    # shellcheck disable=SC2059
    printf "$key" g5H6 i >>ignored.py
    printf 'api_key = "9fpublishedsampleX3k7Q"\n' >sample.py
    echo 'ignored.py:generic-api-key:3' >.gitleaksignore
    git add -A
    "$tool" install -t pre-commit >/dev/null
    if [ -n "${GITLEAKS:-}" ]; then
        finding='leaks found'
        expect pass "before the move: what is accepted" git commit -m accepted
        # shellcheck disable=SC2059
        printf "$key" j7K8 l >leak.py
        git add leak.py
        expect block "before the move: a leak" git commit -m leak
        git rm -q --cached leak.py
        printf 'k = "acme_%s"\n' 0123456789abcdef >own.py
        git add own.py
        expect block "before the move: a rule of its own" git commit -m leak
        git rm -q --cached own.py
        finding=generic-assignment
    fi
    commit accepted
    sed -i.old -e "s|repo: .*|repo: $here|" -e "s|rev: .*|rev: $rev|" .pre-commit-config.yaml
    checks=$((checks + 1))
    if [ "$(diff .pre-commit-config.yaml.old .pre-commit-config.yaml | grep -c '^>')" != 2 ]; then
        failures=$((failures + 1))
        echo "$tool: the move is not two lines"
    fi
    rm -f .pre-commit-config.yaml.old
    git add -A
    rm -f leak.py own.py
    expect pass "the move itself" git commit -m move
    expect pass "after the move: what is accepted" "$tool" run --all-files
    for file in fixtures/a.py marked.py sample.py; do sed 's/^/ /' $file >>$file; done
    git add -A
    expect pass "after the move: accepted values, staged anew" git commit -m anew
    # shellcheck disable=SC2059
    printf "$key" j7K8 l >leak.py
    git add leak.py
    expect block "after the move: a leak" git commit -m leak
    # prek fails when every hook is skipped.
    [ "$tool" = prek ] || expect pass "after the move: skipped by the id that it has" env SKIP="$hook" git commit -m leak
    git commit -q --no-verify --allow-empty -m leak
    expect block "after the move: an old leak" "$tool" run --all-files
    mentions 'leak\.py'
    lacks 'ignored\.py'
    lacks 'marked\.py'
    git rm -q leak.py
    commit gone
    printf 'k = "acme_%s"\n' 0123456789abcdef >own.py
    git add own.py
    finding=acme-key
    expect block "after the move: a rule of its own" git commit -m leak
    finding=generic-assignment
    cd "$work"
}

for tool in $tools; do
    moves gitleaks-system
    [ -z "${BUILD:-}" ] || { rm -rf "$work/$tool-moves" "$work/$tool-theirs"; moves gitleaks; }
    suite stopleak-system
    # Straight from the checkout; its own test samples are no leaks.
    cd "$work/$tool"
    git checkout -q main
    expect pass "try-repo" "$tool" try-repo "$here" stopleak-system --all-files
    secret 7 >h.txt
    git add h.txt
    expect block "try-repo, something staged" "$tool" try-repo "$here" stopleak-system
    if [ -n "${BUILD:-}" ]; then
        expect block "try-repo, built" "$tool" try-repo "$here" stopleak
        mentions 'h\.txt'
    fi
    mv "$work/bin/stopleak" "$work/bin/away"
    if command -v stopleak >/dev/null; then
        echo "$tool: another stopleak is installed; not tried without one"
    elif git commit -q -m x >"$work/log" 2>&1; then
        failures=$((failures + 1))
        echo "$tool: a commit without the program went through"
    fi
    checks=$((checks + 1))
    mv "$work/bin/away" "$work/bin/stopleak"
    cd "$work"
    echo "$("$tool" --version): done"
done
echo "$checks checks, $failures failures"
[ "$failures" = 0 ]
