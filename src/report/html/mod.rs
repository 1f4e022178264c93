//! A page for people: one HTML file that needs nothing else and loads nothing.
//!
//! The page is `page.html`, `page.css` and the scripts beside this file, as they are, and the
//! findings as JSON in blocks that no browser runs. Names and source lines come from the
//! repository and may be markup: `<` is escaped in the JSON, and the scripts make text nodes of it,
//! never markup. A policy in the page (Content-Security-Policy) forbids everything but the one
//! script and the one style, by their hashes, and every way from text to markup.
//!
//! Findings are written as they come. What many of them share (paths, commits, evidence) is written
//! once, after them, and is all that waits in memory. The page does not begin without its end, so a
//! report that is cut off says so.
//!
//! The bytes depend on the findings only: there is no time in them.

mod receipt;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::OnceLock;

use data_encoding::BASE64;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::encode::json;
use super::escape::{escape, escape_line};
use super::secrets::{SortBy, Standing, is_by_path};
use super::view::{Line, View};
use super::{Report, ReportOptions, TOOL_VERSION, advice};
use crate::finding::{Event, Finding, Gap, Outcome, Summary};
use crate::rules::{Confidence, Label, Rule, Ruleset, Severity, builtin};
use receipt::{Receipt, receipt, who};

const BODY: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPTS: [&str; 5] = [
    include_str!("data.js"),
    include_str!("charts.js"),
    include_str!("cards.js"),
    include_str!("decide.js"),
    include_str!("page.js"),
];

/// What is the same in every report.
struct Page {
    policy: String,
    style: String,
    body: String,
    script: String,
}

impl Page {
    fn get() -> &'static Self {
        static PAGE: OnceLock<Page> = OnceLock::new();
        PAGE.get_or_init(|| {
            let style = lean(STYLE);
            let script: String = SCRIPTS.into_iter().map(lean).collect();
            Page {
                policy: policy(&script, &style),
                style,
                body: lean(BODY),
                script,
            }
        })
    }
}

/// Leaves out indentation and lines of comment: every report has a copy of the page.
fn lean(text: &str) -> String {
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Values that are written once, each as JSON, in the order in which they come.
#[derive(Default)]
struct Table(HashMap<String, (usize, Option<String>)>);

impl Table {
    /// Returns the index of a value.
    fn index<T: Serialize>(&mut self, value: &T) -> io::Result<usize> {
        let text = json(value, false)?;
        let next = self.0.len();
        Ok(self.0.entry(text).or_insert((next, None)).0)
    }

    /// Returns the index of what `key` names, and takes its value when it is new.
    fn keyed<T: Serialize>(&mut self, key: String, value: impl FnOnce() -> T) -> io::Result<usize> {
        if let Some((index, _)) = self.0.get(&key) {
            return Ok(*index);
        }
        let next = self.0.len();
        self.0.insert(key, (next, Some(json(&value(), false)?)));
        Ok(next)
    }

    fn into_list(self) -> io::Result<Vec<Box<RawValue>>> {
        let mut all: Vec<(usize, String)> = self
            .0
            .into_iter()
            .map(|(key, (index, value))| (index, value.unwrap_or(key)))
            .collect();
        all.sort_unstable();
        all.into_iter()
            .map(|(_, text)| RawValue::from_string(text).map_err(io::Error::other))
            .collect()
    }
}

/// A finding. The script names the fields in the same order (`data.js`).
#[derive(Serialize)]
struct Row(
    usize,                                         // rule
    usize,                                         // severity
    usize,                                         // confidence
    usize,                                         // secret
    usize,                                         // path
    u64,                                           // line
    u64,                                           // column
    String,                                        // fingerprint
    usize,                                         // state
    usize,                                         // evidence
    Option<(String, String, String, u8)>,          // source line: before, secret, after, cut
    Option<(usize, Option<bool>, String, String)>, // commit: index, at HEAD, last, its date
    Option<Vec<(String, String, String)>>,         // parts: name, secret, place
    Option<usize>,                                 // seen through
    Option<u8>,                                    // labels, as bits
    Option<usize>,                                 // where it was posted, if it is no file
    Option<(usize, String)>,                       // its address: up to the line, and the rest
);

/// What was not looked into: path, reason, bytes, detail, what it means for the run.
type Skip = (String, &'static str, u64, String, &'static str);

#[derive(Serialize)]
struct Commit {
    id: String,
    author: String,
    email: String,
    date: String,
    subject: String,
}

/// What a finding means for the run, and why.
#[derive(Serialize)]
struct State {
    /// 0 if it fails the run, 1 if it warns, 2 if it is suppressed.
    standing: u8,
    is: &'static str,
    name: &'static str,
    text: String,
}

#[derive(Serialize)]
struct RuleRecord {
    id: String,
    title: String,
    provider: String,
    r#type: &'static str,
    rationale: String,
    lifetime: String,
    docs: String,
    revoke: String,
    then: &'static str,
    store: Option<usize>,
}

/// Everything but the findings.
#[derive(Serialize)]
struct Rest {
    version: &'static str,
    shown: bool,
    suppressed: bool,
    trusts: bool,
    sort: &'static str,
    severities: Vec<&'static str>,
    confidences: Vec<&'static str>,
    labels: Vec<(&'static str, &'static str)>,
    summary: Receipt,
    rules: Vec<RuleRecord>,
    stores: Vec<Box<RawValue>>,
    secrets: Vec<Box<RawValue>>,
    paths: Vec<Box<RawValue>>,
    commits: Vec<Box<RawValue>>,
    texts: Vec<Box<RawValue>>,
    states: Vec<Box<RawValue>>,
    failed: Vec<(String, String)>,
    skipped: Vec<Skip>,
}

/// Writes the page.
pub(super) struct HtmlReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    started: bool,
    written: bool,
    used: BTreeMap<crate::rules::RuleIndex, usize>,
    order: Vec<&'a Rule>,
    secrets: Table,
    paths: Table,
    commits: Table,
    texts: Table,
    states: Table,
    failed: Vec<(String, String)>,
    skipped: Vec<Skip>,
}

impl<'a> HtmlReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        HtmlReport {
            out,
            rules,
            options,
            started: false,
            written: false,
            used: BTreeMap::new(),
            order: Vec::new(),
            secrets: Table::default(),
            paths: Table::default(),
            commits: Table::default(),
            texts: Table::default(),
            states: Table::default(),
            failed: Vec::new(),
            skipped: Vec::new(),
        }
    }

    fn start(&mut self) -> io::Result<()> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        let page = Page::get();
        write!(
            self.out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>stopleak report</title>\n\
             <style>{}</style>\n</head>\n<body>\n{}\
             <script type=\"application/json\" id=\"rows\">[",
            page.policy, page.style, page.body,
        )
    }

    fn rule(&mut self, finding: &Finding) -> usize {
        let next = self.order.len();
        let index = *self.used.entry(finding.rule).or_insert(next);
        if index == next {
            self.order.push(self.rules.get(finding.rule));
        }
        index
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let rule = self.rule(finding);
        let view = View::new(finding, self.options.show_secrets);
        let redacted = escape(view.secret.redacted.as_bytes());
        let value = view.secret.value.map(escape);
        // A finding without a value of its own is one for itself.
        let secret = match is_by_path(finding) {
            true => finding.fingerprint.to_string(),
            false => finding.secret_id.to_string(),
        };
        let secret = self.secrets.keyed(secret.clone(), || match &value {
            Some(value) => vec![secret, redacted.clone(), value.clone()],
            None => vec![secret, redacted.clone()],
        })?;
        let mark = value.unwrap_or(redacted);
        let commit = match &view.commit {
            None => None,
            Some(commit) => {
                let text = |text: &str| escape(text.as_bytes());
                let index = self.commits.index(&Commit {
                    id: text(&commit.id),
                    author: text(&commit.author),
                    email: text(&commit.email),
                    date: text(&commit.date),
                    subject: text(&commit.subject),
                })?;
                Some((
                    index,
                    commit.at_head,
                    text(&commit.last),
                    text(&commit.last_date),
                ))
            }
        };
        let through: Vec<&str> = finding.through.iter().map(|e| e.id()).collect();
        let through = match through.is_empty() {
            true => None,
            false => Some(self.texts.index(&through.join(", "))?),
        };
        let row = Row(
            rule,
            position(Severity::ALL, finding.severity),
            position(Confidence::ALL, finding.confidence),
            secret,
            self.paths.index(&escape(&view.path))?,
            finding.start.line,
            finding.start.column,
            finding.fingerprint.to_string(),
            self.states.index(&state(&view))?,
            self.texts.index(&escape(view.why().as_bytes()))?,
            view.line.as_ref().map(|line| source(line, &mark)),
            commit,
            parts(&view),
            through,
            (!finding.labels.is_empty()).then_some(finding.labels.0),
            match &view.item {
                Some(item) => Some(self.texts.index(&escape(item.describe().as_bytes()))?),
                None => None,
            },
            match view.link() {
                Some(link) => {
                    // The line is what differs between the findings of a file.
                    let lines = link.rfind('#').or(link.rfind("&line="));
                    let (file, line) = link.split_at(lines.unwrap_or(link.len()));
                    Some((self.texts.index(&file)?, line.to_owned()))
                }
                None => None,
            },
        );
        self.row(&row)
    }

    /// Writes a row, without the fields at its end that are not there.
    fn row(&mut self, row: &Row) -> io::Result<()> {
        let text = block(&json(row, false)?);
        let mut text = text.strip_suffix(']').unwrap_or(&text);
        while let Some(shorter) = text.strip_suffix(",null") {
            text = shorter;
        }
        let comma = if self.written { "," } else { "" };
        self.written = true;
        write!(self.out, "{comma}\n{text}]")
    }
}

impl Report for HtmlReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.start()?;
        match event {
            Event::Finding(finding) => {
                if finding.verdict.is_report() || self.options.show_suppressed {
                    self.finding(finding)?;
                }
            }
            Event::Skipped {
                path,
                why,
                bytes,
                detail,
                gap,
            } => {
                let gap = match gap {
                    Gap::Accepted => "accepted",
                    Gap::Told => "",
                    Gap::Fails => "makes the run incomplete",
                };
                let path = escape(path.as_bytes());
                let detail = escape(detail.as_bytes());
                self.skipped.push((path, why.id(), *bytes, detail, gap));
            }
            Event::Failed(error) => self
                .failed
                .push((escape(error.path.as_bytes()), escape(error.why.as_bytes()))),
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        self.start()?;
        let mut stores = Table::default();
        // Rules of other scanners have any text in their fields.
        let text = |text: &str| escape(text.as_bytes());
        let rules = self.order.iter().map(|rule| {
            Ok(RuleRecord {
                id: text(&rule.id),
                title: text(&rule.title),
                provider: text(&rule.provider),
                r#type: rule.secret_type.id(),
                rationale: text(&rule.rationale),
                lifetime: text(&rule.lifetime),
                docs: link(rule).to_owned(),
                revoke: text(&advice::revoke(rule)),
                then: advice::storage(rule).unwrap_or_default(),
                store: match advice::stores(rule) {
                    Some(list) => Some(stores.index(&list)?),
                    None => None,
                },
            })
        });
        let rules = rules.collect::<io::Result<Vec<_>>>()?;
        let summary = receipt(summary, outcome);
        let scriptless = html(&format!("{}: {}", summary.headline(), summary.because));
        let rest = Rest {
            version: TOOL_VERSION,
            shown: self.options.show_secrets,
            suppressed: self.options.show_suppressed,
            trusts: self.options.trusts,
            sort: match self.options.sort {
                Some(SortBy::Age) => "oldest",
                Some(sort) => sort.id(),
                None => SortBy::Severity.id(),
            },
            severities: Severity::ALL.iter().map(|s| s.id()).collect(),
            confidences: Confidence::ALL.iter().map(|c| c.id()).collect(),
            labels: Label::ALL.iter().map(|l| (l.id(), l.describe())).collect(),
            summary,
            rules,
            stores: stores.into_list()?,
            secrets: std::mem::take(&mut self.secrets).into_list()?,
            paths: std::mem::take(&mut self.paths).into_list()?,
            commits: std::mem::take(&mut self.commits).into_list()?,
            texts: std::mem::take(&mut self.texts).into_list()?,
            states: std::mem::take(&mut self.states).into_list()?,
            failed: std::mem::take(&mut self.failed),
            skipped: std::mem::take(&mut self.skipped),
        };
        write!(
            self.out,
            "\n]</script>\n<script type=\"application/json\" id=\"rest\">{}</script>\n\
             <noscript><p>{scriptless}</p></noscript>\n<script>{}</script>\n</body>\n</html>\n",
            block(&json(&rest, false)?),
            Page::get().script,
        )?;
        self.out.flush()
    }
}

/// Returns the policy of the page: nothing but this script and this style, no way from text to
/// markup, no address to load or send to.
fn policy(script: &str, style: &str) -> String {
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(script),
        hash(style)
    )
}

/// Makes JSON safe inside of a script element: neither the end of one nor a comment can begin.
fn block(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Escapes text for HTML.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text.as_bytes()).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

fn position<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter().position(|other| *other == one).unwrap_or(0)
}

fn state(view: &View<'_>) -> State {
    let standing = Standing::of(view.finding);
    let (is, name) = match standing {
        Standing::Fails => ("report", ""),
        Standing::Warns => ("warn", "warning"),
        Standing::Suppressed => ("suppressed", "suppressed"),
    };
    let text = match (&view.suppressed, &view.warning) {
        (Some((by, reason)), _) => format!("suppressed by {}: {reason}", who(*by)),
        (None, Some(reason)) => format!("a warning only: {reason}"),
        (None, None) => String::new(),
    };
    State {
        standing: standing as u8,
        is,
        name,
        text: escape(text.as_bytes()),
    }
}

/// Returns a source line; its mark is empty if it is `mark`.
fn source(line: &Line, mark: &str) -> (String, String, String, u8) {
    let own = escape_line(&line.mark);
    (
        escape_line(&line.before),
        if own == mark { String::new() } else { own },
        escape_line(&line.after),
        u8::from(line.cut_left) | u8::from(line.cut_right) << 1,
    )
}

fn parts(view: &View<'_>) -> Option<Vec<(String, String, String)>> {
    let parts = view.parts.iter().map(|part| {
        (
            escape(part.name.as_bytes()),
            escape(part.secret.bytes()),
            format!("{}:{}", part.start.line, part.start.column),
        )
    });
    (!view.parts.is_empty()).then(|| parts.collect())
}

/// Returns where the issuer documents a credential. Only for built-in rules: other rules may come
/// from the repository, and a reader trusts a link in a report.
fn link(rule: &Rule) -> &str {
    let known = builtin::ruleset()
        .iter()
        .any(|(_, known)| known.id == rule.id && known.docs == rule.docs);
    match known && rule.docs.starts_with("https://") {
        true => &rule.docs,
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_cannot_end_early() {
        let text = block(&json(&"</script><!--<script>", false).unwrap());
        assert!(!text.contains('<'), "{text}");
        assert_eq!(
            serde_json::from_str::<String>(&text).unwrap(),
            "</script><!--<script>"
        );
    }

    #[test]
    fn the_page_is_small_and_makes_no_markup_of_text() {
        let Page {
            style,
            body,
            script,
            ..
        } = Page::get();
        assert!(body.len() + style.len() + script.len() < 60_000);
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "Function(",
            "localStorage",
            "fetch(",
        ] {
            assert!(!script.contains(way), "{way}");
        }
        assert!(!script.contains("</"), "the script would end early");
        assert!(!style.contains("url(") && !style.contains("@import"));
        let mut words = body.split_whitespace();
        assert!(!words.any(|w| w.starts_with("style=") || w.starts_with("on") && w.contains('=')));
    }

    #[test]
    fn no_text_of_the_scripts_goes_over_lines() {
        for line in SCRIPTS.iter().flat_map(|script| script.lines()) {
            assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        }
    }
}
