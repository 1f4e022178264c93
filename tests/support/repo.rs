//! Repositories for tests, built with the `git` program in an environment of their own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use stopleak::check::mint::Rng;

use super::{finish, token};

/// A repository in a temporary directory, removed when the test ends.
pub(crate) struct Repo {
    dir: PathBuf,
    clock: std::cell::Cell<u64>,
}

impl Drop for Repo {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Repo {
    pub(crate) fn init(args: &[&str]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stopleak-history-{}-{n}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let repo = Self {
            dir: dir.canonicalize().unwrap(),
            clock: std::cell::Cell::new(1_600_000_000),
        };
        let mut all = vec!["init", "-q", "-b", "main"];
        all.extend_from_slice(args);
        repo.git(&all);
        repo
    }

    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Runs git with a fixed identity and a clock that advances by a minute per call. Returns its
    /// output without the last newline.
    pub(crate) fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> String {
        let out = self.run(args, b"");
        String::from_utf8_lossy(&out)
            .trim_end_matches('\n')
            .to_owned()
    }

    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.clock.set(self.clock.get() + 60);
        let date = format!("{} +0000", self.clock.get());
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "A U Thor")
            .env("GIT_AUTHOR_EMAIL", "author@example.com")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_NAME", "C O Mitter")
            .env("GIT_COMMITTER_EMAIL", "committer@example.com")
            .env("GIT_COMMITTER_DATE", &date);
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S], stdin: &[u8]) -> Vec<u8> {
        let mut command = self.command("git");
        command
            .args(["-c", "protocol.file.allow=always"])
            .args(args);
        let out = finish(&mut command, stdin);
        let words: Vec<_> = args.iter().map(|a| a.as_ref().to_string_lossy()).collect();
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "git {words:?}: {stderr}");
        out.stdout
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Writes one file and commits everything. Returns the commit's name.
    pub(crate) fn commit(&self, path: &str, bytes: impl AsRef<[u8]>) -> String {
        self.write(path, bytes);
        self.git(&["add", "-A"]);
        let message = format!("change {}", path.replace('\n', " "));
        self.git(&["commit", "-q", "--allow-empty", "-m", &message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn make_writable(&self, path: &Path) {
        let mut permissions = std::fs::metadata(path).unwrap().permissions();
        #[allow(clippy::permissions_set_readonly_false, reason = "a test's own file")]
        permissions.set_readonly(false);
        std::fs::set_permissions(path, permissions).unwrap();
    }

    /// Writes a history with many versions of a few files. Tokens, passwords and halves of key
    /// pairs come, move, change their neighbours and go.
    pub(crate) fn fill(&self, seed: u64, commits: usize) {
        let mut rng = Rng::new(seed);
        let mut files: Vec<Vec<String>> = (0..4)
            .map(|_| (0..120).map(|_| any_line(&mut rng)).collect())
            .collect();
        for round in 0..commits {
            let which = rng.below(files.len());
            let lines = &mut files[which];
            for _ in 0..1 + rng.below(4) {
                let at = rng.below(lines.len());
                match rng.below(8) {
                    0 => lines.insert(at, any_line(&mut rng)),
                    1 if lines.len() > 60 => drop(lines.remove(at)),
                    2 => {
                        let line = lines.remove(at);
                        let to = rng.below(lines.len());
                        lines.insert(to, line);
                    }
                    3 => lines[at] = suspicious(&mut rng),
                    4 => lines[at] = words(&mut rng),
                    _ => spoil(&mut rng, lines),
                }
            }
            let path = ["a.txt", "dir/b.py", "dir/sub/c.yml", "other/d e.env"][which];
            let mut bytes = lines.join("\n").into_bytes();
            // Now and then the encoding changes, and back.
            match rng.below(25) {
                0 => bytes.splice(0..0, [0xef, 0xbb, 0xbf]).for_each(drop),
                1 => {
                    bytes = String::from_utf8(bytes)
                        .unwrap()
                        .encode_utf16()
                        .flat_map(u16::to_le_bytes)
                        .collect()
                }
                2 => bytes.splice(0..0, (0..200u8).map(|i| i % 9)).for_each(drop),
                _ => {}
            }
            self.commit(path, bytes);
            if round % 9 == 0 {
                self.commit(&format!("one/{round}.bin"), rng.bytes(300));
            }
        }
    }
}

fn any_line(rng: &mut Rng) -> String {
    if rng.below(6) == 0 {
        suspicious(rng)
    } else {
        words(rng)
    }
}

/// Changes one byte in a suspicious line, near or far from its first word.
fn spoil(rng: &mut Rng, lines: &mut [String]) {
    let some: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].contains(['=', ':']))
        .collect();
    let at = rng.pick(&some);
    let mut line = lines[at].clone().into_bytes();
    let cut = rng.below(line.len());
    if rng.below(2) == 0 {
        line.insert(cut, rng.pick(b"x =\"'.a0"));
    } else {
        line[cut] = rng.pick(b"x =\"'.a0");
    }
    lines[at] = String::from_utf8(line).unwrap();
}

fn words(rng: &mut Rng) -> String {
    const WORDS: &[&str] = &[
        "the", "value", "of", "config", "is", "read", "password", "from", "key", "AKIA", "token",
    ];
    (0..3 + rng.below(6))
        .map(|_| rng.pick(WORDS))
        .collect::<Vec<_>>()
        .join(" ")
}

fn suspicious(rng: &mut Rng) -> String {
    const ALNUM: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    match rng.below(6) {
        0 => format!("x = \"{}\"", token(rng.below(12) as u64)),
        1 => format!("db_password = \"{}!7\"", rng.text(ALNUM, 11)),
        2 => ["aws_id = AK", "IA", &rng.text(BASE32, 16)].concat(),
        3 => format!("secret: {}", rng.text(ALNUM, 40)),
        4 => format!("password = \"{}\"", "changeme"),
        _ => format!("api_key='{}'", rng.text(b"0123456789abcdef", 32)),
    }
}

/// A directory next to a repository, removed when the test ends.
pub(crate) struct Beside(PathBuf);

impl Beside {
    pub(crate) fn new(repo: &Repo, name: &str) -> Self {
        let own = repo.path().file_name().unwrap().to_string_lossy();
        Self(repo.path().with_file_name(format!("{own}-{name}")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
