//! What dist/ makes, and the workflows that publish it. The scripts of dist/ have tests of their own,
//! which run here if Python is new enough; `dist/test/all` also tests what is made.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::print_stderr, reason = "a test says what it skips")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The workflows, the ready workflow of the documentation, and the action.
fn workflows() -> Vec<(String, String)> {
    let mut names = vec!["action.yml".to_owned(), "docs/ci/github.yml".to_owned()];
    for entry in std::fs::read_dir(root().join(".github/workflows")).unwrap() {
        let name = entry.unwrap().file_name();
        names.push(format!(".github/workflows/{}", name.to_str().unwrap()));
    }
    assert!(names.len() >= 4);
    let read = |name: String| (name.clone(), text(&name));
    names.into_iter().map(read).collect()
}

#[test]
fn the_scripts_pass_their_own_tests() {
    let version = "import sys; sys.exit(sys.version_info < (3, 11))";
    let new = Command::new("python3").args(["-c", version]).output();
    if !new.is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: Python 3.11 or newer is not installed");
        return;
    }
    let out = Command::new("python3")
        .arg(root().join("dist/test/units.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

/// Every action is named by a commit, with the version beside it, and by the same one everywhere.
#[test]
fn actions_are_pinned() {
    let mut seen = BTreeMap::new();
    for (name, text) in workflows() {
        for line in text.lines() {
            let line = line.trim_start_matches([' ', '-']);
            let Some(action) = line.strip_prefix("uses: ") else {
                continue;
            };
            if action.starts_with("OWNER/stopleak@") {
                continue;
            }
            let (action, version) = action
                .split_once(" # v")
                .unwrap_or_else(|| panic!("{name}: {line}"));
            let (action, commit) = action.split_once('@').unwrap();
            let hex = commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(commit.len() == 40 && hex, "{name}: {line}");
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{line}");
            let first = seen.entry(action.to_owned()).or_insert(commit.to_owned());
            assert_eq!(first, commit, "{name}: {action} has two commits");
        }
    }
    assert!(seen.len() > 5);
}

/// Workflows start without rights and ask for each, a checkout keeps no token, and no value is put
/// into a script.
#[test]
fn workflows_have_few_rights() {
    for (name, text) in workflows() {
        if !name.starts_with(".github/workflows/") {
            continue;
        }
        assert!(text.contains("\npermissions: {}\n"), "{name}");
        assert_eq!(
            text.matches("uses: actions/checkout@").count(),
            text.matches("persist-credentials: false").count(),
            "{name}"
        );
        let mut script = None;
        for line in text.lines() {
            // Where the key of the line is, also of the first one of a step.
            let key = line.trim_start_matches([' ', '-']);
            let indent = line.len() - key.len();
            if script.is_some_and(|of| indent <= of) && !line.trim().is_empty() {
                script = None;
            }
            if key.starts_with("run:") {
                script = Some(indent);
            }
            assert!(script.is_none() || !line.contains("${{"), "{name}: {line}");
        }
    }
}

/// `cargo binstall` looks where the archives are, on every system with a release.
#[test]
fn binstall_finds_the_archives() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let package = &manifest["package"];
    let metadata = &package["metadata"]["binstall"];
    let version = package["version"].as_str().unwrap();
    let facts = text("dist/kit/facts.py");
    for (system, archive) in [
        ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"),
        ("x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"),
        ("aarch64-unknown-linux-musl", "aarch64-unknown-linux-gnu"),
        ("aarch64-apple-darwin", "aarch64-apple-darwin"),
        ("x86_64-pc-windows-msvc", "x86_64-pc-windows-msvc"),
    ] {
        let (cpu, rest) = archive.split_once('-').unwrap();
        let known = facts.contains(archive) || facts.contains(&format!("{{cpu}}-{rest}"));
        assert!(known, "{cpu}: {archive}");
        let own = metadata["overrides"].get(system);
        let value = |key: &str| {
            let value = own.and_then(|own| own.get(key)).unwrap_or(&metadata[key]);
            let blanks = [
                ("{ repo }", "R"),
                ("{ name }", "stopleak"),
                ("{ version }", version),
            ];
            let filled = blanks.iter().fold(
                value.as_str().unwrap().to_owned(),
                |text, (blank, value)| text.replace(blank, value),
            );
            filled.replace("{ target }", system)
        };
        let folder = format!("stopleak-{version}-{archive}");
        assert_eq!(
            value("pkg-url"),
            format!("R/releases/download/v{version}/{folder}.tar.gz")
        );
        assert_eq!(
            value("bin-dir"),
            format!("{folder}/{{ bin }}{{ binary-ext }}")
        );
    }
}
