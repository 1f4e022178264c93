//! What stands right beside a name or its value says that both are something else: a variable
//! that is only read, a public key, a verdict, an attribute of a secret, a header of settings.

use super::name::{Name, Noun};
use super::near::{self, NEAR, up_to};
use super::text::{contains, without_end};
use super::value::Tally;
use super::{asides, pieces, program};
use crate::check::encoding;
use crate::detect::forms::assignments::{Link, Quote, Site};
use crate::finding::Dismissal;

/// Why the value at the site is no credential, as far as its neighbours tell.
pub(super) fn settled(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> Option<Dismissal> {
    let text = &bytes[site.value.clone()];
    let why = if is_read(bytes, site) {
        return Some(Dismissal::Reference("a variable that is read"));
    } else if bytes[..site.name.start].ends_with(b"did:") {
        "a public key"
    } else if is_attribute(bytes, site) {
        "an attribute of a secret"
    } else if is_verdict(bytes, site, text) {
        "a verdict"
    } else if is_header(bytes, site) {
        "the name of a section"
    } else if is_entry_of_list(bytes, site) || names_entry(bytes, site, text) {
        "the name of an entry"
    } else if bytes[site.name.clone()] == *b"__param_auth" {
        // A label of Prometheus, for its exporter of SNMP.
        "the name of a setting"
    } else if is_question(site, text) {
        "text for people"
    } else if is_role(bytes, site, text) {
        "the hash of a name"
    } else if is_network_address(text, tally) {
        "an address"
    } else if name.noun == Noun::Auth && tally.letters() == text.len() && camel_words(text) >= 3 {
        "a setting"
    } else if program::explains(bytes, site, text, tally) {
        "code"
    } else if is_user_only(bytes, site, name, text) {
        "no user and password"
    } else if is_public_key_token(bytes, site, text) || is_signer(bytes, site, text) {
        "a public key"
    } else {
        pieces::part_of(bytes, site, name, tally)
            .or_else(|| asides::aside(bytes, site, name, tally))?
    };
    Some(Dismissal::LookAlike(why))
}

/// Whether a header of the scheme `Basic` holds no pair of a user and a password.
fn is_user_only(bytes: &[u8], site: &Site, name: &Name, text: &[u8]) -> bool {
    const LONGEST: usize = 400;
    const SCHEME: &[u8] = b"basic ";
    let at = site.value.start;
    let basic = at
        .checked_sub(SCHEME.len())
        .is_some_and(|from| bytes[from..at].eq_ignore_ascii_case(SCHEME));
    basic
        && name.noun == Noun::Auth
        && text.len() <= LONGEST
        && encoding::base64(text)
            .is_some_and(|plain| !plain.contains(&b':') && plain.iter().all(u8::is_ascii_graphic))
}

/// Whether the name is a variable whose value a command gets, and what follows is the next
/// argument: `credentials=$ADMIN_PASSWORD searchbase="cn=config"`, `echo "$secret" > "$out"`.
///
/// `set $api_key "…";` of nginx gives a value.
fn is_read(bytes: &[u8], site: &Site) -> bool {
    let before = near::before(bytes, site, NEAR);
    let Some(before) = before.strip_suffix(b"$") else {
        return false;
    };
    let given = before.trim_ascii_end().ends_with(b"set");
    !given && matches!(site.link, Link::Space | Link::Element | Link::Field)
}

/// Whether the name ends with an attribute that settings of secrets have behind their names:
/// `sops.secrets.admin-password.owner`, `password.fetch`, `wifi-password.sopsFile`.
fn is_attribute(bytes: &[u8], site: &Site) -> bool {
    const ATTRIBUTES: &[&[u8]] = &[
        b"cmd",
        b"command",
        b"enable",
        b"fetch",
        b"format",
        b"generator",
        b"group",
        b"length",
        b"mode",
        b"neededForUsers",
        b"owner",
        b"prompt",
        b"publicKey",
        b"publicKeys",
        b"restartUnits",
        b"sopsFile",
        b"source",
        b"strategy",
        b"symlink",
    ];
    let name = &bytes[site.name.clone()];
    memchr::memrchr(b'.', name).is_some_and(|dot| dot > 0 && ATTRIBUTES.contains(&&name[dot + 1..]))
}

/// Whether `pass` is a verdict: its value is another one (`"PASS" => "DROP"`), or what was
/// checked stands behind it (``PASS: `documents=10` ``).
fn is_verdict(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const VERDICTS: &[&[u8]] = &[
        b"accept",
        b"allow",
        b"allowed",
        b"block",
        b"blocked",
        b"deny",
        b"denied",
        b"drop",
        b"error",
        b"fail",
        b"failed",
        b"failure",
        b"green",
        b"passed",
        b"passing",
        b"red",
        b"reject",
        b"rejected",
        b"skip",
        b"skipped",
        b"success",
        b"warn",
        b"warning",
    ];
    let name = &bytes[site.name.clone()];
    if !name.eq_ignore_ascii_case(b"pass") {
        return false;
    }
    if beside_fail(bytes, site) {
        return true;
    }
    let upper = name.iter().all(u8::is_ascii_uppercase);
    let checked = upper && site.link == Link::Colon && site.quote == Quote::Plain(b'`');
    checked || VERDICTS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether what fails stands on the line of what passes: `pass: ['2-12'], fail: ['2.12']`.
fn beside_fail(bytes: &[u8], site: &Site) -> bool {
    let before = near::line_before(bytes, site, NEAR);
    let after = near::line_after(bytes, site, NEAR);
    [before, after].into_iter().any(|part| {
        part.split(|b| !b.is_ascii_alphanumeric())
            .any(|word| word.eq_ignore_ascii_case(b"fail"))
    })
}

/// Whether the value under `key` is the name of a thing: a part of a form
/// (`"key": "field_69aebcd9c6bbf"`), or what an identifier next to it says, too
/// (`{"id": "libxml", "key": "libxml"}`). The attribute `accesskey` of HTML has a word.
fn names_entry(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const KINDS: &[&[u8]] = &[
        b"field", b"layout", b"group", b"block", b"column", b"section", b"node", b"tab", b"step",
        b"option", b"widget", b"row", b"page", b"menu",
    ];
    let name = &bytes[site.name.clone()];
    if name.eq_ignore_ascii_case(b"accesskey") {
        let word = text[1..].iter().all(u8::is_ascii_lowercase);
        return word && text[0].is_ascii_uppercase();
    }
    if name != b"key" || site.quote == Quote::Bare {
        return false;
    }
    let kind = text.iter().position(|b| b"_-".contains(b)).unwrap_or(0);
    let rest = text[kind..]
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(b));
    if kind > 0 && KINDS.contains(&&text[..kind]) && rest {
        return true;
    }
    let before = near::before(bytes, site, NEAR);
    let quoted = &bytes[site.value.start - 1..(site.value.end + 1).min(bytes.len())];
    memchr::memmem::rfind(before, quoted).is_some_and(|at| {
        let head = before[..at].trim_ascii_end();
        [&b"id\":"[..], b"id':", b"id:", b"name\":", b"slug\":"]
            .iter()
            .any(|end| head.ends_with(end))
    })
}

/// Whether the value is the fingerprint of the key that git signs with:
/// `user.signingkey=DD2E507F7BDB1669`.
fn is_signer(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    let name = &bytes[site.name.clone()];
    without_end(name, b"signingkey").is_some()
        && matches!(text.len(), 8 | 16 | 40)
        && text
            .iter()
            .all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b))
}

/// Whether name and value are the header of a section, in brackets on a line of its own.
fn is_header(bytes: &[u8], site: &Site) -> bool {
    let before = near::before(bytes, site, NEAR);
    let Some(before) = before.strip_suffix(b"[") else {
        return false;
    };
    let begins = before
        .iter()
        .rev()
        .find(|b| !b" \t".contains(b))
        .is_none_or(|b| b"\r\n".contains(b));
    let line = up_to(near::after(bytes, site, 24), b"\r\n");
    begins && site.quote == Quote::Bare && site.link == Link::Colon && line.trim_ascii_end() == b"]"
}

/// Whether the value is the name of an entry, whose value follows in an element of its own:
/// `<key>…</key><string>…</string>` of property lists, `<Key>…</Key><LastModified>…` of
/// listings.
fn is_entry_of_list(bytes: &[u8], site: &Site) -> bool {
    const NEXT: &[&[u8]] = &[
        b"<string",
        b"<true",
        b"<false",
        b"<integer",
        b"<real",
        b"<date",
        b"<data",
        b"<array",
        b"<dict",
        b"<LastModified",
        b"<ETag",
        b"<Size",
        b"<VersionId",
    ];
    if site.link != Link::Element || !bytes[site.name.clone()].eq_ignore_ascii_case(b"key") {
        return false;
    }
    let after = near::after(bytes, site, NEAR);
    let lower = after
        .get(..6)
        .is_some_and(|end| end.eq_ignore_ascii_case(b"</key>"));
    let next = after.get(6..).unwrap_or_default().trim_ascii_start();
    lower && NEXT.iter().any(|element| next.starts_with(element))
}

/// Whether a sentence ends with the word behind a name: `Is the password correct?`.
fn is_question(site: &Site, text: &[u8]) -> bool {
    let end = text.iter().position(|b| b"?!".contains(b));
    let Some((word, rest)) = end.map(|end| text.split_at(end)) else {
        return false;
    };
    let small = word.get(1..).unwrap_or_default().iter();
    site.link == Link::Space
        && site.quote == Quote::Bare
        && word.first().is_some_and(u8::is_ascii_alphabetic)
        && small.clone().all(u8::is_ascii_lowercase)
        && rest.iter().all(|b| b"?!-.".contains(b))
}

/// Whether a contract knows a role or an event by the hash of its name:
/// `bytes32 constant MINT_TOKEN_ROLE = 0x…`.
fn is_role(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[
        b"role",
        b"topic",
        b"slot",
        b"selector",
        b"typehash",
        b"domain",
    ];
    let hash = text.strip_prefix(b"0x").unwrap_or(text);
    let name = &bytes[site.name.clone()];
    hash.len() == 64
        && hash.iter().all(u8::is_ascii_hexdigit)
        && ENDS.iter().any(|end| without_end(name, end).is_some())
}

/// Whether the text is an address of IPv6, or a part of one: `::fd87:20d6:a932:6605`.
fn is_network_address(text: &[u8], tally: &Tally) -> bool {
    tally.has(b':')
        && (3..=7).contains(&text.iter().filter(|b| **b == b':').count())
        && text
            .iter()
            .all(|b| b.is_ascii_hexdigit() || b":./".contains(b))
        && text.split(|b| *b == b':').all(|group| group.len() <= 19)
}

/// How many words with capital letters the text is made of, if it is made of them.
fn camel_words(text: &[u8]) -> usize {
    let capitals = text.iter().filter(|b| b.is_ascii_uppercase()).count();
    let apart = !text
        .windows(2)
        .any(|pair| pair.iter().all(u8::is_ascii_uppercase));
    let first = text.first().is_some_and(u8::is_ascii_uppercase);
    if apart && first { capitals } else { 0 }
}

/// Whether the value is the hash of a public key that assemblies of .NET are named with: it
/// has sixteen digits, and what belongs to an assembly stands on its line.
fn is_public_key_token(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const TELLING: &[&[u8]] = &[b"PublicKey", b"Culture=", b"culture=", b"Version="];
    if text.len() != 16 || !text.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let before = near::line_before(bytes, site, NEAR);
    let after = near::line_after(bytes, site, NEAR);
    TELLING
        .iter()
        .any(|word| contains(before, word) || contains(after, word))
}
