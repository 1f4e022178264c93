//! Passwords as generators and people make them, in every kind of file: each is found, whatever
//! signs it holds and wherever they stand. All values are made when the test runs.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::support::dir::Dir;

/// Passwords per generator and kind of file.
const EACH: usize = 40;
/// How many of a hundred have to be found.
const WANTED: usize = 97;

/// Numbers from xorshift.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn pick<'a>(&mut self, text: &'a str) -> &'a str {
        let all: Vec<&str> = text.split_ascii_whitespace().collect();
        all[self.below(all.len())]
    }

    fn of(&mut self, alphabet: &[u8], len: usize) -> String {
        (0..len)
            .map(|_| char::from(alphabet[self.below(alphabet.len())]))
            .collect()
    }
}

/// Words of several languages.
const WORDS: [&str; 5] = [
    "stapler ochre wok barrel lantern dugout magnet quartz sulfur thimble urchin walnut acorn \
     cobalt drizzle gravel hazel kayak mango otter pebble saddle tundra violet canyon",
    "apfel besen dachs eimer fenster gabel hafen igel jacke kessel lampe mauer nebel ofen pinsel \
     quelle regen sessel tanne ufer vogel wiese zange birke",
    "abeja barco camisa dedo espejo fuego gato hoja isla jarra lluvia mesa nube ojo perro queso \
     raton silla tigre uva vaca zorro",
    "arbre bateau chaise drapeau fleur girafe herbe jardin maison nuage orange poisson quai rivage \
     soleil tapis usine ventre wagon zebre",
    "susi karhu lumi metsa jarvi kala omena kivi tuuli pilvi sauna hirvi koivu marja silta talo",
];
const NAMES: &str = "Bella Rocky Mueller Garcia Chelsea Naruto Kolkata Osaka Volvo Gandalf Juventus \
     Katarzyna Andreas Yolanda";
const SEASONS: &str =
    "Summer Winter Spring Autumn Herbst Verano Invierno Printemps January Oktober";
const STOCK: &str = "password passw0rd p@ssw0rd p@ssword admin secret s3cret s3cr3t welcome letmein \
     qwerty changeme pa$$word";

fn any_sign(rng: &mut Rng, len: usize) -> String {
    let graphic: Vec<u8> = (b'!'..=b'~').collect();
    let kinds = [
        u8::is_ascii_digit as fn(&u8) -> bool,
        u8::is_ascii_uppercase,
        u8::is_ascii_lowercase,
        u8::is_ascii_punctuation,
    ];
    loop {
        let text = rng.of(&graphic, len);
        if kinds.iter().all(|kind| text.bytes().any(|b| kind(&b))) {
            return text;
        }
    }
}

/// Three groups of six, with one capital letter and one digit, as Apple's devices suggest.
fn groups(rng: &mut Rng) -> String {
    let mut text: Vec<u8> = Vec::new();
    for _ in 0..3 {
        let syllable = |rng: &mut Rng| rng.of(b"bcdfghjkmnpqrstvwxz", 1) + &rng.of(b"aeiouy", 1);
        let group = syllable(rng) + &rng.of(b"bcdfgkmnprstvz", 1) + &syllable(rng);
        text.extend(group.bytes());
        text.extend(rng.of(b"bcdfgkmnprstvz-", 1).replace('-', "k").bytes());
        text.push(b'-');
    }
    text.pop();
    text[7 * rng.below(3) + 1].make_ascii_uppercase();
    text[7 * rng.below(3) + 5] = b'0' + rng.below(10) as u8;
    String::from_utf8(text).unwrap()
}

fn phrase(rng: &mut Rng, separator: &str) -> String {
    let list = WORDS[rng.below(WORDS.len())];
    (0..4)
        .map(|_| rng.pick(list))
        .collect::<Vec<_>>()
        .join(separator)
}

/// A name, a number and a sign, in one of several orders.
fn by_people(rng: &mut Rng) -> String {
    let (name, number) = (rng.pick(NAMES), 10 + rng.below(9_990));
    let sign = rng.of(b"!@#$%&*?_-.+", 1);
    match rng.below(5) {
        0 => format!("{name}{number}{sign}"),
        1 => format!("{name}{sign}{number}"),
        2 => format!("{sign}{name}{number}"),
        3 => format!("{}{number}{sign}{sign}", name.to_lowercase()),
        _ => format!("{name}{}{number}", rng.pick(SEASONS)),
    }
}

type Make = fn(&mut Rng) -> String;

/// The generators, and whether what they make is a stock word in another form.
const GENERATORS: [(&str, bool, Make); 12] = [
    ("signs of 10", false, |rng| any_sign(rng, 10)),
    ("signs of 16", false, |rng| any_sign(rng, 16)),
    ("signs of 24", false, |rng| any_sign(rng, 24)),
    ("base64", false, |rng| {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        rng.of(alphabet, 32)
    }),
    ("groups", false, groups),
    ("words with -", false, |rng| phrase(rng, "-")),
    ("words with .", false, |rng| phrase(rng, ".")),
    ("words with _", false, |rng| phrase(rng, "_")),
    ("words with blanks", false, |rng| phrase(rng, " ")),
    ("season and year", false, |rng| {
        let sign = ["!", "#", "$", "@", ""][rng.below(5)];
        format!("{}{}{sign}", rng.pick(SEASONS), 2015 + rng.below(12))
    }),
    ("people", false, by_people),
    ("stock words", true, |rng| {
        let word = rng.pick(STOCK);
        let more = ["1", "123", "!", "1!", "@123", "2024"][rng.below(6)];
        [word, more].concat()
    }),
];

fn escaped(value: &str, quote: char) -> String {
    let mut text = String::from(quote);
    for c in value.chars() {
        if c == quote || c == '\\' {
            text.push('\\');
        }
        text.push(c);
    }
    text.push(quote);
    text
}

fn doubled(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

fn markup(value: &str) -> String {
    let text = value.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('"', "&quot;")
}

/// What YAML writes for a value: without quotes where its grammar allows it.
fn yaml(value: &str) -> String {
    let first = value.as_bytes()[0];
    let reserved = b"[]{},#&*!|>'\"%@`?:-".contains(&first);
    match reserved || value.ends_with(':') {
        true => doubled(value),
        false => value.to_owned(),
    }
}

type Written = fn(&str) -> String;

/// The kinds of files, and how a setting is written there.
const KINDS: [(&str, Written); 26] = [
    (".env", |v| format!("DB_PASSWORD={v}")),
    (".env.quoted", |v| {
        format!("SMTP_PASSWORD={}", escaped(v, '"'))
    }),
    ("values.yaml", |v| format!("  password: {}", yaml(v))),
    ("quoted.yml", |v| {
        format!("db_password: {}", escaped(v, '"'))
    }),
    ("single.yml", |v| format!("adminPassword: {}", doubled(v))),
    ("docker-compose.yml", |v| {
        format!("      - REDIS_PASSWORD={v}")
    }),
    ("application.properties", |v| {
        format!("spring.datasource.password={}", v.replace('\\', "\\\\"))
    }),
    ("mail.properties", |v| {
        format!("mail.password = {}", v.replace('\\', "\\\\"))
    }),
    ("app.ini", |v| format!("password = {v}")),
    ("app.cfg", |v| format!("bind_password={v}")),
    ("app.conf", |v| format!("password = {v}")),
    ("package.json", |v| {
        format!("  \"dbPassword\": {},", escaped(v, '"'))
    }),
    ("a.toml", |v| format!("smtp_password = {}", escaped(v, '"'))),
    ("a.sh", |v| format!("export DB_PASSWORD={}", shell(v))),
    ("a.py", |v| format!("db_password = {}", escaped(v, '"'))),
    ("b.py", |v| format!("    'password': {},", escaped(v, '\''))),
    ("a.js", |v| {
        format!("const password = {};", escaped(v, '\''))
    }),
    ("a.ts", |v| format!("  smtpPassword: {},", escaped(v, '"'))),
    ("A.java", |v| {
        format!("  static final String PASSWORD = {};", escaped(v, '"'))
    }),
    ("a.go", |v| format!("\tpassword := {}", escaped(v, '"'))),
    ("a.php", |v| {
        format!("define('DB_PASSWORD', {});", escaped(v, '\''))
    }),
    ("a.rb", |v| format!("  password: {},", escaped(v, '\''))),
    ("a.xml", |v| {
        format!("  <x user=\"svc\" password=\"{}\" />", markup(v))
    }),
    ("b.xml", |v| match v.contains(' ') {
        true => format!("  <x password=\"{}\" />", markup(v)),
        false => format!("  <password>{}</password>", markup(v)),
    }),
    ("a.tf", |v| format!("  password = {}", escaped(v, '"'))),
    ("Dockerfile", |v| format!("ENV DB_PASSWORD={}", shell(v))),
];

/// Whether a value was found, by generator, kind of file and number; and the lines.
#[derive(Default)]
struct Table {
    found: BTreeMap<(usize, usize), BTreeSet<usize>>,
    lines: BTreeMap<(usize, usize), Vec<String>>,
}

fn table(stock: bool) -> Table {
    let dir = Dir::new();
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    let mut table = Table::default();
    for (g, (_, _, make)) in GENERATORS.iter().enumerate().filter(|(_, g)| g.1 == stock) {
        for (k, (file, write)) in KINDS.iter().enumerate() {
            let head = match *file {
                "docker-compose.yml" => "services:\n  a:\n    environment:\n",
                _ => "",
            };
            let mut text = String::from(head);
            let lines: Vec<_> = (0..EACH).map(|_| write(&make(&mut rng))).collect();
            lines
                .iter()
                .for_each(|line| writeln!(text, "{line}").unwrap());
            dir.write(&format!("{g}/{k}/{file}"), &text);
            table.lines.insert((g, k), lines);
        }
    }
    let confidence = if stock { "low" } else { "medium" };
    let ran = dir.run(&["scan", ".", "--format", "json", "--confidence", confidence]);
    for finding in ran.json()["findings"].as_array().unwrap() {
        let path = finding["path"].as_str().unwrap();
        let mut parts = path.split('/').map(|part| part.parse::<usize>());
        let place = (
            parts.next().unwrap().unwrap(),
            parts.next().unwrap().unwrap(),
        );
        let head = if path.ends_with("compose.yml") { 3 } else { 0 };
        let line = finding["start"]["line"].as_u64().unwrap() as usize - head;
        table.found.entry(place).or_default().insert(line - 1);
    }
    table
}

/// Checks that enough is found of each generator, in each kind of file, and in each cell.
fn is_complete(table: &Table) {
    let mut by = BTreeMap::<String, (usize, usize)>::new();
    let mut missed = Vec::new();
    for ((g, k), lines) in &table.lines {
        let none = BTreeSet::new();
        let found = table.found.get(&(*g, *k)).unwrap_or(&none);
        let (generator, file) = (GENERATORS[*g].0, KINDS[*k].0);
        for group in [generator.to_owned(), file.to_owned()] {
            let (hit, all) = by.entry(group).or_default();
            (*hit, *all) = (*hit + found.len(), *all + lines.len());
        }
        let left = lines.iter().enumerate().filter(|(i, _)| !found.contains(i));
        missed.extend(left.map(|(_, line)| format!("{generator} in {file}: {line}")));
        assert!(
            found.len() * 10 >= lines.len() * 8,
            "{generator} in {file}: {missed:#?}"
        );
    }
    let low: Vec<_> = by
        .iter()
        .filter(|(_, (hit, all))| hit * 100 < all * WANTED)
        .collect();
    assert!(low.is_empty(), "{low:?}: {missed:#?}");
}

#[test]
fn passwords_are_found_in_every_kind_of_file() {
    is_complete(&table(false));
}

#[test]
fn stock_words_in_other_forms_have_low_confidence() {
    is_complete(&table(true));
}

/// How many values a name has does not say that they are none: one more of them never hides those that
/// were found.
#[test]
fn many_values_under_one_name_are_each_found() {
    let dir = Dir::new();
    let mut rng = Rng(0x51ab_0000_0000_0001);
    let base62: Vec<u8> = (b'0'..=b'9')
        .chain(b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .collect();
    let names = [
        ("token", 36),
        ("_authToken", 36),
        ("access_token", 40),
        ("api_key", 32),
        ("client_secret", 14),
        ("secret_key", 24),
        ("secret", 16),
        ("password", 12),
    ];
    let mut wanted = BTreeMap::new();
    for (name, len) in names {
        for count in [1, 2, 5, 6, 16, 17, 40] {
            let value = |rng: &mut Rng| loop {
                let value = rng.of(&base62, len);
                let digits = value.bytes().filter(u8::is_ascii_digit).count();
                if digits >= 2 && value.bytes().any(|b| b.is_ascii_uppercase()) {
                    return value;
                }
            };
            let lines: String = (0..count)
                .map(|n| format!("- host: h{n}\n  {name}: {}\n", value(&mut rng)))
                .collect();
            let path = format!("{name}/{count}.yml");
            dir.write(&path, &lines);
            wanted.insert(path, count);
        }
    }
    let words: String = (0..12)
        .map(|n| format!("  - host: h{n}\n    password: {}\n", phrase(&mut rng, "")))
        .collect();
    dir.write("words.yml", format!("routers:\n{words}"));
    wanted.insert("words.yml".to_owned(), 12);
    let ran = dir.run(&["scan", ".", "--format", "json"]);
    let mut found = BTreeMap::<String, usize>::new();
    for finding in ran.json()["findings"].as_array().unwrap() {
        *found
            .entry(finding["path"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert_eq!(found, wanted);
}
