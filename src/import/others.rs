//! Imports detect-secrets' baseline, trufflehog's list of excluded paths and ggshield's
//! configuration.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;
use sha1::{Digest, Sha1};

use super::files::read_named;
use super::{Imported, glob};
use crate::blob::{Blob, BlobPath, Fresh};
use crate::detect::{Content, Detector, Scratch};
use crate::identity::IdentityKey;
use crate::stop::Stop;

/// The longest line to search, the most token edges in it, and the shortest part.
const MAX_LINE: usize = 2000;
const MAX_EDGES: usize = 200;
const SHORTEST: usize = 3;
/// The limit of parts to hash per file: a few seconds.
const MAX_HASHES: usize = 10_000_000;

/// Returns the ids of the secrets that built-in rules find on a line of a file: of `rules`
/// only, unless none of them is built in.
pub(super) fn secrets_on(
    path: &Path,
    line: u64,
    rules: &[String],
    key: &IdentityKey,
) -> Vec<String> {
    let Ok(bytes) = read_named(path) else {
        return Vec::new();
    };
    let detector = Detector::builtin();
    let blob_path = BlobPath::new(path.as_os_str().as_encoded_bytes());
    let blob = Blob {
        path: &blob_path,
        bytes: &bytes,
        fresh: Fresh::All,
    };
    let found = detector.detect(&blob, Content::Text, &mut Scratch::default());
    let there = found.iter().filter(|candidate| {
        let before = &bytes[..candidate.secret.start];
        let on = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
        let id = &detector.rules().get(candidate.rule).id;
        on == line && candidate.dismissed.is_none() && rules.iter().any(|rule| rule == id)
    });
    let mut ids: Vec<String> = there
        .map(|candidate| key.secret_id(&bytes[candidate.secret.clone()]).to_string())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

#[derive(Deserialize)]
struct Baseline {
    #[serde(default)]
    results: std::collections::BTreeMap<String, Vec<Result_>>,
    #[serde(default)]
    filters_used: Vec<Filter>,
}

#[derive(Deserialize)]
struct Result_ {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    hashed_secret: String,
    #[serde(default)]
    line_number: usize,
    #[serde(default)]
    is_secret: Option<bool>,
}

#[derive(Deserialize)]
struct Filter {
    path: String,
    #[serde(default)]
    pattern: Vec<String>,
}

/// Imports a baseline of detect-secrets. It contains SHA-1 hashes of values. Each value is
/// searched in its file, and what is found at its position is imported.
pub(super) fn detect_secrets(path: &Path, text: &str, imported: &mut Imported) -> Result<(), Stop> {
    let name = path.display();
    let baseline: Baseline = serde_json::from_str(text).map_err(|e| {
        Stop::new(format!("{name}: not a detect-secrets baseline: {e}"))
            .help("give the file that `detect-secrets scan` writes")
    })?;
    let key = imported.key.clone();
    let detector = Detector::builtin();
    let top = path.parent().unwrap_or(Path::new(""));
    for (file, results) in &baseline.results {
        let content = read_named(&top.join(file)).unwrap_or_default();
        let there = by_hash(&content, results);
        let found = found_in(&detector, file, &content);
        for result in results {
            let place = format!("{name}: {} in {file}:{}", result.kind, result.line_number);
            if result.is_secret == Some(true) {
                imported.leave(format!("{place}: audited as a real secret"));
                continue;
            }
            let Some(spans) = there.get(result.hashed_secret.as_str()) else {
                imported.leave(format!("{place}: the value is no longer in the file"));
                continue;
            };
            // The two scanners may find different parts of the line: a key's first line, for
            // example.
            let touches =
                |c: &&Range<usize>| spans.iter().any(|s| c.start < s.end && s.start < c.end);
            let mut ids: Vec<String> = found
                .iter()
                .filter(touches)
                .map(|span| key.secret_id(&content[span.clone()]).to_string())
                .collect();
            ids.sort();
            ids.dedup();
            if ids.is_empty() {
                imported.leave(format!("{place}: stopleak finds nothing there"));
                continue;
            }
            imported.allow(
                "accepted in the detect-secrets baseline",
                &[("paths", vec![format!("/{file}")]), ("secrets", ids)],
            );
        }
    }
    for filter in baseline.filters_used {
        let kind = filter.path.rsplit('.').next().unwrap_or_default();
        let reason = "excluded in detect-secrets";
        match kind {
            "should_exclude_file" => paths(&filter.pattern, reason, &name.to_string(), imported),
            "should_exclude_line" => imported.allow(reason, &[("lines", filter.pattern)]),
            "should_exclude_secret" => imported.allow(reason, &[("values", filter.pattern)]),
            _ => {}
        }
    }
    Ok(())
}

/// Returns the secrets that built-in rules find in a file.
fn found_in(detector: &Detector, file: &str, content: &[u8]) -> Vec<Range<usize>> {
    let path = BlobPath::from(file);
    let blob = Blob {
        path: &path,
        bytes: content,
        fresh: Fresh::All,
    };
    let found = detector.detect(&blob, Content::Text, &mut Scratch::default());
    let alive = found.into_iter().filter(|c| c.dismissed.is_none());
    alive.map(|c| c.secret).collect()
}

/// Returns the positions of the values with the wanted SHA-1 hashes, by hash. Searches their
/// lines, then everywhere: lines move.
fn by_hash<'r>(content: &[u8], results: &'r [Result_]) -> HashMap<&'r str, Vec<Range<usize>>> {
    let wanted: HashMap<[u8; 20], &str> = results
        .iter()
        .filter_map(|result| {
            let digest = HEXLOWER_PERMISSIVE.decode(result.hashed_secret.as_bytes());
            let digest: [u8; 20] = digest.ok()?.try_into().ok()?;
            Some((digest, result.hashed_secret.as_str()))
        })
        .collect();
    let mut found: HashMap<&str, Vec<Range<usize>>> = HashMap::new();
    let mut budget = MAX_HASHES;
    let mut start = 0;
    for line in content.split(|b| *b == b'\n') {
        for part in parts(line) {
            if budget == 0 {
                return found;
            }
            budget -= 1;
            let digest: [u8; 20] = Sha1::digest(&line[part.clone()]).into();
            if let Some(hash) = wanted.get(&digest) {
                let span = start + part.start..start + part.end;
                found.entry(hash).or_default().push(span);
            }
        }
        start += line.len() + 1;
    }
    found
}

/// Returns the parts of a line that start and end at token edges.
fn parts(line: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let line = &line[..line.len().min(MAX_LINE)];
    let token = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80;
    let edge = |at: usize| at == 0 || at == line.len() || !token(line[at - 1]) || !token(line[at]);
    let edges: Vec<usize> = (0..=line.len())
        .filter(|at| edge(*at))
        .take(MAX_EDGES)
        .collect();
    let pairs = (0..edges.len()).flat_map(move |from| {
        let edges = edges.clone();
        (from + 1..edges.len()).map(move |to| edges[from]..edges[to])
    });
    pairs.filter(|part| part.len() >= SHORTEST)
}

fn paths(patterns: &[String], reason: &str, name: &str, imported: &mut Imported) {
    let mut globs = Vec::new();
    for pattern in patterns {
        match glob::of_regex(pattern) {
            Some(glob) => globs.push(glob),
            None => imported.leave(format!("{name}: the path `{pattern}` is not a glob")),
        }
    }
    if !globs.is_empty() {
        imported.allow(reason, &[("paths", globs)]);
    }
}

/// Imports a file of `trufflehog --exclude-paths`: one regular expression per line.
pub(super) fn trufflehog(path: &Path, text: &str, imported: &mut Imported) {
    let lines = text.lines().map(str::trim);
    let patterns: Vec<String> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let name = path.display().to_string();
    paths(&patterns, "excluded in trufflehog", &name, imported);
}

/// Imports the plain parts of `.gitguardian.yaml`: ignored paths and matches.
pub(super) fn ggshield(path: &Path, text: &str, imported: &mut Imported) {
    let name = path.display().to_string();
    let key = imported.key.clone();
    let mut list = "";
    for line in text.lines() {
        let plain = line.trim();
        if plain.is_empty() || plain.starts_with('#') {
            continue;
        }
        let item = plain.strip_prefix("- ").map(str::trim);
        let (entry, value) = match (item, plain.split_once(':')) {
            (None, Some((entry, value))) => (entry.trim(), value),
            (Some(item), _) => match item.split_once(": ") {
                Some((entry, value)) => (entry.trim(), value),
                None => ("", item),
            },
            _ => continue,
        };
        let value = unquoted(value);
        match (entry, value) {
            ("ignored_paths" | "paths-ignore" | "ignored-paths", _) => list = "paths",
            ("ignored_matches" | "matches-ignore" | "ignored-matches", _) => list = "matches",
            ("ignored_detectors" | "ignored-detectors", _) => list = "detectors",
            ("", value) if list == "paths" => match crate::globs::check(value) {
                Ok(()) => {
                    imported.allow("ignored in ggshield", &[("paths", vec![value.to_owned()])]);
                }
                Err(why) => imported.leave(format!("{name}: the path `{value}`: {why}")),
            },
            ("" | "match", value) if list == "matches" => {
                if value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()) {
                    imported.leave(format!(
                        "{name}: the match {}…: only its hash is given",
                        &value[..8]
                    ));
                } else {
                    let id = key.secret_id(value.as_bytes()).to_string();
                    imported.allow("ignored in ggshield", &[("secrets", vec![id])]);
                }
            }
            ("", value) if list == "detectors" => imported.leave(format!(
                "{name}: the detector `{value}`: name rules of `stopleak rules list` in `disable`"
            )),
            ("name", _) => {}
            _ if item.is_none() => list = "",
            _ => {}
        }
    }
}

fn unquoted(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(inside) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.split(quote).next())
        {
            return inside;
        }
    }
    value.split(" #").next().unwrap_or(value).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_again_by_its_hash() {
        // SHA-1 of `abc`, from FIPS 180.
        let hash = "a9993e364706816aba3e25717850c26c9cd0d89d";
        let results = [Result_ {
            kind: String::new(),
            hashed_secret: hash.to_owned(),
            line_number: 1,
            is_secret: None,
        }];
        let places = by_hash(b"moved\nx = \"abc\"", &results);
        assert_eq!(places[hash].len(), 1);
        assert_eq!(places[hash][0], 11..14);
        assert!(by_hash(b"x = \"abd\"", &results).is_empty());
    }

    #[test]
    fn plain_parts_of_ggshields_configuration_are_read() {
        let text = "version: 2\nsecret:\n  ignored_paths:\n    - 'tests/**' # t\n    - doc\n  \
                    ignored_matches:\n    - name: x\n      match: plainvalue\n  show: true\n";
        let mut imported = Imported::default();
        ggshield(Path::new("x"), text, &mut imported);
        assert_eq!(imported.allow.len(), 3);
        assert_eq!(
            imported.allow[0]["paths"].as_array().unwrap()[0].as_str(),
            Some("tests/**")
        );
        assert!(imported.allow[2].contains_key("secrets"));
    }

    #[test]
    fn a_path_of_ggshield_that_is_no_glob_is_left() {
        let mut imported = Imported::default();
        let text = "secret:\n  ignored_paths:\n    - \"docs/**\"\n    - a[b\n";
        ggshield(Path::new("x"), text, &mut imported);
        assert_eq!((imported.allow.len(), imported.left.len()), (1, 1));
        assert!(imported.left[0].contains("`a[b`"), "{:?}", imported.left);
    }

    #[test]
    fn what_would_allow_everything_is_left() {
        let mut imported = Imported::default();
        let text = "secret:\n  ignored_paths:\n    - \"**\"\n    - docs\n";
        ggshield(Path::new("x"), text, &mut imported);
        trufflehog(Path::new("y"), "^[!.]*$\n", &mut imported);
        assert_eq!((imported.allow.len(), imported.left.len()), (1, 2));
        assert!(imported.left[0].contains("**: an [[allow]] entry that allows everything"));
    }
}
