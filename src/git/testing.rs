//! Shared test code of this module: a seeded generator, and repositories built with the
//! `git` program (which the product itself never runs).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small xorshift generator: the same seed produces the same test.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// Returns `n` bytes of few different values, so that copies are likely.
    pub(crate) fn bytes_of(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| b'a' + (self.next() % 23) as u8).collect()
    }

    /// Returns `n` bytes of any value.
    pub(crate) fn any_bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}

/// A directory that is removed at the end of the test.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("stopleak-git-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A repository in a temporary directory, with methods to fill it.
pub(crate) struct Repo {
    pub(crate) dir: Dir,
    clock: std::cell::Cell<u64>,
}

impl Repo {
    pub(crate) fn init(args: &[&str]) -> Self {
        let repo = Self {
            dir: Dir::new(),
            clock: std::cell::Cell::new(1_600_000_000),
        };
        let mut all = vec!["init", "-q", "-b", "main"];
        all.extend_from_slice(args);
        repo.git(&all);
        repo
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs git with a fixed identity and a clock that advances by a minute per call.
    /// Returns its output without the last newline.
    pub(crate) fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> String {
        let out = self.run(args, b"");
        String::from_utf8_lossy(&out)
            .trim_end_matches('\n')
            .to_owned()
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S], stdin: &[u8]) -> Vec<u8> {
        use std::io::Write;
        self.clock.set(self.clock.get() + 60);
        let date = format!("{} +0000", self.clock.get());
        let mut child = Command::new("git")
            .args(args)
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
            .env("GIT_COMMITTER_DATE", &date)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the tests need git");
        let mut pipe = child.stdin.take().unwrap();
        let stdin = stdin.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = pipe.write_all(&stdin);
        });
        let out = child.wait_with_output().unwrap();
        writer.join().unwrap();
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
        self.git(&[
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            &format!("change {path}"),
        ]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Creates a history with many versions of a few files, which git packs as deltas.
    pub(crate) fn fill(&self, seed: u64, commits: usize) {
        let mut rng = Rng::new(seed);
        let mut files: Vec<Vec<Vec<u8>>> = (0..4)
            .map(|_| (0..60).map(|_| rng.bytes_of(30)).collect())
            .collect();
        for round in 0..commits {
            let which = rng.below(files.len());
            let lines = &mut files[which];
            for _ in 0..1 + rng.below(4) {
                let at = rng.below(lines.len());
                match rng.below(3) {
                    0 => lines.insert(at, rng.bytes_of(40)),
                    1 if lines.len() > 30 => drop(lines.remove(at)),
                    _ => lines[at] = rng.bytes_of(25),
                }
            }
            let path = ["a.txt", "dir/b.txt", "dir/sub/c.txt", "other/d e.txt"][which];
            self.commit(path, lines.join(&b'\n'));
            if round % 7 == 0 {
                self.commit(&format!("one/{round}.bin"), rng.any_bytes(200));
            }
        }
    }
}

/// Writes packs byte by byte, including packs that git would never write.
#[derive(Default)]
pub(crate) struct PackBuilder {
    bytes: Vec<u8>,
    names: Vec<([u8; 20], u64)>,
}

/// The kind that an entry claims to have.
pub(crate) enum Base {
    Blob,
    /// A delta on the entry at this offset.
    Offset(u64),
    /// A delta on the object of this name.
    Name([u8; 20]),
}

impl PackBuilder {
    pub(crate) fn new() -> Self {
        Self {
            bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(),
            names: Vec::new(),
        }
    }

    /// Returns the offset of the next entry.
    pub(crate) fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Adds an entry whose unpacked data is `data` and whose header says `size`.
    pub(crate) fn entry(&mut self, name: [u8; 20], base: &Base, data: &[u8], size: usize) {
        let at = self.offset();
        self.names.push((name, at));
        let kind = match base {
            Base::Blob => 3u8,
            Base::Offset(_) => 6,
            Base::Name(_) => 7,
        };
        let mut rest = size >> 4;
        let mut byte = kind << 4 | (size & 15) as u8;
        while rest > 0 {
            self.bytes.push(byte | 0x80);
            byte = (rest & 0x7f) as u8;
            rest >>= 7;
        }
        self.bytes.push(byte);
        match base {
            Base::Blob => {}
            Base::Name(name) => self.bytes.extend_from_slice(name),
            Base::Offset(offset) => {
                let mut distance = at.wrapping_sub(*offset);
                let mut groups = vec![(distance & 0x7f) as u8];
                while distance >> 7 > 0 {
                    distance = (distance >> 7) - 1;
                    groups.push((distance & 0x7f) as u8 | 0x80);
                }
                groups.reverse();
                self.bytes.extend_from_slice(&groups);
            }
        }
        let level = sirocco::deflate::Level::DEFAULT;
        self.bytes
            .extend(sirocco::compress(sirocco::Format::Zlib, level, data));
    }

    /// Writes pack and index below a repository's object directory.
    pub(crate) fn write(mut self, objects: &Path) {
        let count = self.names.len() as u32;
        self.bytes[8..12].copy_from_slice(&count.to_be_bytes());
        self.bytes.extend([0; 20]);
        self.names.sort_unstable();
        let mut idx = b"\xfftOc\0\0\0\x02".to_vec();
        for first in 0..=255u8 {
            let below = self
                .names
                .iter()
                .filter(|(name, _)| name[0] <= first)
                .count() as u32;
            idx.extend(below.to_be_bytes());
        }
        self.names
            .iter()
            .for_each(|(name, _)| idx.extend_from_slice(name));
        idx.extend(vec![0; 4 * self.names.len()]);
        self.names
            .iter()
            .for_each(|(_, at)| idx.extend((*at as u32).to_be_bytes()));
        idx.extend([0; 40]);
        std::fs::create_dir_all(objects.join("pack")).unwrap();
        std::fs::write(objects.join("pack/pack-hostile.idx"), idx).unwrap();
        std::fs::write(objects.join("pack/pack-hostile.pack"), self.bytes).unwrap();
    }
}
