//! Finds the configuration file in a directory.

use super::files::MAX_BYTES;
use super::{ConfigError, Files, Place};

/// The names to look for, in order; the last is gitleaks'.
pub const NAMES: [&str; 4] = [
    "stopleak.toml",
    ".stopleak.toml",
    "pyproject.toml",
    ".gitleaks.toml",
];

/// The path of a configuration that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The configuration of this program.
    Native(&'static str),
    /// A gitleaks configuration, used only if this program has none.
    Gitleaks(&'static str),
}

/// Finds the configuration at the top of `files`.
///
/// # Errors
/// Returns an error if there are two, or if one cannot be read; neither is silently
/// ignored.
pub fn discover(files: &dyn Files) -> Result<Option<Found>, ConfigError> {
    let [plain, hidden, python, gitleaks] = NAMES;
    let mut found = Vec::new();
    for name in [plain, hidden, python] {
        let content = match files.read(name) {
            Ok(content) => content,
            // An unreadable file of another program is not an error here.
            Err(_) if name == python => None,
            Err(why) => return Err(error(files, name, why, "")),
        };
        let ours = match &content {
            None => false,
            Some(content) if name == python => has_table(files, content)?,
            Some(_) => true,
        };
        if ours {
            found.push(name);
        }
    }
    match found[..] {
        [] => match files.read(gitleaks) {
            Ok(None) => Ok(None),
            Ok(Some(_)) => Ok(Some(Found::Gitleaks(gitleaks))),
            Err(why) => Err(error(files, gitleaks, why, "")),
        },
        [name] => Ok(Some(Found::Native(name))),
        [first, second, ..] => Err(error(
            files,
            second,
            format!("there is also {}", files.name(first)),
            "keep one of the two, or choose one with --config",
        )),
    }
}

/// Whether a pyproject.toml has a `[tool.stopleak]` table.
fn has_table(files: &dyn Files, content: &[u8]) -> Result<bool, ConfigError> {
    if memchr::memmem::find(content, b"stopleak").is_none() {
        return Ok(false);
    }
    let [_, _, name, _] = NAMES;
    if content.len() as u64 > MAX_BYTES {
        return Err(error(files, name, super::load::too_large(), ""));
    }
    let text = String::from_utf8_lossy(content);
    let Ok(document) = toml::de::DeTable::parse(&text) else {
        // Broken, but it may contain this program's table: the parser reports the
        // error.
        return Ok(memchr::memmem::find(content, b"tool.stopleak").is_some());
    };
    let tool = document.get_ref().get("tool");
    let tool = tool.and_then(|tool| tool.get_ref().as_table());
    Ok(tool.is_some_and(|tool| tool.contains_key("stopleak")))
}

fn error(files: &dyn Files, name: &str, message: String, help: &str) -> ConfigError {
    ConfigError {
        place: Place {
            file: files.name(name).into(),
            line: 1,
            column: 1,
        },
        message,
        help: help.to_owned(),
    }
}
