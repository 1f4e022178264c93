//! Opens a repository and lists its object directories.
//!
//! Nothing that the repository configures is obeyed or run. System, user and included
//! configuration is not read, replacement references and grafts are ignored, and
//! environment variables count only if the caller passes them in [`OpenOptions`]. Nothing
//! is written.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gix::hash::{Kind as HashKind, oid};
use gix::{ObjectId, ThreadSafeRepository};

use super::checkout::{self, Checkout};
use super::error::{GitError, Problem};
use super::pack::Pack;
use super::plain;
use crate::environment::Environment;

/// Overrides of paths, as git's environment variables set them for hooks.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// `GIT_DIR`: the git directory itself; disables the search.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`: the top of the working tree, whatever the repository says.
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: replaces the repository's own index.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: the directory of new objects (a quarantine in
    /// pre-receive).
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`: additional object directories.
    pub alternates: Vec<PathBuf>,
    /// The total number of bytes that deltas may unpack to [default: 256 GiB, or 4,096
    /// times the size of the packs if that is more].
    pub max_unpacked: Option<u64>,
}

impl OpenOptions {
    /// Reads the five variables from an environment, and `GIT_QUARANTINE_PATH`: the
    /// directory in which git stores objects that are being pushed.
    pub fn from_environment(environment: &Environment) -> Self {
        let path = |name| environment.get(name).map(PathBuf::from);
        let alternates = environment
            .get("GIT_ALTERNATE_OBJECT_DIRECTORIES")
            .map(|list| {
                std::env::split_paths(&list)
                    .filter(|p| !p.as_os_str().is_empty())
                    .collect()
            })
            .unwrap_or_default();
        Self {
            git_dir: path("GIT_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            index_file: path("GIT_INDEX_FILE"),
            object_directory: path("GIT_OBJECT_DIRECTORY").or_else(|| path("GIT_QUARANTINE_PATH")),
            alternates,
            max_unpacked: None,
        }
    }
}

/// Facts about the repository that a report must mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// A shallow repository: parents of some commits are missing by design.
    pub shallow: bool,
    /// A partial clone: some objects are missing by design.
    pub partial: bool,
    /// There are references in the reftable format.
    pub reftable: bool,
    /// The git directory belongs to another user.
    pub foreign_owner: bool,
    /// There is no working tree.
    pub bare: bool,
}

/// An opened repository.
pub struct Store {
    repo: ThreadSafeRepository,
    hash: HashKind,
    dirs: Vec<PathBuf>,
    facts: Facts,
    checkout: Checkout,
    index_path: PathBuf,
    packs: OnceLock<Packs>,
    max_unpacked: Option<u64>,
    /// The limit that deltas exceeded, if they did.
    over_allowance: OnceLock<u64>,
    problems: Vec<Problem>,
}

/// All packs that could be opened, largest first, and the problems with others.
pub(crate) struct Packs {
    /// The packs, largest `.pack` file first.
    pub packs: Vec<Pack>,
    /// The total size of their `.pack` files, in bytes.
    pub bytes: u64,
    /// Packs and directories that could not be read.
    pub problems: Vec<Problem>,
}

fn gix_options() -> gix::open::Options {
    gix::open::Options::isolated().config_overrides(["core.useReplaceRefs=false"])
}

impl Store {
    /// Opens the repository at `path`: a working tree, a `.git` file or a git directory.
    /// Fails if there is none; [`Store::discover`] also searches the parents.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, GitError> {
        let path = options.git_dir.as_deref().unwrap_or(path);
        // gix knows a git directory by its name; git calls it `.` for hooks on the receiving side.
        let full = path
            .file_name()
            .is_none()
            .then(|| std::fs::canonicalize(path).ok());
        let full = full.flatten();
        let path = full.as_deref().unwrap_or(path);
        plain::check(path, false)?;
        let repo = ThreadSafeRepository::open_opts(path, gix_options());
        Self::with(path, repo.map_err(|error| error.to_string()), options)
    }

    /// Opens the repository that contains `path`, searching its parents.
    pub fn discover(path: &Path, options: &OpenOptions) -> Result<Self, GitError> {
        if options.git_dir.is_some() {
            return Self::open(path, options);
        }
        plain::check(path, true)?;
        let trust = gix::sec::trust::Mapping {
            full: gix_options(),
            reduced: gix_options(),
        };
        let repo = ThreadSafeRepository::discover_opts(path, Default::default(), trust);
        Self::with(path, repo.map_err(|error| error.to_string()), options)
    }

    fn with(
        path: &Path,
        repo: Result<ThreadSafeRepository, String>,
        options: &OpenOptions,
    ) -> Result<Self, GitError> {
        let repo = repo.map_err(|why| GitError::Open {
            path: path.to_owned(),
            why,
        })?;
        let local = repo.to_thread_local();
        let checkout = match &options.work_tree {
            Some(top) if !top.is_dir() => {
                return Err(GitError::Open {
                    path: path.to_owned(),
                    why: format!("GIT_WORK_TREE: {}: not a directory", top.display()),
                });
            }
            Some(top) => Checkout {
                top: std::path::absolute(top).ok(),
                elsewhere: None,
            },
            None => {
                let is_named = options.git_dir.is_some();
                checkout::decide(local.git_dir(), local.workdir(), path, is_named)
            }
        };
        let common = local.common_dir().to_owned();
        let mut problems = Vec::new();
        let dirs = object_dirs(&common, options, &mut problems);
        let facts = Facts {
            shallow: std::fs::metadata(common.join("shallow")).is_ok_and(|file| file.len() > 0),
            partial: is_partial(&local, &dirs),
            reftable: is_reftable(&local),
            foreign_owner: local.git_dir_trust() != gix::sec::Trust::Full,
            bare: checkout.top.is_none(),
        };
        let index_path = options
            .index_file
            .clone()
            .unwrap_or_else(|| local.index_path());
        let hash = local.object_hash();
        Ok(Self {
            repo,
            hash,
            dirs,
            facts,
            checkout,
            index_path,
            packs: OnceLock::new(),
            max_unpacked: options.max_unpacked,
            over_allowance: OnceLock::new(),
            problems,
        })
    }

    /// Returns the git directory of this repository (the private one of a worktree).
    pub fn git_dir(&self) -> &Path {
        self.repo.refs.git_dir()
    }

    /// Returns the directory that all worktrees share. Without other worktrees, it is the
    /// git directory.
    pub(crate) fn common_dir(&self) -> PathBuf {
        self.repo.to_thread_local().common_dir().to_owned()
    }

    /// Returns the top directory of the working tree, if there is one: where the `.git` is
    /// that leads to this repository, or what `GIT_WORK_TREE` names.
    pub fn work_dir(&self) -> Option<&Path> {
        self.checkout.top.as_deref()
    }

    /// Returns the top directory of the working tree, to read or write files there.
    ///
    /// # Errors
    /// Fails if there is none, or if the repository names another directory: git would
    /// take that one.
    pub fn work_tree(&self) -> Result<&Path, GitError> {
        let path = || self.git_dir().to_owned();
        if let Some(named) = &self.checkout.elsewhere {
            return Err(GitError::Elsewhere {
                path: path(),
                named: named.clone(),
            });
        }
        self.work_dir()
            .ok_or_else(|| GitError::NoWorkTree { path: path() })
    }

    /// Returns the path of the index in use; the file may not exist.
    pub(crate) fn index_path(&self) -> &Path {
        &self.index_path
    }

    /// Returns the hash algorithm: SHA-1 or SHA-256.
    pub fn hash(&self) -> HashKind {
        self.hash
    }

    /// Returns the facts that a report must mention: shallow, partial, reftable, foreign
    /// owner.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Returns whether the repository's format says that references are in tables.
    pub(in crate::git) fn is_reftable_configured(&self) -> bool {
        is_reftable_configured(&self.repo.to_thread_local())
    }

    /// Returns problems from opening the repository: unreadable alternates.
    /// [`Packs::problems`] lists those of packs.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether the repository's own configuration has a remote of this name.
    pub(crate) fn is_remote(&self, name: &[u8]) -> bool {
        let repo = self.gix();
        let names = repo.remote_names();
        names
            .iter()
            .any(|remote| AsRef::<[u8]>::as_ref(remote) == name)
    }

    /// Returns the commits whose parents a shallow repository does not have, sorted.
    pub fn shallow_commits(&self) -> Vec<ObjectId> {
        let path = self.repo.to_thread_local().common_dir().join("shallow");
        let text = std::fs::read(path).unwrap_or_default();
        let lines = text.split(|byte| *byte == b'\n');
        let mut ids: Vec<_> = lines
            .filter_map(|line| ObjectId::from_hex(line).ok())
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Returns a gix handle for references, configuration and revisions; use one per
    /// thread.
    pub(in crate::git) fn gix(&self) -> gix::Repository {
        self.repo.to_thread_local()
    }

    /// Returns the packs of all object directories. They are listed and opened on first
    /// use.
    pub(crate) fn packs(&self) -> &Packs {
        self.packs.get_or_init(|| open_packs(&self.dirs, self.hash))
    }

    /// Returns [`OpenOptions::max_unpacked`].
    pub(crate) fn max_unpacked(&self) -> Option<u64> {
        self.max_unpacked
    }

    /// Records that deltas unpack to more than `limit` bytes.
    pub(in crate::git) fn note_over_allowance(&self, limit: u64) {
        let _ = self.over_allowance.set(limit);
    }

    /// Returns the limit in bytes that deltas exceeded, or None. If they exceeded it,
    /// some objects were not read.
    pub(crate) fn over_allowance(&self) -> Option<u64> {
        self.over_allowance.get().copied()
    }

    /// Returns the names of all loose objects, sorted, each once, and the problems found.
    pub(crate) fn loose(&self) -> (Vec<ObjectId>, Vec<Problem>) {
        let mut found = Vec::new();
        let mut problems = Vec::new();
        for dir in &self.dirs {
            for first in 0..=255u8 {
                let sub = dir.join(format!("{first:02x}"));
                list_loose(&sub, first, self.hash, &mut found, &mut problems);
            }
        }
        found.sort_unstable();
        found.dedup();
        (found, problems)
    }

    /// Returns the paths of `id` as a loose object, in order of precedence.
    pub(in crate::git) fn loose_paths(&self, id: &oid) -> impl Iterator<Item = PathBuf> + '_ {
        let hex = id.to_hex().to_string();
        self.dirs
            .iter()
            .map(move |dir| dir.join(&hex[..2]).join(&hex[2..]))
    }
}

/// Returns the primary object directory and all alternates, each once.
fn object_dirs(common: &Path, options: &OpenOptions, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let own = common.join("objects");
    let mut dirs = Vec::new();
    dirs.extend(options.object_directory.clone());
    // In a quarantine, git names the repository's own objects as an alternate. Listing
    // them always can only add objects.
    dirs.push(own);
    dirs.extend(options.alternates.iter().cloned());
    let cwd = std::env::current_dir().unwrap_or_default();
    for at in 0..dirs.len() {
        match gix::odb::alternate::resolve(dirs[at].clone(), &cwd) {
            Ok(more) => dirs.extend(more),
            Err(error) => problems.push(Problem {
                path: dirs[at].join("info").join("alternates"),
                what: error.to_string(),
            }),
        }
    }
    let mut seen = std::collections::HashSet::new();
    dirs.retain(|dir| match dir.canonicalize() {
        Ok(real) => seen.insert(real),
        Err(error) => {
            problems.push(Problem {
                path: dir.clone(),
                what: error.to_string(),
            });
            false
        }
    });
    dirs
}

fn is_partial(repo: &gix::Repository, dirs: &[PathBuf]) -> bool {
    let configured = repo
        .config_snapshot()
        .string("extensions.partialClone")
        .is_some();
    configured
        || dirs.iter().any(|dir| {
            std::fs::read_dir(dir.join("pack")).is_ok_and(|mut list| {
                list.any(|file| {
                    file.is_ok_and(|f| {
                        Path::new(&f.file_name()).extension() == Some("promisor".as_ref())
                    })
                })
            })
        })
}

fn is_reftable(repo: &gix::Repository) -> bool {
    is_reftable_configured(repo)
        || repo
            .common_dir()
            .join("reftable")
            .join("tables.list")
            .exists()
}

fn is_reftable_configured(repo: &gix::Repository) -> bool {
    let named = repo.config_snapshot().string("extensions.refStorage");
    named.is_some_and(|format| {
        format
            .to_string()
            .to_ascii_lowercase()
            .starts_with("reftable")
    })
}

fn open_packs(dirs: &[PathBuf], hash: HashKind) -> Packs {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for dir in dirs {
        let dir = dir.join("pack");
        let list = match std::fs::read_dir(&dir) {
            Ok(list) => list,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                problems.push(Problem {
                    path: dir,
                    what: error.to_string(),
                });
                continue;
            }
        };
        for file in list {
            let path = match file {
                Ok(file) => file.path(),
                Err(error) => {
                    problems.push(Problem {
                        path: dir.clone(),
                        what: error.to_string(),
                    });
                    break;
                }
            };
            if path.extension() != Some("pack".as_ref()) {
                continue;
            }
            let size = std::fs::metadata(&path).map_or(0, |file| file.len());
            let idx = path.with_extension("idx");
            match Pack::open(idx.clone(), hash.len_in_bytes()) {
                Ok(pack) => found.push((size, pack)),
                Err(error) => problems.push(Problem {
                    path: idx,
                    what: error.to_string(),
                }),
            }
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.path().cmp(b.1.path())));
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    Packs {
        bytes: found.iter().map(|(size, _)| size).sum(),
        packs: found.into_iter().map(|(_, pack)| pack).collect(),
        problems,
    }
}

fn list_loose(
    dir: &Path,
    first: u8,
    hash: HashKind,
    found: &mut Vec<ObjectId>,
    problems: &mut Vec<Problem>,
) {
    let list = match std::fs::read_dir(dir) {
        Ok(list) => list,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => {
            problems.push(Problem {
                path: dir.to_owned(),
                what: error.to_string(),
            });
            return;
        }
    };
    for file in list {
        let name = match file {
            Ok(file) => file.file_name(),
            Err(error) => {
                problems.push(Problem {
                    path: dir.to_owned(),
                    what: error.to_string(),
                });
                return;
            }
        };
        // Any other file there is a writer's temporary file.
        if let Some(rest) = name.to_str()
            && rest.len() + 2 == hash.len_in_hex()
            && let Ok(id) = ObjectId::from_hex(format!("{first:02x}{rest}").as_bytes())
        {
            found.push(id);
        }
    }
}
