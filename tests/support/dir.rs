//! Runs the binary in a fresh directory with a scrubbed environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use super::finish;
pub(crate) use super::ran::Ran;

/// A directory that is removed with its test.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("stopleak-cli-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, b"")
    }

    /// Scans everything, and returns the findings with their values by the number that their
    /// paths begin with.
    pub(crate) fn findings_by_number(&self) -> BTreeMap<usize, Vec<serde_json::Value>> {
        let args = ["scan", ".", "--confidence", "low", "--show-secrets"];
        self.run(&[&args[..], &["--format", "json"]].concat())
            .by_number()
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: &[u8]) -> Ran {
        Ran::of(stopleak(&self.0, args, stdin))
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            let _ = Command::new("chmod")
                .arg("-R")
                .arg("u+rwX")
                .arg(&self.0)
                .status();
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the binary in a directory, with no variable but HOME.
pub(crate) fn stopleak(dir: &Path, args: &[&str], stdin: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stopleak"));
    command.args(args).current_dir(dir);
    finish(command.env_clear().env("HOME", dir), stdin)
}
