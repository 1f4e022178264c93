//! Where a value ends, in files of many grammars: a password with signs in it is one secret, and
//! what follows a password is none of it. `«L»` and `«R»` stand for two halves that are made when
//! the tests run.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::support::dir::Dir;
use crate::support::repo::Repo;
use stopleak::check::mint::Rng;

// stopleak:allow-start the values are made when the tests run
/// A file, its content, and the value that a scan finds there.
const VALUES: &[(&str, &str, &str)] = &[
    (
        "web.config",
        r#"<add connectionString="Server=x;User Id=y;Password=«L»&amp;«R»;"/>"#,
        "«L»&amp;«R»",
    ),
    (
        "a.sh",
        r#"curl -u "bob:«L»\"«R»" https://x.io"#,
        r#"«L»\"«R»"#,
    ),
    ("a.py", "password = '«L»' '«R»'", "«L»' '«R»"),
    (
        "a.js",
        r#"const password = "«L»" + "«R»";"#,
        r#"«L»" + "«R»"#,
    ),
    ("a.sh", "run password='«L»' '«R»'", "«L»"),
    ("unknownfile", "password = «L» «R»", "«L» «R»"),
    (".env", "DB_PASSWORD='«L»';«R»", "«L»';«R»"),
    ("a.sh", "cat <<EOF\npassword=«L»;«R»\nEOF", "«L»;«R»"),
    ("a.sh", "cat <<'EOF'\npassword: «L»&«R»\nEOF", "«L»&«R»"),
    ("a.sh", "cat <<EOF\nEOF\npassword=«L»;run «R»", "«L»"),
    ("unknownfile", "user=x password=«L» «R»", "«L»"),
    ("unknownfile", "PASSWORD=«L» HOST=«R»", "«L»"),
    ("a.sh", r#"export DB_PASSWORD="«L»"'«R»'"#, r#"«L»"'«R»"#),
    (
        "hosts",
        "db1 ansible_user=x ansible_password=«L»&«R»",
        "«L»&«R»",
    ),
    ("a.properties", "spring.password: «L» «R»", "«L» «R»"),
    ("a.ts", "fetch(`https://h/?password=«L»&x=«R»`)", "«L»"),
    ("a.py", "dsn = 'host=h password=«L»,«R» user=x'", "«L»,«R»"),
    (
        "a.xml",
        "<c v='Server=x;Password=«L»,«R»;Database=y'/>",
        "«L»,«R»",
    ),
    ("a.c", "/* password: «L»;«R» */", "«L»;«R»"),
    (
        ".env.production",
        "export DB_PASSWORD=«L»;«R» # c",
        "«L»;«R»",
    ),
    (".env", "DB_PASSWORD=«L» «R» # c", "«L» «R»"),
    (".env", r#"DB_PASSWORD='«L»'\''«R»'"#, r#"«L»'\''«R»"#),
    (".env", r#"DB_PASSWORD="«L»"«R»""#, r#"«L»"«R»"#),
    (".env", "#DB_PASSWORD=«L»&«R»", "«L»&«R»"),
    (".env", "DB_PASSWORD=«L»,«R»,«L»", "«L»,«R»,«L»"),
    ("config/prod.env", "DB_PASSWORD=«L»=«R»&«L»", "«L»=«R»&«L»"),
    ("a.properties", r#"password=«L»\=«R»"#, r#"«L»\=«R»"#),
    ("a.properties", "password=«L»\\\n   «R»", "«L»\\\n   «R»"),
    ("a.properties", "password: «L»:«R»;x", "«L»:«R»;x"),
    ("a.ini", "password = «L» # «R»", "«L»"),
    ("a.ini", "password = «L»;«R»", "«L»;«R»"),
    ("a.ini", ";password = «L»;«R»", "«L»;«R»"),
    ("a.ini", r#"password = "«L»"«R»""#, r#"«L»"«R»"#),
    ("a.ini", "dsn = host=x;password=«L»&«R»;db=y", "«L»&«R»"),
    ("a.yml", "password: «L», «R»", "«L», «R»"),
    ("a.yml", "{user: x, password: «L», host: «R»}", "«L»"),
    ("a.yml", "{user: x, password: «L»&«R»}", "«L»&«R»"),
    ("a.yml", "- {password: «L»;«R» , a: b}", "«L»;«R»"),
    ("a.yml", "env: [DB_PASSWORD=«L», A=b]", "«L»"),
    ("a.yml", "db: {\n  password: «L»,\n  user: x\n}", "«L»"),
    ("a.yml", "environment:\n  - DB_PASSWORD=«L»&«R»", "«L»&«R»"),
    ("a.yml", r#"password: "«L»\"«R»""#, r#"«L»\"«R»"#),
    ("a.yml", "password: '«L»''«R»' # it's", "«L»''«R»"),
    ("a.yml", "password: |\n  «L»\n  «R»\nuser: x", "«L»\n  «R»"),
    ("a.yml", "{password: '«L»''«R»', b: 'c'}", "«L»''«R»"),
    (
        "s.yaml",
        "kind: Secret\nstringData:\n  password: '«L»''«R»'\n",
        "«L»''«R»",
    ),
    (
        "s.yaml",
        "kind: Secret\nstringData:\n  password: \"«L»\\\"«R»\"\n",
        r#"«L»\"«R»"#,
    ),
    ("a.cs", r#"var password = @"«L»""«R»";"#, r#"«L»""«R»"#),
    (
        "a.cs",
        r#"var c = "Server=x;Password=«L»'«R»;Database=y";"#,
        "«L»'«R»",
    ),
    (
        "a.cs",
        r#"var c = "Server=x;Password=«L»,«R»;Database=y";"#,
        "«L»,«R»",
    ),
    (
        "a.cs",
        r#"var c = "Server=x;User Id=sa;Password=«L»&«R»;";"#,
        "«L»&«R»",
    ),
    ("a.vbs", r#"password = "«L»""«R»""#, r#"«L»""«R»"#),
    ("a.vb", r#"Dim password = "«L»""«R»" & x"#, r#"«L»""«R»"#),
    (
        "a.sql",
        "ALTER USER x IDENTIFIED BY '«L»''«R»';",
        "«L»''«R»",
    ),
    ("a.sql", "CREATE USER x PASSWORD '«L»''«R»';", "«L»''«R»"),
    (
        "a.sql",
        r#"CREATE USER 'x'@'%' IDENTIFIED BY '«L»\'«R»';"#,
        r#"«L»\'«R»"#,
    ),
    (
        "a.sql",
        r#"ALTER USER x IDENTIFIED BY "«L»""«R»";"#,
        r#"«L»""«R»"#,
    ),
    ("a.ps1", "$password = '«L»''«R»'", "«L»''«R»"),
    ("a.ps1", r#"$password = "«L»`"«R»""#, r#"«L»`"«R»"#),
    (
        "a.ps1",
        r#"ConvertTo-SecureString "«L»`"«R»" -AsPlainText -Force"#,
        r#"«L»`"«R»"#,
    ),
    (
        "a.ps1",
        "ConvertTo-SecureString '«L»''«R»' -AsPlainText -Force",
        "«L»''«R»",
    ),
    ("a.py", r#"password = """«L»"«R»""""#, r#"«L»"«R»"#),
    ("a.py", "password = '''«L»'«R»'''", "«L»'«R»"),
    ("a.py", r#"password = '«L»\'«R»'"#, r#"«L»\'«R»"#),
    ("a.py", "f(password='«L»', x='«R»')", "«L»"),
    (
        "a.py",
        "os.system('mysql -u x --password=«L»&«R»')",
        "«L»&«R»",
    ),
    ("a.py", r#"url = "https://h/?password=«L»&x=«R»""#, "«L»"),
    (
        "a.py",
        r#"url = "https://h/?password=«L»;«R»&x=y""#,
        "«L»;«R»",
    ),
    ("a.py", r#"data = "user=x&password=«L»&«R»=c""#, "«L»"),
    ("a.py", r#"data = "password=«L»&user=«R»""#, "«L»"),
    ("a.toml", "password = '''«L»'«R»'''", "«L»'«R»"),
    ("a.toml", r#"password = """«L»"«R»""""#, r#"«L»"«R»"#),
    ("a.toml", r#"password = "«L»\"«R»""#, r#"«L»\"«R»"#),
    ("a.kt", r#"val password = """«L»"«R»""""#, r#"«L»"«R»"#),
    ("a.cpp", r#"auto password = R"(«L»"«R»)";"#, r#"(«L»"«R»)"#),
    (
        "a.sh",
        r#"export DB_PASSWORD='«L»'\''«R»'"#,
        r#"«L»'\''«R»"#,
    ),
    (
        "a.sh",
        r#"export DB_PASSWORD='«L»'"'"'«R»'"#,
        r#"«L»'"'"'«R»"#,
    ),
    ("a.sh", "DB_PASSWORD=«L»; export DB_PASSWORD", "«L»"),
    ("a.sh", r#"DB_PASSWORD=«L»\&«R» ./run"#, r#"«L»\&«R»"#),
    ("a.sh", r#"DB_PASSWORD="«L»"«R»"#, r#"«L»"«R»"#),
    ("a.sh", r#"DB_PASSWORD=«L»"«R»""#, r#"«L»"«R»"#),
    ("a.sh", "DB_PASSWORD=«L»'«R»'", "«L»'«R»"),
    ("a.sh", "DB_PASSWORD=«L»,«R»}x", "«L»,«R»}x"),
    ("a.sh", r#"mysql -p"«L»\"«R»" db"#, r#"«L»\"«R»"#),
    ("a.sh", "mysql -p'«L»&«R»' db", "«L»&«R»"),
    ("a.sh", r#"mysql -p'«L»'\''«R»' db"#, r#"«L»'\''«R»"#),
    ("a.sh", r#"mysql -p«L»\;«R» db"#, r#"«L»\;«R»"#),
    ("README.md", r#"mysql -p"«L»\"«R»" db"#, r#"«L»\"«R»"#),
    ("a.sh", r#"sshpass -p '«L»"«R»' ssh x"#, r#"«L»"«R»"#),
    (
        "a.sh",
        r#"curl -u 'admin:«L»"«R»' https://x.io"#,
        r#"«L»"«R»"#,
    ),
    ("a.sh", "curl -u 'admin:«L» «R»' https://x.io", "«L» «R»"),
    ("a.sh", "curl -u admin:«L» https://x.io", "«L»"),
    ("a.sh", "curl 'https://h.io/?password=«L»&x=«R»'", "«L»"),
    (
        "a.sh",
        r#"docker login -u x -p "«L»;«R»" reg.io"#,
        "«L»;«R»",
    ),
    ("a.bat", r#"set "DB_PASSWORD=«L»&«R»""#, "«L»&«R»"),
    ("a.bat", r#"set "DB_PASSWORD=«L»"«R»""#, r#"«L»"«R»"#),
    ("a.bat", "set DB_PASSWORD=«L»^&«R»", "«L»^&«R»"),
    ("a.bat", "set DB_PASSWORD=«L»,«R»", "«L»,«R»"),
    ("a.bat", "set DB_PASSWORD=«L»& echo «R»", "«L»"),
    ("a.cmd", r#"@set "DB_PASSWORD=«L»;«R»""#, "«L»;«R»"),
    ("a.cmd", r#"mysql -p"«L»\"«R»" db"#, r#"«L»\"«R»"#),
    ("Dockerfile", "ENV DB_PASSWORD=«L»;«R» A=b", "«L»;«R»"),
    ("Dockerfile", r#"ENV DB_PASSWORD="«L»;«R»" A=b"#, "«L»;«R»"),
    ("Dockerfile", "ENV DB_PASSWORD «L»&«R»", "«L»&«R»"),
    ("Makefile", "DB_PASSWORD = «L»;«R»", "«L»;«R»"),
    ("a.json", r#"{"password": "«L»\"«R»"}"#, r#"«L»\"«R»"#),
    (
        "a.json",
        r#"{"x": "{\"password\": \"«L»\\\"«R»\"}"}"#,
        r#"«L»\\\"«R»"#,
    ),
    (
        "a.json",
        r#"{"x": "{\"password\": \"«L»\", \"b\": \"«R»\"}"}"#,
        "«L»",
    ),
    ("a.json", r#"{"password": "«L»", "b": "«R»"}"#, "«L»"),
    ("a.json", r#"["-e", "DB_PASSWORD=«L»&«R»"]"#, "«L»&«R»"),
    (
        "a.xml",
        r#"<add key="password" value="«L»"/><b c="«R»"/>"#,
        "«L»",
    ),
    (
        "a.xml",
        r#"<x y="{password: &quot;«L»&amp;«R»&quot;}"/>"#,
        "«L»&amp;«R»",
    ),
    ("a.html", r#"<a href="/x?password=«L»&amp;y=«R»">"#, "«L»"),
    ("a.json", r#"{"u": "/x?password=«L»\u0026y=«R»"}"#, "«L»"),
    (
        "a.json",
        r#"{"u": "/x?y=1\u0026password=«L»\u0026z=«R»"}"#,
        "«L»",
    ),
    ("a.js", r#"u = "/x?y=1\x26password=«L»\x26z=«R»";"#, "«L»"),
    ("a.html", r#"<a href="/x?password=«L»">«R»</a>"#, "«L»"),
    (
        "url.txt",
        "postgres://admin:«L»@«R»@db.prod.internal/x",
        "«L»@«R»",
    ),
    (
        "url.txt",
        "postgres://admin:«L»@db.prod.internal/@«R»/x",
        "«L»",
    ),
    (
        "url.txt",
        "https://bob:«L»@host.io/pkg/@scope/name@1.0",
        "«L»",
    ),
    ("url.txt", "https://bob:«L»@host.io?mail=x@y.io", "«L»"),
    (
        "url.txt",
        "mongodb://bob:«L»@«R»@h1:27017,h2:27017/x",
        "«L»@«R»",
    ),
    ("a.py", r#""mysql://bob:«L»@«R»@@h1/x""#, "«L»@«R»@"),
    ("a.go", r#"dsn := "bob:«L»@«R»@tcp(h:3306)/x""#, "«L»@«R»"),
    ("a.sh", "sqlplus bob/«L»@«R»@db", "«L»@«R»"),
    ("unknownfile", "password=«L»&user=«R»", "«L»"),
    ("unknownfile", "GET /?password=«L»&x=«R» HTTP/1.1", "«L»"),
    ("unknownfile", "[user=x password=«L»] «R»", "«L»"),
    ("unknownfile", "(password=«L») «R»", "«L»"),
    ("unknownfile", "(password=«L»).«R»", "«L»"),
    ("notes.txt", "password=«L», «R»", "«L»"),
    ("a.log", "login user=bob, password=«L», ip=«R»", "«L»"),
    ("a.log", "login user=bob,password=«L»,ip=«R»", "«L»"),
    ("a.md", "set `DB_PASSWORD=«L»&«R»` now", "«L»&«R»"),
    (
        "a.service",
        "[Service]\nEnvironment=\"DB_PASSWORD=«L»&«R»\" \"A=b\"",
        "«L»&«R»",
    ),
    ("a.js", r#"const password = "«L»"; // "«R»""#, "«L»"),
    ("a.js", r#"const o = {password:"«L»",x:"«R»"}"#, "«L»"),
    ("a.js", r#"const o = {password:`«L»"«R»`}"#, r#"«L»"«R»"#),
    ("a.rb", "password: '«L»', x: '«R»'", "«L»"),
    ("a.php", "$password = '«L»'.'«R»';", "«L»'.'«R»"),
    (
        "a.php",
        r#"define('DB_PASSWORD', '«L»\'«R»');"#,
        r#"«L»\'«R»"#,
    ),
    ("a.java", r#"ds.setPassword("«L»\"«R»");"#, r#"«L»\"«R»"#),
    (".npmrc", "_password=«L»&«R»", "«L»&«R»"),
    ("a.cnf", "[client]\npassword=«L»#«R»", "«L»#«R»"),
    ("a.tfvars", r#"db_password = "«L»\"«R»""#, r#"«L»\"«R»"#),
    ("a.yml", r#"run: mysql -p"«L»\"«R»" db"#, r#"«L»\"«R»"#),
    ("a.yml", "command: --password=«L»;«R» -x", "«L»;«R»"),
    (
        "docker-compose.yml",
        "      MYSQL_PASSWORD: «L»}«R»",
        "«L»}«R»",
    ),
];
// stopleak:allow-end

/// Letters and digits that no word holds.
fn half(seed: u64, len: usize) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
    let mut rng = Rng::new(seed);
    (0..len)
        .map(|_| char::from(SIGNS[rng.below(SIGNS.len())]))
        .collect()
}

fn filled(text: &str) -> String {
    text.replace("«L»", &half(1, 10))
        .replace("«R»", &half(2, 11))
}

/// The rows of [`VALUES`], and every sign in the settings of every format.
fn rows() -> Vec<(String, String, String)> {
    let own =
        |(path, text, want): &(&str, &str, &str)| (path.to_string(), filled(text), filled(want));
    let mut rows: Vec<_> = VALUES.iter().map(own).collect();
    for sign in "&,;)]}>|\\'\"=:@!?*~^+/#".chars() {
        for (path, head, tail) in [
            (".env", "DB_PASSWORD=", ""),
            (".env.local", "export DB_PASSWORD=", " # why"),
            ("app.properties", "db.password=", ""),
            ("a.ini", "password = ", " ; why"),
            ("a.yml", "db:\n  password: ", " # why"),
            ("a.conf", "password = ", ""),
            ("secrets", "DB_PASSWORD=", ""),
            ("notes.txt", "password: ", ""),
        ] {
            let value = format!("{}{sign}{}", half(1, 10), half(2, 11));
            rows.push((path.to_owned(), format!("{head}{value}{tail}"), value));
        }
    }
    rows
}

/// A directory with a file for each of `rows`, each below a directory with its number.
fn files(rows: &[(String, String, String)]) -> Dir {
    let dir = Dir::new();
    for (number, (path, text, _)) in rows.iter().enumerate() {
        dir.write(&format!("{number}/{path}"), format!("{text}\n"));
    }
    dir
}

#[test]
fn values_end_where_the_grammar_of_their_file_says() {
    let rows = rows();
    let dir = files(&rows);
    let found = dir.findings_by_number();
    let values = |number: &usize| {
        let found = found.get(number).into_iter().flatten();
        let values = found.map(|f| f["secret"]["value"].as_str().unwrap());
        values.collect::<Vec<_>>()
    };
    let wrong: Vec<_> = rows
        .iter()
        .enumerate()
        .filter(|(number, (.., want))| values(number) != [want])
        .map(|(number, row)| (row, values(&number)))
        .collect();
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}

#[test]
fn neither_half_of_a_value_is_shown() {
    let rows: Vec<_> = rows()
        .into_iter()
        .filter(|(.., want)| want.contains(&half(2, 11)))
        .collect();
    let dir = files(&rows);
    for format in ["text", "json", "jsonl", "sarif"] {
        let ran = dir.run(&["scan", ".", "--confidence", "low", "--format", format]);
        assert_eq!(ran.code, 1);
        for half in [half(1, 10), half(2, 11)] {
            for window in half.as_bytes().windows(6) {
                let window = std::str::from_utf8(window).unwrap();
                assert!(!ran.stdout.contains(window), "{format} shows {window}");
            }
        }
    }
}

/// Letters and digits that look like a password from the beginning, whatever cuts them.
fn part(seed: u64, len: usize) -> String {
    let mut all = (0..).map(|n| half(seed * 1_000 + n, len));
    let kinds = [
        u8::is_ascii_digit as fn(&u8) -> bool,
        u8::is_ascii_uppercase,
        u8::is_ascii_lowercase,
    ];
    let mixed = |text: &String| {
        kinds
            .iter()
            .all(|kind| text.bytes().take(6).any(|b| kind(&b)))
    };
    all.find(mixed).unwrap()
}

/// A line of `values/lines.txt`: a file, its text, the value in it, and what follows the value.
struct Line {
    path: String,
    text: String,
    value: String,
    after: String,
    /// Whether the value has a second part.
    halved: bool,
    /// Whether a scan may miss the value; what it reports has to be right even so.
    missed: bool,
}

/// The lines with parts made from `seed`; only the second parts depend on it.
fn lines(seed: u64) -> Vec<Line> {
    let text = include_str!("values/lines.txt");
    let written = text.lines().filter(|line| !line.starts_with('#'));
    let rows = written.filter_map(|line| line.split_once(" ¦ "));
    rows.zip(1..)
        .map(|((path, text), number)| {
            let after = part(3_000 + number, 11);
            let filled = text
                .replace("«A»", &part(1_000 + number, 10))
                .replace("«B»", &part(seed * 10_000 + number, 11))
                .replace("«C»", &after)
                .replace('⏎', "\n")
                .replace('⇥', "\t");
            let (before, rest) = filled.split_once('⟦').unwrap();
            let (value, rest) = rest.split_once('⟧').unwrap();
            Line {
                path: format!("{number}/{}", path.trim_start_matches('?')),
                text: format!("{before}{value}{rest}\n"),
                value: value.to_owned(),
                after,
                halved: text.split('⟧').next().unwrap().contains("«B»"),
                missed: path.starts_with('?'),
            }
        })
        .collect()
}

/// What a scan of `lines` prints.
fn scanned(lines: &[Line], args: &[&str]) -> crate::support::ran::Ran {
    let dir = Dir::new();
    for line in lines {
        dir.write(&line.path, &line.text);
    }
    dir.run(&[&["scan", ".", "--confidence", "low"], args].concat())
}

#[test]
fn every_line_has_its_whole_value() {
    let lines = lines(1);
    let found = scanned(&lines, &["--show-secrets", "--format", "json"]).by_number();
    let mut wrong = Vec::new();
    for (line, number) in lines.iter().zip(1..) {
        let values: Vec<_> = found.get(&number).into_iter().flatten().collect();
        // Its signs are decoded.
        if line.missed && values.iter().all(|f| f["through"][0] == "escapes") {
            continue;
        }
        let values: Vec<_> = values
            .iter()
            .map(|f| f["secret"]["value"].as_str())
            .collect();
        if !(values == [Some(&*line.value)] || line.missed && values.is_empty()) {
            wrong.push((&line.path, &line.text, values));
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}

#[test]
fn no_report_shows_a_part_of_a_value_and_every_one_shows_what_follows() {
    let lines = lines(1);
    for format in ["text", "json", "sarif", "csv", "markdown"] {
        let shown = scanned(&lines, &["--format", format]).stdout;
        let windows: std::collections::HashSet<&[u8]> = shown.as_bytes().windows(6).collect();
        for line in &lines {
            let first = line.value.lines().next().unwrap();
            let hidden = line.value.as_bytes().windows(6);
            let hidden = hidden.filter(|w| w.iter().all(u8::is_ascii_alphanumeric));
            for window in hidden {
                assert!(
                    !windows.contains(window),
                    "{format}: {}: {}",
                    line.path,
                    line.text
                );
            }
            let own = line.text.lines().find(|text| text.contains(first)).unwrap();
            if format == "text" && !line.missed && own.contains(&line.after) {
                assert!(shown.contains(&line.after), "{}: {}", line.path, line.text);
            }
        }
    }
}

#[test]
fn another_second_part_is_another_finding() {
    let (one, other) = (lines(1), lines(2));
    let found = scanned(&one, &["--format", "json"]).by_number();
    let changed = scanned(&other, &["--format", "json"]).by_number();
    for (line, number) in one.iter().zip(1..).filter(|(line, _)| line.halved) {
        for finding in found.get(&number).into_iter().flatten() {
            let same = |f: &&serde_json::Value| f["fingerprint"] == finding["fingerprint"];
            let same = changed.get(&number).into_iter().flatten().find(same);
            assert!(same.is_none(), "{}: {}", line.path, line.text);
        }
    }
}

#[test]
fn a_baseline_entry_accepts_the_whole_value_only() {
    for (path, text) in [
        (".env", "DB_PASSWORD=«L»;«R»\n"),
        ("a.properties", "password=«L»\\\n  «R»\n"),
        ("a.yml", "password: '«L»''«R»'\n"),
        ("a.yml", "password: |\n  «L»\n  «R»\n"),
        ("a.sh", "mysql -p\"«L»\\\"«R»\" db\n"), // stopleak:allow made when the test runs
        ("url.txt", "postgres://admin:«L»@«R»@db.prod.internal/x\n"),
    ] {
        let dir = Dir::new();
        dir.write(path, filled(text));
        dir.run(&["baseline", "create"]);
        assert_eq!(dir.run(&["scan", "."]).code, 0, "{path}: {text}");
        dir.write(path, filled(&text.replace("«R»", &half(3, 11))));
        assert_eq!(dir.run(&["scan", "."]).code, 1, "{path}: {text}");
    }
}

#[test]
fn a_history_tells_values_apart_by_all_of_them() {
    let repo = Repo::init(&[]);
    for right in [half(3, 11), half(4, 11)] {
        let text = format!("DB_PASSWORD={};{right}\n", half(1, 10));
        repo.commit(".env", &text);
        // One blob at two paths: the commands after the value are none of it.
        repo.commit("run.sh", &text);
    }
    let args = [
        "history",
        "--confidence",
        "low",
        "--show-secrets",
        "--format",
        "json",
    ];
    let out = crate::support::dir::stopleak(repo.path(), &args, b"");
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let mut found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            format!(
                "{} {}",
                f["path"].as_str().unwrap(),
                f["secret"]["value"].as_str().unwrap()
            )
        })
        .collect();
    found.sort();
    let whole = |right: u64| format!(".env {};{}", half(1, 10), half(right, 11));
    let mut want = vec![whole(3), whole(4), format!("run.sh {}", half(1, 10))];
    want.sort();
    assert_eq!(found, want);
}
