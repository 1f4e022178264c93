//! The environment variables of a process, as a value.
//!
//! Only the command line reads the process. Everything below it takes an [`Environment`],
//! so that a test, or a program that embeds this library, decides what it holds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// Environment variables by name. A clone is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(Arc<BTreeMap<OsString, OsString>>);

impl Environment {
    /// The value of `name`; None when it is not set.
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        self.0.get(&key(name.into())).map(OsString::as_os_str)
    }

    /// The value of `name`; None when it is not set, or empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.var(name).filter(|value| !value.is_empty())
    }

    /// The same as text, with U+FFFD in place of what is not UTF-8.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(OsStr::to_string_lossy)
    }

    /// All variables, empty ones included, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
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

/// Windows does not tell the case of names.
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
