//! `stopleak report`: converts, merges and compares reports.

use std::path::PathBuf;

use crate::cli::args::{DiffArgs, DocumentFormat, FailOn, ReportCommand, WrittenArgs};
use crate::cli::terminal::{FAILED, Hider, Opened, replay, tell_json, tell_masked};
use crate::environment::Environment;
use crate::gather::{self, Comparison, Gathered, Reader, Receipt};
use crate::identity::IdentityKey;
use crate::report::changes::{self, Changes, Side};
use crate::setup::Site;
use crate::stop::{Stop, describe};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: ReportCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        ReportCommand::Convert(args) => write(&[args.report], args.written, false, environment),
        ReportCommand::Merge(args) => write(&args.reports, args.written, true, environment),
        ReportCommand::Diff(args) => diff(&args, environment),
    }
}

/// Reads reports and writes them as one.
fn write(
    paths: &[PathBuf],
    args: WrittenArgs,
    merges: bool,
    environment: &Environment,
) -> Result<u8, Stop> {
    let (from, strict) = (args.from, args.strict);
    let site = Site::here();
    let outputs = Opened::within(args.reporting(), site.top(), environment)?.with_template()?;
    outputs.spares(paths)?;
    let mut reader = Reader::new(IdentityKey::of(environment));
    let mut reports = Vec::with_capacity(paths.len());
    for path in paths {
        reports.push(reader.open(path, from)?.judged(strict));
    }
    let rules = reader.rules();
    let report = match merges {
        true => gather::merge("merged reports", reports, &rules),
        false => reports.remove(0),
    };
    let events = report.entries.into_iter().map(|entry| entry.event);
    let needles = reader.known().needles();
    replay(&rules, needles, outputs, events.collect(), &report.summary)
}

/// Compares two reports.
fn diff(args: &DiffArgs, environment: &Environment) -> Result<u8, Stop> {
    let mut reader = Reader::new(IdentityKey::of(environment));
    let mut old = reader.open(&args.old, args.from)?.judged(args.strict);
    let mut new = reader.open(&args.new, args.from)?.judged(args.strict);
    let rules = reader.rules();
    let hider = Hider::knowing(reader.known().needles());
    if !args.show_secrets {
        for entry in old.entries.iter_mut().chain(&mut new.entries) {
            entry.event = hider.event(entry.event.clone());
        }
    }
    let Comparison {
        basis,
        new: added,
        gone,
        same,
    } = gather::compare(&old, &new);
    let sides = [side(&old, &hider), side(&new, &hider)];
    let is_incomplete = sides.iter().any(|side| side.completeness == "incomplete");
    let (outcome, exit_code) = match (is_incomplete, added.is_empty(), args.fail_on) {
        (true, ..) => ("incomplete", FAILED),
        (false, true, _) => ("same", 0),
        (false, false, FailOn::New) => ("new", 1),
        (false, false, FailOn::None) => ("new", 0),
    };
    let [before, after] = sides;
    let changes = Changes {
        old: before,
        new: after,
        basis: (basis.id(), basis.describe()),
        added,
        gone,
        same,
        outcome,
        exit_code,
    };
    match args.format {
        DocumentFormat::Text => {
            let text = changes::text(&changes, &rules, args.verbose, args.show_secrets);
            tell_masked(&text);
        }
        DocumentFormat::Json => {
            let document = changes::document(&changes, &rules, args.show_secrets);
            tell_json(&document.map_err(|e| Stop::new(describe(&e.into())))?)?;
        }
    }
    Ok(exit_code)
}

/// Returns what is known of the completeness of a report.
fn side(report: &Gathered, hider: &Hider<'_>) -> Side {
    let (completeness, remarks) = match report.shortfall() {
        Some(why) => ("incomplete", why),
        None if report.receipt == Receipt::Full => ("complete", Vec::new()),
        None => ("unknown", report.unknown().into_iter().collect()),
    };
    Side {
        name: hider.text(&report.name),
        form: report.form.id(),
        completeness,
        remarks: remarks.iter().map(|text| hider.text(text)).collect(),
    }
}
