//! Names that this program's reports use, and what they mean.

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::blob::SkipReason;
use crate::encoding::Encoding;
use crate::finding::{ItemInfo, Narrow, SuppressedBy};
use crate::rules::{Label, Labels};

/// Returns an address that may be shown as one: of the web, without anything odd.
pub(super) fn web(address: &str) -> String {
    let item = ItemInfo {
        url: address.to_owned(),
        ..ItemInfo::default()
    };
    let without_user = |url: &&str| {
        let host = url
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        !host.unwrap_or_default().contains('@')
    };
    item.link()
        .filter(without_user)
        .unwrap_or_default()
        .to_owned()
}

/// Returns the bytes of an identity.
pub(super) fn unhex(text: &str) -> Option<[u8; 16]> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok()
}

/// Returns what suppresses under this name.
pub(super) fn suppressor(id: &str) -> Option<SuppressedBy> {
    [
        SuppressedBy::Inline,
        SuppressedBy::Allow,
        SuppressedBy::Baseline,
        SuppressedBy::IgnoreFile,
        SuppressedBy::Excluded,
        SuppressedBy::Confidence,
        SuppressedBy::Severity,
        SuppressedBy::Label,
        SuppressedBy::Placeholder,
        SuppressedBy::Reference,
        SuppressedBy::FailedCheck,
        SuppressedBy::LookAlike,
    ]
    .into_iter()
    .find(|by| by.id() == id)
}

/// Returns the labels of these names.
pub(super) fn labels<'a>(names: impl Iterator<Item = &'a str>) -> Labels {
    let label = |name: &str| Label::ALL.iter().find(|label| label.id() == name);
    names.filter_map(|name| label(name).copied()).collect()
}

/// Returns the reason of this name.
pub(super) fn reason(id: &str) -> Option<SkipReason> {
    SkipReason::ALL.into_iter().find(|why| why.id() == id)
}

/// Returns the narrowing of this name.
pub(super) fn narrow(id: &str) -> Option<Narrow> {
    [
        Narrow::RulesOff,
        Narrow::RulesChanged,
        Narrow::RulesReplaced,
        Narrow::Exclude,
        Narrow::Include,
        Narrow::Confidence,
        Narrow::MaxFileSize,
        Narrow::Containers,
        Narrow::Allow,
        Narrow::Paths,
        Narrow::Severity,
        Narrow::FailOn,
        Narrow::Labels,
    ]
    .into_iter()
    .find(|what| what.id() == id)
}

/// Returns the encoding of this name. How many pieces were joined, a report does not say.
pub(super) fn encoding(id: &str) -> Option<Encoding> {
    const METHODS: &[&str] = &[
        "7z",
        "bzip2",
        "compress",
        "deflate",
        "deflate64",
        "gzip",
        "lz4",
        "lzip",
        "lzma",
        "pdf",
        "sqlite",
        "xz",
        "zip",
        "zlib",
        "zstd",
    ];
    let plain = [
        Encoding::Base64,
        Encoding::Base32,
        Encoding::Hex,
        Encoding::Ascii85,
        Encoding::Uuencode,
        Encoding::Numbers,
        Encoding::Utf16,
        Encoding::Der,
        Encoding::Escapes,
        Encoding::Percent,
        Encoding::Entities,
        Encoding::QuotedPrintable,
        Encoding::Invisible,
        Encoding::Reversed,
        Encoding::Rot13,
        Encoding::Joined(2),
    ];
    let method = METHODS.iter().find(|method| **method == id);
    let method = method.map(|method| Encoding::Compressed(method));
    method.or(plain.into_iter().find(|encoding| encoding.id() == id))
}
