//! Whether bytes may begin a stream of deflate without a header around it, as SAML, diagrams and
//! scripts that unpack themselves have it in base64.
//!
//! Nothing marks such a stream. But a block with codes of its own says first how long these are, and
//! hardly any other bytes make them fit; and a short text has the fixed codes of its characters.
//!
//! Source: RFC 1951.

/// How many characters of a text must stand at the beginning of a block with fixed codes, before
/// what is repeated.
const FEWEST: usize = 5;
/// So many are enough.
const ENOUGH: usize = 8;

/// The kinds of the first block: the last one with fixed codes, and any with codes of its own.
const FIXED: u8 = 0b011;
const OWN: [u8; 2] = [0b101, 0b100];

/// The highest numbers of codes for characters and for distances, of 32.
const MOST: u8 = 29;

/// Whether the first three bytes of something may pass [`begins`].
pub(super) fn may_begin([first, second, third]: [u8; 3]) -> bool {
    let kind = first & 7;
    if kind != FIXED {
        return OWN.contains(&kind) && first >> 3 <= MOST && second & 0x1f <= MOST;
    }
    let bits = u128::from(u32::from_le_bytes([first, second, third, 0]));
    literal(bits >> 3).is_some() && literal(bits >> 11).is_some()
}

/// Whether bytes may begin a stream.
pub(in crate::detect) fn begins(head: &[u8]) -> bool {
    let mut all = [0; 16];
    let Some(head) = head.get(..12) else {
        return false;
    };
    all[..12].copy_from_slice(head);
    let bits = u128::from_le_bytes(all);
    match head[0] & 7 {
        FIXED => is_fixed_text(bits >> 3),
        kind => OWN.contains(&kind) && are_lengths(bits >> 3),
    }
}

/// Whether codes have lengths that fit: no code too few, none too many.
fn are_lengths(bits: u128) -> bool {
    let part = |from: usize, len: usize| (bits >> from) as u32 & ((1 << len) - 1);
    if part(0, 5) > u32::from(MOST) || part(5, 5) > u32::from(MOST) {
        return false;
    }
    let count = part(10, 4) as usize + 4;
    let lengths = (0..count).map(|n| part(14 + 3 * n, 3));
    let shares = lengths.filter(|len| *len > 0).map(|len| 128u32 >> len);
    shares.sum::<u32>() == 128
}

/// The character with a fixed code that `bits` begin with, if it is one of text.
fn literal(bits: u128) -> Option<u8> {
    let code = (bits as u8).reverse_bits();
    let byte = code.checked_sub(0x30).filter(|_| code < 0xc0)?;
    matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n').then_some(byte)
}

/// Whether `bits` are characters of a text, or what repeats some behind them.
fn is_fixed_text(bits: u128) -> bool {
    let text = (0..ENOUGH).take_while(|n| literal(bits >> (8 * n)).is_some());
    let count = text.count();
    if count == ENOUGH {
        return true;
    }
    // The codes of lengths, and of the end.
    let code = ((bits >> (8 * count)) as u8).reverse_bits();
    count >= FEWEST && (code < 0x30 || (0xc0..0xc8).contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let level = sirocco::deflate::Level::DEFAULT;
        sirocco::compress(sirocco::Format::Deflate, level, text)
    }

    #[test]
    fn streams_of_text_begin_like_streams() {
        let long: String = (0..400)
            .map(|n| format!("line {n} of {}\n", n * 7919))
            .collect();
        for text in [
            "ghx_Ky9Pf34qY6Nb3wWD25RQ4F5ZR3qa7y3gm1IL",
            "password = none of your business\n",
            &long[..300],
            &long,
        ] {
            let stream = packed(text.as_bytes());
            assert!(begins(&stream), "{text}");
            assert!(may_begin([stream[0], stream[1], stream[2]]), "{text}");
        }
    }

    #[test]
    fn hardly_any_other_bytes_do() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        let (mut all, mut first) = (0, 0);
        for _ in 0..200_000 {
            let head: [u8; 12] = std::array::from_fn(|_| next());
            let may = may_begin([head[0], head[1], head[2]]);
            assert!(may || !begins(&head));
            first += usize::from(may);
            all += usize::from(begins(&head));
        }
        assert!(all < 500 && first < 60_000, "{all} {first}");
    }
}
