//! The reports of trufflehog, detect-secrets and ggshield.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::MapAccess;
use serde_json::Value as Json;

use super::Intake;
use super::build::{Place, Raw, Value};
use super::json::{Members, Wrong, object, skip, values};
use super::names::web;
use crate::finding::{CommitInfo, SuppressedBy, Verdict};
use crate::rules::{Confidence, Severity};

/// Where trufflehog found something: an object of the source, with members of its own. Sources that
/// pass on what others found have one more object around it.
#[derive(Default)]
struct Site(serde_json::Map<String, Json>);

impl Site {
    /// Returns the object with the facts, the first one down the data of a finding.
    fn of(data: Option<Json>) -> Self {
        let mut at = data;
        // Objects inside of each other are few: `Webhook`, `Data`, `Vector`.
        for _ in 0..8 {
            let Some(Json::Object(members)) = at else {
                break;
            };
            if members.len() != 1 || !members.values().all(Json::is_object) {
                return Self(members);
            }
            at = members.into_iter().next().map(|(_, inner)| inner);
        }
        Self::default()
    }

    fn text(&self, name: &str) -> Option<String> {
        let text = self.0.get(name)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Returns the name of the place: that of a file, or of what the source has instead.
    fn path(&self) -> Option<String> {
        let names = [
            "file",
            "path",
            "filename",
            "key",
            "image",
            "bucket",
            "link",
            "secret_arn",
            "metadata",
            "document_id",
            "locator",
            "hostname",
        ];
        names.into_iter().find_map(|name| self.text(name))
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Metadata {
    data: Option<Json>,
}

/// A line of trufflehog: a finding, or a message of its log.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Truffle {
    source_metadata: Option<Metadata>,
    detector_name: Option<String>,
    detector_description: Option<String>,
    decoder_name: Option<String>,
    verified: bool,
    verification_error: Option<String>,
    raw: Option<String>,
    raw_v2: Option<String>,
    secret_parts: Option<BTreeMap<String, Option<String>>>,
    source_name: Option<String>,
    #[serde(rename = "level")]
    level: Option<String>,
    #[serde(rename = "msg")]
    msg: Option<String>,
    #[serde(rename = "error")]
    error: Option<String>,
}

/// Reads a report of trufflehog.
pub(super) fn trufflehog(text: &[u8], into: &mut Intake<'_>) -> Result<(), Wrong> {
    values(text, |line: Truffle| {
        let Some(metadata) = line.source_metadata else {
            return log(line, into);
        };
        let at = Site::of(metadata.data);
        let name = line.detector_name.unwrap_or_default();
        let raw = line.raw.unwrap_or_default();
        // Both parts of a credential in one: they are told as one.
        if let Some(both) = &line.raw_v2 {
            into.reader.known.note_value(both.as_bytes());
        }
        let place = Place {
            line: at.0.get("line").and_then(Json::as_u64).unwrap_or_default(),
            column: 0,
        };
        let raw = raw.trim_end_matches('\n');
        let parts = line.secret_parts.unwrap_or_default();
        let parts = parts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .filter(|(_, value)| value.trim_end_matches('\n') != raw)
            .map(|(name, value)| (name, Value::shown(&value)));
        let mut evidence = Vec::new();
        if line.verified {
            evidence.push("verified: it works".to_owned());
        }
        if line.verification_error.is_some_and(|e| !e.is_empty()) {
            evidence.push("verification failed".to_owned());
        }
        if let Some(decoder) = line.decoder_name.filter(|d| d != "PLAIN" && !d.is_empty()) {
            evidence.push(format!("decoded: {}", decoder.to_lowercase()));
        }
        into.raw(Raw {
            title: line
                .detector_description
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| name.clone()),
            rule: name,
            severity: line.verified.then_some(Severity::Critical),
            confidence: match line.verified {
                true => Confidence::High,
                false => Confidence::Medium,
            },
            path: at.path().or(line.source_name).unwrap_or_default(),
            start: place,
            value: Value::shown(raw),
            evidence,
            parts: parts.collect(),
            commit: commit(at.text("commit"), at.text("email"), at.text("timestamp")).map(
                |commit| CommitInfo {
                    link: web(&at.text("link").unwrap_or_default()),
                    ..commit
                },
            ),
            ..Raw::new("trufflehog")
        })
    })
}

/// Takes a message of the log: an error is something that was not scanned.
fn log(line: Truffle, into: &mut Intake<'_>) -> Result<(), String> {
    let (Some(level), Some(message)) = (line.level, line.msg) else {
        return Err("not a finding of trufflehog: it has no `SourceMetadata`".to_owned());
    };
    if level.starts_with("error") || level.starts_with("fatal") {
        let why = match line.error {
            Some(error) => format!("{message}: {error}"),
            None => message,
        };
        let name = into.out.name.clone();
        into.failed(&name, why);
    }
    Ok(())
}

/// `email` is the author as git writes them: `A <a@b.c>`.
fn commit(id: Option<String>, who: Option<String>, date: Option<String>) -> Option<CommitInfo> {
    let who = who.unwrap_or_default();
    let (author, email) = match who.split_once('<') {
        Some((author, email)) => (author.trim(), email.trim_end_matches('>')),
        None => ("", &*who),
    };
    let (author, email) = (author.to_owned(), email.to_owned());
    super::gitleaks::commit(id, Some(author), Some(email), date, None)
}

/// A secret of detect-secrets.
#[derive(Deserialize)]
struct Hashed {
    r#type: Option<String>,
    hashed_secret: Option<String>,
    #[serde(default)]
    is_verified: bool,
    is_secret: Option<bool>,
    line_number: Option<u64>,
}

/// Reads a baseline of detect-secrets.
pub(super) fn detect_secrets(text: &[u8], into: &mut Intake<'_>) -> Result<(), Wrong> {
    struct Baseline<'a, 'b> {
        into: &'a mut Intake<'b>,
        any: bool,
    }
    impl Members for Baseline<'_, '_> {
        fn member<'de, A: MapAccess<'de>>(
            &mut self,
            name: &str,
            map: &mut A,
        ) -> Result<(), A::Error> {
            if name != "results" {
                return skip(map);
            }
            self.any = true;
            let all: BTreeMap<String, Vec<Hashed>> = map.next_value()?;
            for (file, secrets) in all {
                for secret in secrets {
                    hashed(&file, secret, self.into).map_err(serde::de::Error::custom)?;
                }
            }
            Ok(())
        }
    }
    let mut baseline = Baseline { into, any: false };
    object(text, &mut baseline)?;
    match baseline.any {
        true => Ok(()),
        false => Err(Wrong::new("not a baseline of detect-secrets: no `results`")),
    }
}

fn hashed(file: &str, secret: Hashed, into: &mut Intake<'_>) -> Result<(), String> {
    let kind = secret.r#type.unwrap_or_default();
    let hash = secret.hashed_secret.unwrap_or_default();
    let sha1 = data_encoding::HEXLOWER_PERMISSIVE.decode(hash.as_bytes());
    let is_entropy = kind.contains("Entropy");
    let mut evidence = Vec::new();
    if secret.is_verified {
        evidence.push("verified: it works".to_owned());
    }
    into.raw(Raw {
        rule: kind,
        severity: is_entropy.then_some(Severity::Medium),
        path: file.to_owned(),
        start: Place {
            line: secret.line_number.unwrap_or_default(),
            column: 0,
        },
        value: match hash.is_empty() {
            true => Value::Hidden,
            false => Value::Hashed(hash),
        },
        evidence,
        sha1: sha1.ok().and_then(|bytes| bytes.try_into().ok()),
        // What its audit found.
        verdict: match secret.is_secret {
            Some(false) => Verdict::Suppressed {
                by: SuppressedBy::Baseline,
                reason: "detect-secrets audit: not a secret".to_owned(),
            },
            _ => Verdict::Report,
        },
        ..Raw::new("detect-secrets")
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Occurrence {
    r#match: Option<String>,
    match_type: Option<String>,
    #[serde(alias = "type")]
    kind: Option<String>,
    line_start: Option<u64>,
    line_end: Option<u64>,
    // In a commit, the line after it; the lines above are those before it.
    post_line_start: Option<u64>,
    post_line_end: Option<u64>,
    index_start: Option<u64>,
    index_end: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    kind: Option<String>,
    detail: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Incident {
    r#type: Option<String>,
    occurrences: Option<Vec<Occurrence>>,
    validity: Option<String>,
    ignore_sha: Option<String>,
    total_occurrences: u64,
    ignore_reason: Option<Reason>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entity {
    filename: Option<String>,
    incidents: Option<Vec<Incident>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedFile {
    filename: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    files: Option<Vec<NamedFile>>,
    description: Option<String>,
}

/// A scan of ggshield, which may have scans inside of it: one for each commit.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Scan {
    id: Option<String>,
    r#type: Option<String>,
    extra_info: Option<BTreeMap<String, String>>,
    entities_with_incidents: Option<Vec<Entity>>,
    errors: Option<Vec<Problem>>,
    scans: Option<Vec<Scan>>,
}

/// Reads a report of ggshield.
pub(super) fn ggshield(text: &[u8], into: &mut Intake<'_>) -> Result<(), Wrong> {
    values(text, |scan: Scan| {
        let mut open = vec![scan];
        // Each commit of a range repeats the errors of all.
        let mut told = BTreeSet::new();
        while let Some(scan) = open.pop() {
            let inner = scan.scans.unwrap_or_default();
            open.extend(inner.into_iter().rev());
            for problem in scan.errors.unwrap_or_default() {
                failed(problem, &mut told, into);
            }
            let facts = scan.extra_info.unwrap_or_default();
            let fact = |name: &str| facts.get(name).cloned();
            let is_commit = scan.r#type.as_deref() == Some("commit");
            let id = scan.id.filter(|_| is_commit);
            let commit =
                super::gitleaks::commit(id, fact("author"), fact("email"), fact("date"), None);
            for entity in scan.entities_with_incidents.unwrap_or_default() {
                let file = entity.filename.unwrap_or_default();
                for incident in entity.incidents.unwrap_or_default() {
                    incidents(&file, incident, commit.as_ref(), into)?;
                }
            }
        }
        Ok(())
    })
}

fn failed(problem: Problem, told: &mut BTreeSet<(String, String)>, into: &mut Intake<'_>) {
    let why = problem
        .description
        .unwrap_or_else(|| "unknown error".into());
    let files = problem.files.unwrap_or_default();
    let names = files.into_iter().map(|f| f.filename.unwrap_or_default());
    let mut names: Vec<String> = names.collect();
    if names.is_empty() {
        names.push(into.out.name.clone());
    }
    for name in names {
        if told.insert((name.clone(), why.clone())) {
            into.failed(&name, why.clone());
        }
    }
}

/// Takes an incident: the same secret at several places, each of which may have several parts.
fn incidents(
    file: &str,
    incident: Incident,
    commit: Option<&CommitInfo>,
    into: &mut Intake<'_>,
) -> Result<(), String> {
    let matches = incident.occurrences.unwrap_or_default();
    let total = usize::try_from(incident.total_occurrences).unwrap_or(usize::MAX);
    let total = total.clamp(1, matches.len().max(1));
    let each = matches.len().div_ceil(total).max(1);
    let verdict = match incident.ignore_reason {
        Some(reason) => Verdict::Suppressed {
            by: SuppressedBy::IgnoreFile,
            reason: [Some("ggshield".to_owned()), reason.kind, reason.detail]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(": "),
        },
        None => Verdict::Report,
    };
    let validity = incident.validity.unwrap_or_default();
    let works = validity == "valid";
    for matches in matches.chunks(each) {
        let kind = |one: &Occurrence| one.match_type.clone().or(one.kind.clone());
        let shown = |one: &Occurrence| one.r#match.clone().unwrap_or_default();
        // The part that is the secret, of an id and a secret.
        let secret = |one: &&Occurrence| {
            let kind = kind(one).unwrap_or_default();
            ["secret", "password", "apikey", "token"]
                .iter()
                .any(|word| kind.contains(word))
        };
        let Some(main) = matches.iter().find(secret).or(matches.first()) else {
            continue;
        };
        let others = matches.iter().filter(|one| !std::ptr::eq(*one, main));
        let parts = others.map(|one| (kind(one).unwrap_or_default(), Value::shown(&shown(one))));
        let place = |line: Option<u64>, index: Option<u64>, more: u64| Place {
            line: line.unwrap_or_default(),
            column: index.map_or(0, |index| index + more),
        };
        into.raw(Raw {
            rule: incident.r#type.clone().unwrap_or_default(),
            severity: works.then_some(Severity::Critical),
            confidence: if works {
                Confidence::High
            } else {
                Confidence::Medium
            },
            path: file.to_owned(),
            start: place(
                main.post_line_start.or(main.line_start),
                main.index_start,
                1,
            ),
            end: Some(place(
                main.post_line_end.or(main.line_end),
                main.index_end,
                1,
            )),
            value: Value::or_hash(&shown(main), incident.ignore_sha.as_deref()),
            evidence: match &*validity {
                "" | "no_checker" => Vec::new(),
                validity => vec![format!("validity: {}", validity.replace('_', " "))],
            },
            parts: parts.collect(),
            commit: commit.cloned(),
            verdict: verdict.clone(),
            ..Raw::new("ggshield")
        })?;
    }
    Ok(())
}
