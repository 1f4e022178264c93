//! The keys that a configuration may have.

/// A key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its table: empty for the top level, `[allow]` for `[[allow]]` tables.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
}

const fn key(table: &'static str, name: &'static str) -> Key {
    Key { table, name }
}

/// All keys, except those of `[[rule]]` and `[provider]`, which the rule format
/// defines.
pub const KEYS: &[Key] = &[
    key("", "extend"),
    key("", "confidence"),
    key("", "severity"),
    key("", "fail-on"),
    key("", "labels"),
    key("", "report"),
    key("", "scan"),
    key("", "coverage"),
    key("", "rules"),
    key("", "provider"),
    key("", "rule"),
    key("", "override"),
    key("", "allow"),
    key("", "paths"),
    key("labels", "test"),
    key("labels", "documented-sample"),
    key("labels", "public-by-design"),
    key("labels", "canary"),
    key("labels", "expired"),
    key("labels", "identifier"),
    key("report", "sort"),
    key("report", "group"),
    key("scan", "exclude"),
    key("scan", "include"),
    key("scan", "max-file-size"),
    key("scan", "max-archive-depth"),
    key("scan", "max-archive-size"),
    key("scan", "max-archive-ratio"),
    key("scan", "max-decode-depth"),
    key("scan", "follow"),
    key("scan", "no-ignore"),
    key("coverage", "opaque"),
    key("coverage", "damaged"),
    key("coverage", "accept"),
    key("rules", "disable"),
    key("rules", "only"),
    key("rules", "files"),
    key("override.RULE-ID", "severity"),
    key("override.RULE-ID", "confidence"),
    key("override.RULE-ID", "disabled"),
    key("[allow]", "reason"),
    key("[allow]", "owner"),
    key("[allow]", "until"),
    key("[allow]", "match"),
    key("[allow]", "rules"),
    key("[allow]", "paths"),
    key("[allow]", "values"),
    key("[allow]", "lines"),
    key("[allow]", "words"),
    key("[allow]", "secrets"),
    key("[allow]", "commits"),
    key("[paths]", "paths"),
    key("[paths]", "rules"),
    key("[paths]", "severity"),
    key("[paths]", "action"),
    key("[paths]", "reason"),
];
