//! Compares attribution with git's own output for every commit.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::git::testing::Repo;
use crate::git::walk::WalkOptions;
use crate::git::{OpenOptions, Store};

fn id(hex: &str) -> ObjectId {
    ObjectId::from_hex(hex.as_bytes()).unwrap()
}

/// Runs `check` with a graph in which all blobs are of interest.
fn with_graph(repo: &Repo, reflogs: bool, check: impl FnOnce(&Objects<'_>, &Graph<'_>, &Bits)) {
    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    let objects = Objects::load(&store, 2).unwrap();
    let mut all = Bits::new(objects.len());
    for rank in 0..objects.len() {
        all.insert(rank);
    }
    let walk = WalkOptions {
        threads: 2,
        ..WalkOptions::default()
    };
    let options = GraphOptions {
        walk,
        reflogs,
        check_missing: true,
        ..GraphOptions::default()
    };
    let graph = Graph::build(&objects, &all, &options).unwrap();
    check(&objects, &graph, &all);
}

fn one<'g>(objects: &Objects<'_>, graph: &'g Graph<'g>, hex: &str) -> Attribution {
    let rank = objects.rank_of(id(hex).as_bytes()).unwrap();
    graph.attribute(&[rank]).remove(0)
}

/// Lists each blob of a commit and its paths, from `git ls-tree`.
fn listing(repo: &Repo, commit: &str) -> BTreeMap<ObjectId, Vec<Vec<u8>>> {
    let mut found: BTreeMap<ObjectId, Vec<Vec<u8>>> = BTreeMap::new();
    for line in repo
        .run(&["ls-tree", "-r", "-z", commit], b"")
        .split(|b| *b == 0)
    {
        let Some(tab) = memchr::memchr(b'\t', line) else {
            continue;
        };
        let words: Vec<_> = std::str::from_utf8(&line[..tab])
            .unwrap()
            .split(' ')
            .collect();
        if words[1] == "blob" {
            found
                .entry(id(words[2]))
                .or_default()
                .push(line[tab + 1..].to_vec());
        }
    }
    found
}

fn sorted(ranks: &[u32]) -> Vec<u32> {
    let mut ranks = ranks.to_vec();
    ranks.sort_unstable();
    ranks
}

/// Compares every answer with one computed from git's output for every commit.
fn compare(repo: &Repo) {
    let order = repo.git(&["log", "--all", "--format=%ct %H"]);
    let mut order: Vec<_> = order
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    order.sort();
    let lists: BTreeMap<&str, _> = order
        .iter()
        .map(|(_, commit)| (*commit, listing(repo, commit)))
        .collect();
    let head = repo.git(&["rev-parse", "HEAD"]);
    with_graph(repo, false, |objects, graph, _| {
        assert_eq!(graph.holes(), []);
        assert_eq!(graph.commits() as usize, order.len());
        let blobs: BTreeSet<ObjectId> = lists.values().flat_map(BTreeMap::keys).copied().collect();
        let ranks: Vec<u32> = blobs
            .iter()
            .map(|blob| objects.rank_of(blob.as_bytes()).unwrap())
            .collect();
        let histories: Vec<BTreeSet<String>> = graph
            .tips()
            .iter()
            .map(|tip| {
                repo.git(&["rev-list", &tip.tip.id.to_string()])
                    .lines()
                    .map(str::to_owned)
                    .collect()
            })
            .collect();
        for (blob, answer) in blobs.iter().zip(graph.attribute(&ranks)) {
            let having: Vec<&str> = order
                .iter()
                .map(|(_, c)| *c)
                .filter(|c| lists[c].contains_key(blob))
                .collect();
            assert_eq!(answer.blob, *blob);
            assert_eq!(answer.reach, Reach::Tip);
            assert_eq!(answer.first, Some(id(having[0])));
            assert_eq!(answer.last, Some(id(having[having.len() - 1])));
            assert_eq!(answer.commits as usize, having.len());
            assert!(lists[having[0]][blob].contains(&answer.path), "{answer:?}");
            let mut at_head = lists[head.as_str()].get(blob).cloned().unwrap_or_default();
            let mut told = answer.head_paths.clone();
            at_head.sort();
            told.sort();
            assert_eq!(told, at_head);
            let holders: Vec<u32> = (0..histories.len() as u32)
                .filter(|tip| {
                    having
                        .iter()
                        .any(|commit| histories[*tip as usize].contains(*commit))
                })
                .collect();
            assert_eq!(answer.tips, holders);
            assert_eq!(answer.tip_count as usize, holders.len());
        }
        let all = graph.paths(&sorted(&ranks), false);
        assert!(!all.cut);
        for (rank, stood) in sorted(&ranks).iter().zip(&all.of) {
            let blob = objects.id(*rank).to_owned();
            let mut want = Vec::new();
            for (_, commit) in &order {
                let mut new = lists[commit].get(&blob).cloned().unwrap_or_default();
                new.retain(|path| !want.iter().any(|stood: &Stood| stood.path == *path));
                want.extend(new.into_iter().map(|path| Stood {
                    path,
                    commit: Some(id(commit)),
                }));
            }
            assert_eq!(*stood, want);
        }
        let reachable: BTreeSet<ObjectId> = graph
            .reachable_blobs()
            .iter()
            .map(|rank| objects.id(rank).to_owned())
            .collect();
        assert_eq!(reachable, blobs);
    });
}

#[test]
fn answers_are_those_of_asking_git_about_every_commit() {
    let repo = Repo::init(&[]);
    repo.fill(31, 25);
    repo.git(&["checkout", "-q", "-b", "side", "HEAD~9"]);
    repo.fill(32, 8);
    repo.commit("copy/one.txt", "same");
    repo.commit("copy/two.txt", "same");
    repo.git(&["tag", "-a", "-m", "x", "v1"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "-X", "ours", "-m", "merge", "side"]);
    repo.git(&["checkout", "-q", "--orphan", "lone"]);
    repo.commit("copy/one.txt", "same");
    repo.git(&["rm", "-rq", "copy"]);
    repo.commit("other.txt", "else");
    repo.git(&["checkout", "-q", "main"]);
    repo.fill(33, 5);
    // The same trees and blobs by other names, for a while and again.
    for (from, to) in [
        ("copy", "dir/moved"),
        ("dir/moved", "moved"),
        ("moved", "dir/moved"),
    ] {
        repo.git(&["mv", from, to]);
        repo.git(&["commit", "-q", "-m", to]);
        repo.commit(&format!("twice/{}/one.txt", to.replace('/', "-")), "same");
    }
    compare(&repo);
    repo.git(&["repack", "-adfq", "--depth=50"]);
    compare(&repo);
    repo.fill(34, 5);
    repo.git(&["-c", "repack.useDeltaBaseOffset=false", "repack", "-dq"]);
    repo.fill(35, 2);
    compare(&repo);
}

#[test]
fn what_no_reference_reaches_is_told_apart() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "kept");
    let lost = repo.commit("sub/b.txt", "lost");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let loose =
        String::from_utf8(repo.run(&["hash-object", "-w", "--stdin"], b"never committed")).unwrap();
    let lost_blob = repo.git(&["rev-parse", &format!("{lost}:sub/b.txt")]);
    with_graph(&repo, true, |objects, graph, _| {
        let answer = one(objects, graph, &lost_blob);
        assert_eq!((answer.reach, answer.first), (Reach::Tip, Some(id(&lost))));
        let tip = &graph.tips()[answer.tips[0] as usize].tip;
        assert_eq!(tip.source, TipSource::Reflog);
        assert!(answer.head_paths.is_empty());
    });
    with_graph(&repo, false, |objects, graph, _| {
        let answer = one(objects, graph, &lost_blob);
        assert_eq!(
            (answer.reach, answer.first),
            (Reach::Dangling, Some(id(&lost)))
        );
        assert_eq!(answer.path, b"sub/b.txt");
        let answer = one(objects, graph, loose.trim());
        assert_eq!((answer.reach, answer.first), (Reach::Unreferenced, None));
        assert!(!graph.reaches_commit(&id(&lost)));
    });
}

#[test]
fn odd_places_are_reached() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "first");
    let hash = |bytes: &[u8]| {
        String::from_utf8(repo.run(&["hash-object", "-w", "--stdin"], bytes))
            .unwrap()
            .trim()
            .to_owned()
    };
    let tagged = hash(b"a tagged blob");
    repo.git(&["tag", "blob-tag", &tagged]);
    let inner = hash(b"in a padded tree");
    // A tree as old programs wrote it: the directory's mode begins with 0.
    let mut sub = b"100644 f\0".to_vec();
    sub.extend_from_slice(id(&inner).as_bytes());
    let write = |bytes: &[u8]| {
        let args = ["hash-object", "-w", "-t", "tree", "--literally", "--stdin"];
        String::from_utf8(repo.run(&args, bytes))
            .unwrap()
            .trim()
            .to_owned()
    };
    let mut root = b"040000 dir\0".to_vec();
    root.extend_from_slice(id(&write(&sub)).as_bytes());
    let commit = repo.git(&["commit-tree", "-m", "padded", &write(&root)]);
    repo.git(&["update-ref", "refs/heads/padded", &commit]);
    repo.write("a.txt", "stashed");
    repo.git(&["stash", "-q"]);
    repo.git(&["notes", "add", "-m", "a note"]);
    with_graph(&repo, false, |objects, graph, _| {
        let answer = one(objects, graph, &tagged);
        assert_eq!(
            (answer.reach, answer.first, answer.tip_count),
            (Reach::Tip, None, 1)
        );
        assert_eq!(one(objects, graph, &inner).path, b"dir/f");
        let note = repo.git(&["rev-parse", "HEAD"]);
        let answer = one(objects, graph, &hash(b"a note\n"));
        assert_eq!((answer.reach, answer.path), (Reach::Tip, note.into_bytes()));
        assert_eq!(one(objects, graph, &hash(b"stashed")).reach, Reach::Tip);
        assert_eq!(graph.holes(), []);
    });
}

#[test]
fn missing_objects_are_named_if_reachable() {
    let repo = Repo::init(&[]);
    repo.fill(40, 12);
    for spec in ["HEAD~3", "HEAD~5^{tree}", "HEAD:one/0.bin", "HEAD:one"] {
        let gone = repo.git(&["rev-parse", spec]);
        let path = repo
            .path()
            .join(".git/objects")
            .join(&gone[..2])
            .join(&gone[2..]);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        with_graph(&repo, false, |_, graph, _| {
            let named: Vec<_> = graph.holes().iter().map(|hole| hole.id).collect();
            assert_eq!(named, [id(&gone)], "{spec}");
        });
        // The same object, damaged instead of missing.
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        if !spec.contains(':') || spec.ends_with("one") {
            with_graph(&repo, false, |_, graph, _| {
                let named: Vec<_> = graph.holes().iter().map(|hole| hole.id).collect();
                assert_eq!(named, [id(&gone)], "{spec} damaged");
            });
        }
        std::fs::write(&path, &bytes).unwrap();
    }
    with_graph(&repo, false, |_, graph, _| assert_eq!(graph.holes(), []));
}

#[test]
fn a_shallow_boundary_is_no_hole() {
    let origin = Repo::init(&[]);
    origin.fill(41, 10);
    let repo = Repo::init(&[]);
    let url = format!("file://{}", origin.path().display());
    repo.git(&["fetch", "-q", "--depth=3", &url, "main"]);
    repo.git(&["reset", "-q", "--hard", "FETCH_HEAD"]);
    with_graph(&repo, false, |objects, graph, _| {
        assert!(objects.store().facts().shallow);
        assert_eq!((graph.holes(), graph.commits()), (&[][..], 3));
    });
}

/// What a graph says of all blobs.
#[derive(Debug, PartialEq)]
struct Said {
    answers: Vec<Attribution>,
    /// In all commits, and in those that tips reach.
    paths: [Vec<Vec<Stood>>; 2],
    holes: Vec<Hole>,
    cut_off: usize,
    commits: Vec<Option<u32>>,
}

/// Returns what a graph says, what the next run need not read, and how many commits and names were
/// passed on. Every second blob is of interest; commits and names with a `7` in them say something.
fn said(repo: &Repo, kept: Option<&Kept>, learn: bool) -> (Said, Option<Kept>, (usize, usize)) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    let objects = Objects::load(&store, 1).unwrap();
    let kept = kept.and_then(|kept| Matched::new(&objects, kept));
    let mut interest = Bits::new(objects.len());
    let mut ranks = Vec::new();
    for line in repo
        .git(&["cat-file", "--batch-all-objects", "--batch-check"])
        .lines()
    {
        let words: Vec<&str> = line.split(' ').collect();
        let name = id(words[0]);
        if words[1] == "blob" && name.as_bytes()[3].is_multiple_of(2) {
            let rank = objects.rank_of(name.as_bytes()).unwrap();
            interest.insert(rank);
            ranks.push(rank);
        }
    }
    ranks.sort_unstable();
    let (commits, names) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let on_commit = |id: &oid, _: &[u8]| {
        commits.fetch_add(1, Ordering::Relaxed);
        id.to_string().starts_with('7')
    };
    let on_name = |named: Named<'_>| {
        names.fetch_add(1, Ordering::Relaxed);
        named.name.contains(&b'7')
    };
    let options = GraphOptions {
        check_missing: true,
        on_commit: Some(&on_commit),
        on_name: Some(&on_name),
        kept: kept.as_ref(),
        learn,
        ..GraphOptions::default()
    };
    let graph = Graph::build(&objects, &interest, &options).unwrap();
    let all = repo.git(&["rev-list", "--all", "--ignore-missing"]);
    let said = Said {
        answers: graph.attribute(&ranks),
        paths: [true, false].map(|dangling| graph.paths(&ranks, dangling).of),
        holes: graph.holes().to_vec(),
        cut_off: graph.cut_off(),
        commits: all.lines().map(|line| graph.position(&id(line))).collect(),
    };
    // Those that tips reach come from classes of trees, and all from single trees.
    for (all, reached) in said.paths[0].iter().zip(&said.paths[1]) {
        let is_reached = |stood: &&Stood| {
            let commit = stood.commit.as_ref();
            commit.is_none_or(|commit| graph.reaches_commit(commit))
        };
        let expected: Vec<&Stood> = all.iter().filter(is_reached).collect();
        assert_eq!(reached.iter().collect::<Vec<_>>(), expected);
    }
    let next = graph.learned(kept.as_ref());
    assert!(next.as_ref().is_none_or(Kept::is_sound));
    let passed = (commits.into_inner(), names.into_inner());
    (said, next, passed)
}

#[test]
fn what_is_kept_is_not_read_and_changes_nothing() {
    for seed in 2..4 {
        let repo = Repo::init(&[]);
        repo.fill(seed, 20);
        repo.commit("dir/7/x.txt", "seven\n");
        let mut kept: Option<Kept> = None;
        let mut known = 0;
        let steps: [&dyn Fn(); 9] = [
            &|| {},
            &|| repo.fill(seed + 10, 10),
            &|| drop(repo.git(&["repack", "-adfq", "--depth=50", "--window=30"])),
            &|| drop(repo.git(&["mv", "dir", "moved"])),
            &|| drop(repo.git(&["commit", "-qam", "Move"])),
            &|| drop(repo.git(&["commit", "-q", "--amend", "--allow-empty", "-m", "Amended"])),
            &|| drop(repo.git(&["reset", "-q", "--hard", "HEAD~8"])),
            &|| {
                repo.git(&["reflog", "expire", "--expire=now", "--all"]);
                repo.git(&["gc", "-q", "--prune=now"]);
            },
            &|| repo.fill(seed + 20, 5),
        ];
        for (at, step) in steps.iter().enumerate() {
            step();
            let (plain, _, all) = said(&repo, None, false);
            let (with, next, read) = said(&repo, kept.as_ref(), true);
            assert_eq!(with, plain, "{seed}: step {at}");
            if at > 0 {
                let new = all.0.saturating_sub(known);
                assert!(read.0 <= new + 8, "{seed}: step {at}: {read:?} of {all:?}");
                assert!(
                    read.1 * 2 < all.1 + 40,
                    "{seed}: step {at}: {read:?} of {all:?}"
                );
            }
            known = all.0;
            kept = next.or(kept);
            let (again, none, _) = said(&repo, kept.as_ref(), true);
            assert_eq!((again, none), (plain, None), "{seed}: step {at}");
        }
    }
}
