//! Scans many repositories: which ones there are (`plan`), a share of them on one machine
//! (`run`), and one report about all of them (`merge`).
//!
//! What connects the three are files: a manifest with one line per repository, and for each
//! repository a report and a receipt. So any engine that can start a program can spread the
//! work, and whatever ends early is started again. A repository without a complete result is
//! named, and makes the whole incomplete. `docs/fleet.md` describes the files.

mod clear;
mod clones;
mod id;
mod lines;
mod listing;
mod manifest;
mod merge;
mod plan;
mod progress;
mod results;
mod run;
mod shard;
mod tips;

pub use manifest::{Manifest, Repo};
pub use merge::{Merged, merge};
pub use plan::{Plan, PlanOptions, plan};
pub use progress::{Done, Progress};
pub use results::{Receipt, Results};
pub use run::{Job, RunOptions, run};
pub use shard::Shard;

use sha2::{Digest, Sha256};

/// The program, in receipts.
const PROGRAM: &str = env!("STOPLEAK_VERSION");

/// Returns the names and addresses of the repositories in a list, as [`plan`] reads it. One without a
/// name is a path.
///
/// # Errors
/// Says which line or record names no repository.
pub fn listed(list: &[u8]) -> Result<Vec<(String, String)>, String> {
    let all = listing::parse(list)?.into_iter();
    Ok(all.map(|listed| (listed.name, listed.url)).collect())
}

/// Returns one hash of the parts that decide about reports.
pub fn rules(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
}
