//! A repository's text files: configuration, HEAD, packed and loose references, logs, alternates,
//! the list of shallow commits. Any bytes give tips or an error. References written as git writes
//! them are all found. A revision of any words is a set or an error.

use std::fs;

use super::input::Input;
use super::repository::Repository;
use stopleak::git::refs::TipSource;
use stopleak::git::{ObjectId, OpenOptions, Store, config, refs, revision};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let repository = Repository::of("git_refs");
    let dir = repository.path();
    let mut input = Input::new(bytes);
    let (kind, seed) = (input.byte(), input.byte());
    let mut honest = Vec::new();
    let put = |name: &str, bytes: &[u8]| {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("a writable directory");
        }
        fs::write(path, bytes).expect("a writable directory");
    };
    put("config", b"[core]\n\tbare = true\n");
    put("HEAD", b"ref: refs/heads/main\n");
    for name in [
        "packed-refs",
        "refs/heads/main",
        "logs/HEAD",
        "shallow",
        "objects/info/alternates",
    ] {
        put(name, b"");
    }
    let _ = fs::remove_file(dir.join("refs/heads/main"));
    let _ = fs::remove_file(dir.join("packed-refs"));
    let mut spec = "HEAD";
    match kind % 8 {
        0 => put("config", input.rest()),
        1 => put("HEAD", input.rest()),
        2 => put("packed-refs", input.rest()),
        3 => put("refs/heads/main", input.rest()),
        4 => put("logs/HEAD", input.rest()),
        5 => put("shallow", input.rest()),
        6 => {
            spec = input.text();
            put("refs/heads/main", format!("{}\n", id(seed)).as_bytes());
        }
        _ => {
            honest = names(&mut input, seed);
            let mut text = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
            for (name, id) in &honest {
                text += &format!("{id} {name}\n");
                if id.as_bytes()[0] & 1 == 1 {
                    text += &format!("^{id}\n");
                }
            }
            put("packed-refs", text.as_bytes());
        }
    }
    let Ok(store) = Store::open(dir, &OpenOptions::default()) else {
        assert!(kind % 8 < 4, "a sound repository cannot be opened");
        return;
    };
    for id in store.shallow_commits() {
        assert!(kind % 8 == 5 && id.as_bytes().len() >= 20);
    }
    match refs::tips(&store, true) {
        Ok(all) => {
            for tip in &all.tips {
                assert!(!tip.name.contains(&b'\n') && !tip.name.contains(&0));
            }
            for (name, id) in &honest {
                let there = all.tips.iter().filter(|tip| {
                    tip.name == name.as_bytes()
                        && tip.id == *id
                        && tip.source == TipSource::Reference
                });
                assert_eq!(there.count(), 1, "{name}");
            }
        }
        Err(_) => assert!(honest.is_empty()),
    }
    if kind % 8 == 0 {
        let _ = config::hooks_path(&store);
    }
    let _ = revision::parse(&store, spec);
    let _ = revision::parse_object(&store, spec);
    let _ = revision::parse_time(spec);
}

fn id(seed: u8) -> ObjectId {
    ObjectId::from([seed; 20])
}

/// Returns names that git allows, sorted, each with an object.
fn names(input: &mut Input<'_>, seed: u8) -> Vec<(String, ObjectId)> {
    let mut names = Vec::new();
    while !input.is_empty() && names.len() < 100 {
        let mut name = String::from("refs/heads/");
        for byte in input.line().iter().take(40) {
            let letters = b"abcdefghijklmnopqrstuvwxyz0123456789_-AZ%@!";
            name.push(char::from(letters[usize::from(*byte) % letters.len()]));
        }
        // git's commands allow no name that starts with `-`, and not `@` alone.
        name.push('x');
        names.push(name);
    }
    names.sort();
    names.dedup();
    let ids = names.iter().enumerate();
    let ids: Vec<ObjectId> = ids.map(|(n, _)| id(seed.wrapping_add(n as u8))).collect();
    names.into_iter().zip(ids).collect()
}
