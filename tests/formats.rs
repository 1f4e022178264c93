//! Every report format over the same sample events.
//!
//! The files `fixtures/reports/sample.*` are the expected outputs. After an intended change,
//! write them again and read the difference before you commit it:
//!
//! ```text
//! UPDATE_GOLDEN=1 cargo test --test all formats::
//! ```

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod ci;
mod masking;
mod samples;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use serde_json::Value;
use stopleak::finding::Event;
use stopleak::report::escape::is_unsafe;
use stopleak::report::secrets::{GroupBy, SortBy};
use stopleak::report::{self, Base, Format, ReportOptions};
use stopleak::rules::Ruleset;

use crate::support::schema;

/// Returns the output of `format` for `events` and their summary.
fn render(format: Format, rules: &Ruleset, events: &[Event], options: ReportOptions) -> Vec<u8> {
    let mut out = Vec::new();
    let mut report = report::new(format, Box::new(&mut out), rules, options);
    for event in events {
        report.event(event).unwrap();
    }
    let (summary, outcome) = samples::summary(events);
    report.finish(&summary, outcome).unwrap();
    drop(report);
    out
}

fn sample(format: Format, options: ReportOptions) -> String {
    let out = render(format, &samples::rules(), &samples::events(), options);
    String::from_utf8(out).expect("reports are UTF-8")
}

fn shown() -> ReportOptions {
    ReportOptions {
        show_suppressed: true,
        verbose: true,
        ..ReportOptions::default()
    }
}

fn golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/reports")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "{name} differs; see the head of tests/formats.rs.\n--- actual\n{actual}"
    );
}

#[test]
fn text_is_as_recorded() {
    golden(
        "sample.txt",
        &sample(Format::Text, ReportOptions::default()),
    );
}

/// One golden file for every view of many findings: by secret, rule and file, piped, narrow, and
/// with links.
#[test]
fn the_views_of_many_findings_are_as_recorded() {
    let by = |group| ReportOptions {
        group: Some(group),
        ..ReportOptions::default()
    };
    let terminal = |group| ReportOptions {
        color: true,
        width: 44,
        links: true,
        base: Some(Base {
            current: b"/home/a b/work".to_vec(),
            root: b"/home/a b/work".to_vec(),
        }),
        ..by(group)
    };
    for (name, options) in [
        ("many.secret.txt", by(GroupBy::Secret)),
        ("many.rule.txt", by(GroupBy::Rule)),
        ("many.path.txt", by(GroupBy::Path)),
        ("many.secret.ansi.txt", terminal(GroupBy::Secret)),
        ("many.rule.ansi.txt", terminal(GroupBy::Rule)),
        ("many.path.ansi.txt", terminal(GroupBy::Path)),
        (
            "many.age.txt",
            ReportOptions {
                sort: Some(SortBy::Age),
                show_suppressed: true,
                ..by(GroupBy::Secret)
            },
        ),
    ] {
        let events = samples::many();
        let out = render(Format::Text, &samples::rules(), &events, options);
        golden(name, &String::from_utf8(out).unwrap());
    }
}

/// The order of the events decides nothing but ties, and JSON keeps it.
#[test]
fn json_keeps_the_order_of_the_scan() {
    let options = |sort| ReportOptions {
        sort,
        group: Some(GroupBy::Rule),
        ..ReportOptions::default()
    };
    let json = |sort| {
        render(
            Format::Json,
            &samples::rules(),
            &samples::many(),
            options(sort),
        )
    };
    let plain = json(None);
    for sort in SortBy::ALL {
        assert!(json(Some(sort)) == plain, "{sort:?}");
    }
}

#[test]
fn text_with_all_there_is_to_show_is_as_recorded() {
    let options = ReportOptions {
        color: true,
        width: 60,
        ..shown()
    };
    golden("sample.ansi.txt", &sample(Format::Text, options));
}

#[test]
fn json_is_as_recorded() {
    golden("sample.json", &sample(Format::Json, shown()));
}

#[test]
fn jsonl_is_as_recorded() {
    golden(
        "sample.jsonl",
        &sample(Format::Jsonl, ReportOptions::default()),
    );
}

#[test]
fn sarif_is_as_recorded() {
    golden(
        "sample.sarif",
        &sample(Format::Sarif, ReportOptions::default()),
    );
}

/// The data of the page; the page itself is in `src/report/html`.
#[test]
fn html_has_the_data_that_is_recorded() {
    let page = sample(Format::Html, shown());
    let data = page
        .split_once("<script type=\"application/json\"")
        .unwrap()
        .1;
    let data = data.split_once("<script>").unwrap().0;
    golden("sample.html.txt", data);
}

#[test]
fn the_formats_of_gitleaks_are_as_recorded() {
    for (format, name) in [
        (Format::GitleaksJson, "sample.gitleaks.json"),
        (Format::GitleaksCsv, "sample.gitleaks.csv"),
    ] {
        golden(name, &sample(format, ReportOptions::default()));
    }
}

#[test]
fn no_format_prints_an_unsafe_character() {
    for format in Format::ALL {
        for show_secrets in [false, true] {
            let options = ReportOptions {
                show_secrets,
                ..shown()
            };
            let mut out = sample(format, options);
            if format == Format::Csv {
                // The one format whose standard requires other line ends.
                out = out.replace("\r\n", "\n");
            }
            assert!(
                !out.chars().any(|c| c != '\n' && is_unsafe(c)),
                "{format:?}"
            );
        }
    }
}

#[test]
fn a_path_cannot_forge_a_line_of_text() {
    let out = sample(Format::Text, shown());
    assert!(out.contains(r"a\x1b[2J\nclean: no findings"));
    assert!(!out.lines().any(|line| line.starts_with("clean")));
}

#[test]
fn secrets_are_shown_when_asked_for() {
    let token = samples::token();
    let options = ReportOptions {
        show_secrets: true,
        ..shown()
    };
    for format in Format::ALL {
        let read = |options| ci::readable(format, &sample(format, options));
        assert!(read(options.clone()).contains(&token), "{format:?}");
        assert!(!read(shown()).contains(&token), "{format:?}");
    }
    let json: Value = serde_json::from_str(&sample(Format::Json, options)).unwrap();
    assert_eq!(json["findings"][0]["secret"]["value"], Value::from(token));
}

fn stopleak_schema() -> Value {
    serde_json::from_str(include_str!("../docs/schema/stopleak-1.json")).unwrap()
}

#[test]
fn json_follows_its_schema() {
    let schema = stopleak_schema();
    for show_secrets in [false, true] {
        let options = ReportOptions {
            show_secrets,
            ..shown()
        };
        let json: Value = serde_json::from_str(&sample(Format::Json, options)).unwrap();
        assert_eq!(schema::errors(&schema, "", &json), Vec::<String>::new());
        assert_eq!(json["findings"].as_array().unwrap().len(), 11);
    }
    let empty = render(
        Format::Json,
        &samples::rules(),
        &[],
        ReportOptions::default(),
    );
    let json: Value = serde_json::from_slice(&empty).unwrap();
    assert_eq!(schema::errors(&schema, "", &json), Vec::<String>::new());
    assert_eq!(json["summary"]["outcome"], "clean");
}

#[test]
fn every_line_of_jsonl_follows_its_schema() {
    let schema = stopleak_schema();
    let out = sample(Format::Jsonl, shown());
    let mut kinds = Vec::new();
    for line in out.lines() {
        let json: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            schema::errors(&schema, "/$defs/record", &json),
            Vec::<String>::new()
        );
        kinds.push(json["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds.last().map(String::as_str), Some("summary"));
    for kind in ["finding", "skipped", "failed"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind}");
    }
}

#[test]
fn the_schema_rejects_what_it_does_not_describe() {
    let schema = stopleak_schema();
    let json: Value = serde_json::from_str(&sample(Format::Json, shown())).unwrap();
    let wrong: [(&str, Value); 6] = [
        ("/schema_version", "2".into()),
        ("/findings/0/severity", "dire".into()),
        ("/findings/0/start/column", 0.into()),
        ("/findings/0/verdict/status", Value::Null),
        ("/summary/outcome", "fine".into()),
        ("/skipped/0/path", 7.into()),
    ];
    for (pointer, value) in wrong {
        let mut broken = json.clone();
        *broken.pointer_mut(pointer).unwrap() = value;
        assert!(
            !schema::errors(&schema, "", &broken).is_empty(),
            "{pointer}"
        );
    }
    let mut broken = json.clone();
    broken["findings"][0]
        .as_object_mut()
        .unwrap()
        .remove("rule_id");
    broken["summary"]["new"] = 1.into();
    assert_eq!(schema::errors(&schema, "", &broken).len(), 2);
}

/// JSON columns are characters, SARIF columns are UTF-16 units: a key symbol before the secret
/// counts as one and two.
#[test]
fn columns_count_what_the_format_promises() {
    let json: Value = serde_json::from_str(&sample(Format::Json, shown())).unwrap();
    let sarif: Value = serde_json::from_str(&sample(Format::Sarif, shown())).unwrap();
    let in_json = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["path"] == "emoji.conf");
    let region = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|r| {
            let place = &r["locations"][0]["physicalLocation"];
            (place["artifactLocation"]["uri"] == "emoji.conf").then_some(&place["region"])
        });
    let (in_json, region) = (in_json.unwrap(), region.unwrap());
    assert_eq!(in_json["start"]["column"], 12);
    assert_eq!(region["startColumn"], 13);
    assert_eq!(in_json["end"]["column"], 12 + 18);
    assert_eq!(region["endColumn"], 13 + 18);
}

#[test]
fn sarif_is_what_code_scanning_needs() {
    let text = sample(Format::Sarif, ReportOptions::default());
    let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
    let run = &typed.runs[0];
    let rules = run.tool.driver.rules.as_ref().unwrap();
    let results = run.results.as_ref().unwrap();
    assert_eq!(rules.len(), 4, "only rules that occur");
    assert_eq!(
        results.len(),
        10,
        "what the detector dismissed is no result"
    );
    let mut hashes = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result.rule_index.unwrap()).unwrap();
        assert_eq!(result.rule_id.as_deref(), Some(rules[index].id.as_str()));
        let hash = &result.partial_fingerprints.as_ref().unwrap()["primaryLocationLineHash"];
        let (hex, count) = hash.split_once(':').unwrap();
        assert!(
            hex.len() == 16 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            "{hash}"
        );
        assert!(count.parse::<u64>().is_ok());
        assert!(hashes.insert(hash.clone()), "{hash} is given twice");
        let place = &result.locations.as_ref().unwrap()[0];
        let uri = place
            .physical_location
            .as_ref()
            .unwrap()
            .artifact_location
            .as_ref()
            .unwrap();
        let uri = uri.uri.as_ref().unwrap();
        assert!(
            uri.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)),
            "{uri}"
        );
    }
    let json: Value = serde_json::from_str(&text).unwrap();
    let run = &json["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let kinds: Vec<_> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["suppressions"][0]["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["inSource", "external"]);
    let severity = &run["tool"]["driver"]["rules"][0]["properties"]["security-severity"];
    assert_eq!(severity, "9.5");
}

#[test]
fn equal_fingerprints_get_line_hashes_of_their_own() {
    let first = samples::events().remove(0);
    let out = render(
        Format::Sarif,
        &samples::rules(),
        &[first.clone(), first],
        ReportOptions::default(),
    );
    let json: Value = serde_json::from_slice(&out).unwrap();
    let hash = |i: usize| {
        json["runs"][0]["results"][i]["partialFingerprints"]["primaryLocationLineHash"].clone()
    };
    assert_ne!(hash(0), hash(1));
}

/// A writer whose bytes can be read while the report owns it.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn findings_are_written_as_they_come() {
    let rules = samples::rules();
    for format in [Format::Text, Format::Json, Format::Jsonl] {
        let out = Shared::default();
        let mut report = report::new(
            format,
            Box::new(out.clone()),
            &rules,
            ReportOptions::default(),
        );
        report.event(&samples::events()[0]).unwrap();
        let written = String::from_utf8(out.0.borrow().clone()).unwrap();
        assert!(written.contains("src/app.py"), "{format:?}");
    }
}

/// A writer that takes `left` bytes and then fails.
struct Full {
    left: usize,
}

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_is_told() {
    let rules = samples::rules();
    let events = samples::events();
    let (summary, outcome) = samples::summary(&events);
    for format in Format::ALL {
        let whole = render(format, &rules, &events, shown()).len();
        for left in [0, 1, 500, 2000].into_iter().filter(|left| *left < whole) {
            let mut report = report::new(format, Box::new(Full { left }), &rules, shown());
            let told = events
                .iter()
                .try_for_each(|event| report.event(event))
                .and_then(|()| report.finish(&summary, outcome));
            assert_eq!(
                told.unwrap_err().kind(),
                io::ErrorKind::StorageFull,
                "{format:?}"
            );
        }
    }
}

/// A warning is shown with its reason and never as an error.
#[test]
fn a_warning_is_one_in_every_format() {
    let reason = "fixtures are made up";
    let mut found = samples::finding(0, b"tests/a.txt", "x = abcdefgh", "abcdefgh", 0);
    found.verdict = stopleak::finding::Verdict::Warn {
        reason: reason.to_owned(),
    };
    let events = [Event::Finding(Box::new(found))];
    for format in Format::ALL {
        let out = render(format, &samples::rules(), &events, ReportOptions::default());
        let text = String::from_utf8(out).unwrap();
        if matches!(format, Format::GitleaksJson | Format::GitleaksCsv) {
            // Their fields are those of gitleaks, which has no warnings.
            continue;
        }
        assert!(text.contains(reason), "{}: {text}", format.id());
        if format == Format::Sarif {
            let sarif: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(sarif["runs"][0]["results"][0]["level"], "warning");
        }
    }
}
