//! `stopleak rules`: list, show, check and try rules.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use super::args::{CommonArgs, ConfigArgs, RulesCommand};
use super::hide::Hider;
use super::settings::Settings;
use super::site::Site;
use super::standing::{self, Standing};
use super::{FAILED, Stop, explain, policy, rule_files, stop, warn};
use crate::blob::{Blob, BlobPath, Fresh};
use crate::config::gitleaks::ids;
use crate::detect::{Content, Detector, Scratch};
use crate::report::escape::escape;
use crate::report::mask::Needles;
use crate::rules::{Ruleset, SecretType, Severity, select};
use crate::secret::Secret;
use crate::source::content::describe;

/// Runs the command and returns its exit code.
pub(super) fn run(command: RulesCommand) -> Result<u8, Stop> {
    match command {
        RulesCommand::List {
            config,
            provider,
            secret_type,
            severity,
        } => list(&config, provider, secret_type, severity),
        RulesCommand::Show { id, config } => {
            let all = standing(&config)?;
            let found = standing::find(&all, &id).ok_or_else(|| unknown(&id, &all))?;
            let mut text = explain::rule::summary(&found.rule);
            for (what, place) in found.remarks() {
                text.push_str(&format!("  {what:<11} {place}\n"));
            }
            print_lines(&text);
            Ok(0)
        }
        RulesCommand::Check { files } => Ok(check(&files)),
        RulesCommand::Test {
            id,
            text,
            rules,
            config,
        } => test(&id, &text, rules.as_deref(), &config),
    }
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &str) {
    super::tell(text);
}

/// Writes lines that may hold anything: what a user wrote into a rule.
fn print_lines(text: &str) {
    for line in text.lines() {
        print(&format!("{}\n", escape(line.as_bytes())));
    }
}

/// All rules as they stand in the current directory.
fn standing(config: &ConfigArgs) -> Result<Vec<Standing>, Stop> {
    let settings = Settings::load(config, Site::here())?;
    standing::all(&CommonArgs::with(config), &settings)
}

fn list(
    config: &ConfigArgs,
    provider: Option<String>,
    secret_type: Option<String>,
    severity: Option<String>,
) -> Result<u8, Stop> {
    let secret_type = match secret_type {
        Some(text) => Some(stop::named(
            "--type",
            &text,
            SecretType::ALL,
            SecretType::id,
        )?),
        None => None,
    };
    let severity = match severity {
        Some(text) => Some(stop::named(
            "--severity",
            &text,
            Severity::ALL,
            Severity::id,
        )?),
        None => None,
    };
    let all = standing(config)?;
    let wanted = |standing: &&Standing| {
        let rule = &standing.rule;
        provider
            .as_ref()
            .is_none_or(|p| rule.provider.eq_ignore_ascii_case(p))
            && secret_type.is_none_or(|t| rule.secret_type == t)
            && severity.is_none_or(|s| rule.severity == s)
    };
    let chosen: Vec<&Standing> = all.iter().filter(wanted).collect();
    if let (Some(provider), true) = (&provider, chosen.is_empty()) {
        let nearest = select::nearest(provider, all.iter().map(|s| s.rule.provider.as_ref()));
        let stop = Stop::new(format!("no rule matches; is `{provider}` a provider?"));
        return Err(match nearest {
            Some(name) => stop.help(format!("did you mean `{name}`?")),
            None => stop.help("`stopleak rules list` without options names all"),
        });
    }
    let mut out = String::new();
    for standing in &chosen {
        let rule = &standing.rule;
        let remarks = standing.remarks();
        let remarks: Vec<String> = remarks
            .iter()
            .map(|(what, place)| format!(" [{what}: {place}]"))
            .collect();
        out.push_str(&format!(
            "{:<44} {:<9} {:<20} {} ({}){}\n",
            rule.id,
            rule.severity,
            rule.secret_type,
            rule.title,
            rule.provider,
            remarks.concat()
        ));
    }
    print_lines(&out);
    Ok(0)
}

fn unknown(id: &str, all: &[Standing]) -> Stop {
    let error = select::UnknownRule {
        id: id.to_owned(),
        nearest: ids::meant(id, all.iter().map(|s| s.rule.id.as_ref())),
    };
    Stop::new(error.to_string()).help("`stopleak rules list` names all rules")
}

fn check(files: &[impl AsRef<Path>]) -> u8 {
    let mut code = 0;
    for file in files {
        match rule_files::rule_file(file.as_ref(), &mut rule_files::Judge::default()) {
            Ok(rules) => print(&format!(
                "{}: {} rules, no mistakes\n",
                escape(file.as_ref().as_os_str().as_encoded_bytes()),
                rules.len()
            )),
            Err(stop) => {
                let message = Hider::new(None).text(&stop.message);
                for line in message.lines() {
                    let text = escape(line.as_bytes());
                    let indented = line.starts_with("  ");
                    warn(&if indented {
                        text
                    } else {
                        format!("error: {text}")
                    });
                }
                code = FAILED;
            }
        }
    }
    code
}

fn test(id: &str, text: &str, file: Option<&Path>, config: &ConfigArgs) -> Result<u8, Stop> {
    let detector = match file {
        None => {
            let settings = Settings::load(config, Site::here())?;
            let args = CommonArgs {
                rule: vec![id.to_owned()],
                ..CommonArgs::with(config)
            };
            policy::detector(&args, &settings)?
        }
        Some(file) => {
            let rules = rule_files::rule_file(file, &mut rule_files::Judge::default())?;
            let found = rules.into_iter().find(|r| r.id == id);
            let rule = found
                .ok_or_else(|| Stop::new(format!("{}: has no rule `{id}`", file.display())))?;
            Detector::new(Ruleset::new(vec![Cow::Owned(rule)]))
        }
    };
    let mut input = text.as_bytes().to_vec();
    if text == "-" {
        input.clear();
        std::io::stdin()
            .read_to_end(&mut input)
            .map_err(|e| Stop::new(format!("standard input: {}", describe(&e))))?;
    }
    let path = BlobPath::from("<text>");
    let blob = Blob {
        path: &path,
        bytes: &input,
        fresh: Fresh::All,
    };
    let found = detector.detect(&blob, Content::Text, &mut Scratch::default());
    let spans = found.iter().flat_map(|c| {
        let parts = c.parts.iter().map(|p| p.span.clone());
        std::iter::once(c.secret.clone()).chain(parts)
    });
    let needles = Needles::new(spans.map(|span| &input[span]));
    let mut reported = false;
    for candidate in &found {
        let secret = Secret::with_public_prefix(
            &input[candidate.secret.clone()],
            usize::from(candidate.public_prefix),
        );
        let place = format!("bytes {}-{}", candidate.secret.start, candidate.secret.end);
        match candidate.dismissed {
            Some(why) => print(&format!(
                "dismissed: {secret} at {place}: {}\n",
                why.reason()
            )),
            None => {
                reported = true;
                let why = needles.mask(&candidate.evidence.join("; "));
                let why = escape(why.as_bytes());
                print(&format!(
                    "found: {secret} at {place}, {} confidence: {why}\n",
                    candidate.confidence
                ));
            }
        }
    }
    if found.is_empty() {
        print("nothing found\n");
    }
    Ok(u8::from(reported))
}
