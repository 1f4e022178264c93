//! One run, from what was read to what was said: scans, reports, tells what the policy
//! came to, and says how the run ended.

use std::cell::Cell;

use super::args::CommonArgs;
use super::output::{Broken, Opened};
use super::progress::Line;
use super::settings::Settings;
use super::term::Terminal;
use super::{FAILED, accepted, gitleaks, hygiene, plan};
use crate::blob::SourceError;
use crate::finding::{Event, Outcome, Summary, Verdict};
use crate::scan::{Engine, RunOptions};
use crate::stop::Stop;

/// What a run is judged and reported by.
pub(super) struct Run<'r> {
    engine: &'r Engine,
    args: &'r CommonArgs,
    settings: &'r Settings,
}

impl<'r> Run<'r> {
    /// All of it together.
    pub(super) fn new(engine: &'r Engine, args: &'r CommonArgs, settings: &'r Settings) -> Self {
        Self {
            engine,
            args,
            settings,
        }
    }
}

/// The most findings that one run tells: some reports hold all of them until they are
/// written, SARIF some 8 KB for each.
const MOST: u64 = 100_000;

/// Counts the findings that there are for reports.
#[derive(Default)]
struct Told(Cell<u64>);

impl Told {
    /// Whether a report may have `event`; those with `suppressed` show what is suppressed.
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

    /// What is to be said of findings that no report was handed.
    fn failure(&self) -> Option<SourceError> {
        let dropped = self.0.get().saturating_sub(MOST);
        (dropped > 0).then(|| SourceError {
            path: "report".into(),
            why: format!("more than {MOST} findings; {dropped} are not told: scan parts"),
        })
    }
}

/// Runs a scan and reports what it says; the exit code.
pub(super) fn report(
    run: Run<'_>,
    outputs: Opened,
    scan: impl FnOnce(&RunOptions, &mut dyn FnMut(Event) -> bool) -> Result<Summary, Stop>,
) -> Result<u8, Stop> {
    let Run { engine, args, .. } = run;
    let options = plan::run_options(args);
    let terminal = Terminal::stderr(plan::color(args)?);
    let line = (terminal.interactive && !outputs.interactive())
        .then(|| Line::start(options.progress.clone()));
    let mut reports = outputs.start(args, &engine.detector, run.settings.base.clone());
    let (mut broken, told) = (None, Told::default());
    let suppressed = args.show_suppressed || args.verbose;
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
    let remarks = accepted::remarks(engine, args, &mut summary);
    for failure in told.failure().into_iter().chain(remarks) {
        let event = Event::Failed(failure);
        summary.count(&event);
        hand_on(event);
    }
    if summary.asked > 0 {
        summary.notes.push(format!(
            "{} suppression(s) asked for and not granted: they are not in the trusted revision",
            summary.asked
        ));
    }
    drop(line);
    gitleaks::tell(&engine.policy, &mut summary);
    hygiene::tell(&engine.policy, args, run.settings, &mut summary);
    let outcome = summary.outcome(args.strict);
    let finished = match broken {
        Some(broken) => Err(broken),
        None => reports.finish(&summary, outcome),
    };
    match finished {
        Ok(()) if outcome == Outcome::Findings && args.exit_zero => Ok(0),
        Ok(()) => Ok(outcome.code()),
        Err(Broken::Pipe) => Ok(FAILED),
        Err(Broken::Failed(stop)) => Err(stop),
    }
}
