//! The baseline: findings that existed when a team started, one line each.
//!
//! A line contains the rule, the path and a slow, salted hash of the secret, so that
//! passwords cannot be tried against the file quickly. It contains no line numbers or
//! commits, so it survives edits, rebases and squashes. A moved file keeps its entries
//! as long as no file exists at the old path; a changed value has no entry. A secret in
//! a path is masked.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use pbkdf2::pbkdf2_hmac_array;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, percent_encode};
use sha2::Sha256;

use super::{Gone, Subject};
use crate::secret::{MASK, joined};

/// The first line of every baseline.
const HEADER: &str = "# stopleak baseline 1: accepted findings, made by `stopleak baseline`";
/// The prefix of the salt line.
const SALT: &str = "# salt: ";
/// Rounds of HMAC-SHA-256 per secret (PBKDF2, RFC 8018): about a millisecond.
const ROUNDS: u32 = 4096;

/// The prefix of the scope line.
const SCOPE: &str = "# scope: ";

/// What a baseline covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The files of a working tree.
    Files,
    /// A whole history.
    History,
}

/// The hash of an entry.
type Digest = [u8; 16];

/// Hashes computed so far, by rule and secret.
type Known = HashMap<(String, Box<[u8]>), Digest>;

/// One accepted finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Relative to the top of the repository, secrets masked.
    pub path: Vec<u8>,
    /// The rule's id.
    pub rule: String,
    /// The hash of salt, rule and secret.
    digest: Digest,
}

impl Entry {
    /// Whether both may be the same finding: the same secret by the same rule, in a path
    /// that is the same but for what is masked in either.
    pub(crate) fn is_like(&self, other: &Entry) -> bool {
        self.digest == other.digest
            && self.rule == other.rule
            && (covers(&self.path, &other.path) || covers(&other.path, &self.path))
    }
}

/// Whether `path` is `masked`, in which each mask stands for at least one byte.
///
/// An entry also holds the rule and the hash of the secret, so this cannot accept another
/// secret, only the same one in another place.
fn covers(masked: &[u8], path: &[u8]) -> bool {
    let pieces: Vec<&[u8]> = {
        let finder = memchr::memmem::find_iter(masked, MASK.as_bytes());
        let mut at = 0;
        let mut pieces: Vec<&[u8]> = Vec::new();
        for mask in finder {
            pieces.push(&masked[at..mask]);
            at = mask + MASK.len();
        }
        pieces.push(&masked[at..]);
        pieces
    };
    let [first, middle @ .., last] = &pieces[..] else {
        return masked == path;
    };
    let Some(mut rest) = path.strip_prefix(*first) else {
        return false;
    };
    for piece in middle {
        let from = rest.len().min(1);
        match memchr::memmem::find(&rest[from..], piece) {
            Some(at) if from == 1 => rest = &rest[from + at + piece.len()..],
            _ => return false,
        }
    }
    rest.len() > last.len() && rest.ends_with(last)
}

/// A baseline that findings are checked against.
#[derive(Debug)]
pub struct Baseline {
    salt: Vec<u8>,
    scope: Scope,
    entries: Vec<Entry>,
    used: Vec<AtomicBool>,
    by_digest: HashMap<Digest, Vec<usize>>,
    known: Mutex<Known>,
}

impl Baseline {
    /// Creates a baseline of `entries`; `salt` must be random and at least 16 bytes.
    pub fn new(salt: Vec<u8>, scope: Scope, entries: impl IntoIterator<Item = Entry>) -> Self {
        let entries: BTreeSet<Entry> = entries.into_iter().collect();
        let entries: Vec<Entry> = entries.into_iter().collect();
        let mut by_digest: HashMap<Digest, Vec<usize>> = HashMap::new();
        for (i, entry) in entries.iter().enumerate() {
            by_digest.entry(entry.digest).or_default().push(i);
        }
        Self {
            salt,
            scope,
            used: entries.iter().map(|_| AtomicBool::new(false)).collect(),
            entries,
            by_digest,
            known: Mutex::default(),
        }
    }

    /// Whether a text is meant as a baseline, whatever else is in it.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.lines().any(|line| line == HEADER)
    }

    /// Parses the text of a baseline.
    ///
    /// # Errors
    /// Returns every wrong line, each as `line: message`.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut salt = None;
        let mut scope = Scope::Files;
        let mut entries = Vec::new();
        if !text.starts_with("# stopleak baseline 1") {
            errors.push("1: not a stopleak baseline (the first line is missing)".to_owned());
        }
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(hex) = line.strip_prefix(SALT) {
                match unhex(hex.trim()) {
                    Some(bytes) if bytes.len() >= 16 && salt.is_none() => salt = Some(bytes),
                    Some(_) if salt.is_some() => {
                        errors.push(format!(
                            "{number}: a second salt: two baselines were merged; \
                             create it again with `stopleak baseline create --force`"
                        ));
                    }
                    _ => errors.push(format!(
                        "{number}: the salt must be 16 or more bytes in hex"
                    )),
                }
            } else if let Some(what) = line.strip_prefix(SCOPE) {
                match what.trim() {
                    "files" => scope = Scope::Files,
                    "history" => scope = Scope::History,
                    _ => errors.push(format!("{number}: the scope must be `files` or `history`")),
                }
            } else if !line.starts_with('#') && !line.trim().is_empty() {
                match entry(line) {
                    Some(entry) => entries.push(entry),
                    None => errors.push(format!(
                        "{number}: expected `HASH RULE PATH`, as `stopleak baseline` writes it"
                    )),
                }
            }
        }
        match salt {
            Some(salt) if errors.is_empty() => Ok(Self::new(salt, scope, entries)),
            None if errors.is_empty() => Err(vec!["1: the `# salt:` line is missing".to_owned()]),
            _ => Err(errors),
        }
    }

    /// Returns the text of the file: sorted, one line per entry.
    pub fn to_text(&self) -> String {
        let scope = match self.scope {
            Scope::Files => "files",
            Scope::History => "history",
        };
        let mut out = format!(
            "{HEADER}\n{SALT}{}\n{SCOPE}{scope}\n",
            HEXLOWER.encode(&self.salt)
        );
        for entry in &self.entries {
            let _ = writeln!(
                out,
                "{} {} {}",
                HEXLOWER.encode(&entry.digest),
                entry.rule,
                percent(&entry.path)
            );
        }
        out
    }

    /// Returns the salt, so that a new baseline can reuse it.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// Returns what the baseline covers.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Returns all entries, sorted.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Creates the entry for a finding of `secret` by `rule` in `path`.
    pub fn entry(&self, rule: &str, path: &[u8], secret: &[u8]) -> Entry {
        Entry {
            path: path.to_vec(),
            rule: rule.to_owned(),
            digest: self.digest(rule, secret),
        }
    }

    /// Returns entries that matched nothing so far.
    pub fn unused(&self) -> impl Iterator<Item = &Entry> {
        let all = self.entries.iter().zip(&self.used);
        all.filter(|(_, used)| !used.load(Ordering::Relaxed))
            .map(|(entry, _)| entry)
    }

    /// Returns the reason if the baseline accepts the subject: by its own entry, or by
    /// the entry of a missing file that had the same secret.
    pub(crate) fn accepts(&self, subject: &Subject<'_>, gone: &Gone) -> Option<String> {
        if self.entries.is_empty() {
            return None;
        }
        let digest = self.digest(&subject.rule.id, subject.secret);
        let mut moved = None;
        for &i in self.by_digest.get(&digest)? {
            let entry = &self.entries[i];
            if entry.rule != subject.rule.id {
                continue;
            }
            if entry.path == subject.told.as_bytes() || covers(&entry.path, subject.path.as_bytes())
            {
                self.used[i].store(true, Ordering::Relaxed);
                return Some("in the baseline".to_owned());
            }
            if gone.is_gone(&entry.path) {
                moved = Some(i);
            }
        }
        let i = moved?;
        self.used[i].store(true, Ordering::Relaxed);
        Some("in the baseline, for a file that was moved".to_owned())
    }

    fn digest(&self, rule: &str, secret: &[u8]) -> Digest {
        let secret = joined(secret);
        let key = (rule.to_owned(), Box::from(&*secret));
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return *known;
        }
        let digest = stretch(&self.salt, rule, &secret);
        lock().insert(key, digest);
        digest
    }
}

/// Computes PBKDF2 with HMAC-SHA-256; the rule is the rest of the salt.
fn stretch(salt: &[u8], rule: &str, secret: &[u8]) -> Digest {
    pbkdf2_hmac_array::<Sha256, 16>(secret, &[salt, rule.as_bytes()].concat(), ROUNDS)
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.trim_end().splitn(3, ' ');
    let (digest, rule, path) = (fields.next()?, fields.next()?, fields.next()?);
    let digest: Digest = unhex(digest)?.try_into().ok()?;
    let path = unpercent(path)?;
    (!rule.is_empty() && !path.is_empty()).then(|| Entry {
        path,
        rule: rule.to_owned(),
        digest,
    })
}

/// Decodes hex of either case.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}

/// Encodes a path on one line. Writes `%`, a space at the end, and everything but
/// printable ASCII as `%XX`. Editors strip trailing spaces.
fn percent(path: &[u8]) -> String {
    const SET: &AsciiSet = &CONTROLS.add(b'%');
    match path.strip_suffix(b" ") {
        Some(start) => format!("{}%20", percent_encode(start, SET)),
        None => percent_encode(path, SET).to_string(),
    }
}

/// Decodes a path that [`percent`] wrote; `None` if a `%` does not begin an escape.
fn unpercent(text: &str) -> Option<Vec<u8>> {
    let mut escapes = text.split('%').skip(1);
    let hex = |rest: &str| rest.get(..2).is_some_and(|digits| unhex(digits).is_some());
    escapes
        .all(hex)
        .then(|| percent_decode(text.as_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Baseline {
        let empty = Baseline::new(vec![7; 16], Scope::History, []);
        let entries = [
            empty.entry("rule-b", b"a b/\xff%\n.txt", b"secret-1"),
            empty.entry("rule-a", b"x", b"secret-2"),
        ];
        Baseline::new(vec![7; 16], Scope::History, entries)
    }

    #[test]
    fn text_and_back() {
        let baseline = some();
        let text = baseline.to_text();
        let again = Baseline::parse(&text).unwrap();
        assert_eq!(again.entries(), baseline.entries());
        assert_eq!(again.to_text(), text);
        assert!(!text.contains("secret") && text.is_ascii());
        assert_eq!(text.lines().count(), 5);
        assert_eq!(again.scope(), Scope::History);
    }

    #[test]
    fn a_mask_stands_for_what_it_hides() {
        for (masked, path, same) in [
            ("d-********/t", "d-x1/t", true),
            ("d-********/t", "d-/t", false),
            ("********", "a", true),
            ("a/********b********/c", "a/xby/c", true),
            ("a/********b********/c", "a/bb/c", false),
            ("a/********b********/c", "a/bbb/c", true),
            ("d/t", "d/t", true),
            ("d/t", "d/u", false),
            ("d/********", "d/", false),
        ] {
            assert_eq!(
                covers(masked.as_bytes(), path.as_bytes()),
                same,
                "{masked} {path}"
            );
        }
    }

    #[test]
    fn a_path_that_ends_with_a_space_is_read_back() {
        let empty = Baseline::new(vec![7; 16], Scope::Files, []);
        for path in ["x ", " ", "  a  "] {
            let entry = empty.entry("rule", path.as_bytes(), b"value");
            let text = Baseline::new(vec![7; 16], Scope::Files, [entry.clone()]).to_text();
            assert_eq!(Baseline::parse(&text).unwrap().entries(), [entry]);
            assert!(text.lines().all(|line| line == line.trim_end()));
        }
    }

    #[test]
    fn paths_are_percent_encoded_in_one_way() {
        let every: Vec<u8> = (0..=255).collect();
        assert_eq!(unpercent(&percent(&every)).unwrap(), every);
        assert_eq!(percent(b"a b/%\x7f\xc3\n~ "), "a b/%25%7F%C3%0A~%20");
        assert_eq!(unpercent("%c3%A9").unwrap(), b"\xc3\xa9");
        for bad in ["%", "%2", "a%zzb", "%+2", "%é", "%%20"] {
            assert_eq!(unpercent(bad), None, "{bad}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_lines() {
        for (text, want) in [
            ("", "1: not a stopleak baseline"),
            ("# stopleak baseline 1\n", "1: the `# salt:` line"),
            ("# stopleak baseline 1\n# salt: 00\n", "2: the salt"),
        ] {
            let errors = Baseline::parse(text).unwrap_err();
            assert!(errors[0].starts_with(want), "{errors:?}");
        }
        let salted = some().to_text();
        let errors = Baseline::parse(&format!("{salted}zz rule path\n{salted}")).unwrap_err();
        assert!(errors[0].starts_with("6: expected"), "{errors:?}");
        assert!(errors[1].contains("second salt"), "{errors:?}");
    }

    #[test]
    fn hashes_of_baselines_in_use_do_not_change() {
        let digest =
            |salt: &[u8], rule, secret: &[u8]| HEXLOWER.encode(&stretch(salt, rule, secret));
        assert_eq!(
            digest(&[7; 16], "github-pat-classic", b"secret-1"),
            "259e001530f0c9d6b074104a88592fd4"
        );
        // The rule is the rest of the salt; a value longer than a block of the hash, and none.
        assert_eq!(
            digest(&[7; 16], "ab", b"x"),
            digest(&[&[7; 16][..], b"a"].concat(), "b", b"x")
        );
        assert_eq!(
            digest(&[0xff; 20], "rule", &[b'x'; 100]),
            "006a2467ee09af3d03f77297741a760e"
        );
        assert_eq!(
            digest(&[7; 16], "", b""),
            "da5e2bd3807dd3a721f1051e7670fbce"
        );
    }
}
