//! What a run finds anywhere is masked wherever it stands: in the line, the path and the commit of
//! other findings, in notes, errors and files that are written, whichever place is read first.

#![allow(clippy::unwrap_used, reason = "tests")]

use stopleak::check::encoding::{Alphabet, base64_encode};
use stopleak::check::mint::mint;
use stopleak::report::Format;

use crate::support::dir::{Dir, stopleak};
use crate::support::repo::Repo;
use crate::support::{finish, token};

/// A password, as people make them. In two parts, so that no rule finds it here.
fn password() -> String {
    ["Winter", "lich-2031x"].concat()
}

/// Fails if six bytes in a row of `secret` stand in `text`.
#[track_caller]
fn hides(secret: &str, what: &str, text: &str) {
    for window in secret.as_bytes().windows(6) {
        let window = std::str::from_utf8(window).unwrap();
        assert!(!text.contains(window), "{what} shows {window}: {text}");
    }
}

/// Runs a command in each format, with one thread and several, and as report files. Returns the text
/// reports.
#[track_caller]
fn each(dir: &std::path::Path, command: &[&str], code: i32, secrets: &[&str]) -> String {
    let mut shown = String::new();
    for format in Format::ALL {
        let mut first: Option<String> = None;
        for jobs in ["1", "4"] {
            let more = ["--format", format.id(), "-j", jobs, "-v"];
            let args = [command, &more[..]].concat();
            let ran = stopleak(dir, &args, b"");
            let out = String::from_utf8(ran.stdout).unwrap();
            let all = format!("{out}{}", String::from_utf8(ran.stderr).unwrap());
            assert_eq!(ran.status.code(), Some(code), "{args:?}: {all}");
            for secret in secrets {
                hides(secret, &format!("{args:?}"), &all);
            }
            if format == Format::Text {
                shown = out.clone();
            }
            // Times differ from run to run.
            let stable = without_times(&out);
            assert_eq!(*first.get_or_insert_with(|| stable.clone()), stable);
        }
    }
    let file = dir.join("../report.json");
    let file = file.to_str().unwrap();
    stopleak(dir, &[command, &["-q", "-o", file]].concat(), b"");
    let text = std::fs::read_to_string(file).unwrap();
    std::fs::remove_file(file).unwrap();
    secrets.iter().for_each(|secret| hides(secret, "-o", &text));
    shown
}

fn without_times(text: &str) -> String {
    let keep = |line: &&str| !line.contains(" ms") && !line.contains("time");
    let text: Vec<&str> = text.lines().filter(keep).collect();
    let text = text.join("\n");
    match text.split_once("\"elapsed_ms\":") {
        Some((before, after)) => format!(
            "{before}{}",
            after.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit())
        ),
        None => text,
    }
}

struct Work(Dir);

impl Work {
    fn new() -> Self {
        let dir = Dir::new();
        dir.write("w/empty", "");
        Self(dir)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        self.0.write(&format!("w/{name}"), text);
        self
    }

    #[track_caller]
    fn each(&self, code: i32, secrets: &[&str]) -> String {
        each(&self.0.path().join("w"), &["scan", "."], code, secrets)
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        let ran = stopleak(&self.0.path().join("w"), args, b"");
        let text = [ran.stdout, ran.stderr].concat();
        (ran.status.code().unwrap(), String::from_utf8(text).unwrap())
    }
}

#[test]
fn a_password_of_another_file_read_before_or_after() {
    let p = password();
    for (first, second) in [("a", "z"), ("z", "a")] {
        let work = Work::new();
        work.write(&format!("{first}/.env"), format!("DB_PASSWORD={p}\n"))
            .write(
                &format!("{second}/note.txt"),
                format!("log in with {p} or token = \"{}\" ({p})\n", token(1)),
            );
        let text = work.each(1, &[&p]);
        assert!(text.contains("log in with ******** or token = "), "{text}");
    }
}

#[test]
fn a_password_of_another_line_of_the_same_file() {
    let (p, work) = (password(), Work::new());
    work.write(
        "a.py",
        format!("# not {p}, t = \"{}\"\npassword = \"{p}\"\n", token(2)),
    );
    work.each(1, &[&p]);
}

#[test]
fn more_files_than_wait_in_the_channels() {
    let (p, work) = (password(), Work::new());
    for n in 0..300 {
        work.write(
            &format!("f{n:03}.txt"),
            format!("{p} t = \"{}\"\n", token(n)),
        );
    }
    work.write("z.env", format!("DB_PASSWORD={p}\n"));
    work.each(1, &[&p]);
}

#[test]
fn a_path_of_another_finding_of_what_is_skipped_and_of_what_fails() {
    let (p, work) = (password(), Work::new());
    work.write(&format!("d-{p}/.env"), format!("DB_PASSWORD={p}\n"))
        .write(&format!("d-{p}/t.txt"), format!("t = \"{}\"\n", token(3)));
    let text = work.each(1, &[&p]);
    assert!(text.contains("d-********/t.txt:1"), "{text}");
    #[cfg(unix)]
    {
        let top = work.0.path().join("w");
        std::os::unix::fs::symlink("nowhere", top.join(format!("link-{p}"))).unwrap();
        work.each(1, &[&p]);
    }
    let missing = format!("missing-{p}");
    let dir = work.0.path().join("w");
    each(&dir, &["scan", ".", &missing], 2, &[&p]);
}

#[test]
fn what_is_decoded_is_masked_in_both_forms() {
    let p = password();
    let coded = data_encoding(&p);
    let work = Work::new();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: ";
    work.write("k.yaml", format!("{secret}{coded}\n"))
        .write("t.txt", format!("t = \"{}\" # {p} and {coded}\n", token(4)));
    work.each(1, &[&p, &coded]);
    // A URL has the password in another form than a text.
    let (url, plain) = ("Som%40mer%2Blich31", "Som@mer+lich31");
    let work = Work::new();
    work.write(
        "u.txt",
        format!("DATABASE_URL=postgres://app:{url}@db.prod.internal/x\n"),
    )
    .write("t.txt", format!("t = \"{}\" # is {plain}\n", token(5)));
    work.each(1, &[plain]);
}

/// Base64, for a manifest of Kubernetes.
fn data_encoding(text: &str) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let sum = (0..3).fold(0u32, |sum, i| {
            sum << 8 | u32::from(*chunk.get(i).unwrap_or(&0))
        });
        for i in 0..4 {
            match i <= chunk.len() {
                true => out.push(char::from(SIGNS[(sum >> (18 - 6 * i) & 63) as usize])),
                false => out.push('='),
            }
        }
    }
    out
}

#[test]
fn values_that_do_not_count_are_masked_elsewhere_too() {
    let p = password();
    let doubted = ["blue7", "sky9x"].concat();
    for (name, file, value, line) in [
        (
            "marker",
            "a.py",
            &p,
            format!("password = \"{p}\" # stopleak:allow test only\n"),
        ),
        ("doubted", "a.txt", &doubted, format!("key = {doubted}\n")),
        (
            "dismissed",
            "a.py",
            &p,
            format!("password = \"{p}-changeme\"\n"),
        ),
    ] {
        let work = Work::new();
        let shown = match name {
            "dismissed" => format!("{value}-changeme"),
            _ => value.clone(),
        };
        work.write(file, &line)
            .write("t.txt", format!("t = \"{}\" # {shown}\n", token(6)));
        work.each(1, &[value]);
        let dir = work.0.path().join("w");
        each(&dir, &["scan", ".", "--show-suppressed"], 1, &[value]);
    }
    // Accepted by the configuration, the ignore file and the baseline.
    let work = Work::new();
    work.write("a/.env", format!("DB_PASSWORD={p}\n"))
        .write("t.txt", format!("t = \"{}\" # {p}\n", token(7)))
        .write(
            "stopleak.toml",
            format!("[[allow]]\nreason = \"was {p}\"\npaths = [\"a/**\"]\n"),
        );
    let dir = work.0.path().join("w");
    each(&dir, &["scan", ".", "--show-suppressed"], 1, &[&p]);
}

#[test]
fn the_reason_of_a_marker() {
    let p = password();
    let work = Work::new();
    work.write("a.env", format!("DB_PASSWORD={p}\n")).write(
        "t.txt",
        format!("t = \"{}\" # stopleak:allow like {p}\n", token(8)),
    );
    let dir = work.0.path().join("w");
    each(&dir, &["scan", ".", "--show-suppressed"], 1, &[&p]);
}

#[test]
fn masks_come_before_cuts() {
    // A token that the end of a shown line, or of a reason, divides.
    for gap in 60..125 {
        let (work, hidden) = (Work::new(), token(gap));
        let unknown = "Zq7".repeat(30);
        let fill = " ".repeat(gap as usize);
        work.write(
            "t.txt",
            format!("{unknown}{fill}t = \"{}\"{fill}{hidden}\n", token(9)),
        );
        let reason = "why ".repeat(45);
        work.write(
            "r.txt",
            format!(
                "t = \"{}\" # stopleak:allow {reason}{}{hidden}\n",
                token(10),
                &fill[..20]
            ),
        );
        let (_, text) = work.run(&["scan", ".", "-v", "--show-suppressed"]);
        hides(&hidden[4..], "a line", &text);
        hides(&unknown, "a line", &text);
    }
    // A reason that the end of the examined line divides.
    for gap in 900..1010 {
        let (work, hidden) = (Work::new(), token(gap));
        let fill = "x ".repeat(gap as usize / 2);
        work.write(
            "t.txt",
            format!("t = \"{}\" {fill} # stopleak:allow {hidden}\n", token(11)),
        );
        let (_, text) = work.run(&["scan", ".", "-v", "--show-suppressed"]);
        hides(&hidden[4..], "a reason", &text);
    }
}

#[test]
fn lines_of_a_hook_and_keys_of_a_configuration() {
    let (repo, hidden) = (Repo::init(&[]), token(12));
    repo.commit("a", "a");
    for gap in 80..125 {
        let line = format!("{} {hidden} bad line\n", "x".repeat(gap));
        let args = ["hook", "run", "pre-push", "--", "origin", "url"];
        let ran = stopleak(repo.path(), &args, line.as_bytes());
        assert_eq!(ran.status.code(), Some(2));
        let text = String::from_utf8(ran.stderr).unwrap();
        hides(&hidden[4..], "pre-push", &text);
        assert!(
            text.contains("error: pre-push: standard input, line 1"),
            "{text}"
        );
    }
    let line = format!("{}\n", "word ".repeat(20_000));
    let ran = stopleak(
        repo.path(),
        &["hook", "run", "pre-push", "--", "o"],
        line.as_bytes(),
    );
    assert!(ran.stderr.len() < 2000);
    for gap in 20..60 {
        let work = Work::new();
        let text = format!("\"{} {hidden}\" = 1\n", "k".repeat(gap));
        work.write("stopleak.toml", text);
        let (code, text) = work.run(&["scan", "."]);
        assert_eq!(code, 2);
        hides(&hidden[4..], "a key", &text);
    }
}

#[test]
fn commits_of_other_findings() {
    let (repo, p) = (Repo::init(&[]), password());
    repo.write("w/t.txt", format!("t = \"{}\"\n", token(13)));
    repo.git(&["add", "-A"]);
    let author = format!("--author=N {p} <{p}@example.com>");
    repo.git(&[
        "commit",
        "-q",
        &author,
        "-m",
        &format!("the password is now {p}"),
    ]);
    repo.git(&["branch", &format!("b/{p}")]);
    repo.git(&["tag", &format!("v-{p}")]);
    repo.write("w/z.env", format!("DB_PASSWORD={p}\n"));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "later"]);
    let dir = repo.path().join("w");
    let text = each(&dir, &["history", ".."], 1, &[&p]);
    assert!(text.contains("the password is now ********"), "{text}");
    each(
        &dir,
        &["history", "..", "--range", "HEAD~1..HEAD"],
        1,
        &[&p],
    );
    each(&dir, &["history", "..", "--all-objects"], 1, &[&p]);
    // Only an older version has the password.
    repo.write("w/z.env", "DB_PASSWORD=\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "taken away"]);
    each(&dir, &["history", ".."], 1, &[&p]);
}

#[test]
fn the_lines_of_ci_wait_for_the_scan() {
    let (repo, p, hidden) = (Repo::init(&[]), password(), token(14));
    repo.commit("a", "a");
    let base = repo.git(&["rev-parse", "HEAD"]);
    let head = repo.commit("z.env", format!("DB_PASSWORD={p}\n"));
    let ci = |branch: &str, args: &[&str]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        let all = [&["ci", "--base", &base], args].concat();
        command
            .args(all)
            .env("CIRCLECI", "true")
            .env("CIRCLE_SHA1", &head)
            .env("CIRCLE_BRANCH", branch);
        let ran = finish(&mut command, b"");
        let text = [ran.stderr, ran.stdout].concat();
        (ran.status.code(), String::from_utf8(text).unwrap())
    };
    for format in Format::ALL {
        let (code, text) = ci(&format!("fix-{p}"), &["--format", format.id()]);
        assert_eq!(code, Some(1), "{text}");
        hides(&p, format.id(), &text);
        assert!(text.starts_with("ci: CircleCI\nevent: "), "{text}");
        let (_, text) = ci(&format!("fix-{hidden}"), &["--format", format.id()]);
        hides(&hidden[4..], format.id(), &text);
    }
    let (code, text) = ci(&format!("fix-{hidden}"), &["--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    hides(&hidden[4..], "a dry run", &text);
    // The lines are there even if there is no report.
    let (code, text) = ci("main", &["--rules", "nowhere.toml"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("ci: CircleCI\n"), "{text}");
    let (code, text) = ci("main", &["-o", "nowhere/x.json"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.starts_with("ci: CircleCI\n"), "{text}");
}

#[test]
fn a_baseline_shows_no_password_of_a_path_and_still_accepts() {
    let (p, work) = (password(), Work::new());
    work.write(&format!("d-{p}/.env"), format!("DB_PASSWORD={p}\n"))
        .write(&format!("d-{p}/t.txt"), format!("t = \"{}\"\n", token(15)))
        .write("x.txt", format!("t = \"{}\"\n", token(16)));
    let (code, text) = work.run(&["baseline", "create"]);
    assert_eq!(code, 0, "{text}");
    let file = work.0.path().join("w/.stopleak-baseline");
    let written = std::fs::read_to_string(&file).unwrap();
    hides(&p, "the baseline", &written);
    assert!(written.contains(" d-********/t.txt\n"), "{written}");
    let (code, text) = work.run(&["scan", "."]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = work.run(&["baseline", "check"]);
    assert_eq!(code, 0, "{text}");
    // The password is no longer found, so the path is no longer masked.
    std::fs::remove_file(work.0.path().join(format!("w/d-{p}/.env"))).unwrap();
    let (code, text) = work.run(&["scan", "."]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = work.run(&["baseline", "check"]);
    assert!(code == 1 && text.contains(": 0 new, 1 gone"), "{text}");
    // Another secret in the same place is news.
    work.write(&format!("d-{p}/t.txt"), format!("t = \"{}\"\n", token(17)));
    assert_eq!(work.run(&["scan", "."]).0, 1);
}

#[test]
fn what_files_of_the_repository_say_is_masked() {
    let (hidden, work) = (token(18), Work::new());
    work.write(
        "stopleak.toml",
        format!("[[allow]]\nreason = \"for {hidden}\"\npaths = [\"x-{hidden}/**\"]\n[rules]\nfiles = [\"r.toml\"]\n"),
    );
    let rules = format!(
        "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme\"\ntitle = \"as {hidden}\"\n\
         secret_type = \"api-key\"\nseverity = \"high\"\nshape = '\"acme_\" hex{{32}}'\n"
    );
    work.write("r.toml", rules).write(
        ".stopleakignore",
        format!("{} owner={hidden} as {hidden}\n", "1".repeat(32)),
    );
    for args in [
        &["config", "show"][..],
        &["config", "show", "--format", "json"],
        &["config", "check"],
        &["rules", "list"],
        &["rules", "show", "acme"],
        &["explain", "acme"],
        &["explain", "acme", "--format", "json"],
        &["ignore", "list"],
        &["scan", "."],
        &["scan", ".", "--format", "sarif"],
    ] {
        let (code, text) = work.run(args);
        assert!(code < 2, "{args:?}: {text}");
        hides(&hidden[4..], &format!("{args:?}"), &text);
    }
    let reason = format!("like {hidden}");
    let (code, text) = work.run(&["ignore", "add", &"2".repeat(32), "--reason", &reason]);
    assert_eq!(code, 0, "{text}");
    let file = std::fs::read_to_string(work.0.path().join("w/.stopleakignore")).unwrap();
    hides(
        &hidden[4..],
        "the ignore file",
        file.lines().last().unwrap(),
    );
}

#[test]
fn the_password_of_an_address_where_a_path_is_expected() {
    let (p, work) = (password(), Work::new());
    for url in [
        format!("https://u:{p}@h.example.org/r.git"),
        format!("https://u:{p}@10.0.0.1:8080/r.git"),
        format!("ssh://u:{p}@h/r"),
    ] {
        for args in [
            &["scan", &url][..],
            &["scan", &url, "--format", "json"],
            &["history", &url],
            &["explain", &format!("{url}:3")],
            &["scan", ".", "--config", &url],
            &["scan", ".", "-o", &format!("{url}.json")],
            &["import", &url],
        ] {
            let (code, text) = work.run(args);
            assert_eq!(code, 2, "{args:?}: {text}");
            hides(&p, &format!("{args:?}"), &text);
        }
    }
}

#[test]
fn a_short_value_a_second_time_on_its_line() {
    let short = ["x9!", "Qz"].concat();
    let work = Work::new();
    work.write(
        "a.py",
        format!("password = \"{short}\"  # {short}, a{short}b\n"),
    )
    .write("t.txt", format!("t = \"{}\" # {short}\n", token(19)));
    for format in Format::ALL {
        let (code, text) = work.run(&["scan", ".", "--format", format.id()]);
        assert_eq!(code, 1, "{text}");
        assert!(!text.contains(&short), "{text}");
    }
}

#[test]
fn words_that_everybody_knows_stay() {
    let work = Work::new();
    let fine = mint("github-pat-fine", 1).or_else(|| mint("crc32-base62", 1));
    let fine = String::from_utf8(fine.unwrap()).unwrap();
    work.write("a.py", "password = \"password\"\nuser = \"admin\"\ndb = \"postgres://admin:admin@db.prod.internal/x\"\n")
        .write("g.txt", format!("t = \"{fine}\"\n"))
        .write(
            "t.txt",
            format!("t = \"{}\" # the password of admin, 1+a@users.noreply.github.com\n", token(20)),
        );
    let (code, text) = work.run(&["scan", "."]);
    assert_eq!(code, 1, "{text}");
    let whole = "# the password of admin, 1+a@users.noreply.github.com";
    assert!(text.contains(whole), "{text}");
}

#[test]
fn a_key_file_says_whose_key_it_is() {
    let file = String::from_utf8(mint("google-service-account", 1).unwrap()).unwrap();
    let work = Work::new();
    work.write("key.json", &file);
    let (code, text) = work.run(&["scan", "."]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("service account key"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&file).unwrap();
    for member in ["client_email", "private_key_id"] {
        let value = json[member].as_str().unwrap_or_default();
        assert!(text.contains(value), "{member} {value}: {text}");
    }
    let key = json["private_key"].as_str().unwrap();
    for line in key.lines().filter(|line| !line.starts_with("-----")) {
        hides(line, "the report", &text);
    }
}

#[test]
fn with_the_option_everything_is_shown_as_it_is() {
    let (p, work) = (password(), Work::new());
    work.write(&format!("d-{p}/.env"), format!("DB_PASSWORD={p}\n"))
        .write(
            &format!("d-{p}/t.txt"),
            format!("{p} t = \"{}\"\n", token(21)),
        );
    let (code, text) = work.run(&["scan", ".", "--show-secrets"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains(&format!("d-{p}/t.txt")) && !text.contains("********"),
        "{text}"
    );
}

/// How a password is written elsewhere.
fn encoded(secret: &str) -> Vec<(&'static str, String)> {
    let each = |form: &dyn Fn(u8) -> String| secret.bytes().map(form).collect::<String>();
    let base64 = |bytes: &[u8], alphabet| base64_encode(bytes, alphabet, true);
    let wide: Vec<u8> = secret.bytes().flat_map(|b| [b, 0]).collect();
    let signs = |sign: &str| {
        each(&|b| match b.is_ascii_alphanumeric() {
            true => char::from(b).to_string(),
            false => format!("{sign}{}", char::from(b)),
        })
    };
    vec![
        ("percent", each(&|b| format!("%{b:02X}"))),
        (
            "percent of signs",
            signs("")
                .bytes()
                .map(|b| match b.is_ascii_alphanumeric() {
                    true => char::from(b).to_string(),
                    false => format!("%{b:02x}"),
                })
                .collect(),
        ),
        ("percent twice", each(&|b| format!("%25{b:02X}"))),
        ("percent of scripts", each(&|b| format!("%u{b:04x}"))),
        ("JSON", each(&|b| format!("\\u{b:04x}"))),
        ("JSON in JSON", each(&|b| format!("\\\\u{b:04x}"))),
        ("x", each(&|b| format!("\\x{b:02x}"))),
        ("octal", each(&|b| format!("\\{b:03o}"))),
        ("braces", each(&|b| format!("\\u{{{b:x}}}"))),
        ("eight digits", each(&|b| format!("\\U{b:08X}"))),
        ("decimal entities", each(&|b| format!("&#{b};"))),
        ("hex entities", each(&|b| format!("&#x{b:X};"))),
        ("padded entities", each(&|b| format!("&#{b:06};"))),
        ("backslash before signs", signs("\\")),
        ("backquote before signs", signs("`")),
        ("caret before signs", signs("^")),
        ("base64", base64(secret.as_bytes(), Alphabet::Standard)),
        (
            "base64 of user and password",
            base64(format!("svc:{secret}").as_bytes(), Alphabet::Standard),
        ),
        (
            "base64 at another place",
            base64(
                format!("\u{ff}us:{secret}\u{ff}~~").as_bytes(),
                Alphabet::Url,
            ),
        ),
        ("base64 of UTF-16", base64(&wide, Alphabet::Standard)),
        (
            "base64 of UTF-16 in a script",
            base64(
                &[b"x\0=\0".as_slice(), &wide, b"\n\0"].concat(),
                Alphabet::Standard,
            ),
        ),
        (
            "base64 of UTF-16, big",
            base64(&[&[0], wide.as_slice()].concat(), Alphabet::Standard),
        ),
        (
            "base64 twice",
            base64(
                base64(secret.as_bytes(), Alphabet::Standard).as_bytes(),
                Alphabet::Standard,
            ),
        ),
        ("hex", each(&|b| format!("{b:02x}"))),
        ("HEX", each(&|b| format!("{b:02X}"))),
        (
            "hex in a word",
            format!("0x{}", each(&|b| format!("{b:02x}"))),
        ),
        (
            "percent of base64",
            base64(secret.as_bytes(), Alphabet::Standard).replace('=', "%3D"),
        ),
    ]
}

#[test]
fn encoded_forms_of_a_password_that_is_found_in_plain_text() {
    for (n, (name, form)) in encoded("Wint&er:lich-2031").into_iter().enumerate() {
        let secret = "Wint&er:lich-2031";
        let work = Work::new();
        work.write(".env", format!("DB_PASSWORD='{secret}'\n"))
            .write(
                &format!("d-{}/b.txt", form.replace(['/', '\\'], "_")),
                format!("t = \"{}\"\n", token(70)),
            )
            .write(
                "c.txt",
                format!("see {form} t = \"{}\"\n", token(71 + n as u64)),
            );
        for format in ["text", "json", "sarif"] {
            let (code, all) = work.run(&["scan", ".", "--format", format]);
            assert_eq!(code, 1, "{name}: {all}");
            // Long enough to hold six bytes of it in any form.
            let shown = |all: &str| {
                form.as_bytes()
                    .windows(30.min(form.len()))
                    .any(|w| all.contains(std::str::from_utf8(w).unwrap()))
            };
            assert!(!shown(&all), "{name} as {format}: {all}");
        }
    }
}

#[test]
fn other_text_in_the_same_encodings_is_shown() {
    let work = Work::new();
    let password = "Wint&er:lich-2031"; // stopleak:allow made-up password
    work.write(".env", format!("DB_PASSWORD='{password}'\n"))
        .write(
            "c.txt",
            format!(
                "a%20b%26c &amp;x; \\u0041 `$a c3VtbWVy t = \"{}\"\n",
                token(5)
            ),
        );
    let text = work.each(1, &[password]);
    let shown = "a%20b%26c &amp;x; \\u0041 `$a c3VtbWVy t = ";
    assert!(text.contains(shown), "{text}");
}

#[test]
fn an_event_that_is_no_event() {
    let repo = Repo::init(&["-q"]);
    repo.commit("a", b"a\n");
    let name = token(80);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stopleak"));
    repo.write("event.json", "{}");
    command
        .args(["ci", "--dry-run"])
        .current_dir(repo.path())
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", &name)
        .env("GITHUB_EVENT_PATH", "event.json");
    let ran = finish(&mut command, b"");
    let all = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    assert!(all.contains("event: "), "{all}");
    hides(&name[4..], "ci", &all);
}
