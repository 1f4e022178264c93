//! The limits by severity and label, from options, the environment and the configuration.

use super::clock::now;
use super::settings::Settings;
use crate::config::Action;
use crate::rules::{Label, Severity};
use crate::stop::Stop;
use crate::suppress::limits::Limits;

/// Returns what is left out and what only warns, by severity and label.
pub(super) fn limits(settings: &Settings) -> Result<Limits, Stop> {
    let above = |severity: Severity| (severity > Severity::Low).then_some(severity);
    let mut actions: Vec<(Label, Action)> = Vec::new();
    for at in &settings.config.labels {
        actions.retain(|(label, _)| *label != at.value.0);
        actions.push(at.value);
    }
    Ok(Limits {
        least: above(settings.severity()?.value),
        fail_on: above(settings.fail_on()?.value),
        only: settings.request.labels,
        without: settings.request.no_labels,
        actions,
        now: now(),
    })
}
