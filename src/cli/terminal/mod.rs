//! Output to the user: standard output, standard error, reports, progress. Escapes and masks
//! everything that it prints.

mod hide;
mod keys;
mod output;
mod progress;
mod run;
mod stream;

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::blob::SourceError;
use crate::environment::Environment;
use crate::report::commands::disarm;
use crate::report::escape::escape;
use crate::stop::{Stop, describe};

pub(super) use hide::Hider;
pub(super) use keys::Keys;
pub(super) use output::{Opened, Permalinks, Reporting, Wanted, linked};
pub(super) use progress::Watched;
pub(super) use run::{replay, report};
pub(super) use stream::ColorChoice;

/// The exit code of every failure.
pub(super) const FAILED: u8 = 2;

/// Whether some standard output could not be written.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// Returns `done`, or the failure code if standard output was lost.
pub(super) fn code(done: u8) -> u8 {
    if UNWRITTEN.load(Ordering::Relaxed) {
        warn("error: standard output: cannot be written");
        return FAILED;
    }
    done
}

/// Writes lines to standard output, masked and escaped: they contain file names and
/// configuration texts.
pub(super) fn tell(text: &str) {
    tell_masked(&Hider::new(None).text(text));
}

/// Writes lines that are masked, or that show secrets on request, and escapes each.
pub(super) fn tell_masked(text: &str) {
    tell_headed(text, false);
}

/// Like [`tell_masked`]; with `color`, lines that are not indented stand out.
pub(super) fn tell_headed(text: &str, color: bool) {
    let mut safe = String::with_capacity(text.len() + 1);
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let heads = color && !line.is_empty() && !line.starts_with(' ');
        let (on, off) = if heads {
            ("\x1b[1m", "\x1b[0m")
        } else {
            ("", "")
        };
        safe.extend([on, &tame(line), off, end]);
    }
    put(safe.as_bytes());
}

/// Whether text on standard output has colors.
pub(super) fn paints(choice: ColorChoice, environment: &Environment) -> bool {
    stream::Terminal::stdout(choice, environment).color
}

/// Writes a JSON document to standard output. It must be masked.
pub(super) fn tell_json(document: &serde_json::Value) -> Result<(), Stop> {
    let text = crate::report::encode::json(document, true)
        .map_err(|e| Stop::new(format!("standard output: {}", describe(&e))))?;
    tell_masked(&format!("{text}\n"));
    Ok(())
}

/// Makes a line safe to print, also in CI logs: text after a line break in a name must not
/// act as a command (`::error::`, `##[error]`).
fn tame(line: &str) -> String {
    let mut safe = escape(line.as_bytes());
    if ["::", "##"]
        .iter()
        .any(|mark| safe.trim_start().starts_with(mark))
    {
        safe.insert(0, '\\');
    }
    disarm(&safe, r"\#")
}

/// Writes bytes to standard output. A closed pipe is not a failure.
pub(super) fn put(bytes: &[u8]) {
    let mut out = std::io::stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            UNWRITTEN.store(true, Ordering::Relaxed);
        }
        _ => {}
    }
}

/// Writes a line to standard error, masked and escaped. A closed standard error is not a
/// failure.
pub(super) fn warn(line: &str) {
    warn_masked(&Hider::new(None).text(line));
}

/// Writes a JSON document, which must be masked, as a line to standard error.
pub(super) fn warn_json(document: &serde_json::Value) {
    if let Ok(text) = crate::report::encode::json(document, false) {
        let _ = writeln!(std::io::stderr(), "{}", disarm(&text, r"\u0023"));
    }
}

/// The longest line on standard error, in characters.
const LONGEST: usize = 1000;

/// Writes a masked line to standard error. Only here it is cut: half of a token is not
/// recognised as one.
fn warn_masked(line: &str) {
    let (line, more) = match line.char_indices().nth(LONGEST) {
        Some((at, _)) => (&line[..at], " ..."),
        None => (line, ""),
    };
    let _ = writeln!(std::io::stderr(), "{}{more}", tame(line));
}

/// Writes an error: its lines, masked, and its help.
pub(super) fn error(stop: &Stop) {
    let stop = Hider::new(None).stop(stop);
    for (n, line) in stop.message.lines().enumerate() {
        let more = n > 0 && line.starts_with("  ");
        warn_masked(&match more {
            true => line.to_owned(),
            false => format!("error: {line}"),
        });
    }
    if !stop.help.is_empty() {
        warn_masked(&format!("  help: {}", stop.help));
    }
}

/// Writes that something was not scanned, and why.
pub(super) fn not_scanned(error: &SourceError) {
    let path = escape(error.path.as_bytes());
    warn(&format!("error: {path}: not scanned: {}", error.why));
}

/// Writes warnings to standard error.
pub(super) fn warnings(warnings: &[String]) {
    for warning in warnings {
        warn(&format!("warning: {warning}"));
    }
}

/// Returns the text of an argument; `-` reads standard input.
pub(super) fn text_of(argument: &OsStr) -> Result<Vec<u8>, Stop> {
    if argument != "-" {
        return Ok(argument.as_encoded_bytes().to_vec());
    }
    let mut input = Vec::new();
    std::io::stdin()
        .read_to_end(&mut input)
        .map_err(|e| Stop::new(format!("standard input: {}", describe(&e))))?;
    Ok(input)
}
