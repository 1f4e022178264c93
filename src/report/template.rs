//! A format that the user writes: a template of minijinja over the data of the JSON report.
//!
//! A template reads nothing but the data: it has no includes, no files and no environment. Its
//! steps, its depth and its output are bounded.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Object, ObjectRepr, Serde, Value};
use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::Value as Json;

use super::escape::escape;
use super::json::{Record, SummaryRecord, record};
use super::{Report, ReportOptions, TOOL_NAME, TOOL_VERSION};
use crate::finding::{Event, Outcome, Summary};
use crate::rules::Ruleset;

/// The most steps of a template.
const FUEL: u64 = if cfg!(test) { 1_000_000 } else { 50_000_000 };

/// How deep blocks and macros may lie inside each other.
const DEPTH: usize = 64;

/// The most bytes of output.
const MOST: u64 = 1 << 30;

/// The largest template, in bytes.
pub const MAX_LEN: u64 = 1 << 20;

/// A template that was parsed.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    name: Arc<str>,
    source: Arc<str>,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.name)
    }
}

impl Template {
    /// Parses a template. Its name decides how values are escaped: those of `.html` and `.xml`
    /// for HTML, those of `.json` and `.yaml` as JSON, all others not at all; `.j2` behind is
    /// left out.
    ///
    /// # Errors
    /// Returns line and cause, without the name.
    pub fn parse(name: &str, source: &str) -> Result<Self, String> {
        let template = Template {
            name: name.into(),
            source: source.into(),
        };
        environment()
            .template_from_named_str(name, source)
            .map(|_| ())
            .map_err(|error| describe(&error))?;
        Ok(template)
    }
}

/// Returns the environment of templates.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    // The delimiters are the usual ones, so this cannot fail.
    environment.set_syntax(syntax.unwrap_or_default());
    // A name that nothing has is a mistake, unless a condition asks for it.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment
}

/// Returns line and cause of an error.
fn describe(error: &minijinja::Error) -> String {
    let what = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}

/// Records as text, which become values when a template reads them.
#[derive(Debug, Default)]
struct Records(Vec<Box<str>>);

impl Object for Records {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let text = self.0.get(key.as_usize()?)?;
        let mut value: Json = serde_json::from_str(text).ok()?;
        tame(&mut value);
        Some(Value::from(Serde(&value)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

/// Escapes what must not reach a terminal or deceives a reader, in all strings.
fn tame(value: &mut Json) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Json::String(text) => *text = escape(text.as_bytes()),
            Json::Array(items) => open.extend(items),
            Json::Object(fields) => open.extend(fields.values_mut()),
            _ => {}
        }
    }
}

/// Collects records and renders the template at the end.
pub(super) struct TemplateReport<'a> {
    out: Box<dyn Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    findings: Records,
    skipped: Records,
    failed: Records,
}

impl<'a> TemplateReport<'a> {
    pub(super) fn new(
        out: Box<dyn Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        Self {
            out,
            rules,
            options,
            findings: Records::default(),
            skipped: Records::default(),
            failed: Records::default(),
        }
    }
}

impl Report for TemplateReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match record(event, self.rules, &self.options, false)? {
            Some(Record::Finding(text)) => self.findings.0.push(text.into()),
            Some(Record::Skipped(text)) => self.skipped.0.push(text.into()),
            Some(Record::Failed(text)) => self.failed.0.push(text.into()),
            None => {}
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        let template = self.options.template.clone();
        let template = template.ok_or_else(|| io::Error::other("no template is named"))?;
        let mut summary = serde_json::to_value(SummaryRecord::new(summary, outcome))?;
        tame(&mut summary);
        let data = context! {
            tool => context! { name => TOOL_NAME, version => TOOL_VERSION },
            findings => Value::from_object(std::mem::take(&mut self.findings)),
            skipped => Value::from_object(std::mem::take(&mut self.skipped)),
            failed => Value::from_object(std::mem::take(&mut self.failed)),
            summary => Value::from(Serde(&summary)),
        };
        let environment = environment();
        let parsed = environment.template_from_named_str(&template.name, &template.source);
        let mut out = Bounded {
            out: &mut self.out,
            left: MOST,
            error: None,
        };
        let rendered = parsed.and_then(|parsed| parsed.render_captured_to(data, &mut out));
        if let Some(error) = out.error {
            return Err(error);
        }
        rendered.map_err(|error| {
            io::Error::other(format!("{}: {}", template.name, describe(&error)))
        })?;
        self.out.flush()
    }
}

/// A writer that takes so much, and keeps its error.
struct Bounded<'a, W> {
    out: &'a mut W,
    left: u64,
    error: Option<io::Error>,
}

impl<W: Write> Write for Bounded<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len() as u64;
        let written = match len > self.left {
            true => Err(io::Error::other("the template writes more than 1 GiB")),
            false => self.out.write_all(bytes),
        };
        self.left = self.left.saturating_sub(len);
        match written {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.error = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(name: &str, source: &str) -> Result<String, String> {
        let template = Template::parse(name, source)?;
        let mut out = Vec::new();
        let rules = Ruleset::new(Vec::new());
        let options = ReportOptions {
            template: Some(template),
            ..ReportOptions::default()
        };
        let mut report = TemplateReport::new(Box::new(&mut out), &rules, options);
        let failed = crate::blob::SourceError {
            path: "a<b>\u{1b}".into(),
            why: "denied".into(),
        };
        let event = Event::Failed(failed);
        report.event(&event).map_err(|e| e.to_string())?;
        let mut summary = Summary::default();
        summary.count(&event);
        let done = report.finish(&summary, summary.outcome(false));
        drop(report);
        done.map_err(|e| e.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_data_are_those_of_the_json_report() {
        let source = "{{ tool.name }} {{ summary.outcome }} {{ failed|length }}\n\
            {% for f in failed %}{{ loop.index }} {{ f.path }}: {{ f.error }}{% endfor %}\
            {% if failed[0].none %}x{% endif %}\n";
        assert_eq!(
            rendered("x.txt", source).unwrap(),
            "stopleak incomplete 1\n1 a<b>\\x1b: denied\n"
        );
        let html = rendered("x.html.j2", "{{ failed[0].path }}").unwrap();
        assert_eq!(html, "a&lt;b&gt;\\x1b");
        let json = rendered("x.json", "{\"p\": {{ failed[0].path }}}").unwrap();
        assert!(serde_json::from_str::<Json>(&json).is_ok(), "{json}");
    }

    #[test]
    fn mistakes_have_a_line() {
        assert!(
            rendered("x", "\n{% for %}")
                .unwrap_err()
                .starts_with("line 2: syntax error")
        );
        let missing = rendered("x.txt", "\n\n{{ sumary.outcome }}").unwrap_err();
        assert!(missing.starts_with("x.txt: line 3: "), "{missing}");
    }

    #[test]
    fn a_template_reaches_nothing_and_ends() {
        for source in [
            "{% include 'x' %}",
            "{% extends '/etc/passwd' %}",
            "{% import 'x' as y %}",
        ] {
            assert!(rendered("x", source).is_err(), "{source}");
        }
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}\
            {% if a %}{% endif %}{% endfor %}{% endfor %}{% endfor %}";
        assert!(rendered("x", endless).unwrap_err().contains("fuel"));
        let deep = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
        assert!(rendered("x", deep).unwrap_err().contains("recursion"));
    }
}
