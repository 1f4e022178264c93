//! What a person reads whom a hook stops: what is stopped, and how to go on.

use super::Stage;
use crate::environment::Environment;

/// The start of lines that GitLab shows in its own pages.
const GITLAB: &str = "GL-HOOK-ERR: ";
/// The most findings that are shown there.
const MOST: usize = 10;

/// Returns what the hook stopped, and how to go on. None if it stopped nothing.
pub fn advice(stage: Stage, code: u8) -> Option<String> {
    let what = match stage {
        Stage::PreCommit | Stage::CommitMsg => "the commit is stopped",
        Stage::PreMergeCommit => "the merge is stopped",
        Stage::PrePush => "the push is stopped",
        Stage::PreReceive | Stage::Update => "the push is refused",
        Stage::Auto => "stopped",
        Stage::Manual => return None,
    };
    // A push has the versions of all its commits: a marker in a later one changes none.
    let accept = match stage {
        Stage::PrePush => {
            "put a `stopleak:allow REASON` comment on a line without a secret in the commit that \
             adds it (amend or rebase), or use `stopleak ignore add`"
        }
        Stage::PreReceive | Stage::Update => {
            "amend the commits that add them; for a line without a secret, first push an entry of \
             .stopleakignore to the default branch"
        }
        Stage::CommitMsg => "comments with secrets, too, because git may keep them",
        _ => "mark a line without a secret with a `stopleak:allow REASON` comment",
    };
    match code {
        0 => None,
        1 => Some(format!("stopleak: {what}: remove the secrets; {accept}")),
        _ => Some(format!("stopleak: {what}: not everything could be scanned")),
    }
}

/// Whether the hook of a server runs below GitLab.
pub fn is_gitlab(environment: &Environment) -> bool {
    let set = |name: &str| environment.get(name).is_some();
    set("GL_PROTOCOL") || set("GL_REPOSITORY")
}

/// Returns lines for the pages of GitLab: what is refused, up to ten of the findings, and more.
pub fn for_gitlab(lines: &[String], findings: &[String]) -> Vec<String> {
    let shown = findings.iter().take(MOST).cloned();
    let more = findings.len().saturating_sub(MOST);
    let more = (more > 0).then(|| format!("and {more} more, which `git push` shows"));
    let all = lines.iter().cloned().chain(shown).chain(more);
    all.map(|line| format!("{GITLAB}{line}")).collect()
}
