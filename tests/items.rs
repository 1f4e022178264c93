//! `stopleak scan --items`: texts that are no files, from a list.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::dir::{Dir, Ran};
use crate::support::packed::gzip;
use crate::support::{schema, token};

fn scan(dir: &Dir, list: &str, more: &[&str]) -> Ran {
    let args = [&["scan", "--items", "-", "--format", "json"], more].concat();
    dir.run_with(&args, list.as_bytes())
}

fn list(items: &[Value]) -> String {
    items.iter().map(|item| format!("{item}\n")).collect()
}

fn paths(ran: &Ran) -> Vec<String> {
    let found = ran.json()["findings"].as_array().unwrap().clone();
    let path = |finding: &Value| finding["path"].as_str().unwrap().to_owned();
    found.iter().map(path).collect()
}

fn errors(ran: &Ran) -> Vec<String> {
    let failed = ran.json()["failed"].as_array().unwrap().clone();
    let why = |failed: &Value| format!("{}: {}", failed["path"], failed["error"]);
    failed.iter().map(|f| why(f).replace('"', "")).collect()
}

#[test]
fn an_item_is_a_file_with_where_it_was_posted() {
    let dir = Dir::new();
    let url = "https://tracker.example/issues/12#comment-3";
    let text = format!("It fails.\n\nI use {} here.", token(1));
    let input = list(&[
        json!({"path": "issues/12/3", "text": text, "url": url, "author": "A. Mina", "time": "2026-01-31T08:00:00Z"}),
        json!({"path": "wiki/Home", "text": "nothing"}),
    ]);
    let ran = scan(&dir, &input, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let report = ran.json();
    let finding = &report["findings"][0];
    assert_eq!(finding["path"], "issues/12/3");
    assert_eq!(finding["start"], json!({"line": 3, "column": 7}));
    let item = json!({"url": url, "author": "A. Mina", "time": "2026-01-31T08:00:00Z"});
    assert_eq!(finding["item"], item);
    assert_eq!(report["summary"]["files"], 2);
    let root: Value = serde_json::from_str(include_str!("../docs/schema/stopleak-1.json")).unwrap();
    assert_eq!(schema::errors(&root, "", &report), [""; 0]);
    let in_format = |format: &str| {
        let args = ["scan", "--items", "-", "--format", format];
        dir.run_with(&args, input.as_bytes()).stdout
    };
    let text = in_format("text");
    assert!(text.contains("issues/12/3:3:7"), "{text}");
    assert!(
        text.contains(&format!("item: {url} by A. Mina 2026-01-31T08:00:00Z")),
        "{text}"
    );
    let sarif: Value = serde_json::from_str(&in_format("sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["hostedViewerUri"], url);
    assert_eq!(result["properties"]["item"], item);
    let gitlab: Value = serde_json::from_str(&in_format("gitlab")).unwrap();
    let links = gitlab["vulnerabilities"][0]["links"].to_string();
    assert!(links.contains(url), "{links}");
    for format in ["junit", "github", "markdown"] {
        let report = in_format(format);
        assert!(report.contains("example/issues/12"), "{report}");
    }
    for format in ["csv", "gitleaks-json", "gitleaks-csv"] {
        let report = in_format(format);
        assert!(
            report.contains("A. Mina") && report.contains("2026-01-31T08:00:00Z"),
            "{report}"
        );
    }
}

#[test]
fn what_is_no_item_is_an_error_and_the_others_are_scanned() {
    let dir = Dir::new();
    let good = |n: u64| json!({"path": format!("i/{n}"), "text": token(n)}).to_string();
    let lines = [
        good(1),
        "{\"path\": \"i/2\", \"text\": ".to_owned(),
        String::new(),
        "   ".to_owned(),
        format!("not JSON {}", token(5)),
        good(6),
        json!({"text": "x"}).to_string(),
        json!({"path": "i/8"}).to_string(),
        json!({"path": "i/9", "text": "x", "base64": "eA=="}).to_string(),
        json!({"path": "i/10", "base64": "no base64!"}).to_string(),
        "[]".to_owned(),
        good(12),
    ];
    for jobs in ["1", "2", "5"] {
        // No line end at the end.
        let ran = scan(&dir, &lines.join("\n"), &["--jobs", jobs]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(paths(&ran), ["i/1", "i/6", "i/12"]);
        assert_eq!(
            errors(&ran),
            [
                "<stdin>: line 2: it ends in the middle of the object; one line is one object",
                "<stdin>: line 5: not a JSON object; write one object per line",
                "<stdin>: line 7: it has no `path`",
                "<stdin>: line 8: it has neither `text` nor `base64`",
                "<stdin>: line 9: it has both `text` and `base64`",
                "<stdin>: line 10: `base64` is not base64 at its byte 9",
                "<stdin>: line 11: an array; write one object per line (`jq -c '.[]'`)",
            ]
        );
        assert!(!ran.stdout.contains(&token(5)), "{ran:?}");
        assert!(!ran.stderr.contains(&token(5)), "{ran:?}");
    }
}

#[test]
fn bytes_are_opened_like_files() {
    let dir = Dir::new();
    let packed = gzip(format!("key {}\n", token(3)).as_bytes());
    let base64 = data_encoding::BASE64.encode(&packed);
    let utf16: Vec<u8> = format!("\u{feff}see {}", token(4))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let input = list(&[
        json!({"path": "a/log.gz", "base64": base64}),
        json!({"path": "a/note.txt", "base64": data_encoding::BASE64URL_NOPAD.encode(&utf16)}),
        json!({"path": "a/empty", "text": null}),
    ]);
    let ran = scan(&dir, &input, &[]);
    assert_eq!((ran.code, paths(&ran).len()), (1, 2), "{ran:?}");
    assert_eq!(
        scan(&dir, &input, &["--no-archives", "--exclude", "*.txt"]).code,
        0
    );
}

#[test]
fn equal_paths_stay_and_hostile_ones_do_no_harm() {
    let dir = Dir::new();
    let hostile = [
        "../../etc/passwd",
        "/root/.ssh/id",
        "a\u{1b}[2Jb",
        "a\nb",
        "a\0b",
        "C:\\x",
        "a!b",
        "\u{202e}x",
        "::error::x",
        "-",
    ];
    let mut items = vec![json!({"path": "same", "text": token(1)}); 2];
    items.extend(
        hostile
            .iter()
            .map(|path| json!({"path": path, "text": token(2)})),
    );
    items.push(json!({"path": "p/".repeat(100_000), "text": token(2)}));
    let input = list(&items);
    let ran = scan(&dir, &input, &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(paths(&ran).len(), items.len());
    assert_eq!(&paths(&ran)[..2], ["same", "same"]);
    for format in ["text", "github", "sarif", "jsonl", "markdown", "junit"] {
        let args = ["scan", "--items", "-", "--format", format];
        let ran = dir.run_with(&args, input.as_bytes());
        ran.is_civil();
        assert!(
            !ran.stdout.contains(['\u{1b}', '\0', '\u{202e}']),
            "{format}"
        );
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn what_is_said_of_an_item_is_scanned_and_masked() {
    let dir = Dir::new();
    let url = format!("https://x.example/?t={}", token(7));
    let ran = scan(
        &dir,
        &list(&[json!({"path": "i", "text": format!("see {}", token(8)), "url": url})]),
        &[],
    );
    assert_eq!(ran.code, 1);
    assert_eq!(paths(&ran), ["i", "i!item"]);
    assert!(!ran.stdout.contains(&token(7)), "{}", ran.stdout);
    // A password of one item is masked in what is said of another one.
    let password = ["Xk9m", "Lq27", "Pf3z"].concat();
    let items = [
        json!({"path": "a.md", "text": format!("key {}", token(9)), "author": format!("me {password}")}),
        json!({"path": ".env", "text": format!("db_password={password}\n")}),
    ];
    let ran = scan(&dir, &list(&items), &[]);
    assert!(paths(&ran).contains(&".env".to_owned()), "{ran:?}");
    assert!(!ran.stdout.contains(&password), "{}", ran.stdout);
}

#[test]
fn unknown_keys_are_told() {
    let dir = Dir::new();
    let items: Vec<Value> = (0..20)
        .map(|n| json!({"path": "i", "text": "x", "body": "y", format!("k{n:02}"): 1}))
        .collect();
    let tell = |jobs: &str| {
        let ran = scan(&dir, &list(&items), &["--jobs", jobs]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json()["summary"]["notes"].clone()
    };
    let notes = tell("1");
    assert_eq!(
        notes[0],
        "keys of items that are not scanned: `body` (20 items), `k00` (1 item), `k01` (1 item), `k02` (1 item), `k03` (1 item), `k04` (1 item), `k05` (1 item), `k06` (1 item) and others"
    );
    assert_eq!(tell("5"), notes);
    let ran = scan(&dir, "", &[]);
    assert_eq!(
        (ran.code, &ran.json()["summary"]["notes"][0]),
        (0, &json!("no items in <stdin>"))
    );
}

#[test]
fn a_list_in_a_file_is_read_and_not_replaced() {
    let dir = Dir::new();
    dir.write(
        "items.jsonl",
        list(&[json!({"path": "i", "text": token(1)})]),
    );
    assert_eq!(dir.run(&["scan", "--items", "items.jsonl"]).code, 1);
    let ran = dir.run(&["scan", "--items", "items.jsonl", "-o", "items.jsonl"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for (args, word) in [
        (&["scan", "--items", "missing"][..], "no such file"),
        (&["scan", "--items", "."], "directory"),
        (&["scan", "--items", "-", "."], "cannot be used with"),
        (&["scan", "--items", "-", "--exclude", "[z-a"], "[z-a"),
    ] {
        let ran = dir.run(args);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(word), "{ran:?}");
    }
}

#[test]
fn a_line_longer_than_the_limit_is_told_and_memory_stays_small() {
    let dir = Dir::new();
    let mut input = list(&[json!({"path": "a", "text": token(1)})]);
    input.push_str("{\"path\":\"b\",\"text\":\"");
    input.push_str(&"x".repeat(65 << 20));
    input.push_str("\"}\n");
    input.push_str(&list(&[json!({"path": "c", "text": token(2)})]));
    let ran = scan(&dir, &input, &[]);
    assert_eq!(
        (ran.code, paths(&ran)),
        (2, vec!["a".to_owned(), "c".to_owned()])
    );
    assert_eq!(
        errors(&ran),
        ["<stdin>: line 2: longer than 64 MiB; split it"]
    );
}

/// Runs a script of `contrib/items` and scans what it prints.
fn through(dir: &Dir, script: &str, argument: &str) -> Option<Ran> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("contrib/items")
        .join(script);
    let made = Command::new("python3")
        .arg(script)
        .arg(argument)
        .current_dir(dir.path())
        .output()
        .ok()?;
    Some(scan(dir, &String::from_utf8(made.stdout).unwrap(), &[]))
}

#[test]
fn issues_are_items() {
    let dir = Dir::new();
    let comment = json!({"body": format!("my token {}", token(2)), "author": {"login": "eve"}, "createdAt": "2026-01-31T08:00:00Z", "url": "https://tracker.example/1#c2"});
    let issues = json!([
        {"number": 1, "title": "It fails", "body": null, "author": null, "comments": [{"body": "same here"}, comment]},
        {"number": 2, "title": token(3), "body": "x", "url": "https://tracker.example/2"},
    ]);
    dir.write("issues.json", issues.to_string());
    let Some(ran) = through(&dir, "issues.py", "issues.json") else {
        return;
    };
    assert_eq!(
        (ran.code, paths(&ran)),
        (
            1,
            vec!["issues/1/comments/2".to_owned(), "issues/2".to_owned()]
        )
    );
    assert_eq!(ran.json()["findings"][0]["item"]["author"], "eve");
    // A list that ends in the middle is no complete scan.
    dir.write("issues.json", "[{}]");
    assert_eq!(through(&dir, "issues.py", "issues.json").unwrap().code, 2);
}

#[test]
fn messages_are_items() {
    let dir = Dir::new();
    let day = json!([
        {"type": "message", "user": "U1", "ts": "1769846400.000100", "text": format!("use {}", token(2))},
        {"username": "bot", "ts": "1769846401.000200", "attachments": [{"text": token(3)}]},
    ]);
    dir.write("export/general/2026-01-31.json", day.to_string())
        .write("export/users.json", "[]");
    let Some(ran) = through(&dir, "chat.py", "export") else {
        return;
    };
    let day = "general/2026-01-31";
    assert_eq!(
        (ran.code, paths(&ran)),
        (
            1,
            vec![
                format!("{day}/1769846400.000100"),
                format!("{day}/1769846401.000200")
            ]
        )
    );
    assert_eq!(
        ran.json()["findings"][0]["item"]["time"],
        "2026-01-31T08:00:00.000100+00:00"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_written_later_is_waited_for() {
    let dir = Dir::new();
    let pipe = dir.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let text = list(&[json!({"path": "a", "text": format!("key: {}", token(1))})]);
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        std::fs::write(pipe, text).unwrap();
    });
    let ran = dir.run(&["scan", "--items", "pipe", "--format", "json"]);
    writer.join().unwrap();
    assert_eq!(
        (ran.code, paths(&ran)),
        (1, vec!["a".to_owned()]),
        "{ran:?}"
    );
}
