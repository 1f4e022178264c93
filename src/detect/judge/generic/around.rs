//! What the text around a name and its value explains: paths of keys, the lines that they are
//! listed under, tags, tables, calls of a framework.

use super::lookalikes::is_dotted_words;
use super::name::{Name, Noun, marks_of};
use super::near::{self, NEAR, behind, up_to};
use super::text::{contains, rfind};
use super::value::{Tally, is_uuid, is_words, wordliness};
use super::vocabulary as say;
use crate::detect::forms::assignments::{Among, Link, Quote, Site};
use crate::detect::forms::words::Words;
use crate::detect::judge::embedded;
use crate::finding::Dismissal;

/// How far back the lines are read that a line is listed under.
const ABOVE: usize = 1500;

/// Why the value at the site is no credential, as far as what stands around it tells.
pub(super) fn explained(
    bytes: &[u8],
    site: &Site,
    name: &Name,
    tally: &Tally,
) -> Option<Dismissal> {
    let text = &bytes[site.value.clone()];
    let before = near::before(bytes, site, NEAR);
    if is_tag(bytes, site) {
        return Some(Dismissal::Reference("a tag that looks the secret up"));
    }
    let why = if is_digest(text, tally) && (name.is_hashed() || is_second_of_pair(before, site)) {
        "a hash"
    } else if name.is_encrypted() && text.len() >= 20 && is_base64(text, tally) {
        "encrypted or hashed"
    } else if let Some(why) = path_of_key(before, tally, text) {
        why
    } else if let Some(why) = listed_under(bytes, site, before, text, tally) {
        why
    } else if names_thing(bytes, site, name) {
        "an identifier"
    } else if is_bookmark(before, site, name) {
        "the mark of a page, a request or a version"
    } else if is_page(before, site, text, tally) {
        "the name of a page or action"
    } else if name.says(say::RATING) && is_title(text.strip_suffix(b"!").unwrap_or(text)) {
        "text for people"
    } else if is_code_of_table(before, site, name, text) {
        "an entry of a table of codes"
    } else if name.noun == Noun::Token && colours(bytes, site, text) {
        "a kind of text that an editor colours"
    } else if name.is(b"pass") && STAGES.iter().any(|s| text.eq_ignore_ascii_case(s)) {
        "a stage of a setup"
    } else if site.quote == Quote::Bare && is_expression(bytes, site, text, tally) {
        "code"
    } else if is_named(name, text, tally) || is_name_of_list(site, name, text, tally) {
        "a name"
    } else if name.is_of_request(&bytes[site.name.clone()]) && is_uuid(text) {
        "the mark of a page, a request or a version"
    } else if name.is_of_openpgp() && is_key_id(text)
        || name.is_of_packages() && is_fingerprint(text)
        || signs(bytes, site, name, text)
    {
        "the id of a key"
    } else if embedded::in_noise(bytes, &site.value) {
        "noise in a picture or sound"
    } else if tally.has(b'-') && is_integrity(text) {
        "a checksum"
    } else if is_public_key(text) {
        "a public key"
    } else if is_package(text) {
        "a package and its version"
    } else if is_product_key(name, text) {
        "the key of a product"
    } else if is_compared_word(site, name, text, tally) {
        "a word of a program"
    } else if is_pair(site, text) {
        "a setting"
    } else if near::after(bytes, site, 16).starts_with(b"] password:") {
        "the mark of a prompt"
    } else if is_field_of_form(bytes, site, before, name) {
        "a field of a form"
    } else if is_name_of_object(bytes, site, tally) {
        "the name of an object"
    } else if is_source_of_names(site, before, name, text) {
        "a source of names"
    } else {
        return None;
    };
    Some(Dismissal::LookAlike(why))
}

/// Stages of the setup of Windows (`<settings pass="…">`).
const STAGES: [&[u8]; 7] = [
    b"windowsPE",
    b"offlineServicing",
    b"generalize",
    b"specialize",
    b"auditSystem",
    b"auditUser",
    b"oobeSystem",
];

/// Whether the name is a tag of YAML: `!secret wifi_password`.
fn is_tag(bytes: &[u8], site: &Site) -> bool {
    site.link == Link::Space && bytes[..site.name.start].ends_with(b"!")
}

/// Whether the text has the length and the digits of a hash.
fn is_digest(text: &[u8], tally: &Tally) -> bool {
    let known = matches!(text.len(), 32 | 40 | 48 | 56 | 64 | 96 | 128);
    known && tally.digits > 0 && text.iter().all(u8::is_ascii_hexdigit)
}

fn is_base64(text: &[u8], tally: &Tally) -> bool {
    tally.lower > 0
        && (tally.digits > 0 || tally.upper > 0)
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(b))
}

/// Whether name and value are a pair in parentheses of its own: `("password", "1d8a…")`, and
/// no arguments of a function.
fn is_second_of_pair(before: &[u8], site: &Site) -> bool {
    site.link == Link::Comma && opener(before).is_some_and(|(callee, _)| callee.is_empty())
}

/// The name of the function whose first argument begins behind `before`, and what stands
/// before that. The name is empty in a pair of its own.
fn opener(before: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = before.trim_ascii_end();
    let inner = inner
        .strip_suffix(b"\"")
        .or_else(|| inner.strip_suffix(b"'"))?;
    let inner = inner.trim_ascii_end().strip_suffix(b"(")?;
    let word = |b: &&u8| b.is_ascii_alphanumeric() || b"_.:>-".contains(b);
    let len = inner.iter().rev().take_while(word).count();
    Some((&inner[inner.len() - len..], &inner[..inner.len() - len]))
}

/// Whether the pair names a page or an action of a framework:
/// `Html.BeginForm("ChangePassword", "Manage")`.
fn is_page(before: &[u8], site: &Site, text: &[u8], tally: &Tally) -> bool {
    if site.link != Link::Comma || tally.digits > 0 || tally.letters() + tally.joints < text.len() {
        return false;
    }
    opener(before).is_some_and(|(callee, _)| marks_of(callee) & say::NAMES_PAGE != 0)
}

/// Why the path before a name explains the value: `checksum/secret`, `https://x/token.ts`.
fn path_of_key(before: &[u8], tally: &Tally, text: &[u8]) -> Option<&'static str> {
    let inner = before.strip_suffix(b"/")?;
    let path = inner
        .iter()
        .rposition(|b| !b.is_ascii_alphanumeric() && !b"_-./:@%+~".contains(b))
        .map_or(inner, |i| &inner[i + 1..]);
    let last = behind(path, b"/");
    if marks_of(last) & say::DIGEST != 0 || last.starts_with(b"md5") {
        return Some("a checksum");
    }
    // Locks list what they got from addresses, with a checksum.
    (contains(path, b"://") && is_digest(text, tally)).then_some("a checksum")
}

/// Why the lines explain a value that it is listed under: `encryptedData:` of a SealedSecret,
/// `SPEC CHECKSUMS:` of a lock, a list of hashes that a test knows.
fn listed_under(
    bytes: &[u8],
    site: &Site,
    before: &[u8],
    text: &[u8],
    tally: &Tally,
) -> Option<&'static str> {
    static HASHES: Words = Words::new(&[b"hash", b"checksum", b"digest", b"integrity", b"vectors"]);
    let digest = is_digest(text, tally);
    let pair = is_second_of_pair(before, site);
    let sealed = text.len() >= 64 && is_base64(text, tally);
    if !digest && !pair && !sealed {
        return None;
    }
    for line in headings(bytes, site.name.start) {
        if sealed && contains(line, b"encryptedData") {
            return Some("encrypted or hashed");
        }
        let key = up_to(line, b"=:{[(").trim_ascii();
        let hashes = key.len() <= 64 && HASHES.found_in(key) != 0;
        if (digest || pair) && hashes {
            return Some("a hash");
        }
    }
    None
}

/// The lines that the line at `at` is listed under: each is above the one before and begins
/// further left.
fn headings(bytes: &[u8], at: usize) -> impl Iterator<Item = &[u8]> {
    let floor = at.saturating_sub(ABOVE);
    let start = memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |i| floor + i + 1);
    let indent = |line: &[u8]| line.iter().take_while(|b| b" \t".contains(b)).count();
    let mut left = indent(&bytes[start..at]);
    let mut end = start;
    std::iter::from_fn(move || {
        while end > floor && left > 0 {
            let to = end - 1;
            let from = memchr::memrchr(b'\n', &bytes[floor..to]).map_or(floor, |i| floor + i + 1);
            let line = &bytes[from..to];
            end = from;
            let here = indent(line);
            if here < left && !line.trim_ascii().is_empty() {
                left = here;
                return Some(line);
            }
        }
        None
    })
}

/// Whether the value is what a server wrote into a hidden field of a page that it made:
/// `<input type="hidden" name="_token" value="…">`. Or the value goes on with a tag.
fn is_field_of_form(bytes: &[u8], site: &Site, before: &[u8], name: &Name) -> bool {
    let text = &bytes[site.value.clone()];
    if site.link == Link::Param && contains(text, b"\">") {
        return true;
    }
    let Some(open) = rfind(before, b"<input") else {
        return false;
    };
    let after = up_to(near::after(bytes, site, NEAR), b">");
    let hidden = contains(&before[open..], b"hidden") || contains(after, b"hidden");
    site.link == Link::Field && name.noun == Noun::Token && name.count() == 1 && hidden
}

/// Whether the value is the name of an object of Kubernetes: ``**Secret**: `tls` in
/// namespace``.
fn is_name_of_object(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    let rest = near::after(bytes, site, 16);
    site.quote == Quote::Plain(b'`')
        && site.link == Link::Colon
        && tally.upper == 0
        && (rest.starts_with(b"` in ") || rest.starts_with(b"` (namespace"))
}

/// Whether the text is the fingerprint of a key, as programs of OpenPGP print it.
fn is_fingerprint(text: &[u8]) -> bool {
    let hex = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
    text.len() == 40 && text.iter().all(hex)
}

/// Whether the text may be the id or the fingerprint of a key of OpenPGP.
fn is_key_id(text: &[u8]) -> bool {
    let hex = text.strip_prefix(b"0x").unwrap_or(text);
    matches!(hex.len(), 8 | 16 | 32 | 40) && hex.iter().all(u8::is_ascii_hexdigit)
}

/// Whether `key` is the id of a key of OpenPGP beside settings that say so:
/// `signing = { key = "3FA7…"; }`.
fn signs(bytes: &[u8], site: &Site, name: &Name, text: &[u8]) -> bool {
    const LONG_ID: usize = 16;
    static WORDS: Words = Words::new(&[b"signing =", b"signby", b"gpg", b"pgp"]);
    let upper = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
    name.is(b"key")
        && text.len() == LONG_ID
        && text.iter().all(upper)
        && WORDS.found_in(near::before(bytes, site, NEAR)) != 0
}

/// Whether the name of several passwords is given the name of a table of them:
/// `'passwords' => 'customers'`.
fn is_name_of_list(site: &Site, name: &Name, text: &[u8], tally: &Tally) -> bool {
    site.place == Among::None
        && site.link == Link::Arrow
        && name.plural
        && name.noun == Noun::Password
        && tally.lower == text.len()
}

/// Whether the line says where a system looks up its users (nsswitch): `passwd: files ldap`.
fn is_source_of_names(site: &Site, before: &[u8], name: &Name, text: &[u8]) -> bool {
    const SOURCES: [&[u8]; 9] = [
        b"files",
        b"compat",
        b"nisplus",
        b"ldap",
        b"winbind",
        b"systemd",
        b"hesiod",
        b"sssd",
        b"centrify",
    ];
    let begins = before.last().is_none_or(|b| *b == b'\n');
    begins && site.link == Link::Colon && name.is(b"passwd") && SOURCES.contains(&text)
}

/// Whether the value is a name and no key: words in a case that programs use, under a name
/// for keys, tokens or events. People choose such words as passwords.
fn is_named(name: &Name, text: &[u8], tally: &Tally) -> bool {
    // `parse(data, key: "groups")`, `key => '3FA7…'`
    const OF_WORDS: i32 = -8;
    let word = tally.lower == text.len() && wordliness(text) >= OF_WORDS;
    if name.is(b"key") && (word || is_fingerprint(text)) {
        return true;
    }
    let joints = tally.has(b'_') || tally.has(b':') || tally.has(b'.');
    let letters = tally.letters() + tally.joints == text.len();
    let capitals = tally.upper > 0 && tally.lower > 0;
    if !letters || !(joints || capitals) || !is_words(text) {
        return false;
    }
    let humps = text
        .windows(2)
        .filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
        .count();
    match name.noun {
        // `SECRET_KEY = "manyWords"` is what somebody chose.
        Noun::AccessKey if name.is_chosen() => false,
        Noun::Key | Noun::AccessKey | Noun::Auth => joints || humps >= 1,
        Noun::Token | Noun::Credential => humps >= 2,
        Noun::Password | Noun::Secret => name.says(say::TOPIC),
    }
}

/// Whether the text is a checksum as locks and pages write it: `sha512-…`.
fn is_integrity(text: &[u8]) -> bool {
    const LEAST: usize = 32;
    let known = [&b"sha512-"[..], b"sha384-", b"sha256-", b"sha1-"];
    text.len() >= LEAST && known.iter().any(|head| text.starts_with(head))
}

/// Whether the text is a key of OpenPGP that its owner gives away, in base64: what its first packet
/// begins with.
fn is_public_key(text: &[u8]) -> bool {
    const LEAST: usize = 120;
    const HEADS: [&[u8]; 9] = [
        b"mQIN", b"mQEN", b"mQGi", b"mQGN", b"mDME", b"mI0E", b"xsBN", b"xsFN", b"xjME",
    ];
    text.len() >= LEAST && HEADS.iter().any(|head| text.starts_with(head))
}

/// Whether the text is the name of a package with its version: `jjwt-impl:0.11.2`.
fn is_package(text: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', text) else {
        return false;
    };
    let (name, version) = (&text[..colon], &text[colon + 1..]);
    let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(b);
    let numbers = version.split(|b| *b == b'.');
    let short = |part: &[u8]| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
    name.first().is_some_and(u8::is_ascii_lowercase)
        && name.iter().all(word)
        && numbers.clone().count() >= 3
        && numbers.take(2).all(short)
}

/// Whether the text is the key of a product as Microsoft writes them: five groups of five.
fn is_product_key(name: &Name, text: &[u8]) -> bool {
    const LEN: usize = 29;
    let sign = |(i, b): (usize, &u8)| match i % 6 {
        5 => *b == b'-',
        _ => b.is_ascii_uppercase() || b.is_ascii_digit(),
    };
    name.noun == Noun::Key && text.len() == LEN && text.iter().enumerate().all(sign)
}

/// Whether a program compares the name with one of its words: `update_password == "on_create"`,
/// `token == "Section"`.
fn is_compared_word(site: &Site, name: &Name, text: &[u8], tally: &Tally) -> bool {
    let words = tally.letters() + tally.joints == text.len();
    let joined = tally.has(b'_') && tally.upper == 0;
    let word = matches!(name.noun, Noun::Token | Noun::Key) && tally.letters() == text.len();
    site.link == Link::Compare && words && (joined || word) && is_words(text)
}

/// Whether a string holds a name and a word that it is given: `"console=ttyS"`.
fn is_pair(site: &Site, text: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'=', text) else {
        return false;
    };
    let (name, value) = (&text[..at], &text[at + 1..]);
    site.quote != Quote::Bare
        && name.len() >= 3
        && !value.is_empty()
        && name.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
        && value.iter().all(u8::is_ascii_alphabetic)
        && is_words(name)
}

/// Whether the value names a thing: a UUID under `key`, `jobKey`, also behind words
/// (`key = "task-meta-…"`).
fn names_thing(bytes: &[u8], site: &Site, name: &Name) -> bool {
    const UUID: usize = 36;
    let text = &bytes[site.value.clone()];
    let constant = name.upper && !name.is(b"key");
    if name.noun != Noun::Key || constant || site.link == Link::Flag || text.len() < UUID {
        return false;
    }
    // A header of a request: `X-Acme-Key`.
    if bytes[site.name.clone()]
        .get(..2)
        .is_some_and(|head| head.eq_ignore_ascii_case(b"x-"))
    {
        return false;
    }
    // `Linux-node-` and the hash of a lock.
    let hash = text.iter().rposition(|b| *b == b'-').is_some_and(|at| {
        let word = |b: &u8| b.is_ascii_alphabetic() || b"-_.".contains(b);
        matches!(text.len() - at - 1, 32 | 40 | 64)
            && text[at + 1..].iter().all(u8::is_ascii_hexdigit)
            && text[..at].iter().all(word)
    });
    if hash {
        return true;
    }
    let inner = text.strip_prefix(b"{").unwrap_or(text);
    let inner = inner.strip_suffix(b"}").unwrap_or(inner);
    let Some(head) = inner.len().checked_sub(UUID) else {
        return false;
    };
    let words = inner[..head]
        .iter()
        .all(|b| b.is_ascii_lowercase() || b"-_:/.".contains(b));
    words && is_uuid(&inner[head..])
}

/// Whether the word before a name says that it marks something: `# Generator token: …`,
/// `next page token: …`.
fn is_bookmark(before: &[u8], site: &Site, name: &Name) -> bool {
    if !matches!(name.noun, Noun::Token | Noun::Key)
        || name.count() != 1
        || !matches!(site.link, Link::Colon | Link::Equals | Link::Space)
    {
        return false;
    }
    let Some(head) = before.strip_suffix(b" ") else {
        return false;
    };
    let word = head
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    marks_of(&head[head.len() - word..]) & say::BOOKMARK != 0
}

/// Whether the text is a word with a capital letter.
fn is_title(text: &[u8]) -> bool {
    text.len() <= 12
        && text.first().is_some_and(u8::is_ascii_uppercase)
        && text[1..].iter().all(u8::is_ascii_lowercase)
}

/// Whether name and value are an entry in a table of countries: `PW` is Palau. Other keys of
/// two letters stand next to it, or the value is the name of the country.
fn is_code_of_table(before: &[u8], site: &Site, name: &Name, text: &[u8]) -> bool {
    let country = text.len() <= 8
        && text
            .get(..4)
            .is_some_and(|head| head.eq_ignore_ascii_case(b"pala"));
    if country && name.letters().ends_with(b"pw") {
        return true;
    }
    if !name.is(b"pw")
        || !matches!(
            site.link,
            Link::Arrow | Link::Colon | Link::Equals | Link::Comma
        )
    {
        return false;
    }
    const OTHERS: [&[u8]; 3] = [b"pw", b"id", b"db"];
    let code = |part: &[u8]| {
        let key = behind(part, b",{([\n").trim_ascii();
        let key = key
            .strip_suffix(b"\"")
            .or_else(|| key.strip_suffix(b"'"))
            .unwrap_or(key);
        let key = key
            .strip_prefix(b"\"")
            .or_else(|| key.strip_prefix(b"'"))
            .unwrap_or(key);
        key.len() == 2
            && !OTHERS.iter().any(|other| key.eq_ignore_ascii_case(other))
            && key
                .iter()
                .all(|b| b.is_ascii_alphabetic() && b.is_ascii_uppercase() == name.upper)
    };
    // Short names in lower case are fields of something else, too.
    let least = if name.upper { 1 } else { 2 };
    let mut parts = before.split(|b| b":=".contains(b));
    parts.next_back();
    parts.filter(|part| code(part)).count() >= least
}

/// Whether the value is a class of text in the rules of an editor:
/// `{token: "comment.block.xml", regex: …}`.
fn colours(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    let after = near::after(bytes, site, NEAR);
    let before = near::before(bytes, site, NEAR / 2);
    let rules = [&b"regex"[..], b"onMatch", b"next:", b"defaultToken"]
        .iter()
        .any(|word| contains(after, word) || contains(before, word));
    let lower = text
        .iter()
        .all(|b| b.is_ascii_lowercase() || b"-_. ".contains(b));
    site.quote != Quote::Bare && (is_dotted_words(text) || (rules && lower))
}

/// Whether a bare value is a piece of a program: a cmdlet with its parameters, a member that a
/// statement reads.
fn is_expression(bytes: &[u8], site: &Site, text: &[u8], tally: &Tally) -> bool {
    const VERBS: [&[u8]; 16] = [
        b"Get",
        b"Read",
        b"New",
        b"Set",
        b"Invoke",
        b"Import",
        b"ConvertTo",
        b"ConvertFrom",
        b"Convert",
        b"Select",
        b"Join",
        b"Resolve",
        b"Request",
        b"Find",
        b"Add",
        b"Out",
    ];
    if let Some(at) = memchr::memchr(b'-', text)
        && VERBS.contains(&&text[..at])
        && text.get(at + 1).is_some_and(u8::is_ascii_uppercase)
        && tally.letters() + tally.joints == text.len()
    {
        return true;
    }
    let member = tally.has(b'.')
        && tally.letters() + tally.joints == text.len()
        && text.split(|b| *b == b'.').all(|part| part.len() >= 2);
    let line = up_to(near::after(bytes, site, 24), b"\r\n");
    member && line.trim_ascii() == b";" && !in_string(bytes, site)
}

/// Whether a double quote is open before the name.
fn in_string(bytes: &[u8], site: &Site) -> bool {
    let line = near::line_before(bytes, site, NEAR);
    line.iter().filter(|b| **b == b'"').count() % 2 == 1
}
