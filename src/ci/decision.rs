//! What has to be scanned in a job: the system, and a change with names that `resolve`
//! looks up in the repository. Words and rules that all systems share.
//!
//! Two rules hold for every system. What an event does not tell is never guessed
//! to be scanned already: without a base all that a commit reaches is scanned. And
//! what counts as known is the base of the change or the default branch, never
//! other branches: two branches that are pushed at once would each vouch for what
//! the other one brings.

use super::variables::Variables;
use crate::stop::Stop;

/// A CI system, known by its environment.
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
    /// None that is known; only with `--base`.
    Unknown,
}

impl System {
    /// The system that the environment belongs to.
    ///
    /// Jenkins comes last: its variables are inherited by what its agents start.
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

    /// Whether GITHUB_EVENT_PATH names its event.
    pub(super) fn has_payload(self) -> bool {
        matches!(self, System::Github | System::Gitea | System::Forgejo)
    }

    /// Its name, as people write it.
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

    /// What to write where to have the whole history, as an imperative clause.
    pub fn whole_clone(self) -> &'static str {
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

/// What has to be scanned, and what happened that it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The system.
    pub system: System,
    /// What happened: `push to main`. Holds names from the repository as they are.
    pub event: String,
    /// What has to be scanned.
    pub wanted: Wanted,
}

/// What has to be scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What commits bring.
    Change(Change),
    /// All of history, from every reference.
    Whole,
    /// Nothing is there to scan.
    Nothing,
}

/// Commits that a head reaches and a base does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The newest commit: its name, or HEAD.
    pub head: String,
    /// The merge of head and base that CI made or may have made; what it adds itself
    /// counts as well, and its other parents are known.
    pub merge: Option<String>,
    /// What is known already, best first. When there has to be one, the first that is
    /// here counts, else all that are.
    pub bases: Vec<Base>,
    /// Whether there has to be a base. Else, without one, all that the head reaches
    /// is scanned.
    pub required: bool,
    /// The tag that was pushed, whose message counts as well.
    pub tag: Option<String>,
}

/// Something whose history is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A commit by name, and what it is.
    Commit(String, &'static str),
    /// The tip of a branch of the remote repository.
    Branch(String),
    /// What the user compares with. It vouches for nothing when it is the head itself:
    /// `--base origin/main` in a build of main.
    Asked(String),
}

/// What a system's part decides: what happened and what is wanted.
pub(super) type Decided = Result<(String, Wanted), Stop>;

/// A change, in one call.
pub(super) fn change(head: &str, merge: Option<&str>, bases: Vec<Base>, required: bool) -> Wanted {
    Wanted::Change(Change {
        head: head.to_owned(),
        merge: merge.filter(|merge| *merge != head).map(str::to_owned),
        bases,
        required,
        tag: None,
    })
}

/// A change that came with a tag, if there is one.
pub(super) fn tagged(mut wanted: Wanted, tag: Option<&str>) -> Wanted {
    if let Wanted::Change(change) = &mut wanted {
        change.tag = tag.map(str::to_owned);
    }
    wanted
}

/// The bases of a push: what was there before, and the default branch unless it is
/// the one that was pushed: what a branch merges from it is not new.
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

/// Whether a commit's name means that there is none.
pub(super) fn is_zero(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b == b'0')
}

/// A value that the system promises, and that has to be a commit's name.
pub(super) fn commit<'e>(env: &'e Variables, name: &str) -> Result<&'e str, Stop> {
    let value = env.get(name).ok_or_else(|| missing(name))?;
    if is_commit(value) {
        Ok(value)
    } else {
        Err(
            Stop::new(format!("{name} is not the name of a commit: `{value}`"))
                .help("it is set by the CI system; do not override it"),
        )
    }
}

/// Whether text is the full name of a commit.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A variable that ought to be there is not.
pub(super) fn missing(name: &str) -> Stop {
    Stop::new(format!("{name} is not set, so the change is not known"))
        .help("pass the CI system's variables on to stopleak, or name the base with `--base REV`")
}
