#!/usr/bin/env bash
# Compares the time of hooks with git's own time, in a repository of 5,000 files: with two changed
# lines staged, and with one commit to push.
#
#   benches/hook.sh              STOPLEAK=… selects the binary, RUNS=… (default 40), FILES=…
#
# Caches are warm. The figures are medians of whole processes that a shell starts. The time of
# `true` is the shell's own start of a program. Quote ratios, not times.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
stopleak=${STOPLEAK:-${CARGO_TARGET_DIR:-$here/target}/release/stopleak}
runs=${RUNS:-40}
files=${FILES:-5000}
[ -x "$stopleak" ] || { echo "no $stopleak; run: cargo build --release" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work GIT_CONFIG_NOSYSTEM=1
git config --global user.name bench
git config --global user.email bench@example.com
git init -q "$work/r"
cd "$work/r"
for ((n = 0; n < files; n++)); do
    dir=d$((n / 250))/e$((n / 50))
    mkdir -p "$dir"
    for ((l = 0; l < 20; l++)); do echo "line $l of file $n: some words"; done >"$dir/f$n.txt"
done
git add -A
git commit -qm first
git gc -q
echo 'one more line' >>d0/e0/f0.txt
echo 'and another' >>d1/e5/f250.txt
git add -A
git init -q --bare "$work/o.git"
git remote add origin "$work/o.git"
git update-ref refs/remotes/origin/main HEAD
"$stopleak" hook install --stage pre-commit >/dev/null
export GIT_INDEX_FILE=.git/index

true_run() { /bin/true; }
diff_run() { git diff --cached --quiet || true; }
diff_text_run() { git diff --cached >/dev/null; }
staged_run() { "$stopleak" staged >/dev/null; }
hook_run() { "$stopleak" hook run pre-commit -- >/dev/null; }
file_run() { .git/hooks/pre-commit >/dev/null; }
push_run() { "$stopleak" hook run pre-push -- origin x <"$work/lines" >/dev/null; }
log_run() { git log -p "$old..$new" >/dev/null; }

# Calls all commands in turn, so that other load on the machine affects all of them equally. Uses
# bash's own clock, which starts no process. Prints medians, and the ratio to the first.
measure() {
    local names=() calls=() unit= n i from to median
    while [ $# -gt 0 ]; do names+=("$1") calls+=("$2") && shift 2; done
    for call in "${calls[@]}"; do "$call"; done
    for ((n = 0; n < runs; n++)); do
        for i in "${!calls[@]}"; do
            from=${EPOCHREALTIME/./}
            "${calls[$i]}"
            to=${EPOCHREALTIME/./}
            echo $((to - from)) >>"$work/times.$i"
        done
    done
    for i in "${!names[@]}"; do
        median=$(sort -n "$work/times.$i" | sed -n "$((runs / 2 + 1))p")
        [ -n "$unit" ] || unit=$median
        printf '%-44s %6d.%03d ms  %5s\n' "${names[$i]}" $((median / 1000)) $((median % 1000)) \
            "$(awk -v a="$median" -v b="$unit" 'BEGIN { printf "%.1f", a / b }')"
    done
    rm -f "$work"/times.*
}
echo "two staged lines, $files files                    median  ratio"
measure "git diff --cached" diff_text_run \
    "git diff --cached --quiet" diff_run \
    "true" true_run \
    "stopleak staged" staged_run \
    "stopleak hook run pre-commit" hook_run \
    "the installed hook file" file_run
old=$(git rev-parse HEAD)
git commit -qm second --no-verify
new=$(git rev-parse HEAD)
echo "refs/heads/main $new refs/heads/main $old" >"$work/lines"
echo "one commit to push"
measure "git log -p OLD..NEW" log_run "stopleak hook run pre-push" push_run
