#!/usr/bin/env bash
# Counts what a scan costs, repeatably on any machine: instructions, and misses of a cache as small
# as those that people have (32 KiB of L1, 512 KiB of L2).
#
#   benches/cost.sh            shows both for target/release/stopleak
#   benches/cost.sh check      fails if instructions differ by more than 3 % from benches/cost.tsv
#   benches/cost.sh record     writes benches/cost.tsv
#
# PROGRAM names another program. Needs valgrind. The content is made here, from fixed seeds: code,
# settings and prose, in files of the usual sizes.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-show}
program=${PROGRAM:-${CARGO_TARGET_DIR:-target}/release/stopleak}
record=benches/cost.tsv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Instructions depend on what compiled the program, and on whether the processor has AVX2.
built=$(rustc --version)
[ "$(uname -m)" = x86_64 ] && grep -qw avx2 /proc/cpuinfo 2>/dev/null && built="$built, AVX2"

# tree DIR FILES SEED
tree() {
    mkdir -p "$1"
    awk -v dir="$1" -v files="$2" -v seed="$3" '
        function below(n) { seed = (seed * 16807) % 2147483647; return seed % n }
        function word() { return words[1 + below(count)] }
        function name() { return word() (below(3) ? "_" word() : "") (below(9) ? "" : below(100)) }
        function code(   kind) {
            kind = below(9)
            if (kind == 0) return "static int " name() "_" name() "(struct " name() " *" word() ", u32 " name() ")"
            if (kind == 1) return "\tif (" name() "->" name() " != " below(4096) " && !" name() "(" word() "))"
            if (kind == 2) return "\t\treturn -E" toupper(word()) ";"
            if (kind == 3) return "/* " word() " " word() " the " word() " of a " word() ", see " name() ". */"
            if (kind == 4) return "#define " toupper(name()) "_" toupper(word()) "\t0x" sprintf("%08x", below(2147483647))
            if (kind == 5) return "\t" name() "->" name() " = " name() "(" name() ", \"" word() " %s: %d\\n\");"
            if (kind == 6) return "const " word() " = await " word() "." word() "({ " word() ": " below(999) ", " word() ": \"" word() "-" word() "\" });"
            if (kind == 7) return word() "_" word() ": " word()
            return ""
        }
        BEGIN {
            count = split("data file node device buffer index state queue block page table entry value " \
                "length offset flags status error result request response handler context session user " \
                "group path name type size count list tree root parent child next prev lock mutex event " \
                "timer clock frame packet header payload config option default update create delete insert " \
                "remove find match parse read write open close start stop init probe release alloc free map " \
                "unmap enable disable reset power link port register address range region cache key token " \
                "string number object array module import export function class method field schema query", words, " ")
            for (f = 0; f < files; f++) {
                out = dir "/" word() f (below(2) ? ".c" : below(2) ? ".js" : ".md")
                for (lines = 20 + below(600); lines > 0; lines--) print code() > out
                close(out)
            }
        }' </dev/null
}

# instructions NAME PATH: one line of the table
instructions() {
    local count
    count=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$program" scan -q -j 1 --no-config --no-ignore "$2" 2>&1 |
        sed -n 's/.*Collected : //p')
    printf '%s\t%s\n' "$1" "$count"
}

mkdir "$work/word"
echo word >"$work/word/file.txt"
tree "$work/tree" 120 7
cat "$work"/tree/* >"$work/large.c"

table() {
    printf '# %s\n' "$built"
    instructions "a file of one word" "$work/word"
    instructions "a tree of code" "$work/tree"
    instructions "the same in one file" "$work/large.c"
}

case $mode in
record) table | tee "$record" ;;
check)
    if [ "$(head -n 1 "$record")" != "# $built" ]; then
        echo "skipped: $record is for another compiler or processor ($built)"
        exit 0
    fi
    table >"$work/now.tsv"
    awk -F'\t' '
        NR == FNR { was[$1] = $2; next }
        /^#/ { next }
        { change = $2 / was[$1] - 1
          printf "%-24s %12d  %+.1f %%\n", $1, $2, 100 * change
          if (change > 0.03 || change < -0.03) off = 1 }
        END { exit off }' "$record" "$work/now.tsv" || {
        echo "The instructions differ by more than 3 %. If that is meant, run: benches/cost.sh record" >&2
        exit 1
    }
    ;;
show)
    table
    bytes=$(wc -c <"$work/large.c")
    echo "misses of one file of $bytes bytes, with 32 KiB of L1 and 512 KiB of L2:"
    valgrind --tool=cachegrind --cache-sim=yes --D1=32768,8,64 --LL=524288,8,64 \
        --cachegrind-out-file=/dev/null \
        "$program" scan -q -j 1 --no-config --no-ignore "$work/large.c" 2>&1 |
        sed -n 's/^==[0-9]*== \(D1  misses.*\|LLd misses.*\)/\1/p'
    ;;
*)
    echo "usage: benches/cost.sh [show|check|record]" >&2
    exit 2
    ;;
esac
