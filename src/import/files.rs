//! Reads the imported files, and the files that they name.

use std::io::Read;
use std::path::Path;

use crate::stop::{Stop, describe};

/// The size limit of a file.
const MAX_LEN: u64 = 64 << 20;

/// Reads a file that the user names, which may be a pipe.
///
/// # Errors
/// Fails if it is unreadable or larger than 64 MiB.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    let stop = |why: &str| Stop::new(format!("{}: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|e| stop(&describe(&e)))?;
    let mut bytes = Vec::new();
    file.take(MAX_LEN + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| stop(&describe(&e)))?;
    if bytes.len() as u64 > MAX_LEN {
        return Err(stop("larger than 64 MiB"));
    }
    Ok(bytes)
}

/// Reads a file that another file names. It must be a regular file: a device or a pipe may
/// never end.
///
/// # Errors
/// Fails if it is not a regular file, and like [`read`].
pub(super) fn read_named(path: &Path) -> Result<Vec<u8>, Stop> {
    let stop = |why: &str| Stop::new(format!("{}: {why}", path.display()));
    let file = std::fs::metadata(path).map_err(|e| stop(&describe(&e)))?;
    if !file.is_file() {
        return Err(stop("not a regular file"));
    }
    read(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_not_read_to_its_end() {
        let endless = Path::new("/dev/zero");
        let why = |result: Result<Vec<u8>, Stop>| result.err().map(|stop| stop.message);
        let want = |why: &str| Some(format!("/dev/zero: {why}"));
        assert_eq!(why(read(endless)), want("larger than 64 MiB"));
        assert_eq!(why(read_named(endless)), want("not a regular file"));
        assert_eq!(why(read(Path::new("/dev/null"))), None);
    }
}
