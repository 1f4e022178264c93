//! What stands inside containers is found, in every source; what cannot be read is told.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::support::dir::{Dir, stopleak};
use crate::support::packed::{gzip, tar, zip};
use crate::support::ran::Ran;
use crate::support::repo::Repo;

/// A line with a password. Each number makes another one.
fn secret(number: u32) -> Vec<u8> {
    let tail = ["Lq27", "xZ!w", "Rt90", "Bv6?"];
    let value = format!("Xk9m{}{}{number}", tail[number as usize % 4], "Pf3");
    format!("# settings\n{}={value}\n", "db_password").into_bytes()
}

/// Containers, and where their password is.
fn samples() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let one = secret(1);
    let nested = zip(&[("lib/b.tar.gz", &gzip(&tar(&[("conf/in.env", &one)])))]);
    let script = [b"#!/bin/sh\nexit 0\n".to_vec(), zip(&[("in.env", &one)])].concat();
    vec![
        (
            "a.zip",
            zip(&[("x.txt", b"x"), ("in.env", &one)]),
            "a.zip!in.env",
        ),
        ("noname", zip(&[("in.env", &one)]), "noname!in.env"),
        ("setup.sh", script, "setup.sh!in.env"),
        ("a.tar", tar(&[("d/in.env", &one)]), "a.tar!d/in.env"),
        ("a.tgz", gzip(&tar(&[("d/in.env", &one)])), "a.tgz!d/in.env"),
        ("in.env.gz", gzip(&one), "in.env.gz"),
        ("a.war", nested, "a.war!lib/b.tar.gz!conf/in.env"),
    ]
}

/// The paths of the findings of a JSON report, in their order.
fn paths(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap();
    let path = |finding: &serde_json::Value| finding["path"].as_str().unwrap().to_owned();
    findings.iter().map(path).collect()
}

/// The opaque content of a JSON report: path and class.
fn opaque(ran: &Ran) -> Vec<(String, String)> {
    let report = ran.json();
    let opaque = report["coverage"]["opaque"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let entry = |entry: &serde_json::Value| (text(&entry["path"]), text(&entry["class"]));
    opaque.iter().map(entry).collect()
}

#[test]
fn every_source_finds_what_is_inside() {
    let repo = Repo::init(&[]);
    repo.commit("first.txt", "nothing\n");
    let mut expected = Vec::new();
    for (name, content, place) in samples() {
        repo.write(name, content);
        expected.push(place.to_owned());
    }
    expected.sort();
    repo.git(&["add", "-A"]);
    let run = |args: &[&str]| {
        let args = [args, &["--format", "json"]].concat();
        let ran = Ran::of(stopleak(repo.path(), &args, b""));
        assert_eq!(ran.code, 1, "{args:?}: {ran:?}");
        assert_eq!(opaque(&ran), [], "{args:?}");
        let mut paths = paths(&ran);
        paths.sort();
        assert_eq!(paths, expected, "{args:?}");
        ran.json()
    };
    let report = run(&["scan", "."]);
    assert_eq!(report["summary"]["files"], 8);
    assert_eq!(
        report["findings"][0]["line"]
            .as_u64()
            .or(report["findings"][0]["start"]["line"].as_u64()),
        Some(2),
        "{report}"
    );
    run(&["scan", "--changed"]);
    run(&["staged"]);
    repo.git(&["commit", "-qm", "second"]);
    run(&["history", "--range", "HEAD~1..HEAD"]);
    run(&["history"]);
    repo.git(&["gc", "--quiet", "--aggressive"]);
    for jobs in ["1", "3"] {
        run(&["history", "--jobs", jobs]);
        run(&["history", "--no-delta", "--jobs", jobs]);
        run(&["scan", ".", "--jobs", jobs]);
    }
    // Removed at HEAD, they are still in the history.
    repo.git(&["rm", "-q", "-r", "--cached", "."]);
    repo.git(&["commit", "-qm", "third"]);
    run(&["history"]);
}

#[test]
fn standard_input_is_opened() {
    for (_, content, place) in samples() {
        let args = ["scan", "-", "--stdin-path", "x.bin", "--format", "json"];
        let ran = Dir::new().run_with(&args, &content);
        let member = place
            .split_once('!')
            .map_or(String::new(), |(_, m)| format!("!{m}"));
        assert_eq!(paths(&ran), [format!("x.bin{member}")]);
    }
}

#[test]
fn what_is_cut_off_is_read_as_far_as_it_goes_and_told() {
    let dir = Dir::new();
    let noise: Vec<u8> = (0..60_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let both = tar(&[("in.env", &secret(2)), ("noise", &noise)]);
    for (name, content) in [
        ("a.tgz", gzip(&both)),
        ("a.tar", both.clone()),
        ("a.zip", zip(&[("in.env", &secret(2)), ("noise", &noise)])),
    ] {
        dir.write(name, &content[..content.len() / 2]);
        let ran = dir.run(&["scan", name, "--format", "json"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(paths(&ran), [format!("{name}!in.env")]);
        let told = opaque(&ran);
        assert!(
            !told.is_empty() && told.iter().all(|(_, class)| class == "damaged"),
            "{told:?}"
        );
        let text = dir.run(&["scan", name]);
        assert!(
            text.stderr.contains(name) || text.stdout.contains(name),
            "{text:?}"
        );
    }
    // So little is left of it that it is all read at once.
    let small = gzip(&tar(&[("in.env", &secret(2)), ("noise", &noise[..20_000])]));
    for len in [small.len() / 2, small.len() - 1] {
        dir.write("small.tgz", &small[..len]);
        let ran = dir.run(&["scan", "small.tgz", "--format", "json"]);
        assert_eq!(
            (ran.code, paths(&ran)),
            (2, vec!["small.tgz!in.env".to_owned()]),
            "{len}: {ran:?}"
        );
    }
    // Somebody may accept that.
    dir.write("stopleak.toml", "[coverage]\ndamaged = \"warn\"\n");
    assert_eq!(dir.run(&["scan", "a.tgz"]).code, 1);
    assert_eq!(dir.run(&["scan", "a.tgz", "--no-suppressions"]).code, 2);
    dir.write("stopleak.toml", "[coverage]\naccept = [\"*.tgz\"]\n");
    let ran = dir.run(&["scan", ".", "--format", "json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("\"containers\""), "{ran:?}");
    assert_eq!(dir.run(&["scan", "a.tgz", "--strict"]).code, 1);
}

/// Bytes behind a document do not make its text binary, in which fewer rules look.
#[test]
fn text_stays_text_whatever_stands_behind_it() {
    let dir = Dir::new();
    let line = String::from_utf8(secret(3)).unwrap();
    let text = line.trim().replace('\n', "\\par ");
    for behind in [&b""[..], &[0; 20_000], b"\0\x01\x02\xff", b"more"] {
        let document = [format!("{{\\rtf1\\ansi {text}}}").as_bytes(), behind].concat();
        dir.write("a.rtf", document);
        let ran = dir.run(&["scan", "a.rtf", "--format", "json"]);
        assert_eq!(
            (ran.code, paths(&ran)),
            (1, vec!["a.rtf".to_owned()]),
            "{behind:?}"
        );
    }
}

#[test]
fn limits_are_told() {
    let dir = Dir::new();
    let deep = (0..5).fold(secret(3), |inner, _| zip(&[("in.zip", &inner)]));
    dir.write("deep.zip", &deep);
    let report = |args: &[&str]| dir.run(&[args, &["--format", "json"]].concat());
    assert_eq!(report(&["scan", "deep.zip"]).code, 1);
    let cut = report(&["scan", "deep.zip", "--max-archive-depth", "3"]);
    assert_eq!(cut.code, 2, "{cut:?}");
    assert_eq!(
        opaque(&cut),
        [("deep.zip!in.zip!in.zip!in.zip".into(), "limit".into())]
    );
    let shut = report(&["scan", "deep.zip", "--no-archives"]);
    assert_eq!(
        (shut.code, opaque(&shut)),
        (0, vec![("deep.zip".into(), "compressed".into())])
    );
    assert_eq!(
        dir.run(&["scan", "deep.zip", "--no-archives", "--strict"])
            .code,
        2
    );
    assert_eq!(
        dir.run(&["scan", "deep.zip", "--no-archives", "--opaque", "error"])
            .code,
        2
    );
    assert_eq!(
        dir.run(&[
            "scan",
            "deep.zip",
            "--no-archives",
            "--opaque",
            "ignore",
            "--strict"
        ])
        .code,
        0
    );

    // A compressed stream counts with what it holds, but not without end.
    let eight = (0..8).fold(secret(3), |inner, n| match n % 2 {
        0 => zip(&[("x", &inner)]),
        _ => gzip(&tar(&[("x", &inner)])),
    });
    dir.write("eight.tgz", &eight);
    assert_eq!(report(&["scan", "eight.tgz"]).code, 1);
    dir.write("nine.zip", zip(&[("x", &eight)]));
    assert_eq!(report(&["scan", "nine.zip"]).code, 2);
    let streams = (0..40).fold(secret(3), |inner, _| gzip(&inner));
    dir.write("streams.gz", streams);
    let cut = report(&["scan", "streams.gz"]);
    assert_eq!(cut.code, 2, "{cut:?}");
    assert_eq!(opaque(&cut), [("streams.gz".into(), "limit".into())]);

    let zeros = vec![b' '; 1 << 20];
    dir.write(
        "bomb.zip",
        zip(&[("zeros", &zeros), ("in.env", &secret(4))]),
    );
    assert_eq!(report(&["scan", "bomb.zip"]).code, 1);
    let cut = report(&["scan", "bomb.zip", "--max-archive-size", "100K"]);
    assert_eq!(cut.code, 2, "{cut:?}");
    assert!(
        opaque(&cut).contains(&("bomb.zip!zeros".into(), "limit".into())),
        "{cut:?}"
    );
    // A container in the tree cannot switch it off.
    dir.write("stopleak.toml", "[scan]\nmax-archive-depth = 0\n");
    let narrowed = dir.run(&["scan", "bomb.zip"]);
    assert!(
        narrowed.stderr.contains("less looked into")
            || narrowed.stdout.contains("less looked into"),
        "{narrowed:?}"
    );
    assert_eq!(dir.run(&["scan", "bomb.zip", "--no-suppressions"]).code, 1);
}

#[test]
fn names_of_members_are_only_text() {
    let dir = Dir::new();
    let names = [
        "../../etc/a.env",
        "/root/b.env",
        "..\\c.env",
        "./d//e.env",
        "x/../../f.env",
    ];
    let files: Vec<(&str, Vec<u8>)> = names
        .iter()
        .zip(10..)
        .map(|(n, s)| (*n, secret(s)))
        .collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, c)| (*n, c.as_slice())).collect();
    dir.write("lib/a.zip", zip(&files));
    let ran = dir.run(&["scan", ".", "--format", "json"]);
    let mut found = paths(&ran);
    found.sort();
    assert_eq!(
        found,
        [
            "lib/a.zip!c.env",
            "lib/a.zip!d/e.env",
            "lib/a.zip!etc/a.env",
            "lib/a.zip!root/b.env",
            "lib/a.zip!x/f.env"
        ]
    );
    // Members of one name are places of their own.
    dir.write(
        "b.tar",
        tar(&[
            ("in.env", &secret(5)),
            ("in.env", &secret(6)),
            ("in.env", &secret(7)),
        ]),
    );
    assert_eq!(
        paths(&dir.run(&["scan", "b.tar", "--format", "json"])),
        ["b.tar!in.env", "b.tar!in.env (2)", "b.tar!in.env (3)"]
    );
}

#[test]
fn both_parts_of_a_path_can_be_named() {
    let dir = Dir::new();
    dir.write(
        "lib/a.zip",
        zip(&[("conf/in.env", &secret(7)), ("doc/x.env", &secret(8))]),
    );
    let with = |config: &str| {
        dir.write("stopleak.toml", config);
        paths(&dir.run(&["scan", ".", "--format", "json"]))
    };
    assert_eq!(with("").len(), 2);
    assert_eq!(
        with("[scan]\nexclude = [\"doc/\"]\n"),
        ["lib/a.zip!conf/in.env"]
    );
    assert_eq!(with("[scan]\nexclude = [\"lib/\"]\n").len(), 0);
    assert_eq!(
        with("[scan]\nexclude = [\"lib/a.zip!conf/in.env\"]\n"),
        ["lib/a.zip!doc/x.env"]
    );
    let inner = zip(&[("in.env", &secret(7))]);
    dir.write("b.tar", tar(&[("b.zip", &inner)]));
    assert_eq!(with("").len(), 3);
    assert_eq!(with("[scan]\nexclude = [\"b.zip\"]\n").len(), 2);
    std::fs::remove_file(dir.path().join("b.tar")).unwrap();
    for glob in ["conf/**", "lib/a.zip", "lib/a.zip!conf/in.env", "in.env"] {
        let config = format!("[[allow]]\nreason = \"a sample\"\npaths = [\"{glob}\"]\n");
        let left = with(&config);
        assert!(
            !left.contains(&"lib/a.zip!conf/in.env".to_owned()),
            "{glob}: {left:?}"
        );
    }
    // Baselines and accepted findings know members.
    dir.write("stopleak.toml", "");
    assert_eq!(dir.run(&["baseline", "create"]).code, 0);
    assert_eq!(dir.run(&["scan", "."]).code, 0);
    dir.write(
        "lib/a.zip",
        zip(&[("conf/in.env", &secret(9)), ("doc/x.env", &secret(8))]),
    );
    assert_eq!(
        paths(&dir.run(&["scan", ".", "--format", "json"])),
        ["lib/a.zip!conf/in.env"]
    );
}

/// A new version of a container brings what its earlier version does not report.
#[test]
fn what_is_new_is_a_secret_of_a_member() {
    let repo = Repo::init(&[]);
    let pack = |files: &[(&str, &[u8])]| gzip(&tar(files));
    repo.commit("a.tgz", pack(&[("v1/in.env", &secret(1)), ("note", b"1")]));
    let staged = |content: Vec<u8>| {
        repo.write("a.tgz", content);
        repo.git(&["add", "-A"]);
        paths(&Ran::of(stopleak(
            repo.path(),
            &["staged", "--format", "json"],
            b"",
        )))
    };
    assert_eq!(
        staged(pack(&[("v1/in.env", &secret(1)), ("note", b"2")])),
        [""; 0]
    );
    // Lines may move, and so may the member, under the same name.
    let moved = [b"# more\n".to_vec(), secret(1)].concat();
    assert_eq!(staged(pack(&[("v1/in.env", &moved)])), [""; 0]);
    assert_eq!(staged(pack(&[("v2/in.env", &secret(1))])), [""; 0]);
    assert_eq!(
        staged(pack(&[("v1/in.env", &secret(2))])),
        ["a.tgz!v1/in.env"]
    );
    let more = [secret(1), secret(3)].concat();
    assert_eq!(staged(pack(&[("v1/in.env", &more)])), ["a.tgz!v1/in.env"]);
    assert_eq!(
        staged(pack(&[("v1/in.env", &secret(1)), ("b.env", &secret(4))])),
        ["a.tgz!b.env"]
    );
    // The same in a range, and once in the history.
    repo.git(&["commit", "-qm", "more"]);
    let run = |args: &[&str]| paths(&Ran::of(stopleak(repo.path(), args, b"")));
    assert_eq!(
        run(&["history", "--range", "HEAD~1..HEAD", "--format", "json"]),
        ["a.tgz!b.env"]
    );
    assert_eq!(
        run(&["history", "--format", "json"]),
        ["a.tgz!b.env", "a.tgz!v1/in.env"]
    );
}

/// An object of Git LFS is scanned in place of its pointer, where it is here.
#[test]
fn objects_of_lfs_are_scanned() {
    let repo = Repo::init(&[]);
    let content = zip(&[("in.env", &secret(1))]);
    let oid = "ab".repeat(32);
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n",
        content.len()
    );
    repo.write("data.bin", &pointer);
    repo.git(&["add", "-A"]);
    let run = |args: &[&str]| {
        Ran::of(stopleak(
            repo.path(),
            &[args, &["--format", "json"]].concat(),
            b"",
        ))
    };
    let absent = run(&["scan", "."]);
    assert_eq!(
        (absent.code, opaque(&absent)),
        (0, vec![("data.bin".into(), "lfs-content-elsewhere".into())])
    );
    let dir = repo.path().join(".git/lfs/objects/ab/ab");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(&oid), &content).unwrap();
    assert_eq!(paths(&run(&["scan", "."])), ["data.bin!in.env"]);
    assert_eq!(paths(&run(&["staged"])), ["data.bin!in.env"]);
    repo.git(&["commit", "-qm", "first"]);
    for args in [&["history"][..], &["history", "--range", "HEAD"]] {
        let ran = run(args);
        assert_eq!(
            (paths(&ran), opaque(&ran)),
            (vec!["data.bin!in.env".into()], vec![])
        );
    }
    // One of another size is not the object.
    std::fs::write(dir.join(&oid), b"short").unwrap();
    assert_eq!(opaque(&run(&["scan", "."])).len(), 1);
}

#[test]
fn a_small_container_in_one_that_is_cut_off_is_opened() {
    let dir = Dir::new();
    let noise: Vec<u8> = (0..9_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let inner = tar(&[("in.env", &secret(2)), ("noise", &noise)]);
    for (inner, name) in [(inner.clone(), "b.tar"), (gzip(&inner), "b.tgz")] {
        let outer = tar(&[("first", b"first"), (name, &inner)]);
        for outer in [outer.clone(), gzip(&outer)] {
            dir.write("a.bin", &outer[..outer.len() - 9_000]);
            let ran = dir.run(&["scan", "a.bin", "--format", "json"]);
            assert_eq!(ran.code, 2, "{ran:?}");
            assert_eq!(paths(&ran), [format!("a.bin!{name}!in.env")]);
            assert!(opaque(&ran).iter().all(|(_, class)| class == "damaged"));
            assert!(!opaque(&ran).is_empty(), "{ran:?}");
        }
    }
}

#[test]
fn globs_match_members_of_a_file_that_is_named() {
    let dir = Dir::new();
    let files = [("d/in.env", &secret(2)[..]), ("d/out.env", &secret(3))];
    dir.write("a.tgz", gzip(&tar(&files)));
    let allow = "[[allow]]\npaths = [\"a.tgz!d/in.env\"]\nreason = \"made up\"\n";
    dir.write("stopleak.toml", allow);
    for path in [".", "a.tgz"] {
        let ran = dir.run(&["scan", path, "--format", "json"]);
        assert_eq!(paths(&ran), ["a.tgz!d/out.env"], "{path}");
    }
}

/// The sheets of a workbook hold numbers of texts that stand behind them.
#[test]
fn rows_of_a_workbook_have_their_texts() {
    let dir = Dir::new();
    let space = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let line = String::from_utf8(secret(1)).unwrap();
    let value = line.trim().rsplit('=').next().unwrap();
    let cell = |index: u32| format!("<c t=\"s\"><v>{index}</v></c>");
    // Other texts stand between the name and the value.
    let (name, host) = (cell(0) + &cell(3), cell(1) + &cell(2));
    let sheet = format!(
        "<worksheet {space}><sheetData><row>{host}</row><row>{name}</row></sheetData></worksheet>"
    );
    let texts = ["db_password", "host", "localhost", value]
        .map(|text| format!("<si><t>{text}</t></si>"))
        .concat();
    let strings = format!("<sst {space}>{texts}</sst>");
    let book = [
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
    ];
    dir.write("a.xlsx", zip(&book));
    let ran = dir.run(&["scan", "a.xlsx", "--format", "json"]);
    assert_eq!(paths(&ran), ["a.xlsx!xl/worksheets/sheet1.xml"]);
    assert_eq!(ran.json()["findings"][0]["start"]["line"], 2, "{ran:?}");
}

/// Text of a container is read stretch by stretch, if there is much of it.
#[test]
fn lines_of_a_long_text_are_counted_from_its_start() {
    let dir = Dir::new();
    let mut mail = b"From: a@b.example\nTo: c@d.example\nSubject: a long one\n\n".to_vec();
    let line = [&[b'.'; 1023][..], b"\n"].concat();
    mail.extend(line.repeat(9 << 10));
    mail.extend(b"the last line: ");
    mail.extend(&secret(1)["# settings\n".len()..]);
    dir.write("a.eml", mail);
    let ran = dir.run(&["scan", "a.eml", "--format", "json"]);
    let place = &ran.json()["findings"][0]["start"];
    let (line, column) = (&place["line"], &place["column"]);
    assert_eq!(
        (line, column),
        (&(5 + (9 << 10)).into(), &28.into()),
        "{ran:?}"
    );
}

#[test]
fn the_command_line_leaves_members_out() {
    let repo = Repo::init(&[]);
    repo.commit("first.txt", "nothing\n");
    let inner = zip(&[("deep.env", &secret(3))]);
    let files = [
        ("conf/in.env", &secret(1)[..]),
        ("doc/x.env", &secret(2)),
        ("lib/b.zip", &inner),
        // A name is no more than a name.
        ("!/odd.env", &secret(4)),
    ];
    let tar = tar(&files);
    repo.write("lib/a.tar", &tar);
    let all = [
        "conf/in.env",
        "doc/x.env",
        "lib/b.zip!deep.env",
        "!/odd.env",
    ];
    for (glob, left_out) in [
        ("nothing", &[][..]),
        ("*.env", &all),
        ("in.env", &all[..1]),
        ("conf/", &all[..1]),
        ("/doc/*.env", &all[1..2]),
        ("b.zip", &all[2..3]),
        ("deep.env", &all[2..3]),
        ("**/a.tar!conf/in.env", &all[..1]),
    ] {
        let mut expected: Vec<_> = all.iter().filter(|name| !left_out.contains(name)).collect();
        expected.sort();
        let stdin = ["scan", "-", "--stdin-path", "a.tar"];
        for args in [&["scan", "lib"][..], &["scan", "--changed"], &stdin] {
            let args = [args, &["--exclude", glob, "--format", "json"]].concat();
            let ran = Ran::of(stopleak(repo.path(), &args, &tar));
            let mut found = paths(&ran);
            found.sort();
            let names = found.iter().filter_map(|path| path.split_once('!'));
            let names: Vec<_> = names.map(|(_, name)| name).collect();
            assert!(
                names.iter().eq(expected.iter().copied()),
                "{args:?}: {ran:?}"
            );
            let skipped = ran.stdout.matches("\"excluded\"").count();
            assert!(skipped >= left_out.len(), "{args:?}: {ran:?}");
        }
    }
    // What is left out need not be readable, and what somebody negates is not left out.
    repo.write("lib/a.tar", tar_of_damaged());
    let run = |args: &[&str]| Ran::of(stopleak(repo.path(), args, b""));
    assert_eq!(run(&["scan", "lib"]).code, 2);
    assert_eq!(run(&["scan", "lib", "--exclude", "b.zip"]).code, 0);
    repo.write("lib/a.tar", &tar);
    let args = [
        "scan",
        "lib",
        "--exclude",
        "*.env",
        "--exclude",
        "!in.env",
        "--format",
        "json",
    ];
    assert_eq!(paths(&run(&args)), ["lib/a.tar!conf/in.env"]);
}

fn tar_of_damaged() -> Vec<u8> {
    let inner = zip(&[("deep.txt", &[b'x'; 500])]);
    tar(&[("b.zip", &inner[..inner.len() - 30])])
}

fn base64(content: &[u8]) -> String {
    let digit = |bits: u32| match bits as u8 & 63 {
        digit @ 0..26 => b'A' + digit,
        digit @ 26..52 => b'a' + digit - 26,
        digit @ 52..62 => b'0' + digit - 52,
        62 => b'+',
        _ => b'/',
    };
    let chunks = content.chunks(3).map(|chunk| {
        let three = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or(0)));
        let bits = three[0] << 16 | three[1] << 8 | three[2];
        let digits = [18, 12, 6, 0].map(|shift| char::from(digit(bits >> shift)));
        digits[..=chunk.len()].iter().collect::<String>()
    });
    chunks.collect()
}

/// Bodies of an HTTP archive are decoded, if they are encoded; all else has the lines of the file.
#[test]
fn what_json_encodes_is_found_and_its_text_keeps_its_lines() {
    let dir = Dir::new();
    let body = |number| base64(&zip(&[("in.env", &secret(number)[..])]));
    let line = String::from_utf8(secret(3)).unwrap();
    let line = line.trim().replace('\n', "\\n");
    let archive = format!(
        "{{\"log\": {{\n\"creator\": {{}}, \"entries\": [\n\
        {{\"request\": {{\"url\": \"https://a.example/x?y\", \"postData\": {{\"text\": \"{line}\"}}}},\n\
        \"response\": {{\"content\": {{\"text\": \"{}\", \"encoding\": \"base64\"}}}}}}]}}}}\n",
        body(1)
    );
    dir.write("a.har", archive);
    // An image with what would be a token, if it were text.
    let mut image = base64(&[0xa7; 600]);
    image.push_str(&format!("+{}{}/", "AKIA", "QWERTYUIOPASDFGH")); // stopleak:allow made up
    image.push_str(&base64(&[0xa7; 600]));
    let notebook = format!(
        "{{\"cells\": [\n{{\"cell_type\": \"code\", \"outputs\": [{{\"data\":\n\
        {{\"image/png\": \"{image}\"}}}}],\n\"source\": [\n\"{line}\\n\"]}}], \"nbformat\": 4}}\n"
    );
    dir.write("b.ipynb", notebook);
    let ran = dir.run(&["scan", ".", "--confidence", "low", "--format", "json"]);
    assert_eq!(
        paths(&ran),
        ["a.har!a.example/x!in.env", "a.har", "b.ipynb"],
        "{ran:?}"
    );
    let report = ran.json();
    let lines: Vec<_> = [1, 2]
        .map(|at| report["findings"][at]["start"]["line"].clone())
        .to_vec();
    assert_eq!(lines, [3, 5], "{ran:?}");
    assert_eq!(opaque(&ran), []);
}
