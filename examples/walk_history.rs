//! Scans every version of every file of a git repository, each object once, and prints which
//! commit added each finding.
//!
//!     cargo run --example walk_history -- REPOSITORY

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use stopleak::environment::Environment;
use stopleak::finding::Event;
use stopleak::git::{OpenOptions, Store};
use stopleak::history::{self, HistoryOptions};
use stopleak::scan::RunOptions;
use stopleak::setup::{Request, Setup, Site};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).unwrap_or(".".into()));
    let store = Arc::new(Store::discover(&path, &OpenOptions::default())?);
    let site = Site::of_store(&store);
    let setup = Setup::new(Request::default(), &site, &Environment::default())?;

    let rules = setup.engine.detector.rules();
    let mut on_event = |event: Event| {
        match event {
            Event::Finding(finding) if finding.verdict.is_report() => {
                let commit = finding.commit.as_deref();
                println!(
                    "{} {} {}: {}",
                    commit.map_or("-", |commit| commit.id.as_str()),
                    finding.path.to_text(),
                    rules.get(finding.rule).id,
                    finding.secret
                );
            }
            Event::Failed(error) => println!("not scanned: {error}"),
            Event::Finding(_) | Event::Skipped { .. } => {}
        }
        true
    };
    let options = HistoryOptions::default();
    let run = RunOptions::default();
    let summary = history::run(&store, &setup.engine, &options, &run, &mut on_event)?;
    Ok(ExitCode::from(summary.outcome(false).code()))
}
