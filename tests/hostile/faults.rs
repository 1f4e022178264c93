//! Any one system call fails. Then either all findings of a run without the fault are found, or the
//! exit code is 2. strace makes the calls fail, one after another.

use std::collections::HashMap;

use super::support::{Dir, Ran, full, line, skipped, tell, token};

/// The calls that can fail, as strace names them, and their errors.
const FAULTS: &[(&str, &[&str])] = &[
    ("open,openat", &["EIO", "EACCES", "EMFILE"]),
    ("read,pread64,readv,preadv", &["EIO", "EINTR"]),
    ("getdents64", &["EIO"]),
    (
        "stat,lstat,fstat,newfstatat,statx",
        &["EIO", "EACCES", "ELOOP"],
    ),
    ("readlink,readlinkat", &["EIO"]),
    ("access,faccessat,faccessat2", &["EIO"]),
    ("lseek", &["EIO"]),
    ("mmap", &["ENOMEM"]),
    ("getcwd", &["ENOENT"]),
    ("write", &["EIO", "ENOSPC", "EINTR"]),
];

const COMMANDS: &[&[&str]] = &[
    &["scan", "--format", "json", "-j", "1"],
    &["history", "--format", "json", "-j", "1"],
    &[
        "history",
        "--format",
        "json",
        "-j",
        "1",
        "--range",
        "HEAD~1..HEAD",
    ],
    &["history", "--format", "json", "-j", "2", "--all-objects"],
    &["staged", "--format", "json", "-j", "1"],
    &["scan", "--changed", "--format", "json", "-j", "1"],
    &["hook", "run", "pre-commit", "--format", "json", "-j", "1"],
];

/// Creates packed objects, deltas, loose objects, references of both kinds, an index, files that
/// git ignores, a configuration, a baseline and an ignore file.
fn place() -> Dir {
    let dir = Dir::new();
    dir.git("init -q -b main .");
    let filler = "a line of no interest\n".repeat(40);
    for n in 0..6 {
        let name = format!("d{}/f.txt", n % 3);
        dir.write(
            name,
            [&filler[..], &line(n), &"x\n".repeat(n as usize)].concat(),
        );
        dir.shell("git add -A . && git commit -qm \"$1\"", &[&format!("c{n}")]);
    }
    dir.git("repack -qad");
    dir.git("pack-refs --all");
    dir.write("loose/f.txt", line(20))
        .write("b.bin", [b"\0\0\x01", token(1).as_bytes()].concat());
    dir.write(".gitignore", "*.log\n").write("a.log", line(30));
    dir.write("loose/.gitignore", "*.tmp\n")
        .write("loose/a.tmp", line(31));
    dir.write("stopleak.toml", "[scan]\nexclude = [\"d2/**\"]\n");
    dir.write(".stopleakignore", "# nothing\n");
    dir.shell(
        "git add -A . && git commit -qm loose && git tag -am t v1",
        &[],
    );
    dir.write("staged.txt", line(40))
        .write("d0/f.txt", [&filler, &line(41)[..]].concat());
    dir.git("add -A .");
    dir
}

/// Runs `args` under strace with `options`.
fn traced(dir: &Dir, options: &str, args: &[&str]) -> Ran {
    let script = format!("exec strace -f -qq --seccomp-bpf {options} \"$@\"");
    dir.run_in(&script, args)
}

/// Returns how often `args` makes each set of calls.
fn calls(dir: &Dir, args: &[&str]) -> HashMap<&'static str, usize> {
    let all: Vec<&str> = FAULTS.iter().map(|(calls, _)| *calls).collect();
    // Not in the place itself, because it would be scanned.
    let beside = Dir::new();
    let file = beside.at("trace");
    let options = format!("-o {} -e trace={}", file.display(), all.join(","));
    let _ = traced(dir, &options, args).ends(1);
    let trace = std::fs::read_to_string(file).unwrap();
    let mut counts = HashMap::new();
    for line in trace.lines() {
        let call = line
            .split_once(' ')
            .map_or(line, |(_, rest)| rest.trim_start());
        let name = call.split('(').next().unwrap_or("");
        if let Some((set, _)) = FAULTS
            .iter()
            .find(|(set, _)| set.split(',').any(|c| c == name))
        {
            *counts.entry(*set).or_insert(0) += 1;
        }
    }
    counts
}

/// Returns each finding with all its fields.
fn told(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(ToString::to_string).collect()
}

/// Returns the part of `least` that is not in `found`.
fn lacks<'f>(found: &[String], least: &'f [String]) -> Vec<&'f String> {
    let lost = least.iter().filter(|finding| !found.contains(finding));
    lost.collect()
}

#[test]
fn any_call_may_fail() {
    let dir = place();
    let probe = std::process::Command::new("strace")
        .args([
            "-f",
            "-qq",
            "--seccomp-bpf",
            "-e",
            "inject=sync:error=EIO",
            "true",
        ])
        .output();
    if !probe.is_ok_and(|ran| ran.status.success()) {
        return skipped("strace that injects faults");
    }
    let (mut tried, mut named, mut wrong) = (0, 0, Vec::new());
    for args in COMMANDS {
        let plain = dir.run(args);
        let (code, all) = (plain.code, told(plain.ends(1)));
        assert!(!all.is_empty(), "{args:?}");
        let counts = calls(&dir, args);
        for (set, errors) in FAULTS {
            let count = counts.get(set).copied().unwrap_or(0);
            let tries = if full() { count } else { 6 };
            let step = count.div_ceil(tries.max(1)).max(1);
            for (k, error) in errors.iter().enumerate() {
                for when in (1 + k % step..=count).step_by(step) {
                    let fault = format!(
                        "-o /dev/null -e trace={set} -e inject={set}:error={error}:when={when}"
                    );
                    let ran = traced(&dir, &fault, args);
                    tried += 1;
                    let right = match ran.code {
                        // Unreadable ignore rules hide nothing, so more may be found.
                        Some(0 | 1) => ran.code == code && lacks(&told(&ran), &all).is_empty(),
                        Some(2) => {
                            named += 1;
                            ran.stderr.contains("error: ") && !ran.stderr.contains("panicked")
                        }
                        // The program loader's own calls, and the memory without which nothing
                        // starts.
                        Some(127) => true,
                        None => *set == "mmap",
                        _ => false,
                    };
                    if !right {
                        let lost = match ran.code {
                            Some(0 | 1) => lacks(&told(&ran), &all),
                            _ => Vec::new(),
                        };
                        let (code, said) = (ran.code, &ran.stderr);
                        wrong.push(format!("{args:?} {fault}: {code:?} {lost:?} {said}"));
                    }
                }
            }
        }
    }
    tell(&format!("{tried} faults, {named} ended with exit code 2"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 300 && named > tried / 8, "{tried} {named}");
}
