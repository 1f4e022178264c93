//! The environment variables of a process, as a value.
//!
//! Only the command line reads the process environment. All other code takes an
//! [`Environment`], so that a test, or a program that embeds this library, can set it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

/// Environment variables by name. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(Arc<BTreeMap<OsString, OsString>>);

impl Environment {
    /// Returns the value of `name`; `None` if it is not set.
    pub(crate) fn var(&self, name: &str) -> Option<&OsStr> {
        self.0.get(&key(name.into())).map(OsString::as_os_str)
    }

    /// Returns the value of `name`; `None` if it is not set or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.var(name).filter(|value| !value.is_empty())
    }

    /// Returns the directory that `name` names; `None` if that is no absolute path.
    pub(crate) fn directory(&self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.get(name)?);
        path.is_absolute().then_some(path)
    }

    /// Like [`get`](Self::get), as text; replaces bytes that are not UTF-8 with U+FFFD.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(OsStr::to_string_lossy)
    }

    /// Returns all variables, including empty ones, ordered by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let all = self.0.iter();
        all.map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(variables: T) -> Self {
        let variables = variables.into_iter();
        Self(Arc::new(
            variables.map(|(name, value)| (key(name), value)).collect(),
        ))
    }
}

/// Normalises a name: Windows ignores its case.
fn key(name: OsString) -> OsString {
    if cfg!(windows) {
        name.to_ascii_uppercase()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_not_set() {
        let environment: Environment = [("A", "1"), ("B", "")]
            .map(|(name, value)| (name.into(), value.into()))
            .into_iter()
            .collect();
        assert_eq!(environment.get("A"), Some(OsStr::new("1")));
        assert_eq!(environment.text("A").as_deref(), Some("1"));
        assert_eq!(environment.get("B"), None);
        assert_eq!(environment.var("B"), Some(OsStr::new("")));
        assert_eq!(environment.get("C"), None);
        assert_eq!(environment.iter().count(), 2);
    }
}
