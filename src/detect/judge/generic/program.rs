//! What programs and shells do with a name and a value that are both in view: they compare
//! them, take them as arguments, look them up, name parts of a picture.

use super::near::{self, NEAR, up_to};
use super::text::{rfind, without_end};
use super::value::Tally;
use crate::detect::forms::assignments::{Link, Quote, Site};

/// Whether a program explains the value at the site.
pub(super) fn explains(bytes: &[u8], site: &Site, text: &[u8], tally: &Tally) -> bool {
    is_template_call(bytes, site)
        || is_list_of_arguments(bytes, site, tally)
        || is_option(site, text)
        || is_tested(bytes, site, tally)
        || is_element_of_list(bytes, site, tally)
        || is_path_of_setting(bytes, site)
        || is_pass_over_picture(bytes, site)
        || is_entry_of_storage(bytes, site)
        || is_attribute(bytes, site, text)
}

/// Whether a template calls a function for the value: `{{- $pass := printf "%s" .x }}`.
fn is_template_call(bytes: &[u8], site: &Site) -> bool {
    if site.quote != Quote::Bare || bytes.get(site.value.end) != Some(&b' ') {
        return false;
    }
    let line = near::line_before(bytes, site, NEAR);
    let (open, close) = (rfind(line, b"{{"), rfind(line, b"}}"));
    open.is_some_and(|open| close.is_none_or(|close| close < open))
}

/// Whether a list of words without names follows a class or function that is named:
/// `read_passwd: RegExpFilter, cat, root, …`.
fn is_list_of_arguments(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    let bare = site.quote == Quote::Bare && site.link == Link::Colon;
    if !bare || tally.letters() < site.value.len() {
        return false;
    }
    let line = up_to(near::after(bytes, site, NEAR), b"\r\n");
    line.starts_with(b", ")
        && line.iter().filter(|b| **b == b',').count() >= 2
        && !line.iter().any(|b| b"=:{}\"'".contains(b))
}

/// Whether code stores a variable under a key that is one: `total[_token] = nextIndex;`.
fn is_element_of_list(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    let indexed = bytes[..site.name.start].ends_with(b"[")
        && bytes.get(site.name.end..site.name.end + 2) == Some(b"] ");
    indexed && site.quote == Quote::Bare && tally.letters() == site.value.len()
}

/// Whether options follow a command that is named like a secret: `htpasswd -nbBC10 …`.
fn is_option(site: &Site, text: &[u8]) -> bool {
    let plain = text[1..].iter().all(u8::is_ascii_alphanumeric);
    site.link == Link::Space && site.quote == Quote::Bare && text.starts_with(b"-") && plain
}

/// Whether a bare value is the left side of a comparison (`ok = precision >= least`), or a
/// shell compares a variable: `test "$mode,$pass" = "lib,link"`, `[ $pass = dlopen ]`.
fn is_tested(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    if site.link != Link::Equals {
        return false;
    }
    let after = near::after(bytes, site, 8);
    let between = bytes
        .get(site.name.end..site.value.start)
        .unwrap_or_default();
    let spaced = between.windows(2).any(|pair| pair == b" =");
    let compared = site.quote == Quote::Bare
        && spaced
        && [&b" >= "[..], b" <= ", b" == ", b" != ", b" === ", b" !== "]
            .iter()
            .any(|sign| after.starts_with(sign));
    let read = bytes[..site.name.start].ends_with(b"$") && spaced;
    let commas = bytes[site.value.clone()]
        .iter()
        .filter(|b| **b == b',')
        .count();
    let words = tally.letters() + commas == site.value.len();
    compared || (read && words && in_test(bytes, site))
}

/// Whether `test` or a bracket begins before the variable at the site.
fn in_test(bytes: &[u8], site: &Site) -> bool {
    let line = near::line_before(bytes, site, NEAR);
    let line = line.strip_suffix(b"$").unwrap_or(line);
    let word = line
        .iter()
        .rposition(|b| b.is_ascii_whitespace())
        .map_or(line, |i| &line[..i]);
    let word = word.trim_ascii_end();
    word.ends_with(b"test") || word.ends_with(b"[") || word.ends_with(b"!")
}

/// Whether the value is the first step of a way to a setting, whose last step names the
/// secret: `'SMTP_PASS' => ['smtp', 'pass']`.
fn is_path_of_setting(bytes: &[u8], site: &Site) -> bool {
    const LAST: &[&[u8]] = &[b"pass", b"password", b"secret", b"key", b"token"];
    let Quote::Plain(quote) = site.quote else {
        return false;
    };
    let before = &bytes[site.value.start.saturating_sub(8)..site.value.start];
    let opened = before.strip_suffix(&[quote]).map(<[u8]>::trim_ascii_end);
    if !opened.is_some_and(|before| before.ends_with(b"[") || before.ends_with(b"(")) {
        return false;
    }
    let mut items = near::after(bytes, site, NEAR).split(|b| *b == quote);
    let (end, between, next) = (items.next(), items.next(), items.next());
    let ends = end == Some(b"") && between.is_some_and(|text| text.trim_ascii() == b",");
    ends && next.is_some_and(|next| {
        next.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
            && LAST.iter().any(|word| next.ends_with(word))
    })
}

/// Whether `pass` is one of the passes in which a program draws: `renderPass = "opaque"`.
fn is_pass_over_picture(bytes: &[u8], site: &Site) -> bool {
    const KINDS: &[&[u8]] = &[
        b"render",
        b"shadow",
        b"shader",
        b"bloom",
        b"blur",
        b"depth",
        b"lighting",
        b"opaque",
        b"effect",
        b"geometry",
        b"compute",
        b"texture",
        b"mask",
    ];
    without_end(&bytes[site.name.clone()], b"pass").is_some_and(|head| {
        let head = head.strip_suffix(b"_").unwrap_or(head);
        KINDS.iter().any(|kind| without_end(head, kind).is_some())
    })
}

/// Whether the value names an entry of a browser's storage: `LOCAL_STORAGE_KEY = "sort.order"`.
fn is_entry_of_storage(bytes: &[u8], site: &Site) -> bool {
    let from_end = || {
        let letters = bytes[site.name.clone()].iter().rev();
        let letters = letters.filter(|b| b.is_ascii_alphanumeric());
        letters.map(u8::to_ascii_lowercase)
    };
    [&b"localstoragekey"[..], b"sessionstoragekey"]
        .iter()
        .any(|end| from_end().take(end.len()).eq(end.iter().rev().copied()))
}

/// Whether the value is an attribute of a tag that is named like a secret:
/// `<e:inputPassword disabled="false">`, `<m:passwd xmlns:m="…">`.
fn is_attribute(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    if site.link != Link::Space || site.quote != Quote::Bare {
        return false;
    }
    let head = text
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"_:-.".contains(b))
        .count();
    let rest = &bytes[site.value.start + head..];
    let pair = [&b"=\""[..], b"='", b"=\\\"", b"=&quot;"]
        .iter()
        .any(|sign| rest.starts_with(sign));
    head > 0 && pair
}
