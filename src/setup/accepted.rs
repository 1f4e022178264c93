//! Reads what people accepted: the baseline and the ignore files, from the source that
//! `trust` selects.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clock::today;
use super::request::Request;
use super::settings::Settings;
use super::site::Site;
use super::trust::Revision;
use super::{gitleaks, policy};
use crate::blob::BlobPath;
use crate::scan::Engine;
use crate::secret::MASK;
use crate::stop::{Stop, describe};
use crate::suppress::baseline::Baseline;
use crate::suppress::ignores::Ignores;
use crate::suppress::{Gone, Policy, Trusted};

/// The file name of the baseline, at the top of a repository.
pub(crate) const BASELINE: &str = ".stopleak-baseline";
/// The file name of the ignore file, at the top of a repository.
pub(crate) const IGNORES: &str = ".stopleakignore";
/// The size limit of these files, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Adds the entries accepted at the site of `settings` to the engine's policy. Returns
/// warnings about lines that it ignores.
///
/// # Errors
/// Fails if a named file is missing or contains mistakes.
pub(super) fn apply(engine: &mut Engine, settings: &Settings) -> Result<Vec<String>, Stop> {
    let site = &settings.site;
    let policy = &mut engine.policy;
    if !settings.request.suppressions {
        policy.inline = false;
        return Ok(Vec::new());
    }
    policy.gone = gone(site);
    let mut warnings = Vec::new();
    let Some(revision) = site.trust.revision() else {
        read(policy, settings, &Files::Disk, &mut warnings)?;
        return Ok(warnings);
    };
    let mut asked = Policy {
        min_confidence: policy.min_confidence,
        inline: policy.inline,
        gone: policy.gone.clone(),
        ..Policy::default()
    };
    // The checkout's own files may be broken: they only show what the change asks for.
    let request = settings.request.as_checked_out();
    if let Ok(here) = Settings::load(request, site, &settings.environment) {
        let _ = read(&mut asked, &here, &Files::Disk, &mut warnings);
        if let Ok(said) = policy::policy(&here, engine.detector.rules()) {
            (asked.allow, asked.paths) = (said.allow, said.paths);
        }
    }
    policy.asked = Some(Box::new(asked));
    let files = Files::Tree {
        revision,
        own: site.bare().is_some(),
    };
    read(policy, settings, &files, &mut warnings)?;
    let revision = Arc::clone(revision);
    policy.trusted = Some(Trusted::new(move |path| revision.content(path)));
    Ok(warnings)
}

/// Where files are read from.
enum Files<'s> {
    Disk,
    Tree {
        revision: &'s Revision,
        /// Whether files of the disk come first: a push cannot bring those of a bare repository.
        own: bool,
    },
}

impl Files<'_> {
    /// Returns the text of a file, or None if the file is missing and `must` is false.
    fn text(&self, top: Option<&Path>, name: &Path, must: bool) -> Result<Option<String>, Stop> {
        let bad = |why: &str| Stop::new(format!("{}: {why}", name.display()));
        let bytes = match self {
            Files::Disk => match std::fs::metadata(name) {
                Err(e) if e.kind() == ErrorKind::NotFound && !must => return Ok(None),
                Err(e) => return Err(bad(&describe(&e))),
                Ok(meta) if !meta.is_file() => return Err(bad("not a regular file")),
                Ok(meta) if meta.len() > MAX_FILE => return Err(bad("too large")),
                Ok(_) => std::fs::read(name).map_err(|e| bad(&describe(&e)))?,
            },
            Files::Tree { own: true, .. } if name.is_file() => {
                return Files::Disk.text(top, name, must);
            }
            Files::Tree { revision, .. } => {
                let inside = top.and_then(|top| name.strip_prefix(top).ok());
                let inside = inside.unwrap_or(name);
                match revision.content(BlobPath::shown(inside).as_bytes()) {
                    Some(bytes) => bytes,
                    None => return Ok(None),
                }
            }
        };
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| bad("not UTF-8"))
    }
}

fn read(
    policy: &mut Policy,
    settings: &Settings,
    files: &Files<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), Stop> {
    let request = &settings.request;
    let top = settings.site.home();
    let top = top.as_deref();
    let mut theirs = None;
    let named = |given: &Option<PathBuf>, usual: &str| match given {
        Some(path) => Some((path.clone(), true)),
        None => Some((top?.join(usual), false)),
    };
    if let Some((name, must)) = named(&request.baseline, BASELINE)
        && let Some(text) = files.text(top, &name, must)?
    {
        if text.trim_start().starts_with('[') {
            theirs = Some((name, text));
        } else {
            let baseline = Baseline::parse(&text).map_err(|e| mistakes(&name, &e))?;
            policy.baseline = Some(baseline);
        }
    }
    if let Some((name, must)) = named(&request.ignore_file, IGNORES)
        && let Some(text) = files.text(top, &name, must)?
    {
        let ignores = Ignores::parse(&text, today()).map_err(|e| mistakes(&name, &e))?;
        policy.ignores = Some(ignores);
    }
    let mut ignored = Vec::new();
    for (name, must) in ignore_files(request, top, files) {
        if let Some(text) = files.text(top, &name, must)? {
            let shown = name.display().to_string();
            let (entries, bad) = gitleaks::ignore_entries(text.as_bytes(), &shown);
            ignored.extend(entries);
            warnings.extend(bad);
        }
    }
    let report = theirs.as_ref().map(|(_, text)| text.as_bytes());
    let suppressing =
        gitleaks::suppressing(settings.gitleaks.as_ref(), ignored, report).map_err(|why| {
            let name = theirs.as_ref().map(|(name, _)| name.display().to_string());
            Stop::new(format!("{}: {why}", name.unwrap_or_default()))
                .help("give the JSON report of `gitleaks … --report-format json`")
        })?;
    policy.gitleaks = suppressing.map(Arc::new);
    Ok(())
}

/// Returns gitleaks' ignore files, and whether each must exist: the requested one or the one
/// in the current directory, then the one at the top.
fn ignore_files(request: &Request, top: Option<&Path>, files: &Files<'_>) -> Vec<(PathBuf, bool)> {
    let usual = PathBuf::from(gitleaks::IGNORE);
    let (first, must) = match request.gitleaks_ignore.as_deref() {
        Some(path) if path.is_dir() => (path.join(&usual), false),
        Some(path) => (path.to_owned(), true),
        None => (usual, false),
    };
    let Some(second) = top.map(|top| top.join(gitleaks::IGNORE)) else {
        return vec![(first, must)];
    };
    let full = |path: &Path| std::path::absolute(path).ok();
    let same = full(&first) == full(&second);
    match files {
        // Paths in a revision are relative to the top.
        Files::Tree { .. } if !must => vec![(second, false)],
        _ if same => vec![(first, must)],
        _ => vec![(first, must), (second, false)],
    }
}

/// Joins all mistakes of a file into one error.
pub(crate) fn mistakes(name: &Path, errors: &[String]) -> Stop {
    let lines: Vec<String> = errors
        .iter()
        .map(|e| format!("{}:{e}", name.display()))
        .collect();
    Stop::new(lines.join("\n")).help("docs/suppression.md describes the format")
}

/// Returns a test for paths that no longer exist in the working tree or, in a bare
/// repository, at HEAD.
fn gone(site: &Site) -> Gone {
    if let Some(top) = site.top.clone() {
        return Gone::new(move |path| {
            if is_masked(path) {
                return false;
            }
            let Some(name) = crate::git::worktree::file_name(path) else {
                return false;
            };
            let found = std::fs::symlink_metadata(top.join(name));
            found.is_err_and(|e| e.kind() == ErrorKind::NotFound)
        });
    }
    match site.bare().map(Revision::at_head) {
        Some(Ok(Some(head))) => Gone::new(move |path| !is_masked(path) && head.lacks(path)),
        _ => Gone::default(),
    }
}

/// Whether a path is masked: it then stands for several paths, and which of them exist is
/// unknown.
fn is_masked(path: &[u8]) -> bool {
    memchr::memmem::find(path, MASK.as_bytes()).is_some()
}
