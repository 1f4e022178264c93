//! Whether content is usual text, so that nothing else needs to look at all of its bytes.

/// How many bytes are looked at without a branch, so that the compiler looks at many at once.
const CHUNK: usize = 512;

/// Whether all bytes are those of text: signs and letters of ASCII, tabs and ends of lines, and
/// what stands for others in UTF-8 and other encodings.
///
/// Such content is [plain](super::plain) and not [binary](super::is_binary), and no container
/// stands behind its beginning. Nearly all text is usual; what is not may be text all the same.
pub(crate) fn is_usual(bytes: &[u8]) -> bool {
    let mut chunks = bytes.chunks(CHUNK);
    chunks.all(|chunk| {
        is_plain_ascii(chunk)
            || chunk
                .iter()
                .fold(true, |all, byte| all & is_usual_byte(*byte))
    })
}

/// Whether all bytes are signs and letters of ASCII, tabs or newlines, by the extremes alone.
fn is_plain_ascii(chunk: &[u8]) -> bool {
    // Behind the newline and before the blank is a gap, which begins with zero in the second.
    let behind = |byte: u8| byte.wrapping_sub(b'\n' + 1);
    let (mut low, mut least, mut high) = (u8::MAX, u8::MAX, 0);
    for &byte in chunk {
        low = low.min(byte);
        least = least.min(behind(byte));
        high = high.max(byte);
    }
    low >= b'\t' && least >= behind(b' ') && high <= b'~'
}

/// Whether a byte may be part of usual text. No container begins with such bytes only.
fn is_usual_byte(byte: u8) -> bool {
    let blank = (byte == b'\t') | (byte == b'\n') | (byte == 0x0c) | (byte == b'\r');
    ((byte.wrapping_sub(b' ') <= 0xfc - b' ') & (byte != 0x7f)) | blank
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Plain, is_binary, plain};

    #[test]
    fn usual_content_is_plain_and_no_program() {
        let mut usual = 0;
        for byte in 0..=u8::MAX {
            for filler in [
                b"some text\n".repeat(60),
                "gr\u{fc}\u{df}e \u{4fb}\r\n".repeat(60).into(),
            ] {
                for at in [0, 1, 511, 512, filler.len() - 1] {
                    let mut content = filler.clone();
                    content[at] = byte;
                    assert_eq!(
                        is_usual(&content),
                        content.iter().all(|b| is_usual_byte(*b))
                    );
                    if is_usual(&content) {
                        usual += 1;
                        let of_text = Some(Plain {
                            mark: 0,
                            nuls: false,
                        });
                        assert_eq!((plain(&content), is_binary(&content)), (of_text, false));
                    }
                }
            }
        }
        assert!(usual > 2_000, "{usual}");
        assert!(is_usual(b""));
    }
}
