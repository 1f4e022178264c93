//! Names that are safe: ids that become names of files, and names that become parts of paths.

use sha2::{Digest, Sha256};

/// The longest readable part of an id, in bytes.
const READABLE: usize = 40;

/// Returns the id of a repository: a readable part of its name, and a hash of `identity`, which
/// tells it from all others.
///
/// It consists of lower-case letters, digits, `-` and `_`, so it is the name of a file on every
/// system, leads nowhere else, and differs from all others on systems that ignore case.
pub(super) fn of(name: &str, identity: &[u8]) -> String {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(identity)[..8]);
    let mut readable = String::new();
    for c in name.chars() {
        let c = c.to_ascii_lowercase();
        match c.is_ascii_alphanumeric() || c == '_' {
            true => readable.push(c),
            false if readable.ends_with('-') || readable.is_empty() => {}
            false => readable.push('-'),
        }
        if readable.len() >= READABLE {
            break;
        }
    }
    match readable.trim_end_matches('-') {
        "" => format!("r-{hash}"),
        readable => format!("{readable}-{hash}"),
    }
}

/// Whether `id` has the form of an id. A manifest is a file that anybody may have written.
pub(super) fn is_id(id: &str) -> bool {
    let is_safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    !id.is_empty() && id.len() <= 80 && id.bytes().all(is_safe) && !id.starts_with('-')
}

/// Returns a name whose components are names: without `.`, `..`, empty ones and control
/// characters, so that it can stand before the paths of a report.
pub(super) fn name(name: &str) -> String {
    let parts = name.split(['/', '\\']).map(|part| {
        part.chars()
            .map(|c| if c.is_control() { '_' } else { c })
            .collect::<String>()
    });
    let kept: Vec<String> = parts
        .filter(|part| !matches!(part.as_str(), "" | "." | ".."))
        .collect();
    match kept.is_empty() {
        true => "repository".to_owned(),
        false => kept.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_names_of_files_whatever_the_name_is() {
        for name in [
            "../../etc/passwd",
            "C:\\x",
            "CON",
            "a\0b\nc",
            "ÄÖ",
            "",
            "-rf",
            ".git",
            &"x/".repeat(1000),
        ] {
            let id = of(name, name.as_bytes());
            assert!(is_id(&id), "{id}");
        }
        assert!(of("Acme/API", b"1").starts_with("acme-api-"));
        assert_ne!(of("Acme/API", b"1"), of("acme/api", b"2"));
        for id in ["", "..", "a/b", "A", "a.b", "-x", &"a".repeat(81)] {
            assert!(!is_id(id), "{id}");
        }
    }

    #[test]
    fn names_stay_below_where_they_stand() {
        assert_eq!(name("/a/../b//./c\n"), "a/b/c_");
        assert_eq!(name(".."), "repository");
        assert_eq!(name("acme/api"), "acme/api");
    }
}
