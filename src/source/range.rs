//! The changes of a commit range: for each commit, the blobs that none of its parents
//! has. So merges bring only what they add themselves.

use std::sync::Arc;

use super::budgeted::Budgeted;
use super::changed::{self, ChangedReader, ChangedUnit, Content};
use super::metadata::Persons;
use super::{Item, Parts, Source};
use crate::blob::{BlobPath, SourceError};
use crate::calendar;
use crate::finding::CommitInfo;
use crate::git::commit::{self, Signature};
use crate::git::diff::Differ;
use crate::git::range::{self, RangeCommit};
use crate::git::revision::Revisions;
use crate::git::{GitError, Kind, ObjectId, Reader, Store, object};
use crate::globs::Scope;
use crate::inside::Most;
use crate::stop::counted;

/// The commits of a range, oldest first.
pub struct RangeSource<'s> {
    store: &'s Store,
    commits: Vec<RangeCommit>,
    parts: Arc<Parts>,
    tags: Vec<(String, ObjectId)>,
    name: Option<String>,
    options: RangeOptions,
    scope: Arc<Scope>,
    /// Whether a commit without its parents is a failure.
    is_strict: bool,
}

/// Which parts of a range to scan.
#[derive(Clone, Copy, Debug)]
pub struct RangeOptions {
    /// How much is read of a blob, and of what stands inside of it.
    pub most: Most,
    /// Whether to scan messages and headers of commits and tags.
    pub messages: bool,
    /// Whether missing blobs are skipped instead of reported as failures.
    pub allow_missing: bool,
}

impl<'s> RangeSource<'s> {
    /// Computes the commits in `revisions`.
    ///
    /// # Errors
    /// Fails if a needed commit cannot be read.
    pub fn open(
        store: &'s Store,
        revisions: &Revisions,
        options: RangeOptions,
    ) -> Result<Self, GitError> {
        let mut reader = Reader::new(store, object::DEFAULT_LIMIT);
        let commits = range::commits(&mut reader, store, revisions)?;
        Ok(Self {
            store,
            parts: Parts::new("commit", commits.len()),
            commits,
            tags: Vec::new(),
            name: None,
            options,
            scope: Arc::default(),
            is_strict: false,
        })
    }

    /// Returns this source with the messages of these annotated tags added, each at the name of
    /// its reference.
    #[must_use]
    pub fn with_tags(mut self, tags: Vec<(String, ObjectId)>) -> Self {
        self.tags = tags;
        self
    }

    /// Returns this source with the name of a new reference added.
    #[must_use]
    pub fn with_name(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// Returns this source without the paths that `scope` leaves out.
    pub fn within(self, scope: Arc<Scope>) -> Self {
        Self { scope, ..self }
    }

    /// Returns this source with a failure for each commit whose parents a shallow history
    /// lacks: they may belong to the range.
    #[must_use]
    pub fn with_all_parents(self) -> Self {
        Self {
            is_strict: true,
            ..self
        }
    }

    /// Returns the number of commits.
    pub fn commits(&self) -> usize {
        self.commits.len()
    }

    /// Returns the number of commits whose parents a shallow history lacks. What they
    /// bring cannot be told apart from older content.
    pub fn cut_off(&self) -> usize {
        self.commits.iter().filter(|c| c.cut_off).count()
    }

    /// Returns notes for the summary about commits that a shallow history cuts off.
    pub fn notes(&self) -> Vec<String> {
        let count = self.cut_off();
        if count == 0 {
            return Vec::new();
        }
        vec![format!(
            "shallow clone: {} without their parents, scanned whole",
            counted(count, "commit")
        )]
    }
}

impl<'s> Source for RangeSource<'s> {
    type Unit = ChangedUnit;
    type Reader = ChangedReader<'s>;

    fn list(&self, emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool) {
        let mut budget = Budgeted::new(self.store);
        let emit = &mut |item| emit(budget.checked(item));
        let mut differ = Differ::new(self.store, object::DEFAULT_LIMIT);
        let mut raw = Vec::new();
        let mut persons = Persons::default();
        for commit in &self.commits {
            self.parts.count();
            let place = BlobPath::new(format!("commit/{}", commit.id).into_bytes());
            if let Err(error) = differ.reader().expect(&commit.id, Kind::Commit, &mut raw) {
                if !emit(failed(&place, error)) {
                    return;
                }
                continue;
            }
            let gap = self.is_strict && commit.cut_off;
            if gap && !emit(without_parents(&place)) {
                return;
            }
            let info = Arc::new(commit_info(&commit::info(commit.id, &raw)));
            if self.options.messages {
                let (header, message) = persons.split(&raw);
                let unit = ChangedUnit {
                    path: place.clone(),
                    content: Content::Text { header, message },
                    commit: Some(Arc::clone(&info)),
                };
                if !emit(Item::Unit(unit)) {
                    return;
                }
            }
            let go_on = match range::changes(&mut differ, commit) {
                Ok(changes) => changed::units(changes, Some(&info), &self.scope, emit),
                Err(error) => emit(failed(&place, error)),
            };
            if !go_on {
                return;
            }
        }
        let tags = self.tags.iter().filter(|_| self.options.messages);
        for (name, tag) in tags {
            let path = BlobPath::new(name.as_bytes());
            let item = match differ.reader().expect(tag, Kind::Tag, &mut raw) {
                Ok(()) => {
                    let (header, message) = persons.split(&raw);
                    Item::Unit(ChangedUnit {
                        path,
                        content: Content::Text { header, message },
                        commit: None,
                    })
                }
                Err(error) => failed(&path, error),
            };
            if !emit(item) {
                return;
            }
        }
        if let Some(name) = &self.name {
            emit(Item::Unit(ChangedUnit {
                path: BlobPath::new(name.as_bytes()),
                content: Content::Name,
                commit: None,
            }));
        }
    }

    fn parts(&self) -> Option<Arc<Parts>> {
        self.parts.shared()
    }

    fn reader(&self) -> ChangedReader<'s> {
        ChangedReader::new(self.store, self.options.most, self.options.allow_missing)
    }
}

/// Returns the failure of a commit whose parents a shallow history lacks.
fn without_parents(path: &BlobPath) -> Item<ChangedUnit> {
    Item::Failed(SourceError {
        path: path.clone(),
        why: "its parents may belong to the range, but are not in this shallow clone; \
              `git fetch --unshallow` brings them, `--allow-missing` does without"
            .to_owned(),
    })
}

/// Returns the failure of a unit whose objects cannot be read.
fn failed(path: &BlobPath, error: GitError) -> Item<ChangedUnit> {
    Item::Failed(SourceError {
        path: path.clone(),
        why: error.to_string(),
    })
}

/// Returns the commit data of a finding, as far as the commit object contains it.
pub(crate) fn commit_info(commit: &commit::CommitInfo) -> CommitInfo {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    CommitInfo {
        id: commit.id.to_string(),
        author: text(&commit.author.name),
        email: text(&commit.author.mail),
        date: rfc3339(&commit.author),
        subject: text(&commit.subject),
        ..CommitInfo::default()
    }
}

/// Formats a signature's time as RFC 3339, in its own time zone.
pub(crate) fn rfc3339(who: &Signature) -> String {
    // Times without a four-digit year are invalid; they become the epoch.
    let zone = if who.offset.abs() < 24 * 60 {
        who.offset
    } else {
        0
    };
    let local = who.time.saturating_add(i64::from(zone) * 60);
    let local = calendar::civil(local).unwrap_or(calendar::EPOCH);
    let sign = if zone < 0 { '-' } else { '+' };
    let (zone_hour, zone_minute) = (zone.abs() / 60, zone.abs() % 60);
    format!("{local}{sign}{zone_hour:02}:{zone_minute:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_zone_of_the_author() {
        let at = |time, offset| {
            rfc3339(&Signature {
                time,
                offset,
                ..Signature::default()
            })
        };
        assert_eq!(at(0, 0), "1970-01-01T00:00:00+00:00");
        assert_eq!(at(1_709_164_800, -90), "2024-02-28T22:30:00-01:30");
        assert_eq!(at(1_709_164_800, 330), "2024-02-29T05:30:00+05:30");
        assert_eq!(at(i64::MAX, 99_999), "1970-01-01T00:00:00+00:00");
        assert_eq!(at(253_402_300_799, 0), "9999-12-31T23:59:59+00:00");
    }
}
