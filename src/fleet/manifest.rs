//! The manifest: one JSON object per line, first what it is, then each repository.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::clear::Clear;
use super::{id, lines};
use crate::stop::{Stop, describe};

/// The version of the format.
const VERSION: u32 = 1;
/// The largest manifest, in bytes.
const MOST: u64 = 1 << 30;

/// A repository of a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    /// The name of its files: lower-case letters, digits, `-` and `_`.
    pub id: String,
    /// What reports call it. Each repository of a manifest has another name.
    pub name: String,
    /// Where its clone is, or should be: relative to [`Manifest::clones`], or absolute. None if
    /// nobody knows.
    pub path: Option<PathBuf>,
    /// Its address, without user and password; empty if unknown.
    pub url: String,
    /// The size of its objects in bytes; an estimate without a clone, 0 if unknown.
    pub bytes: u64,
    /// Whether there was a clone when the manifest was made.
    pub cloned: bool,
}

/// The repositories of a fleet, the largest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The directory that paths are relative to.
    pub clones: PathBuf,
    /// The repositories.
    pub repos: Vec<Repo>,
}

#[derive(Deserialize, Serialize)]
struct Head {
    stopleak_fleet: u32,
    version: String,
    clones: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    clones_bytes: Option<String>,
    repositories: usize,
}

#[derive(Deserialize, Serialize)]
struct Line {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    url: String,
    bytes: u64,
    cloned: bool,
}

impl Manifest {
    /// Returns its text.
    ///
    /// # Errors
    /// Fails if the text cannot be made.
    pub fn text(&self) -> Result<String, Stop> {
        let (clones, clones_bytes) = lines::written(&self.clones);
        let head = Head {
            stopleak_fleet: VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            clones,
            clones_bytes,
            repositories: self.repos.len(),
        };
        let failed = |e: serde_json::Error| Stop::new(format!("the manifest: {e}"));
        let mut text = serde_json::to_string(&head).map_err(failed)? + "\n";
        for repo in &self.repos {
            let (path, path_bytes) = repo.path.as_deref().map(lines::written).unzip();
            let line = Line {
                id: repo.id.clone(),
                name: repo.name.clone(),
                path,
                path_bytes: path_bytes.flatten(),
                url: repo.url.clone(),
                bytes: repo.bytes,
                cloned: repo.cloned,
            };
            text += &serde_json::to_string(&line).map_err(failed)?;
            text.push('\n');
        }
        Ok(text)
    }

    /// Reads the manifest in `file`.
    ///
    /// # Errors
    /// Fails if it is unreadable, damaged, cut off, or of another version.
    pub fn read(file: &Path) -> Result<Self, Stop> {
        let shown = file.display();
        let mut text = String::new();
        let opened = std::fs::File::open(file);
        let read = opened.and_then(|file| file.take(MOST + 1).read_to_string(&mut text));
        read.map_err(|e| {
            Stop::new(format!("{shown}: {}", describe(&e)))
                .help("name the manifest that `stopleak fleet plan` wrote")
        })?;
        if text.len() as u64 > MOST {
            return Err(Stop::new(format!(
                "{shown}: larger than {} MiB",
                MOST >> 20
            )));
        }
        Self::parse(&text).map_err(|(line, why)| {
            Stop::new(format!("{shown}:{line}: {why}"))
                .help("make the manifest anew with `stopleak fleet plan`")
        })
    }

    /// Parses the text of a manifest.
    ///
    /// # Errors
    /// Fails with the number of the line, and why.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut all = text.lines();
        let head: Head = serde_json::from_str(all.next().unwrap_or_default())
            .map_err(|_| (1, "not a manifest of `stopleak fleet plan`".to_owned()))?;
        if head.stopleak_fleet != VERSION {
            let version = head.stopleak_fleet;
            let why = format!("version {version} of the format; this program reads {VERSION}");
            return Err((1, why));
        }
        let clones = lines::read(&head.clones, head.clones_bytes.as_deref());
        let clones = clones.ok_or((1, "`clones` is no path".to_owned()))?;
        let (mut repos, mut ids, mut names) = (Vec::new(), HashSet::new(), HashSet::new());
        let mut clear = Clear::default();
        for (line, number) in all.zip(2..) {
            let wrong = |why: &str| (number, why.to_owned());
            let line: Line =
                serde_json::from_str(line).map_err(|_| wrong("not a repository of a manifest"))?;
            if !id::is_id(&line.id) {
                return Err(wrong(
                    "`id` may have lower-case letters, digits, `-` and `_`",
                ));
            }
            if !ids.insert(line.id.clone()) || !names.insert(line.name.clone()) {
                return Err(wrong("a second repository of this id or name"));
            }
            if line.name != id::name(&line.name) {
                return Err(wrong("`name` is no path below a directory"));
            }
            let kept = [
                &*line.id,
                &line.name,
                &line.url,
                line.path.as_deref().unwrap_or(""),
            ];
            if clear.is_secret(&kept.join("\n")) {
                return Err(wrong(
                    "what looks like a credential in a name, address or path",
                ));
            }
            let path = match &line.path {
                None => None,
                Some(path) => Some(
                    lines::read(path, line.path_bytes.as_deref())
                        .ok_or_else(|| wrong("`path` is no path here"))?,
                ),
            };
            repos.push(Repo {
                id: line.id,
                name: line.name,
                path,
                url: line.url,
                bytes: line.bytes,
                cloned: line.cloned,
            });
        }
        if repos.len() != head.repositories {
            let (here, said) = (repos.len(), head.repositories);
            return Err((1, format!("{here} repositories of {said}: it is cut off")));
        }
        Ok(Self { clones, repos })
    }

    /// Returns the repositories with these ids.
    ///
    /// # Errors
    /// Fails if there is none of an id.
    pub fn only(&self, ids: &[String]) -> Result<Vec<&Repo>, Stop> {
        let find = |id: &String| {
            let found = self.repos.iter().find(|repo| repo.id == *id);
            found.ok_or_else(|| {
                Stop::new(format!("no repository of the manifest has the id {id}"))
                    .help("an id is the first member of a line of the manifest")
            })
        };
        let mut found: Vec<&Repo> = ids.iter().map(find).collect::<Result<_, _>>()?;
        found.dedup();
        Ok(found)
    }

    /// Returns where the clone of a repository is. `clones` replaces the directory that the
    /// manifest names.
    pub fn place(&self, repo: &Repo, clones: Option<&Path>) -> Option<PathBuf> {
        Some(clones.unwrap_or(&self.clones).join(repo.path.as_ref()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let repo = |id: &str, path: Option<&str>| Repo {
            id: id.to_owned(),
            name: format!("acme/{id}"),
            path: path.map(PathBuf::from),
            url: String::new(),
            bytes: 7,
            cloned: path.is_some(),
        };
        Manifest {
            clones: "/srv/clones".into(),
            repos: vec![repo("a", Some("acme/a.git")), repo("b", None)],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let manifest = manifest();
        let text = manifest.text().expect("it has a text");
        assert_eq!(Manifest::parse(&text), Ok(manifest));
    }

    #[test]
    fn a_manifest_that_is_not_whole_is_refused() {
        let text = manifest().text().expect("it has a text");
        let lines: Vec<&str> = text.lines().collect();
        let cut = lines[..2].join("\n");
        for (text, word) in [
            (String::new(), "not a manifest"),
            (cut, "cut off"),
            (text.replace("\"id\":\"b\"", "\"id\":\"../b\""), "`id`"),
            (text.replace("\"id\":\"b\"", "\"id\":\"a\""), "second"),
            (text.replace("acme/b", "acme/../b"), "`name`"),
            (text.replace("fleet\":1", "fleet\":2"), "version 2"),
            (
                text.replace("\"bytes\":7", "\"bytes\":-7"),
                "not a repository",
            ),
        ] {
            let why = Manifest::parse(&text).expect_err("it is not whole").1;
            assert!(why.contains(word), "{why}");
        }
    }
}
