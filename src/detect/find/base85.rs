//! Bytes in 85 signs without marks around them: Ascii85 as `a85encode` of Python writes it, Base85 of
//! git and `b85encode` (the signs of RFC 1924), and Z85 (32/Z85 of the ZeroMQ RFCs).
//!
//! Nothing shows where they begin, and a byte looks otherwise beside each other byte. So only the
//! first four bytes of well-known tokens and settings lead to them, and calls that decode them.
//!
//! The build script compiles this file as well.

use std::ops::Range;

/// The signs of an encoding.
pub(in crate::detect) struct Alphabet {
    /// By their values.
    signs: [u8; 85],
    /// The value of each byte; [`NONE`] for those that are no sign.
    values: [u8; 256],
}

/// The value of a byte that is no sign.
const NONE: u8 = 85;

/// What the four bytes that begin here stand for.
const BEGINNINGS: [&[u8; 4]; 26] = [
    b"ghp_", b"gho_", b"ghs_", b"gith", b"glpa", b"AKIA", b"ASIA", b"xoxb", b"xoxp", b"sk_l",
    b"rk_l", b"AIza", b"npm_", b"pypi", b"sk-a", b"sk-p", b"toke", b"TOKE", b"pass", b"PASS",
    b"db_p", b"DB_P", b"api_", b"API_", b"aws_", b"AWS_",
];
/// What a call that decodes has before its argument.
pub(in crate::detect) const CALLS: [&[u8]; 3] = [b"85decode(", b"85.decode(", b"85_decode("];
/// The fewest bytes that stand for text.
pub(in crate::detect) const FEWEST: usize = 16;

const ASCII85: Alphabet = Alphabet::of(
    b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu",
);
const BASE85: Alphabet = Alphabet::of(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
);
const Z85: Alphabet = Alphabet::of(
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
);
/// All alphabets. The first one is that of Ascii85.
pub(in crate::detect) const ALPHABETS: [&Alphabet; 3] = [&ASCII85, &BASE85, &Z85];

/// A group of signs, and the bytes that they stand for.
pub(in crate::detect) struct Group {
    bytes: [u8; 4],
    len: usize,
    /// Where its signs stand.
    pub(in crate::detect) place: Range<usize>,
}

impl Group {
    /// What it stands for.
    pub(in crate::detect) fn meaning(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Alphabet {
    const fn of(signs: &[u8; 85]) -> Self {
        let mut values = [NONE; 256];
        let mut value = 0;
        while value < 85 {
            values[signs[value] as usize] = value as u8;
            value += 1;
        }
        Self {
            signs: *signs,
            values,
        }
    }

    /// The signs of four bytes.
    fn encode(&self, bytes: [u8; 4]) -> [u8; 5] {
        let mut value = u32::from_be_bytes(bytes) as usize;
        let mut signs = [0; 5];
        for sign in signs.iter_mut().rev() {
            *sign = self.signs[value % 85];
            value /= 85;
        }
        signs
    }

    fn value(&self, sign: u8) -> Option<u64> {
        let value = self.values[usize::from(sign)];
        (value != NONE).then_some(u64::from(value))
    }

    /// The group at `at`. The last one may be short; it is filled up with the highest sign.
    pub(in crate::detect) fn group(&self, text: &[u8], at: usize) -> Option<Group> {
        let signs = text.get(at..)?.iter().take(5);
        let mut values = [84; 5];
        let mut count = 0;
        for (value, sign) in values.iter_mut().zip(signs.map_while(|s| self.value(*s))) {
            *value = sign;
            count += 1;
        }
        let len = usize::checked_sub(count, 1).filter(|len| *len > 0)?;
        let value = values.iter().fold(0, |value, next| value * 85 + next);
        Some(Group {
            bytes: u32::try_from(value).ok()?.to_be_bytes(),
            len,
            place: at..at + len + 1,
        })
    }

    /// The groups that stand for text from `at` on, up to `most` of them.
    pub(in crate::detect) fn groups<'a>(
        &'a self,
        text: &'a [u8],
        at: usize,
        most: usize,
    ) -> impl Iterator<Item = Group> + 'a {
        let printable = |b: &u8| matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n');
        let mut next = Some(at);
        let groups = std::iter::from_fn(move || {
            let group = self.group(text, next?)?;
            next = (group.len == 4).then_some(group.place.end);
            group.meaning().iter().all(printable).then_some(group)
        });
        groups.take(most)
    }
}

/// The literals that lead to something encoded: what well-known beginnings look like.
pub(super) fn images() -> impl Iterator<Item = [u8; 5]> {
    let all = ALPHABETS.into_iter();
    all.flat_map(|alphabet| BEGINNINGS.iter().map(|bytes| alphabet.encode(**bytes)))
}

/// Where the text is encoded to which the literal at `at` leads, and up to where it may go on: the
/// quote that opens it ends it, and so does a line end.
fn text(bytes: &[u8], at: usize, longest: usize) -> Option<Range<usize>> {
    let rest = &bytes[at..bytes.len().min(at + 40)];
    let call = CALLS.iter().find(|call| rest.starts_with(call));
    let start = match call {
        Some(call) => {
            let is_open = |b: &&u8| b"brR\"'`".contains(b);
            let behind = &rest[call.len()..];
            at + call.len() + behind.iter().take(4).take_while(is_open).count()
        }
        None => at,
    };
    let before = start.checked_sub(1).and_then(|before| bytes.get(before));
    let quote = before.filter(|b| b"\"'`<".contains(b));
    let close = match quote {
        Some(b'<') => b'<',
        Some(quote) => *quote,
        None => b'\n',
    };
    let rest = &bytes[start..bytes.len().min(start + longest)];
    let end = rest
        .iter()
        .position(|b| *b == close || b" \t\r\n".contains(b));
    Some(start..start + end.unwrap_or(rest.len()))
}

/// Whether the literal at `at` leads to something encoded, and no other one shortly before it leads
/// to the same.
pub(in crate::detect) fn is_lead(bytes: &[u8], at: usize) -> bool {
    let place = found(bytes, at, FEWEST * 2);
    place.is_some_and(|(number, place)| place.start > at || !goes_on(bytes, at, number))
}

/// How many groups before a literal may begin the same text.
const BEFORE: usize = 12;

/// Whether the literal at `at` stands in a text that begins with another one. Otherwise a text made
/// of such literals would be read from each of them on.
fn goes_on(bytes: &[u8], at: usize, number: usize) -> bool {
    let alphabet = ALPHABETS[number];
    for groups in 1..=BEFORE {
        let Some(start) = at.checked_sub(5 * groups) else {
            return false;
        };
        let Some(group) = alphabet.groups(&bytes[..at], start, 1).next() else {
            return false;
        };
        let begins = BEGINNINGS.iter().any(|known| *known == group.meaning());
        if begins
            && let Some((first, place)) = found(bytes, start, 5 * groups + FEWEST)
            && first == number
        {
            return place.end > at;
        }
    }
    false
}

/// The alphabet in which something is encoded to which the literal at `at` leads, and where it
/// stands, up to `longest` bytes of it.
pub(in crate::detect) fn found(
    bytes: &[u8],
    at: usize,
    longest: usize,
) -> Option<(usize, Range<usize>)> {
    let place = text(bytes, at, longest)?;
    let near = &bytes[..place.end];
    let means =
        |alphabet: &&Alphabet| alphabet.groups(near, place.start, FEWEST / 4).count() == FEWEST / 4;
    let number = ALPHABETS.iter().position(means)?;
    Some((number, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_from_its_first_literal_on() {
        let encode = |alphabet: &Alphabet, text: &str| -> String {
            let (groups, _) = text.as_bytes().as_chunks();
            let signs = groups.iter().flat_map(|group| alphabet.encode(*group));
            signs.map(char::from).collect()
        };
        for alphabet in ALPHABETS {
            let text = encode(alphabet, &"password = token12".repeat(2));
            let run = encode(alphabet, &"pass".repeat(40));
            for (text, leads) in [
                (format!("{text}\n"), &[0][..]),
                (format!("x {text} {text}\n"), &[2, text.len() + 3]),
                (run.clone(), &[0]),
                (format!("x {run}"), &[2]),
                // A literal that is not in step begins a text of its own.
                (format!("{}0{run}", &run[..40]), &[0, 41]),
            ] {
                let images: Vec<[u8; 5]> = images().collect();
                let bytes = text.as_bytes();
                let is_image = |at: &usize| {
                    let signs = bytes[*at..].first_chunk();
                    signs.is_some_and(|signs| images.contains(signs))
                };
                let found = (0..bytes.len()).filter(is_image);
                let found: Vec<usize> = found.filter(|at| is_lead(bytes, *at)).collect();
                assert_eq!(found, leads, "{text}");
            }
        }
    }

    #[test]
    fn what_others_write_is_read() {
        // `base64.a85encode`, `base64.b85encode` of Python and the sample of 32/Z85.
        for (alphabet, text, bytes) in [
            (&ASCII85, &b"87cURD]i,\"Ebo80"[..], &b"Hello World!"[..]),
            (&BASE85, b"NM&qnZy;B1a%^NF", b"Hello World!"),
            (&Z85, b"HelloWorld", b"\x86\x4f\xd2\x6f\xb5\x59\xf7\x5b"),
        ] {
            let mut all = Vec::new();
            for at in (0..text.len()).step_by(5) {
                all.extend_from_slice(alphabet.group(text, at).unwrap().meaning());
            }
            assert_eq!(all, bytes);
            let first = bytes.first_chunk().unwrap();
            assert_eq!(alphabet.encode(*first), text[..5]);
        }
    }
}
