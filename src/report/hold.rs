//! Holds the events of a run until everything is found.
//!
//! A password of one file may stand in the source line, the path or the commit subject of
//! a finding that came before it. So nothing is shown before the run has read everything.
//! What is held is bounded: see `WHOLE` and `ALL`.

use crate::finding::{CommitInfo, Event, Finding, ItemInfo, Snippet, Verdict};
use crate::secret::{MASK, Secret};

/// How much is held with its texts, in bytes.
const WHOLE: usize = 64 << 20;

/// How much is held altogether, in bytes: beyond [`WHOLE`], findings without their source
/// lines and without what their commits say.
const ALL: usize = 160 << 20;

/// The bytes of a secret that a finding without texts keeps: enough for its masked form.
const PREFIX: usize = 64;

/// Events in order.
#[derive(Default)]
pub struct Held {
    events: Vec<Event>,
    size: usize,
    whole: usize,
    all: usize,
    /// The number of findings without texts.
    bare: usize,
    /// The number of suppressed findings, skips and failures that are only counted.
    dropped: usize,
}

impl Held {
    /// Creates an empty list.
    pub fn new() -> Self {
        Held {
            whole: WHOLE,
            all: ALL,
            ..Held::default()
        }
    }

    /// Keeps an event. Returns false if it is a reported finding and memory is full.
    pub fn push(&mut self, mut event: Event) -> bool {
        let mut size = size(&event);
        if self.size + size > self.whole
            && let Event::Finding(finding) = &mut event
        {
            strip(finding);
            size = self::size(&event);
            self.bare += 1;
        }
        if self.size + size > self.all {
            let reported = matches!(&event, Event::Finding(f) if f.verdict.is_report());
            self.bare -= usize::from(matches!(event, Event::Finding(_)));
            self.dropped += usize::from(!reported);
            return !reported;
        }
        self.size += size;
        self.events.push(event);
        true
    }

    /// Returns remarks about what is not shown because of the bounds.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.bare > 0 {
            remarks.push(format!(
                "more findings than fit into {} MiB of memory: {} without source line and author",
                WHOLE >> 20,
                self.bare
            ));
        }
        if self.dropped > 0 {
            remarks.push(format!(
                "more than fits into {} MiB of memory: {} skipped, failed or suppressed are \
                 counted, not listed",
                ALL >> 20,
                self.dropped
            ));
        }
        remarks
    }

    /// Returns the number of findings that are held.
    pub fn findings(&self, suppressed: bool) -> usize {
        let counts = |event: &&Event| match event {
            Event::Finding(finding) => suppressed || finding.verdict.is_report(),
            _ => false,
        };
        self.events.iter().filter(counts).count()
    }

    /// Returns the events in order and releases them one by one.
    pub fn take(&mut self) -> impl Iterator<Item = Event> {
        std::mem::take(&mut self.events).into_iter()
    }
}

/// Returns about how many bytes an event takes.
fn size(event: &Event) -> usize {
    let own = size_of::<Event>();
    match event {
        Event::Finding(finding) => {
            let parts = finding.parts.iter();
            let parts: usize = parts.map(|part| 96 + part.secret.expose().len()).sum();
            let commit = finding.commit.as_deref();
            let reason = match &finding.verdict {
                Verdict::Report => 0,
                Verdict::Warn { reason } | Verdict::Suppressed { reason, .. } => reason.len(),
            };
            let evidence = finding.evidence.iter();
            own + size_of::<Finding>()
                + finding.path.as_bytes().len()
                + finding.secret.expose().len()
                + finding.snippet.line.len()
                + finding.snippet.hidden.len() * size_of::<std::ops::Range<usize>>()
                + evidence.map(|text| 24 + text.len()).sum::<usize>()
                + commit.map_or(0, size_of_commit)
                + finding.item.as_deref().map_or(0, size_of_item)
                + reason
                + parts
        }
        Event::Skipped { path, .. } => own + path.as_bytes().len(),
        Event::Failed(error) => own + error.path.as_bytes().len() + error.why.len(),
    }
}

fn size_of_commit(commit: &CommitInfo) -> usize {
    let texts = [
        &commit.id,
        &commit.author,
        &commit.email,
        &commit.date,
        &commit.subject,
        &commit.last,
        &commit.last_date,
        &commit.link,
    ];
    let texts = texts.into_iter().chain(&commit.refs);
    size_of::<CommitInfo>() + texts.map(|text| 24 + text.len()).sum::<usize>()
}

fn size_of_item(item: &ItemInfo) -> usize {
    size_of::<ItemInfo>() + item.url.len() + item.author.len() + item.time.len()
}

/// Takes the texts off a finding, except for its path.
fn strip(finding: &mut Finding) {
    let short = |secret: &Secret| {
        let bytes = secret.expose();
        let shown = secret.redacted();
        let prefix = shown.len() - MASK.len();
        Secret::with_public_prefix(&bytes[..bytes.len().min(PREFIX)], prefix)
    };
    finding.snippet = Snippet::default();
    finding.item = None;
    finding.secret = short(&finding.secret);
    for part in &mut finding.parts {
        part.secret = short(&part.secret);
    }
    if let Some(commit) = &mut finding.commit {
        **commit = CommitInfo {
            id: std::mem::take(&mut commit.id),
            date: std::mem::take(&mut commit.date),
            last: std::mem::take(&mut commit.last),
            last_date: std::mem::take(&mut commit.last_date),
            at_head: commit.at_head,
            blobs: commit.blobs,
            ..CommitInfo::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{BlobPath, SkipReason, SourceError};

    fn failed(why: &str) -> Event {
        Event::Failed(SourceError {
            path: BlobPath::from("p"),
            why: why.to_owned(),
        })
    }

    #[test]
    fn beyond_the_bound_events_are_counted() {
        let mut held = Held {
            all: 400,
            whole: 200,
            ..Held::default()
        };
        let skipped = || Event::skipped(BlobPath::from("x"), SkipReason::TooLarge);
        assert!(held.push(failed("a")) && held.push(skipped()));
        assert!(held.push(failed(&"long".repeat(200))) && held.push(skipped()));
        assert_eq!((held.take().count(), held.dropped, held.bare), (3, 1, 0));
    }
}
