//! `stopleak import`: converts another scanner's files to a configuration.

use crate::cli::args::ImportArgs;
use crate::cli::terminal::{put, warn};
use crate::environment::Environment;
use crate::identity::IdentityKey;
use crate::import::import;
use crate::named::Output;
use crate::stop::{Stop, counted};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: &ImportArgs, environment: &Environment) -> Result<u8, Stop> {
    let mut imported = import(&args.files, args.from, IdentityKey::of(environment))?;
    let left = std::mem::take(&mut imported.left);
    let (rules, allow) = imported.carried();
    let text = imported.text(&args.files)?;
    match &args.output {
        None => put(text.as_bytes()),
        Some(path) => Output::create(path, &text)?,
    }
    for what in &left {
        warn(&format!("warning: not imported: {what}"));
    }
    warn(&format!(
        "imported {} and {}; {} not imported",
        counted(rules, "rule"),
        counted(allow, "allow entry"),
        left.len()
    ));
    Ok(0)
}
