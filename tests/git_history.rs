//! Histories. The tests build repositories with the `git` program, scan them
//! with the library, and check every place where a secret can hide.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::support::repo::Repo;
use crate::support::token;
use stopleak::check::encoding::{Alphabet, base64_encode};
use stopleak::check::mint::Rng;
use stopleak::finding::{Event, Finding, Outcome, Summary};
use stopleak::git::revision::{self, Revisions};
use stopleak::git::{OpenOptions, Store};
use stopleak::history::{self, HistoryOptions};
use stopleak::rules::Confidence;
use stopleak::scan::{self, Engine, RunOptions};
use stopleak::source::range::{RangeOptions, RangeSource};

struct Scan {
    findings: Vec<Finding>,
    failed: Vec<String>,
    events: Vec<Event>,
    summary: Summary,
}

impl Scan {
    /// Returns (path, subject of the introducing commit) of the findings of
    /// `secret`.
    fn of(&self, secret: &str) -> Vec<(String, String)> {
        let found = self
            .findings
            .iter()
            .filter(|f| f.secret.expose() == secret.as_bytes());
        found
            .map(|f| {
                let subject = f.commit.as_ref().map(|c| c.subject.clone());
                (f.path.to_text().into_owned(), subject.unwrap_or_default())
            })
            .collect()
    }

    fn has(&self, secret: &str) -> bool {
        !self.of(secret).is_empty()
    }

    fn one(&self, secret: &str) -> &Finding {
        let mut found = self
            .findings
            .iter()
            .filter(|f| f.secret.expose() == secret.as_bytes());
        let first = found.next().unwrap();
        assert!(found.next().is_none(), "more than one finding");
        first
    }
}

fn engine() -> Engine {
    crate::support::engine::engine(Confidence::Medium)
}

fn jobs(jobs: usize) -> RunOptions {
    RunOptions {
        jobs,
        ..RunOptions::default()
    }
}

fn gather(run: impl FnOnce(&mut dyn FnMut(Event) -> bool) -> Summary) -> Scan {
    let mut events = Vec::new();
    let summary = run(&mut |event| {
        events.push(event);
        true
    });
    let mut findings = Vec::new();
    let mut failed = Vec::new();
    for event in &events {
        match event {
            Event::Finding(f) if f.verdict.is_report() => findings.push((**f).clone()),
            Event::Failed(e) => failed.push(e.to_string()),
            _ => {}
        }
    }
    Scan {
        findings,
        failed,
        events,
        summary,
    }
}

fn history_with(path: &Path, options: &HistoryOptions<'_>, threads: usize) -> Scan {
    let store = Store::open(path, &OpenOptions::default()).unwrap();
    let engine = engine();
    gather(|on_event| history::run(&store, &engine, options, &jobs(threads), on_event).unwrap())
}

fn history(repo: &Repo) -> Scan {
    history_with(repo.path(), &HistoryOptions::default(), 2)
}

fn range_of(repo: &Repo, revisions: impl Fn(&Store) -> Revisions) -> Scan {
    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    let options = RangeOptions {
        most: stopleak::inside::Most::of(u64::MAX),
        messages: true,
        allow_missing: false,
    };
    let source = RangeSource::open(&store, &revisions(&store), options).unwrap();
    let engine = engine();
    gather(|on_event| scan::run(&source, &engine, &jobs(2), on_event))
}

fn range(repo: &Repo, spec: &str) -> Scan {
    range_of(repo, |store| revision::parse(store, spec).unwrap())
}

fn line(secret: &str) -> String {
    format!("first = 1\ntoken: {secret}\nlast = 2\n")
}

#[test]
fn a_secret_is_attributed_to_the_commit_that_brought_it() {
    let repo = Repo::init(&[]);
    let (old, new) = (token(1), token(2));
    repo.commit("dir/a.txt", line(&old));
    repo.commit("dir/a.txt", format!("{}\nmore\n", line(&old)));
    repo.commit("dir/a.txt", line(&new));
    let scan = history(&repo);
    let found = scan.one(&old);
    let commit = found.commit.as_ref().unwrap();
    assert_eq!(found.path.to_text(), "dir/a.txt");
    assert_eq!((found.start.line, found.start.column), (2, 8));
    assert_eq!(commit.id, repo.git(&["rev-parse", "HEAD~2"]));
    assert_eq!(commit.last, repo.git(&["rev-parse", "HEAD~1"]));
    assert_eq!((commit.at_head, commit.blobs), (Some(false), 2));
    assert_eq!(commit.refs, ["HEAD", "refs/heads/main"]);
    assert_eq!(commit.author, "A U Thor");
    assert!(commit.date.starts_with("2020-09-13T"), "{}", commit.date);
    let newer = scan.one(&new).commit.as_ref().unwrap();
    assert_eq!(newer.at_head, Some(true));
    assert_eq!(scan.summary.commits, 3);
    assert_eq!(scan.summary.outcome(false), Outcome::Findings);
}

#[test]
fn whole_files_and_decoded_layers_are_attributed() {
    let repo = Repo::init(&[]);
    let digits = |seed: u64| Rng::new(seed).text(b"0123456789abcdef", 32);
    let (first, second) = (digits(1), digits(2));
    repo.commit("config/master.key", format!("{first}\n"));
    // In any other file, the whole content is not one value.
    repo.commit("aaa/other.txt", format!("{second}\n"));
    repo.commit("config/master.key", second.clone());
    // A file with more than its value has no whole-file secret.
    repo.commit(
        "config/credentials/test.key",
        format!("{first}\n{second}\n"),
    );
    let base64 = |text: &str| base64_encode(text.as_bytes(), Alphabet::Standard, true);
    let manifest = |filler: usize, name: &str, password: &str| {
        let labels: String = (0..filler).map(|n| format!("    l{n}: v\n")).collect();
        format!(
            "kind: Secret\nmetadata:\n  labels:\n{labels}data:\n  {name}: {}\n",
            base64(password)
        )
    };
    let password = ["Qx7", "vW2kLm9"].concat();
    repo.commit("secret.yaml", manifest(100, "password", &password));
    repo.commit("secret.yaml", manifest(101, "password", &password));
    // The kind is too far from the value.
    repo.commit(
        "far.yaml",
        manifest(2000, "pgbouncer", &["Qx7", "vW2kLm8"].concat()),
    );
    let hidden = token(7);
    repo.commit(
        "blob.txt",
        format!("x: {}\n", base64(&format!("t={hidden}"))),
    );
    repo.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50"]);
    for delta in [true, false] {
        let options = HistoryOptions {
            delta,
            ..HistoryOptions::default()
        };
        let scan = history_with(repo.path(), &options, 1);
        for secret in [&first, &second] {
            assert_eq!(scan.one(secret).path.to_text(), "config/master.key");
        }
        let found = scan.one(&password);
        assert_eq!(found.path.to_text(), "secret.yaml");
        assert_eq!(found.commit.as_ref().unwrap().at_head, Some(true));
        assert_eq!(scan.one(&hidden).path.to_text(), "blob.txt");
        assert_eq!(scan.findings.len(), 4);
    }
}

#[test]
fn what_is_kept_of_dismissed_values_hides_no_finding() {
    let value = ["k9QvT2mX", "wLp81Zr1"].concat();
    let hash = format!("password_hash = \"{value}\"\n");
    let unsure = format!("sha_secret = {value}\n");
    let sure = format!("db_password = \"{value}\"\n");
    let repo = Repo::init(&[]);
    for (path, versions) in [
        ("a.py", [&hash, &sure, &unsure]),
        ("b.py", [&unsure, &hash, &sure]),
        ("c.py", [&sure, &unsure, &hash]),
    ] {
        for text in versions {
            // A blob has the path where history first met it.
            repo.commit(path, format!("# {path}\n{text}"));
        }
    }
    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    let found = |keep_dismissed: bool| {
        let engine = Engine {
            keep_dismissed,
            ..engine()
        };
        let options = HistoryOptions::default();
        let scan =
            gather(|on_event| history::run(&store, &engine, &options, &jobs(1), on_event).unwrap());
        let told = |f: &Finding| {
            let commit = f.commit.as_ref().map(|c| c.id.clone());
            (f.path.to_text().into_owned(), f.start.column, commit)
        };
        scan.findings.iter().map(told).collect::<Vec<_>>()
    };
    let paths: Vec<String> = found(false).into_iter().map(|f| f.0).collect();
    assert_eq!(paths, ["a.py", "b.py", "c.py"]);
    assert_eq!(found(true), found(false));
}

#[test]
fn a_repository_without_commits_is_clean() {
    let repo = Repo::init(&[]);
    let scan = history(&repo);
    assert!(scan.events.is_empty());
    assert_eq!(scan.summary.outcome(false), Outcome::Clean);
}

#[test]
fn merges_hide_nothing() {
    let repo = Repo::init(&[]);
    let (evil, resolved, side) = (token(3), token(4), token(5));
    repo.commit("a.txt", "base\n");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("s.txt", line(&side));
    repo.git(&["checkout", "-q", "-b", "third", "main"]);
    repo.commit("t.txt", "third\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("m.txt", "main\n");
    let start = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    repo.write("evil.txt", line(&evil));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "evil merge"]);
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "third", "side"]);
    repo.write("a.txt", line(&resolved));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "octopus"]);
    let whole = history(&repo);
    let part = range(&repo, &format!("{start}..HEAD"));
    for scan in [&whole, &part] {
        assert_eq!(scan.of(&evil), [("evil.txt".into(), "evil merge".into())]);
        assert_eq!(scan.of(&resolved), [("a.txt".into(), "octopus".into())]);
        assert_eq!(scan.of(&side).len(), 1);
    }
}

#[test]
fn every_reference_is_followed() {
    let repo = Repo::init(&[]);
    let t: Vec<String> = (10..20).map(token).collect();
    repo.commit("a.txt", "base\n");
    repo.git(&["checkout", "-q", "--orphan", "orphan"]);
    repo.commit("orphan.txt", line(&t[0]));
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["checkout", "-q", "--detach"]);
    repo.commit("tagged.txt", line(&t[1]));
    repo.git(&["tag", "-a", "v1", "-m", &format!("release {}", t[2])]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["notes", "add", "-m", &format!("note {}", t[3])]);
    repo.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        &format!("words\n\n{}", t[4]),
    ]);
    repo.write("a.txt", line(&t[5]));
    repo.git(&["stash", "-q"]);
    repo.commit("gone.txt", line(&t[6]));
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.run(&["hash-object", "-w", "--stdin"], line(&t[7]).as_bytes());
    repo.git(&["checkout", "-q", "--detach"]);
    repo.commit("detached.txt", line(&t[8]));
    repo.git(&["branch", &format!("leak-{}", t[9]), "main"]);
    let scan = history(&repo);
    for i in [0, 1, 2, 3, 4, 5, 8, 9] {
        assert_eq!(scan.of(&t[i]).len(), 1, "{i}");
    }
    assert!(!scan.has(&t[6]) && !scan.has(&t[7]));
    assert_eq!(scan.of(&t[2])[0].0, "refs/tags/v1");
    let message = scan.one(&t[4]);
    assert_eq!(message.start.line, 3);
    assert_eq!(message.commit.as_ref().unwrap().subject, "words");
    let all = HistoryOptions {
        all_objects: true,
        ..HistoryOptions::default()
    };
    let scan = history_with(repo.path(), &all, 2);
    for (i, secret) in t.iter().enumerate() {
        assert!(scan.has(secret), "{i}");
    }
    assert_eq!(scan.one(&t[7]).commit, None);
    let quiet = HistoryOptions {
        messages: false,
        ..HistoryOptions::default()
    };
    let scan = history_with(repo.path(), &quiet, 2);
    assert!(scan.has(&t[0]) && !scan.has(&t[2]) && !scan.has(&t[4]) && !scan.has(&t[9]));
    let only = |name: &[u8]| name == b"refs/heads/orphan";
    let some = HistoryOptions {
        refs: Some(&only),
        ..HistoryOptions::default()
    };
    let scan = history_with(repo.path(), &some, 2);
    assert!(scan.has(&t[0]) && !scan.has(&t[1]) && !scan.has(&t[8]));
}

/// Other worktrees have references of their own, and old repositories grafts.
#[test]
fn what_git_follows_besides_references_is_followed() {
    for format in ["files", "reftable"] {
        let repo = Repo::init(&[&format!("--ref-format={format}")]);
        let t: Vec<String> = (20..24).map(token).collect();
        let base = repo.commit("a.txt", "base\n");
        let lost: Vec<String> = t
            .iter()
            .map(|t| {
                let lost = repo.commit("s.txt", line(t));
                repo.git(&["reset", "-q", "--hard", &base]);
                lost
            })
            .collect();
        assert!(!history(&repo).has(&t[0]));
        repo.git(&["worktree", "add", "-q", "w"]);
        let blob = repo.git(&["rev-parse", &format!("{}:s.txt", lost[1])]);
        repo.git(&["-C", "w", "update-ref", "refs/worktree/x", &lost[0]]);
        repo.git(&["-C", "w", "update-ref", "refs/bisect/bad", &blob]);
        let scan = history(&repo);
        assert_eq!(
            scan.one(&t[0]).commit.as_ref().unwrap().refs,
            ["worktrees/w/refs/worktree/x"],
            "{format}"
        );
        assert!(scan.has(&t[1]) && !scan.has(&t[2]), "{format}");
        repo.write(
            ".git/info/grafts",
            format!("# old\n{base} {}\n{} {}\nx\n", lost[2], lost[3], lost[3]),
        );
        let scan = history(&repo);
        assert!(scan.has(&t[2]) && !scan.has(&t[3]), "{format}");
    }
}

#[test]
fn contents_that_others_overlook_are_read() {
    let repo = Repo::init(&[]);
    let t: Vec<String> = (30..40).map(token).collect();
    repo.write(".gitattributes", "*.txt -diff\n*.bin binary\n");
    repo.commit("attr.txt", line(&t[0]));
    let wide: Vec<u8> = "\u{feff}x\n"
        .encode_utf16()
        .chain(line(&t[1]).encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    repo.commit("wide.txt", wide);
    repo.commit("crlf.txt", line(&t[2]).replace('\n', "\r\n"));
    repo.commit("odd \"dir\"/a\nb ü😀.txt", line(&t[3]));
    let mut binary: Vec<u8> = (0..4000u32).map(|i| (i * i % 251) as u8).collect();
    binary.extend_from_slice(format!("\0{}\0", t[4]).as_bytes());
    repo.commit("data.bin", binary);
    repo.commit("mark.txt", format!("\u{feff}{}", line(&t[5])));
    let mut large = "an ordinary line of text\n".repeat(840_000).into_bytes();
    large.extend_from_slice(line(&t[6]).as_bytes());
    repo.commit("large.log", large);
    let scan = history(&repo);
    for (i, secret) in t[..7].iter().enumerate() {
        assert_eq!(scan.of(secret).len(), 1, "{i}");
    }
    assert_eq!(scan.one(&t[1]).start.line, 3);
    assert_eq!(scan.one(&t[5]).start.line, 2);
    assert_eq!(scan.one(&t[6]).start.line, 840_002);
    let part = range(&repo, "HEAD");
    for (i, secret) in t[..7].iter().enumerate() {
        assert_eq!(part.of(secret).len(), 1, "{i}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn link_targets_and_names_of_any_bytes_are_read() {
    use std::os::unix::ffi::OsStrExt;
    let repo = Repo::init(&[]);
    let (linked, named) = (token(41), token(42));
    std::os::unix::fs::symlink(&linked, repo.path().join("link")).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(repo.path().join(odd), line(&named)).unwrap();
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "odd"]);
    for scan in [history(&repo), range(&repo, "HEAD")] {
        assert_eq!(scan.of(&linked)[0].0, "link");
        assert_eq!(scan.one(&named).path.as_bytes(), b"caf\xe9.txt");
    }
}

#[test]
fn a_range_tells_what_its_commits_add() {
    let repo = Repo::init(&[]);
    let (root, old, new, message) = (token(50), token(51), token(52), token(53));
    repo.commit("root.txt", line(&root));
    repo.commit("a.txt", format!("a\nb\nc\nd\ne\nf\n{}", line(&old)));
    repo.git(&["tag", "base"]);
    // Moved within the file, then renamed with an edit: neither is new.
    repo.commit("a.txt", format!("{}a\nb\nc\nd\ne\nf\n", line(&old)));
    repo.git(&["mv", "a.txt", "b.txt"]);
    repo.commit("b.txt", format!("{}a\nb\nc\nd\ne\nf\ng\n", line(&old)));
    repo.git(&["mv", "b.txt", "c.txt"]);
    repo.git(&["commit", "-q", "-m", "rename only"]);
    repo.commit(
        "c.txt",
        format!("{}a\nb\nc\nd\ne\nf\n{}", line(&old), line(&new)),
    );
    repo.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        &format!("x {message}"),
    ]);
    let scan = range(&repo, "base..HEAD");
    assert!(!scan.has(&old) && !scan.has(&root));
    assert_eq!(scan.of(&new), [("c.txt".into(), "change c.txt".into())]);
    assert!(scan.has(&message));
    assert_eq!(scan.summary.outcome(false), Outcome::Findings);
    // Everything in the root commit is new.
    let first = repo.git(&["rev-list", "--max-parents=0", "HEAD"]);
    let id = |store: &Store| Revisions::Single(revision::parse_commit(store, &first).unwrap());
    assert!(range_of(&repo, id).has(&root));
    // A single commit.
    let id = |store: &Store| Revisions::Single(revision::parse_commit(store, "HEAD~1").unwrap());
    let scan = range_of(&repo, id);
    assert!(scan.has(&new) && !scan.has(&root));
    // Bad ranges are errors.
    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    for bad in ["nothing..HEAD", "base..nothing", "", "HEAD~99..HEAD"] {
        assert!(revision::parse(&store, bad).is_err(), "{bad}");
    }
}

#[test]
fn bare_and_sha256_repositories_are_read() {
    let secret = token(60);
    for args in [&["--object-format=sha256"][..], &[]] {
        let repo = Repo::init(args);
        repo.commit("a.txt", line(&secret));
        repo.commit("a.txt", format!("{}more\n", line(&secret)));
        repo.git(&["clone", "-q", "--bare", ".", "copy.git"]);
        let bare = history_with(&repo.path().join("copy.git"), &HistoryOptions::default(), 2);
        assert_eq!(bare.one(&secret).commit.as_ref().unwrap().blobs, 2);
        assert!(history(&repo).has(&secret));
        assert!(range(&repo, "HEAD").has(&secret));
    }
}

#[test]
fn shallow_histories_are_read_and_told() {
    let repo = Repo::init(&[]);
    let secret = token(61);
    repo.commit("a.txt", "one\n");
    repo.commit("a.txt", line(&secret));
    let url = format!("file://{}", repo.path().display());
    repo.git(&["clone", "-q", "--depth", "1", &url, "shallow"]);
    let there = repo.path().join("shallow");
    let scan = history_with(&there, &HistoryOptions::default(), 2);
    assert!(scan.has(&secret));
    assert_eq!(scan.failed.len(), 1, "{:?}", scan.failed);
    let allow = HistoryOptions {
        allow_missing: true,
        ..HistoryOptions::default()
    };
    let scan = history_with(&there, &allow, 2);
    assert!(scan.has(&secret));
    assert!(scan.failed.is_empty(), "{:?}", scan.failed);
    assert!(
        scan.summary
            .notes
            .iter()
            .any(|note| note.contains("shallow"))
    );
}

#[test]
fn what_is_missing_or_damaged_is_told_and_the_rest_scanned() {
    let repo = Repo::init(&[]);
    let secret = token(62);
    repo.commit("a.txt", line(&secret));
    repo.commit("lost.txt", "this will be lost\n");
    repo.commit("hurt.txt", "this will be damaged\n");
    let object = |path: &str| {
        let id = repo.git(&["rev-parse", &format!("HEAD:{path}")]);
        repo.path()
            .join(".git/objects")
            .join(&id[..2])
            .join(&id[2..])
    };
    std::fs::remove_file(object("lost.txt")).unwrap();
    let scan = history(&repo);
    assert!(scan.has(&secret));
    assert_eq!(scan.failed.len(), 1, "{:?}", scan.failed);
    assert_eq!(scan.summary.outcome(false), Outcome::Incomplete);
    let allow = HistoryOptions {
        allow_missing: true,
        ..HistoryOptions::default()
    };
    let scan = history_with(repo.path(), &allow, 2);
    assert_eq!(scan.summary.outcome(false), Outcome::Findings);
    assert_eq!(scan.summary.skipped_total(), 1);
    let hurt = object("hurt.txt");
    repo.make_writable(&hurt);
    std::fs::write(&hurt, b"not an object").unwrap();
    let scan = history_with(repo.path(), &allow, 2);
    assert_eq!(scan.failed.len(), 1, "{:?}", scan.failed);
    assert!(scan.has(&secret));
}

/// Returns what must be the same for any packing, any number of threads and
/// either mode.
fn essence(scan: &Scan) -> (Vec<Event>, Summary) {
    let mut summary = scan.summary.clone();
    summary.elapsed = Default::default();
    (scan.events.clone(), summary)
}

#[test]
fn deltas_change_nothing_but_the_time() {
    let repo = Repo::init(&[]);
    repo.fill(9, 120);
    let plain = HistoryOptions {
        delta: false,
        ..HistoryOptions::default()
    };
    let expected = essence(&history_with(repo.path(), &plain, 1));
    assert!(expected.0.len() > 30, "{} events", expected.0.len());
    let packings: [&[&str]; 4] = [
        &[
            "repack",
            "-q",
            "-a",
            "-d",
            "-f",
            "--depth=50",
            "--window=50",
        ],
        &[
            "-c",
            "repack.useDeltaBaseOffset=false",
            "repack",
            "-q",
            "-a",
            "-d",
            "-f",
            "--depth=4",
        ],
        &[
            "repack",
            "-q",
            "-a",
            "-d",
            "-F",
            "--depth=250",
            "--window=5",
        ],
        &[
            "repack",
            "-q",
            "-a",
            "-d",
            "-f",
            "--depth=1",
            "--window=200",
        ],
    ];
    for packing in packings {
        repo.git(packing);
        for threads in [1, 3] {
            let delta = history_with(repo.path(), &HistoryOptions::default(), threads);
            let whole = history_with(repo.path(), &plain, threads);
            assert!(essence(&delta) == expected, "{packing:?}");
            assert!(essence(&whole) == expected, "{packing:?}");
        }
    }
}
