//! Digests: what the content of a file has to be.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256, Sha512};

/// The hex digits of a digest that a path shows.
const SHOWN: usize = 12;

/// An algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Sha512,
}

/// The digest of some content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digest {
    algorithm: Algorithm,
    /// Lower-case digits.
    hex: String,
}

impl Digest {
    /// Parses `sha256:` and the digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (algorithm, hex) = text.split_once(':')?;
        let (algorithm, len) = match algorithm {
            "sha256" => (Algorithm::Sha256, 64),
            "sha512" => (Algorithm::Sha512, 128),
            _ => return None,
        };
        let digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        (hex.len() == len && hex.bytes().all(digit)).then(|| Self {
            algorithm,
            hex: hex.to_owned(),
        })
    }

    /// Returns the digest that the name of a file says: `blobs/sha256/<digits>`, or
    /// `<digits>.tar`, as layers and configurations are named.
    pub(super) fn of_name(name: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        match name.strip_prefix("blobs/") {
            Some(name) => Self::parse(&name.replacen('/', ":", 1)),
            None => {
                let name = name.strip_suffix(".json").unwrap_or(name);
                let name = name.strip_suffix(".tar").unwrap_or(name);
                Self::parse(&format!("sha256:{name}"))
            }
        }
    }

    /// Returns the names under which a file with this digest may stand.
    pub(super) fn names(&self) -> [String; 2] {
        [
            format!("blobs/{}/{}", self.algorithm(), self.hex),
            self.hex.clone(),
        ]
    }

    fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// Returns all of it, as manifests write it.
    pub(super) fn text(&self) -> String {
        format!("{}:{}", self.algorithm(), self.hex)
    }

    /// Returns enough of it to tell the layers of an image apart, nearly always.
    pub(super) fn short(&self) -> String {
        format!("{}:{}", self.algorithm(), &self.hex[..SHOWN])
    }
}

enum Sum {
    Sha256(Sha256),
    Sha512(Sha512),
}

/// A stream that sums up what is read of it.
pub(super) struct Summed<R> {
    inner: R,
    sum: Option<Sum>,
    /// The first bytes, of which some say that it is compressed.
    head: Vec<u8>,
}

impl<R: Read> Summed<R> {
    /// Begins a stream that should have a digest, if it is known.
    pub(super) fn new(inner: R, wanted: Option<&Digest>) -> Self {
        let sum = wanted.map(|wanted| match wanted.algorithm {
            Algorithm::Sha256 => Sum::Sha256(Sha256::new()),
            Algorithm::Sha512 => Sum::Sha512(Sha512::new()),
        });
        let head = Vec::new();
        Self { inner, sum, head }
    }

    /// Reads what is left. Returns whether all of it has the digest.
    ///
    /// # Errors
    /// Fails if the stream does.
    pub(super) fn has(mut self, wanted: &Digest) -> io::Result<bool> {
        io::copy(&mut self, &mut io::sink())?;
        let bytes: Vec<u8> = match self.sum {
            Some(Sum::Sha256(sum)) => sum.finalize().to_vec(),
            Some(Sum::Sha512(sum)) => sum.finalize().to_vec(),
            None => return Ok(true),
        };
        Ok(data_encoding::HEXLOWER.encode(&bytes) == wanted.hex)
    }

    /// Whether it begins as streams of gzip and zstd do.
    pub(super) fn is_packed(&self) -> bool {
        self.head.starts_with(&[0x1f, 0x8b]) || self.head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
    }
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        match &mut self.sum {
            Some(Sum::Sha256(sum)) => sum.update(&buffer[..n]),
            Some(Sum::Sha512(sum)) => sum.update(&buffer[..n]),
            None => {}
        }
        let more = n.min(4_usize.saturating_sub(self.head.len()));
        self.head.extend_from_slice(&buffer[..more]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_digests() {
        let hex = "0f".repeat(32);
        let of = |name: &str| Digest::of_name(name.as_bytes()).map(|d| d.text());
        let wanted = Some(format!("sha256:{hex}"));
        for name in ["blobs/sha256/H", "H", "H.json", "H.tar"] {
            assert_eq!(of(&name.replace('H', &hex)), wanted, "{name}");
        }
        assert_eq!(of(&format!("blobs/md5/{hex}")), None);
        assert_eq!(of(&format!("{hex}/layer.tar")), None);
        assert_eq!(of("blobs/sha256/../x"), None);
    }
}
