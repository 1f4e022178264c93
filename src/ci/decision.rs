//! What a job has to scan: the system, and a change whose names `resolve` looks up in the
//! repository. Contains the words and rules that all systems share.
//!
//! Three rules apply to every system. First, without a base, everything that a commit reaches
//! is scanned: nothing counts as scanned already on a guess. Second, only the base of the
//! change and the default branch count as known, never other branches: two branches pushed at
//! once would each vouch for the other's commits. Third, what accepts findings comes from the
//! default branch; see `policy`.

use super::variables::Variables;
use crate::report::escape::escape;
use crate::stop::Stop;

/// A CI system, recognised by its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions.
    Github,
    /// Gitea Actions.
    Gitea,
    /// Forgejo Actions.
    Forgejo,
    /// GitLab CI.
    Gitlab,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Azure Pipelines.
    Azure,
    /// CircleCI.
    Circle,
    /// Jenkins.
    Jenkins,
    /// Buildkite.
    Buildkite,
    /// Drone.
    Drone,
    /// Woodpecker.
    Woodpecker,
    /// No known system; only with `--base`.
    Unknown,
}

impl System {
    /// Whether somebody can start a run that names a branch and builds another commit: by the run
    /// dialog, an API, or a promotion.
    pub(super) fn builds_any_commit(self) -> bool {
        use System::{Azure, Buildkite, Drone, Woodpecker};
        matches!(self, Azure | Buildkite | Drone | Woodpecker)
    }

    /// Recognises the system of the environment.
    ///
    /// Jenkins comes last: processes that its agents start inherit its variables.
    pub(super) fn of(env: &Variables) -> Self {
        if env.is_on("GITHUB_ACTIONS") || env.is_on("GITEA_ACTIONS") {
            // Forgejo sets all three, Gitea two.
            return match (env.is_on("FORGEJO_ACTIONS"), env.is_on("GITEA_ACTIONS")) {
                (true, _) => System::Forgejo,
                (false, true) => System::Gitea,
                (false, false) => System::Github,
            };
        }
        for (name, system) in [
            ("GITLAB_CI", System::Gitlab),
            ("BITBUCKET_BUILD_NUMBER", System::Bitbucket),
            ("TF_BUILD", System::Azure),
            ("CIRCLECI", System::Circle),
            ("BUILDKITE", System::Buildkite),
        ] {
            if env.is_on(name) {
                return system;
            }
        }
        if env.get("CI") == Some("woodpecker") {
            return System::Woodpecker;
        }
        if env.is_on("DRONE") {
            return System::Drone;
        }
        if env.is_on("JENKINS_URL") {
            return System::Jenkins;
        }
        System::Unknown
    }

    /// Whether GITHUB_EVENT_PATH names the event's payload.
    pub(super) fn has_payload(self) -> bool {
        matches!(self, System::Github | System::Gitea | System::Forgejo)
    }

    /// Returns its name, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            System::Github => "GitHub Actions",
            System::Gitea => "Gitea Actions",
            System::Forgejo => "Forgejo Actions",
            System::Gitlab => "GitLab CI",
            System::Bitbucket => "Bitbucket Pipelines",
            System::Azure => "Azure Pipelines",
            System::Circle => "CircleCI",
            System::Jenkins => "Jenkins",
            System::Buildkite => "Buildkite",
            System::Drone => "Drone",
            System::Woodpecker => "Woodpecker",
            System::Unknown => "unknown CI",
        }
    }

    /// Returns how to configure a full clone, as an imperative clause.
    pub(crate) fn whole_clone(self) -> &'static str {
        match self {
            System::Github | System::Gitea | System::Forgejo => {
                "add `fetch-depth: 0` below `with:` of the actions/checkout step"
            }
            System::Gitlab => "add `GIT_DEPTH: \"0\"` below `variables:` of the job",
            System::Bitbucket => "add `clone:` with `depth: full` to the step",
            System::Azure => "add `fetchDepth: 0` to the step `- checkout: self`",
            System::Circle => "write the checkout step as `- checkout: {method: full}`",
            System::Jenkins => {
                "check out with `extensions: [cloneOption(shallow: false, noTags: false)]`"
            }
            System::Buildkite => {
                "set `BUILDKITE_GIT_CLONE_FLAGS: \"-v\"`, without `--depth`, below `env:`"
            }
            System::Drone => "delete `depth:` below `clone:`",
            System::Woodpecker => {
                "add `settings: {partial: false}`, without `depth`, to `clone: git:`"
            }
            System::Unknown => "clone without `--depth` and `--filter`",
        }
    }
}

/// What to scan, and the event that requires it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The system.
    pub system: System,
    /// The event: `push to main`. Contains names from the repository, unescaped.
    pub event: String,
    /// What to scan.
    pub wanted: Wanted,
    /// The branches that the event is about.
    pub branches: Branches,
}

/// The branches that an event is about, as its variables name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// The branch that was pushed or built, or that a pull request goes into. None for a tag.
    pub branch: Option<String>,
    /// The default branch of the repository.
    pub default: Option<String>,
    /// The commit that was built: its id, or HEAD.
    pub built: Option<String>,
    /// The full name of that branch, whatever it looks like.
    pub reference: Option<String>,
}

impl Branches {
    /// Makes the branches from short names. One that looks like a full name is unknown: anybody
    /// may push a branch called `refs/heads/main`, and it must not pass for `main`.
    pub(super) fn new(branch: Option<&str>, default: Option<&str>, built: Option<&str>) -> Self {
        let known = |name: &&str| !name.starts_with("refs/");
        Self {
            branch: branch.filter(known).map(str::to_owned),
            default: default.filter(known).map(str::to_owned),
            built: built.map(str::to_owned),
            reference: branch.map(|name| format!("refs/heads/{name}")),
        }
    }

    /// Returns the short name of a branch whose full name a system gives; None if it is the full
    /// name of something else. Names that are short already stay as they are.
    pub(super) fn short(full: &str) -> Option<&str> {
        match full.strip_prefix("refs/heads/") {
            None if full.starts_with("refs/") => None,
            None => Some(full),
            short => short,
        }
    }
}

impl Decision {
    /// Returns the system, the event and `more`, escaped but not masked: names in a
    /// repository may be secrets.
    pub fn lines(&self, more: &[impl AsRef<str>]) -> Vec<String> {
        let system = format!("ci: {}", self.system.name());
        let event = format!("event: {}", self.event);
        let all = [system.as_str(), event.as_str()].into_iter();
        all.chain(more.iter().map(AsRef::as_ref))
            .map(|line| escape(line.as_bytes()))
            .collect()
    }
}

impl Decision {
    /// Returns `lines` as a document, not masked.
    pub fn json(&self, lines: &[String]) -> serde_json::Value {
        serde_json::json!({
            "schema_version": "1",
            "system": self.system.name(),
            "event": self.event,
            "lines": lines,
        })
    }
}

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The commits of a change.
    Change(Change),
    /// The whole history, from every reference.
    Whole,
    /// Nothing.
    Nothing,
}

/// Commits that a head reaches and a base does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The newest commit: its id, or HEAD.
    pub head: String,
    /// The merge of head and base that CI made or may have made. What it adds itself counts
    /// too; its other parents are known.
    pub merge: Option<String>,
    /// The known bases, best first. If a base is required, the first one that is here counts,
    /// else all that are here.
    pub bases: Vec<Base>,
    /// Whether a base is required. Otherwise, without a base, everything that the head
    /// reaches is scanned.
    pub required: bool,
    /// The pushed tag, whose message counts too.
    pub tag: Option<String>,
}

/// A base: its history is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A commit by id, and what it is.
    Commit(String, &'static str),
    /// A commit by the first digits of its id, in the history of this branch (None: of the
    /// default branch), and what it is. Elsewhere, anyone could have made an id that fits.
    Abbreviated(String, Option<String>, &'static str),
    /// The tip of a branch of the remote repository.
    Branch(String),
    /// The user's base.
    Asked(String),
}

impl Change {
    /// Returns the name of the reference that a push brings; None if it was there before, or
    /// if this is no push.
    pub(super) fn new_name(&self, branches: &Branches) -> Option<String> {
        let is_known = self
            .bases
            .iter()
            .any(|base| matches!(base, Base::Commit(..)));
        if is_known || self.is_reviewed() {
            return None;
        }
        let tag = self.tag.as_ref().map(|tag| format!("refs/tags/{tag}"));
        tag.or_else(|| branches.reference.clone())
    }

    /// Whether this is a change that a person reviews before it goes into a branch.
    pub(super) fn is_reviewed(&self) -> bool {
        self.required && !self.bases.iter().any(|base| matches!(base, Base::Asked(_)))
    }
}

/// A system's decision: the event, and what to scan.
pub(super) type Decided = Result<(String, Wanted), Stop>;

/// Builds a change.
pub(super) fn change(head: &str, merge: Option<&str>, bases: Vec<Base>, required: bool) -> Wanted {
    Wanted::Change(Change {
        head: head.to_owned(),
        merge: merge.filter(|merge| *merge != head).map(str::to_owned),
        bases,
        required,
        tag: None,
    })
}

/// Adds a tag to a change.
pub(super) fn tagged(mut wanted: Wanted, tag: Option<&str>) -> Wanted {
    if let Wanted::Change(change) = &mut wanted {
        change.tag = tag.map(str::to_owned);
    }
    wanted
}

/// Returns the bases of a push: the commit before it, and the default branch unless that was
/// pushed. What a branch merges from the default branch is not new.
pub(super) fn push_bases(
    before: Option<&str>,
    branch: Option<&str>,
    default: Option<&str>,
) -> Vec<Base> {
    let before = before.filter(|before| !is_zero(before));
    let before = before.map(|id| Base::Commit(id.to_owned(), "the commit before the push"));
    let default = default.filter(|default| branch != Some(default));
    let default = default.map(|name| Base::Branch(name.to_owned()));
    before.into_iter().chain(default).collect()
}

/// Whether an id stands for no commit.
pub(super) fn is_zero(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b == b'0')
}

/// Returns a variable that the system promises and that must be a commit id.
pub(super) fn commit<'e>(env: &'e Variables, name: &str) -> Result<&'e str, Stop> {
    let value = env.get(name).ok_or_else(|| missing(name))?;
    if is_commit(value) {
        Ok(value)
    } else {
        Err(Stop::new(format!("{name} is not a commit id: `{value}`"))
            .help("the CI system sets it; do not override it"))
    }
}

/// Whether text is a full commit id.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Returns the error for a missing variable.
pub(super) fn missing(name: &str) -> Stop {
    Stop::new(format!("{name} is not set, so the change is unknown"))
        .help("pass the CI system's variables to stopleak, or name the base with `--base REV`")
}
