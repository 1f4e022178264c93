//! `stopleak rules`: lists, shows, checks and tests rules.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::cli::args::{ConfigArgs, RulesCommand};
use crate::cli::terminal::{FAILED, error, tell, text_of, warnings};
use crate::config::gitleaks::ids;
use crate::detect::Detector;
use crate::environment::Environment;
use crate::explain;
use crate::rules::{Ruleset, SecretType, Severity, select};
use crate::setup::standing::{self, Standing};
use crate::setup::{Request, Settings, Setup, Site, rule_files};
use crate::stop::{Stop, counted};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: RulesCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        RulesCommand::List {
            config,
            provider,
            secret_type,
            severity,
        } => {
            let all = standing(config, environment)?;
            list(&all, provider.as_deref(), secret_type, severity)
        }
        RulesCommand::Show { id, config } => {
            let all = standing(config, environment)?;
            let found = standing::find(&all, &id).ok_or_else(|| unknown(&id, &all))?;
            let mut text = explain::summary(&found.rule);
            for (what, place) in found.remarks() {
                text.push_str(&format!("  {what:<11} {place}\n"));
            }
            tell(&text);
            Ok(0)
        }
        RulesCommand::Check { files } => Ok(check(&files)),
        RulesCommand::Test {
            id,
            text,
            rules,
            config,
        } => {
            let detector = match rules {
                None => configured(id, config, environment)?,
                Some(file) => of_file(&id, &file)?,
            };
            let trial = explain::try_rule(&detector, &text_of(text.as_ref())?);
            for line in &trial.lines {
                tell(&format!("{line}\n"));
            }
            Ok(u8::from(trial.found))
        }
    }
}

/// Returns all rules in the state that they have in the current directory.
fn standing(config: ConfigArgs, environment: &Environment) -> Result<Vec<Standing>, Stop> {
    let request = Request::of(config.choice());
    standing::all(&Settings::load(request, &Site::here(), environment)?)
}

fn list(
    all: &[Standing],
    provider: Option<&str>,
    secret_type: Option<SecretType>,
    severity: Option<Severity>,
) -> Result<u8, Stop> {
    let wanted = |standing: &&Standing| {
        let rule = &standing.rule;
        provider.is_none_or(|p| rule.provider.eq_ignore_ascii_case(p))
            && secret_type.is_none_or(|t| rule.secret_type == t)
            && severity.is_none_or(|s| rule.severity == s)
    };
    let chosen: Vec<&Standing> = all.iter().filter(wanted).collect();
    if let (Some(provider), true) = (provider, chosen.is_empty()) {
        let nearest = select::nearest(provider, all.iter().map(|s| s.rule.provider.as_ref()));
        let stop = Stop::new(format!("no rule matches; is `{provider}` a provider?"));
        return Err(match nearest {
            Some(name) => stop.help(format!("did you mean `{name}`?")),
            None => stop.help("`stopleak rules list` without options lists all"),
        });
    }
    for standing in &chosen {
        let rule = &standing.rule;
        let remarks = standing.remarks();
        let remarks = remarks
            .iter()
            .map(|(what, place)| format!(" [{what}: {place}]"));
        tell(&format!(
            "{:<44} {:<9} {:<20} {} ({}){}\n",
            rule.id,
            rule.severity,
            rule.secret_type,
            rule.title,
            rule.provider,
            remarks.collect::<String>()
        ));
    }
    Ok(0)
}

fn unknown(id: &str, all: &[Standing]) -> Stop {
    let error = select::UnknownRule {
        id: id.to_owned(),
        nearest: ids::meant(id, all.iter().map(|s| s.rule.id.as_ref())),
    };
    Stop::new(error.to_string()).help("`stopleak rules list` lists all rules")
}

fn check(files: &[PathBuf]) -> u8 {
    let mut code = 0;
    for file in files {
        match rule_files::rule_file(file, &mut rule_files::Judge::default()) {
            Ok(rules) => tell(&format!(
                "{}: {}, no mistakes\n",
                file.display(),
                counted(rules.len(), "rule")
            )),
            Err(stop) => {
                error(&Stop::new(stop.message));
                code = FAILED;
            }
        }
    }
    code
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
    let found = rules.into_iter().find(|r| r.id == id);
    let rule =
        found.ok_or_else(|| Stop::new(format!("{}: no rule is called `{id}`", file.display())))?;
    Ok(Detector::new(Ruleset::new(vec![Cow::Owned(rule)])))
}
