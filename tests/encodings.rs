//! Content of several encodings, through the program: each stretch is judged for itself and has its
//! places, wherever the content comes from.

use stopleak::text::{Decoder, LineIndex};

use crate::properties::{Noise, Written};
use crate::support::dir::Dir;
use crate::support::ran::Ran;
use crate::support::repo::Repo;
use crate::support::token;

const UTF16: Written = Written::Two { big: false };
const HEAD: &str = "NAME=app\nPORT=8080\nHOST=localhost\nDEBUG=false\n";

/// Returns line and column of each finding.
fn places(ran: &Ran) -> Vec<(u64, u64)> {
    let json = ran.json();
    let place = |f: &serde_json::Value| {
        let start = &f["start"];
        (
            start["line"].as_u64().unwrap_or(0),
            start["column"].as_u64().unwrap_or(0),
        )
    };
    json["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(place)
        .collect()
}

fn scan(dir: &Dir) -> Ran {
    let ran = dir.run(&["scan", "--format", "json", "--confidence", "low"]);
    ran.is_civil();
    ran
}

#[test]
fn what_is_appended_in_another_encoding_is_read() {
    for (name, head, tail) in [
        ("UTF-16 behind ASCII", Written::Bytes, UTF16),
        ("ASCII behind UTF-16", UTF16, Written::Bytes),
        ("UTF-32 behind UTF-16", UTF16, Written::Four { big: true }),
        ("the other order", UTF16, Written::Two { big: true }),
    ] {
        for mark in ["", "\u{feff}"] {
            for long in [1, 400] {
                let content = [
                    head.bytes(&format!("{mark}{}", HEAD.repeat(long))),
                    tail.bytes(&format!("GITHUB_TOKEN={}\r\n", token(1))),
                    head.bytes("LEVEL=information\n"),
                    tail.bytes(&format!("  TOKEN_TWO={}\n", token(2))),
                ];
                let dir = Dir::new();
                dir.write(".env", content.concat());
                let ran = scan(&dir);
                let line = 4 * long as u64 + 1;
                assert_eq!(
                    places(&ran),
                    [(line, 14), (line + 2, 13)],
                    "{name}: {ran:?}"
                );
                assert_eq!(ran.code, 1);
                // The same from a stream.
                let args = ["scan", "-", "--format", "json", "--confidence", "low"];
                let streamed = dir.run_with(&args, &content.concat());
                assert_eq!(places(&streamed), places(&ran), "{name}: {streamed:?}");
            }
        }
    }
}

#[test]
fn source_lines_of_every_stretch_can_be_read() {
    let dir = Dir::new();
    let line = format!("größe = 1; token = \"{}\"; # 日本\n", token(3));
    let content = [
        Written::Bytes.bytes(HEAD),
        UTF16.bytes(&format!("# a comment in between\n{line}")),
        Written::Bytes.bytes(&line),
    ];
    dir.write("a.py", content.concat());
    let ran = dir.run(&["scan"]);
    let shown = ran.stdout.matches("größe = 1; token = ").count();
    assert!(
        shown == 2 && ran.stdout.matches("# 日本").count() == 2,
        "{ran:?}"
    );
    assert_eq!(places(&scan(&dir)), [(6, 21), (7, 21)]);
}

#[test]
fn a_mark_or_nuls_hide_nothing() {
    let secret = token(4);
    let line = format!("{HEAD}GITHUB_TOKEN={secret}\n");
    let spread: Vec<u8> = secret.bytes().flat_map(|b| [0, b]).skip(1).collect();
    let contents: [(&str, Vec<u8>); 9] = [
        ("mark of UTF-16", [b"\xff\xfe", line.as_bytes()].concat()),
        (
            "mark of UTF-16, big",
            [b"\xfe\xff", line.as_bytes()].concat(),
        ),
        (
            "mark of UTF-32",
            [b"\xff\xfe\0\0", line.as_bytes()].concat(),
        ),
        (
            "mark of UTF-32, big",
            [b"\0\0\xfe\xff", line.as_bytes()].concat(),
        ),
        ("mark alone", [b"\xff\xfe", secret.as_bytes()].concat()),
        ("NULs between", spread.clone()),
        (
            "NULs between, at an odd place",
            [b"abc\n", spread.as_slice()].concat(),
        ),
        ("behind UTF-32", {
            let long = Written::Four { big: false }.bytes(&"lorem ipsum dolor\n".repeat(120));
            [long, line.clone().into_bytes()].concat()
        }),
        ("in a program", {
            let code = b"\x7fELF\x02\x01\x01\0\0\xff\x15\x10\x02\0\0\x8b\x44\x24\x08\0".repeat(600);
            [&code, &UTF16.bytes(&secret), &b"\0\0"[..], &code].concat()
        }),
    ];
    for (name, content) in contents {
        let dir = Dir::new();
        dir.write("a.txt", content);
        let ran = scan(&dir);
        assert_eq!((ran.code, places(&ran).len()), (1, 1), "{name}: {ran:?}");
    }
}

#[test]
fn a_handful_of_control_characters_leaves_text_text() {
    let line = ["DB_PASSWORD=", "q8Zr7kQm2xWv"].concat();
    for odd in [
        "\0",
        "\x01",
        "\x0c",
        "\x1c\x1d\x1e\x1f",
        "\x1b[1m",
        "\x08",
        "\x01\x02\x03\0\x04\x05",
    ] {
        for content in [
            format!("#{odd}\n{HEAD}{line}\n"),
            format!("{HEAD}{line}\n#{odd}\n"),
            format!("{HEAD}{line}\n{odd}"),
            format!("{line}\n#{odd}"),
        ] {
            let dir = Dir::new();
            dir.write(".env", &content);
            let ran = scan(&dir);
            assert_eq!(
                (ran.code, places(&ran).len()),
                (1, 1),
                "{content:?}: {ran:?}"
            );
            assert_eq!(ran.json()["summary"]["binary"], 0, "{content:?}");
        }
    }
    // A line of junk in a long file.
    let junk = "\x01\0\x02\x03".repeat(200);
    let dir = Dir::new();
    dir.write(".env", format!("#{junk}\n{}{line}\n", HEAD.repeat(30)));
    assert_eq!(places(&scan(&dir)).len(), 1);
}

#[test]
fn histories_and_ranges_read_every_stretch() {
    let repo = Repo::init(&["-q"]);
    // Long enough that git stores later versions as deltas.
    let mut content = HEAD.repeat(300).into_bytes();
    repo.commit("app.env", &content);
    let mut expected = Vec::new();
    for (n, written) in [
        UTF16,
        Written::Bytes,
        Written::Two { big: true },
        Written::Bytes,
    ]
    .into_iter()
    .enumerate()
    {
        content.extend(written.bytes(&format!(
            "# part {n} of the file\nTOKEN_{n}={}\n",
            token(n as u64 + 9)
        )));
        repo.commit("app.env", &content);
        expected.push((1200 + 2 * n as u64 + 2, 9));
        let args = ["history", "--range", "HEAD~1..HEAD", "--format", "json"];
        let range = Ran::of(crate::support::dir::stopleak(repo.path(), &args, b""));
        assert_eq!(places(&range), expected[n..], "{n}: {range:?}");
    }
    repo.git(&["repack", "-adfq", "--depth=50"]);
    let args = ["history", "--format", "json"];
    let history = Ran::of(crate::support::dir::stopleak(repo.path(), &args, b""));
    assert_eq!(places(&history), expected, "{history:?}");
    // Staged, only the appended lines count.
    content.extend(UTF16.bytes(&format!("# one more line of it\nLAST={}\n", token(30))));
    repo.write("app.env", &content);
    repo.git(&["add", "-A"]);
    let args = ["staged", "--format", "json"];
    let staged = Ran::of(crate::support::dir::stopleak(repo.path(), &args, b""));
    assert_eq!(places(&staged), [(1210, 6)], "{staged:?}");
}

/// Writes a line in one of several scripts, many of whose characters hold the bytes of line ends.
fn foreign(noise: &mut Noise, out: &mut String) {
    const SCRIPTS: [&str; 12] = [
        "上海市今天的天气不错，下午三点在中山路上见面。一个人也没有来，上下左右都看不到。",
        "ગુજરાતી ભાષા એક સુંદર ભાષા છે અને ઊંઘ સારી છે",
        "ਪੰਜਾਬੀ ਦਾ ਇਹ ਇੱਕ ਵਾਕ ਹੈ ਅਤੇ ਊਠ ਰੇਤ ਵਿੱਚ ਹੈ",
        "മലയാളം ഒരു ഭാഷയാണ് ഊണ് കഴിച്ചു വന്നു",
        "සිංහල භාෂාව ශ්‍රී ලංකාවේ ඇත",
        "это русский текст, и это ещё одно предложение",
        "ひらがなのながいぶんしょうです、カタカナモアリマス。",
        "한국어 문장은 이렇게 씁니다, 그리고 더 있습니다",
        "a few words of = plain \"text\" x",
        "😀 一𐐊 x𠀊🈁 🈀 end 😀一",
        "la clé\u{2028}été\u{2029}naïve\rgröße \u{85} ÿ Ā Ċ 一 x",
        "上\u{a0d}下 ഊ\u{60a}上 ",
    ];
    let letters: Vec<char> = SCRIPTS[noise.below(SCRIPTS.len())].chars().collect();
    let from = noise.below(letters.len());
    out.extend(&letters[from..(from + noise.below(40)).min(letters.len())]);
    out.push_str(["\n", "\n", "\r\n", "\n\n", " = x\n", "。\n"][noise.below(6)]);
}

/// Returns line and column of `wanted` in what the decoder makes of `content`, cut into pieces.
fn place_of(wanted: &str, content: &[u8], step: usize) -> Option<(u64, u64)> {
    let mut decoder = Decoder::default();
    let mut out = Vec::new();
    for piece in content.chunks(step) {
        decoder.push(piece, &mut out);
    }
    decoder.finish(&mut out);
    let at = out
        .windows(wanted.len())
        .position(|w| w == wanted.as_bytes())?;
    let place = LineIndex::default().position(&out, at);
    Some((place.line, place.column))
}

#[test]
fn places_are_those_of_the_whole_text_in_every_script() {
    let mut noise = Noise(0x51f0_77aa_3c21_9d01);
    let wanted = "LABEL=Ab1cD2eF3gH4iJ5";
    let mut wrong = Vec::new();
    for round in 0..1500 {
        // The first characters alone do not show whether they are such.
        let first = [
            "上 ",
            "上上 ",
            "ગુજ ",
            "мы ",
            "ab ",
            "一",
            "😀 ",
            "é ",
            "三不下 ",
        ];
        let mut text = first[noise.below(first.len())].to_owned();
        for _ in 0..[1, 3, 12, 120, 500][noise.below(5)] {
            foreign(&mut noise, &mut text);
        }
        let line = text.matches('\n').count() as u64 + 1;
        let text = format!("{text}  {wanted}\n");
        let written = [
            Written::Two { big: false },
            Written::Two { big: true },
            Written::Four { big: false },
            Written::Four { big: true },
        ][noise.below(4)];
        let marks: [Vec<u8>; 4] = [
            Vec::new(),
            written.bytes("\u{feff}"),
            Vec::new(),
            match written {
                Written::Two { big: false } => b"\xff\xfe\0\0".to_vec(),
                Written::Two { big: true } => b"\0\0\xfe\xff".to_vec(),
                _ => Vec::new(),
            },
        ];
        let mark = &marks[noise.below(4)];
        let content = [mark.as_slice(), &written.bytes(&text)].concat();
        let step = [1 + noise.below(90), 1 + noise.below(5000), content.len()][noise.below(3)];
        let place = place_of(wanted, &content, step);
        if place != Some((line, 3)) {
            let start: String = text.chars().take(30).collect();
            wrong.push((round, written, mark.clone(), line, place, start));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(12)]
    );
}

/// Stretches of any encodings, with marks and without: each begins with a line of eight letters or
/// more, because nothing shows what fewer are. Blank lines and other lines follow.
#[test]
fn places_in_mixes_of_encodings_are_right() {
    let mut noise = Noise(0x2c1b_3c6d_9d2f_4e01);
    let wanted = "LABEL=Ab1cD2eF3gH4iJ5";
    let lines = [
        "NAME=app",
        "PORT=8080 # x",
        "export LABEL=\"Ab1cD2eF3gH4\"",
        "HOST=localhost",
        "label = x",
        "a",
        "",
    ];
    let mut wrong = Vec::new();
    for round in 0..6_000 {
        let (mut content, mut all, mut line) = (Vec::new(), Vec::new(), 1);
        let count = 1 + noise.below(5);
        for part in 0..count {
            let how = Written::ALL[noise.below(5)];
            let mut text = ["", "\u{feff}"][noise.below(2)].to_owned();
            for nth in 0..1 + noise.below(6) {
                let any = if nth == 0 { 5 } else { lines.len() };
                text.push_str(lines[noise.below(any)]);
                text.push_str(["\n", "\r\n"][noise.below(2)]);
            }
            line += text.matches('\n').count() as u64;
            if part + 1 == count {
                text.push_str(&format!("  {wanted}\n"));
            }
            content.extend(how.bytes(&text));
            all.push((how, text));
        }
        let step = [1 + noise.below(90), content.len()][noise.below(2)];
        let found = place_of(&format!("  {wanted}"), &content, step);
        if found != Some((line, 1)) {
            wrong.push((round, all, line, found));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(3)]
    );
}
