//! Reads a name: its words, the kind of credential that it names, and whether it names the
//! credential or something about it.

use super::languages;
pub(super) use super::noun::Noun;
use super::vocabulary::{self as say, Marks};

/// The longest name; the reader of assignments finds none that is longer.
const NAME_MAX: usize = 128;
/// The most words of a name; the last one takes the rest.
const WORDS_MAX: usize = 24;

/// A name, and what it says.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// What it names.
    pub(super) noun: Noun,
    words: Words,
    /// Whether the word for it is the last one.
    pub(super) last: bool,
    /// Whether the last word names something about a credential.
    pub(super) about: bool,
    /// Whether it is written in upper case.
    pub(super) upper: bool,
    /// Whether it says that everybody may know what it names: `site_key`.
    pub(super) for_all: bool,
    /// Whether its last word names several: `tokens`, `API_KEYS`.
    pub(super) plural: bool,
}

impl Name {
    /// Whether any of its words has one of `marks`.
    pub(super) fn says(&self, marks: Marks) -> bool {
        self.words.all & marks != 0
    }

    /// Whether its last word has one of `marks`.
    pub(super) fn ends_with(&self, marks: Marks) -> bool {
        self.words.last_marks() & marks != 0
    }

    /// Whether its last word that is no number has one of `marks`: `secret_sha256`.
    pub(super) fn ends_before_digits_with(&self, marks: Marks) -> bool {
        (0..self.words.count)
            .rev()
            .find(|i| !self.words.get(*i).iter().all(u8::is_ascii_digit))
            .is_some_and(|i| self.words.marks[i] & marks != 0)
    }

    /// Whether it says that a hash of a secret is meant: `hashed_secret`.
    pub(super) fn is_hashed(&self) -> bool {
        let words: [&[u8]; 6] = [
            b"hashed",
            b"digest",
            b"sha",
            b"checksum",
            b"fingerprint",
            b"md",
        ];
        matches!(self.noun, Noun::Password | Noun::Secret | Noun::Token) && self.any(&words)
    }

    /// Whether it names one secret key, and none that tables of packets or of programs have: the key
    /// of a hash, a schedule.
    pub(super) fn opens_alone(&self) -> bool {
        let words: [&[u8]; 8] = [
            b"rss",
            b"toeplitz",
            b"hash",
            b"schedule",
            b"perm",
            b"map",
            b"test",
            b"expected",
        ];
        let key = matches!(self.noun, Noun::Key | Noun::AccessKey | Noun::Secret);
        key && self.last && !self.plural && !self.any(&words)
    }

    /// Whether it is a word for a password that also means the number of an entry: `clave`, `chave`.
    pub(super) fn may_be_code(&self) -> bool {
        self.any(&[b"clave", b"chave"])
    }

    /// Whether it holds a word that means something else in code or in another language: `mdp` (a
    /// decision process), `parole`, `sandi`, `palabra clave` (what people search for).
    pub(super) fn is_doubtful(&self) -> bool {
        self.noun == Noun::Password
            && self.any(&[b"mdp", b"parole", b"sandi", b"palavra", b"palabra"])
    }

    /// Whether it names a key that people choose: `SECRET_KEY`.
    pub(super) fn is_chosen(&self) -> bool {
        self.any(&[b"secret", b"private", b"signing", b"encryption", b"master"])
    }

    /// Whether it names a secret that signs tokens: `jwtSecret`, `TOKEN_SIGNING_KEY`.
    pub(super) fn signs_tokens(&self) -> bool {
        let chosen = matches!(self.noun, Noun::Secret | Noun::AccessKey);
        chosen && self.any(&[b"jwt", b"signing"])
    }

    /// Whether it says that a key of OpenPGP is meant, or its id: `gpg_key`, `releaseKey`.
    pub(super) fn is_of_openpgp(&self) -> bool {
        let words: [&[u8]; 4] = [b"gpg", b"pgp", b"openpgp", b"release"];
        matches!(self.noun, Noun::Key | Noun::AccessKey) && self.any(&words)
    }

    /// Whether it names the key of OpenPGP that signs a repository of packages: `apt_key`.
    pub(super) fn is_of_packages(&self) -> bool {
        let words: [&[u8]; 3] = [b"repo", b"repokey", b"apt"];
        self.noun == Noun::Key && self.any(&words)
    }

    /// Whether it says that a request is meant that has this token, and is written as
    /// interfaces write it: `ClientToken`.
    pub(super) fn is_of_request(&self, name: &[u8]) -> bool {
        let words: [&[u8]; 7] = [
            b"action",
            b"client",
            b"job",
            b"operation",
            b"request",
            b"task",
            b"transaction",
        ];
        self.noun == Noun::Token && self.last && !name.contains(&b'_') && self.any(&words)
    }

    /// Whether it says that the secret is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        let words: [&[u8]; 5] = [
            b"encrypted",
            b"crypted",
            b"sealed",
            b"ciphertext",
            b"cipher",
        ];
        self.noun != Noun::Key && self.any(&words)
    }

    fn any(&self, words: &[&[u8]]) -> bool {
        (0..self.words.count).any(|i| words.contains(&self.words.get(i)))
    }

    /// Whether it is this word.
    pub(super) fn is(&self, word: &[u8]) -> bool {
        self.words.count == 1 && self.words.get(0) == word
    }

    /// How many words it has.
    pub(super) fn count(&self) -> usize {
        self.words.count
    }

    /// Its letters and digits in lower case.
    pub(super) fn letters(&self) -> &[u8] {
        self.words.letters()
    }
}

/// What the words of some text say, together.
pub(super) fn marks_of(text: &[u8]) -> Marks {
    Words::of(text).all
}

/// Names that were read before: content repeats them.
#[derive(Default)]
pub(in crate::detect) struct Names {
    /// By some of the bytes of a name.
    slots: Vec<Slot>,
}

/// A name, and what was read in it.
#[derive(Clone)]
struct Slot {
    text: [u8; NAME_MAX],
    len: usize,
    name: Option<Name>,
}

impl Names {
    /// How many there are.
    const SLOTS: usize = 32;

    /// [`read`], which is asked only once for names that repeat.
    pub(super) fn read(&mut self, name: &[u8]) -> Option<&Name> {
        if self.slots.is_empty() {
            let none = Slot {
                text: [0; NAME_MAX],
                len: 0,
                name: None,
            };
            self.slots.resize(Self::SLOTS, none);
        }
        // Nothing that syntax finds is longer.
        let name = &name[..name.len().min(NAME_MAX)];
        let byte = |at: usize| usize::from(name.get(at).copied().unwrap_or(0));
        let mixed = name.len()
            ^ byte(0)
            ^ byte(name.len() / 2) << 1
            ^ byte(name.len().saturating_sub(1)) << 2;
        let slot = self.slots.get_mut(mixed % Self::SLOTS)?;
        if slot.text[..slot.len] != *name {
            slot.text[..name.len()].copy_from_slice(name);
            slot.len = name.len();
            slot.name = read(name);
        }
        slot.name.as_ref()
    }
}

/// Reads a name; `None` if it names nothing that lets somebody in.
fn read(name: &[u8]) -> Option<Name> {
    let words = Words::of(name);
    // `csrfmiddlewaretoken`
    let forged = |i: usize| words.get(i).starts_with(b"csrf") || words.get(i).starts_with(b"xsrf");
    if words.all & say::NEGATED != 0 || (0..words.count).any(forged) {
        return None;
    }
    let known = (0..words.count)
        .rev()
        .find_map(|i| Some((i, noun_of(words.get(i), words.marks[i])?)));
    let Some((at, noun)) = known else {
        return foreign(name, words);
    };
    let before = at.checked_sub(1).map_or(0, |i| words.marks[i]);
    if is_bookmark(&words, at, noun) {
        return None;
    }
    let noun = match noun {
        Noun::Key if before & say::ACCESS != 0 => Noun::AccessKey,
        Noun::Key if (0..words.count).any(|i| words.get(i).starts_with(b"secret")) => Noun::Secret,
        Noun::Key if before & say::PLAIN != 0 => return None,
        noun => noun,
    };
    if holds_websocket(name) {
        return None;
    }
    let last = words.get(words.count - 1);
    Some(Name {
        noun,
        last: (at + 1..words.count).all(|i| words.get(i).iter().all(u8::is_ascii_digit)),
        about: words.last_marks() & say::ABOUT != 0 || ends_in_about(last),
        upper: is_upper(name),
        for_all: matches!(noun, Noun::Token | Noun::Key | Noun::AccessKey)
            && (before | joined_marks(words.get(at))) & say::FOR_ALL != 0,
        plural: last
            .strip_suffix(b"s")
            .is_some_and(|one| noun_of(one, say::marks(one)).is_some()),
        words,
    })
}

/// Reads a name in another language than English, of which no word is known in English.
fn foreign(name: &[u8], words: Words) -> Option<Name> {
    let (at, noun) = match languages::several(words.letters()) {
        Some(_) => (words.count - 1, Noun::Password),
        None => (0..words.count)
            .rev()
            .find_map(|i| Some((i, languages::noun(words.get(i))?)))?,
    };
    let others = || (0..words.count).filter(|i| *i != at);
    let opens = || {
        others().any(|i| words.marks[i] & say::ACCESS != 0)
            || languages::opens(others().map(|i| words.get(i)))
    };
    // `clave` is a password and a key.
    let named_key = words.get(at) == b"clave" || noun == Noun::Key;
    let noun = match noun {
        _ if named_key && opens() => Noun::AccessKey,
        noun => noun,
    };
    let all = (0..words.count).map(|i| words.get(i));
    let stays = languages::stays(all) && words.last_marks() & say::ABOUT == 0;
    let lone = words.marks[at + 1..words.count]
        .iter()
        .all(|m| m & !say::ACCESS == 0);
    Some(Name {
        noun,
        last: stays && lone,
        about: !stays,
        upper: is_upper(name),
        for_all: false,
        plural: false,
        words,
    })
}

/// Whether a name is written in upper case.
fn is_upper(name: &[u8]) -> bool {
    name.iter().any(u8::is_ascii_uppercase) && !name.iter().any(u8::is_ascii_lowercase)
}

/// Whether the token or key that the word at `at` names marks a place in a list, a version or
/// a request: `nextPageToken`, `Idempotency-Key`, `client_request_token`, `fastcgi_pass`.
fn is_bookmark(words: &Words, at: usize, noun: Noun) -> bool {
    let mark = |back: usize| at.checked_sub(back).map_or(0, |i| words.marks[i]);
    match noun {
        Noun::Token => {
            let request = at > 0 && words.get(at - 1) == b"request";
            (mark(1) | joined_marks(words.get(at))) & say::BOOKMARK != 0
                || (request && mark(2) & say::SENDER != 0)
                || (at > 1
                    && words.get(at - 1) == b"verification"
                    && words.get(at - 2) == b"request")
        }
        Noun::Key => (mark(1) | joined_marks(words.get(at))) & say::BOOKMARK != 0,
        Noun::Password => mark(1) & say::DIRECTIVE != 0,
        _ => false,
    }
}

/// The marks of what a word has before `token` or `key`: `nextpagetoken`, `sitekey`.
fn joined_marks(word: &[u8]) -> Marks {
    [&b"tokens"[..], b"token", b"key"]
        .into_iter()
        .find_map(|noun| word.strip_suffix(noun))
        .map_or(0, say::marks)
}

/// Whether a key in a map of credentials says itself what its value is: another credential, or
/// something about one.
pub(super) fn is_of_its_own(key: &[u8]) -> bool {
    let words = Words::of(key);
    let other = say::ABOUT | say::NEGATED | say::DIGEST;
    words.last_marks() & other != 0 || read(key).is_some()
}

fn holds_websocket(name: &[u8]) -> bool {
    const WORD: &[u8] = b"websocket";
    name.windows(WORD.len())
        .any(|w| w[0] | 0x20 == b'w' && w.eq_ignore_ascii_case(WORD))
}

/// Whether a word ends in what a name is about: `passwordfile`, `tokenlength`.
fn ends_in_about(last: &[u8]) -> bool {
    const ENDS: [&[u8]; 14] = [
        b"name", b"file", b"path", b"hash", b"field", b"length", b"type", b"hint", b"reset",
        b"url", b"text", b"label", b"input", b"store",
    ];
    ENDS.iter()
        .filter(|about| about.last() == last.last())
        .filter_map(|about| last.strip_suffix(*about))
        .any(|head| noun_of(head, say::marks(head)).is_some())
}

/// Words and parts of words that name a credential, the longest and surest first.
const NOUNS: [(&[u8], Noun); 22] = [
    (b"passphrase", Noun::Password),
    (b"passw", Noun::Password),
    (b"pwd", Noun::Password),
    (b"kennwort", Noun::Password),
    (b"senha", Noun::Password),
    // Also in UTF-8 and Latin-1, with its tilde.
    (b"contrase", Noun::Password),
    (b"motdepasse", Noun::Password),
    (b"wachtwoord", Noun::Password),
    (b"identified", Noun::Password),
    (b"secret", Noun::Secret),
    (b"apitoken", Noun::Token),
    (b"token", Noun::Token),
    (b"bearer", Noun::Token),
    (b"apikey", Noun::AccessKey),
    (b"accesskey", Noun::AccessKey),
    (b"authkey", Noun::AccessKey),
    (b"privatekey", Noun::AccessKey),
    (b"encryptionkey", Noun::AccessKey),
    (b"signingkey", Noun::AccessKey),
    (b"credential", Noun::Credential),
    (b"authorization", Noun::Auth),
    (b"oauth", Noun::Auth),
];

/// The [`NOUNS`] that begin with each letter, as bits.
const BEGINNING: [u32; 256] = {
    let mut masks = [0; 256];
    let mut i = 0;
    while i < NOUNS.len() {
        masks[NOUNS[i].0[0] as usize] |= 1 << i;
        i += 1;
    }
    masks
};

/// The first of [`NOUNS`] that is anywhere in `word`.
fn noun_in(word: &[u8]) -> Option<Noun> {
    let mut best = NOUNS.len();
    for (at, &byte) in word.iter().enumerate() {
        let mut left = BEGINNING[usize::from(byte)];
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            left &= left - 1;
            if i < best && word[at..].starts_with(NOUNS[i].0) {
                best = i;
            }
        }
    }
    NOUNS.get(best).map(|(_, noun)| *noun)
}

fn noun_of(word: &[u8], marks: Marks) -> Option<Noun> {
    if marks & say::OTHER != 0 {
        return None;
    }
    const WHOLE: Marks =
        say::IS_PASSWORD | say::IS_AUTH | say::IS_CREDENTIAL | say::IS_TOKEN | say::IS_KEY;
    if marks & WHOLE != 0 {
        return Some(match marks & WHOLE {
            say::IS_PASSWORD => Noun::Password,
            say::IS_AUTH => Noun::Auth,
            say::IS_CREDENTIAL => Noun::Credential,
            say::IS_TOKEN => Noun::Token,
            _ => Noun::Key,
        });
    }
    noun_in(word).or_else(|| {
        let ends = |end: &[u8], least: usize| {
            word.len() > least && word.ends_with(end) && marks & say::NO_NOUN == 0
        };
        if ends(b"pass", 4) || ends(b"psk", 2) || is_short_for_password(word) {
            Some(Noun::Password)
        } else {
            // `formkey`, `sortkey` and `pubkey` open as little as `form_key`.
            let head = word.strip_suffix(b"key").unwrap_or(word);
            let plain = say::marks(head) & (say::PLAIN | say::NEGATED) != 0;
            (ends(b"key", 3) && !plain).then_some(Noun::Key)
        }
    })
}

/// Whether a word ends in `pw`, and before it stands what a password is for: `dbpw`.
fn is_short_for_password(word: &[u8]) -> bool {
    const HEADS: [&[u8]; 22] = [
        b"admin", b"app", b"bind", b"cert", b"db", b"ftp", b"http", b"imap", b"ldap", b"mail",
        b"my", b"mysql", b"pg", b"proxy", b"root", b"smtp", b"sql", b"store", b"svc", b"user",
        b"vpn", b"wifi",
    ];
    word.strip_suffix(b"pw")
        .is_some_and(|head| HEADS.contains(&head))
}

/// The lower-case words of a name: camelCase, snake_case and kebab-case are split.
#[derive(Clone, Debug)]
struct Words {
    /// The words, one after the other.
    text: [u8; NAME_MAX],
    /// Where each ends.
    ends: [u8; WORDS_MAX],
    /// The marks of each.
    marks: [Marks; WORDS_MAX],
    count: usize,
    /// The marks of all.
    all: Marks,
}

impl Words {
    fn of(name: &[u8]) -> Self {
        let name = &name[..name.len().min(NAME_MAX)];
        let mut words = Self {
            text: [0; NAME_MAX],
            ends: [0; WORDS_MAX],
            marks: [0; WORDS_MAX],
            count: 0,
            all: 0,
        };
        let (mut len, mut from) = (0, 0);
        let mut previous = b'_';
        for (i, &byte) in name.iter().enumerate() {
            let next_is_lower = || name.get(i + 1).is_some_and(u8::is_ascii_lowercase);
            // A number and a word: `Ed25519PublicKey`.
            let starts = byte.is_ascii_uppercase()
                && (previous.is_ascii_lowercase()
                    || (!previous.is_ascii_lowercase() && next_is_lower()));
            let digit = byte.is_ascii_digit() && previous.is_ascii_alphabetic();
            let joint = !byte.is_ascii_alphanumeric() && byte.is_ascii();
            if (joint || starts || digit) && len > from {
                words.close(from, len);
                from = len;
            }
            if !joint {
                words.text[len] = byte.to_ascii_lowercase();
                len += 1;
            }
            previous = byte;
        }
        if len > from {
            words.close(from, len);
        }
        words
    }

    /// Adds the letters from `from` to `to` as a word.
    fn close(&mut self, from: usize, to: usize) {
        let marks = say::marks(&self.text[from..to]);
        let at = self.count.min(WORDS_MAX - 1);
        self.ends[at] = to as u8;
        self.marks[at] = marks;
        self.all |= marks;
        self.count = at + 1;
    }

    fn get(&self, index: usize) -> &[u8] {
        let end = |i: usize| usize::from(self.ends[i]);
        &self.text[index.checked_sub(1).map_or(0, end)..end(index)]
    }

    fn last_marks(&self) -> Marks {
        self.count.checked_sub(1).map_or(0, |i| self.marks[i])
    }

    fn letters(&self) -> &[u8] {
        let len = self.count.checked_sub(1).map_or(0, |i| self.ends[i]);
        &self.text[..usize::from(len)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        let words = |name: &str| {
            let words = Words::of(name.as_bytes());
            let text = |i| String::from_utf8_lossy(words.get(i)).into_owned();
            (0..words.count).map(text).collect::<Vec<_>>()
        };
        assert_eq!(words("DBPassword_2"), ["db", "password", "2"]);
        assert_eq!(words("X-Api-Key"), ["x", "api", "key"]);
        assert_eq!(words("clientSecretID"), ["client", "secret", "id"]);
        assert_eq!(words("__"), [""; 0]);
        // Nothing that syntax finds is that long; whatever comes is cut.
        assert_eq!(words(&"aB".repeat(200)).len(), WORDS_MAX);
        assert_eq!(words(&"x".repeat(400)), ["x".repeat(NAME_MAX)]);
    }

    #[test]
    fn names_say_what_they_name() {
        let noun = |name: &str| read(name.as_bytes()).map(|n| (n.noun, n.about));
        assert_eq!(noun("DB_PASS"), Some((Noun::Password, false)));
        assert_eq!(noun("accessKey"), Some((Noun::AccessKey, false)));
        assert_eq!(noun("secretName"), Some((Noun::Secret, true)));
        assert_eq!(noun("aesKey"), Some((Noun::Key, false)));
        assert_eq!(noun("sortKey"), None);
        assert_eq!(noun("formkey"), None);
        assert_eq!(noun("tenantkey"), Some((Noun::Key, false)));
        assert_eq!(noun("bypass"), None);
        assert_eq!(noun("publicKey"), None);
        assert_eq!(noun("Ed25519PublicKey"), None);
        assert_eq!(noun("peerPubkey"), None);
        assert_eq!(noun("publickey"), None);
    }
}
