//! The effective settings: defaults, overridden by the configuration file, then the
//! environment, then options. Every value records its origin.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Spot;
use super::gitleaks;
use super::overrule;
use super::request::{Asked, Configuration, DEFAULT_CONFIDENCE, DEFAULT_SIZE, Request};
use super::site::{Site, disk};
use super::trust::Revision;
use crate::blob::BlobPath;
use crate::config::{self, At, Config, ConfigError, Files, Found, Place};
use crate::detect::{DECODE_DEPTH, DEEPEST_DECODE};
use crate::environment::Environment;
use crate::git::worktree::repository_of;
use crate::globs::{PathSet, Scope};
use crate::inside::Most;
use crate::rules::{Confidence, Severity};
use crate::stop::{Stop, counted, describe};

/// The variable that names the configuration file.
const CONFIG_VARIABLE: &str = "STOPLEAK_CONFIG";
/// The variable with the lowest confidence to report.
const CONFIDENCE_VARIABLE: &str = "STOPLEAK_CONFIDENCE";
/// The variable with the lowest severity to report.
const SEVERITY_VARIABLE: &str = "STOPLEAK_SEVERITY";
/// The variable with the lowest severity that fails a run.
const FAIL_ON_VARIABLE: &str = "STOPLEAK_FAIL_ON";
/// The variable with the size limit of files.
const SIZE_VARIABLE: &str = "STOPLEAK_MAX_FILE_SIZE";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The default; no source sets it.
    Default,
    /// A configuration file.
    File(Place),
    /// An environment variable.
    Environment(&'static str),
    /// A command-line option.
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

/// An effective value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

/// Picks the value with the highest precedence: option, environment, file, default.
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

/// The request, and the configuration that applies.
#[derive(Clone)]
pub struct Settings {
    /// The request.
    pub request: Request,
    /// The site, with the source of its policy.
    pub(super) site: Site,
    /// The configuration; empty without a file.
    pub config: Config,
    /// The configuration's name and how it was found, or None.
    pub found: Option<(String, Origin)>,
    /// gitleaks' configuration, if one replaces ours.
    pub(super) gitleaks: Option<config::gitleaks::Config>,
    /// Notes for the summary.
    pub(super) notes: Vec<String>,
    /// Warnings about pitfalls in gitleaks' configuration.
    pub(super) warnings: Vec<String>,
    /// The environment that overrides the configuration.
    pub(super) environment: Environment,
}

/// The configuration file to read.
struct Chosen {
    /// Whether it is in gitleaks' format.
    gitleaks: bool,
    files: Arc<dyn Files>,
    path: String,
    origin: Origin,
}

impl Settings {
    /// Finds and reads the configuration of `site`.
    ///
    /// # Errors
    /// Fails if it is unreadable or contains mistakes; the error lists all of them.
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
                let nothing = |path: &str| {
                    Err(format!(
                        "{path}: a configuration in a variable cannot extend a file"
                    ))
                };
                let config = gitleaks::parse(&text, gitleaks::TEXT_VARIABLE, &nothing)?;
                settings.take_gitleaks(config);
            }
            if !settings.site.is_one() {
                settings.notes.push(
                    "no configuration, baseline or ignore file applies: the paths are in \
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
        if !settings.request.suppressions {
            let count = overrule::own(&mut settings.config);
            if count > 0 {
                let count = counted(count, "entry");
                let note = format!("--no-suppressions overrules {count} of the configuration");
                settings.notes.push(note);
            }
        }
        settings.found = Some((name, chosen.origin));
        Ok(settings)
    }

    /// Returns the top of what is scanned, if there is one.
    pub fn tree(&self) -> Option<&Path> {
        self.site.top.as_deref()
    }

    fn take_gitleaks(&mut self, config: config::gitleaks::Config) {
        let warnings = config.warnings.iter();
        self.warnings.extend(warnings.map(ToString::to_string));
        let mut config = config;
        if !self.request.suppressions {
            overrule::gitleaks(&mut config);
        }
        self.gitleaks = Some(config);
    }

    /// Whether this run reports all rules at the default confidence. Only then is a finding
    /// that it does not report known to be absent.
    pub(crate) fn is_unnarrowed(&self) -> bool {
        let asked = self
            .confidence()
            .is_ok_and(|c| matches!(c.origin, Origin::Option(_) | Origin::Environment(_)));
        let request = &self.request;
        let filters = !request.labels.is_empty() || !request.no_labels.is_empty();
        let all_rules = request.only.is_empty() && request.without.is_empty();
        !asked && !filters && all_rules && request.exclude.is_empty()
    }

    /// Whether this run scans all files below the top with all rules. Only then is an entry
    /// without a match known to be unused.
    pub(crate) fn sees_all(&self) -> bool {
        self.site.whole && self.is_unnarrowed()
    }

    /// Returns the lowest confidence to report.
    ///
    /// # Errors
    /// Fails if the environment contains an invalid confidence.
    pub fn confidence(&self) -> Result<Effective<Confidence>, Stop> {
        let variable = self.environment.text(CONFIDENCE_VARIABLE);
        let variable = variable.map(|text| {
            Confidence::from_id(&text).ok_or_else(|| {
                let known: Vec<_> = Confidence::ALL.iter().map(|c| c.id()).collect();
                Stop::new(format!("unknown value `{text}` for {CONFIDENCE_VARIABLE}"))
                    .help(format!("one of: {}", known.join(", ")))
            })
        });
        Ok(effective(
            DEFAULT_CONFIDENCE,
            self.config.confidence.as_ref(),
            variable.transpose()?.map(|c| (CONFIDENCE_VARIABLE, c)),
            self.request.confidence.map(|c| ("--confidence", c)),
        ))
    }

    /// Returns the lowest severity to report, or that of all.
    ///
    /// # Errors
    /// Fails if the environment contains an invalid severity.
    pub fn severity(&self) -> Result<Effective<Severity>, Stop> {
        let option = self.request.severity.map(|s| ("--severity", s));
        self.level(SEVERITY_VARIABLE, self.config.severity.as_ref(), option)
    }

    /// Returns the lowest severity that fails the run, or that of all.
    ///
    /// # Errors
    /// Fails if the environment contains an invalid severity.
    pub fn fail_on(&self) -> Result<Effective<Severity>, Stop> {
        let option = self.request.fail_on.map(|s| ("--fail-on", s));
        self.level(FAIL_ON_VARIABLE, self.config.fail_on.as_ref(), option)
    }

    fn level(
        &self,
        variable: &'static str,
        file: Option<&At<Severity>>,
        option: Option<(&'static str, Severity)>,
    ) -> Result<Effective<Severity>, Stop> {
        let text = self.environment.text(variable);
        let value = text.map(|text| {
            Severity::from_id(&text).ok_or_else(|| {
                let known: Vec<_> = Severity::ALL.iter().map(|s| s.id()).collect();
                Stop::new(format!("unknown value `{text}` for {variable}"))
                    .help(format!("one of: {}", known.join(", ")))
            })
        });
        let value = value.transpose()?.map(|value| (variable, value));
        Ok(effective(Severity::Low, file, value, option))
    }

    /// Returns the environment that the settings were read from.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns the size in bytes above which files are skipped.
    ///
    /// # Errors
    /// Fails if the environment contains an invalid size.
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

    /// Returns how much is read of a file, and of what stands inside of it.
    ///
    /// # Errors
    /// Fails if the environment contains an invalid size.
    pub fn most(&self, asked: Asked) -> Result<Most, Stop> {
        let scan = &self.config.scan;
        let most = Most::of(self.max_file_size(asked.file)?.value);
        let value = |at: &Option<At<u64>>| at.as_ref().map(|at| at.value);
        let depth = asked
            .depth
            .map(u64::from)
            .or(value(&scan.max_archive_depth));
        let depth = depth.map(|depth| depth.try_into().unwrap_or(u32::MAX));
        Ok(Most {
            depth: depth.unwrap_or(most.depth).min(Most::DEEPEST),
            unpacked: asked.unpacked.or(value(&scan.max_archive_size)),
            ratio: asked
                .ratio
                .or(value(&scan.max_archive_ratio))
                .unwrap_or(most.ratio),
            ..most
        })
    }

    /// Returns how many encodings are looked through that lie inside each other.
    pub(super) fn decode_depth(&self) -> u8 {
        let configured = self.config.scan.max_decode_depth.as_ref();
        let asked = self.request.decode_depth.map(u64::from);
        let depth = asked.or(configured.map(|at| at.value));
        let depth = depth.map(|depth| u8::try_from(depth).unwrap_or(u8::MAX));
        depth.unwrap_or(DECODE_DEPTH).min(DEEPEST_DECODE)
    }

    /// Whether symbolic links are followed.
    pub fn follow(&self, option: bool) -> Effective<bool> {
        let option = option.then_some(("--follow", true));
        effective(false, self.config.scan.follow.as_ref(), None, option)
    }

    /// Whether symbolic links are followed, and the tree that they must not leave: only the
    /// command line follows a link out of a repository.
    pub fn links(&self, option: bool) -> (bool, Option<PathBuf>) {
        let follow = self.follow(option);
        let within = self.site.top.clone().filter(|_| !option);
        (follow.value, within)
    }

    /// Whether files that git ignores are scanned.
    pub fn no_ignore(&self, option: bool) -> Effective<bool> {
        let option = option.then_some(("--no-ignore", true));
        effective(false, self.config.scan.no_ignore.as_ref(), None, option)
    }

    /// Returns the part of the tree that the configuration and options select.
    pub(super) fn scope(&self) -> Result<Scope, Stop> {
        let scan = &self.config.scan;
        let configured = |globs: &'_ [At<String>]| -> Vec<String> {
            globs.iter().map(|at| at.value.clone()).collect()
        };
        let set = |globs: &[String]| {
            PathSet::new(globs.iter().map(|glob| (0, glob.as_str()))).map_err(Stop::new)
        };
        set(&self.request.exclude)
            .map_err(|stop| Stop::new(format!("--exclude: {}", stop.message)))?;
        let exclude = [configured(&scan.exclude), self.request.exclude.clone()].concat();
        Ok(Scope {
            map: self.site.map.clone(),
            exclude: set(&exclude)?,
            include: set(&configured(&scan.include))?,
        })
    }
}

/// Joins the mistakes into one error.
pub(super) fn mistakes(errors: &[ConfigError]) -> Stop {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Stop::new(lines.join("\n"))
}

/// Finds the configuration that the environment names or that is at the site.
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
            // The text in a variable takes precedence over the file.
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

/// Opens the file that the user names: within the repository if it is inside, else on its
/// own.
fn named(file: &Path, origin: Origin, site: &Site) -> Result<Chosen, Stop> {
    let wrong = |why: String| {
        Stop::new(format!("{}: {why}", file.display()))
            .help("name a readable configuration file, or omit it")
    };
    let spot = site.spot(file).map_err(wrong)?;
    if let (Spot::Inside(path), Some(committed)) = (&spot, site.trust.revision()) {
        match committed.real(path).map_err(wrong)? {
            Some((path, ..)) => return committed_at(committed, path, origin).map_err(wrong),
            None if site.bare().is_none() => return Err(site.lacking(file)),
            None => {}
        }
    }
    let full = std::fs::canonicalize(file).map_err(|e| wrong(describe(&e)))?;
    let top = site.top.as_ref().filter(|top| full.starts_with(top));
    if site.confined && top.is_none() && matches!(spot, Spot::Inside(_)) {
        return Err(wrong(
            "a symbolic link that leads out of the repository; not read".to_owned(),
        ));
    }
    let root = match (top, full.parent()) {
        (Some(top), _) => top.clone(),
        (None, Some(parent)) => parent.to_owned(),
        (None, None) => return Err(wrong("not a regular file".to_owned())),
    };
    let inside = full.strip_prefix(&root).unwrap_or(&full);
    let path = String::from_utf8(BlobPath::shown(inside).as_bytes().to_vec())
        .map_err(|_| wrong("its name is not UTF-8".to_owned()))?;
    if let (Some(committed), Some(_)) = (site.trust.revision(), top) {
        return committed_at(committed, path, origin).map_err(wrong);
    }
    let mut files = disk(root);
    // A file of one's own may extend others, but none that a change may bring.
    if let (Some(_), Some(top)) = (site.trust.revision(), &site.top) {
        let top = std::fs::canonicalize(top).unwrap_or_else(|_| top.clone());
        let own = repository_of(&top);
        files = files.except(move |path| {
            let is_own = |dir: &Path| dir.join(".git").exists() && repository_of(dir) == own;
            path.starts_with(&top) || (own.is_some() && path.ancestors().any(is_own))
        });
    }
    let gitleaks = matches!(files.read(&path), Ok(Some(content))
        if config::looks_like_gitleaks(&String::from_utf8_lossy(&content)));
    Ok(Chosen {
        gitleaks,
        files: Arc::new(files),
        path,
        origin,
    })
}

/// Opens a file of the trusted revision.
fn committed_at(committed: &Arc<Revision>, path: String, origin: Origin) -> Result<Chosen, String> {
    let content = committed.read(&path)?.unwrap_or_default();
    Ok(Chosen {
        gitleaks: config::looks_like_gitleaks(&String::from_utf8_lossy(&content)),
        files: committed.clone(),
        path,
        origin,
    })
}

/// Opens the configuration that gitleaks' own variable names.
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

/// Reads a gitleaks configuration. It extends files from the same directory and source.
fn read_gitleaks(chosen: &Chosen, name: &str) -> Result<config::gitleaks::Config, Stop> {
    let read = |path: &str| {
        let bytes = chosen.files.read(path)?.ok_or("no such file")?;
        String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())
    };
    let text = read(&chosen.path).map_err(|why| Stop::new(format!("{name}: {why}")))?;
    gitleaks::parse(&text, name, &read)
}
