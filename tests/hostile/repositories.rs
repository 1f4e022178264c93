//! Repositories that nobody creates by using git: many of everything, deep, and packs written by
//! hand.

use sha1::{Digest, Sha1};

use super::support::{Dir, full, line, size, token};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Returns a zlib stream that stores `bytes` as they are.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(0xffff).peekable();
    if bytes.is_empty() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let len = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}

fn id(kind: &str, bytes: &[u8]) -> [u8; 20] {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", bytes.len()));
    hash.update(bytes);
    hash.finalize().into()
}

/// A pack written by hand.
struct Pack {
    bytes: Vec<u8>,
    count: u32,
}

impl Pack {
    fn new() -> Self {
        Self {
            bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(),
            count: 0,
        }
    }

    fn entry(&mut self, kind: u8, base: Option<usize>, data: &[u8]) -> usize {
        let at = self.bytes.len();
        self.count += 1;
        let mut size = data.len();
        let mut byte = kind << 4 | (size & 15) as u8;
        size >>= 4;
        while size > 0 {
            self.bytes.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        self.bytes.push(byte);
        if let Some(base) = base {
            let mut distance = at - base;
            let mut digits = vec![(distance & 0x7f) as u8];
            while distance >= 0x80 {
                distance = (distance >> 7) - 1;
                digits.push((distance & 0x7f) as u8 | 0x80);
            }
            self.bytes.extend(digits.iter().rev());
        }
        self.bytes.extend(stored(data));
        at
    }

    fn object(&mut self, kind: &str, data: &[u8]) -> [u8; 20] {
        let number = ["commit", "tree", "blob", "tag"]
            .iter()
            .position(|k| *k == kind)
            .unwrap();
        self.entry(number as u8 + 1, None, data);
        id(kind, data)
    }

    /// Writes a commit of these files on `main` and stores the pack in the repository.
    fn commit(mut self, dir: &Dir, files: &[(String, [u8; 20])]) {
        let mut tree = Vec::new();
        for (name, id) in files {
            tree.extend(format!("100644 {name}\0").bytes());
            tree.extend(id);
        }
        let tree = self.object("tree", &tree);
        let who = "A <a@example.com> 1600000000 +0000";
        let text = format!("tree {}\nauthor {who}\ncommitter {who}\n\nx\n", hex(&tree));
        let commit = self.object("commit", text.as_bytes());
        self.store(dir);
        dir.write(".git/refs/heads/main", hex(&commit) + "\n");
    }

    fn store(mut self, dir: &Dir) {
        self.bytes[8..12].copy_from_slice(&self.count.to_be_bytes());
        let sum: [u8; 20] = Sha1::digest(&self.bytes).into();
        self.bytes.extend(sum);
        let name = format!(".git/objects/pack/pack-{}.pack", hex(&sum));
        dir.write(&name, &self.bytes);
        dir.shell(
            "git index-pack -o \"${1%.pack}.idx\" \"$1\" > /dev/null",
            &[&name],
        );
    }
}

fn varint(mut n: usize, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn copy(at: usize, len: usize, out: &mut Vec<u8>) {
    let mut op = vec![0x80];
    for i in 0..4 {
        if at >> (8 * i) & 0xff != 0 {
            op[0] |= 1 << i;
            op.push((at >> (8 * i)) as u8);
        }
    }
    for i in 0..3 {
        if len >> (8 * i) & 0xff != 0 {
            op[0] |= 0x10 << i;
            op.push((len >> (8 * i)) as u8);
        }
    }
    out.extend(op);
}

fn repository() -> Dir {
    let dir = Dir::new();
    dir.git("init -q -b main .");
    dir
}

/// git writes chains of up to 4,095 deltas, but a pack may have any number. All versions of a
/// history are read. A single object too far from its base is reported.
#[test]
fn delta_chains_beyond_what_git_makes() {
    for depth in [4_200usize, 10_500] {
        let dir = repository();
        let mut pack = Pack::new();
        let mut content = format!("{:08}\n{}", 0, "text of the file\n".repeat(4)).into_bytes();
        let mut files = vec![("f00000".to_owned(), id("blob", &content))];
        let mut at = pack.entry(3, None, &content);
        for step in 1..=depth {
            let insert = match step == depth / 2 || step == depth {
                true => format!("{}\n", token(step as u64)),
                false => format!("{step:08}"),
            };
            let mut next = insert.clone().into_bytes();
            next.extend(&content[content.len() - 60..]);
            let mut delta = Vec::new();
            varint(content.len(), &mut delta);
            varint(next.len(), &mut delta);
            delta.push(insert.len() as u8);
            delta.extend(insert.bytes());
            copy(content.len() - 60, 60, &mut delta);
            at = pack.entry(6, Some(at), &delta);
            content = next;
            files.push((format!("f{step:05}"), id("blob", &content)));
        }
        pack.commit(&dir, &files);
        let ran = dir.run(&["history", "--format", "json"]);
        assert_eq!(ran.ends(1).findings().len(), 2, "{depth}");
        let ran = dir.run(&["history", "--range", "main", "--format", "json"]);
        if ran.code == Some(1) {
            assert_eq!(ran.findings().len(), 2);
        } else {
            ran.ends(2).says("not scanned: object");
        }
    }
}

/// Some kilobytes of deltas that unpack to much more. Memory stays within the cap, and objects
/// above the limit are reported.
#[test]
fn deltas_and_streams_that_unpack_to_much_more() {
    let dir = repository();
    let base = vec![b'x'; 1 << 20];
    let mut pack = Pack::new();
    let mut files = vec![("base".to_owned(), id("blob", &base))];
    let at = pack.entry(3, None, &base);
    for (n, copies) in [(0u64, size(24, 250)), (1, size(24, 250)), (2, 300)] {
        if n == 2 && !full() {
            continue;
        }
        let insert = line(n);
        let mut delta = Vec::new();
        varint(base.len(), &mut delta);
        varint(copies * base.len() + insert.len(), &mut delta);
        (0..copies).for_each(|_| copy(0, base.len(), &mut delta));
        delta.push(insert.len() as u8);
        delta.extend(insert.bytes());
        pack.entry(6, Some(at), &delta);
        let whole = [base.repeat(copies), insert.into_bytes()].concat();
        files.push((format!("big{n}"), id("blob", &whole)));
    }
    pack.commit(&dir, &files);
    // A stream of zeros, compressed a thousand to one.
    let zeros = size(64 << 20, 2 << 30);
    dir.shell(
        "head -c $1 /dev/zero > zeros; git add zeros; rm zeros; git commit -qm zeros; \
         git repack -qad --window=0",
        &[&zeros.to_string()],
    );
    let script = format!(
        "ulimit -v {}; exec \"$@\"",
        if full() { 3 << 20 } else { 768 << 10 }
    );
    let ran = dir.run_in(&script, &["history", "--format", "json", "-j", "2"]);
    let _ = ran.ends(if full() { 2 } else { 1 });
    assert_eq!(ran.json()["summary"]["commits"], 2);
}

/// A small pack that unpacks without end. The allowed part is read; one line reports the rest.
#[test]
fn packs_that_unpack_to_no_end() {
    let dir = repository();
    let base = [vec![b'x'; 1 << 16], line(1).into_bytes()].concat();
    let mut pack = Pack::new();
    let mut files = vec![("base".to_owned(), id("blob", &base))];
    let at = pack.entry(3, None, &base);
    for n in 0..300u16 {
        let end = format!("{n}\n");
        let mut delta = Vec::new();
        varint(base.len(), &mut delta);
        varint(base.len() + end.len(), &mut delta);
        copy(0, base.len(), &mut delta);
        delta.push(end.len() as u8);
        delta.extend(end.bytes());
        pack.entry(6, Some(at), &delta);
        let whole = [&base[..], end.as_bytes()].concat();
        files.push((format!("copy{n}"), id("blob", &whole)));
    }
    pack.commit(&dir, &files);
    let all = dir.run(&["history", "--format", "json"]);
    let whole = all.ends(1).json();
    for threads in ["1", "3"] {
        let args = [
            "history",
            "--format",
            "json",
            "-j",
            threads,
            "--max-unpacked",
            "4M",
        ];
        let ran = dir.run(&args);
        let _ = ran.ends(2);
        let told = ran.stderr.matches("not scanned").count();
        assert_eq!(told, 1, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("unpack to more than 4194304 bytes"),
            "{}",
            ran.stderr
        );
        let cut = ran.json();
        assert!(!cut["findings"].as_array().unwrap().is_empty());
        assert!(cut["summary"]["bytes"].as_u64() < whole["summary"]["bytes"].as_u64());
        // A range reads each object by itself.
        let range = dir.run(&["history", "--range", "HEAD", "--max-unpacked", "4M"]);
        range.ends(2).says("unpack to more than 4194304 bytes");
    }
}

/// Ten trees, each of which names the next ten times: a commit with more files than any disk can
/// store. A history reads each object once; a range would list all of them and fails.
#[test]
fn trees_that_name_each_other_many_times() {
    let dir = repository();
    let secret = dir.shell(
        "printf '%s' \"$1\" | git hash-object -w --stdin",
        &[&line(1)],
    );
    let mut entry = format!("100644 blob {secret}");
    for _ in 0..10 {
        let list: String = (0..10).map(|i| format!("{entry}\t{i}\n")).collect();
        let tree = dir.shell("printf '%s' \"$1\" | git mktree", &[&list]);
        entry = format!("040000 tree {tree}");
    }
    let tree = entry.rsplit(' ').next().unwrap_or_default().to_owned();
    dir.shell(
        "before=$(git commit-tree -m a $(git mktree < /dev/null)); \
         bomb=$(git commit-tree -m b -p $before $1); \
         printf '%s' \"$2\" > new; new=$(git hash-object -w new); \
         tree=$(printf '100644 blob %s\\tnew\\n' $new | git mktree); \
         git update-ref refs/heads/main $(git commit-tree -m c -p $bomb $tree)",
        &[&tree, &line(2)],
    );
    let ran = dir.run(&["history", "--format", "json"]);
    assert_eq!(ran.ends(1).findings().len(), 2);
    for args in [
        &["history", "--range", "main"][..],
        &["history", "--since", "10 years ago"],
    ] {
        let ran = dir.run(&[args, &["--format", "json"]].concat());
        ran.ends(2)
            .says("a commit changes more than 2,000,000 files");
        let found = ran.findings();
        assert!(found.iter().any(|f| f.contains("\"new\"")), "{found:?}");
    }
}

/// A reference can be a link to a file that contains it. git follows it, and so does stopleak.
#[test]
fn references_that_are_links() {
    let dir = repository();
    dir.shell(
        "git commit -qm a --allow-empty; git checkout -qb other; echo \"$1\" > b.txt; \
         git add b.txt; git commit -qm b; git checkout -q -; \
         mv .git/refs/heads/other .git/kept; ln -s ../../kept .git/refs/heads/other; \
         ln -s nowhere .git/refs/heads/gone; mkfifo .git/refs/heads/fifo",
        &[line(9).trim_end()],
    );
    let ran = dir.run(&["history", "--format", "json"]);
    let found = ran.ends(1).findings();
    assert!(found.iter().any(|f| f.contains("b.txt")), "{found:?}");
    dir.shell("mkdir .git/away; ln -s ../../away .git/refs/heads/all", &[]);
    let ran = dir.run(&["history"]);
    ran.ends(2)
        .says("refs/heads/all: not scanned: a link to a directory");
    dir.shell("rm .git/refs/heads/all", &[]);
    dir.write(".git/refs/heads/broken", "junk\n");
    let ran = dir.run(&["history"]);
    ran.ends(2).says("refs/heads/broken");
    let told = ran.stdout.matches("not scanned").count();
    assert_eq!(told, 1, "{}", ran.stdout);
}

#[test]
fn many_references_and_commits_and_parents() {
    let dir = repository();
    let count = size(3_000, 100_000);
    let mut feed = String::new();
    let who = "A <a@example.com> 1600000000 +0000";
    for i in 0..count {
        let (content, message) = (if i == 7 { line(1) } else { format!("{i}\n") }, "m");
        feed.push_str(&format!(
            "commit refs/heads/main\nmark :{}\ncommitter {who}\ndata 1\n{message}\nM 100644 \
             inline f{}\ndata {}\n{content}\n",
            i + 1,
            i % 50,
            content.len()
        ));
    }
    // A merge with as many parents as git allows, and a message of some megabytes.
    let message = "m\n\n".to_owned() + &"word ".repeat(size(200_000, 4_000_000)) + &token(5);
    feed.push_str(&format!(
        "commit refs/heads/octopus\ncommitter {who}\ndata {}\n{message}\nfrom :{count}\n",
        message.len()
    ));
    (1..size(500, 5_000)).for_each(|i| feed.push_str(&format!("merge :{i}\n")));
    dir.write("feed", feed);
    dir.shell("git fast-import --quiet < feed; rm feed", &[]);
    let tip = dir.git("rev-parse main");
    let mut packed = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
    for i in 0..100_000 {
        packed.push_str(&format!("{tip} refs/tags/t{i:06}\n"));
    }
    for name in ["main", "octopus"] {
        let id = dir.git(&format!("rev-parse {name}"));
        dir.write(format!(".git/refs/heads/{name}"), id + "\n");
    }
    dir.write(".git/packed-refs", packed);
    (0..size(500, 100_000)).for_each(|i| {
        dir.write(format!(".git/refs/loose/{i}"), format!("{tip}\n"));
    });
    let ran = dir.run(&["history", "--format", "json"]);
    assert_eq!(ran.ends(1).findings().len(), 2, "{}", ran.stderr);
    assert_eq!(ran.json()["summary"]["commits"], count as u64 + 1);
}

#[test]
fn trees_of_many_entries_and_deep_ones() {
    let dir = repository();
    let who = "A <a@example.com> 1600000000 +0000";
    let deep = "d/".repeat(size(1_000, 2_000));
    let text = line(1);
    let feed = format!(
        "commit refs/heads/main\ncommitter {who}\ndata 1\nm\nM 100644 inline {deep}f\n\
         data {}\n{text}\n",
        text.len()
    );
    dir.write("feed", feed);
    dir.shell("git fast-import --quiet < feed; rm feed", &[]);
    // Not with git's import, which searches all names of a tree for each new one.
    let blob = dir.shell("echo x | git hash-object -w --stdin", &[]);
    let many: String = (0..size(20_000, 1_000_000))
        .map(|i| format!("100644 blob {blob}\t{i}\n"))
        .collect();
    dir.write("many", many);
    dir.shell(
        "many=$(git mktree < many); rm many; \
         top=$( (git ls-tree main; printf '040000 tree %s\\tmany\\n' $many) | git mktree); \
         git update-ref refs/heads/main $(git commit-tree -p main -m n $top)",
        &[],
    );
    for args in [&["history"][..], &["history", "--range", "main"]] {
        let ran = dir.run(&[args, &["--format", "json"]].concat());
        assert_eq!(ran.ends(1).findings().len(), 1, "{args:?}");
    }
}

/// Tags of tags are followed as far as real ones go, and no farther. The limit is reported.
#[test]
fn tags_of_tags() {
    for (depth, code) in [(60, 1), (size(300, 10_000), 2)] {
        let dir = repository();
        let mut pack = Pack::new();
        let secret = line(1);
        let blob = pack.object("blob", secret.as_bytes());
        let (mut target, mut kind) = (blob, "blob");
        for i in 0..depth {
            let text = format!(
                "object {}\ntype {kind}\ntag t{i}\ntagger A <a@example.com> 1600000000 +0000\n\nm\n",
                hex(&target)
            );
            target = pack.object("tag", text.as_bytes());
            kind = "tag";
        }
        pack.commit(&dir, &[("f".to_owned(), blob)]);
        dir.write(".git/refs/tags/t", hex(&target) + "\n");
        let ran = dir.run(&["history", "--format", "json"]);
        assert_eq!(ran.ends(code).findings().len(), 1, "{depth}");
        if code == 2 {
            ran.says("more than 64 tags");
        }
    }
}

/// An index that claims more than it contains.
#[test]
fn indexes_that_lie() {
    let entry = |count: u32, tail: &[u8]| {
        let mut bytes = b"DIRC\0\0\0\x02".to_vec();
        bytes.extend(count.to_be_bytes());
        bytes.extend(tail);
        let sum: [u8; 20] = Sha1::digest(&bytes).into();
        bytes.extend(sum);
        bytes
    };
    let dir = repository();
    dir.write("f.txt", line(1));
    let tree = b"TREE\0\0\0\x1a\x0099999999 99999999\n".to_vec();
    for index in [
        entry(u32::MAX, b""),
        entry(1, &[0xff; 70]),
        entry(0, b"TREE\xff\xff\xff\xff"),
        entry(0, b"link\xff\xff\xff\x00abc"),
        entry(0, &tree),
        entry(0, b"EOIE\0\0\0\x18\xff\xff\xff\xff01234567890123456789"),
        b"DIRC".to_vec(),
        Vec::new(),
    ] {
        dir.write(".git/index", &index);
        for args in [&["staged"][..], &["scan", "--changed"], &["scan"]] {
            let ran = dir.run(&[args, &["--format", "json"]].concat());
            assert!(matches!(ran.code, Some(0..=2)), "{args:?} {ran:?}");
            assert!(
                !ran.stderr.contains("internal error"),
                "{index:?} {args:?} {ran:?}"
            );
            if args[0] == "scan" && ran.code != Some(2) {
                assert_eq!(ran.findings().len(), 1, "{index:?} {args:?}");
            }
        }
    }
}

/// Object directories that name each other, many directories, or a host: reported, and nothing
/// there is opened.
#[test]
fn alternates_that_loop_or_lead_nowhere() {
    let dir = repository();
    dir.write("f.txt", line(1));
    dir.shell("git add -A; git commit -qm m; git init -q other", &[]);
    let own = dir.at(".git/objects").display().to_string();
    dir.write("other/.git/objects/info/alternates", format!("{own}\n"));
    for text in [
        dir.at("other/.git/objects").display().to_string(),
        "../objects".to_owned(),
        "//host.invalid/share/objects".to_owned(),
        (0..2_000).map(|i| format!("../missing{i}\n")).collect(),
    ] {
        dir.write(".git/objects/info/alternates", text + "\n");
        dir.run(&["history"]).ends(2);
    }
}

/// Files of a repository that block or never end made every command hang.
#[test]
fn repositories_whose_files_are_no_files() {
    for name in [
        "HEAD",
        "config",
        "index",
        "packed-refs",
        "shallow",
        "MERGE_HEAD",
        "commondir",
        "objects/info/alternates",
        "objects/pack/pack-x.pack",
        "worktrees/a/HEAD",
        "objects/aa/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    ] {
        for zero in [false, true] {
            let dir = repository();
            dir.write("f.txt", line(1));
            dir.shell(
                "git add -A; git commit -qm m; cd .git; rm -f \"$1\"; mkdir -p \"$(dirname \"$1\")\"; \
                 if [ $2 = 1 ]; then ln -s /dev/zero \"$1\"; else mkfifo \"$1\"; fi",
                &[name, if zero { "1" } else { "0" }],
            );
            for args in [
                &["history", "--all-objects"][..],
                &["staged"],
                &["scan", "--changed"],
                &["scan"],
            ] {
                let script = format!("ulimit -v {}; exec timeout 60 \"$@\"", super::support::CAP);
                let ran = dir.run_in(&script, &[args, &["--format", "json"]].concat());
                let code = ran.code;
                assert!(
                    matches!(code, Some(0..=2)),
                    "{name} {zero} {args:?} {ran:?}"
                );
                assert!(
                    !ran.stderr.contains("internal error"),
                    "{name} {args:?} {}",
                    ran.stderr
                );
                // The file itself does not depend on any of them.
                if args == ["scan"] {
                    assert_eq!(ran.findings().len(), 1, "{name} {zero}");
                }
                if args[0] == "history" && code != Some(2) {
                    assert_eq!(ran.findings().len(), 1, "{name} {zero}");
                }
            }
        }
    }
}
