//! Every container that docs/containers.md names, with every fault, in every source.

#![allow(clippy::unwrap_used, reason = "tests")]

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use rows::{Bomb, Cut, Locked, Row, rows};

use crate::support::dir::{Dir, stopleak};
use crate::support::packed::archives::{Cpio, Folder, Sizes, Zip, ar, asar, cpio, seven, zip_of};
use crate::support::packed::documents::{pdf_file, pdf_page};
use crate::support::packed::streams::{LZMA2, deflate, lz4, lz4_old, lzma2, zstd};
use crate::support::packed::{gzip, tar};
use crate::support::ran::Ran;
use crate::support::repo::Repo;
use crate::support::token;

/// What bombs reach, and no other sample does.
const MOST: &[&str] = &["--max-archive-size", "700K"];
/// What a bomb unpacks to, in bytes.
const BOMB: usize = 1 << 20;

/// Behind the place of a second finding.
const AGAIN: &str = ", once more";

/// What is right for a file: the paths of findings, and path and class of what is not read, each
/// behind the path of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Right {
    found: BTreeSet<String>,
    opaque: BTreeSet<(String, String)>,
}

impl Right {
    fn new(found: Option<&str>, opaque: Option<(&str, &str)>) -> Self {
        let own = |(place, class): (&str, &str)| (place.to_owned(), class.to_owned());
        Self {
            found: found.map(str::to_owned).into_iter().collect(),
            opaque: opaque.map(own).into_iter().collect(),
        }
    }

    /// How a run over only this file ends.
    fn code(&self) -> i32 {
        match self.opaque.iter().any(|(_, class)| class != "encrypted") {
            true => 2,
            false => i32::from(!self.found.is_empty()),
        }
    }
}

/// A file, and what is right for it.
struct Sample {
    path: String,
    content: Vec<u8>,
    right: Right,
}

/// A line with a token. Each number makes another one.
fn text(number: usize) -> Vec<u8> {
    format!("token={}\n", token(9_000 + number as u64)).into_bytes()
}

/// Bytes that do not compress.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// A small container of every format with its name, for the fuzz targets of the readers.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let seed = |row: &Row| {
        let name = row.name.to_owned();
        (name, (row.build)(b"token=text of a seed\n", b"more"))
    };
    rows().iter().map(seed).collect()
}

/// Every format with every fault.
fn samples(rows: &[Row]) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let mut add = |fault: &str, content: Vec<u8>, right: Right| {
            let path = format!("{fault}/{number:03}");
            samples.push(Sample {
                path,
                content,
                right,
            });
        };
        let text = text(number);
        let place = Some(row.place);
        let whole = (row.build)(&text, b"nothing else");
        add("found", whole.clone(), Right::new(place, None));
        let inner = format!("!d/inner{}", row.place);
        let files = [("d/inner", &whole[..])];
        let nested = Right::new(Some(&inner), None);
        add(
            "in-zip",
            zip_of(&files, 8, Sizes::Ahead, deflate),
            nested.clone(),
        );
        add("in-tgz", gzip(&tar(&files)), nested);
        if row.holds {
            let inner = gzip(&tar(&[("in.env", &text)]));
            let held = format!("{}!in.env", row.place);
            let container = (row.build)(&inner, b"nothing else");
            add("holding", container, Right::new(Some(&held), None));
        }
        let long = (row.build)(&text, &noise(row.filler));
        let cut = long[..long.len() * 7 / 12].to_vec();
        add(
            "cut",
            cut,
            match row.cut {
                Cut::Found => Right::new(place, Some(("", "damaged"))),
                Cut::Named(place, _) => Right::new(Some(place), Some(("", "damaged"))),
                Cut::Told(_) => Right::new(None, Some(("", "damaged"))),
                Cut::Raw(_) => Right::new(Some(""), Some(("", "damaged"))),
                Cut::Whole(_) => Right::new(place, None),
            },
        );
        if let Bomb::Limit(at) = row.bomb {
            let bomb = (row.build)(&text, &vec![b' '; BOMB]);
            assert!(bomb.len() < BOMB / 4, "{}: {}", row.name, bomb.len());
            add("bomb", bomb, Right::new(place, Some((at, "limit"))));
        }
        if let Locked::Told(build, at, beside) = &row.locked {
            let right = Right::new(*beside, Some((at, "encrypted")));
            add("locked", build(&text, b""), right);
        }
    }
    samples
}

/// What a JSON report says about each file, whose path has `depth` parts.
fn said(ran: &Ran) -> BTreeMap<String, Right> {
    let report = ran.json();
    let mut said: BTreeMap<String, Right> = BTreeMap::new();
    let split = |entry: &serde_json::Value| {
        let path = entry["path"].as_str().unwrap().to_owned();
        let at = path.find('!').unwrap_or(path.len());
        (path[..at].to_owned(), path[at..].to_owned())
    };
    for finding in report["findings"].as_array().unwrap() {
        let (file, place) = split(finding);
        let found = &mut said.entry(file).or_default().found;
        if !found.insert(place.clone()) {
            found.insert([&place, AGAIN].concat());
        }
    }
    for entry in report["coverage"]["opaque"].as_array().unwrap() {
        let (file, place) = split(entry);
        let class = entry["class"].as_str().unwrap().to_owned();
        said.entry(file).or_default().opaque.insert((place, class));
    }
    said
}

/// What is wrong with a file, if anything. A file that is cut off may be told at several of the
/// containers in it.
fn wrong(sample: &Sample, rows: &[Row], said: &Right) -> Option<String> {
    let mut said = said.clone();
    let is_damaged = |(_, class): &(String, String)| class == "damaged";
    if sample.right.opaque.iter().any(is_damaged) && said.opaque.iter().all(is_damaged) {
        said.opaque = match said.opaque.is_empty() {
            true => BTreeSet::new(),
            false => sample.right.opaque.clone(),
        };
        // What was read of it may be passed on with the rest of it, too.
        said.found.retain(|place| !place.ends_with(AGAIN));
    }
    let number: usize = sample.path.split('/').nth(1).unwrap().parse().unwrap();
    (said != sample.right).then(|| {
        format!(
            "{} {}: {said:?}, not {:?}\n",
            rows[number].name, sample.path, sample.right
        )
    })
}

fn compare(what: &str, samples: &[Sample], rows: &[Row], ran: &Ran) {
    assert_eq!(ran.code, 2, "{what}: {}", ran.stderr);
    let said = said(ran);
    let none = Right::default();
    let of = |sample: &Sample| said.get(&sample.path).unwrap_or(&none).clone();
    let wrong: Vec<String> = samples
        .iter()
        .filter_map(|sample| wrong(sample, rows, &of(sample)))
        .collect();
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.concat());
    let known: BTreeSet<&String> = samples.iter().map(|sample| &sample.path).collect();
    let others: Vec<_> = said.keys().filter(|path| !known.contains(path)).collect();
    assert!(others.is_empty(), "{what}: {others:?}");
}

/// Every source says the same of every format with every fault.
#[test]
fn formats_and_faults_in_every_source() {
    let rows = rows();
    let samples = samples(&rows);
    let repo = Repo::init(&[]);
    repo.commit("first.txt", "nothing\n");
    for sample in &samples {
        repo.write(&sample.path, &sample.content);
    }
    repo.git(&["add", "-A"]);
    let run = |args: &[&str]| {
        let all = [args, MOST, &["--format", "json"]].concat();
        let ran = Ran::of(stopleak(repo.path(), &all, b""));
        compare(&args.join(" "), &samples, &rows, &ran);
    };
    run(&["scan", "."]);
    run(&["scan", "--changed"]);
    run(&["staged"]);
    repo.git(&["commit", "-qm", "second"]);
    run(&["history", "--range", "HEAD~1..HEAD"]);
    run(&["history"]);
}

/// Each file by itself, so that its exit code tells: 0 for nothing, 1 for a finding, 2 for what is
/// cut off or too large. What is encrypted counts as `--opaque` says.
#[test]
fn formats_and_faults_on_standard_input() {
    let rows = rows();
    let samples = samples(&rows);
    let dir = Dir::new();
    let run = |sample: &Sample, more: &[&str]| {
        let args = [
            "scan",
            "-",
            "--stdin-path",
            &sample.path,
            "--format",
            "json",
        ];
        dir.run_with(&[&args[..], MOST, more].concat(), &sample.content)
    };
    let check = |sample: &Sample| {
        let ran = run(sample, &[]);
        let said = said(&ran).remove(&sample.path).unwrap_or_default();
        let mut wrong = wrong(sample, &rows, &said).unwrap_or_default();
        let mut ends = |code: i32, right: i32, how: &str| {
            if code != right {
                wrong += &format!("{} {how}: ends with {code}, not {right}\n", sample.path);
            }
        };
        ends(ran.code, sample.right.code(), "");
        if sample.path.starts_with("locked/") {
            ends(
                run(sample, &["--opaque", "error"]).code,
                2,
                "--opaque error",
            );
            ends(run(sample, &["--strict"]).code, 2, "--strict");
            let ignored = run(sample, &["--opaque", "ignore", "--strict"]).code;
            ends(ignored, sample.right.code(), "--opaque ignore --strict");
        }
        wrong
    };
    let parts = samples.chunks(samples.len().div_ceil(2));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads = parts.map(|part| scope.spawn(|| part.iter().map(check).collect::<String>()));
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(wrong.concat().is_empty(), "{}", wrong.concat());
}

/// What a limit keeps shut ends there: members behind it are found, as long as they need not be
/// unpacked.
#[test]
fn what_stands_behind_a_bomb_is_found() {
    let (text, spaces) = (text(1), vec![b' '; BOMB]);
    let packed = gzip(&spaces);
    let files = [("bomb.gz", &packed[..]), ("in.env", &text)];
    let behind = |sizes| {
        let mut zip = Zip::default();
        zip.add(("bomb", &spaces), (8, 0), sizes, &deflate(&spaces));
        zip.add(("in.env", &text), (0, 0), Sizes::Ahead, &text);
        zip.end(b"")
    };
    let seven = {
        let packed = [[lzma2(&spaces)], [text.clone()]];
        seven(
            &[
                Folder {
                    coders: &[(&[0x21], LZMA2)],
                    packed: &packed[0],
                    file: ("bomb", &spaces),
                },
                Folder {
                    coders: &[(&[0], &[])],
                    packed: &packed[1],
                    file: ("in.env", &text),
                },
            ],
            false,
        )
    };
    let dir = Dir::new();
    let samples = [
        ("zip", behind(Sizes::Ahead)),
        ("zip-behind", behind(Sizes::Behind)),
        ("zip-wide", behind(Sizes::Wide)),
        (
            "zip-in",
            zip_of(&files, 0, Sizes::Ahead, |bytes| bytes.to_vec()),
        ),
        ("7z", seven),
        ("tar", tar(&files)),
        ("ar", ar(&files, false)),
        ("cpio", cpio(&files, Cpio::New)),
        ("asar", asar(&files)),
        ("pdf", pdf_file(&text, &spaces)),
    ];
    for (name, content) in &samples {
        dir.write(name, content);
    }
    let said = said(&dir.run(&[&["scan", ".", "--format", "json"], MOST].concat()));
    for (name, _) in &samples {
        let right = said.get(*name).cloned().unwrap_or_default();
        let told: Vec<_> = right.opaque.iter().collect();
        let is_limit = matches!(&told[..], [(place, class)] if ["!bomb", "!bomb.gz", "!object 5"].contains(&place.as_str()) && class == "limit");
        let found: Vec<_> = right.found.iter().collect();
        assert!(is_limit && found == ["!in.env"], "{name}: {right:?}");
    }
}

/// A container is not taken for the document that it begins with.
#[test]
fn containers_may_begin_with_a_document() {
    let (page, text) = (pdf_page(&text(1), b"nothing"), text(2));
    let files = [("a.pdf", &page[..]), ("in.env", &text)];
    let both = vec!["!a.pdf!object 4", "!in.env"];
    let samples = [
        ("tar", tar(&files), both.clone()),
        ("cpio", cpio(&files, Cpio::New), both.clone()),
        ("ar", ar(&files, false), both.clone()),
        ("asar", asar(&files), both.clone()),
        (
            "zip",
            zip_of(&files, 0, Sizes::Ahead, |bytes| bytes.to_vec()),
            both.clone(),
        ),
        ("lz4", lz4(&page), vec!["!object 4"]),
        ("lz4-old", lz4_old(&page), vec!["!object 4"]),
        ("zstd", zstd(&page), vec!["!object 4"]),
        ("lz4-tar", lz4(&tar(&files)), both),
    ];
    let dir = Dir::new();
    for (name, content, _) in &samples {
        dir.write(name, content);
    }
    let said = said(&dir.run(&["scan", ".", "--format", "json"]));
    for (name, _, right) in &samples {
        let said = said.get(*name).cloned().unwrap_or_default();
        let found: Vec<_> = said.found.iter().map(String::as_str).collect();
        assert_eq!((&found, said.opaque.len()), (right, 0), "{name}");
    }
}

/// What is accepted at one path is told at the others, in a history as in a tree.
#[test]
fn a_copy_of_what_is_accepted_is_told() {
    let repo = Repo::init(&[]);
    let files = [("in.env", &b"nothing"[..]), ("filler", &noise(5_000))];
    let whole = zip_of(&files, 8, Sizes::Ahead, deflate);
    let cut = &whole[..3_000];
    let config = "[coverage]\naccept = [\"samples/\"]\n";
    repo.write("stopleak.toml", config);
    repo.commit("samples/a.zip", cut);
    let run = |args: &[&str]| {
        let args = [args, &["--format", "json"]].concat();
        let ran = Ran::of(stopleak(repo.path(), &args, b""));
        let said = said(&ran);
        let paths: Vec<&str> = said.keys().map(String::as_str).collect();
        (ran.code, paths.join(" "))
    };
    assert_eq!(run(&["history"]), (0, "samples/a.zip".into()));
    repo.commit("lib/a.zip", cut);
    let both = "lib/a.zip samples/a.zip";
    assert_eq!(run(&["scan", "."]), (2, both.into()));
    assert_eq!(run(&["history"]), (2, both.into()));
    assert_eq!(
        run(&["history", "--range", "HEAD~1..HEAD"]),
        (2, "lib/a.zip".into())
    );
    // It is gone at HEAD.
    repo.git(&["rm", "-q", "lib/a.zip"]);
    repo.commit("more.txt", "more\n");
    assert_eq!(run(&["scan", "."]), (0, "samples/a.zip".into()));
    assert_eq!(run(&["history"]), (2, both.into()));
}

/// A filter of a 7z that fails ends its folder, and not the file.
#[test]
fn damage_of_a_filter_is_told() {
    let text = text(1);
    let wrong = [b"more".to_vec(), vec![], vec![], vec![0x80; 5]];
    let plain = [text.clone()];
    let folders = [
        Folder {
            coders: &[(&[3, 3, 1, 0x1b], &[])],
            packed: &wrong,
            file: ("bcj2", b"more"),
        },
        Folder {
            coders: &[(&[0], &[])],
            packed: &plain,
            file: ("in.env", &text),
        },
    ];
    let dir = Dir::new();
    dir.write("a.7z", seven(&folders, false));
    let ran = dir.run(&["scan", "a.7z", "--format", "json"]);
    let right = Right::new(Some("!in.env"), Some(("!bcj2", "damaged")));
    assert_eq!((ran.code, said(&ran).remove("a.7z")), (2, Some(right)));
}

/// The table of the documentation: its rows, and the reasons below it.
fn table(rows: &[Row]) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    let mut note = |why: &'static str| {
        let at = reasons.iter().position(|known| *known == why);
        let at = at.unwrap_or_else(|| {
            reasons.push(why);
            reasons.len() - 1
        });
        at + 1
    };
    let mut text = String::from(
        "| format | found | nested | holds others | cut off | bomb | encrypted |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let place = format!("`FILE{}`", row.place);
        let holds = if row.holds { "yes" } else { "-" };
        let cut = match row.cut {
            Cut::Found => "found, exit 2".to_owned(),
            Cut::Named(place, why) => format!("found as `{place}`, exit 2 ({})", note(why)),
            Cut::Raw(why) => format!("as bytes, exit 2 ({})", note(why)),
            Cut::Told(why) => format!("exit 2 ({})", note(why)),
            Cut::Whole(why) => format!("found ({})", note(why)),
        };
        let bomb = match row.bomb {
            Bomb::Limit(_) => "exit 2".to_owned(),
            Bomb::None(why) => format!("- ({})", note(why)),
        };
        let locked = match &row.locked {
            Locked::Told(..) => "told".to_owned(),
            Locked::None(why) => format!("- ({})", note(why)),
        };
        text += &format!(
            "| {} | {place} | yes | {holds} | {cut} | {bomb} | {locked} |\n",
            row.name
        );
    }
    text.push('\n');
    for (number, why) in (1..).zip(&reasons) {
        text += &format!("{number}. {why}\n");
    }
    text
}

/// docs/containers.md has the table of what is tested here.
#[test]
fn the_documentation_has_what_is_tested() {
    let page = include_str!("../docs/containers.md");
    let table = table(&rows());
    assert!(
        page.contains(&table),
        "docs/containers.md lacks this table:\n\n{table}"
    );
}
