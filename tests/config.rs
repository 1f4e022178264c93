//! The configuration as users see it: files in fresh directories, the binary, its exit codes
//! and its output. `fixtures/reports/config-errors.txt` records the errors of bad files:
//!
//! ```text
//! UPDATE_GOLDEN=1 cargo test --test all config::
//! ```

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::dir::Dir;
use crate::support::ran::Ran;
use crate::support::repo::Repo;
use crate::support::token;
use stopleak::check::mint::Rng;
use stopleak::config::KEYS;

mod schema;

/// Returns a file with one token on its second line, after unrelated words.
fn leak(seed: u64) -> String {
    format!("first\nsample value {}\nlast\n", token(seed))
}

/// Returns a line with a password that only its name reveals.
fn password() -> String {
    ["pass", "word = \"Tr0ub4", "dor&3xyz\"\n"].concat()
}

/// Runs `stopleak scan` and checks that nothing looks like a crash.
fn scan(dir: &Dir, args: &[&str]) -> Ran {
    let ran = dir.run(&[&["scan"], args].concat());
    ran.is_civil();
    ran
}

/// Returns the summary of a run as JSON.
fn summary(dir: &Dir, args: &[&str]) -> serde_json::Value {
    scan(dir, &[&["--format", "json"], args].concat()).json()["summary"].clone()
}

/// Runs the binary in `at`, which need not be the top, and returns how it ends.
fn run_in(repo: &Repo, at: &Path, args: &[&str]) -> (i32, String) {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    let out = command.args(args).current_dir(at).output().unwrap();
    let text = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap(), String::from_utf8(text).unwrap())
}

mod criteria {
    use super::*;

    /// Returns whether an allow entry with `body` covers one token in `src/app.py`.
    fn allowed(body: &str) -> bool {
        let dir = Dir::new();
        dir.write("src/app.py", leak(7));
        let id = scan(&dir, &["--format", "json"]).json()["findings"][0]["secret"]["id"].clone();
        let body = body.replace("SECRET-ID", id.as_str().unwrap());
        dir.write(
            "stopleak.toml",
            format!("[[allow]]\nreason = \"known\"\n{body}\n"),
        );
        let ran = scan(&dir, &[]);
        assert!(matches!(ran.code, 0 | 1), "{body}: {ran:?}");
        let counted = ran.stdout.contains("(1 allow");
        assert_eq!(ran.code == 0, counted, "{body}: {ran:?}");
        counted
    }

    #[test]
    fn each_kind_takes_what_it_names_and_nothing_else() {
        let token = token(7);
        let start = &token[4..9];
        for (body, expected) in [
            ("rules = [\"github-pat-classic\"]", true),
            ("rules = [\"github-*\"]", true),
            ("rules = [\"provider:github\"]", true),
            ("rules = [\"gitlab-*\"]", false),
            ("paths = [\"src/\"]", true),
            ("paths = [\"*.py\"]", true),
            ("paths = [\"/app.py\"]", false),
            ("paths = [\"lib/**\", \"src/app.*\"]", true),
            (&format!("values = [\"^ghp_{start}\"]"), true),
            ("values = [\"^glpat-\"]", false),
            ("lines = [\"^sample value\"]", true),
            ("lines = [\"^first\"]", false),
            (&format!("words = [\"{}\"]", start.to_uppercase()), true),
            ("words = [\"notthere\"]", false),
            ("secrets = [\"SECRET-ID\"]", true),
            ("secrets = [\"00000000000000000000000000000000\"]", false),
            ("commits = [\"000000000000\"]", false),
            // All kinds must match, one value of each is enough. With `any`, one kind is enough.
            ("rules = [\"github-*\"]\npaths = [\"src/\"]", true),
            ("rules = [\"github-*\"]\npaths = [\"lib/\"]", false),
            (
                "rules = [\"github-*\"]\npaths = [\"lib/\"]\nmatch = \"any\"",
                true,
            ),
            (
                "rules = [\"gitlab-*\"]\npaths = [\"lib/\"]\nmatch = \"any\"",
                false,
            ),
            (
                "rules = [\"gitlab-*\"]\npaths = [\"src/\"]\nmatch = \"all\"",
                false,
            ),
            ("paths = [\"src/\"]\nuntil = 2999-12-31", true),
            ("paths = [\"src/\"]\nuntil = 2020-01-01", false),
        ] {
            assert_eq!(allowed(body), expected, "{body}");
        }
    }

    #[test]
    fn reason_and_owner_are_on_record() {
        let dir = Dir::new();
        dir.write("a.txt", leak(1)).write(
            "stopleak.toml",
            "[[allow]]\nreason = \"revoked in May\"\nowner = \"team-x\"\npaths = [\"a.txt\"]\n",
        );
        let ran = scan(&dir, &["--show-suppressed"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(
            ran.stdout.contains("by allow: revoked in May (team-x)"),
            "{ran:?}"
        );
    }

    #[test]
    fn a_commit_is_named_by_its_first_digits() {
        let repo = Repo::init(&[]);
        let commit = repo.commit("a.txt", leak(1));
        repo.commit("b.txt", leak(2));
        let entry = format!(
            "[[allow]]\nreason = \"r\"\ncommits = [\"{}\"]\n",
            &commit[..12]
        );
        repo.write("stopleak.toml", entry);
        let (code, text) = run_in(&repo, repo.path(), &["history"]);
        assert_eq!(code, 1, "{text}");
        assert!(
            text.contains("b.txt:2") && !text.contains("a.txt:2"),
            "{text}"
        );
    }
}

mod paths {
    use super::*;

    #[test]
    fn findings_that_only_warn_do_not_fail_the_run() {
        let dir = Dir::new();
        dir.write("tests/a.txt", leak(1)).write(
            "stopleak.toml",
            "[[paths]]\npaths = [\"tests/\"]\naction = \"warn\"\nseverity = \"low\"\nreason = \"fixtures\"\n",
        );
        let ran = scan(&dir, &[]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(
            ran.stdout.contains("clean: no findings, 1 warning in"),
            "{ran:?}"
        );
        assert!(ran.stdout.contains("warning: fixtures"), "{ran:?}");
        assert!(ran.stdout.contains("low[github-pat-classic]"), "{ran:?}");
        let json = scan(&dir, &["--format", "json"]).json();
        assert_eq!(json["findings"][0]["verdict"]["status"], "warn");
        assert_eq!(json["summary"]["warnings"], 1);
        let sarif = scan(&dir, &["--format", "sarif"]).json();
        let result = &sarif["runs"][0]["results"][0];
        assert_eq!(result["level"], "note");
        assert_eq!(result["properties"]["warning"], "fixtures");
        dir.write("src/b.txt", leak(2));
        assert_eq!(scan(&dir, &[]).code, 1);
    }

    #[test]
    fn the_last_entry_that_fits_counts() {
        let dir = Dir::new();
        dir.write("tests/prod/a.txt", leak(1)).write(
            "stopleak.toml",
            "[[paths]]\npaths = [\"tests/\"]\naction = \"warn\"\n[[paths]]\npaths = [\"tests/prod/\"]\naction = \"fail\"\n",
        );
        assert_eq!(scan(&dir, &[]).code, 1);
    }

    #[test]
    fn an_entry_may_be_about_some_rules() {
        let dir = Dir::new();
        let entry = |rule: &str| {
            format!("[[paths]]\npaths = [\"**\"]\naction = \"warn\"\nrules = [\"{rule}\"]\n")
        };
        dir.write("a.txt", leak(1))
            .write("stopleak.toml", entry("gitlab-*"));
        assert_eq!(scan(&dir, &[]).code, 1);
        dir.write("stopleak.toml", entry("github-*"));
        assert_eq!(scan(&dir, &[]).code, 0);
    }
}

mod keys {
    use super::*;

    /// Returns the findings' paths and rules, and the exit code, under `config`.
    fn with(config: &str) -> (i32, Vec<String>) {
        let repo = Repo::init(&[]);
        repo.write("a.txt", leak(1));
        repo.write("vendor/b.txt", leak(2));
        repo.write(".gitignore", "c.txt\n");
        repo.write("c.txt", leak(3));
        repo.write("d.txt", "acme_58203917 \n");
        repo.write("big.txt", format!("{}{}", leak(4), "x".repeat(4096)));
        repo.write("rules/acme.toml", ACME);
        repo.write("stopleak.toml", config);
        let (code, text) = run_in(&repo, repo.path(), &["scan", "--format", "json"]);
        if code == 2 {
            return (2, vec![text]);
        }
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let findings = json["findings"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let names = findings.map(|f| {
            format!(
                "{} {} {}",
                text(&f["path"]),
                text(&f["rule_id"]),
                text(&f["severity"])
            )
        });
        (code, names.collect())
    }

    const ACME: &str = "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme-key\"\ntitle = \"t\"\nsecret_type = \"api-key\"\nseverity = \"medium\"\nshape = '\"acme_\" dig{8}'\n";

    #[test]
    fn each_key_does_what_it_says() {
        const A: &str = "a.txt github-pat-classic critical";
        const B: &str = "vendor/b.txt github-pat-classic critical";
        const BIG: &str = "big.txt github-pat-classic critical";
        let all = [A, BIG, B];
        for (config, expected) in [
            ("", all.to_vec()),
            ("[scan]\nexclude = [\"vendor/\"]", vec![A, BIG]),
            ("[scan]\nexclude = [\"/b.txt\"]", all.to_vec()),
            ("[scan]\ninclude = [\"vendor\"]", vec![B]),
            ("[scan]\nmax-file-size = 2048", vec![A, B]),
            ("[scan]\nmax-file-size = \"2K\"", vec![A, B]),
            (
                "[scan]\nno-ignore = true",
                vec![A, BIG, "c.txt github-pat-classic critical", B],
            ),
            ("[rules]\ndisable = [\"github-*\"]", vec![]),
            ("[rules]\ndisable = [\"provider:GitHub\"]", vec![]),
            ("[rules]\nonly = [\"gitlab-*\"]", vec![]),
            ("[rules]\nonly = [\"github-pat-classic\"]", all.to_vec()),
            (
                "[rules]\nfiles = [\"rules/*.toml\"]\nonly = [\"acme-key\"]",
                vec!["d.txt acme-key medium"],
            ),
            (
                "[[rule]]\nid = \"own\"\npattern = 'acme_([0-9]{8})'\nanchors = [\"acme_\"]\n[rules]\nonly = [\"own\"]",
                vec!["d.txt own high"],
            ),
            ("[override.github-pat-classic]\ndisabled = true", vec![]),
            (
                "[override.github-pat-classic]\nseverity = \"low\"\n[scan]\ninclude = [\"a.txt\"]",
                vec!["a.txt github-pat-classic low"],
            ),
        ] {
            let (code, found) = with(config);
            let mut expected: Vec<String> = expected.iter().map(|s| (*s).to_owned()).collect();
            expected.sort();
            let mut found = found;
            found.sort();
            assert_eq!(found, expected, "{config}");
            assert_eq!(code, i32::from(!expected.is_empty()), "{config}");
        }
    }

    #[test]
    fn no_rule_left_is_an_error() {
        let (code, text) = with("[rules]\ndisable = [\"*\"]");
        assert_eq!(code, 2, "{text:?}");
        assert!(text[0].contains("no rule is left to run"), "{text:?}");
    }

    #[test]
    fn confidence_comes_from_the_last_that_speaks() {
        let dir = Dir::new();
        dir.write("stopleak.toml", "confidence = \"high\"\n");
        let shown = |env: Option<&str>| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stopleak"));
            command.args(["config", "show", "--format", "json"]);
            command.current_dir(dir.path()).env_clear();
            command.envs(env.map(|value| ("STOPLEAK_CONFIDENCE", value)));
            let out = command.output().unwrap();
            let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
            let row = json["values"][0].clone();
            assert_eq!(row["key"], "confidence");
            (row["value"].clone(), row["origin"]["from"].clone())
        };
        assert_eq!(shown(None), ("high".into(), "file".into()));
        assert_eq!(shown(Some("low")), ("low".into(), "environment".into()));
        // A password as people choose them: medium confidence.
        dir.write("a.txt", ["sec", "ret = \"hello-", "World1\"\n"].concat());
        assert_eq!(scan(&dir, &["--confidence", "medium"]).code, 1);
        assert_eq!(scan(&dir, &[]).code, 0);
    }

    #[test]
    fn a_rule_named_by_an_option_runs_whatever_the_file_says() {
        let dir = Dir::new();
        dir.write("a.txt", leak(1))
            .write("stopleak.toml", "[rules]\ndisable = [\"github-*\"]\n");
        assert_eq!(scan(&dir, &[]).code, 0);
        assert_eq!(scan(&dir, &["--rule", "github-pat-classic"]).code, 1);
        assert_eq!(scan(&dir, &["--no-config"]).code, 1);
    }
}

/// Faulty files, and the error for each.
const WRONG: &[(&str, &str)] = &[
    ("broken TOML", "[scan\n"),
    (
        "unknown keys and the nearest ones",
        "confidense = \"low\"\n[scan]\nexclud = [\"x\"]\n[zzzzzzzzzzzz]\n",
    ),
    (
        "wrong types",
        "confidence = 1\nscan = []\nallow = 3\n[rules]\nonly = \"x\"\nfiles = [1]\n",
    ),
    (
        "unknown values",
        "confidence = \"sure\"\n[override.github-pat-classic]\nseverity = \"huge\"\n",
    ),
    (
        "no reason",
        "[[allow]]\npaths = [\"x\"]\n[[allow]]\nreason = \"\"\npaths = [\"x\"]\n",
    ),
    ("no criteria", "[[allow]]\nreason = \"r\"\n"),
    (
        "everything allowed",
        "[[allow]]\nreason = \"r\"\npaths = [\"**\"]\n[[allow]]\nreason = \"r\"\nrules = [\"*\"]\npaths = [\"*\"]\n[[allow]]\nreason = \"r\"\nvalues = [\".*\", \".\"]\n[[allow]]\nreason = \"r\"\nmatch = \"any\"\nrules = [\"*\"]\nwords = [\"example\"]\n",
    ),
    (
        "bad criteria",
        "[[allow]]\nreason = \"r\"\npaths = [\"!a\", \"a[\"]\nvalues = [\"a(\"]\nwords = [\"a\"]\nsecrets = [\"12\"]\ncommits = [\"abc\"]\nuntil = \"2027-01-01\"\n",
    ),
    (
        "a moment for a day",
        "[[allow]]\nreason = \"r\"\npaths = [\"x\"]\nuntil = 2027-01-01T00:00:00Z\n",
    ),
    ("empty lists", "[scan]\nexclude = []\n"),
    ("everything left out", "[scan]\nexclude = [\"*\"]\n"),
    ("a bad size", "[scan]\nmax-file-size = \"big\"\n"),
    (
        "policies without effect",
        "[[paths]]\npaths = [\"x\"]\n[[paths]]\naction = \"warn\"\n",
    ),
    (
        "everything only warns",
        "[[paths]]\npaths = [\"**\"]\naction = \"warn\"\n",
    ),
    (
        "unknown rules",
        "[rules]\ndisable = [\"github-pat-clasic\"]\n",
    ),
    (
        "an unknown provider",
        "[rules]\nonly = [\"provider:Githup\"]\n",
    ),
    (
        "an unknown rule in an entry",
        "[[allow]]\nreason = \"r\"\nrules = [\"nothing-*\"]\n",
    ),
    (
        "an unknown rule in an override",
        "[override.nothing]\nseverity = \"low\"\n",
    ),
    (
        "an override that changes nothing",
        "[override.github-pat-classic]\n",
    ),
    (
        "a bad rule",
        "[[rule]]\nid = \"Acme\"\nshape = 'hex{32}'\n[[rule]]\nid = \"b\"\nentropi = 1\n",
    ),
    (
        "a rule whose pattern does not compile",
        "[[rule]]\nid = \"acme\"\npattern = 'acme_('\nanchors = [\"acme_\"]\n",
    ),
    ("a provider without rules", "[provider]\nname = \"Acme\"\n"),
    ("extending what is not there", "extend = [\"gone.toml\"]\n"),
    ("extending what lies outside", "extend = [\"../x.toml\"]\n"),
    (
        "extending an address",
        "extend = [\"https://example.com/x.toml\"]\n",
    ),
    ("extending itself", "extend = [\"./stopleak.toml\"]\n"),
    (
        "rule files that are not there",
        "[rules]\nfiles = [\"rules/*.toml\"]\n",
    ),
];

#[test]
fn every_mistake_is_told_with_place_and_help() {
    let mut told = String::new();
    for (what, text) in WRONG {
        let dir = Dir::new();
        dir.write("stopleak.toml", text).write("a.txt", "nothing\n");
        let ran = scan(&dir, &[]);
        assert_eq!(ran.code, 2, "{what}: {ran:?}");
        assert!(ran.stdout.is_empty(), "{what}: {ran:?}");
        assert!(ran.stderr.contains("stopleak.toml:"), "{what}: {ran:?}");
        let check = dir.run(&["config", "check"]);
        assert_eq!((check.code, &check.stderr), (2, &ran.stderr), "{what}");
        told.push_str(&format!("# {what}\n{}\n", ran.stderr));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports/config-errors.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &told).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        told == expected,
        "config-errors.txt differs; see the head of tests/config.rs\n{told}"
    );
}

mod found {
    use super::*;

    const LOW: &str = "confidence = \"low\"\n";

    #[test]
    fn each_name_is_found_and_two_are_an_error() {
        let python = "[project]\nname = \"x\"\n[tool.stopleak]\nconfidence = \"low\"\n";
        for (name, text) in [
            ("stopleak.toml", LOW),
            (".stopleak.toml", LOW),
            ("pyproject.toml", python),
        ] {
            let dir = Dir::new();
            dir.write(name, text);
            assert_eq!(dir.run(&["config", "path"]).stdout, format!("{name}\n"));
            let ran = dir.run(&["config", "show"]);
            assert!(ran.stdout.contains(&format!("= low  ({name}:")), "{ran:?}");
            if name != "stopleak.toml" {
                dir.write("stopleak.toml", LOW);
                let ran = scan(&dir, &[]);
                assert_eq!(ran.code, 2, "{ran:?}");
                assert!(
                    ran.stderr
                        .contains(&format!("{name}:1:1: there is also stopleak.toml")),
                    "{ran:?}"
                );
            }
        }
    }

    #[test]
    fn a_pyproject_of_others_is_none_of_ours() {
        let dir = Dir::new();
        dir.write("pyproject.toml", "[tool.other]\nx = 1\n");
        let ran = dir.run(&["config", "path"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
        dir.write("pyproject.toml", "[tool.stopleak\nx = 1\n");
        assert_eq!(scan(&dir, &[]).code, 2);
    }

    #[test]
    fn the_top_of_the_repository_has_it_wherever_one_stands() {
        let repo = Repo::init(&[]);
        repo.write("sub/deep/a.txt", leak(1));
        repo.write(
            "stopleak.toml",
            "[[allow]]\nreason = \"r\"\npaths = [\"/sub/deep/a.txt\"]\n",
        );
        let sub = repo.path().join("sub");
        for (at, args) in [
            (repo.path(), &["scan"][..]),
            (&sub, &["scan"]),
            (&sub, &["scan", "deep"]),
            (&sub, &["scan", "deep/a.txt"]),
            (&sub, &["scan", "../sub/./deep/"]),
            (Path::new("/"), &["scan", repo.path().to_str().unwrap()]),
            (&sub, &["scan", "--changed"]),
        ] {
            let (code, text) = run_in(&repo, at, args);
            assert_eq!(code, 0, "{args:?} {text}");
            assert!(text.contains("1 suppressed (1 allow)"), "{args:?} {text}");
            assert!(text.contains("stopleak.toml"), "{args:?} {text}");
        }
        repo.git(&["add", "-A"]);
        let (code, text) = run_in(&repo, &sub, &["staged"]);
        assert_eq!(code, 0, "{text}");
        repo.git(&["commit", "-q", "-m", "all"]);
        for args in [&["history"][..], &["history", "--range", "HEAD"]] {
            let (code, text) = run_in(&repo, &sub, args);
            assert_eq!(code, 0, "{args:?} {text}");
            assert!(text.contains("1 suppressed (1 allow)"), "{args:?} {text}");
        }
    }

    #[test]
    fn what_is_left_out_is_so_in_every_command_and_counted() {
        let repo = Repo::init(&[]);
        repo.write("gen/a.txt", leak(1));
        repo.write("stopleak.toml", "[scan]\nexclude = [\"gen/\"]\n");
        repo.git(&["add", "-A"]);
        for args in [&["scan"][..], &["scan", "--changed"], &["staged"]] {
            let (code, text) = run_in(&repo, repo.path(), args);
            assert_eq!(code, 0, "{args:?} {text}");
            assert!(text.contains(" excluded)"), "{args:?} {text}");
        }
        repo.git(&["commit", "-q", "-m", "all"]);
        let (code, text) = run_in(&repo, repo.path(), &["history"]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("1 suppressed (1 excluded)"), "{text}");
        let (code, text) = run_in(&repo, repo.path(), &["history", "--range", "HEAD"]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("1 skipped (1 excluded)"), "{text}");
    }

    #[test]
    fn messages_are_read_whatever_files_are_asked_for() {
        let repo = Repo::init(&[]);
        repo.write("stopleak.toml", "[scan]\ninclude = [\"src/\"]\n");
        repo.write("lib/a.txt", leak(1));
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", &format!("with {}", token(2))]);
        for args in [&["history"][..], &["history", "--range", "HEAD"]] {
            let (code, text) = run_in(&repo, repo.path(), args);
            assert_eq!(code, 1, "{text}");
            assert!(text.contains("--> commit/"), "{text}");
            assert!(!text.contains("--> lib/"), "{text}");
        }
    }

    /// If an accepted or excluded secret moves to a place without that policy, it is new there.
    #[test]
    fn what_moves_out_of_a_policy_is_new() {
        for entry in [
            "[[allow]]\nreason = \"r\"\npaths = [\"tests/\"]\n",
            "[[paths]]\npaths = [\"tests/\"]\naction = \"warn\"\n",
            "[scan]\nexclude = [\"tests/\"]\n",
        ] {
            let repo = Repo::init(&[]);
            repo.write("stopleak.toml", entry);
            repo.write("other/b.txt", leak(2));
            let lines: String = (0..40).map(|n| format!("line {n}\n")).collect();
            repo.commit("tests/a.txt", format!("{lines}{}", leak(1)));
            repo.git(&["mv", "other", "another"]);
            let (code, text) = run_in(&repo, repo.path(), &["staged"]);
            assert_eq!(code, 0, "{entry} {text}");
            repo.git(&["mv", "tests", "src"]);
            for change in ["", "more\n"] {
                repo.write("src/a.txt", format!("{lines}{}{change}", leak(1)));
                repo.git(&["add", "-A"]);
                let (code, text) = run_in(&repo, repo.path(), &["staged"]);
                assert_eq!(code, 1, "{entry} {text}");
                assert!(text.contains("src/a.txt:42"), "{entry} {text}");
                assert!(!text.contains("b.txt"), "{entry} {text}");
            }
        }
    }

    #[test]
    fn a_bare_repository_has_that_of_its_head() {
        let repo = Repo::init(&[]);
        repo.write("a.txt", leak(1));
        repo.write(
            "conf/base.toml",
            "[[allow]]\nreason = \"r\"\npaths = [\"a.txt\"]\n",
        );
        repo.commit("stopleak.toml", "extend = [\"conf/base.toml\"]\n");
        let bare = repo.path().join("bare.git");
        repo.git(&["clone", "-q", "--bare", ".", "bare.git"]);
        let (code, text) = run_in(&repo, &bare, &["history"]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("configuration: HEAD:stopleak.toml"), "{text}");
        let (code, _) = run_in(&repo, &bare, &["history", "--no-config"]);
        assert_eq!(code, 1);
    }

    #[test]
    fn a_file_that_is_named_is_taken_instead() {
        let dir = Dir::new();
        dir.write("a.txt", leak(1))
            .write("stopleak.toml", "nonsense = 1\n")
            .write(
                "conf/other.toml",
                "[[allow]]\nreason = \"r\"\npaths = [\"/a.txt\"]\n",
            );
        assert_eq!(scan(&dir, &["--config", "conf/other.toml"]).code, 0);
        assert_eq!(scan(&dir, &["--config", "gone.toml"]).code, 2);
        assert_eq!(scan(&dir, &["--config", "conf"]).code, 2);
        assert_eq!(scan(&dir, &[]).code, 2);
        assert_eq!(scan(&dir, &["--no-config"]).code, 1);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stopleak"));
        command.args(["scan"]).current_dir(dir.path()).env_clear();
        let out = command
            .env("STOPLEAK_CONFIG", "conf/other.toml")
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(0), "{out:?}");
    }

    #[test]
    fn paths_of_several_repositories_have_none() {
        let (one, two) = (Repo::init(&[]), Repo::init(&[]));
        one.write("a.txt", leak(1));
        one.write(
            "stopleak.toml",
            "[[allow]]\nreason = \"r\"\npaths = [\"a.txt\"]\n",
        );
        let paths = [one.path().to_str().unwrap(), two.path().to_str().unwrap()];
        let (code, text) = run_in(&one, one.path(), &["scan", paths[0], paths[1]]);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("are in several repositories"), "{text}");
    }
}

mod hostile {
    use super::*;
    use std::time::Instant;

    /// Returns the exit code of a scan under `config`, and checks that it is fast.
    fn code(config: &[u8]) -> i32 {
        let dir = Dir::new();
        dir.write("a.txt", leak(1)).write("stopleak.toml", config);
        let started = Instant::now();
        let ran = scan(&dir, &["--quiet"]);
        assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
        assert!(ran.stderr.len() < 20_000, "{}", ran.stderr.len());
        ran.code
    }

    #[test]
    fn what_is_large_or_deep_is_bounded() {
        let entry = |n: usize| {
            format!(
                "[[allow]]\nreason = \"r\"\npaths = [\"d{n}/*.c\"]\nvalues = [\"^t{n}[a-z]+$\"]\nwords = [\"word{n}\"]\n"
            )
        };
        let entries: String = (0..3000).map(entry).collect();
        assert_eq!(code(entries.as_bytes()), 1);
        assert_eq!(code(format!("# {}\n", "x".repeat(1 << 20)).as_bytes()), 2);
        assert_eq!(code(format!("# {}\n", "x".repeat(1 << 19)).as_bytes()), 1);
        assert_eq!(code(format!("x = {}", "[".repeat(200_000)).as_bytes()), 2);
        assert_eq!(code(format!("x = {}", "{a=".repeat(100_000)).as_bytes()), 2);
        assert_eq!(code(format!("{} = 1", "a.".repeat(200_000)).as_bytes()), 2);
        let keys: String = (0..40_000).map(|n| format!("k{n} = 1\n")).collect();
        assert_eq!(code(keys.as_bytes()), 2);
        let regex = "[[allow]]\nreason = \"r\"\nvalues = [\"((a{1,900}){1,900}){1,900}\"]\n";
        assert_eq!(code(regex.as_bytes()), 2);
        let nested = format!(
            "[[allow]]\nreason = \"r\"\nvalues = [\"{}\"]\n",
            "(".repeat(100_000)
        );
        assert_eq!(code(nested.as_bytes()), 2);
        let globs = format!("[scan]\nexclude = [\"{}\"]\n", "{a,".repeat(10_000));
        assert_eq!(code(globs.as_bytes()), 2);
        assert_eq!(code(b"\xff\xfe"), 2);
        assert_eq!(code(b"\0\0\0"), 2);
        assert_eq!(code("\u{feff}confidence = \"low\"\n".as_bytes()), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_repository_and_pipes_are_not_read() {
        use std::os::unix::fs::symlink;
        let outside = Dir::new();
        outside.write(
            "evil.toml",
            "[[allow]]\nreason = \"r\"\nrules = [\"github-*\"]\n",
        );
        let evil = outside.path().join("evil.toml");
        let dir = Dir::new();
        dir.write("a.txt", leak(1));
        symlink(&evil, dir.path().join("stopleak.toml")).unwrap();
        let ran = scan(&dir, &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stderr.contains("a symbolic link that leads out"),
            "{ran:?}"
        );
        std::fs::remove_file(dir.path().join("stopleak.toml")).unwrap();
        symlink(&evil, dir.path().join("base.toml")).unwrap();
        dir.write("stopleak.toml", "extend = [\"base.toml\"]\n");
        let ran = scan(&dir, &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stderr
                .contains("stopleak.toml:1:11: base.toml: a symbolic"),
            "{ran:?}"
        );
        dir.write("stopleak.toml", "[rules]\nfiles = [\"base.toml\"]\n");
        assert_eq!(scan(&dir, &[]).code, 2);
        std::fs::remove_file(dir.path().join("stopleak.toml")).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(dir.path().join("stopleak.toml"))
            .status();
        if made.is_ok_and(|status| status.success()) {
            let ran = scan(&dir, &[]);
            assert_eq!(ran.code, 2, "{ran:?}");
            assert!(ran.stderr.contains("not a regular file"), "{ran:?}");
        }
        // Inside the repository, a link is a name like any other.
        std::fs::remove_file(dir.path().join("stopleak.toml")).unwrap();
        dir.write("conf/x.toml", "confidence = \"low\"\n");
        symlink("conf/x.toml", dir.path().join("stopleak.toml")).unwrap();
        assert_eq!(scan(&dir, &[]).code, 1);
    }
}

mod stale {
    use super::*;

    const ENTRIES: &str = "[[allow]]\nreason = \"used\"\npaths = [\"a.txt\"]\n\
        [[allow]]\nreason = \"idle\"\npaths = [\"b.txt\"]\n\
        [[allow]]\nreason = \"behind\"\nrules = [\"github-*\"]\n\
        [[allow]]\nreason = \"late\"\nowner = \"me\"\npaths = [\"a.txt\"]\nuntil = 2020-01-01\n\
        [[allow]]\nreason = \"elsewhere\"\ncommits = [\"0123456789ab\"]\n";

    #[test]
    fn entries_that_do_nothing_are_told_and_fail_when_asked() {
        let dir = Dir::new();
        dir.write("a.txt", leak(1)).write("stopleak.toml", ENTRIES);
        let ran = scan(&dir, &[]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let line = "note: allow entries: 1 expired, 2 unused; -v lists them\n";
        assert!(ran.stdout.contains(line), "{ran:?}");
        let named = [
            "stopleak.toml:4: allow entry is unused: it matches no finding: idle",
            "stopleak.toml:7: allow entry is redundant: a marker or an earlier entry accepts everything that it matches: behind",
            "stopleak.toml:10: allow entry expired on 2020-01-01: late (me)",
        ];
        let ran = scan(&dir, &["-v"]);
        for line in named {
            assert!(ran.stdout.contains(&format!("note: {line}\n")), "{ran:?}");
        }
        let ran = scan(&dir, &["--strict-ignores"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        for line in named {
            assert!(ran.stdout.contains(&format!("error: {line}\n")), "{ran:?}");
        }
        assert!(!ran.stdout.contains("elsewhere"), "{ran:?}");
        assert!(!ran.stdout.contains("clean"), "{ran:?}");
        let json = summary(&dir, &["--strict-ignores"]);
        assert_eq!(json["exit_code"], 2);
        assert_eq!(json["policy_errors"].as_array().unwrap().len(), 3);
        let ran = scan(&dir, &["--strict-ignores", "--exit-zero", "--quiet"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("expired on 2020-01-01"), "{ran:?}");
        assert!(!ran.stderr.contains("incomplete"), "{ran:?}");
    }

    #[test]
    fn a_run_that_sees_only_a_part_claims_nothing() {
        let dir = Dir::new();
        dir.write("sub/c.txt", "nothing\n")
            .write("a.txt", leak(1))
            .write(
                "stopleak.toml",
                "[[allow]]\nreason = \"used\"\npaths = [\"a.txt\"]\n",
            );
        for args in [
            &["--exclude", "a.txt"][..],
            &["--include", "sub"],
            &["--rule", "gitlab-pat"],
            &["a.txt", "sub/c.txt"],
            &["--confidence", "high"],
        ] {
            let ran = scan(&dir, &[&["--strict-ignores"], args].concat());
            assert_eq!(ran.code, 0, "{args:?} {ran:?}");
        }
        dir.write("a.txt", "gone\n");
        assert_eq!(scan(&dir, &["--strict-ignores"]).code, 2);
    }

    #[test]
    fn a_marker_on_the_line_comes_before_entries() {
        let dir = Dir::new();
        let marked = format!("t = {} # {}:allow\n", token(1), "stopleak");
        dir.write("a.txt", marked).write(
            "stopleak.toml",
            "[[allow]]\nreason = \"r\"\npaths = [\"a.txt\"]\n",
        );
        let ran = scan(&dir, &["-v"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("allow entry is redundant"), "{ran:?}");
    }
}

/// An allow-only configuration never turns off a rule, and everything that it does not name is
/// reported.
#[test]
fn an_allow_only_configuration_changes_no_rules() {
    use stopleak::check::mint::Rng;
    let dir = Dir::new();
    for seed in 0..6 {
        dir.write(&format!("d{}/f{seed}.txt", seed % 3), leak(seed));
    }
    dir.write("p.txt", password());
    let findings = |args: &[&str]| -> BTreeSet<(String, String, String)> {
        let json = scan(&dir, &[&["--format", "json"], args].concat()).json();
        let all = json["findings"].as_array().unwrap().iter();
        let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        all.map(|f| {
            (
                text(&f["rule_id"]),
                text(&f["path"]),
                text(&f["fingerprint"]),
            )
        })
        .collect()
    };
    let plain = findings(&[]);
    assert_eq!(plain.len(), 7);
    let mut rng = Rng::new(11);
    for round in 0..12 {
        let mut text = String::new();
        for _ in 0..1 + rng.below(4) {
            let criteria = rng.pick(&[
                "paths = [\"d1/\"]",
                "paths = [\"*.md\"]",
                "rules = [\"gitlab-*\"]",
                "rules = [\"github-*\"]\npaths = [\"d0/\"]",
                "words = [\"example\"]\npaths = [\"d2/\"]\nmatch = \"any\"",
                "lines = [\"^nothing\"]",
            ]);
            text.push_str(&format!("[[allow]]\nreason = \"r{round}\"\n{criteria}\n"));
        }
        dir.write("stopleak.toml", &text);
        // With suppressed findings shown, nothing is missing and nothing is new.
        let suppressed: BTreeSet<_> = findings(&["--show-suppressed", "--no-inline-allow"])
            .into_iter()
            .filter(|f| plain.contains(f))
            .collect();
        assert_eq!(suppressed, plain, "{text}");
        assert!(findings(&[]).is_subset(&plain), "{text}");
    }
}

/// Returns `count` texts made from the mistakes above and the examples of the reference, mutated.
fn mutated(seed: u64, count: usize) -> Vec<String> {
    let mut seeds: Vec<String> = WRONG.iter().map(|(_, text)| (*text).to_owned()).collect();
    seeds.extend(blocks("docs/configuration.md"));
    let mut rng = Rng::new(seed);
    let one = |_| {
        let mut text: Vec<char> = seeds[rng.below(seeds.len())].chars().collect();
        for _ in 0..rng.below(4) {
            if text.is_empty() {
                break;
            }
            let at = rng.below(text.len());
            match rng.below(4) {
                0 => drop(text.remove(at)),
                1 => text.insert(
                    at,
                    rng.pick(&['"', '[', ']', '=', '\n', '.', '\u{e9}', '0', '\'']),
                ),
                2 => text.truncate(at.max(1)),
                _ => {
                    let part: Vec<char> = text[at..].to_vec();
                    text.extend(part);
                }
            }
        }
        text.into_iter().collect()
    };
    (0..count).map(one).collect()
}

/// Any text is accepted, or rejected with positions inside it.
#[test]
fn any_text_is_taken_or_refused_with_its_places() {
    let (mut taken, mut refused) = (0, 0);
    for (number, text) in mutated(3, 4000).iter().enumerate() {
        match stopleak::config::parse("f", text, number % 8 == 0) {
            Ok(_) => taken += 1,
            Err(errors) => {
                refused += 1;
                assert!(!errors.is_empty());
                for error in errors {
                    assert!(
                        (1..=text.lines().count() + 1).contains(&error.place.line),
                        "{text}"
                    );
                    assert!(
                        error.place.column >= 1 && !error.message.is_empty(),
                        "{text}"
                    );
                }
            }
        }
    }
    assert!(taken > 200 && refused > 200, "{taken} {refused}");
}

/// Returns the TOML examples of a page.
fn blocks(page: &str) -> Vec<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let blocks = page.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0.to_owned())
        .collect()
}

/// Returns the keys of the reference page, by the table in whose section they are.
fn documented() -> BTreeSet<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut table = None;
    let mut keys = BTreeSet::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            table = match heading {
                "At the top" => Some(String::new()),
                _ => heading
                    .strip_prefix("`[")
                    .and_then(|h| h.strip_suffix("]`"))
                    .map(str::to_owned),
            };
        }
        let key = line
            .strip_prefix("| `")
            .and_then(|rest| rest.split_once('`'));
        if let (Some(table), Some((key, _))) = (&table, key) {
            keys.insert((table.clone(), key.to_owned()));
        }
    }
    keys
}

#[test]
fn the_reference_names_every_key_and_no_other() {
    let known: BTreeSet<(String, String)> = KEYS
        .iter()
        .map(|key| (key.table.to_owned(), key.name.to_owned()))
        .collect();
    assert_eq!(documented(), known);
}

/// Every example of the reference page is a configuration.
#[test]
fn the_examples_of_the_reference_are_valid() {
    let examples = blocks("docs/configuration.md");
    assert!(examples.len() >= 3);
    for example in &examples {
        let dir = Dir::new();
        let python = example.contains("[tool.stopleak]");
        let name = if python {
            "pyproject.toml"
        } else {
            "stopleak.toml"
        };
        dir.write(name, example)
            .write("config/shared.toml", "")
            .write("rules/acme.toml", "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme-key\"\ntitle = \"t\"\nsecret_type = \"api-key\"\nseverity = \"low\"\nshape = '\"acme_\" dig{8}'\n");
        let ran = dir.run(&["config", "check"]);
        assert_eq!(ran.code, 0, "{example}\n{ran:?}");
    }
}

/// What a repository keeps from being reported is told, and can be overruled.
mod narrowed {
    use super::*;

    /// A tree with a token, a password, and a token in a directory of its own.
    fn tree(configuration: &str) -> Dir {
        let dir = Dir::new();
        dir.write("a.txt", leak(1)).write("b.py", password());
        dir.write("vendor/c.txt", leak(2));
        dir.write("stopleak.toml", configuration);
        dir
    }

    /// Returns what a run says of who narrows it, in one line.
    fn told(summary: &serde_json::Value) -> String {
        let all = summary["narrowed"].as_array().cloned().unwrap_or_default();
        let all = all.iter().map(|n| {
            let text = |key: &str| n[key].as_str().unwrap().to_owned();
            format!("{} {} {}", text("by"), text("what"), n["count"])
        });
        all.collect::<Vec<_>>().join("; ")
    }

    const PAT: &str = "github-pat-classic";

    #[test]
    fn every_key_that_narrows_is_told_by_its_file_and_overruled() {
        let rule =
            |id: &str| format!("[[rule]]\nid = \"{id}\"\nshape = '\"nothing_\" base62{{24}}'\n");
        for (configuration, told_as, said) in [
            (
                "[rules]\ndisable = [\"github-pat-classic\"]\n".to_owned(),
                "stopleak.toml rules-off 1",
                "stopleak.toml: 1 rule off",
            ),
            (
                "[rules]\nonly = [\"aws-access-key-id\"]\n".to_owned(),
                "stopleak.toml rules-off OTHERS",
                "1 of ALL rules ran",
            ),
            (
                format!("[override.{PAT}]\ndisabled = true\n"),
                "stopleak.toml rules-off 1",
                "stopleak.toml: 1 rule off",
            ),
            (
                format!("[override.{PAT}]\nseverity = \"low\"\nconfidence = \"low\"\n"),
                "stopleak.toml rules-changed 1",
                "stopleak.toml: 1 rule changed",
            ),
            (
                rule(PAT),
                "stopleak.toml rules-replaced 1",
                "stopleak.toml: 1 rule replaced",
            ),
            (
                "[scan]\nexclude = [\"vendor/\", \"a.txt\"]\n".to_owned(),
                "stopleak.toml exclude 2",
                "2 `exclude` globs",
            ),
            (
                "[scan]\ninclude = [\"b.py\"]\n".to_owned(),
                "stopleak.toml include 1",
                "1 `include` glob",
            ),
            (
                "[scan]\nmax-file-size = 10\n".to_owned(),
                "stopleak.toml max-file-size 1",
                "a smaller size of files",
            ),
            (
                "confidence = \"high\"\n".to_owned(),
                "stopleak.toml confidence 1",
                "a higher confidence",
            ),
            (
                "[[allow]]\nreason = \"x\"\npaths = [\"a.txt\"]\n".to_owned(),
                "stopleak.toml allow 1",
                "1 allow entry",
            ),
            (
                "[[paths]]\npaths = [\"vendor/\"]\naction = \"warn\"\n".to_owned(),
                "stopleak.toml paths 1",
                "1 path policy",
            ),
        ] {
            let dir = tree(&configuration);
            let plain = summary(&dir, &["--no-config"]);
            assert_eq!((&plain["findings"], told(&plain).as_str()), (&3.into(), ""));
            let known = plain["rules"]["known"].as_u64().unwrap();
            assert_eq!(plain["rules"]["run"], known);
            let all = |text: &str| {
                let text = text.replace("OTHERS", &(known - 1).to_string());
                text.replace("ALL", &known.to_string())
            };
            let now = summary(&dir, &[]);
            assert_eq!(told(&now), all(told_as), "{configuration}");
            let text = scan(&dir, &[]).stdout;
            assert!(text.contains(&all(said)), "{configuration}: {text}");
            let overruled = summary(&dir, &["--no-suppressions"]);
            assert_eq!(
                (
                    &overruled["findings"],
                    &overruled["by_severity"],
                    told(&overruled).as_str()
                ),
                (&3.into(), &plain["by_severity"], ""),
                "{configuration}: {overruled:#}"
            );
            assert!(
                overruled["notes"]
                    .to_string()
                    .contains("--no-suppressions overrules")
            );
            assert_eq!(overruled["rules"]["run"], known);
        }
    }

    #[test]
    fn what_a_configuration_adds_stays() {
        let dir = tree(
            "confidence = \"low\"\n[scan]\nno-ignore = true\n[[rule]]\nid = \"acme\"\n\
             shape = '\"acmedk_\" base62{24}'\n",
        );
        dir.write("d.txt", "x = acmedk_kR7wqZ3pmVx9Tb2Lc8YdQ4nF\n");
        for args in [&[][..], &["--no-suppressions"]] {
            let summary = summary(&dir, args);
            assert_eq!(
                (&summary["findings"], told(&summary).as_str()),
                (&4.into(), "")
            );
        }
    }

    #[test]
    fn who_says_it_is_told() {
        let dir = tree("extend = [\"shared.toml\"]\n[scan]\nexclude = [\"x\"]\n");
        dir.write("shared.toml", "[rules]\ndisable = [\"github-*\"]\n");
        let both = told(&summary(&dir, &["--disable-rule", "aws-access-key-id"]));
        let by: Vec<&str> = both.split("; ").collect();
        assert_eq!(by.len(), 3, "{both}");
        assert_eq!(by[0], "--disable-rule rules-off 1");
        assert!(by[1].starts_with("shared.toml rules-off "), "{both}");
        assert_eq!(by[2], "stopleak.toml exclude 1");
        let only = told(&summary(&dir, &["--rule", PAT]));
        assert!(only.contains("--rule rules-off "), "{only}");
        let high = told(&summary(&dir, &["--no-config", "--confidence", "high"]));
        assert_eq!(high, "--confidence confidence 1");
    }

    #[test]
    fn a_gitleaks_configuration_is_told_and_overruled() {
        let dir = Dir::new();
        dir.write("a.txt", leak(1));
        dir.write(
            ".gitleaks.toml",
            "title = \"x\"\n[[rules]]\nid = \"own\"\nregex = '''acmedk_[a-z]{9}'''\n\
             keywords = [\"acmedk_\"]\n",
        );
        let quiet = summary(&dir, &[]);
        assert_eq!(quiet["findings"], 0);
        assert!(
            told(&quiet).starts_with(".gitleaks.toml rules-off "),
            "{quiet}"
        );
        dir.write("b.txt", "acmedk_abcdefghi\n");
        let all = summary(&dir, &["--no-suppressions"]);
        assert_eq!(
            (&all["findings"], told(&all).as_str()),
            (&2.into(), ""),
            "{all:#}"
        );
        dir.write(
            ".gitleaks.toml",
            "[extend]\nuseDefault = true\ndisabledRules = [\"github-pat\"]\n\
             [allowlist]\npaths = ['''a.txt''']\n",
        );
        let quiet = summary(&dir, &[]);
        assert_eq!(quiet["findings"], 0);
        assert!(
            told(&quiet).contains(".gitleaks.toml rules-off "),
            "{quiet}"
        );
        assert!(told(&quiet).contains(".gitleaks.toml allow 1"), "{quiet}");
        assert_eq!(summary(&dir, &["--no-suppressions"])["findings"], 1);
    }
}
