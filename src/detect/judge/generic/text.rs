//! What the text of a value says by itself, whatever its name is: whether it can be a
//! credential at all, and what it is instead (a number, a format, a URL, a path).

use super::value::{Tally, wordliness};
use super::vocabulary as say;
use crate::detect::judge::{made, placeholders};
use crate::finding::Dismissal;
use crate::rules::class::ByteSet;

/// The bytes of values that are one word of ASCII.
pub(super) const GRAPHIC: ByteSet = ByteSet::range(b'!', b'~');

/// Whether one word can be a credential: it is neither code nor a number nor a format. This
/// is the cheapest step, and the first.
pub(super) fn may_be_any(text: &[u8], tally: &Tally) -> bool {
    let first = text.first().copied().unwrap_or(0);
    if is_negative(text) || tally.letters() + tally.digits == 0 {
        return false;
    }
    if tally.has(b'\\') && holds_escape(text) {
        return false;
    }
    if tally.digits > 0 && (is_number(text) || is_version(text)) {
        return false;
    }
    // Interpolation: PHP's `$x[0]`.
    let holds_variable =
        || first == b'$' && text.get(1).is_some_and(u8::is_ascii_alphabetic) && tally.has(b'[');
    let code = b".,;)]}+".contains(&first)
        || text.starts_with(b"--")
        || tally.has(b'%') && is_format(text);
    // A generator puts any sign at any place.
    let made = || made::generated(text) || made::chosen(text) || made::is_base64_of_key(text);
    let hole = || tally.has(b'{') && has_hole(text, made) || tally.has(b'%') && is_framed(text);
    !holds_variable() && (!code || made()) && !hole()
}

/// The bounds of a value's length.
pub(super) const LENGTHS: std::ops::RangeInclusive<usize> = 4..=4000;

/// Whether the text holds an escape that credentials do not hold: a byte in hexadecimal,
/// Swift's interpolation `\\(x)`, or the end of a printed line (`pass("check done\n")`).
fn holds_escape(text: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &text[at..]) {
        at += found;
        let next = text.get(at + 1).copied().unwrap_or(0);
        let sign = next == b'u' && is_written_sign(&text[at..]);
        let ends = next == b'n' && at + 2 == text.len();
        let third = text.get(at + 2).copied().unwrap_or(0);
        let begins = match next {
            b'x' => third.is_ascii_hexdigit(),
            b'u' => third.is_ascii_hexdigit() || third == b'{',
            b'(' => third.is_ascii_alphabetic() || b"_$\"'".contains(&third),
            _ => false,
        };
        if begins && !sign || ends {
            return true;
        }
        // A backslash that is escaped escapes nothing.
        at = text.len().min(at + 2);
    }
    false
}

/// Whether `text` begins with a sign as JSON may write it: `\u0026`.
fn is_written_sign(text: &[u8]) -> bool {
    matches!(
        text,
        [_, b'u', b'0', b'0', b'2' | b'3' | b'4' | b'5' | b'6' | b'7', low, ..]
            if low.is_ascii_hexdigit()
    )
}

/// Whether the text has a blank to be filled in: `{}`, `{0}`, `{name}`, `{size:>8}`, PHP's
/// `{$name}`. A generator puts single signs in braces, but no word and not nothing.
fn has_hole(text: &[u8], generated: impl Fn() -> bool) -> bool {
    memchr::memchr_iter(b'{', text).any(|at| {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix(b"$").unwrap_or(rest);
        let name = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
            .count();
        let more = rest[name..]
            .iter()
            .take_while(|b| b":<>.,^".contains(b) || b.is_ascii_digit());
        let ends = match rest.get(name) {
            Some(b':') => rest.get(name + more.count()) == Some(&b'}'),
            next => next == Some(&b'}'),
        };
        let number = rest.first().is_some_and(|b| b.is_ascii_digit() && name > 1);
        let word = || {
            name >= 3
                && rest[..name]
                    .iter()
                    .all(|b| b.is_ascii_lowercase() || *b == b'_')
        };
        let typed = rest.get(name) == Some(&b':');
        let blank = || name == 0 || typed || word() || !generated();
        ends && !number && blank()
    })
}

/// Whether a format begins and ends with a conversion: `%sZq81%s`.
fn is_framed(text: &[u8]) -> bool {
    let conversion = |two: Option<&[u8]>| matches!(two, Some([b'%', b's' | b'd']));
    conversion(text.get(..2)) && conversion(text.get(text.len().saturating_sub(2)..))
}

/// Whether `text` is a format: `%s`, `0x%lx`, `%02X`, `%-10s`.
fn is_format(text: &[u8]) -> bool {
    let conversion = |rest: &[u8]| {
        let flags = rest
            .iter()
            .take_while(|b| b.is_ascii_digit() || b"-.#lhz".contains(b))
            .count();
        let letter = rest.get(flags).is_some_and(|b| b"sdvxXupq".contains(b));
        // `%20s` is also the escape of a blank before an `s`.
        letter && (flags < 2 || rest[..flags].iter().any(|b| b"-.#lhz0".contains(b)))
    };
    text.iter()
        .enumerate()
        .any(|(i, b)| *b == b'%' && conversion(&text[i + 1..]))
}

/// Whether the text is a word for no value or for a type: `none`, `string`, `true`.
pub(super) fn says_nothing(text: &[u8], tally: &Tally) -> bool {
    const LONGEST: usize = 9;
    tally.letters() == text.len()
        && placeholders::lower::<LONGEST>(text)
            .is_some_and(|lower| say::marks(&lower[..text.len()]) & say::NOTHING != 0)
}

/// Whether the text is a stock word, which is reported with low confidence.
pub(super) fn is_stock(text: &[u8]) -> bool {
    placeholders::stock_word(text)
}

/// Why the text is a URL, an address, a path or a constant.
pub(super) fn other(text: &[u8], tally: &Tally) -> Option<Dismissal> {
    let named = || text.starts_with(b"classpath:") || text.starts_with(b"urn:");
    if tally.has(b':') && (contains(text, b"://") || named()) {
        return Some(Dismissal::LookAlike("a URL"));
    }
    if tally.has(b':') && tally.digits > 1 && is_address(text) {
        return Some(Dismissal::LookAlike("a host and its port"));
    }
    if tally.has(b':') && is_image(text) {
        return Some(Dismissal::LookAlike("an image of containers"));
    }
    if (tally.has(b'/') || tally.has(b'\\')) && is_path(text) {
        return Some(Dismissal::LookAlike("a path"));
    }
    if tally.has(b'\\') && is_escaped_text(text) {
        return Some(Dismissal::LookAlike("text of another alphabet"));
    }
    if tally.has(b'=') && is_place_of_directory(text) {
        return Some(Dismissal::LookAlike("a name in a directory"));
    }
    const UUIDS: [&[u8]; 4] = [b"uuid-v4", b"uuidv4", b"uuid4", b"uuid-v7"];
    if tally.digits == 1 && UUIDS.contains(&text) {
        return Some(Dismissal::LookAlike("a type"));
    }
    // qBittorrent keeps the salt and the hash of a password.
    let list = text.strip_prefix(b"\"").unwrap_or(text);
    if tally.has(b'@') && list.starts_with(b"@ByteArray(") {
        return Some(Dismissal::LookAlike("a hash"));
    }
    if tally.has(b'{') && is_salted(text) {
        return Some(Dismissal::LookAlike("a hash"));
    }
    const CONSTANT: ByteSet = ByteSet::range(b'A', b'Z')
        .or(ByteSet::range(b'0', b'9'))
        .or(ByteSet::of(b"_"));
    let constant = tally.has(b'_') && tally.digits <= 2 && tally.only(&CONSTANT);
    constant.then_some(Dismissal::LookAlike("the name of a constant"))
}

/// Whether at least half of the text is letters beyond ASCII, written as escapes: bundles of messages
/// have them.
fn is_escaped_text(text: &[u8]) -> bool {
    let escape = |part: &[u8]| {
        part.len() >= 5
            && part[0] == b'u'
            && part[1..5].iter().all(u8::is_ascii_hexdigit)
            && !part[1..].starts_with(b"00")
    };
    let escapes = text.split(|b| *b == b'\\').filter(|part| escape(part));
    let escapes = escapes.count();
    escapes >= 2 && escapes * 12 >= text.len()
}

/// Whether the text begins as places in a directory do: `ou=People`, `dc=acme,dc=com`.
fn is_place_of_directory(text: &[u8]) -> bool {
    const KINDS: [&[u8]; 5] = [b"ou=", b"dc=", b"cn=", b"uid=", b"o="];
    let Some(kind) = KINDS
        .iter()
        .find(|kind| text.len() > kind.len() && text[..kind.len()].eq_ignore_ascii_case(kind))
    else {
        return false;
    };
    let first = &text[kind.len()..];
    let end = first.iter().position(|b| b",?".contains(b));
    let first = &first[..end.unwrap_or(first.len())];
    !first.is_empty() && first.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-')
}

/// Whether the text is a hash with its salt, as Transmission keeps passwords: `{` and 40 digits.
fn is_salted(text: &[u8]) -> bool {
    const HEX: usize = 40;
    text[0] == b'{'
        && text.len() > HEX
        && text.len() <= HEX + 24
        && text[1..=HEX]
            .iter()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
}

/// Whether the text is a host and its port: `php:9000`, `db.internal:5432`.
fn is_address(text: &[u8]) -> bool {
    let port = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let Some(host) = text[..text.len() - port].strip_suffix(b":") else {
        return false;
    };
    (2..=5).contains(&port)
        && host.first().is_some_and(u8::is_ascii_lowercase)
        && host
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(b))
        && host.iter().filter(|b| b.is_ascii_digit()).count() * 3 <= host.len()
}

/// Whether the text is an image of containers with its tag: `httpd:2-alpine`.
fn is_image(text: &[u8]) -> bool {
    const TAGS: &[&[u8]] = &[
        b"alpine",
        b"bookworm",
        b"bullseye",
        b"buster",
        b"focal",
        b"jammy",
        b"latest",
        b"noble",
        b"slim",
    ];
    let lower = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._/".contains(b);
    memchr::memchr(b':', text).is_some_and(|colon| {
        let (image, tag) = (&text[..colon], &text[colon + 1..]);
        let known = |part: &[u8]| TAGS.iter().any(|word| part.starts_with(word));
        image.len() >= 2
            && image.iter().all(lower)
            && tag.iter().all(lower)
            && tag.split(|b| b"-._".contains(b)).any(known)
    })
}

/// Whether the text is a path: `/etc/ssl/key`, `~/.ssh/id`, `./x/y`, `C:\x`,
/// `conf/app.yml`.
fn is_path(text: &[u8]) -> bool {
    let rooted = [&b"/"[..], b"./", b"../", b"~/"]
        .iter()
        .any(|p| text.starts_with(p))
        && text[1..].contains(&b'/')
        && !text.iter().any(|b| b"+=".contains(b))
        && !is_scrambled(text);
    // An address on the same host: `/hubs/ranking?version=1`.
    let asked = || {
        let place = |b: &u8| b.is_ascii_alphanumeric() || b"/-_.".contains(b);
        let end = memchr::memchr(b'?', text);
        end.is_some_and(|end| text[1..end].contains(&b'/') && text[..end].iter().all(place))
    };
    let drive = text.get(1..3) == Some(b":\\") || text[0] == b'/' && asked();
    let parts: Vec<&[u8]> = text.split(|b| *b == b'/').collect();
    let word = |p: &&[u8]| {
        p.len() >= 2
            && p.iter()
                .all(|b| b.is_ascii_lowercase() || b"._-".contains(b))
    };
    // `v1/orders/open`
    let version = |p: &&[u8]| p.len() == 2 && p[0] == b'v' && p[1].is_ascii_digit();
    let rest = if version(&parts[0]) {
        &parts[1..]
    } else {
        &parts[..]
    };
    let relative = parts.len() >= 2 && rest.iter().all(word);
    rooted || drive || relative || is_stored(&parts, word)
}

/// Whether a generator made the text and only its first sign is that of a path: `/m97C}1DB/a)l%x`.
fn is_scrambled(text: &[u8]) -> bool {
    const ODD: ByteSet = ByteSet::of(b"!\"#%&'(),;<>?@[]^`{|}");
    let has = |kind: fn(&u8) -> bool| text.iter().any(kind);
    text.iter().filter(|b| ODD.has(**b)).count() >= 2
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && made::generated(text)
}

/// Whether a place in a store ends in a hash or UUID: `uploads/2024/3f…9c.png`.
fn is_stored(parts: &[&[u8]], word: impl Fn(&&[u8]) -> bool) -> bool {
    const LEAST: usize = 24;
    let [first, middle @ .., last] = parts else {
        return false;
    };
    let number = |p: &&[u8]| !p.is_empty() && p.iter().all(u8::is_ascii_digit);
    let hex = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b) || *b == b'-';
    let own = last.iter().take_while(|b| hex(b)).count();
    word(first)
        && first.iter().all(u8::is_ascii_lowercase)
        && middle.iter().all(|p| word(p) || number(p))
        && own >= LEAST
        && (own == last.len() || last[own] == b'.')
}

/// Whether `text` is a version with its `v`: `v1beta1`, `v1.2.3`, `v2.0.0-rc1`, `v1.4.0/go.mod`.
///
/// Keys begin like this too (Cloudflare's origin CA keys: `v1.0-` and long random parts).
/// So no part of a version is longer than the time in a Go pseudo-version.
fn is_version(text: &[u8]) -> bool {
    const PART_MAX: usize = 14;
    let Some(rest) = text.strip_prefix(b"v") else {
        return false;
    };
    // Of an interface: `v1beta1`, `v2alpha`.
    let digits = |part: &[u8]| part.len() <= 2 && part.iter().all(u8::is_ascii_digit);
    let interface = [&b"alpha"[..], b"beta"].iter().any(|state| {
        let at = memchr::memmem::find(rest, state).filter(|at| *at > 0);
        at.is_some_and(|at| digits(&rest[..at]) && digits(&rest[at + state.len()..]))
    });
    if interface {
        return true;
    }
    let end = rest
        .iter()
        .position(|b| !b.is_ascii_digit() && *b != b'.')
        .unwrap_or(rest.len());
    let (numbers, tail) = rest.split_at(end);
    let short = |part: &[u8]| {
        part.len() <= PART_MAX
            && part
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    numbers.first().is_some_and(u8::is_ascii_digit)
        && numbers.contains(&b'.')
        && tail.first().is_none_or(|b| b"-+/".contains(b))
        && rest.split(|b| b".-+/".contains(b)).all(short)
}

/// Whether `text` is a number as programs write it: `0x1d`, `1000L`, `1_000`, `6.5`,
/// `0o600`, `0b1010`, `36947i32`, or a time or range: `12:30`.
fn is_number(text: &[u8]) -> bool {
    let radix = match text {
        [b'0', b'x' | b'X', rest @ ..] => {
            return rest.len() <= 19
                && rest
                    .iter()
                    .all(|b| b.is_ascii_hexdigit() || b"uUlL_".contains(b));
        }
        [b'0', b'o' | b'b', rest @ ..] => Some(rest),
        _ => None,
    };
    if let Some(rest) = radix {
        return !rest.is_empty() && rest.iter().all(|b| b.is_ascii_digit() || *b == b'_');
    }
    const SIZED: [&[u8]; 14] = [
        b"i8", b"i16", b"i32", b"i64", b"i128", b"isize", b"u8", b"u16", b"u32", b"u64", b"u128",
        b"usize", b"f32", b"f64",
    ];
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let signs = |b: &u8| b"uUlL_.:".contains(b);
    let exponent = || {
        let rest = text[digits..].strip_prefix(b"e").unwrap_or_default();
        (1..=3).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit)
    };
    digits > 0
        && (exponent()
            || SIZED.contains(&&text[digits..])
            || (text.iter().any(signs) && text.iter().all(|b| b.is_ascii_digit() || signs(b))))
}

/// Whether the text is a negative number.
fn is_negative(text: &[u8]) -> bool {
    text.first() == Some(&b'-') && text[1..].iter().all(u8::is_ascii_digit)
}

/// `text` without `end`, if it ends so, in any case.
pub(super) fn without_end<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let (head, last) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    last.eq_ignore_ascii_case(end).then_some(head)
}

/// Whether `part` stands in `text`. Texts are short, and most do not even have its first byte: to
/// prepare a search would take longer than this one.
pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else {
        return true;
    };
    memchr::memchr_iter(*first, text).any(|at| text[at + 1..].starts_with(rest))
}

/// Where `part` stands last in `text`. Most texts do not even have its first byte.
pub(super) fn rfind(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memrchr(*part.first()?, text)?;
    memchr::memmem::rfind(text, part)
}

/// Why the text has the form of something else: a URL, words, a name, a constant. Serves
/// rules that know where a password stands, but not what it looks like.
pub(in crate::detect) fn look_alike(text: &[u8]) -> Option<Dismissal> {
    let identifier = text
        .iter()
        .all(|b| b.is_ascii_alphabetic() || b"_-./:".contains(b))
        && text.iter().any(|b| b"_-./:".contains(b));
    if contains(text, b"://") {
        return Some(Dismissal::LookAlike("a URL"));
    }
    identifier
        .then_some(Dismissal::LookAlike("words, a name or a path"))
        .or_else(|| other(text, &Tally::of(text)))
}

/// Whether text that should be random is the name of something in code: letters of both cases
/// that form words (`AuthenticatorStage`), or of one case (`AUTHENTICATORSTAGE`).
pub(in crate::detect) fn is_name(text: &[u8]) -> bool {
    let letters = text.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_');
    letters && wordliness(text) >= 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_recognised_with_their_v() {
        for text in [
            "v1.2",
            "v10.20.30",
            "v2.0.0-rc1",
            "v1.4.0/go.mod",
            "v3.1.0+incompatible",
            "v0.0.0-20210101123456-abcdef123456/go.mod",
        ] {
            assert!(is_version(text.as_bytes()), "{text}");
        }
        for text in ["v", "v12", "1.2.3", "vault1.2", "v1.2Kq9", "v1.2-Kq9"] {
            assert!(!is_version(text.as_bytes()), "{text}");
        }
        let key = ["v1.0-", &"9f27ab01".repeat(3), "-", &"c4d1".repeat(36)].concat();
        assert!(!is_version(key.as_bytes()));
    }
}
