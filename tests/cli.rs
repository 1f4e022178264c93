//! The program as users run it: in fresh directories, with exit codes and output.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod explain;
mod tools;

use crate::support::dir::Dir;
use crate::support::token;
use stopleak::check::mint::mint;

/// The seven situations in which other scanners fail: see `docs/design.md`, "Exit codes".
mod rows {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_unreadable_file_is_never_clean() {
        use std::os::unix::fs::PermissionsExt;
        let dir = Dir::new();
        dir.write("locked.txt", token(1))
            .write("fine.txt", "nothing here\n");
        std::fs::set_permissions(
            dir.path().join("locked.txt"),
            std::fs::Permissions::from_mode(0o000),
        )
        .unwrap();
        if std::fs::read(dir.path().join("locked.txt")).is_ok() {
            // The superuser reads every file, but nobody can read a directory as a file.
            return superuser_variant();
        }
        let ran = dir.run(&["scan"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stdout
                .contains("locked.txt: not scanned: permission denied"),
            "{ran:?}"
        );
        assert!(!ran.stdout.contains("clean"), "{ran:?}");
        ran.is_civil();
    }

    /// With `--follow`, a link to a missing file fails for every user.
    #[cfg(unix)]
    fn superuser_variant() {
        let dir = Dir::new();
        std::os::unix::fs::symlink("missing", dir.path().join("dangling")).unwrap();
        let ran = dir.run(&["scan", "--follow"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stdout.contains("dangling: not scanned: no such file"),
            "{ran:?}"
        );
        assert!(!ran.stdout.contains("clean"), "{ran:?}");
    }

    #[test]
    fn a_missing_path_is_an_error_and_the_rest_is_scanned() {
        let dir = Dir::new();
        dir.write("a.txt", format!("t = {}\n", token(2)));
        let ran = dir.run(&["scan", "nope", "a.txt"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stdout
                .contains("nope: not scanned: no such file or directory"),
            "{ran:?}"
        );
        assert!(ran.stdout.contains("github-pat-classic"), "{ran:?}");
        ran.is_civil();
    }

    #[test]
    fn a_bad_pattern_is_named_with_its_file_and_rule() {
        let dir = Dir::new();
        let rule = "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme\"\ntitle = \"t\"\nsecret_type = \"api-key\"\nseverity = \"high\"\npattern = 'acme_(x'\nanchors = [\"acme_\"]\n";
        dir.write("acme.toml", rule);
        let ran = dir.run(&["scan", "--rules", "acme.toml"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stderr
                .contains("acme.toml: rule `acme`: the pattern does not compile"),
            "{ran:?}"
        );
        assert!(
            ran.stderr
                .contains("help: check it with `stopleak rules check acme.toml`"),
            "{ran:?}"
        );
        ran.is_civil();
    }

    #[test]
    fn an_unknown_key_is_named_with_line_and_column() {
        let dir = Dir::new();
        let rule = "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme\"\ntitle = \"t\"\nsecret_type = \"api-key\"\nseverity = \"high\"\nshape = '\"acme_\" hex{8}'\nentropi = 3\n";
        dir.write("acme.toml", rule);
        let ran = dir.run(&["rules", "check", "acme.toml"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stderr.contains("acme.toml:9:1:") && ran.stderr.contains("entropi"),
            "{ran:?}"
        );
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let dir = Dir::new();
        for n in 0..60 {
            dir.write(
                &format!("d{}/f{n}.txt", n % 7),
                format!("x\nkey = {}\n", token(n)),
            );
        }
        let run = |jobs: &str| {
            let ran = dir.run(&["scan", "--format", "jsonl", "-j", jobs]);
            assert_eq!(ran.code, 1);
            let lines: Vec<String> = ran
                .stdout
                .lines()
                .filter(|l| !l.contains("elapsed_ms"))
                .map(str::to_owned)
                .collect();
            assert_eq!(lines.len(), 60);
            lines
        };
        let first = run("1");
        for jobs in ["1", "2", "4", "8"] {
            assert_eq!(run(jobs), first, "{jobs} jobs");
        }
    }

    #[cfg(unix)]
    #[test]
    fn control_characters_of_a_file_name_never_reach_the_terminal() {
        let dir = Dir::new();
        dir.write("a\u{1b}[2J\u{202e}b.txt", format!("t = {}\n", token(3)));
        for format in ["text", "json", "jsonl", "sarif"] {
            let ran = dir.run(&["scan", "--format", format]);
            assert_eq!(ran.code, 1);
            assert!(
                !ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'),
                "{format}: {ran:?}"
            );
        }
    }

    #[test]
    fn findings_and_errors_have_different_exit_codes() {
        let dir = Dir::new();
        dir.write("a.txt", "nothing\n");
        assert_eq!(dir.run(&["scan"]).code, 0);
        dir.write("b.txt", format!("t = {}\n", token(4)));
        assert_eq!(dir.run(&["scan"]).code, 1);
        assert_eq!(dir.run(&["scan", "--exit-zero"]).code, 0);
        assert_eq!(dir.run(&["scan", "b.txt", "nope"]).code, 2);
        assert_eq!(dir.run(&["scan", "--exit-zero", "b.txt", "nope"]).code, 2);
    }
}

/// Usage and output errors: exit code 2, and one line that names the mistake and the remedy.
#[test]
fn mistakes_are_named_and_exit_with_2() {
    let dir = Dir::new();
    dir.write("a.txt", "x\n");
    for (args, words) in [
        (&["scan", "--bad-flag"][..], "--bad-flag"),
        (&["scan", "--confidence", "huge"], "low, medium, high"),
        (&["scan", "--format", "xml"], "text, json, jsonl, sarif"),
        (
            &["scan", "--rule", "github-pat-clasic"],
            "did you mean `github-pat-classic`?",
        ),
        (&["scan", "--rules", "none.toml"], "none.toml"),
        (&["scan", "--exclude", "a{b"], "bad glob"),
        (
            &["scan", "-o", "no/such/dir/r.json"],
            "no/such/dir/r.json: cannot be written",
        ),
        (&["scan", "-o", "report.yaml"], "report.yaml"),
        (&["scan", "-", "a.txt"], "cannot be combined"),
        (&["scan", "--stdin-path", "x", "a.txt"], "--stdin-path"),
        (&["rules", "show", "nope-nope"], "no rule is called"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let ran = dir.run(args);
        assert_eq!(ran.code, 2, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(words), "{args:?}: {ran:?}");
        ran.is_civil();
    }
}

#[test]
fn an_empty_rule_set_proves_nothing() {
    let dir = Dir::new();
    let ran = dir.run(&[
        "scan",
        "--rule",
        "github-pat-classic",
        "--disable-rule",
        "github-pat-classic",
    ]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no rule is left to run"), "{ran:?}");
}

/// No literal leads to these: all of a small file is the value, or a value stands alone in it.
#[test]
fn a_rule_without_literals_can_be_disabled() {
    let dir = Dir::new();
    let key: String = (0..32)
        .map(|n| char::from(b"0123456789abcdef"[n * 7 % 16]))
        .collect();
    dir.write("config/master.key", key.replace("07e5", "1b9d"));
    let wif = mint("base58check-wif", 4).expect("the check has samples");
    dir.write("a.csv", [b"1,x,", &wif[..], b"\n"].concat());
    for (rule, path) in [
        ("rails-master-key-file", "config/master.key"),
        ("bitcoin-wif", "a.csv"),
    ] {
        assert_eq!(dir.run(&["scan", path, "--rule", rule]).code, 1, "{rule}");
        let off = dir.run(&[
            "scan",
            path,
            "--confidence",
            "low",
            "--format",
            "json",
            "--disable-rule",
            rule,
        ]);
        assert!(!off.stdout.contains(&format!("\"{rule}\"")), "{off:?}");
    }
}

#[test]
fn standard_input_is_scanned_under_its_name() {
    let dir = Dir::new();
    let ran = dir.run_with(
        &[
            "scan",
            "--format",
            "json",
            "--stdin-path",
            "conf/app.env",
            "-",
        ],
        format!("a\nT={}\n", token(5)).as_bytes(),
    );
    assert_eq!(ran.code, 1);
    let json = ran.json();
    let finding = &json["findings"][0];
    assert_eq!(finding["path"], "conf/app.env");
    assert_eq!(
        (&finding["start"]["line"], &finding["start"]["column"]),
        (&2.into(), &3.into())
    );
    assert_eq!(finding["verdict"]["status"], "report");
}

#[test]
fn secrets_are_masked_unless_asked_for() {
    let dir = Dir::new();
    let (a, b) = (token(6), token(7));
    dir.write("x.txt", format!("one = {a} two = {b}\n"));
    for format in ["text", "json", "jsonl", "sarif"] {
        let ran = dir.run(&["scan", "-v", "--format", format]);
        for secret in [&a, &b] {
            assert!(
                !ran.stdout.contains(&secret[4..10]) && !ran.stderr.contains(&secret[4..10]),
                "{format}: {ran:?}"
            );
        }
        let shown = dir.run(&["scan", "--show-secrets", "--format", format]);
        if format != "sarif" {
            assert!(shown.stdout.contains(&a), "{format}: {shown:?}");
        }
    }
}

#[test]
fn several_reports_are_written_and_not_scanned() {
    let dir = Dir::new();
    dir.write("x.txt", format!("t = {}\n", token(8)));
    let ran = dir.run(&[
        "scan",
        "-q",
        "-o",
        "r.sarif",
        "-o",
        "r.json",
        "-o",
        "jsonl=lines",
    ]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stdout, "");
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(json["summary"]["files"], 1);
    let sarif: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("r.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(
        std::fs::read_to_string(dir.path().join("lines"))
            .unwrap()
            .lines()
            .count()
            >= 2
    );
}

#[test]
fn encodings_are_all_read() {
    let dir = Dir::new();
    let text = |n: u64| format!("ä = 1\nkey = {}\n", token(n));
    let utf16 = |big: bool, mark: bool, n: u64| -> Vec<u8> {
        let marked = if mark {
            format!("\u{feff}{}", text(n))
        } else {
            text(n)
        };
        marked
            .encode_utf16()
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    };
    let utf32 = |n: u64| -> Vec<u8> {
        format!("\u{feff}{}", text(n))
            .chars()
            .flat_map(|c| (c as u32).to_le_bytes())
            .collect()
    };
    let latin1: Vec<u8> = text(25).chars().map(|c| c as u8).collect();
    let nuls = format!("A=1\0B=two words\0C={}\0D=a longer value here\0", token(26));
    dir.write("utf8.txt", text(20))
        .write("le.txt", utf16(false, true, 21))
        .write("be.txt", utf16(true, true, 22))
        .write("bare-le.txt", utf16(false, false, 23))
        .write("utf32.txt", utf32(24))
        .write("latin1.txt", latin1)
        .write("environ", nuls);
    let json = dir.run(&["scan", "--format", "json"]).json();
    let found: Vec<(String, u64, u64)> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            (
                f["path"].as_str().unwrap().to_owned(),
                f["start"]["line"].as_u64().unwrap(),
                f["start"]["column"].as_u64().unwrap(),
            )
        })
        .collect();
    let place = |name: &str| found.iter().find(|f| f.0 == name).map(|f| (f.1, f.2));
    for name in [
        "utf8.txt",
        "le.txt",
        "be.txt",
        "bare-le.txt",
        "utf32.txt",
        "latin1.txt",
    ] {
        assert_eq!(place(name), Some((2, 7)), "{name}: {found:?}");
    }
    assert!(place("environ").is_some(), "{found:?}");
}

#[test]
fn what_git_ignores_is_left_out_but_what_it_tracks_is_not() {
    let dir = Dir::new();
    let git = |args: &[&str]| {
        let status = std::process::Command::new("git")
            .args(args)
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
    };
    git(&["init", "-q"]);
    dir.write(".gitignore", "*.log\n.env\n")
        .write(".ignore", "*\n");
    dir.write("kept.log", format!("t = {}\n", token(30)));
    dir.write("other.log", format!("t = {}\n", token(31)));
    dir.write(".hidden/seen.txt", format!("t = {}\n", token(32)));
    git(&["add", "-f", "kept.log"]);
    let paths = |args: &[&str]| -> Vec<String> {
        let json = dir.run(args).json();
        json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["path"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        paths(&["scan", "--format", "json"]),
        [".hidden/seen.txt", "kept.log"]
    );
    assert_eq!(
        paths(&["scan", "--format", "json", "--no-ignore"]),
        [".hidden/seen.txt", "kept.log", "other.log"]
    );
}

#[test]
fn a_repository_whose_index_cannot_be_read_is_never_clean() {
    let dir = Dir::new();
    let init = std::process::Command::new("git")
        .args(["init", "-q"])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .output()
        .unwrap();
    assert!(init.status.success(), "{init:?}");
    dir.write("a.txt", "nothing\n")
        .write(".git/index", "no index");
    let ran = dir.run(&["scan"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stdout.contains("what git tracks here cannot be listed"),
        "{ran:?}"
    );
    assert_eq!(dir.run(&["scan", "--no-ignore"]).code, 0);
    ran.is_civil();
}

#[test]
fn globs_choose_what_is_scanned_and_the_rest_is_counted() {
    let dir = Dir::new();
    for name in ["a.py", "b.js", "sub/c.py", "sub/vendor/d.py"] {
        dir.write(name, format!("t = {}\n", token(40)));
    }
    let files = |args: &[&str]| {
        let json = dir
            .run(&[&["scan", "--format", "json"], args].concat())
            .json();
        (
            json["summary"]["files"].as_u64().unwrap(),
            json["summary"]["skipped"]["excluded"].as_u64().unwrap_or(0),
        )
    };
    assert_eq!(files(&[]), (4, 0));
    assert_eq!(files(&["--exclude", "vendor/"]), (3, 1));
    assert_eq!(files(&["--include", "*.py"]), (3, 1));
    assert_eq!(files(&["--include", "*.py", "--exclude", "sub"]), (1, 2));
    assert_eq!(dir.run(&["scan", "--exclude", "*", "--strict"]).code, 2);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_loops_are_skipped_with_a_reason() {
    let dir = Dir::new();
    dir.write("real/a.txt", format!("t = {}\n", token(50)));
    std::os::unix::fs::symlink("real/a.txt", dir.path().join("link.txt")).unwrap();
    std::os::unix::fs::symlink("..", dir.path().join("real/up")).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(dir.path().join("pipe"))
            .status()
            .unwrap()
            .success()
    );
    let json = dir.run(&["scan", "--format", "json"]).json();
    assert_eq!(json["summary"]["skipped"]["symlink"], 2);
    assert_eq!(json["summary"]["skipped"]["not-regular"], 1);
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    let json = dir.run(&["scan", "--format", "json", "--follow"]).json();
    assert_eq!(json["summary"]["skipped"]["symlink-loop"], 1, "{json}");
    assert!(json["findings"].as_array().unwrap().len() >= 2);
    assert_eq!(dir.run(&["scan", "pipe"]).code, 2);
}

#[test]
fn large_files_are_read_in_pieces_or_left_out_with_a_count() {
    let dir = Dir::new();
    let mut big = "a line of ordinary words, nothing else\n".repeat(300_000);
    big.push_str(&format!("last = {}\n", token(60)));
    dir.write("big.txt", &big);
    let json = dir.run(&["scan", "--format", "json"]).json();
    assert_eq!(json["findings"][0]["start"]["line"], 300_001);
    let json = dir
        .run(&["scan", "--format", "json", "--max-file-size", "1M"])
        .json();
    assert_eq!(json["summary"]["skipped"]["too-large"], 1);
    assert_eq!(
        dir.run(&["scan", "--max-file-size", "1M", "--strict"]).code,
        2
    );
}

#[test]
fn a_marker_suppresses_and_is_counted() {
    let dir = Dir::new();
    dir.write(
        "a.txt",
        format!("t = {} # stopleak:allow rotated\n", token(70)),
    );
    assert_eq!(dir.run(&["scan"]).code, 0);
    assert_eq!(dir.run(&["scan", "--no-inline-allow"]).code, 1);
    let json = dir
        .run(&["scan", "--format", "json", "--show-suppressed"])
        .json();
    assert_eq!(json["summary"]["suppressed"]["inline"], 1);
    assert_eq!(json["findings"][0]["verdict"]["reason"], "rotated");
}

#[test]
fn a_rule_of_the_users_runs_beside_the_built_in_ones() {
    let dir = Dir::new();
    let rule = "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme-key\"\ntitle = \"Acme key\"\nsecret_type = \"api-key\"\nseverity = \"high\"\nshape = '\"acme_\" hex{12}'\n";
    dir.write("rules/acme.toml", rule).write(
        "a.txt",
        format!("x = acme_8f0a1b7c3d2e\ny = {}\n", token(80)),
    );
    assert_eq!(dir.run(&["rules", "check", "rules/acme.toml"]).code, 0);
    let json = dir
        .run(&[
            "scan",
            "--format",
            "json",
            "--rules",
            "rules/acme.toml",
            "a.txt",
        ])
        .json();
    let ids: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["rule_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["acme-key", "github-pat-classic"]);
    assert_eq!(
        dir.run(&[
            "rules",
            "test",
            "acme-key",
            "k=acme_8f0a1b7c3d2e",
            "--rules",
            "rules/acme.toml"
        ])
        .code,
        1
    );
    assert_eq!(
        dir.run(&[
            "rules",
            "test",
            "acme-key",
            "k=acme_8f0a",
            "--rules",
            "rules/acme.toml"
        ])
        .code,
        0
    );
}

#[test]
fn an_aws_pair_is_one_finding_with_both_places() {
    let dir = Dir::new();
    let mint =
        |check: &str| String::from_utf8(stopleak::check::mint::mint(check, 9).unwrap()).unwrap();
    let id = mint("aws-access-key-id");
    let key = mint("aws-secret-key");
    dir.write(
        "c.ini",
        format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {key}\n"),
    );
    let json = dir.run(&["scan", "--format", "json"]).json();
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{json}");
    assert_eq!(findings[0]["rule_id"], "aws-access-key-id");
    assert_eq!(findings[0]["parts"][0]["start"]["line"], 3);
    assert_eq!(findings[0]["confidence"], "high");
}

#[test]
fn help_and_rules_list_go_to_standard_output() {
    let dir = Dir::new();
    let help = dir.run(&["scan", "--help"]);
    assert!(help.code == 0 && help.stdout.contains("Exit codes: 0 clean and complete"));
    let list = dir.run(&["rules", "list", "--provider", "GitHub"]);
    assert!(
        list.code == 0 && list.stdout.contains("github-pat-classic"),
        "{list:?}"
    );
    assert!(dir.run(&["rules", "list"]).stdout.lines().count() >= 700);
}
