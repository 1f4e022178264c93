//! PuTTY's private key files (`.ppk`, versions 1 to 3). Without a passphrase, their MAC can be
//! verified (appendix C of PuTTY's manual).

use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::encoding::{base64, hex};
use super::key_info::{KeyInfo, Parsed};
use super::{Outcome, openssh, pem, valid};

/// Longest text that is read.
const MAX_LEN: usize = 1 << 20;

/// The fields of a file.
struct File {
    version: u8,
    algorithm: String,
    encryption: String,
    comment: String,
    public: Vec<u8>,
    private: Vec<u8>,
    mac: Vec<u8>,
}

/// Checks a PuTTY key file, also with the escapes of source code. The valid text ends in `not
/// encrypted` or `encrypted with a passphrase`.
pub(crate) fn ppk(text: &[u8]) -> Outcome {
    if text.len() > MAX_LEN {
        return Outcome::Unknown;
    }
    // A comment may contain a backslash, so the text is first read as it is.
    let judged = judge(text).or_else(|_| judge(&pem::unescaped(text)));
    match judged {
        Ok(key) => valid(key.describe()),
        Err(why) => Outcome::Invalid(why),
    }
}

/// Parses and verifies the text.
fn judge(text: &[u8]) -> Parsed {
    File::parse(text).ok_or("does not parse")?.judge()
}

impl File {
    /// Reads the lines in the order in which PuTTY writes them.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut lines = text
            .split(|&b| b == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_start())
            .filter(|line| !line.is_empty())
            .skip_while(|line| !line.starts_with(b"PuTTY-User-Key-File-"));
        let mut file = Self {
            version: 0,
            algorithm: String::new(),
            encryption: String::new(),
            comment: String::new(),
            public: Vec::new(),
            private: Vec::new(),
            mac: Vec::new(),
        };
        while let Some(line) = lines.next() {
            let (name, value) = split_header(line)?;
            match name {
                "PuTTY-User-Key-File-1" | "PuTTY-User-Key-File-2" | "PuTTY-User-Key-File-3" => {
                    file.version = name.bytes().last()? - b'0';
                    file.algorithm = value.to_owned();
                }
                "Encryption" => file.encryption = value.to_owned(),
                "Comment" => file.comment = value.to_owned(),
                "Public-Lines" => file.public = blob(&mut lines, value)?,
                "Private-Lines" => file.private = blob(&mut lines, value)?,
                "Private-MAC" | "Private-Hash" => {
                    file.mac = hex(value.trim().as_bytes())?;
                    break;
                }
                _ => {}
            }
        }
        let whole = file.version > 0 && !file.private.is_empty() && !file.mac.is_empty();
        whole.then_some(file)
    }

    /// Verifies the MAC if that needs no passphrase.
    fn judge(&self) -> Parsed {
        let kind = openssh::public_kind(&self.public).ok_or("public part does not parse")?;
        if self.encryption != "none" {
            return Ok(KeyInfo::protected(kind));
        }
        let covered = self.covered();
        let fits = match self.version {
            3 => mac_3(&covered) == self.mac,
            2 => mac_2(&covered) == self.mac,
            // Version 1 protects the private part alone, in another way.
            _ => true,
        };
        if fits {
            Ok(KeyInfo::clear(kind))
        } else {
            Err("MAC does not fit")
        }
    }

    /// Returns the bytes that the MAC covers: five strings, each after its length.
    fn covered(&self) -> Vec<u8> {
        covered(
            &self.algorithm,
            &self.encryption,
            &self.comment,
            &self.public,
            &self.private,
        )
    }
}

/// Returns the bytes that the MAC of a key file covers.
pub(crate) fn covered(
    algorithm: &str,
    encryption: &str,
    comment: &str,
    public: &[u8],
    private: &[u8],
) -> Vec<u8> {
    let parts = [
        algorithm.as_bytes(),
        encryption.as_bytes(),
        comment.as_bytes(),
        public,
        private,
    ];
    let mut out = Vec::new();
    for part in parts {
        out.extend((part.len() as u32).to_be_bytes());
        out.extend(part);
    }
    out
}

/// Computes the MAC of version 3 without a passphrase: HMAC-SHA-256 with an empty key.
pub(crate) fn mac_3(covered: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"").expect("HMAC takes keys of any length");
    mac.update(covered);
    mac.finalize().into_bytes().to_vec()
}

/// Computes the MAC of version 2 without a passphrase.
pub(crate) fn mac_2(covered: &[u8]) -> Vec<u8> {
    let key = Sha1::digest(b"putty-private-key-file-mac-key");
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(covered);
    mac.finalize().into_bytes().to_vec()
}

/// Returns name and value of a header line.
fn split_header(line: &[u8]) -> Option<(&str, &str)> {
    std::str::from_utf8(line).ok()?.split_once(": ")
}

/// Decodes the base64 of the next `count` lines.
fn blob<'a>(lines: &mut impl Iterator<Item = &'a [u8]>, count: &str) -> Option<Vec<u8>> {
    let count: usize = count.trim().parse().ok()?;
    let mut coded = Vec::new();
    for _ in 0..count {
        coded.extend_from_slice(lines.next()?.trim_ascii());
    }
    base64(&coded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{assert_invalid, assert_valid};

    /// Returns the key of RFC 8032 section 7.1, test 1, as a file.
    fn vector(version: &str, mac: &str) -> String {
        let lines = [
            &["PuTTY-User-Key-File-", version, ": ssh-ed25519"].concat(),
            "Encryption: none",
            "Comment: RFC8032 7.1 Test Vector 1",
            "Public-Lines: 2",
            "AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3",
            "B1Ea",
            "Private-Lines: 1",
            &["AAAAIJ1hsZ3v/VpguoRK9JLs", "LMREScVpezJpGXA7rAMcrn9g"].concat(),
            &["Private-MAC: ", mac].concat(),
        ];
        lines.join("\r\n")
    }

    const MAC_3: &str = "22cf8308ed9bbf44760be8d3fa391cf2039f069b30144e6c8d62c45810c1696a";

    #[test]
    fn version_3_vector() {
        let file = vector("3", MAC_3);
        assert_valid(ppk(file.as_bytes()), "Ed25519, not encrypted");
        assert_valid(
            ppk(file.replace("\r\n", "\\n").as_bytes()),
            "Ed25519, not encrypted",
        );
        assert_invalid(ppk(file.replace("Vector 1", "Vector 2").as_bytes()));
        assert_invalid(ppk(vector("2", MAC_3).as_bytes()));
        assert_invalid(ppk(&file.as_bytes()[..200]));
        let locked = file.replace(": none", ": aes256-cbc");
        assert_valid(
            ppk(locked.as_bytes()),
            "Ed25519, encrypted with a passphrase",
        );
    }

    #[test]
    fn version_2_uses_sha_1() {
        let file = File::parse(vector("2", MAC_3).as_bytes()).unwrap();
        let mac = crate::check::encoding::hex_encode(&mac_2(&file.covered()));
        assert_valid(ppk(vector("2", &mac).as_bytes()), "Ed25519, not encrypted");
    }
}
