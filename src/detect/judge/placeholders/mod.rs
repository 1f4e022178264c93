//! Recognises values that stand for a secret without being one: published samples,
//! repetition, instructions to the reader, references to where the secret is kept.

mod list;
mod references;
mod repetition;
mod telltales;
mod urls;
mod words;

pub(in crate::detect) use references::reference;
pub(in crate::detect) use repetition::repetition;
pub(in crate::detect) use urls::{in_path, in_url};
pub(in crate::detect) use words::{default_of_product, identifier, stock_word, worded};

use super::samples;
use crate::finding::{Dismissal, SAMPLE};

/// Why the value of a distinctive rule is a placeholder. `body` follows the fixed prefix.
pub(in crate::detect) fn in_token(value: &[u8], body: &[u8]) -> Option<Dismissal> {
    published(value)
        .or_else(|| repetition(body))
        .or_else(|| telltales::in_made(body))
        .or_else(|| coded(body))
}

/// `text` in lower case, with zeros behind it; `None` if it is longer than `LONGEST`.
pub(in crate::detect::judge) fn lower<const LONGEST: usize>(text: &[u8]) -> Option<[u8; LONGEST]> {
    let mut lower = [0; LONGEST];
    let head = lower.get_mut(..text.len())?;
    head.copy_from_slice(text);
    head.make_ascii_lowercase();
    Some(lower)
}

/// Why base64 is a placeholder: it decodes to text that is one.
fn coded(value: &[u8]) -> Option<Dismissal> {
    const LENGTHS: std::ops::RangeInclusive<usize> = 16..=200;
    if !LENGTHS.contains(&value.len()) {
        return None;
    }
    let text = crate::check::encoding::base64(value)?;
    let printable = text.iter().all(|b| (b' '..=b'~').contains(b));
    if printable {
        telltales::in_chosen(&text)
    } else {
        None
    }
}

/// Why a value is a placeholder even if its check proves its form: it is published.
pub(in crate::detect) fn published(value: &[u8]) -> Option<Dismissal> {
    samples::is_published(value).then_some(Dismissal::Placeholder(SAMPLE))
}

/// Why a value of which only the name is known is a placeholder.
pub(in crate::detect) fn in_assignment(value: &[u8]) -> Option<Dismissal> {
    reference(value)
        .or_else(|| published(value))
        .or_else(|| repetition(value))
        .or_else(|| telltales::in_chosen(value))
        .or_else(|| coded(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_recognised() {
        for value in [
            "changeme",
            "password123",
            "xxxxxxxxxxxxxxxx",
            "abababababab",
            "0123456789abcdef",
            "YOUR_API_KEY_HERE",
            "<your-token>",
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "op://vault/item/field",
            "process.env.TOKEN",
            "secret!",
            "ENC[AES256_GCM,data:x]",
            "{{ vault_password }}",
            "aaaaaaaa",
        ] {
            let value = value.as_bytes();
            assert!(
                in_assignment(value).is_some() || stock_word(value),
                "{value:?}"
            );
        }
    }

    #[test]
    fn real_looking_values_are_not() {
        for value in [
            "Summer2024!",
            "tR7#kq9Lm2",
            "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c",
            "hunter2",
            "$ecur3Pa$$",
        ] {
            assert_eq!(in_assignment(value.as_bytes()), None, "{value}");
        }
    }
}
