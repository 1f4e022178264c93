//! `stopleak staged`: what `git commit` is about to record.

use std::path::Path;

use super::args::StagedArgs;
use super::settings::Settings;
use super::{output, plan, running};
use crate::git::{OpenOptions, Store};
use crate::scan::RunOptions;
use crate::source::staged::StagedSource;
use crate::stop::Stop;

/// Up to this many changed files are scanned without starting threads.
const FEW: usize = 32;

/// Runs the command and returns its exit code.
pub(super) fn run(args: &StagedArgs) -> Result<u8, Stop> {
    let store = Store::discover(
        Path::new("."),
        &OpenOptions::from_environment(&super::environment()),
    )?;
    let settings = Settings::of_store(&args.common, &store)?;
    let size = settings.max_file_size(args.max_file_size)?.value;
    let engine = plan::engine(&args.common, &settings)?;
    let source = StagedSource::open(&store, size)?.within(engine.policy.scope.clone());
    let outputs = output::open(&args.common)?;
    let run = running::Run::new(&engine, &args.common, &settings);
    running::report(run, outputs, |options, on_event| {
        let few = source.units() <= FEW && args.common.jobs.is_none();
        let options = RunOptions {
            jobs: if few { 1 } else { options.jobs },
            ..options.clone()
        };
        let mut summary = crate::scan::run(&source, &engine, &options, on_event);
        summary.notes.extend(source.notes());
        Ok(summary)
    })
}
