//! The ignore file: findings that a person reviewed and accepted, with the reason.
//!
//! ```text
//! FINGERPRINT [until=2027-01-31] [owner=NAME] [only-here] reason …
//! ```
//!
//! `FINGERPRINT` is a fingerprint or a secret's identity, as reports show them. An
//! entry accepts the same secret, found by the same rule, in any file. It survives
//! moves and copies of the file, and ends when the value changes. `only-here` limits it
//! to its location.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Subject;
use super::baseline::unhex;
use crate::calendar::Day;
use crate::finding::Fingerprint;

/// One accepted finding.
#[derive(Debug)]
pub struct Ignore {
    /// Its line in the file, from 1.
    pub line: usize,
    /// The fingerprint or secret identity.
    pub id: [u8; 16],
    /// The last day on which it applies.
    pub until: Option<Day>,
    /// Who is responsible for it; may be empty.
    pub owner: String,
    /// Whether it applies only in its own location.
    pub only_here: bool,
    /// Why it is accepted.
    pub reason: String,
    used: AtomicBool,
    shadowed: AtomicBool,
}

/// An ignore file that findings are checked against.
#[derive(Debug, Default)]
pub struct Ignores {
    entries: Vec<Ignore>,
    today: Option<Day>,
}

impl Ignores {
    /// Parses the text of an ignore file. Without `today`, every entry with an end date
    /// is expired.
    ///
    /// # Errors
    /// Returns every wrong line, each as `line: message`.
    pub fn parse(text: &str, today: Option<Day>) -> Result<Self, Vec<String>> {
        let mut entries = Vec::new();
        let mut errors = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match entry(number, line) {
                Ok(entry) => entries.push(entry),
                Err(why) => errors.push(format!("{number}: {why}")),
            }
        }
        if errors.is_empty() {
            Ok(Self { entries, today })
        } else {
            Err(errors)
        }
    }

    /// Returns all entries, in file order.
    pub fn entries(&self) -> &[Ignore] {
        &self.entries
    }

    /// Whether the entry is expired.
    pub fn is_expired(&self, entry: &Ignore) -> bool {
        let until = entry.until;
        until.is_some_and(|until| self.today.is_none_or(|today| until < today))
    }

    /// Returns entries that accepted nothing so far, except expired ones.
    pub fn unused(&self) -> impl Iterator<Item = &Ignore> {
        self.entries
            .iter()
            .filter(|e| !self.is_expired(e) && !e.used.load(Ordering::Relaxed))
    }

    /// Returns entries whose findings were already accepted by something else.
    pub(crate) fn shadowed(&self) -> impl Iterator<Item = &Ignore> {
        let shadowed =
            |e: &&Ignore| e.shadowed.load(Ordering::Relaxed) && !e.used.load(Ordering::Relaxed);
        self.entries.iter().filter(shadowed)
    }

    /// Returns the expired entries.
    pub fn expired(&self) -> impl Iterator<Item = &Ignore> {
        self.entries.iter().filter(|e| self.is_expired(e))
    }

    /// Returns the reason and the line if an entry accepts the subject.
    pub(crate) fn accepts(&self, subject: &Subject<'_>) -> Option<(String, usize)> {
        let entry = self.find(subject)?;
        entry.used.store(true, Ordering::Relaxed);
        Some((entry.reason.clone(), entry.line))
    }

    /// Records that something else accepted the subject before the file was checked.
    pub(crate) fn shadow(&self, subject: &Subject<'_>) {
        if let Some(entry) = self.find(subject) {
            entry.shadowed.store(true, Ordering::Relaxed);
        }
    }

    fn find(&self, subject: &Subject<'_>) -> Option<&Ignore> {
        let fits = |entry: &&Ignore| {
            let id = Fingerprint(entry.id);
            id == subject.fingerprint
                || (!entry.only_here && id.same_value(subject.fingerprint))
                || entry.id == subject.secret_id.0
        };
        let mut live = self.entries.iter().filter(|e| !self.is_expired(e));
        live.find(fits)
    }
}

fn entry(line: usize, text: &str) -> Result<Ignore, String> {
    let mut words = text.split_whitespace().peekable();
    let id = words.next().unwrap_or_default();
    let id: [u8; 16] = unhex(id)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or("expected a fingerprint (32 hexadecimal digits) at the start of the line")?;
    let mut entry = Ignore {
        line,
        id,
        until: None,
        owner: String::new(),
        only_here: false,
        reason: String::new(),
        used: AtomicBool::new(false),
        shadowed: AtomicBool::new(false),
    };
    while let Some(word) = words.peek() {
        if let Some(day) = word.strip_prefix("until=") {
            let day = Day::parse(day).ok_or("expected until=YYYY-MM-DD")?;
            entry.until = Some(day);
        } else if let Some(owner) = word.strip_prefix("owner=") {
            owner.clone_into(&mut entry.owner);
        } else if *word == "only-here" {
            entry.only_here = true;
        } else {
            break;
        }
        words.next();
    }
    entry.reason = words.collect::<Vec<_>>().join(" ");
    if entry.reason.is_empty() {
        return Err("the reason is missing: say why this finding is accepted".to_owned());
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn entries_are_read_with_their_options() {
        let text = format!(
            "# why\n\n{ID} until=2027-01-31 owner=me a test key\n{ID} only-here  two  words\n"
        );
        let ignores = Ignores::parse(&text, Day::parse("2027-02-01")).unwrap();
        let [first, second] = ignores.entries() else {
            panic!("two entries");
        };
        assert_eq!((first.line, second.line), (3, 4));
        assert_eq!((&first.reason[..], &first.owner[..]), ("a test key", "me"));
        assert!(ignores.is_expired(first) && !ignores.is_expired(second));
        assert_eq!(second.reason, "two words");
        assert!(second.only_here);
        assert_eq!(ignores.unused().count(), 1);
        let same_day = Ignores::parse(&text, Day::parse("2027-01-31")).unwrap();
        assert_eq!(same_day.expired().count(), 0);
    }

    #[test]
    fn without_a_clock_what_has_an_end_is_over() {
        let text = format!("{ID} until=2099-01-31 a test key\n");
        let expired = |today| {
            let all = Ignores::parse(&text, today).unwrap();
            all.is_expired(&all.entries()[0])
        };
        assert!(expired(None) && !expired(Day::parse("2098-01-01")));
        assert!(expired(Day::parse("2500-01-01")));
    }

    #[test]
    fn mistakes_are_named_with_their_lines() {
        for (text, want) in [
            ("abc reason".to_owned(), "1: expected a fingerprint"),
            (format!("#\n{ID}"), "2: the reason is missing"),
            (format!("{ID} until=2027-02-30 x"), "1: expected until="),
        ] {
            let errors = Ignores::parse(&text, None).unwrap_err();
            assert!(errors[0].starts_with(want), "{errors:?}");
        }
    }
}
