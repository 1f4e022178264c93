//! The same report, byte for byte, however a history is stored, with any number of threads, and in
//! any order of a directory listing.
//!
//! `STOPLEAK_SAME_ROUNDS` sets the number of histories [default: 2].

#![allow(clippy::unwrap_used, reason = "tests")]

mod stream;

use std::path::{Path, PathBuf};

use crate::support::repo::{Beside, Repo};
use crate::support::token;
use stopleak::check::mint::Rng;
use stream::Stream;

/// Returns the report without its duration.
fn answer(repo: &Repo, dir: &Path, args: &[&str]) -> String {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    let out = command
        .args(args)
        .args(["--format", "json", "--show-secrets", "--show-suppressed"])
        .current_dir(dir)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{args:?}: {errors}");
    let text = String::from_utf8(out.stdout).unwrap();
    let (report, time) = text.rsplit_once("\"elapsed_ms\":").unwrap();
    assert!(time.len() < 20);
    report.to_owned()
}

/// Fails with the place where two reports differ.
#[track_caller]
fn same(found: &str, wanted: &str, how: &str) {
    let parted = found.lines().zip(wanted.lines()).find(|(a, b)| a != b);
    assert!(
        found == wanted,
        "{how}: {} findings instead of {}; first difference: {parted:#?}",
        found.matches("\"rule_id\"").count(),
        wanted.matches("\"rule_id\"").count(),
    );
}

/// Creates a bare repository of a generated history, as fast-import packs it.
fn generated(seed: u64, init: &[&str]) -> Repo {
    let repo = Repo::init(&[&["--bare"], init].concat());
    let stream = Stream::of(seed, 45);
    repo.run(&["fast-import", "--quiet", "--done"], &stream);
    repo
}

fn packs(repo: &Repo) -> Vec<PathBuf> {
    let list = std::fs::read_dir(repo.path().join("objects/pack")).unwrap();
    let mut packs: Vec<PathBuf> = list
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pack"))
        .collect();
    packs.sort();
    packs
}

/// Replaces all packs by loose objects.
fn loosen(repo: &Repo) {
    let _ = std::fs::remove_file(repo.path().join("objects/pack/multi-pack-index"));
    for pack in packs(repo) {
        let bytes = std::fs::read(&pack).unwrap();
        for extension in ["pack", "idx", "rev", "bitmap"] {
            let file = pack.with_extension(extension);
            if file.exists() {
                repo.make_writable(&file);
                std::fs::remove_file(file).unwrap();
            }
        }
        repo.run(&["unpack-objects", "-q"], &bytes);
    }
}

/// Packs `objects` in their order.
fn pack(repo: &Repo, objects: &[String], args: &[&str]) {
    let list = objects.join("\n") + "\n";
    let base = repo.path().join("objects/pack/pack");
    let all = [&["pack-objects", "-q"], args, &[base.to_str().unwrap()]].concat();
    repo.run(&all, list.as_bytes());
}

fn all_objects(repo: &Repo) -> Vec<String> {
    let text = repo.git(&[
        "cat-file",
        "--batch-check=%(objectname)",
        "--batch-all-objects",
    ]);
    text.lines().map(str::to_owned).collect()
}

/// A way to store the objects of a bare repository again.
type Way = (&'static str, fn(&Repo));

fn repack(repo: &Repo, settings: &[&str], args: &[&str]) {
    let set: Vec<&str> = settings.iter().flat_map(|set| ["-c", *set]).collect();
    repo.git(&[&set[..], &["repack", "-q", "-a", "-d"], args].concat());
}

const WAYS: &[Way] = &[
    ("loose objects alone", loosen),
    ("one pack of git's choice", |repo| {
        repack(repo, &[], &["-F"])
    }),
    ("one pack without deltas", |repo| {
        repack(repo, &[], &["-F", "--depth=0", "--window=0"])
    }),
    ("the longest chains", |repo| {
        repack(repo, &[], &["-F", "--window=250", "--depth=250"]);
    }),
    ("chains of one", |repo| {
        repack(repo, &[], &["-F", "--depth=1"])
    }),
    ("bases by name", |repo| {
        repack(
            repo,
            &["repack.useDeltaBaseOffset=false"],
            &["-F", "--depth=100"],
        );
    }),
    ("large files whole", |repo| {
        repack(repo, &["core.bigFileThreshold=1m"], &["-F"])
    }),
    ("stored, not compressed", |repo| {
        repack(repo, &["core.compression=0", "pack.compression=0"], &["-F"]);
    }),
    ("an index of version 1", |repo| {
        repack(repo, &["pack.indexVersion=1"], &["-F"])
    }),
    ("delta islands and one thread", |repo| {
        repack(
            repo,
            &["repack.useDeltaIslands=true", "pack.threads=1"],
            &["-F"],
        );
    }),
    ("three packs in any order", |repo| {
        let mut objects = all_objects(repo);
        loosen(repo);
        let mut rng = Rng::new(5);
        for at in (1..objects.len()).rev() {
            objects.swap(at, rng.below(at + 1));
        }
        for part in objects.chunks(objects.len() / 3 + 1) {
            pack(repo, part, &[]);
        }
        repo.git(&["prune-packed", "-q"]);
        assert_eq!(packs(repo).len(), 3);
    }),
    ("an index of several packs, a graph of commits", |repo| {
        repo.git(&["multi-pack-index", "write"]);
        repo.git(&["commit-graph", "write", "--reachable"]);
    }),
    ("every object twice", |repo| {
        let objects = all_objects(repo);
        pack(repo, &objects, &["--depth=3"]);
    }),
    ("packed and loose at once", |repo| {
        let objects = all_objects(repo);
        loosen(repo);
        pack(repo, &objects[..objects.len() / 2], &[]);
    }),
    ("references packed", |repo| {
        repo.git(&["pack-refs", "--all"]);
    }),
    ("one reference loose again", |repo| {
        let id = repo.git(&["rev-parse", "refs/heads/side"]);
        repo.write("refs/heads/side", id + "\n");
    }),
    ("aggressively collected", |repo| {
        repo.git(&["gc", "-q", "--aggressive", "--prune=now"]);
    }),
];

fn rounds() -> u64 {
    std::env::var("STOPLEAK_SAME_ROUNDS").map_or(2, |n| n.parse().unwrap())
}

#[test]
fn every_way_of_packing_gives_the_same_bytes() {
    for seed in 0..rounds() {
        let repo = generated(seed, &[]);
        let wanted = answer(&repo, repo.path(), &["history", "--jobs", "1"]);
        assert!(wanted.matches("\"rule_id\"").count() > 100);
        let told = [wanted.contains("large.log"), wanted.contains("\"inline\":")];
        assert_eq!(told, [true; 2], "{}", wanted.lines().last().unwrap());
        for (way, change) in WAYS {
            change(&repo);
            for jobs in ["1", "3"] {
                let found = answer(&repo, repo.path(), &["history", "--jobs", jobs]);
                same(
                    &found,
                    &wanted,
                    &format!("history {seed}, {way}, {jobs} threads"),
                );
            }
        }
        for jobs in ["2", "8"] {
            let found = answer(&repo, repo.path(), &["history", "--jobs", jobs]);
            same(&found, &wanted, &format!("history {seed}, {jobs} threads"));
        }
        let whole = answer(&repo, repo.path(), &["history", "--no-delta"]);
        same(&whole, &wanted, "every version whole");
    }
}

#[test]
fn ranges_have_one_answer_too() {
    let repo = generated(7, &[]);
    let args = ["history", "--range", "main...side"];
    let wanted = answer(&repo, repo.path(), &args);
    for (way, change) in WAYS {
        change(&repo);
        same(&answer(&repo, repo.path(), &args), &wanted, way);
    }
}

#[test]
fn clones_have_the_answer_of_their_origin() {
    let repo = generated(11, &[]);
    repack(&repo, &[], &["-F", "--window=50"]);
    let wanted = answer(&repo, repo.path(), &["history"]);
    let own = repo.path().to_str().unwrap();
    let far = format!("file://{own}");
    let clones: [(&str, &[&str], &str); 4] = [
        ("copied", &["--mirror"], own),
        ("sent", &["--mirror"], &far),
        ("shared", &["--mirror", "--shared"], own),
        ("borrowed", &["--mirror", "--reference", own], &far),
    ];
    for (name, args, from) in clones {
        let there = Beside::new(&repo, name);
        repo.git(&[&["clone", "-q"], args, &[from, there.text()]].concat());
        same(&answer(&repo, there.path(), &["history"]), &wanted, name);
    }

    // Fetched in three steps: thin packs, completed here with bases from earlier packs.
    let there = Beside::new(&repo, "fetched");
    repo.git(&["init", "-q", "-b", "main", there.text()]);
    let dir = ["-C", there.text(), "-c", "fetch.unpackLimit=1"];
    for refs in [
        "refs/tags/v3:refs/tags/v3",
        "refs/heads/main:refs/heads/main",
        "refs/*:refs/*",
    ] {
        repo.git(&[&dir[..], &["fetch", "-q", "-u", &far, &format!("+{refs}")]].concat());
    }
    same(
        &answer(&repo, there.path(), &["history"]),
        &wanted,
        "fetched",
    );
    // From a directory below, and by path from elsewhere.
    std::fs::create_dir_all(there.path().join("below/deep")).unwrap();
    let below = answer(&repo, &there.path().join("below/deep"), &["history"]);
    same(&below, &wanted, "below");
    let named = answer(&repo, repo.path(), &["history", there.text()]);
    same(&named, &wanted, "by name");
}

#[test]
fn sha256_repositories_have_one_answer() {
    let repo = generated(13, &["--object-format=sha256"]);
    let wanted = answer(&repo, repo.path(), &["history"]);
    for (way, change) in WAYS {
        change(&repo);
        same(&answer(&repo, repo.path(), &["history"]), &wanted, way);
    }
}

/// Returns the files of a tree by path.
fn files(seed: u64) -> Vec<(String, Vec<u8>)> {
    let mut rng = Rng::new(seed);
    (0..60)
        .map(|n| {
            let dir = rng.pick(&["", "b/", "a/", "a/b/", "a/b.c/", "ü/", "A/"]);
            let lines: Vec<String> = (0..1 + rng.below(80))
                .map(|_| stream::line(&mut rng))
                .collect();
            let bytes = match n % 7 {
                0 => lines.join("\r\n").into_bytes(),
                1 => lines
                    .join("\n")
                    .encode_utf16()
                    .flat_map(u16::to_be_bytes)
                    .collect(),
                2 => [
                    &[0u8, 1, 2, 3, 4, 5, 6, 14][..],
                    lines.join("\n").as_bytes(),
                ]
                .concat(),
                _ => lines.join("\n").into_bytes(),
            };
            (format!("{dir}f{n}"), bytes)
        })
        .collect()
}

#[test]
fn a_tree_has_one_answer_whatever_the_order_and_the_threads() {
    for seed in 0..rounds() {
        let mut list = files(seed);
        let long = stream::line(&mut Rng::new(1)).repeat(80_000);
        let tail = format!("\nx = \"{}\"\n", token(seed));
        list.push((
            "a/long".to_owned(),
            [long.as_bytes(), tail.as_bytes()].concat(),
        ));
        let one = Repo::init(&["--bare"]);
        let other = Repo::init(&["--bare"]);
        let (there, reversed) = (Beside::new(&one, "tree"), Beside::new(&other, "tree"));
        let put = |top: &Beside, (name, bytes): &(String, Vec<u8>)| {
            let path = top.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        list.iter().for_each(|file| put(&there, file));
        list.iter().rev().for_each(|file| put(&reversed, file));
        let wanted = answer(&one, there.path(), &["scan", "--jobs", "1", "."]);
        for jobs in ["1", "2", "3", "8"] {
            for top in [&there, &reversed] {
                let found = answer(&one, top.path(), &["scan", "--jobs", jobs, "."]);
                same(&found, &wanted, &format!("tree {seed}, {jobs} threads"));
            }
        }
        // As arguments in any order: the same findings, file by file.
        let mut names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
        names.reverse();
        let args = [&["scan"], &names[..]].concat();
        let found = answer(&one, there.path(), &args);
        let findings = |report: &str| {
            let mut lines: Vec<String> = report
                .lines()
                .filter(|line| line.contains("\"rule_id\""))
                .map(|line| line.trim_end_matches(',').to_owned())
                .collect();
            lines.sort();
            lines.join("\n")
        };
        same(&findings(&found), &findings(&wanted), "by argument");
    }
}

/// What the program says at every number of threads: the exit code, and both outputs without the
/// duration. Fails if two of them differ.
#[track_caller]
fn any_threads(repo: &Repo, args: &[&str]) -> (Option<i32>, String, String) {
    let mut first = None;
    for jobs in ["1", "2", "3", "5", "8"] {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        let args = [args, &["--format", "json", "-j", jobs]].concat();
        let out = command.args(&args).output().unwrap();
        let report = String::from_utf8(out.stdout).unwrap();
        let (report, _) = report.rsplit_once("\"elapsed_ms\":").unwrap();
        let told = String::from_utf8(out.stderr).unwrap();
        let lines = told.lines().filter(|line| !line.contains(" in "));
        let told: String = lines.flat_map(|line| [line, "\n"]).collect();
        let now = (out.status.code(), report.to_owned(), told);
        match &first {
            None => first = Some(now),
            Some(first) => assert!(*first == now, "{args:?}\n{first:#?}\n{now:#?}"),
        }
    }
    first.unwrap()
}

/// A repository in one pack of long chains: a few files that share most of their lines, and a
/// secret in another line of each with each commit. Trees and commits are on chains, too.
fn chains(seed: u64, commits: usize, files: usize, lines: usize) -> Repo {
    let repo = Repo::init(&["--bare", "-b", "main"]);
    let line = |rng: &mut Rng, i| format!("line {i} {}\n", rng.below(usize::MAX));
    let mut texts: Vec<Vec<String>> = (0..files)
        .map(|file| {
            let mut own = Rng::new(seed + file as u64 % 3);
            (0..lines).map(|i| line(&mut own, i)).collect()
        })
        .collect();
    let mut count = seed * 100_000;
    let mut next = || {
        count += 1;
        token(count)
    };
    let mut feed = String::new();
    for commit in 0..commits {
        let subject = if commit % 5 == 4 {
            next()
        } else {
            "change".into()
        };
        feed += &format!(
            "commit refs/heads/main\ncommitter t <t@example.org> {} +0000\ndata {}\n{subject}\n",
            1_700_000_000 + commit,
            subject.len() + 1,
        );
        for (file, text) in texts.iter_mut().enumerate() {
            if commit > 0 {
                text[commit * lines / commits] = format!("t = \"{}\"\n", next());
            }
            let text = text.concat();
            feed += &format!(
                "M 100644 inline d{}/f{file}\ndata {}\n{text}\n",
                file % 3,
                text.len()
            );
        }
    }
    repo.run(&["fast-import", "--quiet"], feed.as_bytes());
    repack(
        &repo,
        &["pack.threads=1"],
        &["-f", "--depth=50", "--window=50"],
    );
    repo
}

/// A limit that stops a scan stops it at the same object for any number of threads: in ranges, in
/// whole histories, in what is staged.
#[test]
fn a_limit_stops_at_the_same_place() {
    let repo = chains(3, 24, 6, 300);
    let unlimited = any_threads(&repo, &["history"]);
    assert_eq!(unlimited.0, Some(1));
    for limit in ["1K", "100K", "300K", "1M", "2M"] {
        for args in [
            &["history"][..],
            &["history", "--all-objects"],
            &["history", "--no-delta"],
            &["history", "--range", "main~20..main"],
            &["history", "--range", "main~3..main"],
        ] {
            let args = [args, &["--max-unpacked", limit]].concat();
            let (code, _, told) = any_threads(&repo, &args);
            if limit == "1K" {
                assert_eq!(code, Some(2), "{args:?} {told}");
                assert!(told.contains("unpack to more than 1024 bytes"), "{told}");
            }
        }
    }
}

/// What is told about damaged objects does not depend on what the same thread read before.
#[test]
fn damage_has_one_text() {
    let repo = chains(5, 24, 6, 300);
    let listed = repo.git(&[
        "verify-pack",
        "-v",
        packs(&repo)[0].with_extension("idx").to_str().unwrap(),
    ]);
    let mut offsets: Vec<(u64, bool)> = listed
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words.get(1) == Some(&"blob")).then(|| (words[4].parse().unwrap(), words.len() == 7))
        })
        .collect();
    offsets.sort_unstable();
    let good = std::fs::read(&packs(&repo)[0]).unwrap();
    std::process::Command::new("chmod")
        .args(["u+w", packs(&repo)[0].to_str().unwrap()])
        .status()
        .unwrap();
    for (step, distance) in [(2, 20), (7, 30), (9, 12), (5, 3)] {
        let mut bad = good.clone();
        for (offset, _) in offsets.iter().filter(|(_, delta)| *delta).step_by(step) {
            bad[*offset as usize + distance] ^= 0x55;
        }
        std::fs::write(&packs(&repo)[0], bad).unwrap();
        for args in [&["history"][..], &["history", "--range", "main~20..main"]] {
            let (code, _, told) = any_threads(&repo, args);
            assert_eq!(code, Some(2), "{told}");
        }
    }
}
