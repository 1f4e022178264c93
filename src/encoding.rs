//! How content may be written so that a secret in it does not stand there as it is, and what a
//! secret was seen through.

use std::ops::Range;

/// How something is written in content, so that it does not stand there as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Base64, of either alphabet (RFC 4648).
    Base64,
    /// Base32 (RFC 4648).
    Base32,
    /// Hexadecimal digits.
    Hex,
    /// Ascii85, as Adobe writes it.
    Ascii85,
    /// Base85 (the signs of RFC 1924) or Z85.
    Base85,
    /// What `uuencode` writes (POSIX).
    Uuencode,
    /// A list of numbers, one for each byte.
    Numbers,
    /// A compressed stream: gzip, zlib, zstd and others.
    Compressed(&'static str),
    /// UTF-16 inside of another encoding.
    Utf16,
    /// A key in DER, without armour.
    Der,
    /// Escapes that begin with a backslash.
    Escapes,
    /// Percent-encoding (RFC 3986).
    Percent,
    /// References to characters in HTML and XML.
    Entities,
    /// Quoted-printable (RFC 2045).
    QuotedPrintable,
    /// Characters that nobody sees, between those of a value.
    Invisible,
    /// From the last character to the first.
    Reversed,
    /// Each letter moved by 13 places.
    Rot13,
    /// This many strings that a program joins.
    Joined(u16),
}

impl Encoding {
    /// Returns the stable name that reports use.
    pub fn id(self) -> &'static str {
        match self {
            Encoding::Base64 => "base64",
            Encoding::Base32 => "base32",
            Encoding::Hex => "hex",
            Encoding::Ascii85 => "ascii85",
            Encoding::Base85 => "base85",
            Encoding::Uuencode => "uuencode",
            Encoding::Numbers => "numbers",
            Encoding::Compressed(method) => method,
            Encoding::Utf16 => "utf-16",
            Encoding::Der => "der",
            Encoding::Escapes => "escapes",
            Encoding::Percent => "percent",
            Encoding::Entities => "entities",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Invisible => "invisible characters",
            Encoding::Reversed => "reversed",
            Encoding::Rot13 => "rot13",
            Encoding::Joined(_) => "joined",
        }
    }
}

/// What a secret was seen through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layers {
    /// The encodings, the outermost first.
    pub through: Vec<Encoding>,
    /// Which decoded text it is; equal for candidates of one text. 0 if the bytes of the content
    /// say it.
    pub(crate) text: u64,
    /// Where that led to it stands in the content.
    pub(crate) lead: usize,
    /// Where the secret stands in that text.
    pub(crate) inner: Range<usize>,
}

impl Layers {
    /// Returns the encodings as people read them: `base64 > gzip`.
    pub fn describe(&self) -> String {
        let name = |encoding: &Encoding| match encoding {
            Encoding::Joined(pieces) => format!("joined from {pieces} pieces"),
            other => other.id().to_owned(),
        };
        let names: Vec<String> = self.through.iter().map(name).collect();
        names.join(" > ")
    }
}
