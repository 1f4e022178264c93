//! Turns a request into an engine: reads the configuration, chooses the rules, and adds what
//! people accepted.
//!
//! [`Setup::new`] runs these steps in order: [`Site`] locates the policy's files, [`trust`]
//! decides whose files count, `settings` reads the configuration, `rules` and `policy` build
//! the engine, `accepted` adds the baseline and the ignore files. After a run,
//! [`Setup::review`] reports expired and unused entries.
//!
//! This module does not print and does not read environment variables; its caller does.

mod accepted;
pub(crate) mod clock;
mod digest;
mod files;
mod gitleaks;
mod judged;
mod limits;
mod narrowed;
mod overrule;
mod policy;
mod request;
mod review;
pub mod rule_files;
mod rules;
mod settings;
mod site;
pub(crate) mod standing;
pub mod trust;

use std::path::Path;
use std::sync::Arc;

use crate::environment::Environment;
use crate::finding::{Narrow, Narrowing, RuleCount, Summary};
use crate::git::Store;
use crate::identity::IdentityKey;
use crate::scan::Engine;
use crate::stop::Stop;

pub(crate) use accepted::{BASELINE, IGNORES, MAX_FILE, mistakes};
pub use judged::{Remembered, Remembering};
pub use request::{Asked, Configuration, Request};
pub use settings::{Effective, Origin, Settings};
pub use site::{Home, Site};

/// Everything that a scan of a site needs.
pub struct Setup {
    /// The effective settings, and where each value comes from.
    pub settings: Settings,
    /// The engine that judges content.
    pub engine: Box<Engine>,
    /// Warnings to print before the run, about pitfalls in gitleaks' files.
    pub warnings: Vec<String>,
    /// How many rules run, and what keeps something from being reported.
    narrowed: (RuleCount, Vec<Narrowing>),
}

impl Setup {
    /// Reads the configuration of `site` and what people accepted there.
    ///
    /// # Errors
    /// Fails if a named file is missing or contains mistakes, or if no rule is left to run.
    pub fn new(request: Request, site: &Site, environment: &Environment) -> Result<Self, Stop> {
        Self::with(Settings::load(request, site, environment)?)
    }

    /// Like [`Setup::new`], with settings that are already loaded.
    ///
    /// # Errors
    /// Fails like [`Setup::new`].
    pub fn with(settings: Settings) -> Result<Self, Stop> {
        let mut setup = Self::configured(settings)?;
        let warnings = accepted::apply(&mut setup.engine, &setup.settings)?;
        setup.warnings.extend(warnings);
        Ok(setup)
    }

    /// Builds the engine from the configuration alone, without the baseline and the ignore
    /// files.
    ///
    /// # Errors
    /// Fails if the configuration contains mistakes or leaves no rule to run.
    pub(crate) fn configured(mut settings: Settings) -> Result<Self, Stop> {
        let detector = rules::detector(&settings)?;
        let narrowed = narrowed::narrowed(&settings, detector.rules())?;
        // A detector is large: it is moved once, here, however often a setup is handed on.
        let engine = Box::new(Engine {
            policy: policy::policy(&settings, detector.rules())?,
            detector,
            key: IdentityKey::of(&settings.environment),
            base: settings.site.base(),
            keep_dismissed: settings.request.keep_dismissed,
        });
        Ok(Self {
            warnings: std::mem::take(&mut settings.warnings),
            settings,
            engine,
            narrowed,
        })
    }

    /// Returns a hash of the program and of everything that decides what is reported: rules,
    /// configuration, accepted findings, options. The same content gives the same report while the
    /// hash is the same.
    ///
    /// # Errors
    /// Fails if a file of the policy cannot be read any more.
    pub fn digest(&self) -> Result<String, Stop> {
        digest::of(&self.settings)
    }

    /// Whether every built-in rule runs as it is. Else, the detector does not recognise all that
    /// must be masked.
    pub fn runs_all_rules(&self) -> bool {
        let request = &self.settings.request;
        let (rules, narrowed) = &self.narrowed;
        let is_less = |what| matches!(what, Narrow::RulesOff | Narrow::RulesReplaced);
        request.only.is_empty()
            && request.without.is_empty()
            && rules.run >= rules.known
            && !narrowed.iter().any(|n| is_less(n.what))
    }

    /// Returns the text of a file that the user names, from where the trusted revision has it if
    /// it lies in the tree; None if it is missing.
    ///
    /// # Errors
    /// Fails if it is not a regular file, is larger than `most` bytes, unreadable or not UTF-8.
    pub fn named(&self, file: &Path, most: u64) -> Result<Option<String>, Stop> {
        let stop = |why: &str| Stop::new(format!("{}: {why}", file.display()));
        let content = self
            .settings
            .site
            .named(file, most)
            .map_err(|why| stop(&why))?;
        let text = content.map(String::from_utf8).transpose();
        text.map_err(|_| stop("not UTF-8"))
    }

    /// Returns the repository that the site reads, if it reads one.
    pub fn store(&self) -> Option<&Arc<Store>> {
        self.settings.site.store()
    }

    /// Whether what accepts findings comes from another revision than the one that is scanned.
    pub fn trusts_another_revision(&self) -> bool {
        self.settings.site.trust.revision().is_some()
    }

    /// Adds expired entries to the summary and, after a complete run, unused entries. With
    /// `--strict-ignores`, they are errors instead.
    pub fn review(&self, summary: &mut Summary) {
        review::accepted(&self.engine.policy, &self.settings, summary);
    }

    /// Adds notes about the configuration to the summary. Call it after all failures are
    /// counted.
    pub fn notes(&self, summary: &mut Summary) {
        review::gitleaks(&self.engine.policy, summary);
        review::configuration(&self.engine.policy, &self.settings, summary);
        let (rules, narrowed) = &self.narrowed;
        summary.notes.extend(narrowed::lines(*rules, narrowed));
        let limits = &self.engine.policy.limits;
        (summary.least, summary.fail_on) = (limits.least, limits.fail_on);
        summary.rules = Some(*rules);
        summary.narrowed.clone_from(narrowed);
    }
}
