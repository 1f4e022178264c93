//! A system that gives no more: permissions, descriptors, threads, memory, space.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use stopleak::blob::BlobPath;
use stopleak::finding::Event;
use stopleak::report::Format;
use stopleak::scan::RunOptions;
use stopleak::source::{Item, Sink, Source, UnitReader};

use super::support::{Dir, PROGRAM, Ran, line, size, skipped, token};

/// Returns words before a command that run it as a user who may not read everything, or None if
/// that is not possible.
fn nobody() -> Option<String> {
    let dir = Dir::new();
    let root = dir.shell("id -u", &[]) == "0";
    if !root {
        return Some(String::new());
    }
    let drop = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    let ran = dir.run_in(&format!("exec {drop} true"), &[""; 0]);
    let reachable = dir.run_in(&format!("exec {drop} \"$@\""), &["--version"]);
    (ran.code == Some(0) && reachable.code == Some(0)).then(|| drop.to_owned())
}

#[test]
fn what_may_not_be_read() {
    let Some(nobody) = nobody() else {
        return skipped("unreadable files: root, without setpriv or a program others may run");
    };
    let dir = Dir::new();
    dir.write("a.txt", line(1))
        .write("closed.txt", line(2))
        .write("dir/b.txt", line(3));
    dir.write("unlisted/c.txt", line(4));
    dir.git("init -q .");
    dir.write("ignored/tracked.txt", line(5));
    dir.git("add -A");
    dir.write(".gitignore", "ignored/\n");
    dir.shell(
        "git -c user.name=a commit -qm m; chmod -R a+rX .; chmod 0 closed.txt dir",
        &[],
    );
    dir.shell("chmod a=x unlisted; chmod 0 ignored", &[]);
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let ran = dir.run_in(
        &format!("exec {nobody} \"$@\""),
        &["scan", "--format", "json"],
    );
    // One file is tracked. It is read, although its directory cannot be listed.
    assert_eq!(ran.ends(2).findings().len(), 2, "{ran:?}");
    ran.says("unlisted/c.txt");
    for name in ["closed.txt", "dir", "unlisted", "ignored/tracked.txt"] {
        ran.says(&format!("{name}: not scanned: permission denied"));
    }
    assert_eq!(ran.stderr.lines().count(), 6, "{}", ran.stderr);
    // Objects, and the places of objects.
    for what in [
        "objects/pack",
        "objects",
        "refs",
        "refs/heads",
        "packed-refs",
        "HEAD",
        "config",
    ] {
        dir.shell(
            "git gc -q; chmod -R a+rX .git; chmod 0 \".git/$1\"",
            &[what],
        );
        let ran = dir.run_in(
            &format!("exec {nobody} \"$@\""),
            &["history", "--format", "json"],
        );
        dir.shell("chmod 755 \".git/$1\"", &[what]);
        // Without its configuration, a repository is an ordinary one.
        if what == "config" && ran.code != Some(2) {
            assert_eq!(ran.ends(1).findings().len(), 5);
            continue;
        }
        ran.ends(2);
    }
    dir.shell("chmod -R u+rwX .", &[]);
}

/// A file that opens but cannot be read; `/proc` has one.
#[test]
fn a_read_that_fails() {
    let dir = Dir::new();
    dir.write("a.txt", line(1));
    symlink("/proc/self/mem", dir.at("b.txt")).unwrap();
    let ran = dir.run(&["scan", "--follow", "--format", "json"]);
    assert_eq!(ran.ends(2).findings().len(), 1);
    ran.says("b.txt: not scanned: input/output error");
}

#[test]
fn no_more_descriptors() {
    let dir = Dir::new();
    for i in 0..60 {
        dir.write(format!("d{}/{i}.txt", i % 7), line(i));
    }
    dir.git("init -q .");
    dir.shell("git add -A; git commit -qm m", &[]);
    let mut tried = 0;
    for limit in 3..14 {
        for args in [
            &["scan"][..],
            &["history"],
            &["staged"],
            &["scan", "--changed"],
        ] {
            let args = [args, &["--format", "json", "-j", "2"]].concat();
            let ran = dir.run_in(&format!("ulimit -n {limit}; exec \"$@\""), &args);
            assert!(
                !ran.stderr.contains("internal error"),
                "{limit} {args:?} {ran:?}"
            );
            // 127: the system could not load it.
            if matches!(ran.code, Some(2 | 127)) {
                continue;
            }
            tried += 1;
            let whole = match args[1] == "--changed" || args[0] == "staged" {
                true => 0,
                false => 60,
            };
            assert_eq!(ran.findings().len(), whole, "{limit} {args:?} {ran:?}");
        }
    }
    assert!(tried > 4, "{tried}");
}

/// Without more threads, one thread does everything.
#[test]
fn no_more_threads() {
    let Some(nobody) = nobody().filter(|words| !words.is_empty()) else {
        return skipped("no threads: needs root and setpriv");
    };
    let dir = Dir::new();
    for i in 0..60 {
        dir.write(format!("{i}.txt"), line(i));
    }
    dir.git("init -q .");
    dir.shell(
        "git add -A; git commit -qm m; git gc -q; chmod -R a+rX .",
        &[],
    );
    let limits = "prlimit --nproc=1";
    if dir.run_in(&format!("exec {limits} true"), &[""; 0]).code != Some(0) {
        return skipped("no threads: needs prlimit");
    }
    for args in [&["scan"][..], &["history"]] {
        let script = format!("exec {nobody} {limits} \"$@\"");
        let args = [args, &["--format", "json", "-j", "4"]].concat();
        let ran = dir.run_in(&script, &args);
        assert_eq!(ran.ends(1).findings().len(), 60, "{args:?}");
    }
}

/// Without memory, the run ends with an exit code that does not mean success.
#[test]
fn no_more_memory() {
    let dir = Dir::new();
    dir.write("a.txt", line(1))
        .write("b.txt", "x = 1\n".repeat(1 << 20));
    for kib in (10_000..200_000).step_by(size(12_000, 1_000)) {
        let ran = dir.run_in(
            &format!("ulimit -v {kib}; exec \"$@\""),
            &["scan", "--format", "json"],
        );
        if matches!(ran.code, Some(0 | 1)) {
            assert_eq!(ran.findings().len(), 1, "{kib}");
        }
    }
}

/// The scanner itself fails on one unit: this unit is named, and the others are scanned.
struct Trap;
struct TrapReader;

impl Source for Trap {
    type Unit = u32;
    type Reader = TrapReader;
    fn list(&self, emit: &mut dyn FnMut(Item<u32>) -> bool) {
        let _ = (0..200).all(|i| emit(Item::Unit(i)));
    }
    fn reader(&self) -> TrapReader {
        TrapReader
    }
}

impl UnitReader for TrapReader {
    type Unit = u32;
    fn read(&mut self, unit: &u32, sink: &mut dyn Sink) {
        assert!(unit % 50 != 7, "a defect");
        let text = line(u64::from(*unit)).into_bytes();
        let (mut bytes, path) = (std::io::Cursor::new(text), self.path_of(unit));
        let limits = stopleak::source::content::Limits {
            size_hint: 0,
            most: stopleak::inside::Most::of(1 << 20),
        };
        stopleak::source::content::ContentReader::default().read(&mut bytes, &path, limits, sink);
    }
    fn path_of(&self, unit: &u32) -> BlobPath {
        BlobPath::from(format!("unit-{unit}").as_str())
    }
}

#[test]
fn a_worker_that_panics() {
    let engine = stopleak::scan::Engine {
        detector: stopleak::detect::Detector::builtin(),
        policy: stopleak::suppress::Policy::default(),
        key: stopleak::identity::IdentityKey::default(),
        base: None,
        keep_dismissed: false,
    };
    for jobs in [1, 4] {
        let (mut found, mut failed) = (0, Vec::new());
        let options = RunOptions {
            jobs,
            ..RunOptions::default()
        };
        let summary = stopleak::scan::run(&Trap, &engine, &options, &mut |event| {
            match event {
                Event::Finding(_) => found += 1,
                Event::Failed(error) => failed.push(error.path.to_text().into_owned()),
                _ => {}
            }
            true
        });
        assert_eq!(found, 196);
        assert_eq!(failed, ["unit-7", "unit-57", "unit-107", "unit-157"]);
        assert_eq!(summary.outcome(false).code(), 2);
    }
}

/// Runs this test again in a separate process, in which the program panics and nothing catches it.
#[test]
fn a_panic_that_nothing_has_caught() {
    let secret = token(1);
    if std::env::var_os("STOPLEAK_TEST_PANIC").is_some() {
        let code = stopleak::cli::guarded(|| panic!("at\n{secret}"));
        #[expect(clippy::exit, reason = "what main does with the code")]
        std::process::exit(i32::from(code));
    }
    let itself = std::env::current_exe().unwrap();
    let out = std::process::Command::new(itself)
        .args([
            "--exact",
            "hostile::system::a_panic_that_nothing_has_caught",
        ])
        .arg("--nocapture")
        .env("STOPLEAK_TEST_PANIC", "1")
        .output()
        .unwrap();
    let ran = Ran::of(&out);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    ran.says("error: internal error at tests/hostile/system.rs:");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert!(!format!("{ran:?}").contains(&secret), "{ran:?}");
}

#[test]
fn nowhere_to_write() {
    let dir = Dir::new();
    dir.git("init -q .");
    for i in 0..500 {
        dir.write(format!("{i}.txt"), line(i));
    }
    for format in Format::ALL.map(Format::id) {
        let args = ["scan", "--format", format];
        let full = dir.run_in("exec \"$@\" > /dev/full", &args);
        full.ends(2)
            .says("standard output: cannot be written: no space left on device");
        assert_eq!(
            full.stderr
                .lines()
                .filter(|l| l.starts_with("error"))
                .count(),
            1
        );
        let file = format!("{format}=/dev/full");
        let ran = dir.run_in("exec \"$@\"", &["scan", "-q", "-o", &file]);
        ran.ends(2).says("/dev/full: cannot be written");
        // The reader is gone: no message, and no success.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = dir.command("exec \"$@\"", &args);
        let ran = Ran::of(&child.stdout(writer).output().unwrap());
        ran.ends(2);
        assert_eq!(ran.stderr, "", "{format}");
    }
    for args in [
        &["rules", "list"][..],
        &["rules", "show", "github-pat-classic"],
        &["explain", "github-pat-classic"],
        &["explain", "1.txt:1"],
        &["config", "show"],
        &["--help"],
        &["hook", "status"],
        &["import", "g.toml"],
    ] {
        dir.write(
            "g.toml",
            "title = \"x\"\n[[rules]]\nid = \"a\"\nregex = 'abcd[0-9]{9}'\nkeywords = [\"abcd\"]\n",
        );
        let ran = dir.run_in("exec \"$@\" > /dev/full", args);
        ran.ends(2).says("standard output: cannot be written");
    }
    dir.run_in("exec \"$@\" > /dev/full", &["baseline", "create"])
        .ends(2);
}

#[test]
fn files_that_cannot_be_replaced() {
    let dir = Dir::new();
    dir.git("init -q .");
    dir.write("a.txt", line(1));
    dir.run(&["baseline", "create"]).ends(0);
    let Some(nobody) = nobody() else {
        return skipped("a directory that may not be written");
    };
    dir.shell("chmod -R a+rX .; chmod 555 .", &[]);
    dir.shell(
        "printf '%s' \"$1\" | tee b.txt > /dev/null || true",
        &[&line(2)],
    );
    let before = std::fs::read(dir.at(".stopleak-baseline")).unwrap();
    let as_nobody = format!("exec {nobody} \"$@\"");
    for args in [
        &["baseline", "update"][..],
        &["baseline", "create", "--force"],
    ] {
        let ran = dir.run_in(&as_nobody, args);
        ran.ends(2).says(".stopleak-baseline");
    }
    assert_eq!(std::fs::read(dir.at(".stopleak-baseline")).unwrap(), before);
    dir.shell("chmod 755 .", &[]);
}

#[test]
fn a_process_that_lacks_what_processes_have() {
    let dir = Dir::new();
    dir.git("init -q .");
    dir.write("a.txt", line(1));
    dir.shell("git add -A", &[]);
    for args in [
        &["scan"][..],
        &["staged"],
        &["scan", "--changed"],
        &["history"],
    ] {
        // No reference leads to what is staged.
        let code = if args == ["history"] { 2 } else { 1 };
        for script in [
            "exec \"$@\" <&-",
            "exec \"$@\" 2>&-",
            "unset HOME; exec \"$@\"",
            "HOME=/nonexistent TMPDIR=/nonexistent; export HOME TMPDIR; exec \"$@\"",
            "exec env -i \"$@\"",
            "exec env \"X=$(printf '\\377')\" \"LANG=$(printf '\\377')\" \"$(printf 'Y\\377=1')\" \"$@\"",
            "STOPLEAK_ID_KEY=$(printf '\\377'); export STOPLEAK_ID_KEY; exec \"$@\"",
        ] {
            let ran = dir.run_in(script, args);
            assert_eq!(ran.code, Some(code), "{script} {args:?} {ran:?}");
        }
        let ran = dir.run_in("mkdir gone; cd gone; rmdir ../gone; exec \"$@\"", args);
        ran.ends(2);
    }
    dir.run_in("exec \"$@\" <&-", &["scan", "-"]).ends(0);
    let odd = std::ffi::OsStr::from_bytes(b"no\xff\x1b[31mthing");
    for args in [
        vec!["scan"],
        vec!["history"],
        vec!["history", "--range"],
        vec!["scan", "--format"],
        vec!["scan", "--config"],
        vec!["explain"],
        vec!["config", "check"],
    ] {
        let mut args: Vec<&std::ffi::OsStr> = args.into_iter().map(AsRef::as_ref).collect();
        args.push(odd);
        let ran = dir.run_in("exec \"$@\"", &args);
        ran.ends(2);
        assert!(
            !ran.stderr.contains('\x1b') && ran.stderr.lines().count() <= 6,
            "{ran:?}"
        );
    }
    let _ = PROGRAM;
}
