//! Report destinations: standard output and files, several at once.

use std::cell::OnceCell;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::hide::Hider;
use super::stream::{ColorChoice, Terminal};
use super::{not_scanned, warn};
use crate::blob::Base;
use crate::detect::Detector;
use crate::environment::Environment;
use crate::finding::{Event, Outcome, Summary};
use crate::git::{self, Store};
use crate::links::{Kind, Links};
use crate::named::Output;
use crate::report::mask::Needles;
use crate::report::secrets::{GroupBy, SortBy};
use crate::report::template::{MAX_LEN, Template};
use crate::report::{self, Format, Report, ReportOptions};
use crate::rules::Ruleset;
use crate::scan::RunOptions;
use crate::setup::Setup;
use crate::stop::{Stop, describe};

/// The variable that names the summary file of a GitHub Actions step.
const SUMMARY_VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// How a run reports.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Reporting {
    /// The format of standard output; None writes nothing.
    pub(in crate::cli) stdout: Option<Format>,
    /// The report files.
    pub(in crate::cli) files: Vec<Wanted>,
    /// Whether secrets are shown in clear text.
    pub(in crate::cli) show_secrets: bool,
    /// Whether suppressed findings are shown.
    pub(in crate::cli) show_suppressed: bool,
    /// Whether reports list everything that was skipped.
    pub(in crate::cli) verbose: bool,
    /// When to use colors.
    pub(in crate::cli) color: ColorChoice,
    /// The number of threads; 0 for one per processor.
    pub(in crate::cli) jobs: usize,
    /// The file of the template, for that format.
    pub(in crate::cli) template: Option<PathBuf>,
    /// Which host shows the files of commits.
    pub(in crate::cli) permalinks: Permalinks,
    /// Whether anything skipped is a failure.
    pub(in crate::cli) strict: bool,
    /// Whether findings alone exit with 0.
    pub(in crate::cli) exit_zero: bool,
    /// What comes first; None for what the configuration or the format says.
    pub(in crate::cli) sort: Option<SortBy>,
    /// What stands together; None for what the configuration or the format says.
    pub(in crate::cli) group: Option<GroupBy>,
}

impl Reporting {
    /// Whether nothing but the default is asked of reports.
    pub(in crate::cli) fn is_plain(&self) -> bool {
        matches!(self.stdout, None | Some(Format::Text))
            && self.files.is_empty()
            && !self.show_secrets
    }

    /// Whether standard output gets nothing.
    pub(in crate::cli) fn is_quiet(&self) -> bool {
        self.stdout.is_none()
    }

    /// Returns the reporting of a run whose only report is a file of JSON Lines, and which tells
    /// nothing else.
    pub(in crate::cli) fn to_result(&self, file: &Path, jobs: usize) -> Self {
        let wanted = Wanted {
            format: Format::Jsonl,
            path: file.to_owned(),
            is_result: true,
        };
        Self {
            stdout: None,
            files: vec![wanted],
            jobs,
            ..self.clone()
        }
    }

    /// Whether the run tells nothing but its report.
    pub(super) fn is_silent(&self) -> bool {
        self.files.iter().any(|file| file.is_result)
    }

    /// Returns the number of threads.
    pub(in crate::cli) fn threads(&self) -> usize {
        self.run_options().workers()
    }

    /// Returns the number of threads and the progress counters.
    pub(in crate::cli) fn run_options(&self) -> RunOptions {
        RunOptions {
            jobs: self.jobs,
            ..RunOptions::default()
        }
    }
}

/// Which host shows the files of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) enum Permalinks {
    /// That of the remote.
    #[default]
    Auto,
    /// None.
    Off,
    /// This one.
    At(Links),
}

impl Permalinks {
    /// Parses `auto`, `off`, `URL` or `KIND=URL`.
    ///
    /// # Errors
    /// Says what is wrong with a URL.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, String> {
        match text {
            word if word.eq_ignore_ascii_case("auto") => Ok(Permalinks::Auto),
            word if word.eq_ignore_ascii_case("off") => Ok(Permalinks::Off),
            url => Links::parse(url).map(Permalinks::At),
        }
    }

    /// Returns the host, which the remote of `store` names.
    pub(in crate::cli) fn links(
        self,
        store: Option<&Store>,
        environment: &Environment,
    ) -> Option<Links> {
        match self {
            Permalinks::Off => None,
            Permalinks::At(links) => Some(links),
            Permalinks::Auto => {
                let url = git::config::remote_url(store?).ok()??;
                Links::of_remote(&url, |host| Kind::in_job(host, environment))
            }
        }
    }
}

/// Returns the event with the address at which its host shows a finding, if its commit is known.
/// `links` finds the host.
pub(in crate::cli) fn linked<'l>(
    mut event: Event,
    links: impl FnOnce() -> Option<&'l Links>,
) -> Event {
    if let Event::Finding(finding) = &mut event
        && let Some(commit) = &mut finding.commit
        && commit.link.is_empty()
        && !finding.in_name
        && let Some(links) = links()
    {
        let file = finding.path.file();
        // Inside of a container, and in what is no text, there are no lines to point at.
        let lines = match file == finding.path.as_bytes() {
            true => (finding.start.line, finding.end.line),
            false => (0, 0),
        };
        commit.link = links.find(&commit.id, file, lines).unwrap_or_default();
    }
    event
}

/// A report and its destination.
struct Target<'a> {
    name: String,
    report: Box<dyn Report + 'a>,
    /// The file; None for standard output.
    file: Option<Output>,
    /// Whether people read it together with standard error.
    logged: bool,
}

/// All reports of a run.
pub(super) struct Outputs<'a> {
    targets: Vec<Target<'a>>,
    /// Masks what the findings' own masking does not; None if secrets are shown.
    hider: Option<Hider<'a>>,
    /// Finds the host of the files, when the first one needs it.
    links: Box<dyn Fn() -> Option<Links> + 'a>,
    host: OnceCell<Option<Links>>,
    /// Lines for standard error, before everything else.
    announced: Vec<String>,
    /// The note of the summary that says the same as these lines.
    said: Option<String>,
    /// Whether to print failures to standard error, because standard output is not for
    /// people.
    tell_failures: bool,
}

/// A file that `-o` requests.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Wanted {
    format: Format,
    path: PathBuf,
    /// Whether it is the result of one of many runs.
    is_result: bool,
}

impl Wanted {
    /// Parses `FILE` or `FORMAT=FILE`.
    ///
    /// # Errors
    /// Fails if the file's extension names no format.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, String> {
        if let Some((id, path)) = text.split_once('=')
            && let Some(format) = Format::from_id(id)
        {
            return Ok(Wanted {
                format,
                path: path.into(),
                is_result: false,
            });
        }
        match Format::from_extension(text) {
            Some(format) => Ok(Wanted {
                format,
                path: text.into(),
                is_result: false,
            }),
            None => Err(
                "unknown extension; use .html, .sarif, .json, .jsonl, .csv, .xml (JUnit), \
                 .md or .txt, or write FORMAT=FILE"
                    .to_owned(),
            ),
        }
    }
}

/// What judged the findings that are reported.
pub(super) struct Judged<'a> {
    /// The rules that findings refer to.
    pub(super) rules: &'a Ruleset,
    /// Recognises what must be masked; None for all built-in rules.
    pub(super) detector: Option<&'a Detector>,
    /// The base of relative paths.
    pub(super) base: Option<&'a Base>,
    /// Whether what accepts findings comes from another revision.
    pub(super) trusts: bool,
    /// What comes first, as the configuration says.
    pub(super) sort: Option<SortBy>,
    /// What stands together, as the configuration says.
    pub(super) group: Option<GroupBy>,
    /// The repository, if there is one.
    pub(super) store: Option<&'a Store>,
}

impl<'a> Judged<'a> {
    /// Returns what `setup` judges with.
    pub(super) fn by(setup: &'a Setup) -> Self {
        let detector = &setup.engine.detector;
        let report = &setup.settings.config.report;
        Self {
            sort: report
                .sort
                .as_ref()
                .and_then(|at| SortBy::from_id(&at.value)),
            group: report
                .group
                .as_ref()
                .and_then(|at| GroupBy::from_id(&at.value)),
            rules: detector.rules(),
            // If rules are disabled, masking still needs all rules.
            detector: setup.runs_all_rules().then_some(detector),
            base: setup.engine.base.as_ref(),
            trusts: setup.trusts_another_revision(),
            store: setup.store().map(AsRef::as_ref),
        }
    }
}

/// Report files, opened before the scan starts.
pub(in crate::cli) struct Opened {
    reporting: Reporting,
    /// Without a file, a report goes to standard output.
    files: Vec<(Wanted, Option<Output>)>,
    announced: Vec<String>,
    stdout: Terminal,
    stderr: Terminal,
    environment: Environment,
    template: Option<Template>,
}

/// Opens a report file; None for standard output. Appends to the summary file of a GitHub
/// job: other commands of the step write there too.
fn create(
    path: &Path,
    tree: Option<&Path>,
    environment: &Environment,
) -> Result<Option<Output>, Stop> {
    if path.as_os_str() == "-" {
        return Ok(None);
    }
    match environment.get(SUMMARY_VARIABLE) {
        Some(summary) if summary == path => Output::append(path).map_err(|e| unwritten(path, &e)),
        _ => Output::open(path, tree),
    }
    .map(Some)
}

/// Parses the template in `file`.
fn template(file: &Path, text: Option<String>) -> Result<Template, Stop> {
    let name = file.display();
    let text = text.ok_or_else(|| Stop::new(format!("{name}: no such file")))?;
    let file_name = file.file_name().unwrap_or_default().to_string_lossy();
    Template::parse(&file_name, &text).map_err(|why| Stop::new(format!("{name}: {why}")))
}

fn unwritten(path: &Path, error: &io::Error) -> Stop {
    let path = path.display();
    Stop::new(format!("{path}: cannot be written: {}", describe(error)))
}

/// Returns the seconds since 1970, or 0 if the clock is earlier.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(0))
}

impl Opened {
    /// Opens all report files of a run with `setup`, so that an unwritable one fails before
    /// the scan.
    ///
    /// # Errors
    /// Fails if a file cannot be created, would replace what git tracks, or is named twice.
    pub(in crate::cli) fn open(
        reporting: Reporting,
        setup: &Setup,
        environment: &Environment,
    ) -> Result<Self, Stop> {
        let template = match &reporting.template {
            Some(file) => Some(template(file, setup.named(file, MAX_LEN)?)?),
            None => None,
        };
        let opened = Self::within(reporting, setup.settings.tree(), environment)?;
        Ok(Self { template, ..opened })
    }

    /// Opens all report files; `tree` is the top of what was scanned, if it is here.
    ///
    /// # Errors
    /// Fails like [`open`](Self::open).
    pub(in crate::cli) fn within(
        reporting: Reporting,
        tree: Option<&Path>,
        environment: &Environment,
    ) -> Result<Self, Stop> {
        let mut reporting = reporting;
        let by_file = |of: &Wanted| of.format == Format::Template;
        let any = reporting.files.iter().any(by_file) || reporting.stdout == Some(Format::Template);
        match (&reporting.template, any) {
            (None, true) => {
                return Err(Stop::new("the format template needs a template")
                    .help("name its file with --template FILE"));
            }
            // What else should it be for.
            (Some(_), false) => {
                reporting.stdout = reporting.stdout.map(|_| Format::Template);
            }
            _ => {}
        }
        let mut files: Vec<(Wanted, Option<Output>)> = Vec::new();
        for wanted in reporting.files.iter().cloned() {
            let file = create(&wanted.path, tree, environment)?;
            let place = file.as_ref().and_then(Output::place);
            let mut others = files.iter().filter_map(|(_, file)| file.as_ref()?.place());
            if others.any(|other| Some(other) == place) {
                let path = wanted.path.display();
                return Err(Stop::new(format!("{path}: two reports have this name"))
                    .help("give each -o a file of its own"));
            }
            files.push((wanted, file));
        }
        Ok(Self {
            stdout: Terminal::stdout(reporting.color, environment),
            stderr: Terminal::stderr(reporting.color, environment),
            environment: environment.clone(),
            template: None,
            files,
            reporting,
            announced: Vec::new(),
        })
    }

    /// Takes the template that is named, from the files of the user.
    ///
    /// # Errors
    /// Fails if it cannot be read, or has mistakes.
    pub(in crate::cli) fn with_template(mut self) -> Result<Self, Stop> {
        if let Some(file) = &self.reporting.template {
            let text = Output::text(file, MAX_LEN)?;
            self.template = Some(template(file, text)?);
        }
        Ok(self)
    }

    /// Refuses to replace a file that the user names to be scanned.
    ///
    /// # Errors
    /// Fails if a report has the place of one of `paths`.
    pub(in crate::cli) fn spares(&self, paths: &[PathBuf]) -> Result<(), Stop> {
        let full = |path: &Path| {
            let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
            let dir = std::fs::canonicalize(dir.unwrap_or(Path::new("."))).ok()?;
            Some(dir.join(path.file_name()?))
        };
        let places = self
            .files
            .iter()
            .filter_map(|(_, file)| file.as_ref()?.place());
        for place in places.filter_map(full) {
            let is_place = |path: &&PathBuf| {
                full(path).as_ref() == Some(&place)
                    || std::fs::canonicalize(path).is_ok_and(|path| path == place)
            };
            if let Some(path) = paths.iter().find(is_place) {
                let path = path.display();
                return Err(
                    Stop::new(format!("{path}: a report would replace what is scanned"))
                        .help("name another file for the report"),
                );
            }
        }
        Ok(())
    }

    /// Writes `lines` to standard error before the report. They may contain what the scan
    /// finds, so they wait for it.
    #[must_use]
    pub(in crate::cli) fn announcing(self, lines: Vec<String>) -> Self {
        Self {
            announced: lines,
            ..self
        }
    }

    /// Returns how the run reports.
    pub(in crate::cli) fn reporting(&self) -> &Reporting {
        &self.reporting
    }

    /// Returns the absolute paths of the files that this run writes. What stands in their
    /// place before is scanned.
    pub(in crate::cli) fn paths(&self) -> Vec<PathBuf> {
        let files = self.files.iter().filter_map(|(_, file)| file.as_ref());
        files
            .filter_map(|file| std::fs::canonicalize(file.aside()?).ok())
            .collect()
    }

    /// Whether a progress line has a terminal of its own: standard error, unless standard
    /// output shows text on one at the same time.
    pub(super) fn shows_progress(&self) -> bool {
        let text = self.stdout.interactive && self.reporting.stdout == Some(Format::Text);
        let silent = self.reporting.is_silent();
        self.stderr.interactive && !silent && !(text && self.reporting.show_secrets)
    }

    /// Starts the reports.
    ///
    /// # Errors
    /// Fails if the system has no more handles.
    pub(super) fn start<'a>(self, judged: &Judged<'a>) -> Result<Outputs<'a>, Stop> {
        let reporting = self.reporting;
        let rules = judged.rules;
        let hider = Hider::new(judged.detector);
        let options = ReportOptions {
            show_secrets: reporting.show_secrets,
            show_suppressed: reporting.show_suppressed,
            verbose: reporting.verbose,
            color: false,
            width: 0,
            links: false,
            sort: reporting.sort.or(judged.sort),
            group: reporting.group.or(judged.group),
            base: judged.base.cloned(),
            trusts: judged.trusts,
            template: self.template,
            started: now(),
        };
        let mut targets = Vec::new();
        let tell_failures = reporting.stdout != Some(Format::Text) && !reporting.is_silent();
        if let Some(format) = reporting.stdout {
            let options = ReportOptions {
                color: self.stdout.color,
                width: self.stdout.width,
                links: self.stdout.interactive && self.stdout.color,
                ..options.clone()
            };
            let out = Box::new(BufWriter::new(io::stdout()));
            targets.push(Target {
                name: "standard output".into(),
                report: report::new(format, out, rules, options),
                file: None,
                logged: matches!(format, Format::Text | Format::Github),
            });
        }
        for (wanted, file) in self.files {
            let out: Box<dyn Write> = match &file {
                None => Box::new(BufWriter::new(io::stdout())),
                Some(file) => {
                    let writer = file.writer().map_err(|e| unwritten(&wanted.path, &e))?;
                    Box::new(BufWriter::new(writer))
                }
            };
            targets.push(Target {
                name: wanted.path.display().to_string(),
                report: report::new(wanted.format, out, rules, options.clone()),
                file,
                logged: false,
            });
        }
        let (permalinks, store, environment) =
            (reporting.permalinks, judged.store, self.environment);
        Ok(Outputs {
            targets,
            links: Box::new(move || permalinks.clone().links(store, &environment)),
            host: OnceCell::new(),
            hider: (!reporting.show_secrets).then_some(hider),
            announced: self.announced,
            said: None,
            tell_failures,
        })
    }
}

/// Why writing ended early.
pub(super) enum Broken {
    /// The reader of standard output closed the pipe.
    Pipe,
    /// A report could not be written.
    Failed(Stop),
}

impl Outputs<'_> {
    /// Whether secrets are masked.
    pub(super) fn masks(&self) -> bool {
        self.hider.is_some()
    }

    /// Masks what the run found, in everything from now on.
    pub(super) fn know(&mut self, known: Needles) {
        if let Some(hider) = &mut self.hider {
            hider.know(known);
        }
    }

    /// Returns the error in the form that may be shown.
    pub(super) fn stopped(&self, stop: Stop) -> Stop {
        self.hider.as_ref().map_or(stop.clone(), |h| h.stop(&stop))
    }

    /// Writes what was announced.
    pub(super) fn announce(&mut self) {
        if !self.announced.is_empty() {
            let said = self.announced.join("; ");
            let said = self.hider.as_ref().map_or(said.clone(), |h| h.text(&said));
            self.said = Some(said);
        }
        for line in self.announced.drain(..) {
            match &self.hider {
                Some(hider) => warn(&hider.text(&line)),
                None => warn(&line),
            }
        }
    }

    /// Tells every report how many findings are to come; None if nobody knows.
    pub(super) fn expect(&mut self, findings: Option<usize>) {
        let targets = self.targets.iter_mut();
        targets.for_each(|target| target.report.expect(findings));
    }

    /// Passes an event to every report.
    pub(super) fn event(&mut self, event: Event) -> Result<(), Broken> {
        let event = linked(event, || self.host.get_or_init(&self.links).as_ref());
        let event = match &self.hider {
            Some(hider) => hider.event(event),
            None => event,
        };
        if let (true, Event::Failed(error)) = (self.tell_failures, &event) {
            not_scanned(error);
        }
        self.targets
            .iter_mut()
            .try_for_each(|t| t.report.event(&event).map_err(|e| broken(&t.name, &e)))
    }

    /// Finishes every report.
    pub(super) fn finish(&mut self, summary: &Summary, outcome: Outcome) -> Result<(), Broken> {
        let summary = match &self.hider {
            Some(hider) => &hider.summary(summary),
            None => summary,
        };
        // Who reads standard output has read what was announced.
        let mut unsaid = summary.clone();
        unsaid.notes.retain(|note| Some(note) != self.said.as_ref());
        self.targets.iter_mut().try_for_each(|t| {
            let summary = if t.logged { &unsaid } else { summary };
            t.report
                .finish(summary, outcome)
                .map_err(|e| broken(&t.name, &e))
        })?;
        self.targets.iter_mut().try_for_each(|t| {
            let settled = t.file.take().map_or(Ok(()), Output::settle);
            settled.map_err(|e| broken(&t.name, &e))
        })?;
        if self.tell_failures && outcome == Outcome::Incomplete {
            for error in &summary.policy_errors {
                warn(&format!("error: {error}"));
            }
            warn(match (summary.failed, summary.policy_errors.len()) {
                (0, 1..) => "error: the policy has errors (exit 2)",
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
