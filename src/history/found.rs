//! What a walk keeps of the hits in blobs.

use std::sync::Arc;

use crate::blob::BlobPath;
use crate::finding::{Candidate, SecretId};

/// The candidates of one hit, at their offsets in the blob where it was verified.
pub(super) struct Found {
    /// The offset of the hit in that blob.
    pub(super) at: u32,
    pub(super) candidates: Vec<Identified>,
    /// Whether more is encoded at the hit than was decoded.
    pub(super) beyond: bool,
    /// What it adds to the values that a report masks, as a mark; 0 for nothing, and without a
    /// cache.
    pub(super) mark: u64,
}

/// A candidate, and the identity of its secret at each length that it may have. The path
/// decides the length, and many paths may share a blob.
pub(super) type Identified = (Candidate, Box<[(usize, SecretId)]>);

impl Found {
    /// Whether it is more than a mark.
    pub(super) fn counts(&self) -> bool {
        self.beyond || !self.candidates.is_empty()
    }

    /// Returns the candidates at their offsets in a blob where the hit is at `at`.
    /// With each come the ends that its secret may have, and its identity there.
    pub(super) fn moved(
        &self,
        at: u32,
    ) -> impl Iterator<Item = (Candidate, impl Iterator<Item = (usize, SecretId)> + '_)> + '_ {
        let to = move |n: usize| (n + at as usize).saturating_sub(self.at as usize);
        self.candidates.iter().map(move |(candidate, ids)| {
            let candidate = candidate.moved(to);
            let end = candidate.secret.end;
            (
                candidate,
                ids.iter().map(move |(more, id)| (end + more, *id)),
            )
        })
    }
}

/// The offset of each hit in a text, and its candidates.
pub(super) type Hits = Vec<(u32, Arc<Found>)>;

/// A blob with hits.
pub(super) struct BlobHits {
    pub(super) rank: u32,
    /// The texts in it: the blob itself, or what a container holds.
    pub(super) texts: Vec<TextHits>,
}

/// A text with hits.
pub(super) struct TextHits {
    /// The path of a member, in a file without a name; empty for the blob itself.
    pub(super) member: BlobPath,
    pub(super) hits: Hits,
}

impl BlobHits {
    /// Returns the paths of the texts that have hits, each once, if the blob is at `file`.
    pub(super) fn paths(&self, file: &BlobPath) -> Vec<BlobPath> {
        let texts = self.texts.iter();
        let mut paths: Vec<_> = texts
            .map(|text| text.member.with_file(file.as_bytes()))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }
}

/// Returns the memory that a kept hit takes, in bytes: with its places, and with its
/// candidates unless an earlier version shares them.
pub(super) fn weight(found: &Arc<Found>) -> u64 {
    const HIT: usize = 96;
    const CANDIDATE: usize = 400;
    let is_new = Arc::strong_count(found) <= 2;
    let candidates = if is_new { found.candidates.len() } else { 0 };
    (HIT + candidates * CANDIDATE) as u64
}
