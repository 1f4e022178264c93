//! Whether a value stands in a table: the same name has other values right before and behind it.
//! Records of data, catalogues and translations call a field `key` or `token`, and nobody gets in
//! with one.
//!
//! Passwords and secrets stay what they are in a table: lists of accounts have them. So do long values,
//! and all that stand beside a user.

use super::name::{Name, Noun};
use super::near::{self, NEAR};
use super::text::contains;
use super::value::{Form, Tally, form, is_words, wordliness};
use crate::detect::forms::assignments::{Among, Link, Site};
use crate::rules::class::{ByteSet, WORD};

/// How far other entries are looked for, to either side of the name.
const REACH: usize = 2048;
/// The longest text from the beginning of a name to that of its value.
const HEAD_MAX: usize = 96;
/// The most of a value that is compared.
const VALUE_MAX: usize = 80;
/// How many other records have the same words, if they say what the records are.
const SAME: usize = 3;
/// The longest key of a row.
const ROW: usize = 16;
/// The most entries that are told apart.
const ENTRIES_MAX: usize = 16;

/// Whether the value at the site is one of so many under its name that it names something. `sure`: it is
/// plainly a secret.
pub(super) fn is_entry(bytes: &[u8], site: &Site, name: &Name, tally: &Tally, sure: bool) -> bool {
    let own = site.place == Among::None
        && matches!(
            site.link,
            Link::Equals | Link::Colon | Link::Arrow | Link::Element
        );
    let head = site.value.start.saturating_sub(site.name.start);
    if !own || site.value.start < site.name.end || head > HEAD_MAX {
        return false;
    }
    let text = &bytes[site.value.clone()];
    let form = form(text, tally);
    let wordy = form.class() == 0 && is_words(text);
    let long = matches!(
        form,
        Form::LongMixed | Form::LongLetters | Form::Hex | Form::Uuid
    );
    let wanted = match name.noun {
        Noun::Password if name.may_be_code() && wordy => 3,
        Noun::Password if wordy && form == Form::Joined && !names_user(bytes, site) => {
            return others(bytes, site, ENTRIES_MAX).is_some_and(|same| same >= SAME);
        }
        Noun::Password | Noun::Secret => return false,
        _ if wordy => 3,
        // Rows of a database have such keys.
        Noun::Key if form == Form::Hex && text.len() <= ROW && tally.upper > 0 => 6,
        // What lets a program in is long, or plainly made.
        Noun::Key | Noun::Token if name.count() == 1 && !long && !sure => 4,
        _ => return false,
    };
    !names_user(bytes, site) && others(bytes, site, wanted).is_none()
}

/// Whether a statement of SQL finds rows by the value: `SELECT x FROM shops WHERE token = '…'`. Logs of
/// statements hold the keys of rows again and again. What lets a program in is longer.
pub(super) fn finds_rows(bytes: &[u8], site: &Site, name: &Name) -> bool {
    const SHORT: usize = 20;
    let line = near::line_before(bytes, site, 2 * NEAR);
    matches!(name.noun, Noun::Token | Noun::Key)
        && name.count() == 1
        && site.value.len() < SHORT
        && site.link == Link::Equals
        && contains(line, b" WHERE ")
        && [&b"SELECT "[..], b"UPDATE ", b"DELETE "]
            .iter()
            .any(|verb| contains(line, verb))
}

/// Whether the record that the site belongs to names a person who logs in.
fn names_user(bytes: &[u8], site: &Site) -> bool {
    const USERS: [&[u8]; 6] = [b"user", b"User", b"USER", b"email", b"login", b"account"];
    let (before, after) = (
        near::before(bytes, site, NEAR),
        near::after(bytes, site, NEAR),
    );
    USERS
        .iter()
        .any(|word| contains(before, word) || contains(after, word))
}

/// How often the name of the site has the same value near it, each written as its own is; nothing if
/// it has `wanted` other values.
fn others(bytes: &[u8], site: &Site, wanted: usize) -> Option<usize> {
    const ENDS: ByteSet = ByteSet::of(b"\"'`<>,;)]}\r\n");
    let own = &bytes[site.value.clone()];
    let from = site.name.start.saturating_sub(REACH);
    let to = bytes.len().min(site.name.end + REACH);
    let mut seen = [own; ENTRIES_MAX + 1];
    let (mut count, mut same) = (1, 0);
    let head = &bytes[site.name.start..site.value.start];
    for at in memchr::memmem::find_iter(&bytes[from..to], head) {
        let at = from + at;
        let inside = at.checked_sub(1).is_some_and(|i| WORD.has(bytes[i]));
        let value = &bytes[at + head.len()..to.min(at + head.len() + VALUE_MAX)];
        let end = value.iter().position(|b| ENDS.has(*b));
        let value = &value[..end.unwrap_or(value.len())];
        if inside || value.is_empty() || at == site.name.start {
            continue;
        }
        if seen[..count].contains(&value) {
            same += usize::from(value == own);
            continue;
        }
        seen[count] = value;
        count += 1;
        if count > wanted {
            return None;
        }
    }
    Some(same)
}

/// Whether the value is written like a name of a program, and not under the name of what people choose:
/// `CellToken`, `has_keyword`, `org.acme.Token`, or like a word: `disable`.
pub(super) fn is_identifier(text: &[u8], tally: &Tally, name: &Name) -> bool {
    const JOINTS: ByteSet = ByteSet::of(b"_.:/");
    const SHORT_WORD: usize = 9;
    let form = form(text, tally);
    let joined = match form {
        Form::Camel => true,
        Form::Joined => tally.any(&JOINTS),
        Form::LongLetters => tally.upper > 0 && tally.lower > tally.upper * 3,
        Form::Word => wordliness(text) >= 6,
        _ => false,
    };
    // A person who chooses a secret takes more than a short word.
    let chosen = match name.noun {
        Noun::Password => true,
        Noun::Secret => form != Form::Word || text.len() > SHORT_WORD,
        _ => false,
    };
    joined && !chosen && is_words(text)
}
