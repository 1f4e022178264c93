//! The seeds of the fuzz targets and damaged copies of them, run through the fuzzer's functions.
//! What a campaign found stays found. Containers are made by `tests/containers`, not stored.
//!
//! `STOPLEAK_CORPUS_ROUNDS` sets the number of damaged copies per seed [default: 12].

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../fuzz/src/lib.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    reason = "a crate of its own where it is fuzzed"
)]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use targets::containers::FORMATS;

use crate::rules::generate::{self, Wanted};
use stopleak::check::CHECKS;
use stopleak::check::mint::{Rng, mint};
use stopleak::rules::{Matcher, builtin};

fn seeds(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target)
}

/// Seeds of formats that `tests/containers` has in zips only, behind the byte that chooses how they
/// begin.
const WRITTEN: &[(&str, &str)] = &[
    (
        "office",
        "\x01<w:p><w:r><w:t>token=</w:t></w:r><w:r><w:t>a&#x62;c</w:t></w:r></w:p></w:document>",
    ),
    (
        "office",
        "\x03<![CDATA[a]]>b</t></si><si><r><t>c</t></r></si></sst>",
    ),
    (
        "office",
        "\x04<text:p>a<text:span>b</text:span><!-- c --></text:p></office:text>",
    ),
    (
        "workbook",
        "\0<si><t>token</t></si><si><t>a</t></si></sst>\0<c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v>\
         </c></worksheet>\0<c t=\"s\"><v>1</v></c><c><v>9</v></c></worksheet>",
    ),
    (
        "json",
        "\0{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"a = 1\\n\"], \"outputs\": \
         [{\"data\": {\"image/png\": \"aGVsbG8gd29ybGQ=\", \"text/plain\": [\"b\"]}}]}], \"nbformat\": 4}",
    ),
    (
        "json",
        "\0{\"log\": {\"creator\": {}, \"entries\": [{\"request\": {\"url\": \"http://a/b\"}, \
         \"response\": {\"content\": {\"encoding\": \"base64\", \"text\": \"aGVsbG8gd29ybGQ=\"}}}]}}",
    ),
];

/// Returns `bytes` slightly cut, overwritten, doubled or mixed.
fn damaged(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..1 + rng.below(4) {
        let at = rng.below(out.len() + 1);
        match rng.below(6) {
            0 => out.truncate(at),
            1 => out.insert(at, rng.next_u64() as u8),
            2 if at < out.len() => out[at] ^= 1 << rng.below(8),
            3 if at < out.len() => out[at] = rng.pick(&[0, 0xff, 0x7f, b'\n', b'"', 0x80]),
            4 => {
                let copy = out[at..]
                    .iter()
                    .copied()
                    .take(rng.below(40))
                    .collect::<Vec<u8>>();
                out.splice(at..at, copy).for_each(drop);
            }
            _ => {
                let end = (at + rng.below(20)).min(out.len());
                out.drain(at..end);
            }
        }
    }
    out
}

/// Whether the seeds of a target are made by tests.
fn is_made(target: &str) -> bool {
    matches!(target, "containers" | "image")
}

/// Returns the seeds of the formats: the number of the format, a name, and the input.
fn of_formats() -> Vec<(usize, String, Vec<u8>)> {
    let number = |row: &str| {
        let all = FORMATS.iter().enumerate();
        let of: Vec<usize> = all
            .filter(|(_, format)| format.rows.iter().any(|begin| row.starts_with(begin)))
            .map(|(number, _)| number)
            .collect();
        assert_eq!(of.len(), 1, "formats that have seeds of {row}");
        of[0]
    };
    let made = crate::containers::seeds().into_iter();
    let made = made.map(|(row, bytes)| {
        let name = row.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        // The first byte chooses how an input begins: as it is.
        (number(&row), name, [&[0], &bytes[..]].concat())
    });
    let written = WRITTEN.iter().map(|(format, input)| {
        let number = FORMATS.iter().position(|known| known.name == *format);
        let name = format!("{format}-{}", input.len());
        (number.unwrap(), name, input.as_bytes().to_vec())
    });
    let all: Vec<_> = made.chain(written).collect();
    for (number, format) in FORMATS.iter().enumerate() {
        assert!(all.iter().any(|(n, ..)| *n == number), "{}", format.name);
    }
    all
}

/// Returns the seeds of a target: their names and contents.
fn contents(target: &str) -> Vec<(String, Vec<u8>)> {
    if target == "image" {
        return crate::image::seeds();
    }
    if is_made(target) {
        let made = of_formats().into_iter();
        return made
            .map(|(format, name, bytes)| (name, [&[format as u8], &bytes[..]].concat()))
            .collect();
    }
    let mut files: Vec<PathBuf> = fs::read_dir(seeds(target))
        .unwrap_or_else(|error| panic!("seeds of {target}: {error}"))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let content = |file: PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read(&file).unwrap())
    };
    files.into_iter().map(content).collect()
}

fn replay(target: &str, run: fn(&[u8])) {
    let rounds = std::env::var("STOPLEAK_CORPUS_ROUNDS");
    let rounds: u64 = rounds.map_or(12, |n| n.parse().unwrap());
    // A whole command that writes to standard error, so it only runs the seeds themselves.
    let rounds = if target == "import_files" { 0 } else { rounds };
    let all = contents(target);
    assert!(!all.is_empty(), "{target} has no seeds");
    run(b"");
    for (name, bytes) in all {
        let tried = catch_unwind(|| run(&bytes));
        assert!(tried.is_ok(), "{target}: {name}");
        for round in 0..rounds {
            let bytes = damaged(&mut Rng::new(round), &bytes);
            let tried = catch_unwind(|| run(&bytes));
            assert!(
                tried.is_ok(),
                "{target}: {name}, damaged by {round}: {bytes:?}"
            );
        }
    }
}

macro_rules! replays {
    ($($target:ident)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), targets::$target::run);
            }
        )*

        #[test]
        fn every_target_is_replayed_and_built() {
            let here = [$(stringify!($target)),*];
            let all: Vec<&str> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(all, here);
            let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
            let manifest = fs::read_to_string(top.join("Cargo.toml")).unwrap();
            for target in here {
                let file = format!("fuzz_targets/{target}.rs");
                let text = fs::read_to_string(top.join(&file)).unwrap();
                assert!(text.contains(&format!("stopleak_fuzz::{target}::run")));
                assert!(manifest.contains(&format!("path = \"{file}\"")), "{target}");
            }
            let built = fs::read_dir(top.join("fuzz_targets")).unwrap().count();
            assert_eq!(built, here.len());
        }
    };
}

replays! {
    baseline_file
    cache_file
    checks
    commit_message
    config_file
    containers
    content_reader
    detector
    encodings
    fleet_list
    fleet_manifest
    git_commit
    git_delta
    git_ignore
    git_index
    git_inflate
    git_loose
    git_pack
    git_pack_index
    git_refs
    git_reftable
    git_tree
    gitleaks_files
    hook_protocol
    ignore_file
    image
    import_files
    inline_marker
    layers
    path_globs
    report_escape
    report_readers
    report_writers
    rule_file
    scan_items
    shape
    value_ends
}

#[test]
fn a_campaign_runs_each_format() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let script = fs::read_to_string(top.join("campaign.sh")).unwrap();
    let (_, rest) = script.split_once("\nformats=\"").unwrap();
    let (list, _) = rest.split_once('"').unwrap();
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(list.split_whitespace().collect::<Vec<_>>(), names);
}

#[test]
fn seeds_are_few_and_small() {
    let stored = targets::TARGETS
        .iter()
        .filter(|(target, _)| !is_made(target));
    for (target, _) in stored {
        let files = fs::read_dir(seeds(target)).unwrap();
        let sizes: Vec<u64> = files
            .map(|f| f.unwrap().metadata().unwrap().len())
            .collect();
        let all: u64 = sizes.iter().sum();
        assert!(
            sizes.len() <= 64 && all <= 100 << 10,
            "{target}: {} files, {all} bytes",
            sizes.len()
        );
    }
}

/// Writes values that rules find and checks accept, which the repository must not contain. A
/// campaign starts better with them.
#[test]
#[ignore = "writes seeds of a campaign into the directory that STOPLEAK_SEEDS names"]
fn generated_seeds_for_a_campaign() {
    let top = PathBuf::from(std::env::var_os("STOPLEAK_SEEDS").unwrap());
    let put = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(top.join(target)).unwrap();
        fs::write(top.join(target).join(name), bytes).unwrap();
    };
    for rule in builtin::rules() {
        let wanted = Wanted {
            entropy: rule.min_entropy,
            check: &rule.check,
        };
        let value = match &rule.matcher {
            Matcher::Shape(sequences) => generate::value(sequences, wanted, 1),
            _ => None,
        };
        if let Some(value) = value {
            let context = rule.context.as_ref();
            let word = context.and_then(|c| c.words.first().map(ToString::to_string));
            let word = word.unwrap_or_else(|| "key".to_owned());
            let line = [
                b"\x10\0",
                word.as_bytes(),
                b"_token = \"",
                value.whole().as_slice(),
                b"\"\n",
            ]
            .concat();
            put("detector", &rule.id, &line);
        }
    }
    for (name, bytes) in contents("image") {
        put("image", &name, &bytes);
    }
    for (format, name, bytes) in of_formats() {
        put(
            &format!("containers-{}", FORMATS[format].name),
            &name,
            &bytes,
        );
    }
    for (name, _) in CHECKS {
        if let Some(value) = mint(name, 7) {
            put("checks", name, &value);
        }
    }
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for file in fs::read_dir(rules).unwrap().flatten() {
        let text = fs::read_to_string(file.path()).unwrap_or_default();
        let head = text.split("[[rule]]").next().unwrap();
        for (n, rule) in text.split("[[rule]]").skip(1).take(2).enumerate() {
            let name = format!("{}-{n}", file.file_name().to_string_lossy());
            put(
                "rule_file",
                &name,
                format!("{head}[[rule]]{rule}").as_bytes(),
            );
            for (m, line) in rule.lines().filter(|l| l.starts_with("shape")).enumerate() {
                let shape = line.split_once('=').map_or(line, |(_, shape)| shape);
                let shape = shape.trim().trim_matches('\'');
                put("shape", &format!("{name}-{m}"), shape.as_bytes());
            }
        }
    }
}
