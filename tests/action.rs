//! The GitHub action. Its scripts run in simulated jobs, with events of every kind, in clones as
//! actions/checkout makes them. Also the rules that action.yml and the templates for other CI
//! systems must follow.

#![allow(clippy::unwrap_used, reason = "tests")]
#![cfg(unix)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::repo::Repo;
use crate::support::token;
use serde_json::{Value, json};
use yaml_rust2::{Yaml, YamlLoader};

const ZERO: &str = "0000000000000000000000000000000000000000";

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A job: a workspace, the runner's directories, and the installed program.
struct Job {
    base: Repo,
}

struct Step {
    code: i32,
    log: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Step {
    fn output(&self, name: &str) -> &str {
        self.outputs
            .get(name)
            .unwrap_or_else(|| panic!("no output {name}: {}", self.log))
    }
}

impl Job {
    /// Creates a job in a clone of `origin`; `program` says whether stopleak is installed.
    fn new(origin: &Repo, clone: &[&str], program: bool) -> Self {
        let job = Self {
            base: Repo::init(&["--bare", "unused"]),
        };
        for dir in ["temp/stopleak-bin", "bin"] {
            std::fs::create_dir_all(job.path(dir)).unwrap();
        }
        let url = format!("file://{}", origin.path().display());
        let mut args = vec!["clone", "-q"];
        args.extend_from_slice(clone);
        args.extend_from_slice(&[&url, "work space"]);
        job.base.git(&args);
        if program {
            let to = job.path("temp/stopleak-bin/stopleak");
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_stopleak"), to).unwrap();
        }
        job
    }

    fn path(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    /// Puts a program on the job's path.
    fn fake(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// Runs a script of the action as the runner does.
    fn step(&self, script: &str, env: &[(&str, &str)]) -> Step {
        let (output, summary) = (self.path("temp/output"), self.path("temp/summary"));
        std::fs::write(&output, "").unwrap();
        std::fs::write(&summary, "").unwrap();
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c"])
            .arg(format!(
                "bash \"$GITHUB_ACTION_PATH/ci/action/{script}.sh\" 2>&1"
            ))
            .current_dir(self.path("work space"))
            .env_clear()
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("HOME", self.path("temp"))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTION_PATH", here())
            .env("GITHUB_ACTION_REPOSITORY", "owner/stopleak")
            .env("GITHUB_WORKSPACE", self.path("work space"))
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .envs(env.iter().copied());
        let out = command.output().unwrap();
        let outputs = std::fs::read_to_string(&output).unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        Step {
            code: out.status.code().unwrap(),
            log: String::from_utf8(out.stdout).unwrap(),
            outputs: outputs.lines().map(pair).collect(),
            summary: std::fs::read_to_string(&summary).unwrap(),
        }
    }

    /// Scans an event.
    fn scan(&self, event: &str, sha: &str, payload: &Value, env: &[(&str, &str)]) -> Step {
        let path = self.path("temp/event.json");
        std::fs::write(&path, payload.to_string()).unwrap();
        let mut all = vec![
            ("GITHUB_EVENT_NAME", event),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
            ("GITHUB_SHA", sha),
        ];
        all.extend_from_slice(env);
        self.step("scan", &all)
    }
}

/// Main with an old secret, and a branch of 35 commits with two secrets.
struct Story {
    origin: Repo,
    base: String,
    head: String,
    merge: String,
}

fn story() -> Story {
    let origin = Repo::init(&[]);
    let leak = |path: &str, seed| origin.commit(path, format!("key = \"{}\"\n", token(seed)));
    let base = leak("old.env", 1);
    origin.git(&["checkout", "-q", "-b", "feature"]);
    leak("first.env", 2);
    origin.git(&["rm", "-q", "first.env"]);
    for n in 0..33 {
        origin.commit("log.txt", format!("line {n}\n"));
    }
    let head = leak("last.env", 3);
    origin.git(&["checkout", "-q", "--detach", "main"]);
    origin.git(&["merge", "-q", "--no-ff", "-m", "merge", "feature"]);
    let merge = origin.git(&["rev-parse", "HEAD"]);
    origin.git(&["branch", "-q", "test-merge"]);
    origin.git(&["checkout", "-q", "main"]);
    Story {
        origin,
        base,
        head,
        merge,
    }
}

fn push(branch: &str, before: &str, after: &str) -> Value {
    json!({
        "ref": format!("refs/heads/{branch}"), "before": before, "after": after,
        "repository": {"default_branch": "main"},
    })
}

fn pull_request(s: &Story) -> Value {
    json!({"pull_request": {
        "number": 1,
        "base": {"sha": s.base, "ref": "main", "repo": {"full_name": "me/it"}},
        "head": {"sha": s.head, "ref": "feature", "repo": {"full_name": "fork/it"}},
    }})
}

#[test]
fn events_of_every_kind() {
    let s = story();
    let job = Job::new(&s.origin, &["--branch", "test-merge"], true);
    let group = json!({"merge_group": {
        "base_sha": s.base, "head_sha": s.merge, "base_ref": "refs/heads/main",
    }});
    for (event, sha, payload, code, findings) in [
        ("push", &s.head, push("feature", &s.base, &s.head), 1, "2"),
        ("push", &s.head, push("feature", ZERO, &s.head), 1, "2"),
        ("push", &s.base, push("main", ZERO, &s.base), 1, "1"),
        // A base that is the commit itself vouches for nothing.
        ("push", &s.base, push("main", &s.base, &s.base), 1, "1"),
        // More commits than one page of GitHub's API, from a fork, with a merge.
        ("pull_request", &s.merge, pull_request(&s), 1, "2"),
        ("pull_request_target", &s.base, pull_request(&s), 1, "2"),
        ("merge_group", &s.merge, group, 1, "2"),
        ("schedule", &s.base, json!({}), 1, "3"),
        ("workflow_dispatch", &s.base, json!({}), 1, "3"),
    ] {
        let step = job.scan(event, sha, &payload, &[]);
        assert_eq!(step.code, code, "{event}: {}", step.log);
        assert_eq!(step.output("findings"), findings, "{event}: {}", step.log);
        assert_eq!(step.output("exit-code"), code.to_string());
        let sarif = std::fs::read_to_string(step.output("sarif")).unwrap();
        let sarif: Value = serde_json::from_str(&sarif).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len().to_string(), findings);
        assert!(
            step.summary.starts_with("## stopleak: "),
            "{}",
            step.summary
        );
        assert_eq!(step.summary.matches("## stopleak").count(), 1);
        let errors = step.log.matches("\n::error file=").count();
        assert_eq!(errors.to_string(), findings, "{}", step.log);
        for seed in 1..4 {
            let everything = format!("{}{}{sarif}", step.log, step.summary);
            assert!(!everything.contains(&token(seed)), "{event}");
        }
    }
    // A deletion: nothing is scanned or written, and nothing fails.
    let step = job.scan("push", ZERO, &push("feature", &s.head, ZERO), &[]);
    assert_eq!(
        (step.code, step.output("findings")),
        (0, ""),
        "{}",
        step.log
    );
    assert_eq!((step.output("sarif"), step.summary.as_str()), ("", ""));
}

#[test]
fn what_cannot_be_scanned_fails_the_step() {
    let s = story();
    let job = Job::new(&s.origin, &["--depth", "1", "--branch", "test-merge"], true);
    let event = pull_request(&s);
    for env in [&[][..], &[("INPUT_FAIL_ON", "error")]] {
        let step = job.scan("pull_request", &s.merge, &event, env);
        assert_eq!(step.code, 2, "{}", step.log);
        assert_eq!(step.output("exit-code"), "2");
        assert_eq!(step.output("findings"), "");
        assert_eq!(step.output("sarif"), "");
        assert!(step.log.contains("fetch-depth: 0"), "{}", step.log);
        assert!(
            step.log.contains("\n::error title=stopleak::"),
            "{}",
            step.log
        );
        assert!(
            step.summary.contains("could not be done"),
            "{}",
            step.summary
        );
    }
    // The report of an earlier run does not count as this run's.
    let stale = job.path("temp/stopleak.sarif");
    std::fs::write(&stale, "{}").unwrap();
    let step = job.scan("pull_request", &s.merge, &event, &[]);
    assert_eq!(step.output("sarif"), "");
    // Neither does that of a program that dies.
    let killed = job.path("temp/stopleak-bin/stopleak");
    std::fs::remove_file(&killed).unwrap();
    std::fs::write(&killed, "#!/bin/sh\nkill -9 $$\n").unwrap();
    std::fs::set_permissions(&killed, PermissionsExt::from_mode(0o755)).unwrap();
    let step = job.scan(
        "pull_request",
        &s.merge,
        &event,
        &[("INPUT_FAIL_ON", "error")],
    );
    assert_eq!(
        (step.code, step.output("exit-code")),
        (2, "2"),
        "{}",
        step.log
    );
}

#[test]
fn inputs_decide_what_is_shown_and_what_fails() {
    let s = story();
    let job = Job::new(&s.origin, &["--branch", "feature"], true);
    let event = push("feature", &s.base, &s.head);
    let scan = |env: &[(&str, &str)]| job.scan("push", &s.head, &event, env);
    let step = scan(&[("INPUT_FAIL_ON", "error")]);
    assert_eq!((step.code, step.output("exit-code")), (0, "1"));
    let step = scan(&[("INPUT_FAIL_ON", "nothing")]);
    assert_eq!(step.code, 2, "{}", step.log);
    let step = scan(&[("INPUT_ANNOTATIONS", "false"), ("INPUT_SUMMARY", "false")]);
    assert_eq!((step.code, step.summary.as_str()), (1, ""));
    assert!(!step.log.contains("::error"), "{}", step.log);
    let step = scan(&[("INPUT_ARGS", " --no-messages\n --rule github-pat-classic ")]);
    assert_eq!(
        (step.code, step.output("findings")),
        (1, "2"),
        "{}",
        step.log
    );
    let step = scan(&[("INPUT_ARGS", "--no-such-option")]);
    assert_eq!((step.code, step.output("exit-code")), (2, "2"));
    let step = scan(&[("INPUT_SARIF_FILE", "out put.sarif")]);
    let expected = job.path("work space/out put.sarif");
    assert_eq!(step.output("sarif"), expected.to_str().unwrap());
    assert!(expected.exists());
    // A directory that the change made a link, and a file that it brings, are no places for it.
    let outside = job.path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("s.sarif"), "precious").unwrap();
    std::os::unix::fs::symlink(&outside, job.path("work space/reports")).unwrap();
    let whole = job.path("work space/reports/s.sarif");
    for file in [
        "reports/s.sarif",
        "./x/../reports/s.sarif",
        whole.to_str().unwrap(),
    ] {
        let step = scan(&[("INPUT_SARIF_FILE", file)]);
        assert_eq!((step.code, step.output("sarif")), (2, ""), "{}", step.log);
        assert_eq!(
            std::fs::read_to_string(outside.join("s.sarif")).unwrap(),
            "precious"
        );
    }
    let step = scan(&[("INPUT_SARIF_FILE", "last.env")]);
    assert_eq!((step.code, step.output("sarif")), (2, ""), "{}", step.log);
    let step = scan(&[("INPUT_SARIF_FILE", "a\nfindings=0")]);
    assert_eq!((step.code, step.outputs.len()), (2, 0), "{}", step.log);
    let step = scan(&[("INPUT_PATH", "nowhere")]);
    assert_eq!(step.code, 2);
}

/// Neither inputs nor contents of a repository are code to the shell or the runner.
#[test]
fn nothing_that_comes_from_outside_is_obeyed() {
    let s = story();
    let job = Job::new(&s.origin, &["--branch", "feature"], true);
    let event = push("feature", &s.base, &s.head);
    for hostile in [
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "\" && touch pwned && \"",
        "* ../*",
    ] {
        for name in [
            "INPUT_ARGS",
            "INPUT_PATH",
            "INPUT_SARIF_FILE",
            "INPUT_FAIL_ON",
        ] {
            job.scan("push", &s.head, &event, &[(name, hostile)]);
            for dir in ["work space", "temp", "."] {
                assert!(!job.path(dir).join("pwned").exists(), "{name}={hostile}");
            }
        }
    }
    // A log line that would be a command, in the part where commands are off.
    let line = format!("x = \"{}\" ##[add-mask]clean\n::notice::forged\n", token(7));
    s.origin.git(&["checkout", "-q", "feature"]);
    let evil = s.origin.commit("::error::x.env", line);
    let job = Job::new(&s.origin, &["--branch", "feature"], true);
    let step = job.scan("push", &evil, &push("feature", &s.head, &evil), &[]);
    assert_eq!(step.code, 1, "{}", step.log);
    let (_, rest) = step.log.split_once("::stop-commands::").unwrap();
    let (key, rest) = rest.split_once('\n').unwrap();
    assert!(key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit()));
    let (stopped, after) = rest.split_once(&format!("\n::{key}::\n")).unwrap();
    assert!(stopped.contains(r"#\#[add-mask]"), "{stopped}");
    assert!(!after.contains("##["), "{after}");
    let mut commands = after.lines().filter(|line| !line.is_empty());
    let ours =
        |line: &str| line.starts_with("::error file=") || line.starts_with("::notice title=");
    assert!(commands.all(ours), "{after}");
    assert!(after.contains("file=%3A%3Aerror%3A%3Ax.env,"), "{after}");
}

#[test]
fn the_program_is_built_outside_the_workspace() {
    let s = story();
    let job = Job::new(&s.origin, &[], false);
    job.fake(
        "cargo",
        r#"pwd >"$RUNNER_TEMP/cwd"; printf '%s\n' "$@" >"$RUNNER_TEMP/args"
while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/release"; printf '#!/bin/sh\necho built "$@"\n' >"$2/release/stopleak"; chmod +x "$2/release/stopleak""#,
    );
    let step = job.step("install", &[]);
    assert_eq!(step.code, 0, "{}", step.log);
    assert!(step.log.contains("built --version"), "{}", step.log);
    let read = |name: &str| std::fs::read_to_string(job.path("temp").join(name)).unwrap();
    let cwd = read("cwd");
    assert_eq!(
        Path::new(cwd.trim()).canonicalize().unwrap(),
        here().canonicalize().unwrap()
    );
    assert!(read("args").contains("--locked\n"));
    // A program from the cache is not built again.
    job.fake("cargo", "exit 1");
    assert_eq!(job.step("install", &[]).code, 0);
    // What is not whole, or was built from other sources, is.
    let program = job.path("temp/stopleak-bin/stopleak");
    let note = job.path("temp/stopleak-bin/built");
    let made = std::fs::read_to_string(&note).unwrap();
    std::fs::write(&program, "#!/bin/sh\necho poisoned\n").unwrap();
    let step = job.step("install", &[]);
    assert_eq!(step.code, 2, "{}", step.log);
    assert!(!step.log.contains("poisoned"), "{}", step.log);
    assert!(!program.exists() && !note.exists());
    for wrong in ["", "0", &made.replacen(|c| c != '0', "0", 1)] {
        std::fs::write(&program, "#!/bin/sh\necho built \"$@\"\n").unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::write(&note, wrong).unwrap();
        assert_eq!(job.step("install", &[]).code, 2, "{wrong}");
    }
    let job = Job::new(&s.origin, &[], false);
    job.fake("cargo", "exit 1");
    let step = job.step("install", &[]);
    assert_eq!(step.code, 2);
    assert!(
        step.log.contains("::error title=stopleak::"),
        "{}",
        step.log
    );
}

#[test]
fn a_download_is_run_only_with_the_pinned_hash() {
    let s = story();
    let job = Job::new(&s.origin, &[], false);
    let made = "mkdir -p x/stopleak-1.2.3 && printf '#!/bin/sh\\necho released\\n' \
                >x/stopleak-1.2.3/stopleak && tar -czf a.tgz -C x .";
    let status = Command::new("sh")
        .args(["-c", made])
        .current_dir(job.path("temp"))
        .status();
    assert!(status.unwrap().success());
    let sum = Command::new("sh")
        .args([
            "-c",
            "(sha256sum a.tgz || shasum -a 256 a.tgz) 2>/dev/null | cut -c 1-64",
        ])
        .current_dir(job.path("temp"))
        .output()
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let sum = sum.trim().to_uppercase();
    job.fake(
        "curl",
        r#"printf '%s\n' "$@" >"$RUNNER_TEMP/args"
while [ "$1" != --output ]; do shift; done
cp "$RUNNER_TEMP/a.tgz" "$2""#,
    );
    let version = ("INPUT_VERSION", "1.2.3");
    let step = job.step("install", &[version, ("INPUT_SHA256", &sum)]);
    assert_eq!(step.code, 0, "{}", step.log);
    assert!(step.log.contains("released"), "{}", step.log);
    let args = std::fs::read_to_string(job.path("temp/args")).unwrap();
    let url = "https://github.com/owner/stopleak/releases/download/v1.2.3/\
               stopleak-1.2.3-x86_64-unknown-linux-gnu.tar.gz";
    assert!(args.contains(url), "{args}");
    assert!(args.contains("=https\n"));
    let wrong = "0".repeat(64);
    for env in [
        [version, ("INPUT_SHA256", wrong.as_str())],
        [version, ("INPUT_SHA256", "")],
        [("INPUT_VERSION", "../../x"), ("INPUT_SHA256", &sum)],
        [("INPUT_VERSION", "main"), ("INPUT_SHA256", &sum)],
    ] {
        let _ = std::fs::remove_file(job.path("temp/stopleak-bin/stopleak"));
        let step = job.step("install", &env);
        assert_eq!(step.code, 2, "{env:?}: {}", step.log);
        assert!(!step.log.contains("released"), "{}", step.log);
        assert!(!job.path("temp/stopleak-bin/stopleak").exists());
    }
}

/// A copy of the action with a table of releases: the archive at `sum` is of these sources.
fn with_table(job: &Job, sum: &str) -> PathBuf {
    let copy = job.path("action");
    let script = "mkdir -p \"$2\" && cp -r Cargo.toml Cargo.lock build.rs src rules ci \"$2\"";
    let copied = Command::new("sh")
        .args(["-c", script, "sh", ".", copy.to_str().unwrap()])
        .current_dir(here())
        .status();
    assert!(copied.unwrap().success());
    let table = copy.join("ci/action/releases.txt");
    let sources = job.step("plan", &[("INPUT_VERSION", "source")]);
    let row = |version: &str, target: &str, sources: &str| {
        format!("{version} {target} {sum} {sources}\n")
    };
    let key = sources.output("key");
    let rows = [
        "# comment\n".to_owned(),
        row("1.2.2", "x86_64-unknown-linux-gnu", &"0".repeat(64)),
        row("1.2.3", "aarch64-unknown-linux-gnu", key),
        row("1.2.3", "x86_64-unknown-linux-gnu", key),
    ];
    std::fs::write(table, rows.concat()).unwrap();
    copy
}

#[test]
fn a_release_of_the_same_sources_is_downloaded() {
    let s = story();
    let job = Job::new(&s.origin, &[], false);
    let made = "mkdir -p x/s && printf '#!/bin/sh\\necho released\\n' >x/s/stopleak && \
                tar -czf a.tgz -C x . && (sha256sum a.tgz || shasum -a 256 a.tgz) 2>/dev/null | cut -c 1-64";
    let out = Command::new("sh")
        .args(["-c", made])
        .current_dir(job.path("temp"))
        .output()
        .unwrap();
    let sum = String::from_utf8(out.stdout).unwrap();
    let copy = with_table(&job, sum.trim());
    let copy = ("GITHUB_ACTION_PATH", copy.to_str().unwrap());
    let fetch = r#"printf '%s\n' "$@" >"$RUNNER_TEMP/args"
while [ "$1" != --output ]; do shift; done
cp "$RUNNER_TEMP/a.tgz" "$2""#;
    job.fake("curl", fetch);
    let build = r#"while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/release"; printf '#!/bin/sh\necho built\n' >"$2/release/stopleak"; chmod +x "$2/release/stopleak""#;
    job.fake("cargo", build);
    let install = |env: &[(&str, &str)]| {
        let mut all = vec![copy];
        all.extend_from_slice(env);
        let step = job.step("install", &all);
        (step.code, step.log)
    };
    let ends = |(code, log): (i32, String), wanted: i32, with: &str| {
        assert_eq!(code, wanted, "{log}");
        assert!(log.trim_end().ends_with(with), "{log}");
    };
    ends(install(&[]), 0, "released");
    let args = std::fs::read_to_string(job.path("temp/args")).unwrap();
    assert!(
        args.contains("/v1.2.3/stopleak-1.2.3-x86_64-unknown-linux-gnu.tar.gz"),
        "{args}"
    );
    // A release is not cached: its hash is checked each time.
    assert_eq!(job.step("plan", &[copy]).output("key"), "");
    // A version of the table needs no input sha256. Another one does.
    ends(install(&[("INPUT_VERSION", "1.2.2")]), 0, "released");
    ends(
        install(&[("INPUT_VERSION", "1.2.9")]),
        2,
        "set the input sha256 as well",
    );
    ends(
        install(&[("INPUT_SHA256", &sum)]),
        2,
        "needs the input version",
    );
    // Who wants to build builds, also where no release is.
    ends(install(&[("INPUT_VERSION", "source")]), 0, "built");
    ends(install(&[("RUNNER_ARCH", "RISCV64")]), 0, "built");
    // Without network to the release, the same sources are built; another version is not.
    job.fake("curl", "exit 22");
    ends(install(&[]), 0, "built");
    ends(
        install(&[("INPUT_VERSION", "1.2.2")]),
        2,
        "to build stopleak",
    );
    // Another archive at the address is neither run nor a reason to build.
    job.fake(
        "curl",
        &fetch.replace("cp \"$RUNNER_TEMP/a.tgz\"", "echo x >"),
    );
    ends(install(&[]), 2, "it was not run");
    // Other sources, by one byte: nothing fits.
    job.fake("curl", fetch);
    let mut source = std::fs::OpenOptions::new()
        .append(true)
        .open(Path::new(copy.1).join("src/lib.rs"))
        .unwrap();
    std::io::Write::write_all(&mut source, b"\n").unwrap();
    ends(install(&[]), 0, "built");
}

/// Versions, platforms and hashes have their forms.
#[test]
fn the_table_of_releases_is_whole() {
    let text = std::fs::read_to_string(here().join("ci/action/releases.txt")).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split(' ').collect();
        assert_eq!(parts.len(), 4, "{line}");
        assert!(parts[1].matches('-').count() >= 2, "{line}");
        for hash in &parts[2..] {
            let digits = hash
                .bytes()
                .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
            assert!(hash.len() == 64 && digits, "{line}");
        }
    }
}

#[test]
fn the_key_of_the_cache_is_the_sources() {
    let s = story();
    let job = Job::new(&s.origin, &[], false);
    let step = job.step("plan", &[]);
    assert_eq!(step.code, 0, "{}", step.log);
    let key = step.output("key").to_owned();
    assert!(
        key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit()),
        "{key}"
    );
    let directory = job.path("temp/stopleak-bin");
    assert_eq!(step.output("directory"), directory.to_str().unwrap());
    assert_eq!(job.step("plan", &[]).output("key"), key);
    assert_eq!(
        job.step("plan", &[("INPUT_CACHE", "false")]).output("key"),
        ""
    );
    let pinned = "0".repeat(64);
    let release = [("INPUT_VERSION", "1.2.3"), ("INPUT_SHA256", &pinned)];
    assert_eq!(job.step("plan", &release).output("key"), "");
}

fn yaml(path: &str) -> Yaml {
    let text = std::fs::read_to_string(here().join(path)).unwrap();
    let mut documents = YamlLoader::load_from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    assert_eq!(documents.len(), 1, "{path}");
    documents.remove(0)
}

#[test]
fn no_value_is_put_into_a_script() {
    let action = yaml("action.yml");
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    let mut passed = Vec::new();
    for step in action["runs"]["steps"].as_vec().unwrap() {
        if let Some(run) = step["run"].as_str() {
            assert!(!run.contains("${{"), "{run}");
            assert_eq!(step["shell"].as_str(), Some("bash"), "{run}");
            let script = run
                .split("ci/action/")
                .nth(1)
                .unwrap()
                .trim_end_matches('"');
            assert!(here().join("ci/action").join(script).exists(), "{script}");
            for (name, value) in step["env"].as_hash().unwrap() {
                let input = value.as_str().unwrap();
                let input = input.strip_prefix("${{ inputs.").unwrap();
                let input = input.strip_suffix(" }}").unwrap().to_owned();
                let variable = format!("INPUT_{}", input.to_uppercase().replace('-', "_"));
                assert_eq!(name.as_str(), Some(variable.as_str()));
                passed.push(input);
            }
        } else {
            // Foreign actions are pinned by hash, not by a name that can move.
            let uses = step["uses"].as_str().unwrap();
            let (_, revision) = uses.split_once('@').unwrap();
            assert!(revision.len() == 40, "{uses}");
        }
    }
    for (name, input) in action["inputs"].as_hash().unwrap() {
        let name = name.as_str().unwrap();
        assert!(
            passed.iter().any(|input| input == name),
            "{name} is not passed on"
        );
        assert!(input["description"].as_str().is_some() && input["default"].as_str().is_some());
    }
    for (_, output) in action["outputs"].as_hash().unwrap() {
        assert!(
            output["value"]
                .as_str()
                .unwrap()
                .starts_with("${{ steps.scan.outputs.")
        );
    }
}

/// The templates are YAML with a full clone, and their command has only existing options.
#[test]
fn ready_files_ask_for_a_whole_clone() {
    let mut seen = 0;
    for entry in std::fs::read_dir(here().join("docs/ci")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if name.ends_with(".yml") {
            yaml(&format!("docs/ci/{name}"));
        }
        let line = match name.as_str() {
            "github.yml" => "fetch-depth: 0",
            "gitlab-ci.yml" => "GIT_DEPTH: \"0\"",
            "azure-pipelines.yml" => "fetchDepth: 0",
            "bitbucket-pipelines.yml" => "depth: full",
            "circleci.yml" => "method: full",
            "buildkite.yml" => "BUILDKITE_GIT_CLONE_FLAGS: \"-v\"",
            "woodpecker.yml" => "partial: false",
            "Jenkinsfile" => "shallow: false, noTags: false",
            other => panic!("{other} is not tested"),
        };
        assert!(text.contains(line), "{name}");
        assert!(
            text.contains("stopleak ci") || text.contains("stopleak\" ci") || name == "github.yml",
            "{name}"
        );
        assert!(
            !text.contains("|| true") && !text.contains("--exit-zero"),
            "{name}"
        );
        seen += 1;
    }
    assert_eq!(seen, 8);
    let page = std::fs::read_to_string(here().join("docs/ci.md")).unwrap();
    for entry in std::fs::read_dir(here().join("docs/ci")).unwrap() {
        let name = entry.unwrap().file_name();
        let link = format!("ci/{}", name.to_str().unwrap());
        assert!(page.contains(&link), "docs/ci.md does not lead to {link}");
    }
}
