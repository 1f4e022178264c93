//! Names that a person gives, in trees whose author wants them to lead elsewhere: report files,
//! configurations, baselines, and the working tree itself.

#![allow(clippy::unwrap_used, reason = "tests")]
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::finish;
use crate::support::repo::{Beside, Repo};
use crate::support::token;

struct Run {
    code: i32,
    out: String,
    errors: String,
}

impl Run {
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.errors);
        self
    }

    #[track_caller]
    fn says(&self, text: &str) {
        let all = format!("{}{}", self.out, self.errors);
        assert!(all.contains(text), "{text} in {all}");
    }
}

/// Runs stopleak in `dir` with variables in addition to the usual ones.
fn run_with(repo: &Repo, dir: &Path, env: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    command.args(args).current_dir(dir);
    command.envs(env.iter().copied());
    let out = finish(&mut command, b"");
    Run {
        code: out.status.code().unwrap(),
        out: String::from_utf8_lossy(&out.stdout).into_owned(),
        errors: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

fn run(repo: &Repo, args: &[&str]) -> Run {
    run_with(repo, repo.path(), &[], args)
}

fn line(seed: u64) -> String {
    format!("token: {}\n", token(seed))
}

fn text(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// A repository, and a file outside of it that nobody may write.
struct Scene {
    repo: Repo,
    outside: Beside,
}

impl Scene {
    fn new() -> Self {
        let repo = Repo::init(&[]);
        let outside = Beside::new(&repo, "outside");
        std::fs::create_dir_all(outside.path()).unwrap();
        std::fs::write(outside.path().join("victim"), "precious").unwrap();
        repo.commit("a.txt", "text\n");
        Self { repo, outside }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.repo.path().join(name)
    }

    fn link(&self, target: impl AsRef<Path>, name: &str) {
        symlink(target, self.at(name)).unwrap();
    }

    fn commit(&self) -> String {
        self.repo.git(&["add", "-Af", "."]);
        self.repo.git(&["commit", "-q", "-m", "change"]);
        self.repo.git(&["rev-parse", "HEAD"])
    }

    /// Commits to the default branch: its policy counts.
    fn merge(&self) -> String {
        self.commit();
        self.trust()
    }

    /// Makes HEAD the default branch.
    fn trust(&self) -> String {
        let commit = self.repo.git(&["rev-parse", "HEAD"]);
        let branch = "refs/remotes/origin/main";
        self.repo.git(&["update-ref", branch, &commit]);
        let head = "refs/remotes/origin/HEAD";
        self.repo.git(&["symbolic-ref", head, branch]);
        commit
    }

    #[track_caller]
    fn outside_is_untouched(&self) {
        assert_eq!(text(self.outside.path().join("victim")), "precious");
        let names = std::fs::read_dir(self.outside.path()).unwrap().count();
        assert_eq!(names, 1);
    }

    /// Checks that nothing that a run writes beside a report is left.
    #[track_caller]
    fn nothing_is_left(&self) {
        let names = std::fs::read_dir(self.repo.path()).unwrap();
        for name in names {
            let name = name.unwrap().file_name().into_string().unwrap();
            assert!(!name.ends_with(".new"), "{name}");
        }
    }
}

const REPORTS: [&str; 4] = ["r.sarif", "r.json", "csv=r", "./d/../r.md"];

#[test]
fn a_report_replaces_a_link_and_never_follows_it() {
    for report in REPORTS {
        let name = report.rsplit(['=', '/']).next().unwrap();
        let scene = Scene::new();
        scene.link(scene.outside.path().join("victim"), name);
        run(&scene.repo, &["scan", "-o", report]).ends(0);
        assert!(scene.at(name).symlink_metadata().unwrap().is_file());
        scene.outside_is_untouched();
        scene.nothing_is_left();
        // The link leads to a file of the tree, or nowhere.
        scene.repo.write("leak.env", line(1));
        std::fs::remove_file(scene.at(name)).unwrap();
        scene.link("leak.env", name);
        run(&scene.repo, &["scan", "-o", report]).ends(1);
        assert_eq!(text(scene.at("leak.env")), line(1));
        std::fs::remove_file(scene.at(name)).unwrap();
        scene.link(scene.outside.path().join("new"), name);
        run(&scene.repo, &["scan", "-o", report]).ends(1);
        scene.outside_is_untouched();
    }
}

#[test]
fn what_git_tracks_is_no_place_for_a_report() {
    let scene = Scene::new();
    scene.repo.write("r.json", line(2));
    scene.repo.write("d/r.json", "{}");
    scene.link("a.txt", "l.json");
    scene.commit();
    for args in [
        &["scan"][..],
        &["scan", "--changed"],
        &["staged"],
        &["history"],
    ] {
        for file in ["r.json", "./d/../r.json", "d/r.json", "l.json"] {
            let ran = run(&scene.repo, &[args, &["-o", file]].concat()).ends(2);
            ran.says("git tracks this file");
        }
    }
    // From below, by the whole path, and through a link to the checkout.
    let linked = scene.outside.path().with_extension("linked");
    symlink(scene.repo.path(), &linked).unwrap();
    for file in [
        PathBuf::from("../r.json"),
        scene.at("r.json"),
        linked.join("r.json"),
    ] {
        let args = ["scan", ".", "-o", file.to_str().unwrap()];
        let ran = run_with(&scene.repo, &scene.at("d"), &[], &args).ends(2);
        ran.says("git tracks this file");
    }
    std::fs::remove_file(linked).unwrap();
    assert_eq!(text(scene.at("r.json")), line(2));
    assert!(scene.at("l.json").symlink_metadata().unwrap().is_symlink());
    // Added, not committed yet.
    scene.repo.write("new.json", line(3));
    scene.repo.git(&["add", "new.json"]);
    run(&scene.repo, &["staged", "-o", "new.json"]).ends(2);
    assert_eq!(text(scene.at("new.json")), line(3));
    scene.nothing_is_left();
}

#[test]
fn what_head_has_is_tracked_still() {
    let scene = Scene::new();
    for name in ["r.json", "d/gone.json", "both.json"] {
        scene.repo.write(name, line(20));
    }
    scene.commit();
    // It left the index, the working tree, or both.
    scene.repo.git(&["rm", "-q", "--cached", "r.json"]);
    std::fs::remove_file(scene.at("d/gone.json")).unwrap();
    scene.repo.git(&["rm", "-q", "both.json"]);
    for file in ["r.json", "d/gone.json", "./both.json"] {
        let ran = run(&scene.repo, &["scan", "-o", file]).ends(2);
        ran.says("git tracks this file");
    }
    assert_eq!(text(scene.at("r.json")), line(20));
    // Once that is committed, they are free.
    scene.repo.git(&["rm", "-rq", "--cached", "d"]);
    scene.repo.git(&["commit", "-q", "-m", "gone"]);
    for file in ["r.json", "both.json"] {
        assert!(run(&scene.repo, &["scan", "-o", file]).code < 2);
    }
    // What cannot be read keeps no new file from being written, but replaces none.
    std::fs::write(scene.at(".git/index"), "damaged").unwrap();
    assert!(run(&scene.repo, &["scan", "a.txt", "-o", "new.json"]).code < 2);
    let ran = run(&scene.repo, &["scan", "a.txt", "-o", "new.json"]).ends(2);
    ran.says("cannot be told");
}

/// Files of git's own: of the repository, of another working tree of it, of a submodule, of a bare
/// repository beside it.
#[test]
fn a_git_directory_is_no_place_for_a_report() {
    let scene = Scene::new();
    let repo = &scene.repo;
    repo.git(&["worktree", "add", "-q", "tree", "-b", "tree"]);
    let bare = Beside::new(repo, "bare");
    repo.git(&["clone", "-q", "--bare", ".", bare.text()]);
    let apart = Beside::new(repo, "apart");
    repo.git(&["init", "-q", "--separate-git-dir", apart.text(), "apart"]);
    repo.git(&["init", "-q", "nested"]);
    let before = |path: &Path| {
        let out = repo.command("ls").arg("-lR").arg(path).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let all = || [&repo.path().join(".git"), bare.path(), apart.path()].map(&before);
    let old = all();
    let bare_file = |name: &str| format!("json={}/{name}", bare.text());
    for file in [
        "json=.git/config".to_owned(),
        "json=.GIT/config".to_owned(),
        ".git/new.json".to_owned(),
        "json=.git/HEAD".to_owned(),
        "json=.git/refs/heads/new".to_owned(),
        "json=.git/worktrees/tree/HEAD".to_owned(),
        "json=tree/.git".to_owned(),
        "json=apart/.git".to_owned(),
        "nested/.git/hooks/x.json".to_owned(),
        "d/../.git/objects/x.json".to_owned(),
        // The same directory on Windows.
        ".git./new.json".to_owned(),
        ".git. . /new.json".to_owned(),
        ".git::$INDEX_ALLOCATION/new.json".to_owned(),
        "GIT~1/new.json".to_owned(),
        format!("json={}/HEAD", apart.text()),
        bare_file("HEAD"),
        bare_file("config"),
        bare_file("packed-refs"),
        bare_file("FETCH_HEAD"),
        bare_file("refs/heads/main"),
        bare_file("refs/heads/x.json"),
        bare_file("hooks/x.json"),
    ] {
        for args in [&["scan", "a.txt"][..], &["history"]] {
            let ran = run(repo, &[args, &["-o", &file]].concat()).ends(2);
            ran.says("where git keeps its files");
        }
    }
    for dir in [repo.path().join(".git"), repo.path().join(".git/refs")] {
        let args = ["history", "-o", "x.json"];
        run_with(repo, &dir, &[], &args).ends(2);
    }
    let id = "00112233445566778899aabbccddeeff";
    let args = ["ignore", "add", id, "--reason", "x", "--file", ".git/x"];
    run(repo, &args).ends(2).says("where git keeps its files");
    assert_eq!(all(), old);
    // A report in a bare repository is no file of git's.
    let args = ["history", "-o", "report.json"];
    run_with(repo, bare.path(), &[], &args).ends(0);
    run_with(repo, bare.path(), &[], &args).ends(0);
}

/// A command that writes a file, and the name of one that it writes below a directory.
type Writes = fn(dir: &str) -> (Vec<String>, String);

fn writes_page(dir: &str) -> (Vec<String>, String) {
    let args = ["man", "--dir", dir];
    (args.map(str::to_owned).to_vec(), "stopleak-scan.1".into())
}

fn writes_import(dir: &str) -> (Vec<String>, String) {
    let file = format!("{dir}/new.toml");
    let args = ["import", "gitleaks.toml", "-o", &file];
    (args.map(str::to_owned).to_vec(), "new.toml".into())
}

fn writes_baseline(dir: &str) -> (Vec<String>, String) {
    let file = format!("{dir}/known.txt");
    let args = ["baseline", "create", "--force", "--baseline", &file];
    (args.map(str::to_owned).to_vec(), "known.txt".into())
}

fn writes_ignores(dir: &str) -> (Vec<String>, String) {
    let file = format!("{dir}/accepted.txt");
    let id = "00112233445566778899aabbccddeeff";
    let args = ["ignore", "add", id, "--reason", "x", "--file", &file];
    (args.map(str::to_owned).to_vec(), "accepted.txt".into())
}

/// Whatever a command writes: not through a link, not over what is not its own, and not where
/// git keeps its files.
#[test]
fn no_command_writes_where_a_tree_leads_it() {
    let all: [Writes; 4] = [writes_page, writes_import, writes_baseline, writes_ignores];
    for writes in all {
        let scene = Scene::new();
        let repo = &scene.repo;
        repo.write("gitleaks.toml", "title = \"x\"\n");
        let bare = Beside::new(repo, "bare");
        repo.git(&["clone", "-q", "--bare", ".", bare.text()]);
        repo.write("keep", "");
        let tried = |dir: &str| {
            let args = writes(dir).0;
            run(repo, &args.iter().map(String::as_str).collect::<Vec<_>>())
        };
        std::fs::create_dir_all(scene.at("d")).unwrap();
        let name = writes("d").1;
        // It works.
        let file = scene.at("d").join(&name);
        tried("d").ends(0);
        assert!(!text(&file).is_empty(), "{name}");
        std::fs::remove_file(&file).unwrap();
        // A tracked file that is something else.
        std::fs::write(&file, "tracked").unwrap();
        scene.commit();
        tried("d").ends(2);
        assert_eq!(text(&file), "tracked", "{name}");
        repo.git(&["rm", "-rq", "d"]);
        repo.git(&["commit", "-q", "-m", "gone"]);
        std::fs::create_dir_all(scene.at("d")).unwrap();
        // Links to files: outside, inside, to nothing.
        for target in [
            scene.outside.path().join("victim"),
            scene.outside.path().join("new"),
            scene.at("a.txt"),
        ] {
            symlink(&target, &file).unwrap();
            let ran = tried("d");
            let is_link = file.symlink_metadata().unwrap().is_symlink();
            assert_eq!(ran.code == 2, is_link, "{name}");
            scene.outside_is_untouched();
            assert_eq!(text(scene.at("a.txt")), "text\n");
            assert!(is_link || !text(&file).contains("precious"), "{name}");
            std::fs::remove_file(&file).unwrap();
        }
        // A second name of another file keeps that.
        std::fs::hard_link(scene.at("keep"), &file).unwrap();
        tried("d");
        assert_eq!(text(scene.at("keep")), "", "{name}");
        std::fs::remove_file(&file).unwrap();
        // Something that is no file.
        std::fs::create_dir(&file).unwrap();
        tried("d").ends(2);
        std::fs::remove_dir(&file).unwrap();
        // A page goes into a pipe as a report does.
        if name != writes_page("d").1 {
            repo.command("mkfifo").arg(&file).status().unwrap();
            ends_soon(repo, &writes("d").0);
            std::fs::remove_file(&file).unwrap();
        }
        // A directory on the way that is a link, and one that is still to be made.
        scene.link(scene.outside.path(), "out");
        for dir in ["out", "out/new", "./d/../out"] {
            tried(dir).ends(2);
            scene.outside_is_untouched();
        }
        // Files of git's own.
        let before = |path: &Path| {
            let out = repo.command("ls").arg("-lR").arg(path).output().unwrap();
            String::from_utf8(out.stdout).unwrap()
        };
        let git = scene.at(".git");
        let old = [before(&git), before(bare.path())];
        for dir in [
            ".git",
            ".git/hooks",
            "d/../.git/new",
            &format!("{}/refs", bare.text()),
        ] {
            tried(dir).ends(2).says("where git keeps its files");
        }
        assert_eq!([before(&git), before(bare.path())], old, "{name}");
        scene.nothing_is_left();
    }
}

/// Runs a command that must not wait for the other end of a pipe.
#[track_caller]
fn ends_soon(repo: &Repo, args: &[String]) {
    let mut command = repo.command("timeout");
    command.args(["20", env!("CARGO_BIN_EXE_stopleak")]);
    let out = finish(command.args(args), b"");
    assert_ne!(out.status.code(), Some(124), "{args:?}");
}

/// Files of a bare repository that a person names for what is accepted.
#[test]
fn what_is_accepted_is_no_file_of_git() {
    let scene = Scene::new();
    let bare = Beside::new(&scene.repo, "bare");
    let repo = &scene.repo;
    repo.git(&["clone", "-q", "--bare", ".", bare.text()]);
    let old = text(bare.path().join("packed-refs"));
    let baseline = |file: &str| {
        let args = [
            "baseline",
            "create",
            "--history",
            "--force",
            "--baseline",
            file,
        ];
        run_with(repo, bare.path(), &[], &args)
    };
    for file in ["packed-refs", "HEAD", "config"] {
        baseline(file).ends(2);
    }
    baseline("new").ends(2).says("where git keeps its files");
    assert_eq!(text(bare.path().join("packed-refs")), old);
    baseline(".stopleak-baseline").ends(0);
    baseline("known.txt").ends(0);
    // With --force, only what was one.
    let force = ["baseline", "create", "--force", "--baseline"];
    let made = |file: &str| run(repo, &[&force[..], &[file]].concat());
    made("a.txt").ends(2).says("not a baseline");
    assert_eq!(text(scene.at("a.txt")), "text\n");
    made("known.txt").ends(0);
    scene.commit();
    made("known.txt").ends(0);
    let conflict = format!("<<<<<<< ours\n{}", text(scene.at("known.txt")));
    repo.write(".stopleak-baseline", &conflict);
    run(repo, &["baseline", "create", "--force"]).ends(0);
    assert!(!text(scene.at(".stopleak-baseline")).contains("<<<"));
    // Nothing of another file is copied into the repository.
    std::fs::remove_file(scene.at(".stopleak-baseline")).unwrap();
    let comments = scene.outside.path().join("victim");
    std::fs::write(&comments, "# precious\n").unwrap();
    scene.link(&comments, ".stopleakignore");
    let id = "00112233445566778899aabbccddeeff";
    let args = ["ignore", "add", id, "--reason", "x"];
    run(repo, &args).ends(2).says("symbolic link");
    assert!(
        scene
            .at(".stopleakignore")
            .symlink_metadata()
            .unwrap()
            .is_symlink()
    );
    assert_eq!(text(&comments), "# precious\n");
}

#[test]
fn what_is_named_to_be_scanned_is_not_replaced() {
    let scene = Scene::new();
    scene.repo.write("new.txt", line(21));
    scene.link("new.txt", "linked");
    for (path, file) in [
        ("new.txt", "new.txt"),
        ("./new.txt", "d/../new.txt"),
        ("new.txt", scene.at("new.txt").to_str().unwrap()),
        ("linked", "new.txt"),
        ("linked", "text=linked"),
    ] {
        let ran = run(&scene.repo, &["scan", "a.txt", path, "-o", file]).ends(2);
        ran.says("would replace what is scanned");
    }
    assert_eq!(text(scene.at("new.txt")), line(21));
    // A second name of a file is replaced, and the file stays.
    std::fs::hard_link(scene.at("new.txt"), scene.at("second.txt")).unwrap();
    run(&scene.repo, &["scan", "new.txt", "-o", "second.txt"]).ends(1);
    assert_eq!(text(scene.at("new.txt")), line(21));
    assert!(text(scene.at("second.txt")).contains("finding"));
    scene.nothing_is_left();
}

/// A checkout in /dev/shm holds links like any other.
#[cfg(target_os = "linux")]
#[test]
fn a_link_in_a_tree_below_dev_is_not_followed() {
    let scene = Scene::new();
    let dir = PathBuf::from(format!("/dev/shm/stopleak-{}", std::process::id()));
    if std::fs::create_dir_all(&dir).is_err() {
        return;
    }
    scene.repo.git(&["init", "-q", dir.to_str().unwrap()]);
    symlink(scene.outside.path().join("victim"), dir.join("r.json")).unwrap();
    let ran = run_with(&scene.repo, &dir, &[], &["scan", "-o", "r.json"]);
    let report = text(dir.join("r.json"));
    std::fs::remove_dir_all(&dir).unwrap();
    ran.ends(0);
    assert!(report.contains("schema_version"));
    scene.outside_is_untouched();
}

#[test]
fn what_a_report_replaces_is_scanned_before() {
    let scene = Scene::new();
    scene.repo.write("r.json", line(4));
    let ran = run(&scene.repo, &["scan", "--format", "json", "-o", "r.json"]).ends(1);
    ran.says("\"path\":\"r.json\"");
    assert!(text(scene.at("r.json")).contains("schema_version"));
    scene.repo.write("r.md", line(5));
    let ran = run(&scene.repo, &["scan", "--changed", "-o", "r.md"]).ends(1);
    ran.says("r.md");
    // Outside of repositories as well, and by the name of the tree.
    let dir = Beside::new(&scene.repo, "plain");
    std::fs::create_dir_all(dir.path()).unwrap();
    std::fs::write(dir.path().join("out.txt"), line(6)).unwrap();
    let file = dir.path().join("out.txt");
    let args = ["scan", dir.text(), "-o", file.to_str().unwrap()];
    run(&scene.repo, &args).ends(1).says("out.txt");
}

#[test]
fn a_report_of_an_earlier_run_is_replaced() {
    let scene = Scene::new();
    let all: Vec<&str> = [
        "-o",
        "r.sarif",
        "-o",
        "r.json",
        "-o",
        "r.jsonl",
        "-o",
        "r.csv",
        "-o",
        "r.xml",
        "-o",
        "r.md",
        "-o",
        "r.txt",
        "-o",
        "gitlab=g",
        "-o",
        "github=h",
        "-o",
        "gitleaks-json=l",
    ]
    .into();
    let scan = || {
        run(
            &scene.repo,
            &[&["scan", "--format", "json"], &all[..]].concat(),
        )
    };
    scan().ends(0);
    scan().ends(0);
    scene.repo.write(
        "leak.py",
        format!("{}password = \"kR7-wq{}\"\n", line(7), "_Zp3mVx9"),
    );
    let findings = |ran: Run| {
        let report: serde_json::Value = serde_json::from_str(&ran.ends(1).out).unwrap();
        report["findings"].clone()
    };
    let first = findings(scan());
    // The report itself holds nothing that is found.
    assert_eq!(findings(scan()), first);
    assert_eq!(findings(scan()), first);
    scene.nothing_is_left();
}

#[test]
fn a_directory_that_the_tree_holds_as_a_link_leads_to_no_report() {
    let scene = Scene::new();
    scene.link(scene.outside.path(), "reports");
    scene.repo.write("d/x", "x");
    scene.link("../reports", "d/far");
    scene.commit();
    let whole = scene.at("reports/victim");
    for file in [
        "json=reports/victim",
        "reports/new.json",
        "d/far/new.json",
        "d/../reports/new.json",
        &format!("json={}", whole.display()),
    ] {
        for args in [&["scan"][..], &["history"]] {
            let ran = run(&scene.repo, &[args, &["-o", file]].concat()).ends(2);
            ran.says("is a symbolic link");
        }
    }
    let id = "00112233445566778899aabbccddeeff";
    let args = [
        "ignore",
        "add",
        id,
        "--reason",
        "x",
        "--file",
        "reports/new",
    ];
    run(&scene.repo, &args).ends(2).says("is a symbolic link");
    scene.outside_is_untouched();
    // The tree of a scan without a repository.
    let dir = Beside::new(&scene.repo, "plain");
    std::fs::create_dir_all(dir.path()).unwrap();
    symlink(scene.outside.path(), dir.path().join("reports")).unwrap();
    let file = dir.path().join("reports/new.json");
    let args = ["scan", dir.text(), "-o", file.to_str().unwrap()];
    run(&scene.repo, &args).ends(2).says("is a symbolic link");
    scene.outside_is_untouched();
}

#[test]
fn devices_pipes_and_places_of_the_user_work() {
    let scene = Scene::new();
    scene.repo.write("leak.env", line(8));
    let to = |file: &str| run(&scene.repo, &["scan", "-q", "-o", file]).ends(1);
    assert!(to("json=/dev/stdout").out.contains("schema_version"));
    assert!(to("json=/dev/fd/1").out.contains("schema_version"));
    assert!(to("json=-").out.contains("schema_version"));
    assert!(to("json=/dev/stderr").errors.contains("schema_version"));
    to("json=/dev/null");
    // A pipe beside and in the tree.
    let pipe = scene.outside.path().with_extension("pipe");
    let made = scene.repo.command("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || text(pipe))
    };
    to(&format!("json={}", pipe.display()));
    assert!(reader.join().unwrap().contains("schema_version"));
    std::fs::remove_file(pipe).unwrap();
    // Links that the user keeps outside of any tree.
    let far = Beside::new(&scene.repo, "far");
    symlink(scene.outside.path(), far.path()).unwrap();
    let file = far.path().join("r.json");
    to(file.to_str().unwrap());
    assert!(text(scene.outside.path().join("r.json")).contains("schema_version"));
    std::fs::remove_file(far.path()).unwrap();
    // The mode of a file stays.
    use std::os::unix::fs::PermissionsExt;
    let file = scene.at("own.json");
    std::fs::write(&file, "{}").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    to("own.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    run(&scene.repo, &["scan", "-o", "x.json", "-o", "csv=./x.json"])
        .ends(2)
        .says("two reports have this name");
    run(&scene.repo, &["scan", "-o", "json=d"]).ends(1);
    scene.repo.write("e/x", "x");
    run(&scene.repo, &["scan", "-o", "json=e"]).ends(2);
    scene.nothing_is_left();
}

/// Another working tree of the repository, beside or below it, and a submodule: what they hold is
/// what somebody checked out there, not the user's own.
#[test]
fn another_working_tree_is_not_the_users_own() {
    const ALLOW: &str = "[[allow]]\nreason = \"x\"\npaths = [\"leak.env\"]\n";
    let scene = Scene::new();
    let repo = &scene.repo;
    repo.write("old.toml", "[scan]\n");
    let base = scene.merge();
    repo.write("leak.env", line(30));
    repo.write("ci/own.toml", ALLOW);
    repo.write("old.toml", ALLOW);
    scene.commit();
    run(repo, &["baseline", "create"]).ends(0);
    std::fs::rename(scene.at(".stopleak-baseline"), scene.at("ci/list")).unwrap();
    scene.commit();
    let beside = Beside::new(repo, "tree");
    repo.git(&["worktree", "add", "-q", "--detach", beside.text()]);
    repo.git(&["worktree", "add", "-q", "--detach", "below"]);
    let linked = Beside::new(repo, "linked");
    symlink(beside.path(), linked.path()).unwrap();
    let check = |dir: &Path, base: &str| {
        for place in [
            beside.text(),
            linked.text(),
            "below",
            repo.path().to_str().unwrap(),
        ] {
            let scan = |option: &str, file: &str| {
                let file = format!("{place}/{file}");
                let args = [
                    "history",
                    "--range",
                    "HEAD~2..HEAD",
                    "--policy-from",
                    base,
                    option,
                    &file,
                ];
                run_with(repo, dir, &[], &args)
            };
            scan("--config", "ci/own.toml")
                .ends(2)
                .says("merge the file first");
            scan("--rules", "ci/own.toml").ends(2);
            scan("--baseline", "ci/list").ends(1);
            scan("--ignore-file", "ci/list").ends(1);
            // The revision has that path: the same as everywhere.
            scan("--config", "old.toml").ends(1);
            for variable in ["STOPLEAK_CONFIG", "GITLEAKS_CONFIG"] {
                let file = format!("{place}/ci/own.toml");
                let args = ["history", "--range", "HEAD~2..HEAD", "--policy-from", base];
                assert_ne!(run_with(repo, dir, &[(variable, &file)], &args).code, 0);
            }
        }
    };
    check(repo.path(), &base);
    // A configuration of one's own extends none of them.
    let parent = repo.path().parent().unwrap();
    let mine = parent.join(format!(
        "{}-mine.toml",
        repo.path().file_name().unwrap().display()
    ));
    for tree in [beside.path(), repo.path()] {
        let name = tree.file_name().unwrap().display();
        std::fs::write(&mine, format!("extend = [\"{name}/ci/own.toml\"]\n")).unwrap();
        let config = ["--config", mine.to_str().unwrap()];
        let args = ["history", "--range", "HEAD~2..HEAD", "--policy-from", &base];
        run(repo, &[&args[..], &config].concat())
            .ends(2)
            .says("not read");
        run(repo, &[&["scan", "leak.env"], &config[..]].concat()).ends(0);
    }
    std::fs::remove_file(&mine).unwrap();
    // Without a trusted revision, they are files like others.
    let own = format!("{}/ci/own.toml", beside.text());
    run(repo, &["scan", "leak.env", "--config", &own]).ends(0);
    std::fs::remove_file(linked.path()).unwrap();
    // A submodule, and a clone that only looks alike.
    let clone = Beside::new(repo, "clone");
    repo.git(&["clone", "-q", ".", clone.text()]);
    repo.git(&["clone", "-q", ".", "sub"]);
    let scan = |file: &str| {
        let args = [
            "history",
            "--range",
            "HEAD~2..HEAD",
            "--policy-from",
            &base,
            "--config",
            file,
        ];
        run(repo, &args)
    };
    scan("sub/ci/own.toml").ends(2);
    scan(&format!("{}/ci/own.toml", clone.text())).ends(0);
}

/// Sets `core.worktree` of a repository.
fn claim(repo: &Repo, value: impl AsRef<Path>) {
    let value = value.as_ref().to_str().unwrap();
    repo.git(&["config", "core.worktree", value]);
}

#[test]
fn a_repository_does_not_name_its_working_tree() {
    let scene = Scene::new();
    let repo = &scene.repo;
    repo.write("leak.env", line(9));
    repo.write("sub/x", "x\n");
    std::fs::write(scene.outside.path().join("private.env"), line(10)).unwrap();
    let outside = scene.outside.path().to_str().unwrap();
    let beside = format!("../../{}", outside.rsplit('/').next().unwrap());
    for named in ["../..", "../sub", "/", outside, &beside] {
        claim(repo, named);
        for args in [
            &["scan", "--changed"][..],
            &["scan", "--changed", "leak.env"],
            &["baseline", "create"],
            &[
                "ignore",
                "add",
                "00112233445566778899aabbccddeeff",
                "--reason",
                "x",
            ],
        ] {
            let ran = run(repo, args).ends(2);
            ran.says("GIT_WORK_TREE");
            assert!(!ran.out.contains("private"), "{}", ran.out);
        }
        for name in [".stopleak-baseline", ".stopleakignore"] {
            assert!(!scene.outside.path().join(name).exists());
            assert!(!repo.path().parent().unwrap().join(name).exists());
        }
        // What needs no working tree goes on, with the policy beside .git.
        run(repo, &["history"]).ends(0);
        run(repo, &["scan"]).ends(1);
    }
    // The user may say so.
    let (git, tree) = (repo.path().join(".git"), ("GIT_WORK_TREE", outside));
    let args = ["scan", "--changed"];
    run_with(repo, repo.path(), &[tree], &args)
        .ends(1)
        .says("private.env");
    let named = [("GIT_DIR", git.to_str().unwrap()), tree];
    run_with(repo, scene.outside.path(), &named, &args).ends(1);
    run_with(repo, repo.path(), &[("GIT_WORK_TREE", "/no/such")], &args).ends(2);
    // What it says of its own place is right.
    claim(repo, repo.path());
    run(repo, &args).ends(1).says("leak.env");
    claim(repo, "..");
    run(repo, &args).ends(1).says("leak.env");
    // So does a file for one working tree.
    repo.git(&["config", "--unset", "core.worktree"]);
    repo.git(&["config", "extensions.worktreeConfig", "true"]);
    repo.git(&["config", "--worktree", "core.worktree", "../.."]);
    run(repo, &args).ends(2);
}

#[test]
fn working_trees_that_are_told_by_their_place_are_used() {
    let scene = Scene::new();
    let args = ["scan", "--changed"];
    // A linked working tree, and one that claims another place.
    let tree = Beside::new(&scene.repo, "tree");
    scene
        .repo
        .git(&["worktree", "add", "-q", "--detach", tree.text()]);
    std::fs::write(tree.path().join("leak.env"), line(11)).unwrap();
    run_with(&scene.repo, tree.path(), &[], &args).ends(1);
    let private = scene
        .repo
        .git(&["-C", tree.text(), "rev-parse", "--absolute-git-dir"]);
    let named = [("GIT_DIR", private.as_str())];
    run_with(&scene.repo, tree.path(), &named, &args).ends(1);
    let claimed = format!("{}/.git\n", scene.outside.path().display());
    std::fs::write(Path::new(&private).join("gitdir"), claimed).unwrap();
    let ran = run_with(&scene.repo, tree.path(), &[], &args);
    assert!(ran.code != 0 && !ran.out.contains("victim"), "{}", ran.out);
    run_with(&scene.repo, tree.path(), &named, &args).ends(2);
    // A submodule, whose git directory names its working tree.
    let inner = Repo::init(&[]);
    inner.commit("x.txt", "x\n");
    let from = inner.path().to_str().unwrap();
    scene
        .repo
        .git(&["submodule", "--quiet", "add", from, "lib"]);
    scene.repo.write("lib/leak.env", line(12));
    let lib = scene.at("lib");
    run_with(&scene.repo, &lib, &[], &args)
        .ends(1)
        .says("leak.env");
    let modules = scene.at(".git/modules/lib");
    let named = [("GIT_DIR", modules.to_str().unwrap())];
    run_with(&scene.repo, &lib, &named, &args)
        .ends(1)
        .says("leak.env");
    run_with(&scene.repo, &lib, &named, &["baseline", "create"]).ends(0);
    assert!(lib.join(".stopleak-baseline").exists());
    // A git directory elsewhere, by a file and by a link.
    let apart = Beside::new(&scene.repo, "apart.git");
    std::fs::rename(inner.path().join(".git"), apart.path()).unwrap();
    inner.write("leak.env", line(13));
    inner.write(".git", format!("gitdir: {}\n", apart.text()));
    run(&inner, &args).ends(1);
    std::fs::remove_file(inner.path().join(".git")).unwrap();
    symlink(apart.path(), inner.path().join(".git")).unwrap();
    run(&inner, &args).ends(1);
    // As git does with both variables, and with the one if it is where the user stands.
    std::fs::remove_file(inner.path().join(".git")).unwrap();
    let both = [("GIT_DIR", apart.text()), ("GIT_WORK_TREE", ".")];
    run_with(&inner, inner.path(), &both, &args).ends(1);
    inner.git(&["--git-dir", apart.text(), "config", "core.worktree", from]);
    run_with(&inner, inner.path(), &both[..1], &args).ends(1);
}

/// A token that only the repository's own rule finds.
fn own(n: u32) -> String {
    format!("x = acmedk_{n:024}\n").replace("000000", "kR7wqZ")
}

fn rules(prefix: &str) -> String {
    format!(
        "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme\"\ntitle = \"Acme key\"\n\
         rationale = \"Opens all.\"\nsecret_type = \"api-key\"\nseverity = \"high\"\n\
         shape = '\"{prefix}_\" base62{{24}}'\n"
    )
}

fn configuration(prefix: &str) -> String {
    format!("[[rule]]\nid = \"acme\"\nshape = '\"{prefix}_\" base62{{24}}'\n")
}

/// What a change does, by name.
type Trick<'s> = (&'static str, Box<dyn Fn(&Scene) + 's>);

/// What a change does to the files that the job names.
fn tricks(scene: &Scene) -> Vec<Trick<'_>> {
    let replace = |scene: &Scene, name: &str, target: PathBuf| {
        let _ = std::fs::remove_file(scene.at(name));
        let _ = std::fs::remove_dir_all(scene.at(name));
        scene.link(target, name);
    };
    let far = scene.outside.path().to_owned();
    let (a, b) = (far.clone(), far);
    vec![
        ("nothing", Box::new(|_: &Scene| {})),
        (
            "edited",
            Box::new(|scene: &Scene| {
                scene.repo.write("ci/s.toml", "confidence = \"high\"\n");
                scene.repo.write("ci/r.toml", rules("none"));
            }),
        ),
        (
            "a link out",
            Box::new(move |scene: &Scene| {
                replace(scene, "ci/s.toml", a.join("s.toml"));
                replace(scene, "ci/r.toml", a.join("r.toml"));
            }),
        ),
        (
            "a link to a file of the change",
            Box::new(move |scene: &Scene| {
                scene.repo.write("mine/s.toml", "confidence = \"high\"\n");
                scene.repo.write("mine/r.toml", rules("none"));
                replace(scene, "ci/s.toml", "../mine/s.toml".into());
                replace(scene, "ci/r.toml", "../mine/r.toml".into());
            }),
        ),
        (
            "the directory is a link out",
            Box::new(move |scene: &Scene| replace(scene, "ci", b.clone())),
        ),
        (
            "the directory is a link inside",
            Box::new(move |scene: &Scene| {
                scene.repo.write("mine/s.toml", "confidence = \"high\"\n");
                scene.repo.write("mine/r.toml", rules("none"));
                replace(scene, "ci", "mine".into());
            }),
        ),
        (
            "gone",
            Box::new(|scene: &Scene| std::fs::remove_dir_all(scene.at("ci")).unwrap()),
        ),
    ]
}

#[test]
fn a_named_file_of_the_tree_is_that_of_the_trusted_revision() {
    let count = tricks(&Scene::new()).len();
    for n in 0..count {
        let scene = Scene::new();
        let far = scene.outside.path();
        std::fs::write(far.join("s.toml"), "").unwrap();
        std::fs::write(far.join("r.toml"), rules("none")).unwrap();
        scene.repo.write("ci/s.toml", configuration("acmedk"));
        scene.repo.write("ci/r.toml", rules("acmedk"));
        scene.repo.write("sub/x", "x");
        let base = scene.merge();
        let (what, trick) = tricks(&scene).swap_remove(n);
        scene.repo.write("leak.txt", own(1));
        trick(&scene);
        scene.commit();
        // A checkout that is reached through a link, and a link to its directory.
        let linked = Beside::new(&scene.repo, "linked");
        let near = Beside::new(&scene.repo, "near");
        symlink(scene.repo.path(), linked.path()).unwrap();
        symlink(scene.at("ci"), near.path()).unwrap();
        let range = format!("{base}..HEAD");
        let sub = scene.at("sub");
        let top = scene.repo.path();
        let whole = |name: &str, dir: &Path| dir.join(name).to_str().unwrap().to_owned();
        for (option, name) in [("--config", "s.toml"), ("--rules", "r.toml")] {
            for (dir, path) in [
                (top, format!("ci/{name}")),
                (top, format!("./sub/..//ci/./{name}")),
                (&sub, format!("../ci/{name}")),
                (top, whole(&format!("ci/{name}"), top)),
                (top, whole(&format!("ci/{name}"), linked.path())),
                (top, whole(name, near.path())),
                (linked.path(), format!("ci/{name}")),
            ] {
                let args = ["ci", "--base", &base, option, &path];
                let ran = run_with(&scene.repo, dir, &[], &args);
                assert_eq!(ran.code, 1, "{what}: {args:?} {}{}", ran.out, ran.errors);
            }
        }
        let args = ["history", "--range", &range, "--policy-from", &base];
        let args = [&args[..], &["--rules", "ci/r.toml"]].concat();
        let ran = run_with(&scene.repo, top, &[], &args);
        assert_eq!(ran.code, 1, "{what}: {}{}", ran.out, ran.errors);
        let args = ["ci", "--base", &base];
        let named = [("STOPLEAK_CONFIG", "ci/s.toml")];
        let ran = run_with(&scene.repo, top, &named, &args);
        assert_eq!(ran.code, 1, "{what}: {}{}", ran.out, ran.errors);
        std::fs::remove_file(linked.path()).unwrap();
        std::fs::remove_file(near.path()).unwrap();
    }
}

#[test]
fn what_a_change_brings_under_a_name_accepts_nothing() {
    let scene = Scene::new();
    let base = scene.trust();
    scene.repo.write("leak.txt", line(20));
    scene.repo.write(
        "ci/s.toml",
        "[[allow]]\nreason = \"x\"\npaths = [\"leak.txt\"]\n",
    );
    scene.repo.write("ci/r.toml", rules("acmedk"));
    scene.repo.write(
        "ci/own.toml",
        "title = \"x\"\n[allowlist]\npaths = ['leak.txt']\n",
    );
    run(&scene.repo, &["baseline", "create"]).ends(0);
    std::fs::rename(scene.at(".stopleak-baseline"), scene.at("ci/b")).unwrap();
    let report = run(&scene.repo, &["scan", "--format", "json"]).ends(1).out;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let id = report["findings"][0]["fingerprint"].as_str().unwrap();
    scene
        .repo
        .write("ci/i", format!("{id} none of your business\n"));
    for name in [".stopleakignore", "l.i"] {
        std::fs::write(scene.outside.path().join("i"), text(scene.at("ci/i"))).unwrap();
        scene.link(scene.outside.path().join("i"), name);
    }
    scene.commit();
    for (args, code) in [
        (&["--config", "ci/s.toml"][..], 2),
        (&["--rules", "ci/r.toml"], 2),
        (&["--baseline", "ci/b"], 1),
        (&["--ignore-file", "ci/i"], 1),
        (&["--ignore-file", "l.i"], 1),
        (&["--gitleaks-ignore", "ci"], 1),
        (&[], 1),
    ] {
        let args = [&["ci", "--base", &base], args].concat();
        let ran = run(&scene.repo, &args);
        assert_eq!(ran.code, code, "{args:?} {}{}", ran.out, ran.errors);
    }
    let named = [("GITLEAKS_CONFIG", "ci/own.toml")];
    run_with(
        &scene.repo,
        scene.repo.path(),
        &named,
        &["ci", "--base", &base],
    )
    .ends(2);
    // After the merge they count, and so does what the user keeps elsewhere.
    std::fs::remove_file(scene.at(".stopleakignore")).unwrap();
    std::fs::remove_file(scene.at("l.i")).unwrap();
    std::fs::remove_file(scene.at("leak.txt")).unwrap();
    let merged = scene.merge();
    scene.repo.write("leak.txt", line(20));
    std::fs::write(scene.at("ci/i"), "").unwrap();
    scene.commit();
    let file = scene.outside.path().join("i");
    for args in [
        ["--config", "ci/s.toml"],
        ["--baseline", "ci/b"],
        ["--ignore-file", "ci/i"],
        ["--ignore-file", file.to_str().unwrap()],
    ] {
        run(
            &scene.repo,
            &[&["ci", "--base", &merged], &args[..]].concat(),
        )
        .ends(0);
    }
}

#[test]
fn links_of_the_trusted_revision_lead_to_its_own_files() {
    let scene = Scene::new();
    scene.repo.write("conf/s.toml", configuration("acmedk"));
    scene.repo.write("conf/e.toml", "extend = [\"s.toml\"]\n");
    std::fs::write(scene.outside.path().join("s.toml"), "").unwrap();
    scene.link("conf", "ci");
    scene.link("ci/s.toml", "l.toml");
    scene.link("round.toml", "round.toml");
    scene.link(scene.outside.path().join("s.toml"), "out.toml");
    scene.link("../out.toml", "up.toml");
    let base = scene.merge();
    scene.repo.write("leak.txt", own(2));
    scene.repo.write("conf/s.toml", "confidence = \"high\"\n");
    scene.commit();
    for (file, code) in [
        ("ci/s.toml", 1),
        ("ci/e.toml", 1),
        ("l.toml", 1),
        ("round.toml", 2),
        ("out.toml", 2),
        ("up.toml", 2),
    ] {
        let args = ["ci", "--base", &base, "--config", file];
        let ran = run(&scene.repo, &args);
        assert_eq!(ran.code, code, "{file} {}{}", ran.out, ran.errors);
    }
}

#[test]
fn a_file_of_ones_own_extends_none_that_a_change_brings() {
    let scene = Scene::new();
    let base = scene.trust();
    let allow = "[[allow]]\nreason = \"x\"\npaths = [\"leak.txt\"]\n";
    scene.repo.write("x.toml", allow);
    let gitleaks = "[allowlist]\npaths = ['leak.txt']\n";
    scene.repo.write("gl.toml", gitleaks);
    scene.repo.write("leak.txt", line(21));
    scene.commit();
    let top = scene.repo.path().canonicalize().unwrap();
    let name = top.file_name().unwrap().to_str().unwrap();
    let beside = Beside::new(&scene.repo, "own.toml");
    for own in [
        format!("extend = [\"{name}/x.toml\"]\n"),
        format!("[extend]\npath = \"{}/gl.toml\"\n", top.display()),
    ] {
        std::fs::write(beside.path(), &own).unwrap();
        let file = beside.path().to_str().unwrap();
        let ran = run(&scene.repo, &["ci", "--base", &base, "--config", file]);
        assert_eq!(ran.code, 2, "{own} {}{}", ran.out, ran.errors);
        assert!(ran.errors.contains("not read"), "{own} {}", ran.errors);
        // Where nothing is compared, all of it is the user's own.
        run(&scene.repo, &["scan", "--config", file]).ends(0);
    }
}

#[test]
fn only_the_command_line_follows_a_link_out_of_a_repository() {
    let scene = Scene::new();
    std::fs::write(scene.outside.path().join("private.env"), line(30)).unwrap();
    scene.repo.write("stopleak.toml", "[scan]\nfollow = true\n");
    scene.repo.write("d/inside.txt", line(31));
    scene.repo.write(".gitignore", "d\n");
    scene.link(scene.outside.path().join("private.env"), "l");
    scene.link(scene.outside.path(), "m");
    scene.link(".git", "n");
    scene.link("d", "o");
    scene.link("d/inside.txt", "p");
    scene.link("m", "q");
    scene.link("/proc/self", "r");
    for args in [
        &["scan"][..],
        &["scan", "."],
        &["scan", "--no-suppressions"],
    ] {
        let ran = run(&scene.repo, &[args, &["-v"]].concat()).ends(1);
        assert!(!ran.out.contains("private.env"), "{}", ran.out);
        ran.says("o/inside.txt");
        ran.says("2 findings");
        ran.says("p:1");
        for link in ["l", "m", "n", "q", "r"] {
            ran.says(&format!("{link}: not scanned: "));
        }
    }
    std::fs::remove_file(scene.at("r")).unwrap();
    let ran = run(&scene.repo, &["scan", "--follow", "-v"]).ends(1);
    ran.says("m/private.env");
}
