//! Files of the cache. Without the right proof none is opened. A body of any bytes is read or is
//! none, and one that was written is read as it was.

use super::input::Input;
use stopleak::cache::{Builder, Facts, Judge, Key, Kind, Table};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    match input.byte() % 3 {
        0 => sealed(input.rest()),
        1 => drop(Table::read(input.rest())),
        _ => written(&mut input),
    }
}

/// Opens any bytes as a file, and a file with these bytes as its body.
fn sealed(bytes: &[u8]) {
    let (key, judge) = (Key::new(b"fuzz"), Judge([1; 32]));
    assert!(key.open(Kind::Objects, &judge, bytes).is_err());
    assert!(key.checked(bytes).is_err());
    let file = key.seal(Kind::History, &judge, bytes);
    assert_eq!(key.open(Kind::History, &judge, &file), Ok(bytes));
    if let Some((at, bits)) = bytes.split_first() {
        let mut changed = file.clone();
        let at = usize::from(*at) * 7 % changed.len();
        changed[at] ^= bits.first().copied().unwrap_or(1).max(1);
        assert!(key.checked(&changed).is_err());
    }
}

/// Writes facts about objects, and reads them again.
fn written(input: &mut Input<'_>) {
    let mut builder = Builder::default();
    let mut rows: Vec<([u8; 4], u64, Vec<u64>)> = Vec::new();
    for _ in 0..input.byte() % 32 {
        let id = [input.byte() % 4, input.byte() % 4, input.byte(), 9];
        let size = u64::from(input.byte()) << (input.byte() % 50);
        let marks: Vec<u64> = (0..input.byte() % 4).map(u64::from).collect();
        if rows.iter().all(|(known, ..)| *known != id) {
            rows.push((id, size, marks.clone()));
        }
        let facts = Facts {
            size,
            binary: size % 2 == 1,
            members: (size % 5) as u32,
            marks: &marks,
        };
        builder.add(&id, &facts);
    }
    let body = builder.body(4);
    let table = Table::read(&body).expect("what was written can be read");
    assert_eq!(table.len(), rows.len());
    for (id, size, marks) in &rows {
        let found = table.find(id).expect("what was written is found");
        assert_eq!((found.size, found.marks), (*size, &marks[..]));
        assert_eq!(found.binary, size % 2 == 1);
    }
    assert!(Table::read(&body[..body.len() - 1]).is_none());
}
