//! Masks secrets in other texts: paths, reasons, names, messages.

use std::ops::Range;

use crate::secret::MASK;

/// No run of this many bytes of a secret may appear.
const WINDOW: usize = 6;

/// A run of a secret this long is masked in a path even if the rest is missing.
const PATH_RUN: usize = 12;

/// Secrets and their windows, which must not appear in a text.
#[derive(Default)]
pub(crate) struct Needles<'a> {
    /// The secrets that are long enough to have windows.
    secrets: Vec<&'a [u8]>,
    /// Sorted, without duplicates.
    windows: Vec<[u8; WINDOW]>,
}

impl<'a> Needles<'a> {
    /// Collects the windows of `secrets`; a secret shorter than a window has none.
    pub(crate) fn new(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let secrets: Vec<&[u8]> = secrets
            .into_iter()
            .filter(|bytes| bytes.len() >= WINDOW)
            .collect();
        let mut windows: Vec<[u8; WINDOW]> = secrets
            .iter()
            .flat_map(|bytes| bytes.windows(WINDOW))
            .filter_map(|w| w.try_into().ok())
            .collect();
        windows.sort_unstable();
        windows.dedup();
        Needles { secrets, windows }
    }

    fn is_needle(&self, window: &[u8]) -> bool {
        self.windows
            .binary_search_by(|known| known.as_slice().cmp(window))
            .is_ok()
    }

    /// Whether `text` contains a window.
    pub(crate) fn found_in(&self, text: &[u8]) -> bool {
        text.windows(WINDOW).any(|w| self.is_needle(w))
    }

    /// Returns the runs of `text` that windows of a secret cover.
    fn runs(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        if self.windows.is_empty() {
            return runs;
        }
        for (at, window) in text.windows(WINDOW).enumerate() {
            if self.is_needle(window) {
                match runs.last_mut() {
                    Some(last) if at <= last.end => last.end = at + WINDOW,
                    _ => runs.push(at..at + WINDOW),
                }
            }
        }
        runs
    }

    /// Masks every run of windows in `text`.
    pub(crate) fn mask_bytes(&self, text: &[u8]) -> Vec<u8> {
        replace(text, &self.runs(text))
    }

    /// Like [`mask_bytes`](Self::mask_bytes), for a `str`.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut runs = self.runs(text.as_bytes());
        for run in &mut runs {
            while !text.is_char_boundary(run.start) {
                run.start -= 1;
            }
            while !text.is_char_boundary(run.end) {
                run.end += 1;
            }
        }
        String::from_utf8_lossy(&replace(text.as_bytes(), &runs)).into_owned()
    }

    /// Masks a whole secret, or a long run of one, in a path.
    ///
    /// A word that the path shares with the secret (`deploy/postgres.yml` and a
    /// password `postgres-2024`) stays. Without the path, the user cannot locate the
    /// finding, and the word alone does not reveal that it is part of the secret. The
    /// same holds for a password that is only a word of the path (`vendor` in
    /// `vendor/.env`).
    pub(crate) fn mask_path(&self, path: &[u8]) -> Vec<u8> {
        let mut runs = self.runs(path);
        runs.retain(|run| {
            let text = &path[run.clone()];
            let holds_whole = |secret: &&[u8]| {
                !secret.iter().all(u8::is_ascii_lowercase)
                    && memchr::memmem::find(text, secret).is_some()
            };
            run.len() >= PATH_RUN || self.secrets.iter().any(holds_whole)
        });
        replace(path, &runs)
    }
}

/// Masks each of `runs` in `text`. `runs` is ascending; overlaps are clipped.
fn replace(text: &[u8], runs: &[Range<usize>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for run in runs {
        let run = run.start.clamp(at, text.len())..run.end.clamp(at, text.len());
        out.extend_from_slice(&text[at..run.start]);
        out.extend_from_slice(MASK.as_bytes());
        at = run.end;
    }
    out.extend_from_slice(&text[at..]);
    out
}
