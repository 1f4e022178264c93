//! Cpio: the payload of RPM packages, and the file systems that a Linux kernel starts from.
//!
//! Sources: cpio(5) of libarchive (the old binary, the portable and the "new" formats), and the Linux
//! kernel's "initramfs buffer format" (archives one behind the other, each maybe compressed).

use std::io;

use super::input::Input;
use super::{Members, rest};

/// How headers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Hexadecimal digits: `070701`, or `070702` with checksums.
    New,
    /// Octal digits: `070707`.
    Portable,
    /// Words of 16 bits, the lower byte first or last.
    Little,
    Big,
}

/// A header of a member.
struct Header {
    form: Form,
    mode: u64,
    /// The bytes of the name, with the NUL behind it.
    name: u64,
    size: u64,
}

/// The size of the largest header in bytes.
const LARGEST: usize = 110;

/// The longest name in bytes.
const NAME: u64 = 64 << 10;

/// Returns the number in `digits`.
fn number(digits: &[u8], radix: u32) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = char::from(*byte).to_digit(radix)?;
        number.checked_mul(radix.into())?.checked_add(digit.into())
    })
}

impl Header {
    fn of(bytes: &[u8]) -> Option<Self> {
        let form = match bytes {
            [b'0', b'7', b'0', b'7', b'0', b'1' | b'2', ..] => Form::New,
            [b'0', b'7', b'0', b'7', b'0', b'7', ..] => Form::Portable,
            [0xc7, 0x71, ..] => Form::Little,
            [0x71, 0xc7, ..] => Form::Big,
            _ => return None,
        };
        let fields = bytes.get(..form.len())?;
        let (mode, name, size) = match form {
            Form::New => {
                fields.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                let field = |at: usize| number(fields.get(6 + 8 * at..14 + 8 * at)?, 16);
                (field(1)?, field(11)?, field(6)?)
            }
            Form::Portable => {
                let field = |at: usize, len: usize| number(fields.get(at..at + len)?, 8);
                let is_octal = |b: &u8| matches!(b, b'0'..=b'7');
                fields.iter().all(is_octal).then_some(())?;
                (field(18, 6)?, field(59, 6)?, field(65, 11)?)
            }
            Form::Little | Form::Big => {
                let word = |at: usize| {
                    let word = *fields.get(2 * at..)?.first_chunk::<2>()?;
                    Some(u64::from(match form {
                        Form::Little => u16::from_le_bytes(word),
                        _ => u16::from_be_bytes(word),
                    }))
                };
                (word(3)?, word(10)?, word(11)? << 16 | word(12)?)
            }
        };
        (1..=NAME).contains(&name).then_some(Self {
            form,
            mode,
            name,
            size,
        })
    }

    /// Whether the member is a symbolic link, whose content is where it points to.
    fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    fn is_directory(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }
}

impl Form {
    /// The size of a header in bytes.
    fn len(self) -> usize {
        match self {
            Form::New => 110,
            Form::Portable => 76,
            Form::Little | Form::Big => 26,
        }
    }

    /// How many bytes follow `len` bytes to fill them up.
    fn padding(self, len: u64) -> usize {
        let unit = match self {
            Form::New => 4,
            Form::Portable => 1,
            Form::Little | Form::Big => 2,
        };
        ((unit - len % unit) % unit) as usize
    }
}

/// Whether content begins as an archive does: with a header, and a name that ends where the
/// header says.
pub(super) fn begins(head: &[u8]) -> bool {
    if !matches!(
        head,
        [b'0', b'7', b'0', b'7', ..] | [0xc7, 0x71, ..] | [0x71, 0xc7, ..]
    ) {
        return false;
    }
    let Some(header) = Header::of(head) else {
        return false;
    };
    let kind = header.mode >> 12;
    let has_kind = matches!(kind, 1 | 2 | 4 | 6 | 8 | 0o12 | 0o14)
        // The trailer has none.
        || (kind == 0 && header.mode == 0);
    let behind = head.get(header.form.len()..).unwrap_or_default();
    let name = header.name as usize - 1;
    let ends = match behind.get(name) {
        Some(end) => *end == 0,
        // Longer than the bytes that are looked at.
        None => head.len() >= super::input::HEAD,
    };
    let name = &behind[..name.min(behind.len())];
    has_kind && ends && !name.is_empty() && !name.contains(&0)
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    loop {
        let next = input.peek(LARGEST)?;
        let Some(header) = Header::of(next) else {
            rest::all(input, members)?;
            return Err(input.damaged("what stands behind one of its members is no header"));
        };
        let len = header.form.len();
        members.rest(&next[..len]);
        input.take(len);
        let name = match input
            .peek(header.name as usize)?
            .get(..header.name as usize)
        {
            Some(name) => name.to_vec(),
            None => {
                rest::all(input, members)?;
                return Err(input.damaged("a name in it is cut off"));
            }
        };
        input.take(name.len());
        let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
        members.rest(name.strip_suffix(b"\0").unwrap_or(&name));
        members.rest(b"\n");
        let name = &name[..end];
        rest::pad(input, header.form.padding(len as u64 + header.name))?;
        if header.is_link() {
            rest::stretch(input, header.size, members)?;
            members.rest(b"\n");
        } else if header.size > 0 || !(header.is_directory() || name == b"TRAILER!!!") {
            let mut content = input.part(header.size);
            members.member(name, &mut content)?;
            content.finish()?;
        }
        rest::pad(input, header.form.padding(header.size))?;
        if name == b"TRAILER!!!" {
            rest::zeros(input)?;
            // Another archive may follow, as it is or compressed.
            let next = input.peek(super::input::HEAD)?;
            if next.is_empty() {
                return Ok(());
            }
            if !begins(next) {
                return rest::behind(input, members);
            }
        } else if input.is_at_end()? {
            return Err(input.damaged("it is cut off"));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Class;
    use super::super::testing::{damage, open};
    use super::*;

    fn entry(form: Form, name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
        let (named, size) = (name.len() + 1, content.len());
        let mut bytes = match form {
            Form::New => format!(
                "070701{:08x}{mode:08x}{:024x}{:08x}{size:08x}{:032x}{named:08x}{:08x}",
                7, 0, 0, 0, 0
            )
            .into_bytes(),
            Form::Portable => format!(
                "070707{:012o}{mode:06o}{:024o}{:011o}{named:06o}{size:011o}",
                0, 0, 0
            )
            .into_bytes(),
            Form::Little | Form::Big => {
                let mut words = [0_u16; 13];
                words[0] = 0o70707;
                words[3] = mode as u16;
                words[10] = named as u16;
                words[12] = size as u16;
                let bytes = words.iter().flat_map(|word| match form {
                    Form::Little => word.to_le_bytes(),
                    _ => word.to_be_bytes(),
                });
                bytes.collect()
            }
        };
        assert_eq!(bytes.len(), form.len());
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len() + form.padding(bytes.len() as u64), 0);
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len() + form.padding(size as u64), 0);
        bytes
    }

    fn archive(form: Form) -> Vec<u8> {
        [
            entry(form, "etc", 0o040_755, b""),
            entry(form, "etc/one", 0o100_644, b"first"),
            entry(form, "etc/link", 0o120_777, b"target/of/link"),
            entry(form, "two", 0o100_600, b"the second"),
            entry(form, "TRAILER!!!", 0, b""),
        ]
        .concat()
    }

    /// An archive for tests of formats that hold one.
    pub(in super::super) fn sample() -> Vec<u8> {
        archive(Form::New)
    }

    #[test]
    fn all_forms_are_read() {
        for form in [Form::New, Form::Portable, Form::Little, Form::Big] {
            let mut bytes = archive(form);
            assert!(begins(&bytes));
            bytes.resize(1024, 0);
            let opened = open(&bytes);
            assert_eq!(opened.paths(), ["etc/one", "two"], "{form:?}");
            assert_eq!(opened.text("etc/one"), "first");
            assert_eq!(opened.text("two"), "the second");
            assert!(opened.has("target/of/link"));
            assert!(opened.shut.is_empty(), "{form:?}: {:?}", opened.shut);
            if form != Form::Big {
                damage(&entry(form, "a", 0o100_644, b"some content"));
            }
        }
    }

    #[test]
    fn what_follows_an_archive_is_read() {
        let level = sirocco::deflate::Level::DEFAULT;
        let more = entry(Form::Portable, "three", 0o100_644, b"the third");
        let packed = sirocco::compress(sirocco::Format::Gzip, level, &more);
        let opened = open(&[sample(), vec![0; 36], sample(), vec![0; 8], packed].concat());
        assert_eq!(opened.paths().len(), 5);
        assert_eq!(opened.text("three"), "the third");
        let opened = open(&[&sample()[..], b"and some text"].concat());
        assert!(opened.has("and some text") && opened.shut.is_empty());
    }

    #[test]
    fn what_is_cut_off_is_told() {
        let bytes = sample();
        let at = memchr::memmem::find(&bytes, b"second").unwrap();
        let cut = open(&bytes[..at]);
        assert_eq!(cut.text("two"), "the ");
        assert_eq!(cut.shut[0], ("two".into(), Class::Damaged));
        let cut = open(&bytes[..at + 8]);
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
    }

    #[test]
    fn text_is_no_archive() {
        assert!(!begins(b"070701 is what an archive begins with"));
        assert!(!begins("070707".repeat(100).as_bytes()));
        assert!(!begins(b"\xc7\x71\0\0\0\0\0\0\0\0"));
    }
}
