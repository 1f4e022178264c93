//! Patterns and what they match.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn verdict(patterns: &str, path: &str, fold: bool) -> Option<bool> {
    let patterns = Patterns::parse(patterns.as_bytes(), fold);
    let (path, is_dir) = match path.strip_suffix('/') {
        Some(path) => (path, true),
        None => (path, false),
    };
    let name = path.rsplit('/').next().unwrap();
    let subject = Subject {
        path: path.as_bytes(),
        name: name.as_bytes(),
        is_dir,
    };
    patterns.verdict(subject, &mut Scratch::default())
}

#[test]
fn patterns_mean_what_they_mean_to_git() {
    const IGNORED: Option<bool> = Some(true);
    for (pattern, path, expected) in [
        ("a", "x/a", IGNORED),
        ("/a", "x/a", None),
        ("/a", "a", IGNORED),
        ("x/a", "x/a", IGNORED),
        ("x/a", "y/x/a", None),
        ("a/", "a", None),
        ("a/", "x/a/", IGNORED),
        ("*.o", "x/a.o", IGNORED),
        ("*.o", "a.oo", None),
        ("x/*.o", "x/y/a.o", None),
        ("*.{o,a}", "a.o", None),
        ("*.{o,a}", "x.{o,a}", IGNORED),
        ("a\t", "a", None),
        ("a\t", "a\t", IGNORED),
        ("a  ", "a", IGNORED),
        ("a\\  ", "a ", IGNORED),
        ("a\\ \\ ", "a  ", IGNORED),
        ("a\r\n", "a", IGNORED),
        ("a\r\r\n", "a\r", IGNORED),
        ("a\0b", "a", IGNORED),
        ("\u{feff}a", "a", IGNORED),
        ("#a", "#a", None),
        ("\\#a", "#a", IGNORED),
        ("\\!a", "!a", IGNORED),
        ("!a", "a", Some(false)),
        ("a\n!a", "a", Some(false)),
        ("!a\na", "a", IGNORED),
        ("a/\n!a", "a/", Some(false)),
        ("!a\na/", "a", Some(false)),
        ("a\\", "a\\", None),
        ("[", "[", None),
        ("[]", "[]", None),
        ("[]]", "]", IGNORED),
        ("[]-a]", "^", IGNORED),
        ("[a\\-z]", "m", None),
        ("[a\\-z]", "-", IGNORED),
        ("[a-z]", "m", IGNORED),
        ("[!a]", "a", None),
        ("[^a]", "b", IGNORED),
        ("[[:space:]]", " ", IGNORED),
        ("[[:space:]]", "\u{b}", None),
        ("[[:nothing:]]", "a", None),
        ("[[:alpha]", ":", IGNORED),
        ("x[/]y", "x/y", None),
        ("x?y/a", "x/y/a", None),
        ("**/a", "a", IGNORED),
        ("**/a", "x/y/a", IGNORED),
        ("x/**/a", "x/a", IGNORED),
        ("x/**/a", "x/y/z/a", IGNORED),
        ("**/a", "xa", None),
        ("x/**/a", "x/ya", None),
        ("x/**", "x", None),
        ("x/**", "x/y/z", IGNORED),
        ("x/**\\/a", "x/a", None),
        ("x**/a", "x/y/a", None),
        ("!x**/a", "xa", Some(false)),
        ("**", "a", IGNORED),
        ("/**/**/**/a", "a", IGNORED),
        ("a", "A", None),
        ("", "a", None),
        ("/", "a/", None),
        ("//", "a/", None),
    ] {
        assert_eq!(
            verdict(pattern, path, false),
            expected,
            "{pattern:?} {path:?}"
        );
    }
}

#[test]
fn the_case_of_letters_matters_only_to_some() {
    for (pattern, path, expected) in [
        ("Build/", "bUILD/", Some(true)),
        ("*.O", "a.o", Some(true)),
        ("X/?a*", "x/bAc", Some(true)),
        ("[A-C]x", "BX", Some(true)),
        ("[[:upper:]]", "a", Some(true)),
        // git folds neither an escaped letter nor a single one in a class.
        ("\\Ax", "ax", None),
        ("[B]", "b", None),
    ] {
        assert_eq!(
            verdict(pattern, path, true),
            expected,
            "{pattern:?} {path:?}"
        );
    }
}

#[test]
fn no_pattern_takes_long() {
    let path = ["a/".repeat(1000), "b".repeat(255)].concat();
    let start = std::time::Instant::now();
    for pattern in [
        "**/a/".repeat(60_000),
        "**/".repeat(60_000) + "c",
        "*a".repeat(60_000),
        "a*".repeat(100) + "c",
        "**/*a/".repeat(20_000) + "c",
        "*b?".repeat(60_000),
        "[".repeat(60_000),
        "[[:".repeat(60_000),
        "{".repeat(200_000),
    ] {
        assert_eq!(verdict(&pattern, &path, false), None);
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
