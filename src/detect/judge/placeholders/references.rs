//! Recognises references to a secret (templates, variables, calls, addresses in secret
//! managers), blanks to be filled in, and ciphertext.

use crate::finding::Dismissal;
use crate::rules::class::ByteSet;

/// Whether `kubeseal` wrote `value` under `encryptedData`: base64 of a two-byte length, of a
/// session key encrypted with RSA of 4096 bits (512 bytes, so the length begins `AgA` to
/// `AgD`), and of what that key encrypts. Source: sealed-secrets, `pkg/crypto`.
fn is_sealed(value: &[u8]) -> bool {
    const LEAST: usize = 680;
    value.len() >= LEAST
        && value.starts_with(b"Ag")
        && value.get(2).is_some_and(|b| (b'A'..=b'D').contains(b))
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
}

/// The beginnings of templates in many languages.
const TEMPLATES: &[[u8; 2]] = &[
    *b"${", *b"{{", *b"<%", *b"#{", *b"$(", *b"$[", *b"%(", *b"{%", *b"((", *b"<<", *b"@@", *b"[[",
];

/// The first bytes of [`TEMPLATES`].
const OPENING: ByteSet = ByteSet::of(b"${<#%(@[");

/// The beginnings of addresses in secret managers and of names of variables.
const ADDRESSES: &[&[u8]] = &[
    b"op://",
    b"vault:",
    b"vault://",
    b"ref+",
    b"secrets://",
    b"arn:aws:",
    b"aws-sm://",
    b"sm://",
    b"gcp-sm://",
    b"azurekeyvault://",
    b"@Microsoft.KeyVault",
    b"doppler://",
    b"infisical://",
    b"bws://",
    b"keeper://",
    b"akeyless:",
    b"berglas://",
    b"file:",
    b"env:",
    b"secret/",
    b"projects/",
    b"/run/secrets/",
    b"!var",
];

/// The beginnings of ciphertext and password hashes.
const CIPHERTEXT: &[&[u8]] = &[
    b"ENC[",
    b"ENC(",
    b"{cipher}",
    b"$ANSIBLE_VAULT",
    b"AQICAH",
    b"AQECAH",
    b"U2FsdGVkX1",
    b"vault:v1:",
    b"ENCRYPTED[",
    b"k8s:enc:",
    b"encrypted:",
    b"$2a$",
    b"$2b$",
    b"$2y$",
    b"$argon2",
    b"$6$",
    b"$5$",
    b"$1$",
    b"$apr1$",
    b"pbkdf2",
    b"SCRAM-SHA-",
    b"{SSHA}",
    b"{SHA}",
    b"sha256:",
    b"sha512:",
    b"sha1:",
    b"md5:",
];

/// The beginnings of expressions that read a setting.
const EXPRESSIONS: &[&[u8]] = &[
    b"process.env",
    b"os.environ",
    b"os.getenv",
    b"System.getenv",
    b"getenv",
    b"ENV[",
    b"env.",
    b"config.",
    b"settings.",
    b"var.",
    b"local.",
    b"data.",
    b"module.",
    b"secrets.",
    b"self.",
    b"this.",
    b"std::env",
    b"Rails.",
    b"params.",
    b"props.",
    b"args.",
    b"options.",
    b"ctx.",
    b"request.",
    b"req.",
];

/// The first bytes of [`CIPHERTEXT`], [`ADDRESSES`] and [`EXPRESSIONS`], and of what a blank or
/// a variable is wrapped in.
const FIRST: ByteSet = first_of(CIPHERTEXT)
    .or(first_of(ADDRESSES))
    .or(first_of(EXPRESSIONS))
    .or(ByteSet::of(b"<{[%(@_$"));

const fn first_of(list: &[&[u8]]) -> ByteSet {
    let mut set = ByteSet::EMPTY;
    let mut i = 0;
    while i < list.len() {
        set = set.or(ByteSet::of(&[list[i][0]]));
        i += 1;
    }
    set
}

/// Why a value is a reference, a blank or ciphertext.
pub(in crate::detect) fn reference(value: &[u8]) -> Option<Dismissal> {
    // Most values are none of these, and their bytes show it.
    let begins = value.first().is_some_and(|b| FIRST.has(*b));
    if !begins && !value.iter().any(|b| OPENING.has(*b)) {
        return None;
    }
    let mut pairs = value.windows(2);
    let is_template = |w: &[u8]| OPENING.has(w[0]) && TEMPLATES.iter().any(|t| w == t);
    let starts = |list: &[&[u8]]| {
        let first = value.first();
        list.iter()
            .any(|p| p.first() == first && value.starts_with(p))
    };
    if starts(CIPHERTEXT) || is_sealed(value) {
        return Some(Dismissal::LookAlike("encrypted or hashed"));
    }
    if pairs.any(is_template) || starts(ADDRESSES) {
        return Some(Dismissal::Reference(
            "a reference to where the secret is kept",
        ));
    }
    let wrapped = |open: u8, close: u8| {
        value.len() > 2 && value.first() == Some(&open) && value.last() == Some(&close)
    };
    // A JSON object in a string is not a blank.
    let blank = || !value.contains(&b'"');
    if wrapped(b'<', b'>')
        || (wrapped(b'{', b'}') && blank())
        || wrapped(b'[', b']')
        || wrapped(b'%', b'%')
        || wrapped(b'(', b')')
        || wrapped(b'@', b'@')
        || (value.len() > 5 && value.starts_with(b"__") && value.ends_with(b"__"))
    {
        return Some(Dismissal::Placeholder("a blank to be filled in"));
    }
    let variable = value.first() == Some(&b'$')
        && value[1..]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_:.?".contains(b))
        && value
            .get(1)
            .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    if variable {
        return Some(Dismissal::Reference("a variable"));
    }
    starts(EXPRESSIONS).then_some(Dismissal::Reference("an expression"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_secrets_are_recognised_by_head_and_length() {
        let sealed = |head: &str, len: usize| [head, &"kJ8s+Q2m".repeat(len / 8)].concat();
        let judged = |text: String| is_sealed(text.as_bytes());
        assert!(judged(sealed("AgBx", 712)));
        assert!(judged(sealed("AgAx", 712) + "=="));
        assert!(!judged(sealed("AgEx", 712)));
        assert!(!judged(sealed("AgBx", 400)));
        assert!(!judged(sealed("AgBx", 712) + "!"));
    }
}
