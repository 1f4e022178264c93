//! Judges what a value in base64 decodes to, where a check has said that it decodes: a
//! placeholder stays one in base64.

use super::placeholders;
use crate::check::encoding;
use crate::finding::Dismissal;
use crate::secret::Secret;

/// The decoded `user:password` pair, if its password is a stock word. The check proves that
/// the pair decodes, and nothing about the password.
pub(in crate::detect) fn pair_with_stock_word(check: &str, coded: &[u8]) -> Option<Secret> {
    if !matches!(check, "basic-auth" | "docker-auth") {
        return None;
    }
    let text = encoding::base64(coded)?;
    let text = text.trim_ascii_end();
    let password = text.iter().position(|b| *b == b':')? + 1;
    placeholders::stock_word(text.get(password..)?).then(|| Secret::new(text))
}

/// Why text in base64 is no secret, if it decodes to a placeholder: the text and the reason.
/// Of `user:password` only the password counts.
pub(in crate::detect) fn stand_in(check: &str, coded: &[u8]) -> Option<(Secret, Dismissal)> {
    let pair = match check {
        "basic-auth" | "docker-auth" => true,
        "base64-text" => false,
        _ => return None,
    };
    let text = encoding::base64(coded)?;
    let text = text.trim_ascii_end();
    let password = match text.iter().position(|b| *b == b':') {
        Some(colon) if pair => &text[colon + 1..],
        _ => text,
    };
    if password.is_empty() {
        // Some services take the key as the user and nothing as the password.
        let user = text.strip_suffix(b":").unwrap_or(text);
        let key = user.len() >= 16 && user.iter().any(u8::is_ascii_digit);
        let why = Dismissal::Placeholder("has no password");
        return (!key).then(|| (Secret::new(user), why));
    }
    let why = placeholders::in_assignment(password).or_else(|| placeholders::worded(password))?;
    Some((Secret::new(password), why))
}
