//! What holds in a run, and since when: defaults, then the configuration file, then
//! the environment, then options. Every value remembers where it comes from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::args::{CommonArgs, ConfigArgs};
use super::gitleaks;
use super::site::{self, Site};
use crate::blob::{Base, BlobPath};
use crate::config::{self, At, Config, ConfigError, Files, Found, Place};
use crate::git::Store;
use crate::globs::{PathMap, PathSet, Scope};
use crate::rules::Confidence;
use crate::stop::Stop;
use crate::stop::describe;

/// Names the configuration file.
const CONFIG_VARIABLE: &str = "STOPLEAK_CONFIG";
/// The least confidence of what is reported.
const CONFIDENCE_VARIABLE: &str = "STOPLEAK_CONFIDENCE";
/// The size beyond which files are left out.
const SIZE_VARIABLE: &str = "STOPLEAK_MAX_FILE_SIZE";
/// That size when nothing is said.
const DEFAULT_SIZE: u64 = 4 << 30;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nothing was said.
    Default,
    /// A configuration file.
    File(Place),
    /// An environment variable.
    Environment(&'static str),
    /// An option of the command line.
    Option(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(place) => place.fmt(f),
            Origin::Environment(name) | Origin::Option(name) => f.write_str(name),
        }
    }
}

/// A value that holds, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effective<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// The last of what was said about a value, in ascending order of weight.
fn effective<T: Clone>(
    default: T,
    file: Option<&At<T>>,
    environment: Option<(&'static str, T)>,
    option: Option<(&'static str, T)>,
) -> Effective<T> {
    let (value, origin) = if let Some((name, value)) = option {
        (value, Origin::Option(name))
    } else if let Some((name, value)) = environment {
        (value, Origin::Environment(name))
    } else if let Some(at) = file {
        (at.value.clone(), Origin::File(at.place.clone()))
    } else {
        (default, Origin::Default)
    };
    Effective { value, origin }
}

/// A configuration and where it was found.
pub(super) struct Settings {
    /// What it says; nothing when there is none.
    pub(super) config: Config,
    /// How it was found; None when there is none.
    pub(super) found: Option<(String, Origin)>,
    /// How shown paths lie below the top.
    pub(super) map: PathMap,
    /// Where files that people accepted findings with are; None where there is no one
    /// such place.
    pub(super) home: Option<PathBuf>,
    /// What shown paths are relative to, and what identities take them relative to.
    pub(super) base: Option<Base>,
    /// Whether the paths that are scanned are all there are.
    pub(super) whole: bool,
    /// A configuration of gitleaks, where there is one in place of ours.
    pub(super) gitleaks: Option<config::gitleaks::Config>,
    /// Remarks for the summary.
    pub(super) notes: Vec<String>,
}

/// Which file it is to be.
struct Chosen<'s> {
    /// Whether it is in gitleaks' form.
    gitleaks: bool,
    files: Box<dyn Files + 's>,
    path: String,
    origin: Origin,
}

impl Settings {
    /// Finds and reads the configuration that holds at `site`.
    pub(super) fn load(args: &ConfigArgs, site: Site<'_>) -> Result<Self, Stop> {
        let mut settings = Self {
            config: Config::default(),
            found: None,
            map: site.map.clone(),
            home: site.home(),
            base: site.base(),
            whole: site.whole,
            gitleaks: None,
            notes: Vec::new(),
        };
        if args.no_config {
            return Ok(settings);
        }
        let Some(chosen) = choose(args, &site)? else {
            if let Some(text) = gitleaks::text_of_environment()? {
                let nothing =
                    |path: &str| Err(format!("{path}: not read for a text in a variable"));
                let config = gitleaks::parse(&text, gitleaks::TEXT_VARIABLE, &nothing)?;
                settings.gitleaks = Some(config);
            }
            if site.top.is_none() && site.bare.is_none() {
                settings.notes.push(
                    "no configuration, baseline or ignore file was taken: the paths lie in \
                     several repositories"
                        .to_owned(),
                );
            }
            return Ok(settings);
        };
        let name = chosen.files.name(&chosen.path);
        if chosen.gitleaks {
            settings.gitleaks = Some(read_gitleaks(&chosen, &name)?);
            settings.notes.push(format!("configuration: {name}"));
            settings.found = Some((name, chosen.origin));
            return Ok(settings);
        }
        settings.config = config::load(chosen.files.as_ref(), &chosen.path)
            .map_err(|errors| mistakes(&errors))?;
        settings.notes.push(format!("configuration: {name}"));
        settings.found = Some((name, chosen.origin));
        Ok(settings)
    }

    /// Finds and reads the configuration of a repository: in the revision that is
    /// trusted, where one is.
    pub(super) fn of_store(args: &CommonArgs, store: &Store) -> Result<Self, Stop> {
        let site = Site::of_store(store);
        let site = match &args.policy_from {
            Some(revision) => site.trusting(store, revision)?,
            None => site,
        };
        Self::load(&args.config, site)
    }

    /// Whether a run with these arguments reports by all rules what they are sure enough
    /// of: what it does not meet is not there.
    pub(super) fn is_unnarrowed(&self, args: &CommonArgs) -> bool {
        let confidence = self.confidence(args.confidence.as_deref());
        let asked = confidence
            .is_ok_and(|c| matches!(c.origin, Origin::Option(_) | Origin::Environment(_)));
        !asked && args.rule.is_empty() && args.disable_rule.is_empty()
    }

    /// Whether a run with these arguments looks at all files below the top with all
    /// rules, so that an entry that it does not meet is of no use.
    pub(super) fn sees_all(&self, args: &CommonArgs) -> bool {
        self.whole && self.is_unnarrowed(args)
    }

    /// The least confidence of what is reported.
    pub(super) fn confidence(&self, option: Option<&str>) -> Result<Effective<Confidence>, Stop> {
        let read = |name: &'static str, text: &str| {
            super::named(name, text, Confidence::ALL, Confidence::id).map(|value| (name, value))
        };
        let option = option.map(|text| read("--confidence", text)).transpose()?;
        let variable = variable(CONFIDENCE_VARIABLE);
        let variable = variable.map(|text| read(CONFIDENCE_VARIABLE, &text));
        Ok(effective(
            Confidence::Medium,
            self.config.confidence.as_ref(),
            variable.transpose()?,
            option,
        ))
    }

    /// The size in bytes beyond which files are left out.
    pub(super) fn max_file_size(&self, option: Option<u64>) -> Result<Effective<u64>, Stop> {
        let variable = variable(SIZE_VARIABLE).map(|text| {
            let size = config::size(&text);
            size.map(|size| (SIZE_VARIABLE, size))
                .map_err(|why| Stop::new(format!("{SIZE_VARIABLE}: {why}")))
        });
        Ok(effective(
            DEFAULT_SIZE,
            self.config.scan.max_file_size.as_ref(),
            variable.transpose()?,
            option.map(|size| ("--max-file-size", size)),
        ))
    }

    /// Whether symbolic links are read through.
    pub(super) fn follow(&self, option: bool) -> Effective<bool> {
        let option = option.then_some(("--follow", true));
        effective(false, self.config.scan.follow.as_ref(), None, option)
    }

    /// Whether what git ignores is scanned as well.
    pub(super) fn no_ignore(&self, option: bool) -> Effective<bool> {
        let option = option.then_some(("--no-ignore", true));
        effective(false, self.config.scan.no_ignore.as_ref(), None, option)
    }

    /// What of the tree the configuration takes.
    pub(super) fn scope(&self) -> Result<Scope, Stop> {
        let set = |globs: &[At<String>]| {
            PathSet::new(globs.iter().map(|at| (0, at.value.as_str()))).map_err(Stop::new)
        };
        let allow = self.config.allow.iter().map(|at| &at.value.paths);
        let marks = allow.chain(self.config.paths.iter().map(|at| &at.value.paths));
        let marks = (0..).zip(marks);
        let marks = marks.flat_map(|(n, globs)| globs.iter().map(move |g| (n, g.clone())));
        Ok(Scope {
            marks: marks.collect(),
            marked: OnceLock::new(),
            map: self.map.clone(),
            exclude: set(&self.config.scan.exclude)?,
            include: set(&self.config.scan.include)?,
        })
    }
}

fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

/// Mistakes as an error of the command.
pub(super) fn mistakes(errors: &[ConfigError]) -> Stop {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Stop::new(lines.join("\n"))
}

fn choose<'s>(args: &ConfigArgs, site: &'s Site<'_>) -> Result<Option<Chosen<'s>>, Stop> {
    if let Some(file) = &args.config {
        return named(file, Origin::Option("--config"), site).map(Some);
    }
    if let Some(file) = std::env::var_os(CONFIG_VARIABLE).filter(|file| !file.is_empty()) {
        let file = PathBuf::from(file);
        return named(&file, Origin::Environment(CONFIG_VARIABLE), site).map(Some);
    }
    let Some(files) = site.files()? else {
        return Ok(None);
    };
    match config::discover(files.as_ref()).map_err(|e| mistakes(&[e]))? {
        None => environment_gitleaks(site),
        Some(Found::Native(name)) => Ok(Some(Chosen {
            gitleaks: false,
            files,
            path: name.to_owned(),
            origin: Origin::Default,
        })),
        Some(Found::Gitleaks(name)) => match environment_gitleaks(site)? {
            Some(chosen) => Ok(Some(chosen)),
            // The text in a variable goes before the file.
            None if gitleaks::text_of_environment()?.is_some() => Ok(None),
            None => Ok(Some(Chosen {
                gitleaks: true,
                files,
                path: name.to_owned(),
                origin: Origin::Default,
            })),
        },
    }
}

/// The file that the user names: in its repository if it lies there, else by itself.
fn named<'s>(file: &Path, origin: Origin, site: &'s Site<'_>) -> Result<Chosen<'s>, Stop> {
    let wrong = |why: String| {
        Stop::new(format!("{}: {why}", file.display()))
            .help("name a readable configuration file, or leave it out")
    };
    let full = std::fs::canonicalize(file).map_err(|e| wrong(describe(&e)))?;
    let top = site.top.as_ref().filter(|top| full.starts_with(top));
    let root = match (top, full.parent()) {
        (Some(top), _) => top.clone(),
        (None, Some(parent)) => parent.to_owned(),
        (None, None) => return Err(wrong("not a regular file".to_owned())),
    };
    let inside = full.strip_prefix(&root).unwrap_or(&full);
    let path = String::from_utf8(BlobPath::shown(inside).as_bytes().to_vec())
        .map_err(|_| wrong("its name is not UTF-8".to_owned()))?;
    let files = site::disk(root);
    let trusted = site.committed()?;
    if let (Some(committed), Some(_)) = (trusted, top) {
        let content = committed.read(&path).map_err(&wrong)?.unwrap_or_default();
        return Ok(Chosen {
            gitleaks: config::looks_like_gitleaks(&String::from_utf8_lossy(&content)),
            files: Box::new(committed),
            path,
            origin,
        });
    }
    let gitleaks = matches!(files.read(&path), Ok(Some(content))
        if config::looks_like_gitleaks(&String::from_utf8_lossy(&content)));
    Ok(Chosen {
        gitleaks,
        files: Box::new(files),
        path,
        origin,
    })
}

/// The configuration that gitleaks' own variable names.
fn environment_gitleaks<'s>(site: &'s Site<'_>) -> Result<Option<Chosen<'s>>, Stop> {
    let file = std::env::var_os(gitleaks::FILE_VARIABLE).filter(|file| !file.is_empty());
    let Some(file) = file.map(PathBuf::from) else {
        return Ok(None);
    };
    let chosen = named(&file, Origin::Environment(gitleaks::FILE_VARIABLE), site)?;
    Ok(Some(Chosen {
        gitleaks: true,
        ..chosen
    }))
}

/// Reads a configuration of gitleaks. What it extends is looked for beside it, among
/// the same files.
fn read_gitleaks(chosen: &Chosen<'_>, name: &str) -> Result<config::gitleaks::Config, Stop> {
    let read = |path: &str| {
        let bytes = chosen.files.read(path)?.ok_or("no such file")?;
        String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())
    };
    let text = read(&chosen.path).map_err(|why| Stop::new(format!("{name}: {why}")))?;
    gitleaks::parse(&text, name, &read)
}
