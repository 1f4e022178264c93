//! Tests of the walk: every wanted object once, bases before deltas, damage reported.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::git::testing::{Base, PackBuilder, Repo, Rng};
use crate::git::{ObjectId, OpenOptions, Store};

/// Collects every object's bytes, and checks the data passed for deltas.
#[derive(Default)]
struct Collect {
    found: Mutex<BTreeMap<ObjectId, Vec<u8>>>,
    failed: Mutex<Vec<(ObjectId, Reason)>>,
    unwanted: Mutex<usize>,
    large: bool,
    panic_on: Option<ObjectId>,
}

impl Collect {
    fn put(&self, item: Item<'_>, bytes: &[u8]) -> ObjectId {
        assert_ne!(
            Some(item.id),
            self.panic_on.as_deref(),
            "wanted by the test"
        );
        if item.wanted {
            let before = self
                .found
                .lock()
                .unwrap()
                .insert(item.id.to_owned(), bytes.to_vec());
            assert!(before.is_none(), "visited twice: {}", item.id);
        } else {
            *self.unwanted.lock().unwrap() += 1;
        }
        item.id.to_owned()
    }
}

impl Visitor for Collect {
    type Local = usize;
    type State = ObjectId;

    fn local(&self) -> usize {
        0
    }

    fn whole(&self, _: &mut usize, item: Item<'_>, bytes: &[u8]) -> ObjectId {
        self.put(item, bytes)
    }

    fn delta(
        &self,
        deltas: &mut usize,
        item: Item<'_>,
        bytes: &[u8],
        from: Derived<'_, ObjectId>,
    ) -> ObjectId {
        *deltas += 1;
        if let Some(base) = self.found.lock().unwrap().get(from.base) {
            assert_eq!(base, from.base_bytes);
        }
        assert_eq!(from.runs.len() as usize, bytes.len());
        for run in from.runs.copies() {
            assert_eq!(
                from.base_bytes[run.src as usize..run.src_end() as usize],
                bytes[run.dst as usize..run.dst_end() as usize]
            );
        }
        self.put(item, bytes)
    }

    fn large(
        &self,
        _: &mut usize,
        item: Item<'_>,
        size: u64,
        input: &mut dyn Read,
    ) -> std::io::Result<bool> {
        if self.large {
            let mut bytes = Vec::new();
            input.read_to_end(&mut bytes)?;
            assert_eq!(bytes.len() as u64, size);
            self.put(item, &bytes);
        }
        Ok(self.large)
    }

    fn failed(&self, _: &mut usize, failure: Failure<'_>) {
        self.failed
            .lock()
            .unwrap()
            .push((failure.id.to_owned(), failure.reason));
    }
}

fn options(limit: u64) -> WalkOptions<'static> {
    WalkOptions {
        threads: 3,
        limit,
        cancel: None,
    }
}

/// Lists all objects of a kind with their bytes, from `git cat-file`.
fn by_git(repo: &Repo, kind: &str) -> BTreeMap<ObjectId, Vec<u8>> {
    let check = "--batch-check=%(objectname) %(objecttype)";
    let list = repo.git(&["cat-file", "--batch-all-objects", check]);
    let names: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_suffix(kind)?.strip_suffix(' '))
        .collect();
    if names.is_empty() {
        return BTreeMap::new();
    }
    let out = repo.run(
        &["cat-file", "--batch"],
        (names.join("\n") + "\n").as_bytes(),
    );
    let mut all = BTreeMap::new();
    let mut at = 0;
    while at < out.len() {
        let line = memchr::memchr(b'\n', &out[at..]).unwrap() + at;
        let head = std::str::from_utf8(&out[at..line]).unwrap();
        let mut words = head.split(' ');
        let id = ObjectId::from_hex(words.next().unwrap().as_bytes()).unwrap();
        let size: usize = words.nth(1).unwrap().parse().unwrap();
        all.insert(id, out[line + 1..line + 1 + size].to_vec());
        at = line + size + 2;
    }
    all
}

/// Walks `path` and compares with git. Returns how many deltas the visitor saw.
fn compare(repo: &Repo, path: &Path) -> usize {
    let mut deltas = 0;
    let store = Store::open(path, &OpenOptions::default()).unwrap();
    let objects = Objects::load(&store, 2).unwrap();
    assert_eq!(objects.problems(), []);
    for (kind, name) in [
        (Kind::Blob, "blob"),
        (Kind::Tree, "tree"),
        (Kind::Commit, "commit"),
        (Kind::Tag, "tag"),
    ] {
        let all = Collect::default();
        let (locals, stats) = walk(&objects, kind, Want::All, &options(1 << 20), &all);
        let found = all.found.into_inner().unwrap();
        let expected = by_git(repo, name);
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>()
        );
        assert!(found == expected, "{name} differ");
        assert_eq!(all.failed.into_inner().unwrap(), []);
        assert_eq!(stats.visited as usize, expected.len());
        deltas += locals.iter().sum::<usize>();
        let mut reader = Reader::new(&store, 1 << 20);
        let mut bytes = Vec::new();
        for (id, expected) in &expected {
            assert_eq!(reader.find(id, &mut bytes), Ok(Some(kind)));
            assert_eq!(&bytes, expected);
        }
    }
    deltas
}

#[test]
fn all_bytes_are_those_of_git_however_they_are_stored() {
    let repo = Repo::init(&[]);
    repo.fill(5, 60);
    repo.git(&["tag", "-a", "-m", "a tag", "v1"]);
    assert_eq!(compare(&repo, repo.path()), 0, "loose only");
    repo.git(&["repack", "-adfq", "--depth=50"]);
    assert!(compare(&repo, repo.path()) > 40, "one pack, offset deltas");
    repo.fill(6, 20);
    repo.git(&["repack", "-dq"]);
    compare(&repo, repo.path());
    repo.fill(7, 5);
    compare(&repo, repo.path());
    repo.git(&[
        "-c",
        "repack.useDeltaBaseOffset=false",
        "repack",
        "-adfq",
        "--depth=20",
    ]);
    assert!(compare(&repo, repo.path()) > 40, "one pack, named deltas");
    repo.git(&["-c", "pack.indexVersion=1", "repack", "-adfq"]);
    assert!(compare(&repo, repo.path()) > 40, "index version 1");
    repo.git(&["-c", "core.compression=0", "repack", "-adFq"]);
    assert!(compare(&repo, repo.path()) > 40, "stored blocks");
}

#[test]
fn sha256_repositories_are_read() {
    let repo = Repo::init(&["--object-format=sha256"]);
    repo.fill(8, 40);
    compare(&repo, repo.path());
    repo.git(&["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"]);
    assert!(compare(&repo, repo.path()) > 20);
}

#[test]
fn objects_in_several_places_are_visited_once() {
    let repo = Repo::init(&[]);
    repo.fill(9, 30);
    repo.git(&["repack", "-adfq"]);
    let clone = Repo::init(&[]);
    let objects = repo.path().join(".git/objects");
    clone.write(
        ".git/objects/info/alternates",
        format!("{}\n", objects.display()),
    );
    clone.git(&["fetch", "-q", repo.path().to_str().unwrap(), "main"]);
    clone.git(&["reset", "-q", "--hard", "FETCH_HEAD"]);
    clone.commit("new.txt", "only here");
    clone.git(&["repack", "-aq"]);
    assert!(compare(&clone, clone.path()) > 10);
}

#[test]
fn only_wanted_objects_are_reported() {
    let repo = Repo::init(&[]);
    repo.fill(12, 60);
    repo.git(&["repack", "-adfq", "--depth=50"]);
    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    let objects = Objects::load(&store, 1).unwrap();
    let expected = by_git(&repo, "blob");
    let mut rng = Rng::new(4);
    for _ in 0..20 {
        let mut set = Bits::new(objects.len());
        let chosen: BTreeMap<_, _> = expected.iter().filter(|_| rng.below(5) == 0).collect();
        for id in chosen.keys() {
            set.insert(objects.rank_of(id.as_bytes()).unwrap());
        }
        let some = Collect::default();
        let (_, stats) = walk(
            &objects,
            Kind::Blob,
            Want::Only(&set),
            &options(1 << 20),
            &some,
        );
        assert_eq!(
            some.found
                .into_inner()
                .unwrap()
                .iter()
                .collect::<BTreeMap<_, _>>(),
            chosen
        );
        let unwanted = some.unwanted.into_inner().unwrap();
        assert_eq!(stats.unpacked as usize, chosen.len() + unwanted);
        assert!(stats.unpacked < expected.len() as u64);
    }
}

#[test]
fn objects_above_the_limit_are_streamed_or_named() {
    let repo = Repo::init(&[]);
    let mut rng = Rng::new(2);
    let big = rng.any_bytes(300_000);
    repo.commit("big.bin", &big);
    repo.commit("small.txt", "small");
    for packed in [false, true] {
        if packed {
            repo.git(&["repack", "-adfq"]);
        }
        let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
        let objects = Objects::load(&store, 1).unwrap();
        let named = Collect::default();
        walk(&objects, Kind::Blob, Want::All, &options(100_000), &named);
        let failed = named.failed.into_inner().unwrap();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].1, Reason::TooLarge(300_000));
        assert_eq!(named.found.into_inner().unwrap().len(), 1);
        let streamed = Collect {
            large: true,
            ..Collect::default()
        };
        walk(
            &objects,
            Kind::Blob,
            Want::All,
            &options(100_000),
            &streamed,
        );
        assert_eq!(streamed.failed.into_inner().unwrap(), []);
        assert!(
            streamed
                .found
                .into_inner()
                .unwrap()
                .values()
                .any(|bytes| *bytes == big)
        );
    }
}

#[test]
fn a_panic_fails_one_object_only() {
    let repo = Repo::init(&[]);
    repo.fill(3, 30);
    repo.git(&["repack", "-adfq"]);
    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    let objects = Objects::load(&store, 1).unwrap();
    let expected = by_git(&repo, "blob");
    for id in expected.keys().step_by(9) {
        let one = Collect {
            panic_on: Some(*id),
            ..Collect::default()
        };
        let guarded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            walk(&objects, Kind::Blob, Want::All, &options(1 << 20), &one);
        }));
        assert!(guarded.is_ok());
        assert_eq!(one.failed.into_inner().unwrap(), [(*id, Reason::Panicked)]);
        assert_eq!(one.found.into_inner().unwrap().len(), expected.len() - 1);
    }
}

#[test]
fn a_damaged_pack_loses_only_what_is_damaged() {
    let repo = Repo::init(&[]);
    repo.fill(21, 60);
    repo.git(&["repack", "-adfq", "--depth=50"]);
    let expected = by_git(&repo, "blob");
    let dir = repo.path().join(".git/objects/pack");
    let pack = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path());
    let pack = pack
        .into_iter()
        .find(|p| p.extension() == Some("pack".as_ref()))
        .unwrap();
    let good = std::fs::read(&pack).unwrap();
    let mut permissions = std::fs::metadata(&pack).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false)]
    permissions.set_readonly(false);
    std::fs::set_permissions(&pack, permissions).unwrap();
    let mut rng = Rng::new(77);
    let mut lost = 0;
    for round in 0..60 {
        let mut bad = good.clone();
        if round % 3 == 0 {
            bad.truncate(12 + rng.below(good.len() - 12));
        } else {
            for _ in 0..1 + rng.below(30) {
                let at = 12 + rng.below(bad.len() - 12);
                bad[at] = rng.next() as u8;
            }
        }
        std::fs::write(&pack, &bad).unwrap();
        let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
        let objects = Objects::load(&store, 2).unwrap();
        let all = Collect::default();
        walk(&objects, Kind::Blob, Want::All, &options(1 << 20), &all);
        let found = all.found.into_inner().unwrap();
        let failed = all.failed.into_inner().unwrap();
        for id in expected.keys() {
            let told = found.contains_key(id) || failed.iter().any(|(name, _)| name == id);
            // A flipped kind makes it an object of another kind; nothing else may hide
            // it.
            let kind = objects
                .rank_of(id.as_bytes())
                .and_then(|rank| worker::known_kind(&objects, rank));
            assert!(
                told || kind.is_some_and(|kind| kind != Kind::Blob),
                "{id} vanished"
            );
        }
        lost += failed.len();
    }
    assert!(lost > 100);
}

/// Returns a delta that copies all of a base of `base` bytes and then inserts `text`.
fn append(base: usize, text: &[u8]) -> Vec<u8> {
    assert!(base < 128 && base + text.len() < 128);
    let mut delta = vec![
        base as u8,
        (base + text.len()) as u8,
        0x90,
        base as u8,
        text.len() as u8,
    ];
    delta.extend_from_slice(text);
    delta
}

#[test]
fn hostile_entries_fail_alone_and_end() {
    let repo = Repo::init(&[]);
    let loose = repo.run(&["hash-object", "-w", "--stdin"], b"loose base");
    let loose = ObjectId::from_hex(loose.trim_ascii()).unwrap();
    let mut pack = PackBuilder::new();
    let name = |n: u8| [n; 20];
    let mut put = |n: u8, base: &Base, data: &[u8]| pack.entry(name(n), base, data, data.len());
    put(1, &Base::Name(name(2)), &append(3, b" and one")); // its base comes later
    put(2, &Base::Blob, b"two");
    put(3, &Base::Name(name(4)), &append(3, b"x")); // 3 and 4 on each other
    put(4, &Base::Name(name(3)), &append(3, b"x"));
    put(5, &Base::Name(name(5)), &append(3, b"x")); // on itself
    put(6, &Base::Name(name(99)), &append(3, b"x")); // on nothing
    put(
        7,
        &Base::Name(loose.as_bytes().try_into().unwrap()),
        &append(10, b", packed delta"),
    );
    put(8, &Base::Offset(13), &append(3, b"x")); // into the middle of an entry
    put(9, &Base::Offset(3), &append(3, b"x")); // into the pack's header
    put(10, &Base::Name(name(4)), &append(3, b"x")); // on a cycle
    let mut bomb = vec![3, 0x80, 0x80, 0x80, 0x80, 0x10]; // 2^32 bytes
    bomb.extend([0xb0, 0, 1, 0]);
    put(11, &Base::Name(name(2)), &bomb);
    put(12, &Base::Name(name(11)), &append(3, b"x")); // on the bomb
    pack.entry(name(13), &Base::Blob, b"not its size", 5);
    pack.entry(name(14), &Base::Blob, b"not its size", 500);
    pack.entry(name(15), &Base::Blob, b"enormous", 1 << 40);
    pack.entry(name(16), &Base::Name(name(13)), &append(3, b"x"), 500);
    pack.write(&repo.path().join(".git/objects"));

    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    let objects = Objects::load(&store, 2).unwrap();
    let all = Collect::default();
    walk(&objects, Kind::Blob, Want::All, &options(1 << 20), &all);
    let found = all.found.into_inner().unwrap();
    let mut texts: Vec<_> = found.values().map(Vec::as_slice).collect();
    texts.sort();
    assert_eq!(
        texts,
        [
            &b"loose base"[..],
            b"loose base, packed delta",
            b"two",
            b"two and one"
        ]
    );
    let failed: BTreeMap<_, _> = all.failed.into_inner().unwrap().into_iter().collect();
    let expected = [
        (3, Reason::Cycle),
        (4, Reason::Cycle),
        (5, Reason::Cycle),
        (6, Reason::BaseMissing),
        (8, Reason::BaseMissing),
        (9, Reason::BaseMissing),
        (10, Reason::Cycle),
        (11, Reason::TooLarge(1 << 32)),
        (12, Reason::TooLarge(1 << 32)),
        (13, Reason::SizeMismatch),
        (14, Reason::SizeMismatch),
        (15, Reason::TooLarge(u64::from(u32::MAX))),
        (16, Reason::BaseFailed(Box::new(Reason::SizeMismatch))),
    ];
    let expected = expected.map(|(n, reason)| (ObjectId::from(name(n)), reason));
    assert_eq!(failed, BTreeMap::from(expected));
    let mut reader = Reader::new(&store, 1 << 20);
    for id in failed.keys() {
        assert!(reader.find(id, &mut Vec::new()).is_err(), "{id}");
    }
}
