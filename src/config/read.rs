//! Reads values from a parsed file; every mistake has its position.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::KEYS;
use super::{At, ConfigError, Day, Place};
use crate::rules::select::nearest;

/// The most entries of any list.
const MAX_ITEMS: usize = 10_000;
/// The most mistakes that are reported for one file.
const MAX_ERRORS: usize = 50;

pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// A file being read, and the mistakes in it.
pub(super) struct Reader<'t> {
    file: Arc<str>,
    /// Where each line starts.
    lines: Vec<usize>,
    text: &'t str,
    pub(super) errors: Vec<ConfigError>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(file: Arc<str>, text: &'t str) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes());
        let lines = std::iter::once(0)
            .chain(newlines.map(|at| at + 1))
            .collect();
        Self {
            file,
            lines,
            text,
            errors: Vec::new(),
        }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn place(&self, at: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        Place {
            file: Arc::clone(&self.file),
            line,
            column: at.saturating_sub(self.lines[line - 1]) + 1,
        }
    }

    pub(super) fn at<T>(&self, span: &Range<usize>, value: T) -> At<T> {
        At {
            value,
            place: self.place(span.start),
        }
    }

    pub(super) fn error(
        &mut self,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = self.place(span.start);
        self.errors.push(ConfigError {
            place,
            message: message.into(),
            help: help.into(),
        });
    }

    /// Adds a mistake from another parser, which counts lines itself.
    pub(super) fn error_at(&mut self, line: usize, column: usize, message: String, help: String) {
        self.errors.push(ConfigError {
            place: Place {
                file: Arc::clone(&self.file),
                line,
                column,
            },
            message,
            help,
        });
    }

    /// Returns the mistakes, ordered by position; only the first ones if there are
    /// many.
    pub(super) fn into_errors(mut self) -> Vec<ConfigError> {
        self.errors.sort_by(|a, b| a.place.cmp(&b.place));
        let more = self.errors.len().saturating_sub(MAX_ERRORS);
        self.errors.truncate(MAX_ERRORS);
        if let (Some(last), true) = (self.errors.last_mut(), more > 0) {
            let noun = if more == 1 { "mistake" } else { "mistakes" };
            last.help = format!("and {more} more {noun}");
        }
        self.errors
    }

    fn wrong_type(&mut self, value: &Value<'_>, name: &str, wanted: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(date) if date.time.is_some() => "one with a time",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{name}` must be {wanted}, not {found}");
        self.error(&value.span(), message, "");
    }

    /// Reads a table that may contain only the keys of `name`.
    pub(super) fn table<'v, 'i>(
        &mut self,
        value: &'v Value<'i>,
        name: &str,
    ) -> Option<&'v DeTable<'i>> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(value, name, "a table");
            return None;
        };
        self.known(table, name);
        Some(table)
    }

    /// Reports every key of `table` that the table called `name` does not have.
    pub(super) fn known(&mut self, table: &DeTable<'_>, name: &str) {
        let keys = || KEYS.iter().filter(|key| key.table == name).map(|k| k.name);
        for key in table.keys() {
            let found = key.get_ref().as_ref();
            if keys().any(|known| known == found) {
                continue;
            }
            let place = match name {
                "" => "at the top level".to_owned(),
                name if name.starts_with('[') => format!("in {name}"),
                name => format!("in [{name}]"),
            };
            let help = match nearest(found, keys()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known keys: {}", keys().collect::<Vec<_>>().join(", ")),
            };
            self.error(&key.span(), format!("unknown key `{found}` {place}"), help);
        }
    }

    /// Reads an array of tables.
    pub(super) fn tables<'v, 'i>(&mut self, value: &'v Value<'i>, name: &str) -> &'v [Value<'i>] {
        let Some(all) = value.get_ref().as_array() else {
            self.wrong_type(value, name, &format!("written as [[{name}]]"));
            return &[];
        };
        self.few(value, name, all)
    }

    fn few<'v, 'i>(
        &mut self,
        value: &Value<'i>,
        name: &str,
        all: &'v [Value<'i>],
    ) -> &'v [Value<'i>] {
        if all.len() > MAX_ITEMS {
            let message = format!(
                "`{name}` has {} entries; at most {MAX_ITEMS} are allowed",
                all.len()
            );
            self.error(&value.span(), message, "");
            return &[];
        }
        all
    }

    pub(super) fn string<'v>(&mut self, value: &'v Value<'_>, name: &str) -> Option<&'v str> {
        match value.get_ref().as_str() {
            Some(text) => Some(text),
            None => {
                self.wrong_type(value, name, "a string");
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, value: &Value<'_>, name: &str) -> Option<At<bool>> {
        match value.get_ref().as_bool() {
            Some(flag) => Some(self.at(&value.span(), flag)),
            None => {
                self.wrong_type(value, name, "true or false");
                None
            }
        }
    }

    /// Reads a list of strings, each with its position.
    pub(super) fn strings<'v>(
        &mut self,
        value: &'v Value<'_>,
        name: &str,
    ) -> Vec<(Range<usize>, &'v str)> {
        let Some(all) = value.get_ref().as_array() else {
            self.wrong_type(value, name, "a list of strings");
            return Vec::new();
        };
        if all.is_empty() {
            self.error(&value.span(), format!("`{name}` is empty"), "remove it");
        }
        let mut out = Vec::with_capacity(all.len().min(MAX_ITEMS));
        for item in self.few(value, name, all) {
            match item.get_ref().as_str() {
                Some(text) => out.push((item.span(), text)),
                None => self.wrong_type(item, name, "a list of strings"),
            }
        }
        out
    }

    /// Reads one of a few named values.
    pub(super) fn named<T: Copy>(
        &mut self,
        value: &Value<'_>,
        name: &str,
        all: &[(&str, T)],
    ) -> Option<At<T>> {
        let text = self.string(value, name)?;
        let found = all.iter().find(|(known, _)| *known == text);
        if found.is_none() {
            let known: Vec<_> = all.iter().map(|(known, _)| *known).collect();
            self.error(
                &value.span(),
                format!("unknown value `{text}` for `{name}`"),
                format!("one of: {}", known.join(", ")),
            );
        }
        found.map(|(_, value_of)| self.at(&value.span(), *value_of))
    }

    /// Reads a whole number or a string such as `20M`, in bytes.
    pub(super) fn size(&mut self, value: &Value<'_>, name: &str) -> Option<At<u64>> {
        let text = match value.get_ref() {
            DeValue::String(text) => Cow::Borrowed(text.as_ref()),
            DeValue::Integer(n) if n.radix() == 10 => Cow::Borrowed(n.as_str()),
            _ => {
                self.wrong_type(value, name, "a size such as \"20M\"");
                return None;
            }
        };
        match super::size(&text) {
            Ok(bytes) => Some(self.at(&value.span(), bytes)),
            Err(why) => {
                self.error(&value.span(), format!("`{name}`: {why}"), "");
                None
            }
        }
    }

    /// Reads a whole number.
    pub(super) fn number(&mut self, value: &Value<'_>, name: &str) -> Option<At<u64>> {
        let number = match value.get_ref() {
            DeValue::Integer(n) if n.radix() == 10 => n.as_str().replace('_', "").parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong_type(value, name, "a whole number such as 8");
        }
        number.map(|number| self.at(&value.span(), number))
    }

    /// Reads a calendar date without a time.
    pub(super) fn day(&mut self, value: &Value<'_>, name: &str) -> Option<Day> {
        let day = match value.get_ref() {
            DeValue::Datetime(date) if date.time.is_none() => date.date,
            _ => None,
        };
        let day = day.and_then(|day| Day::new(day.year, day.month, day.day));
        if day.is_none() {
            self.wrong_type(value, name, "a date without quotes, as in 2027-01-31");
        }
        day
    }
}
