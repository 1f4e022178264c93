//! `stopleak scan --items`: scans texts that are no files.

use std::path::Path;

use super::without;
use crate::cli::args::ScanArgs;
use crate::cli::terminal::{Opened, report};
use crate::environment::Environment;
use crate::scan;
use crate::setup::{Setup, Site};
use crate::source::items::ItemsSource;
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(super) fn run(list: &Path, args: ScanArgs, environment: &Environment) -> Result<u8, Stop> {
    let (request, reporting) = args.common.split();
    let setup = Setup::new(request, &Site::here(), environment)?;
    let outputs = Opened::open(reporting, &setup, environment)?;
    outputs.spares(&[list.to_owned()])?;
    let most = setup.settings.most(args.size.asked())?;
    let source = without(ItemsSource::open(list, &args.exclude, most)?, &args.exclude)?;
    report(&setup, outputs, |options, on_event| {
        let mut summary = scan::run(&source, &setup.engine, options, on_event);
        summary.notes.extend(source.source().notes());
        Ok(summary)
    })
}
