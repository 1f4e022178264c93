//! Pack indexes. Any bytes are rejected, or the two lookups (near the name's place, and in the
//! whole table) agree on every name.

use super::input::Input;
use super::repository::Repository;
use stopleak::git::oid;
use stopleak::git::pack::index::PackIndex;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let hash_len = if flags & 1 == 0 { 20 } else { 32 };
    let file = match flags >> 1 & 3 {
        // The input as it is.
        0 => input.rest().to_vec(),
        version => built(&mut input, hash_len, version == 1),
    };
    let repository = Repository::of("git_pack_index");
    repository.write("objects/pack/one.idx", &file);
    let path = repository.path().join("objects/pack/one.idx");
    // An index keeps its table once loaded. Two indexes allow comparing both lookups.
    let (Ok(table_of), Ok(near)) = (
        PackIndex::open(path.clone(), hash_len),
        PackIndex::open(path, hash_len),
    ) else {
        return;
    };
    assert_eq!(table_of.len(), near.len());
    let Ok(table) = table_of.load() else {
        return;
    };
    assert_eq!(table.len(), near.len());
    let sorted = (1..table.len()).all(|rank| table.name(rank - 1) < table.name(rank));
    for rank in 0..table.len() {
        let name = table.name(rank);
        let there = table.rank_of(name).map(|rank| table.offset(rank));
        if sorted {
            assert_eq!(there, Some(table.offset(rank)));
            // A name below a wrong fan-out cannot be found: then the index lies.
            if let Ok(Some(offset)) = near.offset_of(name) {
                assert_eq!(offset, table.offset(rank));
            } else {
                assert!(flags >> 1 & 3 == 0, "a name of a true index is not found");
            }
        }
    }
    for other in [[0u8; 32], [0x7f; 32], [0xff; 32]] {
        let other = oid::try_from_bytes(&other[..hash_len]).expect("a whole name");
        if sorted && table.rank_of(other).is_none() {
            assert_eq!(near.offset_of(other).unwrap_or(None), None);
        }
    }
}

/// Builds a correct index of names from the input.
fn built(input: &mut Input<'_>, hash_len: usize, first: bool) -> Vec<u8> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    while !input.is_empty() && names.len() < 3000 {
        // Few different first bytes, so that buckets fill.
        let (a, b, c) = (input.byte() & 0x83, input.byte(), input.byte());
        let mut name = vec![a, b, c];
        name.resize(hash_len, b ^ c);
        names.push(name);
    }
    names.sort();
    names.dedup();
    let offset = |at: usize| (at * 97 + 12) as u32;
    let mut out = Vec::new();
    if !first {
        out.extend_from_slice(b"\xfftOc\0\0\0\x02");
    }
    for byte in 0..=255u8 {
        let below = names.iter().filter(|name| name[0] <= byte).count() as u32;
        out.extend_from_slice(&below.to_be_bytes());
    }
    if first {
        for (at, name) in names.iter().enumerate() {
            out.extend_from_slice(&offset(at).to_be_bytes());
            out.extend_from_slice(name);
        }
    } else {
        names.iter().for_each(|name| out.extend_from_slice(name));
        names.iter().for_each(|_| out.extend_from_slice(&[0; 4]));
        let mut large = Vec::new();
        for at in 0..names.len() {
            if at % 5 == 3 {
                let number = (large.len() / 8) as u32 | 0x8000_0000;
                out.extend_from_slice(&number.to_be_bytes());
                large.extend_from_slice(&((1 << 40) + at as u64).to_be_bytes());
            } else {
                out.extend_from_slice(&offset(at).to_be_bytes());
            }
        }
        out.extend_from_slice(&large);
    }
    out.resize(out.len() + 2 * hash_len, 0);
    out
}
