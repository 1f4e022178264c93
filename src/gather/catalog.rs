//! The rules that findings of reports refer to: the built-in ones, and those of others by name.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::report::mask::Needles;
use crate::rules::{
    Boundary, Confidence, Labels, Matcher, OnInvalid, Rule, RuleIndex, Ruleset, SecretType,
    Severity, builtin,
};

/// The longest name or title of a rule of another scanner, in bytes.
const LONGEST: usize = 300;

/// All rules so far.
pub(super) struct Catalog {
    builtin: Ruleset,
    ids: HashMap<&'static str, RuleIndex>,
    /// Those of reports, behind the built-in ones.
    more: Vec<Rule>,
    /// Where each of them stands, by scanner and id.
    places: HashMap<(String, String), RuleIndex>,
}

impl Default for Catalog {
    fn default() -> Self {
        let ids = builtin::rules().iter().zip(0..);
        Self {
            ids: ids.map(|(rule, n)| (&*rule.id, RuleIndex(n))).collect(),
            builtin: builtin::ruleset(),
            more: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl Catalog {
    /// Returns the built-in rule called `id`.
    pub(super) fn find(&self, id: &str) -> Option<RuleIndex> {
        self.ids.get(id).copied()
    }

    /// Returns a built-in rule.
    pub(super) fn get(&self, index: RuleIndex) -> &Rule {
        self.builtin.get(index)
    }

    /// Returns the rule `id` of a scanner, which `make` creates when it comes first.
    ///
    /// # Errors
    /// Fails if there are more rules than the program can count.
    pub(super) fn of(
        &mut self,
        tool: &str,
        id: &str,
        make: impl FnOnce() -> Rule,
    ) -> Result<RuleIndex, String> {
        let key = (tool.to_owned(), id.to_owned());
        if let Some(index) = self.places.get(&key) {
            return Ok(*index);
        }
        let number = self.builtin.len() + self.more.len();
        let index = u16::try_from(number).ok().filter(|n| *n < u16::MAX);
        let index = RuleIndex(index.ok_or("more kinds of rules than a report can have")?);
        self.more.push(make());
        self.places.insert(key, index);
        Ok(index)
    }

    /// Returns all rules. Texts of others lose what `known` hides.
    pub(super) fn rules(&self, known: &Needles) -> Ruleset {
        let text = |text: &str| {
            let masked = known.mask_path(text.as_bytes());
            Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
        };
        let more = self.more.iter().map(|rule| {
            Cow::Owned(Rule {
                id: text(&rule.id),
                title: text(&rule.title),
                provider: text(&rule.provider),
                ..rule.clone()
            })
        });
        self.builtin.clone().with(more.collect())
    }
}

/// Returns a rule of another scanner: only its name is known.
pub(super) fn foreign(id: &str, title: &str, severity: Severity) -> Rule {
    Rule {
        id: Cow::Owned(cut(id).to_owned()),
        title: Cow::Owned(cut(title).to_owned()),
        rationale: Cow::Borrowed(""),
        provider: Cow::Borrowed(""),
        docs: Cow::Borrowed(""),
        revoke: Cow::Borrowed(""),
        lifetime: Cow::Borrowed(""),
        secret_type: SecretType::ApiKey,
        severity,
        labels: Labels::NONE,
        marks: Cow::Borrowed(&[]),
        confidence: Confidence::Medium,
        matcher: Matcher::Fragment,
        anchors: Cow::Borrowed(&[]),
        context: None,
        companions: Cow::Borrowed(&[]),
        min_entropy: 0.0,
        check: Cow::Borrowed(""),
        on_invalid: OnInvalid::Downgrade,
        boundary: Boundary::None,
        binary: false,
        paths: Cow::Borrowed(&[]),
        base64: false,
        whole_file: false,
        bare: false,
    }
}

/// Returns the first sentence of a text, not longer than [`LONGEST`].
fn cut(text: &str) -> &str {
    let text = text.lines().next().unwrap_or_default().trim();
    let text = text.strip_suffix('.').unwrap_or(text);
    let end = (0..=LONGEST.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}
