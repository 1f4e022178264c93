//! gitleaks' configuration files as plain data, read as gitleaks 8.30 reads them,
//! including its known traps. Each trap causes a warning.
//!
//! Based on the documentation and the observed behaviour of gitleaks 8.30.1. This
//! module does not apply the data to content; `detect::forms::foreign` and `suppress`
//! do.

pub(crate) mod allow;
mod class;
mod extend;
pub mod ids;
mod regex;
mod syntax;
#[cfg(test)]
mod tests;

pub(crate) use allow::{Allowlist, Condition, Place, Target};
pub use regex::Pattern;

/// A message about a position in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file, as named; empty for the given text.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column in characters.
    pub column: usize,
    /// The message, in one line.
    pub what: String,
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.what
        )
    }
}

/// One rule: at least one of `regex` and `path` is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, as gitleaks reports it.
    pub id: String,
    /// What it finds; may be empty.
    pub description: String,
    /// The pattern for the content; without it, the path alone is the finding.
    pub regex: Option<Pattern>,
    /// The pattern that the path must match.
    pub path: Option<Pattern>,
    /// The group of the secret; 0 for the first group that is not empty.
    pub secret_group: usize,
    /// The secret's entropy must be above this; 0 for no limit.
    pub entropy: f64,
    /// Lower-cased; one of them must occur in the content. Empty for no condition.
    pub keywords: Vec<String>,
    /// Tags, for reports.
    pub tags: Vec<String>,
    /// Whether it reports nothing by itself and only serves `required`.
    pub skip_report: bool,
    /// Matches that it does not report.
    pub allowlists: Vec<Allowlist>,
    /// Rules that must also match nearby.
    pub required: Vec<Required>,
}

/// Another rule that must match near a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// The other rule's id.
    pub id: String,
    /// The greatest distance between the lines on which both start.
    pub within_lines: Option<u64>,
    /// The greatest distance between the columns in which both start.
    pub within_columns: Option<u64>,
}

/// Which built-in rules run in addition to the rules of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// None: the file has its own rules and does not extend the default ones.
    Off,
    /// All: the file has only allowlists and no rules. gitleaks would find nothing.
    AllowOnly,
    /// All but the disabled ones: `[extend] useDefault = true`.
    Extended,
}

/// Changes to one of gitleaks' default rules that do not replace it.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// gitleaks' id.
    pub id: String,
    /// The equivalent built-in rules.
    pub rules: &'static [&'static str],
    /// The pattern that the path must match.
    pub path: Option<Pattern>,
    /// The secret's entropy must be above this; 0 for no limit.
    pub entropy: f64,
    /// Matches that it does not report.
    pub allowlists: Vec<Allowlist>,
}

/// A configuration merged with the files that it extends.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Its title; may be empty.
    pub title: String,
    /// Its rules: in file order, or by id if it extends another file.
    pub rules: Vec<Rule>,
    /// Allowlists of all rules.
    pub allowlists: Vec<Allowlist>,
    /// Which built-in rules run.
    pub builtin: Builtin,
    /// Ids of disabled built-in rules, sorted and unique.
    pub disabled: Vec<&'static str>,
    /// Its changes to default rules.
    pub overrides: Vec<Override>,
    /// Settings that work differently from what the author may expect.
    pub warnings: Vec<Remark>,
}

/// Returns the text of the file that `extend.path` names, or why it cannot be read.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Parses a configuration. `name` is its name in messages. `read` reads the files that
/// it extends, by the path as written (relative to the working directory).
///
/// # Errors
/// Returns every mistake for which gitleaks rejects the file, with its position.
pub fn parse(text: &str, name: &str, read: Read<'_>) -> Result<Config, Vec<Remark>> {
    let file = syntax::read(text, name)?;
    extend::resolve(file, read)
}

/// Whether a TOML file is a gitleaks configuration and not one of this program. Decides
/// by table names; the rest may be invalid.
pub fn is_shape(text: &str) -> bool {
    let Ok(table) = toml::de::DeTable::parse(text) else {
        return false;
    };
    let table = table.get_ref();
    let mut keys = table.iter().map(|(key, value)| {
        let key = key.get_ref().to_ascii_lowercase();
        (key, value.get_ref())
    });
    keys.any(|(key, value)| match key.as_str() {
        "allowlist" | "allowlists" => true,
        "extend" => value.is_table(),
        // stopleak's rules have `secret_type` and more; gitleaks' have `regex` or
        // `path`, and `id`.
        "rules" => value.as_array().is_some_and(|rules| {
            rules.iter().any(|rule| {
                rule.get_ref().as_table().is_some_and(|rule| {
                    rule.iter().any(|(key, _)| {
                        let key = key.get_ref().to_ascii_lowercase();
                        let own = ["keywords", "secretgroup", "allowlist", "allowlists"];
                        own.contains(&key.as_str()) || key == "skipreport"
                    }) || !rule.contains_key("title") && rule.contains_key("regex")
                })
            })
        }),
        _ => false,
    })
}
