//! `stopleak fleet`: many repositories.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::dir::{Dir, Ran};
use crate::support::loose::loose;
use crate::support::token;

/// Makes a bare repository with one commit of these files, without running git.
fn clone(dir: &Dir, path: &str, files: &[(&str, &str)]) {
    loose(&dir.path().join(path), files);
}

/// Makes `count` clones below `c`, each with a token of its own.
fn clones(dir: &Dir, count: u64) {
    for n in 0..count {
        let text = format!("{n} {}", token(n));
        clone(dir, &format!("c/r{n}"), &[("f", &text)]);
    }
}

fn manifest(dir: &Dir) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.path().join("m.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the lines of the manifest by name.
fn by_name(dir: &Dir) -> BTreeMap<String, Value> {
    let lines = manifest(dir).into_iter().skip(1);
    lines
        .map(|line| (line["name"].as_str().unwrap().to_owned(), line))
        .collect()
}

fn plan(dir: &Dir, args: &[&str]) -> Ran {
    dir.run(&[&["fleet", "plan", "-o", "m.jsonl"], args].concat())
}

fn run(dir: &Dir, args: &[&str]) -> Ran {
    dir.run(&[&["fleet", "run", "m.jsonl", "--results", "out"], args].concat())
}

/// Returns the name and the status of each repository that a run tells.
fn told(ran: &Ran) -> BTreeMap<String, String> {
    let lines = ran
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines
        .map(|line| (text(&line["name"]), text(&line["status"])))
        .collect()
}

fn results(dir: &Dir) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(dir.path().join("out")).unwrap();
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap())
    };
    entries.map(read).collect()
}

/// Returns the text with the times of a run taken out.
fn timeless(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut out = String::new();
    for part in text.split("\"elapsed_ms\":") {
        match out.is_empty() {
            true => out.push_str(part),
            false => out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit())),
        }
    }
    out
}

#[test]
fn clones_in_a_directory_are_listed_largest_first() {
    let dir = Dir::new();
    clone(&dir, "c/acme/small.git", &[("a", "x")]);
    clone(
        &dir,
        "c/acme/Big",
        &[("a", &"not much ".repeat(9000)), ("b", &token(1))],
    );
    clone(&dir, "c/other/acme/small", &[("a", "y")]);
    dir.write("c/notes/README", "no repository");
    let ran = plan(&dir, &["c"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = manifest(&dir);
    assert_eq!(
        (&lines[0]["stopleak_fleet"], &lines[0]["repositories"]),
        (&json!(1), &json!(3))
    );
    let names: Vec<&Value> = lines[1..].iter().map(|line| &line["name"]).collect();
    assert_eq!(names[0], "acme/Big");
    let all: Vec<String> = by_name(&dir).into_keys().collect();
    assert_eq!(all, ["acme/Big", "acme/small", "other/acme/small"]);
    let again = manifest(&dir);
    plan(&dir, &["--clones", "c"]);
    assert_eq!(manifest(&dir), again);
    // The clone that a directory is in is the clone.
    assert_eq!(plan(&dir, &["c/acme/Big"]).code, 0);
    assert_eq!(by_name(&dir).len(), 1);
    assert_eq!(plan(&dir, &["c/notes"]).code, 2);
}

#[test]
fn what_hosts_list_is_looked_for_and_named_if_it_is_not_there() {
    let dir = Dir::new();
    clone(&dir, "c/acme/api", &[("a", "x")]);
    clone(&dir, "c/acme/web.git", &[("a", "x")]);
    clone(&dir, "c/git.example/g/sub/lib.git", &[("a", "x")]);
    clone(&dir, "c/tool", &[("a", "x")]);
    let gh = json!([
        {"nameWithOwner": "acme/api", "url": "https://u:hunter2hunter2@git.example/acme/api?x=hunter2hunter2", "diskUsage": 1},
        {"nameWithOwner": "acme/web", "url": "https://git.example/acme/web"},
        {"nameWithOwner": "acme/gone", "url": "https://git.example/acme/gone", "diskUsage": 999_999},
    ]);
    dir.write("gh.json", gh.to_string());
    let lab = [
        json!({"path_with_namespace": "g/sub/lib", "http_url_to_repo": "https://git.example/g/sub/lib.git"}),
        json!({"full_name": "o/tool", "clone_url": "https://gt.example/o/tool.git", "size": 1}),
        json!({"full_name": "../../etc", "clone_url": "https://gt.example/../../etc", "size": 1}),
    ];
    dir.write("lab.jsonl", lab.map(|line| format!("{line}\n")).concat());
    dir.write(
        "list.txt",
        "# by hand\nc/acme/api\nssh://git@h.example/x/y.git\n\nc/nothing\n",
    );
    let ran = plan(&dir, &["--clones", "c", "gh.json", "lab.jsonl", "list.txt"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let found = by_name(&dir);
    let of = |cloned: bool| {
        let is = |(_, line): &(&String, &Value)| line["cloned"] == cloned;
        found
            .iter()
            .filter(is)
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(true), ["acme/api", "acme/web", "g/sub/lib", "o/tool"]);
    let missing = of(false);
    assert_eq!(missing.len(), 4, "{missing:?}");
    for name in ["acme/gone", "etc", "x/y"] {
        assert!(missing.contains(&name.to_owned()), "{missing:?}");
        assert!(
            ran.stderr.contains(&format!("no clone: {name}: ")),
            "{ran:?}"
        );
    }
    assert_eq!(manifest(&dir)[1]["name"], "acme/gone");
    let text = std::fs::read_to_string(dir.path().join("m.jsonl")).unwrap();
    assert!(
        !text.contains("hunter2") && !ran.stderr.contains("hunter2"),
        "{text}"
    );
    assert!(!text.contains("etc\",\"path"), "{text}");
    let all = [
        "--allow-missing",
        "--clones",
        "c",
        "gh.json",
        "lab.jsonl",
        "list.txt",
    ];
    assert_eq!(plan(&dir, &all).code, 0);
    dir.write("cut.json", &gh.to_string()[..100])
        .write("odd.json", "[{\"id\": 5}]");
    for file in ["cut.json", "odd.json", "missing.json"] {
        let ran = plan(&dir, &[file]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(file), "{ran:?}");
    }
}

/// A list is written by hand or by a script: a value that is pasted in the wrong place must not
/// become the name of a repository.
#[test]
fn a_credential_in_a_list_is_refused_and_not_shown() {
    let dir = Dir::new();
    clone(&dir, "c/acme/api", &[("a", "x")]);
    let secret = token(5);
    let url = "https://git.example/acme";
    let lines = [
        secret.clone(),
        format!("acme/{secret}"),
        format!("c/acme/{secret}.git"),
        format!("{url}/{secret}"),
        format!("{url}/{secret}.git?x=y"),
        format!("me:{secret}@git.example:acme/api.git"),
        format!("me:{secret}@git.example/acme/api.git"),
        format!("https:/me:{secret}@git.example/acme/api"),
        format!("https://me:pa/{secret}@git.example/acme/api"),
        format!("git.example/acme/api?private_token={secret}"),
        json!({"nameWithOwner": secret}).to_string(),
        json!({"nameWithOwner": format!("acme/{secret}")}).to_string(),
        json!({"name": secret, "owner": {"login": "acme"}}).to_string(),
        json!({"name": "api", "owner": {"login": secret}}).to_string(),
        json!({"full_name": "acme/api", "clone_url": format!("{url}/{secret}")}).to_string(),
        json!({"nameWithOwner": "acme/api", "clone": format!("c/{secret}")}).to_string(),
        json!({"values": [{"full_name": "o/r"}, {"full_name": secret}]}).to_string(),
    ];
    for line in &lines {
        let first = match line.starts_with('{') {
            true => "{\"full_name\":\"o/other\"}",
            false => "c/acme/api",
        };
        dir.write("list", format!("{first}\n{line}\n"));
        dir.write("m.jsonl", "");
        let ran = plan(&dir, &["--clones", "c", "list"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        let is_told = ["line 2: ", "record 2: ", "record 3: "].iter();
        assert!(
            is_told.clone().any(|told| ran.stderr.contains(told)),
            "{ran:?}"
        );
        assert!(
            !ran.stderr.contains(&secret[8..]) && !ran.stdout.contains(&secret[8..]),
            "{ran:?}"
        );
        let made = std::fs::read_to_string(dir.path().join("m.jsonl")).unwrap();
        assert!(
            !made.to_lowercase().contains(&secret[8..].to_lowercase()),
            "{made}"
        );
    }
    // What is left out of an address was always left out.
    for line in [
        format!("https://me:{secret}@git.example/acme/api"),
        format!("https://git.example/acme/api?private_token={secret}"),
        format!("https://git.example/acme/api#{secret}"),
        format!("{secret}@git.example:acme/api.git"),
        format!("# {secret}"),
    ] {
        dir.write("list", format!("c/acme/api\n{line}\n"));
        let ran = plan(&dir, &["--clones", "c", "--allow-missing", "list"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let made = std::fs::read_to_string(dir.path().join("m.jsonl")).unwrap();
        assert!(
            !made.contains(&secret[8..]) && !ran.stderr.contains(&secret[8..]),
            "{made}"
        );
    }
    // A clone in a directory, and a manifest that another program wrote.
    clone(&dir, &format!("c/acme/{secret}"), &[("a", "x")]);
    let ran = plan(&dir, &["c"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("not listed") && !ran.stderr.contains(&secret[8..]),
        "{ran:?}"
    );
    assert_eq!(by_name(&dir).into_keys().collect::<Vec<_>>(), ["acme/api"]);
    let text = std::fs::read_to_string(dir.path().join("m.jsonl")).unwrap();
    for (from, to) in [
        ("\"name\":\"acme/api", secret.clone()),
        ("\"path\":\"acme/api", format!("x/{secret}")),
    ] {
        let key = from.split(':').next().unwrap();
        dir.write("m.jsonl", text.replacen(from, &format!("{key}:\"{to}"), 1));
        let ran = run(&dir, &["--progress", "json"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stderr.contains("m.jsonl:2: ") && !ran.stderr.contains(&secret[8..]),
            "{ran:?}"
        );
    }
}

#[test]
fn hostile_names_lead_nowhere() {
    let dir = Dir::new();
    for name in [
        "A",
        "a.git",
        "con",
        "..x",
        "-rf",
        "a b",
        "x'$(touch pwned)",
        "é",
        "...",
    ] {
        clone(&dir, &format!("c/{name}"), &[("f", "x")]);
    }
    #[cfg(target_os = "linux")]
    for name in ["A1", "a1", "new\nline", "esc\u{1b}[2J", "::error::x"] {
        clone(&dir, &format!("c/{name}"), &[("f", &token(1))]);
    }
    assert_eq!(plan(&dir, &["c"]).code, 0);
    let lines = manifest(&dir);
    let mut ids: Vec<String> = lines[1..]
        .iter()
        .map(|line| line["id"].as_str().unwrap().to_lowercase())
        .collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    let ran = run(&dir, &["--exit-zero"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:?}");
    assert!(
        !ran.stderr.lines().any(|line| line.starts_with("::")),
        "{ran:?}"
    );
    assert_eq!(results(&dir).len(), 2 * count);
    assert!(!dir.path().join("pwned").exists());
    for (from, to) in [
        ("\"id\":\"", "\"id\":\"../"),
        ("\"name\":\"", "\"name\":\"../"),
    ] {
        let text = std::fs::read_to_string(dir.path().join("m.jsonl")).unwrap();
        dir.write("bad.jsonl", text.replacen(from, to, 1));
        assert_eq!(dir.run(&["fleet", "run", "bad.jsonl"]).code, 2);
    }
}

#[test]
fn a_share_is_scanned_and_all_shares_are_everything() {
    let dir = Dir::new();
    clones(&dir, 9);
    plan(&dir, &["c"]);
    let whole = run(&dir, &["--progress", "json"]);
    assert_eq!((whole.code, told(&whole).len()), (1, 9), "{whole:?}");
    let expected = results(&dir);
    std::fs::remove_dir_all(dir.path().join("out")).unwrap();
    let mut all = BTreeMap::new();
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        all.extend(told(&run(
            &dir,
            &["--shard", shard, "--progress", "json", "--jobs", "2"],
        )));
    }
    assert_eq!(all.len(), 9);
    let timeless = |all: BTreeMap<String, Vec<u8>>| -> BTreeMap<String, String> {
        let reports = all
            .into_iter()
            .filter(|(name, _)| !name.ends_with(".receipt.json"));
        reports
            .map(|(name, text)| (name, timeless(&text)))
            .collect()
    };
    assert_eq!(timeless(results(&dir)), timeless(expected));
    let shares = |env: &[(&str, &str)], more: &[&str]| {
        let args = [
            &[
                "fleet",
                "run",
                "m.jsonl",
                "--results",
                "x",
                "--progress",
                "json",
            ],
            more,
        ];
        Ran::in_dir(dir.path(), &args.concat(), env)
    };
    let first = shares(&[("JOB_COMPLETION_INDEX", "0")], &["--shards", "4"]);
    assert_eq!(
        told(&first),
        told(&shares(
            &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "4")],
            &["--again"]
        ))
    );
    let lacks = shares(&[("JOB_COMPLETION_INDEX", "0")], &[]);
    assert_eq!(lacks.code, 2);
    assert!(lacks.stderr.contains("--shards N"), "{lacks:?}");
    for args in [
        &["--shard", "0/4"][..],
        &["--shard", "5/4"],
        &["--shards", "4"],
        &["--only", "r1"],
        &["-o", "x.json"],
    ] {
        assert_eq!(run(&dir, args).code, 2, "{args:?}");
    }
}

#[test]
fn what_did_not_change_is_not_scanned_again() {
    let dir = Dir::new();
    clone(&dir, "c/a", &[("f", "x")]);
    clone(&dir, "c/b", &[("f", &token(2))]);
    plan(&dir, &["c"]);
    let status = |args: &[&str]| told(&run(&dir, &[args, &["--progress", "json"]].concat()));
    let both = |a: &str, b: &str| {
        BTreeMap::from([
            ("a".to_owned(), a.to_owned()),
            ("b".to_owned(), b.to_owned()),
        ])
    };
    let (scanned, unchanged) = ("scanned", "unchanged");
    assert_eq!(status(&[]), both(scanned, scanned));
    assert_eq!(status(&[]), both(unchanged, unchanged));
    assert_eq!(status(&["--again"]), both(scanned, scanned));
    // Other rules, options and accepted findings.
    assert_eq!(status(&["--confidence", "high"]), both(scanned, scanned));
    assert_eq!(status(&["--no-messages"]), both(scanned, scanned));
    dir.write("stopleak.toml", "[scan]\nexclude = [\"nothing\"]\n");
    assert_eq!(status(&[]), both(scanned, scanned));
    assert_eq!(status(&[]), both(unchanged, unchanged));
    // A new commit, and a result that was changed or cut off.
    clone(&dir, "c/a", &[("f", "y")]);
    assert_eq!(status(&[]), both(scanned, unchanged));
    let id = by_name(&dir)["b"]["id"].as_str().unwrap().to_owned();
    dir.write(&format!("out/{id}.jsonl"), "{}");
    assert_eq!(status(&[]), both(unchanged, scanned));
    std::fs::remove_file(dir.path().join(format!("out/{id}.receipt.json"))).unwrap();
    assert_eq!(status(&[]), both(unchanged, scanned));
    // Identities by another key.
    let args = [
        "fleet",
        "run",
        "m.jsonl",
        "--results",
        "out",
        "--progress",
        "json",
    ];
    let home = dir.path().to_str().unwrap();
    let ran = Ran::in_dir(
        dir.path(),
        &args,
        &[("STOPLEAK_ID_KEY", "k"), ("HOME", home)],
    );
    assert_eq!(told(&ran), both(scanned, scanned));
    assert_eq!(
        told(&run(&dir, &["--progress", "json", "--only", &id])).len(),
        1
    );
}

/// Every system gives its processes all repositories between them, each once.
#[test]
fn each_system_has_shares_of_its_own() {
    let dir = Dir::new();
    clones(&dir, 5);
    plan(&dir, &["c"]);
    let home = dir.path().to_str().unwrap();
    // The variables of the share and of their number, from which number it counts, and an option.
    for (system, index, count, first, more) in [
        (
            "kubernetes",
            "JOB_COMPLETION_INDEX",
            "",
            0,
            &["--shards", "2"][..],
        ),
        ("slurm", "SLURM_ARRAY_TASK_ID", "", 0, &["--shards", "2"]),
        (
            "aws",
            "AWS_BATCH_JOB_ARRAY_INDEX",
            "AWS_BATCH_JOB_ARRAY_SIZE",
            0,
            &[],
        ),
        ("gitlab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1, &[]),
        (
            "buildkite",
            "BUILDKITE_PARALLEL_JOB",
            "BUILDKITE_PARALLEL_JOB_COUNT",
            0,
            &[],
        ),
        ("circleci", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0, &[]),
    ] {
        let mut all = Vec::new();
        for share in first..first + 2 {
            let share = share.to_string();
            let mut env = vec![("HOME", home), (index, share.as_str())];
            env.extend((!count.is_empty()).then_some((count, "2")));
            let args = [
                "fleet",
                "run",
                "m.jsonl",
                "--results",
                system,
                "--progress",
                "json",
            ];
            let ran = Ran::in_dir(dir.path(), &[&args, more].concat(), &env);
            assert_eq!(ran.code, 1, "{system}: {ran:?}");
            let shown = told(&ran);
            assert!((1..5).contains(&shown.len()), "{system}: {ran:?}");
            all.extend(shown.into_keys());
        }
        all.sort();
        assert_eq!(all, ["r0", "r1", "r2", "r3", "r4"], "{system}");
    }
}

/// Checks a mapping against a schema: each key, how its value begins (`{`, `[`, a number or text), and
/// `!` if it has to be there.
fn fits(at: &str, yaml: &yaml_rust2::Yaml, schema: &[(&str, &str)]) {
    use yaml_rust2::Yaml;
    let map = yaml
        .as_hash()
        .unwrap_or_else(|| panic!("{at} is no mapping"));
    for (key, value) in map {
        let key = key.as_str().unwrap();
        let kind = match value {
            Yaml::Hash(_) => "map",
            Yaml::Array(_) => "list",
            Yaml::Integer(_) => "number",
            Yaml::Boolean(_) => "bool",
            Yaml::String(_) => "text",
            _ => "other",
        };
        let known = schema.iter().find(|(name, _)| *name == key);
        let (_, expected) = known.unwrap_or_else(|| panic!("{at} has no {key}"));
        assert_eq!(expected.trim_end_matches('!'), kind, "{at}.{key}");
    }
    for (key, _) in schema.iter().filter(|(_, kind)| kind.ends_with('!')) {
        assert!(!yaml[*key].is_badvalue(), "{at} lacks {key}");
    }
}

/// The fields of `batch/v1` and `v1` that the file uses, and those that these require.
#[test]
fn the_job_of_kubernetes_fits_the_schema() {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/fleet/kubernetes.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let all = yaml_rust2::YamlLoader::load_from_str(&text).unwrap();
    let job = &all[0];
    fits(
        "job",
        job,
        &[
            ("apiVersion", "text!"),
            ("kind", "text!"),
            ("metadata", "map!"),
            ("spec", "map!"),
        ],
    );
    assert_eq!(
        (job["apiVersion"].as_str(), job["kind"].as_str()),
        (Some("batch/v1"), Some("Job"))
    );
    let spec = &job["spec"];
    let of_spec = [
        ("activeDeadlineSeconds", "number"),
        ("backoffLimit", "number"),
        ("backoffLimitPerIndex", "number"),
        ("completionMode", "text"),
        ("completions", "number"),
        ("maxFailedIndexes", "number"),
        ("parallelism", "number"),
        ("podFailurePolicy", "map"),
        ("podReplacementPolicy", "text"),
        ("suspend", "bool"),
        ("template", "map!"),
        ("ttlSecondsAfterFinished", "number"),
    ];
    fits("spec", spec, &of_spec);
    let completions = spec["completions"].as_i64().unwrap();
    assert!(spec["parallelism"].as_i64().unwrap() <= completions);
    assert!(spec["maxFailedIndexes"].as_i64().unwrap() <= completions);
    fits(
        "podFailurePolicy",
        &spec["podFailurePolicy"],
        &[("rules", "list!")],
    );
    for rule in spec["podFailurePolicy"]["rules"].as_vec().unwrap() {
        fits(
            "rule",
            rule,
            &[
                ("action", "text!"),
                ("onExitCodes", "map"),
                ("onPodConditions", "list"),
            ],
        );
        let codes = &rule["onExitCodes"];
        if !codes.is_badvalue() {
            fits(
                "codes",
                codes,
                &[
                    ("containerName", "text"),
                    ("operator", "text!"),
                    ("values", "list!"),
                ],
            );
        }
        for condition in rule["onPodConditions"].as_vec().into_iter().flatten() {
            fits(
                "condition",
                condition,
                &[("type", "text!"), ("status", "text!")],
            );
        }
    }
    let pod = &spec["template"]["spec"];
    let of_pod = [
        ("restartPolicy", "text!"),
        ("automountServiceAccountToken", "bool"),
        ("securityContext", "map"),
        ("containers", "list!"),
        ("volumes", "list"),
        ("serviceAccountName", "text"),
        ("nodeSelector", "map"),
        ("tolerations", "list"),
    ];
    fits("pod", pod, &of_pod);
    // What a policy of failures asks for.
    assert_eq!(pod["restartPolicy"].as_str(), Some("Never"));
    for container in pod["containers"].as_vec().unwrap() {
        let of_container = [
            ("name", "text!"),
            ("image", "text!"),
            ("args", "list"),
            ("command", "list"),
            ("env", "list"),
            ("resources", "map"),
            ("securityContext", "map"),
            ("volumeMounts", "list"),
            ("imagePullPolicy", "text"),
            ("workingDir", "text"),
        ];
        fits("container", container, &of_container);
        fits(
            "resources",
            &container["resources"],
            &[("requests", "map"), ("limits", "map")],
        );
        let args = container["args"].as_vec().unwrap();
        assert!(args.iter().all(|arg| arg.as_str().is_some()), "{args:?}");
        for mount in container["volumeMounts"].as_vec().unwrap() {
            fits(
                "mount",
                mount,
                &[
                    ("name", "text!"),
                    ("mountPath", "text!"),
                    ("readOnly", "bool"),
                ],
            );
        }
    }
    for volume in pod["volumes"].as_vec().unwrap() {
        fits(
            "volume",
            volume,
            &[("name", "text!"), ("persistentVolumeClaim", "map")],
        );
        fits(
            "claim",
            &volume["persistentVolumeClaim"],
            &[("claimName", "text!"), ("readOnly", "bool")],
        );
    }
}

/// What earlier runs kept changes no result, and each repository has files of its own.
#[test]
fn a_cache_changes_no_result() {
    let dir = Dir::new();
    for n in 0..6u64 {
        let text = format!("{}\n{}\n", token(n), token(n % 2 + 50));
        // Small repositories that share an object may take the place of each other in the cache.
        let quiet = format!("nothing {n}\n");
        let files = [("f", text.as_str()), ("d/quiet.txt", quiet.as_str())];
        clone(&dir, &format!("c/r{n}"), &files);
    }
    plan(&dir, &["c"]);
    let ran = |more: &[&str]| {
        let args = [&["--again", "--progress", "json"], more].concat();
        assert_eq!(run(&dir, &args).code, 1);
        let all = results(&dir).into_iter();
        let all = all.filter(|(name, _)| name.ends_with(".jsonl"));
        all.map(|(name, bytes)| (name, timeless(&bytes)))
            .collect::<Vec<_>>()
    };
    let plain = ran(&["--no-cache"]);
    let cache = ["--cache", "kept"];
    assert_eq!(ran(&cache), plain);
    let kept = || {
        let entries = std::fs::read_dir(dir.path().join("kept")).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(".slc")).collect();
        names.sort();
        names
    };
    let first = kept();
    assert!(first.len() >= 12, "{first:?}");
    assert_eq!(ran(&[&cache[..], &["--jobs", "4"]].concat()), plain);
    assert_eq!(kept(), first);
    // A version more of one of them.
    let text = format!("{}\n", token(70));
    clone(
        &dir,
        "c/r3",
        &[("f", &text), ("d/quiet.txt", "nothing 3\n")],
    );
    let plain = ran(&["--no-cache"]);
    assert_eq!(ran(&cache), plain);
    assert_eq!(ran(&[&cache[..], &["--shard", "1/1"]].concat()), plain);
    // A cache that cannot be proven is told, and not used.
    for name in kept() {
        let path = dir.path().join("kept").join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let told = run(&dir, &["--again", "--cache", "kept", "-q"]).stderr;
    assert!(told.contains("not used"), "{told}");
    assert_eq!(ran(&cache), plain);
}

#[test]
fn a_repository_decides_nothing_unless_asked() {
    let dir = Dir::new();
    let leak = |seed: u64| format!("key {}  # stopleak:allow sample\n", token(seed));
    clone(
        &dir,
        "c/a",
        &[
            ("f", &leak(1)),
            ("stopleak.toml", "[scan]\nexclude = [\"g\"]\n"),
            ("g", &token(2)),
        ],
    );
    plan(&dir, &["c"]);
    let found = |args: &[&str]| {
        let ran = run(&dir, args);
        let report = results(&dir)
            .into_iter()
            .find(|(name, _)| name.ends_with(".jsonl"));
        let text = String::from_utf8(report.unwrap().1).unwrap();
        (ran.code, text.matches("\"type\":\"finding\"").count())
    };
    assert_eq!(found(&[]), (1, 2));
    assert_eq!(found(&["--repository-policy"]), (0, 0));
    assert_eq!(found(&[]), (1, 2));
}

#[test]
fn a_repository_that_fails_is_told_and_the_others_are_scanned() {
    let dir = Dir::new();
    clone(&dir, "c/good", &[("f", &token(1))]);
    clone(&dir, "c/gone", &[("f", "x")]);
    clone(&dir, "c/poisoned", &[("f", "x")]);
    clone(&dir, "c/head", &[("f", "x")]);
    plan(&dir, &["c"]);
    std::fs::remove_dir_all(dir.path().join("c/gone")).unwrap();
    dir.write("c/head/HEAD", "\0");
    let objects = dir.path().join("c/poisoned/objects");
    for entry in std::fs::read_dir(objects).unwrap() {
        for object in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            std::fs::write(object.unwrap().path(), "poison").unwrap();
        }
    }
    let ran = run(&dir, &["--progress", "json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let told = told(&ran);
    assert_eq!(told["good"], "scanned");
    assert_eq!(told["gone"], "failed");
    assert_eq!(told["head"], "failed");
    assert_eq!(told["poisoned"], "scanned");
    // Each has a result, and those that failed are tried again.
    assert_eq!(results(&dir).len(), 8);
    clone(&dir, "c/gone", &[("f", "x")]);
    let again = run(&dir, &["--progress", "json"]);
    assert_eq!(self::told(&again)["gone"], "scanned");
    assert_eq!(self::told(&again)["good"], "unchanged");
}

#[test]
fn what_ends_its_worker_comes_last_and_is_given_up() {
    let dir = Dir::new();
    clone(&dir, "c/a", &[("f", &"a large one ".repeat(5000))]);
    clone(&dir, "c/b", &[("f", "x")]);
    plan(&dir, &["c"]);
    let id = by_name(&dir)["a"]["id"].as_str().unwrap().to_owned();
    let begun = format!("out/{id}.begun");
    dir.write(&begun, "1\n");
    let ran = run(&dir, &["--jobs", "1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr.lines().next().unwrap().contains("b: clean"),
        "{ran:?}"
    );
    assert!(!dir.path().join(&begun).exists());
    dir.write(&begun, "3\n");
    let ran = run(&dir, &["--again", "--confidence", "high"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    dir.write(&begun, "3\n");
    let ran = run(&dir, &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("began 3 times and did not end"),
        "{ran:?}"
    );
    assert_eq!(run(&dir, &["--only", &id]).code, 0);
    assert!(Path::new(&dir.path().join(format!("out/{id}.receipt.json"))).exists());
}

fn merge(dir: &Dir, args: &[&str]) -> Ran {
    dir.run(&[&["fleet", "merge", "out", "m.jsonl"], args].concat())
}

/// Removes the receipt, or changes what it says.
fn receipt(dir: &Dir, name: &str, change: Option<(&str, &str)>) {
    let id = by_name(dir)[name]["id"].as_str().unwrap().to_owned();
    let file = dir.path().join(format!("out/{id}.receipt.json"));
    let Some((key, value)) = change else {
        return std::fs::remove_file(file).unwrap();
    };
    let text = std::fs::read_to_string(&file).unwrap();
    let mut receipt: Value = serde_json::from_str(&text).unwrap();
    receipt[key] = json!(value);
    std::fs::write(file, receipt.to_string()).unwrap();
}

#[test]
fn a_secret_is_joined_over_repositories() {
    let dir = Dir::new();
    for n in 0..9 {
        let shared = if n < 8 { token(77) } else { String::new() };
        clone(
            &dir,
            &format!("c/acme/r{n}"),
            &[("f", &format!("{} {shared}\n", token(n)))],
        );
    }
    plan(&dir, &["c"]);
    assert_eq!(run(&dir, &[]).code, 1);
    let ran = merge(&dir, &["--format", "json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 17);
    let shared: Vec<&Value> = findings
        .iter()
        .filter(|f| f["repository"]["repositories"] == 8)
        .collect();
    assert_eq!(shared.len(), 8);
    assert_eq!(shared[0]["path"], "acme/r0/f");
    assert_eq!(shared[0]["repository"]["name"], "acme/r0");
    let others = ["acme/r1", "acme/r2", "acme/r3", "acme/r4", "acme/r5"];
    assert_eq!(shared[0]["repository"]["others"], json!(others));
    let evidence = shared[0]["evidence"].to_string();
    assert!(
        evidence.contains(
            "in 8 repositories: also in acme/r1, acme/r2, acme/r3, acme/r4, acme/r5 and 2 more"
        ),
        "{evidence}"
    );
    let notes = report["summary"]["notes"].to_string();
    assert!(
        notes.contains("1 secret is in more than one repository: "),
        "{notes}"
    );
    assert_eq!(report["summary"]["files"], 9);
    let root: Value = serde_json::from_str(include_str!("../docs/schema/stopleak-1.json")).unwrap();
    assert_eq!(crate::support::schema::errors(&root, "", &report), [""; 0]);
    for format in [
        "text",
        "jsonl",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "csv",
        "markdown",
        "gitleaks-json",
        "gitleaks-csv",
    ] {
        let ran = merge(&dir, &["--format", format]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.contains("r8/f"), "{format}: {}", ran.stdout);
        assert!(
            !ran.stdout.contains(&token(77)) && !ran.stdout.contains(&token(8)),
            "{format}"
        );
    }
    assert_eq!(merge(&dir, &["--exit-zero", "-q"]).code, 0);
    // In either order.
    assert_eq!(dir.run(&["fleet", "merge", "m.jsonl", "out", "-q"]).code, 1);
}

#[test]
fn what_has_no_whole_result_is_named_and_the_report_incomplete() {
    let dir = Dir::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
        clone(&dir, &format!("c/{name}"), &[("f", name)]);
    }
    plan(&dir, &["c"]);
    assert_eq!(run(&dir, &[]).code, 0);
    assert_eq!(merge(&dir, &[]).code, 0);
    receipt(&dir, "a", None);
    receipt(&dir, "b", Some(("rules", "others")));
    receipt(&dir, "c", Some(("key", "another")));
    receipt(&dir, "d", Some(("sha256", "x")));
    receipt(&dir, "e", Some(("id", "x")));
    receipt(&dir, "f", Some(("program", "0.0.1")));
    let ran = merge(&dir, &["--format", "json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let report = ran.json();
    let failed: BTreeMap<String, String> = report["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failed| {
            let text = |key: &str| failed[key].as_str().unwrap().to_owned();
            (text("path"), text("error"))
        })
        .collect();
    for (name, word) in [
        ("a", "was not scanned"),
        ("b", "other rules"),
        ("c", "STOPLEAK_ID_KEY"),
        ("d", "not the one of its receipt"),
        ("e", "another repository"),
        ("f", "scanned by 0.0.1"),
    ] {
        assert!(failed[name].contains(word), "{failed:?}");
    }
    assert_eq!(failed.len(), 6);
    assert_eq!(report["summary"]["files"], 3);
    assert!(ran.stderr.contains("error: a: not scanned"), "{ran:?}");
    // A result that a manifest does not have is not merged, and told.
    plan(&dir, &["c/g"]);
    let ran = merge(&dir, &["--format", "json"]);
    let notes = ran.json()["summary"]["notes"].to_string();
    assert!(
        notes.contains("results of repositories that are not in the manifest"),
        "{ran:?}"
    );
    for args in [
        &["fleet", "merge", "nowhere", "m.jsonl"][..],
        &["fleet", "merge", "out", "nowhere"],
    ] {
        assert_eq!(dir.run(args).code, 2);
    }
}

/// Four workers, of which one is killed and started again, make the report of one process. One
/// repository is poisoned, one unreadable.
#[test]
fn workers_that_are_killed_and_resumed_make_the_same_report() {
    let dir = Dir::new();
    let all = std::env::var_os("STOPLEAK_FLEET").map_or(32, |_| 200);
    for n in 0..all {
        let filler = "some words\n".repeat(n * n % 97 * 20);
        let text = format!("{filler}{} {}\n", token(n as u64), token((n % 7) as u64));
        clone(
            &dir,
            &format!("c/org{}/r{n}", n % 5),
            &[("f", &text), (".env", "nothing=1\n")],
        );
    }
    plan(&dir, &["c"]);
    let objects = dir.path().join("c/org3/r3/objects");
    for entry in std::fs::read_dir(objects).unwrap() {
        for object in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            std::fs::write(object.unwrap().path(), "poison").unwrap();
        }
    }
    std::fs::remove_file(dir.path().join("c/org4/r4/HEAD")).unwrap();
    std::fs::create_dir(dir.path().join("c/org4/r4/HEAD")).unwrap();
    assert_eq!(run(&dir, &[]).code, 2);
    let reports = |format: &str| {
        let ran = merge(&dir, &["--format", format]);
        assert_eq!(ran.code, 2, "{ran:?}");
        ran.stdout
    };
    let formats = ["json", "jsonl", "text", "sarif", "csv", "markdown"];
    let alone = formats.map(reports);
    assert!(alone[0].contains("\"path\":\"org4/r4\"") && alone[0].contains("org3/r3"));
    std::fs::remove_dir_all(dir.path().join("out")).unwrap();
    let start = |shard: usize| {
        let shard = format!("{shard}/4");
        std::process::Command::new(env!("CARGO_BIN_EXE_stopleak"))
            .args([
                "fleet",
                "run",
                "m.jsonl",
                "--results",
                "out",
                "--jobs",
                "1",
                "--shard",
                &shard,
            ])
            .current_dir(dir.path())
            .env_clear()
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut workers: Vec<_> = (1..=4).map(start).collect();
    let any = || std::fs::read_dir(dir.path().join("out")).is_ok_and(|all| all.count() > 8);
    while !any() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    workers[1].kill().unwrap();
    for worker in &mut workers {
        worker.wait().unwrap();
    }
    assert_eq!(merge(&dir, &["-q"]).code, 2);
    start(2).wait().unwrap();
    for (format, alone) in formats.iter().zip(&alone) {
        assert!(reports(format) == *alone, "{format}");
    }
}
