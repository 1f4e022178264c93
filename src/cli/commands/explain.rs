//! `stopleak explain`: describes a rule, or explains why a place or a text is or is not a
//! finding.

use super::{masked, show_as_is};
use crate::blob::BlobPath;
use crate::cli::args::ExplainArgs;
use crate::cli::terminal::{text_of, warnings};
use crate::environment::Environment;
use crate::explain::{self, Place};
use crate::scan::Engine;
use crate::setup::{Settings, Setup, Site};
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: &ExplainArgs, environment: &Environment) -> Result<u8, Stop> {
    let what = args.what.as_deref().unwrap_or_default();
    let answer = match (&args.text, Place::parse(what)) {
        (Some(text), _) => {
            let path = BlobPath::from(args.path.as_deref().unwrap_or("<text>"));
            let engine = judges(args, &Site::here(), environment)?;
            explain::text(&text_of(text)?, &path, &engine, args.show_secrets)?
        }
        (None, Some(place)) => {
            let site = Site::of_paths(std::slice::from_ref(&place.path));
            let engine = judges(args, &site, environment)?;
            explain::place(&place, &engine, args.show_secrets)?
        }
        (None, None) => {
            let settings = Settings::load(args.request(), &Site::here(), environment)?;
            masked(explain::rule(&what.to_string_lossy(), &settings)?)
        }
    };
    show_as_is(&answer, &args.shown, environment)?;
    Ok(u8::from(answer.findings > 0))
}

/// Builds the engine of a scan of `site`.
fn judges(args: &ExplainArgs, site: &Site, environment: &Environment) -> Result<Engine, Stop> {
    let setup = Setup::new(args.request(), site, environment)?;
    warnings(&setup.warnings);
    Ok(*setup.engine)
}
