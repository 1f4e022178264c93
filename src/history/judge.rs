//! Makes findings of what is wanted: the chosen blobs are visited once more and
//! judged by the same code as files.

use std::collections::HashMap;
use std::io::Read;

use super::attribute::{Scene, Wanted, WantedBlob};
use crate::blob::{BlobPath, Fresh, SourceError};
use crate::finding::{CommitInfo, Event, SecretId, Summary};
use crate::git::walk::{Derived, Failure, Item, Visitor, WalkOptions, Want, walk};
use crate::git::{Bits, Kind};
use crate::rules::RuleIndex;
use crate::scan::Engine;
use crate::scan::assemble::Assembler;
use crate::source::content::{ContentReader, Limits};

/// A finding and where it stands among others.
struct Made {
    order: u64,
    event: Event,
}

/// The findings in the wanted blobs: by path, then oldest first, then by place.
pub(super) fn findings(
    scene: &Scene<'_>,
    wanted: Vec<WantedBlob>,
    walking: &WalkOptions<'_>,
) -> Vec<Event> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut ranks = Bits::new(scene.objects.len());
    let mut blobs: HashMap<u32, Vec<WantedBlob>> = HashMap::new();
    for blob in wanted {
        ranks.insert(blob.rank);
        blobs.entry(blob.rank).or_default().push(blob);
    }
    let visitor = Judge {
        engine: scene.engine,
        blobs,
    };
    let (locals, _) = walk(
        scene.objects,
        Kind::Blob,
        Want::Only(&ranks),
        walking,
        &visitor,
    );
    let mut made: Vec<Made> = locals.into_iter().flat_map(|local| local.made).collect();
    made.sort_by(|a, b| (key(a)).cmp(&key(b)));
    made.into_iter().map(|made| made.event).collect()
}

fn key(made: &Made) -> (Option<&BlobPath>, u64, u64, u64, u16) {
    match &made.event {
        Event::Finding(f) => (
            Some(&f.path),
            made.order,
            f.start.offset,
            f.end.offset,
            f.rule.0,
        ),
        Event::Failed(error) => (Some(&error.path), made.order, 0, 0, 0),
        Event::Skipped { path, .. } => (Some(path), made.order, 0, 0, 0),
    }
}

struct Judge<'e> {
    engine: &'e Engine,
    blobs: HashMap<u32, Vec<WantedBlob>>,
}

struct Local<'e> {
    assembler: Assembler<'e>,
    content: ContentReader,
    made: Vec<Made>,
}

/// The commits to which the secrets of a blob were attributed.
fn commits(blob: &WantedBlob) -> Vec<((RuleIndex, SecretId), CommitInfo)> {
    let wanted = blob.wanted.iter();
    wanted
        .filter_map(|w| Some(((w.rule, w.secret), (**w.commit.as_ref()?).clone())))
        .collect()
}

impl Judge<'_> {
    /// Keeps of the assembler's events what is wanted of this blob, each once.
    fn take(&self, local: &mut Local<'_>, blob: &WantedBlob) {
        let mut events = Vec::new();
        local.assembler.finish(&mut events, &mut Summary::default());
        let mut left: Vec<&Wanted> = blob.wanted.iter().collect();
        for event in events {
            match event {
                Event::Finding(finding) => {
                    let fits =
                        |w: &&Wanted| w.rule == finding.rule && w.secret == finding.secret_id;
                    let Some(at) = left.iter().position(fits) else {
                        continue;
                    };
                    let wanted = left.swap_remove(at);
                    local.made.push(Made {
                        order: wanted.order,
                        event: Event::Finding(finding),
                    });
                }
                other => local.made.push(Made {
                    order: u64::MAX,
                    event: other,
                }),
            }
        }
    }
}

impl<'e> Visitor for Judge<'e> {
    type Local = Local<'e>;
    type State = ();

    fn local(&self) -> Local<'e> {
        Local {
            assembler: Assembler::new(self.engine),
            content: ContentReader::default(),
            made: Vec::new(),
        }
    }

    fn whole(&self, local: &mut Local<'e>, item: Item<'_>, bytes: &[u8]) {
        if !item.wanted {
            return;
        }
        for blob in self.blobs.get(&item.rank).into_iter().flatten() {
            local.assembler.begin(&blob.path, false);
            local.assembler.attribute(commits(blob));
            let (content, sink) = (&mut local.content, &mut local.assembler);
            content.read_bytes(bytes, &blob.path, Fresh::All, sink);
            self.take(local, blob);
        }
    }

    fn delta(&self, local: &mut Local<'e>, item: Item<'_>, bytes: &[u8], _: Derived<'_, ()>) {
        self.whole(local, item, bytes);
    }

    fn large(
        &self,
        local: &mut Local<'e>,
        item: Item<'_>,
        size: u64,
        input: &mut dyn Read,
    ) -> std::io::Result<bool> {
        // A stream is read once: what is as large as this is told at one of its paths.
        if let Some(blob) = self.blobs.get(&item.rank).and_then(|blobs| blobs.first()) {
            local.assembler.begin(&blob.path, false);
            local.assembler.attribute(commits(blob));
            let limits = Limits {
                size_hint: size,
                max_bytes: u64::MAX,
            };
            let (content, sink) = (&mut local.content, &mut local.assembler);
            content.read(input, &blob.path, limits, sink);
            self.take(local, blob);
        }
        Ok(true)
    }

    fn failed(&self, local: &mut Local<'e>, failure: Failure<'_>) {
        // It was scanned a moment ago and is not readable now.
        for blob in self.blobs.get(&failure.rank).into_iter().flatten() {
            local.made.push(Made {
                order: u64::MAX,
                event: Event::Failed(SourceError {
                    path: blob.path.clone(),
                    why: format!("object {}: {}", failure.id, failure.reason),
                }),
            });
        }
    }
}
