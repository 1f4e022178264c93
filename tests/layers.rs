//! Encodings inside of encodings: what is encoded is found where it stands, with all that it was
//! seen through.
//!
//! A seeded generator makes the chains. Tokens are minted, so no sample is stored.

use std::fmt::Write as _;

use crate::properties::Noise;
use crate::support::packed::{gzip, zip, zlib, zstd};
use crate::support::token;
use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::check::encoding::{Alphabet, base64_encode, hex_encode};
use stopleak::check::mint::mint;
use stopleak::detect::{Content, Detector, Hit, Scratch};
use stopleak::finding::{Candidate, Encoding};

/// How something is encoded, and the name that reports use.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    encode: fn(&[u8]) -> Vec<u8>,
}

fn each(bytes: &[u8], write: impl Fn(&mut String, u8)) -> Vec<u8> {
    let mut out = String::new();
    bytes.iter().for_each(|b| write(&mut out, *b));
    out.into_bytes()
}

fn base32(bytes: &[u8]) -> Vec<u8> {
    const SIGNS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = Vec::new();
    for group in bytes.chunks(5) {
        let mut all = [0; 8];
        all[3..3 + group.len()].copy_from_slice(group);
        let value = u64::from_be_bytes(all);
        let signs = (group.len() * 8).div_ceil(5);
        out.extend((0..signs).map(|n| SIGNS[(value >> (35 - 5 * n) & 31) as usize]));
        out.extend(std::iter::repeat_n(b'=', 8 - signs));
    }
    out
}

fn ascii85(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"<~".to_vec();
    for (n, group) in bytes.chunks(4).enumerate() {
        let mut all = [0; 4];
        all[..group.len()].copy_from_slice(group);
        let mut value = u32::from_be_bytes(all);
        let mut signs = [0; 5];
        for sign in signs.iter_mut().rev() {
            *sign = b'!' + (value % 85) as u8;
            value /= 85;
        }
        out.extend(&signs[..=group.len()]);
        if n % 15 == 14 {
            out.push(b'\n');
        }
    }
    [&out, &b"~>"[..]].concat()
}

fn wide(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|b| [*b, 0]).collect()
}

fn numbers(bytes: &[u8], write: impl Fn(u8) -> String, (open, close): (&str, &str)) -> Vec<u8> {
    let all: Vec<String> = bytes.iter().map(|b| write(*b)).collect();
    format!("{open}{}{close}", all.join(", ")).into_bytes()
}

fn joined(bytes: &[u8], write: impl Fn(u8) -> String, between: &str) -> String {
    let all: Vec<String> = bytes.iter().map(|b| write(*b)).collect();
    all.join(between)
}

fn pairs(bytes: &[u8], between: &str) -> String {
    joined(bytes, |b| format!("{b:02x}"), between)
}

/// Bytes as seen, and a dot for others, as dumps have them at the end of a row.
fn gutter(bytes: &[u8]) -> String {
    let seen = bytes.iter().map(|b| match b {
        b' '..=b'~' => char::from(*b),
        _ => '.',
    });
    seen.collect()
}

/// As `hexdump -C` prints bytes.
fn canonical(bytes: &[u8]) -> String {
    let rows = bytes.chunks(16).enumerate().map(|(row, all)| {
        let (left, right) = all.split_at(all.len().min(8));
        let both = format!("{}  {}", pairs(left, " "), pairs(right, " "));
        format!("{:08x}  {both:<48}  |{}|\n", row * 16, gutter(all))
    });
    rows.collect()
}

/// As `xxd` prints bytes.
fn xxd(bytes: &[u8]) -> String {
    let rows = bytes.chunks(16).enumerate().map(|(row, all)| {
        let words: Vec<String> = all.chunks(2).map(|two| pairs(two, "")).collect();
        format!(
            "{:08x}: {:<39}  {}\n",
            row * 16,
            words.join(" "),
            gutter(all)
        )
    });
    rows.collect()
}

/// As `hexdump` and `od -x` print bytes on a small-endian machine.
fn words(bytes: &[u8], offset: fn(usize) -> String) -> String {
    let rows = bytes.chunks(16).enumerate().map(|(row, all)| {
        let words = all.chunks(2).map(|two| {
            let high = two.get(1).copied().unwrap_or(0);
            format!(" {high:02x}{:02x}", two[0])
        });
        format!("{}{}\n", offset(row * 16), words.collect::<String>())
    });
    rows.collect()
}

/// As `uuencode` writes bytes.
fn uuencode(bytes: &[u8]) -> String {
    let sign = |value: u32| match value & 0x3f {
        0 => '`',
        value => char::from(b' ' + value as u8),
    };
    let mut out = "begin 644 file\n".to_owned();
    for line in bytes.chunks(45) {
        out.push(sign(line.len() as u32));
        for three in line.chunks(3) {
            let mut all = [0; 4];
            all[1..=three.len()].copy_from_slice(three);
            let all = u32::from_be_bytes(all);
            out.extend([18, 12, 6, 0].map(|shift| sign(all >> shift)));
        }
        out.push('\n');
    }
    out + "`\nend\n"
}

/// A stream of deflate without a header.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let all = zlib(bytes);
    all[2..all.len() - 4].to_vec()
}

/// Encodings that write text; each can hold each.
const WAYS: [Way; 20] = [
    Way {
        name: "base64",
        encode: |b| base64_encode(b, Alphabet::Standard, true).into_bytes(),
    },
    Way {
        name: "base64",
        encode: |b| base64_encode(b, Alphabet::Url, false).into_bytes(),
    },
    Way {
        name: "base64",
        encode: |b| {
            let all = base64_encode(b, Alphabet::Standard, true);
            let lines: Vec<&[u8]> = all.as_bytes().chunks(76).collect();
            lines.join(&b"\n  "[..])
        },
    },
    Way {
        name: "hex",
        encode: |b| hex_encode(b).into_bytes(),
    },
    Way {
        name: "hex",
        encode: |b| hex_encode(b).to_ascii_uppercase().into_bytes(),
    },
    Way {
        name: "hex",
        encode: |b| pairs(b, " ").into_bytes(),
    },
    Way {
        name: "hex",
        encode: |b| pairs(b, ":").to_ascii_uppercase().into_bytes(),
    },
    Way {
        name: "hex",
        encode: |b| pairs(b, "-").into_bytes(),
    },
    Way {
        name: "numbers",
        encode: |b| joined(b, |b| format!("chr({b})"), ".").into_bytes(),
    },
    Way {
        name: "base32",
        encode: base32,
    },
    Way {
        name: "base32",
        encode: |b| base32(b).to_ascii_lowercase(),
    },
    Way {
        name: "ascii85",
        encode: ascii85,
    },
    Way {
        name: "numbers",
        encode: |b| numbers(b, |b| format!("0x{b:02x}"), ("{", "}")),
    },
    Way {
        name: "numbers",
        encode: |b| numbers(b, |b| b.to_string(), ("[", "]")),
    },
    Way {
        name: "escapes",
        encode: |b| each(b, |out, b| write!(out, "\\x{b:02x}").unwrap_or_default()),
    },
    Way {
        name: "escapes",
        encode: |b| each(b, |out, b| write!(out, "\\u{b:04x}").unwrap_or_default()),
    },
    Way {
        name: "escapes",
        encode: |b| each(b, |out, b| write!(out, "\\u{{{b:x}}}").unwrap_or_default()),
    },
    Way {
        name: "percent",
        encode: |b| each(b, |out, b| write!(out, "%{b:02X}").unwrap_or_default()),
    },
    Way {
        name: "entities",
        encode: |b| each(b, |out, b| write!(out, "&#{b};").unwrap_or_default()),
    },
    Way {
        name: "entities",
        encode: |b| each(b, |out, b| write!(out, "&#x{b:x};").unwrap_or_default()),
    },
];

/// The files, and what stands around a value in each.
const FILES: [(&str, &str, &str); 6] = [
    (".env", "A=1\nVALUE=", "\nB=2\n"),
    ("a.yml", "a: 1\nvalue: ", "\nb: 2\n"),
    ("a.json", "{\"a\": 1,\n \"value\": \"", "\",\n \"b\": 2}\n"),
    ("a.py", "a = 1\nvalue = '", "'\nb = 2\n"),
    ("a.js", "let a = 1;\nconst value = \"", "\";\n"),
    ("a.md", "# A\n\nThe value is ", " today.\n"),
];

/// The longest text that is tried. What escapes single characters makes it six times as long.
const LONGEST: usize = 16 << 10;

fn found(detector: &Detector, path: &str, content: &[u8]) -> Vec<Candidate> {
    let path = BlobPath::from(path);
    let blob = Blob {
        path: &path,
        bytes: content,
        fresh: Fresh::All,
    };
    detector.detect(&blob, Content::Text, &mut Scratch::default())
}

/// The names of what the candidate with this secret was seen through, and its place.
fn through(
    candidates: &[Candidate],
    secret: &str,
) -> Vec<(Vec<&'static str>, std::ops::Range<usize>)> {
    let has = |c: &&Candidate| {
        let value = c.decoded.as_ref().map(|s| s.expose());
        value == Some(secret.as_bytes())
    };
    let found = candidates.iter().filter(has);
    let chain = |c: &Candidate| {
        let layers = c.layers.as_ref();
        layers.map_or_else(Vec::new, |l| {
            l.through.iter().map(|e: &Encoding| e.id()).collect()
        })
    };
    found.map(|c| (chain(c), c.secret.clone())).collect()
}

/// Encodes a token in `chain`, the innermost first, and says what is wrong with what is found.
fn try_chain(
    detector: &Detector,
    shallow: &Detector,
    chain: &[Way],
    seed: u64,
    (file, head, tail): (&str, &str, &str),
) -> Result<bool, String> {
    let secret = token(seed);
    let mut coded = format!("token: {secret} ;").into_bytes();
    for way in chain {
        coded = (way.encode)(&coded);
        if coded.len() > LONGEST {
            return Ok(false);
        }
    }
    let content = [head.as_bytes(), &coded, tail.as_bytes()].concat();
    let names: Vec<&str> = chain.iter().rev().map(|way| way.name).collect();
    let what = || format!("{} in {file}", names.join(" > "));
    let all = through(&found(detector, file, &content), &secret);
    let [(seen, place)] = &all[..] else {
        return Err(format!("{}: found {all:?}", what()));
    };
    if *seen != names {
        return Err(format!("{}: seen through {seen:?}", what()));
    }
    let around = head.len()..head.len() + coded.len();
    if place.start < around.start || place.end > around.end || place.len() < secret.len() {
        return Err(format!("{}: at {place:?} of {around:?}", what()));
    }
    let less = through(&found(shallow, file, &content), &secret);
    if !less.is_empty() {
        return Err(format!("{}: found at less depth: {less:?}", what()));
    }
    Ok(true)
}

fn told(failures: &[String]) {
    let some: Vec<&String> = failures.iter().take(40).collect();
    assert!(
        failures.is_empty(),
        "{} failures: {some:#?}",
        failures.len()
    );
}

#[test]
fn what_is_encoded_twice_is_found_in_every_kind_of_file() {
    let (detector, shallow) = (
        Detector::builtin(),
        Detector::builtin().with_decode_depth(1),
    );
    let mut failures = Vec::new();
    let mut seed = 0;
    for inner in WAYS {
        for outer in WAYS {
            seed += 1;
            let file = FILES[seed as usize % FILES.len()];
            if [inner, outer].iter().all(|way| way.name == "numbers") {
                // Only a bracket shows a decimal list, and `[[` is a table.
                continue;
            }
            let tried = try_chain(&detector, &shallow, &[inner, outer], seed, file);
            failures.extend(tried.err());
        }
    }
    told(&failures);
}

#[test]
fn what_is_encoded_once_is_found_in_every_kind_of_file() {
    let (detector, shallow) = (
        Detector::builtin(),
        Detector::builtin().with_decode_depth(0),
    );
    let mut failures = Vec::new();
    for (n, way) in WAYS.iter().enumerate() {
        for (m, file) in FILES.into_iter().enumerate() {
            let seed = (n * FILES.len() + m) as u64;
            failures.extend(try_chain(&detector, &shallow, &[*way], seed, file).err());
        }
    }
    told(&failures);
}

#[test]
fn chains_of_encodings_are_found_up_to_the_depth() {
    let detector = Detector::builtin();
    let shallow: Vec<Detector> = (0..5)
        .map(|n| Detector::builtin().with_decode_depth(n))
        .collect();
    let mut noise = Noise(19);
    let (mut failures, mut tried) = (Vec::new(), 0);
    for seed in 0..120 {
        let len = 3 + noise.below(3);
        let chain: Vec<Way> = (0..len).map(|_| WAYS[noise.below(WAYS.len())]).collect();
        let file = FILES[noise.below(FILES.len())];
        let lists = chain.iter().filter(|way| way.name == "numbers");
        if lists.count() > 1 {
            continue;
        }
        match try_chain(&detector, &shallow[len - 1], &chain, seed, file) {
            Ok(fits) => tried += usize::from(fits),
            Err(why) => failures.push(why),
        }
    }
    told(&failures);
    assert!(tried > 40, "{tried}");
}

/// Secret, content, and what it is to be seen through.
type Case = (String, Vec<u8>, &'static [&'static str]);

fn check(cases: impl IntoIterator<Item = Case>) {
    let detector = Detector::builtin();
    let mut failures = Vec::new();
    for (secret, content, names) in cases {
        let all = through(&found(&detector, "a.txt", &content), &secret);
        if all.len() != 1 || all[0].0 != names {
            failures.push(format!("{}: {all:?}", content.escape_ascii()));
        }
    }
    told(&failures);
}

fn base64(bytes: &[u8]) -> String {
    base64_encode(bytes, Alphabet::Standard, true)
}

#[test]
fn base64_is_read_over_lines_of_any_width() {
    let secret = token(31);
    let more = "and more of what is no secret at all\n".repeat(4);
    let text = format!("# settings\nuser = me\nauth: {secret}\n{more}");
    let all = base64(text.as_bytes());
    let mut cases: Vec<Case> = Vec::new();
    let mut add = |content: String| cases.push((secret.clone(), content.into_bytes(), &["base64"]));
    for width in [32, 35, 40, 57, 60, 64, 70, 72, 76, 80, 100, 128] {
        let lines: Vec<&str> = (0..all.len())
            .step_by(width)
            .map(|n| &all[n..all.len().min(n + width)])
            .collect();
        for (open, between, close) in [
            ("", "\n", "\n"),
            ("key: |\n    ", "\n    ", "\n"),
            ("x\n# ", "\n# ", "\n"),
        ] {
            add(format!("{open}{}{close}", lines.join(between)));
        }
        // The strings of shorter lines are joined first.
        if width < 57 {
            continue;
        }
        for (open, between, close) in [
            ("a\r\n", "\r\n", "\r\n"),
            ("x\n// ", "\n// ", "\n"),
            ("/*\n * ", "\n * ", "\n */\n"),
            ("-- ", "\n-- ", "\n"),
            ("; ", "\n; ", "\n"),
            ("a = (\"", "\"\n     \"", "\")\n"),
            ("a = \"", "\" +\n    \"", "\";\n"),
            ("a = \"", "\"\n    + \"", "\";\n"),
            ("$a = '", "' .\n  '", "';\n"),
            ("a = \"", "\" \\\n  \"", "\"\n"),
            ("{\"a\": \"", "\\n", "\"}\n"),
            ("{\"a\": \"", "\\r\\n", "\\r\\n\"}\n"),
            ("a = \"", "\\n\" +\n  \"", "\\n\";\n"),
        ] {
            add(format!("{open}{}{close}", lines.join(between)));
        }
    }
    check(cases);
}

/// Lines below 32 signs are read if a token begins in one of them.
#[test]
fn a_token_in_base64_is_read_over_short_lines() {
    let secret = token(39);
    let all = base64(secret.as_bytes());
    let mut cases: Vec<Case> = Vec::new();
    for width in [16, 20, 24, 28] {
        let lines = all.as_bytes().chunks(width);
        let lines: Vec<&str> = lines
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        for (open, between, close) in [
            ("key:\n", "\n", "\n"),
            ("key: |\n    ", "\n    ", "\n"),
            ("key: !!binary |\r\n  ", "\r\n  ", "\r\n"),
            ("x\n# ", "\n# ", "\n"),
            ("x\n// ", "\n// ", "\n"),
            ("/*\n * ", "\n * ", "\n */\n"),
            ("{\"a\": \"", "\\n", "\"}\n"),
            ("a=\"", "\\\n", "\"\n"),
        ] {
            let content = format!("{open}{}{close}", lines.join(between));
            cases.push((secret.clone(), content.into_bytes(), &["base64"]));
        }
    }
    check(cases);
}

#[test]
fn base64_may_be_glued_to_a_prefix() {
    let secret = token(32);
    let coded = base64(format!("auth: {secret}").as_bytes());
    let bare = coded.trim_end_matches('=');
    let cases = [
        format!("enc_{bare}"),
        format!("v1-{coded}"),
        format!("secret/data/{bare}"),
        format!("a\\n{coded}"),
        format!("q\\u003d{coded}"),
        format!("q%3D{bare}"),
        format!("x={coded}{coded}").replacen(bare, "bm90aGluZyBoZXJlIGF0IGFsbCE", 1),
        format!("data:text/plain;base64,{coded}"),
        format!("<b>{bare}</b>"),
    ];
    check(cases.map(|c| (secret.clone(), c.into_bytes(), &["base64"][..])));
}

#[test]
fn what_is_compressed_or_wide_inside_of_an_encoding_is_read() {
    let secret = token(33);
    let text = format!("first line\nexport AUTH={secret}\n");
    let big: Vec<u8> = text.bytes().flat_map(|b| [0, b]).collect();
    let packed = gzip(text.as_bytes());
    let foreign = format!("größe und Länge: {secret} für alle\n");
    let marked = format!("\u{feff}auth={secret}\n");
    let file = zip(&[("a.txt", b"first"), ("cfg/b.env", text.as_bytes())]);
    let nested = zip(&[("inner.zip", &file)]);
    let long = format!(
        "{}{text}",
        "a line of a text that is long enough\n".repeat(9)
    );
    let cases: [(String, &'static [&'static str]); 19] = [
        (base64(&file), &["base64", "zip"]),
        (base64(&nested), &["base64", "zip"]),
        (hex_encode(&file), &["hex", "zip"]),
        (base64(&deflate(text.as_bytes())), &["base64", "deflate"]),
        (base64(&deflate(long.as_bytes())), &["base64", "deflate"]),
        (pairs(&packed, " "), &["hex", "gzip"]),
        (base64(&packed), &["base64", "gzip"]),
        (hex_encode(&packed), &["hex", "gzip"]),
        (base64(&zlib(text.as_bytes())), &["base64", "zlib"]),
        (base64(&zstd(text.as_bytes())), &["base64", "zstd"]),
        (
            base64(base64(&packed).as_bytes()),
            &["base64", "base64", "gzip"],
        ),
        (base64(&wide(text.as_bytes())), &["base64", "utf-16"]),
        (base64(&big), &["base64", "utf-16"]),
        (hex_encode(&wide(text.as_bytes())), &["hex", "utf-16"]),
        (
            base64(&[b"\xff\xfe", &wide(text.as_bytes())[..]].concat()),
            &["base64", "utf-16"],
        ),
        (base64(foreign.as_bytes()), &["base64"]),
        (hex_encode(foreign.as_bytes()), &["hex"]),
        (base64(marked.as_bytes()), &["base64"]),
        (
            String::from_utf8_lossy(&numbers(&packed, |b| b.to_string(), ("[", "]"))).into_owned(),
            &["numbers", "gzip"],
        ),
    ];
    check(cases.map(|(c, names)| (secret.clone(), format!("data: {c}\n").into_bytes(), names)));
}

/// A DER element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [head.as_slice(), content].concat()
}

#[test]
fn keys_without_armour_are_read_and_other_der_is_not() {
    let detector = Detector::builtin();
    let keys = |content: &str| -> Vec<Vec<&'static str>> {
        let found = found(&detector, "a.txt", content.as_bytes());
        let layers = found.iter().filter_map(|c| c.layers.as_ref());
        let names = layers.map(|l| l.through.iter().map(|e| e.id()).collect());
        names.collect()
    };
    let mut bodies = 0;
    for seed in 0..40 {
        let armoured = mint("private-key-pem", seed).expect("the check has samples");
        let armoured = String::from_utf8_lossy(&armoured);
        let lines: Vec<&str> = armoured.lines().collect();
        let [first, body @ .., _] = &lines[..] else {
            continue;
        };
        let label = first.trim_matches('-');
        let plain = [
            "BEGIN RSA PRIVATE KEY",
            "BEGIN PRIVATE KEY",
            "BEGIN EC PRIVATE KEY",
        ];
        if !plain.contains(&label) || body.iter().any(|line| line.contains(':')) {
            continue;
        }
        bodies += 1;
        for content in [
            format!("key = \"{}\"\n", body.concat()),
            format!("key: |\n  {}\n", body.join("\n  ")),
        ] {
            assert_eq!(keys(&content), [["base64", "der"]], "{label}");
        }
    }
    assert!(bodies > 5, "{bodies}");
    // What is told of a key as a whole is not told of its body again, however deep it stands.
    let armoured = mint("private-key-pem", 3).expect("the check has samples");
    let hex = hex_encode(&armoured);
    let once = base64(&armoured);
    for (text, through) in [
        (once.clone(), vec!["base64"]),
        (hex.clone(), vec!["hex"]),
        (base64(once.as_bytes()), vec!["base64", "base64"]),
        (base64(hex.as_bytes()), vec!["base64", "hex"]),
    ] {
        assert_eq!(keys(&format!("key = \"{text}\"\n")), [through]);
    }
    let number = |len| element(2, &[&[0x5a; 1], &vec![0x6b; len][..]].concat());
    let oid = element(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
    let algorithm = element(0x30, &[oid, element(5, &[])].concat());
    let rsa = element(0x30, &[number(255), element(2, &[1, 0, 1])].concat());
    let public = element(
        0x30,
        &[algorithm.clone(), element(3, &[&[0], &rsa[..]].concat())].concat(),
    );
    let version = element(0xa0, &element(2, &[2]));
    let body = element(
        0x30,
        &[version, number(8), algorithm.clone(), public.clone()].concat(),
    );
    let certificate = element(0x30, &[body, algorithm, element(3, &[0x6b; 257])].concat());
    for other in [rsa, public, certificate, element(0x30, &element(2, &[0]))] {
        assert_eq!(keys(&format!("key = {}\n", base64(&other))), [[""; 0]; 0]);
    }
}

#[test]
fn lists_of_numbers_are_read() {
    let secret = token(34);
    let byte = |b: u8| format!("(byte)0x{b:x}");
    let list = |write: fn(u8) -> String, between: &str| {
        let all: Vec<String> = secret.bytes().map(write).collect();
        all.join(between)
    };
    let hex = |b: u8| format!("0x{b:02X}");
    let plain = |b: u8| b.to_string();
    let sign = |b: u8| format!("'{}'", char::from(b));
    let lines = |per: usize, between: &str| {
        let all: Vec<String> = secret.bytes().map(|b| b.to_string()).collect();
        let lines: Vec<String> = all.chunks(per).map(|line| line.join(", ")).collect();
        lines.join(between)
    };
    let cases = [
        format!("k := []byte{{{}}}", list(plain, ", ")),
        format!("k = bytes([{}])", list(plain, ", ")),
        format!("k = bytearray([{}])", list(hex, ",")),
        format!("byte[] k = new byte[] {{ {} }};", list(plain, ", ")),
        format!("byte[] k = {{{}}};", list(byte, ", ")),
        format!("k = String.fromCharCode({})", list(plain, ",")),
        format!("k = Buffer.from([\n  {},\n]);", lines(8, ",\n  ")),
        format!("k := []byte{{\n\t{},\n}}", lines(12, ",\n\t")),
        format!("char k[] = {{\n    {}, 0\n}};", lines(10, ",\n    ")),
        format!("{{\"k\":[{}]}}", list(plain, ",")),
        format!("{{\n  \"k\": [\n    {}\n  ]\n}}", list(plain, ",\n    ")),
        format!("unsigned char k[] = {{\n  {}\n}};", list(hex, ", ")),
        format!("let k = [{}];", list(|b| format!("{b}u8"), ", ")),
        format!("k: {}", list(hex, " ")),
        format!("k: [{}]", list(plain, " ")),
        format!("k = [[1, 2, 3], [{}]]", list(plain, ", ")),
        format!("k = [[{}], [1]]", list(plain, ",")),
        format!("$k = [byte[]]({})", list(hex, ",")),
        format!("let k: &[u8] = &[{}];", list(plain, ", ")),
        format!("char k[] = {{{}, '\\0'}};", list(sign, ", ")),
        format!("char[] k = new char[]{{{}}};", list(sign, ",")),
        format!("char k[] = {{\n  {}\n}};", list(sign, ",\n  ")),
        format!("k = [{}]", list(sign, ", ")),
        format!("k = [{}]", list(|b| format!("b'{}'", char::from(b)), ", ")),
        format!("k = {{0x0a, 0xff, 0x00, {}, 0x80}};", list(hex, ", ")),
        format!("byte[] k = {{10, -1, {}}};", list(plain, ", ")),
        format!("val k = byteArrayOf({})", list(plain, ", ")),
        format!("let k = vec![{}];", list(plain, ", ")),
        format!("let k = [{}];", list(plain, ", ").replacen(',', "u8,", 1)),
        format!("k = bytes((\n    {},\n))", lines(16, ",\n    ")),
        format!("k = bytearray([\n    {},\n])", list(hex, ", ")),
        format!("k = f(...[{}])", list(plain, ", ")),
        format!("$k = pack('C*', {});", list(plain, ", ")),
        format!("my $k = pack('C*', {});", list(hex, ", ")),
        format!("my $k = join '', map chr, ({});", list(plain, ", ")),
        format!("local k = string.char({})", list(plain, ", ")),
        format!("$k = -join ({} | % {{ [char]$_ }})", list(plain, ", ")),
        format!("k() -> <<{}>>.", list(plain, ",")),
        format!("k() -> <<{}>>.", list(|b| format!("16#{b:02X}"), ",")),
        format!("k <- rawToChar(as.raw(c({})))", list(plain, ", ")),
        format!("k <- intToUtf8(c({}))", list(|b| format!("{b}L"), ", ")),
        format!("k = String(UInt8[{}])", list(plain, ", ")),
        format!(
            "Dim k As Byte() = {{{}}}",
            list(|b| format!("&H{b:02X}"), ", ")
        ),
        format!(
            "k: array of Byte = ({});",
            list(|b| format!("${b:02X}"), ", ")
        ),
        format!("k:\n    .byte {}\n", list(hex, ", ")),
        format!(
            "k:\n    .byte {}\n",
            list(hex, ", ").replace("0x5F, ", "0x5F\n    .byte ")
        ),
    ];
    check(
        cases
            .into_iter()
            .map(|c| (secret.clone(), c.into_bytes(), &["numbers"][..])),
    );
}

#[test]
fn rows_of_characters_are_read() {
    let secret = token(35);
    let row = |write: fn(u8) -> String, between: &str| joined(secret.as_bytes(), write, between);
    let call = |b: u8| format!("Chr({b})");
    let cases = [
        format!("k = {}", row(call, " & ")),
        format!("k = {}", row(call, "&")),
        format!("k = {}", row(|b| format!("ChrW(&H{b:X})"), " & ")),
        format!(
            "k = {}",
            row(call, " & ").replace("(95) & ", "(95) & _\n    ")
        ),
        format!("$k = {};", row(|b| format!("chr({b})"), ".")),
        format!("$k = {};", row(|b| format!("chr(0x{b:02x})"), " . ")),
        format!("k = {}", row(|b| format!("chr({b})"), " + ")),
        format!("SELECT {} FROM dual;", row(|b| format!("CHR({b})"), "||")),
        format!("SELECT {};", row(|b| format!("CHAR({b})"), " + ")),
        format!("SELECT CHAR({});", row(|b| b.to_string(), ", ")),
        format!("$k = {}", row(|b| format!("[char]{b}"), " + ")),
        format!("$k = {}", row(|b| format!("[char]0x{b:02X}"), "+")),
        format!("$k = -join ({})", row(|b| format!("[char]{b}"), ",")),
        format!("k = {}", row(call, " & _\n    ")),
        format!("SELECT CONCAT({});", row(|b| format!("CHAR({b})"), ", ")),
        format!("={}", row(|b| format!("CHAR({b})"), "&")),
    ];
    check(
        cases
            .into_iter()
            .map(|c| (secret.clone(), c.into_bytes(), &["numbers"][..])),
    );
}

#[test]
fn dumps_are_read() {
    let secret = token(36);
    let text = format!("# settings of the test\nuser = deploy\nauth = {secret}\n# end\n");
    let binary: Vec<u8> = (0..77).map(|n: u8| n.wrapping_mul(151) | 0x80).collect();
    let behind = [&binary, text.as_bytes(), &binary].concat();
    let rows = |per: usize, front: &str, between: &str, end: &str| -> String {
        let rows = text.as_bytes().chunks(per);
        rows.map(|row| format!("{front}{}{end}\n", pairs(row, between)))
            .collect()
    };
    let quoted = |dump: &str| -> String {
        let lines = dump.lines().map(|line| format!("  12:34 DEBUG {line}\n"));
        lines.collect()
    };
    let word = words(text.as_bytes(), |at| format!("{at:07x}"));
    let registry = format!("\"k\"=hex:{}", rows(20, "  ", ",", ",\\").trim_start());
    let wide: Vec<u8> = text.bytes().flat_map(|b| [b, 0]).collect();
    let mut cases: Vec<(String, &'static [&'static str])> = [
        canonical(text.as_bytes()),
        canonical(&behind),
        quoted(&canonical(&behind)),
        format!("```\n{}```\n", canonical(text.as_bytes())),
        xxd(text.as_bytes()),
        quoted(&xxd(text.as_bytes())),
        word.clone(),
        words(text.as_bytes(), |at| format!("{at:07o}")),
        rows(16, " ", " ", ""),
        rows(15, "    ", ":", ":"),
        rows(16, "// ", " ", ""),
        rows(32, "", " ", ""),
        registry,
        format!("k = \"{}\"\n", pairs(secret.as_bytes(), " ")),
        format!("k: {}\n", pairs(secret.as_bytes(), ":")),
        format!("k: {}\n", pairs(secret.as_bytes(), "-").to_uppercase()),
    ]
    .map(|dump| (dump, &["hex"][..]))
    .into();
    cases.push((canonical(&gzip(text.as_bytes())), &["hex", "gzip"]));
    let wide = format!("\"k\"=hex(2):{}\n", pairs(&wide, ","));
    cases.push((wide, &["hex", "utf-16"]));
    let bits = joined(text.as_bytes(), |b| format!("{b:08b}"), " ");
    cases.push((bits, &["numbers"]));
    check(
        cases
            .into_iter()
            .map(|(c, names)| (secret.clone(), c.into_bytes(), names)),
    );
}

#[test]
fn what_uuencode_writes_is_read() {
    let secret = token(37);
    let text = format!("user = deploy\nauth = {secret}\nport = 5432\n");
    let coded = uuencode(text.as_bytes());
    let packed = uuencode(&gzip(text.as_bytes()));
    let cases: [(String, &'static [&'static str]); 4] = [
        (coded.clone(), &["uuencode"]),
        (format!("Hello,\n\n{coded}\nBye\n"), &["uuencode"]),
        (coded.replace('\n', "\r\n"), &["uuencode"]),
        (packed, &["uuencode", "gzip"]),
    ];
    check(cases.map(|(c, names)| (secret.clone(), c.into_bytes(), names)));
}

/// A key that is none takes its companion with it no longer.
#[test]
fn a_secret_beside_a_look_alike_is_found() {
    let id = ["AKIA", "LACKYGIBMI6FIMPA"].concat();
    let secret = ["jPUcUc0sMTP2BryG5u", "2ejcN050tJhaegOD", "fBhDwq"].concat();
    let text = format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    let content = format!("echo {} | base64 -d\n", base64(text.as_bytes()));
    let all = through(
        &found(&Detector::builtin(), "a.txt", content.as_bytes()),
        &secret,
    );
    assert_eq!(all.len(), 1, "{all:?}");
}

#[test]
fn what_names_an_encoding_is_no_part_of_it() {
    let value = "Xk9mLq27Pf3xZw4";
    let coded = base64(format!("db_password={value}\n").as_bytes());
    for content in [
        format!("<a href=\"data:text/plain;base64,{coded}\">x</a>\n"),
        format!("url(data:text/plain;base64,{coded})\n"),
    ] {
        let all = through(
            &found(&Detector::builtin(), "a.html", content.as_bytes()),
            value,
        );
        assert_eq!(all.len(), 1, "{content}: {all:?}");
    }
}

#[test]
fn a_list_of_numbers_is_a_value_of_its_name() {
    let value = "Xk9mLq27Pf3xZw4";
    let detector = Detector::builtin();
    let list = |write: fn(u8) -> String| {
        let all: Vec<String> = value.bytes().map(write).collect();
        all.join(", ")
    };
    let plain = list(|b| b.to_string());
    let hex = list(|b| format!("0x{b:02x}"));
    for (content, found_there) in [
        (format!("db_password = [{plain}]\n"), true),
        (format!("db_password := []byte{{{plain}}}\n"), true),
        (format!("char db_password[] = {{{hex}, 0}};\n"), true),
        (format!("{{\"db_password\": [{plain}]}}\n"), true),
        (format!("lengths = [{plain}]\n"), false),
        (format!("db_password = [1, 2, {plain}, 7]\n"), false),
    ] {
        let all = through(&found(&detector, "a.txt", content.as_bytes()), value);
        assert_eq!(!all.is_empty(), found_there, "{content}: {all:?}");
    }
}

#[test]
fn base85_is_read_without_marks() {
    let signs = [
        "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu",
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
    ];
    let encode = |signs: &str, text: &str| -> String {
        let group = |group: &[u8]| {
            let mut all = [b' '; 4];
            all[..group.len()].copy_from_slice(group);
            let mut value = u32::from_be_bytes(all) as usize;
            let mut out = [0; 5];
            for sign in out.iter_mut().rev() {
                *sign = signs.as_bytes()[value % 85];
                value /= 85;
            }
            out.map(char::from)
        };
        text.as_bytes().chunks(4).flat_map(group).collect()
    };
    let mut cases: Vec<Case> = Vec::new();
    for (number, signs) in signs.into_iter().enumerate() {
        let names: &'static [&'static str] = match number {
            0 => &["ascii85"],
            _ => &["base85"],
        };
        // Signs of Ascii85 may end a string.
        let fits = |coded: &String| number > 0 || !coded.contains('\'') && !coded.contains('\\');
        let coded = |form: fn(&str) -> String| {
            let tokens = (100..).map(token);
            let all = tokens.map(|secret| (encode(signs, &form(&secret)), secret));
            let mut all = all.filter(|(coded, _)| fits(coded));
            all.next().unwrap()
        };
        for (coded, secret) in [
            coded(str::to_owned),
            coded(|secret| format!("token = {secret} and more")),
        ] {
            for content in [
                format!("x = '{coded}'\n"),
                format!("x={coded}\n"),
                coded.clone() + "\n",
            ] {
                if !content.starts_with(&coded) || number > 0 {
                    cases.push((secret.clone(), content.into_bytes(), names));
                }
            }
        }
        let (coded, secret) = coded(|secret| format!("token = {secret}"));
        let content = format!("x = base64.b85decode(b'{coded}')\n");
        cases.push((secret, content.into_bytes(), names));
    }
    check(cases);
}

#[test]
fn ascii85_is_read() {
    let secret = token(35);
    let zeros = [b"auth and more: \0\0\0\0\0", secret.as_bytes()].concat();
    let coded = ascii85(&zeros);
    let short = String::from_utf8_lossy(&coded).replace("!!!!!", "z");
    let cases = [coded, short.into_bytes(), ascii85(secret.as_bytes())];
    check(cases.map(|c| (secret.clone(), c, &["ascii85"][..])));
}

#[test]
fn tokens_of_well_known_kinds_are_read_when_they_are_turned() {
    let secret = token(36);
    let reversed: String = secret.chars().rev().collect();
    let moved: String = secret
        .chars()
        .map(|c| match c {
            'a'..='m' | 'A'..='M' => char::from(c as u8 + 13),
            'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13),
            _ => c,
        })
        .collect();
    for (value, name) in [(reversed, "reversed"), (moved, "rot13")] {
        let names: &'static [&'static str] = match name {
            "reversed" => &["reversed"],
            _ => &["rot13"],
        };
        for content in [
            format!("x = \"{value}\"\n"),
            format!("A={value}"),
            value.clone(),
        ] {
            let detector = Detector::builtin();
            let all = through(&found(&detector, "a.py", content.as_bytes()), &secret);
            let at = content.find(&value).unwrap_or_default();
            assert_eq!(all, [(names.to_vec(), at..at + value.len())], "{content}");
        }
    }
}

#[test]
fn characters_of_a_token_may_be_written_otherwise() {
    let secret = token(37);
    let (head, tail) = secret.split_at(18);
    let under = |sign: &str| secret.replace('_', sign);
    let first = format!("{:02x}", secret.as_bytes()[18]);
    let rest = &tail[1..];
    let line = "x".repeat(44);
    let octal: String = secret.bytes().map(|b| format!("\\{b:03o}")).collect();
    let quoted: String = secret.bytes().map(|b| format!("={b:02X}")).collect();
    let unicode: String = secret.bytes().map(|b| format!("\\u{b:04x}")).collect();
    let long: String = secret.bytes().map(|b| format!("\\U{b:08X}")).collect();
    let padded: String = secret.bytes().map(|b| format!("&#{b:04};")).collect();
    let padded_hex: String = secret.bytes().map(|b| format!("&#x{b:04x};")).collect();
    let again = |text: &str| text.replace('\\', "\\\\");
    let wide = "x".repeat(60);
    let cases: [(String, &'static [&'static str]); 35] = [
        (format!("a = \"{}\"", under("\\x{5f}")), &["escapes"]),
        (format!("a = \"{head}\\u200b{tail}\""), &["escapes"]),
        (format!("<a>{}</a>", under("&#95")), &["entities"]),
        (format!("<a>{head}&#8203;{tail}</a>"), &["entities"]),
        (
            format!("a = gh\u{ad}{}", &secret[2..]),
            &["invisible characters"],
        ),
        (
            format!("a = gh\u{2060}{}", &secret[2..]),
            &["invisible characters"],
        ),
        (
            format!("a = {head}\u{202d}{tail}"),
            &["invisible characters"],
        ),
        (format!("a = \"gh\\u200d{}\"", &secret[2..]), &["escapes"]),
        (format!("a = \"{octal}\""), &["escapes"]),
        (format!("a = \"{long}\""), &["escapes"]),
        (
            format!("a = \"{}\"", again(&unicode)),
            &["escapes", "escapes"],
        ),
        (
            format!("a = \"{}\"", again(&again(&unicode))),
            &["escapes", "escapes", "escapes"],
        ),
        (format!("<a>{padded}</a>"), &["entities"]),
        (format!("<a>{padded_hex}</a>"), &["entities"]),
        (
            format!("{wide} =3D {}=\n{}", &secret[..2], &secret[2..]),
            &["quoted-printable"],
        ),
        (
            format!("{wide} =3D {}=\r\n{}", &secret[..3], &secret[3..]),
            &["quoted-printable"],
        ),
        (
            format!("select 0x{};", hex_encode(secret.as_bytes())),
            &["hex"],
        ),
        (format!("a {quoted}"), &["quoted-printable"]),
        (format!("a = \"{}\"", under("\\u005f")), &["escapes"]),
        (format!("a = \"{}\"", under("\\u{5f}")), &["escapes"]),
        (format!("a = \"{}\"", under("\\u{00005F}")), &["escapes"]),
        (format!("a = \"{head}\\x{first}{rest}\""), &["escapes"]),
        (format!("a = \"{head}\\u{{{first}}}{rest}\""), &["escapes"]),
        (format!("?a={}&b", under("%5F")), &["percent"]),
        (format!("?a={head}%{first}{rest}&b"), &["percent"]),
        (format!("?a={}&b", under("%255F")), &["percent", "percent"]),
        (format!("<a>{}</a>", under("&#95;")), &["entities"]),
        (format!("<a>{}</a>", under("&#x5f;")), &["entities"]),
        (format!("<a>{}</a>", under("&lowbar;")), &["entities"]),
        (
            format!("<a><![CDATA[{head}]]><![CDATA[{tail}]]></a>"),
            &["entities"],
        ),
        (format!("{line} {head}=\n{tail} x"), &["quoted-printable"]),
        (format!("{line} {head}=\r\n{tail} x"), &["quoted-printable"]),
        (format!("a = {}", under("=5F")), &["quoted-printable"]),
        (
            format!("a = {head}\u{200b}{tail}"),
            &["invisible characters"],
        ),
        (format!("a = {head}\u{ad}{tail}"), &["invisible characters"]),
    ];
    check(cases.map(|(c, names)| (secret.clone(), format!("{c}\n").into_bytes(), names)));
}

/// Encodes a piece in a way that does not hold each other one.
fn more_ways(noise: &mut Noise, bytes: &[u8]) -> Vec<u8> {
    match noise.below(10) {
        0 => numbers(bytes, |b| format!("'{}'", char::from(b)), ("{", "}")),
        3 => canonical(bytes).into_bytes(),
        4 => xxd(bytes).into_bytes(),
        5 => words(bytes, |at| format!("{at:07x}")).into_bytes(),
        6 => uuencode(bytes).into_bytes(),
        7 => base64(&deflate(bytes)).into_bytes(),
        8 => joined(bytes, |b| format!("{b:08b}"), " ").into_bytes(),
        1 => {
            let all: Vec<String> = bytes.iter().map(u8::to_string).collect();
            format!("[{}]", all.join(" ")).into_bytes()
        }
        2 => each(bytes, |out, b| {
            write!(out, "\\\\u{b:04x}").unwrap_or_default()
        }),
        _ => {
            let text = String::from_utf8_lossy(bytes);
            text.replace("ghp_", "gh\" \"p_")
                .replace(' ', "=\n")
                .into_bytes()
        }
    }
}

/// Returns text of pieces that are encoded, some of them damaged, between what may belong to them.
fn coded_text(noise: &mut Noise, least: usize) -> Vec<u8> {
    const BETWEEN: [&[u8]; 14] = [
        b" ",
        b"\n",
        b"\n# ",
        b"\"",
        b"\" +\n\"",
        b"\\n",
        b"=",
        b", ",
        b"_",
        b"/",
        b"{",
        b"<~",
        b"%",
        b"",
    ];
    let mut out = Vec::new();
    while out.len() < least {
        let mut piece = match noise.below(3) {
            0 => format!("token = {}\n", token(noise.below(1 << 20) as u64)).into_bytes(),
            1 => (0..20 + noise.below(60))
                .map(|_| noise.below(256) as u8)
                .collect(),
            _ => b"plain words and numbers ".repeat(1 + noise.below(4)),
        };
        for _ in 0..noise.below(3) {
            if piece.len() < 600 {
                piece = (WAYS[noise.below(WAYS.len())].encode)(&piece);
            }
        }
        if noise.below(4) == 0 {
            piece = more_ways(noise, &piece);
        }
        let len = piece.len();
        match noise.below(6) {
            0 => piece.truncate(noise.below(len)),
            1 => piece = piece.split_off(noise.below(len)),
            2 => piece[noise.below(len)] = b" \n\"a~"[noise.below(5)],
            _ => {}
        }
        out.extend(piece);
        out.extend(BETWEEN[noise.below(BETWEEN.len())]);
    }
    out
}

#[test]
fn what_is_encoded_is_judged_by_what_is_near_it() {
    let detector = Detector::builtin();
    let mut scratch = Scratch::default();
    let mut noise = Noise(23);
    let (mut coded, mut seen) = (0, 0);
    for _ in 0..8 {
        let text = coded_text(&mut noise, 30_000);
        let mut hits = Vec::new();
        detector.hits(&text, 0..text.len(), &mut hits);
        let mut verify = |bytes: &[u8], hit: Hit, moved: usize| {
            let mut out = Vec::new();
            detector.begin(&mut scratch);
            detector.verify(bytes, hit, Content::Text, &mut scratch, &mut out);
            let candidates = out.into_iter().map(|mut c| {
                let through = c.layers.take().map(|layers| layers.through);
                let span = |s: &std::ops::Range<usize>| s.start + moved..s.end + moved;
                (span(&c.whole), span(&c.secret), c.rule, c.decoded, through)
            });
            (candidates.collect::<Vec<_>>(), scratch.take_looked())
        };
        for hit in hits {
            let (whole, (looked, beyond)) = verify(&text, hit, 0);
            assert!(!beyond);
            let reach = detector.reach(hit).max(looked) + detector.longest_literal();
            let start = hit.at.saturating_sub(reach);
            let end = text.len().min(hit.at + reach);
            let near = Hit {
                at: hit.at - start,
                ..hit
            };
            let (cut, _) = verify(&text[start..end], near, start);
            assert_eq!(cut, whole, "at {}, looked {looked}", hit.at);
            coded += usize::from(looked > 0);
            seen += whole
                .iter()
                .filter(|(.., through)| through.is_some())
                .count();
        }
    }
    assert!(coded > 200 && seen > 100, "{coded} hits, {seen} candidates");
}

#[test]
fn hits_of_what_is_encoded_are_those_near_it() {
    let detector = Detector::builtin();
    let mut noise = Noise(29);
    for _ in 0..40 {
        let text = coded_text(&mut noise, 6_000);
        let mut all = Vec::new();
        detector.hits(&text, 0..text.len(), &mut all);
        let mut cuts: Vec<usize> = (0..12).map(|_| noise.below(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let mut parts = Vec::new();
        for cut in cuts.windows(2) {
            let mut hits = Vec::new();
            detector.hits(&text, cut[0]..cut[1], &mut hits);
            parts.extend(hits);
        }
        let lost: Vec<&Hit> = all.iter().filter(|hit| !parts.contains(hit)).collect();
        let more: Vec<&Hit> = parts.iter().filter(|hit| !all.contains(hit)).collect();
        assert!(parts == all, "lost {lost:?}, more {more:?}, cuts {cuts:?}");
    }
}
