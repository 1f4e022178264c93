//! The formats that CI systems read: annotations, GitLab's report, JUnit, CSV and Markdown. A small
//! strict reader reads each of them back, so that a path or a line of a repository cannot forge
//! anything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stopleak::finding::{Event, Finding};
use stopleak::report::{Base, Format, ReportOptions};
use stopleak::rules::Severity;

use super::{golden, render, sample, samples, shown};

/// Returns the text that a reader of `format` sees, without its escapes.
pub(crate) fn readable(format: Format, out: &str) -> String {
    match format {
        Format::Github => commands(out)
            .into_iter()
            .flat_map(|c| c.properties.into_values().chain([c.message]))
            .collect::<Vec<_>>()
            .join("\n"),
        Format::Junit => elements(out)
            .into_iter()
            .flat_map(|e| e.attributes.into_values().chain([e.text]))
            .collect::<Vec<_>>()
            .join("\n"),
        Format::Csv => records(out).concat().join("\n"),
        Format::Markdown => references_decoded(out),
        _ => out.to_owned(),
    }
}

/// Returns the data of the HTML report. What stands around it is the same in every report.
pub(crate) fn blocks(page: &str) -> Vec<&str> {
    let block = |id: &str| {
        let (_, rest) = page.split_once(&format!("id=\"{id}\">")).unwrap();
        rest.split_once("</script>").unwrap().0
    };
    vec![block("rows"), block("rest")]
}

#[derive(Debug)]
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    message: String,
}

/// Reads the workflow commands of an output as GitHub's runner does: the name up to the first
/// blank, then properties up to `::`, each split at its first `=`.
fn commands(out: &str) -> Vec<Command> {
    let decoded = |text: &str, property: bool| {
        let mut text = text.replace("%0D", "\r").replace("%0A", "\n");
        if property {
            text = text.replace("%3A", ":").replace("%2C", ",");
        }
        text.replace("%25", "%")
    };
    let command = |line: &str| {
        let (head, message) = line
            .strip_prefix("::")
            .and_then(|rest| rest.split_once("::"))
            .unwrap_or_else(|| panic!("no command: {line}"));
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let properties = properties.split(',').filter(|p| !p.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').expect("a property has a value");
            (name.to_owned(), decoded(value, true))
        });
        Command {
            name: name.to_owned(),
            properties: properties.collect(),
            message: decoded(message, false),
        }
    };
    out.lines().map(command).collect()
}

#[derive(Debug, Default)]
struct Element {
    path: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

/// Reads the elements of an XML document without comments, CDATA and mixed content. Panics if it is
/// not well-formed.
fn elements(out: &str) -> Vec<Element> {
    let body = out
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .expect("a declaration");
    let (mut open, mut done): (Vec<Element>, Vec<Element>) = Default::default();
    for (n, piece) in body.split('<').enumerate() {
        if n == 0 {
            assert!(piece.is_empty());
            continue;
        }
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            let element = open.pop().expect("something is open");
            assert!(element.path.ends_with(&format!("/{name}")), "{tag}");
            done.push(element);
        } else {
            let closed = tag.ends_with('/');
            let tag = tag.trim_end_matches('/');
            let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
            let parent = open.last().map_or("", |e| e.path.as_str());
            let mut element = Element {
                path: format!("{parent}/{name}"),
                ..Element::default()
            };
            let mut rest = rest;
            while let Some((name, after)) = rest.split_once("=\"") {
                let (value, after) = after.split_once('"').expect("a value ends");
                let name = name.trim().to_owned();
                assert!(
                    element
                        .attributes
                        .insert(name, entities_decoded(value))
                        .is_none(),
                    "an attribute is given twice: {tag}"
                );
                rest = after;
            }
            assert!(rest.trim().is_empty(), "{tag}");
            if closed {
                done.push(element);
            } else {
                open.push(element);
            }
        }
        match open.last_mut() {
            Some(element) => element.text.push_str(&entities_decoded(text)),
            None => assert!(text.trim().is_empty(), "text after the end"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    done
}

fn entities_decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';').expect("a reference ends");
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => panic!("unknown reference {other}"),
        });
        rest = after;
    }
    out + rest
}

/// Reads the records of RFC 4180. Quoted fields may contain anything.
fn records(out: &str) -> Vec<Vec<String>> {
    let (mut all, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, out.chars().peekable());
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '"') if chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            (true, '"') => quoted = false,
            (true, c) => field.push(c),
            (false, '"') => {
                assert!(field.is_empty(), "a quote inside a plain field");
                quoted = true;
            }
            (false, ',') => record.push(std::mem::take(&mut field)),
            (false, '\r') => {
                assert_eq!(chars.next(), Some('\n'), "a record ends with CRLF");
                record.push(std::mem::take(&mut field));
                all.push(std::mem::take(&mut record));
            }
            (false, '\n') => panic!("a line feed outside quotes"),
            (false, c) => field.push(c),
        }
    }
    assert!(
        record.is_empty() && field.is_empty(),
        "the last record ends"
    );
    all
}

fn references_decoded(out: &str) -> String {
    let mut text = String::new();
    let mut rest = out;
    while let Some((before, after)) = rest.split_once("&#") {
        text.push_str(before);
        let (code, after) = after.split_once(';').expect("a reference ends");
        text.push(char::from_u32(code.parse().expect("a number")).expect("a character"));
        rest = after;
    }
    text + rest
}

fn token_findings(severity: Severity, count: usize) -> Vec<Event> {
    let token = samples::token();
    let content = format!("key={token}\n");
    let finding = |n: usize| Finding {
        severity,
        ..samples::finding(0, format!("f{n}.txt").as_bytes(), &content, &token, 5)
    };
    (0..count)
        .map(|n| Event::Finding(Box::new(finding(n))))
        .collect()
}

#[test]
fn each_format_is_as_recorded() {
    for (name, format, options) in [
        ("sample.github", Format::Github, ReportOptions::default()),
        (
            "sample.gitlab.json",
            Format::Gitlab,
            ReportOptions::default(),
        ),
        (
            "sample.codequality.json",
            Format::GitlabCodequality,
            ReportOptions::default(),
        ),
        ("sample.junit.xml", Format::Junit, shown()),
        ("sample.csv", Format::Csv, shown()),
        ("sample.md", Format::Markdown, shown()),
    ] {
        golden(name, &sample(format, options));
    }
}

#[test]
fn annotations_name_places_that_github_knows() {
    let options = ReportOptions {
        base: Some(Base {
            current: b"/repo/sub".to_vec(),
            root: b"/repo".to_vec(),
        }),
        ..ReportOptions::default()
    };
    let all = commands(&sample(Format::Github, options));
    let first = &all[0];
    assert_eq!(first.name, "error");
    assert_eq!(first.properties["file"], "sub/src/app.py");
    assert_eq!(first.properties["line"], "3");
    assert_eq!(first.properties["col"], "10");
    let multi_line = all
        .iter()
        .find(|c| {
            c.properties
                .get("file")
                .is_some_and(|f| f == "sub/id_sample")
        })
        .unwrap();
    assert!(multi_line.properties.contains_key("endLine"));
    assert!(!multi_line.properties.contains_key("col"));
    let last = all.last().unwrap();
    assert_eq!(last.name, "error", "the run was incomplete");
    assert!(last.message.contains("8 findings"), "{last:?}");
}

#[test]
fn no_level_gets_more_annotations_than_github_shows() {
    for severity in Severity::ALL {
        for count in [0, 1, 7, 8, 9, 10, 11, 200] {
            let events = token_findings(*severity, count);
            let out = render(
                Format::Github,
                &samples::rules(),
                &events,
                ReportOptions::default(),
            );
            let all = commands(std::str::from_utf8(&out).unwrap());
            let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
            for command in &all {
                *levels.entry(&command.name).or_default() += 1;
            }
            assert!(levels.values().all(|n| *n <= 10), "{levels:?}");
            let text = readable(Format::Github, std::str::from_utf8(&out).unwrap());
            for n in 0..count.min(40) {
                assert!(text.contains(&format!("f{n}.txt")), "{count}: f{n}");
            }
            assert!(all.last().unwrap().message.contains(&match count {
                0 => "no findings".to_owned(),
                1 => "1 finding ".to_owned(),
                n => format!("{n} findings"),
            }));
        }
    }
}

#[test]
fn gitlab_takes_the_report() {
    let out = sample(Format::Gitlab, shown());
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(gitlab_errors(&json), Vec::<String>::new());
    assert_eq!(json["scan"]["status"], "failure");
    let all = json["vulnerabilities"].as_array().unwrap();
    assert_eq!(all.len(), 8, "suppressed findings are not open ones");
    let ids: BTreeSet<_> = all.iter().map(|v| v["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len());
    // The same finding twice is two vulnerabilities.
    let first = samples::events().remove(0);
    let twice = [first.clone(), first];
    let out = render(Format::Gitlab, &samples::rules(), &twice, shown());
    let json: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(gitlab_errors(&json), Vec::<String>::new());
    assert_eq!(json["scan"]["status"], "success");
    let id = |n: usize| &json["vulnerabilities"][n]["id"];
    assert_ne!(id(0), id(1));
}

#[test]
fn what_gitlab_refuses_is_noticed() {
    let json: Value = serde_json::from_str(&sample(Format::Gitlab, shown())).unwrap();
    for (pointer, value) in [
        ("/version", Value::from("15")),
        ("/scan/start_time", "2020-01-01T00:00:00Z".into()),
        ("/scan/status", "ok".into()),
        ("/vulnerabilities/0/severity", "high".into()),
        ("/vulnerabilities/0/identifiers", Value::Array(vec![])),
        ("/vulnerabilities/0/location/commit", Value::Null),
    ] {
        let mut broken = json.clone();
        *broken.pointer_mut(pointer).unwrap() = value;
        assert!(!gitlab_errors(&broken).is_empty(), "{pointer}");
    }
}

/// Checks the written fields against GitLab's schema for secret detection reports (15.0.7 to
/// 15.2.1), as read in the schema. It allows any other field.
fn gitlab_errors(json: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    let mut check = |pointer: String, holds: &dyn Fn(&Value) -> bool| {
        if !json.pointer(&pointer).is_some_and(holds) {
            errors.push(pointer);
        }
    };
    let word = |v: &Value| v.as_str().is_some_and(|s| !s.is_empty());
    let time = |v: &Value| {
        v.as_str().is_some_and(|s| {
            s.len() == 19
                && s.bytes().enumerate().all(|(n, b)| match n {
                    4 | 7 => b == b'-',
                    10 => b == b'T',
                    13 | 16 => b == b':',
                    _ => b.is_ascii_digit(),
                })
        })
    };
    let version = |v: &Value| {
        let parts: Vec<_> = v.as_str().unwrap_or_default().split('.').collect();
        parts.len() == 3 && parts.iter().all(|p| p.parse::<u32>().is_ok())
    };
    check("/version".to_owned(), &version);
    check("/scan/type".to_owned(), &|v| v == "secret_detection");
    check("/scan/status".to_owned(), &|v| {
        v == "success" || v == "failure"
    });
    check("/scan/start_time".to_owned(), &time);
    check("/scan/end_time".to_owned(), &time);
    for tool in ["analyzer", "scanner"] {
        for field in ["id", "name", "version", "vendor/name"] {
            check(format!("/scan/{tool}/{field}"), &word);
        }
    }
    for n in 0..json["scan"]["messages"].as_array().map_or(0, Vec::len) {
        check(format!("/scan/messages/{n}/level"), &|v| {
            ["info", "warn", "fatal"].iter().any(|level| v == level)
        });
        check(format!("/scan/messages/{n}/value"), &word);
    }
    for n in 0..json["vulnerabilities"].as_array().map_or(0, Vec::len) {
        let at = |field: &str| format!("/vulnerabilities/{n}/{field}");
        check(at("id"), &word);
        check(at("name"), &|v| {
            v.as_str().is_some_and(|s| s.chars().count() <= 255)
        });
        check(at("solution"), &|v| {
            v.as_str().is_some_and(|s| s.chars().count() <= 7000)
        });
        check(at("severity"), &|v| {
            let all = ["Info", "Unknown", "Low", "Medium", "High", "Critical"];
            all.iter().any(|severity| v == severity)
        });
        check(at("identifiers"), &|v| {
            v.as_array().is_some_and(|a| !a.is_empty())
        });
        for field in ["type", "name", "value"] {
            check(at(&format!("identifiers/0/{field}")), &word);
        }
        check(at("links"), &|v| {
            let link = |l: &Value| l["url"].as_str().is_some_and(|u| u.starts_with("http"));
            v.as_array().is_some_and(|links| links.iter().all(link))
        });
        check(at("location/file"), &word);
        check(at("location/start_line"), &Value::is_u64);
        check(at("location/end_line"), &Value::is_u64);
        check(at("location/commit/sha"), &word);
        check(at("raw_source_code_extract"), &Value::is_string);
    }
    errors
}

#[test]
fn junit_counts_what_it_lists() {
    for (events, failures, errors, skipped) in [
        (samples::events(), 8, 1, 3),
        (Vec::new(), 0, 0, 0),
        (token_findings(Severity::Low, 3), 3, 0, 0),
    ] {
        let out = render(Format::Junit, &samples::rules(), &events, shown());
        let all = elements(std::str::from_utf8(&out).unwrap());
        let count = |name: &str| all.iter().filter(|e| e.path.ends_with(name)).count();
        assert_eq!(count("/testcase/failure"), failures);
        assert_eq!(count("/testcase/error"), errors);
        assert_eq!(count("/testcase/skipped"), skipped);
        let suite = all
            .iter()
            .find(|e| e.path == "/testsuites/testsuite")
            .unwrap();
        assert_eq!(suite.attributes["tests"], count("/testcase").to_string());
        assert_eq!(suite.attributes["failures"], failures.to_string());
        assert_eq!(suite.attributes["errors"], errors.to_string());
        assert_eq!(suite.attributes["skipped"], skipped.to_string());
        assert!(count("/testcase") > 0, "an empty report counts as broken");
    }
}

#[test]
fn csv_has_one_line_per_record_and_no_formula() {
    let out = sample(Format::Csv, shown());
    let all = records(&out);
    assert_eq!(all.len(), out.lines().count(), "no record goes over lines");
    assert!(all.iter().all(|record| record.len() == all[0].len()));
    let with = |status: &str| all.iter().filter(|record| record[0] == status).count();
    assert_eq!(with("reported"), 8);
    assert_eq!(with("suppressed"), 3);
    assert_eq!(with("not-scanned"), 1);
    assert_eq!(with("incomplete"), 1);
    for record in &all {
        assert!(
            !record
                .iter()
                .any(|f| f.trim_start().starts_with(['=', '+', '-', '@']))
        );
    }
    let hostile = samples::finding(0, b"=HYPERLINK(\"x\"),1", "key=abcdef\n", "abcdef", 0);
    let events = [Event::Finding(Box::new(hostile))];
    let out = render(Format::Csv, &samples::rules(), &events, shown());
    let all = records(std::str::from_utf8(&out).unwrap());
    assert_eq!(all[1][5], "'=HYPERLINK(\"x\"),1");
    let out = render(Format::Csv, &samples::rules(), &[], shown());
    assert_eq!(records(std::str::from_utf8(&out).unwrap()).len(), 1);
}

#[test]
fn markdown_keeps_its_form_and_its_limit() {
    let hostile = b"a|b`c`](x)<img src=x onerror=y>\n# head\r@all www.example.com.txt";
    let found = samples::finding(0, hostile, "key=abcdef\n", "abcdef", 0);
    let events = [Event::Finding(Box::new(found))];
    let out = render(Format::Markdown, &samples::rules(), &events, shown());
    let out = String::from_utf8(out).unwrap();
    for row in out.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(row.matches('|').count(), 9, "{row}");
    }
    for markup in ["<img", "`", "](", "@all", "www.", "\n# head"] {
        assert!(!out.contains(markup), "{markup}: {out}");
    }
    let events = token_findings(Severity::Critical, 20_000);
    let out = render(Format::Markdown, &samples::rules(), &events, shown());
    assert!(out.len() > 900_000 && out.len() < 1 << 20, "{}", out.len());
    let text = String::from_utf8(out).unwrap();
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| critical"))
        .count();
    let left = format!("{} more are not listed here.", 20_000 - rows);
    assert!(text.contains(&left), "{rows}");
}

#[test]
fn code_quality_has_what_gitlab_reads_and_tells_what_was_not_scanned() {
    let out = sample(Format::GitlabCodequality, shown());
    let issues: Value = serde_json::from_str(&out).unwrap();
    let issues = issues.as_array().unwrap();
    let mut prints = std::collections::BTreeSet::new();
    for issue in issues {
        for name in ["description", "check_name", "fingerprint"] {
            assert!(!issue[name].as_str().unwrap().is_empty(), "{issue}");
        }
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0);
        assert!(
            !issue["location"]["path"]
                .as_str()
                .unwrap()
                .starts_with("./")
        );
        assert!(prints.insert(issue["fingerprint"].to_string()), "{issue}");
    }
    let unscanned = issues.iter().filter(|i| i["check_name"] == "not-scanned");
    assert!(unscanned.count() > 0, "{out}");
    // Nothing found is an empty list, and not an empty file.
    let none = render(Format::GitlabCodequality, &samples::rules(), &[], shown());
    assert_eq!(none, b"[]\n");
}

#[test]
fn sarif_has_what_github_takes_the_most_severe_first_and_tells_the_rest() {
    let with = |count: usize| {
        let mut events = token_findings(Severity::High, count);
        // The last ones are the worst.
        for event in events.iter_mut().rev().take(3) {
            if let Event::Finding(finding) = event {
                finding.severity = Severity::Critical;
            }
        }
        let out = render(
            Format::Sarif,
            &samples::rules(),
            &events,
            ReportOptions::default(),
        );
        let sarif: Value = serde_json::from_slice(&out).unwrap();
        let run = sarif["runs"][0].clone();
        let said = run["invocations"][0]["toolExecutionNotifications"].to_string();
        (run["results"].as_array().unwrap().clone(), said)
    };
    let (results, said) = with(10);
    assert_eq!(results.len(), 10);
    assert!(!said.contains("GitHub"), "{said}");
    let (results, said) = with(5_001);
    assert_eq!(results.len(), 5_001);
    assert!(
        said.contains("shows the 5000 most severe of these 5001"),
        "{said}"
    );
    let (results, said) = with(25_002);
    assert_eq!(results.len(), 25_000);
    assert!(said.contains("2 of 25002 results are left out"), "{said}");
    let severe = |n: usize| results[n]["properties"]["severity"] == "critical";
    assert!(severe(0) && severe(1) && severe(2) && !severe(3));
}
