//! One run: scans, reports, reviews the policy, and returns the exit code.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use super::output::{Broken, Judged, Opened, Outputs};
use super::progress::Line;
use super::{FAILED, warnings};
use crate::blob::SourceError;
use crate::finding::{Event, Outcome, Summary, Verdict};
use crate::report::hold::Held;
use crate::report::mask::Needles;
use crate::rules::Ruleset;
use crate::scan::RunOptions;
use crate::setup::Setup;
use crate::stop::{Stop, counted};

/// How many findings a run reports. Some formats keep all of them in memory; SARIF takes
/// about 1.5 KB per finding.
const MOST: u64 = 100_000;

/// The remark about a run that found more than [`Known`](crate::report::Known) keeps exactly.
const MUCH: &str = "more was found than is kept to mask it exactly: text that is no secret may be \
                    masked as well";

/// Counts the reported findings.
#[derive(Default)]
struct Told {
    reported: Cell<u64>,
    /// Those that did not fit into memory.
    lost: Cell<u64>,
}

impl Told {
    /// Whether reports take `event`. Suppressed findings count only with `suppressed`.
    fn takes(&self, event: &Event, suppressed: bool) -> bool {
        let Event::Finding(finding) = event else {
            return true;
        };
        if !suppressed && matches!(finding.verdict, Verdict::Suppressed { .. }) {
            return true;
        }
        self.reported.set(self.reported.get() + 1);
        self.reported.get() <= MOST
    }

    /// Counts a finding that did not fit into memory.
    fn lose(&self, lost: bool) {
        self.lost.set(self.lost.get() + u64::from(lost));
    }

    /// Returns the failure for findings beyond the limit.
    fn failure(&self) -> Option<SourceError> {
        let reported = self.reported.get();
        let told = reported.min(MOST) - self.lost.get();
        let dropped = reported - told;
        (dropped > 0).then(|| SourceError {
            path: "report".into(),
            why: format!("more than {told} findings; {dropped} are not told: scan parts"),
        })
    }
}

/// Runs a scan, reports its findings, and returns the exit code.
pub(in crate::cli) fn report(
    setup: &Setup,
    outputs: Opened,
    scan: impl FnOnce(&RunOptions, &mut dyn FnMut(Event) -> bool) -> Result<Summary, Stop>,
) -> Result<u8, Stop> {
    let reporting = outputs.reporting();
    if !reporting.is_silent() {
        warnings(&setup.warnings);
    }
    let (strict, exit_zero) = (reporting.strict, reporting.exit_zero);
    let suppressed = reporting.show_suppressed;
    let options = reporting.run_options();
    let shown = outputs.shows_progress();
    options.progress.shown.store(shown, Ordering::Relaxed);
    let line = shown.then(|| Line::start(options.progress.clone()));
    let mut reports = outputs.start(&Judged::by(setup))?;
    // Only when all is read is it known what has to be masked.
    let mut held = reports.masks().then(Held::new);
    if held.is_none() {
        reports.expect(None);
    }
    let (mut broken, told) = (None, Told::default());
    let mut hand_on = |reports: &mut Outputs<'_>, event: Event| match reports.event(event) {
        Ok(()) => true,
        Err(e) => {
            broken = Some(e);
            false
        }
    };
    let scanned = scan(&options, &mut |event: Event| {
        if !told.takes(&event, suppressed) {
            return true;
        }
        match &mut held {
            Some(held) => {
                told.lose(!held.push(event));
                true
            }
            None => hand_on(&mut reports, event),
        }
    });
    drop(line);
    reports.know(options.known.needles());
    reports.announce();
    let mut summary = scanned.map_err(|stop| reports.stopped(stop))?;
    if let Some(held) = &held {
        reports.expect(Some(held.findings(suppressed)));
    }
    let mut held = held.unwrap_or_default();
    let go_on = held.take().all(|event| hand_on(&mut reports, event));
    setup.review(&mut summary);
    if let Some(failure) = told.failure() {
        let event = Event::Failed(failure);
        summary.count(&event);
        let _ = go_on && hand_on(&mut reports, event);
    }
    summary.notes.extend(held.remarks());
    if options.known.is_full() {
        summary.notes.push(MUCH.to_owned());
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
    setup.notes(&mut summary);
    let outcome = summary.outcome(strict);
    let finished = match broken {
        Some(broken) => Err(broken),
        None => reports.finish(&summary, outcome),
    };
    ended(finished, outcome, exit_zero)
}

/// Returns the exit code of a run that ended so.
fn ended(finished: Result<(), Broken>, outcome: Outcome, exit_zero: bool) -> Result<u8, Stop> {
    match finished {
        Ok(()) if outcome == Outcome::Findings && exit_zero => Ok(0),
        Ok(()) => Ok(outcome.code()),
        Err(Broken::Pipe) => Ok(FAILED),
        Err(Broken::Failed(stop)) => Err(stop),
    }
}

/// Reports what was found before, and returns the exit code of the run that found it. `known` is
/// what must be masked in all of it.
pub(in crate::cli) fn replay(
    rules: &Ruleset,
    known: Needles,
    outputs: Opened,
    events: Vec<Event>,
    summary: &Summary,
) -> Result<u8, Stop> {
    let (strict, exit_zero) = {
        let reporting = outputs.reporting();
        (reporting.strict, reporting.exit_zero)
    };
    let judged = Judged {
        rules,
        detector: None,
        base: None,
        trusts: false,
        sort: None,
        group: None,
        store: None,
    };
    let mut reports = outputs.start(&judged)?;
    reports.know(known);
    let is_finding = |event: &&Event| matches!(event, Event::Finding(_));
    reports.expect(Some(events.iter().filter(is_finding).count()));
    let outcome = summary.outcome(strict);
    let told = events
        .into_iter()
        .try_for_each(|event| reports.event(event))
        .and_then(|()| reports.finish(summary, outcome));
    ended(told, outcome, exit_zero)
}
