//! Damaged objects. If any bit is flipped, or anything is cut off or missing, the findings are the
//! same or the run reports that it is incomplete.

use std::path::{Path, PathBuf};

use stopleak::detect::Detector;
use stopleak::finding::Event;
use stopleak::git::{OpenOptions, Store};
use stopleak::history::HistoryOptions;
use stopleak::identity::IdentityKey;
use stopleak::scan::{Engine, RunOptions};
use stopleak::suppress::Policy;

use super::support::{Dir, full, line, size, tell, token};

/// Returns the findings of a history, and the number of failures.
fn history(engine: &Engine, dir: &Path) -> (Vec<String>, u64) {
    history_with(engine, dir, &HistoryOptions::default())
}

fn history_with(engine: &Engine, dir: &Path, what: &HistoryOptions<'_>) -> (Vec<String>, u64) {
    let Ok(store) = Store::open(dir, &OpenOptions::default()) else {
        return (Vec::new(), 1);
    };
    let options = RunOptions {
        jobs: 1,
        ..RunOptions::default()
    };
    let mut found = Vec::new();
    let summary = stopleak::history::run(&store, engine, what, &options, &mut |event| {
        if let Event::Finding(finding) = event {
            // A tag may name a blob: the secret counts, not its place.
            found.push(format!("{:?}", finding.secret_id));
        }
        true
    });
    found.sort();
    (found, summary.map_or(1, |summary| summary.failed))
}

/// The findings of all versions together have a limit, too. Findings beyond it are dropped, and one
/// failure reports that.
#[test]
fn versions_full_of_findings() {
    let dir = Dir::new();
    dir.git("init -q -b main .");
    let mut feed = String::new();
    let lines: String = (0..size(300, 19_000) as u64).map(line).collect();
    let count = size(60, 1_000);
    for version in 1..=count {
        let content = format!("{lines}version {version}\n");
        feed.push_str(&format!(
            "commit refs/heads/main\ncommitter A <a@example.com> {} +0000\ndata 1\nm\n\
             M 100644 inline f.txt\ndata {}\n{content}\n",
            1_600_000_000 + version,
            content.len()
        ));
    }
    dir.write(".git/feed", feed);
    dir.shell(
        "git fast-import --quiet < .git/feed; rm .git/feed; git repack -qad",
        &[],
    );
    let engine = engine();
    if full() {
        let script = "ulimit -v 3000000; exec \"$@\"";
        let ran = dir.run_in(script, &["history", "--format", "json", "-j", "2"]);
        ran.ends(2).says("more was found in all versions");
        return;
    }
    let (all, failed) = history(&engine, dir.path());
    assert_eq!((all.len(), failed), (300, 0));
    let what = HistoryOptions {
        memory: 1 << 20,
        ..HistoryOptions::default()
    };
    let (some, failed) = history_with(&engine, dir.path(), &what);
    assert_eq!((some.len(), failed), (300, 1));
}

fn engine() -> Engine {
    Engine {
        detector: Detector::builtin(),
        policy: Policy::default(),
        key: IdentityKey::default(),
        base: None,
        keep_dismissed: false,
    }
}

/// Creates a history with a secret in each kind of object, and deltas of both forms.
fn repository() -> Dir {
    let dir = Dir::new();
    dir.git("init -q -b main .");
    let mut lines: Vec<String> = (0..40).map(|i| format!("line {i} of the text\n")).collect();
    for i in 0..5u64 {
        lines[i as usize * 7] = format!("token: {}\n", token(i));
        dir.write(["d/a.txt", "b.txt"][i as usize % 2], lines.concat());
        let message = if i == 2 {
            token(90)
        } else {
            format!("change {i}")
        };
        dir.shell("git add -A; git commit -qm \"$1\"", &[&message]);
    }
    dir.shell("git tag -a v1 -m \"$1\"", &[&token(91)]);
    dir.shell("git branch side HEAD~2; git pack-refs --all", &[]);
    dir
}

fn files(dir: &Path, ext: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![dir.join(".git/objects")];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => todo.push(path),
                false if path.to_string_lossy().ends_with(ext) => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    for path in &found {
        std::process::Command::new("chmod")
            .arg("u+w")
            .arg(path)
            .status()
            .unwrap();
    }
    found
}

struct Watch<'a> {
    engine: Engine,
    dir: &'a Dir,
    whole: Vec<String>,
    tried: usize,
    muted: Vec<String>,
}

impl<'a> Watch<'a> {
    fn new(dir: &'a Dir) -> Self {
        let engine = engine();
        let (whole, failed) = history(&engine, dir.path());
        assert_eq!(failed, 0);
        assert!(whole.len() >= 7, "{whole:?}");
        Self {
            engine,
            dir,
            whole,
            tried: 0,
            muted: Vec::new(),
        }
    }

    fn look(&mut self, what: impl Fn() -> String) {
        self.tried += 1;
        let (found, failed) = history(&self.engine, self.dir.path());
        let fewer = self.whole.iter().filter(|f| !found.contains(f)).count();
        if failed == 0 && fewer > 0 {
            self.muted.push(format!("{}: {fewer} fewer", what()));
        }
    }

    /// Flips bits of a file, `step` bytes apart.
    fn flip(&mut self, file: &Path, step: usize) {
        let good = std::fs::read(file).unwrap();
        for at in (0..good.len()).step_by(step) {
            let bits = if full() {
                0..8
            } else {
                at * 5 % 8..at * 5 % 8 + 1
            };
            for bit in bits {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                std::fs::write(file, bad).unwrap();
                self.look(|| format!("{}: byte {at} bit {bit}", file.display()));
            }
        }
        std::fs::write(file, good).unwrap();
    }

    fn cut(&mut self, file: &Path, cuts: usize) {
        let good = std::fs::read(file).unwrap();
        for part in 0..cuts {
            let len = good.len() * part / cuts;
            std::fs::write(file, &good[..len]).unwrap();
            self.look(|| format!("{}: cut at {len}", file.display()));
        }
        std::fs::write(file, good).unwrap();
    }

    #[track_caller]
    fn done(self) {
        if full() {
            tell(&format!("{} damaged repositories tried", self.tried));
        }
        assert!(
            self.muted.is_empty(),
            "{} of {}: {:#?}",
            self.muted.len(),
            self.tried,
            self.muted
        );
    }
}

#[test]
fn flipped_and_cut_packs() {
    let dir = repository();
    for options in ["", "-c repack.useDeltaBaseOffset=false"] {
        dir.git(&format!("{options} repack -qadf"));
        let mut watch = Watch::new(&dir);
        for ext in [".pack", ".idx"] {
            let file = &files(dir.path(), ext)[0];
            let len = std::fs::metadata(file).unwrap().len() as usize;
            watch.flip(file, size(len / 120, 1));
            watch.cut(file, size(12, 300));
        }
        watch.done();
    }
}

/// Three bits hold the kind of an entry. A tree read as a blob, or a commit without kind, silently
/// lost everything behind it.
#[test]
fn entries_of_another_kind_than_they_should_be() {
    let dir = repository();
    dir.git("repack -qadf");
    let pack = files(dir.path(), ".pack")[0].clone();
    let listed = dir.shell("git verify-pack -v \"$1\"", &[pack.to_str().unwrap()]);
    let offsets: Vec<usize> = listed
        .lines()
        .filter(|l| l.len() > 40 && !l[..40].contains(' '))
        .filter_map(|l| l.split_whitespace().nth(4)?.parse().ok())
        .collect();
    assert!(offsets.len() > 15, "{listed}");
    let good = std::fs::read(&pack).unwrap();
    let mut watch = Watch::new(&dir);
    for at in offsets {
        for kind in 0..8u8 {
            let mut bad = good.clone();
            bad[at] = bad[at] & 0x8f | kind << 4;
            std::fs::write(&pack, bad).unwrap();
            watch.look(|| format!("entry at {at} as kind {kind}"));
        }
    }
    watch.done();
}

#[test]
fn flipped_cut_and_missing_loose_objects_and_references() {
    let dir = repository();
    let mut watch = Watch::new(&dir);
    let mut all = files(dir.path(), "");
    all.push(dir.at(".git/packed-refs"));
    all.push(dir.at(".git/HEAD"));
    for file in &all {
        let good = std::fs::read(file).unwrap();
        watch.flip(file, size(good.len() / 5, 1).max(1));
        watch.cut(file, size(3, 40));
        if !file.ends_with("packed-refs") {
            std::fs::remove_file(file).unwrap();
            watch.look(|| format!("{}: gone", file.display()));
            std::fs::write(file, good).unwrap();
        }
    }
    // A reference to a missing object is not a missing branch: it is reported. A reference whose
    // name is gone is no longer a fact of the repository.
    watch
        .muted
        .retain(|what| !what.contains("packed-refs") && !what.contains("HEAD"));
    watch.done();
}

/// The same for the index, git's own record of what is staged.
#[test]
fn flipped_indexes() {
    let dir = Dir::new();
    dir.git("init -q .");
    dir.write("a.txt", line(1)).write("d/b.txt", line(2));
    dir.git("add -A");
    let index = dir.at(".git/index");
    let good = std::fs::read(&index).unwrap();
    for at in (0..good.len()).step_by(size(good.len() / 40, 1)) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        std::fs::write(&index, bad).unwrap();
        let ran = dir.run(&["staged", "--format", "json"]);
        assert!(matches!(ran.code, Some(1 | 2)), "byte {at}: {ran:?}");
        assert!(
            ran.code == Some(2) || ran.findings().len() == 2,
            "byte {at}"
        );
    }
}

/// The missing objects of a partial clone are reported. If that is allowed, they are counted.
#[test]
fn missing_promised_objects() {
    let dir = repository();
    dir.git("repack -qadf");
    dir.git("config uploadpack.allowFilter true");
    dir.shell(
        "git clone -q --bare --filter=blob:none --no-local \"file://$PWD\" part.git 2> clone.log",
        &[],
    );
    let ran = dir.run(&["history", "part.git", "--format", "json"]);
    assert!(ran.ends(2).json()["summary"]["failed"].as_u64() >= Some(5));
    assert_eq!(ran.findings().len(), 2);
    let ran = dir.run(&["history", "part.git", "--allow-missing", "--format", "json"]);
    assert!(ran.ends(1).json()["summary"]["skipped"]["missing"].as_u64() >= Some(5));
    // An object that is present but damaged is not missing.
    let pack = files(&dir.at("part.git/.."), ".pack");
    assert!(!pack.is_empty());
}
