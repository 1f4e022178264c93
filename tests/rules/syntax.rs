//! Writes a value as files contain it: in six syntaxes, each with a name that the rule's context
//! requires.

use stopleak::check::mint::Rng;
use stopleak::rules::{Matcher, Rule, Step, Within};

/// The form in which a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `NAME=value`
    Env,
    /// `{"name": "value"}`
    Json,
    /// `name: value`
    Yaml,
    /// `name = "value"`
    Python,
    /// `export NAME='value'`
    Shell,
    /// `?name=value&…`, or a header.
    Url,
}

impl Syntax {
    /// All syntaxes.
    pub(crate) const ALL: [Syntax; 6] = [
        Syntax::Env,
        Syntax::Json,
        Syntax::Yaml,
        Syntax::Python,
        Syntax::Shell,
        Syntax::Url,
    ];
}

/// A text with one value in it.
pub(crate) struct Written {
    /// The file's content.
    pub(crate) text: Vec<u8>,
    /// Where the value starts.
    pub(crate) at: usize,
}

/// The parts of a name after a context word, in turn: `word_key`, `wordToken` …
const TAILS: [&str; 4] = ["", "_key", "_token", "_secret"];

/// Returns the name to which a rule's value is assigned, made of its context word `n`.
pub(crate) fn name(rule: &Rule, n: usize) -> String {
    let neutral = ["service_token", "value", "setting", "service_secret"][n % 4].to_owned();
    match &rule.context {
        None => neutral,
        Some(context) => {
            let word = &context.words[n % context.words.len()];
            let says = [
                "key", "token", "secret", "pass", "auth", "pwd", "cred", "webhook",
            ]
            .iter()
            .any(|w| word.contains(w));
            match context.within {
                _ if says => word.to_string(),
                _ => format!("{word}{}", TAILS[1 + n % 3]),
            }
        }
    }
}

/// Writes `value` in `syntax`, with its name. If the rule allows it, the context word is on a line
/// of its own.
pub(crate) fn write(rule: &Rule, value: &[u8], syntax: Syntax, n: usize, rng: &mut Rng) -> Written {
    let name = name(rule, n);
    let greedy = takes_ampersand(rule);
    let mut head = String::new();
    let within = rule.context.as_ref().map(|c| c.within);
    if matches!(within, Some(Within::Bytes(_))) && rng.below(2) == 0 {
        head = format!("# settings of {name}\nregion = eu-1\n");
        return wrap(&head, "value", value, syntax, greedy);
    }
    if rng.below(2) == 0 {
        head.push_str("# written by hand\nregion = eu-1\n");
    }
    wrap(&head, &name, value, syntax, greedy)
}

/// Returns whether the value's end could include an `&` and all that follows.
fn takes_ampersand(rule: &Rule) -> bool {
    let Matcher::Shape(sequences) = &rule.matcher else {
        return false;
    };
    sequences
        .iter()
        .any(|s| matches!(s.steps.last(), Some(Step::Run { set, .. }) if set.has(b'&')))
}

/// Writes `value` assigned to `name` in `syntax`, after `head`. If `greedy`, a header replaces the
/// URL.
pub(crate) fn wrap(head: &str, name: &str, value: &[u8], syntax: Syntax, greedy: bool) -> Written {
    let bare = value.iter().all(|b| !b" \t\"'`<>,;(){}[]|#\\&".contains(b));
    let multiline = value.contains(&b'\n');
    let quote = if value.contains(&b'"') { "'" } else { "\"" };
    let upper = name.to_ascii_uppercase();
    let (before, after) = match syntax {
        _ if multiline => (format!("{name}:\n"), "\n".to_owned()),
        Syntax::Env if bare => (format!("{upper}="), "\nREGION=eu-1\n".to_owned()),
        Syntax::Env => (format!("{upper}={quote}"), format!("{quote}\n")),
        Syntax::Json => (
            format!("{{\n  \"region\": \"eu-1\",\n  \"{name}\": \""),
            "\"\n}\n".to_owned(),
        ),
        Syntax::Yaml if bare => (
            format!("service:\n  {name}: "),
            "\n  region: eu-1\n".to_owned(),
        ),
        Syntax::Yaml => (format!("service:\n  {name}: {quote}"), format!("{quote}\n")),
        Syntax::Python => (
            format!("{name} = {quote}"),
            format!("{quote}\nregion = 1\n"),
        ),
        Syntax::Shell => {
            let quote = if value.contains(&b'\'') { "\"" } else { "'" };
            (format!("export {upper}={quote}"), format!("{quote}\n"))
        }
        Syntax::Url if value.contains(&b' ') => {
            (format!("tool --{name} {quote}"), format!("{quote} run\n"))
        }
        Syntax::Url if bare && !greedy => (
            format!("GET https://host.test/v1?{name}="),
            "&page=2 HTTP/1.1\n".to_owned(),
        ),
        Syntax::Url => (
            format!("curl -H \"{name}: "),
            "\" https://host.test/\n".to_owned(),
        ),
    };
    let mut text = format!("{head}{before}").into_bytes();
    let at = text.len();
    text.extend_from_slice(value);
    text.extend_from_slice(after.as_bytes());
    Written { text, at }
}
