//! Where reports go: standard output and files, several at once.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::args::CommonArgs;
use super::hide::Hider;
use super::term::Terminal;
use super::{named, plan, warn};
use crate::detect::Detector;
use crate::finding::{Event, Outcome, Summary};
use crate::report::{self, Base, Format, Report, ReportOptions, escape};
use crate::stop::Stop;
use crate::stop::describe;

/// The environment variable that names the summary file of a GitHub Actions step.
const SUMMARY_VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// A report on its way to a file or to standard output.
struct Target<'a> {
    name: String,
    report: Box<dyn Report + 'a>,
}

/// All reports of a run.
pub(super) struct Outputs<'a> {
    targets: Vec<Target<'a>>,
    /// Masks what is nobody's finding; absent where secrets are shown.
    hider: Option<Hider<'a>>,
    /// Whether failures have to be told on standard error, because standard output
    /// is not for people.
    tell_failures: bool,
}

/// A file that `-o` asks for.
struct Wanted {
    format: Format,
    path: PathBuf,
}

/// Files that were opened for writing, before anything is scanned.
pub(super) struct Opened {
    stdout: Option<Format>,
    files: Vec<(Wanted, File)>,
    terminal: Terminal,
}

/// Opens what the arguments ask for, so that a report that cannot be written is
/// known before the work is done.
pub(super) fn open(args: &CommonArgs) -> Result<Opened, Stop> {
    let stdout = named("--format", &args.format, &Format::ALL, Format::id)?;
    let mut files = Vec::new();
    for text in &args.output {
        let wanted = wanted(text)?;
        let file = create(&wanted.path).map_err(|e| {
            Stop::new(format!(
                "{}: cannot be written: {}",
                wanted.path.display(),
                describe(&e)
            ))
            .help("name a file in a directory that exists and is writable")
        })?;
        files.push((wanted, file));
    }
    Ok(Opened {
        stdout: (!args.quiet).then_some(stdout),
        files,
        terminal: Terminal::stdout(plan::color(args)?),
    })
}

/// Creates the file of a report. The summary of a GitHub job is added to: other
/// commands of the step write there as well.
fn create(path: &Path) -> io::Result<File> {
    match std::env::var_os(SUMMARY_VARIABLE) {
        Some(summary) if !summary.is_empty() && summary == path => {
            File::options().append(true).create(true).open(path)
        }
        _ => File::create(path),
    }
}

/// Seconds since 1970; 0 with a clock that stands before that.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(0))
}

fn wanted(text: &str) -> Result<Wanted, Stop> {
    if let Some((id, path)) = text.split_once('=')
        && let Some(format) = Format::from_id(id)
    {
        return Ok(Wanted {
            format,
            path: path.into(),
        });
    }
    let format = Format::from_extension(text).ok_or_else(|| {
        Stop::new(format!("no format is known for the file name `{text}`")).help(
            "use .sarif, .json, .jsonl, .csv, .xml (JUnit), .md or .txt, or write FORMAT=FILE",
        )
    })?;
    Ok(Wanted {
        format,
        path: text.into(),
    })
}

impl Opened {
    /// The files that this run writes, absolute.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.files
            .iter()
            .filter_map(|(w, _)| std::fs::canonicalize(&w.path).ok())
            .collect()
    }

    /// Whether standard output takes text on a terminal.
    pub(super) fn interactive(&self) -> bool {
        self.terminal.interactive && self.stdout == Some(Format::Text)
    }

    /// The reports into what was opened.
    pub(super) fn start<'a>(
        self,
        args: &CommonArgs,
        detector: &'a Detector,
        base: Option<Base>,
    ) -> Outputs<'a> {
        let rules = detector.rules();
        // With rules left out, what hides must still know them all.
        let all = args.rule.is_empty() && args.disable_rule.is_empty();
        let hider = Hider::new(all.then_some(detector));
        let options = ReportOptions {
            show_secrets: args.show_secrets,
            show_suppressed: args.show_suppressed || args.verbose,
            verbose: args.verbose,
            color: false,
            width: 0,
            base,
            started: now(),
        };
        let mut targets = Vec::new();
        let tell_failures = self.stdout != Some(Format::Text);
        if let Some(format) = self.stdout {
            let options = ReportOptions {
                color: self.terminal.color,
                width: self.terminal.width,
                ..options.clone()
            };
            let out = Box::new(BufWriter::new(io::stdout()));
            targets.push(Target {
                name: "standard output".into(),
                report: report::new(format, out, rules, options),
            });
        }
        for (wanted, file) in self.files {
            let out = Box::new(BufWriter::new(file));
            let report = report::new(wanted.format, out, rules, options.clone());
            targets.push(Target {
                name: wanted.path.display().to_string(),
                report,
            });
        }
        Outputs {
            targets,
            hider: (!args.show_secrets).then_some(hider),
            tell_failures,
        }
    }
}

/// Why writing ended early.
pub(super) enum Broken {
    /// The reader of standard output went away: nobody to tell.
    Pipe,
    /// A report could not be written.
    Failed(Stop),
}

impl Outputs<'_> {
    /// Hands an event to every report.
    pub(super) fn event(&mut self, event: &Event) -> Result<(), Broken> {
        let event = match &self.hider {
            Some(hider) => hider.event(event),
            None => Cow::Borrowed(event),
        };
        if let (true, Event::Failed(error)) = (self.tell_failures, &*event) {
            let path = escape::escape(error.path.as_bytes());
            let why = escape::escape(error.why.as_bytes());
            warn(&format!("error: {path}: not scanned: {why}"));
        }
        self.targets
            .iter_mut()
            .try_for_each(|t| t.report.event(&event).map_err(|e| broken(&t.name, &e)))
    }

    /// Ends every report.
    pub(super) fn finish(&mut self, summary: &Summary, outcome: Outcome) -> Result<(), Broken> {
        let summary = match &self.hider {
            Some(hider) => &hider.summary(summary),
            None => summary,
        };
        self.targets.iter_mut().try_for_each(|t| {
            t.report
                .finish(summary, outcome)
                .map_err(|e| broken(&t.name, &e))
        })?;
        if self.tell_failures && outcome == Outcome::Incomplete {
            for error in &summary.policy_errors {
                warn(&format!("error: {}", escape::escape(error.as_bytes())));
            }
            warn(match (summary.failed, summary.policy_errors.len()) {
                (0, 1..) => "error: the policy is in error (exit 2)",
                _ => "error: the scan is incomplete (exit 2)",
            });
        }
        match io::stdout().flush() {
            Ok(()) => Ok(()),
            Err(e) => Err(broken("standard output", &e)),
        }
    }
}

fn broken(name: &str, error: &io::Error) -> Broken {
    if error.kind() == ErrorKind::BrokenPipe {
        return Broken::Pipe;
    }
    Broken::Failed(
        Stop::new(format!("{name}: cannot be written: {}", describe(error)))
            .help("the report is not complete; free space or choose another file"),
    )
}
