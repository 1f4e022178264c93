//! `stopleak staged`: scans what `git commit` is about to record.

use super::open;
use crate::cli::args::StagedArgs;
use crate::cli::terminal::{Opened, report};
use crate::environment::Environment;
use crate::setup::{Setup, Site};
use crate::source::staged::StagedSource;
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: StagedArgs, environment: &Environment) -> Result<u8, Stop> {
    let store = open(None, None, environment)?;
    let (mut request, reporting) = args.common.split();
    request.exclude = args.exclude;
    let setup = Setup::new(request, &Site::of_store(&store), environment)?;
    let most = setup.settings.most(args.size.asked())?;
    let source = StagedSource::open(&store, most)?.within(setup.engine.policy.scope.clone());
    let outputs = Opened::open(reporting, &setup, environment)?;
    report(&setup, outputs, |options, on_event| {
        let options = options.for_units(source.units());
        let mut summary = crate::scan::run(&source, &setup.engine, &options, on_event);
        summary.notes.extend(source.notes());
        Ok(summary)
    })
}
