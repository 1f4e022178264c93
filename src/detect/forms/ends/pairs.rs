//! Lists of pairs: `a=b&c=d`, `a=b;c=d`, `a: b, c: d`.

use std::ops::Range;

use crate::rules::class::{ByteSet, WORD};

/// The signs that separate pairs.
pub(super) const SEPARATORS: &[u8] = b"&;,|";

/// An `&` as encoders of JSON write it for pages of HTML.
const ESCAPED_ANDS: [&[u8]; 2] = [b"\\u0026", b"\\x26"];

/// First words of the names of connection strings that have two (`User ID=`), in lower case. The
/// last word of a password and the name behind it look alike: `,horse dbname=`. Source: the
/// keywords of SqlConnection, OleDb and ODBC connection strings.
const FIRST_WORDS: &[&str] = &[
    "account",
    "allow",
    "application",
    "asynchronous",
    "attach",
    "character",
    "command",
    "connect",
    "connection",
    "convert",
    "current",
    "data",
    "database",
    "default",
    "encrypt",
    "extended",
    "failover",
    "host",
    "initial",
    "integrated",
    "load",
    "max",
    "maximum",
    "min",
    "minimum",
    "multiple",
    "network",
    "old",
    "packet",
    "persist",
    "pool",
    "pooling",
    "server",
    "shared",
    "ssl",
    "transaction",
    "trust",
    "trusted",
    "type",
    "use",
    "user",
    "workstation",
];

/// The length of an `&` that is written as an escape at the beginning of `text`.
pub(super) fn escaped_and(text: &[u8]) -> usize {
    let form = ESCAPED_ANDS.iter().find(|form| text.starts_with(form));
    form.map_or(0, |form| form.len())
}

/// Whether `text` ends with an `&` that is written as an escape or as an entity of XML.
pub(super) fn ends_with_and(text: &[u8]) -> bool {
    text.ends_with(b"&amp;") || ESCAPED_ANDS.iter().any(|form| text.ends_with(form))
}

/// The end of `range`, or the separator in it that another pair follows.
pub(super) fn before_pair(bytes: &[u8], range: Range<usize>) -> usize {
    let mut all = range.clone();
    let found = all.find(|&i| b",;".contains(&bytes[i]) && pair_at(bytes, i + 1, range.end));
    found.unwrap_or(range.end)
}

/// The end of `range`, or the comma in it that another pair of a flow of YAML follows.
pub(super) fn before_flow(bytes: &[u8], range: Range<usize>) -> usize {
    let mut all = range.clone();
    let is_key = |rest: &[u8]| rest.iter().find(|b| b":=".contains(b)) == Some(&b':');
    let found = all.find(|&i| {
        bytes[i] == b',' && pair_at(bytes, i + 1, range.end) && is_key(&bytes[i + 1..range.end])
    });
    found.unwrap_or(range.end)
}

/// The end of `range`, or the separator or blank in it that another pair follows.
pub(super) fn before_any_pair(bytes: &[u8], range: Range<usize>) -> usize {
    let mut all = range.clone();
    let separates = |b: u8| SEPARATORS.contains(&b) || b == b' ';
    let found = all.find(|&i| separates(bytes[i]) && pair_at(bytes, i + 1, range.end));
    found.unwrap_or(range.end)
}

/// Whether the name of a further pair stands at `at`, behind blanks.
pub(super) fn pair_at(bytes: &[u8], at: usize, ceiling: usize) -> bool {
    const NAME: ByteSet = WORD.or(ByteSet::of(b".-"));
    const NAME_MAX: usize = 40;
    let rest = &bytes[at.min(ceiling)..ceiling.min(at + NAME_MAX + 8)];
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"amp;").unwrap_or(rest);
    let rest = match rest.first() {
        Some(b'"' | b'\'') => &rest[1..],
        _ => rest,
    };
    let mut name = rest.iter().take_while(|b| NAME.has(**b)).count();
    // Names of connection strings may be two words: `User ID=`.
    let second = rest.get(name + 1..).unwrap_or_default();
    let letters = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let is_first = || {
        let word = &rest[..name];
        FIRST_WORDS
            .iter()
            .any(|first| word.eq_ignore_ascii_case(first.as_bytes()))
    };
    if rest.get(name) == Some(&b' ') && letters(rest) == name && is_first() {
        name += 1 + letters(second);
    }
    let link = rest.get(name..).unwrap_or_default();
    let link = link
        .strip_prefix(b"\"")
        .or(link.strip_prefix(b"'"))
        .unwrap_or(link);
    let starts = rest
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    let links = match link {
        // Padding of base64.
        [b'=', b'=', ..] | [b'='] => false,
        [b'=', ..] => true,
        [b':', b':' | b'/', ..] => false,
        [b':', ..] => true,
        _ => false,
    };
    starts && links
}
