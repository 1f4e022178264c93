//! Lets a push through that a server hook would refuse, and records it.
//!
//! Three must agree: the pusher asks with a push option and gives a reason, a file of the server
//! lists the person and the rules, and the record is written. The file is in the git directory of
//! the receiving repository, or one that the administrator names: no push can bring it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde_json::{Value, json};

use super::record;
use crate::calendar::{Day, civil};
use crate::environment::Environment;
use crate::finding::{Event, Finding};
use crate::git::Store;
use crate::git::protocol::Update;
use crate::report::encode;
use crate::rules::{Ruleset, select};
use crate::stop::{Stop, counted, describe};

/// The file that says who may let what through, in the git directory.
const POLICY: &str = "stopleak-push.toml";
/// The push option that asks.
const OPTION: &str = "stopleak.bypass";
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;
/// The largest policy file, in bytes.
const LARGEST_POLICY: u64 = 1 << 20;
/// The most push options that are read.
const MOST_OPTIONS: usize = 1_000;

/// What a push asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// To be let through, for this reason.
    For(String),
    /// Something that cannot be granted: why.
    Wrong(String),
}

/// Returns what the push options in the environment of a hook ask for.
pub fn asked(environment: &Environment) -> Asked {
    let Some(count) = environment.text("GIT_PUSH_OPTION_COUNT") else {
        return Asked::Nothing;
    };
    let count = match count.parse::<usize>() {
        Ok(count) if count <= MOST_OPTIONS => count,
        _ => return Asked::Wrong(format!("more than {MOST_OPTIONS} push options")),
    };
    let options = (0..count).filter_map(|n| environment.text(&format!("GIT_PUSH_OPTION_{n}")));
    let mut found = Asked::Nothing;
    for option in options {
        let (name, reason) = option.split_once('=').unwrap_or((&option, ""));
        let name = name.trim().to_lowercase();
        if name != OPTION {
            if name.starts_with("stopleak") {
                let known = format!("the only one is `-o {OPTION}=\"REASON\"`");
                return Asked::Wrong(format!("this push option does not exist; {known}"));
            }
            continue;
        }
        let reason: Vec<&str> = reason.split_whitespace().collect();
        let reason = reason.join(" ");
        found = match found {
            Asked::Nothing if reason.is_empty() => {
                return Asked::Wrong(format!("it needs a reason: -o {OPTION}=\"REASON\""));
            }
            Asked::Nothing if reason.chars().count() > LONGEST_REASON => {
                return Asked::Wrong(format!(
                    "the reason is longer than {LONGEST_REASON} characters"
                ));
            }
            Asked::Nothing => Asked::For(reason),
            _ => return Asked::Wrong("it is asked for more than once".to_owned()),
        };
    }
    found
}

/// A finding that stops a push.
#[derive(Clone, Debug)]
pub struct Stopping {
    rule: String,
    provider: String,
    severity: &'static str,
    fingerprint: String,
    secret_id: String,
    path: String,
    line: u64,
    commit: Option<String>,
}

impl Stopping {
    /// Returns what matters of an event; None if it stops nothing.
    pub fn of(event: &Event, rules: &Ruleset) -> Option<Self> {
        let Event::Finding(finding) = event else {
            return None;
        };
        let finding: &Finding = finding;
        finding.verdict.is_report().then(|| {
            let rule = rules.get(finding.rule);
            Self {
                rule: rule.id.to_string(),
                provider: rule.provider.to_string(),
                severity: finding.severity.id(),
                fingerprint: finding.fingerprint.to_string(),
                secret_id: finding.secret_id.to_string(),
                path: String::from_utf8_lossy(finding.path.as_bytes()).into_owned(),
                line: finding.start.line,
                commit: finding.commit.as_ref().map(|commit| commit.id.to_string()),
            }
        })
    }

    /// Returns it as one line, not yet masked.
    pub fn line(&self) -> String {
        format!(
            "{}:{}: {} [{}] {}",
            self.path, self.line, self.severity, self.rule, self.fingerprint
        )
    }
}

/// A push that findings stop.
pub struct Case<'c> {
    /// The variables of the hook.
    pub environment: &'c Environment,
    /// The receiving repository.
    pub store: &'c Store,
    /// The policy file that the administrator names; None for the one in the git directory.
    pub policy: Option<&'c Path>,
    /// What the push moves.
    pub updates: &'c [Update],
    /// What stops it.
    pub findings: &'c [Stopping],
    /// The rules that ran.
    pub rules: &'c Ruleset,
    /// The time, in seconds since 1970.
    pub now: i64,
    /// Masks a text.
    pub mask: &'c dyn Fn(&str) -> String,
}

/// What became of a push.
pub struct Settled {
    /// Whether it goes through.
    pub through: bool,
    /// What to say, for people. Not masked.
    pub says: String,
}

impl Case<'_> {
    /// Decides about the push and records the decision; None if the pusher asks for nothing.
    pub fn settle(&self) -> Option<Settled> {
        let reason = match asked(self.environment) {
            Asked::Nothing => return None,
            Asked::Wrong(why) => return Some(refused(&why)),
            Asked::For(reason) => reason,
        };
        let policy = match self.read() {
            Ok(Some(policy)) => policy,
            Ok(None) => return Some(refused("this server does not allow it")),
            Err(stop) => {
                let why = format!("the policy of this server has a mistake: {}", stop.message);
                return Some(refused(&why));
            }
        };
        let user = self.environment.text(&policy.user_from);
        let user = user.map(|user| user.trim().to_owned());
        let granted = match user.as_deref() {
            None | Some("") => Err(format!(
                "the server does not say who pushes: {} is not set",
                policy.user_from
            )),
            Some(user) => self.grants(&policy, user),
        };
        let line = self.record(&policy, user.as_deref(), &reason, granted.as_ref().err());
        let written = record::append(&policy.audit, &line);
        Some(match (granted, written) {
            (Err(why), _) => refused(&why),
            (Ok(()), Err(why)) => refused(&format!("it cannot be recorded: {why}")),
            (Ok(()), Ok(())) => Settled {
                through: true,
                says: format!(
                    "the push goes through with {}, as {} asks; this is recorded, with the reason",
                    counted(self.findings.len(), "finding"),
                    user.unwrap_or_default()
                ),
            },
        })
    }

    /// Whether the server has a policy, so that it makes sense to ask.
    pub fn may_ask(&self) -> bool {
        self.file().is_file()
    }

    fn file(&self) -> PathBuf {
        let usual = || self.store.common_dir().join(POLICY);
        self.policy.map_or_else(usual, Path::to_owned)
    }

    /// Reads the policy; None if there is none.
    fn read(&self) -> Result<Option<Policy>, Stop> {
        let file = self.file();
        let wrong = |why: String| Stop::new(format!("{}: {why}", file.display()));
        let text = match std::fs::metadata(&file) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.policy.is_none() => {
                return Ok(None);
            }
            Err(e) => return Err(wrong(describe(&e))),
            Ok(meta) if !meta.is_file() => return Err(wrong("not a regular file".to_owned())),
            Ok(meta) if meta.len() > LARGEST_POLICY => return Err(wrong("too large".to_owned())),
            Ok(_) => std::fs::read_to_string(&file).map_err(|e| wrong(describe(&e)))?,
        };
        let base = file.parent().unwrap_or(Path::new("."));
        Policy::parse(&text, base, self.rules)
            .map(Some)
            .map_err(wrong)
    }

    /// Whether a person may let all findings through to all references.
    fn grants(&self, policy: &Policy, user: &str) -> Result<(), String> {
        let today = u64::try_from(self.now).map(Day::of_unix_time);
        let today = today.map_err(|_| "the clock of the server is wrong".to_owned())?;
        let mine: Vec<&Grant> = policy
            .grants
            .iter()
            .filter(|grant| grant.users.iter().any(|known| known == user))
            .collect();
        if mine.is_empty() {
            return Err(format!("{user} is not among those who may"));
        }
        let live = |grant: &&&Grant| grant.until.is_none_or(|until| today <= until);
        let mine: Vec<&Grant> = mine.iter().filter(live).copied().collect();
        if mine.is_empty() {
            return Err(format!("the time is over in which {user} may"));
        }
        let covers = |grant: &Grant, finding: &Stopping| {
            let rule = |rule: &Named| rule.is(&finding.rule, &finding.provider);
            grant.rules.iter().any(rule) && self.updates.iter().all(|update| grant.holds(update))
        };
        let lacking = |finding: &&Stopping| !mine.iter().any(|grant| covers(grant, finding));
        let mut lacking: Vec<&str> = self
            .findings
            .iter()
            .filter(lacking)
            .map(|finding| finding.rule.as_str())
            .collect();
        lacking.sort_unstable();
        lacking.dedup();
        match lacking[..] {
            [] => Ok(()),
            _ => Err(format!(
                "{user} may not let {} through here",
                lacking.join(", ")
            )),
        }
    }

    /// Returns the line of the record.
    fn record(
        &self,
        policy: &Policy,
        user: Option<&str>,
        reason: &str,
        why: Option<&String>,
    ) -> String {
        let mask = |text: &str| (self.mask)(text);
        let time = civil(self.now).map(|time| format!("{time}Z"));
        let refs: Vec<Value> = self
            .updates
            .iter()
            .map(|update| {
                json!({
                    "name": mask(&String::from_utf8_lossy(&update.name)),
                    "old": update.old.map(|id| id.to_string()),
                    "new": update.new.map(|id| id.to_string()),
                })
            })
            .collect();
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "rule": finding.rule,
                    "severity": finding.severity,
                    "fingerprint": finding.fingerprint,
                    "secret_id": finding.secret_id,
                    "path": mask(&finding.path),
                    "line": finding.line,
                    "commit": finding.commit,
                })
            })
            .collect();
        let document = json!({
            "schema_version": "1",
            "time": time,
            "decision": if why.is_none() { "through" } else { "refused" },
            "why": why.map(|why| mask(why)),
            "user": user.map(mask),
            "user_from": policy.user_from,
            "repository": self.store.common_dir().display().to_string(),
            "reason": mask(reason),
            "refs": refs,
            "findings": findings,
        });
        // A document of texts and numbers can always be written.
        encode::json(&document, false).unwrap_or_default()
    }
}

fn refused(why: &str) -> Settled {
    Settled {
        through: false,
        says: format!("`-o {OPTION}` is refused: {why}"),
    }
}

/// Who may let what through.
#[derive(Debug)]
struct Policy {
    /// The variable that names the person.
    user_from: String,
    audit: PathBuf,
    grants: Vec<Grant>,
}

#[derive(Debug)]
struct Grant {
    users: Vec<String>,
    rules: Vec<Named>,
    /// The references; none for all.
    refs: Vec<GlobMatcher>,
    until: Option<Day>,
}

impl Grant {
    fn holds(&self, update: &Update) -> bool {
        // Names are bytes; one that is not UTF-8 matches no glob.
        let name = std::str::from_utf8(&update.name);
        self.refs.is_empty() || name.is_ok_and(|name| self.refs.iter().any(|r| r.is_match(name)))
    }
}

/// Rules that an entry names.
#[derive(Debug)]
enum Named {
    Provider(String),
    Ids(GlobMatcher),
}

impl Named {
    fn is(&self, id: &str, provider: &str) -> bool {
        match self {
            Named::Provider(name) => provider.eq_ignore_ascii_case(name),
            Named::Ids(glob) => glob.is_match(id),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawPolicy {
    user_from: String,
    audit: PathBuf,
    #[serde(default)]
    bypass: Vec<RawGrant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrant {
    users: Vec<String>,
    rules: Vec<String>,
    refs: Option<Vec<String>>,
    until: Option<toml::value::Datetime>,
}

impl Policy {
    /// Parses a policy. Relative paths in it start at `base`.
    fn parse(text: &str, base: &Path, rules: &Ruleset) -> Result<Self, String> {
        let raw: RawPolicy = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..at]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
                + 1;
            format!("line {line}: {}", error.message())
        })?;
        let name = raw.user_from.as_str();
        if name.is_empty() || OsStr::new(name).as_encoded_bytes().contains(&b'=') {
            return Err("`user-from` must name an environment variable".to_owned());
        }
        if raw.audit.as_os_str().is_empty() {
            return Err("`audit` must name a file".to_owned());
        }
        let grants = (1..).zip(raw.bypass).map(|(n, grant)| {
            Grant::of(grant, rules).map_err(|why| format!("[[bypass]] number {n}: {why}"))
        });
        Ok(Self {
            audit: base.join(raw.audit),
            grants: grants.collect::<Result<_, _>>()?,
            user_from: raw.user_from,
        })
    }
}

impl Grant {
    fn of(raw: RawGrant, rules: &Ruleset) -> Result<Self, String> {
        for (key, list) in [("users", &raw.users), ("rules", &raw.rules)] {
            if list.is_empty() || list.iter().any(|item| item.trim().is_empty()) {
                return Err(format!("`{key}` is empty, or one of its items"));
            }
        }
        let until = raw.until.map(|until| {
            let day = until.date.filter(|_| until.time.is_none());
            let day = day.and_then(|day| Day::new(day.year, day.month, day.day));
            day.ok_or("`until` must be a day: 2027-01-31")
        });
        let refs = raw.refs.map(|refs| match refs.is_empty() {
            true => Err("`refs` is empty".to_owned()),
            false => refs.iter().map(|glob| matcher(glob)).collect(),
        });
        Ok(Self {
            users: raw.users,
            rules: raw
                .rules
                .iter()
                .map(|entry| named(entry, rules))
                .collect::<Result<_, _>>()?,
            refs: refs.transpose()?.unwrap_or_default(),
            until: until.transpose()?,
        })
    }
}

/// Resolves an entry of `rules`: an id, a glob of ids, or `provider:NAME`. A rule that does not
/// exist is a mistake: it would grant nothing, and nobody would notice.
fn named(entry: &str, rules: &Ruleset) -> Result<Named, String> {
    let all = || rules.iter().map(|(_, rule)| rule);
    if let Some(provider) = entry.strip_prefix("provider:") {
        let provider = provider.trim();
        return match all().any(|rule| rule.provider.eq_ignore_ascii_case(provider)) {
            true => Ok(Named::Provider(provider.to_owned())),
            false => Err(format!("no rule has the provider `{provider}`")),
        };
    }
    let glob = matcher(entry)?;
    if all().any(|rule| glob.is_match(rule.id.as_ref())) {
        return Ok(Named::Ids(glob));
    }
    let ids: Vec<&str> = all().map(|rule| rule.id.as_ref()).collect();
    let error = select::UnknownRule {
        id: entry.to_owned(),
        meant: select::meant(entry, ids.iter().copied()),
    };
    Err(error.to_string())
}

fn matcher(glob: &str) -> Result<GlobMatcher, String> {
    let built = GlobBuilder::new(glob).build();
    let built = built.map_err(|why| format!("bad glob `{glob}`: {}", why.kind()))?;
    Ok(built.compile_matcher())
}
