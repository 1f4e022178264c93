//! What is named like a secret and made for everybody: keys of pages, addresses of chains,
//! signatures of addresses that expire. They are reported with low confidence, and say why.

use super::lookalikes::is_chain_address;
use super::name::{Name, Noun};
use super::near::NEAR;
use super::text::contains;
use crate::detect::forms::assignments::{Link, Site};
use crate::detect::judge::addresses;

/// Why everybody may know the value at the site.
pub(super) fn made_for_all(bytes: &[u8], site: &Site, name: &Name) -> Option<&'static str> {
    let text = &bytes[site.value.clone()];
    if name.for_all || is_published_key(text) || is_key_of_page(bytes, site, name, text) {
        return Some("a key that pages show to everybody");
    }
    let wraps_public = site.callee.as_ref().is_some_and(|callee| {
        let callee = &bytes[callee.clone()];
        contains(callee, b"PublicKey")
            || contains(callee, b"Pubkey")
            || contains(callee, b"Address")
    });
    if wraps_public {
        return Some("a public key or address");
    }
    if is_chain_address(text) {
        return Some("an address of a chain");
    }
    if site.link == Link::Param && is_share(&bytes[site.name.clone()]) {
        return Some("part of a link that somebody shares");
    }
    let before = &bytes[..site.name.start];
    let in_url =
        site.link == Link::Param || before.ends_with(b"&amp;") || before.ends_with(b"amp;amp;");
    if in_url && let Some(why) = shared(bytes, site) {
        return Some(why);
    }
    let expires = in_url && addresses::expires(bytes, &(site.name.start..site.value.end));
    expires.then_some(addresses::EXPIRES)
}

/// Why the parameter belongs to an address that its owner shares with everybody who has it: a
/// link of a file store or of a document, the key of a site for its reports of errors, the
/// address of a font.
fn shared(bytes: &[u8], site: &Site) -> Option<&'static str> {
    let name = &bytes[site.name.clone()];
    let head = || addresses::address_before(bytes, site.name.start);
    let on = |host: &[u8]| contains(head(), host);
    let link = match name {
        b"pwd" => on(b"pan.baidu.com") || on(b"lanzou") || on(b"alipan.com"),
        b"key" => on(b"docs.google.com") || on(b"spreadsheets.google.com"),
        b"idkey" => on(b"qq.com/"),
        b"token" => {
            let head = head();
            head.ends_with(b"alt=media&")
                || head.ends_with(b"alt=media&amp;")
                || leads_to_page(head)
        }
        _ => false,
    };
    match name {
        _ if link => Some("part of a link that its owner shares"),
        b"sentry_key" => Some("a key that pages show to everybody"),
        b"skey" if on(b"fonts.gstatic.com/") || on(b"fonts.googleapis.com/") => {
            Some("part of an address that pages show to everybody")
        }
        _ => None,
    }
}

/// Whether the parameters before say which page of a site is meant, by the names that frameworks
/// route by: `index.php?g=Shop&m=Index&a=show&token=…`. Pages with such links are for everybody.
fn leads_to_page(head: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'?', head) else {
        return false;
    };
    let routes = |pair: &&[u8]| matches!(pair, [b'g' | b'm' | b'a' | b'c' | b'r', b'=', first, ..] if first.is_ascii_alphabetic());
    // `&amp;` ends in such a sign, too.
    let pairs = || head[at + 1..].split(|b| b"&;".contains(b)).filter(routes);
    // Each has a module.
    let module = |pair: &[u8]| matches!(pair[0], b'g' | b'm');
    head[..at].ends_with(b".php") && pairs().count() >= 2 && pairs().any(module)
}

/// Whether the key says itself that browsers hold it: Datadog's client tokens, New Relic's
/// browser keys, keys of PostHog projects, the first keys of Google Maps, publishable keys.
fn is_published_key(text: &[u8]) -> bool {
    let hex = |text: &[u8]| text.iter().all(|b| b.is_ascii_hexdigit());
    let long = text.len() >= 20;
    text.strip_prefix(b"pub")
        .is_some_and(|rest| rest.len() == 32 && hex(rest))
        || text.starts_with(b"NRJS-")
        || (text.starts_with(b"ABQIAAAA") && (80..=90).contains(&text.len()))
        || (long && (text.starts_with(b"phc_") || text.starts_with(b"pk_")))
}

/// Whether the settings next to a key are those of a page: New Relic's beacon, a search of a
/// site (DocSearch has the name of its index), a captcha.
fn is_key_of_page(bytes: &[u8], site: &Site, name: &Name, text: &[u8]) -> bool {
    if !matches!(name.noun, Noun::Key | Noun::AccessKey) {
        return false;
    }
    let words: Vec<u8> = bytes[site.name.clone()]
        .iter()
        .filter(|b| b.is_ascii_alphabetic())
        .map(u8::to_ascii_lowercase)
        .collect();
    if contains(&words, b"searchonly") {
        return true;
    }
    let from = site.name.start.saturating_sub(NEAR);
    let to = bytes.len().min(site.value.end + NEAR);
    let near = &bytes[from..to];
    let hex = text.iter().all(u8::is_ascii_hexdigit);
    (hex && text.len() == 10 && (contains(near, b"NREUM") || contains(near, b"applicationID")))
        || (hex
            && text.len() == 32
            && (contains(near, b"indexName") || contains(near, b"index_name")))
}

/// Whether a parameter is part of the links by which people share files and reports: of Dropbox,
/// Google Drive, OneDrive and provers of contracts.
fn is_share(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 6] = [
        b"anonymousKey",
        b"rlkey",
        b"resourcekey",
        b"authkey",
        b"share_token",
        b"sharetoken",
    ];
    NAMES.iter().any(|n| name.eq_ignore_ascii_case(n))
}
