//! The hook file that `install` writes: a POSIX shell script, sealed by a hash. The hash
//! identifies the script in any version and shows that it is unedited. Pure.
//!
//! The script runs the previous hooks with the same arguments and input, then this program.
//! If the program is missing, the script stops git: a guard must not disappear silently.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::Stage;

/// The suffix that `install` gives an existing hook.
pub(super) const ASIDE: &str = ".before-stopleak";

/// The start of the second line; the hash of all following lines follows.
const SEAL: &[u8] = b"# stopleak-hook 1 sha256:";
const FIRST: &[u8] = b"#!/bin/sh\n";

/// The kind of a hook file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Written by `install`, of this or another version, and unedited.
    Ours,
    /// Written by `install` and edited since.
    Edited,
    /// Not written by `install`.
    Other,
}

/// Returns the script for a hook. With `global`, the script is outside of repositories and
/// also runs the repository's own hook, which git no longer runs.
pub(super) fn text(stage: Stage, program: &Path, global: bool) -> Vec<u8> {
    let name = stage.id();
    let mut body =
        b"# Written by `stopleak hook install`; `stopleak hook uninstall` removes it.\nprogram="
            .to_vec();
    body.extend_from_slice(&quoted(program.as_os_str().as_encoded_bytes()));
    let mut rest = format!(
        r#"
[ -x "$program" ] || program=$(command -v stopleak) || {{
    echo "stopleak: the program is missing, so nothing was scanned and {name} fails." >&2
    echo "  Install stopleak, or remove this hook: $0" >&2
    exit 2
}}
"#
    );
    let mut previous = format!("\"${{0%/*}}/{name}{ASIDE}\"");
    if global {
        rest.push_str("common=$(git rev-parse --git-common-dir) || exit 2\n");
        previous.push_str(&format!(" \"$common/hooks/{name}\""));
    }
    let (feed, exec) = if stage.has_input() {
        rest.push_str("input=$(cat; echo x)\ninput=${input%x}\n");
        ("printf '%s' \"$input\" | ", "")
    } else {
        ("", "exec ")
    };
    rest.push_str(&format!(
        r#"for previous in {previous}; do
    if [ -f "$previous" ] && [ -x "$previous" ]; then
        {feed}"$previous" "$@" || exit
    fi
done
{feed}{exec}"$program" hook run {name} -- "$@"
"#
    ));
    body.extend_from_slice(rest.as_bytes());
    [FIRST, SEAL, seal(&body).as_bytes(), b"\n", &body].concat()
}

/// Returns the kind of a hook file.
pub(super) fn kind(bytes: &[u8]) -> Kind {
    let Some(rest) = bytes.strip_prefix(FIRST).and_then(|b| b.strip_prefix(SEAL)) else {
        let marked = bytes.windows(SEAL.len()).any(|window| window == SEAL);
        return if marked { Kind::Edited } else { Kind::Other };
    };
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let body = rest.get(end + 1..).unwrap_or_default();
    if rest.get(..end) == Some(seal(body).as_bytes()) {
        Kind::Ours
    } else {
        Kind::Edited
    }
}

fn seal(body: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(body))
}

/// Quotes `bytes` as one shell word.
pub(super) fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for byte in bytes {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            // Windows' separators are escapes in other shells; its own accept either.
            b'\\' if cfg!(windows) => out.push(b'/'),
            _ => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_known_again_and_edits_show() {
        for stage in Stage::FILES {
            for global in [false, true] {
                let text = text(stage, Path::new("/opt/it's here/stopleak"), global);
                assert_eq!(kind(&text), Kind::Ours);
                for at in 0..text.len() {
                    let mut edited = text.clone();
                    edited[at] ^= 1;
                    assert_ne!(kind(&edited), Kind::Ours, "byte {at}");
                }
                assert_eq!(kind(&[&text[..], b"echo more\n"].concat()), Kind::Edited);
                assert_eq!(
                    kind(&[b"#!/bin/bash\n", &text[FIRST.len()..]].concat()),
                    Kind::Edited
                );
            }
        }
        assert_eq!(kind(b""), Kind::Other);
        assert_eq!(kind(b"#!/bin/sh\nexec stopleak staged\n"), Kind::Other);
    }

    #[test]
    fn only_hooks_with_input_read_it() {
        let of = |stage| String::from_utf8(text(stage, Path::new("/s"), false)).unwrap();
        assert!(of(Stage::PrePush).contains("| \"$program\" hook run pre-push -- \"$@\"\n"));
        assert!(
            of(Stage::PreCommit).contains("\nexec \"$program\" hook run pre-commit -- \"$@\"\n")
        );
        assert!(!of(Stage::PreCommit).contains("input"));
    }

    #[test]
    fn words_are_quoted() {
        assert_eq!(quoted(b"a b"), b"'a b'");
        assert_eq!(quoted(b"it's"), b"'it'\\''s'");
        assert_eq!(quoted(b"$(x)\n\"`"), b"'$(x)\n\"`'");
    }
}
