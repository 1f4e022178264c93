//! Compares ranges and staged changes with git's own output.

use std::collections::BTreeSet;

use super::diff::{Changes, Differ};
use super::object::DEFAULT_LIMIT;
use super::range;
use super::revision::{self, Revisions};
use super::testing::{Repo, Rng};
use super::{GitError, ObjectId, OpenOptions, Store, index};

fn id(hex: &str) -> ObjectId {
    ObjectId::from_hex(hex.as_bytes()).unwrap()
}

fn open(repo: &Repo) -> Store {
    Store::open(repo.path(), &OpenOptions::default()).unwrap()
}

type Line = (Vec<u8>, u32, ObjectId);

/// Returns path, mode and name of each new blob.
fn lines(changes: &Changes) -> BTreeSet<Line> {
    changes
        .new
        .iter()
        .map(|new| (new.path.clone(), new.mode, new.id))
        .collect()
}

/// Parses the same from git's raw diff format (including the combined one), without
/// deletions and submodules.
fn raw_diff(out: &[u8]) -> BTreeSet<Line> {
    let mut found = BTreeSet::new();
    let mut fields = out.split(|byte| *byte == 0);
    while let Some(head) = fields.next().filter(|head| head.starts_with(b":")) {
        let parents = head.iter().take_while(|byte| **byte == b':').count();
        let words: Vec<_> = std::str::from_utf8(&head[parents..])
            .unwrap()
            .split(' ')
            .collect();
        let path = fields.next().unwrap().to_vec();
        let mode = u32::from_str_radix(words[parents], 8).unwrap();
        if mode != 0 && mode != 0o160_000 {
            found.insert((path, mode, id(words[2 * parents + 1])));
        }
    }
    found
}

/// Creates a history with side branches, merges, an evil merge, renames and odd things.
fn tangled() -> Repo {
    let repo = Repo::init(&[]);
    repo.fill(50, 12);
    for round in 0..4 {
        let side = format!("side{round}");
        repo.git(&[
            "checkout",
            "-q",
            "-b",
            &side,
            &format!("HEAD~{}", 2 + round),
        ]);
        repo.fill(60 + round, 4);
        repo.git(&["checkout", "-q", "main"]);
        repo.fill(70 + round, 3);
        repo.git(&["merge", "-q", "--no-commit", "-s", "ours", &side]);
        repo.write(
            &format!("evil/{round}.txt"),
            format!("only in merge {round}"),
        );
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "evil merge"]);
    }
    repo.git(&["mv", "dir", "moved"]);
    repo.git(&["mv", "a.txt", "b.txt"]);
    repo.git(&["commit", "-q", "-m", "rename"]);
    #[cfg(unix)]
    {
        std::fs::remove_file(repo.path().join("b.txt")).unwrap();
        std::os::unix::fs::symlink("moved/target", repo.path().join("b.txt")).unwrap();
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "type change"]);
    }
    repo
}

#[test]
fn ranges_have_the_commits_that_git_names() {
    let repo = tangled();
    repo.git(&["tag", "-a", "-m", "t", "v1", "HEAD~2"]);
    let mut rng = Rng::new(5);
    let names = [
        "main",
        "main~3",
        "side0",
        "side1~1",
        "side2",
        "side3",
        "v1",
        "main~9",
        "main~2^2",
        "main~2^2~1",
        "@~2^0",
    ];
    let mut specs: Vec<String> = vec![
        "HEAD".into(),
        "HEAD~4..".into(),
        "main".into(),
        "HEAD^!".into(),
        "HEAD~6^@".into(),
    ];
    for _ in 0..40 {
        let dots = if rng.below(2) == 0 { ".." } else { "..." };
        let pair = (rng.below(names.len()), rng.below(names.len()));
        let (left, right) = (names[pair.0], names[pair.1]);
        specs.push(format!("{left}{dots}{right}"));
    }
    for packed in [false, true] {
        if packed {
            repo.git(&["repack", "-adfq"]);
        }
        let store = open(&repo);
        let mut differ = Differ::new(&store, DEFAULT_LIMIT);
        for spec in &specs {
            let revisions = revision::parse(&store, spec).unwrap();
            let found = range::commits(differ.reader(), &store, &revisions).unwrap();
            let told: BTreeSet<_> = found.iter().map(|commit| commit.id.to_string()).collect();
            let expected = repo.git(&["rev-list", spec]);
            let expected: BTreeSet<_> = expected.lines().map(str::to_owned).collect();
            assert_eq!(told, expected, "{spec}");
            for (i, commit) in found.iter().enumerate() {
                let later = &found[i + 1..];
                assert!(
                    commit
                        .head
                        .parents
                        .iter()
                        .all(|parent| later.iter().all(|c| c.id != *parent))
                );
            }
        }
    }
}

#[test]
fn a_bad_range_is_an_error() {
    let repo = tangled();
    let store = open(&repo);
    let blob = repo.git(&["rev-parse", "HEAD:evil/0.txt"]);
    let nowhere = "1".repeat(40);
    for spec in [
        "",
        " ",
        "nope",
        "nope..HEAD",
        "HEAD..nope",
        "HEAD:evil",
        "^HEAD",
        "HEAD^9",
        "HEAD~999",
        "~1",
        &blob,
        &nowhere,
        &format!("{nowhere}..HEAD"),
    ] {
        let refused = revision::parse(&store, spec);
        assert!(
            matches!(refused, Err(GitError::Revision { .. })),
            "{spec}: {refused:?}"
        );
    }
    assert!(revision::parse_commit(&store, "HEAD~1..HEAD").is_err());
    assert_eq!(
        revision::parse_commit(&store, "HEAD").unwrap(),
        id(&repo.git(&["rev-parse", "HEAD"]))
    );
}

#[test]
fn since_is_by_committer_time() {
    let repo = tangled();
    let store = open(&repo);
    let time: i64 = repo
        .git(&["log", "-1", "--format=%ct", "HEAD~3"])
        .parse()
        .unwrap();
    let revisions = revision::since(&store, time, true).unwrap();
    let mut differ = Differ::new(&store, DEFAULT_LIMIT);
    let found = range::commits(differ.reader(), &store, &revisions).unwrap();
    let log = repo.git(&["log", "--all", "--format=%ct %H"]);
    let expected: BTreeSet<_> = log
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(when, _)| when.parse::<i64>().unwrap() >= time)
        .map(|(_, commit)| id(commit))
        .collect();
    assert_eq!(
        found
            .iter()
            .map(|commit| commit.id)
            .collect::<BTreeSet<_>>(),
        expected
    );
    assert!(!expected.is_empty());
}

#[test]
fn commits_bring_what_git_says_they_bring() {
    let repo = tangled();
    let store = open(&repo);
    let mut differ = Differ::new(&store, DEFAULT_LIMIT);
    let revisions = revision::parse(&store, "HEAD").unwrap();
    let all = range::commits(differ.reader(), &store, &revisions).unwrap();
    let (mut merges, mut renames) = (0, 0);
    for commit in &all {
        let changes = range::changes(&mut differ, commit).unwrap();
        let hex = commit.id.to_string();
        let mut args = vec![
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--root",
            "--no-commit-id",
            "--no-renames",
            "--no-abbrev",
        ];
        args.extend((commit.head.parents.len() > 1).then_some("-c"));
        args.push(&hex);
        let expected = raw_diff(&repo.run(&args, b""));
        // Git also shows a changed mode; its content is not new.
        let told = lines(&changes);
        assert!(told.is_subset(&expected), "{hex}: {told:?} {expected:?}");
        for (path, _, blob) in expected.difference(&told) {
            let same = commit.head.parents.iter().any(|parent| {
                let spec = format!("{parent}:{}", String::from_utf8_lossy(path));
                id(&repo.git(&["rev-parse", &spec])) == *blob
            });
            assert!(same, "{hex} {path:?}");
        }
        merges += usize::from(commit.head.parents.len() > 1 && !changes.new.is_empty());
        renames += changes
            .new
            .iter()
            .filter(|new| new.renamed_from.is_some())
            .count();
        for new in &changes.new {
            if let Some(from) = &new.renamed_from {
                let spec = format!(
                    "{}:{}",
                    commit.head.parents[0],
                    String::from_utf8_lossy(from)
                );
                assert_eq!(repo.git(&["rev-parse", &spec]), new.id.to_string());
            }
        }
    }
    assert_eq!(merges, 4);
    assert!(renames >= 3);
}

fn staged(repo: &Repo, options: &OpenOptions) -> index::Staged {
    let store = Store::discover(repo.path(), options).unwrap();
    let mut differ = Differ::new(&store, DEFAULT_LIMIT);
    index::staged(&store, &mut differ).unwrap()
}

fn compare_staged(repo: &Repo) -> index::Staged {
    let before = std::fs::read(repo.path().join(".git/index")).ok();
    let found = staged(repo, &OpenOptions::default());
    assert_eq!(
        std::fs::read(repo.path().join(".git/index")).ok(),
        before,
        "index was written"
    );
    let args = [
        "diff",
        "--cached",
        "--raw",
        "-z",
        "--no-renames",
        "--no-abbrev",
    ];
    assert_eq!(lines(&found.changes), raw_diff(&repo.run(&args, b"")));
    found
}

#[test]
fn staged_changes_are_those_of_git() {
    let repo = Repo::init(&[]);
    assert!(
        compare_staged(&repo).changes.new.is_empty(),
        "no index at all"
    );
    repo.write("first.txt", "unborn");
    repo.git(&["add", "-A"]);
    assert_eq!(compare_staged(&repo).changes.new.len(), 1);
    repo.fill(80, 15);
    assert!(compare_staged(&repo).changes.new.is_empty());
    for version in ["2", "4"] {
        repo.git(&["update-index", "--index-version", version]);
        repo.write("dir/sub/c.txt", format!("changed {version}"));
        repo.write("dir/new/deep/er.txt", format!("new {version}"));
        repo.write("dir-like.txt", "sorts near dir/");
        repo.git(&["add", "-A"]);
        repo.write("dir/sub/c.txt", "not staged");
        repo.git(&["rm", "-q", "--cached", "other/d e.txt"]);
        assert_eq!(
            compare_staged(&repo).changes.new.len(),
            if version == "2" { 3 } else { 2 }
        );
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "next"]);
        assert!(compare_staged(&repo).changes.new.is_empty());
    }
    repo.git(&["mv", "dir", "renamed"]);
    let moved = compare_staged(&repo);
    assert!(
        moved
            .changes
            .new
            .iter()
            .all(|new| new.renamed_from.is_some())
    );
    repo.write("renamed/sub/c.txt", "moved and edited");
    repo.git(&["add", "-A"]);
    let moved = compare_staged(&repo);
    let edited: Vec<_> = moved
        .changes
        .new
        .iter()
        .filter(|new| new.renamed_from.is_none())
        .collect();
    assert_eq!(edited.len(), 1);
    assert!(
        moved
            .changes
            .gone
            .iter()
            .any(|gone| gone.path == b"dir/sub/c.txt")
    );
}

#[test]
fn intent_to_add_is_not_staged() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "a");
    repo.write("later.txt", "not yet");
    repo.git(&["add", "-N", "later.txt"]);
    let found = compare_staged(&repo);
    assert_eq!(found.intent_to_add, [b"later.txt"]);
    assert!(found.changes.new.is_empty());
}

#[test]
fn submodules_and_type_changes_are_told_apart() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "a");
    let commit = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},module"),
    ]);
    let found = compare_staged(&repo);
    assert_eq!(found.changes.submodules, [b"module"]);
    repo.git(&["commit", "-q", "-m", "module"]);
    repo.git(&["update-index", "--force-remove", "module"]);
    repo.write("module", "a file now");
    repo.git(&["add", "module"]);
    let found = compare_staged(&repo);
    assert_eq!(found.changes.new.len(), 1);
    assert!(found.changes.new[0].old.is_empty());
}

#[test]
fn a_merge_is_compared_with_all_its_parents() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "a\n");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("from-side.txt", "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("from-main.txt", "main");
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    repo.write("evil.txt", "in no parent");
    repo.git(&["add", "-A"]);
    let found = staged(&repo, &OpenOptions::default());
    assert_eq!(found.parents.len(), 2);
    let paths: Vec<_> = found
        .changes
        .new
        .iter()
        .map(|new| new.path.as_slice())
        .collect();
    assert_eq!(paths, [b"evil.txt"]);
}

#[test]
fn other_indexes_and_worktrees_are_found() {
    let repo = Repo::init(&[]);
    repo.fill(81, 6);
    repo.git(&["update-index", "--split-index"]);
    repo.write("a.txt", "split");
    repo.git(&["add", "a.txt"]);
    assert_eq!(compare_staged(&repo).changes.new.len(), 1);
    repo.git(&["update-index", "--no-split-index"]);

    let other = repo.path().join("other-index");
    repo.git(&["reset", "-q", "--hard"]);
    std::fs::copy(repo.path().join(".git/index"), &other).unwrap();
    repo.write("a.txt", "staged in the usual index");
    repo.git(&["add", "a.txt"]);
    let options = OpenOptions {
        index_file: Some(other),
        ..OpenOptions::default()
    };
    assert!(staged(&repo, &options).changes.new.is_empty());

    repo.git(&["worktree", "add", "-q", "wt", "-b", "wt"]);
    repo.write("wt/only-in-worktree.txt", "x");
    repo.git(&["-C", "wt", "add", "-A"]);
    let store = Store::discover(&repo.path().join("wt"), &OpenOptions::default()).unwrap();
    let found = index::staged(&store, &mut Differ::new(&store, DEFAULT_LIMIT)).unwrap();
    assert_eq!(found.changes.new.len(), 1);
    let options = OpenOptions {
        git_dir: Some(repo.path().join(".git/worktrees/wt")),
        ..OpenOptions::default()
    };
    assert_eq!(staged(&repo, &options).changes, found.changes);
}

#[test]
fn sparse_indexes_are_read() {
    let repo = Repo::init(&[]);
    repo.fill(82, 20);
    repo.git(&["sparse-checkout", "init", "--cone", "--sparse-index"]);
    repo.git(&["sparse-checkout", "set", "other"]);
    repo.write("other/d e.txt", "changed in the sparse part");
    repo.git(&["add", "other"]);
    assert_eq!(compare_staged(&repo).changes.new.len(), 1);
    // HEAD moves to a commit older than the trees of the sparse directories.
    repo.git(&["reset", "-q", "--soft", "HEAD~12"]);
    assert!(compare_staged(&repo).changes.new.len() > 2);
}

#[test]
fn quarantined_objects_are_read() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "a");
    let push = Repo::init(&[]);
    push.git(&["fetch", "-q", repo.path().to_str().unwrap(), "main"]);
    push.git(&["reset", "-q", "--hard", "FETCH_HEAD"]);
    let old = push.git(&["rev-parse", "HEAD"]);
    let new = push.commit("b.txt", "pushed");
    let options = OpenOptions {
        object_directory: Some(push.path().join(".git/objects")),
        alternates: vec![repo.path().join(".git/objects")],
        ..OpenOptions::default()
    };
    let store = Store::open(repo.path(), &options).unwrap();
    let revisions = revision::parse(&store, &format!("{old}..{new}")).unwrap();
    assert_eq!(
        revisions,
        Revisions::Reachable {
            include: vec![id(&new)],
            exclude: vec![id(&old)]
        }
    );
    let mut differ = Differ::new(&store, DEFAULT_LIMIT);
    let found = range::commits(differ.reader(), &store, &revisions).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(range::changes(&mut differ, &found[0]).unwrap().new.len(), 1);
}

#[test]
fn replacements_hide_nothing() {
    let repo = Repo::init(&[]);
    let real = repo.commit("a.txt", "the real one");
    let blob = repo.git(&["rev-parse", "HEAD:a.txt"]);
    let fake = String::from_utf8(repo.run(&["hash-object", "-w", "--stdin"], b"harmless")).unwrap();
    repo.git(&["replace", &blob, fake.trim()]);
    let store = open(&repo);
    let mut bytes = Vec::new();
    super::Reader::new(&store, DEFAULT_LIMIT)
        .find(&id(&blob), &mut bytes)
        .unwrap();
    assert_eq!(bytes, b"the real one");
    assert_eq!(revision::parse_commit(&store, "HEAD").unwrap(), id(&real));
}

/// A blob above a reader's limit is streamed whole, from a pack and from a loose file; a delta
/// cannot be, and a damaged stream ends with an error.
#[test]
fn large_blobs_are_streamed() {
    let repo = Repo::init(&[]);
    let mut rng = Rng::new(5);
    let noise: Vec<u8> = (0..40_000).map(|_| rng.next() as u8).collect();
    let mut changed = noise.clone();
    changed.extend_from_slice(b"and more");
    std::fs::write(repo.path().join("a"), &noise).unwrap();
    std::fs::write(repo.path().join("b"), &changed).unwrap();
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "x"]);
    let ids = ["HEAD:a", "HEAD:b"].map(|name| id(&repo.git(&["rev-parse", name])));
    let streamed = |id: &ObjectId| {
        let store = open(&repo);
        let mut reader = super::Reader::new(&store, 1000);
        let mut out = Vec::new();
        let mut result = Ok(0);
        let found = reader.stream(id, |size, stream| {
            result = stream.read_to_end(&mut out);
            assert!(result.is_err() || out.len() as u64 == size);
        });
        (found.unwrap_or(false), result.is_ok(), out)
    };
    for (id, content) in ids.iter().zip([&noise, &changed]) {
        assert_eq!(streamed(id), (true, true, content.clone()));
    }
    // Cut off: a file of the loose object that ends early.
    let hex = ids[0].to_string();
    let loose = repo
        .path()
        .join(".git/objects")
        .join(&hex[..2])
        .join(&hex[2..]);
    let whole = std::fs::read(&loose).unwrap();
    std::fs::remove_file(&loose).unwrap();
    std::fs::write(&loose, &whole[..whole.len() / 2]).unwrap();
    let (found, complete, _) = streamed(&ids[0]);
    assert!(found && !complete);
    std::fs::remove_file(&loose).unwrap();
    std::fs::write(&loose, &whole).unwrap();
    // In a pack one of the two is a delta on the other.
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    let found = ids.map(|id| streamed(&id).0);
    assert_eq!(found.iter().filter(|found| **found).count(), 1, "{found:?}");
    let missing = ObjectId::from_hex(&[b'1'; 40]).unwrap();
    assert!(!streamed(&missing).0);
}
