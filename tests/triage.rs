//! `stopleak triage` on a terminal, and `ignore add` for places and for the last findings.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use crate::support::dir::Dir;
use crate::support::token;

/// A password that no rule knows by its form.
fn password() -> String {
    ["kR7-wq", "_Zp3mVx9!"].concat()
}

/// A tree with a token at two places and a password.
fn tree() -> Dir {
    let dir = Dir::new();
    dir.write("a.yml", format!("key: {}\n", token(1)));
    dir.write("copy.yml", format!("\nkey: {}\n", token(1)));
    dir.write("b.py", format!("password = \"{}\"\n", password()));
    dir
}

fn ignored(dir: &Dir) -> String {
    std::fs::read_to_string(dir.path().join(".stopleakignore")).unwrap_or_default()
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let dir = tree();
    let ran = dir.run(&["triage"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("triage asks on a terminal"), "{ran:?}");
    assert!(ran.stderr.contains("stopleak ignore add"), "{ran:?}");
}

#[test]
fn a_finding_is_accepted_by_its_place() {
    let dir = tree();
    let ran = dir.run(&["ignore", "add", "a.yml:1", "--reason", "a test"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = dir.run(&["scan", ".", "--format", "json"]).json();
    let left: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["path"].as_str().unwrap())
        .collect();
    // The same secret elsewhere is accepted, too.
    assert_eq!(left, ["b.py"]);
    assert!(ignored(&dir).trim_end().ends_with(" a test"));
    let ran = dir.run(&["ignore", "add", "a.yml:1", "--reason", "again"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("a.yml:1: nothing to accept (ignore-file: a test)"),
        "{ran:?}"
    );
    let ran = dir.run(&["ignore", "add", "b.py:7", "--reason", "x"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("b.py:7: no finding"), "{ran:?}");
    assert!(ran.stderr.contains("stopleak explain"), "{ran:?}");
    let ran = dir.run(&["ignore", "add", "none.py:7", "--reason", "x"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    // From below the top, the same file gets the entry.
    std::fs::create_dir(dir.path().join(".git")).unwrap();
}

#[test]
fn several_secrets_on_a_line_are_asked_about() {
    let dir = Dir::new();
    dir.write(
        "two.yml",
        format!("a: {} b: {} c: {}\n", token(1), token(2), token(1)),
    );
    let ran = dir.run(&["ignore", "add", "two.yml:1", "--reason", "x"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("two.yml:1: 2 secrets; which one?"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("--all"), "{ran:?}");
    for seed in [1, 2] {
        assert!(!ran.stderr.contains(&token(seed)[..12]), "{ran:?}");
    }
    assert_eq!(ignored(&dir), "");
    let column = format!("two.yml:1:{}", 4 + token(1).len() + 6);
    let ran = dir.run(&["ignore", "add", &column, "--reason", "the second"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ignored(&dir).lines().count(), 3, "{}", ignored(&dir));
    let ran = dir.run(&[
        "ignore",
        "add",
        "two.yml:1",
        "--all",
        "--reason",
        "the rest",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(dir.run(&["scan", "."]).code, 0);
}

#[test]
fn what_was_found_last_is_found_again_and_accepted() {
    let dir = Dir::new();
    dir.write("a.yml", format!("key: {}\n", token(1)));
    let ran = dir.run(&["ignore", "add", "--last", "--reason", "a test"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(dir.run(&["scan", "."]).code, 0);
    let ran = dir.run(&["ignore", "add", "--last", "--reason", "a test"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("the files: nothing to accept"),
        "{ran:?}"
    );
    dir.write("b.yml", format!("key: {}\nmore: {}\n", token(2), token(3)));
    let ran = dir.run(&["ignore", "add", "--last", "--reason", "x"]);
    assert!(
        ran.stderr.contains("the files: 2 secrets; which one?"),
        "{ran:?}"
    );
    let ran = dir.run(&["ignore", "add", "--last", "--all", "--reason", "x"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(dir.run(&["scan", "."]).code, 0);
    let ran = dir.run(&["ignore", "add", "--reason", "x"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn of_what_is_staged_comes_first() {
    let repo = crate::support::repo::Repo::init(&[]);
    repo.commit("first.txt", "one\n");
    repo.write("loose.yml", format!("key: {}\n", token(1)));
    repo.write("staged.yml", format!("key: {}\n", token(2)));
    repo.git(&["add", "staged.yml"]);
    let stopleak = |args: &[&str]| {
        let out = repo
            .command(env!("CARGO_BIN_EXE_stopleak"))
            .args(args)
            .output()
            .unwrap();
        crate::support::ran::Ran::of(out)
    };
    let ran = stopleak(&["ignore", "add", "--last", "--reason", "a test"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stopleak(&["staged"]).code, 0);
    assert_eq!(stopleak(&["scan", "."]).code, 1);
    let ran = stopleak(&["ignore", "add", "--last", "--reason", "a test"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stopleak(&["scan", "."]).code, 0);
}

#[cfg(unix)]
mod terminal {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::process::{Child, Command};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    /// A program on a terminal of its own.
    struct Terminal {
        keyboard: File,
        child: Child,
        screen: Arc<Mutex<Vec<u8>>>,
        seen: usize,
        /// How the terminal was before the program took it over.
        before: String,
    }

    impl Terminal {
        fn start(dir: &Dir, args: &[&str]) -> Self {
            Self::at(dir.path(), args)
        }

        fn at(dir: &Path, args: &[&str]) -> Self {
            let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
            grantpt(&master).unwrap();
            unlockpt(&master).unwrap();
            let name = ptsname(&master, Vec::new()).unwrap();
            let slave = File::options()
                .read(true)
                .write(true)
                .open(OsStr::from_bytes(name.as_bytes()))
                .unwrap();
            let before = modes(&slave);
            let mut command = Command::new(env!("CARGO_BIN_EXE_stopleak"));
            let child = command
                .args(args)
                .current_dir(dir)
                .env_clear()
                .env("TERM", "xterm")
                .env("XDG_STATE_HOME", dir.join(".state"))
                .stdin(slave.try_clone().unwrap())
                .stdout(slave.try_clone().unwrap())
                .stderr(slave)
                .spawn()
                .unwrap();
            drop(command);
            let keyboard = File::from(master);
            let screen = Arc::new(Mutex::new(Vec::new()));
            let (mut reader, shown) = (keyboard.try_clone().unwrap(), Arc::clone(&screen));
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(n) = reader.read(&mut buffer) {
                    if n == 0 {
                        break;
                    }
                    shown.lock().unwrap().extend_from_slice(&buffer[..n]);
                }
            });
            Self {
                keyboard,
                child,
                screen,
                seen: 0,
                before,
            }
        }

        fn text(&self) -> String {
            String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
        }

        /// Waits until `text` appears behind what was seen before.
        fn see(&mut self, text: &str) {
            let start = Instant::now();
            loop {
                let all = self.text();
                if let Some(at) = all[self.seen..].find(text) {
                    self.seen += at + text.len();
                    return;
                }
                let waited = start.elapsed();
                assert!(
                    waited < Duration::from_secs(60),
                    "waited for {text:?}:\n{all}"
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        }

        fn press(&mut self, keys: &str) {
            self.keyboard.write_all(keys.as_bytes()).unwrap();
        }

        fn end(mut self) -> (i32, String) {
            let code = self.child.wait().unwrap().code().unwrap();
            // The next program finds the terminal as this one did.
            assert_eq!(modes(&self.keyboard), self.before);
            std::thread::sleep(Duration::from_millis(50));
            (code, self.text())
        }
    }

    /// The modes of a terminal, from either end.
    fn modes(terminal: &File) -> String {
        let modes = rustix::termios::tcgetattr(terminal).unwrap();
        format!(
            "{:?} {:?} {:?}",
            modes.input_modes, modes.output_modes, modes.local_modes
        )
    }

    #[test]
    fn each_secret_is_decided_once_and_a_session_goes_on() {
        let dir = tree();
        let mut terminal = Terminal::start(&dir, &["triage"]);
        terminal.see("1 of 2  critical  github-pat-classic");
        terminal.see("(2 places in 2 files)");
        terminal.see("a.yml:1:6");
        terminal.see("| key: ghp_********");
        terminal.see("q quit");
        // Explained, and back.
        terminal.press("e");
        terminal.see("any key goes back");
        terminal.press("x");
        terminal.see("1 of 2");
        // Accepted with a reason, an owner and a last day; wrong answers are asked again.
        terminal.press("a");
        terminal.see("why is it accepted?");
        terminal.press("\r");
        terminal.see("a reason is needed");
        terminal.press("a tezt\x7f\x7fst key\r");
        terminal.see("who is responsible");
        terminal.press("two words\r");
        terminal.see("one word");
        terminal.press("ops\r");
        terminal.see("last day");
        terminal.press("2020-01-01\r");
        terminal.see("in the past");
        terminal.press("soon\r");
        terminal.see("looks like");
        terminal.press("2099-12-31\r");
        terminal.see("2 of 2  high  generic-assignment");
        let entries = ignored(&dir);
        let entry = entries.lines().last().unwrap();
        assert!(
            entry.ends_with("until=2099-12-31 owner=ops a test key"),
            "{entry}"
        );
        // Taken back, skipped, and called real.
        terminal.press("u");
        terminal.see("1 of 2");
        terminal.see("undone");
        assert_eq!(
            ignored(&dir)
                .lines()
                .filter(|l| !l.starts_with('#'))
                .count(),
            0
        );
        terminal.press("s");
        terminal.see("2 of 2");
        terminal.press("t");
        terminal.see("1 real leak, 0 false alarms, 0 accepted, 1 left");
        let (code, text) = terminal.end();
        assert_eq!(code, 1);
        assert!(
            !text.contains(&password()) && !text.contains(&token(1)),
            "{text}"
        );

        // What is real is not asked again; the rest is.
        let mut terminal = Terminal::start(&dir, &["triage", "."]);
        terminal.see("1 of 1  critical");
        terminal.see("1 secret decided before");
        terminal.press("f");
        terminal.see("why is it no secret?");
        terminal.press("a sample\r");
        terminal.see("1 real leak, 1 false alarm, 0 accepted, 0 left");
        assert_eq!(terminal.end().0, 1);
        assert!(ignored(&dir).contains(" false alarm: a sample"));
        let report = dir
            .run(&["scan", ".", "--exclude", ".state", "--format", "json"])
            .json();
        assert_eq!(report["findings"].as_array().unwrap().len(), 1);

        // Nothing that is kept shows a secret.
        for entry in std::fs::read_dir(dir.path().join(".state/stopleak/triage")).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains(&password()), "{text}");
            assert_eq!(text.lines().filter(|l| !l.starts_with('#')).count(), 1);
        }
    }

    #[test]
    fn keys_that_are_typed_ahead_count() {
        let dir = tree();
        let mut terminal = Terminal::start(&dir, &["triage"]);
        terminal.press("f\rf\r");
        terminal.see("0 real leaks, 2 false alarms, 0 accepted, 0 left");
        assert_eq!(terminal.end().0, 0);
        assert_eq!(dir.run(&["scan", "."]).code, 0);
        let mut terminal = Terminal::start(&dir, &["triage"]);
        terminal.see("nothing to decide about");
        assert_eq!(terminal.end().0, 0);
    }

    #[test]
    fn quitting_leaves_the_rest() {
        for key in ["q", "\x03", "\x04"] {
            let dir = tree();
            let mut terminal = Terminal::start(&dir, &["triage"]);
            terminal.see("1 of 2");
            terminal.press("?");
            terminal.see("keys: t real leak");
            terminal.press("a");
            terminal.see("why is it accepted?");
            terminal.press("\x1b");
            terminal.see("1 of 2");
            terminal.press(key);
            terminal.see("2 left");
            let (code, _) = terminal.end();
            assert_eq!(code, 1);
            assert_eq!(ignored(&dir), "");
        }
    }

    #[test]
    fn a_report_is_decided_about_where_it_lies() {
        let dir = tree();
        dir.run(&["scan", ".", "-q", "-o", "r.json"]);
        let mut terminal = Terminal::start(&dir, &["triage", "--report", "r.json"]);
        terminal.see("1 of 2  critical  github-pat-classic");
        terminal.press("f\r");
        terminal.see("2 of 2");
        terminal.press("a");
        terminal.see("why is it accepted?");
        terminal.press("local only\r\r\r");
        terminal.see("0 real leaks, 1 false alarm, 1 accepted, 0 left");
        assert_eq!(terminal.end().0, 0);
        assert_eq!(dir.run(&["scan", "."]).code, 0);

        // Of another scanner, too: by the id of the secret, unless the report hides it.
        let dir = tree();
        let found = |secret: &str, file: &str| {
            serde_json::json!({"RuleID": "x", "Description": "X", "StartLine": 1, "EndLine": 1,
                "StartColumn": 1, "EndColumn": 9, "Match": secret, "Secret": secret, "File": file})
        };
        let report = serde_json::json!([found(&password(), "b.py"), found("REDACTED", "c.py")]);
        dir.write("g.json", report.to_string());
        let mut terminal = Terminal::start(&dir, &["triage", "--report", "g.json"]);
        terminal.see("1 of 2  high  x");
        terminal.press("f\r");
        terminal.see("2 of 2");
        terminal.press("a");
        terminal.see("it cannot be accepted");
        terminal.press("t");
        terminal.see("1 real leak, 1 false alarm, 0 accepted, 0 left");
        assert_eq!(terminal.end().0, 1);
        let report = dir.run(&["scan", "b.py"]);
        assert_eq!(report.code, 0, "{report:?}");
    }

    /// A repository whose history has a token that is gone, one that stays, and a later password.
    fn history() -> crate::support::repo::Repo {
        let repo = crate::support::repo::Repo::init(&[]);
        repo.commit("a.yml", format!("key: {}\n", token(1)));
        repo.commit("a.yml", "key: gone\n");
        repo.commit("b.yml", format!("key: {}\n", token(2)));
        repo.commit("b.py", format!("password = \"{}\"\n", password()));
        repo.git(&["remote", "add", "origin", "https://github.com/o/r.git"]);
        repo
    }

    #[test]
    fn a_history_is_decided_about_without_a_report() {
        let repo = history();
        let dir = repo.path();
        let mut terminal = Terminal::at(dir, &["triage", "--history"]);
        terminal.see("1 of 3  critical  github-pat-classic");
        terminal.see("link      https://github.com/o/r/blob/");
        terminal.see("still at HEAD");
        terminal.press("f\r");
        terminal.see("2 of 3  critical");
        terminal.see("gone from HEAD; the history has it");
        terminal.press("t");
        terminal.see("3 of 3  high");
        terminal.press("q");
        terminal.see("1 real leak, 1 false alarm, 0 accepted, 1 left");
        assert_eq!(terminal.end().0, 1);
        // Only what the last commit adds.
        let mut terminal = Terminal::at(dir, &["triage", "--range", "HEAD~1..HEAD", "."]);
        terminal.see("1 of 1  high  generic-assignment");
        terminal.press("f\r");
        terminal.see("0 left");
        assert_eq!(terminal.end().0, 0);
        // A date that is none, and two repositories.
        for (args, want) in [
            (&["triage", "--since", "yesterdayy"][..], "not a date"),
            (&["triage", "--history", "a", "b"], "several paths"),
            (&["triage", "--history", "none"], "none"),
        ] {
            let mut terminal = Terminal::at(dir, args);
            terminal.see(want);
            assert_eq!(terminal.end().0, 2, "{args:?}");
        }
    }
}
