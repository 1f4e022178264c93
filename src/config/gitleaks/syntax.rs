//! Parses one file: TOML to rules and allowlists, without the files that it extends.
//!
//! As in gitleaks, names of tables and keys may be in any case, and unknown ones are
//! ignored; here with a warning.

use std::collections::HashMap;

use serde::de::Error as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::allow::{Allowlist, Condition, Target};
use super::regex::Pattern;
use super::{Remark, Required, Rule};

/// The longest file that is read, in bytes; the default configuration has 90 thousand.
const MAX_LEN: usize = 8 << 20;
/// The most rules of a file; the index has room for three such files and the built-in
/// rules.
const MAX_RULES: usize = 10_000;
/// The limit for all regular expressions together, see [`Pattern::size`]: some 500 MB.
const SIZE_MAX: usize = 16_000_000;
/// The most mistakes that are reported.
const MAX_MISTAKES: usize = 100;

/// A parsed file.
pub(super) struct File {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) extend: Extend,
    pub(super) rules: Vec<Placed<Rule>>,
    pub(super) allowlists: Vec<Global>,
    pub(super) warnings: Vec<Remark>,
}

/// A value and its position.
#[derive(Clone)]
pub(super) struct Placed<T> {
    pub(super) what: T,
    pub(super) at: Remark,
}

/// The `[extend]` table.
#[derive(Default)]
pub(super) struct Extend {
    pub(super) path: Option<Placed<String>>,
    pub(super) use_default: bool,
    pub(super) disabled: Vec<Placed<String>>,
}

/// An allowlist outside rules.
pub(super) struct Global {
    pub(super) list: Allowlist,
    pub(super) targets: Vec<Placed<String>>,
}

type Value<'a> = Spanned<DeValue<'a>>;
type Fields<'v, 'a> = HashMap<&'static str, &'v Value<'a>>;

/// Parses a file.
///
/// # Errors
/// Returns every mistake in it, in order.
pub(super) fn read(text: &str, name: &str) -> Result<File, Vec<Remark>> {
    let mut reader = Reader {
        text,
        name,
        mistakes: Vec::new(),
        warnings: Vec::new(),
        size: 0,
    };
    let parsed = if text.len() > MAX_LEN {
        Err(toml::de::Error::custom(format!(
            "longer than {MAX_LEN} bytes"
        )))
    } else {
        DeTable::parse(text)
    };
    let table = match parsed {
        Ok(table) => table,
        Err(e) => {
            let at = e.span().map_or(0, |span| span.start);
            reader.mistake(at, e.message().to_owned());
            return Err(reader.mistakes);
        }
    };
    let mut file = reader.file(table.get_ref());
    if reader.mistakes.is_empty() {
        file.warnings = reader.warnings;
        Ok(file)
    } else {
        Err(reader.mistakes)
    }
}

struct Reader<'t> {
    text: &'t str,
    name: &'t str,
    mistakes: Vec<Remark>,
    warnings: Vec<Remark>,
    /// The total size of all regular expressions so far, see [`Pattern::size`].
    size: usize,
}

const TOP: &[&str] = &[
    "title",
    "description",
    "minversion",
    "extend",
    "rules",
    "allowlist",
    "allowlists",
];
const EXTEND: &[&str] = &["path", "url", "usedefault", "disabledrules"];
const RULE: &[&str] = &[
    "id",
    "description",
    "regex",
    "path",
    "secretgroup",
    "entropy",
    "keywords",
    "tags",
    "skipreport",
    "allowlist",
    "allowlists",
    "required",
];
const ALLOWLIST: &[&str] = &[
    "description",
    "condition",
    "commits",
    "paths",
    "regextarget",
    "regexes",
    "stopwords",
    "targetrules",
];
const REQUIRED: &[&str] = &["id", "withinlines", "withincolumns"];

impl Reader<'_> {
    fn remark(&self, at: usize, what: String) -> Remark {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        Remark {
            file: self.name.to_owned(),
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            column,
            what,
        }
    }

    fn mistake(&mut self, at: usize, what: String) {
        if self.mistakes.len() < MAX_MISTAKES {
            let remark = self.remark(at, what);
            self.mistakes.push(remark);
        }
    }

    fn warn(&mut self, at: usize, what: String) {
        let remark = self.remark(at, what);
        self.warnings.push(remark);
    }

    fn placed<T>(&self, at: usize, what: T) -> Placed<T> {
        Placed {
            what,
            at: self.remark(at, String::new()),
        }
    }

    /// Returns the values of the known keys, by lower-cased name.
    fn fields<'v, 'a>(
        &mut self,
        table: &'v DeTable<'a>,
        known: &[&'static str],
        what: &str,
    ) -> Fields<'v, 'a> {
        let mut fields = Fields::new();
        for (key, value) in table.iter() {
            let lower = key.get_ref().to_ascii_lowercase();
            match known.iter().find(|name| **name == lower) {
                Some(name) => {
                    if fields.insert(name, value).is_some() {
                        let key = key.get_ref();
                        let what = format!("`{key}` occurs twice here, in different spellings");
                        self.mistake(value.span().start, what);
                    }
                }
                None => {
                    let name = key.get_ref();
                    self.warn(
                        key.span().start,
                        format!("unknown key `{name}` in {what}: ignored, as in gitleaks"),
                    );
                }
            }
        }
        fields
    }

    fn file(&mut self, table: &DeTable<'_>) -> File {
        let fields = self.fields(table, TOP, "the file");
        let mut file = File {
            name: self.name.to_owned(),
            title: self.string(&fields, "title"),
            extend: Extend::default(),
            rules: Vec::new(),
            allowlists: Vec::new(),
            warnings: Vec::new(),
        };
        if let Some(value) = fields.get("extend")
            && let Some(table) = self.table(value, "extend")
        {
            file.extend = self.extend(table);
        }
        if let Some(value) = fields.get("rules") {
            let tables = self.tables(value, "rules");
            if tables.len() > MAX_RULES {
                let what = format!("more than {MAX_RULES} rules: split the file");
                self.mistake(value.span().start, what);
            }
            for (value, table) in tables.into_iter().take(MAX_RULES) {
                let rule = self.rule(table, value.span().start);
                file.rules.push(self.placed(value.span().start, rule));
            }
        }
        for (value, table) in self.lists(&fields, "[allowlist]") {
            let fields = self.fields(table, ALLOWLIST, "an allowlist");
            let targets = self.placed_strings(&fields, "targetrules");
            if let Some(list) = self.allowlist(&fields, value.span().start, "the allowlist") {
                file.allowlists.push(Global { list, targets });
            }
        }
        file
    }

    fn extend(&mut self, table: &DeTable<'_>) -> Extend {
        let fields = self.fields(table, EXTEND, "[extend]");
        let path = self.string(&fields, "path");
        if let Some(url) = fields.get("url") {
            self.warn(
                url.span().start,
                "`extend.url` is not implemented in gitleaks either: nothing is fetched".to_owned(),
            );
        }
        let use_default = self.boolean(&fields, "usedefault");
        if use_default && !path.is_empty() {
            let at = fields.get("path").map_or(0, |v| v.span().start);
            self.mistake(
                at,
                "`extend.path` and `extend.useDefault` exclude each other: keep one".to_owned(),
            );
        }
        Extend {
            path: fields
                .get("path")
                .filter(|_| !path.is_empty())
                .map(|value| self.placed(value.span().start, path)),
            use_default,
            disabled: self.placed_strings(&fields, "disabledrules"),
        }
    }

    fn rule(&mut self, table: &DeTable<'_>, at: usize) -> Rule {
        let fields = self.fields(table, RULE, "a rule");
        let id = self.string(&fields, "id");
        if id.trim().is_empty() {
            self.mistake(at, "a rule without `id`: give it its own id".to_owned());
        }
        let name = format!("rule `{id}`");
        let mut keywords = self.strings(&fields, "keywords");
        for keyword in &mut keywords {
            *keyword = keyword.to_lowercase();
        }
        let mut rule = Rule {
            description: self.string(&fields, "description"),
            regex: self.pattern(&fields, "regex", &name),
            path: self.pattern(&fields, "path", &name),
            secret_group: self.number(&fields, "secretgroup").unwrap_or(0) as usize,
            entropy: self.float(&fields, "entropy"),
            keywords,
            tags: self.strings(&fields, "tags"),
            skip_report: self.boolean(&fields, "skipreport"),
            allowlists: Vec::new(),
            required: Vec::new(),
            id,
        };
        if let Some(regex) = &rule.regex
            && rule.secret_group > regex.groups
        {
            let at = fields.get("secretgroup").map_or(at, |v| v.span().start);
            let (group, groups) = (rule.secret_group, regex.groups);
            let noun = if groups == 1 { "group" } else { "groups" };
            self.mistake(
                at,
                format!("{name}: `secretGroup` is {group}, but the regex has {groups} {noun}"),
            );
        }
        for (value, table) in self.lists(&fields, &name) {
            let fields = self.fields(table, &ALLOWLIST[..ALLOWLIST.len() - 1], &name);
            let list = self.allowlist(&fields, value.span().start, &name);
            rule.allowlists.extend(list);
        }
        if let Some(value) = fields.get("required") {
            for (value, table) in self.tables(value, "required") {
                rule.required
                    .extend(self.required(table, value.span().start, &name));
            }
        }
        rule
    }

    fn required(&mut self, table: &DeTable<'_>, at: usize, name: &str) -> Option<Required> {
        let fields = self.fields(table, REQUIRED, name);
        let id = self.string(&fields, "id");
        if id.is_empty() {
            self.mistake(at, format!("{name}: `required` without `id`: name a rule"));
            return None;
        }
        Some(Required {
            id,
            within_lines: self.number(&fields, "withinlines"),
            within_columns: self.number(&fields, "withincolumns"),
        })
    }

    /// Returns the tables of both spellings, `allowlist` and `allowlists`, which
    /// exclude each other.
    fn lists<'v, 'a>(
        &mut self,
        fields: &Fields<'v, 'a>,
        name: &str,
    ) -> Vec<(&'v Value<'a>, &'v DeTable<'a>)> {
        let old = fields.get("allowlist").copied();
        let new = fields.get("allowlists").copied();
        if let (Some(old), Some(_)) = (old, new) {
            self.mistake(
                old.span().start,
                format!(
                    "{name}: `allowlist` and `allowlists` exclude each other: use `allowlists`"
                ),
            );
            return Vec::new();
        }
        match (old, new) {
            (Some(value), _) | (None, Some(value)) => self.tables(value, "allowlists"),
            (None, None) => Vec::new(),
        }
    }

    fn allowlist(&mut self, fields: &Fields<'_, '_>, at: usize, of: &str) -> Option<Allowlist> {
        let condition = self.string(fields, "condition");
        let condition = match condition.to_ascii_uppercase().as_str() {
            "" | "OR" | "||" => Condition::Or,
            "AND" | "&&" => Condition::And,
            _ => {
                let at = fields.get("condition").map_or(at, |v| v.span().start);
                self.mistake(at, format!("{of}: `condition` must be \"AND\" or \"OR\""));
                return None;
            }
        };
        let target = self.string(fields, "regextarget");
        let target = match target.as_str() {
            "" | "secret" => Target::Secret,
            "match" => Target::Match,
            "line" => Target::Line,
            _ => {
                let at = fields.get("regextarget").map_or(at, |v| v.span().start);
                self.mistake(
                    at,
                    format!("{of}: `regexTarget` must be \"secret\", \"match\" or \"line\""),
                );
                return None;
            }
        };
        let commits = self.strings(fields, "commits");
        let list = Allowlist {
            description: self.string(fields, "description"),
            condition,
            commits: commits
                .iter()
                .map(|c| c.trim().to_ascii_lowercase())
                .collect(),
            paths: self.joined(fields, "paths", of),
            target,
            regexes: self.joined(fields, "regexes", of),
            stopwords: self
                .strings(fields, "stopwords")
                .iter()
                .map(|w| w.to_lowercase())
                .collect(),
        };
        for commit in list.commits.iter().filter(|c| c.len() < 40) {
            self.warn(
                at,
                format!("{of}: the commit `{commit}` is not a full id and never matches"),
            );
        }
        let given = ["commits", "paths", "regexes", "stopwords"]
            .iter()
            .any(|key| !self.strings(fields, key).is_empty());
        if !given {
            self.mistake(
                at,
                format!("{of}: an allowlist needs `commits`, `paths`, `regexes` or `stopwords`"),
            );
            return None;
        }
        Some(list)
    }

    /// Joins the patterns of a list as gitleaks does: a flag at the top level of one
    /// also applies to those after it.
    fn joined(&mut self, fields: &Fields<'_, '_>, key: &'static str, of: &str) -> Option<Pattern> {
        let patterns = self.placed_strings(fields, key);
        let at = fields.get(key).map_or(0, |v| v.span().start);
        let mut leaking = false;
        let mut into: Vec<&Placed<String>> = Vec::new();
        let mut understood = true;
        for placed in &patterns {
            match Pattern::new(&placed.what) {
                Ok(pattern) => {
                    let text = &placed.what;
                    if leaking
                        && !text.starts_with("(?")
                        && text.contains(|c: char| c.is_alphabetic())
                    {
                        into.push(placed);
                    }
                    leaking |= pattern.leaks;
                }
                Err(why) => {
                    let mut remark = placed.at.clone();
                    remark.what = format!("{of}: `{key}`: the regex does not compile: {why}");
                    self.mistakes.push(remark);
                    understood = false;
                }
            }
        }
        if patterns.is_empty() || !understood {
            return None;
        }
        if let Some(first) = into.first() {
            let mut remark = first.at.clone();
            let later = match into.len() {
                1 => "1 later entry".to_owned(),
                n => format!("{n} later entries"),
            };
            remark.what = format!(
                "{of}: `(?i)` in an earlier entry of `{key}` also applies to {later}, as in \
                 gitleaks; to prevent this, begin this entry with (?-i)"
            );
            self.warnings.push(remark);
        }
        let sources: Vec<&str> = patterns.iter().map(|p| p.what.as_str()).collect();
        match Pattern::new(&format!("(?:{})", sources.join("|"))) {
            Ok(mut pattern) => {
                self.weigh(at, pattern.size);
                pattern.parts = sources.into_iter().map(str::to_owned).collect();
                Some(pattern)
            }
            Err(why) => {
                self.mistake(at, format!("{of}: `{key}`, joined: {why}"));
                None
            }
        }
    }

    /// Adds to the size of all expressions; reports once that it exceeds the limit.
    fn weigh(&mut self, at: usize, size: usize) {
        let before = self.size;
        self.size = before.saturating_add(size);
        if before <= SIZE_MAX && self.size > SIZE_MAX {
            let what = "the regular expressions up to here take too much memory together: \
                        make their repetitions smaller";
            self.mistake(at, what.to_owned());
        }
    }

    fn pattern(&mut self, fields: &Fields<'_, '_>, key: &str, of: &str) -> Option<Pattern> {
        let text = self.string(fields, key);
        if text.is_empty() {
            return None;
        }
        match Pattern::new(&text) {
            Ok(pattern) => {
                let at = fields.get(key).map_or(0, |v| v.span().start);
                self.weigh(at, pattern.size);
                Some(pattern)
            }
            Err(why) => {
                let at = fields.get(key).map_or(0, |v| v.span().start);
                self.mistake(at, format!("{of}: `{key}` does not compile: {why}"));
                None
            }
        }
    }

    fn table<'v, 'a>(&mut self, value: &'v Value<'a>, key: &str) -> Option<&'v DeTable<'a>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(value, key, "a table");
        }
        table
    }

    /// Reads an array of tables; a single table counts as an array of one.
    fn tables<'v, 'a>(
        &mut self,
        value: &'v Value<'a>,
        key: &str,
    ) -> Vec<(&'v Value<'a>, &'v DeTable<'a>)> {
        match value.get_ref() {
            DeValue::Table(table) => vec![(value, table)],
            DeValue::Array(values) => values
                .iter()
                .filter_map(|value| Some((value, self.table(value, key)?)))
                .collect(),
            _ => {
                self.wrong(value, key, "an array of tables");
                Vec::new()
            }
        }
    }

    fn wrong(&mut self, value: &Value<'_>, key: &str, wanted: &str) {
        let found = value.get_ref().type_str();
        self.mistake(
            value.span().start,
            format!("`{key}` must be {wanted}, not {found}"),
        );
    }

    fn string(&mut self, fields: &Fields<'_, '_>, key: &str) -> String {
        match fields.get(key) {
            None => String::new(),
            Some(value) => self.text(value, key).unwrap_or_default(),
        }
    }

    /// Reads a string; numbers and booleans count as their text.
    fn text(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Boolean(b) => Some(b.to_string()),
            _ => {
                self.wrong(value, key, "a string");
                None
            }
        }
    }

    fn strings(&mut self, fields: &Fields<'_, '_>, key: &str) -> Vec<String> {
        let placed = self.placed_strings(fields, key);
        placed.into_iter().map(|placed| placed.what).collect()
    }

    /// Reads a list of strings; like gitleaks, splits a single string at commas.
    fn placed_strings(&mut self, fields: &Fields<'_, '_>, key: &str) -> Vec<Placed<String>> {
        let Some(value) = fields.get(key) else {
            return Vec::new();
        };
        let at = value.span().start;
        if let DeValue::Array(values) = value.get_ref() {
            let texts = values.iter().filter_map(|value| {
                let text = self.text(value, key)?;
                Some(self.placed(value.span().start, text))
            });
            return texts.collect();
        }
        let text = self.text(value, key).unwrap_or_default();
        if text.is_empty() {
            return Vec::new();
        }
        let parts = text.split(',');
        parts.map(|part| self.placed(at, part.to_owned())).collect()
    }

    fn number(&mut self, fields: &Fields<'_, '_>, key: &str) -> Option<u64> {
        let value = fields.get(key)?;
        let text = self.text(value, key)?;
        let number = text.replace('_', "").parse::<i64>();
        match number.map(u64::try_from) {
            Ok(Ok(number)) => Some(number),
            _ => {
                self.wrong(value, key, "a number of 0 or more");
                None
            }
        }
    }

    fn float(&mut self, fields: &Fields<'_, '_>, key: &str) -> f64 {
        let Some(value) = fields.get(key) else {
            return 0.0;
        };
        let text = self.text(value, key).unwrap_or_default();
        match text.replace('_', "").parse::<f64>() {
            Ok(number) if number.is_finite() => number,
            _ => {
                self.wrong(value, key, "a number");
                0.0
            }
        }
    }

    fn boolean(&mut self, fields: &Fields<'_, '_>, key: &str) -> bool {
        let Some(value) = fields.get(key) else {
            return false;
        };
        let text = self.text(value, key).unwrap_or_default();
        match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => true,
            "false" | "f" | "0" | "" => false,
            _ => {
                self.wrong(value, key, "true or false");
                false
            }
        }
    }
}
