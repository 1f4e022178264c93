//! Where a finding is beyond its path: the item or the repository, as JSON has it.

use serde::Deserialize;

use crate::finding::{ItemInfo, RepositoryInfo};

/// Where a text was posted.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ItemIn {
    url: String,
    author: String,
    time: String,
}

/// A repository of several.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RepositoryIn {
    name: String,
    repositories: u64,
    others: Vec<String>,
}

impl From<ItemIn> for ItemInfo {
    fn from(item: ItemIn) -> Self {
        Self {
            url: item.url,
            author: item.author,
            time: item.time,
        }
    }
}

impl From<RepositoryIn> for RepositoryInfo {
    fn from(repository: RepositoryIn) -> Self {
        Self {
            name: repository.name,
            repositories: repository.repositories,
            others: repository.others,
        }
    }
}
