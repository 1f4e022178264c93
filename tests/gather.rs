//! `stopleak report`: reports of this program and of others, read, written, merged and compared.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use serde_json::{Value, json};

use crate::support::dir::Dir;
use crate::support::ran::Ran;
use crate::support::token;

/// A password that no rule knows by its form.
fn password() -> String {
    ["kR7-wq", "_Zp3mVx9!"].concat()
}

/// A tree with a token and a password, and a report of a scan of it.
fn scanned() -> Dir {
    let dir = Dir::new();
    dir.write("tree/a.yml", format!("key: {}\n", token(1)));
    let line = format!("é 𝒜 password = \"{}\"\n", password());
    dir.write("tree/sub/b.py", format!("\n{line}"));
    let reports = ["-o", "r.json", "-o", "r.jsonl", "-o", "r.sarif"];
    let ran = dir.run(&[&["scan", ".", "-q"], &reports[..]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    dir
}

fn scan(dir: &Dir, args: &[&str]) -> Ran {
    let all = ["scan", ".", "--include", "tree/**", "-q"];
    dir.run(&[&all, args].concat())
}

/// The same two findings as each scanner tells them, by the name of the scanner.
fn of_others() -> Vec<(&'static str, String)> {
    let (token, password) = (token(1), password());
    let gitleaks = json!([
        {"RuleID": "github-pat", "Description": "A PAT.", "StartLine": 1, "EndLine": 1,
         "StartColumn": 6, "EndColumn": 45, "Match": token, "Secret": token, "File": "tree/a.yml",
         "SymlinkFile": "", "Commit": "", "Entropy": 5.0, "Author": "", "Email": "", "Date": "",
         "Message": "", "Tags": [], "Fingerprint": "tree/a.yml:github-pat:1"},
        {"RuleID": "generic-api-key", "Description": "A key.", "StartLine": 2, "EndLine": 2,
         "StartColumn": 6, "EndColumn": 34, "Match": format!("password = \"{password}\""),
         "Secret": password, "File": "tree/sub/b.py", "Tags": ["x"]},
    ]);
    let better = |rule: &str, value: &str, path: &str, line: u64| {
        json!({"rule_id": rule, "description": "D", "confidence": "high",
            "match": {"full": value, "value": value, "fingerprint": "ab12"},
            "attributes": {"resource": "fs.content"},
            "location": {"path": path, "start_line": line, "end_line": line,
                "start_column": 6, "end_column": 6 + value.len() - 1}})
    };
    let found = [
        better("github-pat", &token, "tree/a.yml", 1),
        better("generic-password", &password, "tree/sub/b.py", 2),
    ];
    let scan = json!({"state": "complete", "bytes_scanned": 9, "num_findings": 2});
    let betterleaks = json!({"schema_version": "1", "findings": found, "scan": scan});
    let lines = found
        .iter()
        .map(|f| json!({"schema_version": "1", "finding": f}).to_string());
    let lines: Vec<String> = lines.collect();
    let scan = json!({"schema_version": "1", "scan": scan});
    let betterleaks_lines = format!("{}\n{scan}\n", lines.join("\n"));
    let king = |rule: &str, value: &str, path: &str, line: u64| {
        json!({"rule": {"name": rule, "id": format!("betterleaks.{rule}"), "description": "D"},
            "finding": {"snippet": value, "fingerprint": "17", "confidence": "medium",
                "validation": {"status": "Not Attempted"}, "line": line, "column_start": 5,
                "column_end": 5 + value.len() - 1, "path": path,
                "validate_command": format!("kingfisher validate '{value}'")}})
    };
    let found = [
        king("github-pat", &token, "tree/a.yml", 1),
        king("generic-password", &password, "tree/sub/b.py", 2),
    ];
    let audit = json!({"summary": {"scan_succeeded": 1, "scan_failed": 0}});
    let kingfisher = json!({"findings": found, "audit": audit, "metadata": {"summary":
        {"blobs_scanned": 2, "bytes_scanned": 9}}});
    let kingfisher_lines = format!("{}\n{}\n{}\n", found[0], found[1], json!({"audit": audit}));
    let truffle = |name: &str, value: &str, path: &str, line: u64| {
        json!({"SourceMetadata": {"Data": {"Filesystem": {"file": path, "line": line}}},
            "SourceID": 1, "DetectorName": name, "DetectorDescription": "", "DecoderName": "PLAIN",
            "Verified": false, "Raw": value, "RawV2": format!("{value}:{value}"), "Redacted": "",
            "ExtraData": null})
    };
    let log = json!({"level": "info-0", "ts": "x", "logger": "trufflehog", "msg": "finished"});
    let trufflehog = [
        "\u{1f437}\u{1f511}\u{1f437}  TruffleHog. Unearth your secrets.".to_owned(),
        truffle("Github", &token, "tree/a.yml", 1).to_string(),
        truffle("Password", &password, "tree/sub/b.py", 2).to_string(),
        log.to_string(),
    ];
    let incident = |kind: &str, value: &str, line: u64| {
        json!({"policy": "Secrets detection", "type": kind, "validity": "no_checker",
            "ignore_sha": "c0ffee", "total_occurrences": 1, "occurrences": [{"match": value,
            "match_type": "apikey", "line_start": line, "line_end": line, "index_start": 5,
            "index_end": 5 + value.len()}]})
    };
    let ggshield = json!({"id": "x", "type": "path_scan", "total_incidents": 2, "scans": [
        {"id": "y", "entities_with_incidents": [
            {"filename": "tree/a.yml", "mode": "FILE", "incidents": [incident("PAT", &token, 1)]},
            {"filename": "tree/sub/b.py", "incidents": [incident("Word", &password, 2)]}]}]});
    let result = |rule: &str, value: &str, path: &str, line: u64| {
        json!({"ruleId": rule, "message": {"text": format!("{value} found")}, "level": "error",
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region":
            {"startLine": line, "startColumn": 6, "endLine": line, "endColumn": 6 + value.len(),
            "snippet": {"text": value}}}}]})
    };
    let sarif = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Other",
        "rules": [{"id": "a", "shortDescription": {"text": "A"}}]}}, "results": [
        result("a", &token, "tree/a.yml", 1), result("b", &password, "tree/sub/b.py", 2)]}]});
    vec![
        ("gitleaks", gitleaks.to_string()),
        ("betterleaks", betterleaks.to_string()),
        ("betterleaks", betterleaks_lines),
        ("kingfisher", kingfisher.to_string()),
        ("kingfisher", kingfisher_lines),
        ("trufflehog", trufflehog.join("\n")),
        ("ggshield", ggshield.to_string()),
        ("sarif", sarif.to_string()),
    ]
}

/// What does not depend on the time that a run took.
fn timeless(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(at) = text.rfind("\"elapsed_ms\":") {
        let end = text[at..].find('}').unwrap();
        text.replace_range(at..at + end, "");
    }
    text
}

fn places(report: &Value) -> Vec<(String, u64, String)> {
    let found = report["findings"].as_array().unwrap().iter();
    let place = |f: &Value| {
        (
            f["path"].as_str().unwrap().to_owned(),
            f["start"]["line"].as_u64().unwrap(),
            f["secret"]["id"].as_str().unwrap().to_owned(),
        )
    };
    found.map(place).collect()
}

#[test]
fn what_is_read_and_written_again_is_the_same() {
    let dir = scanned();
    for name in ["r.json", "r.jsonl"] {
        for (format, of) in [
            ("json", "r.json"),
            ("jsonl", "r.jsonl"),
            ("sarif", "r.sarif"),
        ] {
            let ran = dir.run(&["report", "convert", name, "--format", format]);
            assert_eq!(ran.code, 1, "{ran:?}");
            let want = std::fs::read_to_string(dir.path().join(of)).unwrap();
            assert_eq!(timeless(&ran.stdout), timeless(&want), "{name} as {format}");
        }
    }
    let ran = dir.run(&["report", "convert", "r.sarif", "--format", "sarif"]);
    let want = std::fs::read_to_string(dir.path().join("r.sarif")).unwrap();
    assert_eq!(ran.stdout, want);
}

#[test]
fn reports_of_all_scanners_are_recognised_and_show_no_secret() {
    let dir = scanned();
    let ours = places(
        &dir.run(&["report", "convert", "r.json", "--format", "json"])
            .json(),
    );
    let formats = [
        "text",
        "json",
        "jsonl",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "csv",
        "markdown",
        "gitleaks-json",
        "gitleaks-csv",
    ];
    for (scanner, text) in of_others() {
        dir.write("other", &text);
        let ran = dir.run(&["report", "convert", "other", "--format", "json"]);
        assert_eq!(ran.code, 1, "{scanner}: {ran:?}");
        assert_eq!(places(&ran.json()), ours, "{scanner}");
        let evidence = ran.json()["findings"][0]["evidence"][0].clone();
        let said = match scanner {
            "sarif" => "reported by another scanner".to_owned(),
            known => format!("reported by {known}"),
        };
        assert_eq!(evidence, json!(said));
        let notes = ran.json()["summary"]["notes"].to_string();
        assert!(notes.contains("completeness unknown"), "{scanner}: {notes}");
        for format in formats {
            let ran = dir.run(&["report", "convert", "other", "--format", format, "-v"]);
            assert_eq!(ran.code, 1, "{scanner} as {format}: {ran:?}");
            for secret in [token(1), password()] {
                let all = format!("{}{}", ran.stdout, ran.stderr);
                assert!(!all.contains(&secret[..8]), "{scanner} as {format}: {all}");
            }
        }
        let ran = dir.run(&[
            "report",
            "convert",
            "other",
            "--show-secrets",
            "--format",
            "csv",
        ]);
        assert!(ran.stdout.contains(&password()), "{scanner}: {ran:?}");
        let ran = dir.run(&["report", "convert", "other", "--strict", "-q"]);
        assert_eq!(ran.code, 2, "{scanner}: {ran:?}");
    }
}

#[test]
fn the_form_can_be_named() {
    let dir = Dir::new();
    dir.write("empty", "");
    let ran = dir.run(&["report", "convert", "empty"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("empty: empty: a scanner"), "{ran:?}");
    let ran = dir.run(&["report", "convert", "empty", "--from", "trufflehog"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    dir.write("other.json", "{\"a\": 1}");
    let ran = dir.run(&["report", "convert", "other.json"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("not a report that is known"), "{ran:?}");
    assert!(ran.stderr.contains("--from"), "{ran:?}");
    let (_, text) = of_others().remove(0);
    let ran = dir.run_with(
        &["report", "convert", "-", "--format", "csv"],
        text.as_bytes(),
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    let wide: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    dir.write("wide", wide);
    assert_eq!(dir.run(&["report", "convert", "wide"]).code, 1);
}

#[test]
fn a_mistake_has_a_place_and_no_secret() {
    let dir = Dir::new();
    let password = password();
    for (text, want) in [
        (
            format!("[{{\"RuleID\": \"r\",\n \"StartLine\": \"{password}\"}}]"),
            "bad:2:",
        ),
        (
            "[{\"RuleID\": \"r\"},\n{\"Secret\": \"x\"}]".to_owned(),
            "it has no `RuleID`",
        ),
        ("[{\"RuleID\": \"r\"}".to_owned(), "ends too early"),
        (
            "{\"schema_version\": \"9\", \"tool\": {}, \"findings\": []}".to_owned(),
            "this program reads 1",
        ),
        (
            "{\"runs\": [], \"version\": \"1.0.0\"}".to_owned(),
            "this program reads 2.1.0",
        ),
        ("[".repeat(100_000), "bad:1:"),
        ("\u{7f}".to_owned(), "bad:1:"),
    ] {
        dir.write("bad", &text);
        let ran = dir.run(&["report", "convert", "bad"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(want), "{want}: {ran:?}");
        assert!(!ran.stderr.contains(&password), "{ran:?}");
        ran.is_civil();
    }
    let ran = dir.run(&["report", "convert", "none.json"]);
    assert!(ran.stderr.contains("none.json: no such file"), "{ran:?}");
}

#[test]
fn a_report_that_was_cut_or_says_so_is_incomplete() {
    let dir = scanned();
    let lines = std::fs::read_to_string(dir.path().join("r.jsonl")).unwrap();
    let (cut, _) = lines.trim_end().rsplit_once('\n').unwrap();
    dir.write("cut.jsonl", cut);
    let fewer: Vec<&str> = lines.lines().skip(1).collect();
    dir.write("fewer.jsonl", fewer.join("\n"));
    let failed = lines.replace("\"outcome\":\"findings\"", "\"outcome\":\"incomplete\"");
    dir.write("failed.jsonl", failed);
    let better = json!({"schema_version": "1", "findings": [], "scan": {"state": "canceled"}});
    dir.write("better.json", better.to_string());
    let better = json!({"schema_version": "1", "finding": null});
    dir.write("better.jsonl", better.to_string());
    let audit = json!({"findings": [], "audit": {"summary": {"scan_failed": 1}}, "metadata": {}});
    dir.write("king.json", audit.to_string());
    let error = json!({"level": "error", "msg": "error scanning", "error": "denied", "ts": "1"});
    dir.write("truffle", error.to_string());
    let errors = json!({"id": "x", "total_incidents": 0, "errors": [{"files": [
        {"filename": "big"}], "description": "too large"}]});
    dir.write("gg.json", errors.to_string());
    let sarif = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}},
        "results": [], "invocations": [{"executionSuccessful": false}]}]});
    dir.write("x.sarif", sarif.to_string());
    for (name, why) in [
        ("cut.jsonl", "does not end with a summary"),
        ("fewer.jsonl", "counts 2 findings, and 1 are listed"),
        ("failed.jsonl", "its run was incomplete"),
        ("better.json", "did not complete"),
        ("better.jsonl", "was interrupted"),
        ("king.json", "1 repository could not be scanned"),
        ("truffle", "error scanning: denied"),
        ("gg.json", "too large"),
        ("x.sarif", "its run was incomplete"),
    ] {
        let ran = dir.run(&["report", "convert", name, "--exit-zero"]);
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
        assert!(ran.stdout.contains(why), "{name}: {ran:?}");
        let ran = dir.run(&["report", "merge", "r.json", name, "--exit-zero"]);
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
        let ran = dir.run(&["report", "diff", "r.json", name, "--fail-on", "none"]);
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
    }
}

#[test]
fn merged_reports_have_each_finding_once() {
    let dir = scanned();
    let one = dir
        .run(&["report", "convert", "r.json", "--format", "json"])
        .json();
    let mut names = vec!["r.json".to_owned()];
    for (number, (scanner, text)) in of_others().into_iter().enumerate() {
        let name = format!("{number}-{scanner}");
        dir.write(&name, text);
        names.push(name);
    }
    let merge = |names: &[String]| {
        let names = names.iter().map(String::as_str);
        let args: Vec<&str> = ["report", "merge", "--format", "json"]
            .into_iter()
            .chain(names)
            .collect();
        dir.run(&args)
    };
    let ran = merge(&names);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(places(&ran.json()), places(&one));
    let found = &ran.json()["findings"][0];
    assert_eq!(found["rule_id"], one["findings"][0]["rule_id"]);
    assert!(
        found["evidence"]
            .to_string()
            .contains("reported by gitleaks")
    );
    names.reverse();
    assert_eq!(
        merge(&names).stdout,
        ran.stdout,
        "the order of reports is no matter"
    );
    // Receipts add up.
    let twice = dir
        .run(&["report", "merge", "r.json", "r.jsonl", "--format", "json"])
        .json();
    let (sum, own) = (&twice["summary"], &one["summary"]);
    assert_eq!(sum["findings"], own["findings"]);
    for count in ["files", "bytes"] {
        assert_eq!(
            sum[count].as_u64().unwrap(),
            2 * own[count].as_u64().unwrap()
        );
    }
    let all = dir.run(&[
        "report",
        "merge",
        "r.json",
        "-q",
        "-o",
        "all.sarif",
        "-o",
        "all.html.md=x",
    ]);
    assert_eq!(all.code, 2, "{all:?}");
}

fn differs(dir: &Dir, old: &str, new: &str) -> Ran {
    dir.run(&["report", "diff", old, new, "--format", "json"])
}

#[test]
fn what_is_new_gone_and_the_same() {
    let dir = scanned();
    let ran = differs(&dir, "r.json", "r.sarif");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.json()["summary"],
        json!({"new": 0, "gone": 0, "same": 2, "outcome": "same", "exit_code": 0})
    );
    dir.write(
        "tree/a.yml",
        format!("\n\nkey: {}\nmore: {}\n", token(1), token(2)),
    );
    std::fs::remove_file(dir.path().join("tree/sub/b.py")).unwrap();
    dir.write("tree/copy.yml", format!("key: {}\n", token(1)));
    scan(&dir, &["-o", "new.json"]);
    let ran = differs(&dir, "r.json", "new.json");
    let report = ran.json();
    assert_eq!(
        (ran.code, &report["compared_by"]),
        (1, &json!("fingerprint"))
    );
    let lines = |list: &str| -> Vec<(String, bool)> {
        let all = report[list].as_array().unwrap().iter();
        all.map(|f| {
            let elsewhere = f["secret_elsewhere"] == json!(true);
            (f["path"].as_str().unwrap().to_owned(), elsewhere)
        })
        .collect()
    };
    assert_eq!(
        lines("new"),
        [
            ("tree/a.yml".to_owned(), false),
            ("tree/copy.yml".to_owned(), true)
        ]
    );
    assert_eq!(lines("gone"), [("tree/sub/b.py".to_owned(), false)]);
    assert_eq!(report["summary"]["same"], 1);
    let ran = dir.run(&["report", "diff", "r.json", "new.json"]);
    assert!(
        ran.stdout.contains("2 new findings, 1 gone, 1 the same"),
        "{ran:?}"
    );
    assert!(
        ran.stdout.contains("the same secret was elsewhere before"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains(&token(2)[..12]), "{ran:?}");
    assert_eq!(
        dir.run(&["report", "diff", "r.json", "new.json", "--fail-on", "none"])
            .code,
        0
    );
    // With another scanner, secrets are compared.
    let (_, gitleaks) = of_others().remove(0);
    dir.write("g.json", gitleaks);
    let ran = differs(&dir, "g.json", "r.json");
    assert_eq!(
        (ran.code, &ran.json()["compared_by"]),
        (0, &json!("secret")),
        "{ran:?}"
    );
    assert_eq!(ran.json()["reports"]["old"]["completeness"], "unknown");
    // detect-secrets names only hashes.
    let sha1 = |value: &str| {
        use sha1::Digest;
        data_encoding::HEXLOWER.encode(&sha1::Sha1::digest(value))
    };
    let secret = |value: &str, line: u64| json!([{"type": "T", "hashed_secret": sha1(value), "is_verified": false, "line_number": line}]);
    let baseline = json!({"version": "1.5.0", "plugins_used": [], "generated_at": "x", "results": {
        "tree/a.yml": secret(&token(1), 1), "tree/sub/b.py": secret(&password(), 2)}});
    dir.write("d", baseline.to_string());
    let ran = differs(&dir, "d", "g.json");
    assert_eq!(
        (ran.code, &ran.json()["compared_by"]),
        (0, &json!("secret-sha1")),
        "{ran:?}"
    );
    let ran = differs(&dir, "d", "d");
    assert_eq!(
        (ran.code, &ran.json()["compared_by"]),
        (0, &json!("secret")),
        "{ran:?}"
    );
    // What a person accepted meanwhile is gone, and told.
    let print = report["same"][0]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    dir.run(&["ignore", "add", &print, "--reason", "a test"]);
    scan(&dir, &["--show-suppressed", "-o", "accepted.json"]);
    let ran = differs(&dir, "new.json", "accepted.json");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.json()["gone"]
            .as_array()
            .unwrap()
            .iter()
            .all(|f| f["accepted_elsewhere"] == json!(true))
    );
}

#[test]
fn findings_of_commits_link_to_their_host_without_credentials() {
    let repo = crate::support::repo::Repo::init(&[]);
    let secret = ["hunter2", "-x9Zq"].concat();
    let id = repo.commit("sub/a b.yml", format!("\nkey: {}\n", token(1)));
    let url = format!("https://me:{secret}@gitlab.example.com/group/r.git");
    repo.git(&["remote", "add", "origin", &url]);
    let run = |args: &[&str]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        Ran::of(command.args(args).output().unwrap())
    };
    let want = format!("https://gitlab.example.com/group/r/-/blob/{id}/sub/a%20b.yml#L2");
    let ran = run(&["history", "--format", "json"]);
    assert_eq!(
        ran.json()["findings"][0]["commit"]["link"],
        json!(want),
        "{ran:?}"
    );
    let ran = run(&["history", "--format", "sarif"]);
    assert_eq!(
        ran.json()["runs"][0]["results"][0]["hostedViewerUri"],
        json!(want)
    );
    for format in ["text", "gitlab"] {
        let ran = run(&["history", "--format", format]);
        assert!(ran.stdout.contains(&want), "{format}: {ran:?}");
        assert!(!ran.stdout.contains(&secret), "{format}: {ran:?}");
    }
    let page = run(&["history", "--format", "html"]).stdout;
    let (file, line) = want.split_once('#').unwrap();
    assert!(page.contains(&format!("\"{file}\"")), "{page}");
    assert!(page.contains(&format!("[0,\"#{line}\"]")) || page.contains(&format!(",\"#{line}\"]")));
    let table = run(&["history", "--format", "markdown"]).stdout;
    let place = "<code>sub/a b&#46;yml&#58;2&#58;6</code>";
    assert!(table.contains(&format!("| [{place}]({want}) |")), "{table}");
    for text in [page, table] {
        assert!(!text.contains(&secret));
    }
    let ran = run(&["history", "--format", "json", "--permalinks", "off"]);
    assert_eq!(ran.json()["findings"][0]["commit"].get("link"), None);
    let other = "gitea=https://code.example/o/r";
    let ran = run(&["history", "--format", "json", "--permalinks", other]);
    let want = format!("https://code.example/o/r/src/commit/{id}/sub/a%20b.yml#L2");
    assert_eq!(ran.json()["findings"][0]["commit"]["link"], json!(want));
    let ran = run(&["history", "--permalinks", "https://code.example/o/r"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("KIND=URL"), "{ran:?}");
    // What is not committed has no link.
    let ran = run(&["scan", ".", "--format", "json"]);
    assert_eq!(ran.json()["findings"][0].get("commit"), None);
    // A report keeps its links.
    run(&["history", "-q", "-o", "r.json"]);
    let ran = run(&["report", "convert", "r.json", "--format", "sarif"]);
    let link = &ran.json()["runs"][0]["results"][0]["hostedViewerUri"];
    assert!(
        link.as_str()
            .unwrap()
            .starts_with("https://gitlab.example.com/group/r/-/blob/")
    );
}

#[test]
fn a_template_writes_what_it_likes() {
    let dir = scanned();
    let source = "{% for f in findings %}{{ f.path }}:{{ f.start.line }} {{ f.secret.redacted }}\n\
        {% endfor %}{{ summary.findings }} {{ summary.outcome }}\n";
    dir.write("t.txt.j2", source);
    let want = "tree/a.yml:1 ghp_********\ntree/sub/b.py:2 ********\n2 findings\n";
    for args in [
        &[
            "scan",
            "tree/a.yml",
            "tree/sub/b.py",
            "--template",
            "t.txt.j2",
        ][..],
        &["report", "convert", "r.json", "--template", "t.txt.j2"],
        &[
            "report",
            "convert",
            "r.json",
            "--format",
            "template",
            "--template",
            "t.txt.j2",
        ],
    ] {
        let ran = dir.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, want), "{ran:?}");
    }
    let args = [
        "report",
        "convert",
        "r.json",
        "--template",
        "t.txt.j2",
        "-q",
        "-o",
        "template=out",
    ];
    assert_eq!(dir.run(&args).code, 1);
    assert_eq!(
        std::fs::read_to_string(dir.path().join("out")).unwrap(),
        want
    );
    for (source, why) in [
        ("\n{% if %}", "bad.j2: line 2: syntax error"),
        ("{{ nothing }}", "bad.j2: line 1: undefined value"),
        ("{% include 't.txt.j2' %}", "bad.j2: line 1: "),
    ] {
        dir.write("bad.j2", source);
        let ran = dir.run(&["report", "convert", "r.json", "--template", "bad.j2"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(why), "{ran:?}");
    }
    let ran = dir.run(&["scan", ".", "--format", "template"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--template FILE"), "{ran:?}");
    let ran = dir.run(&["scan", ".", "--template", "none.j2"]);
    assert!(ran.stderr.contains("none.j2: no such file"), "{ran:?}");
}

#[test]
fn sources_of_trufflehog_that_are_no_files_have_a_place() {
    let dir = Dir::new();
    let value = ["kR7-wq", "_Zp3mVx9!"].concat();
    let found = |data: Value| {
        json!({"SourceMetadata": {"Data": data}, "SourceID": 1, "SourceType": 4,
            "SourceName": "trufflehog - stdin", "DetectorType": 8, "DetectorName": "Password",
            "DetectorDescription": "", "DecoderName": "PLAIN", "Verified": false,
            "VerificationFromCache": false, "Raw": value, "RawV2": "", "Redacted": "",
            "ExtraData": null, "StructuredData": null, "SecretParts": {"key": value}})
    };
    let time = json!({"seconds": 1_700_000_000, "nanos": 5});
    for (data, path) in [
        (
            json!({"Gcs": {"bucket": "b", "filename": "a/b.env", "acls": ["x"]}}),
            "a/b.env",
        ),
        (
            json!({"Webhook": {"Data": {"Vector": {"timestamp": time, "link": "https://x.example/1"}}}}),
            "https://x.example/1",
        ),
        (
            json!({"Forager": {"Metadata": {"Github": {"file": "c.env", "line": 7}}}}),
            "c.env",
        ),
        (
            json!({"Postman": {"link": "https://x.example/2", "location_type": 3}}),
            "https://x.example/2",
        ),
        (
            json!({"AwsSecretsManager": {"secret_arn": "arn:aws:x"}}),
            "arn:aws:x",
        ),
        (json!({"Stdin": {}}), "trufflehog - stdin"),
        (Value::Null, "trufflehog - stdin"),
    ] {
        dir.write("t.jsonl", format!("{}\n", found(data.clone())));
        let ran = dir.run(&["report", "convert", "t.jsonl", "--format", "json"]);
        assert_eq!(ran.code, 1, "{data}: {ran:?}");
        assert_eq!(ran.json()["findings"][0]["path"], json!(path), "{data}");
        assert!(!ran.stdout.contains(&value), "{data}");
    }
    // The parts of a credential besides the value itself.
    let mut both = found(json!({"Filesystem": {"file": "a", "line": 1}}));
    let secret = ["Qm4", "x9Lw2Tz7Vb"].concat();
    both["SecretParts"] = json!({"id": value, "secret": secret});
    dir.write("t.jsonl", both.to_string());
    let ran = dir.run(&["report", "convert", "t.jsonl", "--format", "json"]);
    assert_eq!(
        ran.json()["findings"][0]["parts"][0]["name"],
        "secret",
        "{ran:?}"
    );
    assert!(!ran.stdout.contains(&secret), "{ran:?}");
}

#[test]
fn a_commit_of_ggshield_has_the_lines_after_it_and_its_errors_once() {
    let dir = Dir::new();
    let value = ["kR7-wq", "_Zp3mVx9!"].concat();
    let error =
        json!({"files": [{"mode": "NEW", "filename": "big.bin"}], "description": "too big"});
    let scan = |id: &str, line: Value| {
        let mut occurrence = json!({"match": value, "match_type": "password", "line_start": 40,
            "line_end": 40, "index_start": 4, "index_end": 9, "pre_line_start": 40,
            "pre_line_end": 40});
        for name in ["post_line_start", "post_line_end"] {
            if !line.is_null() {
                occurrence[name] = line.clone();
            }
        }
        json!({"id": id.repeat(40), "type": "commit", "total_incidents": 1, "errors": [error],
            "extra_info": {"author": "A", "email": "a@b.example", "date": "2024-01-02 03:04:05 +0000"},
            "entities_with_incidents": [{"mode": "MODIFY", "filename": "a.py", "incidents": [{
                "policy": "Secrets detection", "type": "Generic Password", "validity": null,
                "ignore_sha": id, "total_occurrences": 1, "occurrences": [occurrence],
                "ignore_reason": null, "incident_url": "", "known_secret": false,
                "secret_vaulted": false}]}]})
    };
    let report = json!({"id": "x", "type": "commit-ranges", "total_incidents": 2,
        "total_occurrences": 2, "secrets_engine_version": "2.1",
        "scans": [scan("a", json!(43)), scan("b", Value::Null)]});
    dir.write("g.json", report.to_string());
    let ran = dir.run(&["report", "convert", "g.json", "--format", "json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let lines: Vec<u64> = ran.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["start"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [43, 40]);
    assert_eq!(ran.json()["failed"].as_array().unwrap().len(), 1, "{ran:?}");
}
