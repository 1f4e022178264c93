//! Histories made from a seed, as a stream for `git fast-import`: one process, with any number of
//! commits. Contents have generated credentials in several encodings. Files move and are copied,
//! deleted and merged. One is longer than a piece of a stream.

use std::collections::{BTreeMap, BTreeSet};

use stopleak::check::mint::Rng;

use crate::support::token;

const ALNUM: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Returns a line. One in six contains a credential or something similar.
pub(crate) fn line(rng: &mut Rng) -> String {
    match rng.below(30) {
        0 => format!("x = \"{}\"", token(rng.below(40) as u64)),
        1 => format!("db_password = \"{}!7\"", rng.text(ALNUM, 11)),
        2 => [
            "aws_id = AK",
            "IA",
            &rng.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
        ]
        .concat(),
        3 => format!("secret: {}", rng.text(ALNUM, 40)),
        4 => format!(
            "api_key='{}' # {}allow x",
            rng.text(b"0123456789abcdef", 32),
            "stopleak:"
        ),
        _ => {
            const WORDS: &[&str] = &[
                "the", "value", "of", "config", "größe", "read", "password", "from", "key", "日本",
            ];
            let words: Vec<_> = (0..3 + rng.below(6)).map(|_| rng.pick(WORDS)).collect();
            words.join(" ")
        }
    }
}

fn encoded(lines: &[String], kind: usize) -> Vec<u8> {
    match kind {
        0 => lines.join("\r\n").into_bytes(),
        1 => [b"\xef\xbb\xbf", lines.join("\n").as_bytes()].concat(),
        2 => lines
            .join("\n")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
        3 => lines.join("\n").chars().map(|c| c as u8).collect(),
        4 => [
            &[0u8, 1, 2, 3, 4, 5, 6, 7][..],
            lines.join("\n").as_bytes(),
            &[0; 40],
        ]
        .concat(),
        _ => lines.join("\n").into_bytes(),
    }
}

/// The lines of a branch's files.
type Files = BTreeMap<String, Vec<String>>;

/// A stream of commits.
pub(crate) struct Stream {
    out: Vec<u8>,
    rng: Rng,
    marks: usize,
    clock: u64,
    /// Paths that this commit wrote. Writing twice would leave an unreachable object.
    written: BTreeSet<String>,
}

impl Stream {
    /// Returns a history of about `commits` commits on three branches, with merges and tags.
    pub(crate) fn of(seed: u64, commits: usize) -> Vec<u8> {
        let mut stream = Stream {
            out: Vec::new(),
            rng: Rng::new(seed),
            marks: 0,
            clock: 1_600_000_000,
            written: BTreeSet::new(),
        };
        stream.fill(commits);
        stream.out.extend_from_slice(b"done\n");
        stream.out
    }

    fn fill(&mut self, commits: usize) {
        let mut branches: Vec<(usize, Files)> = Vec::new();
        for n in 0..commits {
            let which = match branches.len() {
                0 => 0,
                few @ 1..3 if n % 6 == 5 => few,
                all => self.rng.below(all),
            };
            if which == branches.len() {
                branches.push(branches.last().cloned().unwrap_or_default());
            }
            let other = self.rng.below(branches.len());
            let merged =
                (other != which && self.rng.below(5) == 0).then(|| branches[other].clone());
            let (parent, mut files) = branches[which].clone();
            let name = ["main", "side", "feature/x"][which];
            let mark = self.commit(name, parent, merged, &mut files, n);
            branches[which] = (mark, files);
            if n % 11 == 3 {
                let text = format!("release\n\n{}\n", line(&mut self.rng));
                self.print(&format!("tag v{n}\nfrom :{mark}\n"));
                self.print(&format!("tagger T <t@example.com> {} +0000\n", self.clock));
                self.data(text.as_bytes());
            }
        }
    }

    fn print(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn data(&mut self, bytes: &[u8]) {
        self.print(&format!("data {}\n", bytes.len()));
        self.out.extend_from_slice(bytes);
        self.out.push(b'\n');
    }

    fn file(&mut self, path: &str, mode: &str, bytes: &[u8]) {
        self.print(&format!("M {mode} inline {path}\n"));
        self.data(bytes);
    }

    fn commit(
        &mut self,
        branch: &str,
        parent: usize,
        merged: Option<(usize, Files)>,
        files: &mut Files,
        n: usize,
    ) -> usize {
        self.written.clear();
        self.marks += 1;
        self.clock += 60;
        let (mark, clock) = (self.marks, self.clock);
        self.print(&format!("commit refs/heads/{branch}\nmark :{mark}\n"));
        self.print(&format!("author A U Thor <a@example.com> {clock} +0100\n"));
        self.print(&format!("committer C <c@example.com> {clock} +0000\n"));
        let message = format!("change {n}\n\n{}\n", line(&mut self.rng));
        self.data(message.as_bytes());
        if parent > 0 {
            self.print(&format!("from :{parent}\n"));
        }
        if let Some((other, theirs)) = merged {
            self.print(&format!("merge :{other}\n"));
            for (path, lines) in theirs {
                if self.rng.below(2) == 0 {
                    self.write(&path, &lines);
                    files.insert(path, lines);
                }
            }
        }
        for _ in 0..1 + self.rng.below(3) {
            self.change(files);
        }
        if n % 17 == 2 {
            self.large(n);
        }
        if n % 13 == 4 {
            let target = token(self.rng.below(40) as u64);
            self.file("link", "120000", target.as_bytes());
        }
        self.print("\n");
        mark
    }

    fn write(&mut self, path: &str, lines: &[String]) {
        if !self.written.insert(path.to_owned()) {
            return;
        }
        // The name decides the encoding, so that versions resemble each other.
        let kind = path.bytes().map(usize::from).sum::<usize>() % 8;
        self.file(path, "100644", &encoded(lines, kind));
    }

    fn change(&mut self, files: &mut Files) {
        let some: Vec<String> = files.keys().cloned().collect();
        if some.len() < 4 || self.rng.below(6) == 0 {
            let dir = self.rng.pick(&["", "dir/", "dir/sub/", "a b/", "ü/"]);
            let path = format!("{dir}f{}.txt", self.rng.below(30));
            let lines: Vec<String> = (0..60 + self.rng.below(100))
                .map(|_| line(&mut self.rng))
                .collect();
            self.write(&path, &lines);
            files.insert(path, lines);
            return;
        }
        let path = some[self.rng.below(some.len())].clone();
        let mut lines = files[&path].clone();
        let to = format!("moved/{}.yml", self.rng.below(20));
        if self.written.contains(&path) || !self.written.insert(to.clone()) {
            return;
        }
        match self.rng.below(10) {
            0 => {
                self.print(&format!("R \"{path}\" \"{to}\"\n"));
                files.remove(&path);
                files.insert(to, lines);
            }
            1 => {
                self.print(&format!("C \"{path}\" \"{to}\"\n"));
                files.insert(to, lines);
            }
            2 => {
                self.print(&format!("D {path}\n"));
                files.remove(&path);
            }
            _ => {
                for _ in 0..1 + self.rng.below(4) {
                    let at = self.rng.below(lines.len());
                    match self.rng.below(4) {
                        0 => lines.insert(at, line(&mut self.rng)),
                        1 if lines.len() > 30 => drop(lines.remove(at)),
                        2 => {
                            let moved = lines.remove(at);
                            let to = self.rng.below(lines.len() + 1);
                            lines.insert(to, moved);
                        }
                        _ => lines[at] = line(&mut self.rng),
                    }
                }
                self.write(&path, &lines);
                files.insert(path, lines);
            }
        }
    }

    /// Writes a file of more than one piece (4 MiB), with a token on either side of a cut, in
    /// versions that differ in a few lines.
    fn large(&mut self, n: usize) {
        let filler = "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXY\n";
        let mut bytes = filler.repeat((4 << 20) / filler.len() + 3000).into_bytes();
        for at in [1000, (4 << 20) - 20, (4 << 20) + 90_000] {
            let text = format!("\nx = \"{}\"\n", token(self.rng.below(40) as u64));
            bytes
                .splice(at..at + text.len(), text.bytes())
                .for_each(drop);
        }
        bytes.extend_from_slice(format!("version {n}\n").as_bytes());
        self.file("large.log", "100644", &bytes);
    }
}
