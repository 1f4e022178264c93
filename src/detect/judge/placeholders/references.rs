//! Recognises references to a secret (templates, variables, calls, addresses in secret
//! managers), blanks to be filled in, and ciphertext.

use crate::detect::judge::made;
use crate::finding::Dismissal;
use crate::rules::class::ByteSet;

/// Whether `kubeseal` wrote `value` under `encryptedData`: base64 of a two-byte length, of a
/// session key encrypted with RSA of 4096 bits (512 bytes, so the length begins `AgA` to
/// `AgD`), and of what that key encrypts. Source: sealed-secrets, `pkg/crypto`. Documents
/// cut such values off, so fewer bytes are enough.
fn is_sealed(value: &[u8]) -> bool {
    const LEAST: usize = 200;
    value.len() >= LEAST
        && value.starts_with(b"Ag")
        && value.get(2).is_some_and(|b| (b'A'..=b'D').contains(b))
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
}

/// What templates of many languages are written between.
const TEMPLATES: &[(&[u8; 2], &[u8])] = &[
    (b"${", b"}"),
    (b"{{", b"}}"),
    (b"<%", b"%>"),
    (b"#{", b"}"),
    (b"$(", b")"),
    (b"$[", b"]"),
    (b"%(", b")"),
    (b"{%", b"%}"),
    (b"((", b"))"),
    (b"<<", b">>"),
    (b"@@", b"@@"),
    (b"[[", b"]]"),
];

/// Whether a template stands in `value`. The signs that open one stand in random text, too: they
/// count if a name or a call follows them, up to the signs that close it or the end of the value.
fn holds_template(value: &[u8]) -> bool {
    value.windows(2).enumerate().any(|(at, pair)| {
        OPENING.has(pair[0])
            && TEMPLATES.iter().any(|(open, close)| {
                let rest = &value[at + 2..];
                *open == pair && (is_template(rest, close) || at == 0 && only_opens(rest))
            })
    })
}

/// Whether a value that was cut at the first blank has nothing but the signs that open a template:
/// `{{`, `<%=`, `${{`.
fn only_opens(rest: &[u8]) -> bool {
    rest.len() <= 2 && rest.iter().all(|b| b"=-{[(<%@".contains(b))
}

/// Whether `rest` goes on behind the signs that open a template.
fn is_template(rest: &[u8], close: &[u8]) -> bool {
    let skipped = rest.iter().take_while(|b| b"=-~!:#^$@.{[( \t".contains(b));
    let spaced = rest.first().is_some_and(|b| b" =-".contains(b));
    let inner = &rest[skipped.count()..];
    let word = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
    let name = inner.iter().take_while(word).count();
    let closed = memchr::memmem::find(rest, close);
    if closed.is_some_and(|at| at == 0 || name > 0 && rest.len() - inner.len() + name == at) {
        return true;
    }
    let named = name >= 2 && !inner[0].is_ascii_digit() || spaced && closed.is_some();
    // What is cut off at a quote or blank is code as far as it goes.
    let code = || {
        let more = &inner[name..];
        more.iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.[]('\"|-: /".contains(b))
    };
    named && (closed.is_some() || code())
}

/// The first bytes of [`TEMPLATES`].
const OPENING: ByteSet = ByteSet::of(b"${<#%(@[");

/// The beginnings of addresses in secret managers and of names of variables.
const ADDRESSES: &[&[u8]] = &[
    b"op://",
    b"vault:",
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

/// Whether the value is a token of Fernet: base64 of `0x80`, a time of 64 bits, an initial
/// vector, blocks of AES and an HMAC. Source: the Fernet specification.
fn is_fernet(value: &[u8]) -> bool {
    value.len() >= 100
        && value.starts_with(b"gAAAAA")
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(b))
}

/// Whether the value is `v1:` (of Pulumi and of vaults) or `vault:v2:` and base64.
fn is_versioned(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"vault:").unwrap_or(value);
    let Some(rest) = rest.strip_prefix(b"v") else {
        return false;
    };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let Some(rest) = rest[digits..].strip_prefix(b":") else {
        return false;
    };
    (1..=2).contains(&digits)
        && rest.len() >= 24
        && rest
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=:".contains(b))
}

/// Whether the value is `![`, base64 and `]`, as Mule writes properties that it encrypts.
fn is_muled(value: &[u8]) -> bool {
    let inner = value.strip_prefix(b"![").and_then(|v| v.strip_suffix(b"]"));
    inner.is_some_and(|inner| {
        inner.len() >= 12
            && inner.len() % 4 == 0
            && inner
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
    })
}

/// The beginnings of ciphertext and password hashes: of sops, Ansible, Spring, KMS, OpenSSL,
/// ejson, ASP.NET's data protection, Windows' DPAPI (base64 and hexadecimal), session keys that
/// CryptoAPI encrypts with RSA (`SIMPLEBLOB`, as IIS keeps them), PowerShell's
/// secure strings, Laravel, WebLogic, and of crypt, LDAP, Django and passlib.
const CIPHERTEXT: &[&[u8]] = &[
    b"EJ[1:",
    b"CfDJ8",
    b"secure:v1:",
    b"AQAAANCMnd8",
    b"AQIAAANmAAAApAAA",
    b"AQIAAAJmAAAApAAA",
    b"AQIAAAFoAAAApAAA",
    b"01000000d08c9ddf0115d1118c7a00c04fc297eb",
    b"76492d1116743f0423413b16050a5345",
    b"eyJpdiI6",
    b"AQIAAA5m",
    b"AQIAABBm",
    b"{AES}",
    b"{AES256}",
    b"{3DES}",
    b"$y$",
    b"$7$",
    b"$2x$",
    b"$scrypt",
    b"$pbkdf2",
    b"$bcrypt-sha",
    b"$sha1$",
    b"$md5",
    b"$P$",
    b"$H$",
    b"$S$D",
    b"md5$",
    b"sha1$",
    b"sha256$",
    b"sha512$",
    b"bcrypt$",
    b"bcrypt_sha256$",
    b"argon2$",
    b"scrypt:",
    b"scrypt$",
    b"{SSHA256}",
    b"{SSHA512}",
    b"{SHA256}",
    b"{SHA512}",
    b"{SMD5}",
    b"{MD5}",
    b"{CRYPT}",
    b"{PBKDF2",
    b"{ARGON2}",
    b"{bcrypt}",
    b"{pbkdf2}",
    b"{scrypt}",
    b"{argon2}",
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
    b"$2$",
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
    .or(ByteSet::of(b"<{[%(@_$\\!&Agv"));

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
    let starts = |list: &[&[u8]]| {
        let first = value.first();
        list.iter()
            .any(|p| p.first() == first && value.starts_with(p))
    };
    let encrypted = is_sealed(value) || is_fernet(value) || is_versioned(value) || is_muled(value);
    if starts(CIPHERTEXT) || encrypted {
        return Some(Dismissal::LookAlike("encrypted or hashed"));
    }
    if holds_template(value) || starts(ADDRESSES) {
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
    let number = || made::generated(value) || ends_in_number(value);
    if is_variable(value) && (is_constant(value) || !number()) {
        return Some(Dismissal::Reference("a variable"));
    }
    starts(EXPRESSIONS).then_some(Dismissal::Reference("an expression"))
}

/// Whether a value is a variable: `$NAME`, escaped `$$NAME` of Compose and `\$NAME` of a
/// string in a shell, `!NAME!` of Batch, `&name` of SQL*Plus.
fn is_variable(value: &[u8]) -> bool {
    // `\"$$NAME\"` in a string, `'"$NAME"'` of a shell, and an element of an array of PHP: `$data[password]`.
    let value = value.strip_suffix(b"\\").unwrap_or(value);
    let value = match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    };
    let name = |text: &[u8], more: &[u8]| {
        let starts = |b: &u8| b.is_ascii_alphabetic() || *b == b'_';
        text.first().is_some_and(starts)
            && text
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || more.contains(b))
    };
    let signs = value.iter().take_while(|b| b"\\$".contains(b)).count();
    let dollar = signs > 0 && signs <= 4 && value[signs - 1] == b'$';
    let constant = |text: &[u8]| name(text, b"_") && !text.iter().any(u8::is_ascii_lowercase);
    let inner = value.get(1..value.len().saturating_sub(1)).unwrap_or(&[]);
    let rest = &value[signs..];
    // `$$…$$` quotes a string of SQL.
    let one_case = !rest.iter().any(u8::is_ascii_lowercase)
        || !rest
            .iter()
            .any(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let element = || {
        let inner = rest.strip_suffix(b"]")?;
        let open = memchr::memchr(b'[', inner)?;
        let key = inner[open + 1..].iter().filter(|b| !b"'\"".contains(b));
        Some(
            name(&inner[..open], b"_")
                && key.clone().all(|b| b.is_ascii_alphabetic() || *b == b'_'),
        )
    };
    (dollar && name(rest, b"_:.?") && (signs == 1 || one_case))
        || (dollar && element() == Some(true))
        || (value.starts_with(b"!") && value.ends_with(b"!") && constant(inner))
        || (value.starts_with(b"&") && value.contains(&b'_') && name(&value[1..], b"_."))
}

/// Whether the variable has the name of a constant, of two words or more: `\\$ROOT_PW1`.
fn is_constant(value: &[u8]) -> bool {
    let name = value.iter().skip_while(|b| b"\\$!&".contains(b));
    value.contains(&b'_') && name.clone().all(|b| !b.is_ascii_lowercase()) && name.count() >= 6
}

/// Whether a number of three digits or more ends the value: names of variables end in smaller ones.
fn ends_in_number(value: &[u8]) -> bool {
    let digits = value.iter().rev().take_while(|b| b.is_ascii_digit());
    digits.count() >= 3 && made::chosen(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_recognised_behind_their_escapes() {
        for text in [
            "$DB_PASS",
            "$$DB_PASS",
            "\\$DB_PASS",
            "\\\\$DB_PASS",
            "!DB_PASS!",
            "&db_pass",
            "$env:DB_PASS",
        ] {
            assert!(is_variable(text.as_bytes()), "{text}");
        }
        for text in [
            "DB_PASS", "$", "$$", "!Abc9!", "&Kq9", "$9abc", "ab$DB", "\\DB",
        ] {
            assert!(!is_variable(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn ciphertext_is_recognised() {
        let fernet = ["gAAAAA", &"Bk9_x-Q2".repeat(13)].concat();
        let vault = ["v1:", &"kJ8sQ2mZ".repeat(4), ":", "x9Lp4VtR7w=="].concat();
        let ejson = ["EJ[1:", &"kJ8sQ2mZ".repeat(5), "=:x]"].concat();
        for text in [fernet, vault, ejson] {
            assert!(reference(text.as_bytes()).is_some(), "{text}");
        }
        for text in ["gAAAAAB2kq9Lm", "v1:Kq9", "vw1:kq9", "EJK[1:x"] {
            assert_eq!(reference(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn sealed_secrets_are_recognised_by_head_and_length() {
        let sealed = |head: &str, len: usize| [head, &"kJ8s+Q2m".repeat(len / 8)].concat();
        let judged = |text: String| is_sealed(text.as_bytes());
        assert!(judged(sealed("AgBx", 712)));
        assert!(judged(sealed("AgAx", 712) + "=="));
        assert!(!judged(sealed("AgEx", 712)));
        assert!(!judged(sealed("AgBx", 160)));
        assert!(!judged(sealed("AgBx", 712) + "!"));
    }
}
