#!/usr/bin/env bash
# Fuzzes many targets for a given CPU time each. Targets run in turns; the one with the
# least time is next, until each has its share.
#
#   fuzz/campaign.sh build [PROGRAM…]     builds the targets, with the stable compiler
#   fuzz/campaign.sh run MINUTES [NAME…]  runs them until each has MINUTES of CPU time
#   fuzz/campaign.sh summary              prints the results so far
#   fuzz/campaign.sh minimise             writes small corpora back into fuzz/seeds
#
# `containers-FORMAT` is a target for each format of containers, run by one program.
#
# All files are in $FUZZ_CAMPAIGN (target/fuzz-campaign). Corpora, counts and logs stay,
# and the next run continues from them. All processes have `fuzz-campaign` in their
# command line: pkill -STOP -f fuzz-campaign pauses them.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
seeds=${FUZZ_SEEDS:-$top/fuzz/seeds}
work=${FUZZ_CAMPAIGN:-$top/target/fuzz-campaign}
jobs=${FUZZ_JOBS:-2}
# Seconds of wall time per turn.
turn=${FUZZ_TURN:-120}
# The names of fuzz/src/containers.rs; a test compares them.
formats="zip tar seven ar cpio rpm asar gzip bzip2 xz lzma zstd lz4 compress script pdf office
  workbook rtf compound mail sqlite python class dex plist json"
host=$(rustc -vV 2>/dev/null | sed -n 's/^host: //p' || true)

if [ "${FUZZ_CAMPAIGN_NAMED:-}" = "" ]; then
  FUZZ_CAMPAIGN_NAMED=1 exec -a fuzz-campaign bash "$0" "$@"
fi
mkdir -p "$work"/{bin,corpus,stats,logs,artifacts,locks,tmp}

# The flags are those of cargo-fuzz. RUSTC_BOOTSTRAP makes the stable compiler accept them.
build() {
  local programs=("$@") chosen=() program
  if [ $# -eq 0 ]; then
    for program in "$top"/fuzz/fuzz_targets/*.rs; do programs+=("$(basename "$program" .rs)"); done
  fi
  for program in "${programs[@]}"; do chosen+=(--bin "$program"); done
  local flags="-Cpasses=sancov-module"
  local flag
  for flag in level=4 inline-8bit-counters pc-table trace-compares; do
    flags+=" -Cllvm-args=-sanitizer-coverage-$flag"
  done
  flags+=" --cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Coverflow-checks"
  flags+=" -Ccodegen-units=${FUZZ_UNITS:-1}"
  export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$top/target/fuzz}
  (cd "$top/fuzz" &&
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags cargo build --release --locked "${chosen[@]}" --target "$host")
  for program in "${programs[@]}"; do
    # Copied first, then moved: a running target keeps its file.
    cp "$CARGO_TARGET_DIR/$host/release/$program" "$work/bin/.$program"
    mv "$work/bin/.$program" "$work/bin/$program"
  done
  # The literals of the rules, for targets that search for them.
  grep -ho '"[A-Za-z0-9_.:/+=-]\{3,40\}"' "$top"/rules/*.toml | sort -u >"$work/words.dict"
}

# Prints the CPU seconds of a target so far.
spent() {
  awk '{ sum += $1 } END { printf "%d", sum }' "$work/stats/$1" 2>/dev/null || echo 0
}

# Locks and prints the target with the least time that is neither running nor done.
pick() {
  local name time
  for name in "$@"; do
    time=$(spent "$name")
    if [ "${time:-0}" -lt "$share" ]; then echo "${time:-0} $name"; fi
  done | sort -n | while read -r time name; do
    if mkdir "$work/locks/$name" 2>/dev/null; then
      echo "$name"
      break
    fi
  done
}

# Prints all targets that are built. Those of formats share a program.
targets() {
  local program format
  for program in "$work"/bin/*; do
    [ -f "$program" ] || continue
    case $(basename "$program") in
      containers) for format in $formats; do echo "containers-$format"; done ;;
      *) basename "$program" ;;
    esac
  done
}

# Runs a target: `start NAME ARGUMENT…`.
start() {
  local name=$1 format=
  shift
  case $name in *-*) format=${name#*-} ;; esac
  env ${format:+FUZZ_FORMAT="$format"} TMPDIR="$work/tmp" \
    ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=32 nice -n 19 "$work/bin/${name%%-*}" "$@"
}

# Runs one turn of a target. Appends: CPU seconds, executions, edges, inputs kept, peak MiB,
# findings, wall seconds.
play() {
  local name=$1 log="$work/logs/$1" found before after slow
  local dirs=("$work/corpus/$name")
  mkdir -p "${dirs[0]}"
  if [ -d "$seeds/$name" ]; then dirs+=("$seeds/$name"); fi
  if [ -d "$work/generated/$name" ]; then dirs+=("$work/generated/$name"); fi
  before=$(find "$work/artifacts" -name "$name-*" | wc -l)
  local options=(-max_total_time="$turn" -print_final_stats=1 -rss_limit_mb=2048
    -timeout=300 -report_slow_units=20 -close_fd_mask=3 -verbosity=1
    -artifact_prefix="$work/artifacts/$name-")
  case $name in
    detector | rule_file | shape | import_files) options+=(-dict="$work/words.dict") ;;
  esac
  local TIMEFORMAT='%U %S %R'
  # No leak detection: it hangs under a debugger or a stop signal.
  { time start "$name" "${options[@]}" "${dirs[@]}" >"$log" 2>&1 || true; } 2>"$log.time"
  # A paused or starved process looks slow, but only its CPU time counts.
  for slow in "$work/artifacts/$name-slow-unit-"* "$work/artifacts/$name-timeout-"*; do
    if [ -f "$slow" ] && (ulimit -t 10 && start "$name" "$slow" >/dev/null 2>&1); then
      rm "$slow"
    fi
  done
  after=$(find "$work/artifacts" -name "$name-*" | wc -l)
  found=$((after - before))
  if [ "$found" -gt 0 ]; then cp "$log" "$work/artifacts/log-$name-$after"; fi
  awk -v found="$found" '
    FNR == NR { cpu = $1 + $2; wall = $3; next }
    { for (i = 1; i < NF; i++) {
        if ($i == "cov:") edges = $(i + 1)
        if ($i == "corp:") { split($(i + 1), kept, "/"); corpus = kept[1] } } }
    /number_of_executed_units/ { runs = $2 }
    /peak_rss_mb/ { memory = $2 }
    END { print cpu, runs + 0, edges + 0, corpus + 0, memory + 0, found, wall }
  ' "$log.time" "$log" >>"$work/stats/$name"
  rm -f "$work"/tmp/*"-$name" 2>/dev/null || true
}

worker() {
  local name
  while name=$(pick "$@") && [ -n "$name" ]; do
    # A target that fails at once every time must not spin.
    if [ "$(tail -n 5 "$work/stats/$name" 2>/dev/null | awk '$6 > 0' | wc -l)" -ge 5 ]; then
      sleep 60
    fi
    play "$name"
    rmdir "$work/locks/$name"
    # Other workers write their own summary at the same time.
    summary >"$work/summary.$BASHPID" && mv "$work/summary.$BASHPID" "$work/summary.md"
  done
}

run() {
  share=$(awk -v minutes="$1" 'BEGIN { print int(minutes * 60) }')
  shift
  if [ $# -eq 0 ]; then
    set -- $(targets)
  fi
  if [ $# -eq 0 ]; then
    echo "No target is built in $work/bin: run \`fuzz/campaign.sh build\` first." >&2
    exit 2
  fi
  rm -rf "$work"/locks/* "$work"/tmp/*
  local job
  for ((job = 0; job < jobs; job++)); do worker "$@" & done
  wait
}

summary() {
  echo "| target | CPU min | executions | exec/s | edges | corpus | peak MiB | findings |"
  echo "|---|---:|---:|---:|---:|---:|---:|---:|"
  local file
  for file in "$work"/stats/*; do
    [ -f "$file" ] || continue
    awk -v name="$(basename "$file")" '
      { cpu += $1; runs += $2; found += $6
        if ($3 > edges) edges = $3
        if ($4) corpus = $4
        if ($5 > memory) memory = $5 }
      END { printf "| %s | %.1f | %d | %d | %d | %d | %d | %d |\n", name, cpu / 60, runs,
        cpu ? runs / cpu : 0, edges, corpus, memory, found }' "$file"
  done
  cat "$work"/stats/* 2>/dev/null | awk '
    { cpu += $1; runs += $2; found += $6 }
    END { printf "| all | %.1f | %d | %d | | | | %d |\n", cpu / 60, runs,
      cpu ? runs / cpu : 0, found }'
}

# Copies inputs of at most 1 KiB that reach more than the seeds do: up to 24 files and 32 KiB per
# target. Skips targets whose inputs are credentials, and containers, which tests make. Scan the
# rest before you commit it.
minimise() {
  local name file count bytes size
  for file in "$work"/bin/*; do
    name=$(basename "$file")
    case $name in detector | checks | containers) continue ;; esac
    rm -rf "$work/merged/$name"
    mkdir -p "$work/merged/$name" "$seeds/$name"
    cp "$seeds/$name"/* "$work/merged/$name/" 2>/dev/null || true
    ASAN_OPTIONS=detect_leaks=0 TMPDIR=$work/tmp "$work/bin/$name" -merge=1 \
      -close_fd_mask=3 -max_len=1024 "$work/merged/$name" "$work/corpus/$name" \
      >"$work/logs/$name.merge" 2>&1 || true
    count=$(find "$seeds/$name" -type f | wc -l)
    bytes=$(cat "$seeds/$name"/* 2>/dev/null | wc -c)
    while read -r size file; do
      if [ "$count" -ge 24 ] || [ $((bytes + size)) -gt 32768 ]; then break; fi
      if [ -e "$seeds/$name/$(basename "$file")" ]; then continue; fi
      cp "$file" "$seeds/$name/"
      count=$((count + 1)) bytes=$((bytes + size))
    done < <(find "$work/merged/$name" -type f -size -3 -printf '%s %p\n' | sort -k2)
  done
}

case ${1:-} in
  summary | minimise) "$1" ;;
  build)
    shift
    build "$@"
    ;;
  run)
    shift
    run "${@:-30}"
    ;;
  *)
    sed -n '2,17s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
