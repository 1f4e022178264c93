//! Lists of repositories: of paths and addresses, and as the programs of hosts write them.

mod record;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::clear::Clear;
use crate::named::Input;
use crate::stop::Stop;
pub(super) use record::Listed;

/// The largest list, in bytes.
const MOST: u64 = 1 << 30;

/// Reads a list in a file, or on standard input for `-`.
///
/// # Errors
/// Fails if it cannot be read, or a line or record names no repository.
pub(super) fn read(file: &Path) -> Result<Vec<Listed>, Stop> {
    let Input { name, bytes } =
        Input::read(file, MOST, "name a directory of clones, or a list", "")?;
    parse(&bytes).map_err(|why| {
        Stop::new(format!("{name}: {why}")).help("docs/fleet.md says which lists are read: `gh repo list --json …`, glab, Gitea, Azure, or a path or an address a line")
    })
}

/// Reads the bytes of a list.
///
/// # Errors
/// Says which line or record names no repository, or may be a credential. Its text is not told.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Listed>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{' | b'[') => records(bytes),
        _ => lines(bytes),
    }
}

/// What is said of what may be a credential.
const SECRET: &str = "it looks like a credential, and no repository is called so; it is not shown";

/// Reads a path or an address per line. Lines that begin with `#` are comments.
fn lines(bytes: &[u8]) -> Result<Vec<Listed>, String> {
    let mut clear = Clear::default();
    let mut listed: Vec<Listed> = Vec::new();
    for (line, number) in bytes.split(|b| *b == b'\n').zip(1..) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let text = std::str::from_utf8(line).ok();
        let url = text.filter(|text| record::is_url(text));
        let one = match url {
            Some(url) => Listed::of_url(url)
                .ok_or_else(|| format!("line {number}: an address that names no repository"))?,
            None => Listed {
                path: Some(path(line).ok_or_else(|| format!("line {number}: no path"))?),
                ..Listed::default()
            },
        };
        let is_gone = one.path.as_ref().is_some_and(|path| !path.exists());
        let shown = String::from_utf8_lossy(line);
        if is_secret(&mut clear, &one) || (is_gone && clear.may_be_secret(&shown)) {
            return Err(format!("line {number}: {SECRET}"));
        }
        listed.push(one);
    }
    Ok(listed)
}

/// Whether anything that is kept of a repository holds a credential.
fn is_secret(clear: &mut Clear, listed: &Listed) -> bool {
    let path = listed.path.as_ref().map(|path| path.to_string_lossy());
    [
        &*listed.name,
        &*listed.host,
        &*listed.url,
        &*path.unwrap_or_default(),
    ]
    .iter()
    .any(|text| !text.is_empty() && clear.is_secret(text))
}

fn path(line: &[u8]) -> Option<PathBuf> {
    (!line.contains(&0))
        .then(|| crate::blob::os_path(line))
        .flatten()
}

/// Reads JSON: one array, one object per line, or pages one after the other.
fn records(bytes: &[u8]) -> Result<Vec<Listed>, String> {
    let mut clear = Clear::default();
    let mut listed = Vec::new();
    for page in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let page = page.map_err(|e| match e.classify() {
            serde_json::error::Category::Eof => {
                format!("line {}: it ends in the middle: it is cut off", e.line())
            }
            _ => format!("line {}: not JSON", e.line()),
        })?;
        let page = match page {
            Value::Object(mut object) => {
                let mut keys = ["value", "values", "data"].into_iter();
                let list = keys.find(|key| object.get(*key).is_some_and(Value::is_array));
                let list = list.and_then(|key| object.remove(key));
                list.unwrap_or(Value::Object(object))
            }
            page => page,
        };
        let all = match page {
            Value::Array(all) => all,
            one => vec![one],
        };
        for record in all {
            let number = listed.len() + 1;
            let one = Listed::of_record(&record).ok_or_else(|| {
                format!("record {number} has no name and no address of a repository")
            })?;
            if is_secret(&mut clear, &one) {
                return Err(format!("record {number}: {SECRET}"));
            }
            listed.push(one);
        }
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let records = records(text.as_bytes()).expect("it is a list");
        records.into_iter().map(|listed| listed.name).collect()
    }

    #[test]
    fn pages_and_lines_are_read() {
        let one = r#"{"nameWithOwner":"a/b"}"#;
        assert_eq!(names(one), ["a/b"]);
        assert_eq!(names(&format!("{one}\n{one}\n")), ["a/b", "a/b"]);
        assert_eq!(names(&format!("[{one},{one}]")), ["a/b", "a/b"]);
        assert_eq!(names(&format!("[{one}][{one}]")), ["a/b", "a/b"]);
        assert_eq!(
            names(&format!("{{\"count\":1,\"value\":[{one}]}}")),
            ["a/b"]
        );
        assert_eq!(names("[]"), [""; 0]);
        for wrong in ["[{}]", "[1]", &one[..9], "{\"name\":5}"] {
            assert!(records(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_is_a_path_or_an_address() {
        let listed = lines(b"# all\n\n ./a \r\nhttps://h.example/o/r.git\n").expect("it is a list");
        assert_eq!(listed[0].path, Some("./a".into()));
        assert_eq!(listed[1].name, "o/r");
        assert!(lines(b"https://h.example/\n").is_err());
    }
}
