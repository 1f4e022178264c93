//! No text from a repository reaches a terminal, a log or a table raw.

use stopleak::check::mint::Rng;
use stopleak::report::Format;
use stopleak::report::escape::is_unsafe;

use super::support::{Dir, Ran, line, size, token};

/// What a name, a subject or a reason may contain.
const PIECES: &[&str] = &[
    "\x1b[2J",
    "\x1b]8;;http://x.invalid\x1b\\",
    "\x1b]52;c;eA==\x07",
    "\u{9b}31m",
    "\r",
    "\t",
    "\x08",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{e0041}",
    "\x7f",
    "\u{85}",
    "::error file=x::y",
    "::set-output name=a::b",
    "::add-mask::x",
    "##[error]x",
    "##vso[task.x]",
    "::stop-commands::t",
    "%0A::debug::x",
    "|",
    "||",
    "`",
    "```",
    "<script>alert(1)</script>",
    "![x](http://x.invalid/x.png)",
    "[x](javascript:x)",
    "<!--",
    "-->",
    "]]>",
    "&amp;",
    "&#10;",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "\"",
    "'",
    "\"\"",
    ",",
    ";",
    "\\",
    "\\n",
    "{{x}}",
    "${x}",
    "$(x)",
    "%s",
    "%n",
    "*",
    "_",
    "~",
    "#",
    "> ",
    "http://x.invalid",
    "é",
    "日本",
    "🙂",
    " ",
];

fn hostile(rng: &mut Rng, most: usize) -> String {
    let mut out = format!("n{}", rng.below(1 << 20));
    for _ in 0..1 + rng.below(4) {
        let piece = PIECES[rng.below(PIECES.len())];
        if out.len() + piece.len() < most {
            out.insert_str(if rng.below(3) == 0 { 0 } else { out.len() }, piece);
        }
    }
    out
}

/// Checks that `text` has no character that controls a terminal, and no invisible one.
#[track_caller]
fn is_tame(what: &str, text: &str) {
    let raw = text.chars().find(|c| *c != '\n' && is_unsafe(*c));
    assert_eq!(raw, None, "{what}: {text:?}");
    for line in text.lines() {
        let line = line.trim_start();
        let command = line.starts_with("::") || line.contains("##[") || line.contains("##vso[");
        let ours = [
            "::error ",
            "::warning ",
            "::notice ",
            "::group::",
            "::endgroup::",
        ];
        assert!(
            !command || what.contains("github") && ours.iter().any(|o| line.starts_with(o)),
            "{what}: {line}"
        );
    }
}

/// Returns the rows of a CSV file, with quotes resolved.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.push(chars.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c => field.push(c),
        }
    }
    assert!(!quoted && field.is_empty() && row.is_empty(), "{text:?}");
    rows
}

/// Checks that a report follows its format, however hostile its names are.
#[track_caller]
fn holds(format: &str, ran: &Ran, findings: Option<usize>) {
    is_tame(&format!("{format}, standard error"), &ran.stderr);
    // RFC 4180 ends rows with both.
    let shown = match format.ends_with("csv") {
        true => ran.stdout.replace("\r\n", "\n"),
        false => ran.stdout.clone(),
    };
    is_tame(format, &shown);
    if ran.stdout.is_empty() {
        // The run could not start; standard error says why.
        ran.ends(2).says("error");
        return;
    }
    match format {
        "json" | "sarif" | "gitlab" | "gitleaks-json" => drop(ran.json()),
        "jsonl" => ran.stdout.lines().for_each(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }),
        "csv" | "gitleaks-csv" => {
            let rows = rows(&ran.stdout);
            let width = rows.first().map_or(0, Vec::len);
            assert!(rows.iter().all(|row| row.len() == width), "{}", ran.stdout);
            let formula = |f: &String| f.starts_with(['=', '+', '@']) || f.starts_with("-1");
            if format == "csv" {
                let bad = rows.iter().flatten().find(|f| formula(f));
                assert_eq!(bad, None, "{}", ran.stdout);
            }
            assert!(
                findings.is_none_or(|n| rows.len() == n + 1),
                "{}",
                ran.stdout
            );
        }
        "markdown" => {
            let cells = |line: &str| {
                let bare = line.replace("\\\\", "").replace("\\|", "");
                bare.matches('|').count()
            };
            let table: Vec<&str> = ran.stdout.lines().filter(|l| l.starts_with('|')).collect();
            for pair in table.windows(2) {
                if pair[1].starts_with("|-")
                    || pair[1].starts_with("| -")
                    || pair[0].starts_with("| -")
                    || pair[0].starts_with("|-")
                {
                    assert_eq!(cells(pair[0]), cells(pair[1]), "{pair:?}");
                }
            }
            for mark in ["<script", "<!--", "![x]", "](javascript"] {
                assert!(!ran.stdout.contains(mark), "{mark}: {}", ran.stdout);
            }
        }
        "github" => {
            let notes = ran
                .stdout
                .lines()
                .filter(|l| l.starts_with("::") && !l.starts_with("::notice title=stopleak::"))
                .count();
            assert!(findings.is_none_or(|n| notes == n), "{}", ran.stdout);
        }
        "junit" => {
            for mark in ["<script", "]]>\n]]>", "<!--"] {
                assert!(!ran.stdout.contains(mark), "{mark}: {}", ran.stdout);
            }
        }
        _ => {}
    }
}

/// Names of files, authors, subjects and references, in every format.
#[test]
fn names_in_histories_and_trees() {
    for round in 0..size(2, 40) {
        let mut rng = Rng::new(round as u64 + 11);
        let dir = Dir::new();
        dir.git("init -q -b main .");
        let count = 6;
        for i in 0..count {
            let name =
                format!("{}/{}", hostile(&mut rng, 60), hostile(&mut rng, 60)).replace('\0', "");
            dir.write(name.replace("//", "/x/").trim_start_matches('/'), line(i));
            let (who, mail) = (hostile(&mut rng, 80), hostile(&mut rng, 80));
            let clean = |text: String| text.replace(['<', '>', '\n'], "");
            dir.shell(
                "git add -A; git -c user.name=a commit -q --author=\"$1 <$2>\" -m \"$3\" -m \"$4\"",
                &[
                    &clean(who),
                    &clean(mail),
                    &hostile(&mut rng, 99),
                    &hostile(&mut rng, 99),
                ],
            );
            let reference: String = hostile(&mut rng, 60);
            let reference = format!("refs/heads/{reference}");
            // As an archive contains it: git itself would reject most of these.
            let file = dir
                .at(".git")
                .join(reference.replace("//", "/").replace("..", "."));
            let _ = std::fs::create_dir_all(file.parent().unwrap());
            let _ = std::fs::copy(dir.at(".git/refs/heads/main"), file);
        }
        std::os::unix::fs::symlink("nowhere", dir.at("gone\x1b[31m\u{202e}::error::x")).unwrap();
        for format in Format::ALL.map(Format::id) {
            for args in [
                &["scan"][..],
                &["scan", "--follow", "-v"],
                &["history"],
                &["history", "--range", "main", "-v"],
                &["history", "--commit", "main"],
            ] {
                let ran = dir.run(&[args, &["--format", format]].concat());
                assert!(matches!(ran.code, Some(1 | 2)), "{format} {args:?} {ran:?}");
                holds(format, &ran, None);
            }
            let ran = dir.run(&["scan", "--format", format]);
            holds(
                format,
                &ran,
                (ran.code == Some(1)).then_some(count as usize),
            );
        }
    }
}

/// Texts of a repository's configuration, ignore file and baseline, and the messages about them.
#[test]
fn texts_of_configurations() {
    let quoted = |text: &str| serde_json::to_string(text).unwrap().replace("\\/", "/");
    for round in 0..size(4, 60) {
        let mut rng = Rng::new(round as u64 + 101);
        let mut text = || hostile(&mut rng, 90);
        // As a TOML string. TOML accepts the escapes of JSON, except for DEL and `\/`.
        let escaped = |text: String| {
            let quoted = serde_json::to_string(&text).unwrap();
            quoted[1..quoted.len() - 1].replace('\u{7f}', "\\u007f")
        };
        let dir = Dir::new();
        dir.git("init -q .");
        dir.write(
            "a.txt",
            [line(1), format!("acme_{}\n", "7".repeat(20)), token(3)].concat(),
        );
        let [title, reason, owner, odd] = [(); 4].map(|()| escaped(text()));
        dir.write("stopleak.toml", format!(
            "[[allow]]\nreason = \"{reason}\"\nowner = \"{owner}\"\nuntil = 2025-02-03\npaths = [\"*.md\"]\n\
             [[rule]]\nid = \"acme\"\ntitle = \"{title}\"\nrationale = \"{odd}\"\nsecret_type = \"api-key\"\n\
             severity = \"high\"\nshape = '\"acme_\" dig{{20}}'\n"
        ));
        let [first, second, third] = [(); 3].map(|()| text().replace('\n', " "));
        dir.write(
            ".stopleakignore",
            format!(
                "{} until=2025-01-01 owner={} {first}\n",
                "0".repeat(32),
                second.replace([' ', '\t'], "")
            ),
        );
        for args in [
            &["scan"][..],
            &["scan", "-v", "--strict-ignores"],
            &["config", "check"],
            &["config", "show"],
            &["config", "show", "--format", "json"],
            &["config", "path"],
            &["ignore", "list"],
            &["explain", "a.txt:1"],
            &["explain", "a.txt:2"],
            &["explain", "acme"],
            &["rules", "check", "stopleak.toml"],
            &["rules", "list"],
            &["scan", "--config", &third],
            &["scan", &third],
            &["scan", "--baseline", &third],
            &["scan", "--rule", &third],
            &["explain", &third],
            &["history", "--range", &third],
        ] {
            let ran = dir.run(args);
            assert!(matches!(ran.code, Some(0..=2)), "{args:?} {ran:?}");
            is_tame(&format!("{args:?}"), &ran.stdout);
            is_tame(&format!("{args:?}"), &ran.stderr);
        }
        for format in Format::ALL.map(Format::id) {
            holds(format, &dir.run(&["scan", "-v", "--format", format]), None);
        }
        // Error messages quote broken files.
        for broken in [
            format!("[[allow]]\n{} = 1\n", quoted(&third)),
            format!("[[allow]]\nreason = {}\nnothing = 1\n", quoted(&third)),
            format!("[\"{third}\"\n"),
            format!("extends = {}\n", quoted(&third)),
            third.clone(),
        ] {
            dir.write("stopleak.toml", broken);
            for args in [&["scan"][..], &["config", "check"], &["config", "show"]] {
                let ran = dir.run(args);
                is_tame("broken", &ran.stdout);
                is_tame("broken", &ran.stderr);
            }
        }
        std::fs::remove_file(dir.at("stopleak.toml")).unwrap();
        for file in [
            ".stopleakignore",
            ".stopleak-baseline",
            ".gitleaksignore",
            ".gitleaks.toml",
            "packed",
        ] {
            let own = dir.at(file);
            dir.write(file, format!("{third}\n{first} {second}\n"));
            for args in [
                &["scan"][..],
                &["baseline", "check"],
                &["ignore", "list"],
                &["import", file],
            ] {
                let ran = dir.run(args);
                is_tame(file, &ran.stdout);
                is_tame(file, &ran.stderr);
            }
            std::fs::remove_file(own).unwrap();
        }
    }
}

/// A directory's own name is in many messages.
#[test]
fn names_of_the_place_itself() {
    let dir = Dir::new();
    let place = "x\x1b[31m\u{202e}\n::error::y";
    dir.shell("mkdir \"$1\"; cd \"$1\"; git init -q .", &[place]);
    dir.write(format!("{place}/a.txt"), line(1));
    for script in [
        "cd \"$0\"; \"$@\" baseline create; \"$@\" baseline check; \"$@\" baseline update; \
         \"$@\" baseline prune; \"$@\" baseline create",
        "cd \"$0\"; \"$@\" hook install; \"$@\" hook status; \"$@\" hook uninstall; \"$@\" hook run pre-commit",
        "cd \"$0\"; \"$@\" config path; \"$@\" config check; \"$@\" config show; \"$@\" ignore list; \
         \"$@\" ignore add 00000000000000000000000000000000 --reason x; \"$@\" ignore list",
        "\"$@\" scan \"$0\"; \"$@\" scan \"$0/none\"; \"$@\" history \"$0\"; \"$@\" explain \"$0/a.txt:1\"; \
         \"$@\" scan -o \"$0/none/x.json\"; \"$@\" import \"$0/a.txt\"; \"$@\" rules check \"$0/a.txt\"; \
         \"$@\" scan --rules \"$0/a.txt\"; \"$@\" scan --config \"$0/a.txt\"; \"$@\" scan --baseline \"$0/a.txt\"",
    ] {
        let out = std::process::Command::new("sh")
            .args(["-c", script, place, super::support::PROGRAM])
            .current_dir(dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", dir.path())
            .output()
            .unwrap();
        let ran = Ran::of(&out);
        is_tame(script, &ran.stdout);
        is_tame(script, &ran.stderr);
        assert!(ran.stdout.len() + ran.stderr.len() > 200, "{ran:?}");
    }
}
