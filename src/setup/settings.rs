//! What holds in a run, and since when: defaults, then the configuration file, then
//! the environment, then options. Every value remembers where it comes from.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::gitleaks;
use super::request::{Configuration, Request};
use super::site::Site;
use super::trust::disk;
use crate::blob::BlobPath;
use crate::config::{self, At, Config, ConfigError, Files, Found, Place};
use crate::environment::Environment;
use crate::globs::{PathSet, Scope};
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
pub enum Origin {
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
pub struct Effective<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
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

/// What was asked for, and the configuration that holds.
#[derive(Clone)]
pub struct Settings {
    /// What was asked for.
    pub request: Request,
    /// Where it holds, and whose files are believed there.
    pub(super) site: Site,
    /// What the configuration says; nothing when there is none.
    pub config: Config,
    /// The configuration's name and how it was found; None when there is none.
    pub found: Option<(String, Origin)>,
    /// A configuration of gitleaks, where there is one in place of ours.
    pub(super) gitleaks: Option<config::gitleaks::Config>,
    /// Notes for the summary.
    pub(super) notes: Vec<String>,
    /// Traps in gitleaks' configuration.
    pub(super) warnings: Vec<String>,
    environment: Environment,
}

/// Which file it is to be.
struct Chosen {
    /// Whether it is in gitleaks' form.
    gitleaks: bool,
    files: Arc<dyn Files>,
    path: String,
    origin: Origin,
}

impl Settings {
    /// Finds and reads the configuration that holds at `site`.
    ///
    /// # Errors
    /// When it cannot be read, or holds mistakes; all of them are named.
    pub fn load(request: Request, site: &Site, environment: &Environment) -> Result<Self, Stop> {
        let mut settings = Self {
            site: site.trusting(&request.policy_from)?,
            request,
            config: Config::default(),
            found: None,
            gitleaks: None,
            notes: Vec::new(),
            warnings: Vec::new(),
            environment: environment.clone(),
        };
        let site = &settings.site;
        let chosen = match &settings.request.configuration {
            Configuration::Off => return Ok(settings),
            Configuration::File(file) => Some(named(file, Origin::Option("--config"), site)?),
            Configuration::Found => find(site, environment)?,
        };
        let Some(chosen) = chosen else {
            if let Some(text) = gitleaks::text_of(environment)? {
                let nothing =
                    |path: &str| Err(format!("{path}: not read for a text in a variable"));
                let config = gitleaks::parse(&text, gitleaks::TEXT_VARIABLE, &nothing)?;
                settings.take_gitleaks(config);
            }
            if !settings.site.is_one() {
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
            settings.take_gitleaks(read_gitleaks(&chosen, &name)?);
        } else {
            settings.config = config::load(chosen.files.as_ref(), &chosen.path)
                .map_err(|errors| mistakes(&errors))?;
        }
        settings.notes.push(format!("configuration: {name}"));
        settings.found = Some((name, chosen.origin));
        Ok(settings)
    }

    fn take_gitleaks(&mut self, config: config::gitleaks::Config) {
        let warnings = config.warnings.iter();
        self.warnings.extend(warnings.map(ToString::to_string));
        self.gitleaks = Some(config);
    }

    /// Whether a run with these arguments reports by all rules what they are sure enough
    /// of: what it does not meet is not there.
    pub fn is_unnarrowed(&self) -> bool {
        let asked = self
            .confidence()
            .is_ok_and(|c| matches!(c.origin, Origin::Option(_) | Origin::Environment(_)));
        !asked && self.request.only.is_empty() && self.request.without.is_empty()
    }

    /// Whether a run with these arguments looks at all files below the top with all
    /// rules, so that an entry that it does not meet is of no use.
    pub fn sees_all(&self) -> bool {
        self.site.whole && self.is_unnarrowed()
    }

    /// The least confidence of what is reported.
    ///
    /// # Errors
    /// When the environment names no confidence.
    pub fn confidence(&self) -> Result<Effective<Confidence>, Stop> {
        let variable = self.environment.text(CONFIDENCE_VARIABLE);
        let variable = variable.map(|text| {
            let mut all = Confidence::ALL.iter().copied();
            all.find(|c| c.id() == text).ok_or_else(|| {
                let known: Vec<_> = Confidence::ALL.iter().map(|c| c.id()).collect();
                Stop::new(format!("unknown value `{text}` for {CONFIDENCE_VARIABLE}"))
                    .help(format!("one of: {}", known.join(", ")))
            })
        });
        Ok(effective(
            Confidence::Medium,
            self.config.confidence.as_ref(),
            variable.transpose()?.map(|c| (CONFIDENCE_VARIABLE, c)),
            self.request.confidence.map(|c| ("--confidence", c)),
        ))
    }

    /// The size in bytes beyond which files are left out.
    ///
    /// # Errors
    /// When the environment names no size.
    pub fn max_file_size(&self, option: Option<u64>) -> Result<Effective<u64>, Stop> {
        let variable = self.environment.text(SIZE_VARIABLE).map(|text| {
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
    pub fn follow(&self, option: bool) -> Effective<bool> {
        let option = option.then_some(("--follow", true));
        effective(false, self.config.scan.follow.as_ref(), None, option)
    }

    /// Whether what git ignores is scanned as well.
    pub fn no_ignore(&self, option: bool) -> Effective<bool> {
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
            map: self.site.map.clone(),
            exclude: set(&self.config.scan.exclude)?,
            include: set(&self.config.scan.include)?,
        })
    }
}

/// Mistakes as an error of the command.
pub(super) fn mistakes(errors: &[ConfigError]) -> Stop {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Stop::new(lines.join("\n"))
}

/// The configuration that the environment names, or that is found at the site.
fn find(site: &Site, environment: &Environment) -> Result<Option<Chosen>, Stop> {
    if let Some(file) = environment.get(CONFIG_VARIABLE) {
        return named(Path::new(file), Origin::Environment(CONFIG_VARIABLE), site).map(Some);
    }
    let Some(files) = site.files()? else {
        return Ok(None);
    };
    let (gitleaks, path) = match config::discover(files.as_ref()).map_err(|e| mistakes(&[e]))? {
        None => return environment_gitleaks(site, environment),
        Some(Found::Native(name)) => (false, name),
        Some(Found::Gitleaks(name)) => {
            let named = environment_gitleaks(site, environment)?;
            // The text in a variable goes before the file.
            if named.is_some() || gitleaks::text_of(environment)?.is_some() {
                return Ok(named);
            }
            (true, name)
        }
    };
    Ok(Some(Chosen {
        gitleaks,
        files,
        path: path.to_owned(),
        origin: Origin::Default,
    }))
}

/// The file that the user names: in its repository if it lies there, else by itself.
fn named(file: &Path, origin: Origin, site: &Site) -> Result<Chosen, Stop> {
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
    if let (Some(committed), Some(_)) = (site.trust.revision(), top) {
        let content = committed.read(&path).map_err(&wrong)?.unwrap_or_default();
        return Ok(Chosen {
            gitleaks: config::looks_like_gitleaks(&String::from_utf8_lossy(&content)),
            files: committed.clone(),
            path,
            origin,
        });
    }
    let files = disk(root);
    let gitleaks = matches!(files.read(&path), Ok(Some(content))
        if config::looks_like_gitleaks(&String::from_utf8_lossy(&content)));
    Ok(Chosen {
        gitleaks,
        files: Arc::new(files),
        path,
        origin,
    })
}

/// The configuration that gitleaks' own variable names.
fn environment_gitleaks(site: &Site, environment: &Environment) -> Result<Option<Chosen>, Stop> {
    let Some(file) = environment.get(gitleaks::FILE_VARIABLE) else {
        return Ok(None);
    };
    let chosen = named(
        Path::new(file),
        Origin::Environment(gitleaks::FILE_VARIABLE),
        site,
    )?;
    Ok(Some(Chosen {
        gitleaks: true,
        ..chosen
    }))
}

/// Reads a configuration of gitleaks. What it extends is looked for beside it, among
/// the same files.
fn read_gitleaks(chosen: &Chosen, name: &str) -> Result<config::gitleaks::Config, Stop> {
    let read = |path: &str| {
        let bytes = chosen.files.read(path)?.ok_or("no such file")?;
        String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())
    };
    let text = read(&chosen.path).map_err(|why| Stop::new(format!("{name}: {why}")))?;
    gitleaks::parse(&text, name, &read)
}
