//! Decides what a hook has to scan, from its stage and its environment. Pure.
//!
//! Hook frameworks (pre-commit, prek) set `PRE_COMMIT` and, for ranges and pushes, the
//! variables `PRE_COMMIT_*`. No variable shows `--all-files` or `--files`. But git sets
//! `GIT_INDEX_FILE` for its hooks during a commit or merge. Without it, the framework runs
//! manually or in CI, and everything it may cover is scanned: staged changes and tracked
//! files.

use std::ffi::OsString;

use super::Stage;
use crate::environment::Environment;
use crate::stop::Stop;

/// A part of the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The index, compared to HEAD and to the commits being merged.
    Staged,
    /// The message in the file that is the first argument.
    Message,
    /// The tracked files of the working tree.
    Tracked,
    /// What `to` reaches, without `from` and without what the remote has.
    Range {
        /// The known revision.
        from: String,
        /// The new revision.
        to: String,
        /// The displayed name of the reference.
        name: String,
        /// The remote of the push.
        remote: Option<OsString>,
    },
    /// What a local reference reaches, without what the remote has.
    Branch {
        /// The local reference.
        local: String,
        /// Its displayed name.
        name: String,
        /// The remote of the push.
        remote: OsString,
    },
    /// git's pre-push lines on standard input.
    Push,
    /// git's pre-receive lines on standard input.
    Receive,
    /// The three arguments of an update hook.
    Update,
}

/// Decides what to scan. `has_args`: whether git's arguments were passed on.
///
/// # Errors
/// Fails if a framework's variables contradict each other.
pub fn parts(stage: Stage, has_args: bool, environment: &Environment) -> Result<Vec<Part>, Stop> {
    let set = |name: &str| environment.get(name).map(OsString::from);
    let framework = set("PRE_COMMIT").is_some();
    let committing = set("GIT_INDEX_FILE").is_some();
    match stage {
        Stage::Update => return Ok(vec![Part::Update]),
        // Frameworks pass the file's name on, too.
        Stage::CommitMsg => return Ok(vec![Part::Message]),
        Stage::PreReceive => return Ok(vec![Part::Receive]),
        // A framework runs its hooks without git's arguments and lines. If they are here, its
        // variables are inherited and do not describe this push.
        Stage::PrePush if has_args || !framework => return Ok(vec![Part::Push]),
        Stage::PreCommit | Stage::PreMergeCommit if committing || !framework => {
            return Ok(vec![Part::Staged]);
        }
        Stage::Manual if !framework => return Ok(vec![Part::Staged, Part::Tracked]),
        Stage::Auto if !framework => {
            return Err(Stop::new(
                "`auto` takes the stage from pre-commit or prek, but neither is running",
            )
            .help("name the stage: `stopleak hook run pre-commit`"));
        }
        _ => {}
    }
    let mut parts = Vec::new();
    parts.extend(pushed(&set)?);
    if committing {
        parts.push(Part::Staged);
    }
    if parts.is_empty() || (stage == Stage::Manual && parts == [Part::Staged]) {
        parts = vec![Part::Staged, Part::Tracked];
    }
    Ok(parts)
}

/// Returns what a framework's variables say about a range or a push.
fn pushed(set: &dyn Fn(&str) -> Option<OsString>) -> Result<Option<Part>, Stop> {
    let text = |name: &str| match set(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => {
            Err(Stop::new(format!("{name} is not UTF-8")).help("use UTF-8 reference names"))
        }
    };
    let remote = set("PRE_COMMIT_REMOTE_NAME");
    let local = text("PRE_COMMIT_LOCAL_BRANCH")?;
    let name = text("PRE_COMMIT_REMOTE_BRANCH")?;
    let range = (text("PRE_COMMIT_FROM_REF")?, text("PRE_COMMIT_TO_REF")?);
    match (range, remote, local) {
        ((Some(from), Some(to)), remote, _) => Ok(Some(Part::Range {
            from,
            name: name.unwrap_or_else(|| to.clone()),
            to,
            remote,
        })),
        // prek gives only the new tip if the whole history is new to the remote.
        ((None, to), Some(remote), Some(local)) => Ok(Some(Part::Branch {
            name: name.unwrap_or_else(|| local.clone()),
            local: to.unwrap_or(local),
            remote,
        })),
        ((None, None), None, _) => Ok(None),
        ((None, None), Some(_), None) => Err(Stop::new(
            "PRE_COMMIT_REMOTE_NAME is set without PRE_COMMIT_LOCAL_BRANCH: the pushed branch is unknown",
        )
        .help("update pre-commit")),
        _ => Err(Stop::new(
            "only one of PRE_COMMIT_FROM_REF and PRE_COMMIT_TO_REF is set",
        )
        .help("give both --from-ref and --to-ref")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stage: Stage, has_args: bool, vars: &[&str]) -> Result<Vec<Part>, String> {
        let variables = vars.iter().filter_map(|var| var.split_once('='));
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        parts(stage, has_args, &variables.collect()).map_err(|stop| stop.message)
    }

    #[test]
    fn git_itself_is_taken_by_its_word() {
        let index = "GIT_INDEX_FILE=.git/index";
        for stage in [Stage::PreCommit, Stage::PreMergeCommit] {
            assert_eq!(told(stage, false, &[]), Ok(vec![Part::Staged]));
            assert_eq!(told(stage, false, &[index]), Ok(vec![Part::Staged]));
        }
        assert_eq!(told(Stage::PrePush, true, &[]), Ok(vec![Part::Push]));
        assert_eq!(told(Stage::PrePush, false, &[]), Ok(vec![Part::Push]));
        assert_eq!(told(Stage::PreReceive, false, &[]), Ok(vec![Part::Receive]));
        assert_eq!(told(Stage::Update, true, &[]), Ok(vec![Part::Update]));
        assert!(told(Stage::Auto, false, &[index]).is_err());
    }

    #[test]
    fn variables_of_an_outer_framework_mislead_no_hook_of_git() {
        let vars = [
            "PRE_COMMIT=1",
            "PRE_COMMIT_FROM_REF=a",
            "PRE_COMMIT_TO_REF=b",
            "GIT_INDEX_FILE=i",
        ];
        assert_eq!(told(Stage::PrePush, true, &vars), Ok(vec![Part::Push]));
        assert_eq!(told(Stage::PreCommit, false, &vars), Ok(vec![Part::Staged]));
        assert_eq!(
            told(Stage::PreReceive, false, &vars),
            Ok(vec![Part::Receive])
        );
        // Both are possible here, so both are scanned.
        let both = told(Stage::Auto, false, &vars).unwrap();
        assert_eq!(both.len(), 2);
        assert!(both.contains(&Part::Staged));
    }

    #[test]
    fn frameworks_tell_ranges_pushes_and_commits() {
        let auto = |vars: &[&str]| told(Stage::Auto, false, vars);
        let all = vec![Part::Staged, Part::Tracked];
        assert_eq!(auto(&["PRE_COMMIT=1"]), Ok(all.clone()));
        assert_eq!(
            auto(&["PRE_COMMIT=1", "GIT_INDEX_FILE=i"]),
            Ok(vec![Part::Staged])
        );
        assert_eq!(
            told(Stage::Manual, false, &["PRE_COMMIT=1"]),
            Ok(all.clone())
        );
        assert_eq!(told(Stage::Manual, false, &[]), Ok(all));
        let range = [
            "PRE_COMMIT=1",
            "PRE_COMMIT_FROM_REF=a",
            "PRE_COMMIT_TO_REF=b",
        ];
        assert_eq!(
            auto(&range),
            Ok(vec![Part::Range {
                from: "a".into(),
                to: "b".into(),
                name: "b".into(),
                remote: None
            }])
        );
        let push = [
            "PRE_COMMIT=1",
            "PRE_COMMIT_REMOTE_NAME=origin",
            "PRE_COMMIT_LOCAL_BRANCH=refs/heads/x",
            "PRE_COMMIT_REMOTE_BRANCH=refs/heads/y",
        ];
        assert_eq!(
            auto(&push),
            Ok(vec![Part::Branch {
                local: "refs/heads/x".into(),
                name: "refs/heads/y".into(),
                remote: "origin".into()
            }])
        );
        let mut tip = push.to_vec();
        tip.push("PRE_COMMIT_TO_REF=b");
        assert!(matches!(&auto(&tip).unwrap()[..], [Part::Branch { local, .. }] if local == "b"));
        assert!(auto(&["PRE_COMMIT=1", "PRE_COMMIT_TO_REF=b"]).is_err());
        tip.push("PRE_COMMIT_FROM_REF=");
        assert!(matches!(&auto(&tip).unwrap()[..], [Part::Branch { .. }]));
        assert!(auto(&["PRE_COMMIT=1", "PRE_COMMIT_FROM_REF=b"]).is_err());
        assert!(auto(&["PRE_COMMIT=1", "PRE_COMMIT_REMOTE_NAME=b"]).is_err());
    }
}
