//! Directories, runs of the program under limits, and their results.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use crate::support::token;

/// Returns whether the long form was requested.
pub(crate) fn full() -> bool {
    std::env::var_os("STOPLEAK_HOSTILE").is_some_and(|v| v == "full")
}

/// Returns `short`, or `long` in the long form.
pub(crate) fn size(short: usize, long: usize) -> usize {
    if full() { long } else { short }
}

/// Reports visibly that something was not tested.
pub(crate) fn skipped(what: &str) {
    tell(&format!("SKIPPED: {what}"));
}

/// Writes a line to standard error, past the capture of test output.
pub(crate) fn tell(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_stopleak");

/// The address space of a run in KiB: the meaning of "bounded memory" here. It includes arenas and
/// stacks of threads; the resident part is less.
pub(crate) const CAP: u64 = 768 << 10;

/// Returns a line in which a password is found.
pub(crate) fn line(seed: u64) -> String {
    format!("db_password = \"q8Zr7kQm{}xW\"\n", 1000 + seed)
}

/// A directory that is removed with its test.
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

    /// Runs a shell script in this directory, with `words` as `$1`, `$2`, …
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

    /// Runs the program in this directory, within [`CAP`].
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

    /// Returns the command of [`run_in`](Self::run_in).
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
        // `rm` can remove trees whose paths are longer than a path may be.
        let _ = Command::new("rm").arg("-rf").arg(&self.0).status();
    }
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// None if a signal ended the run.
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

    /// Checks that the exit code is `code` and that nothing looks like a crash.
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

    /// Returns the findings' identities and places, from a JSON report.
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

/// Returns how many nanoseconds this thread has run, or None if the system does not say.
pub(crate) fn on_cpu() -> Option<u64> {
    // The system updates the count when the scheduler is called.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}
