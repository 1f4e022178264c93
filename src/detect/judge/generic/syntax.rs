//! Pieces of syntax that look like a name with its value: indexes, types, names in a row,
//! statements of programs inside of text.

use super::name::{Name, Noun};
use super::near::{self, NEAR, behind};
use super::value::{Tally, wordliness};
use crate::detect::forms::assignments::{Quote, Site};

/// Whether what looks like a pair is a piece of some syntax: an index (`sums[_token] = next`),
/// a type in a path (`"X::Api::Key"`), a name of several parts (`a:password:generate`), the
/// name of a resource (`arn:aws:secretsmanager:*:*:secret:app-*`).
pub(super) fn is_part(bytes: &[u8], site: &Site, name: &Name) -> bool {
    let before = &bytes[..site.name.start];
    let between = bytes
        .get(site.name.end..site.value.start)
        .unwrap_or_default();
    let closed = between.first().is_some_and(|b| b"\"'\\".contains(b));
    if closed && before.ends_with(b"::") {
        return true;
    }
    if bytes[site.name.clone()].starts_with(b"__param_") && name.noun == Noun::Auth {
        return true;
    }
    if site.quote != Quote::Bare {
        return false;
    }
    let indexed = before.strip_suffix(b"[").is_some_and(|array| {
        between.first() == Some(&b']')
            && array
                .last()
                .is_some_and(|b| b.is_ascii_alphanumeric() || b"_])".contains(b))
    });
    let between_colons = before.ends_with(b":") && between == b":";
    let part = between_colons
        && bytes[site.value.clone()]
            .iter()
            .all(u8::is_ascii_alphabetic);
    let resource = between_colons && {
        let word = behind(near::before(bytes, site, NEAR), b" \t\n\"'`,=([{<");
        word.starts_with(b"arn:")
    };
    indexed || part || resource
}

/// Whether the value is the next of several names that wait for theirs:
/// `password= scmVersion=`.
pub(super) fn is_name_of_next(bytes: &[u8], site: &Site) -> bool {
    let text = &bytes[site.value.clone()];
    site.value.start > site.name.end + 1
        && text
            .strip_suffix(b"=")
            .is_some_and(|head| head.len() < 16 && head.iter().all(u8::is_ascii_alphabetic))
}

/// Whether a statement of a program assigns the name of something else, in code inside of
/// text: letters in several words, blanks around the sign, a semicolon at the end of the line.
pub(super) fn is_assigned_name(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    let rest = near::after(bytes, site, 3);
    let ends = matches!(
        rest,
        [b';'] | [b';', b'\r' | b'\n', ..] | [b';', b'\\', b'n']
    );
    ends && bytes[..site.value.start].ends_with(b" = ")
        && tally.letters() == text.len()
        && text.first().is_some_and(u8::is_ascii_lowercase)
        && tally.upper > 0
        && wordliness(text) >= 0
}
