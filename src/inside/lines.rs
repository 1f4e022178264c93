//! Lines of text that stand for what a container holds: names with their values.

/// From here on, in bytes, what is binary is a member.
pub(super) const MEMBER: usize = 64;

/// The longest name that stands in front of a value, in bytes.
pub(super) const NAME: usize = 1024;

/// Whether bytes are text.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    !bytes.iter().any(is_control) && std::str::from_utf8(bytes).is_ok()
}

fn is_control(byte: &u8) -> bool {
    matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127)
}

/// Appends text. Bytes that would make the lines binary are written as `\x00`.
pub(super) fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let escape = |out: &mut Vec<u8>, byte: u8| {
        let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
        out.extend_from_slice(&[b'\\', b'x', DIGITS[high], DIGITS[low]]);
    };
    for chunk in text.utf8_chunks() {
        for byte in chunk.valid().bytes() {
            match is_control(&byte) {
                true => escape(out, byte),
                false => out.push(byte),
            }
        }
        for byte in chunk.invalid() {
            escape(out, *byte);
        }
    }
}

/// Appends text in quotes, as a source has it.
pub(super) fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    let quote = match text.contains(&b'"') && !text.contains(&b'\'') {
        true => b'\'',
        false => b'"',
    };
    out.push(quote);
    push_text(out, text);
    out.push(quote);
}

/// Returns text from the "modified UTF-8" of Java: NUL and what lies beyond 16 bits is written as
/// two characters.
pub(super) fn from_java(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_ascii() {
        return bytes.to_vec();
    }
    let unit = |bytes: &[u8]| match *bytes {
        [a @ 0xe0..=0xef, b @ 0x80..=0xbf, c @ 0x80..=0xbf, ..] => {
            Some(u32::from(a & 15) << 12 | u32::from(b & 63) << 6 | u32::from(c & 63))
        }
        _ => None,
    };
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, behind @ ..] = rest {
        if let [0xc0, 0x80, behind @ ..] = rest {
            text.push(0);
            rest = behind;
            continue;
        }
        if let Some(high @ 0xd800..=0xdbff) = unit(rest)
            && let Some(low @ 0xdc00..=0xdfff) = rest.get(3..).and_then(unit)
        {
            let code = 0x1_0000 + ((high & 0x3ff) << 10 | low & 0x3ff);
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[6..];
            continue;
        }
        text.push(*first);
        rest = behind;
    }
    text
}

/// Appends each run of characters in bytes that hold none, as far as their format goes: code and
/// tables. So nobody hides a text there.
pub(super) fn push_runs(out: &mut Vec<u8>, bytes: &[u8]) {
    /// The shortest run in bytes. Random bytes rarely have one.
    const RUN: usize = 16;
    for run in bytes.split(|b| is_control(b) || !b.is_ascii()) {
        if run.len() >= RUN && run.iter().any(u8::is_ascii_alphanumeric) {
            out.extend_from_slice(run);
            out.push(b'\n');
        }
    }
}

/// Lines of values with names. How many there may be depends on the size of the container.
pub(super) struct Lines {
    pub(super) out: Vec<u8>,
    budget: usize,
    /// Whether there would be more lines.
    pub(super) is_cut: bool,
}

/// What is told if lines are missing.
pub(super) const CUT: &str = "its constants are used so often that not all of it is shown";

impl Lines {
    /// Begins the lines of a container of `len` bytes.
    pub(super) fn new(len: usize) -> Self {
        Self {
            out: Vec::new(),
            budget: len.saturating_mul(8).saturating_add(64 << 10),
            is_cut: false,
        }
    }

    /// Counts work, in bytes or items. Returns false if it is too much.
    pub(super) fn spend(&mut self, amount: usize) -> bool {
        let left = self.budget.checked_sub(amount);
        self.budget = left.unwrap_or(self.budget);
        self.is_cut |= left.is_none();
        left.is_some()
    }

    /// Appends `name = "text"`. Returns false if there is too much already, or the name is too
    /// long.
    pub(super) fn set(&mut self, name: &[u8], text: &[u8]) -> bool {
        if name.len() > NAME || !self.spend(name.len() + text.len() + 8) {
            return false;
        }
        push_text(&mut self.out, name);
        self.out.extend_from_slice(b" = ");
        push_quoted(&mut self.out, text);
        self.out.push(b'\n');
        true
    }

    /// Appends `of.name("text", …)`. Returns false as [`Lines::set`] does.
    pub(super) fn call(&mut self, of: Option<&[u8]>, name: &[u8], texts: &[&[u8]]) -> bool {
        let of = of.filter(|of| of.len() <= NAME);
        let len = texts.iter().map(|text| text.len() + 4).sum::<usize>();
        let len = len + name.len() + of.map_or(0, <[u8]>::len);
        if name.len() > NAME || !self.spend(len + 8) {
            return false;
        }
        if let Some(of) = of {
            push_text(&mut self.out, of);
            self.out.push(b'.');
        }
        push_text(&mut self.out, name);
        self.out.push(b'(');
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                self.out.extend_from_slice(b", ");
            }
            push_quoted(&mut self.out, text);
        }
        self.out.extend_from_slice(b")\n");
        true
    }

    /// Appends a line.
    pub(super) fn line(&mut self, text: &[u8]) {
        push_text(&mut self.out, text);
        self.out.push(b'\n');
    }
}
