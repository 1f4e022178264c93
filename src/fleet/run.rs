//! Scans the repositories of a share, several at a time. What happens to one of them is its own
//! matter.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use super::manifest::{Manifest, Repo};
use super::progress::{Done, Progress};
use super::results::{Receipt, Results};
use super::tips;
use crate::git::{OpenOptions, Store};
use crate::stop::Stop;

/// After so many scans that began and did not end, a repository is told as failed.
const ATTEMPTS: u32 = 3;

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The directory of clones, instead of the one that the manifest names.
    pub clones: Option<PathBuf>,
    /// Threads altogether, at least 1.
    pub threads: usize,
    /// A hash of the program, the rules, the configuration and the options.
    pub rules: String,
    /// Whether the hash says all, so that what did not change need not be scanned.
    pub skips: bool,
    /// A hash that shows which key makes the identities.
    pub key: String,
    /// Whether repositories are scanned whatever is there.
    pub again: bool,
    /// Whether a repository that ended its worker several times is tried again.
    pub insists: bool,
}

/// What has to be scanned.
pub struct Job<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The clone, or why it cannot be scanned.
    pub store: Result<Store, String>,
    /// Threads for it.
    pub threads: usize,
    /// Where its report goes, as JSON Lines.
    pub report: &'a Path,
}

/// Scans `repos` with `scan`, and tells each in the order in which they end. Returns the highest
/// exit code; 2 if a result is missing.
pub fn run(
    manifest: &Manifest,
    repos: &[&Repo],
    results: &Results,
    options: &RunOptions,
    scan: &(dyn Fn(Job<'_>) -> Result<(), Stop> + Sync),
    tell: &mut dyn FnMut(&Progress<'_>),
) -> u8 {
    // Those that ended a worker before come last, so that the others have their results.
    let mut queue: Vec<(u32, &Repo)> = repos.iter().map(|r| (results.begun(&r.id), *r)).collect();
    queue.sort_by_key(|(attempts, _)| *attempts);
    let workers = options.threads.min(queue.len()).max(1);
    let running = Running {
        manifest,
        results,
        options,
        scan,
        threads: (options.threads / workers).max(1),
        queue: Mutex::new(queue.into()),
    };
    let (sender, ended) = channel();
    let mut code = 0;
    std::thread::scope(|scope| {
        let mut started = 0;
        for _ in 0..workers {
            let (running, sender) = (&running, sender.clone());
            let worker = move || running.work(&sender);
            let thread = std::thread::Builder::new().spawn_scoped(scope, worker);
            started += usize::from(thread.is_ok());
        }
        if started == 0 {
            // The system gives no more threads: work on this one.
            running.work(&sender);
        }
        drop(sender);
        for ((repo, how), done) in ended.iter().zip(1..) {
            code = code.max(match &how {
                Done::Scanned(receipt) | Done::Same(receipt) => receipt.exit_code,
                Done::Failed(_) => 2,
            });
            let of = repos.len();
            tell(&Progress {
                repo,
                done,
                of,
                how,
            });
        }
    });
    code
}

struct Running<'a> {
    manifest: &'a Manifest,
    results: &'a Results,
    options: &'a RunOptions,
    scan: &'a (dyn Fn(Job<'_>) -> Result<(), Stop> + Sync),
    threads: usize,
    queue: Mutex<VecDeque<(u32, &'a Repo)>>,
}

impl<'a> Running<'a> {
    fn work(&self, ended: &Sender<(&'a Repo, Done)>) {
        loop {
            let next = self
                .queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            let Some((attempts, repo)) = next else {
                return;
            };
            // A bug that one repository triggers must not lose the others.
            let one = catch_unwind(AssertUnwindSafe(|| self.one(repo, attempts)));
            let how = match one {
                Ok(how) => how,
                Err(_) => self.one_failed(repo, "internal error; please report it"),
            };
            if ended.send((repo, how)).is_err() {
                return;
            }
        }
    }

    fn one(&self, repo: &Repo, attempts: u32) -> Done {
        let place = self.manifest.place(repo, self.options.clones.as_deref());
        let Some(place) = place else {
            return self.one_failed(repo, "no clone: only its address is known");
        };
        if !place.exists() {
            return self.one_failed(repo, &format!("no clone at {}", place.display()));
        }
        let store = match Store::open(&place, &OpenOptions::default()) {
            Ok(store) => store,
            Err(error) => return self.one_failed(repo, &Stop::from(error).message),
        };
        let tips = match tips::digest(&store) {
            Ok(tips) => tips.unwrap_or_default(),
            Err(error) => return self.one_failed(repo, &Stop::from(error).message),
        };
        if let Some(receipt) = self.same(repo, &tips) {
            return Done::Same(receipt);
        }
        if attempts >= ATTEMPTS && !self.options.insists {
            let why =
                format!("its scan began {attempts} times and did not end; scan it with --only");
            return self.one_failed(repo, &why);
        }
        if let Err(stop) = self.results.begin(&repo.id, attempts + 1) {
            return Done::Failed(stop.message);
        }
        self.scanned(repo, Ok(store), tips)
    }

    /// Returns the receipt of the last scan if a new one would find the same.
    fn same(&self, repo: &Repo, tips: &str) -> Option<Receipt> {
        if !self.options.skips || self.options.again {
            return None;
        }
        let rules = &self.options.rules;
        let (receipt, _) = self.results.read(&repo.id).ok()??;
        let is_same =
            receipt.tips == tips && receipt.rules == *rules && receipt.key == self.options.key;
        (is_same && !tips.is_empty() && receipt.exit_code < 2 && receipt.name == repo.name)
            .then_some(receipt)
    }

    /// Writes a result that says why there is none: whoever reads the results finds the repository.
    fn one_failed(&self, repo: &Repo, why: &str) -> Done {
        match self.scanned(repo, Err(why.to_owned()), String::new()) {
            Done::Failed(unwritten) => Done::Failed(format!("{why}; {unwritten}")),
            _ => Done::Failed(why.to_owned()),
        }
    }

    fn scanned(&self, repo: &Repo, store: Result<Store, String>, tips: String) -> Done {
        let aside = self.results.aside(&repo.id);
        let job = Job {
            repo,
            store,
            threads: self.threads,
            report: &aside,
        };
        let scanned = (self.scan)(job).map_err(|stop| stop.message);
        let said = Receipt {
            id: repo.id.clone(),
            name: repo.name.clone(),
            tips,
            program: super::PROGRAM.to_owned(),
            rules: self.options.rules.clone(),
            key: self.options.key.clone(),
            ..Receipt::default()
        };
        let kept = scanned.and_then(|()| self.results.keep(&aside, said));
        match kept {
            Ok(receipt) => Done::Scanned(receipt),
            Err(why) => {
                let _ = std::fs::remove_file(&aside);
                Done::Failed(why)
            }
        }
    }
}
