//! What a person gives to read: a file, or standard input for `-`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::stop::{Stop, describe};

/// A file that is read as a whole.
pub(crate) struct Input {
    /// What errors call it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Input {
    /// Reads `file`, if it has at most `most` bytes. The texts say what to do about one that is
    /// not; they may be empty.
    ///
    /// # Errors
    /// Fails if it cannot be read, or is too large.
    pub(crate) fn read(
        file: &Path,
        most: u64,
        unreadable: &str,
        too_large: &str,
    ) -> Result<Self, Stop> {
        let is_stdin = file.as_os_str() == "-";
        let name = match is_stdin {
            true => "<stdin>".to_owned(),
            false => file.display().to_string(),
        };
        let stop = |why: &str| Stop::new(format!("{name}: {why}"));
        let mut bytes = Vec::new();
        let read = match is_stdin {
            true => io::stdin().take(most + 1).read_to_end(&mut bytes),
            false => File::open(file).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)),
        };
        read.map_err(|error| stop(&describe(&error)).help(unreadable))?;
        if bytes.len() as u64 > most {
            return Err(stop(&format!("larger than {} MiB", most >> 20)).help(too_large));
        }
        Ok(Self { name, bytes })
    }
}
