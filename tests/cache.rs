//! The cache: a run that uses it reports the same bytes as one that does not, whatever happened in
//! between; what it does not trust it tells and does not use; nothing is lost but time.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::repo::{Beside, Repo};
use crate::support::{finish, token};

/// A repository, a cache and the home of a user beside it.
pub(crate) struct Case {
    pub(crate) repo: Repo,
    pub(crate) cache: Beside,
    home: Beside,
}

/// What a run showed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) code: Option<i32>,
    stdout: String,
}

impl Case {
    pub(crate) fn new(repo: Repo) -> Self {
        let (cache, home) = (Beside::new(&repo, "cache"), Beside::new(&repo, "home"));
        std::fs::create_dir_all(home.path()).unwrap();
        Self { repo, cache, home }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopleak"));
        command.args(args).current_dir(self.repo.path());
        command.env_clear().env("HOME", self.home.path());
        command
    }

    fn ran(&self, mut command: Command) -> (Shown, String) {
        let out = finish(&mut command, b"");
        let stderr = String::from_utf8(out.stderr).unwrap();
        let stdout = without_times(&String::from_utf8(out.stdout).unwrap());
        let code = out.status.code();
        let _ = self;
        (Shown { code, stdout }, stderr)
    }

    /// Scans the history with the cache. Returns what it showed, and what it said.
    pub(crate) fn kept(&self, args: &[&str]) -> (Shown, String) {
        let all = [&["history", "--cache", self.cache.text()], args].concat();
        self.ran(self.command(&all))
    }

    /// Scans the history without any.
    pub(crate) fn plain(&self, args: &[&str]) -> Shown {
        let all = [&["history", "--no-cache"], args].concat();
        self.ran(self.command(&all)).0
    }

    /// Runs with and without the cache, and compares.
    #[track_caller]
    pub(crate) fn same(&self, args: &[&str]) {
        let plain = self.plain(args);
        for round in ["first", "second"] {
            let (kept, said) = self.kept(args);
            assert_same(&kept, &plain, &format!("{args:?}, {round} run"));
            assert!(!said.contains("cache"), "{args:?}: {said}");
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let listed = std::fs::read_dir(self.cache.path());
        let entries = listed.into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|e| e == "slc"));
        files.sort();
        files
    }

    fn cache_command(&self, name: &str) -> (Shown, String) {
        self.ran(self.command(&["cache", name, "--cache", self.cache.text()]))
    }
}

/// Returns a report without the time that the run took: `"elapsed_ms":12`, and `, 1.9 s`.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        match line.split_once("\"elapsed_ms\":") {
            Some((before, rest)) => {
                out.push_str(before);
                out.push_str("\"elapsed_ms\":0");
                out.push_str(rest.trim_start_matches(|c: char| c.is_ascii_digit()));
            }
            None => {
                let mut words: Vec<&str> = line.split(' ').collect();
                for at in 1..words.len() {
                    let is_unit = ["s", "s;", "ms", "ms;"].contains(&words[at]);
                    if is_unit && words[at - 1].parse::<f64>().is_ok() {
                        words[at - 1] = "0";
                        words[at] = words[at].trim_start_matches('m');
                    }
                }
                out.push_str(&words.join(" "));
            }
        }
        out.push('\n');
    }
    out
}

/// Fails with the first line that differs.
#[track_caller]
fn assert_same(kept: &Shown, plain: &Shown, when: &str) {
    let lines = kept.stdout.lines().zip(plain.stdout.lines());
    for (kept, plain) in lines {
        assert_eq!(kept, plain, "{when}");
    }
    assert!(
        kept == plain,
        "{when}: one report is longer, or another code"
    );
}

/// A history with all kinds of content: versions of files with secrets and doubtful values,
/// containers, binary files, tags, merges, secrets in messages and in names.
pub(crate) fn rich(seed: u64, commits: usize) -> Repo {
    let repo = Repo::init(&[]);
    repo.fill(seed, commits);
    repo.commit("clean/readme.md", "# A page\n\nNothing to see.\n");
    repo.commit(
        "tool.tar.gz",
        tar_gz("inner/.env", &format!("T={}\n", token(31))),
    );
    repo.commit(
        "empty.tar.gz",
        tar_gz("inner/page.txt", "no secret in here\n"),
    );
    repo.commit("broken.zip", b"PK\x03\x04 this is no zip at all");
    repo.commit("big.txt", "a line of words\n".repeat(2_000));
    repo.git(&["tag", "-a", "v1", "-m", &format!("key {}", token(32))]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("side.txt", format!("token = {}\n", token(33)));
    repo.commit("side.txt", "gone\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("main.txt", "more\n");
    repo.git(&[
        "merge",
        "-q",
        "--no-ff",
        "-m",
        &format!("merge {}", token(34)),
        "side",
    ]);
    // A history with a secret in a name is walked each time.
    if seed.is_multiple_of(2) {
        repo.commit(&format!("names/{}.txt", token(35)), "named\n");
    }
    repo
}

fn tar_gz(name: &str, content: &str) -> Vec<u8> {
    let mut header = vec![0u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut tar = header;
    tar.extend_from_slice(content.as_bytes());
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    // A stream of gzip with one stored block.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    out.push(1);
    let len = u16::try_from(tar.len()).unwrap();
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&(!len).to_le_bytes());
    out.extend_from_slice(&tar);
    out.extend_from_slice(&crc32(&tar).to_le_bytes());
    out.extend_from_slice(&u32::from(len).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[test]
fn a_warm_run_reports_the_same_bytes() {
    for seed in [1, 2] {
        let case = Case::new(rich(seed, 6));
        case.same(&["--format", "json"]);
        case.same(&["--format", "json", "--jobs", "1", "--show-secrets"]);
        case.same(&["--format", "sarif", "--jobs", "4"]);
        case.same(&["--format", "text", "--no-delta"]);
        // Other objects are packed otherwise, and the same is known of them.
        case.repo.git(&["gc", "-q"]);
        case.same(&["--format", "json"]);
        assert!(!case.files().is_empty());
    }
}

#[test]
fn what_changes_is_judged_again() {
    let case = Case::new(rich(3, 4));
    case.same(&["--format", "json"]);
    for more in [
        &["--verbose"][..],
        &["--show-suppressed"],
        &["--confidence", "low"],
        &["--confidence", "high"],
        &["--disable-rule", "github-token"],
        &["--rule", "generic-secret"],
        &["--max-decode-depth", "0"],
        &["--no-archives"],
        &["--max-file-size", "1K"],
        &["--all-objects"],
        &["--refs", "refs/heads/side"],
        &["--no-messages"],
        &["--no-suppressions"],
        &["--allow-missing"],
    ] {
        let args = [&["--format", "json"][..], more].concat();
        case.same(&args);
    }
    let (repo, json) = (&case.repo, &["--format", "json"][..]);
    // Ten more commits, some of which bring a value to another class of path.
    for n in 0..8 {
        repo.commit("clean/more.txt", format!("version {n} of a page\n"));
    }
    repo.git(&["mv", "a.txt", "fixture.txt"]);
    repo.commit("dir/new.py", format!("password = \"{}\"\n", "Tr0ub4dor-31"));
    repo.git(&["mv", "fixture.txt", ".env"]);
    repo.commit("other.txt", "x\n");
    case.same(json);
    // Another configuration.
    repo.write("stopleak.toml", "[scan]\nexclude = [\"dir/**\"]\n");
    case.same(json);
    let rule = "[[rule]]\nid = \"page\"\ntitle = \"A page\"\nshape = '\"version \" digit{1}'\n\
                secret = \"digit\"\n";
    repo.write("stopleak.toml", rule);
    let _ = case.kept(json);
    std::fs::remove_file(repo.path().join("stopleak.toml")).unwrap();
    repo.git(&["repack", "-adfq", "--depth=3"]);
    case.same(json);
    // A branch goes, and what it brought is not reachable any more.
    repo.git(&["reset", "-q", "--hard", "HEAD~5"]);
    repo.git(&["branch", "-D", "side"]);
    case.same(json);
    case.same(&["--format", "json", "--all-objects"]);
}

/// What few rules find clean is not clean for all.
#[test]
fn a_run_with_few_rules_says_nothing_about_the_others() {
    let json = &["--format", "json"][..];
    let few: [&[&str]; 2] = [
        &["--rule", "stripe-secret-key"],
        &["--disable-rule", "github-pat-classic"],
    ];
    for few in few {
        let case = Case::new(rich(5, 4));
        let found = case.plain(json);
        case.same(&[json, few].concat());
        assert_ne!(case.plain(&[json, few].concat()), found, "{few:?}");
        case.same(json);
    }
    // The same by the configuration.
    let case = Case::new(rich(7, 4));
    case.repo
        .write("stopleak.toml", "[rules]\nonly = [\"stripe-secret-key\"]\n");
    case.same(json);
    std::fs::remove_file(case.repo.path().join("stopleak.toml")).unwrap();
    case.same(json);
}

#[test]
fn what_people_accept_meanwhile_counts() {
    let case = Case::new(rich(14, 3));
    let (repo, json) = (&case.repo, &["--format", "json"][..]);
    case.same(json);
    let report: serde_json::Value = serde_json::from_str(&case.plain(json).stdout).unwrap();
    let first = report["findings"][0]["fingerprint"].as_str().unwrap();
    for args in [
        &["ignore", "add", first, "--reason", "seen"][..],
        &["baseline", "create", "--history"],
    ] {
        let (shown, said) = case.ran(case.command(args));
        assert_eq!(shown.code, Some(0), "{said}");
        case.same(json);
        case.same(&["--format", "json", "--show-suppressed"]);
    }
    std::fs::remove_file(repo.path().join(".stopleak-baseline")).unwrap();
    case.same(json);
    for config in [
        "[[allow]]\nreason = \"old\"\npaths = [\"a.txt\"]\n",
        "[[allow]]\nreason = \"past\"\npaths = [\"dir/**\"]\nuntil = \"2020-01-01\"\n",
        "[[paths]]\npaths = [\"other/**\"]\nwarn = true\nreason = \"tests\"\n",
        "[coverage]\naccept = [\"*.zip\"]\n",
    ] {
        repo.write("stopleak.toml", config);
        case.same(json);
    }
}

/// What is known is not read: that is what a cache is for.
#[test]
fn what_is_known_is_not_read_again() {
    let case = Case::new(rich(15, 4));
    let json = &["--format", "json"][..];
    case.kept(json);
    let plain = case.plain(json);
    let id = case.repo.git(&["rev-parse", "HEAD:clean/readme.md"]);
    let object = case
        .repo
        .path()
        .join(".git/objects")
        .join(&id[..2])
        .join(&id[2..]);
    case.repo.make_writable(&object);
    std::fs::write(&object, b"no object").unwrap();
    assert_same(&case.kept(json).0, &plain, "the same history");
    assert_eq!(
        case.plain(json).code,
        Some(2),
        "without a cache, it is read"
    );
    case.repo.git(&["tag", "another"]);
    let (shown, _) = case.kept(json);
    assert!(
        !shown.stdout.contains(&id),
        "another history with this blob"
    );
    let (info, _) = case.cache_command("info");
    let histories = info
        .stdout
        .lines()
        .find(|line| line.starts_with("histories"));
    assert!(
        histories.is_some_and(|line| line.ends_with('2')),
        "{}",
        info.stdout
    );
}

#[test]
fn a_second_clone_and_a_fork_use_what_is_known() {
    let case = Case::new(rich(4, 6));
    case.same(&["--format", "json"]);
    let known = case.files();
    let fork = Beside::new(&case.repo, "fork");
    let from = case.repo.path().to_str().unwrap();
    case.repo.git(&["clone", "-q", "--bare", from, fork.text()]);
    let args = ["--format", "json", fork.text()];
    case.same(&args);
    let new: Vec<_> = case
        .files()
        .into_iter()
        .filter(|f| !known.contains(f))
        .collect();
    let objects = |path: &&PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("o-")
    };
    assert_eq!(new.iter().filter(objects).count(), 0, "no blob is new");
}

#[test]
fn no_value_is_kept() {
    let case = Case::new(rich(5, 5));
    let (shown, _) = case.kept(&["--format", "json", "--show-secrets", "--confidence", "low"]);
    case.kept(&["--format", "json"]);
    case.kept(&["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 10);
    let values = findings
        .iter()
        .filter_map(|f| f["secret"]["value"].as_str());
    let values: Vec<&str> = values.filter(|value| value.len() >= 8).collect();
    assert!(!values.is_empty());
    for file in case.files() {
        let bytes = std::fs::read(&file).unwrap();
        for value in &values {
            let found = bytes.windows(8).any(|part| part == &value.as_bytes()[..8]);
            assert!(!found, "{} has a value", file.display());
        }
    }
}

#[test]
fn what_is_not_proven_is_told_and_not_used() {
    let case = Case::new(rich(6, 3));
    let json = &["--format", "json"][..];
    let plain = case.plain(json);
    case.kept(json);
    case.kept(json);
    let files: Vec<_> = case.files();
    let whole: Vec<_> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
    let restore = || {
        for (file, bytes) in files.iter().zip(&whole) {
            std::fs::write(file, bytes).unwrap();
        }
    };
    for (file, bytes) in files.iter().zip(&whole) {
        let step = (bytes.len() / 6).max(1);
        for at in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            restore();
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            std::fs::write(file, changed).unwrap();
            // It reads only: nothing new is in the way.
            let (shown, said) = case.ran(read_only(&case, json));
            assert_eq!(shown, plain, "{} at {at}", file.display());
            assert!(
                said.contains("not used"),
                "{} at {at}: {said}",
                file.display()
            );
        }
        restore();
        std::fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
        let (shown, said) = case.ran(read_only(&case, json));
        assert_same(&shown, &plain, "plain");
        assert!(said.contains("not complete"), "{said}");
        let (verified, _) = case.cache_command("verify");
        assert_eq!(verified.code, Some(2), "{}", verified.stdout);
        restore();
    }
    // Another user wrote it.
    let other = Beside::new(&case.repo, "other");
    std::fs::create_dir_all(other.path()).unwrap();
    let mut command = case.command(&["history", "--cache", case.cache.text(), "--format", "json"]);
    command.env("HOME", other.path());
    let (shown, said) = case.ran(command);
    assert_same(&shown, &plain, "plain");
    assert!(said.contains("not written with this key"), "{said}");
    // A file under the name of another.
    restore();
    let (verified, _) = case.cache_command("verify");
    assert!(
        verified.code == Some(2),
        "the other user's file is there, too"
    );
}

/// A run in a job for somebody's change: it may use the cache, and not write.
fn read_only(case: &Case, args: &[&str]) -> Command {
    let event = case.home.path().join("event.json");
    let payload = r#"{"pull_request": {"number": 1, "base": {"sha": "0000000000000000000000000000000000000001", "ref": "main"}, "head": {"sha": "0000000000000000000000000000000000000002", "ref": "x"}}}"#;
    std::fs::write(&event, payload).unwrap();
    let all = [&["history", "--cache", case.cache.text()], args].concat();
    let mut command = case.command(&all);
    command
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_EVENT_PATH", event)
        .env("GITHUB_SHA", "0000000000000000000000000000000000000003")
        .env("GITHUB_REF", "refs/pull/1/merge")
        .env("GITHUB_BASE_REF", "main")
        .env("GITHUB_HEAD_REF", "x")
        .env("CI", "true");
    command
}

#[test]
fn a_change_that_is_not_merged_reads_and_never_writes() {
    let case = Case::new(rich(7, 3));
    let json = &["--format", "json"][..];
    let plain = case.plain(json);
    let (shown, _) = case.ran(read_only(&case, json));
    assert_same(&shown, &plain, "plain");
    assert!(!case.cache.path().exists());
    case.kept(json);
    let before = snapshot(case.cache.path());
    case.repo.commit("more.txt", "of the change\n");
    let (shown, _) = case.ran(read_only(&case, json));
    assert_eq!(shown, case.plain(json));
    assert_eq!(snapshot(case.cache.path()), before);
}

fn snapshot(dir: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut all: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let time = std::fs::metadata(&path).unwrap().modified().unwrap();
            (path.clone(), std::fs::read(&path).unwrap(), time)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn two_writers_lose_nothing() {
    let case = Case::new(rich(8, 5));
    let json = ["--format", "json"];
    let plain = case.plain(&json);
    let args = ["history", "--cache", case.cache.text(), "--format", "json"];
    let running: Vec<_> = (0..4)
        .map(|_| {
            let mut command = case.command(&args);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in running {
        let out = child.wait_with_output().unwrap();
        let stdout = without_times(&String::from_utf8(out.stdout).unwrap());
        assert_eq!(stdout, plain.stdout);
        assert_eq!(out.status.code(), plain.code);
    }
    let (verified, _) = case.cache_command("verify");
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);
    assert_eq!(case.kept(&json).0, plain);
}

#[cfg(unix)]
#[test]
fn a_kill_at_any_moment_loses_only_time() {
    let case = Case::new(rich(9, 3));
    let json = ["history", "--cache", case.cache.text(), "--format", "json"];
    let plain = case.plain(&["--format", "json"]);
    for round in 0..8 {
        let mut child = case
            .command(&json)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(round * 40));
        let _ = child.kill();
        child.wait().unwrap();
        let (shown, said) = case.kept(&["--format", "json"]);
        assert_same(&shown, &plain, &format!("{round}"));
        assert!(!said.contains("cache"), "{said}");
        if round % 2 == 0 {
            let _ = std::fs::remove_dir_all(case.cache.path());
        }
    }
    // What a killed run left is no file of the cache.
    std::fs::write(case.cache.path().join("o-00-00.part"), b"half").unwrap();
    assert_eq!(case.kept(&["--format", "json"]).0, plain);
    assert_eq!(case.cache_command("verify").0.code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_only_time() {
    let case = Case::new(rich(10, 3));
    let plain = case.plain(&["--format", "json"]);
    let program = env!("CARGO_BIN_EXE_stopleak");
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" history --cache \"$1\" --format json";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, program, case.cache.text()])
        .current_dir(case.repo.path())
        .env_clear()
        .env("HOME", case.home.path())
        .env("STOPLEAK_CACHE_KEY", "0123456789abcdef0123456789abcdef");
    let (shown, said) = case.ran(command);
    assert_same(&shown, &plain, "plain");
    assert!(said.contains("not written"), "{said}");
    assert!(case.files().is_empty());
    // A directory that cannot be made.
    std::fs::write(case.cache.path().with_extension("file"), b"").unwrap();
    let dir = case.cache.path().with_extension("file").join("below");
    let command = case.command(&[
        "history",
        "--format",
        "json",
        "--cache",
        dir.to_str().unwrap(),
    ]);
    let (shown, said) = case.ran(command);
    assert_same(&shown, &plain, "plain");
    assert!(said.contains("cache"), "{said}");
    std::fs::remove_file(case.cache.path().with_extension("file")).unwrap();
}

#[test]
fn info_verify_and_clear_say_what_is_there() {
    let case = Case::new(rich(11, 3));
    let (shown, _) = case.cache_command("info");
    assert_eq!(shown.code, Some(0), "an empty cache is no error");
    case.kept(&["--format", "json"]);
    let (shown, _) = case.cache_command("info");
    assert!(shown.stdout.contains(case.cache.text()), "{}", shown.stdout);
    assert!(shown.stdout.contains("objects"), "{}", shown.stdout);
    let (shown, _) = case.cache_command("verify");
    assert_eq!(shown.code, Some(0), "{}", shown.stdout);
    std::fs::write(case.cache.path().join("notes.txt"), "mine").unwrap();
    let (shown, _) = case.cache_command("clear");
    assert_eq!(shown.code, Some(0));
    assert!(case.files().is_empty());
    assert!(case.cache.path().join("notes.txt").exists());
    let mut command = case.command(&["cache", "info"]);
    command.env("STOPLEAK_CACHE_DIR", case.cache.path());
    let (shown, _) = case.ran(command);
    assert!(shown.stdout.contains(case.cache.text()), "{}", shown.stdout);
}

#[test]
fn options_and_variables_choose_the_directory() {
    let case = Case::new(rich(12, 4));
    // A small history is not worth a cache that nobody asked for.
    case.ran(case.command(&["history", "--format", "json"]));
    assert!(std::fs::read_dir(case.home.path()).unwrap().all(|entry| {
        let name = entry.unwrap().file_name();
        name == ".config" || name == "Library"
    }));
    let mut command = case.command(&["history", "--format", "json"]);
    command.env("STOPLEAK_CACHE_DIR", case.cache.path());
    case.ran(command);
    assert!(!case.files().is_empty());
    let mut command = case.command(&["history", "--no-cache", "--format", "json"]);
    let other = Beside::new(&case.repo, "unused");
    command.env("STOPLEAK_CACHE_DIR", other.path());
    case.ran(command);
    assert!(!other.path().exists());
    let (shown, said) =
        case.ran(case.command(&["history", "--no-cache", "--cache", case.cache.text()]));
    assert_eq!(shown.code, Some(2), "{said}");
    let mut command = case.command(&["history", "--cache", other.text()]);
    command.env("STOPLEAK_CACHE_KEY", "short");
    let (shown, said) = case.ran(command);
    assert_eq!(shown.code, Some(2));
    assert!(said.contains("STOPLEAK_CACHE_KEY"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_tree_cannot_lead_the_cache_elsewhere() {
    let case = Case::new(rich(13, 4));
    let victim = Beside::new(&case.repo, "victim");
    std::fs::create_dir_all(victim.path()).unwrap();
    std::os::unix::fs::symlink(victim.path(), case.repo.path().join("kept")).unwrap();
    for dir in ["kept", "kept/below"] {
        let command = case.command(&["history", "--format", "json", "--cache", dir]);
        let (shown, said) = case.ran(command);
        assert_eq!(shown, case.plain(&["--format", "json"]));
        assert!(said.contains("is a link"), "{said}");
    }
    assert_eq!(std::fs::read_dir(victim.path()).unwrap().count(), 0);
    // A directory of the tree itself is fine: GitLab keeps no other.
    case.ran(case.command(&["history", "--format", "json", "--cache", "own"]));
    assert!(case.repo.path().join("own").is_dir());
}
