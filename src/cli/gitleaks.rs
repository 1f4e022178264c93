//! What gitleaks' users bring along: their configuration, ignore file and baseline,
//! found where gitleaks finds them.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::args::{CommonArgs, GitleaksArgs};
use super::{Stop, warn};
use crate::config::gitleaks::{self, Builtin, Config};
use crate::detect::Detector;
use crate::finding::Summary;
use crate::report::escape::escape;
use crate::rules::{Ruleset, builtin, select};
use crate::source::content::describe;
use crate::suppress::Policy;
use crate::suppress::gitleaks::{Gitleaks, parse_baseline, parse_ignore};

/// The file at the top of what is scanned.
const FILE: &str = ".gitleaks.toml";
/// The ignore file, there and in the current directory.
const IGNORE: &str = ".gitleaksignore";
/// The longest file that is read.
const MAX_LEN: u64 = 64 << 20;
/// The most unused entries that are named.
const MAX_NAMED: usize = 5;

/// What was found.
#[derive(Default)]
pub(super) struct Loaded {
    /// The configuration, if there is one.
    pub(super) config: Option<Config>,
    /// Everything that suppresses; None when there is nothing.
    pub(super) suppress: Option<Gitleaks>,
}

/// Looks for a configuration, ignore files and a baseline. `top` is what is scanned;
/// `configured` says that there is another configuration, or that none is wanted, and
/// gitleaks' is passed over.
pub(super) fn load(args: &GitleaksArgs, top: &Path, configured: bool) -> Result<Loaded, Stop> {
    let config = if configured { None } else { config(top)? };
    load_with(args, top, config)
}

/// The same with a configuration that was found elsewhere: `--config FILE`.
pub(super) fn load_with(
    args: &GitleaksArgs,
    top: &Path,
    config: Option<Config>,
) -> Result<Loaded, Stop> {
    let mut suppress = Gitleaks::default();
    if let Some(config) = &config {
        for warning in &config.warnings {
            warn(&format!(
                "warning: {}",
                escape(warning.to_string().as_bytes())
            ));
        }
        suppress = suppress.with_config(config).with_notes(notes(config));
    }
    suppress = suppress.with_ignored(ignored(args, top)?);
    if let Some(path) = &args.baseline {
        let entries = parse_baseline(&read(path)?).map_err(|why| {
            Stop::new(format!("{}: {why}", path.display()))
                .help("give the JSON report of `gitleaks … --report-format json`")
        })?;
        suppress = suppress.with_baseline(entries);
    }
    Ok(Loaded {
        config,
        suppress: (!suppress.is_empty()).then_some(suppress),
    })
}

/// Where a configuration was found.
enum Found {
    File(PathBuf),
    Text(String),
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn config(top: &Path) -> Result<Option<Config>, Stop> {
    let found = if let Some(path) = variable("GITLEAKS_CONFIG") {
        let path = PathBuf::from(path);
        if !path.is_file() {
            let name = path.display();
            return Err(
                Stop::new(format!("{name}: no such file, named by GITLEAKS_CONFIG"))
                    .help("correct the variable, or unset it"),
            );
        }
        Found::File(path)
    } else if let Some(text) = variable("GITLEAKS_CONFIG_TOML") {
        let text = text.into_string().map_err(|_| {
            Stop::new("GITLEAKS_CONFIG_TOML is not UTF-8").help("a TOML text is always UTF-8")
        })?;
        Found::Text(text)
    } else {
        let file = top.join(FILE);
        if !file.is_file() {
            return Ok(None);
        }
        Found::File(file)
    };
    match found {
        Found::File(path) => parse(&path).map(Some),
        Found::Text(text) => parse_text(&text, "GITLEAKS_CONFIG_TOML").map(Some),
    }
}

/// Reads a gitleaks configuration.
pub(super) fn parse(path: &Path) -> Result<Config, Stop> {
    let text = String::from_utf8(read(path)?)
        .map_err(|_| Stop::new(format!("{}: not UTF-8", path.display())))?;
    parse_text(&text, &path.display().to_string())
}

fn parse_text(text: &str, name: &str) -> Result<Config, Stop> {
    let extended = |path: &str| {
        let bytes = read(Path::new(path)).map_err(|stop| stop.message)?;
        String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())
    };
    gitleaks::parse(text, name, &extended).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Stop::new(lines.join("\n"))
            .help("correct the gitleaks configuration, or leave it out with --no-config")
    })
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    let stop = |why: &str| Stop::new(format!("{}: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|e| stop(&describe(&e)))?;
    if size.len() > MAX_LEN {
        return Err(stop("larger than 64 MiB"));
    }
    std::fs::read(path).map_err(|e| stop(&describe(&e)))
}

/// The entries of all ignore files: the one that is asked for, or in the current
/// directory, and the one at the top of what is scanned.
fn ignored(
    args: &GitleaksArgs,
    top: &Path,
) -> Result<Vec<crate::suppress::gitleaks::IgnoreEntry>, Stop> {
    let asked = args.gitleaks_ignore.as_deref();
    let first = match asked {
        Some(path) if path.is_dir() => path.join(IGNORE),
        Some(path) => path.to_owned(),
        None => PathBuf::from(IGNORE),
    };
    let mut files = vec![first.clone()];
    let second = top.join(IGNORE);
    let same = match (
        std::fs::canonicalize(&first),
        std::fs::canonicalize(&second),
    ) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    if !same {
        files.push(second);
    }
    let mut entries = Vec::new();
    for file in files {
        let wanted = asked.is_some_and(|path| !path.is_dir()) && file == first;
        if !wanted && !file.is_file() {
            continue;
        }
        let (mut found, bad) = parse_ignore(&read(&file)?);
        for (line, why) in bad {
            let name = escape(file.as_os_str().as_encoded_bytes());
            warn(&format!("warning: {name}:{line}: {why}"));
        }
        entries.append(&mut found);
    }
    Ok(entries)
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

/// Says in the summary what a configuration did, and which entries covered nothing.
pub(super) fn tell(policy: &Policy, summary: &mut Summary) {
    let Some(gitleaks) = &policy.gitleaks else {
        return;
    };
    summary.notes.extend(gitleaks.notes().iter().cloned());
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
