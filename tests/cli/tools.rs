//! `stopleak completions`, `stopleak man` and `--version`.
//!
//! A check of a shell's or a page's syntax runs where the program for it is installed.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Stdio};

use crate::support::dir::Dir;
use crate::support::finish;

const SHELLS: &[&str] = &["bash", "elvish", "fish", "nushell", "powershell", "zsh"];

/// Returns the script for a shell.
fn script(shell: &str) -> String {
    let ran = Dir::new().run(&["completions", shell]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
    ran.stdout
}

fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--help").stdin(Stdio::null());
    command.output().is_ok()
}

/// Returns all commands, with the options of each, as help lists them.
fn commands() -> Vec<(String, Vec<String>)> {
    let dir = Dir::new();
    let mut left = vec![String::new()];
    let mut all = Vec::new();
    while let Some(command) = left.pop() {
        let mut args: Vec<&str> = command.split_whitespace().collect();
        args.push("--help");
        let help = dir.run(&args).stdout;
        let below = help.split("Commands:\n").nth(1).unwrap_or_default();
        let below = below.lines().take_while(|line| !line.is_empty());
        let names = below.filter_map(|line| {
            let name = line.strip_prefix("  ")?.split(' ').next()?;
            (!name.is_empty() && name != "help").then_some(name)
        });
        left.extend(names.map(|name| format!("{command} {name}")));
        let options = help.lines().filter_map(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix('-').map(|_| line)?;
            let long = line.split([' ', ',']).find(|word| word.starts_with("--"))?;
            Some(long.split(['=', '[']).next()?.to_owned())
        });
        all.push((command.trim().to_owned(), options.collect()));
    }
    assert!(all.len() > 25, "{all:?}");
    all
}

#[test]
fn every_shell_learns_every_option() {
    let commands = commands();
    for shell in SHELLS {
        let script = script(shell);
        for (command, options) in &commands {
            let name = command.split(' ').next_back().unwrap_or_default();
            assert!(script.contains(name), "{shell}: {command}");
            for option in options {
                // fish writes `-l name`, others `--name`.
                let long = match *shell {
                    "fish" => format!("-l {}", &option[2..]),
                    _ => option.clone(),
                };
                assert!(script.contains(&long), "{shell}: {command} {option}");
            }
        }
    }
}

#[test]
fn shells_accept_their_scripts() {
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "-n")] {
        if !is_installed(shell) {
            continue;
        }
        let dir = Dir::new();
        dir.write("script", script(shell));
        let out = finish(
            Command::new(shell)
                .arg(check)
                .arg(dir.path().join("script")),
            b"",
        );
        assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
    }
}

/// What bash offers for the last word of a command line.
#[test]
fn bash_completes() {
    if !is_installed("bash") {
        return;
    }
    let dir = Dir::new();
    dir.write("script", script("bash"));
    let offered = |line: &str| {
        let ask = format!(
            "source ./script; COMP_WORDS=({line} \"\"); [[ '{line}' == *' ' ]] || unset 'COMP_WORDS[-1]'; \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _stopleak stopleak \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", &ask]).current_dir(dir.path());
        let out = finish(&mut command, b"");
        assert!(out.stderr.is_empty(), "{out:?}");
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(offered("stopleak sta"), "staged");
    assert_eq!(offered("stopleak scan --form"), "--format");
    assert_eq!(offered("stopleak scan --format sa"), "sarif");
    assert_eq!(offered("stopleak history --confidence "), "low medium high");
    assert_eq!(offered("stopleak config sch"), "schema");
    assert_eq!(
        offered("stopleak completions "),
        "-h --help bash elvish fish nushell powershell zsh"
    );
}

#[test]
fn every_command_has_its_page() {
    let dir = Dir::new();
    let ran = dir.run(&["man", "--dir", "share/man1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    let commands = commands();
    assert_eq!(
        ran.stderr,
        format!("share/man1: {} pages written\n", commands.len())
    );
    for (command, options) in &commands {
        let name = format!("stopleak {command}");
        let file = format!("share/man1/{}.1", name.trim().replace(' ', "-"));
        let page = std::fs::read_to_string(dir.path().join(&file)).unwrap();
        for option in options {
            let long = option.replace('-', r"\-");
            assert!(page.contains(&long), "{file}: {option}");
        }
        assert!(page.contains("EXIT STATUS"), "{file}");
        if is_installed("mandoc") {
            let mut lint = Command::new("mandoc");
            lint.args(["-T", "lint", "-W", "error"]).arg(&file);
            let out = finish(lint.current_dir(dir.path()), b"");
            assert!(out.status.success() && out.stdout.is_empty(), "{out:?}");
        }
    }
    let main = dir.run(&["man"]);
    let written = std::fs::read_to_string(dir.path().join("share/man1/stopleak.1")).unwrap();
    assert_eq!((main.code, main.stdout), (0, written));
    // A second run replaces them; a file for a directory is an error.
    assert_eq!(dir.run(&["man", "--dir", "share/man1"]).code, 0);
    dir.write("file", "");
    let ran = dir.run(&["man", "--dir", "file"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.starts_with("error: file: "), "{ran:?}");
}

#[test]
fn the_version_says_how_many_rules_there_are() {
    let ran = Dir::new().run(&["--version"]);
    let rules = stopleak::rules::builtin::rules().len();
    let version = env!("CARGO_PKG_VERSION");
    let start = format!("stopleak {version} (");
    let end = format!("{rules} rules)\n");
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.starts_with(&start) && ran.stdout.ends_with(&end),
        "{ran:?}"
    );
    assert_eq!(Dir::new().run(&["-V"]).stdout, ran.stdout);
}
