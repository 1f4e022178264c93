//! Passes on bytes of a container that belong to no member.

use std::io::{self, BufRead};

use super::Members;
use super::input::{HEAD, Input};

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

/// Passes on what stands behind the end of a container and zeros that fill it up: content that may be
/// a container, too.
///
/// # Errors
/// Fails if the walk must end, and if the source cannot be read.
pub(super) fn behind(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    zeros(input)?;
    let is_container = input.is_container;
    if is_container(input.peek(HEAD)?) {
        members.member(b"", input)?;
    }
    all(input, members)
}

/// Takes zeros.
///
/// # Errors
/// Fails if the source cannot be read.
pub(super) fn zeros(input: &mut Input<'_>) -> io::Result<()> {
    loop {
        let next = input.peek(1)?;
        let zeros = next.iter().take_while(|b| **b == 0).count();
        if zeros == 0 {
            return Ok(());
        }
        input.take(zeros);
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
