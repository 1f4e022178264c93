//! Passes on bytes of a container that belong to no member.

use std::io::{self, BufRead};

use super::Members;
use super::input::Input;

/// Passes on the next `len` bytes.
///
/// # Errors
/// Fails if the container ends before, and if its source cannot be read.
pub(super) fn stretch(
    input: &mut Input<'_>,
    len: u64,
    members: &mut dyn Members,
) -> io::Result<()> {
    let mut part = input.part(len);
    loop {
        let next = part.fill_buf()?;
        let len = next.len();
        if len == 0 {
            return Ok(());
        }
        members.rest(next);
        part.consume(len);
    }
}

/// Passes on all that is left.
///
/// # Errors
/// Fails if the source cannot be read.
pub(super) fn all(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    loop {
        let next = input.peek(1)?;
        let len = next.len();
        if len == 0 {
            return Ok(());
        }
        members.rest(next);
        input.take(len);
    }
}

/// Takes up to `len` bytes that fill a block up. A cut container may lack them.
///
/// # Errors
/// Fails if the source cannot be read.
pub(super) fn pad(input: &mut Input<'_>, len: usize) -> io::Result<()> {
    let there = input.peek(len)?.len().min(len);
    input.take(there);
    Ok(())
}
