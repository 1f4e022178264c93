//! Converts another scanner's configuration, baseline or ignore list to a configuration of
//! this program, and lists what could not be imported.

mod betterleaks;
mod expr;
mod files;
mod gitleaks;
mod glob;
mod others;
pub mod peers;
mod portable;

use std::path::{Path, PathBuf};

use crate::identity::IdentityKey;
use crate::report::escape::escape;
use crate::stop::Stop;

/// The scanner that a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// gitleaks.
    Gitleaks,
    /// betterleaks.
    Betterleaks,
    /// detect-secrets.
    DetectSecrets,
    /// trufflehog.
    Trufflehog,
    /// ggshield.
    Ggshield,
}

impl Origin {
    /// Every scanner.
    pub const ALL: [Origin; 5] = [
        Origin::Gitleaks,
        Origin::Betterleaks,
        Origin::DetectSecrets,
        Origin::Trufflehog,
        Origin::Ggshield,
    ];

    /// Returns its name.
    pub fn id(self) -> &'static str {
        match self {
            Origin::Gitleaks => "gitleaks",
            Origin::Betterleaks => "betterleaks",
            Origin::DetectSecrets => "detect-secrets",
            Origin::Trufflehog => "trufflehog",
            Origin::Ggshield => "ggshield",
        }
    }

    /// Recognises a file by name and content.
    fn of(path: &Path, text: &str) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        if name.contains("betterleaks") {
            Some(Origin::Betterleaks)
        } else if name.contains("gitleaks") {
            Some(Origin::Gitleaks)
        } else if name.contains("trufflehog") {
            Some(Origin::Trufflehog)
        } else if name.contains("gitguardian") || name.contains("ggshield") {
            Some(Origin::Ggshield)
        } else if name.contains("secrets.baseline") || text.contains("\"plugins_used\"") {
            Some(Origin::DetectSecrets)
        } else if crate::config::gitleaks::is_shape(text) {
            Some(Origin::Gitleaks)
        } else {
            None
        }
    }
}

/// The result of an import.
#[derive(Default)]
pub struct Imported {
    /// The key of the ids of secrets in the configuration.
    key: IdentityKey,
    /// The built-in rules to disable.
    disable: Vec<String>,
    /// The `[[rule]]` tables.
    rules: Vec<toml::Table>,
    /// The `[[allow]]` tables.
    allow: Vec<toml::Table>,
    /// What could not be imported, and why.
    pub left: Vec<String>,
}

/// Returns why a configuration with only this `[[allow]]` table would be refused.
fn refusal(table: &toml::Table) -> Option<String> {
    let entries = toml::Value::Array(vec![toml::Value::Table(table.clone())]);
    let text = match toml::to_string(&toml::Table::from_iter([("allow".to_owned(), entries)])) {
        Ok(text) => text,
        Err(error) => return Some(error.to_string()),
    };
    let errors = crate::config::parse("stopleak.toml", &text, false).err()?;
    errors.first().map(|error| error.message.clone())
}

impl Imported {
    fn leave(&mut self, what: impl Into<String>) {
        self.left.push(what.into());
    }

    /// Adds an `[[allow]]` table with a reason and lists. Reports it as not imported if it
    /// would be refused, for example because it allows everything.
    fn allow(&mut self, reason: &str, lists: &[(&str, Vec<String>)]) {
        let mut table = toml::Table::new();
        table.insert("reason".into(), reason.into());
        for (key, values) in lists.iter().filter(|(_, values)| !values.is_empty()) {
            let values: Vec<toml::Value> = values.iter().map(|v| v.as_str().into()).collect();
            table.insert((*key).into(), values.into());
        }
        if self.allow.contains(&table) {
            return;
        }
        match refusal(&table) {
            None => self.allow.push(table),
            Some(why) => {
                let paths = lists.iter().filter(|(key, _)| *key == "paths");
                let paths: Vec<&str> = paths.flat_map(|(_, all)| all).map(|p| &**p).collect();
                let of = if paths.is_empty() { "" } else { ": paths " };
                self.leave(format!("{reason}{of}{}: {why}", paths.join(", ")));
            }
        }
    }

    /// Returns how many rules and allow entries were imported.
    pub fn carried(&self) -> (usize, usize) {
        (self.rules.len(), self.allow.len())
    }

    /// Returns the configuration's text, with a header that names `files`.
    ///
    /// # Errors
    /// Fails if a value cannot be written as TOML.
    pub fn text(self, files: &[PathBuf]) -> Result<String, Stop> {
        self.toml(files)
            .map_err(|e| Stop::new(format!("cannot write as TOML: {e}")))
    }

    fn toml(mut self, files: &[PathBuf]) -> Result<String, toml::ser::Error> {
        let names: Vec<String> = files
            .iter()
            .map(|file| escape(file.as_os_str().as_encoded_bytes()))
            .collect();
        let mut out = format!(
            "# Imported by `stopleak import` from {}.\n# Read the reasons before you commit it.\n",
            names.join(", ")
        );
        let mut part = |key: &str, value: toml::Value| -> Result<(), toml::ser::Error> {
            let mut table = toml::Table::new();
            table.insert(key.to_owned(), value);
            out.push('\n');
            out.push_str(&toml::to_string(&table)?);
            Ok(())
        };
        if !self.disable.is_empty() {
            self.disable.sort();
            self.disable.dedup();
            let mut rules = toml::Table::new();
            rules.insert("disable".into(), self.disable.into());
            part("rules", toml::Value::Table(rules))?;
        }
        for (key, tables) in [("rule", self.rules), ("allow", self.allow)] {
            if !tables.is_empty() {
                let tables = tables.into_iter().map(toml::Value::Table);
                part(key, toml::Value::Array(tables.collect()))?;
            }
        }
        Ok(out)
    }
}

/// Whether text is a JSON report of gitleaks or betterleaks: a list of findings with their rule.
fn is_report(text: &str) -> bool {
    let list: Result<Vec<serde_json::Map<_, _>>, _> = serde_json::from_str(text);
    list.is_ok_and(|list| {
        list.first()
            .is_some_and(|first| first.contains_key("RuleID"))
    })
}

/// Imports files of `from`, or of the scanner that each file's name and content show.
///
/// # Errors
/// Fails if a file is unreadable or of no known scanner.
pub fn import(files: &[PathBuf], from: Option<Origin>, key: IdentityKey) -> Result<Imported, Stop> {
    let mut imported = Imported {
        key,
        ..Imported::default()
    };
    for file in files {
        let name = file.display().to_string();
        let bytes = files::read(file)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Stop::new(format!("{name}: not UTF-8")).help("convert it to UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}');
        if is_report(text) {
            return Err(
                Stop::new(format!("{name}: a report of gitleaks, not a configuration")).help(
                    format!("a scan takes it as it is, to accept what it lists: --baseline {name}"),
                ),
            );
        }
        let origin = from.or_else(|| Origin::of(file, text)).ok_or_else(|| {
            Stop::new(format!("{name}: unknown format")).help(
                "name the scanner: --from gitleaks, betterleaks, detect-secrets, trufflehog or \
                 ggshield",
            )
        })?;
        match origin {
            Origin::Gitleaks | Origin::Betterleaks => {
                gitleaks::import(file, text, origin == Origin::Betterleaks, &mut imported)?;
            }
            Origin::DetectSecrets => others::detect_secrets(file, text, &mut imported)?,
            Origin::Trufflehog => others::trufflehog(file, text, &mut imported),
            Origin::Ggshield => others::ggshield(file, text, &mut imported),
        }
    }
    Ok(imported)
}
