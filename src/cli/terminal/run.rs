//! One run: scans, reports, reviews the policy, and returns the exit code.

use std::cell::Cell;

use super::output::{Broken, Opened};
use super::progress::Line;
use super::{FAILED, warnings};
use crate::blob::SourceError;
use crate::finding::{Event, Outcome, Summary, Verdict};
use crate::scan::RunOptions;
use crate::setup::Setup;
use crate::stop::{Stop, counted};

/// How many findings a run reports. Some formats keep all of them in memory; SARIF takes
/// about 8 KB per finding.
const MOST: u64 = 100_000;

/// Counts the reported findings.
#[derive(Default)]
struct Told(Cell<u64>);

impl Told {
    /// Whether reports take `event`. Suppressed findings count only with `suppressed`.
    fn takes(&self, event: &Event, suppressed: bool) -> bool {
        let Event::Finding(finding) = event else {
            return true;
        };
        if !suppressed && matches!(finding.verdict, Verdict::Suppressed { .. }) {
            return true;
        }
        self.0.set(self.0.get() + 1);
        self.0.get() <= MOST
    }

    /// Returns the failure for findings beyond the limit.
    fn failure(&self) -> Option<SourceError> {
        let dropped = self.0.get().saturating_sub(MOST);
        (dropped > 0).then(|| SourceError {
            path: "report".into(),
            why: format!("more than {MOST} findings; {dropped} are not told: scan parts"),
        })
    }
}

/// Runs a scan, reports its findings, and returns the exit code.
pub(in crate::cli) fn report(
    setup: &Setup,
    outputs: Opened,
    scan: impl FnOnce(&RunOptions, &mut dyn FnMut(Event) -> bool) -> Result<Summary, Stop>,
) -> Result<u8, Stop> {
    warnings(&setup.warnings);
    let reporting = outputs.reporting();
    let (strict, exit_zero) = (reporting.strict, reporting.exit_zero);
    let suppressed = reporting.show_suppressed;
    let options = reporting.run_options();
    let line = outputs
        .shows_progress()
        .then(|| Line::start(options.progress.clone()));
    let mut reports = outputs.start(setup)?;
    let (mut broken, told) = (None, Told::default());
    let mut hand_on = |event: Event| {
        if !told.takes(&event, suppressed) {
            return true;
        }
        match reports.event(&event) {
            Ok(()) => true,
            Err(e) => {
                broken = Some(e);
                false
            }
        }
    };
    let mut summary = scan(&options, &mut hand_on)?;
    let failures = setup.review(&mut summary);
    for failure in told.failure().into_iter().chain(failures) {
        let event = Event::Failed(failure);
        summary.count(&event);
        hand_on(event);
    }
    if summary.asked > 0 {
        summary.notes.push(format!(
            "{} not applied: not in the trusted revision",
            counted(
                usize::try_from(summary.asked).unwrap_or(usize::MAX),
                "suppression"
            )
        ));
    }
    drop(line);
    setup.notes(&mut summary);
    let outcome = summary.outcome(strict);
    let finished = match broken {
        Some(broken) => Err(broken),
        None => reports.finish(&summary, outcome),
    };
    match finished {
        Ok(()) if outcome == Outcome::Findings && exit_zero => Ok(0),
        Ok(()) => Ok(outcome.code()),
        Err(Broken::Pipe) => Ok(FAILED),
        Err(Broken::Failed(stop)) => Err(stop),
    }
}
