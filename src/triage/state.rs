//! What a person found to be real, so that the next session does not ask again: ids of secrets,
//! and nothing else of them.
//!
//! It lies with the user's own state, outside of the tree: what a repository brings along cannot
//! hide a secret from its audit, and nothing is committed by accident. False alarms and accepted
//! secrets are in the ignore file; what was skipped is asked again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::finding::SecretId;
use crate::identity::IdentityKey;
use crate::named::Output;
use crate::setup::MAX_FILE;
use crate::stop::Stop;

/// The first line of the file.
const HEADER: &str = "# Secrets that `stopleak triage` was told to be real: ids, no values.\n";

/// The real secrets of a place.
#[derive(Debug, Default)]
pub struct State {
    /// Where it is kept; None if only in memory.
    file: Option<PathBuf>,
    real: BTreeSet<String>,
}

impl State {
    /// Reads the state of the tree at `top`, from `file` or from the user's directory of state.
    ///
    /// # Errors
    /// Fails if there is a file that cannot be read.
    pub fn read(
        file: Option<PathBuf>,
        top: &Path,
        environment: &Environment,
    ) -> Result<Self, Stop> {
        let name = || {
            let top = std::fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
            let id = IdentityKey::default().secret_id(top.as_os_str().as_encoded_bytes());
            Some(directory(environment)?.join(format!("{id}.txt")))
        };
        let Some(file) = file.or_else(name) else {
            return Ok(Self::default());
        };
        let text = Output::text(&file, MAX_FILE)?.unwrap_or_default();
        let ids = text.lines().map(str::trim);
        let is_id = |line: &&str| line.len() == 32 && line.bytes().all(|b| b.is_ascii_hexdigit());
        Ok(Self {
            real: ids.filter(is_id).map(str::to_owned).collect(),
            file: Some(file),
        })
    }

    /// Whether the secret is known to be real.
    pub fn has(&self, secret: SecretId) -> bool {
        self.real.contains(&secret.to_string())
    }

    /// Returns where the state is kept.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Notes that the secret is real, or not any more, and writes the file.
    ///
    /// # Errors
    /// Fails if it cannot be written.
    pub fn set(&mut self, secret: SecretId, is_real: bool) -> Result<(), Stop> {
        let id = secret.to_string();
        let changed = match is_real {
            true => self.real.insert(id),
            false => self.real.remove(&id),
        };
        let Some(file) = self.file.as_ref().filter(|_| changed) else {
            return Ok(());
        };
        if let Some(dir) = file.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            Output::directory(dir)?;
        }
        let lines: String = self.real.iter().map(|id| format!("{id}\n")).collect();
        Output::replace(file, &format!("{HEADER}{lines}"))
    }
}

/// Returns where programs keep the state of this user.
fn directory(environment: &Environment) -> Option<PathBuf> {
    let at = |name: &str| environment.get(name).map(PathBuf::from);
    let base = environment
        .directory("XDG_STATE_HOME")
        .or_else(|| at("LOCALAPPDATA").filter(|_| cfg!(windows)))
        .or_else(|| Some(at("HOME")?.join(".local/state")))?;
    Some(base.join("stopleak").join("triage"))
}
