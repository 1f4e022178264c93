//! What is no credential whatever its name is: code, references, placeholders, names,
//! paths, words. The cheap steps that come before the score.

use super::name::{Name, Noun};
use super::value::Tally;
use super::vocabulary as say;
use crate::detect::forms::assignments::{Link, Quote, Site};
use crate::detect::placeholder;
use crate::finding::Dismissal;
use crate::rules::class::ByteSet;

/// What values are made of that are one word of ASCII.
pub(super) const GRAPHIC: ByteSet = ByteSet::range(b'!', b'~');

/// Whether one word can be a value at all, whatever its name is: neither
/// code nor a format nor of impossible length. The cheapest step, and the first.
pub(super) fn may_be_any(text: &[u8], tally: &Tally) -> bool {
    let first = text.first().copied().unwrap_or(0);
    if b".,;)]}+".contains(&first) || text.starts_with(b"--") {
        return false;
    }
    if tally.has(b'\\') && holds_escape(text) {
        return false;
    }
    if tally.digits > 0 && (is_number(text) || is_version(text)) {
        return false;
    }
    if (tally.has(b'%') && is_format(text)) || (tally.has(b'{') && has_hole(text)) {
        return false;
    }
    // Interpolation: PHP's `$x[0]`.
    let holds_variable =
        first == b'$' && text.get(1).is_some_and(u8::is_ascii_alphabetic) && tally.has(b'[');
    !holds_variable
}

/// The bounds of a value's length.
pub(super) const LENGTHS: std::ops::RangeInclusive<usize> = 4..=1000;

/// Whether the bytes at the site can be the value of this name: not too short, and
/// nothing that the syntax around it explains.
pub(super) fn may_be_value(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    let least = match name.noun {
        Noun::Password | Noun::Secret => 4,
        Noun::Credential | Noun::Auth | Noun::Token => 6,
        Noun::AccessKey | Noun::Key => 8,
    };
    if text.len() < least || is_assembled(bytes, site) || repeats_name(bytes, site, text) {
        return false;
    }
    if site.link == Link::Call && !(name.last && is_setter(bytes, site, name)) {
        return false;
    }
    let before = &bytes[..site.name.start];
    let resource = before.ends_with(b"x:");
    let prose = site.link == Link::Space && site.quote == Quote::Plain(b'`');
    let in_url = site.link == Link::Param || before.ends_with(b"&amp;");
    let public = in_url && (expires(before) || is_badge(before));
    if resource || prose || public {
        return false;
    }
    if name.says(say::IDENTIFIED) && !in_grant(bytes, site) {
        return false;
    }
    if site.quote == Quote::Bare {
        return bare_fits(bytes, site, name, tally);
    }
    // Sentences begin with a quote that another string left open.
    !matches!(text.last(), Some(b'(' | b'[' | b'{'))
}

/// Whether the parameter before a token says when the URL expires, as seconds since
/// 1970: a signature that lets somebody read one file for a while.
fn expires(before: &[u8]) -> bool {
    let Some(rest) = before
        .strip_suffix(b"&")
        .or_else(|| before.strip_suffix(b"&amp;"))
    else {
        return false;
    };
    let digits = rest.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let name = rest[..rest.len() - digits]
        .rsplit(|b| b"?&;".contains(b))
        .next();
    let names: [&[u8]; 4] = [b"e=", b"exp=", b"expires=", b"Expires="];
    digits == 10 && name.is_some_and(|name| names.contains(&name))
}

/// Whether the URL before a parameter is that of a badge, which everybody may see.
fn is_badge(before: &[u8]) -> bool {
    const URL_MAX: usize = 160;
    let near = &before[before.len().saturating_sub(URL_MAX)..];
    let url = near
        .rsplit(|b| b" \t\n\"'()<>[]".contains(b))
        .next()
        .unwrap_or(near);
    contains(url, b"badge") || contains(url, b"shields.io")
}

/// Escapes that values do not hold: bytes in hexadecimal, Swift's interpolation `\\(x)`,
/// and the end of a line that is printed (`pass("check done\n")`).
fn holds_escape(text: &[u8]) -> bool {
    text.ends_with(b"\\n")
        || text
            .windows(2)
            .any(|w| w[0] == b'\\' && matches!(w[1], b'x' | b'u' | b'('))
}

/// Whether the value is one of several parts that are put together: `["a", "b"].concat()`.
fn is_assembled(bytes: &[u8], site: &Site) -> bool {
    if !bytes[..site.value.start].ends_with(b"[\"") {
        return false;
    }
    let rest = &bytes[site.value.end..bytes.len().min(site.value.end + 160)];
    let line = rest.split(|b| *b == b'\n').next().unwrap_or(rest);
    contains(line, b"].concat(") || contains(line, b"].join(")
}

/// Whether `text` has a hole to be filled in: `{}`, `{0}`, `{name}`, PHP's `{$name}`.
fn has_hole(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(i, b)| {
        let rest = &text[i + 1..];
        let rest = rest.strip_prefix(b"$").unwrap_or(rest);
        let name = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
            .count();
        *b == b'{'
            && rest.get(name) == Some(&b'}')
            && !rest.first().is_some_and(|b| b.is_ascii_digit() && name > 1)
    })
}

/// Whether a statement about a user stands before the site, as in SQL.
fn in_grant(bytes: &[u8], site: &Site) -> bool {
    let from = site.name.start.saturating_sub(96);
    let before = bytes[from..site.name.start].to_ascii_lowercase();
    let line = before.rsplit(|b| *b == b'\n').next().unwrap_or(&before);
    [&b"user"[..], b"grant", b"role", b"alter"]
        .iter()
        .any(|w| contains(line, w))
        || line.trim_ascii().is_empty()
}

/// Whether a function of that name takes the credential itself: `setPassword(…)`,
/// `x.token(…)`, `new Secret(…)`, and not `selectToken(…)` or `rtas_token(…)`.
fn is_setter(bytes: &[u8], site: &Site, name: &Name) -> bool {
    let before = site.name.start.checked_sub(1).and_then(|i| bytes.get(i));
    let text = &bytes[site.name.clone()];
    let given = name.says(say::GIVES)
        || before == Some(&b'.')
        || text.contains(&b'.')
        || name.count() == 1
        || text.first().is_some_and(u8::is_ascii_uppercase);
    // A function for users takes somebody's name first: `UsernamePasswordCredentials("bob", …)`.
    given
        && !name.says(say::READS | say::USERS)
        && !name.ends_with(say::PASS)
        && name.noun != Noun::Key
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

/// A value without quotes is no call, no member of something, no variable, and no word
/// of a sentence.
fn bare_fits(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    let after = bytes.get(site.value.end).copied().unwrap_or(b'\n');
    if b"([`{<".contains(&after) && !(site.link == Link::Element && after == b'<') {
        return false;
    }
    if text.first().is_some_and(|b| b"!@:*~&?".contains(b)) || text.starts_with(b"->") {
        return false;
    }
    let (letters, digits) = (tally.letters() > 0, tally.digits > 0);
    let variable = text.first() == Some(&b'$')
        && text[1..]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_:->.".contains(b));
    let twice = |a: u8, b: u8| tally.has(a) && text.windows(2).any(|w| w == [a, b]);
    let pointer = twice(b'-', b'>') || twice(b':', b':');
    if variable || pointer || !(letters || digits) {
        return false;
    }
    // A pair of its own: `secret: HostName=…;SharedAccessKey=…`, `[auth] trace_id=…`.
    let head = text
        .iter()
        .take_while(|b| b.is_ascii_alphabetic() || **b == b'_')
        .count();
    if head >= 3 && text.get(head) == Some(&b'=') && text.get(head + 1).is_some_and(|b| *b != b'=')
    {
        return false;
    }
    // `PASS: the test of this`
    let outcome = site.link == Link::Colon && bytes[site.name.clone()].ends_with(b"PASS");
    if outcome && bytes.get(site.value.start.wrapping_sub(1)) == Some(&b' ') {
        return false;
    }
    match site.link {
        Link::Element => after == b'<',
        Link::Comma | Link::Call | Link::Compare => false,
        Link::Space if name.says(say::IDENTIFIED) => letters && ends_statement(bytes, site),
        // `JToken name1;` declares a variable of a type.
        Link::Space if declares(&bytes[site.name.clone()]) => false,
        // `#define A_PASS B_PASS_1`
        Link::Space if tally.has(b'_') && tally.lower == 0 => false,
        Link::Space => {
            let signs = text.iter().any(|b| b"!@#%^*+=?".contains(b));
            letters && (digits || signs)
        }
        _ => !(after == b' ' && (sentence(bytes, site) || titled(bytes, site, tally))),
    }
}

/// Whether a statement ends with the value, or goes on in capitals as SQL does. Prose has
/// the words as well: `identified by Manufacturer ID.`
fn ends_statement(bytes: &[u8], site: &Site) -> bool {
    let rest = &bytes[site.value.end..bytes.len().min(site.value.end + 48)];
    let line = rest.split(|b| *b == b'\n').next().unwrap_or(rest);
    let word = line.trim_ascii_start();
    let word = word.split(|b| b" \t\r;".contains(b)).next();
    let quoted = |b: &u8| b"\"'`,)".contains(b);
    word.is_none_or(|word| {
        word.first().is_none_or(quoted)
            || (word.len() > 2 && word.iter().all(u8::is_ascii_uppercase))
    })
}

/// Whether a capital letter begins the value, which is a word, and the one after it:
/// `"RIO_PW: Device Insertion on %s"`.
fn titled(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    let rest = &bytes[site.value.end..bytes.len().min(site.value.end + 32)];
    let next = rest.split(|b| b" \t\r\n".contains(b)).nth(1).unwrap_or(&[]);
    let title = |word: &[u8]| {
        word.len() >= 3
            && word[0].is_ascii_uppercase()
            && word[1..].iter().all(u8::is_ascii_lowercase)
    };
    site.link == Link::Colon && tally.letters() == text.len() && title(text) && title(next)
}

/// Whether a function gets words of the name that its result is given to:
/// `ibm_errinjct_token = rtas_token("ibm,errinjct")`.
fn repeats_name(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    let mut words = text.split(|b| !b.is_ascii_alphanumeric());
    let name = &bytes[site.name.clone()];
    site.callee.is_some()
        && text.iter().any(|b| b",-_.:/".contains(b))
        && words.all(|word| {
            word.is_empty()
                || name
                    .windows(word.len())
                    .any(|part| part.eq_ignore_ascii_case(word))
        })
}

/// Whether a name that is followed by a blank is a type: `JToken`, not `Bearer`.
fn declares(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().any(u8::is_ascii_lowercase)
        && !name.eq_ignore_ascii_case(b"bearer")
        && !name.eq_ignore_ascii_case(b"password")
}

/// Whether at least two words of a sentence follow.
fn sentence(bytes: &[u8], site: &Site) -> bool {
    let end = site.value.end;
    let rest = bytes.get(end..bytes.len().min(end + 48)).unwrap_or(&[]);
    let line = rest.split(|b| *b == b'\n').next().unwrap_or(rest);
    const SMALL: &[&[u8]] = &[
        b"a", b"an", b"and", b"are", b"as", b"at", b"be", b"by", b"for", b"from", b"in", b"is",
        b"must", b"of", b"on", b"or", b"that", b"the", b"to", b"will", b"with",
    ];
    let small = line
        .split(|b| *b == b' ')
        .nth(1)
        .is_some_and(|w| SMALL.contains(&w));
    if small && site.link != Link::Flag {
        return true;
    }
    let words = line
        .split(|b| *b == b' ')
        .skip(1)
        .take(2)
        .filter(|w| {
            w.len() >= 2
                && w.iter()
                    .all(|b| b.is_ascii_lowercase() || b",.".contains(b))
        })
        .count();
    words == 2 && site.link != Link::Flag
}

/// The first step of the ladder that explains the value, if any does.
pub(super) fn dismissal(text: &[u8], tally: &Tally, name: &Name, stock: bool) -> Option<Dismissal> {
    if name.ends_with(say::SURELY_ABOUT) {
        return Some(Dismissal::LookAlike(
            "named as something about a credential",
        ));
    }
    // The identities of secrets in a configuration of this program.
    let hex = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    if name.ends_with(say::SECRETS) && text.len() == 32 && text.iter().all(hex) {
        return Some(Dismissal::LookAlike("the identity of a secret"));
    }
    if says_nothing(text, tally) {
        return Some(Dismissal::Placeholder("a type, or a word for no value"));
    }
    if stock {
        return None;
    }
    let wanted = name.letters();
    if tally.letters() + tally.digits == wanted.len() && wanted.len() > 4 {
        let letters = text.iter().filter(|b| b.is_ascii_alphanumeric());
        if letters
            .map(u8::to_ascii_lowercase)
            .eq(wanted.iter().copied())
        {
            return Some(Dismissal::Placeholder("the name that it is assigned to"));
        }
    }
    placeholder::in_assignment(text).or_else(|| other(text, tally))
}

/// `none`, `string`, `true`: a word for no value, or for a type.
fn says_nothing(text: &[u8], tally: &Tally) -> bool {
    const LONGEST: usize = 9;
    let mut lower = [0; LONGEST];
    let Some(lower) = lower.get_mut(..text.len()) else {
        return false;
    };
    lower.copy_from_slice(text);
    lower.make_ascii_lowercase();
    tally.letters() == text.len() && say::marks(lower) & say::NOTHING != 0
}

/// Whether the value is the word for a secret or a well-known default: reported, but
/// with low confidence.
pub(super) fn is_stock(text: &[u8]) -> bool {
    placeholder::stock_word(text)
}

fn other(text: &[u8], tally: &Tally) -> Option<Dismissal> {
    if tally.has(b':') && (contains(text, b"://") || text.starts_with(b"classpath:")) {
        return Some(Dismissal::LookAlike("a URL"));
    }
    if tally.has(b':') && tally.digits > 1 && is_address(text) {
        return Some(Dismissal::LookAlike("a host and its port"));
    }
    if (tally.has(b'/') || tally.has(b'\\')) && is_path(text) {
        return Some(Dismissal::LookAlike("a path"));
    }
    const CONSTANT: ByteSet = ByteSet::range(b'A', b'Z')
        .or(ByteSet::range(b'0', b'9'))
        .or(ByteSet::of(b"_"));
    let constant = tally.has(b'_') && tally.digits <= 2 && tally.only(&CONSTANT);
    constant.then_some(Dismissal::LookAlike("the name of a constant"))
}

/// `php:9000`, `db.internal:5432`.
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

/// `/etc/ssl/key`, `~/.ssh/id`, `./x/y`, `C:\x`, `conf/app.yml`.
fn is_path(text: &[u8]) -> bool {
    let rooted = [&b"/"[..], b"./", b"../", b"~/"]
        .iter()
        .any(|p| text.starts_with(p))
        && text[1..].contains(&b'/')
        && !text.iter().any(|b| b"+=".contains(b));
    let drive = text.get(1..3) == Some(b":\\");
    let parts: Vec<&[u8]> = text.split(|b| *b == b'/').collect();
    let word = |p: &&[u8]| {
        p.len() >= 2
            && p.iter()
                .all(|b| b.is_ascii_lowercase() || b"._-".contains(b))
    };
    let relative = parts.len() >= 2 && parts.iter().all(word);
    rooted || drive || relative
}

/// Whether `text` is a version with its `v`: `v1.2.3`, `v2.0.0-rc1`, `v1.4.0/go.mod`.
///
/// Keys begin like this too (Cloudflare's origin CA keys: `v1.0-` and long random
/// parts), so no part may be longer than the time in a Go pseudo-version.
fn is_version(text: &[u8]) -> bool {
    const PART_MAX: usize = 14;
    let Some(rest) = text.strip_prefix(b"v") else {
        return false;
    };
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
/// or a time or range: `12:30`.
fn is_number(text: &[u8]) -> bool {
    let hex = text
        .strip_prefix(b"0x")
        .or_else(|| text.strip_prefix(b"0X"));
    match hex {
        Some(rest) => {
            rest.len() <= 19
                && rest
                    .iter()
                    .all(|b| b.is_ascii_hexdigit() || b"uUlL_".contains(b))
        }
        None => {
            text.first().is_some_and(u8::is_ascii_digit)
                && text.iter().any(|b| b"uUlL_.:".contains(b))
                && text
                    .iter()
                    .all(|b| b.is_ascii_digit() || b"uUlL_.:".contains(b))
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// What has the form of something else: a URL, words, a name, a constant. For rules
/// that know where a password stands, but not what it looks like.
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
