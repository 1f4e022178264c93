//! gitleaks' configuration files as plain data: what its version 8.30 would make of
//! them, its known traps included, each of which is named in a warning.
//!
//! Written after the documentation and the observed behaviour of gitleaks 8.30.1. What
//! the data does to content is the affair of `detect::forms::foreign` and `suppress`.

pub mod allow;
mod class;
mod extend;
pub mod ids;
pub mod regex;
mod syntax;
#[cfg(test)]
mod tests;

pub use allow::{Allowlist, Condition, Place, Target};
pub use regex::Pattern;

/// A place in a file and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file, as it was named; empty for the text that was handed over.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column in characters.
    pub column: usize,
    /// What is to be said, in one line.
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
    /// What matches in content; without it, the path alone is the finding.
    pub regex: Option<Pattern>,
    /// What the path must match.
    pub path: Option<Pattern>,
    /// The group that is the secret; 0 for the first one that is not empty.
    pub secret_group: usize,
    /// The secret's entropy must be above this; 0 asks for none.
    pub entropy: f64,
    /// Lower-cased; one of them must occur in the content. Empty for always.
    pub keywords: Vec<String>,
    /// Tags, for reports.
    pub tags: Vec<String>,
    /// Whether it reports nothing by itself and only serves `required`.
    pub skip_report: bool,
    /// What it does not report.
    pub allowlists: Vec<Allowlist>,
    /// Rules that must match nearby as well.
    pub required: Vec<Required>,
}

/// Another rule that must match near a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// The other rule's id.
    pub id: String,
    /// The greatest distance of the lines on which both start.
    pub within_lines: Option<u64>,
    /// The greatest distance of the columns in which both start.
    pub within_columns: Option<u64>,
}

/// Which of the built-in rules run beside the rules of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// None: the file has rules of its own and does not extend the default ones.
    Off,
    /// All: the file has no rule, only allowlists. gitleaks would find nothing.
    AllowOnly,
    /// All but those that it disables: `[extend] useDefault = true`.
    Extended,
}

/// What a file says about one of gitleaks' default rules without replacing it.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// gitleaks' id.
    pub id: String,
    /// The built-in rules that stand for it.
    pub rules: &'static [&'static str],
    /// What the path must match.
    pub path: Option<Pattern>,
    /// The secret's entropy must be above this; 0 asks for none.
    pub entropy: f64,
    /// What it does not report.
    pub allowlists: Vec<Allowlist>,
}

/// What a configuration comes to, the files that it extends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Its title; may be empty.
    pub title: String,
    /// Its rules: in the order of the file, or by id when it extends another one.
    pub rules: Vec<Rule>,
    /// Allowlists of all rules.
    pub allowlists: Vec<Allowlist>,
    /// Which built-in rules run.
    pub builtin: Builtin,
    /// Ids of built-in rules that are off: sorted, each once.
    pub disabled: Vec<&'static str>,
    /// What it changes about default rules.
    pub overrides: Vec<Override>,
    /// What is understood otherwise than its author may think.
    pub warnings: Vec<Remark>,
}

/// Reads the file that `extend.path` names: its text, or why it cannot be read.
pub type Read<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Reads a configuration. `name` is what to call it in messages; `read` reads files
/// that it extends, by the path as it stands (relative to the working directory).
///
/// # Errors
/// Every mistake for which gitleaks refuses the file, with its place.
pub fn parse(text: &str, name: &str, read: Read<'_>) -> Result<Config, Vec<Remark>> {
    let file = syntax::read(text, name)?;
    extend::resolve(file, read)
}

/// Whether a TOML file has the form of a gitleaks configuration and not of one of this
/// program's: decided by table names, whether or not the rest is in order.
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
        // Ours have `secret_type` and more; gitleaks' have `regex` or `path` and `id`.
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
