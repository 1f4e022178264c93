//! `stopleak fleet plan`: lists repositories.

use crate::cli::args::FleetPlanArgs;
use crate::cli::terminal::{FAILED, put, warn};
use crate::fleet::{self, PlanOptions};
use crate::named::Output;
use crate::stop::{Stop, counted};

/// Runs the command and returns its exit code.
pub(super) fn run(args: &FleetPlanArgs) -> Result<u8, Stop> {
    let plan = fleet::plan(&PlanOptions {
        sources: args.sources.clone(),
        clones: args.clones.clone(),
    })?;
    let text = plan.manifest.text()?;
    match &args.output {
        Some(file) if file.as_os_str() != "-" => Output::replace(file, &text)?,
        _ => put(text.as_bytes()),
    }
    for failed in &plan.failed {
        warn(&format!("error: {failed}"));
    }
    for missing in &plan.missing {
        warn(&format!("no clone: {missing}"));
    }
    for note in &plan.notes {
        warn(&format!("note: {note}"));
    }
    let repos = &plan.manifest.repos;
    let bytes: u64 = repos.iter().map(|repo| repo.bytes).sum();
    let named = match repos.len() {
        1 => "1 repository".to_owned(),
        n => counted(n, "repository"),
    };
    let missing = plan.missing.len();
    warn(&format!(
        "{named}, {} MB; {missing} without a clone",
        bytes.div_ceil(1_000_000)
    ));
    let is_complete = plan.failed.is_empty() && (missing == 0 || args.allow_missing);
    Ok(if is_complete { 0 } else { FAILED })
}
