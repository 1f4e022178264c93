//! Directories and files that nobody creates by accident.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::support::{Dir, line, size};

/// Paths longer than the system allows (4,096 bytes) cannot be opened. They are reported, and the
/// rest is found. Names of 255 bytes are nothing special.
#[test]
fn trees_deeper_than_paths_are_long() {
    let dir = Dir::new();
    let name = "n".repeat(255);
    let deep: PathBuf = std::iter::repeat_n(name.as_str(), 12).collect();
    for part in ["a", "b"] {
        dir.write(PathBuf::from(part).join(&deep).join("f.txt"), line(1));
    }
    dir.write("z.txt", line(2));
    std::fs::rename(dir.at("b"), dir.at("a").join(&deep).join("b")).unwrap();
    let ran = dir.run(&["scan", "--format", "json"]);
    assert_eq!(ran.ends(2).findings().len(), 2);
    ran.says("file name too long");
    assert_eq!(ran.json()["summary"]["failed"], 1);
}

#[test]
fn trees_of_many_levels_and_directories_of_many_files() {
    let dir = Dir::new();
    let deep: PathBuf = std::iter::repeat_n("d", 1500).collect();
    dir.write(deep.join("f.txt"), line(1));
    std::fs::create_dir(dir.at("many")).unwrap();
    let count = size(20_000, 1_000_000);
    for i in 0..count {
        std::fs::write(dir.at("many").join(format!("{i}")), "").unwrap();
    }
    let ran = dir.run(&["scan", "--format", "json"]);
    assert_eq!(ran.ends(1).findings().len(), 1);
    assert_eq!(ran.json()["summary"]["files"], count as u64 + 1);
}

#[test]
fn links_that_loop_and_what_is_no_file() {
    let dir = Dir::new();
    dir.write("a/b/f.txt", line(1));
    symlink("..", dir.at("a/b/up")).unwrap();
    symlink("self", dir.at("self")).unwrap();
    symlink("/dev/zero", dir.at("zero")).unwrap();
    dir.shell("mkfifo fifo a/fifo; ln -s fifo link", &[]);
    let _socket = std::os::unix::net::UnixListener::bind(dir.at("sock")).unwrap();
    let ran = dir.run(&["scan", "--format", "json"]);
    assert_eq!(ran.ends(1).findings().len(), 1);
    let skipped = &ran.json()["summary"]["skipped"];
    assert_eq!(
        (&skipped["symlink"], &skipped["not-regular"]),
        (&4.into(), &3.into())
    );
    // Through links: the loop is reported, and a link to itself is a failure.
    let ran = dir.run(&["scan", "--follow", "--format", "json"]);
    assert_eq!(ran.ends(2).findings().len(), 1);
    ran.says("too many levels of symbolic links");
    for what in ["fifo", "zero", "sock", "link"] {
        dir.run(&["scan", what]).ends(2).says("not a regular file");
    }
}

/// A hole is read as zeros, up to the size limit. Beyond the limit, the file is skipped and
/// counted.
#[test]
fn sparse_files() {
    let dir = Dir::new();
    let sparse = |name: &str, len: u64| {
        let file = std::fs::File::create(dir.at(name)).unwrap();
        file.set_len(len).unwrap();
    };
    sparse("terabyte", 1 << 40);
    sparse("some", size(64 << 20, 4 << 30) as u64);
    dir.write("f.txt", line(1));
    let ran = dir.run(&["scan", "--format", "json"]);
    assert_eq!(ran.ends(1).findings().len(), 1);
    assert_eq!(ran.json()["summary"]["skipped"]["too-large"], 1);
    let bytes = ran.json()["summary"]["bytes"].as_u64().unwrap();
    assert!(bytes < 5 << 30, "{bytes}");
    dir.run(&["scan", "--strict", "-v"])
        .ends(2)
        .says("terabyte");
}

/// A link or a FIFO instead of an ignore file made the walker hang forever, or until memory ended.
/// A link can be committed.
#[test]
fn ignore_files_that_are_no_files() {
    for (place, sub) in [
        (".gitignore", ""),
        ("sub/.gitignore", "sub"),
        (".git/info/exclude", ""),
    ] {
        for fifo in [false, true] {
            let dir = Dir::new();
            dir.git("init -q .");
            dir.write("f.txt", line(1)).write("sub/g.txt", line(2));
            let _ = std::fs::remove_file(dir.at(place));
            match fifo {
                true => drop(dir.shell("mkfifo $1", &[place])),
                false => symlink("/dev/zero", dir.at(place)).unwrap(),
            }
            for args in [&["scan"][..], &["scan", "sub"], &["scan", "--changed"]] {
                let script = format!("ulimit -v {}; exec timeout 60 \"$@\"", super::support::CAP);
                let ran = dir.run_in(&script, &[args, &["--format", "json"]].concat());
                let found = if args.len() > 1 && args[1] == "sub" {
                    1
                } else {
                    2
                };
                assert_eq!(
                    ran.ends(1).findings().len(),
                    found,
                    "{place} {fifo} {sub} {args:?}"
                );
            }
        }
    }
}

/// Patterns cost some kilobytes each, and add up along a path. Too many are not applied: that is
/// reported, and they hide no file.
#[test]
fn ignore_files_of_many_patterns() {
    let dir = Dir::new();
    dir.git("init -q .");
    dir.write("f.txt", line(1)).write("ok/x.log", line(2));
    dir.write("ok/.gitignore", "*.log\n");
    let many: String = (0..100_000).map(|i| format!("a*b*c{i}\n")).collect();
    dir.write("big/.gitignore", format!("{many}*\n"))
        .write("big/g.txt", line(3));
    let ran = dir.run(&["scan", "--format", "json"]);
    assert_eq!(ran.ends(2).findings().len(), 2, "{}", ran.stdout);
    ran.says("big/.gitignore").says("not obeyed");
    assert_eq!(ran.json()["summary"]["failed"], 1);
    let dir = Dir::new();
    dir.git("init -q .");
    let part: String = (0..3000).map(|i| format!("a*b*c{i}\n")).collect();
    let mut path = String::new();
    for level in 0..40 {
        path.push_str("d/");
        dir.write(format!("{path}.gitignore"), &part);
        dir.write(format!("{path}f.txt"), line(level));
    }
    let ran = dir.run(&["scan", "--format", "json"]);
    assert_eq!(ran.ends(2).findings().len(), 40);
    let odd = "**/".repeat(2000) + "\n" + &"[".repeat(9000) + "\n" + &"{a,".repeat(3000) + "\n";
    let dir = Dir::new();
    dir.git("init -q .");
    dir.write(".gitignore", odd).write("f.txt", line(1));
    assert_eq!(
        dir.run(&["scan", "--format", "json"])
            .ends(1)
            .findings()
            .len(),
        1
    );
}

/// A tracked file is read even if it is ignored. If that cannot be determined, it is reported.
#[test]
fn a_work_tree_that_is_said_to_be_elsewhere_hides_nothing() {
    let dir = Dir::new();
    dir.git("init -q .");
    dir.write("f.env", line(1));
    dir.git("add -A");
    dir.write(".gitignore", "*\n");
    std::fs::create_dir(dir.at("else")).unwrap();
    for config in ["worktree = ../else", "bare = true"] {
        dir.write(
            ".git/config",
            format!("[core]\n\trepositoryformatversion = 0\n\t{config}\n"),
        );
        let ran = dir.run(&["scan", "--format", "json"]);
        assert_eq!(ran.ends(1).findings().len(), 1, "{config}");
        let ran = dir.run(&["scan", "--changed", "--format", "json"]);
        assert!(ran.code == Some(2) || ran.findings().len() == 1, "{ran:?}");
    }
}

/// Files that grow, shrink, vanish and change their kind while they are read. The run ends, secrets
/// that stay are found, and nothing crashes.
#[test]
fn files_that_change_while_they_are_read() {
    let dir = Dir::new();
    for i in 0..200 {
        dir.write(format!("stays/{i}.txt"), line(i));
        dir.write(format!("moves/{i}.txt"), "x = 1\n".repeat(3000));
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (big, small) = ("y = 2\n".repeat(900_000), "y");
            for i in (0usize..).take_while(|_| !done.load(Ordering::Relaxed)) {
                let path = dir.at(&format!("moves/{}.txt", i % 200));
                let _ = match i % 5 {
                    0 => std::fs::write(&path, &big),
                    1 => std::fs::write(&path, small),
                    2 => std::fs::remove_file(&path),
                    3 => std::fs::create_dir(&path),
                    _ => std::fs::remove_dir(&path).or_else(|_| std::fs::write(&path, small)),
                };
            }
        });
        for _ in 0..size(6, 200) {
            let ran = dir.run(&["scan", "--format", "json"]);
            assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
            assert!(!ran.stderr.contains("internal error"), "{}", ran.stderr);
            let stays = ran
                .findings()
                .iter()
                .filter(|f| f.contains("stays/"))
                .count();
            assert_eq!(stays, 200);
            // Every file that was not read to its end is reported.
            let failed = ran.json()["summary"]["failed"].as_u64().unwrap();
            assert_eq!(ran.code == Some(2), failed > 0);
        }
        done.store(true, Ordering::Relaxed);
    });
}
