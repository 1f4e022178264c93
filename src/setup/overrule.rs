//! `--no-suppressions`: what of a configuration is left when it may only add.

use super::request::{DEFAULT_CONFIDENCE, DEFAULT_SIZE};
use crate::config::gitleaks::{self, Builtin};
use crate::config::{Action, Config, Coverage, RuleChoice};
use crate::rules::builtin;

/// Removes what keeps something from being reported. Returns the number of entries.
pub(super) fn own(config: &mut Config) -> usize {
    let before = size(config);
    config.rules = RuleChoice::default();
    config.overrides.clear();
    config.allow.clear();
    config.paths.clear();
    config.scan.exclude.clear();
    config.scan.include.clear();
    config.custom.retain(|at| !is_builtin(&at.value.id));
    config.severity.take();
    config.fail_on.take();
    config.labels.retain(|at| at.value.1 == Action::Report);
    let lower = config.confidence.take();
    config.confidence = lower.filter(|at| at.value <= DEFAULT_CONFIDENCE);
    let larger = config.scan.max_file_size.take();
    config.scan.max_file_size = larger.filter(|at| at.value >= DEFAULT_SIZE);
    config.scan.max_archive_depth.take();
    config.scan.max_archive_ratio.take();
    config.scan.max_archive_size.take();
    config.scan.max_decode_depth.take();
    config.coverage = Coverage::default();
    before - size(config)
}

fn size(config: &Config) -> usize {
    let lists = [
        config.rules.only.len(),
        config.rules.disable.len(),
        config.overrides.len(),
        config.allow.len(),
        config.paths.len(),
        config.scan.exclude.len(),
        config.scan.include.len(),
        config.custom.len(),
        usize::from(config.confidence.is_some()),
        usize::from(config.severity.is_some()),
        usize::from(config.fail_on.is_some()),
        config.labels.len(),
        usize::from(config.scan.max_file_size.is_some()),
        usize::from(config.scan.max_archive_depth.is_some()),
        usize::from(config.scan.max_archive_ratio.is_some()),
        usize::from(config.scan.max_archive_size.is_some()),
        usize::from(config.scan.max_decode_depth.is_some()),
        usize::from(config.coverage.opaque.is_some()),
        usize::from(config.coverage.damaged.is_some()),
        config.coverage.accept.len(),
    ];
    lists.iter().sum()
}

/// Turns all built-in rules on, and keeps what a gitleaks configuration adds to them.
pub(super) fn gitleaks(config: &mut gitleaks::Config) {
    config.builtin = Builtin::Extended;
    config.disabled.clear();
    config.overrides.clear();
    config.allowlists.clear();
    config.rules.retain(|rule| !is_builtin(&rule.id));
    for rule in &mut config.rules {
        rule.allowlists.clear();
    }
}

fn is_builtin(id: &str) -> bool {
    builtin::rules().iter().any(|rule| rule.id == id)
}
