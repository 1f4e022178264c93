//! The text beside a name and its value, as far as judges read it.

use crate::detect::forms::assignments::Site;

/// How far most judges read to either side.
pub(super) const NEAR: usize = 160;

/// What stands before the name of the site, the last `reach` bytes of it.
pub(super) fn before<'a>(bytes: &'a [u8], site: &Site, reach: usize) -> &'a [u8] {
    &bytes[site.name.start.saturating_sub(reach)..site.name.start]
}

/// What stands behind the value of the site, the first `reach` bytes of it.
pub(super) fn after<'a>(bytes: &'a [u8], site: &Site, reach: usize) -> &'a [u8] {
    &bytes[site.value.end..bytes.len().min(site.value.end + reach)]
}

/// The line before the name of the site, or the end of a long one.
pub(super) fn line_before<'a>(bytes: &'a [u8], site: &Site, reach: usize) -> &'a [u8] {
    let before = before(bytes, site, reach);
    memchr::memrchr(b'\n', before).map_or(before, |at| &before[at + 1..])
}

/// The line behind the value of the site, or the beginning of a long one.
pub(super) fn line_after<'a>(bytes: &'a [u8], site: &Site, reach: usize) -> &'a [u8] {
    let after = after(bytes, site, reach);
    memchr::memchr(b'\n', after).map_or(after, |at| &after[..at])
}

/// `text` up to the first of `ends`.
#[inline]
pub(super) fn up_to<'a>(text: &'a [u8], ends: &[u8]) -> &'a [u8] {
    let end = text.iter().position(|b| ends.contains(b));
    end.map_or(text, |at| &text[..at])
}

/// What stands behind the last of `ends` in `text`.
#[inline]
pub(super) fn behind<'a>(text: &'a [u8], ends: &[u8]) -> &'a [u8] {
    let end = text.iter().rposition(|b| ends.contains(b));
    end.map_or(text, |at| &text[at + 1..])
}
