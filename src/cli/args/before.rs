//! Options in front of the command. Whoever writes `stopleak --format json scan` means the option
//! of `scan`: they go behind the command, where each command has them in its own form, or has them
//! not and says so.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, CommandFactory};

use super::Cli;

/// Short and long name, the value if one follows, and the help.
const OPTIONS: [(char, &str, &str, &str); 7] = [
    ('f', "format", "FORMAT", "Format of standard output"),
    ('q', "quiet", "", "Write nothing to standard output"),
    ('v', "verbose", "", "Say more"),
    (
        '\0',
        "color",
        "WHEN",
        "When to use colors: auto, always or never",
    ),
    ('c', "config", "FILE", "Read the configuration from FILE"),
    ('\0', "no-config", "", "Read no configuration"),
    ('C', DIRECTORY, "DIR", "Work as if started in DIR"),
];
/// The option that is the same for every command.
const DIRECTORY: &str = "directory";

// Where a command works.
#[derive(Clone, Debug, Args)]
#[allow(dead_code, reason = "read by its name, for all commands alike")]
pub(in crate::cli) struct HereArgs {
    /// Work as if started in DIR
    #[arg(help_heading = super::EVERYWHERE, short = 'C', long, value_name = "DIR")]
    directory: Vec<PathBuf>,
}

/// Returns the directories to change to, one after the other.
pub(in crate::cli) fn directories(matches: &ArgMatches) -> Vec<PathBuf> {
    let mut leaf = matches;
    while let Some((_, below)) = leaf.subcommand() {
        leaf = below;
    }
    let all = leaf.try_get_many::<PathBuf>(DIRECTORY).ok().flatten();
    all.into_iter().flatten().cloned().collect()
}

/// Returns these options for the help of the program.
pub(super) fn options() -> Vec<Arg> {
    let arg = |(short, long, value, help): (char, &'static str, &'static str, &'static str)| {
        let arg = Arg::new(long)
            .long(long)
            .help(help)
            .help_heading(super::EVERYWHERE);
        let arg = match short {
            '\0' => arg,
            short => arg.short(short),
        };
        match value {
            "" => arg.action(ArgAction::SetTrue).overrides_with(long),
            value => arg.value_name(value),
        }
    };
    OPTIONS.into_iter().map(arg).collect()
}

/// The commands that have commands of their own. They stand here because the definitions of all
/// commands take as long as half of a hook's start.
const NESTED: [&str; 8] = [
    "baseline", "cache", "config", "fleet", "hook", "ignore", "report", "rules",
];

/// Moves the options between the program's name and the end of the command behind the command.
pub(in crate::cli) fn moved(args: Vec<OsString>) -> Vec<OsString> {
    let is_option = |at: usize| args.get(at).is_some_and(|arg| is_dashed(arg));
    let is_nested = || {
        args.get(1)
            .is_some_and(|arg| NESTED.iter().any(|name| arg == name))
    };
    if !(is_option(1) || is_option(2) && is_nested()) {
        return args;
    }
    let (command, behind, held) = split(&args);
    if command.is_empty() || held.is_empty() {
        return args;
    }
    let all = args[..1].iter().chain(command).chain(held);
    all.chain(&args[behind..]).cloned().collect()
}

/// Returns the words of the command, where its own arguments begin, and the options among the
/// words.
fn split(args: &[OsString]) -> (Vec<&OsString>, usize, Vec<&OsString>) {
    let (mut words, mut held) = (Vec::new(), Vec::new());
    let all = defined();
    let mut level: &Command = &all;
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        if let Some(sub) = arg.to_str().and_then(|name| level.find_subcommand(name)) {
            level = sub;
            words.push(arg);
            at += 1;
            continue;
        }
        let Some(count) = length(arg) else { break };
        // What follows the last word of a command is its own.
        if level.get_subcommands().next().is_none() {
            break;
        }
        held.extend(args[at..].iter().take(count));
        at += count;
    }
    (words, at.min(args.len()), held)
}

/// Returns the definitions of all commands.
fn defined() -> Command {
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    all
}

fn is_dashed(arg: &OsStr) -> bool {
    arg.as_encoded_bytes().starts_with(b"-")
}

/// Returns how many arguments an option takes up that may stand in front, itself included.
fn length(arg: &OsStr) -> Option<usize> {
    let arg = arg.to_string_lossy();
    if let Some(long) = arg.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let (_, _, takes, _) = OPTIONS.iter().find(|(_, long, _, _)| *long == name)?;
        return Some(1 + usize::from(!takes.is_empty() && value.is_none()));
    }
    let mut letters = arg.strip_prefix('-')?.chars().peekable();
    letters.peek()?;
    while let Some(letter) = letters.next() {
        let (_, _, takes, _) = OPTIONS.iter().find(|(short, ..)| *short == letter)?;
        if !takes.is_empty() {
            return Some(1 + usize::from(letters.peek().is_none()));
        }
    }
    Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_commands_with_commands_are_known() {
        let all = defined();
        let nested = all.get_subcommands().filter(|c| c.has_subcommands());
        let mut names: Vec<&str> = nested.map(Command::get_name).collect();
        names.sort_unstable();
        assert_eq!(names, NESTED);
    }

    fn moved(line: &str) -> String {
        let words = ["stopleak"].into_iter().chain(line.split(' '));
        let moved = super::moved(words.map(OsString::from).collect());
        let words: Vec<&str> = moved[1..].iter().filter_map(|word| word.to_str()).collect();
        words.join(" ")
    }

    #[test]
    fn options_go_behind_the_whole_command() {
        for (line, expected) in [
            ("--format json scan a", "scan --format json a"),
            ("--format=json -q rules list", "rules list --format=json -q"),
            ("-vv rules -f json list", "rules list -vv -f json"),
            ("-qfjson -C a -Cb scan", "scan -qfjson -C a -Cb"),
            ("-qf json scan", "scan -qf json"),
            ("rules --color never list", "rules list --color never"),
            ("-c a.toml config show", "config show -c a.toml"),
        ] {
            assert_eq!(moved(line), expected, "{line}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for line in [
            "scan --format json rules",
            "--format json",
            "--strict scan",
            "--format",
            "-- scan",
            "--help",
            "-q help scan",
            "hook run pre-push -- -C a",
            "-",
            "",
        ] {
            assert_eq!(moved(line), line, "{line}");
        }
    }
}
