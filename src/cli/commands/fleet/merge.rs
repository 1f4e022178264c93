//! `stopleak fleet merge`: one report of all results.

use crate::cli::args::FleetMergeArgs;
use crate::cli::terminal::{Opened, replay};
use crate::environment::Environment;
use crate::fleet::{self, Manifest, Results};
use crate::gather::Reader;
use crate::identity::IdentityKey;
use crate::setup::Site;
use crate::stop::Stop;

/// How many findings one report has.
const MOST: usize = 1_000_000;

/// Runs the command and returns its exit code.
pub(super) fn run(args: FleetMergeArgs, environment: &Environment) -> Result<u8, Stop> {
    let (mut results, mut manifest) = (args.results, args.manifest);
    if manifest.is_dir() && results.is_file() {
        std::mem::swap(&mut results, &mut manifest);
    }
    if !results.is_dir() {
        let results = results.display();
        return Err(Stop::new(format!("{results}: no such directory"))
            .help("name the directory that `stopleak fleet run --results` wrote"));
    }
    let named = [manifest.clone()];
    let manifest = Manifest::read(&manifest)?;
    let outputs = Opened::within(args.written.reporting(), Site::here().top(), environment)?;
    outputs.spares(&named)?;
    let mut reader = Reader::new(IdentityKey::of(environment)).keeping(MOST);
    let merged = fleet::merge(&manifest, &Results::new(results), &mut reader);
    let rules = reader.rules();
    let needles = reader.known().needles();
    replay(&rules, needles, outputs, merged.events, &merged.summary)
}
