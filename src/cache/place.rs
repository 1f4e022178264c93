//! Where the cache is, and where its key is: never in the same directory.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::seal::Key;
use crate::environment::Environment;
use crate::stop::{Stop, describe};

/// The variable that names the directory of the cache.
pub const DIR_VARIABLE: &str = "STOPLEAK_CACHE_DIR";
/// The variable with the key.
pub const KEY_VARIABLE: &str = "STOPLEAK_CACHE_KEY";
/// The shortest key that a variable may give, in bytes.
const SHORTEST_KEY: usize = 16;
/// How many random bytes a key file has. It has them as hexadecimal digits.
const KEY_BYTES: usize = 32;

/// Returns the directory that `STOPLEAK_CACHE_DIR` names.
pub fn named(environment: &Environment) -> Option<PathBuf> {
    environment.get(DIR_VARIABLE).map(PathBuf::from)
}

/// Returns the user's own directory for the cache, if the environment tells it.
pub fn usual(environment: &Environment) -> Option<PathBuf> {
    let below = |name: &str, rest: &str| Some(environment.directory(name)?.join(rest));
    if cfg!(windows) {
        return below("LOCALAPPDATA", "stopleak/cache");
    }
    let home = || match cfg!(target_os = "macos") {
        true => below("HOME", "Library/Caches/stopleak"),
        false => below("HOME", ".cache/stopleak"),
    };
    below("XDG_CACHE_HOME", "stopleak").or_else(home)
}

/// Returns where the user's own key is, if the environment tells it.
pub fn key_file(environment: &Environment) -> Option<PathBuf> {
    let below = |name: &str, rest: &str| Some(environment.directory(name)?.join(rest));
    if cfg!(windows) {
        return below("APPDATA", "stopleak/cache-key");
    }
    let home = || match cfg!(target_os = "macos") {
        true => below("HOME", "Library/Application Support/stopleak/cache-key"),
        false => below("HOME", ".config/stopleak/cache-key"),
    };
    below("XDG_CONFIG_HOME", "stopleak/cache-key").or_else(home)
}

/// Returns the key that a variable gives.
///
/// # Errors
/// Fails if it is too short to be one.
pub fn given_key(environment: &Environment) -> Result<Option<Key>, Stop> {
    let Some(given) = environment.get(KEY_VARIABLE) else {
        return Ok(None);
    };
    let bytes = given.as_encoded_bytes();
    if bytes.len() < SHORTEST_KEY {
        return Err(
            Stop::new(format!("{KEY_VARIABLE}: shorter than {SHORTEST_KEY} bytes"))
                .help("give it 32 random bytes, for example from `openssl rand -hex 32`"),
        );
    }
    Ok(Some(Key::new(bytes)))
}

/// Reads a key file. With `create`, makes one if there is none.
///
/// # Errors
/// Returns why there is no key.
pub fn key_in(file: &Path, create: bool) -> Result<Key, String> {
    match read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && create => {
            let made = random_text().and_then(|text| make(file, &text));
            made.map_err(|error| describe(&error))?;
            read(file)
        }
        read => read,
    }
    .map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is none".to_owned(),
        _ => describe(&error),
    })
}

fn read(file: &Path) -> io::Result<Key> {
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let meta = fs::symlink_metadata(file)?;
    if !meta.is_file() {
        return Err(wrong("not a regular file"));
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::mode(&meta) & 0o077 != 0 {
        return Err(wrong(
            "other users may read or write it; `chmod 600` it if you made it, else remove it",
        ));
    }
    let mut text = Vec::new();
    let most = 2 * KEY_BYTES as u64 + 2;
    File::open(file)?.take(most).read_to_end(&mut text)?;
    let text = text.trim_ascii();
    let is_key = text.len() == 2 * KEY_BYTES && text.iter().all(u8::is_ascii_hexdigit);
    if !is_key {
        return Err(wrong("not a key; remove it, and a new one is made"));
    }
    Ok(Key::new(text))
}

/// A key that is in no file yet: a run that writes nothing to the cache leaves nothing behind.
pub struct NewKey {
    file: PathBuf,
    text: String,
}

impl NewKey {
    /// Makes a key for `file`, which does not exist.
    ///
    /// # Errors
    /// Returns why there is no key.
    pub fn of(file: &Path) -> Result<(Key, Self), String> {
        let text = random_text().map_err(|error| describe(&error))?;
        let key = Key::new(text.trim_ascii().as_bytes());
        let file = file.to_owned();
        Ok((key, Self { file, text }))
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Returns why later runs do not have this key.
    pub(super) fn keep(&self) -> Result<(), String> {
        make(&self.file, &self.text).map_err(|error| describe(&error))?;
        match fs::read_to_string(&self.file) {
            Ok(text) if text == self.text => Ok(()),
            Ok(_) => Err("another run made a key at the same time".to_owned()),
            Err(error) => Err(describe(&error)),
        }
    }
}

fn random_text() -> io::Result<String> {
    let mut random = [0u8; KEY_BYTES];
    getrandom::fill(&mut random)
        .map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(data_encoding::HEXLOWER.encode(&random) + "\n")
}

/// Makes a key file. One that another process makes at the same time stays.
fn make(file: &Path, text: &str) -> io::Result<()> {
    let dir = file.parent().unwrap_or(Path::new("."));
    make_dir(dir)?;
    let aside = dir.join(format!("cache-key.{}.part", &text[..16]));
    let mut out = private(&aside)?;
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.sync_all())
        .and_then(|()| match fs::hard_link(&aside, file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs::rename(&aside, file),
            _ => Ok(()),
        });
    drop(out);
    let _ = fs::remove_file(&aside);
    written
}

/// Creates a file that only its user may read. It must be new.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Creates a directory, and those above it, for its user alone.
pub(super) fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("stopleak-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let dir = scratch("key");
        let file = dir.join("below/cache-key");
        assert!(key_in(&file, false).is_err());
        let keys: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| key_in(&file, true).unwrap().mark(b"x")))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(key_in(&file, false).unwrap().mark(b"x"), keys[0]);
        assert_eq!(fs::read_dir(dir.join("below")).unwrap().count(), 1);
        for text in ["", "abc", &"g".repeat(64), &"a".repeat(63)] {
            fs::write(&file, text).unwrap();
            assert!(key_in(&file, true).is_err(), "{text}");
        }
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_new_key_is_kept_once() {
        let dir = scratch("new-key");
        let file = dir.join("below/cache-key");
        let (key, new) = NewKey::of(&file).unwrap();
        let (_, late) = NewKey::of(&file).unwrap();
        assert!(!file.exists());
        new.keep().unwrap();
        assert_eq!(key_in(&file, false).unwrap().mark(b"x"), key.mark(b"x"));
        assert!(late.keep().is_err());
        fs::remove_dir_all(dir).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_none() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = scratch("open-key");
        let file = dir.join("cache-key");
        key_in(&file, true).unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        symlink(&file, dir.join("link")).unwrap();
        assert!(key_in(&dir.join("link"), true).is_err());
        for mode in [0o640, 0o604, 0o620, 0o644] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert!(key_in(&file, true).is_err(), "{mode:o}");
        }
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn places_follow_the_environment() {
        let of = |vars: &[(&str, &str)]| -> Environment {
            let vars = vars.iter();
            vars.map(|(name, value)| ((*name).into(), (*value).into()))
                .collect()
        };
        if cfg!(unix) {
            let xdg = of(&[
                ("HOME", "/h"),
                ("XDG_CACHE_HOME", "/c"),
                ("XDG_CONFIG_HOME", "/k"),
            ]);
            assert_eq!(usual(&xdg), Some("/c/stopleak".into()));
            assert_eq!(key_file(&xdg), Some("/k/stopleak/cache-key".into()));
            let home = of(&[("HOME", "/h"), ("XDG_CACHE_HOME", "relative")]);
            assert!(usual(&home).unwrap().starts_with("/h"));
            assert!(key_file(&home).unwrap().starts_with("/h"));
            assert_eq!(usual(&of(&[])), None);
            assert_eq!(key_file(&of(&[("HOME", "")])), None);
        }
        assert_eq!(named(&of(&[(DIR_VARIABLE, "x")])), Some("x".into()));
        assert!(given_key(&of(&[])).unwrap().is_none());
        assert!(given_key(&of(&[(KEY_VARIABLE, "short")])).is_err());
        let long = of(&[(KEY_VARIABLE, "0123456789abcdef")]);
        assert!(given_key(&long).unwrap().is_some());
    }
}
