//! What a run of the program left: its code, its output and its errors.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(out: Output) -> Self {
        Self {
            code: out.status.code().unwrap(),
            stdout: String::from_utf8(out.stdout).unwrap(),
            stderr: String::from_utf8(out.stderr).unwrap(),
        }
    }

    /// Runs the binary in a directory, with these variables and no others.
    pub(crate) fn in_dir(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopleak"));
        command.args(args).current_dir(dir).env_clear();
        Self::of(command.envs(env.iter().copied()).output().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Returns the findings of a report as JSON, by the number that their paths begin with.
    pub(crate) fn by_number(&self) -> BTreeMap<usize, Vec<serde_json::Value>> {
        let mut found: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for finding in self.json()["findings"].as_array().unwrap() {
            let path = finding["path"].as_str().unwrap();
            let number = path.split('/').next().unwrap().parse().unwrap();
            found.entry(number).or_default().push(finding.clone());
        }
        found
    }

    /// Checks that nothing looks like a crash.
    pub(crate) fn is_civil(&self) {
        for word in ["panicked", "RUST_BACKTRACE", "unwrap", "stack backtrace"] {
            assert!(
                !self.stderr.contains(word) && !self.stdout.contains(word),
                "{self:?}"
            );
        }
    }
}
