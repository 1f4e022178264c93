//! Where the flags of a window stand in the prefilter's table.
//!
//! The build script compiles this file as well.

/// log2 of the number of flag bytes: 1 MiB.
pub(super) const BITS: u32 = 20;

/// Number of flag bytes.
pub(super) const TABLE: usize = 1 << BITS;

/// What stands for a byte in the index of flags is its low five bits, changed by this for its upper
/// four.
///
/// Both cases of a letter share a place. Digits get places that rare letters or none have, and `=`
/// another one than brackets have: `}` before a line end is common, `=` is not. What characters beyond
/// ASCII go on with has no place of a common letter.
pub(super) const ROWS: [u8; 16] = {
    let mut rows = [0; 16];
    (rows[0x1], rows[0x3]) = (15, 15);
    (rows[0x8], rows[0xa]) = (27, 27);
    rows
};

/// Where the flags of a window stand: five bits of each of its bytes are the index, those of the
/// last byte are the lowest. [`ROWS`] tells which bits these are.
///
/// What stands one after the other in text is near in the table, so less of it has to be in a small
/// cache than if windows were spread over all of it.
#[inline(always)]
pub(super) fn flag_index(key: u32) -> usize {
    const ONES: u32 = 0x0101_0101;
    let [fourth, sixth, seventh] = [key >> 4, key >> 6, key >> 7];
    let digits = fourth & !(sixth | seventh) & ONES;
    let beyond = seventh & !(sixth | fourth) & ONES;
    let codes = key ^ (digits * ROWS[3] as u32) ^ (beyond * ROWS[8] as u32);
    let pairs = (codes << 5 & 0x03e0_03e0) | (codes >> 8 & 0x001f_001f);
    ((pairs << 10 | pairs >> 16) & (TABLE as u32 - 1)) as usize
}
