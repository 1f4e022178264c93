//! A compressed stream in memory, unpacked.

use std::io::Read;

use super::streams::{Method, unpacked};
use super::{Budget, Most, Trouble};

/// What is unpacked of a stream.
pub(crate) struct Unpacked {
    /// The name of the method, in lower case.
    pub(crate) method: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Whether the stream holds more than that.
    pub(crate) is_cut: bool,
}

/// Unpacks the stream that `bytes` begin with, at most `most` bytes of it, and as far as it is
/// not damaged. None if they begin with no stream, or with one of which nothing can be unpacked.
pub(crate) fn unpack(bytes: &[u8], most: usize) -> Option<Unpacked> {
    let method = Method::of(bytes)?;
    let budget = Budget::new(Most::default(), bytes.len() as u64);
    let mut out = Vec::new();
    let mut is_cut = false;
    let mut source = bytes;
    let read = unpacked(method, &mut source, &budget, 0, &mut |stream| {
        let mut limited = stream.take(most as u64 + 1);
        let read = limited.read_to_end(&mut out);
        is_cut = out.len() > most;
        read.map(|_| ())
    });
    out.truncate(most);
    // Damage ends the stream; what came before counts.
    let is_damaged = read
        .as_ref()
        .err()
        .is_some_and(|e| Trouble::of(e).is_some());
    if (read.is_err() && !is_damaged) || out.is_empty() {
        return None;
    }
    Some(Unpacked {
        method: method.name(),
        bytes: out,
        is_cut,
    })
}
