//! The cases of `fixtures/cases`. Each is a directory of files and of what `stopleak scan` must
//! report for them. `fixtures/README.md` describes the format.
//!
//! One test runs all cases and prints each that fails. The others check that the runner fails when
//! it must.

#![allow(clippy::unwrap_used, reason = "tests")]

mod mint;
mod runner;

use std::path::Path;

use super::support::dir::Dir;
use super::support::token;
use runner::run_all;

#[test]
fn every_case_holds() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases");
    let outcome = run_all(&top);
    assert!(
        outcome.failures.is_empty(),
        "{} of {} cases do not hold:\n{}",
        outcome.failures.len(),
        outcome.cases,
        outcome.failures.join("\n")
    );
}

/// Paths and texts of files.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Returns the failures of cases; each case is a name, an `expect.toml` and files.
fn told(cases: &[(&str, &str, Files<'_>)]) -> Vec<String> {
    let dir = Dir::new();
    for (name, expect, files) in cases {
        dir.write(&format!("{name}/expect.toml"), expect);
        for (path, text) in *files {
            dir.write(&format!("{name}/in/{path}"), text);
        }
    }
    let outcome = run_all(dir.path());
    assert_eq!(outcome.cases, cases.len());
    outcome.failures
}

/// Returns the one failure of a single case called `x`.
fn failure(expect: &str, files: Files<'_>) -> String {
    let expect = format!("description = \"d\"\nclass = \"c\"\n{expect}");
    let failures = told(&[("x", &expect, files)]);
    assert_eq!(failures.len(), 1, "{failures:?}");
    let failure = failures[0].strip_prefix("x: ");
    failure.expect("a failure names its case").to_owned()
}

fn holds(expect: &str, files: Files<'_>) {
    let expect = format!("description = \"d\"\nclass = \"c\"\n{expect}");
    assert_eq!(told(&[("x", &expect, files)]), [""; 0]);
}

const PAT: &str = "a = 1\nb = {{mint:github-pat-classic:a}}\n";

#[test]
fn a_case_that_holds_holds() {
    holds(
        "must_report = ['a.txt:2']\nmust_not_report = ['a.txt:1']",
        &[("a.txt", PAT)],
    );
    holds(
        "clean = true",
        &[("a.txt", "nothing\n"), ("b/.c", "here\n")],
    );
    let stock = [("a.yml", "db_password: \"admin\"\n")];
    holds("clean = true", &stock);
    holds(
        "must_report = ['a.yml:1']\nargs = ['--confidence', 'low']",
        &stock,
    );
}

#[test]
fn what_is_reported_wrongly_fails() {
    assert_eq!(
        failure("must_report = ['a.txt:1', 'a.txt:2']", &[("a.txt", PAT)]),
        "not reported: a.txt:1"
    );
    assert_eq!(
        failure("must_not_report = ['a.txt:2']", &[("a.txt", PAT)]),
        "reported wrongly: a.txt:2 (github-pat-classic)"
    );
    assert_eq!(
        failure("clean = true", &[("a.txt", PAT)]),
        "reported wrongly: a.txt:2 (github-pat-classic)"
    );
}

#[test]
fn all_failures_are_told_at_once() {
    let good = "description = 'd'\nclass = 'c'\nmust_report = ['a.txt:2']";
    let bad = "description = 'd'\nclass = 'c'\nclean = true";
    let files: Files<'_> = &[("a.txt", PAT)];
    let failures = told(&[("a", bad, files), ("b", good, files), ("c", bad, files)]);
    let names: Vec<&str> = failures.iter().map(|f| &f[..2]).collect();
    assert_eq!(names, ["a:", "c:"]);
}

#[test]
fn a_run_that_did_not_read_everything_fails() {
    let files = [(".gitignore", "b.txt\n"), ("b.txt", "x\n"), ("a.txt", PAT)];
    assert_eq!(
        failure(
            "must_report = ['a.txt:2']\nargs = ['--exclude', 'b.txt']",
            &files
        ),
        "2 of 3 files were read"
    );
    let said = failure(
        "clean = true\nargs = ['--no-such-option']",
        &[("a.txt", "x\n")],
    );
    assert!(said.starts_with("exit code 2 and no report: "), "{said}");
}

#[test]
fn an_exit_code_that_does_not_fit_fails() {
    let expect = "must_report = ['a.txt:2']\nargs = ['--exit-zero']";
    let said = failure(expect, &[("a.txt", PAT)]);
    assert!(said.starts_with("exit code 0 with 1 place"), "{said}");
}

#[test]
fn mistakes_in_a_case_are_errors() {
    let file: Files<'_> = &[("a.txt", PAT)];
    for (expect, files, wanted) in [
        (
            "clean = true\nmust_reprot = []",
            file,
            "unknown field `must_reprot`",
        ),
        ("clean = 1", file, "expect.toml: "),
        ("", file, "says nothing of what is to be reported"),
        (
            "must_report = []\nclean = false",
            file,
            "says nothing of what is",
        ),
        (
            "must_report = ['a.txt:3']",
            file,
            "a.txt:3 is no place of in/",
        ),
        (
            "must_report = ['a.txt:0']",
            file,
            "a.txt:0 is no place of in/",
        ),
        ("must_report = ['a.txt']", file, "a.txt is no place of in/"),
        (
            "must_not_report = ['b.txt:1']",
            file,
            "b.txt:1 is no place of in/",
        ),
        (
            "must_report = ['../x/in/a.txt:1']",
            file,
            "is no place of in/",
        ),
        (
            "must_report = ['a.txt:2', 'a.txt:2']",
            file,
            "a.txt:2 is named twice",
        ),
        (
            "must_report = ['a.txt:2']\nmust_not_report = ['a.txt:2']",
            file,
            "is named twice",
        ),
        (
            "must_report = ['a.txt:2']\nclean = true",
            file,
            "a clean case reports nothing",
        ),
        ("clean = true", &[], "in/ has no files"),
    ] {
        let said = failure(expect, files);
        assert!(said.contains(wanted), "{expect}: {said}");
    }
    let no_class = told(&[("x", "description = 'd'\nclean = true", file)]);
    assert!(
        no_class[0].contains("missing field `class`"),
        "{no_class:?}"
    );
    let dir = Dir::new();
    dir.write(
        "x/expect.toml",
        "description = ''\nclass = 'c'\nclean = true",
    )
    .write("x/in/a.txt", "x\n")
    .write("y/in/a.txt", "x\n")
    .write(
        "z/expect.toml",
        "description = 'd'\nclass = 'c'\nclean = true",
    )
    .write("z/in/a.txt", "x\n")
    .write("z/check.sh", "exit 0\n")
    .write("stray.txt", "x\n");
    let said = run_all(dir.path()).failures;
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!(said[0], "stray.txt: no directory, and so no case");
    assert_eq!(
        said[1],
        "x: expect.toml: description and class are empty, or one of them"
    );
    assert!(said[2].starts_with("y: expect.toml: "), "{said:?}");
    assert_eq!(
        said[3],
        "z: check.sh is not read: a case is expect.toml and in/"
    );
}

#[test]
fn no_cases_at_all_are_a_failure() {
    let dir = Dir::new();
    assert_eq!(run_all(dir.path()).failures.len(), 1);
    assert_eq!(run_all(&dir.path().join("missing")).failures.len(), 1);
}

#[test]
fn the_environment_and_the_configuration_of_the_user_do_not_matter() {
    // The only configuration of a case is its own. It has no repository and no home.
    let allow = "[[allow]]\nreason = \"r\"\npaths = [\"a.txt\"]\n";
    holds("clean = true", &[("a.txt", PAT), ("stopleak.toml", allow)]);
    holds("must_report = ['a.txt:2']", &[("a.txt", PAT)]);
}

#[test]
fn minted_values_are_the_same_for_a_seed_and_differ_between_seeds() {
    let line = |text: &str| mint::Minted::default().fill("x", text.as_bytes());
    let text = "{{mint:github-pat-classic:a}} {{mint:github-pat-classic:b}} {{mint:github-pat-classic:a}}\n";
    let filled = String::from_utf8(line(text).unwrap().bytes).unwrap();
    let values: Vec<&str> = filled.split_whitespace().collect();
    assert_eq!(values.len(), 3);
    assert_eq!(values[0], values[2]);
    assert_ne!(values[0], values[1]);
    assert_eq!(values[0].len(), token(1).len(), "{filled}");
    // In all files of a case, and in every run.
    let again = line("{{mint:github-pat-classic:a}}").unwrap().bytes;
    assert_eq!(again, values[0].as_bytes());
}

#[test]
fn every_builtin_rule_can_be_minted() {
    let mut minted = mint::Minted::default();
    for rule in stopleak::rules::builtin::rules() {
        let text = format!("{{{{mint:{}:one}}}}", rule.id);
        let filled = minted.fill("x", text.as_bytes());
        assert!(!filled.unwrap().bytes.is_empty(), "{}", rule.id);
    }
}

#[test]
fn what_cannot_be_minted_is_an_error() {
    for (text, wanted) in [
        (
            "x\n{{mint:no-such-rule:1}}",
            "x:2: no rule is called `no-such-rule`",
        ),
        (
            "{{mint:github-pat-classic}}",
            "x:1: `{{mint:github-pat-classic}}` is not `{{mint:rule-id:seed}}`",
        ),
        (
            "{{mint:github-pat-classic:}}",
            "is not `{{mint:rule-id:seed}}`",
        ),
        (
            "{{mint:github-pat-classic:a b}}",
            "is not `{{mint:rule-id:seed}}`",
        ),
        (
            "{{mint:github-pat-classic:1\n}}",
            "x:1: `{{mint:` without `}}` on its line",
        ),
    ] {
        let said = mint::Minted::default().fill("x", text.as_bytes());
        assert!(
            said.as_ref().is_err_and(|e| e.contains(wanted)),
            "{text}: {said:?}"
        );
    }
    let said = failure("clean = true", &[("a/b.txt", "{{mint:no-such-rule:1}}")]);
    assert_eq!(said, "in/a/b.txt:1: no rule is called `no-such-rule`");
}

#[test]
fn lines_are_those_of_the_files_as_they_are_stored() {
    // A private key has many lines; the lines below it keep their numbers.
    let text = "{{mint:private-key-rsa:k}}\nnothing\nx = {{mint:github-pat-classic:a}}\n";
    holds(
        "must_report = ['a.txt:1', 'a.txt:3']\nmust_not_report = ['a.txt:2']",
        &[("a.txt", text)],
    );
    assert_eq!(
        failure("clean = true", &[("a.txt", text)]),
        "reported wrongly: a.txt:1 (private-key-rsa), a.txt:3 (github-pat-classic)"
    );
}
