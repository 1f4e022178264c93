#!/usr/bin/env bash
# Measures whole runs of `stopleak scan` on a tree. For comparison: ripgrep as the floor, and those
# of kingfisher, betterleaks, gitleaks and ripsecrets that are on PATH.
#
#   benches/whole.sh TREE            STOPLEAK=… selects the binary, RUNS=… (default 5)
#
# Caches are warm: each command runs once before it is measured. The figures are medians of wall
# time. Quote them with the machine and the ratio to ripgrep, never alone. Exit codes are ignored,
# because a scanner's code depends on its findings. Each run stops after ten minutes.
set -euo pipefail
tree=$(realpath "${1:?usage: benches/whole.sh TREE}")
here=$(cd "$(dirname "$0")/.." && pwd)
stopleak=${STOPLEAK:-${CARGO_TARGET_DIR:-$here/target}/release/stopleak}
runs=${RUNS:-5}
[ -x "$stopleak" ] || { echo "no $stopleak; run: cargo build --release" >&2; exit 2; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
small=$out/small.txt
printf 'one line\n' > "$small"

names=() commands=()
add() { names+=("$1") commands+=("$2"); }
have() { command -v "$1" >/dev/null; }

add "stopleak" "$stopleak scan --no-ignore --format json -o $out/stopleak.json '$tree'"
add "stopleak one small file" "$stopleak scan $small"
if have rg; then
    # The anchors that most scanners share, in all files, as text: reading speed.
    add "rg 7 literals" "rg -uuu -a -c -e 'AKIA[A-Z0-9]{16}' -e 'ghp_[0-9A-Za-z]{36}' -e 'xox[bp]-' -e sk_live_ -e AIza -e glpat- -e 'SG\\.' '$tree'"
fi
have kingfisher && add "kingfisher --turbo" "kingfisher scan --no-validate --no-update-check --git-history none --turbo --format json -o $out/kingfisher.json '$tree'"
have betterleaks && add "betterleaks" "betterleaks fs --no-banner -s -o $out/betterleaks.json '$tree'"
have gitleaks && add "gitleaks" "gitleaks dir '$tree' --no-banner -f json -r $out/gitleaks.json"
have ripsecrets && add "ripsecrets" "ripsecrets '$tree'"

# The output of every tool is discarded.
run() { timeout 600 bash -c "exec $1" >/dev/null 2>&1 || true; }

if have hyperfine; then
    arguments=()
    for i in "${!names[@]}"; do arguments+=(-n "${names[$i]}" "timeout 600 ${commands[$i]}"); done
    hyperfine --style basic --ignore-failure --warmup 1 --runs "$runs" \
        --export-csv "$out/times.csv" "${arguments[@]}" >/dev/null 2>&1
    # command,mean,stddev,median,user,system,min,max in seconds
    awk -F, 'NR > 1 { printf "%-28s %10.3f ms median  (%.3f to %.3f), %.3f ms CPU\n",
        $1, $4 * 1e3, $7 * 1e3, $8 * 1e3, ($5 + $6) * 1e3 }' "$out/times.csv"
else
    # GNU date has nanoseconds. Every row includes the start of bash (some milliseconds).
    for i in "${!names[@]}"; do
        run "${commands[$i]}"
        times=()
        for ((n = 0; n < runs; n++)); do
            started=$(date +%s%N)
            run "${commands[$i]}"
            times+=($((($(date +%s%N) - started) / 1000)))
        done
        median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n "$((runs / 2 + 1))p")
        printf '%-28s %10d.%03d ms\n' "${names[$i]}" $((median / 1000)) $((median % 1000))
    done
fi

# Peak memory of one run, if GNU time is installed.
if [ -x /usr/bin/time ]; then
    for i in "${!names[@]}"; do
        kib=$(timeout 600 /usr/bin/time -f '%M' -o "$out/memory" bash -c "exec ${commands[$i]}" >/dev/null 2>&1 || true; tail -n 1 "$out/memory")
        printf '%-28s %10d MiB peak\n' "${names[$i]}" $((kib / 1024))
    done
fi
