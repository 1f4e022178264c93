//! Whether content is text, from its beginning.

/// How many leading bytes decide whether content is text.
pub(crate) const SNIFF_LEN: usize = 8192;

/// Control characters and NULs up to this number say nothing about readable content.
const HANDFUL: usize = 32;

/// Whether decoded content is not text. Its first [`SNIFF_LEN`] bytes decide.
///
/// Content is suspicious if more than one byte in 25 is a control character that text
/// does not use, or one in 100 if as many are NULs, or if one in three is a NUL. Stray
/// NULs (`/proc/*/environ`, `find -print0`) are fewer, and high bytes are text in some
/// encoding. Suspicious content is text all the same if people can read most of it.
pub(crate) fn is_binary(text: &[u8]) -> bool {
    let head = &text[..text.len().min(SNIFF_LEN)];
    let (controls, nuls) = odd(head);
    // Compressed data has about 11 % such bytes, executables 5 to 20 % and many NULs.
    let suspicious = controls * 25 > head.len()
        || nuls * 3 > head.len()
        || (nuls * 100 > head.len() && controls * 100 > head.len());
    suspicious && !is_readable(head, controls, nuls)
}

/// Counts the control characters that text does not use, and the NULs.
fn odd(head: &[u8]) -> (usize, usize) {
    let (mut controls, mut nuls) = (0usize, 0usize);
    // Nearly all text has none, which is cheaper to find out than to count them.
    let usual = |byte: &u8| ((*byte >= 0x20) | (0x09..=0x0d).contains(byte)) & (*byte != 0x7f);
    if head.iter().fold(true, |all, byte| all & usual(byte)) {
        return (0, 0);
    }
    // Counts in bytes and without branches, so that the compiler can vectorise: a
    // history calls this for hundreds of thousands of blobs.
    for chunk in head.chunks(255) {
        let (mut control, mut nul) = (0u8, 0u8);
        for &byte in chunk {
            nul += u8::from(byte == 0);
            control += u8::from(is_control(byte) & (byte != 0));
        }
        nuls += usize::from(nul);
        controls += usize::from(control);
    }
    (controls, nuls)
}

/// Whether `byte` is a control character that text does not use. Text uses those from
/// backspace to carriage return, escape, and the four separators of records and fields.
fn is_control(byte: u8) -> bool {
    ((byte < 0x20) & !(0x08..=0x0d).contains(&byte) & (byte < 0x1b)) | (byte == 0x7f)
}

/// Whether people can read content although it has many control characters: a small file
/// with a handful of them, fields between such characters, or lines most of which have
/// none. Of programs and of compressed data, hardly any line is clean.
fn is_readable(head: &[u8], controls: usize, nuls: usize) -> bool {
    let readable = || {
        let ascii = head.iter().filter(|b| b.is_ascii() && !is_control(**b));
        let beyond = head
            .utf8_chunks()
            .map(|chunk| chunk.valid().len() - chunk.valid().bytes().filter(u8::is_ascii).count());
        (ascii.count() + beyond.sum::<usize>()) * 4 >= head.len() * 3
    };
    let clean = || {
        let lines = head.split_inclusive(|b| *b == b'\n');
        let clean = lines.filter(|line| !line.iter().any(|b| is_control(*b)));
        clean.map(<[u8]>::len).sum::<usize>() * 2 >= head.len()
    };
    ((nuls == 0 || controls + nuls <= HANDFUL) && readable()) || clean()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_have_a_handful_of_control_characters() {
        let env = "NAME=app\nPORT=8080\nHOST=localhost\nDEBUG=false\n";
        for odd in [
            "\0".to_owned(),
            "\x01".repeat(20),
            "\x01\0".repeat(15),
            "\x0c\x1b[0m\x08\x0b\x1c\x1d\x1e\x1f\x7f".to_owned(),
        ] {
            for text in [
                format!("{odd}{env}{env}"),
                format!("{env}{odd}{env}"),
                format!("{env}{env}{odd}"),
            ] {
                assert!(!is_binary(text.as_bytes()), "{text:?}");
            }
        }
        assert!(!is_binary(b"LEVEL=x1y2z3w4\0"));
        // A line of junk, and many lines without.
        let junk = format!("{}\n{}", "\x01\0\x02".repeat(200), env.repeat(60));
        assert!(!is_binary(junk.as_bytes()));
        // Fields between control characters.
        let fix = "8=FIX.4.2\x019=65\x0135=A\x0149=SERVER\x01\n".repeat(50);
        assert!(!is_binary(fix.as_bytes()));
        assert!(!is_binary(b"A=1\0B=2\0LONG_NAME=some value\0"));
        assert!(!is_binary(b""));
    }

    #[test]
    fn programs_and_compressed_data_are_binary() {
        assert!(is_binary(
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0"
        ));
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let noise: Vec<u8> = (0..4000)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            })
            .collect();
        assert!(is_binary(&noise));
        // The constants of a class file: lengths and names.
        let class = b"\x01\0\x08password\x01\0\x0fLjava/lang/Math;\x0c\0\x12\0\x05".repeat(40);
        assert!(is_binary(&class));
    }
}
