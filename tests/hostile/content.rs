//! Content at the highest possible cost: made of literals that rules search for, of nested
//! assignments, of lines of unlimited or zero length. Time must grow with the bytes.

use std::fmt::Write as _;

use stopleak::detect::{Content, Detector, Scratch};
use stopleak::finding::Event;
use stopleak::rules::Confidence;
use stopleak::scan::{Engine, RunOptions};

use crate::support::classes::{self, Class};
use crate::support::engine::{One, engine};

use super::support::{Dir, Ran, full, line, on_cpu, size, skipped, tell, token};

fn repeated(part: &str, len: usize) -> Vec<u8> {
    part.bytes().cycle().take(len).collect()
}

type Make = Box<dyn Fn(usize) -> Vec<u8>>;

/// Returns the classes, each with its bytes of a given size.
fn classes() -> Vec<(String, Make)> {
    let mut all: Vec<(String, Make)> = Vec::new();
    let detector = Detector::builtin();
    // The benchmark measures all of them.
    let others = classes::others().into_iter();
    let mut texts: Vec<Class> = others.step_by(size(4, 1)).collect();
    let leads = classes::leads(&detector);
    texts.extend(classes::of_leads(&leads).into_iter().step_by(size(997, 1)));
    let shuffled = classes::shuffled(&leads);
    let wide: Vec<Class> = texts.iter().map(Class::wide).collect();
    texts.extend(wide.into_iter().step_by(size(29, 1)));
    texts.extend(shuffled);
    for class in texts {
        let name = class.name.clone();
        all.push((name, Box::new(move |len| class.content(len))));
    }
    all.push((
        "UTF-16, assignments".to_owned(),
        Box::new(|len| {
            let text = repeated("password = ", len / 2);
            [0xff, 0xfe]
                .into_iter()
                .chain(text.into_iter().flat_map(|b| [b, 0]))
                .collect()
        }),
    ));
    all
}

/// Returns CPU nanoseconds and events of one scan of `bytes`.
fn cost(engine: &Engine, bytes: Vec<u8>) -> Option<(u64, u64)> {
    let one = One(bytes, "a.yml".into());
    let options = RunOptions {
        jobs: 1,
        ..RunOptions::default()
    };
    let (before, mut events) = (on_cpu()?, 0);
    stopleak::scan::run(&&one, engine, &options, &mut |event: Event| {
        events += u64::from(matches!(event, Event::Finding(_)));
        true
    });
    Some((on_cpu()?.saturating_sub(before).max(1), events))
}

/// The factor by which the long content is longer.
const TIMES: usize = 8;
/// The factor by which it may take longer: 64 would be quadratic.
const BOUND: f64 = 24.0;

/// Eight times the bytes take about eight times as long. The test compares CPU time of this thread,
/// which other load hardly changes.
#[test]
fn time_grows_with_the_bytes() {
    let engine = engine(Confidence::Low);
    if cost(&engine, b"warm".to_vec()).is_none() {
        return skipped("processor time of a thread (/proc/thread-self/schedstat)");
    }
    // Long enough to exceed the least cost of a piece.
    let least = size(2_000_000, 60_000_000) as u64;
    let mut slow = Vec::new();
    for (name, make) in classes() {
        let mut len = 8 << 10;
        let mut small = cost(&engine, make(len)).unwrap().0;
        while small < least && len < 4 << 20 {
            len *= 2;
            small = cost(&engine, make(len)).unwrap().0;
        }
        let ratio = |_| {
            let small = cost(&engine, make(len)).unwrap().0;
            cost(&engine, make(TIMES * len)).unwrap().0 as f64 / small as f64
        };
        let ratio = (0..4).map(ratio).find(|ratio| *ratio < BOUND);
        let rate = len as f64 * 1e3 / small as f64;
        if full() {
            tell(&format!(
                "{name:36} {rate:8.1} MB/s, {ratio:.1?} of {TIMES}"
            ));
        }
        if ratio.is_none() {
            slow.push(format!("{name}: {rate:.1} MB/s at {len} bytes"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

/// The reach of one hit is bounded, and so is that of content made of hits: the verdicts are those
/// of each hit alone.
#[test]
fn content_made_of_kinds_is_judged_as_before() {
    let detector = Detector::builtin();
    let text = [
        "kind: Secret\ndata:\n  password: ",
        "UXg3MTIzNHZXMms=\nkind: Secret\nstringData:\n  token: ",
        "Qx79876vW2kZ\nkind: Secret\n",
    ]
    .concat();
    let path = "a.yml".into();
    let blob = stopleak::blob::Blob {
        path: &path,
        bytes: text.as_bytes(),
        fresh: stopleak::blob::Fresh::All,
    };
    let found = detector.detect(&blob, Content::Text, &mut Scratch::default());
    let rule = |c: &stopleak::finding::Candidate| detector.rules().get(c.rule).id.to_string();
    let kinds = found.iter().filter(|c| rule(c).contains("kubernetes"));
    assert_eq!(kinds.count(), 2, "{found:?}");
}

/// One line of any length, and any number of lines, in the same memory.
#[test]
fn lines_without_end_and_without_length() {
    let dir = Dir::new();
    let len = size(24 << 20, 1 << 30);
    for (name, part) in [
        ("long", "abc: 0x1234, "),
        ("short", "\n"),
        ("words", "password "),
    ] {
        let mut bytes = repeated(part, len);
        bytes.extend_from_slice(b"\n");
        bytes.extend_from_slice(line(1).as_bytes());
        dir.write(name, bytes);
        if name == "words" && !full() {
            // Slow without optimisation. The other lines check the memory.
            std::fs::write(dir.at(name), line(1)).unwrap();
        }
    }
    let script = "ulimit -v 300000; exec \"$@\"";
    let ran = dir.run_in(script, &["scan", "--format", "json", "-j", "2"]);
    assert_eq!(ran.ends(1).findings().len(), 3);
}

/// A file made of findings took memory many times its size.
#[test]
fn more_findings_than_anybody_reads() {
    let dir = Dir::new();
    dir.git("init -q .");
    let one = line(1);
    let count = size(120_000, 4_000_000);
    dir.write("many.txt", one.repeat(count))
        .write("a.txt", line(2));
    // In the long form, the blob alone is a hundred megabytes.
    let script = format!("ulimit -v {}; exec \"$@\"", size(400_000, 1_500_000));
    let whole = |args: &[&str]| {
        let ran = dir.run_in(&script, &[args, &["--format", "json", "-j", "2"]].concat());
        ran.ends(2).says("more than 20000 findings");
        let findings = ran.findings();
        assert!(findings.iter().any(|f| f.contains("a.txt")));
        assert!(findings.len() > 1, "{}", findings.len());
    };
    whole(&["scan"]);
    dir.shell("git add -A; git commit -qm m; git repack -qad", &[]);
    whole(&["history"]);
    // A message has as many, and the blobs are harmless.
    let dir = Dir::new();
    dir.git("init -q .");
    let tokens: String = (0..21_000).map(|n| token(n) + "\n").collect();
    dir.write(".git/message", tokens).write("a.txt", "a\n");
    dir.shell("git add -A; git commit -qF .git/message", &[]);
    let ran = dir.run(&["history", "--format", "json"]);
    ran.ends(2).says("more than 20000 findings");
}

/// A candidate in memory is larger than its line, also if it is dismissed.
#[test]
fn more_candidates_than_are_kept() {
    let dir = Dir::new();
    dir.git("init -q .");
    let many = size(20_000, 1_200_000);
    dir.write("many.txt", "db_password = \"changeme\"\n".repeat(many));
    dir.git("add -A");
    let ran = dir.run(&["staged"]);
    if full() {
        ran.ends(2)
            .says("many.txt: not scanned: more than a million candidates in it")
            .says("incomplete: 1 of 1 file could not be scanned");
    } else {
        ran.ends(0).says("clean: no findings in 1 file");
    }
}

/// A run reports up to a limit of findings, because some reports keep all of them in memory.
#[test]
fn more_findings_than_a_report_holds() {
    let dir = Dir::new();
    for file in 0..12u64 {
        let lines = (0..9_000)
            .map(|n| line(file * 9_000 + n))
            .collect::<String>();
        dir.write(format!("f{file}.txt"), lines);
    }
    let script = "ulimit -v 500000; exec \"$@\"";
    for format in ["sarif", "json"] {
        let ran = dir.run_in(script, &["scan", "--format", format, "-j", "2"]);
        ran.ends(2)
            .says("more than 100000 findings; 8000 are not told");
        let report = ran.json();
        // GitHub takes no more than 25,000 results of a run.
        let (told, most) = match format {
            "json" => (&report["findings"], 100_000),
            _ => (&report["runs"][0]["results"], 25_000),
        };
        assert_eq!(told.as_array().unwrap().len(), most, "{format}");
    }
}

/// Settings that go on in the next line, so that each value holds kilobytes of those behind it.
/// All of them together took a hundred times the memory of their file.
#[test]
fn settings_that_all_go_on() {
    let dir = Dir::new();
    let count = size(6_000, 70_000);
    let lines = (0..count).map(|n| format!("db_password=x{n}\\\n"));
    dir.write(".env", lines.collect::<String>());
    let args = ["scan", "--format", "sarif", "-j", "2"];
    let ran = dir.run_in("ulimit -v 400000; exec \"$@\"", &args);
    ran.ends(if full() { 2 } else { 1 });
    let report = ran.json();
    let told = report["runs"][0]["results"].as_array().unwrap();
    assert!(told.len() > 5_000, "{}", told.len());
    assert!(!report.to_string().contains("word=x5"));
}

/// A blob made of hits left one note per hit for the blobs made from it.
#[test]
fn blobs_made_of_hits() {
    let dir = Dir::new();
    dir.git("init -q .");
    // More than a million.
    let count = size(1_400_000, 60_000_000);
    dir.write("a", "pwd".repeat(count));
    dir.shell("git add -A; git commit -qm m", &[]);
    dir.write("a", "pwd".repeat(count) + "\n" + &line(1));
    dir.shell(
        "git add -A; git commit -qm n; git -c core.bigFileThreshold=1g repack -qadf",
        &[],
    );
    let script = format!("ulimit -v {}; exec \"$@\"", size(400_000, 2_000_000));
    let ran = dir.run_in(&script, &["history", "--format", "json", "-j", "2"]);
    assert_eq!(ran.ends(1).findings().len(), 1);
}

/// Rules from a repository, each within its limit, together beyond all memory: rejected before they
/// are compiled.
#[test]
fn rules_that_take_all_memory() {
    let dir = Dir::new();
    dir.git("init -q .");
    let mut own = "[provider]\nname = \"A\"\n".to_owned();
    let mut gitleaks = String::new();
    for n in 0..size(500, 4_000) {
        let _ = write!(
            own,
            "[[rule]]\nid = \"r{n}\"\ntitle = \"t\"\nsecret_type = \"api-key\"\nseverity = \"low\"\n\
             pattern = 'acme{n}[a-z]{{1,900}}(x[0-9]{{1,900}}|y){{1,40}}'\nanchors = [\"acme{n}\"]\n\
             after = 4000\n"
        );
        let _ = write!(
            gitleaks,
            "[[rules]]\nid = \"r{n}\"\nregex = '''[a-z]{{1,900}}{n}[0-9]{{1,900}}(x|y){{1,500}}'''\n"
        );
    }
    dir.write("r.toml", own).write("a.txt", line(1));
    dir.write("stopleak.toml", "[rules]\nfiles = [\"r.toml\"]\n");
    dir.run(&["scan", "-q"])
        .ends(2)
        .says("take too much memory together");
    std::fs::remove_file(dir.at("stopleak.toml")).unwrap();
    dir.write(".gitleaks.toml", gitleaks);
    dir.run(&["scan", "-q"])
        .ends(2)
        .says("take too much memory together");
}

/// Returns the CPU seconds of a run's children, from the output of the shell's `times`.
fn children(ran: &Ran) -> f64 {
    let last = ran.stdout.lines().last().unwrap_or_default();
    let seconds = |time: &str| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    last.split(' ').map(seconds).sum()
}

/// If all findings of a file are new, it is compared with its old version once, not once per
/// finding.
#[test]
fn changes_made_of_findings() {
    let measured = |lines: u64| {
        let dir = Dir::new();
        dir.git("init -q .");
        let padded = |n| format!("# {}\n{}", "- ".repeat(100), line(n));
        dir.write("f.txt", (0..lines).map(padded).collect::<String>());
        dir.shell("git add -A; git commit -qm m", &[]);
        dir.write("f.txt", (lines..2 * lines).map(padded).collect::<String>());
        dir.shell("git add -A", &[]);
        let ran = dir.run_in("\"$@\" > code 2>&1; times", &["staged", "-q", "-j", "1"]);
        children(&ran)
    };
    let lines = size(2_500, 20_000) as u64;
    let ratio = measured(8 * lines) / measured(lines).max(0.02);
    assert!(ratio < 24.0, "{ratio}");
}
