//! `stopleak fleet run`: scans the repositories of a manifest.

use std::sync::Arc;

use super::share::share;
use crate::blob::SourceError;
use crate::cli::args::{FleetRunArgs, ObjectArgs, ProgressFormat};
use crate::cli::commands::history::remembering;
use crate::cli::terminal::{Hider, Opened, Reporting, report, warn, warn_json, warnings};
use crate::environment::Environment;
use crate::finding::{Event, Summary};
use crate::fleet::{self, Job, Manifest, Progress, Results};
use crate::history::{self, HistoryOptions};
use crate::identity::IdentityKey;
use crate::setup::{Home, Remembered, Request, Setup, Site};
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(super) fn run(args: FleetRunArgs, environment: &Environment) -> Result<u8, Stop> {
    let manifest = Manifest::read(&args.manifest)?;
    let repos = share(&args, &manifest, environment)?;
    let (mut request, reporting) = args.common.split();
    if !reporting.is_plain() {
        return Err(Stop::new("`fleet run` writes results, not reports")
            .help("make reports with `stopleak fleet merge`"));
    }
    request.inline &= args.repository_policy;
    let writes = crate::ci::may_keep(environment);
    let (kept, why_not) = args.cache.asked().open(environment, None, writes)?;
    warnings(&why_not);
    let scanning = Scanning {
        site: Home::here(environment)?.site(),
        objects: args.objects,
        all_objects: args.all_objects,
        repository_policy: args.repository_policy,
        request,
        reporting,
        kept,
        environment,
    };
    let options = fleet::RunOptions {
        clones: args.clones,
        threads: scanning.reporting.threads(),
        rules: scanning.rules()?,
        skips: !args.repository_policy,
        key: IdentityKey::of(environment).mark(),
        again: args.again,
        insists: args.again || !args.only.is_empty(),
    };
    let results = Results::create(args.results)?;
    let hider = Hider::new(None);
    let mut tell = |progress: &Progress<'_>| match args.progress {
        ProgressFormat::Text if scanning.reporting.is_quiet() => {}
        ProgressFormat::Text => warn(&progress.to_string()),
        ProgressFormat::Json => {
            let mut line = progress.fields();
            hider.json(&mut line);
            warn_json(&line);
        }
        ProgressFormat::None => {}
    };
    let scan = |job: Job<'_>| scanning.scan(job);
    let code = fleet::run(&manifest, &repos, &results, &options, &scan, &mut tell);
    if let Some(kept) = &scanning.kept {
        warnings(&kept.cache.troubles());
    }
    Ok(match code {
        1 if scanning.reporting.exit_zero => 0,
        code => code,
    })
}

/// How each repository is scanned.
struct Scanning<'e> {
    /// Where the policy comes from, unless it is that of each repository.
    site: Site,
    request: Request,
    reporting: Reporting,
    objects: ObjectArgs,
    all_objects: bool,
    repository_policy: bool,
    /// What earlier runs kept.
    kept: Option<Remembered>,
    environment: &'e Environment,
}

impl Scanning<'_> {
    /// Returns a hash of what decides about a report.
    fn rules(&self) -> Result<String, Stop> {
        let setup = Setup::new(self.request.clone(), &self.site, self.environment)?;
        let more = format!(
            "{:?} {} {} {}",
            self.objects, self.all_objects, self.reporting.strict, self.repository_policy
        );
        let digest = setup.digest()?;
        Ok(fleet::rules(&[&digest, &more]))
    }

    fn scan(&self, job: Job<'_>) -> Result<(), Stop> {
        let reporting = self.reporting.to_result(job.report, job.threads);
        let store = job.store.map(Arc::new);
        let site = match &store {
            Ok(store) if self.repository_policy => &Site::of_store(store),
            _ => &self.site,
        };
        let setup = Setup::new(self.request.clone(), site, self.environment)?;
        let outputs = Opened::open(reporting, &setup, self.environment)?;
        let options = HistoryOptions {
            all_objects: self.all_objects,
            allow_missing: self.objects.allow_missing,
            messages: !self.objects.no_messages,
            most: setup.settings.most(self.objects.size.asked())?,
            ..HistoryOptions::default()
        };
        let mut options = remembering(options, self.kept.as_ref(), &setup, &[]);
        if let Some(memory) = &mut options.cache {
            memory.apart = true;
        }
        report(&setup, outputs, |run, on_event| {
            let failed = |on_event: &mut dyn FnMut(Event) -> bool, why: String| {
                let (mut summary, path) = (Summary::default(), ".".into());
                let event = Event::Failed(SourceError { path, why });
                summary.count(&event);
                on_event(event);
                summary
            };
            let store = match &store {
                Ok(store) => store,
                Err(why) => return Ok(failed(on_event, why.clone())),
            };
            Ok(
                match history::run(store, &setup.engine, &options, run, on_event) {
                    Ok(summary) => summary,
                    Err(error) => failed(on_event, Stop::from(error).message),
                },
            )
        })
        .map(|_| ())
    }
}
