//! `stopleak version`: which program this is.

use serde_json::json;

use super::show;
use crate::cli::args::{ShownArgs, VERSION};
use crate::explain::Answer;
use crate::rules::builtin;
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(shown: &ShownArgs) -> Result<u8, Stop> {
    let answer = Answer {
        text: format!("stopleak {VERSION}\n"),
        json: json!({
            "schema_version": "1",
            "name": "stopleak",
            "version": env!("CARGO_PKG_VERSION"),
            "build": VERSION,
            "rules": builtin::rules().len(),
        }),
        findings: 0,
    };
    show(answer, shown)?;
    Ok(0)
}
