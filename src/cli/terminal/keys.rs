//! Single keys of a terminal, and lines that a person types there.

use std::io::IsTerminal;

use super::{put, tell_masked};
use crate::stop::Stop;
use crate::triage::session::Screen;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Char(char),
    Enter,
    Back,
    /// The whole line.
    Kill,
    Escape,
    /// Ctrl-C, Ctrl-D, or the end of the input.
    Quit,
    /// One without a meaning here.
    Other,
}

/// The terminal, which passes each key at once until this is dropped.
pub(in crate::cli) struct Keys {
    raw: raw::Raw,
    clears: bool,
}

impl Keys {
    /// Takes over the terminal. `dumb`: it cannot clear its screen.
    ///
    /// # Errors
    /// Fails if standard input or output is no terminal.
    pub(in crate::cli) fn open(dumb: bool) -> Result<Self, Stop> {
        let is_one = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let raw = is_one.then(raw::Raw::open).and_then(Result::ok);
        let raw = raw.ok_or_else(|| {
            Stop::new("triage asks on a terminal, and standard input or output is none").help(
                "run it in a terminal, or accept single findings with `stopleak ignore add \
                 FINGERPRINT --reason REASON`; `stopleak scan` lists them",
            )
        })?;
        Ok(Self { raw, clears: !dumb })
    }
}

impl Screen for Keys {
    fn show(&mut self, text: &str, fresh: bool) {
        if fresh {
            put(if self.clears { b"\x1b[2J\x1b[H" } else { b"\n" });
        }
        tell_masked(text);
    }

    fn key(&mut self) -> Option<char> {
        loop {
            match self.raw.read() {
                Key::Char(c) => return Some(c),
                Key::Enter => return Some('\n'),
                Key::Quit => return None,
                Key::Back | Key::Kill | Key::Escape | Key::Other => {}
            }
        }
    }

    fn line(&mut self, prompt: &str) -> Option<String> {
        tell_masked(prompt);
        let mut line = String::new();
        let back = |line: &mut String| {
            if line.pop().is_some() {
                put(b"\x08 \x08");
            }
        };
        loop {
            match self.raw.read() {
                Key::Char(c) if line.len() < LONGEST => {
                    line.push(c);
                    put(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Key::Back => back(&mut line),
                Key::Kill => (0..line.chars().count()).for_each(|_| back(&mut line)),
                Key::Enter => {
                    put(b"\n");
                    return Some(line);
                }
                Key::Escape | Key::Quit => {
                    put(b"\n");
                    return None;
                }
                Key::Char(_) | Key::Other => {}
            }
        }
    }
}

/// The longest line that is taken, in bytes.
const LONGEST: usize = 1000;

#[cfg(unix)]
mod raw {
    use std::io::{BufRead, Stdin};

    use rustix::termios::{
        InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };

    use super::Key;

    pub(super) struct Raw {
        input: Stdin,
        before: Termios,
    }

    impl Raw {
        pub(super) fn open() -> rustix::io::Result<Self> {
            let input = std::io::stdin();
            let before = tcgetattr(&input)?;
            let mut raw = before.clone();
            raw.local_modes.remove(
                LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN,
            );
            raw.input_modes.remove(InputModes::IXON | InputModes::ICRNL);
            raw.special_codes[SpecialCodeIndex::VMIN] = 1;
            raw.special_codes[SpecialCodeIndex::VTIME] = 0;
            // What was typed ahead is kept.
            tcsetattr(&input, OptionalActions::Now, &raw)?;
            Ok(Self { input, before })
        }

        pub(super) fn read(&mut self) -> Key {
            let mut input = self.input.lock();
            // What one read gives: all bytes of a key, if a terminal sends several for it.
            let Ok(bytes) = input.fill_buf() else {
                return Key::Quit;
            };
            let (key, len) = super::decode(bytes);
            input.consume(len);
            key
        }
    }

    impl Drop for Raw {
        fn drop(&mut self) {
            let _ = tcsetattr(&self.input, OptionalActions::Now, &self.before);
        }
    }
}

#[cfg(windows)]
mod raw {
    use super::Key;

    pub(super) struct Raw(console::Term);

    impl Raw {
        pub(super) fn open() -> std::io::Result<Self> {
            Ok(Self(console::Term::stdout()))
        }

        pub(super) fn read(&mut self) -> Key {
            match self.0.read_key_raw() {
                Ok(console::Key::Char('\x03' | '\x04')) | Err(_) => Key::Quit,
                Ok(console::Key::Char('\x15')) => Key::Kill,
                Ok(console::Key::Char(c)) if !c.is_control() => Key::Char(c),
                Ok(console::Key::Enter) => Key::Enter,
                Ok(console::Key::Backspace) => Key::Back,
                Ok(console::Key::Escape) => Key::Escape,
                Ok(console::Key::CtrlC) => Key::Quit,
                Ok(_) => Key::Other,
            }
        }
    }
}

/// Returns the first key of what a terminal sent, and how many bytes it takes.
#[cfg_attr(windows, allow(dead_code, reason = "the console decodes keys"))]
fn decode(bytes: &[u8]) -> (Key, usize) {
    match bytes {
        [] | [3 | 4, ..] => (Key::Quit, bytes.len().min(1)),
        [b'\r' | b'\n', ..] => (Key::Enter, 1),
        [8 | 127, ..] => (Key::Back, 1),
        [21, ..] => (Key::Kill, 1),
        // An arrow or a function key: `ESC [ … letter`.
        [27, b'[' | b'O', rest @ ..] => {
            let end = rest.iter().position(|b| (0x40..=0x7e).contains(b));
            (Key::Other, 2 + end.map_or(rest.len(), |end| end + 1))
        }
        [27, ..] => (Key::Escape, 1),
        [0..=31, ..] => (Key::Other, 1),
        _ => {
            let head = &bytes[..bytes.len().min(4)];
            let valid = match std::str::from_utf8(head) {
                Ok(text) => text,
                Err(e) => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
            };
            match valid.chars().next() {
                Some(c) => (Key::Char(c), c.len_utf8()),
                None => (Key::Other, 1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart() {
        for (bytes, key, len) in [
            (&b"ta"[..], Key::Char('t'), 1),
            ("äb".as_bytes(), Key::Char('ä'), 2),
            ("\u{1f511}".as_bytes(), Key::Char('\u{1f511}'), 4),
            (b"\r", Key::Enter, 1),
            (b"\x1b[Ax", Key::Other, 3),
            (b"\x1b[1;5Dx", Key::Other, 6),
            (b"\x1bOP", Key::Other, 3),
            (b"\x1b", Key::Escape, 1),
            (b"\x03", Key::Quit, 1),
            (b"\xff\xfe", Key::Other, 1),
            (b"", Key::Quit, 0),
        ] {
            assert_eq!(decode(bytes), (key, len), "{bytes:?}");
        }
    }
}
