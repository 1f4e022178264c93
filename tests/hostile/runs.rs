//! Nothing runs. A repository that names programs and network paths wherever git would use them is
//! scanned under strace. One program starts, no socket is made, and nothing is written except the
//! requested output.

use std::process::Command;

use super::support::{Dir, PROGRAM, line, skipped, token};

/// The traced calls: starting, connecting, and every way to change a file.
const CALLS: &str = "execve,execveat,socket,connect,bind,sendto,open,openat,openat2,creat,\
    rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,symlinkat,\
    truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchown,fchownat,utimensat,mount,ptrace,\
    fork,vfork";

fn traceable() -> bool {
    let ran = Command::new("strace")
        .args(["-o", "/dev/null", "-e", CALLS, "true"])
        .output();
    ran.is_ok_and(|ran| ran.status.success())
}

/// Creates a repository in which every configuration file requests a program.
fn trap() -> Dir {
    let dir = Dir::new();
    dir.shell("git init -q -b main . ; git init -q other", &[]);
    dir.write("a.txt", line(1)).write("sub/b.bin", token(1));
    dir.shell(
        "git add -A a.txt sub; git commit -qm first; git tag -a v1 -m tag",
        &[],
    );
    dir.write("a.txt", [line(1), line(2)].concat());
    dir.git("add -A a.txt sub");
    dir.write("c.txt", line(3));
    let run = dir.at("run.sh").display().to_string();
    let ran = dir.at("ran").display().to_string();
    dir.write("run.sh", format!("#!/bin/sh\ntouch {ran}\ncat\n"));
    dir.shell("chmod +x run.sh", &[]);
    let mut config = "[core]\n\trepositoryformatversion = 0\n".to_owned();
    for key in [
        "fsmonitor",
        "sshCommand",
        "editor",
        "pager",
        "askPass",
        "gitProxy",
        "hooksPath",
        "attributesFile",
        "excludesFile",
        "alternateRefsCommand",
        "notesRef",
    ] {
        config += &format!("\t{key} = {run}\n");
    }
    config += "\tworktree = .\n\tsymlinks = false\n\tprecomposeunicode = true\n";
    for (section, key) in [
        ("credential", "helper"),
        ("gpg", "program"),
        ("gpg \"ssh\"", "program"),
        ("diff", "external"),
        ("diff \"x\"", "textconv"),
        ("diff \"x\"", "command"),
        ("merge \"x\"", "driver"),
        ("mergetool \"x\"", "cmd"),
        ("filter \"x\"", "clean"),
        ("filter \"x\"", "smudge"),
        ("filter \"x\"", "process"),
        ("alias", "log"),
        ("pager", "log"),
        ("sequence", "editor"),
        ("interactive", "diffFilter"),
        ("uploadpack", "packObjectsHook"),
        ("remote \"origin\"", "uploadpack"),
        ("remote \"origin\"", "receivepack"),
        ("remote \"origin\"", "vcs"),
        ("trailer \"x\"", "command"),
        ("difftool \"x\"", "cmd"),
        ("http", "sslCert"),
        ("browser \"x\"", "cmd"),
        ("tar \"x\"", "command"),
        ("sendemail", "smtpserver"),
    ] {
        config += &format!("[{section}]\n\t{key} = {run}\n");
    }
    config += "[filter \"x\"]\n\trequired = true\n\
        [url \"ssh://host.invalid/\"]\n\tinsteadOf = https://\n\
        [remote \"origin\"]\n\turl = ext::sh -c run\n\tpromisor = true\n\tproxy = http://host.invalid\n\
        [include]\n\tpath = //host.invalid/share/config\n\
        [include]\n\tpath = other-config\n\
        [includeIf \"gitdir:/\"]\n\tpath = other-config\n\
        [submodule \"s\"]\n\tupdate = !touch ran\n\turl = ext::sh\n\tactive = true\n\
        [protocol \"ext\"]\n\tallow = always\n\
        [maintenance]\n\tauto = true\n[gc]\n\tauto = 1\n[fetch]\n\trecurseSubmodules = true\n";
    dir.write(".git/config", config);
    dir.write(
        ".git/other-config",
        format!("[core]\n\tfsmonitor = {run}\n"),
    );
    dir.write(
        ".gitattributes",
        "* filter=x diff=x merge=x working-tree-encoding=UTF-16 text\n",
    );
    dir.write(
        ".gitmodules",
        "[submodule \"s\"]\n\tpath = s\n\turl = ext::sh\n\tupdate = !touch ran\n",
    );
    dir.write(
        "linked/.git",
        format!("gitdir: {}\n", dir.at("other/.git").display()),
    );
    dir.write("away/.git", "gitdir: //host.invalid/share/repo.git\n");
    for hook in [
        "pre-commit",
        "pre-push",
        "post-checkout",
        "post-index-change",
        "fsmonitor-watchman",
        "reference-transaction",
        "pre-auto-gc",
        "post-merge",
        "pre-receive",
        "update",
    ] {
        dir.shell("cp run.sh \".git/hooks/$1\"", &[hook]);
    }
    dir
}

/// Returns the actions of one command, as lines of strace, without harmless calls.
fn deeds(dir: &Dir, args: &[&str]) -> (Option<i32>, Vec<String>) {
    let log = dir.path().with_extension("strace");
    let ran = Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-s",
            "300",
            "-o",
            log.to_str().unwrap(),
            "-e",
            &format!("trace={CALLS}"),
        ])
        .arg(PROGRAM)
        .args(args)
        .current_dir(dir.path())
        .env_clear()
        .env("HOME", dir.path())
        .env("GIT_EDITOR", dir.at("run.sh"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    let _ = std::fs::remove_file(log);
    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
    let lines = text.lines().filter(|line| {
        let call = line
            .split_once(' ')
            .map_or("", |(_, call)| call.trim_start());
        let opens = call.starts_with("open");
        !(call.starts_with("+++") || call.starts_with("---") || call.starts_with("<..."))
            && (!opens
                || writes.iter().any(|flag| call.contains(flag))
                || call.contains("host.invalid"))
    });
    (ran.status.code(), lines.map(str::to_owned).collect())
}

#[test]
fn no_program_no_socket_no_write() {
    if !traceable() {
        return skipped("what is run and written: needs strace, and to be allowed to trace");
    }
    let dir = trap();
    let commands: &[(&[&str], i32)] = &[
        (&["scan"], 1),
        (&["scan", "--follow", "--no-ignore"], 1),
        (&["scan", "--changed"], 1),
        (&["staged"], 1),
        (&["history"], 1),
        (&["history", "--all-objects", "--no-delta"], 1),
        (&["history", "--range", "main"], 1),
        (&["hook", "run", "pre-commit"], 1),
        (&["hook", "run", "manual"], 1),
        (&["hook", "status"], 2),
        (&["ci", "--base", "main"], 2),
        (&["baseline", "check"], 2),
        (&["explain", "a.txt:1"], 1),
        (&["explain", "github-pat-classic"], 0),
        (&["config", "check"], 0),
        (&["config", "show"], 0),
        (&["rules", "list"], 0),
        (&["history", "linked"], 0),
        (&["history", "away"], 2),
        (&["scan", "--policy-from", "HEAD"], 1),
    ];
    for (args, code) in commands {
        let (ended, deeds) = deeds(&dir, args);
        let starts = deeds.iter().filter(|d| d.contains("execve")).count();
        assert_eq!(starts, 1, "{args:?}: {deeds:#?}");
        let unwanted: Vec<_> = deeds
            .iter()
            .filter(|d| !d.contains("execve") && !d.contains("\"/dev/null\""))
            // A path is resolved for the message that nothing is there.
            .filter(|d| {
                !(d.contains("host.invalid") && d.contains("ENOENT") && !d.contains("O_CREAT"))
            })
            .collect();
        assert!(unwanted.is_empty(), "{args:?}: {unwanted:#?}");
        if *args != ["config", "check"] && args[0] != "ci" {
            assert_eq!(ended, Some(*code), "{args:?}");
        }
    }
    assert!(!dir.at("ran").exists());
    // With `-o`, that file and no other.
    let (_, deeds) = deeds(&dir, &["scan", "-o", "report.json"]);
    let writes: Vec<_> = deeds.iter().filter(|d| d.contains("O_CREAT")).collect();
    assert!(
        writes.len() == 1 && writes[0].contains("report.json"),
        "{writes:?}"
    );
    assert!(!dir.at("ran").exists());
}

/// git rejects a repository of another user. If a scanner did the same, `chown` could switch it
/// off. stopleak reads the repository and reports the other owner.
#[test]
fn a_repository_of_another_user_is_read_and_told() {
    let dir = trap();
    let chowned = Command::new("chown")
        .args(["-R", "65533:65533"])
        .arg(dir.path())
        .status();
    if !chowned.is_ok_and(|status| status.success()) {
        return skipped("a repository of another user: needs root");
    }
    let ran = dir.run(&["history", "--format", "json"]);
    assert_eq!(ran.ends(1).findings().len(), 2);
    ran.says("belongs to another user");
    for args in [&["scan"][..], &["staged"], &["scan", "--changed"]] {
        dir.run(args).ends(1);
    }
    assert!(!dir.at("ran").exists());
}
