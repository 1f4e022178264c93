//! Databases put together from their pages.

use super::super::testing::open;
use super::super::whole::damage_some;
use super::*;

const SIZE: usize = 512;

fn number(value: u64) -> Vec<u8> {
    match value {
        0..0x80 => vec![value as u8],
        _ => vec![0x80 | (value >> 7) as u8, value as u8 & 0x7f],
    }
}

/// A record of texts; one that begins with a NUL is a blob.
fn record(values: &[&[u8]]) -> Vec<u8> {
    let kind =
        |value: &&[u8]| 2 * value.len() as u64 + if value.first() == Some(&0) { 12 } else { 13 };
    let types: Vec<u8> = values
        .iter()
        .flat_map(|value| number(kind(value)))
        .collect();
    [&[types.len() as u8 + 1], &types[..], &values.concat()].concat()
}

fn row(row: u8, record: &[u8]) -> Vec<u8> {
    [&number(record.len() as u64), &[row][..], record].concat()
}

/// The page of a tree, its cells at its end.
fn page(kind: u8, right: u32, header: usize, cells: &[Vec<u8>]) -> Vec<u8> {
    let mut page = vec![0; SIZE];
    let mut at = SIZE;
    page[header] = kind;
    page[header + 4] = cells.len() as u8;
    let mut pointer = header + 8;
    if kind < 8 {
        page[header + 8..header + 12].copy_from_slice(&right.to_be_bytes());
        pointer += 4;
    }
    for cell in cells {
        at -= cell.len();
        page[at..at + cell.len()].copy_from_slice(cell);
        page[pointer..pointer + 2].copy_from_slice(&(at as u16).to_be_bytes());
        pointer += 2;
    }
    page
}

fn first(encoding: u8, schema: &[(&str, u8, &str)]) -> Vec<u8> {
    let cells: Vec<_> = schema
        .iter()
        .map(|(name, root, sql)| {
            let sizes = [
                23,
                13 + 2 * name.len() as u64,
                13,
                1,
                13 + 2 * sql.len() as u64,
            ];
            let types: Vec<u8> = sizes.into_iter().flat_map(number).collect();
            let body = [b"table", name.as_bytes(), &[*root], sql.as_bytes()].concat();
            row(1, &[&[types.len() as u8 + 1], &types[..], &body].concat())
        })
        .collect();
    let mut page = page(13, 0, HEADER, &cells);
    page[..16].copy_from_slice(MAGIC);
    page[16..18].copy_from_slice(&(SIZE as u16).to_be_bytes());
    page[59] = encoding;
    page
}

fn sample() -> Vec<u8> {
    let large = [b"begin ".as_slice(), &b"0123456789".repeat(80), b" end"].concat();
    let large = record(&[b"large", &large]);
    // 512 usable bytes: a cell keeps 39 and those that fill no other page.
    let here = 39 + (large.len() - 39) % 508;
    let local = [
        &number(large.len() as u64),
        &[3][..],
        &large[..here],
        &[0, 0, 0, 5],
    ]
    .concat();
    let mut overflow = [vec![0; 4], large[here..].to_vec()].concat();
    overflow.resize(SIZE, 0);
    let mut leaf = page(
        13,
        0,
        0,
        &[
            row(1, &record(&[b"alice", b"pw \"1\""])),
            row(2, &record(&[b"bob", b"line\nline"])),
        ],
    );
    leaf[200..212].copy_from_slice(b"deleted-text");
    let zipped = sirocco::compress(
        sirocco::Format::Gzip,
        sirocco::deflate::Level::DEFAULT,
        b"in a blob",
    );
    // The kind of a blob is even.
    let mut blob = record(&[b"carol", &zipped]);
    blob[2] -= 1;
    [
        first(
            1,
            &[
                ("users", 2, "CREATE TABLE users(name TEXT, password)"),
                (
                    "kv",
                    6,
                    "CREATE TABLE kv(key, value, PRIMARY KEY(key)) WITHOUT ROWID",
                ),
            ],
        ),
        page(5, 4, 0, &[[&[0, 0, 0, 3][..], &[2]].concat()]),
        leaf,
        page(13, 0, 0, &[local, row(7, &blob)]),
        overflow,
        page(
            10,
            0,
            0,
            &[{
                let record = record(&[b"API_KEY", b"of a setting"]);
                [number(record.len() as u64), record].concat()
            }],
        ),
        page(13, 0, 0, &[row(9, &record(&[b"of a page that is free"]))]),
    ]
    .concat()
}

#[test]
fn rows_stand_behind_the_names_of_their_columns() {
    let sample = sample();
    let opened = open(&sample);
    let users = opened.text("table users");
    assert!(
        users.starts_with("name = \"alice\"\npassword = 'pw \"1\"'\n\n"),
        "{users}"
    );
    assert!(
        users.contains("name = \"bob\"\npassword = \nline\nline\n\n"),
        "{users}"
    );
    assert!(users.contains("password = \"begin 0123"), "{users}");
    assert!(users.contains("6789 end\"\n"), "{users}");
    assert_eq!(opened.text("table users, row 7, password"), "in a blob");
    assert_eq!(
        opened.text("table kv"),
        "key = \"API_KEY\"\nAPI_KEY = \"of a setting\"\n\n"
    );
    assert_eq!(opened.text("free pages"), "of a page that is free\n\n");
    assert!(
        opened
            .rest
            .windows(13)
            .any(|text| text == b"deleted-text\n")
    );
    assert!(opened.has("CREATE TABLE users("));
    assert!(opened.shut.is_empty(), "{:?}", opened.shut);
    damage_some(&sample);
}

#[test]
fn what_is_damaged_is_told_and_its_bytes_are_kept() {
    let mut sample = sample();
    // A tree that contains itself, and a row that goes on in a page of a tree.
    sample[SIZE + 8..SIZE + 12].copy_from_slice(&2_u32.to_be_bytes());
    let opened = open(&sample);
    assert_eq!(opened.shut, [(String::new(), Class::Damaged)]);
    // Nothing leads to a page any more: its rows are read all the same.
    assert!(opened.text("free pages").contains("begin 0123"));
    let cut = open(&sample[..SIZE * 4 + 100]);
    assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
    assert!(cut.has("alice") && cut.has("0123"));
    let mut filled = self::sample();
    filled.resize(filled.len() + SIZE * 5 / 2, 0);
    assert_eq!(open(&filled).shut, []);
    filled[28..32].copy_from_slice(&10_u32.to_be_bytes());
    assert_eq!(open(&filled).shut, [(String::new(), Class::Damaged)]);
    let mut sample = self::sample();
    sample[16] = 3;
    let opened = open(&sample);
    assert!(opened.rest == sample);
    assert_eq!(opened.shut, [(String::new(), Class::Damaged)]);
    assert_eq!(open(MAGIC).rest, MAGIC);
}

#[test]
fn deleted_rows_are_read_as_rows() {
    let mut sample = sample();
    // The row of alice is a free stretch now, and that of bob is only forgotten.
    let end = 3 * SIZE;
    let rows = [
        row(1, &record(&[b"alice", b"pw of alice"])),
        row(2, &record(&[b"bob", b"pw of bob"])),
    ];
    let (alice, bob) = (end - rows[0].len(), end - rows[0].len() - rows[1].len());
    sample[alice..end].copy_from_slice(&rows[0]);
    sample[bob..alice].copy_from_slice(&rows[1]);
    sample[alice..alice + 4].copy_from_slice(&[0, 0, 0, rows[0].len() as u8]);
    sample[2 * SIZE + 4] = 0;
    let opened = open(&sample);
    for row in [
        "name = \"alice\"\npassword = \"pw of alice\"\n",
        "name = \"bob\"\npassword = \"pw of bob\"\n",
    ] {
        let rest = String::from_utf8_lossy(&opened.rest).into_owned();
        assert!(rest.contains(row), "{rest}");
    }
}

/// The lowest row lies at the end of the stretch that was free before.
#[test]
fn the_lowest_row_is_found_when_it_is_deleted() {
    let users: Vec<_> = (1..=4)
        .map(|row| format!("pw of user {row}"))
        .map(|password| row(1, &record(&[b"", b"user1", password.as_bytes()])))
        .collect();
    let len = users[0].len();
    let mut leaf = page(13, 0, 0, &users);
    // The last two of them are deleted.
    leaf[4] = 2;
    for first in [SIZE - 4 * len, SIZE - 3 * len] {
        leaf[first..first + 4].copy_from_slice(&[0, 0, 0, len as u8]);
    }
    let table = "CREATE TABLE users(id integer primary key, name, password)";
    let mut sample = [first(1, &[("users", 2, table)]), leaf].concat();
    let check = |sample: &[u8]| {
        let opened = open(sample);
        let rest = String::from_utf8_lossy(&opened.rest).into_owned();
        for row in [3, 4] {
            let row = format!("name = \"user1\"\npassword = \"pw of user {row}\"\n");
            assert!(rest.contains(&row), "{rest}");
        }
    };
    check(&sample);
    // Both together are one free stretch.
    sample[2 * SIZE - 4 * len + 3] = 2 * len as u8;
    check(&sample);
}

#[test]
fn texts_may_be_utf_16() {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let mut schema = first(2, &[]);
    let sql = wide("create table t(a)");
    let record = record(&[&wide("table"), &wide("t"), b"", b"2", &sql]);
    // The number of the page is no text.
    let record = [&record[..4], &[1], &record[5..]].concat();
    let mut record = record;
    let at = record.iter().position(|b| *b == b'2').unwrap();
    record[at] = 2;
    let cell = row(1, &record);
    let at = SIZE - cell.len();
    schema[at..].copy_from_slice(&cell);
    schema[HEADER + 4] = 1;
    schema[HEADER + 8..HEADER + 10].copy_from_slice(&(at as u16).to_be_bytes());
    let leaf = page(13, 0, 0, &[row(1, &self::record(&[&wide("g\u{fc}nther")]))]);
    let opened = open(&[schema, leaf].concat());
    assert_eq!(opened.text("table t"), "a = \"g\u{fc}nther\"\n\n");
}

#[test]
fn pages_of_logs_are_read_once() {
    let rows = [
        row(1, &record(&[b"first", b"row"])),
        row(2, &record(&[b"second"])),
    ];
    let mut log = [
        &[0x37, 0x7f, 0x06, 0x82][..],
        &3_007_000_u32.to_be_bytes(),
        &(SIZE as u32).to_be_bytes(),
    ]
    .concat();
    log.resize(32, 0);
    for rows in [&rows[..1], &rows] {
        log.extend_from_slice(&9_u32.to_be_bytes());
        log.extend_from_slice(&[0; 20]);
        log.extend_from_slice(&page(13, 0, 0, rows));
    }
    let opened = open(&log);
    assert_eq!(opened.text("page 9, written as number 1"), "first\nrow\n\n");
    assert_eq!(opened.text("page 9, written as number 2"), "second\n\n");
    let cut = open(&log[..log.len() - 1]);
    assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
    assert!(cut.has("second"));
    damage_some(&log);

    let mut journal =
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\0\0\0\x01\0\0\0\0\0\0\0\x05\0\0\x02\0\0\0\x02\0"
            .to_vec();
    journal.resize(512, 0);
    journal.extend_from_slice(&9_u32.to_be_bytes());
    journal.extend_from_slice(&page(13, 0, 0, &rows));
    journal.extend_from_slice(&[0; 4]);
    let opened = open(&journal);
    assert_eq!(
        opened.text("page 9, written as number 1"),
        "first\nrow\n\nsecond\n\n"
    );
    assert!(opened.shut.is_empty());
    damage_some(&journal);
}
