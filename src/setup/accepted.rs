//! Reads what people accepted: the baseline and the ignore files, from the source that
//! `trust` selects.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clock::today;
use super::files::Spot;
use super::settings::Settings;
use super::site::Site;
use super::trust::Revision;
use super::{gitleaks, policy};
use crate::scan::Engine;
use crate::secret::MASK;
use crate::stop::Stop;
use crate::suppress::baseline::Baseline;
use crate::suppress::ignores::Ignores;
use crate::suppress::{Gone, Policy, Trusted};

/// The file name of the baseline, at the top of a repository.
pub(crate) const BASELINE: &str = ".stopleak-baseline";
/// The file name of the ignore file, at the top of a repository.
pub(crate) const IGNORES: &str = ".stopleakignore";
/// The size limit of these files, in bytes.
pub(crate) const MAX_FILE: u64 = 64 << 20;

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
        read(policy, settings, &mut warnings)?;
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
        let _ = read(&mut asked, &here, &mut warnings);
        if let Ok(said) = policy::policy(&here, engine.detector.rules()) {
            (asked.allow, asked.paths) = (said.allow, said.paths);
        }
    }
    policy.asked = Some(Box::new(asked));
    read(policy, settings, &mut warnings)?;
    let revision = Arc::clone(revision);
    policy.trusted = Some(Trusted::new(move |path| revision.content(path)));
    Ok(warnings)
}

/// A file of accepted findings: one that the user names, or one with a fixed name at the
/// top of the site.
enum Listed {
    Named(PathBuf),
    AtTop(&'static str),
}

impl Listed {
    fn of(named: Option<&PathBuf>, usual: &'static str) -> Self {
        named.map_or(Self::AtTop(usual), |file| Self::Named(file.clone()))
    }

    /// Returns the name to show, and the text; None if the file is missing. A file that
    /// the user names must exist, unless it is the trusted revision that lacks it: then
    /// nothing is accepted yet.
    fn text(&self, site: &Site) -> Result<Option<(PathBuf, String)>, Stop> {
        let (name, content) = match self {
            Self::Named(file) => (file.clone(), site.named(file, MAX_FILE)),
            Self::AtTop(usual) => {
                let home = site.home().unwrap_or_default();
                (home.join(usual), site.at_top(usual, MAX_FILE))
            }
        };
        let bad = |why: &str| Stop::new(format!("{}: {why}", name.display()));
        let must = matches!(self, Self::Named(_)) && site.trust.revision().is_none();
        let Some(bytes) = content.map_err(|why| bad(&why))? else {
            return if must {
                Err(bad("no such file or directory"))
            } else {
                Ok(None)
            };
        };
        let text = String::from_utf8(bytes).map_err(|_| bad("not UTF-8"))?;
        Ok(Some((name, text)))
    }
}

fn read(policy: &mut Policy, settings: &Settings, warnings: &mut Vec<String>) -> Result<(), Stop> {
    let (request, site) = (&settings.request, &settings.site);
    let mut theirs = None;
    let listed = Listed::of(request.baseline.as_ref(), BASELINE);
    if request.baselines
        && let Some((name, text)) = listed.text(site)?
    {
        if text.trim_start().starts_with('[') {
            theirs = Some((name, text));
        } else {
            let baseline = Baseline::parse(&text).map_err(|e| mistakes(&name, &e))?;
            policy.baseline = Some(baseline);
        }
    }
    let listed = Listed::of(request.ignore_file.as_ref(), IGNORES);
    if let Some((name, text)) = listed.text(site)? {
        let ignores = Ignores::parse(&text, today()).map_err(|e| mistakes(&name, &e))?;
        policy.ignores = Some(ignores);
    }
    let mut ignored = Vec::new();
    let custom = settings.config.custom.iter().map(|at| at.value.id.as_ref());
    let theirs_too = settings.gitleaks.iter().flat_map(|config| &config.rules);
    let own: Vec<&str> = custom
        .chain(theirs_too.map(|rule| rule.id.as_str()))
        .collect();
    let own = request.rule_files.is_empty().then_some(own);
    for listed in ignore_files(settings) {
        if let Some((name, text)) = listed.text(site)? {
            let shown = name.display().to_string();
            let (entries, bad) = gitleaks::ignore_entries(text.as_bytes(), &shown, own.as_deref());
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

/// Returns the names and texts of all files of accepted findings.
///
/// # Errors
/// Fails like [`apply`].
pub(super) fn texts(settings: &Settings) -> Result<Vec<(PathBuf, String)>, Stop> {
    let (request, site) = (&settings.request, &settings.site);
    let mut listed = ignore_files(settings);
    listed.push(Listed::of(request.baseline.as_ref(), BASELINE));
    listed.push(Listed::of(request.ignore_file.as_ref(), IGNORES));
    let texts = listed.iter().map(|listed| listed.text(site));
    Ok(texts
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// Returns gitleaks' ignore files: the requested one or the one in the current directory,
/// then the one at the top.
fn ignore_files(settings: &Settings) -> Vec<Listed> {
    let site = &settings.site;
    let usual = PathBuf::from(gitleaks::IGNORE);
    let (first, must) = match settings.request.gitleaks_ignore.as_deref() {
        Some(path) if site.is_directory(path) => (path.join(&usual), false),
        Some(path) => (path.to_owned(), true),
        None => (usual, false),
    };
    let at_top = site
        .home()
        .is_some()
        .then_some(Listed::AtTop(gitleaks::IGNORE));
    let spot = site.spot(&first);
    let is_top = spot.is_ok_and(|spot| spot == Spot::Inside(gitleaks::IGNORE.to_owned()));
    if is_top && !must && at_top.is_some() {
        return Vec::from_iter(at_top);
    }
    let is_there = must || matches!(site.named(&first, MAX_FILE), Err(_) | Ok(Some(_)));
    let first = is_there.then_some(Listed::Named(first));
    first
        .into_iter()
        .chain(at_top.filter(|_| !(is_top && must)))
        .collect()
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
