//! Scans a directory as `stopleak scan` does: with its configuration, baseline and ignore
//! files, and a report in JSON lines.
//!
//!     cargo run --example scan_tree -- DIRECTORY

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use stopleak::environment::Environment;
use stopleak::report::{self, Format, ReportOptions};
use stopleak::scan::{self, RunOptions};
use stopleak::setup::{Request, Setup, Site};
use stopleak::source::walk::{WalkOptions, WalkSource};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let roots = vec![PathBuf::from(
        std::env::args_os().nth(1).unwrap_or(".".into()),
    )];
    let site = Site::of_paths(&roots);
    // An empty environment: nothing but the directory's own files is read.
    let setup = Setup::new(Request::default(), &site, &Environment::default())?;

    let options = WalkOptions {
        roots,
        scope: setup.engine.policy.scope.clone(),
        ..WalkOptions::default()
    };
    // Files that git tracks are scanned even where a pattern ignores them.
    let source = WalkSource::new(options)?;

    let rules = setup.engine.detector.rules();
    let out = Box::new(io::stdout().lock());
    let mut report = report::new(Format::Jsonl, out, rules, ReportOptions::default());
    let mut written = Ok(());
    let options = RunOptions::default();
    let mut summary = scan::run(&source, &setup.engine, &options, &mut |event| {
        written = report.event(&event);
        written.is_ok()
    });
    written?;
    setup.notes(&mut summary);
    let outcome = summary.outcome(false);
    report.finish(&summary, outcome)?;
    // 0 clean and complete, 1 findings and complete, 2 incomplete.
    Ok(ExitCode::from(outcome.code()))
}
