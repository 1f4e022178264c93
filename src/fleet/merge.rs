//! From the results of a fleet to one report.
//!
//! The report depends on the manifest and the results only: not on shares, machines, or the order in
//! which repositories were scanned. Repositories stand in the order of their names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::manifest::{Manifest, Repo};
use super::results::{Receipt, Results};
use crate::blob::{BlobPath, SourceError};
use crate::finding::{Event, Finding, RepositoryInfo, SecretId, Summary};
use crate::gather::{self, Form, Reader};
use crate::stop::{counted, describe};

/// How many names of other repositories a finding has.
const OTHERS: usize = 5;
/// How many secrets a note names.
const WIDEST: usize = 5;

/// A report about all repositories.
pub struct Merged {
    /// What was found, skipped and not scanned.
    pub events: Vec<Event>,
    /// The receipt of all.
    pub summary: Summary,
}

/// Joins the results of the repositories of a manifest. A repository without a whole result, or
/// with one by another program, other rules or another key than most, is a failure.
pub fn merge(manifest: &Manifest, results: &Results, reader: &mut Reader) -> Merged {
    let mut repos: Vec<&Repo> = manifest.repos.iter().collect();
    repos.sort_by(|a, b| a.name.cmp(&b.name));
    let receipts = repos
        .iter()
        .map(|repo| results.receipt(&repo.id).ok().flatten());
    let usual = usual(receipts.flatten());
    let mut all = Joining::default();
    for (number, repo) in repos.iter().enumerate() {
        match whole(repo, results, usual.as_ref()) {
            Ok(report) => all.add(number, repo, &report, reader),
            Err(why) => all.fail(&repo.name, ".", why),
        }
    }
    all.strangers(manifest, results);
    all.finish(&repos)
}

/// Whose results can be compared: by the same program with the same rules and the same key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Terms {
    program: String,
    rules: String,
    key: String,
}

impl Terms {
    fn of(receipt: Receipt) -> Self {
        Self {
            program: receipt.program,
            rules: receipt.rules,
            key: receipt.key,
        }
    }
}

/// Returns the terms of most results.
fn usual(receipts: impl Iterator<Item = Receipt>) -> Option<Terms> {
    let mut counts: BTreeMap<Terms, usize> = BTreeMap::new();
    for receipt in receipts {
        *counts.entry(Terms::of(receipt)).or_default() += 1;
    }
    // Of those with the same count, the first.
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map(|(terms, _)| terms)
}

/// Returns the report of a repository.
///
/// # Errors
/// Fails with why there is none that can be joined with the others.
fn whole(repo: &Repo, results: &Results, usual: Option<&Terms>) -> Result<Vec<u8>, String> {
    let Some((receipt, report)) = results.read(&repo.id)? else {
        return Err(match results.begun(&repo.id) {
            0 => "no result: it was not scanned".to_owned(),
            _ => "no result: its scan began and did not end".to_owned(),
        });
    };
    let terms = Terms::of(receipt);
    let Some(usual) = usual.filter(|usual| **usual != terms) else {
        return Ok(report);
    };
    let other = if usual.program != terms.program {
        format!(
            "scanned by {}, most others by {}",
            terms.program, usual.program
        )
    } else if usual.key != terms.key {
        "its secrets have identities by another STOPLEAK_ID_KEY than those of most others"
            .to_owned()
    } else {
        "scanned with other rules, configuration or options than most others".to_owned()
    };
    Err(format!("{other}: scan it again"))
}

/// Results as far as they are joined.
#[derive(Default)]
struct Joining {
    events: Vec<Event>,
    summary: Summary,
    /// In which repositories each secret is, by number.
    places: HashMap<SecretId, BTreeSet<usize>>,
    /// The repository of each finding, in their order.
    of: Vec<usize>,
    /// Remarks, with the first repository that has them, and how many have them.
    notes: BTreeMap<String, (String, usize)>,
    errors: BTreeMap<String, (String, usize)>,
}

impl Joining {
    fn add(&mut self, number: usize, repo: &Repo, report: &[u8], reader: &mut Reader) {
        let mut gathered = match reader.read(".", report, Some(Form::Stopleak)) {
            Ok(gathered) => gathered,
            Err(stop) => return self.fail(&repo.name, ".", stop.message),
        };
        let summary = &mut gathered.summary;
        // It differs from run to run.
        summary.elapsed = std::time::Duration::ZERO;
        let told = [
            (&mut summary.notes, &mut self.notes),
            (&mut summary.policy_errors, &mut self.errors),
        ];
        for (texts, all) in told {
            for text in std::mem::take(texts) {
                let known = all.entry(text).or_insert_with(|| (repo.name.clone(), 0));
                known.1 += 1;
            }
        }
        gather::add(&mut self.summary, summary);
        for mut entry in gathered.entries {
            if let Event::Finding(finding) = &entry.event {
                self.of.push(number);
                let places = self.places.entry(finding.secret_id).or_default();
                places.insert(number);
            }
            let path = entry.event.path_mut();
            *path = below(&repo.name, path);
            self.events.push(entry.event);
        }
    }

    fn fail(&mut self, name: &str, path: &str, why: String) {
        let path = below(name, &path.into());
        let event = Event::Failed(SourceError { path, why });
        self.summary.count(&event);
        self.events.push(event);
    }

    /// Notes results that no repository of the manifest has.
    fn strangers(&mut self, manifest: &Manifest, results: &Results) {
        let known: BTreeSet<&str> = manifest.repos.iter().map(|repo| &*repo.id).collect();
        let note = match results.ids() {
            Ok(ids) => {
                let others = ids.iter().filter(|id| !known.contains(&***id)).count();
                (others > 0).then(|| {
                    let results = counted(others, "result");
                    format!("{results} of repositories that are not in the manifest: not merged")
                })
            }
            Err(error) => Some(format!(
                "the results cannot be listed: {}",
                describe(&error)
            )),
        };
        self.summary.notes.extend(note);
    }

    fn finish(mut self, repos: &[&Repo]) -> Merged {
        let mut numbers = self.of.iter();
        for event in &mut self.events {
            let Event::Finding(finding) = event else {
                continue;
            };
            let (Some(number), Some(places)) =
                (numbers.next(), self.places.get(&finding.secret_id))
            else {
                continue;
            };
            place(finding, *number, places, repos);
        }
        let lines = |all: BTreeMap<String, (String, usize)>| {
            all.into_iter().map(|(text, (first, n))| match n {
                1 => format!("{first}: {text}"),
                n => format!("{text} (in {n} repositories)"),
            })
        };
        self.summary.notes.extend(lines(self.notes));
        self.summary.policy_errors.extend(lines(self.errors));
        self.summary.notes.extend(wide(&self.places));
        Merged {
            events: self.events,
            summary: self.summary,
        }
    }
}

/// Says in which repositories the secret of a finding is.
fn place(finding: &mut Finding, number: usize, places: &BTreeSet<usize>, repos: &[&Repo]) {
    let others = places.iter().filter(|other| **other != number);
    let others: Vec<String> = others
        .take(OTHERS)
        .map(|n| repos[*n].name.clone())
        .collect();
    if places.len() > 1 {
        let more = match places.len() - 1 - others.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (count, named) = (places.len(), others.join(", "));
        let text = format!("the same secret is in {count} repositories: also in {named}{more}");
        finding.evidence.push(text.into());
    }
    finding.repository = Some(Box::new(RepositoryInfo {
        name: repos[number].name.clone(),
        repositories: places.len() as u64,
        others,
    }));
}

/// Returns a note about secrets that are in more than one repository.
fn wide(places: &HashMap<SecretId, BTreeSet<usize>>) -> Option<String> {
    let wide = places.iter().filter(|(_, places)| places.len() > 1);
    let mut wide: Vec<(usize, String)> = wide
        .map(|(id, places)| (places.len(), id.to_string()))
        .collect();
    wide.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    let named = wide
        .iter()
        .take(WIDEST)
        .map(|(n, id)| format!("{id} in {n}"));
    let named: Vec<String> = named.collect();
    (!wide.is_empty()).then(|| {
        let secrets = counted(wide.len(), "secret");
        let verb = if wide.len() == 1 { "is" } else { "are" };
        let more = if wide.len() > WIDEST { ", …" } else { "" };
        format!(
            "{secrets} {verb} in more than one repository: {}{more}",
            named.join(", ")
        )
    })
}

/// Returns a path of a repository as a path of the fleet.
fn below(name: &str, path: &BlobPath) -> BlobPath {
    match path.as_bytes() {
        b"" | b"." => BlobPath::from(name),
        _ => path.with_file(&[name.as_bytes(), b"/", path.file()].concat()),
    }
}
