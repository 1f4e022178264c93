//! Replaces files atomically.

use std::io::Write;
use std::path::Path;

use crate::stop::{Stop, describe};

/// Replaces the file at `path` by `text` in one step, so that no reader sees half of it.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Stop> {
    let failed = |e: &std::io::Error| {
        Stop::new(format!(
            "{}: cannot be written: {}",
            path.display(),
            describe(e)
        ))
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&aside)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&aside, path));
    written.map_err(|e| {
        let _ = std::fs::remove_file(&aside);
        failed(&e)
    })
}
