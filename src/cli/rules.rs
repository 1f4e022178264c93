//! `stopleak rules`: list, show, check and try rules.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use super::args::RulesCommand;
use super::hide::Hider;
use super::{FAILED, Stop, explain, plan, warn};
use crate::blob::{Blob, BlobPath, Fresh};
use crate::detect::{Content, Detector, Scratch};
use crate::report::escape::escape;
use crate::report::mask::Needles;
use crate::rules::{Rule, Ruleset, SecretType, Severity, builtin, select};
use crate::secret::Secret;
use crate::source::content::describe;

/// Runs the command and returns its exit code.
pub(super) fn run(command: RulesCommand) -> Result<u8, Stop> {
    match command {
        RulesCommand::List {
            provider,
            secret_type,
            severity,
        } => list(provider, secret_type, severity),
        RulesCommand::Show { id } => {
            print(&explain::rule::summary(find(&id)?));
            Ok(0)
        }
        RulesCommand::Check { files } => Ok(check(&files)),
        RulesCommand::Test { id, text, rules } => test(&id, &text, rules.as_deref()),
    }
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &str) {
    super::tell(text);
}

fn list(
    provider: Option<String>,
    secret_type: Option<String>,
    severity: Option<String>,
) -> Result<u8, Stop> {
    let secret_type = match secret_type {
        Some(text) => Some(plan::named(
            "--type",
            &text,
            SecretType::ALL,
            SecretType::id,
        )?),
        None => None,
    };
    let severity = match severity {
        Some(text) => Some(plan::named(
            "--severity",
            &text,
            Severity::ALL,
            Severity::id,
        )?),
        None => None,
    };
    let wanted = |rule: &&Rule| {
        provider
            .as_ref()
            .is_none_or(|p| rule.provider.eq_ignore_ascii_case(p))
            && secret_type.is_none_or(|t| rule.secret_type == t)
            && severity.is_none_or(|s| rule.severity == s)
    };
    let chosen: Vec<&Rule> = builtin::rules().iter().filter(wanted).collect();
    if let (Some(provider), true) = (&provider, chosen.is_empty()) {
        let nearest = select::nearest(
            provider,
            builtin::rules().iter().map(|r| r.provider.as_ref()),
        );
        let stop = Stop::new(format!("no rule matches; is `{provider}` a provider?"));
        return Err(match nearest {
            Some(name) => stop.help(format!("did you mean `{name}`?")),
            None => stop.help("`stopleak rules list` without options names all"),
        });
    }
    let mut out = String::new();
    for rule in &chosen {
        out.push_str(&format!(
            "{:<44} {:<9} {:<20} {} ({})\n",
            rule.id, rule.severity, rule.secret_type, rule.title, rule.provider
        ));
    }
    print(&out);
    Ok(0)
}

fn find(id: &str) -> Result<&'static Rule, Stop> {
    builtin::rules().iter().find(|r| r.id == id).ok_or_else(|| {
        let nearest = select::nearest(id, builtin::rules().iter().map(|r| r.id.as_ref()));
        let error = select::UnknownRule {
            id: id.to_owned(),
            nearest,
        };
        Stop::new(error.to_string()).help("`stopleak rules list` names all rules")
    })
}

fn check(files: &[impl AsRef<Path>]) -> u8 {
    let mut code = 0;
    for file in files {
        match plan::rule_file(file.as_ref()) {
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

fn test(id: &str, text: &str, file: Option<&Path>) -> Result<u8, Stop> {
    let rule: Cow<'static, Rule> = match file {
        None => Cow::Borrowed(find(id)?),
        Some(file) => {
            let rules = plan::rule_file(file)?;
            let found = rules.into_iter().find(|r| r.id == id);
            Cow::Owned(
                found
                    .ok_or_else(|| Stop::new(format!("{}: has no rule `{id}`", file.display())))?,
            )
        }
    };
    let mut input = text.as_bytes().to_vec();
    if text == "-" {
        input.clear();
        std::io::stdin()
            .read_to_end(&mut input)
            .map_err(|e| Stop::new(format!("standard input: {}", describe(&e))))?;
    }
    let detector = Detector::new(Ruleset::new(vec![rule]));
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
