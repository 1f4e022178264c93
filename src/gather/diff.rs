//! Compares two reports: what is new, what is gone, what is the same.

use std::collections::{HashMap, HashSet};

use super::{Gathered, Marks};
use crate::finding::Finding;
use crate::report::changes::Changed;

/// By what findings were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// By fingerprint: rule, secret, file and occurrence.
    Fingerprint,
    /// By the identity of the secret, wherever it stands.
    Secret,
    /// By the SHA-1 of the secret, which detect-secrets writes.
    Sha1,
    /// By file and line: a report hides its secrets and does not identify them.
    Place,
}

impl Basis {
    /// Returns its name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Basis::Fingerprint => "fingerprint",
            Basis::Secret => "secret",
            Basis::Sha1 => "secret-sha1",
            Basis::Place => "place",
        }
    }

    /// Returns what it means, for people.
    pub fn describe(self) -> &'static str {
        match self {
            Basis::Fingerprint => "by fingerprint",
            Basis::Secret => "by secret",
            Basis::Sha1 => "by the SHA-1 of the secret",
            Basis::Place => {
                "by file and line, since a report hides its secrets: what moved is new and gone"
            }
        }
    }
}

/// How two reports differ. Findings are in the order of their report.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// By what they were compared.
    pub basis: Basis,
    /// What only the new report has.
    pub new: Vec<Changed<'a>>,
    /// What only the old report has.
    pub gone: Vec<Changed<'a>>,
    /// What both have, as the new report has it.
    pub same: Vec<&'a Finding>,
}

/// Compares two reports by the strongest identity that all of their findings have.
pub fn compare<'a>(old: &'a Gathered, new: &'a Gathered) -> Comparison<'a> {
    let basis = basis(old, new);
    let (before, after) = (Keys::of(old, basis), Keys::of(new, basis));
    let mut same = Vec::new();
    let mut added = Vec::new();
    for (finding, marks) in reported(new) {
        match before.has(finding, marks) {
            true => same.push(finding),
            false => added.push(before.change(finding, marks)),
        }
    }
    let gone = reported(old)
        .filter(|(finding, marks)| !after.has(finding, marks))
        .map(|(finding, marks)| after.change(finding, marks))
        .collect();
    Comparison {
        basis,
        new: added,
        gone,
        same,
    }
}

fn reported(report: &Gathered) -> impl Iterator<Item = (&Finding, &Marks)> {
    report.findings().filter(|(f, _)| f.verdict.is_report())
}

fn basis(old: &Gathered, new: &Gathered) -> Basis {
    let all = |has: &dyn Fn(&Marks) -> bool| {
        let both = old.findings().chain(new.findings());
        both.into_iter().all(|(_, marks)| has(marks))
    };
    let tools: HashSet<&str> = old
        .findings()
        .chain(new.findings())
        .map(|(_, marks)| marks.tool.as_str())
        .collect();
    let by_value = all(&|marks| marks.by_value && marks.tool != "detect-secrets");
    let of_one = tools.len() <= 1;
    if tools.iter().all(|tool| tool.is_empty()) {
        Basis::Fingerprint
    } else if by_value || (of_one && all(&|marks| marks.by_value)) {
        Basis::Secret
    } else if all(&|marks| marks.sha1.is_some()) {
        Basis::Sha1
    } else {
        Basis::Place
    }
}

/// What a report has, by the basis of a comparison.
struct Keys {
    basis: Basis,
    reported: HashSet<Vec<u8>>,
    accepted: HashSet<Vec<u8>>,
    secrets: HashMap<[u8; 16], ()>,
}

impl Keys {
    fn of(report: &Gathered, basis: Basis) -> Self {
        let mut keys = Self {
            basis,
            reported: HashSet::new(),
            accepted: HashSet::new(),
            secrets: HashMap::new(),
        };
        for (finding, marks) in report.findings() {
            let key = keys.key(finding, marks);
            match finding.verdict.is_report() {
                true => {
                    keys.reported.insert(key);
                    if marks.by_value {
                        keys.secrets.insert(finding.secret_id.0, ());
                    }
                }
                false => {
                    keys.accepted.insert(key);
                }
            }
        }
        keys
    }

    fn key(&self, finding: &Finding, marks: &Marks) -> Vec<u8> {
        match self.basis {
            Basis::Fingerprint => finding.fingerprint.0.to_vec(),
            Basis::Secret => finding.secret_id.0.to_vec(),
            Basis::Sha1 => marks.sha1.map_or_else(Vec::new, |sha1| sha1.to_vec()),
            Basis::Place => {
                let line = finding.start.line.to_le_bytes();
                [finding.path.as_bytes(), b"\0", &line].concat()
            }
        }
    }

    fn has(&self, finding: &Finding, marks: &Marks) -> bool {
        self.reported.contains(&self.key(finding, marks))
    }

    fn change<'a>(&self, finding: &'a Finding, marks: &Marks) -> Changed<'a> {
        Changed {
            finding,
            elsewhere: marks.by_value && self.secrets.contains_key(&finding.secret_id.0),
            accepted: self.accepted.contains(&self.key(finding, marks)),
        }
    }
}
