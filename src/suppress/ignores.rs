//! The ignore file: findings that somebody looked at and accepted, with the reason.
//!
//! ```text
//! FINGERPRINT [until=2027-01-31] [owner=NAME] [only-here] reason …
//! ```
//!
//! A fingerprint or a secret's identity, as reports show them. An entry accepts the
//! same secret, as found by the same rule, in any file: it outlives moves and copies
//! of the file and ends with the value. `only-here` binds it to its place.

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
    /// The last day on which it counts.
    pub until: Option<Day>,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// Whether it counts in its own place only.
    pub only_here: bool,
    /// Why it is accepted.
    pub reason: String,
    used: AtomicBool,
    shadowed: AtomicBool,
}

/// The ignore file, ready to be asked.
#[derive(Debug, Default)]
pub struct Ignores {
    entries: Vec<Ignore>,
    today: Option<Day>,
}

impl Ignores {
    /// Reads the text of an ignore file; without `today` whatever has an end is expired.
    ///
    /// # Errors
    /// All lines that are wrong, each as `line: what`.
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

    /// All entries, as they stand.
    pub fn entries(&self) -> &[Ignore] {
        &self.entries
    }

    /// Whether the entry counts no more.
    pub fn is_expired(&self, entry: &Ignore) -> bool {
        let until = entry.until;
        until.is_some_and(|until| self.today.is_none_or(|today| until < today))
    }

    /// Entries that accepted nothing so far, without expired ones.
    pub fn unused(&self) -> impl Iterator<Item = &Ignore> {
        self.entries
            .iter()
            .filter(|e| !self.is_expired(e) && !e.used.load(Ordering::Relaxed))
    }

    /// Entries whose findings something else accepted already.
    pub fn shadowed(&self) -> impl Iterator<Item = &Ignore> {
        let shadowed =
            |e: &&Ignore| e.shadowed.load(Ordering::Relaxed) && !e.used.load(Ordering::Relaxed);
        self.entries.iter().filter(shadowed)
    }

    /// Entries that count no more.
    pub fn expired(&self) -> impl Iterator<Item = &Ignore> {
        self.entries.iter().filter(|e| self.is_expired(e))
    }

    /// The reason by which the subject is accepted, and its line, if it is.
    pub fn accepts(&self, subject: &Subject<'_>) -> Option<(String, usize)> {
        let entry = self.find(subject)?;
        entry.used.store(true, Ordering::Relaxed);
        Some((entry.reason.clone(), entry.line))
    }

    /// Notes that the subject was accepted before the file was asked.
    pub fn shadow(&self, subject: &Subject<'_>) {
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
        .ok_or("expected a fingerprint of 32 hexadecimal digits first")?;
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
        return Err("a reason is missing: say why this finding is accepted".to_owned());
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
            (format!("#\n{ID}"), "2: a reason is missing"),
            (format!("{ID} until=2027-02-30 x"), "1: expected until="),
        ] {
            let errors = Ignores::parse(&text, None).unwrap_err();
            assert!(errors[0].starts_with(want), "{errors:?}");
        }
    }
}
