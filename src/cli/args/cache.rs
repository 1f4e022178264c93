//! The options of the cache, and of `cache`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::setup::Remembering;

// Not a doc comment: clap would print it as the help of the command.

// What of earlier runs is used.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct CacheArgs {
    /// Keep in DIR what whole histories gave, and use it again [default: the user's cache
    /// directory]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Neither use nor keep what runs gave
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl CacheArgs {
    /// Returns what is asked for.
    pub(in crate::cli) fn asked(&self) -> Remembering {
        Remembering {
            dir: self.cache.clone(),
            off: self.no_cache,
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CacheDirArgs {
    /// Directory of the cache [default: STOPLEAK_CACHE_DIR, or the user's cache directory]
    #[arg(long = "cache", visible_alias = "dir", value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl CacheDirArgs {
    /// Returns what is asked for.
    pub(in crate::cli) fn asked(&self) -> Remembering {
        Remembering {
            dir: self.dir.clone(),
            off: false,
        }
    }
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum CacheCommand {
    /// Show where the cache is, what it holds, and how much it may hold
    Info(CacheDirArgs),
    /// Remove everything that the cache holds
    Clear(CacheDirArgs),
    /// Check that every file is whole and was written with this user's key
    Verify(CacheDirArgs),
}
