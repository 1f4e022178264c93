//! From lists and directories to a manifest.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::clear::Clear;
use super::manifest::{Manifest, Repo};
use super::{clones, id, listing};
use crate::stop::{Stop, counted};

/// What to plan.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Directories of clones, clones, and lists; `-` is a list on standard input.
    pub sources: Vec<PathBuf>,
    /// The directory of the clones of what lists name.
    pub clones: Option<PathBuf>,
}

/// A manifest, and what has to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The manifest.
    pub manifest: Manifest,
    /// What could not be listed, and why: the manifest is not complete.
    pub failed: Vec<String>,
    /// Repositories that have no clone, by name, with where it was looked for.
    pub missing: Vec<String>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// Lists repositories. Uses no network: what has no clone is only named.
///
/// # Errors
/// Fails if a list cannot be read, or nothing is listed.
pub fn plan(options: &PlanOptions) -> Result<Plan, Stop> {
    let mut sources = options.sources.clone();
    if sources.is_empty() {
        sources.extend(options.clones.clone());
    }
    if sources.is_empty() {
        return Err(Stop::new("nothing says which repositories")
            .help("name a directory of clones, a clone, or a list"));
    }
    let top = match (&options.clones, &sources[..]) {
        (Some(clones), _) => clones.clone(),
        (None, [only]) if only.is_dir() && !clones::is_repository(only) => only.clone(),
        _ => PathBuf::from("."),
    };
    let top = std::fs::canonicalize(&top).map_err(|e| {
        let why = crate::stop::describe(&e);
        Stop::new(format!("{}: {why}", top.display())).help("name the directory of the clones")
    })?;
    let mut planning = Planning::new(top);
    for source in &sources {
        match source.is_dir() {
            true if clones::is_repository(source) => planning.clone(source, None),
            true => planning.directory(source),
            false => planning.list(source)?,
        }
    }
    planning.finish()
}

/// Repositories by what tells them apart, in the order in which they were listed.
struct Planning {
    top: PathBuf,
    /// The places of clones, canonical, to the repository.
    places: HashMap<PathBuf, usize>,
    /// Addresses and names of those without a clone.
    named: HashMap<String, usize>,
    found: Vec<Found>,
    failed: Vec<String>,
    links: u64,
    clear: Clear,
}

/// A repository before all are known.
struct Found {
    name: String,
    path: Option<PathBuf>,
    url: String,
    bytes: u64,
    cloned: bool,
}

impl Planning {
    fn new(top: PathBuf) -> Self {
        Self {
            top,
            places: HashMap::new(),
            named: HashMap::new(),
            found: Vec::new(),
            failed: Vec::new(),
            links: 0,
            clear: Clear::default(),
        }
    }

    /// Adds all clones below a directory.
    fn directory(&mut self, dir: &Path) {
        let below = clones::below(dir);
        let failed = below.failed.iter().map(|why| self.clear.masked(why));
        self.failed.extend(failed);
        self.links += below.links;
        for clone in below.clones {
            self.clone(&dir.join(clone), None);
        }
    }

    /// Adds a clone.
    fn clone(&mut self, path: &Path, listed: Option<&listing::Listed>) {
        let full = match std::fs::canonicalize(path) {
            Ok(full) => full,
            Err(error) => {
                let why = crate::stop::describe(&error);
                self.failed.push(format!("{}: {why}", path.display()));
                return;
            }
        };
        let relative = full.strip_prefix(&self.top).map(Path::to_owned);
        let place = match &relative {
            Ok(below) if below.as_os_str().is_empty() => PathBuf::from("."),
            Ok(below) => below.clone(),
            Err(_) => full.clone(),
        };
        let shown = place.to_string_lossy();
        if self.clear.is_secret(&shown) {
            let why =
                "it has what looks like a credential in its path; rename it, or scan it alone";
            let shown = self.clear.masked(&shown);
            self.failed.push(format!("{shown}: not listed: {why}"));
            return;
        }
        let (name, url) = match listed {
            Some(listed) if !listed.name.is_empty() => (listed.name.clone(), listed.url.clone()),
            listed => {
                let own = match place.as_os_str() == "." {
                    true => full.file_name().unwrap_or_default().to_string_lossy(),
                    false => place.to_string_lossy(),
                };
                let own = own.strip_suffix(".git").unwrap_or(&own).to_owned();
                (
                    own,
                    listed.map(|listed| listed.url.clone()).unwrap_or_default(),
                )
            }
        };
        let found = Found {
            name: id::name(&name),
            path: Some(place),
            url,
            bytes: clones::bytes(&full),
            cloned: true,
        };
        match self.places.get(&full) {
            // A list knows the name and the address.
            Some(known) if listed.is_some_and(|listed| !listed.name.is_empty()) => {
                self.found[*known] = found;
            }
            Some(_) => {}
            None => {
                self.places.insert(full, self.found.len());
                self.found.push(found);
            }
        }
    }

    /// Adds what a list names.
    fn list(&mut self, file: &Path) -> Result<(), Stop> {
        let all = listing::read(file)?;
        let mut last: BTreeMap<String, usize> = BTreeMap::new();
        for listed in &all {
            *last.entry(last_of(&listed.name)).or_default() += 1;
        }
        for listed in &all {
            let is_only = last.get(&last_of(&listed.name)) == Some(&1);
            let places = self.candidates(listed, is_only);
            if let Some(place) = places.iter().find(|place| clones::is_repository(place)) {
                self.clone(place, Some(listed));
                continue;
            }
            let name = match (&*listed.name, &listed.path) {
                ("", Some(path)) => id::name(&path.to_string_lossy()),
                (name, _) => id::name(name),
            };
            // Where its clone would be, if somebody makes it later.
            let place = places.into_iter().next();
            let path = place.map(|place| match place.strip_prefix(&self.top) {
                Ok(below) => below.to_owned(),
                Err(_) => place,
            });
            let key = match (&*listed.url, &path) {
                ("", path) => format!("{name} {path:?}"),
                (url, _) => url.to_ascii_lowercase(),
            };
            if self.named.contains_key(&key) {
                continue;
            }
            self.named.insert(key, self.found.len());
            self.found.push(Found {
                name,
                path,
                url: listed.url.clone(),
                bytes: listed.bytes,
                cloned: false,
            });
        }
        Ok(())
    }

    /// Returns where the clone of a repository may be. `is_only`: whether no other of the list has
    /// the same last name.
    fn candidates(&self, listed: &listing::Listed, is_only: bool) -> Vec<PathBuf> {
        if let Some(path) = &listed.path {
            let path = match path.is_absolute() || listed.name.is_empty() {
                // As the shell has it.
                true => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
                false => self.top.join(path),
            };
            return vec![path];
        }
        let parts: Vec<&str> = listed.name.split('/').collect();
        let is_plain =
            |part: &&str| !matches!(*part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
        if !parts.iter().all(is_plain) || !(is_plain(&&*listed.host) || listed.host.is_empty()) {
            return Vec::new();
        }
        let mut names = vec![listed.name.clone()];
        if !listed.host.is_empty() {
            names.push(format!("{}/{}", listed.host, listed.name));
        }
        if is_only {
            names.extend(parts.last().map(|last| (*last).to_owned()));
        }
        let mut places = Vec::new();
        for name in names {
            places.push(self.top.join(format!("{name}.git")));
            places.push(self.top.join(name));
        }
        places
    }

    /// Makes names and ids that are different from each other, and sorts.
    fn finish(self) -> Result<Plan, Stop> {
        if self.found.is_empty() && self.failed.is_empty() {
            return Err(Stop::new("no repository found")
                .help("name a directory of clones, a clone, or a list"));
        }
        let mut found = self.found;
        found.sort_by(|a, b| (&a.name, &a.path, &a.url).cmp(&(&b.name, &b.path, &b.url)));
        let mut repos = Vec::with_capacity(found.len());
        let (mut names, mut ids) = (HashSet::new(), HashSet::new());
        for mut found in found {
            let path = found
                .path
                .as_deref()
                .map(Path::as_os_str)
                .unwrap_or_default();
            let identity = [path.as_encoded_bytes(), b"\0", found.url.as_bytes()].concat();
            let id = id::of(&found.name, &identity);
            if !names.insert(found.name.clone()) {
                // Two hosts, or two clones of one repository.
                let hash = id.rsplit('-').next().unwrap_or_default();
                found.name = format!("{} ({hash})", found.name);
                names.insert(found.name.clone());
            }
            if !ids.insert(id.clone()) {
                return Err(Stop::new(format!("two repositories have the id {id}")));
            }
            repos.push(Repo {
                id,
                name: found.name,
                path: found.path,
                url: found.url,
                bytes: found.bytes,
                cloned: found.cloned,
            });
        }
        repos.sort_by(|a, b| (b.bytes, &a.name).cmp(&(a.bytes, &b.name)));
        let clones = self.top;
        let no_clone = repos.iter().filter(|repo| !repo.cloned);
        let missing = no_clone.map(|repo| {
            let looked = match &repo.path {
                Some(path) => format!("no clone at {}", clones.join(path).display()),
                None => "no clone, and no place for one".to_owned(),
            };
            match repo.url.as_str() {
                "" => format!("{}: {looked}", repo.name),
                url => format!("{}: {looked}; it is at {url}", repo.name),
            }
        });
        let mut missing: Vec<String> = missing.collect();
        missing.sort();
        let links = usize::try_from(self.links).unwrap_or(usize::MAX);
        let notes = (links > 0).then(|| {
            let links = counted(links, "symbolic link");
            format!("{links} to directories not followed; name the directories themselves")
        });
        Ok(Plan {
            manifest: Manifest { clones, repos },
            failed: self.failed,
            missing,
            notes: notes.into_iter().collect(),
        })
    }
}

/// Returns the last component of a name, without case.
fn last_of(name: &str) -> String {
    name.rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}
