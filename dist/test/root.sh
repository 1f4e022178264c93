#!/usr/bin/env bash
# The program in a root directory that holds nothing else: no libc, no loader, no /etc.
#
#   dist/test/root.sh OUT        as root, for chroot
set -euo pipefail
out=$(cd "${1:?"usage: dist/test/root.sh OUT"}" && pwd)
target=$(rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/repo"
cp "$out/programs/$target/stopleak" "$work/stopleak"
git -C "$work/repo" init --quiet
printf 'db_password = "%s%s"\n' k9QvT2m XwLp81Zr >"$work/repo/leak.txt"
git -C "$work/repo" add leak.txt
git -C "$work/repo" -c user.name=t -c user.email=t@example.com commit --quiet -m leak
for command in "scan /repo" "history /repo" "scan -j 4 /repo"; do
    code=0
    # shellcheck disable=SC2086
    env -i "$(PATH=$PATH:/usr/sbin command -v chroot)" "$work" /stopleak $command >"$work/log" 2>&1 || code=$?
    [ "$code" = 1 ] || { cat "$work/log" >&2; echo "stopleak $command: exit code $code" >&2; exit 1; }
done
echo "root: the program runs without a libc"
