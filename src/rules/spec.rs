//! The text form of rules: one TOML file per provider. Strict: an unknown key, a bad shape or a
//! rule that can never match is an error with its position.
//!
//! The build script also compiles this module, to embed the files under `rules/`. So the module
//! uses nothing outside `rules`.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeValue;

pub use super::mistake::SpecError;
use super::shape;
use super::{
    Anchor, Boundary, Companion, Confidence, Context, Label, Labels, Mark, Matcher, OnInvalid,
    Rule, SecretType, Sequence, Severity, Step, Text, Within,
};

/// The farthest that a rule may read from its anchor, in bytes, on either side.
///
/// Chunked reading keeps this many bytes of the neighbouring chunks.
pub(crate) const MAX_REACH: usize = 32 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSyntax {
    provider: ProviderSyntax,
    #[serde(default)]
    rule: Vec<Spanned<RuleSyntax>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderSyntax {
    name: String,
    #[serde(default)]
    docs: String,
    #[serde(default)]
    revoke: String,
}

/// A rule as it is written. The field names are the rule format.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleSyntax {
    id: Spanned<String>,
    title: Option<String>,
    #[serde(default)]
    rationale: String,
    docs: Option<String>,
    revoke: Option<String>,
    #[serde(default)]
    lifetime: String,
    secret_type: Option<Spanned<String>>,
    severity: Option<Spanned<String>>,
    confidence: Option<Spanned<String>>,
    shape: Option<Spanned<String>>,
    pattern: Option<Spanned<String>>,
    #[serde(default)]
    assignment: bool,
    #[serde(default)]
    manifest: bool,
    anchors: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    ignore_case: bool,
    before: Option<u16>,
    after: Option<u16>,
    context: Option<Spanned<ContextSyntax>>,
    #[serde(default)]
    companion: Vec<Spanned<CompanionSyntax>>,
    #[serde(default)]
    entropy: f32,
    check: Option<String>,
    on_invalid: Option<Spanned<String>>,
    boundary: Option<Spanned<String>>,
    binary: Option<bool>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    base64: bool,
    #[serde(default)]
    whole_file: bool,
    #[serde(default)]
    bare: bool,
    #[serde(default)]
    labels: Vec<Spanned<String>>,
    #[serde(default)]
    label_if: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    #[serde(default)]
    label_near: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextSyntax {
    words: Vec<String>,
    within: Spanned<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompanionSyntax {
    name: String,
    shape: Spanned<String>,
    #[serde(default)]
    check: String,
    within: u16,
    #[serde(default)]
    required: bool,
}

/// Returns the 1-based line and column of byte `at` in `text`.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    (line, column)
}

/// Parses a rule file.
///
/// # Errors
/// Returns every mistake: one for broken TOML, else one or more per faulty rule.
pub fn parse(text: &str) -> Result<Vec<Rule>, Vec<SpecError>> {
    let file: FileSyntax = toml::from_str(text).map_err(|e| vec![refused(text, &e)])?;
    build(text, &file.provider, file.rule, Missing::Refused)
}

/// Builds rules from the `[[rule]]` tables of a file that also has other content, such as a
/// configuration. `text` is that file, `provider` its `[provider]` table. These rules may omit
/// `title` (the default is the id), `secret_type` (`api-key`) and `severity` (`high`).
///
/// # Errors
/// Returns every mistake with its position in `text`.
pub(crate) fn from_tables(
    text: &str,
    provider: Option<Spanned<DeValue<'_>>>,
    rules: Vec<Spanned<DeValue<'_>>>,
) -> Result<Vec<Rule>, Vec<SpecError>> {
    let mut errors = Vec::new();
    let provider = match provider.map(read::<ProviderSyntax>) {
        None => ProviderSyntax::default(),
        Some(Ok(provider)) => provider,
        Some(Err(e)) => {
            errors.push(refused(text, &e));
            ProviderSyntax::default()
        }
    };
    let mut raw = Vec::with_capacity(rules.len());
    for rule in rules {
        let span = rule.span();
        match read::<RuleSyntax>(rule) {
            Ok(rule) => raw.push(Spanned::new(span, rule)),
            Err(e) => errors.push(refused(text, &e)),
        }
    }
    match build(text, &provider, raw, Missing::FilledIn) {
        Ok(rules) if errors.is_empty() => Ok(rules),
        Ok(_) => Err(errors),
        Err(more) => {
            errors.extend(more);
            Err(errors)
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Spanned<DeValue<'_>>) -> Result<T, toml::de::Error> {
    T::deserialize(toml::de::ValueDeserializer::from(value))
}

/// Converts an error of the TOML parser or of serde, with its position.
fn refused(text: &str, error: &toml::de::Error) -> SpecError {
    let (line, column) = place(text, error.span().map_or(0, |s| s.start));
    SpecError {
        line,
        column,
        message: error.message().trim().replace('\n', " "),
        help: String::new(),
    }
}

/// What to do with a rule without a title, type or severity.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// Report an error.
    Refused,
    /// Use the default.
    FilledIn,
}

fn build(
    text: &str,
    provider: &ProviderSyntax,
    raw: Vec<Spanned<RuleSyntax>>,
    missing: Missing,
) -> Result<Vec<Rule>, Vec<SpecError>> {
    let mut rules: Vec<Rule> = Vec::with_capacity(raw.len());
    let mut ids = std::collections::HashSet::new();
    let mut errors = Vec::new();
    for raw in raw {
        let id_span = raw.get_ref().id.span();
        let id = raw.get_ref().id.get_ref().clone();
        let mut builder = Builder {
            text,
            id: id.clone(),
            missing,
            errors: &mut errors,
        };
        if !ids.insert(id) {
            builder.error(
                id_span,
                "this id is used by an earlier rule",
                "choose another id",
            );
        }
        if let Some(rule) = builder.rule(raw.into_inner(), provider) {
            rules.push(rule);
        }
    }
    if errors.is_empty() {
        Ok(rules)
    } else {
        Err(errors)
    }
}

struct Builder<'a> {
    text: &'a str,
    id: String,
    missing: Missing,
    errors: &'a mut Vec<SpecError>,
}

impl Builder<'_> {
    fn error(&mut self, span: Range<usize>, message: impl fmt::Display, help: impl Into<String>) {
        let (line, column) = place(self.text, span.start);
        let message = format!("rule `{}`: {message}", self.id);
        self.errors.push(SpecError {
            line,
            column,
            message,
            help: help.into(),
        });
    }

    fn named<T: Copy>(
        &mut self,
        value: &Spanned<String>,
        what: &str,
        all: &[(&str, T)],
    ) -> Option<T> {
        let found = all.iter().find(|(id, _)| id == value.get_ref());
        if found.is_none() {
            let known: Vec<_> = all.iter().map(|(id, _)| *id).collect();
            self.error(
                value.span(),
                format!("unknown {what} `{}`", value.get_ref()),
                format!("one of: {}", known.join(", ")),
            );
        }
        found.map(|(_, value)| *value)
    }

    fn rule(&mut self, raw: RuleSyntax, provider: &ProviderSyntax) -> Option<Rule> {
        let before = self.errors.len();
        self.check_id(&raw.id);
        let severities: Vec<_> = Severity::ALL.iter().map(|s| (s.id(), *s)).collect();
        let confidences: Vec<_> = Confidence::ALL.iter().map(|s| (s.id(), *s)).collect();
        let types: Vec<_> = SecretType::ALL.iter().map(|s| (s.id(), *s)).collect();
        let severity = match &raw.severity {
            Some(value) => self.named(value, "severity", &severities),
            None => self.filled(&raw.id, "severity", Severity::High),
        };
        let confidence = match &raw.confidence {
            Some(value) => self.named(value, "confidence", &confidences),
            None => Some(Confidence::High),
        };
        let secret_type = match &raw.secret_type {
            Some(value) => self.named(value, "secret_type", &types),
            None => self.filled(&raw.id, "secret_type", SecretType::ApiKey),
        };
        let title = match raw.title.clone() {
            Some(title) => Some(title),
            None => self.filled(&raw.id, "title", raw.id.get_ref().clone()),
        };
        let on_invalid = match &raw.on_invalid {
            Some(v) => self.named(
                v,
                "on_invalid",
                &[
                    ("drop", OnInvalid::Drop),
                    ("downgrade", OnInvalid::Downgrade),
                ],
            ),
            None => Some(OnInvalid::Drop),
        };
        let boundary = match &raw.boundary {
            Some(v) => self.named(
                v,
                "boundary",
                &[
                    ("token", Boundary::Token),
                    ("left", Boundary::Left),
                    ("right", Boundary::Right),
                    ("none", Boundary::None),
                ],
            ),
            None => Some(if raw.pattern.is_some() {
                Boundary::None
            } else {
                Boundary::Token
            }),
        };
        let (labels, marks) = self.labels(&raw);
        let matcher = self.matcher(&raw);
        let anchors = self.anchors(&raw);
        let context = raw.context.as_ref().and_then(|c| self.context(c));
        let companions = raw
            .companion
            .iter()
            .filter_map(|c| self.companion(c))
            .collect::<Vec<_>>();
        if let Some(matcher) = &matcher {
            self.check_reachable(&raw, matcher, context.as_ref());
            self.check_base64(&raw, matcher);
            self.check_bare(&raw, matcher);
            self.check_reach(&raw, matcher, context.as_ref(), &companions);
        }
        if self.errors.len() > before {
            return None;
        }
        let distinctive = context.is_none() && !(raw.assignment || raw.manifest || raw.whole_file);
        Some(Rule {
            id: raw.id.into_inner().into(),
            title: title?.into(),
            rationale: raw.rationale.into(),
            provider: provider.name.clone().into(),
            docs: raw.docs.unwrap_or_else(|| provider.docs.clone()).into(),
            revoke: raw.revoke.unwrap_or_else(|| provider.revoke.clone()).into(),
            lifetime: raw.lifetime.into(),
            secret_type: secret_type?,
            severity: severity?,
            confidence: confidence?,
            matcher: matcher?,
            anchors: anchors.into(),
            context,
            companions: companions.into(),
            min_entropy: raw.entropy,
            check: raw.check.unwrap_or_default().into(),
            on_invalid: on_invalid?,
            boundary: boundary?,
            binary: raw.binary.unwrap_or(distinctive),
            paths: raw.paths.into_iter().map(Text::from).collect(),
            base64: raw.base64,
            whole_file: raw.whole_file,
            bare: raw.bare,
            labels,
            marks: marks.into(),
        })
    }

    /// Returns the labels of all values, and those of values that contain a text.
    fn labels(&mut self, raw: &RuleSyntax) -> (Labels, Vec<Mark>) {
        let known: Vec<_> = Label::ALL.iter().map(|l| (l.id(), *l)).collect();
        let labels = raw.labels.iter();
        let labels = labels.filter_map(|label| self.named(label, "label", &known));
        let labels: Vec<Label> = labels.collect();
        let mut marks = Vec::new();
        let inside = raw.label_if.iter().map(|entry| (false, entry));
        let near = raw.label_near.iter().map(|entry| (true, entry));
        for (near, (label, texts)) in inside.chain(near) {
            let Some(label) = self.named(label, "label", &known) else {
                continue;
            };
            for text in texts {
                if text.get_ref().is_empty() {
                    let help = "name a text; `labels` is for all values";
                    self.error(text.span(), "an empty text for a label", help);
                }
                let text = text.get_ref().clone().into();
                marks.push(Mark { label, text, near });
            }
        }
        (labels.into_iter().collect(), marks)
    }

    /// Returns the default of a missing key, or reports an error if the key is required.
    fn filled<T>(&mut self, id: &Spanned<String>, key: &str, value: T) -> Option<T> {
        if self.missing == Missing::Refused {
            self.error(id.span(), format!("missing key `{key}`"), "add it");
            return None;
        }
        Some(value)
    }

    fn check_id(&mut self, id: &Spanned<String>) {
        let text = id.get_ref();
        let kebab = !text.is_empty()
            && text.split('-').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            });
        if !kebab {
            self.error(
                id.span(),
                "the id is not made of lower-case words joined by `-`",
                "write it like `github-pat-classic`",
            );
        }
    }

    fn matcher(&mut self, raw: &RuleSyntax) -> Option<Matcher> {
        match (&raw.shape, &raw.pattern, raw.assignment) {
            (Some(shape), None, false) => self.shape(shape).map(|s| Matcher::Shape(s.into())),
            (None, Some(pattern), false) => {
                if raw.anchors.is_none() && raw.context.is_none() {
                    self.error(
                        pattern.span(),
                        "a pattern needs `anchors`",
                        "name literals; every match must contain one of them",
                    );
                }
                let (before, after) = (raw.before.unwrap_or(0), raw.after.unwrap_or(512));
                if usize::from(before.max(after)) > MAX_REACH {
                    self.error(
                        pattern.span(),
                        format!("`before` and `after` may be at most {MAX_REACH}"),
                        "",
                    );
                }
                Some(Matcher::Pattern {
                    regex: pattern.get_ref().clone().into(),
                    before,
                    after,
                })
            }
            (None, None, true) if !raw.manifest => Some(Matcher::Assignment),
            (None, None, false) if raw.manifest => Some(Matcher::Manifest),
            _ => {
                self.error(
                    raw.id.span(),
                    "a rule needs exactly one of `shape`, `pattern`, `assignment = true` and `manifest = true`",
                    "",
                );
                None
            }
        }
    }

    fn shape(&mut self, shape: &Spanned<String>) -> Option<Vec<Sequence>> {
        match shape::parse(shape.get_ref()) {
            Ok(sequences) => {
                if sequences.iter().any(|s| s.len_bounds().1 > MAX_REACH) {
                    self.error(
                        shape.span(),
                        format!("the shape can be longer than {MAX_REACH} bytes"),
                        "limit its runs",
                    );
                }
                Some(sequences)
            }
            Err(e) => {
                self.error(
                    shape.span(),
                    format!("bad shape: {e}"),
                    "see docs/rules-format.md for the notation",
                );
                None
            }
        }
    }

    fn anchors(&mut self, raw: &RuleSyntax) -> Vec<Anchor> {
        let Some(anchors) = &raw.anchors else {
            return Vec::new();
        };
        if raw.pattern.is_none() {
            self.error(
                anchors.span(),
                "`anchors` are for a `pattern`; a shape has its own",
                "remove the key",
            );
        }
        if anchors.get_ref().is_empty() || anchors.get_ref().iter().any(|a| a.len() < 3) {
            self.error(
                anchors.span(),
                "an anchor needs at least 3 bytes",
                "choose a rarer literal",
            );
        }
        let fold = raw.ignore_case;
        anchors
            .get_ref()
            .iter()
            .map(|a| Anchor {
                bytes: if fold {
                    a.to_ascii_lowercase()
                } else {
                    a.clone()
                }
                .into_bytes()
                .into(),
                fold,
            })
            .collect()
    }

    fn context(&mut self, raw: &Spanned<ContextSyntax>) -> Option<Context> {
        let context = raw.get_ref();
        if context.words.is_empty() || context.words.iter().any(|w| w.len() < 3) {
            self.error(raw.span(), "context words need at least 3 bytes each", "");
        }
        let within = match context.within.get_ref() {
            toml::Value::String(s) if s == "assignment" => Within::Assignment,
            toml::Value::String(s) if s == "line" => Within::Line,
            toml::Value::Integer(n) if (1..=2000).contains(n) => Within::Bytes(*n as u16),
            _ => {
                self.error(
                    context.within.span(),
                    "unknown `within`",
                    "\"assignment\", \"line\", or a number of bytes from 1 to 2000",
                );
                return None;
            }
        };
        let words: Vec<Text> = context
            .words
            .iter()
            .map(|w| w.to_ascii_lowercase().into())
            .collect();
        Some(Context {
            words: words.into(),
            within,
        })
    }

    fn companion(&mut self, raw: &Spanned<CompanionSyntax>) -> Option<Companion> {
        let companion = raw.get_ref();
        if companion.within == 0 || companion.within > 4000 {
            self.error(raw.span(), "`within` must be 1 to 4000 bytes", "");
        }
        let shape = self.shape(&companion.shape)?;
        Some(Companion {
            name: companion.name.clone().into(),
            shape: shape.into(),
            check: companion.check.clone().into(),
            within: companion.within,
            required: companion.required,
        })
    }

    /// Checks that all parts together reach no farther than the overlap of pieces of large files.
    fn check_reach(
        &mut self,
        raw: &RuleSyntax,
        matcher: &Matcher,
        context: Option<&Context>,
        companions: &[Companion],
    ) {
        let longest = |s: &[Sequence]| s.iter().map(|s| s.len_bounds().1).max().unwrap_or(0);
        let value = match matcher {
            Matcher::Shape(sequences) => longest(sequences),
            Matcher::Pattern { before, after, .. } => usize::from(*before.max(after)),
            Matcher::Assignment | Matcher::Manifest | Matcher::Fragment => 0,
        };
        let context = match context.map(|c| c.within) {
            Some(Within::Bytes(n)) => usize::from(n),
            Some(Within::Assignment | Within::Line) => 400,
            None => 0,
        };
        let companions = companions
            .iter()
            .map(|c| usize::from(c.within).saturating_add(longest(&c.shape)));
        let plain = value
            .saturating_add(context)
            .saturating_add(companions.max().unwrap_or(0));
        let total = if raw.base64 {
            plain.saturating_mul(4) / 3
        } else {
            plain
        };
        if total > MAX_REACH {
            self.error(
                raw.id.span(),
                format!("the rule reaches {total} bytes; the limit is {MAX_REACH}"),
                "limit its runs, or the distances of its context and companions",
            );
        }
    }

    /// Checks that a shape has a literal of three bytes, or a context word.
    fn check_reachable(&mut self, raw: &RuleSyntax, matcher: &Matcher, context: Option<&Context>) {
        let Matcher::Shape(sequences) = matcher else {
            return;
        };
        let span = raw.shape.as_ref().map_or(0..0, Spanned::span);
        if raw.whole_file {
            if raw.paths.is_empty() || context.is_some() {
                self.error(
                    span,
                    "`whole_file` needs `paths` and allows no context",
                    "name the files with `paths = [\"**/master.key\"]`",
                );
            }
            return;
        }
        if context.is_none() && !sequences.iter().all(|s| longest_literal(s) >= 3) {
            self.error(
                span,
                "this shape can never match: it has no literal of at least 3 bytes and no context words",
                "add `context = { words = [\"…\"], within = \"assignment\" }`",
            );
        }
    }
}

impl Builder<'_> {
    /// Checks that the literals have a base64 form. It exists only if their case is known, and the
    /// form of a short literal is no evidence.
    fn check_base64(&mut self, raw: &RuleSyntax, matcher: &Matcher) {
        const SHORTEST: usize = 4;
        if !raw.base64 {
            return;
        }
        let leads = match matcher {
            Matcher::Shape(sequences) => sequences
                .iter()
                .all(|s| longest_literal(s) >= SHORTEST && !s.steps.iter().any(is_folded)),
            Matcher::Pattern { .. } => raw.anchors.as_ref().is_some_and(|anchors| {
                !raw.ignore_case && anchors.get_ref().iter().all(|a| a.len() >= SHORTEST)
            }),
            Matcher::Assignment | Matcher::Manifest | Matcher::Fragment => false,
        };
        if !leads || raw.context.is_some() || raw.whole_file {
            self.error(
                raw.id.span(),
                "`base64` needs literals of at least 4 bytes in a known case, and no context",
                "remove the key",
            );
        }
    }
}

impl Builder<'_> {
    /// Checks that a value can be recognised without its context: by a check, and by its length.
    fn check_bare(&mut self, raw: &RuleSyntax, matcher: &Matcher) {
        let long = match matcher {
            Matcher::Shape(sequences) => {
                let mut lens = sequences.iter().map(Sequence::len_bounds);
                lens.all(|(min, max)| min >= BARE_MIN && max <= BARE_MAX)
            }
            _ => false,
        };
        if raw.bare && !(long && raw.check.is_some() && raw.context.is_some()) {
            self.error(
                raw.id.span(),
                format!(
                    "`bare` needs a context, a check, and a shape of {BARE_MIN} to {BARE_MAX} bytes"
                ),
                "remove the key",
            );
        }
    }
}

/// The shortest values that count without their context, in bytes.
pub(crate) const BARE_MIN: usize = 40;
/// The longest of them, in bytes.
pub(crate) const BARE_MAX: usize = 120;

fn is_folded(step: &Step) -> bool {
    matches!(step, Step::Lit { fold: true, .. })
}

/// Returns the length of the longest literal of a sequence.
pub(crate) fn longest_literal(sequence: &Sequence) -> usize {
    let literals = sequence.steps.iter().filter_map(|step| match step {
        Step::Lit { bytes, .. } => Some(bytes.len()),
        Step::Run { .. } => None,
    });
    literals.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[provider]\nname = \"Acme\"\n";

    fn rule(body: &str) -> String {
        format!(
            "{HEAD}[[rule]]\nid = \"acme-key\"\ntitle = \"Acme key\"\nsecret_type = \"api-key\"\nseverity = \"high\"\n{body}\n"
        )
    }

    #[test]
    fn a_shape_rule_parses_with_its_defaults() {
        let rules = parse(&rule("shape = '\"acme_\" hex{32}'")).unwrap();
        assert_eq!(rules[0].provider, "Acme");
        assert_eq!(rules[0].confidence, Confidence::High);
        assert!(rules[0].binary && rules[0].is_distinctive());
    }

    #[test]
    fn a_rule_that_looks_too_far_is_an_error() {
        let far = "pattern = 'acme_[a-z]+'\nanchors = [\"acme_\"]\nafter = 32000";
        assert!(parse(&rule(far)).is_ok());
        let context = "context = { words = [\"acme\"], within = 1000 }";
        let errors = parse(&rule(&format!("{far}\n{context}"))).unwrap_err();
        assert!(errors[0].message.contains("reaches"), "{}", errors[0]);
    }

    #[test]
    fn an_unknown_key_is_an_error_at_its_place() {
        let errors = parse(&rule("shape = '\"acme_\" hex{32}'\nentropi = 3")).unwrap_err();
        assert_eq!((errors[0].line, errors[0].column), (9, 1));
        assert!(errors[0].message.contains("entropi"), "{}", errors[0]);
    }

    #[test]
    fn an_unknown_severity_names_the_known_ones() {
        let text = rule("shape = '\"acme_\" hex{32}'").replace("\"high\"", "\"huge\"");
        let errors = parse(&text).unwrap_err();
        assert_eq!(errors[0].line, 7);
        assert!(errors[0].help.contains("critical"));
    }

    #[test]
    fn a_shape_that_nothing_leads_to_is_an_error() {
        let errors = parse(&rule("shape = 'hex{32}'")).unwrap_err();
        assert!(errors[0].message.contains("never match"));
        let ok =
            rule("shape = 'hex{32}'\ncontext = { words = [\"acme\"], within = \"assignment\" }");
        assert!(!parse(&ok).unwrap()[0].is_distinctive());
    }

    #[test]
    fn two_matchers_or_none_are_an_error() {
        assert!(parse(&rule("")).is_err());
        assert!(parse(&rule("shape = '\"acme_\" hex{32}'\nassignment = true")).is_err());
    }

    #[test]
    fn a_whole_file_needs_a_path_and_no_literal() {
        let whole = "shape = 'hex{32}'\nwhole_file = true\n";
        assert!(parse(&rule(whole)).is_err());
        let rules = parse(&rule(&format!("{whole}paths = [\"**/a.key\"]"))).unwrap();
        assert!(rules[0].whole_file && !rules[0].is_distinctive() && !rules[0].binary);
    }

    #[test]
    fn base64_needs_literals_that_have_an_image() {
        let coded = |body: &str| parse(&rule(&format!("{body}\nbase64 = true")));
        assert!(coded("shape = '\"acme_\" hex{32}'").unwrap()[0].base64);
        assert!(coded("shape = '\"acm\" hex{32}'").is_err());
        assert!(coded("shape = 'i\"acme_\" hex{32}'").is_err());
        assert!(coded("pattern = 'x'\nanchors = [\"acme\"]\nignore_case = true").is_err());
        let context = "context = { words = [\"acme\"], within = \"line\" }";
        assert!(coded(&format!("shape = '\"acme_\" hex{{32}}'\n{context}")).is_err());
    }

    #[test]
    fn a_manifest_is_a_matcher_of_its_own() {
        assert_eq!(
            parse(&rule("manifest = true")).unwrap()[0].matcher,
            Matcher::Manifest
        );
        assert!(parse(&rule("manifest = true\nassignment = true")).is_err());
    }

    #[test]
    fn a_repeated_id_is_an_error() {
        let one = rule("shape = '\"acme_\" hex{32}'");
        let two = format!("{one}{}", one.trim_start_matches(HEAD));
        assert!(parse(&two).unwrap_err()[0].message.contains("earlier rule"));
    }
}
