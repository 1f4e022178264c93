//! A file that lines are only ever added to.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use crate::stop::describe;

/// How often a locked file is tried again, every 20 ms.
const TRIES: u32 = 250;

/// Adds a line to `file`, and returns when the disk has it. Several processes may do so at once.
///
/// # Errors
/// Returns why it is not there: the line must then count as not written.
pub(super) fn append(file: &Path, line: &str) -> Result<(), String> {
    let name = file.file_name().unwrap_or_default().display().to_string();
    let wrong = |why: &str| format!("{name}: {why}");
    let failed = |e: &std::io::Error| wrong(&describe(e));
    // A FIFO would wait, and a device keeps nothing.
    match std::fs::metadata(file) {
        Ok(meta) if !meta.is_file() => return Err(wrong("not a regular file")),
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(failed(&e)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file).map_err(|e| failed(&e))?;
    lock(&out).map_err(|why| wrong(&why))?;
    // What a full disk cut off must not spoil this line.
    let mut text = String::with_capacity(line.len() + 2);
    if !is_whole(&mut out).map_err(|e| failed(&e))? {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
    out.write_all(text.as_bytes()).map_err(|e| failed(&e))?;
    out.sync_all().map_err(|e| failed(&e))
}

fn lock(file: &File) -> Result<(), String> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::Error(e)) => return Err(describe(&e)),
        }
    }
    Err("locked by another program".to_owned())
}

/// Whether the file is empty or ends with a whole line.
fn is_whole(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_whole() {
        let dir = std::env::temp_dir().join(format!("stopleak-record-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("a");
        append(&file, "one").unwrap();
        append(&file, "two").unwrap();
        std::fs::write(&file, "one\ntw").unwrap();
        append(&file, "three").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\ntw\nthree\n");
        assert!(
            append(&dir, "x")
                .unwrap_err()
                .contains("not a regular file")
        );
        assert!(append(&dir.join("no/file"), "x").is_err());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
