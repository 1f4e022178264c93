//! The dependencies of the program. Every package is locked with a checksum and from the registry.
//! There are no more than docs/security.md counts and justifies. Those that this platform builds
//! are not banned and have a licence that deny.toml allows. cargo-deny checks the same and more if
//! it is installed.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn toml(name: &str) -> toml::Table {
    text(name).parse().unwrap()
}

/// Returns the number before `what` in docs/security.md.
fn counted(what: &str) -> usize {
    let docs = text("docs/security.md");
    let before = docs.split(what).next().unwrap();
    assert!(before.len() < docs.len(), "docs/security.md: `{what}`");
    let number = before.trim_end().rsplit([' ', '\n']).next().unwrap();
    number.parse().unwrap_or_else(|_| panic!("{number} {what}"))
}

#[test]
fn every_package_is_locked_to_bytes_of_the_registry() {
    for name in ["Cargo.lock", "fuzz/Cargo.lock"] {
        let lock = toml(name);
        for package in lock["package"].as_array().unwrap() {
            let id = package["name"].as_str().unwrap();
            if id.starts_with("stopleak") {
                continue;
            }
            let source = package.get("source").and_then(toml::Value::as_str);
            assert!(
                source.is_some_and(|source| source.starts_with("registry+")),
                "{name}: {id} is from {source:?}"
            );
            let sum = package.get("checksum").and_then(toml::Value::as_str);
            assert_eq!(sum.map(str::len), Some(64), "{name}: {id}");
        }
    }
}

/// The fuzz targets build with `--locked` only if their lock file follows each change of the
/// program's packages, also when one leaves.
#[test]
fn the_lock_file_of_the_fuzz_targets_follows_that_of_the_program() {
    let lock = toml("fuzz/Cargo.lock");
    let packages = lock["package"].as_array().unwrap();
    let needed_by = |package: &toml::Value| -> Vec<String> {
        let needed = package.get("dependencies").and_then(toml::Value::as_array);
        let needed = needed.into_iter().flatten().filter_map(toml::Value::as_str);
        // A version follows the name where the name alone could be two packages.
        needed
            .map(|id| id.split(' ').next().unwrap().to_owned())
            .collect()
    };
    let named = |name: &str| -> Vec<&toml::Value> {
        let is_it = |package: &&toml::Value| package["name"].as_str() == Some(name);
        packages.iter().filter(is_it).collect()
    };

    let manifest = toml("Cargo.toml");
    let targets = manifest["target"].as_table().unwrap();
    let targets = targets.values().filter_map(toml::Value::as_table);
    let tables = [&manifest].into_iter().chain(targets);
    let of_kinds =
        tables.flat_map(|table| [table.get("dependencies"), table.get("build-dependencies")]);
    let mut wanted: Vec<String> = of_kinds
        .flatten()
        .flat_map(|kind| kind.as_table().unwrap().keys().cloned())
        .collect();
    wanted.sort();
    wanted.dedup();
    assert_eq!(
        named("stopleak")
            .into_iter()
            .flat_map(needed_by)
            .collect::<Vec<_>>(),
        wanted
    );

    let mut reached = vec!["stopleak-fuzz".to_owned()];
    let mut next = 0;
    while let Some(name) = reached.get(next).cloned() {
        for needed in named(&name).into_iter().flat_map(needed_by) {
            if !reached.contains(&needed) {
                reached.push(needed);
            }
        }
        next += 1;
    }
    for package in packages {
        let name = package["name"].as_str().unwrap();
        assert!(
            reached.iter().any(|each| each == name),
            "nothing needs {name}"
        );
    }
}

#[test]
fn there_are_no_more_packages_than_the_docs_justify() {
    let lock = toml("Cargo.lock");
    let found = lock["package"].as_array().unwrap().len() - 1;
    let counted = counted("packages are locked");
    assert!(
        found <= counted,
        "{found} packages, {counted} in docs/security.md"
    );
    // If the tree shrinks, the docs should say so.
    assert!(
        found + 5 > counted,
        "{found} packages, {counted} in docs/security.md"
    );
}

/// Returns name and licence of each package in a build for this platform, tests included. Packages
/// of disabled features are locked but not built.
fn built() -> Vec<(String, String)> {
    let out = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--prefix=none"])
        .args(["--edges=normal,build,dev", "--format={p}\t{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{errors}");
    let text = String::from_utf8(out.stdout).unwrap();
    let packages = text.lines().filter_map(|line| {
        let (package, licence) = line.split_once('\t')?;
        let name = package.split(' ').next()?;
        Some((name.to_owned(), licence.trim_end_matches(" (*)").to_owned()))
    });
    packages.collect()
}

/// Returns whether `allowed` alone satisfies an SPDX expression: `OR` of `AND`s, with parentheses;
/// `/` is an old form of `OR`.
fn met(expression: &str, allowed: &[&str]) -> bool {
    let text = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let (met, rest) = any(&words, allowed);
    assert!(rest.is_empty(), "{expression}");
    met
}

fn any<'w>(words: &'w [&'w str], allowed: &[&str]) -> (bool, &'w [&'w str]) {
    let (mut met, mut rest) = all(words, allowed);
    while let Some(("OR", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
        let (more, after) = all(after, allowed);
        (met, rest) = (met | more, after);
    }
    (met, rest)
}

fn all<'w>(words: &'w [&'w str], allowed: &[&str]) -> (bool, &'w [&'w str]) {
    let (mut met, mut rest) = one(words, allowed);
    while let Some(("AND", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
        let (more, after) = one(after, allowed);
        (met, rest) = (met & more, after);
    }
    (met, rest)
}

fn one<'w>(words: &'w [&'w str], allowed: &[&str]) -> (bool, &'w [&'w str]) {
    match words {
        ["(", inner @ ..] => {
            let (met, rest) = any(inner, allowed);
            assert_eq!(rest.first(), Some(&")"));
            (met, &rest[1..])
        }
        [_, "WITH", exception, rest @ ..] => (allowed.contains(exception), rest),
        [name, rest @ ..] => (allowed.contains(name), rest),
        [] => panic!("a licence is missing"),
    }
}

#[test]
fn what_is_built_is_neither_banned_nor_under_another_licence() {
    let deny = toml("deny.toml");
    let allowed: Vec<&str> = deny["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|licence| licence.as_str().unwrap())
        .collect();
    let banned: Vec<&str> = deny["bans"]["deny"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["crate"].as_str().unwrap())
        .collect();
    let built = built();
    assert!(built.len() > 50 && banned.len() > 5);
    for (name, licence) in &built {
        assert!(
            !banned.contains(&name.as_str()),
            "{name} is banned by deny.toml"
        );
        assert!(met(licence, &allowed), "{name}: {licence}");
    }
    assert!(!met("GPL-3.0", &allowed) && !met("MIT AND GPL-3.0", &allowed));
    assert!(met("(GPL-3.0 OR MIT) AND Zlib", &allowed));
}
