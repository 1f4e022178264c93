//! `stopleak ignore`: accepts single findings.

use std::path::PathBuf;

use super::show;
use crate::blob::BlobPath;
use crate::cli::args::{IgnoreAddArgs, IgnoreCommand};
use crate::cli::terminal::{Hider, tell, warnings};
use crate::environment::Environment;
use crate::explain::{Answer, Place};
use crate::setup::clock::today;
use crate::setup::{Home, Request, Setup, Site};
use crate::stop::Stop;
use crate::triage::collect::{self, Choice, Collected};
use crate::triage::ignores::{self, Accepted};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: IgnoreCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        IgnoreCommand::Add(args) => add(args, environment),
        IgnoreCommand::List { file, shown } => {
            let (text, json) = ignores::list(&ignores::file(file, environment)?, today())?;
            let answer = Answer {
                text,
                json,
                findings: 0,
            };
            show(answer, &shown)?;
            Ok(0)
        }
    }
}

fn add(args: IgnoreAddArgs, environment: &Environment) -> Result<u8, Stop> {
    let what = args.what.as_deref().unwrap_or_default();
    let place = Place::parse(what);
    let picked = match (args.last, place) {
        (true, _) => Some(last(environment)?),
        (false, Some(place)) => Some(on_line(&place, environment)?),
        (false, None) => None,
    };
    let file = match (&args.file, &picked) {
        (None, Some(picked)) => ignores::of(&picked.top),
        _ => ignores::file(args.file.clone(), environment)?,
    };
    let (ids, hider) = match picked {
        None => (vec![what.to_string_lossy().into_owned()], Hider::new(None)),
        Some(Picked { found, ids, .. }) => {
            let hider = Hider::knowing(found.known);
            let ids = ids.chosen(args.all).map_err(|stop| hider.stop(&stop))?;
            (ids, hider)
        }
    };
    for id in ids {
        let accepted = Accepted {
            fingerprint: id,
            reason: hider.text(&args.reason),
            until: args.until.clone(),
            owner: args.owner.as_deref().map(|owner| hider.text(owner)),
            only_here: args.only_here,
        };
        ignores::add(&file, &accepted, today())?;
        tell(&format!(
            "{}: added {}\n",
            file.display(),
            accepted.fingerprint
        ));
    }
    Ok(0)
}

/// Findings to accept, and where.
struct Picked {
    found: Collected,
    ids: Choice,
    top: PathBuf,
}

/// Judges a line as a scan does.
fn on_line(place: &Place, environment: &Environment) -> Result<Picked, Stop> {
    let site = Site::of_paths(std::slice::from_ref(&place.path));
    let setup = Setup::new(Request::default(), &site, environment)?;
    warnings(&setup.warnings);
    let path = BlobPath::shown(&place.path);
    let found = collect::file(&setup, place.path.clone())?.on_line(&path, place.line);
    let name = format!("{}:{}", place.path.display(), place.line);
    let ids = Choice::of(&found, &name, setup.engine.detector.rules(), place.column);
    let top = site.home().unwrap_or_else(|| PathBuf::from("."));
    Ok(Picked { found, ids, top })
}

/// Judges what is staged and, if nothing of it is found, the files. Nothing is kept of a run, so
/// that no secret lies about; and what is found now is what an entry should accept.
fn last(environment: &Environment) -> Result<Picked, Stop> {
    let home = Home::here(environment)?;
    let setup = Setup::new(Request::default(), &home.site(), environment)?;
    warnings(&setup.warnings);
    let staged = collect::staged(&setup, &home)?;
    let (found, name) = match staged.filter(|found| found.findings().next().is_some()) {
        Some(found) => (found, "what is staged"),
        None => (collect::top(&setup, &home)?, "the files"),
    };
    let ids = Choice::of(&found, name, setup.engine.detector.rules(), None);
    Ok(Picked {
        found,
        ids,
        top: home.top,
    })
}
