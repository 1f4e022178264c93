//! `stopleak config`: check and show the configuration.

use std::path::PathBuf;

use super::explain::{masked, show};
use crate::cli::args::SettingsCommand;
use crate::cli::terminal::{put, tell, warn};
use crate::environment::Environment;
use crate::explain::configuration;
use crate::setup::{Configuration, Request, Settings, Setup, Site};
use crate::stop::{Stop, counted};

/// What editors complete and check a stopleak.toml with.
const SCHEMA: &str = include_str!("../../../docs/schema/stopleak-config.json");

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: SettingsCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        SettingsCommand::Check { file } => check(file, environment),
        SettingsCommand::Show { config, format } => {
            let settings = settings(config.choice(), environment)?;
            show(&masked(configuration(&settings)?), format)?;
            Ok(0)
        }
        SettingsCommand::Path { config } => {
            match &settings(config.choice(), environment)?.found {
                Some((name, _)) => tell(&format!("{name}\n")),
                None => warn("no configuration: the defaults apply"),
            }
            Ok(0)
        }
        SettingsCommand::Schema => {
            put(SCHEMA.as_bytes());
            Ok(0)
        }
    }
}

fn settings(choice: Configuration, environment: &Environment) -> Result<Settings, Stop> {
    let site = Site::of_paths(&[PathBuf::from(".")]);
    Settings::load(Request::of(choice), &site, environment)
}

fn check(file: Option<PathBuf>, environment: &Environment) -> Result<u8, Stop> {
    let choice = file.map_or(Configuration::Found, Configuration::File);
    let settings = settings(choice, environment)?;
    let Some((name, _)) = settings.found.clone() else {
        return Err(Stop::new("there is no configuration here")
            .help("create a stopleak.toml, or name the file to check"));
    };
    // Refuse what a scan would refuse: rules, rule names, patterns.
    let setup = Setup::configured(settings)?;
    let config = &setup.settings.config;
    let counts = [
        (config.allow.len(), "allow entry"),
        (config.custom.len(), "rule"),
        (config.overrides.len(), "override"),
        (config.paths.len(), "path policy"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| counted(*n, what))
        .collect();
    let counts = match counts.is_empty() {
        true => String::new(),
        false => format!(" ({})", counts.join(", ")),
    };
    tell(&format!("{name}: no mistakes{counts}\n"));
    for extended in config.files.iter().filter(|file| ***file != *name) {
        tell(&format!("{extended}: no mistakes (extended)\n"));
    }
    Ok(0)
}
