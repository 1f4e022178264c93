//! Character classes: read as in Go's regular expressions, written for the `regex`
//! crate in a pattern over bytes.

/// A set of characters: exact for ASCII, ranges for all others.
#[derive(Default)]
pub(super) struct Class {
    ascii: u128,
    beyond: Vec<(char, char)>,
    /// Whether `beyond` lists the excluded characters.
    all_but: bool,
}

impl Class {
    pub(super) fn of(test: impl Fn(&u8) -> bool) -> Self {
        let mut class = Class::default();
        for b in (0u8..128).filter(|b| test(b)) {
            class.ascii |= 1 << b;
        }
        class
    }

    pub(super) fn add(&mut self, low: char, high: char) {
        for c in u32::from(low)..=u32::from(high).min(127) {
            self.ascii |= 1 << c;
        }
        if high > '\x7f' {
            self.add_beyond(low.max('\u{80}'), high);
        }
    }

    fn add_beyond(&mut self, low: char, high: char) {
        // A negated class inside another one adds all characters. The few that it
        // excludes make no practical difference.
        if !self.all_but {
            self.beyond.push((low, high));
        }
    }

    pub(super) fn join(&mut self, other: &Class) {
        self.ascii |= other.ascii;
        if other.all_but {
            self.all_but = true;
            self.beyond.clear();
        } else {
            for &(low, high) in &other.beyond {
                self.add_beyond(low, high);
            }
        }
    }

    /// Adds the other case of each ASCII letter.
    pub(super) fn fold(&mut self) {
        for upper in b'A'..=b'Z' {
            let both = (1u128 << upper) | (1u128 << (upper + 32));
            if self.ascii & both != 0 {
                self.ascii |= both;
            }
        }
    }

    pub(super) fn negate(&mut self) {
        self.ascii = !self.ascii;
        self.all_but = !self.all_but;
    }

    /// Writes the class for the `regex` crate, in a pattern over bytes.
    pub(super) fn text(&self) -> String {
        let ascii = self.ascii_text();
        let ranges: String = self
            .beyond
            .iter()
            .map(|(low, high)| {
                format!("\\x{{{:X}}}-\\x{{{:X}}}", u32::from(*low), u32::from(*high))
            })
            .collect();
        match (self.all_but, ranges.is_empty()) {
            (false, true) => ascii,
            (false, false) => format!("(?:{ascii}|(?u-i:[{ranges}]))"),
            // As in Go, a byte that is not UTF-8 counts as a character.
            (true, true) => format!(r"(?:{ascii}|(?u-i:[^\x00-\x7F])|[\x80-\xFF])"),
            (true, false) => format!(r"(?:{ascii}|(?u-i:[^\x00-\x7F{ranges}]))"),
        }
    }

    fn ascii_text(&self) -> String {
        let mut out = String::from("[");
        let mut b = 0u32;
        while b < 128 {
            let ones = (self.ascii >> b).trailing_ones();
            if ones == 0 {
                b += 1;
                continue;
            }
            let last = (b + ones - 1).min(127);
            out.push_str(&spelled(b));
            if last != b {
                out.push('-');
                out.push_str(&spelled(last));
            }
            b += ones;
        }
        if out.len() == 1 {
            return r"[^\x00-\xFF]".to_owned();
        }
        out.push(']');
        out
    }
}

/// Spells a member of a class: letters and digits unchanged.
fn spelled(b: u32) -> String {
    match char::from_u32(b) {
        Some(c) if c.is_ascii_alphanumeric() => c.to_string(),
        _ => format!("\\x{b:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_as_ranges() {
        assert_eq!(Class::of(u8::is_ascii_digit).text(), "[0-9]");
        assert_eq!(Class::default().text(), r"[^\x00-\xFF]");
        let mut all = Class::of(|_| true);
        assert_eq!(all.text(), r"[\x00-\x7F]");
        all.negate();
        assert!(all.text().contains(r"[^\x00-\x7F]"));
    }
}
