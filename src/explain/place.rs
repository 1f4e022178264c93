//! Parses places: `FILE:LINE` and `FILE:LINE:COLUMN`. File names may contain colons.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::blob::os_path;

/// A line of a file, or a character on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// 1-based line.
    pub line: u64,
    /// 1-based column in characters.
    pub column: Option<u64>,
}

impl Place {
    /// Parses a place. Returns `None` if the text does not end in a line number.
    ///
    /// `a:3:7` is line 3, column 7 of `a`, unless a file is called `a:3`.
    pub fn parse(text: &OsStr) -> Option<Self> {
        parse_with(text, Path::is_file)
    }
}

fn parse_with(text: &OsStr, is_file: impl Fn(&Path) -> bool) -> Option<Place> {
    let (head, last) = number_after_colon(text.as_encoded_bytes())?;
    let whole = os_path(head)?;
    let with_column = number_after_colon(head)
        .and_then(|(shorter, line)| Some((os_path(shorter)?, line)))
        .filter(|_| !is_file(&whole));
    Some(match with_column {
        Some((path, line)) => Place {
            path,
            line,
            column: Some(last),
        },
        None => Place {
            path: whole,
            line: last,
            column: None,
        },
    })
}

fn number_after_colon(text: &[u8]) -> Option<(&[u8], u64)> {
    let colon = text.iter().rposition(|b| *b == b':').filter(|i| *i > 0)?;
    let digits = std::str::from_utf8(&text[colon + 1..]).ok()?;
    let number = digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse().ok())??;
    (number > 0).then_some((&text[..colon], number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, files: &[&str]) -> Option<(String, u64, Option<u64>)> {
        let is_file = |path: &Path| files.iter().any(|f| Path::new(f) == path);
        let place = parse_with(OsStr::new(text), is_file)?;
        Some((place.path.display().to_string(), place.line, place.column))
    }

    #[test]
    fn lines_and_columns_are_split_off() {
        assert_eq!(place("a.txt:3", &[]), Some(("a.txt".into(), 3, None)));
        assert_eq!(place("a.txt:3:7", &[]), Some(("a.txt".into(), 3, Some(7))));
        assert_eq!(place("a.txt", &[]), None);
        assert_eq!(place("a.txt:0", &[]), None);
        assert_eq!(place(":3", &[]), None);
        assert_eq!(place("a:b", &[]), None);
    }

    #[test]
    fn a_file_that_exists_keeps_its_colons() {
        assert_eq!(place("a:3:7", &["a:3"]), Some(("a:3".into(), 7, None)));
        assert_eq!(place("a:3:7", &["a"]), Some(("a".into(), 3, Some(7))));
        assert_eq!(place("a:3:7:9", &[]), Some(("a:3".into(), 7, Some(9))));
        assert_eq!(place("x:y:7", &["x:y"]), Some(("x:y".into(), 7, None)));
    }
}
