//! `stopleak man`: the manual pages, made from the definitions of the command line.

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::args::{Cli, ManArgs};
use crate::cli::terminal::{put, warn};
use crate::named::Output;
use crate::stop::{Stop, counted, describe};

/// The version in pages: the same for every build of a release.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const EXIT: &[(&str, &str)] = &[
    ("0", "clean and complete"),
    ("1", "findings and complete"),
    ("2", "error or incomplete; outranks 1"),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("STOPLEAK_CONFIG", "configuration file, like --config"),
    (
        "STOPLEAK_CONFIDENCE",
        "confidence to report, like --confidence",
    ),
    (
        "STOPLEAK_MAX_FILE_SIZE",
        "size of the largest file to scan, like --max-file-size",
    ),
    ("STOPLEAK_ID_KEY", "key of the ids of secrets in reports"),
];

const FILES: &[(&str, &str)] = &[
    (
        "stopleak.toml",
        "configuration, at the top of the repository",
    ),
    (
        ".stopleakignore",
        "findings that were reviewed and accepted",
    ),
    (
        ".stopleak-baseline",
        "findings that were there on the first day",
    ),
];

/// Prints the page of the program, or writes all pages. Returns the exit code.
pub(in crate::cli) fn run(args: &ManArgs) -> Result<u8, Stop> {
    // Without its own copy of every command below `help`.
    let mut program = Cli::command()
        .disable_help_subcommand(true)
        .version(VERSION);
    program.build();
    let Some(dir) = &args.dir else {
        put(page(&program, None)?.as_bytes());
        return Ok(0);
    };
    Output::directory(dir)?;
    let mut left: Vec<(&Command, Option<&Command>)> = vec![(&program, None)];
    let mut pages = Vec::new();
    while let Some((command, above)) = left.pop() {
        let file = dir.join(Man::new(command.clone()).get_filename());
        pages.push((Output::open(&file, None)?, file, page(command, above)?));
        left.extend(command.get_subcommands().map(|sub| (sub, Some(command))));
    }
    // Only now is it known that all of them may be written.
    let count = counted(pages.len(), "page");
    for (output, file, page) in pages {
        let written = output.with(&page).and_then(Output::settle);
        written.map_err(|e| Stop::new(format!("{}: {}", file.display(), describe(&e))))?;
    }
    warn(&format!("{}: {count} written", dir.display()));
    Ok(0)
}

/// Returns the page of a command below another.
fn page(command: &Command, above: Option<&Command>) -> Result<String, Stop> {
    let mut text = Vec::new();
    render(command, above, &mut text)
        .map_err(|e| Stop::new(format!("a manual page: {}", describe(&e))))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn render(command: &Command, above: Option<&Command>, out: &mut Vec<u8>) -> std::io::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let man = Man::new(command.clone())
        .title(name.to_uppercase())
        .date(env!("STOPLEAK_DATE"))
        .manual("stopleak")
        .source(format!("stopleak {VERSION}"));
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(out)?;
    }
    let mut rest = Roff::new();
    list(&mut rest, "EXIT STATUS", EXIT);
    match above {
        Some(above) => {
            let above = above.get_display_name().unwrap_or_else(|| above.get_name());
            rest.control("SH", ["SEE ALSO"])
                .text([bold(above), roman("(1)")]);
        }
        None => {
            list(&mut rest, "ENVIRONMENT", ENVIRONMENT);
            list(&mut rest, "FILES", FILES);
        }
    }
    rest.to_writer(out)
}

fn list(page: &mut Roff, heading: &str, entries: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (name, meaning) in entries {
        page.control("TP", []);
        page.text([bold(*name)]).text([roman(*meaning)]);
    }
}
