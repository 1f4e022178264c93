//! Which share of a fleet a process takes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::manifest::Repo;
use crate::environment::Environment;
use crate::stop::Stop;

/// What every repository costs in addition to its bytes, as bytes.
const EACH: u64 = 256 << 10;

/// One of several shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: usize,
    /// How many there are.
    pub count: usize,
    /// Who says so; empty for an option.
    pub by: &'static str,
}

/// How a system tells a process its share.
struct System {
    index: &'static str,
    /// The index of the first process.
    first: usize,
    /// The number of processes, if the system tells it.
    count: Option<&'static str>,
}

/// The systems. Slurm's first index is the user's choice, and its count is that of the tasks that
/// were submitted together, so that only `--shards` is right for it.
const SYSTEMS: [System; 6] = [
    System {
        index: "JOB_COMPLETION_INDEX",
        first: 0,
        count: None,
    },
    System {
        index: "SLURM_ARRAY_TASK_ID",
        first: 0,
        count: None,
    },
    System {
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        first: 0,
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
    System {
        index: "CI_NODE_INDEX",
        first: 1,
        count: Some("CI_NODE_TOTAL"),
    },
    System {
        index: "BUILDKITE_PARALLEL_JOB",
        first: 0,
        count: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
    },
    System {
        index: "CIRCLE_NODE_INDEX",
        first: 0,
        count: Some("CIRCLE_NODE_TOTAL"),
    },
];

impl Shard {
    /// Parses `I/N`: the I-th of N, from 1.
    ///
    /// # Errors
    /// Fails if it is not one of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            Some((index.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
        });
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self {
                index: index - 1,
                count,
                by: "",
            }),
            _ => Err("write I/N, from 1/N to N/N".to_owned()),
        }
    }

    /// Returns the share that the environment names; None if no system does. `shards` is the
    /// number of shares, for systems that do not tell it.
    ///
    /// # Errors
    /// Fails if two systems name different shares, if a variable is no number in the range, or
    /// if the number of shares is unknown.
    pub fn of(environment: &Environment, shards: Option<usize>) -> Result<Option<Self>, Stop> {
        let mut found: Option<Self> = None;
        for system in &SYSTEMS {
            let Some(index) = environment.text(system.index) else {
                continue;
            };
            let shard = system.shard(&index, environment, shards)?;
            match &found {
                Some(other) if (other.index, other.count) != (shard.index, shard.count) => {
                    let why = format!("{} and {} name different shares", other.by, shard.by);
                    return Err(Stop::new(why).help("say which with --shard I/N"));
                }
                _ => found = Some(shard),
            }
        }
        match (&found, shards) {
            (None, Some(_)) => Err(
                Stop::new("--shards: no variable says which of them this is")
                    .help("say it with --shard I/N; docs/fleet.md lists the variables"),
            ),
            _ => Ok(found),
        }
    }

    /// Returns the repositories of this share, largest first. All shares together have every
    /// repository once, and about the same number of bytes.
    pub fn of_repos<'r>(&self, repos: &'r [Repo]) -> Vec<&'r Repo> {
        // Each goes to the share that has least so far.
        let mut loads: BinaryHeap<Reverse<(u64, usize)>> =
            (0..self.count).map(|index| Reverse((0, index))).collect();
        let mut mine = Vec::new();
        for repo in repos {
            let Some(Reverse((load, index))) = loads.pop() else {
                break;
            };
            if index == self.index {
                mine.push(repo);
            }
            let more = repo.bytes.saturating_add(EACH);
            loads.push(Reverse((load.saturating_add(more), index)));
        }
        mine
    }
}

impl System {
    fn shard(
        &self,
        index: &str,
        environment: &Environment,
        shards: Option<usize>,
    ) -> Result<Shard, Stop> {
        let number = |name: &str, text: &str| {
            text.trim().parse::<usize>().map_err(|_| {
                Stop::new(format!("{name}: not a number")).help("say the share with --shard I/N")
            })
        };
        let told = match self
            .count
            .and_then(|name| Some((name, environment.text(name)?)))
        {
            Some((name, text)) => Some(number(name, &text)?),
            None => None,
        };
        let Some(count) = shards.or(told) else {
            let why = format!("{} says which share this is, not of how many", self.index);
            return Err(Stop::new(why).help(
                "say the number of shares with --shards N, or --shard 1/1 for all repositories",
            ));
        };
        let index = number(self.index, index)?.checked_sub(self.first);
        match index.filter(|index| *index < count) {
            Some(index) => Ok(Shard {
                index,
                count,
                by: self.index,
            }),
            None => {
                let (name, first) = (self.index, self.first);
                let last = (count + first).saturating_sub(1);
                Err(Stop::new(format!("{name}: not from {first} to {last}"))
                    .help("start as many processes as there are shares"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(
        variables: &[(&str, &str)],
        shards: Option<usize>,
    ) -> Result<Option<(usize, usize)>, String> {
        let variables = variables.iter();
        let environment = variables
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        match Shard::of(&environment, shards) {
            Ok(shard) => Ok(shard.map(|shard| (shard.index, shard.count))),
            Err(stop) => Err(stop.message),
        }
    }

    #[test]
    fn each_system_counts_from_its_own_first_number() {
        for (variables, shards, expected) in [
            (&[][..], None, None),
            (&[("JOB_COMPLETION_INDEX", "0")], Some(4), Some((0, 4))),
            (&[("SLURM_ARRAY_TASK_ID", "3")], Some(4), Some((3, 4))),
            (
                &[
                    ("AWS_BATCH_JOB_ARRAY_INDEX", "0"),
                    ("AWS_BATCH_JOB_ARRAY_SIZE", "9"),
                ],
                None,
                Some((0, 9)),
            ),
            (&[("AWS_BATCH_JOB_ARRAY_INDEX", "0")], Some(5), Some((0, 5))),
            (
                &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "3")],
                None,
                Some((0, 3)),
            ),
            (
                &[("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "3")],
                None,
                Some((2, 3)),
            ),
            (&[("CI_NODE_TOTAL", "1")], None, None),
            (
                &[
                    ("BUILDKITE_PARALLEL_JOB", "2"),
                    ("BUILDKITE_PARALLEL_JOB_COUNT", "3"),
                ],
                None,
                Some((2, 3)),
            ),
            (
                &[("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "1")],
                None,
                Some((0, 1)),
            ),
            (
                &[
                    ("JOB_COMPLETION_INDEX", "1"),
                    ("BUILDKITE_PARALLEL_JOB", "1"),
                ],
                Some(2),
                Some((1, 2)),
            ),
        ] {
            assert_eq!(of(variables, shards), Ok(expected), "{variables:?}");
        }
    }

    #[test]
    fn a_share_that_is_not_clear_is_an_error() {
        for (variables, shards) in [
            (&[("JOB_COMPLETION_INDEX", "0")][..], None),
            (&[("SLURM_ARRAY_TASK_ID", "4")], Some(4)),
            (&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "3")], None),
            (&[("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "3")], None),
            (
                &[("CIRCLE_NODE_INDEX", "x"), ("CIRCLE_NODE_TOTAL", "3")],
                None,
            ),
            (
                &[("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "")],
                None,
            ),
            (
                &[("JOB_COMPLETION_INDEX", "1"), ("SLURM_ARRAY_TASK_ID", "2")],
                Some(4),
            ),
            (&[], Some(4)),
        ] {
            assert!(of(variables, shards).is_err(), "{variables:?}");
        }
    }

    #[test]
    fn options_count_from_one() {
        assert_eq!(Shard::parse("4/4").map(|s| (s.index, s.count)), Ok((3, 4)));
        for text in ["0/4", "5/4", "1", "1/0", "/", "a/b", "1/-1", "1/2/3"] {
            assert!(Shard::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn all_shares_have_every_repository_once() {
        let repo = |n: u64| Repo {
            id: format!("r{n}"),
            name: format!("r{n}"),
            path: None,
            url: String::new(),
            bytes: (100 - n) * (100 - n) * 40_000,
            cloned: false,
        };
        let repos: Vec<Repo> = (0..100).map(repo).collect();
        for count in [1, 3, 7, 150] {
            let of = |index| {
                Shard {
                    index,
                    count,
                    by: "",
                }
                .of_repos(&repos)
            };
            let shares: Vec<Vec<&Repo>> = (0..count).map(of).collect();
            let mut all: Vec<&str> = shares.iter().flatten().map(|repo| &*repo.id).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 100);
            let load = |share: &Vec<&Repo>| share.iter().map(|repo| repo.bytes).sum::<u64>();
            let (least, most) = (shares.iter().map(load).min(), shares.iter().map(load).max());
            if count < 10 {
                assert!(most.unwrap_or(0) < least.unwrap_or(0) * 11 / 10);
            }
        }
    }
}
