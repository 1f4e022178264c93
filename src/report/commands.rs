//! Keeps output from starting commands of CI systems.
//!
//! Azure's agent takes `##vso[` as the start of a command wherever it stands in a line of
//! the log, and GitHub's runner `##[`. Source lines, file names and commit subjects may
//! contain either. `::` starts a command only at the start of a line; reports and the
//! terminal take care of that themselves.

use std::io::{self, Write};

/// The starts of commands, in any case.
const COMMANDS: [&[u8]; 2] = [b"##[", b"##vso["];

/// Returns the offset of the first command in `bytes`, and whether all of its start is
/// there: it may be cut off by the end.
fn find(bytes: &[u8]) -> Option<(usize, bool)> {
    memchr::memchr_iter(b'#', bytes).find_map(|at| {
        let starts = COMMANDS.iter().find_map(|command| {
            let there = &bytes[at..bytes.len().min(at + command.len())];
            let same = there.eq_ignore_ascii_case(&command[..there.len()]);
            same.then_some(there.len() == command.len())
        });
        starts.map(|whole| (at, whole))
    })
}

/// Returns `text` with `second` in place of the second `#` of each command.
pub fn disarm(text: &str, second: &str) -> String {
    let mut out = Disarmed::new(Vec::new(), second);
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.expect("writing to memory cannot fail");
    String::from_utf8_lossy(&out.out).into_owned()
}

/// A writer that passes everything on, with `second` in place of the second `#` of each
/// command.
pub(super) struct Disarmed<'s, W> {
    out: W,
    second: &'s str,
    /// The end of what was written, if it may be the start of a command.
    held: Vec<u8>,
}

impl<'s, W: Write> Disarmed<'s, W> {
    pub(super) fn new(out: W, second: &'s str) -> Self {
        Self {
            out,
            second,
            held: Vec::new(),
        }
    }

    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while let Some((at, whole)) = find(rest) {
            self.out.write_all(&rest[..at])?;
            if !whole {
                self.held = rest[at..].to_vec();
                return Ok(());
            }
            self.out.write_all(b"#")?;
            self.out.write_all(self.second.as_bytes())?;
            rest = &rest[at + 2..];
        }
        self.out.write_all(rest)
    }
}

impl<W: Write> Write for Disarmed<'_, W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.held.is_empty() {
            self.pass(buf)?;
        } else {
            let mut bytes = std::mem::take(&mut self.held);
            bytes.extend_from_slice(buf);
            self.pass(&bytes)?;
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // What is held is no command: its end would have come by now, or comes in another
        // line of the log.
        let held = std::mem::take(&mut self.held);
        self.out.write_all(&held)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_is_left_however_it_is_written() {
        for text in [
            "see ##vso[task.setvariable variable=A]b",
            "##[error]x ##[ ##vso[",
            "###[group] ####VSO[x] ##Vso[y",
            "a # b ## c ##vs ##v[ #",
            "##",
        ] {
            let whole = disarm(text, r"\#");
            for command in ["##[", "##vso["] {
                assert!(!whole.to_lowercase().contains(command), "{whole}");
            }
            assert_eq!(whole.replace(r"#\#", "##"), text);
            for cut in 0..=text.len() {
                let mut out = Disarmed::new(Vec::new(), r"\#");
                out.write_all(&text.as_bytes()[..cut]).unwrap();
                out.write_all(&text.as_bytes()[cut..]).unwrap();
                out.flush().unwrap();
                assert_eq!(out.out, whole.as_bytes(), "cut at {cut}");
            }
        }
    }

    #[test]
    fn other_text_stays() {
        let text = "## Heading\n### [x]\n#[derive(Debug)] #![allow] # # [x]";
        assert_eq!(disarm(text, r"\#"), text);
    }

    #[test]
    fn what_is_held_is_short() {
        let mut out = Disarmed::new(Vec::new(), "");
        for _ in 0..100 {
            out.write_all(b"##vso").unwrap();
            assert!(out.held.len() < COMMANDS[1].len(), "{}", out.held.len());
        }
    }
}
