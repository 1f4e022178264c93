//! `stopleak config`: check and show the configuration.

use std::path::PathBuf;

use super::show;
use crate::cli::args::SettingsCommand;
use crate::cli::terminal::{put, warn};
use crate::environment::Environment;
use crate::explain::{self, configuration};
use crate::setup::{Configuration, Request, Settings, Setup, Site};
use crate::stop::Stop;

/// What editors complete and check a stopleak.toml with.
const SCHEMA: &str = include_str!("../../../docs/schema/stopleak-config.json");

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: SettingsCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        SettingsCommand::Check {
            file,
            shown,
            config,
        } => {
            let choice = file.map_or(config.choice(), Configuration::File);
            let settings = settings(choice, environment)?;
            let Some((name, _)) = settings.found.clone() else {
                return Err(Stop::new("there is no configuration here")
                    .help("create a stopleak.toml, or name the file to check"));
            };
            // Refuse what a scan would refuse: rules, rule names, patterns.
            let setup = Setup::configured(settings)?;
            let answer = explain::configuration_checked(&name, &setup.settings.config);
            show(answer, &shown)?;
        }
        SettingsCommand::Show { config, shown } => {
            let settings = settings(config.choice(), environment)?;
            show(configuration(&settings)?, &shown)?;
        }
        SettingsCommand::Path { config, shown } => {
            let settings = settings(config.choice(), environment)?;
            show(explain::path(&settings), &shown)?;
            if settings.found.is_none() {
                warn("no configuration: the defaults apply");
            }
        }
        SettingsCommand::Schema => put(SCHEMA.as_bytes()),
    }
    Ok(0)
}

fn settings(choice: Configuration, environment: &Environment) -> Result<Settings, Stop> {
    let site = Site::of_paths(&[PathBuf::from(".")]);
    Settings::load(Request::of(choice), &site, environment)
}
