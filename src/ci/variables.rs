//! The variables of a job as text, and the payload of its event.

use std::collections::BTreeMap;
use std::io::Read;

use crate::environment::Environment;
use crate::stop::{Stop, describe};

/// The size limit of payloads; GitHub's own limit is 25 MB.
const MAX_PAYLOAD: u64 = 64 << 20;

/// Variables, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Reads the variables of an environment. Replaces bytes that are not UTF-8: commit ids
    /// contain none, and everything else is only compared or printed.
    pub(super) fn of(environment: &Environment) -> Self {
        environment
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .collect()
    }

    /// Returns the value of `name`, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether `name` is set to something other than `false` and `0`.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    /// Reads the event's payload, if the environment names its file.
    pub(super) fn payload(&self) -> Result<Option<Vec<u8>>, Stop> {
        let Some(path) = self.get("GITHUB_EVENT_PATH") else {
            return Ok(None);
        };
        let stop = |why: String| {
            Stop::new(format!("{path}: cannot read the event: {why}"))
                .help("in a container, mount the directory that GITHUB_EVENT_PATH names")
        };
        let file = std::fs::File::open(path).map_err(|e| stop(describe(&e)))?;
        let mut bytes = Vec::new();
        file.take(MAX_PAYLOAD + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| stop(describe(&e)))?;
        if bytes.len() as u64 > MAX_PAYLOAD {
            return Err(stop("it is too large".to_owned()));
        }
        Ok(Some(bytes))
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}
