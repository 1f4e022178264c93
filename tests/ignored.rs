//! What git ignores is left out and counted, and what git would add, or tracks, is scanned. Git itself
//! is asked what that is.

#![allow(clippy::unwrap_used, reason = "tests")]

#[cfg(unix)]
use std::collections::BTreeSet;
use std::path::Path;

#[cfg(unix)]
use stopleak::check::mint::Rng;

use crate::support::repo::Repo;
use crate::support::token;

/// A run of the program with JSON output.
struct Ran {
    code: i32,
    json: serde_json::Value,
}

fn run_in(repo: &Repo, dir: &Path, args: &[&str]) -> Ran {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    command
        .args(args)
        .args(["--format", "json"])
        .current_dir(dir);
    let out = command.output().unwrap();
    let json = serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out.stderr)));
    Ran {
        code: out.status.code().unwrap(),
        json,
    }
}

fn run(repo: &Repo, args: &[&str]) -> Ran {
    run_in(repo, repo.path(), args)
}

impl Ran {
    /// The paths of a list, sorted.
    fn paths(&self, list: &str) -> Vec<&str> {
        let list = self.json[list].as_array().unwrap().iter();
        let mut paths: Vec<&str> = list.map(|entry| entry["path"].as_str().unwrap()).collect();
        paths.sort_unstable();
        paths
    }

    #[track_caller]
    fn finds(&self, paths: &[&str]) {
        assert_eq!(self.paths("findings"), paths, "{}", self.json);
        assert_eq!(self.code, i32::from(!paths.is_empty()), "{}", self.json);
    }

    #[track_caller]
    fn ignores(&self, paths: &[&str]) {
        let skipped = self.json["skipped"].as_array().unwrap().iter();
        let ignored = skipped.filter(|entry| entry["reason"] == "ignored");
        let mut ignored: Vec<_> = ignored.map(|e| e["path"].as_str().unwrap()).collect();
        ignored.sort_unstable();
        assert_eq!(ignored, paths, "{}", self.json);
        let counted = self.json["summary"]["skipped"]["ignored"].as_u64();
        assert_eq!(counted.unwrap_or_default(), paths.len() as u64);
    }
}

fn leak() -> String {
    format!("k = {}\n", token(1))
}

/// Creates a repository below `repo` that tracks `x.env`, though it ignores it.
fn nested(repo: &Repo, at: &str) {
    repo.git(&["init", "-q", "-b", "main", at]);
    repo.write(&format!("{at}/.gitignore"), "*.env\n");
    repo.write(&format!("{at}/x.env"), leak());
    repo.write(&format!("{at}/y.env"), leak());
    repo.git(&["-C", at, "add", "-f", "x.env", ".gitignore"]);
    repo.git(&["-C", at, "commit", "-qm", "i"]);
}

/// Parts of patterns and names. Bytes that are not UTF-8 are no names on every system.
#[cfg(unix)]
const ATOMS: &[&str] = &[
    "a",
    "b",
    "ab",
    "A",
    "x",
    "*",
    "?",
    "**",
    "/",
    "**/",
    "/**",
    "[a-c]",
    "[!a]",
    "[^b]",
    "[a\\-z]",
    "[[:alpha:]]",
    "[[:space:]]",
    "[[:upper:]]",
    "[]-a]",
    "[",
    "]",
    "{a,b}",
    "{",
    "}",
    "\\",
    "\\a",
    "\\*",
    "\\ ",
    " ",
    "\t",
    "!",
    "#",
    "-",
    "*.x",
    ".x",
    "[[:foo:]]",
    "[a",
    "[z-a]",
    "[\\]]",
    "***",
    "[A-C]",
    "\\A",
    "[[:alpha]",
    "\r",
    "*a",
    "a*",
    "ab*b",
    "\u{e9}",
    "\0",
];
#[cfg(unix)]
const NAMES: &[&str] = &[
    "a", "b", "ab", "A", "B", "x", "a.x", "b.x", "{a,b}", "{", "a ", "a\t", " a", "!a", "#a", "a-",
    "-", "\\a", "\\", "*", "[", "]", "[a", "abb", "aab", "a\r", "c", "z", "\u{e9}", "ac", "ab b",
];

#[cfg(unix)]
fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.below(from.len())]
}

#[cfg(unix)]
fn patterns(rng: &mut Rng) -> String {
    let mut out = String::new();
    if rng.below(10) == 0 {
        out.push('\u{feff}');
    }
    for _ in 0..1 + rng.below(4) {
        out.push_str(["", "", "", "", "!", "/"][rng.below(6)]);
        for _ in 0..1 + rng.below(5) {
            out.push_str(pick(rng, ATOMS));
        }
        out.push_str(["", "", "", "/", " ", "\r"][rng.below(6)]);
        out.push('\n');
    }
    if rng.below(3) == 0 {
        out.pop();
    }
    out
}

/// Writes a tree with an ignore file below `dir`; most directories below have none.
#[cfg(unix)]
fn tree(repo: &Repo, rng: &mut Rng, dir: &str, depth: u32) {
    if depth == 2 || rng.below(3) == 0 {
        let patterns = patterns(rng);
        repo.write(&format!("{dir}/.gitignore"), patterns);
    }
    let names: BTreeSet<&str> = (0..2 + rng.below(3)).map(|_| pick(rng, NAMES)).collect();
    for name in names {
        let path = format!("{dir}/{name}");
        if depth > 0 && rng.below(2) == 0 {
            tree(repo, rng, &path, depth - 1);
        } else {
            repo.write(&path, leak());
        }
    }
}

/// Compares with git on random trees. Four more with a seed of their own: STOPLEAK_SEED=N.
#[cfg(unix)]
#[test]
fn what_git_would_add_is_scanned_and_what_it_ignores_is_not() {
    let seed = std::env::var("STOPLEAK_SEED").ok();
    let first = seed.and_then(|seed| seed.parse().ok()).unwrap_or(1u64);
    for seed in first..first + 4 {
        let mut rng = Rng::new(seed);
        let repo = Repo::init(&[]);
        match seed % 4 {
            0 => repo.write(".config/git/ignore", patterns(&mut rng)),
            1 => {
                repo.write(".git/mine", patterns(&mut rng));
                repo.git(&["config", "core.excludesFile", ".git/mine"]);
            }
            2 => drop(repo.git(&["config", "core.ignoreCase", "true"])),
            _ => {}
        }
        repo.write(".git/info/exclude", patterns(&mut rng));
        for n in 0..40 {
            tree(&repo, &mut rng, &format!("d{n}"), 2);
        }
        let listed = repo.git(&["ls-files", "-oz", "--exclude-standard", "d*"]);
        let listed = listed.split('\0').filter(|path| !path.is_empty());
        let mut listed: Vec<_> = listed.filter(|p| !p.ends_with(".gitignore")).collect();
        listed.sort_unstable();
        for args in [&["scan"][..], &["scan", "--changed"]] {
            let ran = run(&repo, args);
            let mut found = ran.paths("findings");
            found.retain(|path| path.starts_with('d'));
            assert_eq!(found, listed, "seed {seed} {args:?}");
        }
    }
}

#[test]
fn git_s_own_lists_are_read_as_git_reads_them() {
    let repo = Repo::init(&[]);
    for name in ["a.{x,y}", "a.x", "kept.x", "B.z", "b.z"] {
        repo.write(name, leak());
    }
    repo.write(".gitignore", "!kept.x\n");
    // The file of the user, where it is by default.
    repo.write(".config/git/ignore", "*.{x,y}\n");
    run(&repo, &["scan"]).finds(&["B.z", "a.x", "b.z", "kept.x"]);
    // The one that the user's configuration names, with an include.
    repo.write("home.ini", "[core]\n\texcludesFile = ~/.config/mine\n");
    repo.write(".gitconfig", "[include]\n\tpath = home.ini\n");
    repo.write(".config/mine", "*.x\n*.{x,y}\n");
    run(&repo, &["scan"]).finds(&["B.z", "b.z", "kept.x"]);
    // The repository's wins, and `info/exclude` wins over both.
    repo.git(&["config", "core.excludesFile", ".git/mine"]);
    repo.write(".git/mine", "*.z\n");
    repo.write(".git/info/exclude", "!B.z\n");
    run(&repo, &["scan"]).finds(&["B.z", "a.x", "a.{x,y}", "kept.x"]);
    repo.git(&["config", "core.ignoreCase", "true"]);
    run(&repo, &["scan"]).finds(&["B.z", "a.x", "a.{x,y}", "b.z", "kept.x"]);
    // A list that is no file is none.
    repo.git(&["config", "core.excludesFile", "/dev/zero"]);
    run(&repo, &["scan"]).finds(&["B.z", "a.x", "a.{x,y}", "b.z", "kept.x"]);
    // What the repository includes is not read, so it is unknown which file is meant.
    repo.git(&["config", "--unset", "core.excludesFile"]);
    repo.git(&["config", "include.path", "/dev/zero"]);
    run(&repo, &["scan"]).finds(&["B.z", "a.x", "a.{x,y}", "b.z", "kept.x"]);
}

#[test]
fn what_any_repository_tracks_is_scanned() {
    let repo = Repo::init(&[]);
    nested(&repo, "in");
    repo.git(&["init", "-q", "mid"]);
    nested(&repo, "mid/deep/in");
    nested(&repo, "own");
    std::fs::create_dir(repo.path().join("far")).unwrap();
    let (from, to) = (repo.path().join("own/.git"), repo.path().join("far/.git"));
    std::fs::rename(from, to).unwrap();
    repo.write("own/.git", "gitdir: ../far/.git\n");
    let all = ["in/x.env", "mid/deep/in/x.env", "own/x.env"];
    run(&repo, &["scan"]).finds(&all);
    run(&repo, &["scan"]).ignores(&["in/y.env", "mid/deep/in/y.env", "own/y.env"]);
    run(&repo, &["scan", "mid/deep"]).finds(&all[1..2]);
    // The patterns of the outer repository do not hold in it.
    repo.write(".gitignore", "!y.env\n*.env\n");
    run(&repo, &["scan"]).finds(&all);
    // What cannot be listed is no clean run.
    repo.write("in/.git/index", "no index");
    let ran = run(&repo, &["scan"]);
    assert_eq!((ran.code, ran.paths("failed")), (2, vec!["in"]));
    // A `.git` that is no repository is a name like others.
    repo.write(".gitignore", "*.tmp\n");
    std::fs::remove_dir_all(repo.path().join("in/.git")).unwrap();
    repo.write("in/.git/readme", "none\n");
    repo.write("in/z.tmp", leak());
    run(&repo, &["scan", "in"]).finds(&[]);
}

#[test]
fn a_submodule_in_an_ignored_directory_is_scanned() {
    let library = Repo::init(&[]);
    library.write(".gitignore", "*.env\n");
    library.write("x.env", leak());
    library.git(&["add", "-f", "."]);
    library.git(&["commit", "-qm", "i"]);
    let repo = Repo::init(&[]);
    let url = library.path().to_string_lossy().into_owned();
    repo.git(&["submodule", "--quiet", "add", &url, "lib/sub"]);
    repo.write("lib/other.txt", leak());
    repo.write("lib/kept/tracked.txt", leak());
    repo.write("lib/kept/not.txt", leak());
    repo.git(&["add", "lib/kept/tracked.txt"]);
    repo.write(".gitignore", "lib/\n");
    let ran = run(&repo, &["scan", "--strict"]);
    ran.finds(&["lib/kept/tracked.txt", "lib/sub/x.env"]);
    ran.ignores(&["lib"]);
}

#[test]
fn a_path_that_the_user_names_is_scanned() {
    let repo = Repo::init(&[]);
    repo.write("build/x", leak());
    repo.write("build/deep/y", leak());
    repo.write("src/gen/z", leak());
    repo.write("src/kept", "nothing\n");
    let both = ["build/deep/y", "build/x"];
    for patterns in ["build/\n", "build/*\n", "*\n", "*\n!*/\n/build\n"] {
        repo.write(".gitignore", patterns);
        run(&repo, &["scan", "build"]).finds(&both);
        run(&repo, &["scan", "./build/deep/.."])
            .finds(&["build/deep/../deep/y", "build/deep/../x"]);
        run(&repo, &["scan", "build/x"]).finds(&["build/x"]);
        run_in(&repo, &repo.path().join("build"), &["scan"]).finds(&["deep/y", "x"]);
    }
    // In a part of the tree that is not ignored, patterns hold as everywhere.
    repo.write(".gitignore", "gen/\n");
    let ran = run(&repo, &["scan", "src", "build"]);
    ran.finds(&both);
    let sub = run(&repo, &["scan", "src/gen"]);
    sub.finds(&["src/gen/z"]);
    // The top of a repository is named by default, and may track only what was added by force.
    repo.write(".gitignore", "*\n");
    repo.git(&["add", "-f", "build/x"]);
    let ran = run(&repo, &["scan", "."]);
    ran.finds(&["build/x"]);
    ran.ignores(&[".gitignore", "build", "src"]);
}

#[test]
fn what_is_ignored_is_counted_and_no_failure() {
    let repo = Repo::init(&[]);
    repo.write("node_modules/a/b", leak());
    repo.write("node_modules/c", leak());
    repo.write("debug.log", leak());
    repo.write("empty/debug.log", "");
    repo.write(".gitignore", "node_modules/\n*.log\n");
    for args in [&["scan"][..], &["scan", "--strict"], &["scan", "--changed"]] {
        let ran = run(&repo, args);
        assert_eq!(ran.code, 0);
        ran.ignores(&["debug.log", "empty/debug.log", "node_modules"]);
    }
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    let out = command
        .args(["scan", "-v", "--color", "never"])
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("; 3 ignored by git"), "{text}");
    assert!(
        text.contains("node_modules: not scanned: ignored by git"),
        "{text}"
    );
    run(&repo, &["scan", "--no-ignore"]).ignores(&[]);
    // The name of an ignored file is as private as its content.
    repo.write(&format!("{}.log", token(3)), "");
    run(&repo, &["scan"]).finds(&[]);
}

/// Files of a repository choose neither the depth of a recursion nor a product of two sizes.
#[test]
fn hostile_patterns_are_refused_in_words() {
    let repo = Repo::init(&[]);
    repo.write("l", leak());
    repo.write(
        ".gitignore",
        "{".repeat(20_000) + &"}".repeat(20_000) + "\n",
    );
    run(&repo, &["scan"]).finds(&["l"]);
    let many: String = (0..5_000).map(|n| format!("*{n}?\n")).collect();
    repo.write("many/.gitignore", many + "*\n");
    repo.write("many/m", leak());
    let ran = run(&repo, &["scan"]);
    assert_eq!((ran.code, ran.paths("findings")), (2, vec!["l", "many/m"]));
    assert_eq!(ran.paths("failed"), ["many/.gitignore"]);
    std::fs::remove_dir_all(repo.path().join("many")).unwrap();

    let braces = format!("{}a{}", "{".repeat(20_000), "}".repeat(20_000));
    let refused = |args: &[&str]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        let out = command.args(args).output().unwrap();
        let errors = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {errors}");
        assert!(errors.contains("inside one another"), "{args:?}: {errors}");
        assert!(errors.len() < 2000, "{} bytes", errors.len());
    };
    for option in ["--exclude", "--include"] {
        refused(&["scan", option, &braces, "."]);
    }
    refused(&["history", "--refs", &braces]);
    repo.write(".gitignore", "");
    for config in [
        "[scan]\nexclude = [\"@\"]\n",
        "[scan]\ninclude = [\"@\"]\n",
        "[[allow]]\nreason = \"x\"\npaths = [\"@\"]\n",
        "[[paths]]\npaths = [\"@\"]\nseverity = \"low\"\n",
        "[rules]\ndisable = [\"@\"]\n",
        "[rules]\nfiles = [\"@\"]\n",
    ] {
        repo.write("stopleak.toml", config.replace('@', &braces));
        refused(&["scan", "."]);
    }
}
