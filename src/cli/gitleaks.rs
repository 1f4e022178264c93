//! What gitleaks' users bring along: their configuration, ignore file and baseline,
//! found where gitleaks finds them.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use super::args::CommonArgs;
use super::warn;
use crate::config::gitleaks::{self, Builtin, Config};
use crate::detect::Detector;
use crate::finding::Summary;
use crate::report::escape::escape;
use crate::rules::{Ruleset, builtin, select};
use crate::stop::Stop;
use crate::stop::describe;
use crate::suppress::Policy;
use crate::suppress::gitleaks::{Gitleaks, IgnoreEntry, parse_baseline, parse_ignore};

/// The ignore file, at the top of what is scanned and in the current directory.
pub(super) const IGNORE: &str = ".gitleaksignore";
/// The longest file that is read.
const MAX_LEN: u64 = 64 << 20;
/// The most unused entries that are named.
const MAX_NAMED: usize = 5;

/// The variables by which gitleaks finds its configuration.
pub(super) const FILE_VARIABLE: &str = "GITLEAKS_CONFIG";
/// The same with the text itself.
pub(super) const TEXT_VARIABLE: &str = "GITLEAKS_CONFIG_TOML";

/// The text of a configuration that the environment holds itself.
pub(super) fn text_of_environment() -> Result<Option<String>, Stop> {
    let text = std::env::var_os(TEXT_VARIABLE).filter(|value| !value.is_empty());
    let text = text.map(OsString::into_string).transpose();
    text.map_err(|_| {
        Stop::new(format!("{TEXT_VARIABLE} is not UTF-8")).help("a TOML text is always UTF-8")
    })
}

/// What a configuration, ignore entries and a baseline suppress; None when nothing does.
pub(super) fn suppressing(
    config: Option<&Config>,
    ignored: Vec<IgnoreEntry>,
    baseline: Option<&[u8]>,
) -> Result<Option<Gitleaks>, String> {
    let mut suppress = Gitleaks::default();
    if let Some(config) = config {
        suppress = suppress.with_config(config).with_notes(notes(config));
    }
    suppress = suppress.with_ignored(ignored);
    if let Some(text) = baseline {
        suppress = suppress.with_baseline(parse_baseline(text)?);
    }
    Ok((!suppress.is_empty()).then_some(suppress))
}

/// The entries of an ignore file; what is none is warned about.
pub(super) fn ignore_entries(text: &[u8], name: &str) -> Vec<IgnoreEntry> {
    let (entries, bad) = parse_ignore(text);
    for (line, why) in bad {
        let name = escape(name.as_bytes());
        warn(&format!("warning: {name}:{line}: {why}"));
    }
    entries
}

/// Reads the text of a gitleaks configuration and tells its traps; `read` gives the
/// text of a file that it extends.
pub(super) fn parse(
    text: &str,
    name: &str,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Config, Stop> {
    let config = gitleaks::parse(text, name, read).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Stop::new(lines.join("\n"))
            .help("correct the gitleaks configuration, or leave it out with --no-config")
    })?;
    for warning in &config.warnings {
        warn(&format!(
            "warning: {}",
            escape(warning.to_string().as_bytes())
        ));
    }
    Ok(config)
}

/// Reads a file that the user names; a pipe will do.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    let stop = |why: &str| Stop::new(format!("{}: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|e| stop(&describe(&e)))?;
    let mut bytes = Vec::new();
    file.take(MAX_LEN + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| stop(&describe(&e)))?;
    if bytes.len() as u64 > MAX_LEN {
        return Err(stop("larger than 64 MiB"));
    }
    Ok(bytes)
}

/// Reads a file that another file names: that one may name a device or a pipe, which
/// never end.
pub(super) fn read_named(path: &Path) -> Result<Vec<u8>, Stop> {
    let stop = |why: &str| Stop::new(format!("{}: {why}", path.display()));
    let file = std::fs::metadata(path).map_err(|e| stop(&describe(&e)))?;
    if !file.is_file() {
        return Err(stop("not a regular file"));
    }
    read(path)
}

fn notes(config: &Config) -> Vec<String> {
    let rules = config.rules.len();
    match config.builtin {
        Builtin::Off => vec![format!(
            "a gitleaks configuration replaces the built-in rules by its {rules} own; \
             `[extend] useDefault = true` in it turns them on"
        )],
        Builtin::AllowOnly => vec![
            "a gitleaks configuration without rules: all built-in rules are on, its allowlists \
             apply"
                .to_owned(),
        ],
        Builtin::Extended => vec![format!(
            "a gitleaks configuration adds {rules} rule(s) to the built-in ones"
        )],
    }
}

/// The detector over built-in rules and those of the configuration, as far as `--rule`
/// and `--disable-rule` choose them.
pub(super) fn detector(
    args: &CommonArgs,
    config: &Config,
    all: Vec<Cow<'static, crate::rules::Rule>>,
) -> Result<Detector, Stop> {
    let mut config = config.clone();
    let own = |id: &String| config.rules.iter().any(|rule| rule.id == *id);
    let (own_only, only): (Vec<String>, Vec<String>) = args.rule.iter().cloned().partition(own);
    let (own_off, off): (Vec<String>, Vec<String>) =
        args.disable_rule.iter().cloned().partition(own);
    for rule in &mut config.rules {
        let chosen = args.rule.is_empty() || own_only.contains(&rule.id);
        if !chosen || own_off.contains(&rule.id) {
            // It may still serve as another one's helper.
            rule.skip_report = true;
        }
    }
    let off_by_file = |id: &str| {
        config.builtin == Builtin::Off
            || config.disabled.contains(&id)
            || config.rules.iter().any(|rule| rule.id == id)
            || (only.is_empty() && !args.rule.is_empty())
    };
    let mut kept = all;
    let named = |id: &str| only.iter().any(|name| name == id);
    kept.retain(|rule| named(&rule.id) || !off_by_file(&rule.id));
    let without: Vec<String> = off
        .into_iter()
        .filter(|id| kept.iter().any(|rule| rule.id == *id) || builtin_rule(id).is_none())
        .collect();
    let chosen = if kept.is_empty() && only.is_empty() && without.is_empty() {
        Ruleset::new(Vec::new())
    } else {
        select::select(kept, &only, &without)
            .map_err(|e| Stop::new(e.to_string()).help("`stopleak rules list` names all rules"))?
    };
    if chosen.is_empty() && config.rules.iter().all(|rule| rule.skip_report) {
        return Err(Stop::new("no rule is left to run")
            .help("a scan without rules would prove nothing; keep at least one"));
    }
    let detector = if chosen.len() == builtin::rules().len() && args.rules.is_empty() {
        Detector::builtin()
    } else {
        Detector::new(chosen)
    };
    Ok(detector.with_gitleaks(&config))
}

fn builtin_rule(id: &str) -> Option<()> {
    builtin::rules()
        .iter()
        .any(|rule| rule.id == id)
        .then_some(())
}

/// Says in the summary what a configuration did and, when everything was looked at, which
/// entries covered nothing.
pub(super) fn tell(policy: &Policy, summary: &mut Summary) {
    let Some(gitleaks) = &policy.gitleaks else {
        return;
    };
    summary.notes.extend(gitleaks.notes().iter().cloned());
    if !summary.whole {
        return;
    }
    let unused = gitleaks.unused_ignored();
    if !unused.is_empty() {
        let lines: Vec<String> = unused
            .iter()
            .take(MAX_NAMED)
            .map(|entry| entry.at.to_string())
            .collect();
        let more = if unused.len() > MAX_NAMED {
            ", …"
        } else {
            ""
        };
        summary.notes.push(format!(
            "{} line(s) of gitleaks ignore files covered nothing: {}{more}",
            unused.len(),
            lines.join(", "),
        ));
    }
    let unused = gitleaks.unused_baseline().len();
    if unused > 0 {
        summary.notes.push(format!(
            "{unused} finding(s) of the gitleaks baseline were not met again"
        ));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_not_read_to_its_end() {
        let endless = Path::new("/dev/zero");
        let why = |result: Result<Vec<u8>, Stop>| result.err().map(|stop| stop.message);
        let want = |why: &str| Some(format!("/dev/zero: {why}"));
        assert_eq!(why(read(endless)), want("larger than 64 MiB"));
        assert_eq!(why(read_named(endless)), want("not a regular file"));
        assert_eq!(why(read(Path::new("/dev/null"))), None);
    }
}
