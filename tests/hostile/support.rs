//! Directories, runs of the program under limits, and what they left.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// Whether the long form was asked for.
pub(crate) fn full() -> bool {
    std::env::var_os("STOPLEAK_HOSTILE").is_some_and(|v| v == "full")
}

/// `short`, or `long` in the long form.
pub(crate) fn size(short: usize, long: usize) -> usize {
    if full() { long } else { short }
}

/// Says, where nobody overlooks it, that something was not tried.
pub(crate) fn skipped(what: &str) {
    tell(&format!("SKIPPED: {what}"));
}

/// A line on standard error, past what captures the output of tests.
pub(crate) fn tell(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Every format of reports.
pub(crate) const FORMATS: &[&str] = &[
    "text",
    "json",
    "jsonl",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "csv",
    "markdown",
    "gitleaks-json",
    "gitleaks-csv",
];

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_stopleak");

/// Address space that a run may take, in KiB: what "bounded memory" means here. Threads'
/// arenas and stacks are in it; the resident part is less.
pub(crate) const CAP: u64 = 768 << 10;

/// A line in which a password is found.
pub(crate) fn line(seed: u64) -> String {
    format!("db_password = \"q8Zr7kQm{}xW\"\n", 1000 + seed)
}

/// A token that a rule finds by itself.
pub(crate) fn token(seed: u64) -> String {
    let bytes = stopleak::check::mint::mint_with_prefix("crc32-base62", "ghp_", seed).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A directory that goes away with its test.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stopleak-hostile-{}-{n}", std::process::id());
        let path = std::env::temp_dir().canonicalize().unwrap().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// A shell script in this directory; its words are `$1`, `$2`, …
    #[track_caller]
    pub(crate) fn shell(&self, script: &str, words: &[&str]) -> String {
        let out = Command::new("sh")
            .args(["-euc", script, "sh"])
            .args(words)
            .current_dir(&self.0)
            .env("HOME", &self.0)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["AUTHOR", "COMMITTER"].iter().flat_map(|who| {
                [
                    (format!("GIT_{who}_NAME"), "A".to_owned()),
                    (format!("GIT_{who}_EMAIL"), "a@example.com".to_owned()),
                    (format!("GIT_{who}_DATE"), "1600000000 +0000".to_owned()),
                ]
            }))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{script}: {stderr}");
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    #[track_caller]
    pub(crate) fn git(&self, args: &str) -> String {
        self.shell(&format!("git {args}"), &[])
    }

    /// Runs the program here, within [`CAP`].
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_in(&format!("ulimit -v {CAP}; exec \"$@\""), args)
    }

    /// Runs the program through a shell script that ends with `"$@"`.
    #[track_caller]
    pub(crate) fn run_in(&self, script: &str, args: &[impl AsRef<OsStr>]) -> Ran {
        let out = self.command(script, args).output().unwrap();
        Ran::of(&out)
    }

    /// The command of [`run_in`](Self::run_in).
    pub(crate) fn command(&self, script: &str, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", script, "sh", PROGRAM])
            .args(args)
            .current_dir(&self.0)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.0)
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        // `rm` enters trees whose paths are longer than a path may be.
        let _ = Command::new("rm").arg("-rf").arg(&self.0).status();
    }
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    /// None when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(out: &std::process::Output) -> Self {
        Self {
            code: out.status.code(),
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    /// The exit code is `code`, and nothing looks like a crash.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32) -> &Self {
        let shown: String = self.stdout.chars().take(3000).collect();
        assert_eq!(self.code, Some(code), "{shown}\n{}", self.stderr);
        for word in ["panicked", "internal error", "stack backtrace"] {
            assert!(!self.stderr.contains(word), "{}", self.stderr);
        }
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        let all = format!("{}\n{}", self.stdout, self.stderr);
        assert!(all.contains(text), "no `{text}` in: {all}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let value = serde_json::from_str(&self.stdout);
        value.unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The findings' identities and places, of a report in JSON.
    #[track_caller]
    pub(crate) fn findings(&self) -> Vec<String> {
        let report = self.json();
        let list = report["findings"].as_array().unwrap();
        let mut found: Vec<String> = list
            .iter()
            .map(|f| format!("{} {}", f["fingerprint"], f["path"]))
            .collect();
        found.sort();
        found
    }
}

/// Nanoseconds that this thread has run; None where the system does not tell.
pub(crate) fn on_cpu() -> Option<u64> {
    // The count is brought up to date when the scheduler is asked for something.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}
