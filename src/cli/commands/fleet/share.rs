//! Which repositories of a manifest this process scans.

use crate::cli::args::FleetRunArgs;
use crate::cli::terminal::warn;
use crate::environment::Environment;
use crate::fleet::{Manifest, Repo, Shard};
use crate::stop::Stop;

/// Returns the repositories that this process scans.
pub(super) fn share<'m>(
    args: &FleetRunArgs,
    manifest: &'m Manifest,
    environment: &Environment,
) -> Result<Vec<&'m Repo>, Stop> {
    if !args.only.is_empty() {
        return manifest.only(&args.only);
    }
    let shards = args.shards.map(|shards| shards as usize);
    let shard = match &args.shard {
        Some(shard) => Some(shard.clone()),
        None => Shard::of(environment, shards)?,
    };
    let Some(shard) = shard else {
        return Ok(manifest.repos.iter().collect());
    };
    if !shard.by.is_empty() {
        let (index, count) = (shard.index + 1, shard.count);
        warn(&format!("note: share {index} of {count} ({})", shard.by));
    }
    Ok(shard.of_repos(&manifest.repos))
}
