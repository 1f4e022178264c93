//! Reads a directory of cases, scans each case in a fresh directory and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use super::mint::Minted;
use crate::support::dir::Dir;

/// What a case expects.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    description: String,
    class: String,
    /// The origin of the case, for readers.
    #[serde(default, rename = "source")]
    _source: String,
    #[serde(default)]
    must_report: Vec<String>,
    #[serde(default)]
    must_not_report: Vec<String>,
    #[serde(default)]
    clean: bool,
    #[serde(default)]
    args: Vec<String>,
}

/// The result of a directory of cases.
pub(crate) struct Outcome {
    pub(crate) cases: usize,
    /// One line per failed case, which starts with its name.
    pub(crate) failures: Vec<String>,
}

/// Runs every case of `top`. A directory without cases is a failure.
pub(crate) fn run_all(top: &Path) -> Outcome {
    let mut outcome = Outcome {
        cases: 0,
        failures: Vec::new(),
    };
    let mut entries: Vec<_> = fs::read_dir(top)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !path.is_dir() {
            let why = "no directory, and so no case";
            outcome.failures.push(format!("{name}: {why}"));
            continue;
        }
        outcome.cases += 1;
        if let Err(why) = run(&path) {
            outcome.failures.push(format!("{name}: {why}"));
        }
    }
    if outcome.cases == 0 {
        let why = "no cases, and so nothing is tested";
        outcome.failures.push(format!("{}: {why}", top.display()));
    }
    outcome
}

/// The files of a case: paths below `in/`, and the line numbers in the stored files.
type Files = BTreeMap<String, Vec<usize>>;

fn run(case: &Path) -> Result<(), String> {
    for entry in fs::read_dir(case).unwrap() {
        let name = entry.unwrap().file_name();
        if name != "expect.toml" && name != "in" {
            let name = name.to_string_lossy();
            return Err(format!("{name} is not read: a case is expect.toml and in/"));
        }
    }
    let wrong = |error: &dyn ToString| {
        let text = error.to_string();
        format!("expect.toml: {}", text.trim_end().replace('\n', " "))
    };
    let text = fs::read_to_string(case.join("expect.toml")).map_err(|e| wrong(&e))?;
    let expect: Expect = toml::from_str(&text).map_err(|e| wrong(&e))?;
    let scene = Dir::new();
    fs::create_dir(scene.path().join("home")).unwrap();
    let mut files = Files::new();
    copy(
        &case.join("in"),
        "",
        &scene,
        &mut Minted::default(),
        &mut files,
    )?;
    if files.is_empty() {
        return Err("in/ has no files".to_owned());
    }
    check(&expect, &files).map_err(|e| wrong(&e))?;
    compare(&expect, &files, &scene)
}

/// Copies everything below `from` to `in/` of the scene and fills in the values.
fn copy(
    from: &Path,
    below: &str,
    scene: &Dir,
    minted: &mut Minted,
    files: &mut Files,
) -> Result<(), String> {
    let entries = fs::read_dir(from).into_iter().flatten();
    let mut entries: Vec<_> = entries.map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let path = format!("{below}{}", name.to_string_lossy());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &format!("{path}/"), scene, minted, files)?;
        } else if kind.is_file() {
            let stored = format!("in/{path}");
            let filled = minted.fill(&stored, &fs::read(entry.path()).unwrap())?;
            scene.write(&stored, filled.bytes);
            files.insert(path, filled.lines);
        } else {
            return Err(format!("in/{path} is neither a file nor a directory"));
        }
    }
    Ok(())
}

/// Returns an error if the expectation makes no sense for these files.
fn check(expect: &Expect, files: &Files) -> Result<(), String> {
    if expect.description.trim().is_empty() || expect.class.trim().is_empty() {
        return Err("description and class are empty, or one of them".to_owned());
    }
    let places = || expect.must_report.iter().chain(&expect.must_not_report);
    if places().next().is_none() && !expect.clean {
        return Err("it says nothing of what is to be reported".to_owned());
    }
    if expect.clean && !expect.must_report.is_empty() {
        return Err("a clean case reports nothing".to_owned());
    }
    let mut seen = BTreeSet::new();
    for place in places() {
        let is_there = place.rsplit_once(':').is_some_and(|(path, line)| {
            let lines = files.get(path);
            let line = line.parse::<usize>().unwrap_or_default();
            lines.is_some_and(|lines| lines.contains(&line))
        });
        if !is_there {
            return Err(format!("{place} is no place of in/"));
        }
        if !seen.insert(place) {
            return Err(format!("{place} is named twice"));
        }
    }
    Ok(())
}

/// Scans the scene and compares the report with the expectation.
fn compare(expect: &Expect, files: &Files, scene: &Dir) -> Result<(), String> {
    let out = Command::new(env!("CARGO_BIN_EXE_stopleak"))
        .args(["scan", "--format", "json"])
        .args(&expect.args)
        .current_dir(scene.path().join("in"))
        .env_clear()
        .env("HOME", scene.path().join("home"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let code = out.status.code().map_or(-1, i64::from);
    let errors = String::from_utf8_lossy(&out.stderr);
    let first = errors.lines().next().unwrap_or_default();
    let report: Value = serde_json::from_slice(&out.stdout)
        .map_err(|_| format!("exit code {code} and no report: {first}"))?;
    let got = reported(&report, files);

    let mut wrong = Vec::new();
    let missed = expect.must_report.iter().filter(|p| !got.contains_key(*p));
    let missed: Vec<&str> = missed.map(String::as_str).collect();
    if !missed.is_empty() {
        wrong.push(format!("not reported: {}", missed.join(", ")));
    }
    let extra: Vec<String> = got
        .iter()
        .filter(|(place, _)| expect.clean || expect.must_not_report.contains(place))
        .map(|(place, rules)| format!("{place} ({})", rules.join(", ")))
        .collect();
    if !extra.is_empty() {
        wrong.push(format!("reported wrongly: {}", extra.join(", ")));
    }
    let read = report["summary"]["files"].as_u64().unwrap_or_default();
    if read < files.len() as u64 {
        wrong.push(format!("{read} of {} files were read", files.len()));
    }
    if code != i64::from(!got.is_empty()) {
        let count = got.len();
        wrong.push(format!(
            "exit code {code} with {count} places reported {first}"
        ));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

/// Returns the rules of the findings, by position in the stored files.
fn reported(report: &Value, files: &Files) -> BTreeMap<String, Vec<String>> {
    let mut got: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in report["findings"].as_array().into_iter().flatten() {
        if finding["verdict"]["status"] != "report" {
            continue;
        }
        let path = finding["path"].as_str().unwrap_or_default();
        let line = finding["start"]["line"].as_u64().unwrap_or_default() as usize;
        let stored = files
            .get(path)
            .and_then(|lines| lines.get(line.checked_sub(1)?));
        let place = format!("{path}:{}", stored.unwrap_or(&line));
        let rule = finding["rule_id"].as_str().unwrap_or_default();
        got.entry(place).or_default().push(rule.to_owned());
    }
    got
}
