//! What keeps something from being reported, and by whose word.

/// How many rules ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// The rules that ran.
    pub run: u64,
    /// All rules: the built-in ones, and those of the configuration and of rule files.
    pub known: u64,
}

/// A way in which a configuration or an option keeps something from being reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Narrow {
    /// Rules do not run.
    RulesOff,
    /// Rules have another severity or confidence.
    RulesChanged,
    /// Rules stand in place of built-in ones with the same id.
    RulesReplaced,
    /// Globs leave out paths.
    Exclude,
    /// Globs leave out all other paths.
    Include,
    /// The least confidence is above the default.
    Confidence,
    /// The largest size of a file is below the default.
    MaxFileSize,
    /// Containers are opened less far than by default, or may stay shut.
    Containers,
    /// Entries accept findings.
    Allow,
    /// Entries change severities, or turn findings into warnings, in some paths.
    Paths,
    /// Findings below a severity are left out.
    Severity,
    /// Findings below a severity only warn.
    FailOn,
    /// Findings with some labels are left out or only warn.
    Labels,
}

impl Narrow {
    /// Returns its name in reports.
    pub fn id(self) -> &'static str {
        match self {
            Narrow::RulesOff => "rules-off",
            Narrow::RulesChanged => "rules-changed",
            Narrow::RulesReplaced => "rules-replaced",
            Narrow::Exclude => "exclude",
            Narrow::Include => "include",
            Narrow::Confidence => "confidence",
            Narrow::MaxFileSize => "max-file-size",
            Narrow::Containers => "containers",
            Narrow::Allow => "allow",
            Narrow::Paths => "paths",
            Narrow::Severity => "severity",
            Narrow::FailOn => "fail-on",
            Narrow::Labels => "labels",
        }
    }
}

/// Who keeps how much from being reported, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// The file, the variable or the option that says so.
    pub by: String,
    /// What it does.
    pub what: Narrow,
    /// The number of rules, globs or entries.
    pub count: u64,
}

impl Narrowing {
    /// Returns what is done, in words.
    pub fn describe(&self) -> String {
        let n = self.count;
        let counted = |noun: &str| match (n, noun.strip_suffix('y')) {
            (1, _) => format!("1 {noun}"),
            (n, Some(stem)) => format!("{n} {stem}ies"),
            (n, None) => format!("{n} {noun}s"),
        };
        match self.what {
            Narrow::RulesOff => format!("{} off", counted("rule")),
            Narrow::RulesChanged => format!("{} changed", counted("rule")),
            Narrow::RulesReplaced => format!("{} replaced", counted("rule")),
            Narrow::Exclude => counted("`exclude` glob"),
            Narrow::Include => counted("`include` glob"),
            Narrow::Confidence => "a higher confidence than the default".to_owned(),
            Narrow::MaxFileSize => "a smaller size of files than the default".to_owned(),
            Narrow::Containers => "less looked into than by default".to_owned(),
            Narrow::Allow => counted("allow entry"),
            Narrow::Paths => counted("path policy"),
            Narrow::Severity => "less severe findings left out".to_owned(),
            Narrow::FailOn => "less severe findings only warn".to_owned(),
            Narrow::Labels => counted("label policy"),
        }
    }
}
