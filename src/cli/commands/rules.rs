//! `stopleak rules`: lists, shows, checks and tests rules.

use std::borrow::Cow;
use std::path::Path;

use super::{show, show_table};
use crate::cli::args::{ConfigArgs, RulesCommand};
use crate::cli::terminal::{FAILED, error, text_of, warnings};
use crate::detect::Detector;
use crate::environment::Environment;
use crate::explain::{self, WantedRules};
use crate::rules::{Ruleset, select};
use crate::setup::{Request, Settings, Setup, Site, rule_files};
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: RulesCommand, environment: &Environment) -> Result<u8, Stop> {
    let settings = |config: ConfigArgs| {
        let request = Request::of(config.choice());
        Settings::load(request, &Site::here(), environment)
    };
    match command {
        RulesCommand::List {
            shown,
            config,
            provider,
            secret_type,
            severity,
        } => {
            let wanted = WantedRules {
                provider,
                secret_type,
                severity,
            };
            show_table(explain::rules(&wanted, &settings(config)?)?, &shown)?;
            Ok(0)
        }
        RulesCommand::Show { id, shown, config } => {
            show(explain::shown(&id, &settings(config)?)?, &shown)?;
            Ok(0)
        }
        RulesCommand::Check { files, shown } => {
            let (answer, wrong) = explain::checked(&files);
            show(answer, &shown)?;
            wrong.iter().for_each(error);
            Ok(if wrong.is_empty() { 0 } else { FAILED })
        }
        RulesCommand::Test {
            id,
            text,
            rules,
            shown,
            config,
        } => {
            let detector = match rules {
                None => configured(id.clone(), config, environment)?,
                Some(file) => of_file(&id, &file)?,
            };
            let trial = explain::try_rule(&detector, &text_of(text.as_ref())?);
            show(explain::tried(&id, &trial), &shown)?;
            Ok(u8::from(trial.found))
        }
    }
}

/// Builds a detector for the rule as configured here.
fn configured(id: String, config: ConfigArgs, environment: &Environment) -> Result<Detector, Stop> {
    let request = Request {
        only: vec![id],
        ..Request::of(config.choice())
    };
    let settings = Settings::load(request, &Site::here(), environment)?;
    let setup = Setup::configured(settings)?;
    warnings(&setup.warnings);
    Ok(setup.engine.detector)
}

/// Builds a detector for a rule of a file.
fn of_file(id: &str, file: &Path) -> Result<Detector, Stop> {
    let rules = rule_files::rule_file(file, &mut rule_files::Judge::default())?;
    let meant = select::meant(id, rules.iter().map(|rule| rule.id.as_ref()));
    let found = rules.into_iter().find(|r| r.id == id);
    let rule = found.ok_or_else(|| {
        Stop::new(format!("{}: no rule is called `{id}`", file.display()))
            .help(meant.question().unwrap_or_default())
    })?;
    Ok(Detector::new(Ruleset::new(vec![Cow::Owned(rule)])))
}
