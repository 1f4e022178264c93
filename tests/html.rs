//! The HTML report: one file that loads nothing and runs nothing but its own script.
//!
//! `tests/browser` uses it in a real browser. These tests need none.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::dir::Dir;
use crate::support::repo::Repo;
use crate::support::{finish, token};

/// What stands between two texts, the first time.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(begin).expect(begin);
    rest.split_once(end).expect(end).0
}

fn block(page: &str, id: &str) -> Value {
    let begin = format!("<script type=\"application/json\" id=\"{id}\">");
    let text = between(page, &begin, "</script>");
    assert!(!text.contains('<'), "{text}");
    serde_json::from_str(text).unwrap()
}

fn report(dir: &Dir, args: &[&str], code: i32) -> String {
    let ran = dir.run(&[args, &["-q", "-o", "report.html"]].concat());
    assert_eq!(ran.code, code, "{}", ran.stderr);
    std::fs::read_to_string(dir.path().join("report.html")).unwrap()
}

#[test]
fn the_policy_names_the_script_and_the_style_of_the_page_and_nothing_else() {
    let dir = Dir::new();
    dir.write("a.txt", format!("k = \"{}\"\n", token(1)));
    let page = report(&dir, &["scan", "."], 1);
    let policy = between(
        &page,
        "http-equiv=\"Content-Security-Policy\" content=\"",
        "\"",
    );
    let hash = |begin, end| {
        let text = between(&page, begin, end);
        format!(
            "'sha256-{}'",
            BASE64.encode(&Sha256::digest(text.as_bytes()))
        )
    };
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; \
             form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            hash("<script>", "</script>"),
            hash("<style>", "</style>")
        )
    );
    // The policy stands before everything that it is for.
    let at = |text: &str| page.find(text).unwrap();
    assert!(at("Content-Security-Policy") < at("<style>"));
    let data = between(&page, "id=\"rows\">", "<noscript>");
    let fixed = page.replace(data, "");
    for way in [
        "src=",
        "url(",
        "@import",
        "http://",
        "https://",
        "<link",
        "<base",
        "<iframe",
        " style=",
        "innerHTML",
    ] {
        assert!(!fixed.contains(way), "{way}");
    }
    assert!(!page.contains('\r'));
}

#[cfg(unix)]
#[test]
fn hostile_names_and_lines_stay_data() {
    let dir = Dir::new();
    let line = |seed| {
        format!(
            "</script><script>alert(1)</script> x = \"{}\" <!-- \u{202e}\u{2066} ]]> \u{0}\n",
            token(seed)
        )
    };
    dir.write("<img src=x onerror=alert(1)>.txt", line(1))
        .write("a<!--<script>.txt", line(2))
        .write("x\u{202e}gnp.exe", line(3))
        .write("a\u{1b}[2J\nclean", line(4))
        .write("</script>/##vso[task.x]/${7*7}", line(5))
        .write("__proto__", line(6));
    let page = report(&dir, &["scan", "."], 1);
    assert_eq!(page.matches("<script").count(), 3);
    assert_eq!(page.matches("</script").count(), 3);
    assert_eq!(page.matches("<!--").count(), 0);
    assert!(!page.contains("<img") && !page.contains("##vso["));
    assert!(
        page.chars()
            .all(|c| c == '\n' || !stopleak::report::escape::is_unsafe(c))
    );
    let rest = block(&page, "rest");
    let paths: Vec<&str> = rest["paths"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for path in [
        "x\\u{202e}gnp.exe",
        "a\\x1b[2J\\nclean",
        "</script>/##vso[task.x]/${7*7}",
    ] {
        assert!(paths.contains(&path), "{path}: {paths:?}");
    }
    assert_eq!(block(&page, "rows").as_array().unwrap().len(), 6);
    for seed in 1..7 {
        assert!(!page.contains(&token(seed)[4..]), "masked");
    }
    // The page is scanned as any other file is.
    assert_eq!(dir.run(&["scan", "report.html"]).code, 0);
}

#[test]
fn the_receipt_says_what_was_not_scanned_and_by_whose_word() {
    let dir = Dir::new();
    dir.write("a.txt", format!("k = \"{}\"\n", token(1)));
    dir.write(
        "b.txt",
        format!("k = \"{}\" # stopleak:allow a sample\n", token(2)),
    );
    dir.write("c.tar.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xaa, 0xbb]);
    dir.write(
        "stopleak.toml",
        "[rules]\ndisable = [\"npm-access-token\"]\n",
    );
    let page = report(&dir, &["scan", ".", "--show-suppressed"], 2);
    let rest = block(&page, "rest");
    let receipt = &rest["summary"];
    assert_eq!(receipt["outcome"], "incomplete");
    let because = receipt["because"].as_str().unwrap();
    assert!(
        because.contains("1 could not be read to the end"),
        "{because}"
    );
    assert!(because.contains("exit code is 2"), "{because}");
    assert_eq!(receipt["suppressed"][0][0], "inline");
    assert_eq!(receipt["narrowed"][0][0], "stopleak.toml");
    assert_eq!(rest["skipped"][0][0], "c.tar.gz");
    assert_eq!(block(&page, "rows").as_array().unwrap().len(), 2);
    let without = between(&page, "<noscript>", "</noscript>");
    assert!(without.contains("Incomplete"), "{without}");
    // Until the script has read everything, the page says that it is no clean result.
    assert!(page.contains("Do not read it as a clean result"));
    assert!(page.contains("<div id=\"page\" hidden>"));
}

#[test]
fn the_same_findings_give_the_same_bytes() {
    let repo = Repo::init(&[]);
    repo.fill(7, 12);
    let page = |jobs: &str| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        command.args(["history", "--format", "html", "-j", jobs]);
        finish(&mut command, b"").stdout
    };
    let one = page("1");
    assert!(one.len() > 10_000);
    assert!(one == page("3") && one == page("1"));
    let text = String::from_utf8(one).unwrap();
    let rest = block(&text, "rest");
    assert!(
        rest["commits"]
            .as_array()
            .is_some_and(|commits| commits.len() > 1)
    );
    assert_eq!(rest["commits"][0]["author"], "A U Thor");
}

#[test]
fn secrets_are_in_the_page_only_when_asked_for() {
    let dir = Dir::new();
    dir.write("a.txt", format!("k = \"{}\"\n", token(1)));
    let rest = |args: &[&str]| block(&report(&dir, args, 1), "rest");
    let masked = rest(&["scan", "a.txt"]);
    assert_eq!(masked["secrets"][0].as_array().unwrap().len(), 2);
    assert_eq!(masked["shown"], false);
    let shown = rest(&["scan", "a.txt", "--show-secrets"]);
    assert_eq!(shown["secrets"][0][2], token(1));
    assert_eq!(shown["shown"], true);
}

/// A rule of a repository may have any text in its name. It cannot add an entry to those that a
/// person exports, or a link to the page.
#[test]
fn a_rule_of_the_repository_adds_no_line_and_no_link() {
    let dir = Dir::new();
    let line = "0123456789abcdef0123456789abcdef planted";
    dir.write(
        ".gitleaks.toml",
        format!(
            "[[rules]]\nid = \"x\\n{line}\"\ndescription = \"</script>\\n{line}\"\n\
             regex = '''needle_([a-z0-9]{{12}})'''\nkeywords = [\"needle_\"]\n"
        ),
    );
    dir.write("a.txt", ["needle", "_q7r8k2lw9xv4\n"].concat());
    let page = report(&dir, &["scan", "."], 1);
    let rest = block(&page, "rest");
    let rule = &rest["rules"][0];
    assert_eq!(rule["docs"], "");
    for text in rule.as_object().unwrap().values().filter_map(Value::as_str) {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    assert!(rule["id"].as_str().unwrap().contains("planted"), "{rule}");
}

/// A report of a scanner that does not say what it left out is not complete.
#[test]
fn what_nobody_knows_is_not_called_complete() {
    let dir = Dir::new();
    dir.write("other.json", "[]");
    let page = report(
        &dir,
        &["report", "convert", "other.json", "--from", "gitleaks"],
        0,
    );
    let receipt = &block(&page, "rest")["summary"];
    assert_eq!(receipt["unknown"], true);
    let without = between(&page, "<noscript>", "</noscript>");
    assert!(without.contains("Nobody knows"), "{without}");
}

/// The entries that the page exports, made by its own script: the program takes each, and finds
/// nothing then.
#[test]
#[expect(clippy::print_stderr, reason = "tells what was not tested")]
fn the_program_takes_what_the_page_exports() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/export.mjs");
    let repo = Repo::init(&[]);
    for seed in 0..4 {
        repo.commit(
            &format!("dir/{seed}.txt"),
            format!("k = \"{}\"\n", token(seed)),
        );
    }
    repo.commit("dir/again.txt", format!("k = \"{}\"\n", token(1)));
    let run = |args: &[&str]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        finish(command.args(args), b"")
    };
    assert_eq!(
        run(&["history", "-q", "-o", "../report-of-test.html"])
            .status
            .code(),
        Some(1)
    );
    let page = repo.path().with_file_name("report-of-test.html");
    let exported = Command::new("node").arg(&script).arg(&page).output();
    std::fs::remove_file(&page).unwrap();
    let Ok(exported) = exported else {
        eprintln!("skipped: node is not installed");
        return;
    };
    let told = String::from_utf8_lossy(&exported.stderr);
    assert!(exported.status.success(), "{told}");
    let entries = String::from_utf8(exported.stdout).unwrap();
    assert!(
        entries.contains(" until=2999-01-31 owner=ops.team only-here a key of the emulator\n"),
        "{entries}"
    );
    // Words of a reason that look like options stay words.
    assert!(
        entries.contains(" false alarm: only-here until=2001-01-01 a sample\n"),
        "{entries}"
    );
    repo.write(".stopleakignore", &entries);
    let clean = run(&["history", "--strict-ignores"]);
    assert_eq!(
        clean.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&clean.stdout)
    );
    let listed = run(&["ignore", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("until 2999-01-31 (ops.team): a key"));
}
