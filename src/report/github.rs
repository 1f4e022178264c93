//! Annotations for GitHub Actions: workflow commands on standard output, which the
//! runner shows next to the changed lines. Gitea and Forgejo read the same commands.
//!
//! GitHub shows ten annotations of each level per step and fifty per job, and silently
//! drops the rest (GitHub, "Workflow commands" and the limits of problem matchers).
//! Each level therefore shows its first findings one by one and all others in one
//! annotation. The summary comes last. Suppressed findings get none.

use std::io;

use crate::finding::{Event, Finding, Outcome, Summary};
use crate::rules::{Ruleset, Severity};

use super::encode::repository_path;
use super::escape::escape;
use super::text::summary_line;
use super::view::View;
use super::{Report, ReportOptions, advice};

/// The number of annotations per level that show one finding each. The rest and the
/// summary take one each, so a level has at most ten.
const SINGLE: usize = 8;

/// The number of locations that the annotation for the rest lists.
const LISTED: usize = 40;

/// Writes each annotation when its finding arrives.
pub(super) struct GithubReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    /// Errors, warnings and notices.
    levels: [Level; 3],
}

/// The annotation commands, in the order of [`GithubReport::levels`].
const COMMANDS: [&str; 3] = ["error", "warning", "notice"];

/// The annotations of one level.
#[derive(Default)]
struct Level {
    written: usize,
    /// Locations of findings beyond [`SINGLE`].
    rest: Vec<String>,
    /// How many findings came after those written.
    more: usize,
}

impl<'a> GithubReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        GithubReport {
            out,
            rules,
            options,
            levels: Default::default(),
        }
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let view = View::new(finding, self.options.show_secrets);
        let rule = self.rules.get(finding.rule);
        let path = self.path(&view.path);
        let (start, end) = (finding.start, finding.end);
        // GitHub reads columns only if the range stays on one line.
        let to = match view.multi_line() {
            true => format!("endLine={}", end.line),
            false => format!("col={},endColumn={}", start.column, end.column),
        };
        let mut at = format!("file={},line={},{to},", property(&path), start.line);
        let title = escape(format!("{}: {}", rule.title, rule.id).as_bytes());
        let mut message = format!(
            "{} {}",
            finding.severity.id(),
            String::from_utf8_lossy(view.secret.bytes())
        );
        let why = view.why_and_warning();
        if !why.is_empty() {
            message.push_str(&format!(" ({why})"));
        }
        if let Some(commit) = &view.commit {
            message.push_str(&format!(", introduced by commit {}", commit.id));
        }
        if let Some(item) = &view.item {
            message.push_str(&format!(", posted at {}", item.describe()));
        }
        message.push_str(&format!(
            ". What to do: {}. Fingerprint: {}.",
            advice::next_step(rule),
            finding.fingerprint
        ));
        // A message, a header or a name is no file to show it in.
        if is_no_file(&view.path) {
            message = format!("{path}:{}: {message}", start.line);
            at.clear();
        }
        let command = format!(
            "{at}title={}::{}",
            property(&title),
            data(&escape(message.as_bytes()))
        );
        let place = format!("{path}:{}:{}: {title}", start.line, start.column);
        let level = match finding.severity {
            _ if view.warning.is_some() => 1,
            Severity::Critical | Severity::High => 0,
            Severity::Medium => 1,
            Severity::Low => 2,
        };
        self.annotate(level, &command, place)
    }

    /// Returns the file's path in the repository, escaped.
    fn path(&self, path: &[u8]) -> String {
        let (Ok(path) | Err(path)) = repository_path(path, self.options.base.as_ref());
        escape(&path)
    }

    /// Writes an annotation, or records its location if the level is full.
    fn annotate(&mut self, level: usize, command: &str, place: String) -> io::Result<()> {
        let this = &mut self.levels[level];
        if this.written < SINGLE {
            this.written += 1;
            return writeln!(self.out, "::{} {command}", COMMANDS[level]);
        }
        this.more += 1;
        if this.rest.len() < LISTED {
            this.rest.push(place);
        }
        Ok(())
    }
}

/// Whether a path stands for an object of git or a reference.
fn is_no_file(path: &[u8]) -> bool {
    let kinds: [&[u8]; 3] = [b"commit/", b"tag/", b"objects/"];
    let object = kinds.iter().find_map(|kind| path.strip_prefix(*kind));
    let id = object.and_then(|rest| rest.split(|b| *b == b'/').next());
    path.starts_with(b"refs/")
        || id.is_some_and(|id| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit))
}

impl Report for GithubReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) if finding.verdict.is_report() => self.finding(finding),
            Event::Failed(error) => {
                let path = self.path(error.path.as_bytes());
                let why = format!("not scanned: {}", escape(error.why.as_bytes()));
                let command = format!(
                    "file={},title={}::{}",
                    property(&path),
                    property("Not scanned"),
                    data(&format!("{path}: {why}")),
                );
                self.annotate(0, &command, format!("{path}: {why}"))
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        for (level, command) in std::mem::take(&mut self.levels).iter().zip(COMMANDS) {
            if level.more == 0 {
                continue;
            }
            let mut text = level.rest.join("\n");
            if level.more > level.rest.len() {
                let unnamed = level.more - level.rest.len();
                text.push_str(&format!("\nand {unnamed} more; see the full report"));
            }
            let title = format!("{} more than can be annotated", level.more);
            writeln!(
                self.out,
                "::{command} title={}::{}",
                property(&title),
                data(&text)
            )?;
        }
        let mut text = summary_line(summary, outcome);
        for note in &summary.notes {
            text.push('\n');
            text.push_str(&escape(note.as_bytes()));
        }
        let command = match outcome {
            Outcome::Incomplete => "error",
            Outcome::Clean | Outcome::Findings => "notice",
        };
        writeln!(self.out, "::{command} title=stopleak::{}", data(&text))?;
        self.out.flush()
    }
}

/// Escapes text for the message of a workflow command, as GitHub's toolkit does.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes text for a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_cannot_be_forged() {
        assert_eq!(property("a,line=1::x"), "a%2Cline=1%3A%3Ax");
        assert_eq!(data("100%0A\n::error::x\r"), "100%250A%0A::error::x%0D");
    }
}
