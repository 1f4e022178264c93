//! Arguments that no command takes: the line that does here what another scanner's does, or the
//! names that may be meant.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error, Parser};

use super::Cli;
use crate::import::peers::{self, Answer};
use crate::rules::select;
use crate::stop::Stop;

/// Explains an error of the arguments.
///
/// # Errors
/// Returns the error with better suggestions if the arguments are of no other scanner.
pub(in crate::cli) fn explain(mut error: Error, args: &[OsString]) -> Result<Stop, Error> {
    let mut program = Cli::command();
    program.build();
    let args: Vec<String> = args
        .iter()
        .skip(1)
        .map(|a| a.to_string_lossy().into())
        .collect();
    let (command, depth) = leaf(&program, &args);
    let is_ours = |name: &str| takes_value(command, name);
    if matches!(
        error.kind(),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand | ErrorKind::MissingSubcommand
    ) && let Some(answer) = peers::answer(&args[..depth], &args[depth..], &is_ours)
    {
        return Ok(stop(answer));
    }
    suggest(&mut error, command);
    Err(error)
}

/// Returns the command that the arguments name, and how many words it has.
fn leaf<'c>(program: &'c Command, args: &[String]) -> (&'c Command, usize) {
    let mut level = program;
    let mut depth = 0;
    while let Some(sub) = args.get(depth).and_then(|word| level.find_subcommand(word)) {
        (level, depth) = (sub, depth + 1);
    }
    (level, depth)
}

/// Whether the command has an option of this name, and whether a value follows it.
fn takes_value(command: &Command, name: &str) -> Option<bool> {
    let option = command
        .get_arguments()
        .find(|arg| match name.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => arg
                .get_short()
                .is_some_and(|short| name == format!("-{short}")),
        })?;
    Some(option.get_action().takes_values())
}

fn stop(answer: Answer) -> Stop {
    let mut message = answer.what;
    for remark in &answer.remarks {
        message.push_str(&format!("\n  {remark}"));
    }
    // A line that this program does not take would be the next mistake.
    let program = || std::iter::once("stopleak".to_owned());
    let line = answer
        .line
        .filter(|line| Cli::try_parse_from(program().chain(line.iter().cloned())).is_ok());
    let help = match line {
        Some(line) => format!("run `stopleak {}`", shell(&line)),
        None => "`stopleak --help` lists all commands".to_owned(),
    };
    Stop::new(message).help(help)
}

/// Quotes words for a shell.
fn shell(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+~^".contains(c);
    let quoted = words
        .iter()
        .map(|word| match !word.is_empty() && word.chars().all(plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', r"'\''")),
        });
    quoted.collect::<Vec<String>>().join(" ")
}

/// Replaces the suggestions: names that the mistaken one begins come before similar ones, and what
/// is far from it is no suggestion.
fn suggest(error: &mut Error, command: &Command) {
    let text = |value: Option<&ContextValue>| match value {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    if let Some(found) = text(error.get(ContextKind::InvalidArg))
        && error.kind() == ErrorKind::UnknownArgument
    {
        error.remove(ContextKind::SuggestedArg);
        // It would show an option that nobody asked for.
        let usage = command.clone().render_usage();
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
        let found = found.split('=').next().unwrap_or_default();
        let Some(found) = found.strip_prefix("--") else {
            return;
        };
        let options = command.get_arguments().filter_map(|arg| arg.get_long());
        let options: Vec<&str> = options.collect();
        let meant = select::meant(found, options.iter().copied()).0;
        // One that does more than the user can have meant is worse than none.
        let meant = meant.into_iter().filter(|meant| is_sure(found, meant));
        let meant: Vec<String> = meant.take(4).map(|meant| format!("--{meant}")).collect();
        if !meant.is_empty() {
            error.insert(ContextKind::SuggestedArg, ContextValue::Strings(meant));
        }
    }
    if let Some(found) = text(error.get(ContextKind::InvalidSubcommand)) {
        let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        error.remove(ContextKind::SuggestedSubcommand);
        let meant = select::meant(&found, names.iter().copied()).0;
        if !meant.is_empty() {
            let value = ContextValue::Strings(meant);
            error.insert(ContextKind::SuggestedSubcommand, value);
        }
    }
    if let (ErrorKind::InvalidValue, Some(found), Some(ContextValue::Strings(valid))) = (
        error.kind(),
        text(error.get(ContextKind::InvalidValue)),
        error.get(ContextKind::ValidValue).cloned(),
    ) {
        let names = valid.iter().map(String::as_str);
        let first = select::meant(&found, names).0.into_iter().next();
        error.remove(ContextKind::SuggestedValue);
        if let Some(first) = first {
            error.insert(ContextKind::SuggestedValue, ContextValue::String(first));
        }
    }
}

/// Whether an option is surely meant: options that lower the guard only for slips of the finger.
fn is_sure(found: &str, meant: &str) -> bool {
    let lowers = [
        "no-",
        "show-",
        "allow-",
        "exit-zero",
        "exclude",
        "disable",
        "force",
    ];
    let risky = lowers.iter().any(|start| meant.starts_with(start));
    !risky || strsim::osa_distance(found, meant) <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_is_suggested_is_understood() {
        let parse = |line: &[String]| {
            let words = std::iter::once("stopleak").chain(line.iter().map(String::as_str));
            Cli::try_parse_from(words).err().map(|e| e.kind())
        };
        for mut line in peers::lines() {
            let mut error = parse(&line);
            // Not every command has every option.
            if error == Some(ErrorKind::UnknownArgument) && line[0] == "history" {
                line[0] = "scan".to_owned();
                error = parse(&line);
            }
            // Some need what an operand or the value of an option gives.
            let open = line.last().is_some_and(|word| word.starts_with("--"));
            let lacks = match error {
                Some(ErrorKind::MissingRequiredArgument) => true,
                Some(ErrorKind::InvalidValue) => open || line.contains(&"--format".to_owned()),
                _ => false,
            };
            assert!(error.is_none() || lacks, "{line:?}: {error:?}");
        }
    }
}
