//! What git ignores, while directories are walked.
//!
//! Each directory of a walk is a level, with the patterns of its `.gitignore` on top of
//! those of its parents. A repository below another starts anew: git applies none of the
//! outer patterns in it. What a repository tracks is not ignored, whatever a pattern says:
//! anything in a repository is public.
//!
//! Ignore files are untrusted, so they are opened like other files that may be devices, and
//! their size is limited. Where they cannot be obeyed, nothing is left out: more is scanned,
//! never less.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::file;
use crate::blob::{BlobPath, SourceError};
use crate::environment::Environment;
use crate::git::ignore::{Patterns, Scratch, Subject};
use crate::git::index::Entries;
use crate::git::{GitError, OpenOptions, Store, config, worktree};
use crate::stop::describe;

/// The maximum size in bytes of the patterns that apply in one directory, including those
/// of its parents.
pub(super) const MAX_PATTERNS: u64 = 256 << 10;
/// The maximum number of patterns that apply in one directory and are tried one by one,
/// because they have wildcards.
const MAX_TRIED: usize = 4096;

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// It is listed. A directory is walked in this mode.
    Listed(Mode),
    /// Git ignores it. Below a directory, what git tracks is listed all the same.
    Ignored {
        /// Whether anything below it is tracked.
        walked: bool,
    },
    /// It is in an ignored directory, which was counted.
    Passed,
}

/// How a directory is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing is ignored, except in repositories below.
    All,
    /// What the patterns ignore is left out.
    Obeying,
    /// Only what a repository tracks is listed.
    Tracked,
}

/// What a directory has that matters here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    /// A `.git`.
    pub git: bool,
    /// A regular file `.gitignore`.
    pub patterns: bool,
}

/// The repositories and patterns of the directories that a walk is in.
pub(super) struct Ignores<'e> {
    environment: &'e Environment,
    repos: Vec<Repo>,
    lists: Vec<List>,
    levels: Vec<Level>,
    scratch: Scratch,
    path: Vec<u8>,
}

struct Repo {
    /// How many bytes of a walked path do not belong to its path in this repository.
    cut: usize,
    /// What stands before the rest: the way from the top to the root of the walk.
    prefix: Vec<u8>,
    entries: Entries,
    fold: bool,
    /// The patterns of `info/exclude` and of `core.excludesFile`.
    own: [Patterns; 2],
    /// The number of lists that belong to outer repositories.
    outer_lists: usize,
}

struct List {
    /// The length of the directory's path, with a `/`.
    base: usize,
    patterns: Patterns,
}

#[derive(Clone, Copy)]
struct Level {
    mode: Mode,
    repos: usize,
    lists: usize,
    bytes: u64,
    tried: usize,
}

impl<'e> Ignores<'e> {
    /// Starts outside of every directory. The user's configuration of git is found by
    /// `environment`.
    pub(super) fn new(environment: &'e Environment) -> Self {
        Self {
            environment,
            repos: Vec::new(),
            lists: Vec::new(),
            levels: vec![Level {
                mode: Mode::All,
                repos: 0,
                lists: 0,
                bytes: 0,
                tried: 0,
            }],
            scratch: Scratch::default(),
            path: Vec::new(),
        }
    }

    /// Finds the repository around `root`, where a walk starts, and the patterns of its
    /// parents. The user named `root`, so it counts even if git ignores it; then all below
    /// is listed.
    ///
    /// # Errors
    /// Fails if the repository or its patterns cannot be read. Then all is listed.
    pub(super) fn start(&mut self, root: &Path) -> Result<Mode, SourceError> {
        let full = std::fs::canonicalize(root).map_err(|e| SourceError {
            path: BlobPath::shown(root),
            why: describe(&e),
        })?;
        let Some(top) = worktree::top_around(&full) else {
            return Ok(Mode::All);
        };
        if top == full && worktree::is_top(root) {
            return Ok(Mode::All);
        }
        let way = full.strip_prefix(&top).unwrap_or(Path::new(""));
        let mut prefix = BlobPath::shown(way).as_bytes().to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        self.levels.push(self.level());
        self.open(&top, root, prefix)?;
        let mut dir = top;
        let mut rel = Vec::new();
        for name in way {
            if dir
                .join(".gitignore")
                .symlink_metadata()
                .is_ok_and(|m| m.is_file())
            {
                self.read(&dir, rel.len())?;
            }
            dir.push(name);
            rel.extend_from_slice(name.as_encoded_bytes());
            let start = rel.len() - name.as_encoded_bytes().len();
            if self.verdict(&rel, start, true) {
                self.forget();
                return Ok(Mode::All);
            }
            rel.push(b'/');
        }
        Ok(Mode::Obeying)
    }

    /// Lists everything from here on, except in repositories below.
    pub(super) fn forget(&mut self) {
        let level = self.level();
        self.repos.truncate(level.repos.saturating_sub(1));
        self.lists.clear();
        if let Some(level) = self.levels.last_mut() {
            (level.mode, level.repos, level.lists) = (Mode::All, self.repos.len(), 0);
            (level.bytes, level.tried) = (0, 0);
        }
    }

    /// Enters a directory.
    ///
    /// # Errors
    /// Fails if its ignore files cannot be obeyed. It is entered all the same, and nothing
    /// is left out.
    pub(super) fn enter(
        &mut self,
        dir: &Path,
        shape: Shape,
        mode: Mode,
    ) -> Result<(), SourceError> {
        self.levels.push(Level {
            mode,
            ..self.level()
        });
        let entered = self.enter_level(dir, shape);
        if entered.is_err() {
            self.set(Mode::All);
        }
        entered
    }

    fn enter_level(&mut self, dir: &Path, shape: Shape) -> Result<(), SourceError> {
        if shape.git && self.level().mode != Mode::Tracked && worktree::is_top(dir) {
            self.open(dir, dir, Vec::new())?;
            self.set(Mode::Obeying);
        }
        if shape.patterns && self.level().mode == Mode::Obeying {
            let mut rel = self.path_in(self.repos.len() - 1, dir);
            if rel.last().is_some_and(|byte| *byte != b'/') {
                rel.push(b'/');
            }
            let base = rel.len();
            self.path = rel;
            self.read(dir, base)?;
        }
        Ok(())
    }

    /// Leaves the directory that was entered last.
    pub(super) fn leave(&mut self) {
        self.levels.pop();
        let level = self.level();
        self.repos.truncate(level.repos);
        self.lists.truncate(level.lists);
    }

    /// Whether the directory that was entered last is the top of a repository.
    pub(super) fn at_top(&self) -> bool {
        let [.., above, level] = &self.levels[..] else {
            return false;
        };
        level.repos > above.repos
    }

    /// Decides about an entry of the directory that was entered last.
    pub(super) fn judge(&mut self, path: &Path, name: &OsStr, is_dir: bool) -> Judged {
        let mode = self.level().mode;
        match mode {
            Mode::All => return Judged::Listed(mode),
            Mode::Obeying => {
                let here = self.repos.len() - 1;
                let rel = self.path_in(here, path);
                let start = rel.len() - name.len();
                let ignored = self.verdict(&rel, start, is_dir);
                self.path = rel;
                if !ignored {
                    return Judged::Listed(mode);
                }
            }
            Mode::Tracked => {}
        }
        let (mut tracked, mut walked) = (false, false);
        for repo in (0..self.repos.len()).rev() {
            let rel = self.path_in(repo, path);
            let entries = &self.repos[repo].entries;
            tracked = tracked || entries.has(&rel);
            walked = walked || (is_dir && entries.has_below(&rel));
            self.path = rel;
        }
        match mode {
            // A file, or a directory that is another repository.
            _ if tracked => Judged::Listed(Mode::All),
            Mode::Tracked if walked => Judged::Listed(Mode::Tracked),
            Mode::Tracked => Judged::Passed,
            _ => Judged::Ignored { walked },
        }
    }

    /// Returns the files below `dir` that a repository around it tracks, without listing it.
    pub(super) fn tracked_below(&mut self, dir: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for repo in 0..self.repos.len() {
            let mut rel = self.path_in(repo, dir);
            while rel.last() == Some(&b'/') {
                rel.pop();
            }
            let start = rel.len() + usize::from(!rel.is_empty());
            let files = self.repos[repo].entries.below(&rel);
            let names = files
                .iter()
                .filter_map(|file| worktree::file_name(&file[start..]));
            found.extend(names.map(|name| dir.join(name)));
            self.path = rel;
        }
        found
    }

    /// Whether the patterns ignore the path `rel` in the innermost repository. Its name
    /// starts at `start`.
    fn verdict(&mut self, rel: &[u8], start: usize, is_dir: bool) -> bool {
        let Some(repo) = self.repos.last() else {
            return false;
        };
        let mut subject = Subject {
            path: rel,
            name: &rel[start..],
            is_dir,
        };
        for list in self.lists[repo.outer_lists..].iter().rev() {
            subject.path = &rel[list.base..];
            if let Some(ignored) = list.patterns.verdict(subject, &mut self.scratch) {
                return ignored;
            }
        }
        subject.path = rel;
        for patterns in &repo.own {
            if let Some(ignored) = patterns.verdict(subject, &mut self.scratch) {
                return ignored;
            }
        }
        false
    }

    fn level(&self) -> Level {
        self.levels[self.levels.len() - 1]
    }

    fn set(&mut self, mode: Mode) {
        if let Some(level) = self.levels.last_mut() {
            level.mode = mode;
        }
    }

    /// Returns a walked path as the path in a repository; for its top, an empty one.
    fn path_in(&mut self, repo: usize, path: &Path) -> Vec<u8> {
        let mut rel = std::mem::take(&mut self.path);
        let repo = &self.repos[repo];
        rel.clear();
        rel.extend_from_slice(&repo.prefix);
        let bytes = path.as_os_str().as_encoded_bytes();
        rel.extend_from_slice(bytes.get(repo.cut..).unwrap_or_default());
        if cfg!(windows) {
            rel.iter_mut()
                .filter(|b| **b == b'\\')
                .for_each(|b| *b = b'/');
        }
        rel
    }

    /// Adds the repository at `top` to the level. The paths of the walk start with `root`,
    /// which is `prefix` in it.
    fn open(&mut self, top: &Path, root: &Path, prefix: Vec<u8>) -> Result<(), SourceError> {
        let failed = |error: GitError| SourceError {
            path: BlobPath::shown(root),
            why: format!("what git tracks here cannot be listed: {error}; --no-ignore scans all"),
        };
        let store = Store::open(top, &OpenOptions::default()).map_err(failed)?;
        let ignoring = config::ignoring(&store, top, self.environment);
        let entries = Entries::open(&store, ignoring.fold).map_err(failed)?;
        let own = contents(&store.common_dir().join("info/exclude"))?;
        // Without this list, more is scanned, so it is no error if it cannot be obeyed.
        let users = ignoring.excludes_file.and_then(|file| contents(&file).ok());
        let users = users.filter(|content| content.len() as u64 <= MAX_PATTERNS);
        let users = users.unwrap_or_default();
        let bytes = (own.len() + users.len()) as u64;
        let own = [own, users].map(|content| Patterns::parse(&content, ignoring.fold));
        let tried = own.iter().map(Patterns::tried).sum();
        let root_bytes = root.as_os_str().as_encoded_bytes();
        let ends = root_bytes
            .last()
            .is_some_and(|b| std::path::is_separator(char::from(*b)));
        self.repos.push(Repo {
            cut: root_bytes.len() + usize::from(!ends),
            prefix,
            entries,
            fold: ignoring.fold,
            own,
            outer_lists: self.lists.len(),
        });
        let repos = self.repos.len();
        if let Some(level) = self.levels.last_mut() {
            level.repos = repos;
            (level.bytes, level.tried) = (0, 0);
        }
        self.add(&top.join(".git/info/exclude"), bytes, tried)
    }

    /// Adds the `.gitignore` of `dir`, whose path in its repository has `base` bytes, to the
    /// level.
    fn read(&mut self, dir: &Path, base: usize) -> Result<(), SourceError> {
        let file = dir.join(".gitignore");
        let content = contents(&file)?;
        let fold = self.repos.last().is_some_and(|repo| repo.fold);
        let patterns = Patterns::parse(&content, fold);
        self.add(&file, content.len() as u64, patterns.tried())?;
        if !patterns.is_empty() {
            self.lists.push(List { base, patterns });
        }
        let lists = self.lists.len();
        if let Some(level) = self.levels.last_mut() {
            level.lists = lists;
        }
        Ok(())
    }

    /// Counts the patterns of `file` in the level.
    fn add(&mut self, file: &Path, bytes: u64, tried: usize) -> Result<(), SourceError> {
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        level.bytes += bytes;
        level.tried += tried;
        let what = if level.bytes > MAX_PATTERNS {
            format!("{} KiB of patterns", MAX_PATTERNS >> 10)
        } else if level.tried > MAX_TRIED {
            format!("{MAX_TRIED} patterns with wildcards")
        } else {
            return Ok(());
        };
        Err(SourceError {
            path: BlobPath::shown(file),
            why: format!("not obeyed: more than {what} hold here; nothing below was left out"),
        })
    }
}

/// Returns the content of an ignore file, or nothing if there is no regular file. One that
/// is too large is cut where that shows.
fn contents(file: &Path) -> Result<Vec<u8>, SourceError> {
    let mut content = Vec::new();
    let read = file::open(file).and_then(|(file, meta)| match meta.is_file() {
        true => file.take(MAX_PATTERNS + 1).read_to_end(&mut content),
        false => Ok(0),
    });
    match read {
        Ok(_) => Ok(content),
        Err(e) if is_absent(e.kind()) => Ok(Vec::new()),
        Err(e) => Err(SourceError {
            path: BlobPath::shown(file),
            why: format!("{}; nothing below was left out", describe(&e)),
        }),
    }
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}

/// Returns the canonical form of `dir`, kept in `known`.
pub(super) fn canonical<'k>(dir: &Path, known: &'k mut Option<PathBuf>) -> Option<&'k PathBuf> {
    if known.is_none() {
        *known = std::fs::canonicalize(dir).ok();
    }
    known.as_ref()
}
