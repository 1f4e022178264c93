//! The form of a file of the cache: what it is for, a body, and a proof that this user wrote it.
//!
//! ```text
//! "stopleak cache 1\n"   17 bytes
//! kind                    1 byte
//! judge                  32 bytes    what judged, see [`Judge`]
//! length                  8 bytes    of the body, little endian
//! body
//! proof                  32 bytes    HMAC-SHA-256 of everything before
//! ```
//!
//! The proof is checked before anything of the body is read.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 17] = b"stopleak cache 1\n";
/// Where the body begins.
const HEAD: usize = MAGIC.len() + 1 + 32 + 8;
const PROOF: usize = 32;

/// What judged: a digest of the program, the rules, the settings and the depths on which a result
/// depends. Results of another one are not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Judge(pub [u8; 32]);

impl Judge {
    /// Returns the digest of `fields`. Their borders count.
    pub fn of<'f>(fields: impl IntoIterator<Item = &'f [u8]>) -> Self {
        let mut all = Sha256::new();
        for field in fields {
            all.update((field.len() as u64).to_le_bytes());
            all.update(field);
        }
        Self(all.finalize().into())
    }

    /// Returns the digest of this one and `field`.
    #[must_use]
    pub fn and(&self, field: &[u8]) -> Self {
        Self::of([&self.0[..], field])
    }
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What single objects gave.
    Objects,
    /// What a whole history gave.
    History,
    /// The edges of commits and trees.
    Edges,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 3] = [Kind::Objects, Kind::History, Kind::Edges];

    /// Returns the letter with which the name of a file begins.
    pub(super) fn letter(self) -> char {
        match self {
            Kind::Objects => 'o',
            Kind::History => 'h',
            Kind::Edges => 'e',
        }
    }
}

impl Kind {
    fn number(self) -> u8 {
        match self {
            Kind::Objects => 1,
            Kind::History => 2,
            Kind::Edges => 3,
        }
    }
}

/// Proves who wrote a file. The key lies beside no repository.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(masked)")
    }
}

impl Key {
    /// Makes a key of any secret bytes.
    pub fn new(secret: &[u8]) -> Self {
        // HMAC takes keys of any length, so this cannot fail.
        Self(Hmac::new_from_slice(secret).expect("HMAC accepts keys of every length"))
    }

    /// Returns a number that stands for `bytes`, and tells nothing of them without the key.
    pub fn mark(&self, bytes: &[u8]) -> u64 {
        let mut mac = self.0.clone();
        mac.update(b"mark");
        mac.update(bytes);
        let full = mac.finalize().into_bytes();
        u64::from_le_bytes(std::array::from_fn(|i| full[i]))
    }

    /// Returns a file.
    pub fn seal(&self, kind: Kind, judge: &Judge, body: &[u8]) -> Vec<u8> {
        let mut file = Vec::with_capacity(HEAD + body.len() + PROOF);
        file.extend_from_slice(MAGIC);
        file.push(kind.number());
        file.extend_from_slice(&judge.0);
        file.extend_from_slice(&(body.len() as u64).to_le_bytes());
        file.extend_from_slice(body);
        let mut mac = self.0.clone();
        mac.update(&file);
        file.extend_from_slice(&mac.finalize().into_bytes());
        file
    }

    /// Returns the body of a file.
    ///
    /// # Errors
    /// Fails if the file is not whole, of another kind or judge, or not written with this key.
    pub fn open<'f>(&self, kind: Kind, judge: &Judge, file: &'f [u8]) -> Result<&'f [u8], Broken> {
        let found = self.read(file)?;
        match found.kind == kind.number() && found.judge == *judge {
            true => Ok(found.body),
            false => Err(Broken::Other),
        }
    }

    /// Returns the kind and the body of a file of any kind and judge.
    ///
    /// # Errors
    /// Fails as [`Key::open`] does.
    pub fn checked<'f>(&self, file: &'f [u8]) -> Result<(Kind, &'f [u8]), Broken> {
        let found = self.read(file)?;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.number() == found.kind);
        Ok((kind.ok_or(Broken::Version)?, found.body))
    }

    fn read<'f>(&self, file: &'f [u8]) -> Result<Found<'f>, Broken> {
        let Some((magic, rest)) = file.split_at_checked(MAGIC.len()) else {
            return Err(Broken::Cut);
        };
        if magic != MAGIC {
            let ours = magic.starts_with(b"stopleak cache ");
            return Err(if ours {
                Broken::Version
            } else {
                Broken::Foreign
            });
        }
        let cut = || Broken::Cut;
        let (&kind, rest) = rest.split_first().ok_or_else(cut)?;
        let (judge, rest) = rest.split_first_chunk::<32>().ok_or_else(cut)?;
        let (len, rest) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
        let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| Broken::Cut)?;
        let (body, proof) = rest.split_at_checked(len).ok_or_else(cut)?;
        if proof.len() != PROOF {
            return Err(Broken::Cut);
        }
        let mut mac = self.0.clone();
        mac.update(&file[..file.len() - PROOF]);
        mac.verify_slice(proof).map_err(|_| Broken::Foreign)?;
        Ok(Found {
            kind,
            judge: Judge(*judge),
            body,
        })
    }
}

struct Found<'f> {
    kind: u8,
    judge: Judge,
    body: &'f [u8],
}

/// Why a file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// It ends too early, or goes on.
    Cut,
    /// Its form is that of another version.
    Version,
    /// Its proof is not that of this key: another user wrote it, or somebody changed it.
    Foreign,
    /// It is proven, but holds something else than its name says.
    Other,
    /// It cannot be read, or is larger than a file of the cache is.
    Unread,
}

impl Broken {
    /// Returns the reason as a phrase.
    pub fn why(self) -> &'static str {
        match self {
            Broken::Cut => "not complete",
            Broken::Version => "written by another version",
            Broken::Foreign => "not written with this key, or changed since",
            Broken::Other => "not what its name says",
            Broken::Unread => "not readable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_opens_with_its_key_kind_and_judge_alone() {
        let (key, judge) = (Key::new(b"one"), Judge([7; 32]));
        let file = key.seal(Kind::Objects, &judge, b"body");
        assert_eq!(key.open(Kind::Objects, &judge, &file), Ok(&b"body"[..]));
        assert_eq!(key.checked(&file), Ok((Kind::Objects, &b"body"[..])));
        let other = Key::new(b"two").open(Kind::Objects, &judge, &file);
        assert_eq!(other, Err(Broken::Foreign));
        let other = key.open(Kind::History, &judge, &file);
        assert_eq!(other, Err(Broken::Other));
        let other = key.open(Kind::Objects, &Judge([8; 32]), &file);
        assert_eq!(other, Err(Broken::Other));
    }

    #[test]
    fn no_changed_byte_and_no_other_length_opens() {
        let (key, judge) = (Key::new(b"one"), Judge([7; 32]));
        let file = key.seal(Kind::Objects, &judge, b"a body of some bytes");
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut changed = file.clone();
                changed[at] ^= 1 << bit;
                assert!(key.open(Kind::Objects, &judge, &changed).is_err(), "{at}");
            }
            assert!(key.open(Kind::Objects, &judge, &file[..at]).is_err());
        }
        let longer = [&file[..], b"x"].concat();
        assert_eq!(key.open(Kind::Objects, &judge, &longer), Err(Broken::Cut));
    }

    #[test]
    fn the_borders_of_fields_count() {
        let of = |fields: &[&[u8]]| Judge::of(fields.iter().copied());
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b"ab"]), of(&[b"ab", b""]));
    }
}
