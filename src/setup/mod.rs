//! From what a person asks for to what judges content: the configuration, the rules that
//! run, and what people accepted.
//!
//! [`Setup::new`] does all of it. It looks in one order: [`Site`] says where the policy's
//! files are, [`trust`] says whose files count, `settings` reads the configuration,
//! `rules` and `policy` turn it into an engine, `accepted` adds the baseline and ignore
//! files. After a run, [`Setup::review`] says which entries are expired or unused.
//!
//! This module prints nothing and reads no environment variable: both are the caller's.

mod accepted;
pub(crate) mod clock;
mod gitleaks;
mod policy;
mod request;
mod review;
pub(crate) mod rule_files;
mod rules;
mod settings;
mod site;
pub(crate) mod standing;
pub mod trust;

use crate::blob::SourceError;
use crate::environment::Environment;
use crate::finding::Summary;
use crate::identity::IdentityKey;
use crate::scan::Engine;
use crate::stop::Stop;

pub(crate) use accepted::{BASELINE, IGNORES, mistakes};
pub use request::{Configuration, Request};
pub use settings::{Effective, Origin, Settings};
pub use site::{Home, Site};

/// Everything that judges content at a site.
pub struct Setup {
    /// What holds, and where each value comes from.
    pub settings: Settings,
    /// What judges content.
    pub engine: Engine,
    /// What a person should know before the run: traps in gitleaks' files.
    pub warnings: Vec<String>,
}

impl Setup {
    /// Reads the configuration that counts at `site` and what people accepted there.
    ///
    /// # Errors
    /// When a file is named and not there, holds a mistake, or leaves no rule to run.
    pub fn new(request: Request, site: &Site, environment: &Environment) -> Result<Self, Stop> {
        Self::with(Settings::load(request, site, environment)?, environment)
    }

    /// The same with settings that were read before.
    ///
    /// # Errors
    /// As [`Setup::new`].
    pub fn with(settings: Settings, environment: &Environment) -> Result<Self, Stop> {
        let mut setup = Self::configured(settings, environment)?;
        let warnings = accepted::apply(&mut setup.engine, &setup.settings, environment)?;
        setup.warnings.extend(warnings);
        Ok(setup)
    }

    /// What judges by the configuration alone: nothing that people accepted in other files
    /// is read.
    ///
    /// # Errors
    /// When the configuration holds a mistake, or leaves no rule to run.
    pub fn configured(settings: Settings, environment: &Environment) -> Result<Self, Stop> {
        let detector = rules::detector(&settings)?;
        let engine = Engine {
            policy: policy::policy(&settings, detector.rules())?,
            detector,
            key: IdentityKey::of(environment),
            base: settings.site.base(),
            keep_dismissed: settings.request.keep_dismissed,
        };
        Ok(Self {
            warnings: settings.warnings.clone(),
            settings,
            engine,
        })
    }

    /// Adds to the summary of a run what became of the policy: entries that are expired
    /// and, when the run looked at everything, entries that accept nothing. Returns the
    /// failures that `--strict-ignores` makes of them.
    pub fn review(&self, summary: &mut Summary) -> Vec<SourceError> {
        review::accepted(&self.engine.policy, &self.settings, summary)
    }

    /// Adds the notes about the configuration, after all failures are counted.
    pub fn notes(&self, summary: &mut Summary) {
        review::gitleaks(&self.engine.policy, summary);
        review::configuration(&self.engine.policy, &self.settings, summary);
    }
}
