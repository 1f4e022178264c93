//! The message that a commit is about to get: what is in the file that git passes to
//! commit-msg, without what git takes away before it records the message.
//!
//! Where it cannot be known what git takes away, the text stays and is judged.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use crate::blob::BlobPath;
use crate::environment::Environment;
use crate::git::Store;
use crate::git::config::{self, Cleaning};
use crate::source::text::TextSource;
use crate::stop::{Stop, describe};

/// The text of the line below which git records nothing, after the comment's start.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// What git takes for comments by `core.commentChar = auto`.
const AUTO: &[u8] = b"#;@!$%^&|:";

/// Reads the message in the file that the arguments of the hook name.
///
/// # Errors
/// Fails if there is not one argument, or if the file is unreadable or larger than
/// `max_bytes`.
pub(super) fn open<'s>(
    args: &[OsString],
    store: &'s Store,
    environment: &Environment,
    max_bytes: u64,
) -> Result<TextSource<'s>, Stop> {
    let [file] = args else {
        return Err(
            Stop::new("commit-msg: expected the name of one file with the message")
                .help("pass on git's argument: `stopleak hook run commit-msg -- \"$1\"`"),
        );
    };
    let path = Path::new(file);
    let raw = read(path, max_bytes)
        .map_err(|why| Stop::new(format!("commit-msg: cannot read {}: {why}", path.display())))?;
    // git says so where nobody edits the message.
    let edited = environment
        .var("GIT_EDITOR")
        .is_none_or(|editor| editor != ":");
    let mut cleaning = config::cleaning(store)?;
    if let Some(given) = environment.get("GIT_CONFIG_PARAMETERS") {
        override_by(&mut cleaning, given.as_encoded_bytes());
    }
    let text = recorded(&raw, edited, &cleaning);
    Ok(TextSource::new(store, BlobPath::shown(path), text))
}

fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| describe(&error);
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err("not a regular file".to_owned());
    }
    let mut raw = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    let read = file.take(max_bytes.saturating_add(1)).read_to_end(&mut raw);
    if read.map_err(failed)? as u64 > max_bytes {
        return Err(format!("it is larger than the limit ({max_bytes} bytes)"));
    }
    Ok(raw)
}

/// Applies the options `-c` of this run of git: pairs `'name'='value'`, quoted as for a
/// shell.
fn override_by(cleaning: &mut Cleaning, given: &[u8]) {
    for pair in pairs(given) {
        let equals = memchr::memchr(b'=', &pair).unwrap_or(pair.len());
        let value = pair.get(equals + 1..).unwrap_or_default().to_vec();
        match pair[..equals].to_ascii_lowercase().as_slice() {
            b"core.commentstring" | b"core.commentchar" => cleaning.comment = Some(value),
            b"commit.cleanup" => cleaning.mode = Some(value),
            _ => {}
        }
    }
}

/// Splits at spaces outside of quotes, and takes the quotes away.
fn pairs(given: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut quoted = false;
    let mut bytes = given.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\'' => quoted = !quoted,
            b' ' if !quoted => all.push(Vec::new()),
            b'\\' if !quoted => {
                if let (Some(pair), Some(byte)) = (all.last_mut(), bytes.next()) {
                    pair.push(*byte);
                }
            }
            _ => {
                if let Some(pair) = all.last_mut() {
                    pair.push(*byte);
                }
            }
        }
    }
    all
}

/// Returns the part of `raw` that git records, with empty lines for lines that it takes
/// away. `edited`: whether somebody edited the file.
fn recorded(raw: &[u8], edited: bool, cleaning: &Cleaning) -> Vec<u8> {
    let (cuts, strips) = match cleaning.mode.as_deref() {
        Some(b"verbatim" | b"whitespace") => (edited, false),
        Some(b"scissors") => (edited, false),
        Some(b"strip") => (edited, true),
        _ => (edited, edited),
    };
    let Some(comment) = comment(raw, cleaning) else {
        return raw.to_vec();
    };
    let end = if cuts { cut(raw, &comment) } else { raw.len() };
    let mut text = Vec::with_capacity(end);
    for line in raw[..end].split_inclusive(|byte| *byte == b'\n') {
        if strips && line.starts_with(&comment) {
            text.push(b'\n');
        } else {
            text.extend_from_slice(line);
        }
    }
    text
}

/// Returns how comments start. git writes some at the end of what is edited; if there are
/// none that start so, the configuration is not what git uses here.
fn comment(raw: &[u8], cleaning: &Cleaning) -> Option<Vec<u8>> {
    let lines = || raw.split(|byte| *byte == b'\n');
    let given = cleaning.comment.as_deref().unwrap_or(b"#");
    let ends_with_it = |comment: &[u8]| {
        let scissors = [comment, SCISSORS].concat();
        let edited = lines().take_while(|line| !line.starts_with(&scissors));
        let last = edited.filter(|line| !line.is_empty()).last();
        let is_cut = || lines().any(|line| line.starts_with(&scissors));
        last.is_some_and(|line| line.starts_with(comment)) || is_cut()
    };
    if given != b"auto" {
        return (!given.is_empty() && ends_with_it(given)).then(|| given.to_vec());
    }
    let mut all = AUTO.iter().map(|byte| vec![*byte]);
    all.find(|comment| ends_with_it(comment))
}

/// Returns where the part of `raw` ends that git records: at the line with the scissors,
/// if only comments and a diff, as git writes them, are below.
fn cut(raw: &[u8], comment: &[u8]) -> usize {
    let scissors = [comment, SCISSORS].concat();
    let mut at = 0;
    let mut lines = raw.split_inclusive(|byte| *byte == b'\n');
    for line in lines.by_ref() {
        if line.trim_ascii_end() == scissors {
            break;
        }
        at += line.len();
    }
    let first = lines.find(|line| !line.starts_with(comment) && !line.trim_ascii().is_empty());
    let by_git =
        first.is_none_or(|line| line.starts_with(b"diff --") || line.starts_with(b"Submodule "));
    if by_git { at } else { raw.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(raw: &str, edited: bool, comment: &str, mode: &str) -> String {
        let given = |text: &str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
        let cleaning = Cleaning {
            comment: given(comment),
            mode: given(mode),
        };
        String::from_utf8(recorded(raw.as_bytes(), edited, &cleaning)).unwrap()
    }

    #[test]
    fn comments_go_where_git_takes_them_away() {
        let raw = "one\n# two\n\nthree\n# git's\n";
        assert_eq!(told(raw, true, "", ""), "one\n\n\nthree\n\n");
        assert_eq!(told(raw, false, "", ""), raw);
        assert_eq!(told(raw, false, "", "strip"), "one\n\n\nthree\n\n");
        assert_eq!(told(raw, true, "", "whitespace"), raw);
        assert_eq!(told(raw, true, "", "verbatim"), raw);
        assert_eq!(told(raw, true, "", "scissors"), raw);
        // git's own lines start otherwise: this is not what git uses.
        assert_eq!(told(raw, true, ";", ""), raw);
        assert_eq!(told("# one\n; git's\n", true, ";", ""), "# one\n\n");
        assert_eq!(told("# one\n; git's\n", true, "", ""), "# one\n; git's\n");
        assert_eq!(told("# one\n; git's\n", true, "auto", ""), "# one\n\n");
        assert_eq!(told("one\n// two\n", true, "//", ""), "one\n\n");
        assert_eq!(told("", true, "", ""), "");
    }

    #[test]
    fn options_of_one_run_count() {
        let mut cleaning = Cleaning::default();
        override_by(
            &mut cleaning,
            b"'core.commentChar'=';' 'a.b'='it'\\''s' 'Commit.Cleanup=strip'",
        );
        assert_eq!(cleaning.comment.as_deref(), Some(&b";"[..]));
        assert_eq!(cleaning.mode.as_deref(), Some(&b"strip"[..]));
        override_by(&mut cleaning, b"' \\");
        assert_eq!(pairs(b"'it'\\''s'='a b'"), [b"it's=a b".to_vec()]);
    }

    #[test]
    fn what_is_below_the_scissors_goes_if_git_wrote_it() {
        let cut = "# ------------------------ >8 ------------------------\n";
        let git = format!("one\n# two\n{cut}# Do not modify\n# Everything\ndiff --git a b\n-k\n");
        assert_eq!(told(&git, true, "", ""), "one\n\n");
        assert_eq!(told(&git, true, "", "scissors"), "one\n# two\n");
        assert_eq!(told(&git, false, "", ""), git);
        let own = format!("one\n{cut}k = secret\n");
        assert!(told(&own, true, "", "").ends_with("k = secret\n"));
        assert_eq!(told(&format!("one\n{cut}"), true, "", ""), "one\n");
        let other = git.replace("# ", "; ");
        assert_eq!(told(&other, true, "", ""), other);
        assert_eq!(told(&other, true, ";", ""), "one\n\n");
    }
}
