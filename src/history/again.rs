//! Notes where a blob has marks, and verifies these hits again without looking at the rest.

use super::entry::Entry;
use super::marks::MarkPlace;
use super::reading;
use super::visitor::{BlobVisitor, Local};
use crate::detect::Hit;

impl BlobVisitor<'_> {
    /// Takes the marks of a blob's entries, with their places if the blob is `plain`.
    pub(super) fn take_marks(&self, local: &mut Local, entries: &[Entry], plain: bool) {
        if self.marker.is_some() {
            let marks = entries.iter().filter_map(|entry| {
                let mark = entry.found.as_ref()?.mark;
                let place = plain.then_some(MarkPlace {
                    at: entry.at,
                    literal: entry.literal,
                });
                (mark != 0).then_some((mark, place))
            });
            local.marks.extend(marks);
        }
    }

    /// Verifies single hits of a blob again, for what they add to the values that a report masks.
    /// None if one of them does not add what it did.
    pub(super) fn verify_marks(
        &self,
        local: &mut Local,
        bytes: &[u8],
        marks: &[(u64, MarkPlace)],
    ) -> Option<()> {
        let content = reading::of(bytes)?.content;
        self.detector().begin(&mut local.scratch);
        for &(mark, place) in marks {
            let hit = Hit {
                at: place.at as usize,
                literal: place.literal,
            };
            let is_in = hit.at < bytes.len() && (hit.literal as usize) < self.reach.len();
            let found = is_in.then(|| self.verify(local, bytes, hit, content).0)?;
            if found?.mark != mark {
                return None;
            }
        }
        Some(())
    }
}
