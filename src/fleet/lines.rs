//! Paths in JSON, and files that are written in one step.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;

/// Returns a path as text and, if that is not all of it, its bytes in base64.
pub(super) fn written(path: &Path) -> (String, Option<String>) {
    match path.to_str() {
        Some(text) => (text.to_owned(), None),
        None => {
            let bytes = path.as_os_str().as_encoded_bytes();
            let text = path.to_string_lossy().into_owned();
            (text, Some(BASE64.encode(bytes)))
        }
    }
}

/// Returns the path that [`written`] wrote; None if it is no path here.
pub(super) fn read(text: &str, bytes: Option<&str>) -> Option<PathBuf> {
    let Some(bytes) = bytes else {
        return (!text.contains('\0')).then(|| PathBuf::from(text));
    };
    crate::blob::os_path(&BASE64.decode(bytes.as_bytes()).ok()?)
}

/// Returns a new name beside `place`, for what becomes `place` when it is complete. No other
/// worker uses it, on this machine or another one.
pub(super) fn beside(place: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_nanos());
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{}-{now}-{next}.tmp", std::process::id()))
}

/// Puts `file` in its place: it is on the disk before it has its name.
///
/// # Errors
/// Fails if the system does.
pub(super) fn settle(file: &Path, place: &Path) -> io::Result<()> {
    File::options().write(true).open(file)?.sync_all()?;
    fs::rename(file, place)?;
    // The name is on the disk when the directory is. Windows has no such call.
    #[cfg(unix)]
    File::open(place.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

/// Writes `text` to `place` in one step.
///
/// # Errors
/// Fails if the system does.
pub(super) fn write(place: &Path, text: &str) -> io::Result<()> {
    let new = beside(place);
    let written = File::options()
        .write(true)
        .create_new(true)
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| settle(&new, place));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
