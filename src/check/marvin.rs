//! Marvin32, the keyed string hash of .NET, which Microsoft uses as the
//! checksum of its identifiable keys. Written from the published description.
//! For checks, not for hash tables.

/// Hashes bytes with the seed that an eight-letter label spells, first letter
/// most significant.
pub(crate) fn marvin32(bytes: &[u8], label: &[u8; 8]) -> u32 {
    let hash = marvin64(bytes, u64::from_be_bytes(*label));
    (hash >> 32) as u32 ^ hash as u32
}

/// Hashes bytes with a numeric seed; high half p1, low half p0.
fn marvin64(bytes: &[u8], seed: u64) -> u64 {
    let mut state = (seed as u32, (seed >> 32) as u32);
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let value = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        state = mix((state.0.wrapping_add(value), state.1));
    }
    // 0x80 closes the tail, so that trailing zeros change the hash.
    let mut tail = [0u8; 4];
    let rest = words.remainder();
    tail[..rest.len()].copy_from_slice(rest);
    tail[rest.len()] = 0x80;
    state = mix((state.0.wrapping_add(u32::from_le_bytes(tail)), state.1));
    state = mix(state);
    u64::from(state.1) << 32 | u64::from(state.0)
}

/// Mixes the two halves of the state once.
fn mix((mut p0, mut p1): (u32, u32)) -> (u32, u32) {
    p1 ^= p0;
    p0 = p0.rotate_left(20).wrapping_add(p1);
    p1 = p1.rotate_left(9) ^ p0;
    p0 = p0.rotate_left(27).wrapping_add(p1);
    (p0, p1.rotate_left(19))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vector() {
        assert_eq!(
            marvin64(b"abc", 0xd53c_d9ce_cd08_93b7),
            0x22c7_4339_4927_69bf
        );
    }
}
